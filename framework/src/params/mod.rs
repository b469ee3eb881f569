//! Parameters of pages: where an argument comes from, and how text becomes a value.
//!
//! A parameter whose type is a [`Param`] is bound by name: path capture, then leftover segment by position, then query, then
//! form field. `Option` makes it optional, `Vec` takes repeats. Any other type must implement `actix_web::FromRequest`.
//!
//! - [`param`]: [`Param`], the trait of one value, and the types that have it.
//! - [`argument`]: what may stand as a parameter: a `Param`, an `Option` or `Vec` of one, a [`Rest`], an [`Upload`].
//! - [`form`]: request bodies: urlencoded and multipart forms, uploads, JSON's errors.

pub(crate) mod argument;
mod cookies;
pub(crate) mod form;
pub(crate) mod param;
mod rest;

pub(crate) use argument::Argument;
pub use argument::{Arg, ArgKind, From};
pub use cookies::Cookies;
pub use form::Upload;
pub use param::{Invalid, Param};
pub use rest::Rest;
