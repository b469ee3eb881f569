//! A draft: what somebody wants a note to say, and the rules it must meet. The form and the JSON resource share it.

use serde::Deserialize;

/// The longest title, in characters.
pub(crate) const LONGEST_TITLE: usize = 120;

/// The longest text, in characters. Percent-encoded by a browser it still fits into the framework's limit for forms.
pub(crate) const LONGEST_TEXT: usize = 50_000;

/// A note before it is kept. As JSON: `{"title": "…", "text": "…"}`; the text may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) text: String,
}

impl Draft {
    /// A title is one line without surplus space; a text has the line ends of a file, not those of a form (`\r\n`).
    /// Neither has other control characters: no page, terminal or log has a use for them.
    pub(crate) fn new(title: &str, text: &str) -> Self {
        Self {
            title: title
                .split(|c: char| c.is_whitespace() || c.is_control())
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
            text: tidied(text).trim_end().to_owned(),
        }
    }

    /// What is wrong with this draft, field by field.
    pub(crate) fn problems(&self) -> Problems {
        Problems {
            title: if self.title.is_empty() {
                Some("A note needs a title.".to_owned())
            } else {
                too_long("title", &self.title, LONGEST_TITLE)
            },
            text: too_long("text", &self.text, LONGEST_TEXT),
        }
    }
}

/// Words beside the fields of the form. Empty means: the draft is good.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub(crate) title: Option<String>,
    pub(crate) text: Option<String>,
}

impl Problems {
    pub(crate) fn is_empty(&self) -> bool {
        self.title.is_none() && self.text.is_none()
    }

    /// All of them in one line, for the JSON resource.
    pub(crate) fn in_one_line(&self) -> String {
        self.title
            .iter()
            .chain(&self.text)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

fn tidied(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    lines
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect()
}

fn too_long(field: &str, value: &str, longest: usize) -> Option<String> {
    let length = value.chars().count();
    (length > longest)
        .then(|| format!("This {field} has {length} characters; there is room for {longest}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_one_line_and_a_text_loses_the_line_ends_of_forms() {
        let draft = Draft::new(
            "  Two\r\nlines\u{0}and more ",
            "first\r\nsec\u{7}ond\r\n\r\n",
        );
        assert_eq!(draft.title, "Two lines and more");
        assert_eq!(draft.text, "first\nsecond");
        assert!(draft.problems().is_empty());
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let problems = Draft::new(" ", &"x".repeat(LONGEST_TEXT + 1)).problems();
        assert_eq!(
            problems.in_one_line(),
            "A note needs a title. This text has 50001 characters; there is room for 50000."
        );
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(
            Draft::new(&"ü".repeat(LONGEST_TITLE), "")
                .problems()
                .is_empty()
        );
        assert!(
            Draft::new(&"ü".repeat(LONGEST_TITLE + 1), "")
                .problems()
                .title
                .is_some()
        );
    }
}
