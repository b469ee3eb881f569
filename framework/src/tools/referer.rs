//! Serves a part of the site only to those who come from certain pages: against pictures that other sites show as their own.
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
//!     #[tools(referer(pattern = r"https://example\.org/"))]
//!     fn picture(&self) -> &'static str {
//!         "a cat"
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.get("/picture").assert_status(403);
//! let request = client.request(actix_web::http::Method::GET, "/picture");
//! request.header("referer", "https://example.org/cats").send().assert_body("a cat");
//! ```
//!
//! # What it does
//! - `Referer` (RFC 9110, 10.1.3) is compared with a regular expression, from its beginning; what comes after the match may be anything. End the
//!   pattern of a host with its slash, and write its dots as `\.`: `example.org` is also the beginning of `example.org.evil.example`.
//! - With `accept = false`, whoever comes from there is refused, and all others are served.
//! - Who does not say where they come from is refused, or served with `accept_missing`: privacy tools, and `Referrer-Policy` of the page
//!   that they come from, leave the field out.
//! - The refusal is 403, or another `error`, with your `message`. Nothing of the body has been read.
//! - The answer has `Vary: Referer`, so that no cache shows it to others (RFC 9110, 12.5.5).
//! - The expression is `regex-lite`'s: its time is linear in the length of the field, and letters mean ASCII where classes are concerned.
//! - A pattern that is none, and an `error` below 400, refuse the start.
//!
//! A client can write what it likes into this field. It is no protection of secrets, and against forged requests there is `csrf`.
//!
//! # CherryPy
//! `tools.referer`, with the same options. Differs from CherryPy: `Vary`.

use actix_web::http::StatusCode;
use actix_web::http::header::REFERER;
use regex_lite::Regex;

use crate::belt::Preparation;
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::http::{is_error, vary};
use crate::tools::order;
use kirsch_macros::tool;

/// Serves only those who come from certain pages: see the [module](self).
#[tool(priority = order::ANY)]
pub struct Referer {
    /// A regular expression, from the beginning of the field.
    #[option(required)]
    pattern: String,
    /// Those who match are served; with `false`, they are refused. Default: `true`.
    #[option(default = true)]
    accept: bool,
    /// Those who do not say where they come from are served. Default: `false`.
    #[option(default = false)]
    accept_missing: bool,
    /// The status of the refusal: 400 to 599. Default: 403.
    #[option(default = StatusCode::FORBIDDEN)]
    error: StatusCode,
    /// What the refused are told. Default: `this page cannot be reached from there`.
    #[option(default = "this page cannot be reached from there")]
    message: String,
    /// The pattern, made.
    made: Option<Regex>,
}

#[tool]
impl Referer {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        match anchored(&self.pattern) {
            Ok(made) => self.made = Some(made),
            Err(error) => at.refuse(
                &["pattern"],
                format!("`{}` is no regular expression: {error}", self.pattern),
            ),
        }
        if !is_error(self.error) {
            at.refuse(&["error"], "the status of a refusal is 400 to 599");
        }
    }

    fn before_request_body(&self, x: &mut Exchange) -> Result<()> {
        if self.is_welcome(x) {
            return Ok(());
        }
        Err(Error::new(self.error, self.message.clone()))
    }

    fn before_finalize(&self, x: &mut Exchange) {
        depend(x);
    }

    fn after_error_response(&self, x: &mut Exchange) {
        depend(x);
    }
}

impl Referer {
    fn is_welcome(&self, x: &Exchange) -> bool {
        // A field that is no text comes from no page.
        let is_sent = x.request().headers().contains_key(REFERER);
        match x.header(REFERER) {
            Some(from) => self.matches(from) == self.accept,
            None if is_sent => !self.accept,
            None => self.accept_missing,
        }
    }

    fn matches(&self, from: &str) -> bool {
        self.made.as_ref().is_some_and(|made| made.is_match(from))
    }
}

/// The expression, from the beginning of the field. Beginning and pattern apart: `a|b` is a choice of two whole patterns.
fn anchored(pattern: &str) -> Result<Regex, regex_lite::Error> {
    Regex::new(&format!(r"\A(?:{pattern})"))
}

/// The answer depends on where the visitor comes from.
fn depend(x: &mut Exchange) {
    if let Some(response) = x.response_mut() {
        vary(response.headers_mut(), &REFERER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, from: &str) -> bool {
        anchored(pattern).expect(pattern).is_match(from)
    }

    #[test]
    fn a_pattern_matches_from_the_beginning() {
        assert!(matches("https://a\\.b/", "https://a.b/c?d"));
        assert!(!matches("https://a\\.b/", "https://evil/?https://a.b/"));
        assert!(!matches("https://a\\.b/", "https://aXb/"));
        assert!(matches("https?://(www\\.)?a\\.b(/|$)", "http://www.a.b"));
    }

    #[test]
    fn each_choice_of_a_pattern_begins_at_the_beginning() {
        assert!(matches("http://a/|http://b/", "http://b/"));
        assert!(!matches("http://a/|http://b/", "http://evil/?http://b/"));
    }
}
