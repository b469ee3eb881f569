//! The names below a place, and the places that they lead to.

use std::collections::HashMap;

/// Up to so many names are compared one by one, which is faster than hashing: most differ in their length already.
const FEW: usize = 8;

/// The names below a place.
#[derive(Default)]
pub(crate) struct Names {
    few: Vec<(Box<str>, usize)>,
    /// All of them, once they are more than a few.
    many: HashMap<Box<str>, usize, foldhash::fast::RandomState>,
}

impl Names {
    #[inline]
    pub(crate) fn get(&self, name: &str) -> Option<usize> {
        if self.many.is_empty() {
            let found = self.few.iter().find(|(other, _)| **other == *name);
            found.map(|(_, place)| *place)
        } else {
            self.many.get(name).copied()
        }
    }

    /// The place of a name; `new` when the name is.
    pub(crate) fn get_or_insert(&mut self, name: &str, new: usize) -> usize {
        if let Some(place) = self.get(name) {
            return place;
        }
        if self.many.is_empty() && self.few.len() < FEW {
            self.few.push((name.into(), new));
        } else {
            self.many.extend(self.few.drain(..));
            self.many.insert(name.into(), new);
        }
        new
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        let few = self.few.iter().map(|(name, place)| (&**name, *place));
        few.chain(self.many.iter().map(|(name, place)| (&**name, *place)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.few.is_empty() && self.many.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_names_are_found() {
        for count in [0, 1, FEW, FEW + 1, 100] {
            let mut names = Names::default();
            for place in 0..count {
                assert_eq!(names.get_or_insert(&format!("n{place}"), place), place);
            }
            assert_eq!(names.get_or_insert("n0", 7), if count == 0 { 7 } else { 0 });
            assert!((0..count).all(|place| names.get(&format!("n{place}")) == Some(place)));
            assert_eq!(names.get("n100"), None);
            assert_eq!(names.iter().count(), count.max(1));
        }
    }
}
