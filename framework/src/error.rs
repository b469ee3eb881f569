//! The one error of the framework: a status, words for the visitor, and a private cause for the log.
//!
//! A page returns [`Result`]; `?` turns every [`std::error::Error`] into an [`Error`] of status 500 whose cause the visitor
//! never sees. To answer with another status, say so: `Err(Error::not_found())`, or `.map_err(|e| Error::bad_request("…").because(e))`.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};

use crate::http::{is_error, status_words};

/// What a page, a child or a start returns when it may fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed request: a status, words for the visitor, and the cause for the log.
///
/// # Examples
/// ```
/// use kirsch::{Error, Result};
///
/// fn price(text: &str) -> Result<u32> {
///     text.parse().map_err(|cause| Error::bad_request("a price is a whole number").because(cause))
/// }
///
/// let error = price("ten").unwrap_err();
/// assert_eq!(error.status(), 400);
/// assert_eq!(error.words(), "a price is a whole number");
///
/// fn read() -> Result<String> {
///     Ok(std::fs::read_to_string("no such file")?) // any error becomes an opaque 500
/// }
/// assert_eq!(read().unwrap_err().status(), 500);
/// ```
///
/// # CherryPy
/// `HTTPError`, `NotFound`, `InternalRedirect` in one type; `HTTPRedirect` is [`Redirect`](crate::Redirect), which converts into this.
pub struct Error(Box<Inner>);

struct Inner {
    status: StatusCode,
    words: Cow<'static, str>,
    cause: Option<Box<dyn StdError>>,
    turn: Option<Turn>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Nobody meant it to happen: it came from `?`, or a panic.
    is_unexpected: bool,
}

/// What an error asks for instead of an error page.
pub(crate) enum Turn {
    /// Answer with this response (a redirect).
    Answer(Box<dyn Fn(&actix_web::HttpRequest) -> HttpResponse>),
    /// Serve this path of the same site instead, without telling the browser.
    Internal(String),
}

impl Error {
    /// An error with this status and these words for the visitor. They are escaped where they are shown.
    ///
    /// A status that is no error (below 400) becomes 500: an error page with a status of success would lie to every cache on the way.
    pub fn new(status: StatusCode, words: impl Into<Cow<'static, str>>) -> Self {
        Self::with(failing(status), words.into(), None)
    }

    /// 404: nothing is here. CherryPy's `NotFound`.
    pub fn not_found() -> Self {
        Self::plain(StatusCode::NOT_FOUND)
    }

    /// 400: the request is wrong, and these words say how.
    pub fn bad_request(words: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, words)
    }

    /// 403: the visitor may not see this.
    pub fn forbidden() -> Self {
        Self::plain(StatusCode::FORBIDDEN)
    }

    /// 413: the body is larger than `limit` bytes.
    pub fn too_large(limit: u64) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the request body is larger than the {limit} bytes that are allowed here"),
        )
    }

    /// 415: the body is in a format that this page does not read.
    pub fn unsupported_media_type(words: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, words)
    }

    /// 408: the client took too long.
    pub fn timeout(words: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, words)
    }

    /// 500 with a cause that only the log sees.
    pub fn internal(cause: impl Into<Box<dyn StdError>>) -> Self {
        let mut error = Self::plain(StatusCode::INTERNAL_SERVER_ERROR);
        error.0.cause = Some(cause.into());
        error.0.is_unexpected = true;
        error
    }

    /// Serves another path of the same site in this one's place: the browser's address stays. CherryPy's `InternalRedirect`.
    ///
    /// The other path is asked by GET with an empty body; a `?` in it starts its query. Ten in a row, or the same URL twice, are a 500.
    pub fn internal_redirect(path: impl Into<String>) -> Self {
        let mut error = Self::plain(StatusCode::INTERNAL_SERVER_ERROR);
        error.0.turn = Some(Turn::Internal(path.into()));
        error
    }

    /// Adds the cause that only the log sees.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Adds a header to the answer: `Retry-After` of a 503, `WWW-Authenticate` of a 401.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The headers of the answer.
    pub(crate) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0.headers
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What the visitor is told. Not escaped: whoever puts it into HTML escapes it.
    pub fn words(&self) -> &str {
        &self.0.words
    }

    /// The private cause. Not for visitors.
    pub fn cause(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_deref()
    }

    pub(crate) fn answered_by(
        answer: impl Fn(&actix_web::HttpRequest) -> HttpResponse + 'static,
    ) -> Self {
        let mut error = Self::plain(StatusCode::INTERNAL_SERVER_ERROR);
        error.0.turn = Some(Turn::Answer(Box::new(answer)));
        error
    }

    /// The same status, words and headers, without the cause.
    pub(crate) fn again(&self) -> Self {
        let mut again = Self::with(self.0.status, self.0.words.clone(), None);
        again.0.headers.clone_from(&self.0.headers);
        again.0.is_unexpected = self.0.is_unexpected;
        again
    }

    /// Nobody meant it to happen.
    #[must_use]
    pub(crate) fn unexpected(mut self) -> Self {
        self.0.is_unexpected = true;
        self
    }

    /// Nobody meant it to happen: an error that `?` made a 500 of, a panic, or a page that takes too long. What was said by a constructor is expected.
    pub fn is_unexpected(&self) -> bool {
        self.0.is_unexpected
    }

    pub(crate) fn turn(&self) -> Option<&Turn> {
        self.0.turn.as_ref()
    }

    /// What an actix error says of itself, without its words: they may show internals.
    pub(crate) fn from_actix(error: actix_web::Error) -> Self {
        if let Some(ours) = error.as_error::<Self>() {
            let mut again = ours.again();
            let causes: Vec<_> = ours.causes().collect();
            again.0.cause = (!causes.is_empty()).then(|| causes.join(": ").into());
            return again;
        }
        let status = failing(error.as_response_error().status_code());
        let mut ours = Self::with(
            status,
            Cow::Borrowed(status_words(status)),
            Some(Box::new(error)),
        );
        ours.0.is_unexpected = status == StatusCode::INTERNAL_SERVER_ERROR;
        ours
    }

    /// The chain of causes, outermost first, for the log and the development page.
    pub(crate) fn causes(&self) -> impl Iterator<Item = String> {
        let mut causes = Vec::new();
        let mut next = self.cause();
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        causes.into_iter()
    }

    fn plain(status: StatusCode) -> Self {
        Self::with(status, Cow::Borrowed(status_words(status)), None)
    }

    fn with(
        status: StatusCode,
        words: Cow<'static, str>,
        cause: Option<Box<dyn StdError>>,
    ) -> Self {
        Self(Box::new(Inner {
            status,
            words,
            cause,
            turn: None,
            headers: Vec::new(),
            is_unexpected: false,
        }))
    }
}

/// The status, if it is one of an error; else 500.
fn failing(status: StatusCode) -> StatusCode {
    if is_error(status) {
        status
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

impl<E: StdError + 'static> From<E> for Error {
    fn from(cause: E) -> Self {
        let mut slot = Some(cause);
        if let Some(actix) = (&mut slot as &mut dyn Any).downcast_mut::<Option<actix_web::Error>>()
            && let Some(error) = actix.take()
        {
            return Self::from_actix(error);
        }
        match slot {
            Some(cause) => Self::internal(Box::new(cause) as Box<dyn StdError>),
            None => Self::plain(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// What a visitor may read. With `{:#}`, the causes too, for the log.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.status, self.0.words)?;
        if !f.alternate() {
            return Ok(());
        }
        let mut causes = self.causes();
        causes.try_for_each(|cause| write!(f, ": {cause}"))
    }
}

/// For people: the cause and what caused it, a line each. `fn main() -> kirsch::Result<()>` ends with it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut causes = self.causes();
        match causes.next() {
            Some(cause) => f.write_str(&cause)?,
            None => write!(f, "{self}")?,
        }
        causes.try_for_each(|cause| write!(f, "\n  because {cause}"))
    }
}

/// So that a page's `Result` is an answer for actix-web too. The site replaces this plain answer by the error page of its subtree.
impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.0.status)
            .content_type("text/plain; charset=utf-8")
            .body(self.0.words.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_shown_if_asked_for() {
        let error = Error::internal("no more rows");
        assert!(!error.to_string().contains("rows"));
        let error = actix_web::Error::from(error);
        assert!(
            format!("{error:#}").ends_with(": no more rows"),
            "{error:#}"
        );
    }

    #[test]
    fn an_actix_error_keeps_its_status_and_loses_its_words() {
        let error = Error::from(actix_web::error::ErrorConflict(
            "secret: Some(Custom { … })",
        ));
        assert_eq!(error.status(), 409);
        assert!(!error.words().contains("secret"));
        assert!(error.causes().any(|cause| cause.contains("secret")));
    }

    #[test]
    fn a_status_of_success_is_no_error() {
        assert_eq!(Error::new(StatusCode::OK, "fine").status(), 500);
    }
}
