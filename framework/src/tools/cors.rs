//! Lets scripts of other sites read what the site answers.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(cors(origins = ["https://app.example.org"]))]
//! struct Api;
//!
//! #[expose]
//! impl Api {
//!     fn weather(&self) -> &'static str {
//!         "fine"
//!     }
//!
//!     #[put(path = "weather")]
//!     fn change(&self) -> NoContent {
//!         NoContent
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Api);
//! let asked = client.request("GET".parse().unwrap(), "/weather").header("origin", "https://app.example.org");
//! asked.send().assert_header("access-control-allow-origin", "https://app.example.org");
//!
//! // What a browser asks before it sends a PUT is answered from the table of routes.
//! let asked = client.request("OPTIONS".parse().unwrap(), "/weather").header("origin", "https://app.example.org");
//! let answer = asked.header("access-control-request-method", "PUT").send();
//! answer.assert_status(204).assert_header("access-control-allow-methods", "PUT");
//! ```
//!
//! # What it does
//! A browser lets a script read only what its own site has answered, unless the other site allows it: here, this one (Fetch, 3.3 *CORS protocol*).
//! It does not keep anybody from *sending* simple requests: see the tool `csrf`.
//!
//! - `origins` are named, one by one or with `https://*.example.org`; `["*"]` is every site, which cannot be combined with `credentials` (Fetch, 3.3.5).
//!   An origin that is not in the list is never sent back, and neither is `null`.
//! - A preflight (Fetch, 3.3.2; 4.8 *CORS-preflight fetch*) is answered with 204 before anything asks who the visitor is, for it has no credentials. The
//!   only method in it is the one that is asked for, if the page answers it and it is in `methods`: the page of another method may allow other sites. If the
//!   origin, the method or a header is not allowed, the 204 has no `Access-Control-Allow-…`, and the browser sends nothing. Where there is no page, it is the
//!   404 that everybody gets.
//! - Any other request goes its usual way, and its answer says who may read it (Fetch, 3.3.3), also if it is an error page.
//! - `Vary: Origin` is in every answer that depends on it, also in those to requests without `Origin`: else a cache gives one site's answer to another
//!   (Fetch, 3.3.6).
//! - A page that sets `Access-Control-Allow-Origin` itself is left alone.
//! - Headers that a script may send are named: what it asks for is not just allowed. Default: `Content-Type`, for JSON.
//! - An origin, a method or a name that is none refuses the start.
//! - Private Network Access (`Access-Control-Allow-Private-Network`) is left out: browsers have given it up for a question to the visitor.
//!
//! # CherryPy
//! Has none of this: `cherrypy-cors` is a package of its own.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName,
    HeaderValue, ORIGIN, VARY,
};

use crate::belt::Preparation;
use crate::exchange::Exchange;
use crate::exchange::methods::NAMES;
use crate::http::field::{checked_name, checked_value};
use crate::http::origin::{Origin, Origins};
use crate::http::vary;
use crate::tools::order;
use kirsch_macros::tool;

const EVERYBODY: HeaderValue = HeaderValue::from_static("*");
const BY_PREFLIGHT: HeaderValue = HeaderValue::from_static(
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
);

/// Lets scripts of other sites read what the site answers: see the [module](self).
#[tool(priority = order::CORS)]
pub struct Cors {
    /// The sites: `["https://app.example.org", "https://*.example.net"]`; `["*"]` is every one.
    #[option(required)]
    origins: Vec<String>,
    /// The methods that they may use, of those that a page answers. Default: all of those.
    #[option]
    methods: Vec<String>,
    /// The request headers that their scripts may set beyond the simplest; `["*"]` is all but `Authorization`. Default: `Content-Type`.
    #[option(default = vec!["Content-Type".to_owned()])]
    headers: Vec<String>,
    /// The headers of answers that their scripts may read beyond the simplest. Default: none.
    #[option]
    expose: Vec<String>,
    /// Their scripts may send this site's cookies, and read what is answered to them. Default: false.
    #[option(default = false)]
    credentials: bool,
    /// How long a browser may remember the answer to a preflight; most take two hours for the longest. Default: 10 minutes.
    #[option(default = Duration::from_mins(10))]
    max_age: Duration,
    rules: Rules,
}

/// The options, read.
#[derive(Debug, Clone, Default)]
struct Rules {
    is_open: bool,
    origins: Origins,
    any_header: bool,
    headers: Vec<HeaderName>,
    allow_headers: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    max_age: Option<HeaderValue>,
}

impl Cors {
    /// What the answer says of who may read it, if the one who asks is among them.
    fn allowed_origin(&self, x: &Exchange) -> Option<HeaderValue> {
        if self.rules.is_open {
            return Some(EVERYBODY);
        }
        let mut sent = x.request().headers().get_all(ORIGIN);
        let (Some(value), None) = (sent.next(), sent.next()) else {
            return None;
        };
        let origin: Origin = value.to_str().ok()?.parse().ok()?;
        self.rules.origins.contains(&origin).then(|| value.clone())
    }

    /// HEAD comes with GET, as it does with pages.
    fn allows_method(&self, method: &str) -> bool {
        let is = |other: &String| other == method || (other == "GET" && method == "HEAD");
        self.methods.is_empty() || self.methods.iter().any(is)
    }

    /// The method that is asked for, if the page answers it and it is allowed. No other: browsers keep what they are told for the whole path (Fetch,
    /// 4.9 *CORS-preflight cache*), where the page of another method may have another `cors`.
    fn allowed_method(&self, x: &Exchange) -> Option<HeaderValue> {
        let wanted = x.header(ACCESS_CONTROL_REQUEST_METHOD)?;
        let answered = x.allowed_methods()?.to_str().ok()?;
        let is_answered = answered.split(", ").any(|method| method == wanted);
        (is_answered && self.allows_method(wanted)).then(|| HeaderValue::from_str(wanted).ok())?
    }

    /// Every header that the script is going to send is allowed.
    fn allows_headers(&self, x: &Exchange) -> bool {
        let rules = &self.rules;
        let is_allowed = |name: &str| {
            let is = |other: &HeaderName| other.as_str().eq_ignore_ascii_case(name);
            name.is_empty()
                || (rules.any_header && !name.eq_ignore_ascii_case("authorization"))
                || rules.headers.iter().any(is)
        };
        let mut lines = x
            .request()
            .headers()
            .get_all(ACCESS_CONTROL_REQUEST_HEADERS);
        lines.all(|line| {
            let names = line.to_str().ok();
            names.is_some_and(|names| names.split(',').map(str::trim).all(is_allowed))
        })
    }

    fn preflight(&self, x: &Exchange) -> HttpResponse {
        let mut response = HttpResponse::NoContent().finish();
        let headers = response.headers_mut();
        headers.insert(VARY, BY_PREFLIGHT);
        let origin = self.allowed_origin(x).filter(|_| self.allows_headers(x));
        let (Some(origin), Some(method)) = (origin, self.allowed_method(x)) else {
            return response;
        };
        self.allow(headers, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, method);
        let rules = &self.rules;
        for (name, value) in [
            (ACCESS_CONTROL_ALLOW_HEADERS, &rules.allow_headers),
            (ACCESS_CONTROL_MAX_AGE, &rules.max_age),
        ] {
            if let Some(value) = value {
                headers.insert(name, value.clone());
            }
        }
        response
    }

    fn allow(&self, headers: &mut HeaderMap, origin: HeaderValue) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            let yes = HeaderValue::from_static("true");
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
    }

    /// Says who may read an answer. One to a preflight has said so already, or nobody may.
    fn dress(&self, x: &mut Exchange) {
        let is_allowed = !x.is_preflight() && self.allows_method(x.request().method().as_str());
        let origin = if is_allowed {
            self.allowed_origin(x)
        } else {
            None
        };
        let Some(response) = x.response_mut() else {
            return;
        };
        let headers = response.headers_mut();
        if !self.rules.is_open {
            vary(headers, &ORIGIN);
        }
        let Some(origin) = origin.filter(|_| !headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN))
        else {
            return;
        };
        self.allow(headers, origin);
        if let Some(expose) = &self.rules.expose {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
        }
    }
}

#[tool]
impl Cors {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        self.rules.is_open = self.origins.iter().any(|origin| origin == "*");
        if self.rules.is_open && self.credentials {
            at.refuse(
                &["origins", "credentials"],
                "every site could read what only a visitor may\nhelp: name the `origins`, or leave `credentials` out",
            );
        }
        match Origins::read(self.origins.iter().filter(|origin| *origin != "*")) {
            Ok(origins) => self.rules.origins = origins,
            Err(malformed) => at.refuse(&["origins"], malformed),
        }
        if at.is_written("origins") && self.origins.is_empty() {
            at.refuse(
                &["origins"],
                "nobody is allowed to read anything\nhelp: name the sites, or turn the tool off",
            );
        }
        for method in &self.methods {
            if !NAMES.contains(&method.as_str()) {
                let (method, known) = (method.escape_debug(), NAMES.join("`, `"));
                at.refuse(
                    &["methods"],
                    format!(
                        "`{method}` is no method that a page can have\nhelp: there are `{known}`; without `methods`, all that a page answers are allowed"
                    ),
                );
            }
        }
        self.rules.any_header = self.headers.iter().any(|name| name == "*");
        if self.rules.any_header && self.credentials {
            at.refuse(
                &["headers", "credentials"],
                "with `credentials`, browsers take `*` for a name\nhelp: name the `headers`",
            );
        }
        self.rules.headers = names(at, "headers", &self.headers);
        self.rules.allow_headers = list(&self.headers);
        drop(names(at, "expose", &self.expose));
        self.rules.expose = list(&self.expose);
        self.rules.max_age = checked_value(&self.max_age.as_secs().to_string()).ok();
    }

    fn on_start_resource(&self, x: &mut Exchange) {
        if x.is_preflight() && x.allowed_methods().is_some() {
            let answer = self.preflight(x);
            x.answer(answer);
        }
    }

    fn before_finalize(&self, x: &mut Exchange) {
        self.dress(x);
    }

    fn after_error_response(&self, x: &mut Exchange) {
        self.dress(x);
    }
}

fn names(at: &mut Preparation<'_>, option: &str, written: &[String]) -> Vec<HeaderName> {
    let mut names = Vec::new();
    for text in written.iter().filter(|text| *text != "*") {
        match checked_name(text) {
            Ok(name) => names.push(name),
            Err(malformed) => at.refuse(&[option], malformed),
        }
    }
    names
}

fn list(names: &[String]) -> Option<HeaderValue> {
    let is_any = !names.is_empty();
    is_any.then(|| checked_value(&names.join(", ")).ok())?
}
