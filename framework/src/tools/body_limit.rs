//! Lets no body be larger than a page needs.
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
//!     #[post]
//!     #[tools(body_limit(bytes = 1_000))]
//!     fn comment(&self, text: String) -> String {
//!         format!("{} letters", text.len())
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.post_form("/comment", [("text", "short")]).assert_status(200);
//! let long = "x".repeat(2_000);
//! client.post_form("/comment", [("text", &long)]).assert_status(413);
//! ```
//!
//! # What it does
//! - A body that is announced as larger (`Content-Length`) is 413 before anything of it is read (RFC 9110, 15.5.14), before authentication, and before any
//!   code of the application runs.
//! - One that is not announced (`Transfer-Encoding: chunked`) is counted while it is read, by whatever reads it: forms, uploads, JSON, extractors.
//! - `bytes` stands in the place of the site's `body_bytes`, and may be more. The site's limits for what is held in memory, JSON and urlencoded forms, are made
//!   smaller by it, never larger.
//!
//! # CherryPy
//! `request.body.maxbytes` and `server.max_request_body_size`, there for a whole server.

use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

use crate::config::Size;
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::tools::order;
use kirsch_macros::tool;

/// Lets no body be larger than a page needs: see the [module](self).
#[tool(priority = order::BODY)]
pub struct BodyLimit {
    /// How many bytes a body may have: `kib(64)`, `"64KiB"`.
    #[option(required)]
    bytes: Size,
}

#[tool]
impl BodyLimit {
    fn on_start_resource(&self, x: &mut Exchange) -> Result<()> {
        let headers = x.request().headers();
        let announced = headers.get(CONTENT_LENGTH);
        if announced.is_none() && !headers.contains_key(TRANSFER_ENCODING) {
            return Ok(());
        }
        // A length that is no number has been refused by the server; one that is too long for a number is too large.
        let length = announced.and_then(|value| value.to_str().ok());
        let length = length.map_or(0, |digits| digits.trim().parse().unwrap_or(u64::MAX));
        if length > self.bytes.0 {
            return Err(Error::too_large(self.bytes.0));
        }
        x.limit_body(self.bytes.0);
        Ok(())
    }
}
