//! What happens to a failure: it is logged, and answered by the nearest error page that does not fail itself.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, ACCEPT_RANGES, AGE, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING,
    CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, EXPIRES, HeaderName, HeaderValue, LAST_MODIFIED, TRANSFER_ENCODING, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::Bytes;

use crate::config::Mistake;
use crate::error::{Error, Result, Turn};
use crate::error_page::{self, Detail, RequestDetail, RouteDetail, View};
use crate::exchange::Exchange;
use crate::http::{accept, escape, is_error, status_words};
use crate::site::core::Core;
use crate::site::keys::pages::PlacedPage;
use crate::site::lifecycle::Journey;
use crate::tree::find::Round;
use crate::tree::node::METHOD;
use crate::tree::table::{ErrorRow, Verb};

/// The page for an error, by configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorPage {
    /// An HTML file, read at start. `{status}` and `{message}` in it are replaced, escaped.
    File(PathBuf),
    /// The text of one.
    Text(String),
    /// A page of the site, asked by GET. It keeps the status of the error.
    Page(String),
}

impl ErrorPage {
    /// An HTML file, read at start.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(path.into())
    }

    /// A page of the site.
    pub fn page(path: impl Into<String>) -> Self {
        Self::Page(path.into())
    }

    pub(super) fn load(
        self,
        read: impl Fn(&Path) -> Result<String, Mistake>,
    ) -> Result<Self, Mistake> {
        match self {
            Self::File(path) => read(&path).map(Self::Text),
            other => Ok(other),
        }
    }
}

/// An error status and nothing said: such an answer gets an error page.
pub(super) fn is_bare(response: &HttpResponse) -> bool {
    is_error(response.status())
        && (response.error().is_some()
            || matches!(response.body().size(), BodySize::None | BodySize::Sized(0)))
}

/// What is said of the page that would have been, and must not be kept with its failure. CherryPy: `_cperror.clean_headers`.
const OF_THE_PAGE: [HeaderName; 13] = [
    ACCEPT_RANGES,
    AGE,
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_LOCATION,
    CONTENT_TYPE,
    ETAG,
    EXPIRES,
    LAST_MODIFIED,
    TRANSFER_ENCODING,
];

/// The answer, if it is not bare.
pub(super) fn refuse_bare(response: HttpResponse) -> Result<HttpResponse> {
    if is_bare(&response) {
        Err(of_bare(&response))
    } else {
        Ok(response)
    }
}

/// Makes an error of a bare answer. It keeps the headers that are not about its page.
pub(super) fn of_bare(response: &HttpResponse) -> Error {
    let mut error = Error::new(response.status(), status_words(response.status()));
    for (name, value) in response.headers() {
        if !OF_THE_PAGE.contains(name) {
            error = error.header(name.clone(), value.clone());
        }
    }
    match response.error() {
        Some(cause) => error.because(cause.to_string()),
        None => error,
    }
}

impl Core {
    /// The answer to a failure that needs no walk: no page of the application is for it.
    ///
    /// # Errors
    /// The error itself, when some page may be.
    pub(super) fn fail_at_once(
        &self,
        exchange: &Exchange,
        journey: &Journey,
        error: Error,
    ) -> Result<HttpResponse> {
        let status = error.status();
        let scopes = &self.finder(journey).scopes;
        let mut nodes = self.nodes(journey);
        let in_tree = nodes.any(|(scope, _)| choose(scopes[scope].errors, status).is_some());
        let in_site = matches!(self.configured(journey, status), Some(ErrorPage::Page(_)));
        if in_tree || in_site || error.turn().is_some() {
            return Err(error);
        }
        log(&error, exchange);
        let response = self.own_page(exchange, journey, &error);
        Ok(finish(response, &error))
    }

    /// The answer to a failure.
    pub(super) async fn fail(
        &self,
        exchange: &mut Exchange,
        journey: &Journey,
        error: Error,
    ) -> HttpResponse {
        log(&error, exchange);
        let again = error.again();
        exchange.put_error(error);
        let response = match self.tree_page(exchange, journey, &again).await {
            Some(response) => response,
            None => self.site_page(exchange, journey, &again).await,
        };
        finish(response, &again)
    }

    /// The node where the request is, then those around it.
    fn nodes(&self, journey: &Journey) -> impl Iterator<Item = (usize, Round)> {
        let finder = self.finder(journey);
        let first = journey.scope.map(|scope| (scope, journey.round.clone()));
        std::iter::successors(first, |(scope, round)| finder.around(*scope, round))
    }

    /// The nearest `#[error_page]` that answers: of the node itself, then of those around it.
    async fn tree_page(
        &self,
        exchange: &mut Exchange,
        journey: &Journey,
        error: &Error,
    ) -> Option<HttpResponse> {
        let finder = self.finder(journey);
        for (scope, round) in self.nodes(journey) {
            let node = &finder.scopes[scope];
            let Some(page) = choose(node.errors, error.status()) else {
                continue;
            };
            exchange.retrace(round.len_of(node.steps.len()), page.id | METHOD);
            exchange.put_error_again(error);
            let response = self.error_page(exchange, journey).await;
            if response.is_some() {
                return response;
            }
        }
        None
    }

    async fn error_page(&self, exchange: &mut Exchange, journey: &Journey) -> Option<HttpResponse> {
        let answer = self.walk(exchange, journey).await;
        let error = match answer.and_then(refuse_bare) {
            Ok(response) => return Some(response),
            Err(error) => error,
        };
        if let Some(Turn::Answer(answer)) = error.turn() {
            return refuse_bare(answer(exchange.request())).ok();
        }
        log(&error, exchange);
        None
    }

    /// The configured page, else ours.
    async fn site_page(
        &self,
        exchange: &mut Exchange,
        journey: &Journey,
        error: &Error,
    ) -> HttpResponse {
        if let Some(ErrorPage::Page(path)) = self.configured(journey, error.status())
            && let Some(response) = self.page_at(exchange, journey, path).await
        {
            return response;
        }
        exchange.put_error_again(error);
        let full = exchange.take_error();
        self.own_page(exchange, journey, &full)
    }

    /// The page that is configured for this part of the site, else for all of it.
    fn configured(&self, journey: &Journey, status: StatusCode) -> Option<&ErrorPage> {
        let of = |pages: &'_ [Arc<PlacedPage>], wanted: Option<StatusCode>| {
            pages.iter().position(|page| page.status == wanted)
        };
        let nearest = [&self.belts.all[journey.belt].error_pages, &self.error_pages];
        nearest.into_iter().find_map(|pages| {
            let at = of(pages, Some(status)).or_else(|| of(pages, None))?;
            pages.get(at).map(|page| &page.page)
        })
    }

    async fn page_at(
        &self,
        exchange: &mut Exchange,
        journey: &Journey,
        path: &str,
    ) -> Option<HttpResponse> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        exchange.redirect(path.to_string(), query.to_string());
        let (journey, outcome) = self.find(exchange, Verb::Get, journey.host);
        match outcome {
            // It may lack its slash; the visitor has not asked for it, so it is not sent there.
            Some(outcome) => outcome
                .ok()
                .filter(|response| !response.status().is_redirection()),
            None => self.error_page(exchange, &journey).await,
        }
    }

    /// A text of the configuration, else Kirsch's own page: HTML, or RFC 9457 for a client that prefers JSON.
    fn own_page(&self, exchange: &Exchange, journey: &Journey, error: &Error) -> HttpResponse {
        if let Some(ErrorPage::Text(text)) = self.configured(journey, error.status()) {
            return html(fill(text, error).into());
        }
        let detail = self
            .shows_internals
            .then(|| self.detail(exchange, journey, error));
        let view = View {
            status: error.status(),
            words: error.words(),
            detail,
        };
        let asked = exchange.request().headers().get(ACCEPT);
        let prefers = || accept::prefers_json(asked.and_then(|value| value.to_str().ok()));
        if exchange.prefers_problems || prefers() {
            return plain(PROBLEM, error_page::problem_json(&view).into());
        }
        let is_usual = view.detail.is_none() && view.words == status_words(StatusCode::NOT_FOUND);
        if is_usual && view.status == StatusCode::NOT_FOUND {
            let page = self
                .not_found
                .get_or_init(|| error_page::html(&view).into());
            return html(page.clone());
        }
        html(error_page::html(&view).into())
    }

    fn detail<'a>(
        &'a self,
        exchange: &'a Exchange,
        journey: &Journey,
        error: &Error,
    ) -> Detail<'a> {
        let request = exchange.request().head();
        let route = journey
            .route
            .map(|index| &self.finder(journey).routes[index]);
        Detail {
            causes: error.causes().collect(),
            route: route.map(|route| RouteDetail {
                method: route.verb.name(),
                template: &route.template,
                page: &route.page,
                source: route.source.to_string(),
            }),
            belt: self.belt(journey).lines(),
            request: RequestDetail {
                method: request.method.as_str(),
                target: request
                    .uri
                    .path_and_query()
                    .map_or("*", |target| target.as_str()),
                headers: request
                    .headers
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_bytes()))
                    .collect(),
            },
        }
    }
}

/// The page for exactly this status wins over the default.
fn choose(pages: &[ErrorRow], status: StatusCode) -> Option<&ErrorRow> {
    let of = |wanted: Option<u16>| pages.iter().find(move |page| page.status == wanted);
    of(Some(status.as_u16())).or_else(|| of(None))
}

fn fill(text: &str, error: &Error) -> String {
    let message = escape::html(error.words()).to_string();
    text.replace("{status}", &error.status().to_string())
        .replace("{message}", &message)
}

/// An error page has the status of its error, unless it chose another error or leads elsewhere.
fn finish(mut response: HttpResponse, error: &Error) -> HttpResponse {
    if response.status().is_success() {
        *response.status_mut() = error.status();
    }
    for (name, value) in error.headers() {
        response.headers_mut().append(name.clone(), value.clone());
    }
    response
}

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

fn html(text: Bytes) -> HttpResponse {
    plain(HTML, text)
}

fn plain(content_type: HeaderValue, text: Bytes) -> HttpResponse {
    const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
    const POLICY: HeaderValue = HeaderValue::from_static(error_page::POLICY);
    const BY_ACCEPT: HeaderValue = HeaderValue::from_static("accept");
    let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(VARY, BY_ACCEPT);
    response
}

/// Failures of the site are logged with all their causes; mistakes of a visitor are his own.
pub(super) fn log(error: &Error, exchange: &Exchange) {
    if !error.status().is_server_error() || error.turn().is_some() {
        return;
    }
    let head = exchange.request().head();
    let target = head
        .uri
        .path_and_query()
        .map_or("*", |target| target.as_str());
    let causes: Vec<_> = error.causes().collect();
    let causes = escape::log(causes.join(": ").as_bytes()).to_string();
    tracing::error!(target: "kirsch::error", "{} {} {}: {causes}{}", error.status().as_u16(), escape::log(head.method.as_str().as_bytes()), escape::log(target.as_bytes()), Known(exchange));
}

/// What tools have found out about a request: its name, and who is behind the proxy.
struct Known<'x>(&'x Exchange);

impl fmt::Display for Known<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = self.0.id() {
            write!(f, " (request {id})")?;
        }
        let peer = self.0.request().peer_addr().map(|peer| peer.ip());
        match (self.0.client_ip(), peer) {
            (Some(client), Some(peer)) if client != peer => {
                write!(f, " (client {client} by way of {peer})")
            }
            (Some(client), None) => write!(f, " (client {client})"),
            _ => Ok(()),
        }
    }
}
