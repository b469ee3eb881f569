//! Refuses what another site makes a visitor's browser do here.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(csrf)]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     #[post]
//!     fn pay(&self, to: String) -> String {
//!         format!("paid to {to}")
//!     }
//!
//!     /// Asked by another server, with a signature of its own.
//!     #[post]
//!     #[tools(!csrf)]
//!     fn webhook(&self) -> &'static str {
//!         "heard"
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.post_form("/pay", [("to", "Ann")]).assert_body("paid to Ann");
//!
//! let forged = client.request("POST".parse().unwrap(), "/pay").header("origin", "https://evil.example");
//! forged.form([("to", "Eve")]).send().assert_status(403);
//! ```
//!
//! # What it protects against
//! A page of another site can hold a form, or a script, that sends a request *here*. The visitor's browser adds the cookies of this site, and the request
//! looks as if the visitor had meant it: *cross-site request forgery*.
//!
//! No token in a hidden field is needed for that, and no session to keep one. With every request that can change something, browsers say themselves
//! whose page has made it: in `Sec-Fetch-Site` (all since 2023) or in `Origin` (all others). Scripts can set neither. What says that it is from elsewhere is
//! refused; what says nothing is no browser's, has no visitor's cookies and is let through: programs, and `curl`.
//!
//! # What it does
//! - GET, HEAD and OPTIONS pass: they must change nothing (RFC 9110, 9.2.1). A page that changes something on GET is not protected.
//! - `Sec-Fetch-Site: same-origin` and `none` pass (Fetch Metadata, 2.3). `same-site` does not: `blog.example.org` need not be a friend of `shop.example.org`.
//! - Without it: an `Origin` passes that is scheme, host and port of this site, or one of `trusted_origins`; `null` does not.
//! - All else is 403, before a body is read, before authentication, and before any code of the application runs.
//! - Behind a proxy that ends TLS or changes `Host`, turn the tool `proxy` on: the site's own origin is what the visitor asked for.
//! - `exempt` lets through what a function of the application says: requests with a key in `Authorization`, which no other site can make a browser send.
//! - A script of a trusted site that wants to read the answers needs the tool `cors` as well.
//!
//! What it cannot see is a script smuggled into this very site: that is what the tool `security_headers` is for.
//!
//! # CherryPy
//! Has none of this, but `tools.referer`, which goes by a header that many visitors do not send.

use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, ORIGIN};

use crate::belt::{Function, Point, Preparation};
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::http::origin::Origins;
use crate::http::provenance::Provenance;
use crate::http::scheme::Scheme;
use crate::tools::order;
use kirsch_macros::tool;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what another site makes a visitor's browser do here: see the [module](self).
#[tool(priority = order::CSRF)]
pub struct Csrf {
    /// Other sites whose pages may send requests here: `https://example.org`, `https://*.example.org`. Default: none.
    #[option]
    trusted_origins: Vec<String>,
    /// A function of the application's that lets a request through: `fn(&Exchange) -> bool`, also `async`, also a method of a node above the page. Default: none.
    #[option]
    exempt: Option<Function<Exchange, bool>>,
    /// The same as `trusted_origins`, read.
    trusted: Origins,
}

impl Csrf {
    fn check(&self, x: &Exchange) -> Result<()> {
        if is_safe(x.request().method()) {
            return Ok(());
        }
        let client = x.client();
        let header = |name: HeaderName| {
            let value = x.request().headers().get(name);
            value.map(HeaderValue::as_bytes)
        };
        let provenance = Provenance {
            method: x.request().method(),
            sec_fetch_site: header(SEC_FETCH_SITE),
            origin: header(ORIGIN),
            scheme: if client.is_https() {
                Scheme::Https
            } else {
                Scheme::Http
            },
            host: client.host(),
        };
        provenance.check(&self.trusted).map_err(|_| {
            Error::new(
                StatusCode::FORBIDDEN,
                "this request was made by a page of another site",
            )
        })
    }
}

#[tool]
impl Csrf {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        match Origins::read(&self.trusted_origins) {
            Ok(trusted) => self.trusted = trusted,
            Err(malformed) => at.refuse(&["trusted_origins"], malformed),
        }
    }

    /// Only a function may have to wait.
    fn is_idle(&self, point: Point) -> bool {
        self.exempt.is_some() != (point == Point::BeforeRequestBody)
    }

    fn on_start_resource(&self, x: &mut Exchange) -> Result<()> {
        self.check(x)
    }

    async fn before_request_body(&self, x: &mut Exchange) -> Result<()> {
        let (x, refused) = (&*x, self.check(x));
        match &self.exempt {
            Some(exempt) if refused.is_err() && exempt.ask(x, x).await? => Ok(()),
            _ => refused,
        }
    }
}

fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}
