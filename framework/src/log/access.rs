//! The access log: Combined Log Format, one line per request.

use std::fmt::{self, Display};
use std::time::SystemTime;

use actix_web::body::{BodySize, MessageBody as _};
use actix_web::http::header::{HeaderMap, HeaderName, REFERER, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::{date, escape};
use crate::log::ACCESS;

/// Writes the line of a request, if somebody reads the access log.
#[inline]
pub(crate) fn access(request: &HttpRequest, response: &HttpResponse) {
    if tracing::enabled!(target: ACCESS, tracing::Level::INFO) {
        tracing::info!(target: ACCESS, "{}", Line { request, response });
    }
}

/// `127.0.0.1 - - [22/Nov/2026:06:07:30 +0000] "GET /p?q HTTP/1.1" 200 1234 "referer" "agent"`.
///
/// # CherryPy
/// `_cplogging.py`, `access`. Differs from CherryPy: the time is UTC and says so, a missing `Referer` is `-`, and what is
/// escaped is escaped in one way (`\xNN`).
struct Line<'a> {
    request: &'a HttpRequest,
    response: &'a HttpResponse,
}

impl Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.request.head();
        match head.peer_addr {
            Some(peer) => write!(f, "{}", peer.ip())?,
            None => f.write_str("-")?,
        }
        write!(
            f,
            " - - {} \"{} ",
            date::common_log(SystemTime::now()),
            escape::log(head.method.as_str().as_bytes())
        )?;
        let target = head
            .uri
            .path_and_query()
            .map_or("*", |target| target.as_str());
        write!(
            f,
            "{} {:?}\" {} ",
            escape::log(target.as_bytes()),
            head.version,
            self.response.status().as_u16()
        )?;
        match self.response.body().size() {
            BodySize::Sized(bytes) => write!(f, "{bytes}")?,
            BodySize::None => f.write_str("0")?,
            BodySize::Stream => f.write_str("-")?,
        }
        field(f, &head.headers, &REFERER)?;
        field(f, &head.headers, &USER_AGENT)
    }
}

fn field(f: &mut fmt::Formatter<'_>, headers: &HeaderMap, name: &HeaderName) -> fmt::Result {
    match headers.get(name) {
        Some(value) => write!(f, " \"{}\"", escape::log(value.as_bytes())),
        None => f.write_str(" \"-\""),
    }
}
