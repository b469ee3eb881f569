//! TOML texts become entries, each with its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::raw::quoted;
use super::{Entry, Mistake, Origin, Raw, Refusal, Section, namespace};

/// Where a text comes from.
#[derive(Debug, Clone)]
pub(super) enum Place {
    File(Arc<str>),
    Flag(Arc<str>),
}

impl Place {
    /// The origin of what stands at a byte of the text.
    pub(super) fn at(&self, text: &str, byte: usize) -> Origin {
        match self {
            Self::File(file) => {
                let before = text.get(..byte).unwrap_or(text);
                let lines = before.matches('\n').count();
                let line = before.rsplit('\n').next().unwrap_or_default();
                let column = line.chars().count();
                let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
                Origin::File {
                    file: Arc::clone(file),
                    line: number(lines),
                    column: number(column),
                }
            }
            Self::Flag(flag) => Origin::Flag(Arc::clone(flag)),
        }
    }
}

/// Reads a whole text. One that is no TOML gives only mistakes.
pub(super) fn read(text: &str, place: &Place) -> (Vec<Entry>, Vec<Mistake>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return (Vec::new(), syntax(text, place, &errors));
    }
    let mut reader = Reader::new(text, place);
    reader.document(table.get_ref());
    (reader.entries, reader.mistakes)
}

/// Reads the text of a flag. A value that is no TOML is a bare text.
pub(super) fn read_line(text: &str, place: &Place) -> (Vec<Entry>, Vec<Mistake>) {
    if DeTable::parse(text).is_ok() {
        return read(text, place);
    }
    let refuse = |words: String| (Vec::new(), vec![Mistake::at(words, [place.at(text, 0)])]);
    let Some((name, value)) = split(text) else {
        return refuse(format!(
            "`{text}` sets nothing\nhelp: write `global.server.socket_port = 9000`"
        ));
    };
    let line = format!("{name}= 0");
    if DeTable::parse(&line).is_err() {
        return refuse(format!(
            "`{}` is no key\nhelp: {}",
            name.trim(),
            key_help(name, value)
        ));
    }
    let (mut entries, mistakes) = read(&line, place);
    for entry in &mut entries {
        entry.value = Raw::Bare(value.trim().to_owned());
    }
    (entries, mistakes)
}

/// A key and its value: at the first `=` outside quotes.
fn split(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, char) in text.char_indices() {
        match (quote, char) {
            (None, '=') => return Some((text.get(..at)?, text.get(at + 1..)?)),
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), _) if open == char => quote = None,
            _ => {}
        }
    }
    None
}

/// How a key is written. A shell takes the quotes of a path away, so that is what most likely happened.
fn key_help(name: &str, value: &str) -> String {
    let name = name.trim();
    let end = namespace::of_paths()
        .filter_map(|word| name.find(&format!(".{word}.")))
        .min();
    match end.and_then(|end| name.split_at_checked(end)) {
        Some((path, rest)) if path.starts_with('/') => format!(
            "write the path in quotes, and both in quotes of the shell: `--set '{}{rest} = {}'`",
            quoted(path),
            value.trim()
        ),
        _ => "write `global.server.socket_port = 9000`, or `\"/notes\".tools.caching.delay = \"10m\"`".to_owned(),
    }
}

/// What the parser says, once for each line: what follows on the same line is mostly of the same cause.
fn syntax(text: &str, place: &Place, errors: &[Error]) -> Vec<Mistake> {
    let mut lines = BTreeMap::new();
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        let at = at.min(text.len());
        let line = text.get(..at).unwrap_or_default().matches('\n').count();
        lines.entry(line).or_insert((at, error));
    }
    let mistakes = lines.into_iter().map(|(line, (at, error))| {
        let mut words = error.message().trim().to_owned();
        if words == "duplicate key" {
            let name = error.span().and_then(|span| text.get(span));
            words = format!("`{}` is written twice", name.unwrap_or_default());
        }
        if let Some(help) = syntax_help(text.lines().nth(line).unwrap_or_default()) {
            words.push_str("\nhelp: ");
            words.push_str(&help);
        }
        Mistake::at(words, [place.at(text, at)])
    });
    mistakes.collect()
}

/// What people write who come from CherryPy's files.
fn syntax_help(line: &str) -> Option<String> {
    let line = line.trim();
    if let Some(path) = line.strip_prefix('[').filter(|rest| rest.starts_with('/')) {
        let path = path.split(']').next().unwrap_or_default();
        return Some(format!("a path is written in quotes: `[{}]`", quoted(path)));
    }
    let (name, value) = split(line)?;
    let name = name.trim();
    match value.trim() {
        "True" => Some(format!("write `{name} = true`")),
        "False" => Some(format!("write `{name} = false`")),
        "None" => Some("leave the key out: without a value it has its default".to_owned()),
        _ => None,
    }
}

/// Goes through a parsed text.
struct Reader<'t> {
    text: &'t str,
    place: &'t Place,
    /// The sections met so far, without the way they were written.
    sections: Vec<(Section, Origin)>,
    entries: Vec<Entry>,
    mistakes: Vec<Mistake>,
}

type Key<'t> = Spanned<std::borrow::Cow<'t, str>>;

impl<'t> Reader<'t> {
    fn new(text: &'t str, place: &'t Place) -> Self {
        Self {
            text,
            place,
            sections: Vec::new(),
            entries: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    fn at<T>(&self, what: &Spanned<T>) -> Origin {
        self.place.at(self.text, what.span().start)
    }

    fn refuse(&mut self, words: impl Into<String>, places: impl IntoIterator<Item = Origin>) {
        self.mistakes.push(Mistake::at(words, places));
    }

    fn document(&mut self, table: &DeTable<'_>) {
        for (name, value) in in_order(table) {
            let origin = self.at(name);
            let name = name.get_ref();
            let DeValue::Table(table) = value.get_ref() else {
                self.refuse(outside(name), [origin]);
                continue;
            };
            match Section::read(name) {
                Ok(section) => {
                    self.note(&section, origin);
                    self.table(&section, &mut Vec::new(), table);
                }
                Err(words) => self.refuse(words, [origin]),
            }
        }
    }

    /// TOML itself refuses a section that is written twice in the same way; a host has several.
    fn note(&mut self, section: &Section, origin: Origin) {
        let mut plain = section.clone();
        if let Section::Path { written, .. } = &mut plain {
            written.clear();
        }
        let mut others = self.sections.iter();
        if let Some((_, first)) = others.find(|(other, _)| *other == plain) {
            let places = [first.clone(), origin.clone()];
            self.refuse(format!("the section `{section}` is written twice"), places);
        }
        self.sections.push((plain, origin));
    }

    fn table(&mut self, section: &Section, path: &mut Vec<String>, table: &DeTable<'_>) {
        for (name, value) in in_order(table) {
            let depth = path.len();
            path.push(name.get_ref().to_string());
            self.row(section, path, name, value);
            path.truncate(depth);
        }
    }

    fn row(
        &mut self,
        section: &Section,
        path: &mut Vec<String>,
        name: &Key<'_>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let origin = self
            .place
            .at(self.text, start_of(self.text, name.span().start));
        let whole = name.get_ref();
        if path.len() == 1 && whole.contains('.') {
            let words = format!(
                "`{}` is one word because of its quotes\nhelp: write `{whole}`",
                quoted(whole)
            );
            return self.refuse(words, [origin]);
        }
        match value.get_ref() {
            // An empty section says nothing; an empty value of a key is for whoever reads the key.
            DeValue::Table(table) if !is_whole(path) && (!table.is_empty() || path.len() == 1) => {
                self.table(section, path, table);
            }
            leaf => match Raw::of(leaf) {
                Ok(raw) => self.entries.push(Entry {
                    section: section.clone(),
                    key: path.clone(),
                    value: raw,
                    origin: self.at(value),
                    key_origin: origin,
                    folder: None,
                }),
                Err(refusal) => self.refuse_value(value, &refusal),
            },
        }
    }

    fn refuse_value(&mut self, value: &Spanned<DeValue<'_>>, refusal: &Refusal) {
        let origin = self.at(value);
        self.refuse(refusal.to_string(), [origin]);
    }
}

/// Where a key begins whose last part stands here: `server.socket_port` begins at `server`.
fn start_of(text: &str, last: usize) -> usize {
    let before = text.get(..last).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let is_dotted = line.trim_end().ends_with('.') && !line.contains(['{', ',', '=']);
    if is_dotted {
        last - line.trim_start().len()
    } else {
        last
    }
}

/// A table of this key is one value: an option of a tool, a header, an error page may be a table.
fn is_whole(path: &[String]) -> bool {
    namespace::parts_of(path).is_some_and(|parts| path.len() >= parts)
}

fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t Key<'i>, &'t Spanned<DeValue<'i>>)> {
    let mut rows: Vec<_> = table.iter().collect();
    rows.sort_by_key(|(name, _)| name.span().start);
    rows
}

fn outside(name: &str) -> String {
    format!(
        "`{name}` stands in no section\nhelp: write it below `[global]`, or below a path such as `[\"/\"]`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (Vec<Entry>, Vec<Mistake>) {
        read(text, &Place::File("site.toml".into()))
    }

    fn flag(text: &str) -> (Vec<Entry>, Vec<Mistake>) {
        read_line(text, &Place::Flag("--set".into()))
    }

    fn shown((entries, mistakes): (Vec<Entry>, Vec<Mistake>)) -> Vec<String> {
        assert_eq!(mistakes, []);
        let entries = entries.iter();
        entries
            .map(|entry| {
                let (section, name) = (&entry.section, entry.name());
                format!("{section} {name} = {} ({})", entry.value, entry.key_origin)
            })
            .collect()
    }

    fn refused((entries, mistakes): (Vec<Entry>, Vec<Mistake>)) -> String {
        assert_eq!(entries, []);
        let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        mistakes.join("\n")
    }

    #[test]
    fn dotted_keys_and_tables_are_the_same() {
        let text = "\u{feff}[global]\nserver.socket_port = 8080\n\n[\"/notes\"]\ntools.caching = { delay = \"10m\" }\n\n[\"/notes\".tools.gzip]\nlevel = 6\n";
        assert_eq!(
            shown(file(text)),
            [
                "global server.socket_port = 8080 (site.toml:2:1)",
                "/notes tools.caching.delay = \"10m\" (site.toml:5:19)",
                "/notes tools.gzip.level = 6 (site.toml:8:1)",
            ]
        );
    }

    #[test]
    fn an_option_a_header_and_an_error_page_may_be_tables() {
        let text = "[global]\nerror_page.404 = { page = \"/lost\" }\nresponse.headers.\"X-A\" = \"b\"\n[\"/\".tools.auth.users]\nann = \"x\"\nb.c = 1\n";
        assert_eq!(
            shown(file(text)),
            [
                "global error_page.404 = { page = \"/lost\" } (site.toml:2:1)",
                "global response.headers.X-A = \"b\" (site.toml:3:1)",
                "/ tools.auth.users = { ann = \"x\", b = { c = 1 } } (site.toml:4:1)",
            ]
        );
    }

    #[test]
    fn columns_count_characters() {
        let text = "[\"/ä\"]\ntools.\"ä\".on = 1979-05-27";
        assert_eq!(
            refused(file(text)).lines().last(),
            Some("    at site.toml:2:16")
        );
        let text = "[global]\n  [\"/ä\".b]\n";
        assert_eq!(shown(file(text)), Vec::<String>::new());
    }

    #[test]
    fn what_stands_in_no_section_is_refused() {
        assert_eq!(
            refused(file("timeout = 5\n[gloabl]\n")),
            "`timeout` stands in no section\nhelp: write it below `[global]`, or below a path such as `[\"/\"]`\n    at site.toml:1:1\n`gloabl` is no section\nhelp: did you mean `[global]`?\n    at site.toml:2:2"
        );
    }

    #[test]
    fn a_section_is_written_once() {
        let text = "[\"//A.example/b\"]\nx.y = 1\n[\"//a.example/b\"]\n";
        let (_, mistakes) = file(text);
        assert_eq!(
            mistakes[0].to_string(),
            "the section `//a.example/b` is written twice\n    at site.toml:1:2\n    at site.toml:3:2"
        );
        assert_eq!(
            refused(file("[global]\n[global]\n")),
            "`global` is written twice\n    at site.toml:2:2"
        );
    }

    #[test]
    fn a_key_is_written_once() {
        for (text, words) in [
            (
                "[global]\na.b = 1\na.b = 2\n",
                "`b` is written twice\n    at site.toml:3:3",
            ),
            (
                "[global]\na.\"b c\" = 1\na.\"b c\" = 2\n",
                "`\"b c\"` is written twice\n    at site.toml:3:3",
            ),
            (
                "[global]\na = { b = 1, b = 2 }\n",
                "`b` is written twice\n    at site.toml:2:14",
            ),
        ] {
            assert_eq!(refused(file(text)), words);
        }
    }

    #[test]
    fn a_key_in_quotes_is_one_word() {
        assert_eq!(
            refused(file("[global]\n\"server.socket_port\" = 80\n")),
            "`\"server.socket_port\"` is one word because of its quotes\nhelp: write `server.socket_port`\n    at site.toml:2:1"
        );
    }

    #[test]
    fn files_of_cherrypy_are_told_how_toml_is_written() {
        let text =
            "[/notes]\n[global]\nengine.autoreload_on = True\nserver.socket_file = None\nx =\n";
        let words = refused(file(text));
        for part in [
            "a path is written in quotes: `[\"/notes\"]`\n    at site.toml:1:2",
            "write `engine.autoreload_on = true`\n    at site.toml:3:24",
            "leave the key out: without a value it has its default\n    at site.toml:4:22",
            "at site.toml:5:4",
        ] {
            assert!(words.contains(part), "{words}");
        }
        assert_eq!(words.matches("    at ").count(), 4, "{words}");
    }

    #[test]
    fn a_flag_is_a_line_of_toml_whose_quotes_may_be_missing() {
        for (text, expected) in [
            (
                "global.server.socket_port=9000",
                "global server.socket_port = 9000 (--set)",
            ),
            (
                "global.server.socket_host=localhost",
                "global server.socket_host = \"localhost\" (--set)",
            ),
            (
                "\"/a=b\".tools.x.y = 10m",
                "/a=b tools.x.y = \"10m\" (--set)",
            ),
            ("\"/\".tools.x.y = [1]", "/ tools.x.y = [1] (--set)"),
            ("global.x.y=", "global x.y = \"\" (--set)"),
        ] {
            assert_eq!(shown(flag(text)), [expected]);
        }
        assert_eq!(
            flag("global.x.y = 10m").0[0].value,
            Raw::Bare("10m".to_owned())
        );
    }

    #[test]
    fn a_flag_that_sets_nothing_says_how() {
        assert_eq!(
            refused(flag("/notes.tools.caching.on=true")),
            "`/notes.tools.caching.on` is no key\nhelp: write the path in quotes, and both in quotes of the shell: `--set '\"/notes\".tools.caching.on = true'`\n    at --set"
        );
        assert!(refused(flag("nonsense")).starts_with("`nonsense` sets nothing"));
        assert!(refused(flag("a b=1")).starts_with("`a b` is no key\nhelp: write `global."));
        assert!(refused(flag("x=1")).starts_with("`x` stands in no section"));
        assert!(refused(flag("")).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,99}", wild in "[\\[\\]\"'/.=a-c{}%\n ]{0,60}") {
            for text in [text, wild] {
                drop(file(&text));
                drop(flag(&text));
            }
        }
    }
}
