//! Environment variables: `KIRSCH__GLOBAL__SERVER__SOCKET_PORT=9000`.
//!
//! Two underscores stand where TOML has a dot. After `KIRSCH` comes `GLOBAL`, or a path: its segments in capitals, with one underscore
//! for whatever is no letter or digit, and `ROOT` for `/`. A path ends where a namespace begins: `KIRSCH__NOTES__ID__TOOLS__CACHING__DELAY`
//! is `tools.caching.delay` of `/notes/{id}`. A table is written whole, as in TOML.

use std::ffi::OsString;

use super::{Configuration, Entry, Mistake, Origin, Raw, Section, guess, namespace};

impl Configuration {
    /// Reads the variables that begin with `KIRSCH__`; others are none of ours.
    pub(crate) fn variables(&mut self, all: impl IntoIterator<Item = (OsString, OsString)>) {
        let mut ours: Vec<_> = all
            .into_iter()
            .filter_map(|(name, value)| {
                let name = name.to_string_lossy().into_owned();
                let is_ours = name.to_ascii_uppercase().starts_with("KIRSCH__");
                is_ours.then_some((name, value))
            })
            .collect();
        // The system has them in no order.
        ours.sort();
        let (mut entries, mut mistakes) = (Vec::<Entry>::new(), Vec::new());
        for (name, value) in ours {
            let origin = Origin::Variable(name.as_str().into());
            let entry = match entry(&name, value, &origin) {
                Ok(entry) => entry,
                Err(words) => {
                    mistakes.push(Mistake::at(words, [origin]));
                    continue;
                }
            };
            let same = |other: &&Entry| other.section == entry.section && other.key == entry.key;
            if let Some(other) = entries.iter().find(same) {
                let places = [other.origin.clone(), origin];
                mistakes.push(Mistake::at("two variables set the same key", places));
            }
            entries.push(entry);
        }
        self.add_variables(entries, mistakes);
    }
}

fn entry(name: &str, value: OsString, origin: &Origin) -> Result<Entry, String> {
    let (section, key) = section_and_key(name)?;
    let value = value
        .into_string()
        .map_err(|_| "the value of the variable is not in UTF-8".to_owned())?;
    Ok(Entry {
        section,
        key,
        value: Raw::Bare(value),
        origin: origin.clone(),
        key_origin: origin.clone(),
        folder: None,
    })
}

fn section_and_key(name: &str) -> Result<(Section, Vec<String>), String> {
    let parts: Vec<String> = name.split("__").skip(1).map(str::to_lowercase).collect();
    let cannot = |help: &str| Err(format!("the variable `{name}` says nothing\nhelp: {help}"));
    if parts.iter().any(String::is_empty) {
        return cannot(
            "between two parts of a key stand two underscores, and one inside of a part",
        );
    }
    let first = parts.first().map(String::as_str).unwrap_or_default();
    let variable = |parts: &[String]| format!("KIRSCH__{}", parts.join("__").to_uppercase());
    if first == "global" {
        return match &parts[1..] {
            [] => cannot("write a key after `GLOBAL`, as in `KIRSCH__GLOBAL__SERVER__SOCKET_PORT`"),
            key => Ok((Section::Global, key_of(name, key)?)),
        };
    }
    let is_of_paths = |part: &String| namespace::of_paths().any(|name| name == part);
    let with = |head: &str, rest: &[String]| {
        let mut all = vec![head.to_owned()];
        all.extend(rest.iter().cloned());
        variable(&all)
    };
    match parts.iter().position(is_of_paths) {
        Some(0) => cannot(&format!(
            "did you mean `{}`, for the whole site?",
            with("global", &parts)
        )),
        Some(end) => {
            let key = key_of(name, &parts[end..])?;
            let path: Vec<_> = parts[..end]
                .iter()
                .map(|part| part.to_uppercase())
                .collect();
            let path = if path == ["ROOT"] { Vec::new() } else { path };
            Ok((Section::Spelled(path), key))
        }
        None if first == "environment" || namespace::is_namespace(first) => {
            cannot(&format!("did you mean `{}`?", with("global", &parts)))
        }
        None if guess::meant(first, ["global"]).is_some() => {
            cannot(&format!("did you mean `{}`?", with("global", &parts[1..])))
        }
        None => {
            let near = parts.iter().enumerate().skip(1);
            let mut near = near
                .filter_map(|(at, part)| Some((at, guess::meant(part, namespace::of_paths())?)));
            match near.next() {
                Some((at, word)) => {
                    let mut meant = parts.clone();
                    word.clone_into(&mut meant[at]);
                    cannot(&format!("did you mean `{}`?", variable(&meant)))
                }
                None => cannot(
                    "write `KIRSCH__GLOBAL__` and a key, or a path and a key: `KIRSCH__NOTES__TOOLS__CACHING__DELAY`",
                ),
            }
        }
    }
}

/// The key. A value that can be a table is written whole, since part of one would silently replace all of it.
fn key_of(name: &str, parts: &[String]) -> Result<Vec<String>, String> {
    let most = namespace::parts_of(parts).unwrap_or(usize::MAX);
    if parts.len() > most {
        let cut = parts.len() - most;
        let whole: Vec<_> = name.split("__").collect();
        let whole = whole[..whole.len() - cut].join("__");
        return Err(format!(
            "the variable `{name}` is for a part of a value\nhelp: write the table whole: `{whole}='{{ … }}'`"
        ));
    }
    let mut key = parts.to_vec();
    if let [response, headers, header] = key.as_mut_slice()
        && response == "response"
        && headers == "headers"
    {
        // No variable can have a `-` in its name.
        *header = header.replace('_', "-");
    }
    Ok(key)
}

/// A segment of a path as variables spell it: `{id}` is `ID`, `robots.txt` is `ROBOTS_TXT`.
pub(crate) fn spelled(segment: &str) -> String {
    let words = segment.split(|c: char| !c.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("_").to_uppercase()
}

/// The path of the site that a variable means.
///
/// # Errors
/// There is none, or there are several, in words; the names are those of paths.
pub(crate) fn resolve<'k>(
    path: &[String],
    known: &'k [Vec<String>],
) -> Result<&'k [String], String> {
    let matches = |template: &&Vec<String>| {
        template.len() == path.len()
            && template
                .iter()
                .zip(path)
                .all(|(segment, part)| spelled(segment) == *part)
    };
    let mut found: Vec<_> = known.iter().filter(matches).collect();
    found.sort();
    found.dedup();
    let shown = |template: &[String]| format!("/{}", template.join("/"));
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let names: Vec<_> = known.iter().map(|path| variable_path(path)).collect();
            let written = path.join("__");
            let near = guess::meant(&written, names.iter().map(String::as_str));
            let near = near.and_then(|near| {
                let at = names.iter().position(|name| name == near)?;
                Some(format!(
                    "\nhelp: did you mean `{near}`, for `{}`?",
                    shown(&known[at])
                ))
            });
            Err(format!(
                "no path of the site is spelled `{written}`{}",
                near.unwrap_or_default()
            ))
        }
        several => {
            let several: Vec<_> = several.iter().map(|path| shown(path)).collect();
            Err(format!(
                "`{}` can be {}\nhelp: write it in a file, or with `--set`",
                path.join("__"),
                several
                    .iter()
                    .map(|path| format!("`{path}`"))
                    .collect::<Vec<_>>()
                    .join(" or ")
            ))
        }
    }
}

fn variable_path(path: &[String]) -> String {
    if path.is_empty() {
        return "ROOT".to_owned();
    }
    let parts: Vec<_> = path.iter().map(|segment| spelled(segment)).collect();
    parts.join("__")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> Result<String, String> {
        let mut configuration = Configuration::default();
        configuration.variables([(OsString::from(name), OsString::from("5"))]);
        if let Some(mistake) = configuration.mistakes().first() {
            return Err(mistake.words().to_owned());
        }
        let entry = configuration.entries().next();
        Ok(entry.map_or(String::new(), |entry| {
            format!("{:?} {}", entry.section, entry.name())
        }))
    }

    #[test]
    fn two_underscores_are_a_dot() {
        for (name, expected) in [
            (
                "KIRSCH__GLOBAL__SERVER__SOCKET_PORT",
                "Global server.socket_port",
            ),
            (
                "kirsch__global__server__socket_port",
                "Global server.socket_port",
            ),
            ("KIRSCH__GLOBAL__ENVIRONMENT", "Global environment"),
            ("KIRSCH__GLOBAL__TOOLS__GZIP__ON", "Global tools.gzip.on"),
            ("KIRSCH__ROOT__TOOLS__GZIP__ON", "Spelled([]) tools.gzip.on"),
            (
                "KIRSCH__NOTES__ID__TOOLS__CACHING__DELAY",
                "Spelled([\"NOTES\", \"ID\"]) tools.caching.delay",
            ),
            (
                "KIRSCH__A__RESPONSE__HEADERS__X_FRAME_OPTIONS",
                "Spelled([\"A\"]) response.headers.x-frame-options",
            ),
            (
                "KIRSCH__A__ERROR_PAGE__404",
                "Spelled([\"A\"]) error_page.404",
            ),
            ("KIRSCH_HOME", ""),
            ("PATH", ""),
        ] {
            assert_eq!(read(name).as_deref(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn a_variable_that_says_nothing_says_what_was_meant() {
        for (name, help) in [
            (
                "KIRSCH__SERVER__SOCKET_PORT",
                "did you mean `KIRSCH__GLOBAL__SERVER__SOCKET_PORT`?",
            ),
            (
                "KIRSCH__GLOABL__SERVER__SOCKET_PORT",
                "did you mean `KIRSCH__GLOBAL__SERVER__SOCKET_PORT`?",
            ),
            (
                "KIRSCH__TOOLS__GZIP__ON",
                "did you mean `KIRSCH__GLOBAL__TOOLS__GZIP__ON`, for the whole site?",
            ),
            (
                "KIRSCH__NOTES__TOLS__GZIP__ON",
                "did you mean `KIRSCH__NOTES__TOOLS__GZIP__ON`?",
            ),
            (
                "KIRSCH__NOTES",
                "write `KIRSCH__GLOBAL__` and a key, or a path and a key: `KIRSCH__NOTES__TOOLS__CACHING__DELAY`",
            ),
            (
                "KIRSCH__GLOBAL",
                "write a key after `GLOBAL`, as in `KIRSCH__GLOBAL__SERVER__SOCKET_PORT`",
            ),
            (
                "KIRSCH__GLOBAL____X",
                "between two parts of a key stand two underscores, and one inside of a part",
            ),
            (
                "KIRSCH__",
                "between two parts of a key stand two underscores, and one inside of a part",
            ),
            (
                "KIRSCH__ROOT__TOOLS__AUTH__USERS__ANN",
                "write the table whole: `KIRSCH__ROOT__TOOLS__AUTH__USERS='{ … }'`",
            ),
        ] {
            let words = read(name).expect_err(name);
            assert_eq!(
                words.split_once("\nhelp: ").map(|(_, help)| help),
                Some(help),
                "{name}"
            );
        }
    }

    #[test]
    fn a_key_is_set_once() {
        let mut configuration = Configuration::default();
        let names = ["KIRSCH__GLOBAL__X__Y", "kirsch__global__x__y"];
        configuration.variables(names.map(|name| (name.into(), "1".into())));
        assert_eq!(
            configuration.mistakes()[0].to_string(),
            "two variables set the same key\n    at $KIRSCH__GLOBAL__X__Y\n    at $kirsch__global__x__y"
        );
    }

    fn path(path: &str) -> Vec<String> {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn a_spelled_path_is_one_of_the_site() {
        let known = ["/", "/notes", "/notes/{id}", "/robots.txt", "/a-b", "/a_b"].map(path);
        let resolved = |parts: &str| resolve(&path(parts), &known).map(<[String]>::to_vec);
        assert_eq!(resolved(""), Ok(vec![]));
        assert_eq!(resolved("NOTES/ID"), Ok(path("notes/{id}")));
        assert_eq!(resolved("ROBOTS_TXT"), Ok(path("robots.txt")));
        assert_eq!(
            resolved("A_B").unwrap_err(),
            "`A_B` can be `/a-b` or `/a_b`\nhelp: write it in a file, or with `--set`"
        );
        assert_eq!(
            resolved("NOTSE").unwrap_err(),
            "no path of the site is spelled `NOTSE`\nhelp: did you mean `NOTES`, for `/notes`?"
        );
        assert_eq!(
            resolved("XYZ").unwrap_err(),
            "no path of the site is spelled `XYZ`"
        );
    }
}
