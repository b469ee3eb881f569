//! A page about to be found: everything of it that is decided at start.

use super::{Level, Trail, depth};
use crate::config::Source;
use crate::params::{Arg, ArgKind, From};
use crate::tree::find::Reach;
use crate::tree::node::METHOD;
use crate::tree::table::{PageRow, Verb};

/// A page that answers one method, with everything that is decided at start.
pub(crate) struct Route {
    pub(crate) verb: Verb,
    /// The whole path with its placeholders, for lists and logs.
    pub(crate) template: String,
    /// The same without the leftovers that may follow.
    pub(crate) base: String,
    /// What attributes say of tools, from the root to the page.
    pub(crate) levels: Vec<Level>,
    /// The types of the nodes above it that stand in fields.
    pub(crate) nodes: Vec<&'static str>,
    /// It answers a path that ends with a slash.
    pub(crate) is_index: bool,
    /// `Notes::edit`.
    pub(crate) page: String,
    pub(crate) doc: &'static str,
    pub(crate) source: Source,
    pub(crate) args: &'static [Arg],
    /// The parameters of the children on the way.
    pub(crate) args_above: Box<[&'static [Arg]]>,
    /// What it catches of what is left of the path.
    pub(crate) reach: Reach,
    /// The steps from the root to the page.
    pub(crate) steps: Box<[u16]>,
    /// The node's error pages.
    pub(crate) scope: usize,
    /// The number of the root at the site.
    pub(crate) root: usize,
    /// The answer needs no waiting anywhere on the way.
    pub(crate) now: bool,
    /// Lists name it. A page that takes leftovers has two routes, and is named once.
    pub(crate) is_listed: bool,
}

/// A page about to become routes.
pub(super) struct Draft<'d> {
    pub(super) row: &'d PageRow,
    pub(super) page: &'d str,
    pub(super) template: String,
    pub(super) trail: &'d Trail,
    pub(super) is_listed: bool,
    pub(super) reach: Reach,
    /// The path without leftovers.
    pub(super) base: &'d str,
    pub(super) is_index: bool,
}

impl Draft<'_> {
    pub(super) fn route(&self, verb: Verb) -> Route {
        let Self {
            row,
            page,
            template,
            trail,
            is_listed,
            reach,
            base,
            is_index,
        } = self;
        let mut levels = trail.levels.clone();
        levels.extend(row.tools.map(|tools| Level {
            depth: depth(base),
            tools,
        }));
        let mut steps = trail.steps.clone();
        steps.push(row.id | METHOD);
        let has_body = matches!(verb, Verb::Post | Verb::Put | Verb::Patch | Verb::Delete);
        let now = trail.now
            && !row.waits
            && row
                .args
                .iter()
                .all(|arg| arg.is_now() && !(has_body && arg.may_be_a_field()));
        Route {
            verb,
            template: template.clone(),
            base: (*base).to_owned(),
            levels,
            nodes: trail.nodes.clone(),
            is_index: *is_index,
            page: (*page).to_string(),
            doc: row.doc,
            source: row.source,
            args: row.args,
            args_above: trail.args.clone().into(),
            reach: *reach,
            steps: steps.into(),
            scope: trail.scope.unwrap_or(0),
            root: trail.root,
            now,
            is_listed: *is_listed,
        }
    }
}

/// `/hello/{name?}`, `/files/{rest…}`.
pub(super) fn with_leftovers(mut template: String, args: &[Arg]) -> String {
    for arg in args {
        if arg.kind == ArgKind::Rest || arg.from == From::Rest {
            template.extend(["/{", arg.name, "…}"]);
        } else if arg.fills_from_path() {
            template.extend(["/{", arg.name, "?}"]);
        }
    }
    template
}
