//! Where a request of a browser comes from: `Origin` (RFC 6454 §7), and lists of whom to trust.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use super::host::{host_name, valid_host};
use super::malformed::Malformed;
use super::scheme::Scheme;

/// Scheme, host and port, as browsers send them: `https://example.org`, `http://localhost:8080`, `moz-extension://…`.
///
/// `null`, which a browser sends for what has no origin or must not tell it, is none.
///
/// # Examples
/// ```
/// use kirsch::http::origin::Origin;
/// use kirsch::http::scheme::Scheme;
///
/// let origin: Origin = "https://example.org".parse().unwrap();
/// assert!(origin.is(Scheme::Https, "example.org:443"));
/// assert!(!origin.is(Scheme::Http, "example.org"));
/// assert!("https://example.org/".parse::<Origin>().is_err());
/// assert!("null".parse::<Origin>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// In small letters.
    scheme: String,
    /// In small letters; IPv6 in brackets and in its shortest form.
    host: String,
    /// `None` for the scheme's own.
    port: Option<u16>,
}

impl Origin {
    /// The origin of a site that is asked for by this scheme and this `Host`; `None` if the host is none.
    pub fn of(scheme: Scheme, host: &str) -> Option<Self> {
        Self::from_parts(scheme.as_str(), host)
    }

    /// Whether a site that is asked for by this scheme and this `Host` has this origin.
    pub fn is(&self, scheme: Scheme, host: &str) -> bool {
        Self::of(scheme, host).is_some_and(|own| own == *self)
    }

    /// The scheme, in small letters.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The host, in small letters and without its port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; that of the scheme if none is named, and `None` if the scheme has none.
    pub fn port(&self) -> Option<u16> {
        let default = || Scheme::parse(&self.scheme).map(Scheme::default_port);
        self.port.or_else(default)
    }

    fn from_parts(scheme: &str, host: &str) -> Option<Self> {
        if !is_scheme(scheme) || !valid_host(host.as_bytes()) {
            return None;
        }
        let scheme = scheme.to_ascii_lowercase();
        let name = host_name(host);
        let port = host
            .get(name.len()..)
            .and_then(|port| port.strip_prefix(':'));
        let port = port.filter(|port| !port.is_empty());
        let port = port.map(str::parse).transpose().ok()?;
        let default = Scheme::parse(&scheme).map(Scheme::default_port);
        Some(Self {
            scheme,
            host: plain(name),
            port: port.filter(|_| port != default),
        })
    }
}

fn plain(name: &str) -> String {
    let address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    match address.and_then(|address| address.parse::<Ipv6Addr>().ok()) {
        Some(address) => format!("[{address}]"),
        None => name.to_ascii_lowercase(),
    }
}

/// RFC 3986 §3.1.
fn is_scheme(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(allowed)
}

impl FromStr for Origin {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let parts = text.split_once("://");
        parts
            .filter(|(_, host)| !host.ends_with(':'))
            .and_then(|(scheme, host)| Self::from_parts(scheme, host))
            .ok_or_else(|| refuse(text))
    }
}

fn refuse(text: &str) -> Malformed {
    let text = text.escape_debug();
    Malformed::new(format!(
        "`{text}` is no origin; write scheme, host and, if it is not the usual one, port: `https://example.org`, `http://localhost:8080`"
    ))
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// A list of origins, such as those that are trusted.
///
/// An element is an origin, or one whose host begins with `*.`: `https://*.example.org` stands for every host *below* `example.org`, at any
/// depth, never for `example.org` itself. Scheme and port must be the same. There is no element for every origin, and none for `null`,
/// which any page can make a browser send.
///
/// # Examples
/// ```
/// use kirsch::http::origin::Origins;
///
/// let trusted = Origins::read(["https://example.org", "https://*.example.net"]).unwrap();
/// assert!(trusted.contains(&"https://a.b.example.net".parse().unwrap()));
/// assert!(!trusted.contains(&"https://example.net".parse().unwrap()));
/// assert!(Origins::read(["*"]).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<Pattern>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Exactly(Origin),
    /// Every host below that of this origin.
    Below(Origin),
}

impl Origins {
    /// Reads a list.
    ///
    /// # Errors
    /// When an element is none; all such elements are told at once.
    pub fn read<T: AsRef<str>>(list: impl IntoIterator<Item = T>) -> Result<Self, Malformed> {
        let (mut patterns, mut wrong) = (Vec::new(), Vec::new());
        for text in list {
            match Pattern::read(text.as_ref().trim()) {
                Ok(pattern) => patterns.push(pattern),
                Err(malformed) => wrong.push(malformed),
            }
        }
        Malformed::of_all(wrong).map_or(Ok(Self(patterns)), Err)
    }

    /// Whether the origin is in it.
    pub fn contains(&self, origin: &Origin) -> bool {
        self.0.iter().any(|pattern| pattern.matches(origin))
    }

    /// Whether it has no element.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads a list with commas, as an environment variable holds it; an empty text is an empty list.
impl FromStr for Origins {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        Self::read(text.split(','))
    }
}

impl fmt::Display for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, pattern)| {
            f.write_str(if at == 0 { "" } else { ", " })?;
            write!(f, "{pattern}")
        })
    }
}

impl Pattern {
    fn read(text: &str) -> Result<Self, Malformed> {
        match text {
            "*" => Err(Malformed::new(
                "`*` would be every origin; name those that are meant, such as `https://example.org` or `https://*.example.org`",
            )),
            "null" => Err(Malformed::new(
                "`null` is what any page can make a browser send; it cannot be told from a stranger's",
            )),
            _ => match text.split_once("://*.") {
                Some((scheme, host)) if !host.starts_with('[') => {
                    let origin = format!("{scheme}://{host}").parse();
                    origin.map(Self::Below).map_err(|_| refuse(text))
                }
                _ => text.parse().map(Self::Exactly),
            },
        }
    }

    fn matches(&self, origin: &Origin) -> bool {
        match self {
            Self::Exactly(own) => own == origin,
            Self::Below(own) => {
                let label = origin.host.strip_suffix(&own.host);
                let label = label.and_then(|label| label.strip_suffix('.'));
                label.is_some_and(|label| !label.is_empty())
                    && own.scheme == origin.scheme
                    && own.port == origin.port
            }
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(origin) => write!(f, "{origin}"),
            Self::Below(origin) => {
                write!(f, "{}://*.{}", origin.scheme, origin.host)?;
                origin.port.map_or(Ok(()), |port| write!(f, ":{port}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().expect(text)
    }

    #[test]
    fn an_origin_is_read_and_written() {
        for (text, written) in [
            ("https://example.org", "https://example.org"),
            ("https://example.org:443", "https://example.org"),
            ("https://example.org:80", "https://example.org:80"),
            ("http://example.org:80", "http://example.org"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("HTTPS://Example.ORG", "https://example.org"),
            ("http://127.0.0.1", "http://127.0.0.1"),
            ("http://[::1]:80", "http://[::1]"),
            ("http://[0:0:0:0:0:0:0:1]:81", "http://[::1]:81"),
            ("https://example.org.", "https://example.org."),
            ("moz-extension://0a1b-2c", "moz-extension://0a1b-2c"),
            ("capacitor://localhost", "capacitor://localhost"),
        ] {
            assert_eq!(origin(text).to_string(), written, "{text}");
        }
        assert_eq!(origin("https://a").port(), Some(443));
        assert_eq!(origin("https://a:1").port(), Some(1));
        assert_eq!(origin("app://a").port(), None);
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "null",
            "*",
            "example.org",
            "//example.org",
            "https:example.org",
            "https:/example.org",
            "https://",
            "https://example.org/",
            "https://example.org/path",
            "https://example.org?q",
            "https://example.org#f",
            "https://user@example.org",
            "https://example.org:",
            "https://example.org:0",
            "https://example.org:65536",
            "https://example.org:+80",
            "https://*.example.org",
            "https://a b",
            " https://example.org",
            "https://example.org ",
            "https://a, https://b",
            "https://a https://b",
            "1http://a",
            "://a",
            "https://é.example",
            "https://a\r\nb",
        ] {
            let refused = text.parse::<Origin>().expect_err(text).to_string();
            assert!(!refused.contains(char::is_control), "{refused:?}");
        }
    }

    #[test]
    fn an_origin_is_compared_with_scheme_and_host() {
        use Scheme::{Http, Https};
        for (text, scheme, host, same) in [
            ("https://example.org", Https, "example.org", true),
            ("https://example.org", Https, "EXAMPLE.org:443", true),
            ("https://example.org", Https, "example.org:", true),
            ("https://example.org", Http, "example.org", false),
            ("https://example.org", Http, "example.org:443", false),
            ("https://example.org", Https, "example.org:8443", false),
            ("https://example.org:8443", Https, "example.org:8443", true),
            ("https://example.org:8443", Https, "example.org", false),
            ("http://example.org", Http, "example.org:80", true),
            ("https://www.example.org", Https, "example.org", false),
            ("https://example.org", Https, "example.org.", false),
            ("http://[::1]:8080", Http, "[0::1]:8080", true),
            ("https://example.org", Https, "", false),
            ("https://example.org", Https, "a/b", false),
        ] {
            assert_eq!(
                origin(text).is(scheme, host),
                same,
                "{text} {scheme} {host}"
            );
        }
    }

    #[test]
    fn a_list_holds_what_it_names() {
        let list: Origins = "https://a.example, https://*.b.example, http://*.c.example:8080, https://*.d.example:443"
            .parse()
            .unwrap();
        for (text, listed) in [
            ("https://a.example", true),
            ("https://a.example:443", true),
            ("http://a.example", false),
            ("https://a.example:444", false),
            ("https://x.a.example", false),
            ("https://x.b.example", true),
            ("https://x.y.b.example", true),
            ("https://b.example", false),
            ("https://xb.example", false),
            ("https://x.b.example.evil.example", false),
            ("http://x.b.example", false),
            ("https://x.b.example:8443", false),
            ("http://x.c.example:8080", true),
            ("http://x.c.example", false),
            ("https://x.d.example", true),
            ("https://X.B.EXAMPLE", true),
        ] {
            assert_eq!(list.contains(&origin(text)), listed, "{text}");
        }
        assert!("".parse::<Origins>().unwrap().is_empty());
        let again: Origins = list.to_string().parse().unwrap();
        assert_eq!(again, list);
    }

    #[test]
    fn a_list_tells_all_that_is_wrong() {
        for text in [
            "*",
            "null",
            "https://*",
            "https://*.",
            "https://*.*.example",
            "https://a.*.example",
            "https://*example.org",
            "*.example.org",
            "https://*.[::1]",
            "https://a,",
            "https://*.a/",
            "https://*.a:",
        ] {
            assert!(text.parse::<Origins>().is_err(), "{text}");
        }
        let refused = "x, https://a, null"
            .parse::<Origins>()
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("`x`") && refused.contains("`null`"),
            "{refused}"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(https?|://|\\*\\.|:[0-9]{1,6}|[a-z.]|\\[::1\\]|,|.)*") {
            let _read = text.parse::<Origins>();
            if let Ok(origin) = text.parse::<Origin>() {
                prop_assert_eq!(origin.to_string().parse(), Ok(origin));
            }
        }
    }
}
