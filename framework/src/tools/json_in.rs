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
//! - A page with [`Json`](actix_web::web::Json) reads a body of these types. Where the tool is off, it reads `application/json` alone.
//! - Requests without a body, and GET, are left alone.
//! - What is no JSON, or no JSON of the page's type, is 400. JSON is UTF-8 (RFC 8259, 8.1): another `charset` is 415.
//!
//! # CherryPy
//! `tools.json_in`, whose outcome is in `request.json`. Differs from CherryPy: a body of unknown length is read as well (there: 411), and parameters of the type are
//! allowed.

use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;

use crate::belt::Preparation;
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::http::content_type::MediaType;
use crate::tools::order;
use kirsch_macros::tool;

/// Lets only JSON into pages: see the [module](self).
#[tool(priority = order::BODY)]
pub struct JsonIn {
    /// Media types that are taken for JSON, without parameters, at least one. Default: `application/json` and `text/javascript`.
    #[option(default = vec!["application/json".to_owned(), "text/javascript".to_owned()])]
    content_type: Vec<String>,
    /// Refuses all others. Default: on.
    #[option(default = true)]
    force: bool,
}

#[tool]
impl JsonIn {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        if self.content_type.is_empty() {
            at.refuse(
                &["content_type"],
                "no body could ever be read\nhelp: write the media types of JSON: `content_type = [\"application/json\"]`",
            );
        }
        for kind in self.content_type.iter().filter(|kind| !is_bare(kind)) {
            at.refuse(
                &["content_type"],
                format!(
                    "`{}` is no media type\nhelp: write one without parameters, such as `application/json`",
                    kind.escape_debug()
                ),
            );
        }
    }

    fn before_request_body(&self, x: &mut Exchange) -> Result<()> {
        let may_have_body = matches!(
            *x.request().method(),
            Method::POST | Method::PUT | Method::PATCH | Method::DELETE
        );
        if !may_have_body || !x.has_unread_body() {
            return Ok(());
        }
        let sent = x.header(CONTENT_TYPE).unwrap_or_default();
        let sent = sent.split(';').next().unwrap_or_default().trim();
        let mut known = self.content_type.iter();
        if known.any(|known| known.eq_ignore_ascii_case(sent)) {
            x.take_for_json();
        } else if self.force {
            return Err(Error::unsupported_media_type(format!(
                "this page reads {}",
                self.content_type.join(", ")
            )));
        }
        Ok(())
    }
}

/// A media type without parameters: those of a request are not compared.
fn is_bare(kind: &str) -> bool {
    MediaType::parse(kind).is_some_and(|media| media.essence == kind)
}
