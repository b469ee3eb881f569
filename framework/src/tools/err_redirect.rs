//! Leads the visitor elsewhere when a page fails as nobody meant it to.
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
//!     #[tools(err_redirect(url = "/sorry"))]
//!     fn shaky(&self) -> Result<&'static str> {
//!         Err(std::fmt::Error)?
//!     }
//!
//!     fn sorry(&self) -> &'static str {
//!         "we are mending it"
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.get("/shaky").assert_status(200).assert_body("we are mending it");
//! ```
//!
//! # What it does
//! - An error that `?` made a 500 of, or a panic, is logged, and `url` is served in its place; expected errors ([`Error::not_found`] …) have their error pages as ever.
//! - `internal`, the default: another page of the site answers, by GET, and the address in the browser stays. Otherwise the browser is sent there with 303.
//! - If the page at `url` fails as well, its own error page is the answer: nothing goes round in a circle.
//! - `url` is a path of this site; without `internal`, it may be the URL of another one.
//!
//! # CherryPy
//! `tools.err_redirect`, with the same options.

use crate::answers::{Redirect, is_external};
use crate::belt::Preparation;
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::http::location;
use crate::tools::order;
use kirsch_macros::tool;

/// Leads elsewhere after an unexpected error: see the [module](self).
#[tool(priority = order::ANY)]
pub struct ErrRedirect {
    /// Where to: a path of the site, with its slash at the front.
    #[option(required)]
    url: String,
    /// Another page answers in this one's place. Default: on.
    #[option(default = true)]
    internal: bool,
}

#[tool]
impl ErrRedirect {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        let is_path =
            self.url.starts_with('/') && location::path_absolute(&self.url, "/").is_some();
        if !is_path && (self.internal || !is_external(&self.url)) {
            let url = self.url.escape_debug();
            at.refuse(&["url"], format!("`{url}` is no path of this site\nhelp: write it with its slash at the front: `/sorry`"));
        }
    }

    fn before_error_response(&self, _: &mut Exchange) -> Result<()> {
        Err(match (self.internal, self.url.starts_with('/')) {
            (true, _) => Error::internal_redirect(self.url.clone()),
            (false, true) => Redirect::to(self.url.clone()).into(),
            (false, false) => Redirect::external(self.url.clone()).into(),
        })
    }
}
