//! The life of a request: found, walked, turned, answered.
//!
//! ```text
//! begin ── refused (host, target, method) ──────────────┐
//!   │                                                   │
//!   ├── found: walk (children, arguments, page) ── Err ─┤
//!   │              │          └── turn: begin again      │
//!   │              Ok                                   ▼
//!   └── redirect ──┴──────────────▶ sent ◀────── error page
//! ```

use std::cell::RefCell;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{ALLOW, HOST, HeaderValue};
use actix_web::http::{Method, StatusCode};

use crate::answers::moved;
use crate::error::{Error, Result, Turn};
use crate::exchange::{Exchange, Reply, Way};
use crate::http::{host, location, query};
use crate::params::ArgKind;
use crate::site::core::Core;
use crate::site::{failure, guard};
use crate::tree::find::{Finder, Outcome, Round};
use crate::tree::link::Place;
use crate::tree::plan::Route;
use crate::tree::table::Verb;

/// Where a request is in the site: what its answer, or its error page, depends on.
#[derive(Default)]
pub(super) struct Journey {
    /// The number of the virtual host.
    pub(super) host: usize,
    pub(super) root: usize,
    pub(super) route: Option<usize>,
    /// The nearest node, for its error pages.
    pub(super) scope: Option<usize>,
    pub(super) round: Round,
}

/// How many internal redirects may follow each other.
const MOST_TURNS: usize = 10;

/// A request whose page may have to wait.
pub(super) async fn run(
    core: Arc<Core>,
    mut exchange: Exchange,
    journey: Journey,
) -> ServiceResponse {
    let error = match core.walk(&mut exchange, &journey).await {
        Ok(response) if !failure::is_bare(&response) => return core.sent(exchange, response),
        Ok(response) => failure::of_bare(&response),
        Err(error) => error,
    };
    // Boxed, so that the future of a request that goes well stays small.
    let response = Box::pin(recover(&core, &mut exchange, journey, error)).await;
    core.sent(exchange, response)
}

/// A request that turns elsewhere, or whose error page may have to wait.
pub(super) async fn failed(
    core: Arc<Core>,
    mut exchange: Exchange,
    journey: Journey,
    error: Error,
) -> ServiceResponse {
    let response = recover(&core, &mut exchange, journey, error).await;
    core.sent(exchange, response)
}

/// Turns elsewhere, perhaps several times, until a page answers or an error is one.
async fn recover(
    core: &Core,
    exchange: &mut Exchange,
    mut journey: Journey,
    mut error: Error,
) -> HttpResponse {
    let mut turns = Vec::new();
    loop {
        match error.turn() {
            None => return core.fail(exchange, &journey, error).await,
            Some(Turn::Answer(answer)) => match failure::refuse_bare(answer(&exchange.request)) {
                Ok(response) => return response,
                Err(refused) => {
                    error = refused;
                    continue;
                }
            },
            Some(Turn::Internal(target)) => {
                if let Err(error) = turn(exchange, &mut turns, target) {
                    return core.fail(exchange, &journey, error).await;
                }
            }
        }
        let outcome;
        (journey, outcome) = core.find(exchange, Verb::Get, journey.host);
        let result = match outcome {
            Some(result) => result,
            None => core.walk(exchange, &journey).await,
        };
        error = match result.and_then(failure::refuse_bare) {
            Ok(response) => return response,
            Err(error) => error,
        };
    }
}

/// Takes the exchange to another path of the site.
fn turn(exchange: &mut Exchange, turns: &mut Vec<String>, target: &str) -> Result<()> {
    let Some(target) = location::path_absolute(target, exchange.path()) else {
        return Err(Error::internal(format!(
            "an internal redirect to `{target}`, which is no path of this site"
        )));
    };
    if turns.len() == MOST_TURNS || turns.contains(&target) {
        return Err(Error::internal(format!(
            "internal redirects go round in a circle: {} and again {target}",
            turns.join(", ")
        )));
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    exchange.redirect(path.to_string(), query.to_string());
    turns.push(target);
    Ok(())
}

impl Core {
    /// The first thing that happens to a request: it is refused, or its page is found. No code of the application runs.
    pub(super) fn begin(
        &self,
        exchange: &mut Exchange,
        good_host: &RefCell<HeaderValue>,
    ) -> (Journey, Option<Result<HttpResponse>>) {
        match self.admit(exchange, good_host) {
            Ok((verb, host)) => self.find(exchange, verb, host),
            Err(error) => (Journey::default(), Some(Err(error))),
        }
    }

    /// Refuses what no page should see.
    fn admit(
        &self,
        exchange: &Exchange,
        good_host: &RefCell<HeaderValue>,
    ) -> Result<(Verb, usize)> {
        let head = exchange.request.head();
        let limits = &self.limits;
        let (path, query) = (head.uri.path(), head.uri.query().unwrap_or(""));
        if path.len() + query.len() > limits.target {
            return Err(Error::new(
                StatusCode::URI_TOO_LONG,
                format!(
                    "the address is longer than the {} bytes that are allowed",
                    limits.target
                ),
            ));
        }
        let host = self.admit_host(exchange, good_host)?;
        if query.len() > limits.query_parameters && query::count(query) > limits.query_parameters {
            return Err(Error::bad_request(format!(
                "the query has more than the {} parameters that are allowed",
                limits.query_parameters
            )));
        }
        match Verb::of(&head.method) {
            Some(verb) => Ok((verb, host)),
            None => Err(self.foreign_method(&head.method, path, host)),
        }
    }

    /// TRACE and CONNECT are 405 where there is a page; a method that nobody knows is 501.
    fn foreign_method(&self, method: &Method, path: &str, host: usize) -> Error {
        if *method != Method::TRACE && *method != Method::CONNECT {
            return Error::new(StatusCode::NOT_IMPLEMENTED, "this method is not known here");
        }
        let (finder, most) = (&self.hosts[host].1, self.limits.segments);
        let end = |verb| finder.find(path, verb, most, &mut Way::default()).end;
        match end(Verb::Options) {
            Outcome::OtherMethods(allow) => wrong_method(allow),
            // The page has an answer to OPTIONS of its own, so the others are asked for one by one.
            Outcome::Page(_) => {
                let answers = |verb: &&Verb| matches!(end(**verb), Outcome::Page(_));
                let mut names: Vec<_> = Verb::ALL
                    .iter()
                    .filter(answers)
                    .map(|verb| verb.name())
                    .collect();
                names.sort_unstable();
                let allow = HeaderValue::from_str(&names.join(", "));
                wrong_method(&allow.unwrap_or(HeaderValue::from_static("OPTIONS")))
            }
            Outcome::Slash => wrong_method(&HeaderValue::from_static("OPTIONS")),
            Outcome::Nothing => Error::not_found(),
        }
    }

    /// Refuses a `Host` that is none, or none of this site's, and tells which virtual host it is.
    fn admit_host(&self, exchange: &Exchange, good: &RefCell<HeaderValue>) -> Result<usize> {
        let head = exchange.request.head();
        // The authority of an absolute-form target is the host, whatever `Host` says (RFC 9112, 3.2.2).
        if let Some(authority) = head.uri.authority() {
            // An authority alone is what CONNECT asks for (RFC 9112, 3.2.3): to others it is a path without its slash.
            if head.uri.scheme().is_none() && head.method != Method::CONNECT {
                return Err(Error::bad_request(
                    "the address does not begin with a slash",
                ));
            }
            return self.which_host(authority.as_str());
        }
        let Some(value) = head.headers.get(HOST) else {
            return Ok(0);
        };
        if self.hosts.len() == 1 && *good.borrow() == *value {
            return Ok(0);
        }
        let which = self.which_host(value.to_str().unwrap_or(""))?;
        good.replace(value.clone());
        Ok(which)
    }

    fn which_host(&self, name: &str) -> Result<usize> {
        let is = |other: &String| host::same_host(name, other);
        if !host::valid_host(name.as_bytes()) {
            return Err(Error::bad_request("the request names no valid host"));
        }
        if !self.allowed_hosts.is_empty() && !self.allowed_hosts.iter().any(is) {
            return Err(Error::bad_request("this host is not served here"));
        }
        Ok(self
            .hosts
            .iter()
            .position(|(other, _)| !other.is_empty() && is(other))
            .unwrap_or(0))
    }

    /// Finds who answers, and leads the exchange there.
    pub(super) fn find(
        &self,
        exchange: &mut Exchange,
        verb: Verb,
        host: usize,
    ) -> (Journey, Option<Result<HttpResponse>>) {
        let finder = &self.hosts[host].1;
        let most = self.limits.segments;
        let found = exchange.seek(|path, way| finder.find(path, verb, most, way));
        let mut journey = Journey {
            host,
            root: found.root,
            route: None,
            scope: found.scope,
            round: found.round,
        };
        let outcome = match found.end {
            Outcome::Page(index) => {
                let route = &finder.routes[index];
                journey.route = Some(index);
                exchange.now = route.now && !exchange.is_redirected();
                self.refuse_unknown(route, exchange).err().map(Err)
            }
            Outcome::Slash if verb == Verb::Options => {
                let path = format!("{}/", exchange.path());
                let found = finder.find(&path, verb, most, &mut Way::default());
                match found.end {
                    Outcome::OtherMethods(allow) => Some(Ok(options(allow))),
                    _ => Some(to_slash(exchange)),
                }
            }
            Outcome::Slash => Some(to_slash(exchange)),
            Outcome::OtherMethods(allow) if verb == Verb::Options => Some(Ok(options(allow))),
            Outcome::OtherMethods(allow) => Some(Err(wrong_method(allow))),
            Outcome::Nothing if exchange.path() == "*" && verb == Verb::Options => {
                let all = HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
                Some(Ok(options(&all)))
            }
            Outcome::Nothing => Some(Err(Error::not_found())),
        };
        (journey, outcome)
    }

    /// With `strict_params`, a query parameter that the page does not ask for is 404.
    fn refuse_unknown(&self, route: &Route, exchange: &Exchange) -> Result<()> {
        let by_name = |kind| !matches!(kind, ArgKind::Ready | ArgKind::Extractor | ArgKind::Body);
        let above = route.args_above.iter().copied().flatten();
        let args = route.args.iter().chain(above);
        if !self.limits.strict_params
            || exchange.query().is_empty()
            || !args.clone().all(|arg| by_name(arg.kind))
        {
            return Ok(());
        }
        let known = |name: &str| args.clone().any(|arg| arg.name == name);
        let unknown =
            query::pairs(exchange.query()).any(|pair| pair.is_ok_and(|(name, _)| !known(&name)));
        if unknown {
            Err(Error::not_found())
        } else {
            Ok(())
        }
    }

    /// Walks a way on which nothing waits.
    pub(super) fn walk_now(
        &self,
        exchange: &mut Exchange,
        journey: &Journey,
    ) -> Result<HttpResponse> {
        self.place(journey).enter();
        guard::run(|| match self.roots[journey.root].walk(exchange) {
            Reply::Now(result) => result,
            Reply::Later(_) => Err(Error::internal(
                "a way that is planned without waiting waits",
            )),
        })
    }

    /// Walks to the page. A panic is a 500, a page that takes too long a 503.
    pub(super) async fn walk(
        &self,
        exchange: &mut Exchange,
        journey: &Journey,
    ) -> Result<HttpResponse> {
        exchange.now = false;
        // Nothing of the application runs until the future is polled, in the guard.
        let (limit, place) = (self.limits.request_timeout, self.place(journey));
        match self.roots[journey.root].walk(exchange) {
            Reply::Now(result) => result,
            Reply::Later(future) => guard::watch(future, limit, place).await,
        }
    }

    /// Where the request is, for the links that are made while it is served.
    fn place(&self, journey: &Journey) -> Place<'_> {
        Place::new(&self.mounts, journey.root)
    }

    pub(super) fn finder(&self, journey: &Journey) -> &Finder {
        &self.hosts[journey.host].1
    }
}

fn wrong_method(allow: &HeaderValue) -> Error {
    Error::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this page does not answer this method",
    )
    .header(ALLOW, allow.clone())
}

fn options(allow: &HeaderValue) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ALLOW, allow.clone()))
        .finish()
}

/// 301 to the same path with its slash.
///
/// # CherryPy
/// `tools.trailing_slash`. Differs from CherryPy: `Location` is path-absolute, and leading slashes collapse, so that no
/// spelling of a path leads off the site.
fn to_slash(exchange: &Exchange) -> Result<HttpResponse> {
    let target = location::slash_redirect(exchange.path(), exchange.query());
    let target = HeaderValue::from_str(&target).map_err(|_| Error::not_found())?;
    Ok(moved(StatusCode::MOVED_PERMANENTLY, target))
}
