//! What happens to a failure: it is logged, and answered by the nearest error page that does not fail itself.

use std::path::{Path, PathBuf};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody as _};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    TRANSFER_ENCODING, VARY, X_CONTENT_TYPE_OPTIONS,
};

use crate::error::{Error, Result, Turn};
use crate::error_page::{self, Detail, RequestDetail, RouteDetail, View};
use crate::exchange::Exchange;
use crate::http::{accept, escape, status_words};
use crate::site::Mistake;
use crate::site::core::Core;
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

/// Makes an error of a bare answer. It keeps its headers.
pub(super) fn refuse_bare(response: HttpResponse) -> Result<HttpResponse> {
    if !is_bare(&response) {
        return Ok(response);
    }
    let mut error = Error::new(response.status(), status_words(response.status()));
    for (name, value) in response.headers() {
        if ![CONTENT_TYPE, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name) {
            error = error.header(name.clone(), value.clone());
        }
    }
    Err(match response.error() {
        Some(cause) => error.because(cause.to_string()),
        None => error,
    })
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

impl Core {
    /// The answer to a failure.
    pub(super) async fn fail(
        &self,
        exchange: &mut Exchange,
        journey: &Journey,
        error: Error,
    ) -> HttpResponse {
        log(&error, exchange);
        let (status, headers) = (error.status(), error.headers().to_vec());
        let words = error.again();
        exchange.put_error(error);
        let mut response = match self.tree_page(exchange, journey, &words).await {
            Some(response) => response,
            None => self.site_page(exchange, journey, &words).await,
        };
        if response.status().is_success() {
            *response.status_mut() = status;
        }
        for (name, value) in headers {
            response.headers_mut().append(name, value);
        }
        response
    }

    /// The nearest `#[error_page]` that answers: of the node itself, then of those around it.
    async fn tree_page(
        &self,
        exchange: &mut Exchange,
        journey: &Journey,
        error: &Error,
    ) -> Option<HttpResponse> {
        let finder = self.finder(journey);
        let first = journey.scope.map(|scope| (scope, journey.round.clone()));
        let around = |(scope, round): &(usize, Round)| finder.around(*scope, round);
        for (scope, round) in std::iter::successors(first, around) {
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
        let error = match self.walk(exchange, journey).await {
            Ok(response) => return Some(response),
            Err(error) => error,
        };
        if let Some(Turn::Answer(answer)) = error.turn() {
            return Some(answer(&exchange.request));
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
        let of = |wanted: Option<StatusCode>| {
            self.error_pages
                .iter()
                .find(move |(status, _)| *status == wanted)
        };
        match of(Some(error.status()))
            .or_else(|| of(None))
            .map(|(_, page)| page)
        {
            Some(ErrorPage::Text(text)) => html(fill(text, error)),
            Some(ErrorPage::Page(path)) => match self.page_at(exchange, journey, path).await {
                Some(response) => response,
                None => self.default_page(exchange, journey, error),
            },
            _ => self.default_page(exchange, journey, error),
        }
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
            Some(outcome) => outcome.ok(),
            None => self.error_page(exchange, &journey).await,
        }
    }

    /// Kirsch's own page: HTML, or RFC 9457 for a client that prefers JSON.
    fn default_page(
        &self,
        exchange: &mut Exchange,
        journey: &Journey,
        error: &Error,
    ) -> HttpResponse {
        exchange.put_error_again(error);
        let full = exchange.take_error();
        let detail = self
            .environment
            .shows_internals()
            .then(|| self.detail(exchange, journey, &full));
        let view = View {
            status: error.status(),
            words: error.words(),
            detail,
        };
        let asked = exchange
            .request
            .headers()
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok());
        if accept::prefers_json(asked) {
            plain("application/problem+json", error_page::problem_json(&view))
        } else {
            html(error_page::html(&view))
        }
    }

    fn detail<'a>(
        &'a self,
        exchange: &'a Exchange,
        journey: &Journey,
        error: &Error,
    ) -> Detail<'a> {
        let request = exchange.request.head();
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
            belt: Vec::new(),
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

fn html(text: String) -> HttpResponse {
    plain("text/html; charset=utf-8", text)
}

fn plain(content_type: &'static str, text: String) -> HttpResponse {
    const HEADERS: [(HeaderName, HeaderValue); 3] = [
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
        ),
        (VARY, HeaderValue::from_static("accept")),
    ];
    let mut response = HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static(content_type)))
        .body(text);
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Failures of the site are logged with all their causes; mistakes of a visitor are his own.
fn log(error: &Error, exchange: &Exchange) {
    if !error.status().is_server_error() || error.turn().is_some() {
        return;
    }
    let head = exchange.request.head();
    let target = head
        .uri
        .path_and_query()
        .map_or("*", |target| target.as_str());
    let causes: Vec<_> = error.causes().collect();
    let causes = escape::log(causes.join(": ").as_bytes()).to_string();
    tracing::error!(target: "kirsch::error", "{} {} {}: {causes}", error.status().as_u16(), escape::log(head.method.as_str().as_bytes()), escape::log(target.as_bytes()));
}
