//! The sections of the operator's configuration, and which of a site's paths they are for.

use std::borrow::Cow;

use crate::config::{Entry, Origin, Raw, Section};
use crate::http::host;

/// What one section says: all entries for one path of one host, or of all.
#[derive(Debug)]
pub(super) struct Chapter<'e> {
    /// None: for all pages.
    pub(super) pattern: Option<Pattern>,
    pub(super) written: String,
    pub(super) entries: Vec<&'e Entry>,
}

/// The path of a section. `{id}` stands for the placeholder of that name, whatever it captures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    host: Option<String>,
    segments: Vec<String>,
}

/// How a section meets a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meets {
    /// It is for every path that the page answers.
    All,
    /// It is for some of them: those with these segments in the place of captures and leftovers.
    Some,
    /// It is for another part of the site.
    None,
}

impl Pattern {
    pub(super) fn depth(&self) -> usize {
        self.segments.len()
    }

    /// A path of all hosts comes before that of one.
    pub(super) fn order(&self) -> (usize, bool) {
        (self.depth(), self.host.is_some())
    }

    fn is_of_host(&self, name: &str) -> bool {
        self.host
            .as_ref()
            .is_none_or(|own| host::same_host(own, name))
    }

    /// `path` are the segments of a page or a node, with their placeholders; `goes_on`: it answers longer paths as well.
    pub(super) fn meets(&self, host: &str, path: &[&str], is_index: bool, goes_on: bool) -> Meets {
        if !self.is_of_host(host) {
            return Meets::None;
        }
        let mut meets = Meets::All;
        for (at, segment) in self.segments.iter().enumerate() {
            match path.get(at) {
                Some(own) if own == segment => {}
                Some(own) if own.starts_with('{') && !segment.starts_with('{') => {
                    meets = Meets::Some;
                }
                None if goes_on && !segment.starts_with('{') => meets = Meets::Some,
                // CherryPy's way to speak of a node's own page, and not of what is below it.
                None if is_index && segment == "index" && at + 1 == self.segments.len() => {}
                _ => return Meets::None,
            }
        }
        meets
    }

    /// The path of a request is this one, or below it.
    pub(super) fn is_above(&self, path: &[Cow<'_, str>]) -> bool {
        let pairs = self.segments.iter().zip(path);
        self.segments.len() <= path.len()
            && pairs
                .clone()
                .all(|(own, segment)| own.starts_with('{') || own == segment)
    }

    /// A path can be in both.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        let mut pairs = self.segments.iter().zip(&other.segments);
        pairs.all(|(a, b)| a == b || a.starts_with('{') || b.starts_with('{'))
    }

    /// Every path in `other` is in this one too.
    pub(super) fn is_implied_by(&self, other: &Self) -> bool {
        let mut pairs = self.segments.iter().zip(&other.segments);
        self.segments.len() <= other.segments.len()
            && pairs.all(|(own, other)| own == other || own.starts_with('{'))
    }
}

/// Gathers entries by their sections, in the order of depth. `known` are all paths of the site, for names in variables.
pub(super) fn chapters(entries: &[Entry]) -> Vec<Chapter<'_>> {
    let mut chapters: Vec<Chapter<'_>> = Vec::new();
    for entry in entries {
        let (pattern, written) = match &entry.section {
            Section::Global => (None, "global".to_owned()),
            Section::Path {
                host,
                segments,
                written,
            } => {
                let pattern = Pattern {
                    host: host.clone(),
                    segments: segments.clone(),
                };
                (Some(pattern), written.clone())
            }
            Section::Spelled(_) => continue,
        };
        match chapters
            .iter_mut()
            .find(|chapter| chapter.pattern == pattern)
        {
            Some(chapter) => chapter.entries.push(entry),
            None => chapters.push(Chapter {
                pattern,
                written,
                entries: vec![entry],
            }),
        }
    }
    chapters.sort_by_key(|chapter| chapter.pattern.as_ref().map(Pattern::order));
    chapters
}

/// What an entry says of tools and error pages.
#[derive(Debug)]
pub(super) enum Word<'e> {
    /// `tools.NAME.KEY`.
    Tool {
        name: &'e str,
        key: &'e str,
        value: Cow<'e, Raw>,
    },
    /// `error_page.NNN`.
    ErrorPage { status: &'e str, value: &'e Raw },
}

/// What an entry says, if it is for the pages and not for the site.
pub(super) fn word(entry: &Entry) -> Option<Word<'_>> {
    let key: Vec<_> = entry.key.iter().map(String::as_str).collect();
    match key.as_slice() {
        ["tools", name, key] => Some(Word::Tool {
            name,
            key,
            value: Cow::Borrowed(&entry.value),
        }),
        // CherryPy: `response.headers.X`. Here it is the tool of that purpose, which adds what each level says.
        ["response", "headers", name] => Some(Word::Tool {
            name: "response_headers",
            key: "headers",
            value: Cow::Owned(Raw::Table(vec![((*name).to_owned(), entry.value.clone())])),
        }),
        ["error_page", status] if entry.section != Section::Global => Some(Word::ErrorPage {
            status,
            value: &entry.value,
        }),
        _ => None,
    }
}

/// Where a section was written first.
pub(super) fn origin(chapter: &Chapter<'_>) -> Option<Origin> {
    chapter.entries.first().map(|entry| entry.origin.clone())
}
