//! From a path to a route, without running a line of the application's code.
//!
//! Whole paths without captures are found in one hash table. The others are looked for segment by segment: at each place a
//! fixed name is tried before a capture; if nothing below answers, the place's leftovers or `default` catch, the nearest first.
//! A type that contains itself makes the places a graph ([`Again`]).
//!
//! - `places`: what stands between the slashes of a site's paths.
//! - `segments`: the path that is looked for.
//! - `search`: the walk through the places, with turning back.
//! - `round`: the steps really taken through types that contain themselves.

mod places;
mod round;
mod search;
mod segments;

use std::cell::RefCell;
use std::collections::HashMap;

use crate::exchange::Way;
use crate::tree::plan::Route;
use crate::tree::table::Verb;

pub(crate) use places::{Again, CycleRow, End, Methods, Mount, Place, Reach, Scope, Tail};
pub(crate) use round::Round;
use search::{Caught, Search};
use segments::{Segments, is_name};

/// The ways through all trees of one host.
#[derive(Default)]
pub(crate) struct Finder {
    /// Whole paths without captures, and the place where each ends.
    pub(crate) whole: HashMap<Box<str>, (usize, End), foldhash::fast::RandomState>,
    /// The lengths of those paths, a bit each, the last for all that are longer: most paths with captures need not be hashed.
    pub(crate) lengths: u128,
    pub(crate) places: Vec<Place>,
    /// The longest prefix first.
    pub(crate) mounts: Vec<Mount>,
    pub(crate) routes: Vec<Route>,
    pub(crate) scopes: Vec<Scope>,
    /// For lists: where a node is of a type that stands further up.
    pub(crate) cycles: Vec<CycleRow>,
    /// No place has two ways on: what the straight way does not reach, nothing reaches.
    pub(crate) is_straight: bool,
    /// Some node has error pages or tools: a path that leads nowhere must be followed to the nearest.
    pub(crate) needs_scope: bool,
    /// Some type contains itself: the search must remember where it failed.
    pub(crate) has_cycle: bool,
}
/// Where a path leads. The way there is written into the [`Way`] that the search is given.
pub(crate) struct Found<'f> {
    pub(crate) end: Outcome<'f>,
    /// The number of the root at the site.
    pub(crate) root: usize,
    /// The node of the page, or the nearest: its error pages apply.
    pub(crate) scope: Option<usize>,
    pub(crate) round: Round,
}

/// How a search ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome<'f> {
    /// At the page with this route. The way is that to the page; in all other cases, that to the nearest node.
    Page(usize),
    /// At an `index`, when the path gets its slash.
    Slash,
    /// At pages, but none of this method.
    OtherMethods(&'f Methods),
    /// Nowhere.
    Nothing,
}
impl Finder {
    /// The node at the root of a tree.
    pub(crate) fn root_scope(&self, root: usize) -> Option<usize> {
        let mut mounts = self.mounts.iter();
        let mount = mounts.find(|mount| mount.root == root)?;
        self.places[mount.place].scope
    }

    /// The node around a node, and the round that it is in.
    pub(crate) fn around(&self, scope: usize, round: &Round) -> Option<(usize, Round)> {
        let node = &self.scopes[scope];
        match round.0.as_deref() {
            Some(turn) if node.steps.len() == turn.cut => {
                turn.outer.map(|outer| (outer, turn.before.clone()))
            }
            _ => node.parent.map(|parent| (parent, round.clone())),
        }
    }

    /// Finds who answers. `path` is the raw path of the request; it begins with a slash. `most` bounds its segments.
    pub(crate) fn find(&self, path: &str, verb: Verb, most: usize, way: &mut Way) -> Found<'_> {
        if self.lengths & bit(path.len()) != 0
            && let Some(&(place, end)) = self.whole.get(path)
        {
            let place = &self.places[place];
            let methods = if end == End::Bare {
                &place.bare
            } else {
                &place.slash
            };
            if let Some(methods) = methods {
                return self.pass(methods, verb, Round::default(), way);
            }
        }
        self.search(path, verb, most, way)
    }

    fn search(&self, path: &str, verb: Verb, most: usize, way: &mut Way) -> Found<'_> {
        let mut mounts = self.mounts.iter();
        let Some((mount, from)) =
            mounts.find_map(|mount| mount.below(path).map(|from| (mount, from)))
        else {
            return Found::nothing(0, None);
        };
        match self.straight(path, from, mount.place, way) {
            Some(Caught::Methods(methods)) => {
                return self.pass(methods, verb, Round::default(), way);
            }
            Some(Caught::NeedsSlash(scope)) => {
                return self.needs_slash(mount.root, scope, Round::default(), way);
            }
            None if self.is_straight && !self.needs_scope && !path.contains('%') => {
                return Found::nothing(mount.root, None);
            }
            None => way.captures.clear(),
        }
        let Some(segments) = Segments::of(path, from, most) else {
            return Found::nothing(mount.root, self.places[mount.place].scope);
        };
        way.encoded = segments.encoded;
        let mut search = Search {
            finder: self,
            verb,
            segments: &segments,
            way,
            round: Round::default(),
            failed: RefCell::default(),
        };
        match search.below(mount.place, 0) {
            Some(Caught::Methods(methods)) => self.pass(methods, verb, search.round, way),
            Some(Caught::NeedsSlash(scope)) => {
                self.needs_slash(mount.root, scope, search.round, way)
            }
            None if !self.needs_scope => Found::nothing(mount.root, None),
            None => search.nearest_scope(mount),
        }
    }

    /// The way on which nothing is tried twice: by the fixed name where there is one, else by the capture. Where it ends, the
    /// search would end too, at the first try; it only is faster here. `None` where it does not, or where the path is encoded.
    fn straight<'f>(
        &'f self,
        path: &str,
        from: usize,
        root: usize,
        way: &mut Way,
    ) -> Option<Caught<'f>> {
        let mut place = &self.places[root];
        let mut start = from + 1;
        loop {
            if place.again.is_some() {
                return None;
            }
            let Some(rest) = path.get(start..) else {
                return place.end();
            };
            if rest.is_empty() {
                return place.slash.as_ref().map(Caught::Methods);
            }
            let mark = rest.bytes().position(|byte| byte == b'/' || byte == b'%');
            let end = mark.map_or(path.len(), |at| start + at);
            // What is encoded is decoded in the search.
            if mark.is_some() && path.as_bytes()[end] == b'%' {
                return None;
            }
            let name = path.get(start..end)?;
            let next = match place.fixed.get(name) {
                Some(next) => next,
                None if is_name(name) => {
                    let next = place.capture?;
                    let range = (u32::try_from(start).ok()?, u32::try_from(end).ok()?);
                    way.captures.push(range);
                    next
                }
                None => return None,
            };
            place = &self.places[next];
            if mark.is_none() {
                return place.end().filter(|_| place.again.is_none());
            }
            start = end + 1;
        }
    }

    fn needs_slash<'f>(
        &'f self,
        root: usize,
        scope: Option<usize>,
        round: Round,
        way: &mut Way,
    ) -> Found<'f> {
        if let Some(scope) = scope.filter(|_| self.needs_scope) {
            round.steps(&self.scopes[scope].steps, &mut way.steps);
        }
        Found {
            end: Outcome::Slash,
            round,
            ..Found::nothing(root, scope)
        }
    }

    fn pass<'f>(
        &'f self,
        methods: &'f Methods,
        verb: Verb,
        round: Round,
        way: &mut Way,
    ) -> Found<'f> {
        let chosen = methods.routes[verb as usize];
        let any = || methods.routes.iter().flatten().next().copied();
        let Some(index) = chosen.or_else(any) else {
            return Found::nothing(0, None);
        };
        let route = &self.routes[index];
        round.steps(&route.steps, &mut way.steps);
        let end = if chosen.is_some() {
            Outcome::Page(index)
        } else {
            way.steps.pop();
            Outcome::OtherMethods(methods)
        };
        Found {
            end,
            root: route.root,
            scope: Some(route.scope),
            round,
        }
    }
}
/// The bit of a length in [`Finder::lengths`].
pub(crate) fn bit(length: usize) -> u128 {
    1 << length.min(127)
}
impl Found<'_> {
    pub(super) fn nothing(root: usize, scope: Option<usize>) -> Self {
        Self {
            end: Outcome::Nothing,
            root,
            scope,
            round: Round::default(),
        }
    }
}
