//! Says in `Vary` which request headers an answer depends on.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(autovary(headers = ["Accept-Language"]))]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     fn index(&self) -> &'static str {
//!         "Hello"
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.get("/").assert_header("vary", "accept-language");
//! ```
//!
//! # What it does
//! - The names in `headers` join what pages and tools have said in `Vary` themselves; names in `ignore` are taken out. What is left is one line, sorted, each name once
//!   (RFC 9110, 12.5.5). `*` stays alone.
//! - The tools that choose by a header (`accept`, `cors`, `referer`) say so themselves. A page that reads a header says it here, or in its answer.
//! - A name that is no token refuses the start.
//!
//! # CherryPy
//! `tools.autovary`. Differs from CherryPy: there, every access to a request header is noticed. Here pages and extractors read the request as actix-web has it, where nobody can
//! watch them, so `headers` names what is read.

use std::collections::BTreeSet;

use actix_web::http::header::{HeaderValue, VARY};

use crate::belt::Preparation;
use crate::exchange::Exchange;
use crate::http::field::checked_name;
use crate::tools::order;
use kirsch_macros::tool;

/// Completes `Vary`: see the [module](self).
#[tool(priority = order::AUTOVARY)]
pub struct Autovary {
    /// Request headers that the page reads. Default: none.
    #[option]
    headers: Vec<String>,
    /// Headers that make no difference. Default: those of a request's body.
    #[option(default = ["Content-Disposition", "Content-Length", "Content-Type"].map(str::to_owned).to_vec())]
    ignore: Vec<String>,
}

#[tool]
impl Autovary {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        for (option, names) in [("headers", &mut self.headers), ("ignore", &mut self.ignore)] {
            for name in names {
                match checked_name(name) {
                    Ok(checked) => checked.as_str().clone_into(name),
                    Err(malformed) => at.refuse(&[option], malformed),
                }
            }
        }
    }

    fn before_finalize(&self, x: &mut Exchange) {
        let Some(response) = x.response_mut() else {
            return;
        };
        let lines = response.headers().get_all(VARY);
        let said = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','));
        let said = said.map(|name| name.trim().to_ascii_lowercase());
        let mut names: BTreeSet<_> = said.chain(self.headers.iter().cloned()).collect();
        if names.contains("*") {
            names.retain(|name| name == "*");
        }
        names.retain(|name| !name.is_empty() && !self.ignore.contains(name));
        let names: Vec<_> = names.into_iter().collect();
        // Checked names, and what was a header before.
        if let (false, Ok(value)) = (names.is_empty(), HeaderValue::from_str(&names.join(", "))) {
            response.headers_mut().insert(VARY, value);
        }
    }
}
