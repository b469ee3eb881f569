//! Answers fewer methods than the pages declare.
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
//!     #[any]
//!     #[tools(allow(methods = ["GET", "POST"]))]
//!     fn index(&self) -> &'static str {
//!         "Hello"
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.get("/").assert_status(200);
//! client.request("PUT".parse().unwrap(), "/").send().assert_status(405).assert_header("allow", "GET, HEAD, OPTIONS, POST");
//! ```
//!
//! An operator closes a part of the site for writing with it: `tools.allow.on = true` allows GET and HEAD.
//!
//! # What it does
//! - A method that is not among `methods` is 405 (RFC 9110, 15.5.6), before its body is read and before anything asks who the visitor is.
//! - `Allow` has what the pages at the path declare, less what this tool refuses at each of them: in a 405, also to a method that no page there declares, and in the answer
//!   to OPTIONS (RFC 9110, 9.3.7). A preflight that the tool `cors` answers is told no more (Fetch, 3.3.2).
//! - HEAD comes with GET; OPTIONS is always answered.
//! - What no page answers stays 404 or 405 as it is: this tool only narrows.
//! - A name that is no method of HTTP, in capitals, refuses the start.
//!
//! # CherryPy
//! `tools.allow`, with the same default: GET and HEAD. There, pages answer every method unless this tool is on; here, methods are declared, and
//! `Allow` comes from the route table. There, `Allow` is set on every answer.

use actix_web::http::header::ALLOW;
use actix_web::http::{Method, StatusCode};

use crate::belt::Preparation;
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::exchange::methods::{Methods, NAMES, WRONG_METHOD};
use crate::tools::order;
use kirsch_macros::tool;

/// Answers fewer methods than the pages declare: see the [module](self).
#[tool(priority = order::ANY)]
pub struct Allow {
    /// The methods that are answered. Default: GET, and HEAD with it.
    #[option(default = vec!["GET".to_owned()])]
    methods: Vec<String>,
    /// All others, but for HEAD that comes with GET, and OPTIONS.
    refused: Methods,
}

#[tool]
impl Allow {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        for method in &self.methods {
            if !NAMES.contains(&method.as_str()) {
                at.refuse(
                    &["methods"],
                    format!(
                        "`{method}` is no method that a page can have\nhelp: there are `{}`",
                        NAMES.join("`, `")
                    ),
                );
            }
        }
        let named = self.methods.iter().map(String::as_str);
        let head = named.clone().find(|name| *name == "GET").map(|_| "HEAD");
        let allowed = Methods::of(named.chain(head).chain(["OPTIONS"]));
        self.refused = Methods::of(NAMES).without(allowed);
        at.refuse_methods(self.refused);
    }

    fn before_request_body(&self, x: &mut Exchange) -> Result<()> {
        // After an internal redirect, pages are asked by GET.
        let method = if x.is_redirected() {
            &Method::GET
        } else {
            x.request().method()
        };
        // What no page answers, the site refuses itself.
        if !self.refused.contains(method.as_str()) || !x.has_page() {
            return Ok(());
        }
        let refusal = Error::new(StatusCode::METHOD_NOT_ALLOWED, WRONG_METHOD);
        Err(match x.allowed_methods() {
            Some(allow) => refusal.header(ALLOW, allow.clone()),
            None => refusal,
        })
    }
}
