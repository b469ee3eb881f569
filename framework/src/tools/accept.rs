//! Chooses what a page answers with by what the client accepts.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//! use kirsch::tools::Accepted;
//!
//! #[expose]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     #[tools(accept(media = ["text/html", "text/plain"]))]
//!     fn index(&self, accepted: Accepted) -> String {
//!         match accepted.as_str() {
//!             "text/html" => "<h1>Hello</h1>".to_owned(),
//!             _ => "Hello".to_owned(),
//!         }
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! let mut get = |accept| client.request("GET".parse().unwrap(), "/").header("accept", accept).send();
//! get("text/plain").assert_body("Hello").assert_header("vary", "accept");
//! get("image/png").assert_status(406);
//! ```
//!
//! # What it does
//! - Of the types in `media`, the one with the highest quality in `Accept` is chosen, and of two, the one that is offered first (RFC 9110, 12.5.1). Without `Accept`, the
//!   first is.
//! - The page takes the choice as a parameter of type [`Accepted`]. It sets `Content-Type` itself.
//! - A client that accepts none of them gets 406, which names them (15.5.7). Where there is no page, nothing is offered: 404 stays 404.
//! - Several lines of `Accept` are one list (5.3).
//! - Every answer says `Vary: accept`, so that caches keep them apart.
//! - No media at all, or something that is no media type, refuses the start.
//!
//! # CherryPy
//! `tools.accept`. Differs from CherryPy: `Vary` is set, and of two types that the client likes equally, the order of `media` decides.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, HeaderValue};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

use crate::belt::{Preparation, Provided};
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::exchange::bind::NeverWaits;
use crate::http::field::{is_token, joined, parameter, split};
use crate::http::{accept, vary};
use crate::tools::order;
use kirsch_macros::tool;

/// Chooses by what the client accepts: see the [module](self).
#[tool(priority = order::ANY)]
pub struct Accept {
    /// The media types that the page can answer with, the best first.
    #[option(required)]
    media: Vec<String>,
}

#[tool]
impl Accept {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        if self.media.is_empty() {
            at.refuse(&["media"], "nothing is offered\nhelp: write the media types of the page: `media = [\"text/html\"]`");
        }
        for media in self.media.iter().filter(|media| !is_type(media)) {
            at.refuse(
                &["media"],
                format!(
                    "`{}` is no media type\nhelp: write one such as `text/html`",
                    media.escape_debug()
                ),
            );
        }
    }

    fn on_start_resource(&self, x: &mut Exchange) -> Result<()> {
        if !x.has_page() {
            return Ok(());
        }
        let offered: Vec<_> = self.media.iter().map(String::as_str).collect();
        let lines = x.request().headers().get_all(ACCEPT);
        let asked = joined(lines.map(HeaderValue::as_bytes));
        let asked = asked.as_deref().and_then(|list| str::from_utf8(list).ok());
        let Some(chosen) = accept::best(asked, &offered) else {
            let words = format!("this page answers with {} only", self.media.join(", "));
            return Err(Error::new(StatusCode::NOT_ACCEPTABLE, words));
        };
        let chosen = Accepted(chosen.to_owned());
        x.request().extensions_mut().insert(chosen);
        Ok(())
    }

    fn before_finalize(&self, x: &mut Exchange) {
        depend(x);
    }

    fn after_error_response(&self, x: &mut Exchange) {
        depend(x);
    }
}

/// One media type, without ranges. A blank around it would stand in `Accepted`, which the page compares.
fn is_type(media: &str) -> bool {
    let essence = media.split(';').next().unwrap_or_default();
    let is_whole = essence
        .split_once('/')
        .is_some_and(|(kind, sub)| is_token(kind) && is_token(sub) && kind != "*" && sub != "*");
    is_whole && split(media, ';').skip(1).all(is_of_a_type)
}

/// A parameter of a media type. The quality is none: clients say it, and of two types the first on offer is the better.
fn is_of_a_type(text: &str) -> bool {
    parameter(text).is_some_and(|(name, _)| is_token(name) && !name.eq_ignore_ascii_case("q"))
}

/// The answer depends on what was accepted.
fn depend(x: &mut Exchange) {
    if let Some(response) = x.response_mut() {
        vary(response.headers_mut(), &ACCEPT);
    }
}

/// The media type that has been chosen for this answer: a parameter of pages with the tool [`accept`](crate::tools::accept()).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted(String);

impl Accepted {
    /// The media type, as `media` has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Provided for Accepted {
    const TOOL: &'static str = "accept";
}

impl NeverWaits for Accepted {}

impl FromRequest for Accepted {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let chosen = request.extensions().get::<Self>().cloned();
        ready(
            chosen.ok_or_else(|| {
                actix_web::error::ErrorInternalServerError("the tool `accept` is off")
            }),
        )
    }
}
