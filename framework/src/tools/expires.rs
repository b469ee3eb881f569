//! Tells caches how long an answer may be kept.
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
//!     #[tools(expires(secs = minutes(10)))]
//!     fn prices(&self) -> &'static str {
//!         "3 a pound"
//!     }
//!
//!     #[tools(expires)]
//!     fn stock(&self) -> &'static str {
//!         "17 pounds"
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.get("/prices").assert_header("cache-control", "max-age=600");
//! client.get("/stock").assert_header("cache-control", "no-cache, must-revalidate");
//! ```
//!
//! # What it does
//! - `secs` above zero: `Cache-Control: max-age` (RFC 9111, 5.2.2.1), and `Expires` for caches that know no other (5.3).
//! - `secs` of zero, the default: `Cache-Control: no-cache, must-revalidate`, `Pragma: no-cache`, and an `Expires` in the past: the answer may be kept, and is asked for
//!   again before it is used.
//! - What may be for one visitor alone is `private, max-age`, which only the visitor's own browser keeps (5.2.2.7): the answer sets a cookie, the page's or that of a
//!   tool before this one, or the request had a `Cookie` or an `Authorization`. A page that is for everybody in any case says so itself: `Cache-Control: public, max-age=600`.
//! - What the page, or `response_headers`, has said in `Cache-Control` or `Expires` stays, unless `force` is on; that overrules its `Pragma` as well, though not what is for one visitor alone.
//! - Only answers of success to GET or HEAD, and 304, get them: an error is gone when its cause is, and caches keep no other method's answers.
//! - More than a year is taken for a year (RFC 9111 leaves what is longer to caches).
//!
//! # CherryPy
//! `tools.expires`. Differs from CherryPy: there, an answer without `ETag`, `Last-Modified`, `Age` or `Expires` is left alone unless `force` is on, so that
//! turning the tool on does nothing to most pages; and only `Expires` is set for a time above zero. That guess at what is a file also kept visitors' own pages out
//! of shared caches: here, `private` does.

use std::time::{Duration, SystemTime};

use actix_web::http::header::{
    AUTHORIZATION, CACHE_CONTROL, COOKIE, EXPIRES, HeaderValue, PRAGMA, SET_COOKIE,
};
use actix_web::http::{Method, StatusCode};

use crate::exchange::Exchange;
use crate::tools::order;
use kirsch_macros::tool;

/// The longest time that is said.
const YEAR: Duration = Duration::from_hours(8760);

/// Some moment that is past for everybody.
const PAST: &str = "Sun, 28 Jan 2007 00:00:00 GMT";

/// Tells caches how long an answer may be kept: see the [module](self).
#[tool(priority = order::EXPIRES)]
pub struct Expires {
    /// How long. Default: zero, which is never without asking again.
    #[option]
    secs: Duration,
    /// Overrules what the page has said. Default: off.
    #[option]
    force: bool,
}

#[tool]
impl Expires {
    fn before_finalize(&self, x: &mut Exchange) {
        // The answer to a POST that an internal redirect has led to a page is still one to a POST.
        if !matches!(*x.request().method(), Method::GET | Method::HEAD) {
            return;
        }
        let asked = x.request().headers();
        let is_known = asked.contains_key(COOKIE) || asked.contains_key(AUTHORIZATION);
        let Some(response) = x.response_mut() else {
            return;
        };
        let status = response.status();
        if !status.is_success() && status != StatusCode::NOT_MODIFIED {
            return;
        }
        let headers = response.headers_mut();
        if !self.force && (headers.contains_key(CACHE_CONTROL) || headers.contains_key(EXPIRES)) {
            return;
        }
        if self.secs.is_zero() {
            headers.insert(
                CACHE_CONTROL,
                HeaderValue::from_static("no-cache, must-revalidate"),
            );
            headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
            headers.insert(EXPIRES, HeaderValue::from_static(PAST));
            return;
        }
        let age = self.secs.min(YEAR);
        let until = httpdate::fmt_http_date(SystemTime::now() + age);
        let for_whom = if is_known || headers.contains_key(SET_COOKIE) {
            "private, "
        } else {
            ""
        };
        // Numbers and dates are always values.
        if let (Ok(age), Ok(until)) = (
            HeaderValue::from_str(&format!("{for_whom}max-age={}", age.as_secs())),
            HeaderValue::from_str(&until),
        ) {
            headers.insert(CACHE_CONTROL, age);
            headers.insert(EXPIRES, until);
            headers.remove(PRAGMA);
        }
    }
}
