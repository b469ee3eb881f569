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
//!   the headers of a body; `Last-Modified` stays where there is no tag (15.4.5).
//! - With `autotags`, an answer of 200 to GET or HEAD without a tag gets one, made of its bytes; with `weak`, a weak one. A body that streams is left alone: its bytes
//!   are not there yet, and nobody waits for them. So is a page for HEAD alone that makes no body: its bytes would not be those of GET.
//! - A tag of an encoded body is another than that of the plain one: `"x"` and `"x-gzip"` (8.8.3.3). A client that knows the tag which a coding applied behind this
//!   tool has made of the page's has the page too, and its 304 bears the tag that it knows (RFC 9111, 4.3.4).
//! - A condition on a request that changes something is judged when the page has answered, and so has acted, by the tag of its answer. That is too late: such a page
//!   compares for itself before it acts (13.2.1), and turns the tool off, `#[tools(!etags)]`. The page's own 304 and 412 stay. An answer
//!   that says neither a tag nor a date is not judged at all, and neither is 201: there is nothing to compare, and a 412 would deny what has been done.
//! - Several lines of one header are one list (5.3). Malformed tags and dates are ignored, and any number of them is looked at once.
//! - A page that an internal redirect leads to is asked by GET in the place of another: conditions on what the client sent are not about it.
//!
//! # CherryPy
//! `tools.etags`. Differs from CherryPy: weak tags are weak, dates count, a tag depends on the coding, and a stream is not collected to make a tag of it. A condition on
//! a request that changes something comes too late there as well.

use std::borrow::Cow;
use std::time::SystemTime;

use actix_web::body::{BodySize, MessageBody as _};
use actix_web::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH,
    CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest as _, Sha256};
use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::http::conditions::{Conditions, Current, Precondition};
use crate::http::etag::{EntityTag, TagList};
use crate::http::field::joined;
use crate::tools::order;
use kirsch_macros::tool;

/// The codings that something behind this tool may apply.
const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

/// What is said of a body, and not of its absence. `Last-Modified` is, where the tag tells a cache as much.
const OF_A_BODY: [HeaderName; 10] = [
    ACCEPT_RANGES,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_RANGE,
    CONTENT_TYPE,
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("repr-digest"),
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
        let method = x.request().method().clone();
        let is_read = matches!(method, Method::GET | Method::HEAD);
        if x.is_redirected() && !is_read {
            return Ok(());
        }
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
            && (method == Method::GET || has_body(response))
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
        let codings = codings(response.headers());
        let tag = tag.map(|tag| codings.fold(tag, |tag, coding| tag.coded(coding)));
        let tag = tag.map(|tag| if self.weak { tag.weakened() } else { tag });
        if let Some(value) = tag.as_ref().and_then(value) {
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
    let asked = |name: HeaderName| -> Option<Cow<'_, [u8]>> {
        let lines = request.headers().get_all(name);
        joined(lines.map(HeaderValue::as_bytes))
    };
    let asked = [
        IF_MATCH,
        IF_UNMODIFIED_SINCE,
        IF_NONE_MATCH,
        IF_MODIFIED_SINCE,
    ]
    .map(asked);
    let [
        if_match,
        if_unmodified_since,
        if_none_match,
        if_modified_since,
    ] = asked.each_ref().map(Option::as_deref);
    let conditions = Conditions {
        if_match,
        if_unmodified_since,
        if_none_match,
        if_modified_since,
    };
    if conditions.is_empty() {
        return Precondition::Pass;
    }
    let headers = response.headers();
    let etags = tags(headers);
    let modified = headers.get(LAST_MODIFIED).and_then(date);
    let is_unknown = etags.is_empty() && modified.is_none();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read && (is_unknown || response.status() == StatusCode::CREATED) {
        return Precondition::Pass;
    }
    let current = Current {
        etags: &etags,
        modified,
    };
    conditions.decide(request.method(), Some(&current))
}

/// The tag of the answer, then those that codings behind this tool would make of it.
fn tags(said: &HeaderMap) -> SmallVec<[EntityTag<'_>; 5]> {
    let tag = said.get(ETAG);
    let Some(tag) = tag.and_then(|value| EntityTag::parse(value.as_bytes())) else {
        return SmallVec::new();
    };
    // What is coded is not coded again.
    let is_coded = codings(said).next().is_some();
    let codings = CODINGS.iter().filter(|_| !is_coded);
    let coded: SmallVec<[_; 4]> = codings.map(|coding| tag.coded(coding)).collect();
    std::iter::once(tag).chain(coded).collect()
}

/// The codings that the page has applied itself, in their order.
fn codings(said: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = said.get_all(CONTENT_ENCODING);
    let lines = lines.filter_map(|line| line.to_str().ok());
    let codings = lines.flat_map(|line| line.split(',')).map(str::trim);
    codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
}

/// The tag that the client knows, of those that the answer may have.
fn known(request: &HttpRequest, said: &HeaderMap) -> Option<HeaderValue> {
    let lines = request.headers().get_all(IF_NONE_MATCH);
    let asked = joined(lines.map(HeaderValue::as_bytes))?;
    let list = TagList(&asked);
    let tags = tags(said);
    tags.iter().find(|tag| list.has_weak(tag)).and_then(value)
}

fn value(tag: &EntityTag<'_>) -> Option<HeaderValue> {
    HeaderValue::from_bytes(tag.to_string().as_bytes()).ok()
}

fn date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

fn has_body(response: &HttpResponse) -> bool {
    !matches!(response.body().size(), BodySize::None | BodySize::Sized(0))
}

fn not_modified(x: &mut Exchange) {
    if let Some(response) = x.response() {
        let mut bare = bare(response);
        if let Some(tag) = known(x.request(), response.headers()) {
            bare.headers_mut().insert(ETAG, tag);
        }
        x.answer(bare);
    }
}

/// The answer to who has the body already.
fn bare(response: &HttpResponse) -> HttpResponse {
    let mut bare = HttpResponse::NotModified().finish();
    let has_tag = response.headers().contains_key(ETAG);
    for (name, value) in response.headers() {
        let is_dropped = OF_A_BODY.contains(name) || (has_tag && *name == LAST_MODIFIED);
        if !is_dropped {
            bare.headers_mut().append(name.clone(), value.clone());
        }
    }
    bare
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

    #[test]
    fn a_date_stays_where_there_is_no_tag() {
        let names = |tag: Option<&str>| {
            let mut response = HttpResponse::Ok();
            response
                .insert_header((LAST_MODIFIED, "Sun, 06 Nov 1994 08:49:37 GMT"))
                .insert_header(("Set-Cookie", "a=1"))
                .append_header(("Set-Cookie", "b=2"))
                .insert_header((CONTENT_TYPE, "text/plain"));
            if let Some(tag) = tag {
                response.insert_header((ETAG, tag));
            }
            let bare = bare(&response.body("body"));
            let mut names: Vec<_> = bare
                .headers()
                .iter()
                .map(|(name, _)| name.as_str().to_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(Some("\"x\"")), ["etag", "set-cookie", "set-cookie"]);
        assert_eq!(names(None), ["last-modified", "set-cookie", "set-cookie"]);
    }
}
