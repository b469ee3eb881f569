//! `rename_all`: how a Rust name is spelled in a URL.

/// A way to spell a name of several words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// Every case by the name it is asked for with, in serde's spelling.
const CASES: [(&str, Case); 8] = [
    ("kebab-case", Case::Kebab),
    ("snake_case", Case::Snake),
    ("camelCase", Case::Camel),
    ("PascalCase", Case::Pascal),
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("SCREAMING-KEBAB-CASE", Case::ScreamingKebab),
];

impl Case {
    pub(crate) const NAMES: [&str; 8] = {
        let mut names = [""; 8];
        let mut i = 0;
        while i < CASES.len() {
            names[i] = CASES[i].0;
            i += 1;
        }
        names
    };

    pub(crate) fn named(name: &str) -> Option<Self> {
        CASES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, case)| *case)
    }

    /// Spells a Rust name (`list_all`, `ListAll`) in this case.
    pub(crate) fn spell(self, name: &str) -> String {
        let words = words(name);
        match self {
            Self::Lower => words.concat(),
            Self::Upper => words.concat().to_uppercase(),
            Self::Snake => words.join("_"),
            Self::ScreamingSnake => words.join("_").to_uppercase(),
            Self::Kebab => words.join("-"),
            Self::ScreamingKebab => words.join("-").to_uppercase(),
            Self::Pascal => words.iter().map(|word| capitalised(word)).collect(),
            Self::Camel => camel(&words),
        }
    }
}

/// The words of a name, in lower case. A capital begins a word unless it follows another one (`HTTPRoute` is `httproute`,
/// as nobody can know where the acronym ends).
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = '_';
    for letter in name.chars() {
        let begins = previous == '_' || letter.is_uppercase() && !previous.is_uppercase();
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let (Some(word), true) = (words.last_mut(), letter != '_') {
            word.extend(letter.to_lowercase());
        }
        previous = letter;
    }
    words
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn camel(words: &[String]) -> String {
    let later = words.iter().skip(1).map(|word| capitalised(word));
    words.first().cloned().into_iter().chain(later).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, spelled: [&str; 8]) {
        for ((_, case), spelled) in CASES.iter().zip(spelled) {
            assert_eq!(case.spell(name), spelled, "{case:?}");
        }
    }

    #[test]
    fn methods_are_spelled_in_every_case() {
        check(
            "list_all_2",
            [
                "list-all-2",
                "list_all_2",
                "listAll2",
                "ListAll2",
                "listall2",
                "LISTALL2",
                "LIST_ALL_2",
                "LIST-ALL-2",
            ],
        );
    }

    #[test]
    fn variants_are_spelled_in_every_case() {
        check(
            "DarkBlue",
            [
                "dark-blue",
                "dark_blue",
                "darkBlue",
                "DarkBlue",
                "darkblue",
                "DARKBLUE",
                "DARK_BLUE",
                "DARK-BLUE",
            ],
        );
    }

    #[test]
    fn one_word_stays_one_word() {
        assert_eq!(Case::Kebab.spell("Red"), "red");
        assert_eq!(Case::Camel.spell("red"), "red");
    }
}
