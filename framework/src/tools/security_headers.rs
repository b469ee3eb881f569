//! Tells browsers to be careful with what the site answers.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//! use kirsch::tools::Nonce;
//!
//! #[expose]
//! #[tools(security_headers)]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     fn index(&self) -> &'static str {
//!         "Hello"
//!     }
//!
//!     #[tools(security_headers(csp = "default-src 'self'; script-src 'nonce'"))]
//!     fn scripted(&self, nonce: Nonce) -> Html {
//!         Html::new(format!("<script nonce=\"{nonce}\">start()</script>"))
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.get("/").assert_header("x-content-type-options", "nosniff").assert_header("x-frame-options", "DENY");
//! let answer = client.get("/scripted");
//! let policy = answer.header("content-security-policy").unwrap();
//! let nonce = answer.text()[15..37].to_owned();
//! assert_eq!(policy, format!("default-src 'self'; script-src 'nonce-{nonce}'; frame-ancestors 'none'"));
//! ```
//!
//! # What it does
//! Every answer gets these headers, error pages too. A header that the page has set itself stays as the page said: Kirsch's own error pages have a
//! stricter policy.
//!
//! | option | header | default | protects against |
//! |---|---|---|---|
//! | `csp` | `Content-Security-Policy` (CSP 3) | own scripts, images and fonts; styles in the page | scripts that somebody has smuggled in |
//! | `frames` | `X-Frame-Options` (RFC 7034) and `frame-ancestors` of the policy | `DENY` | the site in another's frame, under a visitor's click |
//! | `nosniff` | `X-Content-Type-Options` (Fetch, 3.6) | `true` | a text or picture taken for a script |
//! | `referrer` | `Referrer-Policy` | `strict-origin-when-cross-origin` | paths that other sites read |
//! | `opener` | `Cross-Origin-Opener-Policy` (HTML, 7.1.3) | `same-origin` | a window of another site that holds this one |
//! | `resource` | `Cross-Origin-Resource-Policy` (Fetch, 3.7) | `same-origin` | other sites that load what is here into their process |
//! | `permissions` | `Permissions-Policy` | no camera, location, microphone | a smuggled script that asks for them |
//! | `hsts` | `Strict-Transport-Security` (RFC 6797) | none | somebody in between who speaks HTTP to a visitor |
//!
//! - An empty option is a header that is not sent.
//! - In `csp`, the word `'nonce'` stands for the nonce of each answer: a page takes it as a parameter of type [`Nonce`] and writes it into its own
//!   `<script nonce="…">`. It is made when the page or the policy needs it, and not otherwise. An answer with a nonce is for one visit: let no cache keep it.
//! - A page whose scripts or styles come from elsewhere names that place in `csp`; one that posts a form which is redirected to another site names that in
//!   `form-action`.
//! - `frames` is written into `csp` as `frame-ancestors` unless that stands there. If it does, and `frames` is not written, `X-Frame-Options` is left out.
//! - `Strict-Transport-Security` is sent to visitors who came by TLS only (RFC 6797, 7.2); behind a proxy, that is known where the tool `proxy` is on. It
//!   cannot be taken back before its time: begin with a short one. Zero takes it back.
//! - `X-XSS-Protection` is not there: browsers have dropped it, for it had holes of its own.
//! - A value that cannot stand in a header, or that browsers would not know, refuses the start.
//!
//! # CherryPy
//! Has none of this.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

use crate::belt::{Preparation, Provided};
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::exchange::bind::NeverWaits;
use crate::http::field::checked_value;
use crate::http::policy::{ContentSecurityPolicy, Nonce};
use crate::tools::order;
use kirsch_macros::tool;

/// What an ordinary page, rendered here, needs.
const USUAL_POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'";

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// Who asks to be in the list that browsers come with says so for a year at least (hstspreload.org).
const YEAR: Duration = Duration::from_hours(8760);

/// Tells browsers to be careful with what the site answers: see the [module](self).
#[tool(priority = order::HEADERS)]
pub struct SecurityHeaders {
    /// What a page may load, and from where; `'nonce'` stands for the nonce of each answer. Default: what is the site's own, and styles in the page.
    #[option(default = USUAL_POLICY.to_owned())]
    csp: String,
    /// Who may show the site in a frame: `DENY`, nobody, or `SAMEORIGIN`, the site itself. Default: `DENY`.
    #[option(default = "DENY")]
    frames: String,
    /// What is sent as text is not taken for a script. Default: true.
    #[option(default = true)]
    nosniff: bool,
    /// How much other sites see of the address that a visitor comes from. Default: `strict-origin-when-cross-origin`, the host.
    #[option(default = "strict-origin-when-cross-origin")]
    referrer: String,
    /// Which windows of other sites may hold this one's. Default: `same-origin`, none.
    #[option(default = "same-origin")]
    opener: String,
    /// Which other sites may load what is here without asking (CORS). Default: `same-origin`, none.
    #[option(default = "same-origin")]
    resource: String,
    /// What pages may ask a visitor for. Default: neither camera nor location nor microphone.
    #[option(default = "camera=(), geolocation=(), microphone=()")]
    permissions: String,
    /// For how long browsers that came by TLS must come by TLS again. Default: not said.
    #[option]
    hsts: Option<Duration>,
    /// `hsts` is for all hosts below this one too. Default: false.
    #[option(default = false)]
    hsts_subdomains: bool,
    /// The site asks to be in the list of TLS sites that browsers come with. Default: false.
    #[option(default = false)]
    hsts_preload: bool,
    /// The headers that are the same for every answer.
    fixed: Vec<(HeaderName, HeaderValue)>,
    /// The policy, if there is a nonce in it.
    policy: Option<ContentSecurityPolicy>,
    /// What is said to those who came by TLS.
    transport: Option<HeaderValue>,
}

impl SecurityHeaders {
    fn dress(&self, x: &mut Exchange) -> Result<()> {
        let policy = match &self.policy {
            Some(policy) => Some(policy.value(&nonce_of(x.request())?)),
            None => None,
        };
        let transport = self.transport.as_ref().filter(|_| x.is_https());
        let Some(response) = x.response_mut() else {
            return Ok(());
        };
        let headers = response.headers_mut();
        for (name, value) in &self.fixed {
            if !headers.contains_key(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
        let policy = policy.map(|value| (CONTENT_SECURITY_POLICY, value));
        let transport = transport.map(|value| (STRICT_TRANSPORT_SECURITY, value.clone()));
        for (name, value) in policy.into_iter().chain(transport) {
            if !headers.contains_key(&name) {
                headers.insert(name, value);
            }
        }
        Ok(())
    }

    /// Adds a header whose value is checked, unless it is empty.
    fn fix(&mut self, at: &mut Preparation<'_>, option: &str, name: HeaderName, value: &str) {
        if value.is_empty() {
            return;
        }
        match checked_value(value) {
            Ok(value) => self.fixed.push((name, value)),
            Err(malformed) => at.refuse(&[option], malformed),
        }
    }

    fn prepare_policy(&mut self, at: &mut Preparation<'_>) {
        let ancestors = match self.frames.as_str() {
            "DENY" => Some("'none'"),
            "SAMEORIGIN" => Some("'self'"),
            _ => None,
        };
        let says_itself = names_directive(&self.csp, "frame-ancestors");
        if !says_itself || at.is_written("frames") {
            let frames = self.frames.clone();
            self.fix(at, "frames", X_FRAME_OPTIONS, &frames);
        }
        if self.csp.is_empty() {
            return;
        }
        let text = match ancestors.filter(|_| !says_itself) {
            Some(ancestors) => format!("{}; frame-ancestors {ancestors}", self.csp),
            None => self.csp.clone(),
        };
        match text.parse::<ContentSecurityPolicy>() {
            Ok(policy) => match policy.fixed() {
                Some(value) => self.fixed.push((CONTENT_SECURITY_POLICY, value.clone())),
                None => self.policy = Some(policy),
            },
            Err(malformed) => at.refuse(&["csp"], malformed),
        }
    }

    fn prepare_transport(&mut self, at: &mut Preparation<'_>) {
        let Some(time) = self.hsts else {
            if self.hsts_subdomains || self.hsts_preload {
                at.refuse(
                    &["hsts_subdomains", "hsts_preload"],
                    "nothing says for how long\nhelp: set `hsts`, one year for example",
                );
            }
            return;
        };
        if self.hsts_preload && (time < YEAR || !self.hsts_subdomains) {
            at.refuse(
                &["hsts_preload"],
                "the list takes only sites that say `hsts_subdomains`, for a year at least\nhelp: set `hsts_subdomains = true` and `hsts` to 365 days, or leave `hsts_preload` out",
            );
        }
        let mut text = format!("max-age={}", time.as_secs());
        for (is_on, word) in [
            (self.hsts_subdomains, "; includeSubDomains"),
            (self.hsts_preload, "; preload"),
        ] {
            text.push_str(if is_on { word } else { "" });
        }
        self.transport = checked_value(&text).ok();
    }
}

#[tool]
impl SecurityHeaders {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        refuse_unknown(at, "frames", &self.frames, &["DENY", "SAMEORIGIN"]);
        refuse_unknown(at, "opener", &self.opener, &OPENERS);
        refuse_unknown(at, "resource", &self.resource, &RESOURCES);
        for word in self.referrer.split(',') {
            refuse_unknown(at, "referrer", word.trim(), &REFERRERS);
        }
        if self.nosniff {
            self.fix(at, "nosniff", X_CONTENT_TYPE_OPTIONS, "nosniff");
        }
        for (option, name, value) in [
            ("referrer", REFERRER_POLICY, self.referrer.clone()),
            ("opener", OPENER, self.opener.clone()),
            ("resource", RESOURCE, self.resource.clone()),
            ("permissions", PERMISSIONS, self.permissions.clone()),
        ] {
            self.fix(at, option, name, &value);
        }
        self.prepare_policy(at);
        self.prepare_transport(at);
    }

    fn before_finalize(&self, x: &mut Exchange) -> Result<()> {
        self.dress(x)
    }

    fn after_error_response(&self, x: &mut Exchange) -> Result<()> {
        self.dress(x)
    }
}

const OPENERS: [&str; 4] = [
    "same-origin",
    "same-origin-allow-popups",
    "noopener-allow-popups",
    "unsafe-none",
];

const RESOURCES: [&str; 3] = ["same-origin", "same-site", "cross-origin"];

const REFERRERS: [&str; 8] = [
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
];

/// Browsers take a word that they do not know for none at all, and tell nobody.
fn refuse_unknown(at: &mut Preparation<'_>, option: &str, value: &str, known: &[&str]) {
    if value.is_empty() || known.contains(&value) {
        return;
    }
    let known = known.join("`, `");
    let value = value.escape_debug();
    at.refuse(
        &[option],
        format!("no browser knows `{value}`\nhelp: write one of `{known}`, or `\"\"` for none"),
    );
}

fn names_directive(policy: &str, name: &str) -> bool {
    let mut names = policy
        .split(';')
        .filter_map(|text| text.split_whitespace().next());
    names.any(|other| other.eq_ignore_ascii_case(name))
}

/// The nonce of the answer to this request, made when it is asked for first.
fn nonce_of(request: &HttpRequest) -> Result<Nonce> {
    let mut extensions = request.extensions_mut();
    if let Some(known) = extensions.get::<Nonce>() {
        return Ok(known.clone());
    }
    let nonce = Nonce::new()?;
    extensions.insert(nonce.clone());
    Ok(nonce)
}

/// A page's own scripts and styles bear it: `<script nonce="…">`. The tool `security_headers` names it in the policy.
impl FromRequest for Nonce {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(nonce_of(request))
    }
}

impl NeverWaits for Nonce {}

impl Provided for Nonce {
    const TOOL: &'static str = "security_headers";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_is_found_by_its_name() {
        for (policy, found) in [
            ("", false),
            ("frame-ancestors 'self'", true),
            ("default-src 'self';Frame-Ancestors  'self'", true),
            ("default-src frame-ancestors", false),
            ("frame-src 'self'", false),
        ] {
            assert_eq!(
                names_directive(policy, "frame-ancestors"),
                found,
                "{policy}"
            );
        }
    }

    #[test]
    fn the_usual_policy_is_one() {
        assert!(USUAL_POLICY.parse::<ContentSecurityPolicy>().is_ok());
    }
}
