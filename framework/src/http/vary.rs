//! `Vary` (RFC 9110, 12.5.5): which headers of the request an answer depends on.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, VARY};

/// Adds the name of a header to `Vary`, unless it is there.
///
/// # Examples
/// ```
/// use actix_web::http::header::{ACCEPT, COOKIE, HeaderMap};
/// use kirsch::http::vary;
///
/// let mut headers = HeaderMap::new();
/// vary(&mut headers, &COOKIE);
/// vary(&mut headers, &COOKIE);
/// vary(&mut headers, &ACCEPT);
/// let lines: Vec<_> = headers.get_all("vary").collect();
/// assert_eq!(lines, ["cookie", "accept"]);
/// ```
pub fn vary(headers: &mut HeaderMap, name: &HeaderName) {
    let is_known = headers
        .get_all(VARY)
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.eq_ignore_ascii_case(name.as_str()));
    if !is_known {
        headers.append(VARY, HeaderValue::from(name.clone()));
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ORIGIN;

    use super::*;

    #[test]
    fn a_name_stands_once() {
        for (before, after) in [
            (&[][..], &["origin"][..]),
            (&["Accept"], &["Accept", "origin"]),
            (&["Accept, Origin"], &["Accept, Origin"]),
            (&["*"], &["*"]),
            (&["X-Origin"], &["X-Origin", "origin"]),
        ] {
            let mut headers = HeaderMap::new();
            for line in before {
                headers.append(VARY, HeaderValue::from_static(line));
            }
            vary(&mut headers, &ORIGIN);
            vary(&mut headers, &ORIGIN);
            let found: Vec<_> = headers.get_all(VARY).collect();
            assert_eq!(found, after, "{before:?}");
        }
    }
}
