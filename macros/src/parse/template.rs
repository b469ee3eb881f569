//! Path templates: `user/{id}/post`.

use proc_macro2::Ident;
use syn::LitStr;
use syn::ext::IdentExt;
use syn::parse::Parser;

use crate::case::Case;
use crate::mistakes::Mistake;
use crate::model::{Path, Segment};

/// What is wrong with a template, and what to write.
type Fault = (String, String);

/// Reads `path = "…"`. An empty text has no segments: whether that means anything is the caller's business.
pub(crate) fn template(text: &LitStr) -> syn::Result<Path> {
    match segments(&text.value()) {
        Ok(segments) => Ok(Path {
            segments,
            span: text.span(),
        }),
        Err((what, help)) => Mistake::at(text, what).help(help).refuse(),
    }
}

/// The path of what has no path of its own: its name.
pub(crate) fn from_name(ident: &Ident, case: Option<Case>) -> syn::Result<Path> {
    let name = super::url_name(ident, case);
    if name.starts_with('_') {
        // A leading underscore says "not for others", and a page is for everybody (case 73 of the security review).
        return Mistake::at(
            ident,
            format!("`{name}` begins with `_`, so its name cannot be its URL"),
        )
        .help("take the underscore away, or say the URL with `path = \"…\"`")
        .refuse();
    }
    Ok(Path {
        segments: vec![Segment::Fixed(name)],
        span: ident.span(),
    })
}

fn segments(text: &str) -> Result<Vec<Segment>, Fault> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if text.starts_with('/') || text.ends_with('/') {
        return Err((
            "a path is written without slashes at its ends".to_owned(),
            format!("write `path = \"{}\"`", text.trim_matches('/')),
        ));
    }
    let mut segments: Vec<Segment> = Vec::new();
    for written in text.split('/') {
        let segment = segment(written)?;
        if segments.contains(&segment) && matches!(segment, Segment::Capture(_)) {
            return Err((
                format!("`{written}` stands twice in this path"),
                "give each placeholder a name of its own".to_owned(),
            ));
        }
        segments.push(segment);
    }
    Ok(segments)
}

fn segment(written: &str) -> Result<Segment, Fault> {
    let braced = written
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    if let Some(name) = braced.filter(|name| !name.contains(['{', '}'])) {
        return capture(name);
    }
    if written.contains(['{', '}']) {
        return Err((
            format!("a placeholder is a whole segment, and `{written}` is not"),
            "write `{name}` between two slashes, and take the segment apart in the method"
                .to_owned(),
        ));
    }
    if written.is_empty() {
        return Err((
            "a path has no empty segments".to_owned(),
            "write one slash between two segments".to_owned(),
        ));
    }
    if matches!(written, "." | "..") {
        return Err((
            format!("`{written}` is no segment of a path"),
            "leave it out: browsers resolve such segments before they ask".to_owned(),
        ));
    }
    if let Some(refused) = written.chars().find(|&letter| is_refused(letter)) {
        return Err(refused_character(refused));
    }
    Ok(Segment::Fixed(written.to_owned()))
}

fn capture(name: &str) -> Result<Segment, Fault> {
    if name.starts_with('*') || name.ends_with('*') || name.ends_with("..") {
        return Err((
            format!("`{{{name}}}` would be several segments, and a placeholder is one"),
            "take what is left with a last parameter `rest: Rest` in a page without `path`, or in `default`".to_owned(),
        ));
    }
    if Ident::parse_any.parse_str(name).is_err() {
        return Err((
            format!("`{{{name}}}` names no parameter"),
            "write the parameter's name between the braces: `{id}`".to_owned(),
        ));
    }
    Ok(Segment::Capture(name.to_owned()))
}

fn is_refused(letter: char) -> bool {
    matches!(letter, '?' | '#' | '%' | '\\') || letter.is_whitespace() || letter.is_control()
}

fn refused_character(refused: char) -> Fault {
    let help = match refused {
        '?' => "a query needs no template: each parameter of the method may come from it",
        '#' => "a browser keeps what follows `#` to itself: leave it out",
        '%' => "a path is written decoded: `é`, not `%C3%A9`",
        _ => "leave it out: no link that people type or copy survives it",
    };
    let named = match refused {
        ' ' => "spaces".to_owned(),
        other if other.is_whitespace() || other.is_control() => {
            format!("`{}`", other.escape_unicode())
        }
        other => format!("`{other}`"),
    };
    (format!("a path cannot contain {named}"), help.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> Segment {
        Segment::Fixed(text.to_owned())
    }

    fn captured(name: &str) -> Segment {
        Segment::Capture(name.to_owned())
    }

    #[track_caller]
    fn refused(text: &str, headline: &str) {
        let (what, _help) = segments(text).expect_err(text);
        assert_eq!(what, headline);
    }

    #[test]
    fn segments_are_fixed_or_captured() {
        let expected = vec![fixed("user"), captured("id"), fixed("post.html")];
        assert_eq!(segments("user/{id}/post.html"), Ok(expected));
    }

    #[test]
    fn letters_of_every_language_are_welcome() {
        assert_eq!(
            segments("café/~ñ;=@:"),
            Ok(vec![fixed("café"), fixed("~ñ;=@:")])
        );
    }

    #[test]
    fn the_empty_path_has_no_segments() {
        assert_eq!(segments(""), Ok(vec![]));
    }

    #[test]
    fn slashes_at_the_ends_are_refused() {
        for text in ["/", "/hello", "hello/", "//"] {
            refused(text, "a path is written without slashes at its ends");
        }
    }

    #[test]
    fn segments_that_browsers_remove_are_refused() {
        refused("a//b", "a path has no empty segments");
        refused("a/../b", "`..` is no segment of a path");
        refused("./b", "`.` is no segment of a path");
    }

    #[test]
    fn a_placeholder_is_a_whole_segment() {
        refused(
            "{a}-{b}",
            "a placeholder is a whole segment, and `{a}-{b}` is not",
        );
        refused(
            "v{major}",
            "a placeholder is a whole segment, and `v{major}` is not",
        );
        refused("{id", "a placeholder is a whole segment, and `{id` is not");
    }

    #[test]
    fn a_placeholder_names_a_parameter() {
        refused("{}", "`{}` names no parameter");
        refused("{1}", "`{1}` names no parameter");
        refused(
            "{*rest}",
            "`{*rest}` would be several segments, and a placeholder is one",
        );
    }

    #[test]
    fn a_placeholder_stands_once() {
        refused("{id}/{id}", "`{id}` stands twice in this path");
    }

    #[test]
    fn characters_with_another_meaning_are_refused() {
        refused("a?b", "a path cannot contain `?`");
        refused("a%20b", "a path cannot contain `%`");
        refused("a b", "a path cannot contain spaces");
        refused("a\tb", "a path cannot contain `\\u{9}`");
    }
}
