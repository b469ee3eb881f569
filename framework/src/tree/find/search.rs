//! The walk through the places: names first, then captures, then what catches the rest, turning back where nothing answers.

use std::cell::RefCell;
use std::collections::HashSet;

use super::segments::Segments;
use super::{Again, Finder, Found, Methods, Mount, Place, Round};
use crate::exchange::{Captures, Way};
use crate::tree::table::Verb;

/// What a search ended at.
pub(super) enum Caught<'f> {
    Methods(&'f Methods),
    /// The node that stands there, and answers with its slash.
    NeedsSlash(Option<usize>),
}

pub(super) struct Search<'f, 's> {
    pub(super) finder: &'f Finder,
    pub(super) verb: Verb,
    pub(super) segments: &'s Segments<'s>,
    pub(super) way: &'s mut Way,
    pub(super) round: Round,
    /// Where the search has failed before: without it, a cycle could be searched twice per level, and four times, and eight.
    pub(super) failed: RefCell<HashSet<(usize, usize)>>,
}

impl<'f> Search<'f, '_> {
    /// Looks below a place, from the segment number `at`.
    pub(super) fn below(&mut self, index: usize, at: usize) -> Option<Caught<'f>> {
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
        let mut left = at + filled..self.segments.len();
        let all_fill = is_over || left.is_empty();
        if !all_fill && (!reach.rest || left.any(|at| self.segments.is_dots(at))) {
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
    pub(super) fn nearest_scope(mut self, mount: &Mount) -> Found<'f> {
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
