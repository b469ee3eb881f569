//! The keys that are no tools: what a configuration says of the whole site, the server and its limits.
//!
//! - `table`: one row per key. To add a key, add a row.
//! - `settings`: what the rows write to.
//! - `cherrypy`: CherryPy's names that are renamed or moot here.
//!
//! Keys of tools and everything that is for a path is composed along the tree, elsewhere.

pub(super) mod cherrypy;
pub(super) mod pages;
mod settings;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

pub(crate) use settings::Autoreload;
pub(super) use settings::Settings;

use self::cherrypy::former;
use self::table::{KEYS, Key};
use crate::config::namespace::NAMESPACES;
use crate::config::{self, Entry, Mistake, Origin, Raw, Section, guess};

/// A key with the value that is in force, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Applied {
    /// The key: `server.socket_port`.
    pub(crate) key: String,
    /// The value, as TOML writes it.
    pub(crate) value: String,
    #[serde(rename = "at", serialize_with = "as_text")]
    pub(crate) origin: Origin,
    /// What it expects: `a whole number from 0 to 65535`.
    pub(crate) expected: &'static str,
    /// What it decides, in one sentence or two.
    pub(crate) doc: &'static str,
}

fn as_text<S: Serializer>(origin: &Origin, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(origin)
}

/// Names that mean the same as others.
const ALIASES: [(&str, &str); 2] = [
    ("environment", "server.environment"),
    ("server.max_request_body_size", "request.body.maxbytes"),
];

/// Lays the entries over what the code says, which has been laid over the defaults.
///
/// Weaker than the code is only the environment's bundle. Entries of tools and of paths are left alone, unless they can be for nothing else
/// than the whole site.
pub(super) fn apply(settings: &mut Settings, entries: &[&Entry]) -> (Vec<Mistake>, Vec<Applied>) {
    let mut laying = Laying::over(settings);
    let (environments, others): (Vec<_>, Vec<_>) = entries
        .iter()
        .copied()
        .partition(|entry| canonical(&entry.name()) == ENVIRONMENT);
    // What the environment sets depends on all that is said of it.
    for entry in environments {
        laying.lay(entry);
    }
    laying.lay_bundle();
    for entry in others {
        laying.lay(entry);
    }
    laying.refuse_rivals();
    let applied = laying.applied();
    (laying.mistakes, applied)
}

const ENVIRONMENT: &str = "server.environment";

/// The name of the row for a key.
fn canonical(name: &str) -> &str {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    alias.map_or(name, |(_, name)| name)
}

fn row(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == canonical(name))
}

/// The ways to say where to listen. Those of one way go together, those of two exclude each other.
const WAYS: [&[&str]; 3] = [
    &["server.listen"],
    &["server.socket_host", "server.socket_port"],
    &["server.socket_file"],
];

fn way(name: &str) -> Option<usize> {
    WAYS.iter().position(|names| names.contains(&name))
}

struct Laying<'s> {
    settings: &'s mut Settings,
    /// Where each row's value was written.
    origins: BTreeMap<&'static str, Origin>,
    /// Which of the [`WAYS`] said last where to listen, and where.
    address: Option<(usize, Origin)>,
    /// Where each error page was written, by its key.
    pages: BTreeMap<String, Origin>,
    mistakes: Vec<Mistake>,
}

impl<'s> Laying<'s> {
    fn over(settings: &'s mut Settings) -> Self {
        let mut defaults = Settings::default();
        let of_code = |key: &Key, defaults: &Settings| {
            if (key.show)(settings) == (key.show)(defaults) {
                Origin::Default
            } else {
                Origin::Code
            }
        };
        let mut origins = BTreeMap::new();
        for key in KEYS {
            origins.insert(key.name, of_code(key, &defaults));
            // What follows from the environment is not what the code says.
            defaults.environment = settings.environment;
        }
        let pages = settings.error_pages.iter();
        let pages = pages.map(|(status, _)| (pages::name(*status), Origin::Code));
        Self {
            address: None,
            pages: pages.collect(),
            origins,
            settings,
            mistakes: Vec::new(),
        }
    }

    fn lay_bundle(&mut self) {
        let environment = self.settings.environment;
        for setting in environment.bundle() {
            let Some(key) = row(setting.key) else {
                continue;
            };
            let is_said = self.origins.get(key.name) != Some(&Origin::Default);
            if !is_said && (key.read)(self.settings, &setting.value).is_ok() {
                self.origins
                    .insert(key.name, Origin::Environment(environment));
            }
        }
    }

    fn lay(&mut self, entry: &Entry) {
        if is_composed(entry) {
            return;
        }
        let name = entry.name();
        let place = entry.key_origin.clone();
        // What an unknown key would have said may be a secret.
        let unknown_place = || [place.without_value()];
        if entry.section != Section::Global {
            let words = elsewhere(entry, &name);
            return self.mistakes.push(Mistake::at(words, unknown_place()));
        }
        if entry.key.first().is_some_and(|part| part == "error_page") {
            return self.lay_page(entry);
        }
        let Some((key, is_secret)) = find(&name) else {
            let words = unknown(&name);
            return self.mistakes.push(Mistake::at(words, unknown_place()));
        };
        let read = if is_secret {
            config::secret(entry)
                .and_then(|raw| self.read(key, &raw).map_err(config::Refusal::without_value))
        } else {
            self.read(key, &entry.value)
        };
        match read {
            Ok(()) => {
                if let Some(way) = way(key.name) {
                    self.address = Some((way, place.clone()));
                }
                self.origins.insert(key.name, place);
            }
            Err(refusal) => self.refuse_value(entry, &refusal),
        }
    }

    fn read(&mut self, key: &Key, raw: &Raw) -> Result<(), config::Refusal> {
        (key.read)(self.settings, raw)
    }

    fn lay_page(&mut self, entry: &Entry) {
        let read = pages::read(entry);
        let checked =
            read.and_then(|(status, page)| pages::load(page.clone()).map(|_| (status, page)));
        match checked {
            Ok((status, page)) => {
                let pages = &mut self.settings.error_pages;
                pages.retain(|(other, _)| *other != status);
                pages.push((status, page));
                self.pages
                    .insert(pages::name(status), entry.key_origin.clone());
            }
            Err(refusal) => self.refuse_value(entry, &refusal),
        }
    }

    fn refuse_value(&mut self, entry: &Entry, refusal: &config::Refusal) {
        let words = format!("`{}`: {refusal}", entry.name());
        self.mistakes
            .push(Mistake::at(words, [entry.origin.clone()]));
    }

    /// Two ways to say where to listen, in one file: which of them is meant?
    fn refuse_rivals(&mut self) {
        let written = |name: &&'static str| {
            let origin = self.origins.get(name)?;
            file_of(origin).map(|file| (*name, file.to_owned(), origin.clone()))
        };
        let of_way = |names: &&[&'static str]| names.iter().rev().find_map(written);
        let ways: Vec<_> = WAYS.iter().filter_map(of_way).collect();
        let pairs = ways.iter().enumerate().flat_map(|(index, later)| {
            let earlier = ways[..index].iter();
            earlier.map(move |earlier| (earlier, later))
        });
        let rivals = pairs.filter(|((_, file, _), (_, other, _))| file == other);
        let mistakes = rivals.map(|((name, _, place), (other, _, origin))| {
            let words = format!(
                "`{name}` and `{other}` exclude each other\nhelp: `server.listen` takes a list of addresses of both kinds"
            );
            Mistake::at(words, [place.clone(), origin.clone()])
        });
        self.mistakes.extend(mistakes);
    }

    /// Every key with its value. The parts of an address are listed where they are what holds; the whole always is.
    fn applied(&self) -> Vec<Applied> {
        let listed = KEYS.iter().filter(|key| match way(key.name) {
            None | Some(0) => true,
            part => {
                let is_last = self.address.as_ref().map(|(way, _)| *way) == part;
                is_last && self.origin(key) != Origin::Default
            }
        });
        let rows = listed.map(|key| Applied {
            key: key.name.to_owned(),
            value: (key.show)(self.settings),
            origin: match (&self.address, way(key.name)) {
                (Some((_, origin)), Some(0)) => origin.clone(),
                _ => self.origin(key),
            },
            expected: key.expected,
            doc: key.doc,
        });
        let pages = self.settings.error_pages.iter().map(|(status, page)| {
            let key = pages::name(*status);
            Applied {
                origin: self.pages.get(&key).cloned().unwrap_or(Origin::Code),
                value: pages::show(page),
                key,
                expected: pages::EXPECTED,
                doc: pages::DOC,
            }
        });
        rows.chain(pages).collect()
    }

    fn origin(&self, key: &Key) -> Origin {
        let origin = self.origins.get(key.name);
        origin.cloned().unwrap_or(Origin::Default)
    }
}

fn file_of(origin: &Origin) -> Option<&str> {
    match origin {
        Origin::File { file, .. } => Some(file),
        _ => None,
    }
}

/// Whether an entry is composed along the tree: keys of tools and headers in every section, error pages in those of paths.
fn is_composed(entry: &Entry) -> bool {
    let mut parts = entry.key.iter().map(String::as_str);
    match (parts.next(), parts.next()) {
        (Some("tools"), _) => former(&entry.name()).is_none(),
        (Some("response"), Some("headers")) => true,
        (Some("error_page"), _) => entry.section != Section::Global,
        _ => false,
    }
}

/// The row for a key, and whether the key names a file that has the value.
fn find(name: &str) -> Option<(&'static Key, bool)> {
    let plain = row(name).map(|key| (key, false));
    let in_file = || name.strip_suffix(config::SECRET_SUFFIX).and_then(row);
    plain.or_else(|| in_file().map(|key| (key, true)))
}

/// A key of the whole site, or none at all, in the section of a path.
fn elsewhere(entry: &Entry, name: &str) -> String {
    if find(name).is_none() {
        return unknown(name);
    }
    let help = match entry.section {
        Section::Spelled(_) => {
            let parts = entry.key.join("__").to_uppercase();
            format!("write `KIRSCH__GLOBAL__{parts}`")
        }
        _ => "write it below `[global]`".to_owned(),
    };
    format!("`{name}` is for the whole site, and not for a path\nhelp: {help}")
}

fn unknown(name: &str) -> String {
    let headline = format!("`{name}` is no key");
    if let Some(former) = former(name) {
        return format!("{headline} of Kirsch\nhelp: {}", former.help());
    }
    let aliases = ALIASES.iter().map(|(alias, _)| *alias);
    let names = || KEYS.iter().map(|key| key.name);
    let help = match guess::meant(name, names().chain(aliases)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => namespace_help(name),
    };
    format!("{headline}\nhelp: {help}")
}

/// What there is where the key seems to belong.
fn namespace_help(name: &str) -> String {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    let there: Vec<_> = KEYS
        .iter()
        .filter(|key| key.name.split('.').next() == Some(first))
        .map(|key| key.name)
        .collect();
    if !there.is_empty() {
        return guess::there_are(&there);
    }
    let names = || NAMESPACES.iter().map(|space| space.name);
    match guess::meant(first, names()) {
        Some(meant) if !rest.is_empty() && meant != first => {
            format!("did you mean `{meant}.{rest}`?")
        }
        _ => {
            let spaces: Vec<_> = names().map(|space| format!("`{space}.`")).collect();
            format!("keys begin with {}", spaces.join(", "))
        }
    }
}

/// The keys that have changed and that a running server cannot follow.
pub(super) fn only_at_start<'k>(before: &[Applied], now: &'k [Applied]) -> Vec<&'k str> {
    let of_the_server = |applied: &&Applied| {
        applied.key.starts_with("server.") || applied.key.starts_with("engine.")
    };
    let has_changed = |applied: &&Applied| {
        let mut before = before.iter();
        before
            .find(|other| other.key == applied.key)
            .map(|other| &other.value)
            != Some(&applied.value)
    };
    let changed = now.iter().filter(of_the_server).filter(has_changed);
    // The hosts that are answered are looked at with each request, and what an environment says of pages holds at once: what it says of the
    // server is among the changed keys itself.
    let changed = changed
        .filter(|applied| !["server.allowed_hosts", ENVIRONMENT].contains(&applied.key.as_str()));
    changed.map(|applied| applied.key.as_str()).collect()
}
