//! All that an operator wrote, in layers: files, then variables, then flags.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::{self, Place};
use super::raw::{key, quoted};
use super::regular::read_regular;
use super::{Mistake, Origin, Raw, Section};

/// One key with its value, and where both were written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) section: Section,
    /// The parts of the key: `tools`, `caching`, `delay`. In variables they are in lower case.
    pub(crate) key: Vec<String>,
    pub(crate) value: Raw,
    /// Where the value begins: for what is wrong with it.
    pub(crate) origin: Origin,
    /// Where the key begins: for what is wrong with it, and for lists.
    pub(crate) key_origin: Origin,
    /// The folder of the file that it was written in: paths in its value may be relative to it.
    pub(crate) folder: Option<Arc<Path>>,
}

impl Entry {
    /// An entry that has one place for its key and its value.
    fn of(section: Section, name: &str, value: Raw, origin: Origin) -> Self {
        Self {
            section,
            key: name.split('.').map(str::to_owned).collect(),
            value,
            key_origin: origin.clone(),
            origin,
            folder: None,
        }
    }

    /// The key as it is written: `tools.caching.delay`.
    pub(crate) fn name(&self) -> String {
        let parts: Vec<_> = self.key.iter().map(|part| key(part)).collect();
        parts.join(".")
    }

    /// A path of the value, relative to the folder of its file.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        match &self.folder {
            Some(folder) => folder.join(path),
            None => path.to_owned(),
        }
    }
}

/// All that an operator wrote. Later entries win: files in their order, then variables, then flags.
#[derive(Debug, Clone, Default)]
pub(crate) struct Configuration {
    /// Where the files come from, so that they can be read again.
    sources: Vec<Source>,
    files: Vec<Entry>,
    variables: Vec<Entry>,
    flags: Vec<Entry>,
    mistakes: Vec<Mistake>,
}

/// A file, or what the program itself says: a text, or one key.
#[derive(Debug, Clone)]
enum Source {
    File(PathBuf),
    Text { name: String, text: String },
    Key(Entry),
}

impl Configuration {
    /// The most of a file that is read. A larger one is something else.
    const LARGEST: u64 = 1024 * 1024;

    /// Reads a file.
    pub(crate) fn file(&mut self, path: &Path) {
        self.sources.push(Source::File(path.to_owned()));
        let name = path.display().to_string();
        let too_large = "has more than 1 MiB: it can be no configuration";
        match read_regular(path, Self::LARGEST, too_large) {
            Ok((bytes, _)) => {
                let folder = path.parent().map(Arc::from);
                self.bytes(&name, &bytes, folder.as_ref());
            }
            Err(words) => {
                let words = format!("the configuration file `{name}` {words}");
                self.mistakes.push(Mistake::at(words, []));
            }
        }
    }

    /// Takes a text that is built into the program, as a file of this name.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.sources.push(Source::Text {
            name: name.to_owned(),
            text: text.to_owned(),
        });
        self.bytes(name, text.as_bytes(), None);
    }

    /// Takes one key that the program says, as if it stood in a file.
    pub(crate) fn key(&mut self, section: &str, name: &str, value: Raw) {
        match Section::read(section) {
            Ok(section) => {
                let entry = Entry::of(section, name, value, Origin::Code);
                self.sources.push(Source::Key(entry.clone()));
                self.files.push(entry);
            }
            Err(words) => self.mistakes.push(Mistake::at(words, [Origin::Code])),
        }
    }

    fn bytes(&mut self, name: &str, bytes: &[u8], folder: Option<&Arc<Path>>) {
        let place = Place::File(Arc::from(name));
        let (entries, mistakes) = match str::from_utf8(bytes) {
            Ok(text) => file::read(text, &place),
            Err(error) => {
                let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                let words = "the file is not in UTF-8\nhelp: save it in that encoding";
                let at = place.at(&valid, valid.len());
                (Vec::new(), vec![Mistake::at(words, [at])])
            }
        };
        self.mistakes.extend(mistakes);
        let entries = entries.into_iter().map(|entry| Entry {
            folder: folder.cloned(),
            ..entry
        });
        self.files.extend(entries);
    }

    /// Takes what was found in environment variables.
    pub(super) fn add_variables(&mut self, entries: Vec<Entry>, mistakes: Vec<Mistake>) {
        self.variables.extend(entries);
        self.mistakes.extend(mistakes);
    }

    /// Takes the text of a flag `--set TEXT`: a line of TOML, whose value may lack its quotes.
    pub(crate) fn flag(&mut self, text: &str) {
        let place = Place::Flag(format!("--set {}", shell(text)).into());
        let (entries, mistakes) = file::read_line(text, &place);
        self.flags.extend(entries);
        self.mistakes.extend(mistakes);
    }

    /// Takes a value that has a flag of its own, such as `--workers 4`: it is as strong as one of `--set`.
    pub(crate) fn set(&mut self, flag: &str, name: &str, value: Raw) {
        let origin = Origin::Flag(flag.into());
        self.flags
            .push(Entry::of(Section::Global, name, value, origin));
    }

    /// The same with its files as they are now. Variables and flags are those of the start: they cannot change.
    pub(crate) fn again(&self) -> Self {
        let mut again = Self {
            variables: self.variables.clone(),
            flags: self.flags.clone(),
            ..Self::default()
        };
        for source in &self.sources {
            match source {
                Source::File(path) => again.file(path),
                Source::Text { name, text } => again.text(name, text),
                Source::Key(entry) => {
                    again.sources.push(source.clone());
                    again.files.push(entry.clone());
                }
            }
        }
        again
    }

    /// Everything that was written, the weakest first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        let later = self.variables.iter().chain(&self.flags);
        self.files.iter().chain(later)
    }

    /// What is wrong with the files, variables and flags themselves.
    pub(crate) fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}

/// A text as it would be written for a shell.
fn shell(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-/=:,".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else if text.contains(['\'', '\n']) {
        quoted(text)
    } else {
        format!("'{text}'")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn mistake(path: &Path) -> String {
        let mut configuration = Configuration::default();
        configuration.file(path);
        assert_eq!(configuration.entries().count(), 0);
        configuration.mistakes()[0].to_string()
    }

    #[test]
    fn a_file_that_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("site.toml");
        let name = file.display();
        assert_eq!(
            mistake(&file),
            format!("the configuration file `{name}` does not exist")
        );
        assert!(mistake(folder.path()).ends_with("` is a folder"));
        fs::write(&file, "#".repeat(1024 * 1024 + 1)).unwrap();
        assert!(mistake(&file).ends_with("has more than 1 MiB: it can be no configuration"));
        fs::write(&file, b"[global]\n# \xff").unwrap();
        assert_eq!(
            mistake(&file),
            format!("the file is not in UTF-8\nhelp: save it in that encoding\n    at {name}:2:3")
        );
    }

    #[test]
    fn files_can_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("site.toml");
        fs::write(&file, "[global]\na.b = 1").unwrap();
        let mut configuration = Configuration::default();
        configuration.file(&file);
        configuration.text("built in", "[global]\na.c = 2");
        configuration.key("global", "a.e", Raw::Integer(4));
        configuration.flag("global.a.d = 3");
        fs::write(&file, "[global]\na.b = 9").unwrap();
        let again = configuration.again().again();
        let values = again.entries().map(|entry| entry.value.to_string());
        assert_eq!(values.collect::<Vec<_>>(), ["9", "2", "4", "3"]);
        fs::write(&file, "a").unwrap();
        assert_eq!(configuration.again().mistakes().len(), 1);
    }

    #[test]
    fn layers_have_an_order_whoever_comes_first() {
        let mut configuration = Configuration::default();
        configuration.flag("global.a.b = 4");
        configuration.set("--ab 5", "a.b", Raw::Integer(5));
        configuration.variables([("KIRSCH__GLOBAL__A__B".into(), "3".into())]);
        configuration.text("one", "[global]\na.b = 1");
        configuration.text("two", "[global]\na.b = 2");
        let origins = configuration
            .entries()
            .map(|entry| entry.key_origin.to_string());
        assert_eq!(
            origins.collect::<Vec<_>>(),
            [
                "one:2:1",
                "two:2:1",
                "$KIRSCH__GLOBAL__A__B",
                "--set 'global.a.b = 4'",
                "--ab 5"
            ]
        );
    }

    #[test]
    fn a_flag_is_shown_as_a_shell_takes_it() {
        assert_eq!(shell("global.a=1"), "global.a=1");
        assert_eq!(shell("\"/\".a = 1"), "'\"/\".a = 1'");
        assert_eq!(shell("a='b'"), "\"a='b'\"");
    }
}
