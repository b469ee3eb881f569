//! A cookie of an answer.

use std::borrow::Cow;
use std::fmt;

use actix_web::cookie::SameSite;
use actix_web::http::header::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http::field::is_token;
use crate::http::host::valid_host;

/// What browsers keep of one cookie, in bytes.
const LONGEST_COOKIE: usize = 4096;

/// What browsers keep of one attribute, in bytes.
const LONGEST_ATTRIBUTE: usize = 1024;

/// The longest life that browsers grant, in seconds: 400 days.
const LONGEST_LIFE: i64 = 400 * 24 * 60 * 60;

/// What stays as it is in a value: the characters that no reader takes for a border.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b'/')
    .remove(b':')
    .remove(b'?')
    .remove(b'@');

/// A cookie to be set. What comes out of [`SetCookie::build`] is sound, or nothing comes out.
///
/// Unless said otherwise: for the whole site (`Path=/`), not for scripts (`HttpOnly`), not sent along by other sites' forms
/// (`SameSite=Lax`), until the browser is closed.
///
/// # Examples
/// ```
/// use kirsch::http::cookie::SetCookie;
///
/// let cookie = SetCookie::new("taste", "sour; sweet").max_age(3600).secure(true).build().unwrap();
/// assert_eq!(cookie, "taste=sour%3B%20sweet; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax");
///
/// assert!(SetCookie::new("__Host-id", "7").build().is_err()); // needs `secure(true)`
/// ```
#[derive(Clone, Debug)]
#[must_use = "a cookie is set when its header is in the answer"]
pub struct SetCookie<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    encoding: Encoding,
    path: Cow<'a, str>,
    domain: Option<Cow<'a, str>>,
    max_age: Option<i64>,
    secure: bool,
    http_only: bool,
    same_site: SameSite,
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Percent,
    Raw,
}

impl<'a> SetCookie<'a> {
    /// A cookie of this name. The value is percent-encoded where it must be; [`decode_value`](super::decode_value) undoes that.
    pub fn new(name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            encoding: Encoding::Percent,
            path: Cow::Borrowed("/"),
            domain: None,
            max_age: None,
            secure: false,
            http_only: true,
            same_site: SameSite::Lax,
        }
    }

    /// The order to forget a cookie. Path and domain must be those with which it was set.
    pub fn removal(name: impl Into<Cow<'a, str>>) -> Self {
        Self::new(name, "").max_age(0)
    }

    /// Sends the value as it is; [`SetCookie::build`] fails if it is not made of cookie octets (RFC 6265bis §4.1.1).
    pub fn raw(mut self) -> Self {
        self.encoding = Encoding::Raw;
        self
    }

    /// Below which path the cookie is sent. Default: `/`.
    pub fn path(mut self, path: impl Into<Cow<'a, str>>) -> Self {
        self.path = path.into();
        self
    }

    /// Sends the cookie to this host and to all below it. Default: only to the host that set it.
    pub fn domain(mut self, domain: impl Into<Cow<'a, str>>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// How long the browser keeps the cookie, in seconds; at most 400 days, and nothing or less removes it. Default: until it is closed.
    pub fn max_age(mut self, seconds: i64) -> Self {
        self.max_age = Some(seconds.clamp(0, LONGEST_LIFE));
        self
    }

    /// Whether the cookie is sent over TLS only. Default: no, for a site may be served without; say yes wherever there is TLS.
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// Whether the cookie is kept from scripts. Default: yes.
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.http_only = http_only;
        self
    }

    /// When other sites may cause the cookie to be sent. Default: `Lax`. `None` needs [`SetCookie::secure`].
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// The value of the `Set-Cookie` header.
    ///
    /// # Errors
    /// [`BadCookie`] for a name that is no token, a raw value with other than cookie octets, a path that does not begin with a slash or holds
    /// a `;` or a control character, a domain that is no host, a prefix (`__Host-`, `__Secure-` …) whose promise is not kept,
    /// `SameSite=None` without `Secure`, and more than 4,096 bytes. In a page it becomes a 500.
    pub fn build(self) -> Result<HeaderValue, BadCookie> {
        let value = self.encoded_value();
        self.check(&value)?;
        let Self {
            name,
            path,
            same_site,
            ..
        } = &self;
        let mut line = format!("{name}={value}; Path={path}");
        if let Some(domain) = &self.domain {
            line.push_str("; Domain=");
            line.push_str(domain);
        }
        if let Some(seconds) = self.max_age {
            line.push_str("; Max-Age=");
            line.push_str(&seconds.to_string());
        }
        line.push_str(if self.secure { "; Secure" } else { "" });
        line.push_str(if self.http_only { "; HttpOnly" } else { "" });
        line.push_str("; SameSite=");
        line.push_str(&same_site.to_string());
        if line.len() > LONGEST_COOKIE {
            return Err(BadCookie::TooLong);
        }
        HeaderValue::try_from(line).map_err(|_| BadCookie::Value)
    }

    fn encoded_value(&self) -> Cow<'_, str> {
        match self.encoding {
            Encoding::Percent => utf8_percent_encode(&self.value, VALUE).into(),
            Encoding::Raw => Cow::Borrowed(&self.value),
        }
    }

    fn check(&self, value: &str) -> Result<(), BadCookie> {
        let domain = self.domain.as_deref();
        let rules = [
            (is_token(&self.name), BadCookie::Name),
            (value.bytes().all(is_cookie_octet), BadCookie::Value),
            (is_path(&self.path), BadCookie::Path),
            (domain.is_none_or(is_domain), BadCookie::Domain),
            (self.keeps_promise_of_prefix(), BadCookie::Prefix),
            (
                self.secure || self.same_site != SameSite::None,
                BadCookie::SameSite,
            ),
        ];
        rules
            .into_iter()
            .find(|(kept, _)| !kept)
            .map_or(Ok(()), |(_, broken)| Err(broken))
    }

    /// RFC 6265bis §4.1.3. Browsers compare prefixes without regard to case, so that is done here, too.
    fn keeps_promise_of_prefix(&self) -> bool {
        let begins = |prefix: &str| {
            self.name
                .get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let host = begins("__Host-");
        let http = begins("__Http-") || begins("__Host-Http-");
        let secure = host || http || begins("__Secure-");
        (self.secure || !secure)
            && (self.http_only || !http)
            && (!host || self.path == "/" && self.domain.is_none())
    }
}

/// Why a cookie cannot be set. It is a mistake of the page, so the visitor gets a 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadCookie {
    /// The name is empty or holds a character that no token has.
    Name,
    /// The raw value holds a space, a quote, a comma, a semicolon, a backslash or what is no printable ASCII.
    Value,
    /// The path does not begin with a slash, or would end its attribute.
    Path,
    /// The domain is no host name.
    Domain,
    /// The name begins with a prefix that promises what the attributes do not keep.
    Prefix,
    /// `SameSite=None` without `Secure`: browsers drop such a cookie.
    SameSite,
    /// More than 4,096 bytes in all.
    TooLong,
}

impl fmt::Display for BadCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "the name of a cookie must be a token",
            Self::Value => "the raw value of a cookie must be made of cookie octets",
            Self::Path => "the path of a cookie must begin with `/` and hold neither `;` nor control characters",
            Self::Domain => "the domain of a cookie must be a host name",
            Self::Prefix => "the prefix of a cookie's name promises attributes that are not set",
            Self::SameSite => "a cookie with `SameSite=None` must be secure",
            Self::TooLong => "a cookie must not be longer than 4096 bytes",
        })
    }
}

impl std::error::Error for BadCookie {}

fn is_cookie_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}

fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= LONGEST_ATTRIBUTE
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b';')
}

fn is_domain(domain: &str) -> bool {
    domain.len() <= LONGEST_ATTRIBUTE
        && !domain.contains([':', '['])
        && valid_host(domain.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{decode_value, read};
    use super::*;

    #[test]
    fn a_cookie_is_careful_unless_told_otherwise() {
        let line = SetCookie::new("a", "1").build().unwrap();
        assert_eq!(line, "a=1; Path=/; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn every_attribute_can_be_said() {
        let line = SetCookie::new("a", "1")
            .path("/notes")
            .domain("example.org")
            .max_age(60)
            .secure(true)
            .http_only(false)
            .same_site(SameSite::None)
            .build();
        assert_eq!(
            line.unwrap(),
            "a=1; Path=/notes; Domain=example.org; Max-Age=60; Secure; SameSite=None"
        );
    }

    #[test]
    fn a_removal_has_no_value_and_no_life() {
        let line = SetCookie::removal("a").build().unwrap();
        assert_eq!(line, "a=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn a_value_cannot_add_an_attribute_or_a_header() {
        for (value, sent) in [
            ("a; Domain=evil", "c=a%3B%20Domain%3Devil; "),
            ("a\r\nX: y", "c=a%0D%0AX:%20y; "),
            ("é\"\\,%", "c=%C3%A9%22%5C%2C%25; "),
        ] {
            let line = SetCookie::new("c", value).build().unwrap();
            assert!(line.to_str().unwrap().starts_with(sent), "{line:?}");
        }
    }

    #[test]
    fn a_life_is_clamped() {
        let life = |seconds| SetCookie::new("a", "1").max_age(seconds).build().unwrap();
        for (seconds, expected) in [
            (i64::MAX, 34_560_000),
            (1_000_000_000_000_000_000, 34_560_000),
            (-1, 0),
            (i64::MIN, 0),
        ] {
            assert!(
                life(seconds)
                    .to_str()
                    .unwrap()
                    .contains(&format!("; Max-Age={expected};")),
                "{seconds}"
            );
        }
    }

    #[test]
    fn what_is_not_sound_is_not_built() {
        let new = |name: &'static str| SetCookie::new(name, "1");
        for (cookie, expected) in [
            (new(""), BadCookie::Name),
            (new("a b"), BadCookie::Name),
            (new("a,b"), BadCookie::Name),
            (new("é"), BadCookie::Name),
            (new("a=b; HttpOnly"), BadCookie::Name),
            (new("a\r\nX"), BadCookie::Name),
            (SetCookie::new("a", "x y").raw(), BadCookie::Value),
            (SetCookie::new("a", "x;y").raw(), BadCookie::Value),
            (SetCookie::new("a", "é").raw(), BadCookie::Value),
            (new("a").path("notes"), BadCookie::Path),
            (new("a").path(""), BadCookie::Path),
            (new("a").path("/; Domain=evil"), BadCookie::Path),
            (
                new("a").path(format!("/{}", "x".repeat(1024))),
                BadCookie::Path,
            ),
            (new("a").domain("a; b"), BadCookie::Domain),
            (new("a").domain(""), BadCookie::Domain),
            (new("a").domain("a:80"), BadCookie::Domain),
            (new("a").domain("[::1]"), BadCookie::Domain),
            (new("__Host-a"), BadCookie::Prefix),
            (new("__host-a"), BadCookie::Prefix),
            (new("__Host-a").secure(true).path("/x"), BadCookie::Prefix),
            (new("__Host-a").secure(true).domain("a"), BadCookie::Prefix),
            (new("__Secure-a"), BadCookie::Prefix),
            (
                new("__Http-a").secure(true).http_only(false),
                BadCookie::Prefix,
            ),
            (new("a").same_site(SameSite::None), BadCookie::SameSite),
            (SetCookie::new("a", "x".repeat(5_000)), BadCookie::TooLong),
        ] {
            assert_eq!(cookie.clone().build(), Err(expected), "{cookie:?}");
        }
        assert!(new("__Host-a").secure(true).build().is_ok());
        assert!(
            new("__Secure-a")
                .secure(true)
                .domain("a")
                .path("/x")
                .build()
                .is_ok()
        );
    }

    proptest! {
        #[test]
        fn a_value_comes_back_as_it_was_set(value in "[^\0]{0,300}") {
            let line = SetCookie::new("a", value.as_str()).build().unwrap();
            let sent = line.to_str().unwrap().split(';').next().unwrap().to_owned();
            let header = HeaderValue::try_from(sent).unwrap();
            let (_, raw) = read([&header]).next().unwrap();
            let decoded = decode_value(raw);
            prop_assert_eq!(decoded.as_deref(), Some(value.as_str()));
        }

        #[test]
        fn whatever_is_built_has_the_attributes_it_was_given(
            name in "[a_=; \r\né-]{1,3}", value in "([;=\r\n ]|.)*", path in "/[a; =\r\né]*", domain in "[a.;: ]{0,4}",
        ) {
            let cookie = SetCookie::new(name, value.as_str()).path(path).domain(domain);
            for cookie in [cookie.clone(), cookie.raw()] {
                if let Ok(line) = cookie.build() {
                    let line = line.to_str().expect("visible ASCII");
                    prop_assert_eq!(line.split(';').count(), 5, "{}", line);
                }
            }
        }
    }
}
