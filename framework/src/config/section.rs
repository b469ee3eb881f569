//! The sections of a configuration: the whole site, or a path of it.

use std::fmt;

use super::raw::quoted;
use super::{guess, namespace};
use crate::http::host;

/// What an entry is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Section {
    /// The whole site.
    Global,
    /// A path of the site and everything below it.
    Path {
        /// The virtual host, in lower case. `None`: every host.
        host: Option<String>,
        /// The segments, decoded; `{id}` is a capture. None of them: the root.
        segments: Vec<String>,
        /// As it was written: `/notes/{id}`.
        written: String,
    },
    /// A path in a variable: its segments in capitals, [`spelled`](super::variables::spelled). Which path it is,
    /// [`resolve`](super::variables::resolve) tells.
    Spelled(Vec<String>),
}

impl Section {
    /// Reads the name of a section.
    ///
    /// # Errors
    /// What is wrong with it, and its cure, in words.
    pub(super) fn read(name: &str) -> Result<Self, String> {
        if name == "global" {
            return Ok(Self::Global);
        }
        if !name.starts_with('/') {
            return Err(no_section(name));
        }
        let (host, path) = match name.strip_prefix("//") {
            Some(rest) => {
                let (host, path) = host_and_path(name, rest)?;
                (Some(host), path)
            }
            None => (None, name),
        };
        let segments = match path {
            "/" => Vec::new(),
            _ => path.split('/').skip(1).map(str::to_owned).collect(),
        };
        check(name, &segments)?;
        Ok(Self::Path {
            host,
            segments,
            written: name.to_owned(),
        })
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => f.write_str("global"),
            Self::Path { written, .. } => f.write_str(written),
            Self::Spelled(parts) => f.write_str(&parts.join("__")),
        }
    }
}

fn host_and_path<'n>(name: &str, rest: &'n str) -> Result<(String, &'n str), String> {
    let Some((host, _)) = rest.split_once('/') else {
        return Err(format!(
            "the section `{name}` has a host and no path\nhelp: write `[\"{name}/\"]` for the whole host"
        ));
    };
    if host.contains(':') || !host::valid_host(host.as_bytes()) {
        return Err(format!(
            "`{host}` is no name of a host\nhelp: write it without a port, as browsers send it: `[\"//shop.example/\"]`"
        ));
    }
    let path = rest.strip_prefix(host).unwrap_or_default();
    Ok((host.to_ascii_lowercase(), path))
}

/// The first thing that is wrong with the segments: no request has such a path.
fn check(name: &str, segments: &[String]) -> Result<(), String> {
    let shown = |path: &str| format!("[{}]", quoted(path));
    if segments.last().is_some_and(String::is_empty) {
        let cure = shown(name.trim_end_matches('/'));
        return Err(format!(
            "the section `{name}` ends in a slash\nhelp: write `{cure}`: it is for the path and everything below it"
        ));
    }
    if segments.iter().any(String::is_empty) {
        return Err(format!(
            "the section `{name}` has an empty segment, and no page has\nhelp: write one slash between segments"
        ));
    }
    if segments
        .iter()
        .any(|segment| matches!(segment.as_str(), "." | ".."))
    {
        return Err(format!(
            "the section `{name}` has a segment of dots, and no page answers such a path\nhelp: write the whole path"
        ));
    }
    if name.contains('?') || name.contains('#') {
        return Err(format!(
            "the section `{name}` is more than a path\nhelp: a section has no query and no fragment"
        ));
    }
    if has_escape(name) {
        return Err(format!(
            "the section `{name}` is percent-encoded\nhelp: a section is written decoded, as people read it: `[\"/straße\"]`"
        ));
    }
    Ok(())
}

/// A `%` that two hexadecimal digits follow. Another stands for itself.
fn has_escape(text: &str) -> bool {
    let mut triples = text.as_bytes().windows(3);
    triples
        .any(|triple| triple.starts_with(b"%") && triple.iter().skip(1).all(u8::is_ascii_hexdigit))
}

fn no_section(name: &str) -> String {
    let help = if guess::meant(name, ["global"]).is_some() {
        "did you mean `[global]`?".to_owned()
    } else if namespace::is_namespace(name) {
        // A key that stands in no section.
        format!("write the keys of `{name}` below `[global]`, or below a path such as `[\"/\"]`")
    } else {
        format!(
            "write `[global]`, or a path: `[{}]`",
            quoted(&format!("/{name}"))
        )
    };
    format!("`{name}` is no section\nhelp: {help}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> (Option<String>, Vec<String>) {
        match Section::read(name) {
            Ok(Section::Path { host, segments, .. }) => (host, segments),
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn a_section_is_a_path_or_all_of_the_site() {
        assert_eq!(Section::read("global"), Ok(Section::Global));
        assert_eq!(path("/"), (None, vec![]));
        assert_eq!(path("/a b/{id}"), (None, vec!["a b".into(), "{id}".into()]));
        assert_eq!(path("/100%"), (None, vec!["100%".into()]));
        assert_eq!(path("//API.example/"), (Some("api.example".into()), vec![]));
        assert_eq!(
            path("//a.example/b"),
            (Some("a.example".into()), vec!["b".into()])
        );
    }

    #[test]
    fn what_is_no_section_says_what_to_write() {
        for (name, help) in [
            ("gloabl", "did you mean `[global]`?"),
            ("Global", "did you mean `[global]`?"),
            ("notes", "write `[global]`, or a path: `[\"/notes\"]`"),
            (
                "server",
                "write the keys of `server` below `[global]`, or below a path such as `[\"/\"]`",
            ),
            (
                "/notes/",
                "write `[\"/notes\"]`: it is for the path and everything below it",
            ),
            ("/a//b", "write one slash between segments"),
            ("/a/../b", "write the whole path"),
            ("/a?b", "a section has no query and no fragment"),
            (
                "/stra%C3%9Fe",
                "a section is written decoded, as people read it: `[\"/straße\"]`",
            ),
            (
                "//a.example",
                "write `[\"//a.example/\"]` for the whole host",
            ),
            (
                "//a:80/",
                "write it without a port, as browsers send it: `[\"//shop.example/\"]`",
            ),
            (
                "///b",
                "write it without a port, as browsers send it: `[\"//shop.example/\"]`",
            ),
            ("", "write `[global]`, or a path: `[\"/\"]`"),
        ] {
            let words = Section::read(name).unwrap_err();
            assert_eq!(words.split_once("\nhelp: ").unwrap().1, help, "{name}");
        }
    }
}
