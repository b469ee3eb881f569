//! An error for programs.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};

use crate::error::Error;
use crate::error_page::{View, problem_json};

/// An error as problem details (RFC 9457, `application/problem+json`): what the error page of an API returns.
///
/// Kirsch's own error page is this already for a client that prefers JSON; below an API, every client gets it.
///
/// # Examples
/// ```
/// use kirsch::prelude::*;
/// use kirsch::Problem;
///
/// #[expose]
/// struct Api;
///
/// #[expose]
/// impl Api {
///     #[error_page(default)]
///     fn problem(&self, error: &Error) -> Problem {
///         Problem::of(error)
///     }
/// }
///
/// let mut client = kirsch::testing::Client::new(Api);
/// client.get("/nothing").assert_status(404).assert_header("content-type", "application/problem+json");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    json: String,
}

impl Problem {
    /// The status, and the words for the visitor. The cause stays private.
    pub fn of(error: &Error) -> Self {
        let view = View {
            status: error.status(),
            words: error.words(),
            detail: None,
        };
        Self {
            status: error.status(),
            json: problem_json(&view),
        }
    }
}

impl Responder for Problem {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let content_type = HeaderValue::from_static("application/problem+json");
        HttpResponse::build(self.status)
            .insert_header((CONTENT_TYPE, content_type))
            .body(self.json)
    }
}
