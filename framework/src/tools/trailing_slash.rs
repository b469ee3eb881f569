//! What becomes of a path whose slash at the end is missing, or is one too many.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(trailing_slash(missing = false, extra = true))]
//! struct Root {
//!     #[child]
//!     notes: Notes,
//! }
//!
//! #[expose]
//! impl Root {
//!     fn about(&self) -> &'static str {
//!         "about"
//!     }
//! }
//!
//! #[expose]
//! struct Notes;
//!
//! #[expose]
//! impl Notes {
//!     fn index(&self) -> &'static str {
//!         "notes"
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root { notes: Notes });
//! client.get("/notes").assert_status(200).assert_body("notes");
//! client.get("/about/").assert_status(301).assert_header("location", "/about");
//! ```
//!
//! # What it does
//! - Without this tool, the URL of a node without its slash is answered by 301 to the one with it, and that of a page with a slash is 404.
//! - `status` is that of the redirects: with 307 and 308 the method and the body are kept (RFC 9110, 15.4.8 and 15.4.9), with 301, 302 and
//!   303 most browsers ask by GET.
//! - `missing = false`: the index answers at once, and the address stays. Links in it that are relative begin one level higher than where
//!   the page stands: write them from the root, or as typed links. A request that is no GET or HEAD carries something, which an
//!   answer in another's place would lose: it is told the way by 308.
//! - `extra = true`: a page that is asked with a slash at its end is answered by a redirect to the one without.
//! - The query is kept. `Location` is path-absolute, and no spelling of a path leads off the site.
//!
//! # CherryPy
//! `tools.trailing_slash`, with the same options and defaults. There it is on everywhere, as its default behaviour is here.
//! Differs from CherryPy: without `extra`, a page with a slash at its end is 404 (there: it is served at both addresses).

use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, StatusCode};

use crate::answers::{is_redirect, moved};
use crate::belt::Preparation;
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::http::location;
use crate::tools::order;
use kirsch_macros::tool;

/// Mends paths with or without their slash: see the [module](self).
#[tool(priority = order::TRAILING_SLASH)]
pub struct TrailingSlash {
    /// Whoever leaves the slash of a node out is sent to the address with it; with `false`, its index answers at once. Default: `true`.
    #[option(default = true)]
    missing: bool,
    /// Whoever writes a slash after a page is sent to the address without it; with `false`, that is 404. Default: `false`.
    #[option(default = false)]
    extra: bool,
    /// The status of the redirects: 301, 302, 303, 307 or 308. Default: 301.
    #[option(default = StatusCode::MOVED_PERMANENTLY)]
    status: StatusCode,
}

#[tool]
impl TrailingSlash {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        if !is_redirect(self.status) {
            at.refuse(&["status"], "a redirect is 301, 302, 303, 307 or 308");
        }
    }

    fn before_handler(&self, x: &mut Exchange) -> Result<()> {
        // OPTIONS is answered from the table, with or without the slash.
        if x.request().method() == Method::OPTIONS {
            return Ok(());
        }
        if x.needs_slash() {
            return self.add(x);
        }
        if self.extra && x.has_extra_slash() {
            let target = location::bare_redirect(x.raw_path(), x.query());
            answer(x, self.status, &target);
        }
        Ok(())
    }
}

impl TrailingSlash {
    fn add(&self, x: &mut Exchange) -> Result<()> {
        let target = location::slash_redirect(x.raw_path(), x.query());
        let method = x.request().method();
        if self.missing {
            answer(x, self.status, &target);
        } else if method == Method::GET || method == Method::HEAD {
            return Err(Error::internal_redirect(target));
        } else {
            answer(x, StatusCode::PERMANENT_REDIRECT, &target);
        }
        Ok(())
    }
}

fn answer(x: &mut Exchange, status: StatusCode, target: &str) {
    // What is percent-encoded is a value of a header.
    if let Ok(target) = HeaderValue::from_str(target) {
        x.answer(moved(status, target));
    }
}
