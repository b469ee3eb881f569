//! Where a site runs, and what follows from it.

use std::fmt;
use std::str::FromStr;

/// Where a site runs.
///
/// # CherryPy
/// `environment`. Differs from CherryPy: development is a name of its own, and the default only in a debug build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Error pages show the chain of causes, the route and the request. The default in a debug build.
    Development,
    /// As production, on a machine for trying.
    Staging,
    /// Error pages show a status and words for the visitor. The default in a release build.
    Production,
}

impl Environment {
    /// Error pages may show how the site works inside.
    pub fn shows_internals(self) -> bool {
        self == Self::Development
    }

    const ALL: [(&'static str, Self); 3] = [
        ("development", Self::Development),
        ("staging", Self::Staging),
        ("production", Self::Production),
    ];
}

impl Default for Environment {
    fn default() -> Self {
        if cfg!(debug_assertions) {
            Self::Development
        } else {
            Self::Production
        }
    }
}

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(text: &str) -> Result<Self, UnknownEnvironment> {
        let known = Self::ALL.iter().find(|(name, _)| *name == text);
        known
            .map(|(_, environment)| *environment)
            .ok_or_else(|| UnknownEnvironment(text.to_string()))
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL
            .iter()
            .find(|(_, environment)| environment == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

/// A name that is no environment's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownEnvironment(String);

impl fmt::Display for UnknownEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no environment; there are `development`, `staging` and `production`",
            self.0
        )
    }
}

impl std::error::Error for UnknownEnvironment {}
