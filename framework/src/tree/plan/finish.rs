//! The last touch, when all pages stand: HEAD, `Allow`, and the table of whole paths.

use crate::exchange::methods::Methods as MethodSet;
use crate::tree::find::{End, Finder, Methods, Place, Reach, Tail, bit};
use crate::tree::table::Verb;

impl Place {
    pub(super) fn methods_at(&mut self, end: End) -> &mut Methods {
        let door = if end == End::Bare {
            &mut self.bare
        } else {
            &mut self.slash
        };
        door.get_or_insert_with(Methods::default)
    }

    pub(super) fn methods_behind(&mut self, reach: Reach) -> &mut Methods {
        let tail = self.tail.get_or_insert_with(Tail::default);
        tail.reach.most = tail.reach.most.max(reach.most);
        tail.reach.rest |= reach.rest;
        tail.reach.from_zero |= reach.from_zero;
        &mut tail.methods
    }

    pub(super) fn finish(&mut self) {
        let tail = self.tail.as_mut().map(|tail| &mut tail.methods);
        for methods in [self.bare.as_mut(), self.slash.as_mut(), tail]
            .into_iter()
            .flatten()
        {
            methods.finish();
        }
    }
}

impl Methods {
    /// GET answers HEAD as well; OPTIONS is always answered.
    pub(super) fn finish(&mut self) {
        self.routes[Verb::Head as usize] =
            self.routes[Verb::Head as usize].or(self.routes[Verb::Get as usize]);
        let answered =
            |verb: &&Verb| **verb == Verb::Options || self.routes[**verb as usize].is_some();
        let names = Verb::ALL.iter().filter(answered).map(|verb| verb.name());
        self.set = MethodSet::of(names);
        self.allow = self.set.allow();
    }
}

impl Finder {
    /// Lists the whole paths below a place that have no capture in them.
    pub(super) fn list_whole(&mut self, path: &str, index: usize) {
        if self.places[index].bare.is_some() {
            // A root has no URL without its slash.
            let path = if path.is_empty() { "/" } else { path };
            self.list(path.into(), (index, End::Bare));
        }
        if self.places[index].slash.is_some() {
            self.list(format!("{path}/").into(), (index, End::Slash));
        }
        let below: Vec<_> = self.places[index]
            .fixed
            .iter()
            .map(|(name, next)| (format!("{path}/{name}"), next))
            .collect();
        for (path, next) in below {
            self.list_whole(&path, next);
        }
    }

    fn list(&mut self, path: Box<str>, place: (usize, End)) {
        self.lengths |= bit(path.len());
        self.whole.insert(path, place);
    }
}
