//! An answer with nothing in it.

use actix_web::body::BoxBody;
use actix_web::{HttpRequest, HttpResponse, Responder};

/// 204: it is done, and there is nothing to say.
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
///     fn ping(&self) -> NoContent {
///         NoContent
///     }
/// }
///
/// kirsch::testing::Client::new(Root).post("/ping").assert_status(204);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoContent;

impl Responder for NoContent {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}
