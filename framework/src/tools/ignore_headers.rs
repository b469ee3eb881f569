//! Takes headers out of requests, as if the client had not sent them.
//!
//! # Turn it on
//! ```
//! use actix_web::HttpRequest;
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(ignore_headers(headers = ["X-Debug"]))]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     fn index(&self, request: HttpRequest) -> String {
//!         request.headers().contains_key("x-debug").to_string()
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! let asked = client.request("GET".parse().unwrap(), "/").header("x-debug", "1");
//! asked.send().assert_body("false");
//! ```
//!
//! # What it does
//! - Each of `headers` is taken out before any tool after it, any child and any page sees the request.
//! - `Host`, `Content-Length` and `Transfer-Encoding` cannot be ignored: what they say has been acted on already. They refuse the start, as does
//!   a name that is no token (RFC 9110, 5.1).
//! - A middleware of actix-web around the site that keeps a handle on the request makes the answer a 500: a shared head cannot be changed.
//!
//! # CherryPy
//! `tools.ignore_headers`, with the same default: `Range`.

use actix_web::http::header::{CONTENT_LENGTH, HOST, HeaderName, TRANSFER_ENCODING};

use crate::belt::Preparation;
use crate::exchange::Exchange;
use crate::http::field::checked_name;
use crate::tools::order;
use kirsch_macros::tool;

/// What has been acted on before any tool is asked.
const ACTED_ON: [HeaderName; 3] = [HOST, CONTENT_LENGTH, TRANSFER_ENCODING];

/// Takes headers out of requests: see the [module](self).
#[tool(priority = order::IGNORE_HEADERS)]
pub struct IgnoreHeaders {
    /// The names. Default: `Range`.
    #[option(default = vec!["Range".to_owned()])]
    headers: Vec<String>,
    /// The same, checked.
    names: Vec<HeaderName>,
}

#[tool]
impl IgnoreHeaders {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        for name in &self.headers {
            match checked_name(name) {
                Ok(name) if ACTED_ON.contains(&name) => at.refuse(
                    &["headers"],
                    format!("`{name}` has been acted on before, and cannot be ignored"),
                ),
                Ok(name) => self.names.push(name),
                Err(malformed) => at.refuse(&["headers"], malformed),
            }
        }
    }

    fn on_start_resource(&self, x: &mut Exchange) {
        for name in &self.names {
            if x.request().headers().contains_key(name) {
                x.remove_header(name);
            }
        }
    }
}
