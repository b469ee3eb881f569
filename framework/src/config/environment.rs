//! Where a site runs, and what follows from it.

use std::fmt;
use std::str::FromStr;

use super::{Raw, guess};

/// Where a site runs.
///
/// It also decides what nothing else says: whether the source is watched, what is logged.
///
/// # CherryPy
/// `environment`; `test` is its `test_suite`. Differs from CherryPy: development is a name of its own, and the default only in a debug build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Error pages show the chain of causes, the route and the request. The default in a debug build.
    Development,
    /// As production, on a machine for trying.
    Staging,
    /// Error pages show a status and words for the visitor. The default in a release build.
    Production,
    /// As production, inside a server of somebody else's. It has its own signals, and may have a log of its own: then write `log.access_on = false`.
    Embedded,
    /// Tests: error pages show everything, and no line is written per request.
    Test,
}

impl Environment {
    /// Error pages may show how the site works inside.
    pub fn shows_internals(self) -> bool {
        matches!(self, Self::Development | Self::Test)
    }

    /// What it sets, where nothing else does.
    pub(crate) fn bundle(self) -> &'static [Setting] {
        let bundle = BUNDLES.iter().find(|(environment, _)| *environment == self);
        bundle.map_or(&[], |(_, settings)| settings)
    }

    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("development", Self::Development),
        ("staging", Self::Staging),
        ("production", Self::Production),
        ("embedded", Self::Embedded),
        ("test", Self::Test),
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
        let names = Environment::ALL.map(|(name, _)| name);
        write!(
            f,
            "`{}` is no environment; {}",
            self.0,
            guess::help(&self.0, &names)
        )
    }
}

impl std::error::Error for UnknownEnvironment {}

/// One thing that an environment sets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setting {
    /// The key: `request.show_tracebacks`.
    pub(crate) key: &'static str,
    pub(crate) value: Raw,
    /// Why it is so in this environment.
    pub(crate) reason: &'static str,
}

const fn setting(key: &'static str, on: bool, reason: &'static str) -> Setting {
    Setting {
        key,
        value: Raw::Bool(on),
        reason,
    }
}

const NO_RELOAD: Setting = setting(
    "engine.autoreload_on",
    false,
    "nobody edits the source of a site that serves others",
);
const NO_INTERNALS: Setting = setting(
    "request.show_tracebacks",
    false,
    "strangers must not see how the site works inside",
);
const SERVED: &[Setting] = &[NO_RELOAD, NO_INTERNALS];

/// What each environment sets, where nothing else does. CherryPy: `_cpconfig.environments`.
///
/// CherryPy's `checker.on`, `log.screen`, `engine.SIGHUP` and `tools.log_headers.on` have nothing to switch here: what is wrong is always said at
/// start, the log is the `tracing` subscriber's, a site inside another server installs no signals, and that tool is off until somebody turns it on.
pub(crate) const BUNDLES: &[(Environment, &[Setting])] = &[
    (
        Environment::Development,
        &[setting(
            "request.show_tracebacks",
            true,
            "whoever develops wants to see the cause",
        )],
    ),
    (Environment::Staging, SERVED),
    (Environment::Production, SERVED),
    (Environment::Embedded, SERVED),
    (
        Environment::Test,
        &[
            setting(
                "engine.autoreload_on",
                false,
                "a test must not be restarted midway",
            ),
            setting(
                "log.access_on",
                false,
                "a line per request would fill the report",
            ),
            setting(
                "request.show_tracebacks",
                true,
                "a test that fails should say why",
            ),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_environments_belong_together() {
        for (name, environment) in Environment::ALL {
            assert_eq!(name.parse(), Ok(environment));
            assert_eq!(environment.to_string(), name);
            assert!(!environment.bundle().is_empty(), "{name}");
        }
        assert_eq!(
            "prodcution".parse::<Environment>().unwrap_err().to_string(),
            "`prodcution` is no environment; did you mean `production`?"
        );
    }

    #[test]
    fn internals_are_shown_where_the_bundle_says_so() {
        for (environment, settings) in BUNDLES {
            let shown = settings
                .iter()
                .find(|setting| setting.key == "request.show_tracebacks");
            let value = Raw::Bool(environment.shows_internals());
            assert_eq!(shown.map(|setting| &setting.value), Some(&value));
            assert!(settings.iter().all(|setting| !setting.reason.is_empty()));
        }
    }
}
