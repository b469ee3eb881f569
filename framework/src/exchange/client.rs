//! Who asks: the other end of the connection, or the visitor behind a trusted proxy.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header::HOST;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest};

use crate::exchange::bind::NeverWaits;

/// The visitor, as far as the connection tells; behind a proxy that the tool `proxy` trusts, as far as that proxy tells.
///
/// A page takes it as a parameter. What clients say of themselves in headers is never in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    ip: Option<IpAddr>,
    is_https: bool,
    host: String,
}

impl Client {
    /// A visitor at this address, who asked this host.
    #[must_use]
    pub fn new(ip: Option<IpAddr>, is_https: bool, host: impl Into<String>) -> Self {
        Self {
            ip,
            is_https,
            host: host.into(),
        }
    }

    /// What the connection tells.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let host = request.headers().get(HOST);
        let authority = request
            .uri()
            .authority()
            .map(actix_web::http::uri::Authority::as_str);
        let host = authority.or_else(|| host?.to_str().ok());
        Self {
            ip: request.peer_addr().map(|peer| peer.ip()),
            is_https: false,
            host: host.unwrap_or_default().to_owned(),
        }
    }

    /// The address; none on a Unix socket.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// The visitor came by TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// `https` or `http`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }

    /// The host that was asked, with its port if one was named. It has been checked against the grammar, and against the
    /// site's `allowed_hosts` if there are any; it is still the visitor's word.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromRequest for Client {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        ready(Ok(known.unwrap_or_else(|| Self::of(request))))
    }
}

impl NeverWaits for Client {}
