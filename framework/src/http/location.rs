//! Where a redirect leads: always to a path of this site, whatever was asked for (RFC 9110 §10.2.2, RFC 3986 §5.2).
//!
//! Nothing here is ever made from `Host`, and what comes out never begins with two slashes, which a browser would take for another site.

use std::fmt::Write as _;

/// Resolves a relative or path-absolute reference against the path of the current request; `None` if it leads elsewhere or is doubtful.
///
/// Dot segments are resolved and never lead above the root. Refused are schemes, `//…`, backslashes, control characters and spaces.
/// Characters that a URL must not hold are percent-encoded. `current` may carry its query, which a reference of only a fragment keeps.
///
/// # Examples
/// ```
/// use kirsch::http::location::path_absolute;
///
/// assert_eq!(path_absolute("../login?next=1", "/notes/42/edit").as_deref(), Some("/notes/login?next=1"));
/// assert_eq!(path_absolute("/", "/notes/42").as_deref(), Some("/"));
/// assert_eq!(path_absolute("//evil.example/", "/"), None);
/// assert_eq!(path_absolute("javascript:alert(1)", "/"), None);
/// ```
///
/// # CherryPy
/// Differs from CherryPy: `HTTPRedirect` makes an absolute URL from `Host` and lets `//evil.example` pass.
pub fn path_absolute(target: &str, current: &str) -> Option<String> {
    if !is_safe(target) {
        return None;
    }
    let (reference, fragment) = cut(target, '#');
    let (path, query) = cut(reference, '?');
    let (current_path, current_query) = cut(current, '?');
    let folder = current_path
        .rfind('/')
        .and_then(|at| current_path.get(..at));

    let mut location = String::with_capacity(current.len() + target.len() + 1);
    match path {
        "" => push_path(&mut location, "", current_path),
        _ if path.starts_with('/') => push_path(&mut location, "", path),
        _ => push_path(&mut location, folder.unwrap_or_default(), path),
    }
    let kept = if path.is_empty() {
        query.or(current_query)
    } else {
        query
    };
    push_part(&mut location, '?', kept);
    push_part(&mut location, '#', fragment);
    Some(location)
}

/// The same path with a slash at its end, for a node asked for without it; `query` is kept (empty: none).
///
/// # Examples
/// ```
/// use kirsch::http::location::slash_redirect;
///
/// assert_eq!(slash_redirect("/notes", "page=2"), "/notes/?page=2");
/// assert_eq!(slash_redirect("//evil.example", ""), "/evil.example/");
/// ```
pub fn slash_redirect(raw_path: &str, query: &str) -> String {
    let mut location = on_this_site(raw_path);
    if !location.ends_with('/') {
        location.push('/');
    }
    push_query(&mut location, query);
    location
}

/// The same path without the last slash at its end, for a page asked for with one too many; `query` is kept (empty: none).
///
/// # Examples
/// ```
/// use kirsch::http::location::bare_redirect;
///
/// assert_eq!(bare_redirect("/about/", "lang=en"), "/about?lang=en");
/// assert_eq!(bare_redirect("//evil.example/", ""), "/evil.example");
/// ```
pub fn bare_redirect(raw_path: &str, query: &str) -> String {
    let mut location = on_this_site(raw_path.strip_suffix('/').unwrap_or(raw_path));
    push_query(&mut location, query);
    location
}

/// A path of this site, whatever it was.
fn on_this_site(raw_path: &str) -> String {
    // A browser takes `/\` for `//`.
    let path = raw_path.trim_start_matches(['/', '\\']);
    let mut location = String::with_capacity(path.len() + 3);
    location.push('/');
    push_encoded(&mut location, path);
    location
}

fn push_query(location: &mut String, query: &str) {
    push_part(location, '?', Some(query).filter(|query| !query.is_empty()));
}

fn is_safe(target: &str) -> bool {
    let first_segment = target.split(['/', '?', '#']).next().unwrap_or(target);
    !target.starts_with("//")
        && !first_segment.contains(':')
        && !target.contains(|character: char| {
            character == '\\' || character == ' ' || character.is_control()
        })
}

fn cut(text: &str, border: char) -> (&str, Option<&str>) {
    match text.split_once(border) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// Appends the segments of a folder and of a path in it, without dot segments and without empty ones at the start.
fn push_path(location: &mut String, folder: &str, path: &str) {
    let mut names_a_folder = false;
    let path = path.strip_prefix('/').unwrap_or(path);
    for segment in folder.split('/').skip(1).chain(path.split('/')) {
        let meaning = meaning(segment);
        match meaning {
            Segment::Here => {}
            Segment::Up => location.truncate(location.rfind('/').unwrap_or_default()),
            Segment::Name if segment.is_empty() && location.is_empty() => {}
            Segment::Name => {
                location.push('/');
                push_encoded(location, segment);
            }
        }
        names_a_folder = !matches!(meaning, Segment::Name);
    }
    if names_a_folder || location.is_empty() {
        location.push('/');
    }
}

enum Segment {
    Name,
    Here,
    Up,
}

/// What a browser takes a segment for: it reads `%2e` as a dot, too (WHATWG URL §4.5).
fn meaning(segment: &str) -> Segment {
    let (first, rest) = split_dot(segment);
    match (first, split_dot(rest)) {
        (true, (false, "")) => Segment::Here,
        (true, (true, "")) => Segment::Up,
        _ => Segment::Name,
    }
}

/// Whether a dot comes first, and what follows it.
fn split_dot(text: &str) -> (bool, &str) {
    let dot = ["%2e", "%2E", "."]
        .iter()
        .find_map(|dot| text.strip_prefix(dot));
    (dot.is_some(), dot.unwrap_or(text))
}

fn push_part(location: &mut String, mark: char, part: Option<&str>) {
    if let Some(part) = part {
        location.push(mark);
        push_encoded(location, part);
    }
}

/// Appends text whose good escapes stay, and whose other characters that a URL must not hold become escapes.
fn push_encoded(location: &mut String, text: &str) {
    for (at, byte) in text.bytes().enumerate() {
        let stays = match byte {
            b'%' => is_escape(text.as_bytes().get(at + 1..at + 3)),
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => false,
            _ => byte.is_ascii_graphic(),
        };
        if stays {
            location.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(location, "%{byte:02X}");
        }
    }
}

fn is_escape(digits: Option<&[u8]>) -> bool {
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(current: &str, cases: &[(&str, &str)]) {
        for (target, expected) in cases {
            let found = path_absolute(target, current);
            assert_eq!(
                found.as_deref(),
                Some(*expected),
                "{target:?} from {current:?}"
            );
        }
    }

    #[test]
    fn a_reference_is_resolved_as_the_rfc_says() {
        // RFC 3986 §5.4.1 and §5.4.2.
        check(
            "/b/c/d;p?q",
            &[
                ("g", "/b/c/g"),
                ("./g", "/b/c/g"),
                ("g/", "/b/c/g/"),
                ("/g", "/g"),
                ("?y", "/b/c/d;p?y"),
                ("g?y", "/b/c/g?y"),
                ("#s", "/b/c/d;p?q#s"),
                ("g#s", "/b/c/g#s"),
                ("g?y#s", "/b/c/g?y#s"),
                (";x", "/b/c/;x"),
                ("g;x", "/b/c/g;x"),
                ("g;x?y#s", "/b/c/g;x?y#s"),
                ("", "/b/c/d;p?q"),
                (".", "/b/c/"),
                ("./", "/b/c/"),
                ("..", "/b/"),
                ("../", "/b/"),
                ("../g", "/b/g"),
                ("../..", "/"),
                ("../../", "/"),
                ("../../g", "/g"),
                ("../../../g", "/g"),
                ("../../../../g", "/g"),
                ("/./g", "/g"),
                ("/../g", "/g"),
                ("g.", "/b/c/g."),
                (".g", "/b/c/.g"),
                ("g..", "/b/c/g.."),
                ("..g", "/b/c/..g"),
                ("./../g", "/b/g"),
                ("./g/.", "/b/c/g/"),
                ("g/./h", "/b/c/g/h"),
                ("g/../h", "/b/c/h"),
                ("g;x=1/./y", "/b/c/g;x=1/y"),
                ("g;x=1/../y", "/b/c/y"),
                ("g?y/./x", "/b/c/g?y/./x"),
                ("g?y/../x", "/b/c/g?y/../x"),
                ("g#s/./x", "/b/c/g#s/./x"),
                ("g#s/../x", "/b/c/g#s/../x"),
            ],
        );
    }

    #[test]
    fn a_reference_works_from_everywhere() {
        check(
            "/",
            &[
                ("", "/"),
                ("a", "/a"),
                ("..", "/"),
                ("/", "/"),
                ("?a", "/?a"),
                ("a//b", "/a//b"),
            ],
        );
        check("*", &[("a", "/a"), ("", "/*")]);
        check("", &[("a", "/a"), ("", "/")]);
        check(
            "//evil.example/x",
            &[
                ("", "/evil.example/x"),
                ("y", "/evil.example/y"),
                ("..", "/"),
            ],
        );
        check("/a\\b/c", &[("d", "/a%5Cb/d")]);
    }

    #[test]
    fn an_encoded_dot_is_a_dot() {
        let cases = [
            ("%2e", "/a/b/"),
            ("%2E%2e/x", "/a/x"),
            (".%2E/x", "/a/x"),
            ("%2e./x", "/a/x"),
            ("%2e%2ex", "/a/b/%2e%2ex"),
        ];
        check("/a/b/c", &cases);
    }

    #[test]
    fn two_slashes_never_come_first() {
        check(
            "/a",
            &[
                ("/.//evil.example", "/evil.example"),
                ("..//evil.example", "/evil.example"),
                ("/x/..//evil.example", "/evil.example"),
                ("x/..///", "/"),
            ],
        );
    }

    #[test]
    fn a_reference_that_leads_elsewhere_is_refused() {
        for target in [
            "//evil.example",
            "//evil.example/x",
            "///evil.example",
            "/\\evil.example",
            "\\evil.example",
            "\\\\evil.example",
            "http://evil.example/",
            "https:evil.example",
            "javascript:alert(1)",
            " javascript:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "a:b",
            "1:2",
            ":",
            "/a b",
            " /a",
            "/a ",
            "/a\r\nX: y",
            "/a\0",
            "/a\u{7f}",
            "/a\u{85}",
            "/\t/evil.example",
        ] {
            assert_eq!(path_absolute(target, "/x"), None, "{target:?}");
        }
    }

    #[test]
    fn what_a_url_must_not_hold_is_encoded() {
        check(
            "/",
            &[
                ("/é", "/%C3%A9"),
                ("/a\"<b>?c=\"<d>#\"", "/a%22%3Cb%3E?c=%22%3Cd%3E#%22"),
                ("/%C3%A9", "/%C3%A9"),
                ("/%zz%", "/%25zz%25"),
                ("/%5cevil.example", "/%5cevil.example"),
                ("/a?u=http://b/", "/a?u=http://b/"),
                ("./a:b", "/a:b"),
            ],
        );
    }

    #[test]
    fn the_slash_is_added_on_this_site_only() {
        for (path, query, expected) in [
            ("/sub", "", "/sub/"),
            ("/sub/", "", "/sub/"),
            ("/", "", "/"),
            ("", "", "/"),
            ("/a/b", "x=1&y=%20", "/a/b/?x=1&y=%20"),
            ("//evil.com/sub", "", "/evil.com/sub/"),
            ("///evil.com", "", "/evil.com/"),
            ("/\\evil.com", "", "/evil.com/"),
            ("/\\/evil.com", "", "/evil.com/"),
            ("/%5cevil.com", "", "/%5cevil.com/"),
            ("/%09/evil.com", "", "/%09/evil.com/"),
            ("/a\\b", "c\\d", "/a%5Cb/?c%5Cd"),
            ("/a\"<b>", "\"", "/a%22%3Cb%3E/?%22"),
        ] {
            assert_eq!(slash_redirect(path, query), expected, "{path:?}");
        }
    }

    /// What a browser needs to stay where it is.
    fn stays_here(location: &str) -> bool {
        location.starts_with('/')
            && !location.starts_with("//")
            && location
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"\\\"<>".contains(&byte))
    }

    proptest! {
        #[test]
        fn a_location_always_stays_on_this_site(target in "([a-z./\\\\:?#%2e \t@é]|.)*", current in "/?[a-z./\\\\%é]*") {
            if let Some(location) = path_absolute(&target, &current) {
                prop_assert!(stays_here(&location), "{}", location);
                let path = location.split(['?', '#']).next().unwrap();
                prop_assert!(!path.split('/').any(|segment| segment == "." || segment == ".."));
            }
        }

        #[test]
        fn a_slash_redirect_always_stays_on_this_site(path in "[a-z./\\\\:%é\t]*", query in "[a-z=&#é\"]*") {
            let location = slash_redirect(&path, &query);
            prop_assert!(stays_here(&location), "{}", location);
            prop_assert!(location.split('?').next().unwrap().ends_with('/'));
            let location = bare_redirect(&path, &query);
            prop_assert!(stays_here(&location), "{}", location);
        }

        #[test]
        fn resolving_twice_changes_nothing(target in "[a-z./%2e?é]*") {
            if let Some(once) = path_absolute(&target, "/a/b") {
                prop_assert_eq!(path_absolute(&once, "/x"), Some(once));
            }
        }
    }
}
