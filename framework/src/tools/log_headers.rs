//! Writes down the headers of a request whose page failed.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(log_headers)]
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
//! assert_eq!((tool.name, tool.hooks[0].0), ("log_headers", "before_error_response"));
//! ```
//!
//! ```text
//! ERROR kirsch::tools: request headers: host: "example.org" authorization: (hidden)
//! ```
//!
//! # What it does
//! - For each unexpected error, one line to the target `kirsch::tools`, at the level of errors, with all headers of the request.
//! - A header that may let its reader in (`Authorization`, `Cookie`, whatever has `token`, `key` or the like in its name) is there by its name alone.
//! - What clients sent is escaped, and each value is cut at 2 KiB.
//! - It is on in every environment where somebody has turned it on. What visitors send is theirs: in production, turn it on for as long as you look for something.
//!
//! # CherryPy
//! `tools.log_headers`. Differs from CherryPy: credentials are masked, it is one line, and it is off until it is turned on.

use std::fmt::Write as _;

use crate::error_page::shown_header;
use crate::exchange::Exchange;
use crate::http::escape;
use crate::tools::order;
use kirsch_macros::tool;

/// Writes down the headers of failed requests: see the [module](self).
#[tool(priority = order::ANY)]
pub struct LogHeaders;

#[tool]
impl LogHeaders {
    fn before_error_response(&self, x: &mut Exchange) {
        let mut line = String::new();
        for (name, value) in x.request().headers() {
            let shown = shown_header(name.as_str(), value.as_bytes());
            // Writing to a `String` cannot fail.
            _ = match shown {
                Some(value) => write!(line, " {name}: \"{}\"", escape::log(value.as_bytes())),
                None => write!(line, " {name}: (hidden)"),
            };
        }
        tracing::error!(target: "kirsch::tools", "request headers:{line}");
    }
}
