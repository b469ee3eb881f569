//! The access log: Combined Log Format, one line per request.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::body::{BodySize, MessageBody as _};
use actix_web::http::Version;
use actix_web::http::header::{HeaderName, REFERER, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::{date, escape};
use crate::log::ACCESS;

/// Writes the line of a request, if somebody reads the access log.
///
/// Behind a proxy, its first word is the visitor. The format has no place for the proxy: its address is the field `peer` of the event, for
/// subscribers that keep fields, and stands in the error log.
#[inline]
pub(crate) fn access(request: &HttpRequest, client: Option<IpAddr>, response: &HttpResponse) {
    if !tracing::enabled!(target: ACCESS, tracing::Level::INFO) {
        return;
    }
    let peer = request.peer_addr().map(|peer| peer.ip());
    let peer = peer.filter(|peer| client.is_some_and(|client| client != *peer));
    PEN.with(|pen| {
        // A subscriber that asks this site for something while it is told of a request writes no line for that.
        let Ok(mut pen) = pen.try_borrow_mut() else {
            return;
        };
        pen.write(request, client, response);
        match peer {
            None => tracing::info!(target: ACCESS, "{}", pen.line),
            Some(peer) => tracing::info!(target: ACCESS, %peer, "{}", pen.line),
        }
    });
}

thread_local! {
    static PEN: RefCell<Pen> = const { RefCell::new(Pen::new()) };
}

/// Writes lines like
/// `127.0.0.1 - - [22/Nov/2026:06:07:30 +0000] "GET /p?q HTTP/1.1" 200 1234 "referer" "agent"`.
///
/// # CherryPy
/// `_cplogging.py`, `access`. Differs from CherryPy: the time is UTC and says so, a missing `Referer` is `-`, and what is
/// escaped is escaped in one way (`\xNN`).
struct Pen {
    /// Its room is used again for the next line.
    line: String,
    /// A second has many requests: its time is written once.
    second: u64,
    time: String,
}

impl Pen {
    const fn new() -> Self {
        Self {
            line: String::new(),
            second: u64::MAX,
            time: String::new(),
        }
    }

    fn write(&mut self, request: &HttpRequest, client: Option<IpAddr>, response: &HttpResponse) {
        let head = request.head();
        self.line.clear();
        match client.or_else(|| head.peer_addr.map(|peer| peer.ip())) {
            // Writing to a `String` cannot fail.
            Some(ip) => _ = write!(self.line, "{ip}"),
            None => self.line.push('-'),
        }
        self.line.push_str(" - - ");
        self.push_time();
        self.line.push_str(" \"");
        self.push(head.method.as_str().as_bytes());
        self.line.push(' ');
        self.push(
            head.uri
                .path_and_query()
                .map_or("*", |target| target.as_str())
                .as_bytes(),
        );
        self.line.push_str(match head.version {
            Version::HTTP_10 => " HTTP/1.0\" ",
            _ => " HTTP/1.1\" ",
        });
        self.line.push_str(response.status().as_str());
        match response.body().size() {
            BodySize::Sized(bytes) => _ = write!(self.line, " {bytes}"),
            BodySize::None => self.line.push_str(" 0"),
            BodySize::Stream => self.line.push_str(" -"),
        }
        self.push_field(request, &REFERER);
        self.push_field(request, &USER_AGENT);
    }

    fn push_time(&mut self) {
        let now = SystemTime::now();
        let second = now
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        if second != self.second {
            self.second = second;
            self.time = date::common_log(now).to_string();
        }
        self.line.push_str(&self.time);
    }

    fn push_field(&mut self, request: &HttpRequest, name: &HeaderName) {
        self.line.push_str(" \"");
        match request.headers().get(name) {
            Some(value) => self.push(value.as_bytes()),
            None => self.line.push('-'),
        }
        self.line.push('"');
    }

    /// What a client sent, escaped. Most of it is plain and short.
    fn push(&mut self, text: &[u8]) {
        match str::from_utf8(text) {
            Ok(plain) if text.len() <= escape::LOG_LIMIT && text.iter().copied().all(is_plain) => {
                self.line.push_str(plain);
            }
            _ => _ = write!(self.line, "{}", escape::log(text)),
        }
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn no_request_can_forge_a_line() {
        let request = TestRequest::with_uri("/a%0ab?q=%22x%22")
            .insert_header(("user-agent", "evil\" 200 1 \\ agent"))
            .to_http_request();
        let mut pen = Pen::new();
        pen.write(&request, None, &HttpResponse::Ok().body("four"));
        let (_, rest) = pen.line.split_once("] ").unwrap();
        assert_eq!(
            rest,
            r#""GET /a%0ab?q=%22x%22 HTTP/1.1" 200 4 "-" "evil\x22 200 1 \x5c agent""#
        );
    }
}
