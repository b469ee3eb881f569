//! The places between the slashes of a site's paths, and what stands there.

use actix_web::http::header::HeaderValue;

use super::search::Caught;
use crate::config::Source;
use crate::exchange::methods::Methods as MethodSet;
use crate::http::percent;
use crate::tree::names::Names;
use crate::tree::plan::Level;
use crate::tree::table::{ErrorRow, Verb};

/// A tree at a path.
pub(crate) struct Mount {
    /// Empty, or segments with a slash before each.
    pub(crate) prefix: Box<str>,
    pub(crate) place: usize,
    /// The number of its root at the site.
    pub(crate) root: usize,
}

/// A place between two slashes.
#[derive(Default)]
pub(crate) struct Place {
    pub(crate) fixed: Names,
    pub(crate) capture: Option<usize>,
    /// Who answers a path that ends here. Nobody, and somebody at `slash`: a redirect there.
    pub(crate) bare: Option<Methods>,
    /// Who answers a path that ends here with a slash.
    pub(crate) slash: Option<Methods>,
    /// What catches a path that goes on where nothing else does.
    pub(crate) tail: Option<Tail>,
    pub(crate) again: Option<Again>,
    /// A node stands here: its error pages.
    pub(crate) scope: Option<usize>,
}

/// How a path ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Bare,
    Slash,
}

/// Who answers which method at one path.
#[derive(Clone, Debug)]
pub(crate) struct Methods {
    pub(crate) routes: [Option<usize>; Verb::ALL.len()],
    /// The `Allow` header: sorted, with HEAD where GET is, and OPTIONS.
    pub(crate) allow: HeaderValue,
    /// The same as a set.
    pub(crate) set: MethodSet,
}

impl Default for Methods {
    fn default() -> Self {
        Self {
            routes: [None; Verb::ALL.len()],
            allow: HeaderValue::from_static("OPTIONS"),
            set: MethodSet::of(["OPTIONS"]),
        }
    }
}

/// Leftover segments for the parameters of a page, or everything for a `default`.
#[derive(Default)]
pub(crate) struct Tail {
    pub(crate) methods: Methods,
    /// What all of them catch together. Each has its own in its [`Route`].
    pub(crate) reach: Reach,
}

/// How much of a path a tail catches.
#[derive(Default, Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// At most so many segments fill parameters.
    pub(crate) most: usize,
    /// A [`Rest`](crate::Rest) takes what goes beyond.
    pub(crate) rest: bool,
    /// A path that ends here is caught as well: this is a `default`.
    pub(crate) from_zero: bool,
}

/// The node here is of a type that stands further up too: the search goes on there.
pub(crate) struct Again {
    pub(crate) place: usize,
    /// The steps to the node here, the first time round.
    pub(crate) steps: Box<[u16]>,
    /// How many of them lead to the place where the search goes on.
    pub(crate) entry: usize,
    /// The node around it.
    pub(crate) scope: Option<usize>,
}

/// A place where the pages of another place stand again, without end.
pub(crate) struct CycleRow {
    pub(crate) template: String,
    pub(crate) node: &'static str,
    /// Where they stand the first time.
    pub(crate) as_at: String,
    pub(crate) source: Source,
}

/// A node's error pages, and the node around it.
pub(crate) struct Scope {
    pub(crate) parent: Option<usize>,
    /// The steps to the node, the first time round.
    pub(crate) steps: Box<[u16]>,
    pub(crate) errors: &'static [ErrorRow],
    /// The node's path, with its placeholders.
    pub(crate) template: String,
    pub(crate) levels: Vec<Level>,
    /// The types of the nodes above it, and its own, that stand in fields.
    pub(crate) nodes: Vec<&'static str>,
}
impl Place {
    /// At most one thing goes on from here, so that no search ever turns back to it.
    pub(crate) fn has_one_way(&self) -> bool {
        let has_names = !self.fixed.is_empty();
        let others = [
            self.capture.is_some(),
            self.tail.is_some(),
            self.again.is_some(),
        ];
        let others = others.into_iter().filter(|is| *is).count();
        match others {
            0 => true,
            1 => !has_names && self.capture.is_some(),
            _ => false,
        }
    }

    /// What answers a path that ends here without a slash.
    pub(super) fn end(&self) -> Option<Caught<'_>> {
        let needs_slash = self
            .slash
            .is_some()
            .then_some(Caught::NeedsSlash(self.scope));
        self.bare.as_ref().map(Caught::Methods).or(needs_slash)
    }
}
impl Mount {
    /// Where the path goes on below the mount. It lies below it by whole segments, however they are encoded.
    pub(super) fn below(&self, path: &str) -> Option<usize> {
        if path.starts_with(&*self.prefix) {
            let at = self.prefix.len();
            return matches!(path.as_bytes().get(at), None | Some(b'/')).then_some(at);
        }
        let mut at = 0;
        for name in self.prefix.split('/').skip(1) {
            let segment = path.get(at..)?.strip_prefix('/')?.split('/').next()?;
            if percent::decode_segment(segment)? != name {
                return None;
            }
            at += 1 + segment.len();
        }
        Some(at)
    }
}
