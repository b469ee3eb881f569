//! Writes down where a page failed, and why, with everything that led to it.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(log_tracebacks)]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     fn shaky(&self) -> Result<&'static str> {
//!         Err(std::fmt::Error)?
//!     }
//! }
//!
//! let site = Site::new(Root).ready().unwrap();
//! let tool = &site.routes_at("/shaky")[0].tools[0];
//! assert_eq!((tool.name, tool.hooks[0].0), ("log_tracebacks", "before_error_response"));
//! ```
//!
//! ```text
//! ERROR kirsch::tools: GET /shaky: an error occurred when formatting an argument
//! ```
//!
//! # What it does
//! - For each unexpected error, one line to the target `kirsch::tools` with the request and the chain of causes, outermost first. What clients sent in it is escaped.
//! - `severity` is the line's level: `error`, `warn`, `info` or `debug`.
//! - The error log has a line of its own for every 5xx already; this one is for who collects them apart, or with another level.
//!
//! # CherryPy
//! `tools.log_tracebacks`, on by default there: here the error log does it.

use crate::config::{Raw, Refusal, Value, shown, word};
use crate::exchange::Exchange;
use crate::http::escape;
use crate::tools::order;
use kirsch_macros::tool;

/// Writes down unexpected errors: see the [module](self).
#[tool(priority = order::ANY)]
pub struct LogTracebacks {
    /// The level of the line. Default: `error`.
    #[option]
    severity: Severity,
}

/// How grave a line of the log is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Severity {
    /// Somebody should look.
    #[default]
    Error,
    /// Somebody may look.
    Warn,
    /// For the record.
    Info,
    /// For who looks closely.
    Debug,
}

const SEVERITIES: [(&str, Severity); 4] = [
    ("error", Severity::Error),
    ("warn", Severity::Warn),
    ("info", Severity::Info),
    ("debug", Severity::Debug),
];

impl Value for Severity {
    const EXPECTED: &'static str = "`\"error\"`, `\"warn\"`, `\"info\"` or `\"debug\"`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        word(raw, &SEVERITIES)
    }

    fn show(&self) -> String {
        shown(self, &SEVERITIES)
    }
}

#[tool]
impl LogTracebacks {
    fn before_error_response(&self, x: &mut Exchange) {
        let Some(error) = x.error() else { return };
        let causes: Vec<_> = error.causes().collect();
        let line = format!(
            "{} {}: {}",
            escape::log(x.request().method().as_str().as_bytes()),
            escape::log(x.raw_path().as_bytes()),
            escape::log(causes.join("; because ").as_bytes())
        );
        match self.severity {
            Severity::Error => tracing::error!(target: "kirsch::tools", "{line}"),
            Severity::Warn => tracing::warn!(target: "kirsch::tools", "{line}"),
            Severity::Info => tracing::info!(target: "kirsch::tools", "{line}"),
            Severity::Debug => tracing::debug!(target: "kirsch::tools", "{line}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::quoted;

    #[test]
    fn a_severity_is_shown_as_it_is_written() {
        for (name, severity) in SEVERITIES {
            assert_eq!(severity.show(), quoted(name));
            assert_eq!(Severity::read(&Raw::from(name)), Ok(severity));
        }
    }
}
