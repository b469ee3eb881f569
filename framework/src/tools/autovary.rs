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
//! - Error pages have it too.
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
        self.complete(x);
    }

    fn after_error_response(&self, x: &mut Exchange) {
        self.complete(x);
    }
}

impl Autovary {
    fn complete(&self, x: &mut Exchange) {
        let Some(response) = x.response_mut() else {
            return;
        };
        let lines = response.headers().get_all(VARY);
        let said = lines.filter_map(|line| line.to_str().ok());
        let names = self.names(said);
        // Checked names, and what was a header before.
        match HeaderValue::from_str(&names) {
            Ok(value) if !names.is_empty() => drop(response.headers_mut().insert(VARY, value)),
            _ => drop(response.headers_mut().remove(VARY)),
        }
    }

    /// What `Vary` says in the end, if it has said this before.
    fn names<'v, I: Iterator<Item = &'v str>>(&self, said: I) -> String {
        let said = said.flat_map(|line| line.split(','));
        let said = said.map(|name| name.trim().to_ascii_lowercase());
        let mut names: BTreeSet<_> = said.chain(self.headers.iter().cloned()).collect();
        if names.contains("*") {
            return "*".to_owned();
        }
        names.retain(|name| !name.is_empty() && !self.ignore.contains(name));
        Vec::from_iter(names).join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_stand_once() {
        let tool = Autovary {
            headers: vec!["cookie".to_owned(), "accept".to_owned()],
            ignore: vec!["content-type".to_owned(), "host".to_owned()],
        };
        for (said, names) in [
            (&[][..], "accept, cookie"),
            (
                &["Origin, ACCEPT", " Host ,, X-A"],
                "accept, cookie, origin, x-a",
            ),
            (&["Content-Type"], "accept, cookie"),
            (&["accept", " * "], "*"),
        ] {
            assert_eq!(tool.names(said.iter().copied()), names, "{said:?}");
        }
    }
}
