//! Which parts of a request are credentials, and what is shown in their place.

use std::borrow::Cow;

use crate::http::percent::decode_segment;

/// What stands for a credential inside a longer text.
const HIDDEN: &str = "(hidden)";

/// A header, cookie or parameter whose name has one of these in it may let its reader in.
const TELLTALES: [&str; 15] = [
    "assertion",
    "auth",
    "cookie",
    "credential",
    "csrf",
    "jwt",
    "key",
    "otp",
    "pass",
    "pwd",
    "secret",
    "session",
    "signature",
    "token",
    "xsrf",
];

/// What is shown of a header; `None` if it is a credential.
pub(crate) fn header<'a>(name: &str, value: &'a [u8]) -> Option<Cow<'a, str>> {
    if is_secret(name) {
        return None;
    }
    let value = String::from_utf8_lossy(value);
    // `Referer` is a target, and others may hold one.
    Some(if value.contains(['?', '@']) {
        Cow::Owned(target(&value).into_owned())
    } else {
        value
    })
}

/// A request target without the credentials in its authority and in its query.
pub(super) fn target(target: &str) -> Cow<'_, str> {
    let (place, query) = match target.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (target, None),
    };
    let (place, query) = (authority(place), query.map(parameters));
    match query {
        None => place,
        Some(query) => Cow::Owned(format!("{place}?{query}")),
    }
}

/// `scheme://user:password@host/path` without user and password.
fn authority(place: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = place.split_once("://") else {
        return Cow::Borrowed(place);
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((_, host)) => Cow::Owned(format!("{scheme}://{HIDDEN}@{host}{path}")),
        None => Cow::Borrowed(place),
    }
}

fn parameters(query: &str) -> String {
    let masked = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => Cow::Owned(format!("{name}={HIDDEN}")),
        _ => Cow::Borrowed(pair),
    });
    masked.collect::<Vec<_>>().join("&")
}

fn is_secret(name: &str) -> bool {
    // What cannot be decoded is looked at as it was written.
    let name = decode_segment(name)
        .unwrap_or(Cow::Borrowed(name))
        .to_ascii_lowercase();
    TELLTALES.iter().any(|telltale| name.contains(telltale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_not_shown() {
        for name in [
            "Authorization",
            "proxy-authorization",
            "COOKIE",
            "Set-Cookie",
            "X-Api-Key",
            "X-CSRF-Token",
            "x-client-secret",
            "X-Password",
            "X-Amz-Security-Token",
            "x-session-id",
            "X-JWT",
            "CF-Access-Jwt-Assertion",
            "X-Otp",
            "X-Pass",
            "X-Signature",
            "X-Csrf",
            "X-XSRF",
        ] {
            assert_eq!(header(name, b"hunter2"), None, "{name}");
        }
    }

    #[test]
    fn other_headers_are_shown_as_they_came() {
        assert_eq!(header("Accept", b"text/html").as_deref(), Some("text/html"));
        assert_eq!(
            header("X-Bytes", b"caf\xe9").as_deref(),
            Some("caf\u{fffd}")
        );
    }

    #[test]
    fn a_target_is_shown_without_its_credentials() {
        for (written, shown) in [
            ("/", "/"),
            ("/a?b=c", "/a?b=c"),
            ("/reset?token=abc&page=2", "/reset?token=(hidden)&page=2"),
            (
                "/?a=1&%70assword=abc&ACCESS_KEY=x=y",
                "/?a=1&%70assword=(hidden)&ACCESS_KEY=(hidden)",
            ),
            ("/?token", "/?token"),
            ("http://me:pw@host/a@b?c", "http://(hidden)@host/a@b?c"),
            ("http://host/a@b", "http://host/a@b"),
            ("/to@b://x", "/to@b://x"),
        ] {
            assert_eq!(target(written), shown, "{written}");
        }
        assert_eq!(
            header("Referer", b"http://h/?token=abc").as_deref(),
            Some("http://h/?token=(hidden)")
        );
    }
}
