//! Answers 304 to who has the page already, and 412 to who would change another one than they know.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(etags(autotags = true))]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     fn index(&self) -> &'static str {
//!         "Hello"
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! let tag = client.get("/").assert_status(200).header("etag").unwrap().to_owned();
//! let again = client.request("GET".parse().unwrap(), "/").header("if-none-match", &tag).send();
//! again.assert_status(304).assert_header("etag", &tag).assert_body("");
//! ```
//!
//! # What it does
//! - The page's own `ETag` and `Last-Modified` are compared with `If-Match`, `If-Unmodified-Since`, `If-None-Match` and `If-Modified-Since`, in the order of
//!   RFC 9110, 13.2.2: strongly for `If-Match`, weakly for `If-None-Match` (8.8.3.2). Only answers of success are.
//! - What the client has already is 304 for GET and HEAD, with `ETag`, `Vary`, `Cache-Control`, `Content-Location`, `Date`, `Expires` and cookies, and without
//!   the headers of a body (15.4.5).
//! - With `autotags`, an answer of 200 to GET or HEAD without a tag gets one, made of its bytes; with `weak`, a weak one. A body that streams is left alone: its bytes
//!   are not there yet, and nobody waits for them.
//! - A tag of an encoded body is another than that of the plain one: `"x"` and `"x-gzip"` (8.8.3.3).
//! - A condition on a request that changes something is judged when the page has answered, from what it answers: such a page compares
//!   for itself, before it changes anything. The page's own 304 and 412 stay.
//! - Malformed tags and dates are ignored, and any number of them is looked at once.
//!
//! # CherryPy
//! `tools.etags`. Differs from CherryPy: weak tags are weak, dates count, and a tag depends on the coding.

use std::time::SystemTime;

use actix_web::body::MessageBody as _;
use actix_web::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH,
    CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::http::conditions::{Conditions, Current, Precondition};
use crate::http::etag::EntityTag;
use crate::tools::order;
use kirsch_macros::tool;

/// What is said of a body, and not of its absence.
const OF_A_BODY: [HeaderName; 8] = [
    ACCEPT_RANGES,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_RANGE,
    CONTENT_TYPE,
    LAST_MODIFIED,
];

/// Answers 304 and 412: see the [module](self).
#[tool(priority = order::ETAGS)]
pub struct Etags {
    /// Gives a tag to answers that have none. Default: off.
    #[option]
    autotags: bool,
    /// Automatic tags are weak: two answers of one tag mean the same, and may differ in their bytes. Default: off.
    #[option]
    weak: bool,
}

#[tool]
impl Etags {
    fn before_finalize(&self, x: &mut Exchange) -> Result<()> {
        let is_read = matches!(*x.request().method(), Method::GET | Method::HEAD);
        let Some(response) = x.response_mut() else {
            return Ok(());
        };
        if !response.status().is_success() {
            return Ok(());
        }
        if self.autotags
            && is_read
            && response.status() == StatusCode::OK
            && !response.headers().contains_key(ETAG)
        {
            self.tag(response);
        }
        match x.response().map(|response| decide(x.request(), response)) {
            Some(Precondition::NotModified) => not_modified(x),
            Some(Precondition::Failed) => {
                let words = "the page is not the one that the request is about any more";
                return Err(Error::new(StatusCode::PRECONDITION_FAILED, words));
            }
            _ => {}
        }
        Ok(())
    }
}

impl Etags {
    /// Gives the answer a tag, if its bytes are there.
    fn tag(&self, response: &mut HttpResponse) {
        let body = std::mem::replace(response, HttpResponse::Ok().finish());
        let (head, body) = body.into_parts();
        let (body, tag) = match body.try_into_bytes() {
            Ok(bytes) => {
                let tag = tag_of(&bytes);
                (actix_web::body::BoxBody::new(bytes), tag)
            }
            Err(streaming) => (streaming, None),
        };
        *response = head.set_body(body);
        let coding = response
            .headers()
            .get(CONTENT_ENCODING)
            .and_then(|value| value.to_str().ok());
        let tag = tag.map(|tag| match coding {
            Some(coding) => tag.coded(coding),
            None => tag,
        });
        let tag = tag.map(|tag| if self.weak { tag.weakened() } else { tag });
        if let Some(Ok(value)) = tag.map(|tag| HeaderValue::from_str(&tag.to_string())) {
            response.headers_mut().insert(ETAG, value);
        }
    }
}

/// 128 bits of SHA-256: nobody can make another page of the same tag.
fn tag_of(bytes: &[u8]) -> Option<EntityTag<'static>> {
    let digest = Sha256::digest(bytes);
    let half = digest.first_chunk::<16>()?;
    let hex = format!("{:032x}", u128::from_be_bytes(*half));
    EntityTag::strong(hex)
}

fn decide(request: &HttpRequest, response: &HttpResponse) -> Precondition {
    let asked = |name: HeaderName| request.headers().get(name).map(HeaderValue::as_bytes);
    let conditions = Conditions {
        if_match: asked(IF_MATCH),
        if_unmodified_since: asked(IF_UNMODIFIED_SINCE),
        if_none_match: asked(IF_NONE_MATCH),
        if_modified_since: asked(IF_MODIFIED_SINCE),
    };
    if conditions.is_empty() {
        return Precondition::Pass;
    }
    let headers = response.headers();
    let tag = headers
        .get(ETAG)
        .and_then(|value| EntityTag::parse(value.as_bytes()));
    let etags: Vec<_> = tag.into_iter().collect();
    let current = Current {
        etags: &etags,
        modified: headers.get(LAST_MODIFIED).and_then(date),
    };
    conditions.decide(request.method(), Some(&current))
}

fn date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

fn not_modified(x: &mut Exchange) {
    let Some(response) = x.response_mut() else {
        return;
    };
    let mut bare = HttpResponse::NotModified().finish();
    for (name, value) in response.headers() {
        if !OF_A_BODY.contains(name) {
            bare.headers_mut().append(name.clone(), value.clone());
        }
    }
    x.answer(bare);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_of_the_bytes() {
        let tag = |bytes: &[u8]| tag_of(bytes).unwrap().to_string();
        assert_eq!(tag(b"a"), tag(b"a"));
        assert_ne!(tag(b"a"), tag(b"b"));
        assert_eq!(tag(b"").len(), 34);
    }
}
