//! Sends everybody who asks for a part of the site elsewhere.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     #[tools(redirect(url = "/contact"))]
//!     fn imprint(&self) -> NoContent {
//!         NoContent
//!     }
//!
//!     #[tools(redirect(url = "https://example.org/shop/", internal = false))]
//!     fn shop(&self) -> NoContent {
//!         NoContent
//!     }
//!
//!     fn contact(&self) -> &'static str {
//!         "Write to us"
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.get("/imprint").assert_status(200).assert_body("Write to us");
//! client.get("/shop").assert_status(303).assert_header("location", "https://example.org/shop/");
//! ```
//!
//! # What it does
//! - With `internal`, another page of this site answers, and the browser's address stays. It is asked by GET, without a body.
//! - Without, the answer is 303, or another `status`, with `Location`: a path of this site, or an `http` or `https` URL (RFC 9110, 10.2.2).
//! - The page itself is never called, and nothing of the body is read.
//! - At `url` itself nothing happens, so that a whole site can be led to one page of it. It may be a node without its slash: nothing happens at either spelling.
//! - A `url` that is neither refuses the start, and so do a `status` with `internal`, and one that browsers do not follow.
//!
//! # CherryPy
//! `tools.redirect`, with `url` and `internal`. `status` is new. Differs from CherryPy: at `url` itself nothing happens (there: an error,
//! or a browser that goes round in a circle), and `Location` is path-absolute for a page of this site (there: made from `Host`).

use actix_web::http::StatusCode;

use crate::answers::{self, is_external, is_redirect};
use crate::belt::Preparation;
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::http::location;
use crate::tools::order;
use kirsch_macros::tool;

/// Sends everybody elsewhere: see the [module](self).
#[tool(priority = order::ANY)]
pub struct Redirect {
    /// Where: a path of this site, or, without `internal`, an `http` or `https` URL.
    #[option(required)]
    url: String,
    /// Another page answers in place of this one, and the browser does not notice. Default: `true`.
    #[option(default = true)]
    internal: bool,
    /// The status when the browser is told: 301, 302, 303, 307 or 308. Default: 303.
    #[option]
    status: Option<StatusCode>,
}

#[tool]
impl Redirect {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        let url = self.url.escape_debug();
        let is_path = location::path_absolute(&self.url, "/").is_some() && !self.url.is_empty();
        if self.internal && self.status.is_some() {
            let words = "with `internal`, the browser is told nothing, so there is no status\nhelp: remove `status`, or write `internal = false`";
            at.refuse(&["status"], words);
        }
        if self.status.is_some_and(|status| !is_redirect(status)) {
            at.refuse(&["status"], "a redirect is 301, 302, 303, 307 or 308");
        }
        match self.internal {
            _ if is_path => {}
            true if is_external(&self.url) => at.refuse(
                &["url"],
                format!("`{url}` is no page of this site\nhelp: write `internal = false` as well"),
            ),
            false if is_external(&self.url) => {}
            _ => at.refuse(
                &["url"],
                format!("`{url}` is neither a path of this site nor an `http` or `https` URL"),
            ),
        }
    }

    fn on_start_resource(&self, x: &mut Exchange) -> Result<()> {
        if self.is_at(x) {
            return Ok(());
        }
        if self.internal {
            return Err(Error::internal_redirect(self.url.as_str()));
        }
        let redirect = if is_external(&self.url) {
            answers::Redirect::external(self.url.as_str())
        } else {
            answers::Redirect::to(self.url.as_str())
        };
        x.answer(redirect.status(self.status.unwrap_or(StatusCode::SEE_OTHER)));
        Ok(())
    }
}

impl Redirect {
    /// The request is for `url` itself, or for the same with or without a slash, whose page may send it back here.
    fn is_at(&self, x: &Exchange) -> bool {
        let target = location::path_absolute(&self.url, x.raw_path());
        let path = target
            .as_deref()
            .and_then(|target| target.split(['?', '#']).next());
        path.map(bare) == Some(bare(x.raw_path()))
    }
}

/// A path without the slash at its end.
fn bare(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}
