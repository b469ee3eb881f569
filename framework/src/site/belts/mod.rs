//! Puts the belts together: attributes from the root to each page, and over them, level by level, what the operator has written.
//!
//! Later wins: what holds for all (`[global]`), then, from the root to the page, at each level the attributes and then the
//! section for that path. Deeper beats shallower; on the same level the operator beats the attribute (CherryPy: `_cpconfig.py`).
//!
//! A section may be for a part of what a page answers: `/notes/42` below the capture `/notes/{id}`. Which of those apply is seen
//! in the path of each request; for every combination that a path can have, there is a belt.

mod combinations;
mod compose;
mod info;
mod sections;
mod settings;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;

use crate::belt::{Belt, Shared, Starter};
use crate::config::{Entry, Environment, Mistake};
use crate::exchange::Exchange;
use crate::exchange::methods::Methods as MethodSet;
use crate::http::percent;
use crate::site::keys::pages::PlacedPage;
use crate::site::lifecycle::Journey;
use crate::tree::find::{Finder, Methods, Outcome};
use crate::tree::table::Verb;

pub use info::{OptionInfo, ToolInfo};

use compose::{Composer, Instances};
use sections::Pattern;

/// All belts of a site. The first has no tools.
#[derive(Default)]
pub(super) struct Belts {
    /// Some page has tools.
    pub(super) any: bool,
    /// Some tool refuses methods that pages declare.
    refuses: bool,
    pub(super) all: Vec<Fitting>,
    /// Tools by everything that is said of them, for the next configuration.
    instances: Instances,
    shared: Shared,
    /// What those were told.
    allowed_hosts: Vec<String>,
    environment: Environment,
    /// By the number of the host.
    hosts: Vec<OfHost>,
}

/// What is in force at a page beside the page itself.
#[derive(Default)]
pub(super) struct Fitting {
    pub(super) belt: Belt,
    pub(super) error_pages: Vec<Arc<PlacedPage>>,
}

/// The belts of one host's pages, and of its nodes, where no page is found.
#[derive(Default)]
struct OfHost {
    routes: Vec<At>,
    scopes: Vec<At>,
}

/// The belts of a page.
#[derive(Default)]
pub(super) struct At {
    belt: usize,
    /// Sections for a part of what the page answers.
    partial: Vec<Pattern>,
    /// The belt for each set of them that a path can be in, as bits.
    sets: Vec<(u64, usize)>,
}

impl Belts {
    pub(super) fn of_site(
        hosts: &[(String, Finder)],
        entries: &[&Entry],
        environment: Environment,
        allowed_hosts: &[String],
        error_pages: &[Arc<PlacedPage>],
        before: Option<&Self>,
    ) -> (Self, Vec<Mistake>) {
        let shared = before
            .map(|before| before.shared.clone())
            .unwrap_or_default();
        shared.prune();
        // A tool that has been told of other hosts, or of another place, has prepared itself for those.
        let before = before.filter(|before| {
            before.allowed_hosts == allowed_hosts && before.environment == environment
        });
        let known = before.map(|before| before.instances.clone());
        let known = known.unwrap_or_default();
        let mut composer = Composer::new(
            hosts,
            entries,
            environment,
            allowed_hosts,
            known,
            shared.clone(),
        );
        composer.count_error_pages(hosts, error_pages);
        let hosts = hosts.iter().map(|(host, finder)| OfHost {
            routes: finder
                .routes
                .iter()
                .map(|route| composer.route(host, route))
                .collect(),
            scopes: finder
                .scopes
                .iter()
                .map(|scope| composer.scope(host, scope))
                .collect(),
        });
        let hosts = hosts.collect();
        let (all, instances, mistakes) = composer.finish();
        let belts = Self {
            any: all.len() > 1,
            refuses: all
                .iter()
                .any(|fitting| fitting.belt.refused != MethodSet::default()),
            all,
            instances,
            shared,
            allowed_hosts: allowed_hosts.to_vec(),
            environment,
            hosts,
        };
        (belts, mistakes)
    }

    /// What tools do when a server starts, each once. Those that were there before have done it.
    pub(super) fn starters(&self, before: Option<&Self>) -> Vec<Starter> {
        let is_old = |key| before.is_some_and(|before| before.instances.contains_key(key));
        let fresh = self.instances.iter().filter(|(key, _)| !is_old(key));
        let mut starters: BTreeMap<&str, Starter> = BTreeMap::new();
        for starter in fresh.filter_map(|(_, one)| one.starter.as_ref()) {
            starters
                .entry(&starter.what)
                .and_modify(|known| known.places.extend(starter.places.iter().cloned()))
                .or_insert_with(|| starter.clone());
        }
        let mut starters: Vec<_> = starters.into_values().collect();
        for starter in &mut starters {
            starter.places.sort_by_key(ToString::to_string);
            starter.places.dedup();
        }
        starters
    }

    /// The number of the belt for what was found.
    pub(super) fn of(
        &self,
        exchange: &Exchange,
        journey: &Journey,
        end: &Outcome<'_>,
        finder: &Finder,
    ) -> usize {
        let host = &self.hosts[journey.host];
        let at = match end {
            Outcome::Page(route) => Some(&host.routes[*route]),
            Outcome::OtherMethods(methods) if preflight(exchange).is_some() => {
                // What a browser asks beforehand is for the page that it is going to ask.
                let asked = preflight(exchange).and_then(|verb| methods.routes[verb as usize]);
                let any = || methods.routes.iter().flatten().next().copied();
                asked.or_else(any).map(|route| &host.routes[route])
            }
            _ => {
                let scope = journey.scope.or_else(|| finder.root_scope(journey.root));
                scope.map(|scope| &host.scopes[scope])
            }
        };
        at.map_or(0, |at| at.at_path(exchange.path()))
    }

    /// The `Allow` of the pages at a path: the methods that they answer, less those that the tools of each refuse there.
    pub(super) fn allow(&self, host: usize, methods: &Methods, path: &str) -> HeaderValue {
        if !self.refuses {
            return methods.allow.clone();
        }
        let refused = Verb::ALL.iter().filter(|verb| {
            let route = methods.routes[**verb as usize];
            route.is_some_and(|route| self.refuses(host, route, path, **verb))
        });
        let refused = MethodSet::of(refused.map(|verb| verb.name()));
        methods.set.without(refused).allow()
    }

    /// Whether the tools of a page refuse a method that it declares.
    pub(super) fn refuses(&self, host: usize, route: usize, path: &str, verb: Verb) -> bool {
        let belt = self.hosts[host].routes[route].at_path(path);
        self.all[belt].belt.refused.contains(verb.name())
    }

    /// The error pages of all parts of the site.
    pub(super) fn error_pages(&self) -> impl Iterator<Item = &Arc<PlacedPage>> {
        self.all.iter().flat_map(|fitting| &fitting.error_pages)
    }

    /// The tools that are in force at a page, for every path that it answers.
    pub(super) fn tools(&self, host: usize, route: usize) -> Vec<ToolInfo> {
        ToolInfo::of_belt(&self.all[self.hosts[host].routes[route].belt].belt)
    }

    /// The tools that are in force at one path of a page.
    pub(super) fn tools_at(&self, host: usize, route: usize, path: &str) -> Vec<ToolInfo> {
        let belt = self.hosts[host].routes[route].at_path(path);
        ToolInfo::of_belt(&self.all[belt].belt)
    }
}

impl At {
    #[inline]
    fn at_path(&self, path: &str) -> usize {
        if self.sets.is_empty() {
            self.belt
        } else {
            self.by_path(path)
        }
    }

    fn by_path(&self, path: &str) -> usize {
        // More slashes than one are as one: else a page that takes what is left of a path could be reached past its section.
        let segments: Vec<_> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent::decode_segment(segment).unwrap_or(Cow::Borrowed(segment)))
            .collect();
        let bits = self.partial.iter().enumerate();
        let set = bits
            .filter(|(_, pattern)| pattern.is_above(&segments))
            .fold(0, |set, (bit, _)| set | 1 << bit);
        let known = self.sets.iter().find(|(known, _)| *known == set);
        known.map_or(self.belt, |(_, belt)| *belt)
    }
}

/// The method that a preflight asks for, if a page can have it.
pub(super) fn preflight(exchange: &Exchange) -> Option<Verb> {
    let method = exchange.preflight_method()?;
    Verb::of(&Method::from_bytes(method.as_bytes()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Site;
    use crate::tools::{autovary, expires};
    use kirsch_macros::expose;

    #[expose]
    struct Root;

    #[expose]
    impl Root {
        #[tools(expires)]
        fn one(&self) -> &'static str {
            "one"
        }

        #[tools(autovary)]
        fn two(&self) -> &'static str {
            "two"
        }
    }

    #[test]
    fn an_error_page_is_read_once_for_all_belts() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = format!("[\"/\"]\nerror_page.404 = {:?}\n", file.path());
        let ready = Site::new(Root).config_text("site.toml", &text).ready();
        let core = ready.unwrap().live.core();
        let pages: Vec<_> = core.belts.error_pages().collect();
        assert_eq!(pages.len(), 3, "{pages:?}");
        assert!(pages.iter().all(|page| Arc::ptr_eq(page, pages[0])));
    }
}
