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
//! - A method that is not among `methods` is 405 with `Allow` (RFC 9110, 15.5.6), before anything of the application runs.
//! - HEAD comes with GET; OPTIONS is always answered.
//! - What no page answers stays 404 or 405 as it is: this tool only narrows.
//! - A name that is no method of HTTP, in capitals, refuses the start.
//!
//! # CherryPy
//! `tools.allow`, with the same default: GET and HEAD. There, pages answer every method unless this tool is on; here, methods are declared, and
//! `Allow` comes from the route table. There, `Allow` is set on every answer.

use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};

use crate::belt::Preparation;
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::tools::order;
use kirsch_macros::tool;

/// The methods that pages can have.
const KNOWN: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Answers fewer methods than the pages declare: see the [module](self).
#[tool(priority = order::ANY)]
pub struct Allow {
    /// The methods that are answered. Default: GET, and HEAD with it.
    #[option(default = vec!["GET".to_owned()])]
    methods: Vec<String>,
    /// With HEAD and OPTIONS.
    allowed: Vec<&'static str>,
}

#[tool]
impl Allow {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        for method in &self.methods {
            if !KNOWN.contains(&method.as_str()) {
                at.refuse(
                    &["methods"],
                    format!(
                        "`{method}` is no method that a page can have\nhelp: there are `{}`",
                        KNOWN.join("`, `")
                    ),
                );
            }
        }
        let is_named = |name: &str| self.methods.iter().any(|method| method == name);
        let is_allowed = |name: &&str| match *name {
            "OPTIONS" => true,
            "HEAD" => is_named("HEAD") || is_named("GET"),
            name => is_named(name),
        };
        self.allowed = KNOWN.into_iter().filter(is_allowed).collect();
    }

    fn on_start_resource(&self, x: &mut Exchange) -> Result<()> {
        let method = x.request().method();
        if self.allowed.contains(&method.as_str()) || *method == Method::OPTIONS {
            return Ok(());
        }
        let allow = HeaderValue::from_str(&self.allowed.join(", "))?;
        let words = "this page does not answer this method";
        Err(Error::new(StatusCode::METHOD_NOT_ALLOWED, words).header(ALLOW, allow))
    }
}
