//! What one key of the operator says of pages: read, checked wherever it is written, and applied where it holds.

use std::borrow::Cow;
use std::sync::Arc;

use crate::belt::{Patches, SettingSource, Unset, catalogue};
use crate::config::{Entry, Mistake, Raw, Refusal, SECRET_SUFFIX, Section, guess, secret};
use crate::site::keys::cherrypy::former;
use crate::site::keys::pages::{self, PlacedPage};

/// What an entry says of pages.
#[derive(Debug)]
pub(super) struct Setting<'e> {
    entry: &'e Entry,
    kind: SettingKind<'e>,
}

impl<'e> Setting<'e> {
    /// Reads an entry, if it is for pages and not for the site.
    ///
    /// # Errors
    /// It is wrong, wherever it applies.
    pub(super) fn read(entry: &'e Entry, section: &Arc<str>) -> Result<Option<Self>, Mistake> {
        let kind = kind_of(entry).map_err(|refusal| {
            let words = format!("`{}`: {refusal}", entry.name());
            Mistake::at(words, [entry.origin.clone()])
        })?;
        let setting = kind.map(|kind| Self { entry, kind });
        let mistake = setting
            .as_ref()
            .and_then(|setting| refuse(setting, section));
        mistake.map_or(Ok(setting), Err)
    }

    /// The page for errors that it names.
    pub(super) fn error_page(&self) -> Option<&Arc<PlacedPage>> {
        match &self.kind {
            SettingKind::ErrorPage(page) => Some(page),
            SettingKind::Tool { .. } | SettingKind::Invalid(_) => None,
        }
    }

    /// Lays the setting over what was said before.
    pub(super) fn apply(
        &self,
        section: &Arc<str>,
        patches: &mut Patches,
        error_pages: &mut Vec<Arc<PlacedPage>>,
    ) {
        match &self.kind {
            SettingKind::Tool {
                name,
                key,
                value,
                is_hidden,
            } => {
                // What is wrong with it was said before.
                let Some(known) = catalogue::named(name) else {
                    return;
                };
                let source = source_of(self.entry, section);
                drop(patches.set(known, key, value, source, *is_hidden));
                if self.entry.key[0] == "response" {
                    drop(patches.set(known, "on", &Raw::Bool(true), source, false));
                }
            }
            SettingKind::ErrorPage(page) => {
                error_pages.retain(|other| other.status != page.status);
                error_pages.push(Arc::clone(page));
            }
            SettingKind::Invalid(_) => {}
        }
    }
}

/// What an entry says.
#[derive(Debug)]
enum SettingKind<'e> {
    /// `tools.NAME.KEY`.
    Tool {
        name: &'e str,
        key: &'e str,
        value: Cow<'e, Raw>,
        /// It stood in a file of its own.
        is_hidden: bool,
    },
    /// `error_page.NNN`, its file read.
    ErrorPage(Arc<PlacedPage>),
    /// Something that cannot be meant.
    Invalid(String),
}

/// What an entry says, if it is for the pages and not for the site.
///
/// # Errors
/// The file of a secret cannot be read; an error page is none.
fn kind_of(entry: &Entry) -> Result<Option<SettingKind<'_>>, Refusal> {
    let key: Vec<_> = entry.key.iter().map(String::as_str).collect();
    Ok(match key.as_slice() {
        // Names that CherryPy has and Kirsch has not are refused where the keys of the site are.
        ["tools", ..] if former(&entry.name()).is_some() => None,
        ["tools", name, key] => Some(tool(entry, name, key)?),
        ["tools", name] => Some(SettingKind::Invalid(format!(
            "`tools.{name}` says nothing of the tool\nhelp: write `tools.{name}.on = true`, or one of its options"
        ))),
        ["tools", ..] => Some(SettingKind::Invalid(format!(
            "`{}` is no option of a tool\nhelp: write `tools.NAME.OPTION`",
            entry.name()
        ))),
        // CherryPy: `response.headers.X`. Here it is the tool of that purpose, which adds what each level says.
        ["response", "headers", name] => Some(SettingKind::Tool {
            name: "response_headers",
            key: "headers",
            value: Cow::Owned(Raw::Table(vec![((*name).to_owned(), entry.value.clone())])),
            is_hidden: false,
        }),
        ["error_page", ..] if entry.section != Section::Global => {
            Some(SettingKind::ErrorPage(Arc::new(pages::placed(entry)?)))
        }
        _ => None,
    })
}

/// A key that names a file holds what stands in it, where it is unknown and the same without its end is not.
fn tool<'e>(entry: &'e Entry, name: &'e str, key: &'e str) -> Result<SettingKind<'e>, Refusal> {
    let options = catalogue::named(name).map_or(&[][..], |tool| tool.table.options);
    let has = |key: &str| options.iter().any(|row| row.name == key);
    let plain = key
        .strip_suffix(SECRET_SUFFIX)
        .filter(|plain| !has(key) && has(plain));
    Ok(match plain {
        Some(plain) => SettingKind::Tool {
            name,
            key: plain,
            value: Cow::Owned(secret(entry)?),
            is_hidden: true,
        },
        None => SettingKind::Tool {
            name,
            key,
            value: Cow::Borrowed(&entry.value),
            is_hidden: false,
        },
    })
}

/// What is wrong with a setting, wherever it applies.
fn refuse(setting: &Setting<'_>, section: &Arc<str>) -> Option<Mistake> {
    let Setting { entry, kind } = setting;
    // What an unknown key would have said may be a secret.
    let key_place = || [entry.key_origin.without_value()];
    match kind {
        SettingKind::Tool {
            name,
            key,
            value,
            is_hidden,
        } => {
            let Some(known) = catalogue::named(name) else {
                let all = catalogue::all();
                let names: Vec<_> = all.iter().map(|entry| entry.table.name).collect();
                let words = format!(
                    "there is no tool `{name}`\nhelp: {}",
                    guess::help(name, &names)
                );
                return Some(Mistake::at(words, key_place()));
            };
            let mut scratch = Patches::default();
            match scratch.set(known, key, value, source_of(entry, section), *is_hidden) {
                Ok(()) => None,
                Err(Unset::Unknown(words)) => Some(Mistake::at(words, key_place())),
                Err(Unset::Refused(refusal)) => {
                    let words = format!("`{}`: {refusal}", entry.name());
                    let mut options = known.table.options.iter();
                    let is_secret = options.any(|row| row.name == *key && row.secret);
                    let origin = match &entry.origin {
                        origin if is_secret => origin.without_value(),
                        origin => origin.clone(),
                    };
                    Some(Mistake::at(words, [origin]))
                }
            }
        }
        SettingKind::ErrorPage(_) => None,
        SettingKind::Invalid(words) => Some(Mistake::at(words.clone(), key_place())),
    }
}

fn source_of<'p>(entry: &'p Entry, section: &'p Arc<str>) -> SettingSource<'p> {
    SettingSource {
        section,
        origin: &entry.key_origin,
    }
}

/// Whether an entry says something of this option, in itself or in a file of its own.
pub(super) fn is_about(entry: &Entry, tool: &str, option: &str) -> bool {
    let [tools, name, key] = entry.key.as_slice() else {
        return false;
    };
    let plain = key.strip_suffix(SECRET_SUFFIX);
    tools == "tools" && name == tool && (key == option || plain == Some(option))
}
