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
//! - A method that is not among `methods` is 405 (RFC 9110, 15.5.6), before its body is read and before anything asks who the visitor is. `Allow` has what is in both: what the pages at the path declare, and
//!   what is allowed.
//! - HEAD comes with GET; OPTIONS is always answered.
//! - A preflight that the tool `cors` answers is told no more than what is left (Fetch, 3.3.2).
//! - What no page answers stays 404 or 405 as it is: this tool only narrows. It narrows `Allow` there too, and in the answer to OPTIONS (9.3.7).
//! - A name that is no method of HTTP, in capitals, refuses the start.
//!
//! # CherryPy
//! `tools.allow`, with the same default: GET and HEAD. There, pages answer every method unless this tool is on; here, methods are declared, and
//! `Allow` comes from the route table. There, `Allow` is set on every answer.

use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::http::{Method, StatusCode};

use crate::belt::Preparation;
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::exchange::methods::{Methods, NAMES};
use crate::tools::order;
use kirsch_macros::tool;

/// Answers fewer methods than the pages declare: see the [module](self).
#[tool(priority = order::ANY)]
pub struct Allow {
    /// The methods that are answered. Default: GET, and HEAD with it.
    #[option(default = vec!["GET".to_owned()])]
    methods: Vec<String>,
    /// With HEAD and OPTIONS.
    allowed: Methods,
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
        self.allowed = Methods::of(named.chain(head).chain(["OPTIONS"]));
    }

    /// What other tools are told of this path is what is left of it.
    #[hook(priority = order::ALLOW_NARROWS)]
    fn on_start_resource(&self, x: &mut Exchange) {
        let left = x.allowed_methods().and_then(|said| self.narrowed(said));
        if let Some(left) = left {
            x.put_allow(left);
        }
    }

    fn before_request_body(&self, x: &mut Exchange) -> Result<()> {
        // After an internal redirect, pages are asked by GET.
        let method = if x.is_redirected() {
            &Method::GET
        } else {
            x.request().method()
        };
        // What no page answers, the site refuses itself.
        if self.allowed.contains(method) || !x.has_page() {
            return Ok(());
        }
        let allow = HeaderValue::from_str(&x.methods.within(self.allowed).list())?;
        let words = "this page does not answer this method";
        Err(Error::new(StatusCode::METHOD_NOT_ALLOWED, words).header(ALLOW, allow))
    }

    fn before_finalize(&self, x: &mut Exchange) {
        let is_options = x.request().method() == Method::OPTIONS;
        let Some(response) = x.response_mut() else {
            return;
        };
        if !is_options && response.status() != StatusCode::METHOD_NOT_ALLOWED {
            return;
        }
        let said = response.headers().get(ALLOW);
        if let Some(left) = said.and_then(|said| self.narrowed(said)) {
            response.headers_mut().insert(ALLOW, left);
        }
    }
}

impl Allow {
    /// What is left of a list of methods.
    fn narrowed(&self, said: &HeaderValue) -> Option<HeaderValue> {
        let said = Methods::of(said.to_str().ok()?.split(',').map(str::trim));
        HeaderValue::from_str(&said.within(self.allowed).list()).ok()
    }
}
