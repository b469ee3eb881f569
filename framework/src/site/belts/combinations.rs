//! Which of a page's sections can hold at once: a path is in several of them.

use std::collections::BTreeSet;

use super::Pattern;

/// How many sets there may be: a belt each.
pub(super) const MOST_SETS: usize = 4_096;

/// The sets of sections that a path can be in, without the empty one, as bits. `None`: there are more than [`MOST_SETS`].
pub(super) fn possible_sets(patterns: &[Pattern]) -> Option<Vec<u64>> {
    // Sets grow by a section with all that it lies in: no other is ever made, however many sections lie in each other.
    let mut sets = BTreeSet::from([0_u64]);
    for pattern in patterns {
        let whole = around(pattern, patterns);
        let goes = |set: &&u64| members(**set, patterns).all(|other| pattern.goes_with(other));
        let with: Vec<_> = sets.iter().filter(goes).map(|set| set | whole).collect();
        sets.extend(with);
        if sets.len() > MOST_SETS {
            return None;
        }
    }
    sets.remove(&0);
    Some(sets.into_iter().collect())
}

/// The sections that a section lies in, itself among them, as bits.
fn around(inner: &Pattern, patterns: &[Pattern]) -> u64 {
    let all = patterns.iter().enumerate();
    let around = all.filter(|(_, pattern)| pattern.is_implied_by(inner));
    around.fold(0, |set, (bit, _)| set | 1 << bit)
}

fn members(set: u64, patterns: &[Pattern]) -> impl Iterator<Item = &Pattern> {
    let all = patterns.iter().enumerate();
    all.filter(move |(bit, _)| set & (1 << bit) != 0)
        .map(|(_, pattern)| pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(paths: &[&str]) -> Option<Vec<u64>> {
        let patterns: Vec<_> = paths.iter().copied().map(Pattern::of).collect();
        possible_sets(&patterns)
    }

    #[test]
    fn a_path_is_in_all_that_its_section_lies_in() {
        assert_eq!(sets(&["/a", "/b"]), Some(vec![0b01, 0b10]));
        assert_eq!(
            sets(&["/a", "/a/b", "/a/c"]),
            Some(vec![0b001, 0b011, 0b101])
        );
        assert_eq!(sets(&["/a/b", "/a"]), Some(vec![0b10, 0b11]));
        assert_eq!(sets(&["/a", "/a"]), Some(vec![0b11]));
        assert_eq!(
            sets(&["/{x}", "/{x}/b", "/a"]),
            Some(vec![0b001, 0b011, 0b101, 0b111])
        );
    }

    #[test]
    fn nested_sections_are_as_many_sets() {
        let paths: Vec<_> = (1..=64).map(|depth| "/a".repeat(depth)).collect();
        let paths: Vec<_> = paths.iter().map(String::as_str).collect();
        assert_eq!(sets(&paths).map(|sets| sets.len()), Some(64));
    }

    #[test]
    fn sections_that_meet_in_too_many_ways_are_none() {
        let paths = (0..6).flat_map(|depth| {
            (0..10).map(move |value| format!("{}/{value}", "/{x}".repeat(depth)))
        });
        let paths: Vec<_> = paths.collect();
        let paths: Vec<_> = paths.iter().map(String::as_str).collect();
        assert_eq!(sets(&paths), None);
    }
}
