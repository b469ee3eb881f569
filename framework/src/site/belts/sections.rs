//! The sections of the operator's configuration, and which of a site's paths they are for.

use std::borrow::Cow;
use std::sync::Arc;

use super::settings::Setting;
use crate::belt::Patches;
use crate::config::variables::resolve;
use crate::config::{Entry, Mistake, Origin, Section};
use crate::http::host;
use crate::site::keys::pages::PlacedPage;

/// What one section says: all entries for one path of one host, or of all.
#[derive(Debug)]
pub(super) struct SectionSettings<'e> {
    /// None: for all pages.
    pub(super) pattern: Option<Pattern>,
    pub(super) name: Arc<str>,
    /// Where it is spoken of first.
    pub(super) origin: Option<Origin>,
    pub(super) settings: Vec<Setting<'e>>,
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

/// What a page or a node answers.
#[derive(Debug)]
pub(super) struct Path<'p> {
    /// The segments, with their placeholders.
    pub(super) segments: Vec<&'p str>,
    /// The parameters that further segments may fill.
    pub(super) leftovers: Vec<&'p str>,
    /// It answers longer paths as well.
    pub(super) goes_on: bool,
    /// It is the page of a node's own URL.
    pub(super) is_index: bool,
}

/// `{name}` is this parameter.
fn is_named(segment: &str, name: &str) -> bool {
    let braced = segment
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    braced == Some(name)
}

impl Pattern {
    #[cfg(test)]
    pub(super) fn of(path: &str) -> Self {
        Self {
            host: None,
            segments: path.split('/').skip(1).map(str::to_owned).collect(),
        }
    }

    pub(super) fn depth(&self) -> usize {
        self.segments.len()
    }

    /// What is weaker comes first: the shorter path, then that of all hosts, then that whose first placeholder stands further left, as in the route table.
    pub(super) fn order(&self) -> (usize, bool, Vec<bool>) {
        let is_value = self
            .segments
            .iter()
            .map(|segment| !segment.starts_with('{'));
        (self.depth(), self.host.is_some(), is_value.collect())
    }

    fn is_of_host(&self, name: &str) -> bool {
        self.host
            .as_ref()
            .is_none_or(|own| host::same_host(own, name))
    }

    pub(super) fn meets(&self, host: &str, path: &Path<'_>) -> Meets {
        if !self.is_of_host(host) {
            return Meets::None;
        }
        let mut meets = Meets::All;
        for (at, segment) in self.segments.iter().enumerate() {
            match path.segments.get(at) {
                Some(own) if own == segment => {}
                Some(own) if own.starts_with('{') && !segment.starts_with('{') => {
                    meets = Meets::Some;
                }
                None if path.goes_on && !segment.starts_with('{') => meets = Meets::Some,
                // A parameter that a leftover segment fills has a name, too.
                None if path
                    .leftovers
                    .get(at - path.segments.len())
                    .is_some_and(|name| is_named(segment, name)) =>
                {
                    meets = Meets::Some;
                }
                // CherryPy's way to speak of a node's own page, and not of what is below it.
                None if path.is_index && segment == "index" && at + 1 == self.segments.len() => {}
                _ => return Meets::None,
            }
        }
        meets
    }

    /// As far as it is seen in the paths of a page. An index page has no segment `index`, and nothing below it.
    pub(super) fn within(&self, path: &Path<'_>) -> Self {
        let mut seen = self.clone();
        if path.is_index {
            seen.segments.truncate(path.segments.len());
        }
        seen
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

impl SectionSettings<'_> {
    /// Lays all that the section says over what was said before.
    pub(super) fn apply(&self, patches: &mut Patches, error_pages: &mut Vec<Arc<PlacedPage>>) {
        for setting in &self.settings {
            setting.apply(&self.name, patches, error_pages);
        }
    }
}

/// What is said of tools and error pages, by sections.
#[derive(Debug, Default)]
pub(super) struct Sections<'e> {
    /// In the order of depth.
    pub(super) all: Vec<SectionSettings<'e>>,
    /// Entries that are wrong.
    pub(super) refused: Vec<&'e Entry>,
    pub(super) mistakes: Vec<Mistake>,
}

impl<'e> Sections<'e> {
    /// Gathers what is said. `known` are all paths of the site, for names in variables.
    pub(super) fn of(entries: &[&'e Entry], known: &[Vec<String>]) -> Self {
        let mut sections = Self::default();
        for entry in entries {
            if let Err(mistake) = sections.add(entry, known) {
                sections.refused.push(entry);
                sections.mistakes.push(mistake);
            }
        }
        let order = |section: &SectionSettings<'_>| section.pattern.as_ref().map(Pattern::order);
        sections.all.sort_by_cached_key(order);
        sections
    }

    fn add(&mut self, entry: &'e Entry, known: &[Vec<String>]) -> Result<(), Mistake> {
        let (pattern, name) = pattern_of(entry, known)
            .map_err(|words| Mistake::at(words, [entry.key_origin.without_value()]))?;
        let mut all = self.all.iter();
        let at = all.position(|section| section.pattern == pattern);
        let at = at.unwrap_or_else(|| {
            self.all.push(SectionSettings {
                pattern,
                name: name.into(),
                origin: Some(entry.key_origin.without_value()),
                settings: Vec::new(),
            });
            self.all.len() - 1
        });
        let section = &mut self.all[at];
        section
            .settings
            .extend(Setting::read(entry, &section.name)?);
        Ok(())
    }
}

fn pattern_of(entry: &Entry, known: &[Vec<String>]) -> Result<(Option<Pattern>, String), String> {
    let (host, segments) = match &entry.section {
        Section::Global => return Ok((None, "global".to_owned())),
        Section::Path { host, segments, .. } => (host.clone(), segments.clone()),
        Section::Spelled(parts) => (None, resolve(parts, known)?.to_vec()),
    };
    let written = match &entry.section {
        Section::Path { written, .. } => written.clone(),
        _ => format!("/{}", segments.join("/")),
    };
    Ok((Some(Pattern { host, segments }), written))
}
