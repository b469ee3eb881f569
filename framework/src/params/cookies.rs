//! The cookies of a request, as a parameter.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::COOKIE;
use actix_web::{FromRequest, HttpRequest};

use crate::http::cookie;

/// The cookies that the browser sent, read as they are: names are never percent-decoded, at most 128 are read, and a broken
/// pair is left out without the others.
///
/// [`http::cookie::SetCookie`](crate::http::cookie::SetCookie) writes one.
///
/// # Examples
/// ```
/// use kirsch::prelude::*;
/// use kirsch::Cookies;
///
/// #[expose]
/// struct Root;
///
/// #[expose]
/// impl Root {
///     fn index(&self, cookies: Cookies) -> String {
///         format!("theme: {}", cookies.get("theme").unwrap_or("light"))
///     }
/// }
///
/// let mut client = kirsch::testing::Client::new(Root);
/// client.set_cookie("theme", "dark").get("/").assert_body("theme: dark");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cookies(Vec<(String, String)>);

impl Cookies {
    /// The value of the first cookie of this name, as it was sent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value)
    }

    /// All of them, in the order they were sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromRequest for Cookies {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = cookie::read(request.headers().get_all(COOKIE));
        let owned = |(name, value): (&str, &str)| (name.to_string(), value.to_string());
        ready(Ok(Self(pairs.map(owned).collect())))
    }
}
