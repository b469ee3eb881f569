//! Searching: which notes hold every word of a query, and where, so that the list can mark the words it found.

use std::ops::Range;

/// More words than this are not searched for: the work per note has a bound.
const MOST_WORDS: usize = 10;

/// How much of a text the list shows, in characters, and how much of it stands before the first word found.
const EXCERPT: usize = 180;
const BEFORE: usize = 50;

/// The words somebody looks for, whatever their case. No words find every note and mark nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    words: Vec<Vec<char>>,
}

/// A stretch of text for the list: found, or between what was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece<'t> {
    pub(crate) text: &'t str,
    pub(crate) found: bool,
}

impl Search {
    pub(crate) fn new(query: &str) -> Self {
        Self {
            words: query
                .split(|c: char| c.is_whitespace() || c.is_control())
                .filter(|word| !word.is_empty())
                .take(MOST_WORDS)
                .map(|word| word.chars().flat_map(char::to_lowercase).collect())
                .collect(),
        }
    }

    /// The words, in small letters.
    pub(crate) fn words(&self) -> Vec<String> {
        self.words
            .iter()
            .map(|word| word.iter().collect())
            .collect()
    }

    /// Whether each word stands in the title or in the text.
    pub(crate) fn finds(&self, title: &str, text: &str) -> bool {
        self.words
            .iter()
            .all(|word| position(title, word).is_some() || position(text, word).is_some())
    }

    /// The whole text, cut where words begin and end.
    pub(crate) fn mark<'t>(&self, text: &'t str) -> Vec<Piece<'t>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(found) = self.first_in(rest) {
            pieces.push(Piece {
                text: part(rest, 0..found.start),
                found: false,
            });
            pieces.push(Piece {
                text: part(rest, found.clone()),
                found: true,
            });
            rest = part(rest, found.end..rest.len());
        }
        pieces.push(Piece {
            text: rest,
            found: false,
        });
        pieces.retain(|piece| !piece.text.is_empty());
        pieces
    }

    /// The beginning of a text, or its surroundings of the first word found.
    pub(crate) fn excerpt<'t>(&self, text: &'t str) -> Vec<Piece<'t>> {
        let found = self.first_in(text).map_or(0, |found| found.start);
        let start = match part(text, 0..found).char_indices().rev().nth(BEFORE) {
            // Begins with a whole word, where there is one.
            Some((start, _)) => part(text, start..found)
                .split_once(char::is_whitespace)
                .map_or(start, |(_, whole)| found - whole.len()),
            None => 0,
        };
        let shown = part(text, start..text.len());
        let end = shown
            .char_indices()
            .nth(EXCERPT)
            .map_or(shown.len(), |(end, _)| end);
        let mut pieces = self.mark(part(shown, 0..end));
        if start > 0 {
            pieces.insert(0, ELLIPSIS);
        }
        if end < shown.len() {
            pieces.push(ELLIPSIS);
        }
        pieces
    }

    /// The word that stands first, the longest of several at one place.
    fn first_in(&self, text: &str) -> Option<Range<usize>> {
        self.words
            .iter()
            .filter_map(|word| position(text, word))
            .min_by_key(|found| (found.start, usize::MAX - found.end))
    }
}

const ELLIPSIS: Piece<'_> = Piece {
    text: "…",
    found: false,
};

/// Where `word`, already in lower case, first stands in `text`, in bytes.
///
/// Not by `text.to_lowercase().find(…)`: some letters change their length with their case, and the place would be another.
fn position(text: &str, word: &[char]) -> Option<Range<usize>> {
    text.char_indices().find_map(|(start, _)| {
        let length = prefix(part(text, start..text.len()), word)?;
        Some(start..start + length)
    })
}

/// How many bytes of `text` its beginning `word` takes, if it begins so.
fn prefix(text: &str, mut word: &[char]) -> Option<usize> {
    for (end, c) in text.char_indices().chain([(text.len(), '\0')]) {
        if word.is_empty() {
            return Some(end);
        }
        for lower in c.to_lowercase() {
            word = word.strip_prefix(&[lower])?;
        }
    }
    None
}

/// `text[range]`; every range here comes from `char_indices`, so that the empty answer is never given.
fn part(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(query: &str, text: &str) -> String {
        Search::new(query)
            .mark(text)
            .iter()
            .map(|piece| {
                if piece.found {
                    format!("[{}]", piece.text)
                } else {
                    piece.text.to_owned()
                }
            })
            .collect()
    }

    #[test]
    fn every_word_must_stand_in_title_or_text() {
        let search = Search::new("cherry CAKE");
        assert!(search.finds("Cherry", "a cake"));
        assert!(!search.finds("Cherry", "a tart"));
        assert!(Search::new("  ").finds("", ""));
    }

    #[test]
    fn words_are_marked_whatever_their_case() {
        assert_eq!(
            marked("kirsch", "Kirsch, KIRSCHWASSER"),
            "[Kirsch], [KIRSCH]WASSER"
        );
        assert_eq!(marked("ä über", "Über Äpfel"), "[Über] [Ä]pfel");
        assert_eq!(marked("a ab", "abba"), "[ab]b[a]");
        assert_eq!(marked("", "as it is"), "as it is");
    }

    #[test]
    fn letters_that_change_their_length_keep_their_place() {
        // `İ` becomes two characters in lower case, and `ẞ` one of another length.
        assert_eq!(marked("x", "İİẞxİ"), "İİẞ[x]İ");
        assert_eq!(marked("i", "ab"), "ab");
    }

    #[test]
    fn an_excerpt_surrounds_the_first_word_found() {
        let text = format!("{}needle{}", "é".repeat(300), "z".repeat(300));
        let excerpt: String = Search::new("needle")
            .excerpt(&text)
            .iter()
            .map(|piece| piece.text)
            .collect();
        assert!(
            excerpt.starts_with("…é") && excerpt.contains("needle") && excerpt.ends_with("z…"),
            "{excerpt}"
        );
        assert_eq!(excerpt.chars().count(), EXCERPT + 2);
        assert_eq!(
            Search::default().excerpt("short"),
            [Piece {
                text: "short",
                found: false
            }]
        );
    }

    #[test]
    fn an_excerpt_begins_with_a_whole_word() {
        let text = format!("{} needle", "haystack ".repeat(20));
        let excerpt = Search::new("needle").excerpt(&text);
        assert!(excerpt[1].text.starts_with("haystack"), "{excerpt:?}");
    }

    #[test]
    fn only_so_many_words_are_searched_for() {
        let query = "here ".repeat(MOST_WORDS) + "absent";
        assert!(Search::new(&query).finds("here", ""));
    }
}
