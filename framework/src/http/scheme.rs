//! How a request came: in the clear, or through TLS.

use std::fmt;

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Through TLS.
    Https,
}

impl Scheme {
    /// Reads `http` or `https`, in any case (RFC 3986 §3.1); all else is `None`, `javascript` first of all.
    ///
    /// # Examples
    /// ```
    /// use kirsch::http::scheme::Scheme;
    ///
    /// assert_eq!(Scheme::parse("HTTPS"), Some(Scheme::Https));
    /// assert_eq!(Scheme::parse("javascript"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Http, Self::Https]
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.as_str()))
    }

    /// As URLs write it: `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that a URL need not name.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_schemes_are_known() {
        for (text, expected) in [
            ("http", Some(Scheme::Http)),
            ("https", Some(Scheme::Https)),
            ("HtTp", Some(Scheme::Http)),
            ("", None),
            ("ws", None),
            ("http ", None),
            ("http:", None),
            ("https,http", None),
            ("javascript", None),
        ] {
            assert_eq!(Scheme::parse(text), expected, "{text:?}");
        }
    }
}
