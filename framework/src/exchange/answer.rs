//! Answers: chooses by trait how what a page returned becomes a response.
//!
//! As in [`bind`](super::bind), the compiler chooses: a `Result` whose error is (or converts into) ours, else any
//! `actix_web::Responder`, else [`Unanswerable`] with the words that stand at [`Answer`].

use std::marker::PhantomData;

use actix_web::{HttpResponse, Responder};

use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::params::form::extractors::{clients_fault, extractor_error};

/// Asks what the type of a value is.
#[derive(Debug)]
pub struct Returned<T>(PhantomData<T>);

impl<T> Returned<T> {
    /// The probe for this value.
    pub fn by(_: &T) -> Self {
        Self(PhantomData)
    }
}

/// A `Result` with our error.
#[derive(Debug)]
pub struct Ours<T>(PhantomData<T>);
/// A `Result` with an error that actix-web can answer.
#[derive(Debug)]
pub struct Actixs<T>(PhantomData<T>);
/// A `Result` with any other error.
#[derive(Debug)]
pub struct Others<T>(PhantomData<T>);
/// A responder.
#[derive(Debug)]
pub struct Plain<T>(PhantomData<T>);
/// No answer.
#[derive(Debug)]
pub struct Unanswerable<T>(PhantomData<T>);

macro_rules! choice {
    ($(#[$doc:meta])* $trait:ident, $kind:ident, [$($generics:tt)*], $type:ty, $probe:ty, [$($bounds:tt)*]) => {
        $(#[$doc])*
        pub trait $trait {
            /// Names the kind.
            type Kind;
            /// The kind.
            fn kind(&self) -> Self::Kind;
        }

        impl<$($generics)*> $trait for $probe where $($bounds)* {
            type Kind = $kind<$type>;
            fn kind(&self) -> Self::Kind {
                $kind(PhantomData)
            }
        }
    };
}

choice!(/** The first choice. */ ViaOurs, Ours, [R: Responder], Result<R, Error>, &&&&Returned<Result<R, Error>>, []);
choice!(/** The second choice. */ ViaActix, Actixs, [R: Responder, E: Into<actix_web::Error>], Result<R, E>, &&&Returned<Result<R, E>>, []);
choice!(/** The third choice. */ ViaOthers, Others, [R: Responder, E: Into<Error>], Result<R, E>, &&Returned<Result<R, E>>, []);
choice!(/** The fourth choice. */ ViaResponder, Plain, [R: Responder], R, &Returned<R>, []);
choice!(/** The last. */ AnswerNothing, Unanswerable, [T], T, Returned<T>, []);

/// Makes a response of a `T`.
#[diagnostic::on_unimplemented(
    message = "`{T}` is not an answer",
    label = "a page cannot return this",
    note = "help: return something that implements `actix_web::Responder`, such as `String`, `Html`, `Json<_>` or `HttpResponse`, or a `Result` of one",
    note = "help: a page with nothing to say returns `NoContent`",
    note = "the error of a `Result` is a `kirsch::Error`, or implements `std::error::Error`"
)]
pub trait Answer<T> {
    /// The response, or the error that the page returned.
    ///
    /// # Errors
    /// What the page returned.
    fn answer(self, value: T, exchange: &Exchange) -> Result<HttpResponse>;
}

#[diagnostic::do_not_recommend]
impl<R: Responder> Answer<Result<R, Error>> for Ours<Result<R, Error>> {
    fn answer(self, value: Result<R, Error>, exchange: &Exchange) -> Result<HttpResponse> {
        Ok(respond(value.map_err(clients_fault)?, exchange))
    }
}

#[diagnostic::do_not_recommend]
impl<R: Responder, E: Into<actix_web::Error>> Answer<Result<R, E>> for Actixs<Result<R, E>> {
    fn answer(self, value: Result<R, E>, exchange: &Exchange) -> Result<HttpResponse> {
        Ok(respond(
            value.map_err(|error| extractor_error(error.into(), exchange.request()))?,
            exchange,
        ))
    }
}

#[diagnostic::do_not_recommend]
impl<R: Responder, E: Into<Error>> Answer<Result<R, E>> for Others<Result<R, E>> {
    fn answer(self, value: Result<R, E>, exchange: &Exchange) -> Result<HttpResponse> {
        Ok(respond(value.map_err(Into::into)?, exchange))
    }
}

#[diagnostic::do_not_recommend]
impl<R: Responder> Answer<R> for Plain<R> {
    fn answer(self, value: R, exchange: &Exchange) -> Result<HttpResponse> {
        Ok(respond(value, exchange))
    }
}

fn respond<R: Responder>(value: R, exchange: &Exchange) -> HttpResponse {
    value.respond_to(exchange.request()).map_into_boxed_body()
}
