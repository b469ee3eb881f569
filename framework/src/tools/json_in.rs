//! Lets only JSON into pages that read a body.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(json_in)]
//! struct Api;
//!
//! #[expose]
//! impl Api {
//!     #[post]
//!     fn add(&self, numbers: Json<Vec<u32>>) -> String {
//!         numbers.iter().sum::<u32>().to_string()
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Api);
//! client.post_form("/add", [("a", "1")]).assert_status(415);
//! client.request("POST".parse().unwrap(), "/add").json(&[1, 2, 3]).send().assert_body("6");
//! ```
//!
//! # What it does
//! - A body of POST, PUT, PATCH or DELETE whose media type is none of `content_type`, or that has none, is 415 before it is read (RFC 9110, 15.5.16). Parameters of the
//!   type (`charset`) and capitals make no difference.
//! - Without `force`, other types pass: forms then reach the pages that take them.
//! - Requests without a body, and GET, are left alone.
//! - The page reads the body as [`Json`](actix_web::web::Json): what is no JSON, or no JSON of its type, is 400.
//!
//! # CherryPy
//! `tools.json_in`, whose outcome is in `request.json`. Differs from CherryPy: a body of unknown length is read as well (there: 411), and parameters of the type are
//! allowed.

use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;

use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::tools::order;
use kirsch_macros::tool;

/// Lets only JSON into pages: see the [module](self).
#[tool(priority = order::BODY)]
pub struct JsonIn {
    /// Media types that are taken for JSON. Default: `application/json` and `text/javascript`.
    #[option(default = vec!["application/json".to_owned(), "text/javascript".to_owned()])]
    content_type: Vec<String>,
    /// Refuses all others. Default: on.
    #[option(default = true)]
    force: bool,
}

#[tool]
impl JsonIn {
    fn before_request_body(&self, x: &mut Exchange) -> Result<()> {
        let may_have_body = matches!(
            *x.request().method(),
            Method::POST | Method::PUT | Method::PATCH | Method::DELETE
        );
        if !self.force || !may_have_body || !x.has_unread_body() {
            return Ok(());
        }
        let sent = x.header(CONTENT_TYPE).unwrap_or_default();
        let sent = sent.split(';').next().unwrap_or_default().trim();
        if self
            .content_type
            .iter()
            .any(|known| known.eq_ignore_ascii_case(sent))
        {
            return Ok(());
        }
        Err(Error::unsupported_media_type(format!(
            "this page reads {}",
            self.content_type.join(", ")
        )))
    }
}
