//! The life of a request: found, walked, turned, answered.
//!
//! ```text
//! begin ── refused (host, target, method) ────────────────────────┐
//!   │                                                             │
//!   └── found: belt ─▶ walk (children, arguments, page) ── Err ───┤
//!                │        │              └── turn: begin again     │
//!                │        Ok                                      ▼
//!       a tool answers ───┴──▶ belt ──▶ sent ◀──── belt ◀─── error page
//! ```
//!
//! A request whose page and tools never wait goes the same way in one call, without a future: `service.rs` does that.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{ALLOW, HOST, HeaderValue};
use actix_web::http::{Method, StatusCode};

use crate::answers::moved;
use crate::belt::{Belt, Point};
use crate::error::{Error, Result, Turn};
use crate::exchange::methods::{Methods, WRONG_METHOD};
use crate::exchange::{Exchange, Found, Nodes, Reply, Way};
use crate::http::{host, location, query};
use crate::params::ArgKind;
use crate::site::belts::preflight;
use crate::site::core::Core;
use crate::site::end::Tended;
use crate::site::hooks::{self, BEFORE};
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
    /// The number of the belt: 0 is the one without tools.
    pub(super) belt: usize,
    /// Its tools have seen the answer: they are not asked again for what stands in for it.
    finalized: bool,
    /// They have been told that the resource has ended: they are told once.
    ended: bool,
}

impl Journey {
    pub(super) fn is_finalized(&self) -> bool {
        self.finalized
    }
}

/// How many internal redirects may follow each other.
const MOST_TURNS: usize = 10;

/// A request whose tools, if any, have had their turn, and whose page may have to wait.
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
    // Boxed, so that the future of a request that goes well stays small. It may turn to a page with tools.
    Box::pin(failed(Tended::new(core, journey, exchange), error)).await
}

/// A request with tools.
pub(super) async fn tended(
    mut tended: Tended,
    outcome: Option<Result<HttpResponse>>,
) -> ServiceResponse {
    let (core, journey, exchange) = tended.parts();
    let response = match core.serve(exchange, journey, outcome).await {
        Ok(response) => response,
        Err(error) => Box::pin(recover(core, exchange, journey, error)).await,
    };
    tended.sent(response)
}

/// A request that turns elsewhere, or whose error page may have to wait.
pub(super) async fn failed(mut tended: Tended, error: Error) -> ServiceResponse {
    let (core, journey, exchange) = tended.parts();
    let response = recover(core, exchange, journey, error).await;
    tended.sent(response)
}

/// Turns elsewhere, perhaps several times, until a page answers or an error is one.
async fn recover(
    core: &Arc<Core>,
    exchange: &mut Exchange,
    journey: &mut Journey,
    mut error: Error,
) -> HttpResponse {
    let mut turns = Vec::new();
    loop {
        let outcome = match error.turn() {
            None => core.error_response(exchange, journey, error).await,
            Some(Turn::Answer(answer)) => {
                let answer = failure::refuse_bare(answer(exchange.request()));
                match answer {
                    Ok(response) => core.finalize(exchange, journey, response).await,
                    refused => refused,
                }
            }
            Some(Turn::Internal(target)) => match turn(exchange.path(), &mut turns, target) {
                Ok(target) => core.go_on(exchange, journey, &target).await,
                Err(error) => Err(error),
            },
        };
        error = match outcome {
            Ok(response) => return response,
            Err(error) => error,
        };
    }
}

/// Where an internal redirect leads.
fn turn(path: &str, turns: &mut Vec<String>, target: &str) -> Result<String> {
    let Some(target) = location::path_absolute(target, path) else {
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
    turns.push(target.clone());
    Ok(target)
}

impl Core {
    /// The tools before the page, the page, and the tools after it.
    async fn serve(
        &self,
        exchange: &mut Exchange,
        journey: &mut Journey,
        outcome: Option<Result<HttpResponse>>,
    ) -> Result<HttpResponse> {
        let answer = self.answer(exchange, journey, outcome).await;
        let response = answer.and_then(failure::refuse_bare)?;
        self.finalize(exchange, journey, response).await
    }

    async fn answer(
        &self,
        exchange: &mut Exchange,
        journey: &Journey,
        outcome: Option<Result<HttpResponse>>,
    ) -> Result<HttpResponse> {
        let belt = self.belt(journey);
        for point in BEFORE.into_iter().filter(|point| belt.asks_at(*point)) {
            hooks::ask(self, journey, point, exchange).await?;
            if let Some(answer) = exchange.take_answer() {
                return Ok(answer);
            }
        }
        match outcome {
            Some(outcome) => outcome,
            None => hooks::walk_within(self, journey, exchange).await,
        }
    }

    /// The tools that see the answer.
    async fn finalize(
        &self,
        exchange: &mut Exchange,
        journey: &mut Journey,
        response: HttpResponse,
    ) -> Result<HttpResponse> {
        if self.belt(journey).is_empty() {
            return Ok(response);
        }
        exchange.put_answer(response);
        if std::mem::replace(&mut journey.finalized, true) {
            // Their answer came to nothing, and this one stands in for it.
            self.after_error(exchange, journey).await;
        } else {
            hooks::ask(self, journey, Point::BeforeFinalize, exchange).await?;
        }
        if self.belt(journey).asks_at(Point::OnEndResource) {
            self.end_resource(exchange, journey).await;
        }
        exchange.take_answer().ok_or_else(no_answer)
    }

    /// The answer to an error that is no turn, with the tools that see it.
    ///
    /// # Errors
    /// A tool turns elsewhere.
    async fn error_response(
        &self,
        exchange: &mut Exchange,
        journey: &mut Journey,
        error: Error,
    ) -> Result<HttpResponse> {
        if self.belt(journey).is_empty() {
            return Ok(self.fail(exchange, journey, error).await);
        }
        if !error.is_unexpected() {
            let response = self.fail(exchange, journey, error).await;
            return match self.finalize(exchange, journey, response).await {
                Err(error) if error.turn().is_none() => {
                    // A tool failed over an error page: its own failure is the last word.
                    let response = self.fail(exchange, journey, error).await;
                    self.finalize(exchange, journey, response).await
                }
                outcome => outcome,
            };
        }
        drop(exchange.take_answer());
        exchange.put_error(error);
        self.end_resource(exchange, journey).await;
        let before = hooks::ask(self, journey, Point::BeforeErrorResponse, exchange).await;
        let error = exchange.take_error();
        if let Err(other) = before {
            if other.turn().is_some() && !std::mem::replace(&mut journey.finalized, true) {
                failure::log(&error, exchange);
                return Err(other);
            }
            failure::log(&other, exchange);
        }
        let response = self.fail(exchange, journey, error).await;
        exchange.put_answer(response);
        self.after_error(exchange, journey).await;
        exchange.take_answer().ok_or_else(no_answer)
    }

    async fn after_error(&self, exchange: &mut Exchange, journey: &Journey) {
        let asked = hooks::ask(self, journey, Point::AfterErrorResponse, exchange).await;
        if let Err(error) = asked {
            failure::log(&error, exchange);
        }
    }

    async fn end_resource(&self, exchange: &mut Exchange, journey: &mut Journey) {
        if std::mem::replace(&mut journey.ended, true) {
            return;
        }
        let asked = hooks::ask(self, journey, Point::OnEndResource, exchange).await;
        if let Err(error) = asked {
            failure::log(&error, exchange);
        }
    }

    /// What the tools of a page need to know before they are asked.
    #[inline]
    pub(super) fn enter(&self, exchange: &mut Exchange, journey: &Journey) {
        let belt = self.belt(journey);
        if belt.asks {
            let nodes: Arc<dyn Nodes> = Arc::clone(&self.roots[journey.root]) as _;
            exchange.put_nodes(nodes);
        }
        if let Some(told) = &belt.told {
            exchange.put_hooks(Arc::clone(told));
        }
    }

    /// Another page answers in this one's place.
    ///
    /// # Errors
    /// A tool of this page cannot let it go, or the other page fails.
    async fn go_on(
        &self,
        exchange: &mut Exchange,
        journey: &mut Journey,
        target: &str,
    ) -> Result<HttpResponse> {
        hooks::ask(self, journey, Point::OnLeave, exchange).await?;
        let host = journey.host;
        // Taken: should the client go while they are asked, they are not asked again.
        let left = std::mem::take(journey);
        if let Err(error) = hooks::ask(self, &left, Point::OnEndRequest, exchange).await {
            failure::log(&error, exchange);
        }
        drop(exchange.take_answer());
        exchange.forget_page();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        exchange.redirect(path.to_string(), query.to_string());
        let outcome;
        (*journey, outcome) = self.find(exchange, Verb::Get, host);
        self.enter(exchange, journey);
        self.serve(exchange, journey, outcome).await
    }

    /// Asks the tools before the page, none of which waits. One of them may answer.
    #[inline]
    pub(super) fn ask_before(&self, exchange: &mut Exchange, journey: &Journey) -> Result<()> {
        let belt = self.belt(journey);
        for point in BEFORE.into_iter().filter(|point| belt.asks_at(*point)) {
            hooks::ask_now(belt, point, exchange)?;
            if exchange.is_answered() {
                break;
            }
        }
        Ok(())
    }

    /// The tools that see the answer, none of which waits.
    pub(super) fn finalize_now(
        &self,
        exchange: &mut Exchange,
        journey: &mut Journey,
        response: HttpResponse,
    ) -> Result<HttpResponse> {
        let belt = self.belt(journey);
        journey.finalized = true;
        if !belt.asks_at(Point::BeforeFinalize) && !belt.asks_at(Point::OnEndResource) {
            return Ok(response);
        }
        exchange.put_answer(response);
        hooks::ask_now(belt, Point::BeforeFinalize, exchange)?;
        journey.ended = true;
        if let Err(error) = hooks::ask_now(belt, Point::OnEndResource, exchange) {
            failure::log(&error, exchange);
        }
        exchange.take_answer().ok_or_else(no_answer)
    }

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
        let head = exchange.request().head();
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
        self.allow_at(host, path)
            .map_or_else(Error::not_found, wrong_method)
    }

    /// The `Allow` of a path; none where nothing is.
    fn allow_at(&self, host: usize, path: &str) -> Option<HeaderValue> {
        let (finder, most) = (&self.hosts[host].1, self.limits.segments);
        let end = |verb| finder.find(path, verb, most, &mut Way::default()).end;
        match end(Verb::Options) {
            Outcome::OtherMethods(methods) => Some(self.belts.allow(host, methods, path)),
            Outcome::Slash => Some(HeaderValue::from_static("OPTIONS")),
            Outcome::Nothing => None,
            // A page answers OPTIONS itself: the other methods are asked for one by one.
            Outcome::Page(_) => {
                let is_answered = |verb: &&Verb| match end(**verb) {
                    Outcome::Page(route) => !self.belts.refuses(host, route, path, **verb),
                    _ => false,
                };
                let verbs = Verb::ALL.iter().filter(is_answered);
                Some(Methods::of(verbs.map(|verb| verb.name())).allow())
            }
        }
    }

    /// Refuses a `Host` that is none, or none of this site's, and tells which virtual host it is.
    fn admit_host(&self, exchange: &Exchange, good: &RefCell<HeaderValue>) -> Result<usize> {
        let head = exchange.request().head();
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
            belt: 0,
            finalized: false,
            ended: false,
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
                    Outcome::OtherMethods(methods) => {
                        Some(Ok(options(self.belts.allow(host, methods, &path))))
                    }
                    _ => Some(to_slash(exchange)),
                }
            }
            Outcome::Slash => Some(to_slash(exchange)),
            Outcome::OtherMethods(methods) => {
                let allow = self.belts.allow(host, methods, exchange.path());
                if verb == Verb::Options {
                    Some(Ok(options(allow)))
                } else {
                    Some(Err(wrong_method(allow)))
                }
            }
            Outcome::Nothing if exchange.path() == "*" && verb == Verb::Options => {
                let all = HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
                Some(Ok(options(all)))
            }
            Outcome::Nothing => Some(Err(Error::not_found())),
        };
        if self.belts.any {
            journey.belt = self.belts.of(exchange, &journey, &found.end, finder);
            if journey.belt != 0 {
                self.tell(exchange, verb, &journey, &found.end);
            }
        }
        (journey, outcome)
    }

    /// Tells the exchange what tools may want to know of the path.
    fn tell(&self, exchange: &mut Exchange, verb: Verb, journey: &Journey, end: &Outcome<'_>) {
        let host = journey.host;
        let is_preflight = verb == Verb::Options && preflight(exchange).is_some();
        let is_refused = || self.belt(journey).refused.contains(verb.name());
        let allow = match end {
            Outcome::Page(_) if is_preflight || is_refused() => {
                self.allow_at(host, exchange.path())
            }
            Outcome::Slash if is_preflight => self.allow_at(host, &format!("{}/", exchange.path())),
            Outcome::OtherMethods(methods) => {
                Some(self.belts.allow(host, methods, exchange.path()))
            }
            _ => None,
        };
        if let Some(allow) = allow {
            exchange.put_allow(allow);
        }
        exchange.found = match end {
            Outcome::Page(_) => Found::Page,
            Outcome::OtherMethods(_) => Found::Methods,
            Outcome::Slash => Found::Slash,
            Outcome::Nothing => {
                let finder = self.finder(journey);
                let bare = exchange.path().strip_suffix('/');
                let is_page = bare.filter(|bare| !bare.is_empty()).is_some_and(|bare| {
                    let most = self.limits.segments;
                    let found = finder.find(bare, verb, most, &mut Way::default());
                    matches!(found.end, Outcome::Page(_))
                });
                if is_page { Found::Bare } else { Found::Nothing }
            }
        };
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
    #[inline]
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
        let limit = self.page_limit(exchange);
        let place = self.place(journey);
        match self.roots[journey.root].walk(exchange) {
            Reply::Now(result) => result,
            Reply::Later(future) => guard::watch(future, limit, place).await,
        }
    }

    /// How long the page may take, and the status of one that takes longer.
    pub(super) fn page_limit(&self, exchange: &Exchange) -> (Duration, StatusCode) {
        let usual = (self.limits.request_timeout, StatusCode::SERVICE_UNAVAILABLE);
        exchange.page_time().unwrap_or(usual)
    }

    /// Where the request is, for the links that are made while it is served.
    pub(super) fn place(&self, journey: &Journey) -> Place<'_> {
        Place::new(&self.mounts, journey.root)
    }

    /// The tools in force.
    pub(super) fn belt(&self, journey: &Journey) -> &Belt {
        &self.belts.all[journey.belt].belt
    }

    pub(super) fn finder(&self, journey: &Journey) -> &Finder {
        &self.hosts[journey.host].1
    }
}

/// A tool has taken the answer away and given none.
fn no_answer() -> Error {
    Error::internal("a tool has taken the answer away")
}

fn wrong_method(allow: HeaderValue) -> Error {
    Error::new(StatusCode::METHOD_NOT_ALLOWED, WRONG_METHOD).header(ALLOW, allow)
}

fn options(allow: HeaderValue) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ALLOW, allow))
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
