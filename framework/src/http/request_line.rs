//! The request line (RFC 9112 §3).

use super::field::is_token;

/// Takes a request line apart: method, path, query, version. `None` if it is none.
///
/// Exactly one space between the parts; the query is empty when there is none.
///
/// # Examples
/// ```
/// use kirsch::http::request_line::parse_request_line;
///
/// assert_eq!(parse_request_line("GET /note/1 HTTP/1.1"), Some(("GET", "/note/1", "", "HTTP/1.1")));
/// assert_eq!(parse_request_line("GET /note?id=1 HTTP/1.1"), Some(("GET", "/note", "id=1", "HTTP/1.1")));
/// ```
///
/// # CherryPy
/// `http.parse_request_line`.
pub fn parse_request_line(line: &str) -> Option<(&str, &str, &str, &str)> {
    let (method, rest) = line.split_once(' ')?;
    let (target, version) = rest.split_once(' ')?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let valid = is_token(method) && is_target(target) && is_version(version);
    valid.then_some((method, path, query, version))
}

fn is_target(target: &str) -> bool {
    !target.is_empty() && target.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_version(version: &str) -> bool {
    let digits = version.strip_prefix("HTTP/").map(str::as_bytes);
    matches!(digits, Some([major, b'.', minor]) if major.is_ascii_digit() && minor.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart() {
        for (line, expected) in [
            ("GET / HTTP/1.1", Some(("GET", "/", "", "HTTP/1.1"))),
            (
                "GET /a?b?c HTTP/1.0",
                Some(("GET", "/a", "b?c", "HTTP/1.0")),
            ),
            ("OPTIONS * HTTP/1.1", Some(("OPTIONS", "*", "", "HTTP/1.1"))),
            ("", None),
            ("GET", None),
            ("GET /", None),
            ("GET  / HTTP/1.1", None),
            ("GET /a b HTTP/1.1", None),
            ("GET /\tHTTP/1.1", None),
            ("G(T / HTTP/1.1", None),
            ("GET / HTTP/11", None),
            ("GET / http/1.1", None),
            ("GET / HTTP/1.1\r\n", None),
            ("GET /é HTTP/1.1", None),
        ] {
            assert_eq!(parse_request_line(line), expected, "{line:?}");
        }
    }
}
