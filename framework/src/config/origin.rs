//! Where something was written: in the source, in a file of the operator's, in a variable, in a flag.

use std::fmt;
use std::sync::Arc;

use crate::config::Environment;

/// A place in the application's source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source {
    /// The file, as the compiler names it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Where a value was written.
///
/// Shown as people look a place up: `src/main.rs:12`, `site.toml:3:1`, `$KIRSCH__GLOBAL__SERVER__SOCKET_PORT`, `--set …`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// Nowhere: it is what holds when nothing is said.
    Default,
    /// It comes with the environment that the site runs in.
    Environment(Environment),
    /// The application's code says it, by a method of [`Site`](crate::Site).
    Code,
    /// An attribute in the application's source.
    Attribute(Source),
    /// A file of the operator's.
    File {
        /// The file, as it was named.
        file: Arc<str>,
        /// The line, from 1.
        line: u32,
        /// The column in characters, from 1.
        column: u32,
    },
    /// An environment variable of this name.
    Variable(Arc<str>),
    /// A flag, as it was written on the command line.
    Flag(Arc<str>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment(environment) => write!(f, "environment {environment}"),
            Self::Code => f.write_str("the application's code"),
            Self::Attribute(source) => source.fmt(f),
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Variable(name) => write!(f, "${name}"),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

impl Origin {
    /// The same place without the value that a flag says: for what is shown to nobody.
    pub(crate) fn without_value(&self) -> Self {
        match self {
            Self::Flag(flag) => match flag.split_once('=') {
                Some((key, _)) => Self::Flag(format!("{key}= ***").into()),
                None => self.clone(),
            },
            other => other.clone(),
        }
    }
}

impl From<Source> for Origin {
    fn from(source: Source) -> Self {
        Self::Attribute(source)
    }
}
