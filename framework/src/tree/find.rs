//! From a path to a route, without running a line of the application's code.
//!
//! Whole paths without captures are found in one hash table. The others are looked for segment by segment: at each place a
//! fixed name is tried before a capture; if nothing below answers, the place's leftovers or `default` catch, the nearest first.
//! A type that contains itself makes the places a graph ([`Again`]).

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use actix_web::http::header::HeaderValue;
use smallvec::SmallVec;

use crate::exchange::{Captures, Steps, Way};
use crate::http::percent;
use crate::tree::names::Names;
use crate::tree::plan::Route;
use crate::tree::table::{ErrorRow, Verb};

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
    /// Some node has error pages: a path that leads nowhere must be followed to the nearest.
    pub(crate) has_errors: bool,
    /// Some type contains itself: the search must remember where it failed.
    pub(crate) has_cycle: bool,
}

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
#[derive(Clone)]
pub(crate) struct Methods {
    pub(crate) routes: [Option<usize>; Verb::ALL.len()],
    /// The `Allow` header: sorted, with HEAD where GET is, and OPTIONS.
    pub(crate) allow: HeaderValue,
}

impl Default for Methods {
    fn default() -> Self {
        Self {
            routes: [None; Verb::ALL.len()],
            allow: HeaderValue::from_static("OPTIONS"),
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

/// A node's error pages, and the node around it.
pub(crate) struct Scope {
    pub(crate) parent: Option<usize>,
    /// The steps to the node, the first time round.
    pub(crate) steps: Box<[u16]>,
    pub(crate) errors: &'static [ErrorRow],
}

/// The steps that were really taken, when the search went round a cycle. Empty, and free, when it did not.
#[derive(Default, Clone, Debug)]
pub(crate) struct Round(Option<Rc<Turn>>);

#[derive(Debug)]
struct Turn {
    prefix: Steps,
    /// How many of the first round's steps the prefix stands for.
    cut: usize,
    /// The node in the round before that is around this one.
    outer: Option<usize>,
    before: Round,
}

impl Round {
    /// The next round.
    fn again(&self, again: &Again) -> Self {
        let mut prefix = Steps::new();
        self.steps(&again.steps, &mut prefix);
        Self(Some(Rc::new(Turn {
            prefix,
            cut: again.entry,
            outer: again.scope,
            before: self.clone(),
        })))
    }

    /// Writes the real steps to what has these steps in the first round.
    fn steps(&self, first: &[u16], steps: &mut Steps) {
        steps.clear();
        let Some(turn) = &self.0 else {
            return steps.extend_from_slice(first);
        };
        steps.extend_from_slice(&turn.prefix);
        steps.extend_from_slice(first.get(turn.cut..).unwrap_or(&[]));
    }

    /// How many real steps lead to a node that has `len` steps in the first round.
    pub(crate) fn len_of(&self, len: usize) -> usize {
        match &self.0 {
            Some(turn) if len >= turn.cut => turn.prefix.len() + len - turn.cut,
            _ => len,
        }
    }
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
    OtherMethods(&'f HeaderValue),
    /// Nowhere.
    Nothing,
}

impl Finder {
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
            Some(Caught::NeedsSlash) => return Found::needs_slash(mount.root),
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
            Some(Caught::NeedsSlash) => Found::needs_slash(mount.root),
            None if !self.has_errors => Found::nothing(mount.root, None),
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
        if path.as_bytes().contains(&b'%') {
            return None;
        }
        let mut place = &self.places[root];
        let mut start = from + 1;
        loop {
            let rest = path.get(start..).filter(|_| place.again.is_none())?;
            if rest.is_empty() {
                return place.slash.as_ref().map(Caught::Methods);
            }
            let slash = rest.bytes().position(|byte| byte == b'/');
            let end = slash.map_or(path.len(), |at| start + at);
            let name = path.get(start..end)?;
            let next = match place.fixed.get(name) {
                Some(next) => next,
                None if is_name(name) => {
                    let range = (u32::try_from(start).ok()?, u32::try_from(end).ok()?);
                    way.captures.push(range);
                    place.capture?
                }
                None => return None,
            };
            place = &self.places[next];
            if slash.is_none() {
                return place.end().filter(|_| place.again.is_none());
            }
            start = end + 1;
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
            Outcome::OtherMethods(&methods.allow)
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

impl Place {
    /// What answers a path that ends here without a slash.
    fn end(&self) -> Option<Caught<'_>> {
        let needs_slash = self.slash.is_some().then_some(Caught::NeedsSlash);
        self.bare.as_ref().map(Caught::Methods).or(needs_slash)
    }
}

impl Found<'_> {
    fn needs_slash(root: usize) -> Self {
        Self {
            end: Outcome::Slash,
            ..Self::nothing(root, None)
        }
    }

    fn nothing(root: usize, scope: Option<usize>) -> Self {
        Self {
            end: Outcome::Nothing,
            root,
            scope,
            round: Round::default(),
        }
    }
}

impl Mount {
    /// Where the path goes on below the mount. It lies below it by whole segments, however they are encoded.
    fn below(&self, path: &str) -> Option<usize> {
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

/// The segments of a path below its mount.
struct Segments<'p> {
    path: &'p str,
    ranges: SmallVec<[(u32, u32); 16]>,
    encoded: bool,
}

impl<'p> Segments<'p> {
    /// `None` when there are too many, or one of them is not well encoded.
    fn of(path: &'p str, from: usize, most: usize) -> Option<Self> {
        let below = path.as_bytes().get(from..)?;
        let mut segments = Self {
            path,
            ranges: SmallVec::new(),
            encoded: below.contains(&b'%'),
        };
        // The first slash is the end of the mount; every segment ends at the next, the last at the end.
        let mut start = from + 1;
        while let Some(rest) = path.as_bytes().get(start..) {
            let end = rest.iter().position(|byte| *byte == b'/');
            let end = end.map_or(path.len(), |at| start + at);
            let range = (u32::try_from(start).ok()?, u32::try_from(end).ok()?);
            segments.ranges.push(range);
            start = end + 1;
        }
        let well_formed = segments.ranges.len() <= most
            && (!segments.encoded || (0..segments.len()).all(|at| segments.decoded(at).is_some()));
        well_formed.then_some(segments)
    }

    #[inline]
    fn raw(&self, at: usize) -> &'p str {
        let (start, end) = self.ranges[at];
        self.path.get(start as usize..end as usize).unwrap_or("")
    }

    #[inline]
    fn decoded(&self, at: usize) -> Option<Cow<'p, str>> {
        if self.encoded {
            percent::decode_segment(self.raw(at))
        } else {
            Some(Cow::Borrowed(self.raw(at)))
        }
    }

    /// The decoded segment, unless it is one that no page and no capture takes: empty, `.` or `..`.
    fn name(&self, at: usize) -> Option<Cow<'p, str>> {
        self.decoded(at).filter(|name| is_name(name))
    }

    #[inline]
    fn is_name(&self, at: usize) -> bool {
        if self.encoded {
            self.name(at).is_some()
        } else {
            is_name(self.raw(at))
        }
    }

    fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Nothing is left at `at`: neither a segment nor a slash.
    fn is_end(&self, at: usize) -> bool {
        at == self.len()
    }

    /// Only a slash is left at `at`.
    fn is_slash(&self, at: usize) -> bool {
        at + 1 == self.len() && self.ranges[at].0 == self.ranges[at].1
    }
}

fn is_name(segment: &str) -> bool {
    !matches!(segment.as_bytes(), b"" | b"." | b"..")
}

/// What a search ended at.
enum Caught<'f> {
    Methods(&'f Methods),
    NeedsSlash,
}

struct Search<'f, 's> {
    finder: &'f Finder,
    verb: Verb,
    segments: &'s Segments<'s>,
    way: &'s mut Way,
    round: Round,
    /// Where the search has failed before: without it, a cycle could be searched twice per level, and four times, and eight.
    failed: RefCell<HashSet<(usize, usize)>>,
}

impl<'f> Search<'f, '_> {
    /// Looks below a place, from the segment number `at`.
    fn below(&mut self, index: usize, at: usize) -> Option<Caught<'f>> {
        let place = &self.finder.places[index];
        if self.finder.has_cycle && self.failed.borrow().contains(&(index, at)) {
            return None;
        }
        let caught = match &place.again {
            None => self
                .ends(place, at)
                .or_else(|| self.fixed(place, at))
                .or_else(|| self.captured(place, at))
                .or_else(|| self.tail(place, at)),
            Some(again) => self.again(again, at),
        };
        if caught.is_none() && self.finder.has_cycle {
            self.failed.borrow_mut().insert((index, at));
        }
        caught
    }

    /// Nothing stands here but a node of a type that stands further up too: goes on there.
    fn again(&mut self, again: &Again, at: usize) -> Option<Caught<'f>> {
        let next = self.round.again(again);
        let before = std::mem::replace(&mut self.round, next);
        let caught = self.below(again.place, at);
        if caught.is_none() {
            self.round = before;
        }
        caught
    }

    fn ends(&self, place: &'f Place, at: usize) -> Option<Caught<'f>> {
        if self.segments.is_slash(at) {
            return place.slash.as_ref().map(Caught::Methods);
        }
        if !self.segments.is_end(at) {
            return None;
        }
        place.end()
    }

    #[inline]
    fn fixed(&mut self, place: &'f Place, at: usize) -> Option<Caught<'f>> {
        if self.segments.is_end(at) || place.fixed.is_empty() {
            return None;
        }
        let next = if self.segments.encoded {
            place.fixed.get(&self.segments.name(at)?)?
        } else {
            place.fixed.get(self.segments.raw(at))?
        };
        self.below(next, at + 1)
    }

    #[inline]
    fn captured(&mut self, place: &'f Place, at: usize) -> Option<Caught<'f>> {
        let next = place.capture?;
        if self.segments.is_end(at) || !self.segments.is_name(at) {
            return None;
        }
        self.way.captures.push(self.segments.ranges[at]);
        let caught = self.below(next, at + 1);
        if caught.is_none() {
            self.way.captures.pop();
        }
        caught
    }

    /// The segments from `at` on, as leftovers.
    fn tail(&mut self, place: &'f Place, at: usize) -> Option<Caught<'f>> {
        let tail = place.tail.as_ref()?;
        let own = tail.methods.routes[self.verb as usize];
        let reach = own.map_or(tail.reach, |route| self.finder.routes[route].reach);
        let is_over = self.segments.is_end(at) || self.segments.is_slash(at);
        if is_over && !reach.from_zero {
            return None;
        }
        let names = (at..self.segments.len())
            .take_while(|&at| self.segments.is_name(at))
            .count();
        let filled = names.min(reach.most);
        let all_fill = is_over || at + filled == self.segments.len();
        if !all_fill && !reach.rest {
            return None;
        }
        self.way
            .captures
            .extend_from_slice(&self.segments.ranges[at..at + filled]);
        if reach.rest {
            let start = self
                .segments
                .ranges
                .get(at + filled)
                .map_or(self.segments.path.len(), |&(start, _)| start as usize);
            self.way.rest = u32::try_from(start).ok();
        }
        Some(Caught::Methods(&tail.methods))
    }

    /// The node that is nearest to a path which leads nowhere: fixed names before captures, without turning back.
    fn nearest_scope(mut self, mount: &Mount) -> Found<'f> {
        let (mut index, mut scope, mut captures) = (mount.place, None, Captures::new());
        for at in 0..=self.segments.len() {
            let mut place = &self.finder.places[index];
            if let Some(again) = &place.again {
                self.round = self.round.again(again);
                place = &self.finder.places[again.place];
            }
            if let Some(node) = place.scope {
                scope = Some(node);
                self.way.captures.clone_from(&captures);
                let steps = &self.finder.scopes[node].steps;
                self.round.steps(steps, &mut self.way.steps);
            }
            let name = if at < self.segments.len() {
                self.segments.name(at)
            } else {
                None
            };
            let Some(name) = name else { break };
            index = match (place.fixed.get(&name), place.capture) {
                (Some(next), _) => next,
                (None, Some(next)) => {
                    captures.push(self.segments.ranges[at]);
                    next
                }
                (None, None) => break,
            };
        }
        Found {
            round: self.round,
            ..Found::nothing(mount.root, scope)
        }
    }
}
