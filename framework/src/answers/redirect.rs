//! Redirects: to a page of this site, or, by another name, away from it.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};

use crate::error::Error;
use crate::http::{escape, location};

/// Sends the browser to another page. 303 See Other unless another status is asked for.
///
/// [`Redirect::to`] stays on this site: the target is a path, or relative to the page's own path, and `Location` is
/// path-absolute; nothing of it comes from `Host`. A target with a scheme, `//`, a backslash, a space or a control character
/// is 500, so that text from a visitor can never lead another visitor away. [`Redirect::external`] leads away on purpose. A page
/// that leads to where a visitor says asks [`location::path_absolute`] first, and answers 400 itself: here, it is the page's mistake.
///
/// It is an answer, and it converts into an [`Error`](struct@Error), so that it can be given from anywhere with `?`.
///
/// # Examples
/// ```
/// use kirsch::prelude::*;
///
/// #[expose]
/// struct Root;
///
/// #[expose]
/// impl Root {
///     #[post]
///     fn save(&self) -> Redirect {
///         Redirect::to("saved?id=1")
///     }
/// }
///
/// let mut client = kirsch::testing::Client::new(Root);
/// client.post("/save").assert_status(303).assert_header("location", "/saved?id=1");
/// ```
///
/// # CherryPy
/// `HTTPRedirect`. Differs from CherryPy: `Location` is path-absolute (there: made from `Host`), and other sites need another function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    target: String,
    status: StatusCode,
    external: bool,
}

impl Redirect {
    /// To a page of this site: a typed link, `/path`, or a path relative to this page's, `../other?x=1`.
    pub fn to(target: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            status: StatusCode::SEE_OTHER,
            external: false,
        }
    }

    /// To another site. The target must be an `http` or `https` URL, else the answer is 500.
    ///
    /// Never make it of what a visitor sent without comparing it with a list of your own.
    pub fn external(url: impl Into<String>) -> Self {
        Self {
            target: url.into(),
            status: StatusCode::SEE_OTHER,
            external: true,
        }
    }

    /// 308 Permanent Redirect: browsers keep the method and remember the new place.
    #[must_use]
    pub fn permanent(self) -> Self {
        self.status(StatusCode::PERMANENT_REDIRECT)
    }

    /// 307 Temporary Redirect: browsers keep the method and the body.
    #[must_use]
    pub fn temporary(self) -> Self {
        self.status(StatusCode::TEMPORARY_REDIRECT)
    }

    /// Another 3xx status. One that is not 301, 302, 303, 307 or 308 leaves 303.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        if is_redirect(status) {
            self.status = status;
        }
        self
    }

    /// `Location`, seen from this path. `None`: the target is not one that this redirect may have.
    fn location(&self, path: &str) -> Option<HeaderValue> {
        let target = if self.external {
            is_external(&self.target).then(|| self.target.clone())
        } else {
            location::path_absolute(&self.target, path)
        };
        HeaderValue::from_str(&target?).ok()
    }

    fn response(&self, path: &str) -> HttpResponse {
        let Some(location) = self.location(path) else {
            tracing::error!(target: "kirsch::error", "a redirect to `{}` was refused: it must be {}", escape::log(self.target.as_bytes()), self.wanted());
            return HttpResponse::InternalServerError().finish();
        };
        moved(self.status, location)
    }

    fn wanted(&self) -> &'static str {
        if self.external {
            "an `http` or `https` URL"
        } else {
            "a path of this site; `Redirect::external` leads to others"
        }
    }
}

/// The answer of a redirect, with a note for those who do not follow it.
pub(crate) fn moved(status: StatusCode, location: HeaderValue) -> HttpResponse {
    let target = String::from_utf8_lossy(location.as_bytes()).into_owned();
    let note = format!(
        "<!doctype html><title>Moved</title><p>This page is at <a href=\"{0}\">{0}</a>.</p>\n",
        escape::html(&target)
    );
    let mut response = HttpResponse::build(status);
    response
        .insert_header((LOCATION, location))
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
    response.body(note)
}

/// A status with which browsers go where `Location` says.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// A URL that leads to another site.
pub(crate) fn is_external(url: &str) -> bool {
    let scheme = url
        .split_once("://")
        .map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    let is_web = scheme.is_some_and(|(scheme, rest)| {
        matches!(&*scheme, "http" | "https") && !rest.is_empty() && !rest.starts_with('/')
    });
    // A URL has none of these; whoever has text with them encodes it first.
    let is_odd = |byte: u8| !byte.is_ascii_graphic() || b"\\\"<>`{}|^".contains(&byte);
    is_web && !url.bytes().any(is_odd)
}

impl Responder for Redirect {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        self.response(request.uri().path())
    }
}

impl From<Redirect> for Error {
    fn from(redirect: Redirect) -> Self {
        Self::answered_by(move |request| redirect.response(request.uri().path()))
    }
}
