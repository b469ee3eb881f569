//! Says in `Vary` which request headers an answer has been chosen by.
//!
//! # Turn it on
//! ```
//! use kirsch::Cookies;
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(autovary)]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     fn index(&self, cookies: Cookies) -> String {
//!         cookies.get("theme").unwrap_or("light").to_owned()
//!     }
//!
//!     /// What it reads of the request cannot be seen from outside, so it is named.
//!     #[tools(autovary(headers = ["Accept-Language"]))]
//!     fn hello(&self, request: HttpRequest) -> &'static str {
//!         let language = request.headers().get("accept-language");
//!         if language.is_some_and(|value| value.as_bytes().starts_with(b"eo")) { "Saluton" } else { "Hello" }
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.get("/").assert_header("vary", "cookie");
//! client.get("/hello").assert_header("vary", "accept-language");
//! ```
//!
//! # What it does
//! - `Vary` (RFC 9110, 12.5.5) has what the answer says already, what has been read, and `headers`, without `ignore`: one line, sorted, in small letters, each name once. With nothing in
//!   it, there is none. `*` stays alone.
//! - What is read counts whether or not it was there: what tools, and functions among their options, read by [`Exchange::header`]; and what parameters of the page and of the children
//!   above it are known to read: `Cookies`, `web::Header<T>`, `Option` and `Result` of these, and every type of the application's that implements
//!   [`ReadsHeader`](crate::ReadsHeader).
//! - What a page reads itself from an `HttpRequest`, and what other extractors read, cannot be seen: name it in `headers`. Nor is seen what is read before the tool begins, by `proxy`
//!   and `request_id`, which choose no answer, and the headers by which `etags` decides.
//! - Error pages have it too. After an internal redirect, what the first page has read counts as well.
//! - A name that is no token refuses the start.
//!
//! # CherryPy
//! `tools.autovary`, which sees every access to a header. Differs from CherryPy: Rust lets nobody watch a page read; `Host` is ignored by default, because it is part of the address by
//! which caches find an answer (RFC 9111, 4.1); names are in small letters, as HTTP/2 has them.

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
    /// Headers that are read where nobody sees it. Default: none.
    #[option]
    headers: Vec<String>,
    /// Headers that choose no answer. Default: those of a request's body, and `Host`.
    #[option(default = ["Content-Disposition", "Content-Length", "Content-Type", "Host"].map(str::to_owned).to_vec())]
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

    #[hook(priority = order::AUTOVARY_BEGINS)]
    fn on_start_resource(&self, x: &mut Exchange) {
        x.record_headers();
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
        let read = x.recorded_headers();
        let Some(response) = x.response_mut() else {
            return;
        };
        let lines = response.headers().get_all(VARY);
        // A line that is no text says nothing to a cache.
        let said = lines.filter_map(|line| line.to_str().ok());
        let names = self.names(said.chain(read.iter().map(String::as_str)));
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
