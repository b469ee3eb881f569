//! One request and the way to its page: what was asked, what the path captured, which steps lead through the tree.
//!
//! The exchange is made once per request by the site and lent down the walk: children and pages read their arguments from it.

pub(crate) mod answer;
pub(crate) mod bind;
mod client;
mod id;
mod lend;
pub(crate) mod methods;
mod reply;
mod state;

pub use client::Client;
pub use id::RequestId;
pub use reply::Reply;
pub(crate) use state::Nodes;

use std::any::TypeId;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::{
    ACCESS_CONTROL_REQUEST_METHOD, AsHeaderName, CONTENT_LENGTH, HeaderMap, HeaderName,
    HeaderValue, ORIGIN,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, Responder};
use serde::de::DeserializeOwned;
use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::http::content_type::MediaType;
use crate::http::percent;
use crate::limits::Limits;
use crate::params::form::{self, Form, body, json};
use crate::params::{Arg, ArgKind};

/// The numbers of the children and the page on the way, as the tables number them.
pub(crate) type Steps = SmallVec<[u16; 8]>;

/// The captured segments, as ranges of the raw path.
pub(crate) type Captures = SmallVec<[(u32, u32); 4]>;

/// A body of so many bytes is read to its end even if no page asks for it, so that the connection can be kept.
const SHORT_BODY: u64 = 64 * 1024;

/// The way through the tree, as `find` writes it.
#[derive(Default, Debug)]
pub(crate) struct Way {
    pub(crate) steps: Steps,
    pub(crate) captures: Captures,
    /// Where `Rest` begins in the raw path, when the route has one.
    pub(crate) rest: Option<u32>,
    /// The path has percent-encoding in it.
    pub(crate) encoded: bool,
}

/// One request on its way to a page.
pub struct Exchange {
    /// The request as actix-web knows it, and its body until somebody reads it.
    pub(crate) sent: ServiceRequest,
    /// Path and query when an internal redirect replaced those of the request.
    target: Option<Rc<Target>>,
    way: Way,
    /// How many steps of the way have been taken.
    walked: usize,
    /// Where the captures of the method that is being called begin. Those before it belong to the children above.
    base: usize,
    /// How many leftover segments the current method has bound.
    bound: usize,
    /// The form, once it has been read.
    pub(crate) form: Option<Form>,
    limits: Rc<Limits>,
    /// Somebody has begun to read the body.
    has_read_body: bool,
    /// Which media types of a body are JSON.
    json: fn(&MediaType<'_>) -> bool,
    /// Every part of the way answers without waiting, so that a future may be polled once and on the stack.
    pub(crate) now: bool,
    /// The error that an error page is about.
    error: Option<Error>,
    /// The answer, once there is one: tools may change it.
    answer: Option<HttpResponse>,
    /// What the path was found to be.
    pub(crate) found: Found,
    /// Errors are told as problems in JSON, whatever the client accepts.
    pub(crate) prefers_problems: bool,
    /// What few requests have.
    extra: Option<Box<Extra>>,
}

/// What is done to the headers of an answer before it goes.
pub(crate) type LastWord = Box<dyn FnOnce(&mut HeaderMap)>;

/// What few requests have: the others need not carry its room along.
#[derive(Default)]
struct Extra {
    /// The nodes above the page, where a tool asks for them.
    nodes: Option<Arc<dyn Nodes>>,
    /// The names of the headers that have been read, in small letters, where a tool wants to know.
    read: Option<RefCell<BTreeSet<String>>>,
    /// How long the page may take, where a tool says so, and what it answers when it takes longer.
    page_time: Option<(Duration, StatusCode)>,
    /// The visitor, where a tool knows more of them than the connection does.
    client: Option<Client>,
    /// The hooks of the page, where a tool asks for them.
    hooks: Option<Arc<str>>,
    /// What the request is called, where a tool has given it a name.
    id: Option<RequestId>,
    /// What pages that lead here have to say of whatever answers in the end.
    last_words: Vec<LastWord>,
    /// The methods that are answered here, less those that tools refuse, where the one that was asked for is not, or a preflight asks.
    allow: Option<HeaderValue>,
}

impl Extra {
    fn note_read(&self, name: &str) {
        if let Some(read) = &self.read {
            read.borrow_mut().insert(name.to_ascii_lowercase());
        }
    }
}

/// What a path was found to be.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) enum Found {
    /// A page, for this method.
    #[default]
    Page,
    /// Pages, for other methods.
    Methods,
    /// Nothing, but a node with its slash.
    Slash,
    /// Nothing, but a page without the slash.
    Bare,
    /// Nothing.
    Nothing,
}

/// The path and query that an internal redirect asked for.
struct Target {
    path: String,
    query: String,
}

impl Exchange {
    pub(crate) fn new(sent: ServiceRequest, limits: Rc<Limits>) -> Self {
        Self {
            sent,
            target: None,
            way: Way::default(),
            walked: 0,
            base: 0,
            bound: 0,
            form: None,
            limits,
            has_read_body: false,
            json: json::accepts,
            now: false,
            error: None,
            answer: None,
            found: Found::default(),
            prefers_problems: false,
            extra: None,
        }
    }

    /// The path as it was sent, percent-encoded.
    pub(crate) fn path(&self) -> &str {
        self.target
            .as_ref()
            .map_or_else(|| self.request().uri().path(), |target| &target.path)
    }

    /// The query as it was sent, without its `?`.
    pub(crate) fn query(&self) -> &str {
        self.target.as_ref().map_or_else(
            || self.request().uri().query().unwrap_or(""),
            |target| &target.query,
        )
    }

    /// An internal redirect took the request elsewhere: it is a GET without a body then.
    pub(crate) fn is_redirected(&self) -> bool {
        self.target.is_some()
    }

    /// Takes the request to another path and query.
    pub(crate) fn redirect(&mut self, path: String, query: String) {
        self.target = Some(Rc::new(Target { path, query }));
        self.sent.set_payload(Payload::None);
        self.form = None;
    }

    /// Lets `find` look for the way, which begins anew.
    pub(crate) fn seek<T>(&mut self, find: impl FnOnce(&str, &mut Way) -> T) -> T {
        self.way.steps.clear();
        self.way.captures.clear();
        self.way.rest = None;
        self.way.encoded = false;
        self.walked = 0;
        self.base = 0;
        self.bound = 0;
        let path = match &self.target {
            Some(target) => &target.path,
            None => self.sent.request().uri().path(),
        };
        find(path, &mut self.way)
    }

    /// Goes back along the way, to call another method of a node on it: an error page.
    pub(crate) fn retrace(&mut self, len: usize, step: u16) {
        self.way.steps.truncate(len);
        self.way.steps.push(step);
        self.walked = 0;
        self.base = 0;
        self.bound = 0;
    }

    /// Gives the error to the exchange if an error page has lost it.
    pub(crate) fn put_error_again(&mut self, error: &Error) {
        self.error.get_or_insert_with(|| error.again());
    }

    /// The next step of the walk. Past the end, a step that no table has: the walk ends in a 404.
    pub fn step(&mut self) -> u16 {
        let step = self.way.steps.get(self.walked).copied().unwrap_or(u16::MAX);
        self.walked += 1;
        step
    }

    /// The capture that belongs to the placeholder number `index` of the current method's own path.
    pub(crate) fn capture(&self, index: usize) -> Result<Option<Cow<'_, str>>> {
        let Some(&(start, end)) = self.way.captures.get(self.base + index) else {
            return Ok(None);
        };
        let raw = self
            .path()
            .get(start as usize..end as usize)
            .ok_or_else(Error::not_found)?;
        if !self.way.encoded {
            return Ok(Some(Cow::Borrowed(raw)));
        }
        percent::decode_segment(raw)
            .map(Some)
            .ok_or_else(Error::not_found)
    }

    /// Counts one more leftover segment as bound, and says its number.
    pub(crate) fn next_leftover(&mut self) -> usize {
        self.bound += 1;
        self.bound - 1
    }

    /// The next captured segment, for a map of nodes.
    pub(crate) fn key(&mut self) -> Result<String> {
        let key = self
            .capture(0)?
            .map(Cow::into_owned)
            .ok_or_else(Error::not_found)?;
        self.descend(1);
        Ok(key)
    }

    /// What is left of the path, as it was sent.
    pub(crate) fn rest(&self) -> &str {
        self.way
            .rest
            .and_then(|start| self.path().get(start as usize..))
            .unwrap_or("")
    }

    /// A child method has read the `captures` of its path, and leftovers; those of what is below it come next.
    pub fn descend(&mut self, captures: usize) {
        self.base += captures + self.bound;
        self.bound = 0;
    }

    /// Lends the error to an error page. [`Self::put_error`] gives it back.
    pub fn take_error(&mut self) -> Error {
        self.error.take().unwrap_or_else(Error::not_found)
    }

    /// Gives the error (back) to the exchange.
    pub fn put_error(&mut self, error: Error) {
        self.error = Some(error);
    }

    /// Every part of the way answers without waiting.
    pub fn is_now(&self) -> bool {
        self.now
    }

    /// Reads the form, if the page has parameters that may be fields of one. A request that cannot have a body costs nothing here.
    ///
    /// # Errors
    /// 413, 415, 408 and 400, as the module `params::form` says.
    pub async fn prepare(&mut self, args: &'static [Arg]) -> Result<()> {
        if self.now || self.is_redirected() {
            return Ok(());
        }
        let method = self.request().method();
        let no_body = method == Method::GET || method == Method::HEAD || method == Method::OPTIONS;
        // A body that another parameter reads as a whole is no form.
        let is_read = args.iter().any(|arg| arg.kind == ArgKind::Body);
        if no_body || is_read || !args.iter().any(Arg::may_be_a_field) {
            return Ok(());
        }
        let (request, payload) = self.sent.parts_mut();
        self.form = form::read(request.headers(), payload, &self.limits.form).await?;
        self.refuse_unknown_fields(args)
    }

    /// The request has a body that no page has asked for, and that may be long: reading on, only to keep the connection, would cost
    /// more than a new connection does.
    pub(crate) fn has_long_unread_body(&mut self) -> bool {
        if !self.has_unread_body() {
            return false;
        }
        let length = self.request().headers().get(CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
        length.is_none_or(|length| length > SHORT_BODY)
    }

    /// There is a body, and nobody has begun to read it.
    #[inline]
    pub(crate) fn has_unread_body(&mut self) -> bool {
        !self.has_read_body && !matches!(self.sent.parts_mut().1, Payload::None)
    }

    /// Puts limits around a body that an extractor is going to read.
    pub(crate) fn guard_body(&mut self) -> Result<()> {
        self.has_read_body = true;
        let limits = &self.limits.form;
        let (request, payload) = self.sent.parts_mut();
        body::guard(request.headers(), payload, limits.body_bytes, limits.pace())
    }

    /// Takes the media type of the body for JSON, whatever it is called: a page with [`Json`](actix_web::web::Json) reads it as
    /// `application/json`. In another charset than UTF-8 it is none.
    pub fn take_for_json(&mut self) {
        self.json = json::accepts_any;
    }

    /// Reads the body as JSON.
    pub(crate) async fn read_json<T: DeserializeOwned>(&mut self) -> Result<T> {
        self.has_read_body = true;
        let limits = &self.limits;
        let (request, payload) = self.sent.parts_mut();
        let pace = limits.form.pace();
        json::read(request.headers(), payload, limits.json, pace, self.json).await
    }

    /// With `strict_params`, a field that the page does not ask for is 400.
    fn refuse_unknown_fields(&self, args: &[Arg]) -> Result<()> {
        let Some(form) = self.form.as_ref().filter(|_| self.limits.strict_params) else {
            return Ok(());
        };
        let unknown = form
            .names()
            .find(|name| !args.iter().any(|arg| arg.name == *name));
        match unknown {
            Some(name) => Err(Error::bad_request(format!(
                "the page does not ask for the field `{name}`"
            ))),
            None => Ok(()),
        }
    }

    /// What the path is, percent-encoded, as it was sent or as an internal redirect said.
    #[must_use]
    pub fn raw_path(&self) -> &str {
        self.path()
    }

    /// The value of a request header, if it is there and is text. The tool `autovary` sees what is read by this.
    #[must_use]
    pub fn header(&self, name: impl AsHeaderName + AsRef<str>) -> Option<&str> {
        if let Some(extra) = &self.extra {
            extra.note_read(name.as_ref());
        }
        self.request().headers().get(name)?.to_str().ok()
    }

    /// Answers instead of the page: neither it nor any tool that would be asked before it is called. At a later point, the answer is replaced.
    pub fn answer(&mut self, answer: impl Responder) {
        self.answer = Some(answer.respond_to(self.request()).map_into_boxed_body());
    }

    /// Where no page of the application answers an error, it is a problem in JSON (RFC 9457), whatever the client accepts.
    pub fn prefer_problems(&mut self, problems: bool) {
        self.prefers_problems = problems;
    }

    /// The hooks of the page, in their order, for a tool that has wanted them in its `prepare`.
    #[must_use]
    pub fn hooks(&self) -> Option<&str> {
        self.extra.as_ref()?.hooks.as_deref()
    }

    pub(crate) fn put_hooks(&mut self, hooks: Arc<str>) {
        self.extra().hooks = Some(hooks);
    }

    /// The answer, once there is one.
    #[must_use]
    pub fn response(&self) -> Option<&HttpResponse> {
        self.answer.as_ref()
    }

    /// The answer, once there is one, to be changed.
    pub fn response_mut(&mut self) -> Option<&mut HttpResponse> {
        self.answer.as_mut()
    }

    /// The error, at the points around an error page.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// How long the page may take, instead of the site's `request_timeout`; then its future is dropped, and the answer is an
    /// error of this status. Zero is for ever.
    pub fn limit_time(&mut self, time: Duration, late: StatusCode) {
        self.extra().page_time = Some((time, late));
    }

    /// The visitor, as far as the connection, or a trusted proxy, tells.
    #[must_use]
    pub fn client(&self) -> Client {
        let known = self.extra.as_ref().and_then(|extra| extra.client.clone());
        known.unwrap_or_else(|| Client::of(self.request()))
    }

    /// Says who the visitor is: what the connection shows is a proxy. Pages that take a [`Client`] and the access log see it too.
    pub fn set_client(&mut self, client: Client) {
        self.request().extensions_mut().insert(client.clone());
        self.extra().client = Some(client);
    }

    /// What the request is called, where a tool has given it a name.
    #[must_use]
    pub fn id(&self) -> Option<&RequestId> {
        self.extra.as_ref()?.id.as_ref()
    }

    /// Gives the request a name. Pages that take a [`RequestId`] and the error log see it.
    pub fn set_id(&mut self, id: RequestId) {
        self.request().extensions_mut().insert(id.clone());
        self.extra().id = Some(id);
    }

    /// The address of the visitor, where a tool has said it.
    pub(crate) fn client_ip(&self) -> Option<std::net::IpAddr> {
        self.extra.as_ref()?.client.as_ref()?.ip()
    }

    fn extra(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// How long the page may take, where a tool has said so.
    pub(crate) fn page_time(&self) -> Option<(Duration, StatusCode)> {
        self.extra.as_ref()?.page_time
    }

    /// Another page is going to be asked: what was said of the first does not hold for it.
    pub(crate) fn forget_page(&mut self) {
        if let Some(extra) = &mut self.extra {
            extra.page_time = None;
            extra.allow = None;
        }
    }

    /// Has the last word on the headers of whatever answers in the end, when this page leads elsewhere by an internal redirect: for tools at
    /// [`on_leave`](crate::tools::Point::OnLeave).
    pub fn at_last(&mut self, word: impl FnOnce(&mut HeaderMap) + 'static) {
        self.extra().last_words.push(Box::new(word));
    }

    pub(crate) fn take_last_words(&mut self) -> Vec<LastWord> {
        let extra = self.extra.as_mut();
        extra
            .map(|extra| std::mem::take(&mut extra.last_words))
            .unwrap_or_default()
    }

    /// The visitor came by TLS, as far as the connection and a trusted proxy tell.
    pub(crate) fn is_https(&self) -> bool {
        let client = self.extra.as_ref().and_then(|extra| extra.client.as_ref());
        client.is_some_and(Client::is_https)
    }

    /// Lends the nodes to the functions of tools.
    pub(crate) fn put_nodes(&mut self, nodes: Arc<dyn Nodes>) {
        self.extra().nodes = Some(nodes);
    }

    /// From here on, the names of headers that are read are written down.
    pub(crate) fn record_headers(&mut self) {
        self.extra().read.get_or_insert_default();
    }

    /// A parameter of the page reads this header.
    pub(crate) fn note_read(&self, name: fn() -> HeaderName) {
        if let Some(extra) = &self.extra
            && extra.read.is_some()
        {
            extra.note_read(name().as_str());
        }
    }

    /// The names of the headers that have been read, in small letters.
    pub(crate) fn recorded_headers(&self) -> BTreeSet<String> {
        let read = self.extra.as_ref().and_then(|extra| extra.read.as_ref());
        read.map(|read| read.borrow().clone()).unwrap_or_default()
    }

    pub(crate) fn put_allow(&mut self, allow: HeaderValue) {
        self.extra().allow = Some(allow);
    }

    /// Takes a header out of the request, so that nothing after this sees it.
    ///
    /// # Panics
    /// When somebody else holds the request: a middleware of actix-web around the site. In a hook, a panic is a 500.
    pub fn remove_header(&mut self, name: impl AsHeaderName) {
        self.sent.headers_mut().remove(name);
    }

    /// The methods that are answered here, as `Allow` has them, when the path is that of pages for other methods, or a tool refuses this one: after OPTIONS, or before a 405. Those that tools refuse are not among them.
    /// A preflight ([`is_preflight`](Self::is_preflight)) is told them in any case.
    #[must_use]
    pub fn allowed_methods(&self) -> Option<&HeaderValue> {
        self.extra.as_ref()?.allow.as_ref()
    }

    /// A browser asks beforehand whether it may send a request of a script of another site (Fetch, CORS-preflight request).
    #[must_use]
    pub fn is_preflight(&self) -> bool {
        let headers = self.request().headers();
        self.request().method() == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// The method that a preflight asks for. A tool that notes who reads headers does not see this.
    pub(crate) fn preflight_method(&self) -> Option<&HeaderValue> {
        let headers = self.request().headers();
        let method = headers.get(ACCESS_CONTROL_REQUEST_METHOD)?;
        self.is_preflight().then_some(method)
    }

    /// There is a page at this path for this method; else the answer is 404, 405, a redirect to a slash or the site's own to OPTIONS.
    #[must_use]
    pub fn has_page(&self) -> bool {
        matches!(self.found, Found::Page)
    }

    /// There is no page at this path, but one with a slash at its end.
    #[must_use]
    pub fn needs_slash(&self) -> bool {
        matches!(self.found, Found::Slash)
    }

    /// There is no page at this path, but one without the slash at its end.
    #[must_use]
    pub fn has_extra_slash(&self) -> bool {
        matches!(self.found, Found::Bare)
    }

    /// How many bytes the body may have, instead of the site's limits; more is 413.
    pub fn limit_body(&mut self, bytes: u64) {
        let limits = Rc::make_mut(&mut self.limits);
        limits.form.body_bytes = bytes;
        limits.form.form_bytes = limits.form.form_bytes.min(bytes);
        limits.json = limits.json.min(bytes);
    }

    pub(crate) fn put_answer(&mut self, answer: HttpResponse) {
        self.answer = Some(answer);
    }

    pub(crate) fn take_answer(&mut self) -> Option<HttpResponse> {
        self.answer.take()
    }

    pub(crate) fn is_answered(&self) -> bool {
        self.answer.is_some()
    }

    /// The node of this type above the page, if it stands there in fields.
    pub(crate) fn node<N: 'static>(&self) -> Option<&N> {
        let nodes = self.extra.as_ref()?.nodes.as_ref()?;
        nodes
            .node(&self.way.steps, TypeId::of::<N>())?
            .downcast_ref()
    }

    /// The request as actix-web knows it.
    pub fn request(&self) -> &HttpRequest {
        self.sent.request()
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange")
            .field("method", self.request().method())
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}
