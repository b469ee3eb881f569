//! Binding: chooses by trait how a parameter is read, and reads it.
//!
//! The choice is made by the compiler. `(&&&&Probe::<T>::NEW).kind()` finds the method that needs the fewest dereferences among
//! those whose bounds hold: [`ByName`] for an [`Argument`], [`ByJson`] for JSON, [`ByExtractor`] for a `FromRequest`, else [`Unbindable`], which no
//! [`Bind`] is implemented for, so that the compiler shows the words that stand at that trait.

use std::borrow::Cow;
use std::future::{Future, ready};
use std::marker::PhantomData;

use actix_web::FromRequest;
use actix_web::http::header::{COOKIE, Header, HeaderName};
use actix_web::web::{Json, JsonConfig};
use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::exchange::Exchange;
use crate::params::argument::{Given, missing};
use crate::params::form::extractors::extractor_error;
use crate::params::{Arg, ArgKind, Argument, From};

/// Asks what a type is.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T> Probe<T> {
    /// The probe.
    pub const NEW: Self = Self(PhantomData);
}

/// For the tables: what kind of parameter a type makes. An inherent constant wins over a trait's, where its bound holds.
impl<T: Argument> Probe<T> {
    /// What kind of parameter it is.
    pub const KIND: ArgKind = T::KIND;
    /// It need not be given.
    pub const OPTIONAL: bool = T::OPTIONAL;
}

/// What every type says that is no `Argument`.
pub trait OtherKind {
    /// An extractor.
    const KIND: ArgKind = ArgKind::Extractor;
    /// Extractors decide for themselves.
    const OPTIONAL: bool = true;
}

impl<T> OtherKind for Probe<T> {}

/// Asks whether an extractor reads the body.
#[derive(Debug)]
pub struct BodyProbe<T>(PhantomData<T>);

impl<T: ReadsBody> BodyProbe<T> {
    /// It does.
    pub const BODY: bool = true;
}

/// What every type says that does not read the body.
pub trait OtherBody {
    /// It does not.
    const BODY: bool = false;
}

impl<T> OtherBody for BodyProbe<T> {}

/// Asks whether an extractor answers without waiting.
#[derive(Debug)]
pub struct ReadyProbe<T>(PhantomData<T>);

impl<T: NeverWaits> ReadyProbe<T> {
    /// It does.
    pub const READY: bool = true;
}

/// What every type says that may wait.
pub trait OtherReady {
    /// It may wait.
    const READY: bool = false;
}

impl<T> OtherReady for ReadyProbe<T> {}

/// An extractor that reads the request's body. A page can have one.
///
/// Implement it for an extractor of your own that reads the body, so that Kirsch limits and times what it reads.
pub trait ReadsBody: FromRequest {}

impl<T: 'static> ReadsBody for Json<T> where Self: FromRequest {}
impl<T: 'static> ReadsBody for actix_web::web::Form<T> where Self: FromRequest {}
impl ReadsBody for actix_web::web::Bytes {}
impl ReadsBody for actix_web::web::Payload {}
impl ReadsBody for actix_multipart::Multipart {}
impl<L: 'static, R: 'static> ReadsBody for actix_web::Either<L, R> where Self: FromRequest {}
impl<T: ReadsBody> ReadsBody for Option<T> where Self: FromRequest {}
impl<T: ReadsBody, E> ReadsBody for std::result::Result<T, E> where Self: FromRequest {}

/// An extractor that reads one header of the request and nothing else of it.
///
/// Implement it for an extractor of your own, so that the tool `autovary` sees what it reads.
///
/// # Examples
/// ```
/// use std::future::{Ready, ready};
///
/// use kirsch::ReadsHeader;
/// use kirsch::actix_web::dev::Payload;
/// use kirsch::actix_web::http::header::{ACCEPT_LANGUAGE, HeaderName};
/// use kirsch::actix_web::{Error, FromRequest, HttpRequest};
///
/// /// The visitor reads Esperanto.
/// struct Esperanto(bool);
///
/// impl FromRequest for Esperanto {
///     type Error = Error;
///     type Future = Ready<Result<Self, Error>>;
///
///     fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
///         let language = request.headers().get(ACCEPT_LANGUAGE);
///         ready(Ok(Self(language.is_some_and(|value| value.as_bytes().starts_with(b"eo")))))
///     }
/// }
///
/// impl ReadsHeader for Esperanto {
///     fn header_name() -> HeaderName {
///         ACCEPT_LANGUAGE
///     }
/// }
/// ```
pub trait ReadsHeader: FromRequest {
    /// The name of the header.
    fn header_name() -> HeaderName;
}

impl ReadsHeader for crate::params::Cookies {
    fn header_name() -> HeaderName {
        COOKIE
    }
}

impl<T: Header> ReadsHeader for actix_web::web::Header<T>
where
    Self: FromRequest,
{
    fn header_name() -> HeaderName {
        T::name()
    }
}

impl<T: ReadsHeader> ReadsHeader for Option<T>
where
    Self: FromRequest,
{
    fn header_name() -> HeaderName {
        T::header_name()
    }
}

impl<T: ReadsHeader, E> ReadsHeader for std::result::Result<T, E>
where
    Self: FromRequest,
{
    fn header_name() -> HeaderName {
        T::header_name()
    }
}

/// Asks whether an extractor reads one header.
#[derive(Debug)]
pub struct HeaderProbe<T>(PhantomData<T>);

impl<T: ReadsHeader> HeaderProbe<T> {
    /// That header.
    pub const READS: Option<fn() -> HeaderName> = Some(T::header_name);
}

/// What every type says of which that is not known.
pub trait OtherHeader {
    /// Nothing is known.
    const READS: Option<fn() -> HeaderName> = None;
}

impl<T> OtherHeader for HeaderProbe<T> {}

/// An extractor whose future is ready when it is first polled. A page that takes only these and plain parameters, and is not
/// `async` itself, is answered without a boxed future.
///
/// A type that promises this and waits all the same makes its pages answer 500.
pub trait NeverWaits: FromRequest {}

impl NeverWaits for actix_web::HttpRequest {}
impl NeverWaits for actix_web::http::Method {}
impl NeverWaits for actix_web::http::Uri {}
impl NeverWaits for crate::params::Cookies {}
impl<T: 'static> NeverWaits for actix_web::web::Data<T> where Self: FromRequest {}
impl<T> NeverWaits for actix_web::web::Query<T> where Self: FromRequest {}
impl<T> NeverWaits for actix_web::web::Header<T> where Self: FromRequest {}

/// Bound by name.
#[derive(Debug)]
pub struct ByName<T>(PhantomData<T>);
/// Bound by actix-web's own trait.
#[derive(Debug)]
pub struct ByExtractor<T>(PhantomData<T>);
/// JSON, read by our rules.
#[derive(Debug)]
pub struct ByJson<T>(PhantomData<T>);
/// Cannot be bound.
#[derive(Debug)]
pub struct Unbindable<T>(PhantomData<T>);

/// The first choice.
pub trait ViaName {
    /// Names the kind.
    type Kind;
    /// The kind.
    fn kind(&self) -> Self::Kind;
}

impl<T: Argument> ViaName for &&&Probe<T> {
    type Kind = ByName<T>;
    fn kind(&self) -> ByName<T> {
        ByName(PhantomData)
    }
}

/// The second choice.
pub trait ViaJson {
    /// Names the kind.
    type Kind;
    /// The kind.
    fn kind(&self) -> Self::Kind;
}

impl<T: DeserializeOwned + 'static> ViaJson for &&Probe<Json<T>> {
    type Kind = ByJson<T>;
    fn kind(&self) -> ByJson<T> {
        ByJson(PhantomData)
    }
}

/// The third choice.
pub trait ViaExtractor {
    /// Names the kind.
    type Kind;
    /// The kind.
    fn kind(&self) -> Self::Kind;
}

impl<T: FromRequest> ViaExtractor for &Probe<T> {
    type Kind = ByExtractor<T>;
    fn kind(&self) -> ByExtractor<T> {
        ByExtractor(PhantomData)
    }
}

/// The last.
pub trait ViaNothing {
    /// Names the kind.
    type Kind;
    /// The kind.
    fn kind(&self) -> Self::Kind;
}

impl<T> ViaNothing for Probe<T> {
    type Kind = Unbindable<T>;
    fn kind(&self) -> Unbindable<T> {
        Unbindable(PhantomData)
    }
}

/// Reads an argument of type `T`.
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot be a parameter of an exposed method",
    label = "neither a `Param` nor an extractor",
    note = "help: derive it, `#[derive(kirsch::Param)]`, on an enum of plain names or a newtype",
    note = "help: or take a type that implements `actix_web::FromRequest`"
)]
pub trait Bind<T> {
    /// Reads it; `None` when nothing was given.
    fn bind(
        self,
        exchange: &mut Exchange,
        arg: &'static Arg,
    ) -> impl Future<Output = Result<Option<T>>>;
}

#[diagnostic::do_not_recommend]
impl<T: Argument> Bind<T> for ByName<T> {
    fn bind(
        self,
        exchange: &mut Exchange,
        arg: &'static Arg,
    ) -> impl Future<Output = Result<Option<T>>> {
        ready(read(exchange, arg))
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromRequest> Bind<T> for ByExtractor<T> {
    async fn bind(self, exchange: &mut Exchange, arg: &'static Arg) -> Result<Option<T>> {
        if let Some(name) = arg.reads {
            exchange.note_read(name);
        }
        if arg.kind == ArgKind::Body {
            exchange.guard_body()?;
        }
        let (request, payload) = exchange.sent.parts_mut();
        let extracted = T::from_request(request, payload).await;
        extracted
            .map(Some)
            .map_err(|error| extractor_error(error.into(), exchange.request()))
    }
}

/// An application that has set a `JsonConfig` of its own gets actix-web's rules with it.
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + 'static> Bind<Json<T>> for ByJson<T> {
    async fn bind(self, exchange: &mut Exchange, arg: &'static Arg) -> Result<Option<Json<T>>> {
        if exchange.request().app_data::<JsonConfig>().is_some() {
            return ByExtractor(PhantomData).bind(exchange, arg).await;
        }
        let value = exchange.read_json().await?;
        Ok(Some(Json(value)))
    }
}

fn read<T: Argument>(exchange: &mut Exchange, arg: &'static Arg) -> Result<Option<T>> {
    let leftover = arg.fills_from_path().then(|| exchange.next_leftover());
    let mut form = exchange.form.take();
    let result = segment(exchange, arg, leftover).and_then(|segment| {
        let query = if arg.capture.is_some() {
            ""
        } else {
            exchange.query()
        };
        T::read(&mut Given {
            arg,
            segment,
            query,
            form: form.as_mut(),
            rest: exchange.rest(),
        })
    });
    exchange.form = form;
    result
}

/// The segment that belongs to the argument: that of its placeholder, or the next leftover.
fn segment<'x>(
    exchange: &'x Exchange,
    arg: &Arg,
    leftover: Option<usize>,
) -> Result<Option<Cow<'x, str>>> {
    if arg.from == From::Rest {
        return Ok(None);
    }
    match arg.capture.or(leftover) {
        Some(index) => exchange.capture(index),
        None => Ok(None),
    }
}

/// The value, or the error of a missing one.
///
/// # Errors
/// 404 when only the path could have given the argument, else 400.
pub fn required<T>(value: Option<T>, arg: &'static Arg) -> Result<T> {
    value.ok_or_else(|| missing(arg))
}
