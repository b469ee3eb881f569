//! The options of `sessions` that are words.

use crate::config::{Raw, Refusal, Value, shown, word};

/// Whether a cookie is sent over TLS only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Secure {
    /// Wherever the visitor came by TLS.
    #[default]
    Auto,
    /// Always: browsers take such a cookie over TLS only.
    Always,
    /// Never.
    Never,
}

impl Value for Secure {
    const EXPECTED: &'static str = "`auto`, true or false";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        match raw {
            Raw::Bool(true) => Ok(Self::Always),
            Raw::Bool(false) => Ok(Self::Never),
            _ => word(
                raw,
                &[
                    ("auto", Self::Auto),
                    ("true", Self::Always),
                    ("false", Self::Never),
                ],
            ),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Auto => "\"auto\"".into(),
            Self::Always => "true".into(),
            Self::Never => "false".into(),
        }
    }
}

impl From<bool> for Secure {
    fn from(secure: bool) -> Self {
        if secure { Self::Always } else { Self::Never }
    }
}

/// When other sites may cause a cookie to be sent (RFC 6265bis, 5.6.7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SameSite {
    /// With links that lead here, not with forms and images.
    #[default]
    Lax,
    /// Never.
    Strict,
    /// Always.
    None,
}

impl SameSite {
    const WORDS: [(&str, Self); 3] = [
        ("lax", Self::Lax),
        ("strict", Self::Strict),
        ("none", Self::None),
    ];
}

impl Value for SameSite {
    const EXPECTED: &'static str = "`lax`, `strict` or `none`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        word(raw, &Self::WORDS)
    }

    fn show(&self) -> String {
        shown(self, &Self::WORDS)
    }
}

/// When a store is opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Start {
    /// When the server starts, which fails if the store cannot be opened.
    #[default]
    Eager,
    /// When it is first needed. Until it can be opened, pages with a session are 503.
    Lazy,
}

impl Start {
    const WORDS: [(&str, Self); 2] = [("eager", Self::Eager), ("lazy", Self::Lazy)];
}

impl Value for Start {
    const EXPECTED: &'static str = "`eager` or `lazy`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        word(raw, &Self::WORDS)
    }

    fn show(&self) -> String {
        shown(self, &Self::WORDS)
    }
}
