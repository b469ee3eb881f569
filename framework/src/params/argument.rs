//! What may stand as a parameter, and where its text is looked for.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;

use crate::error::{Error, Result};
use crate::http::query;
use crate::params::form::{Form, Upload};
use crate::params::rest::segments;
use crate::params::{Invalid, Param, Rest};

/// What a table says of one parameter.
#[derive(Debug, Clone, Copy)]
pub struct Arg {
    /// The name it is bound by.
    pub name: &'static str,
    /// Its type, as it is written.
    pub type_name: &'static str,
    /// The number of its placeholder in the method's own path.
    pub capture: Option<usize>,
    /// The method's path came from its name: leftover segments fill parameters in order.
    pub leftover: bool,
    /// Where it may come from.
    pub from: From,
    /// What kind of parameter its type makes it.
    pub kind: ArgKind,
    /// Nothing need be given: it has a default, or is an `Option` or a `Vec`.
    pub optional: bool,
    /// The tool that provides it.
    pub needs: Option<&'static str>,
    /// The one header of the request that it reads, where that is known.
    pub reads: Option<fn() -> HeaderName>,
}

/// Where an argument may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Path, then query, then form.
    Any,
    /// The path only.
    Path,
    /// The query only.
    Query,
    /// The form only.
    Form,
    /// All that is left of the path.
    Rest,
}

/// What kind of parameter a type makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgKind {
    /// One value, bound by name.
    Value,
    /// Any number of values, bound by name.
    Values,
    /// Uploaded files, bound by name.
    Files,
    /// What is left of the path.
    Rest,
    /// The error that an error page is about.
    Error,
    /// An extractor that answers without waiting.
    Ready,
    /// An extractor.
    Extractor,
    /// An extractor that reads the body.
    Body,
}

impl ArgKind {
    /// The kind, when it is known whether an extractor reads the body.
    #[must_use]
    pub const fn reads_body(self, body: bool) -> Self {
        if body && matches!(self, Self::Extractor) {
            Self::Body
        } else {
            self
        }
    }

    /// The kind, when it is known whether an extractor answers without waiting.
    #[must_use]
    pub const fn never_waits(self, ready: bool) -> Self {
        if ready && matches!(self, Self::Extractor) {
            Self::Ready
        } else {
            self
        }
    }
}

impl Arg {
    /// One segment of the path may fill it.
    pub(crate) fn fills_from_path(&self) -> bool {
        self.leftover && self.kind == ArgKind::Value && matches!(self.from, From::Any | From::Path)
    }

    /// It may be a field of the form in a request's body.
    pub(crate) fn may_be_a_field(&self) -> bool {
        let by_name = matches!(self.kind, ArgKind::Value | ArgKind::Values | ArgKind::Files);
        by_name && self.capture.is_none() && matches!(self.from, From::Any | From::Form)
    }

    /// Reading it never waits, whatever the request.
    pub(crate) fn is_now(&self) -> bool {
        !matches!(self.kind, ArgKind::Extractor | ArgKind::Body)
    }
}

/// A type that can be bound by name: a [`Param`], an `Option` or a `Vec` of one, [`Rest`], [`Upload`].
pub trait Argument: Sized {
    /// What kind of parameter it is.
    const KIND: ArgKind;
    /// It need not be given.
    const OPTIONAL: bool = false;

    /// Reads it. `None` when nothing was given.
    ///
    /// # Errors
    /// 404 for a path segment that does not parse; 400 for a query value or a field that does not, or that is given twice where one is wanted.
    fn read(given: &mut Given<'_>) -> Result<Option<Self>>;
}

/// What a request gives for one parameter.
#[derive(Debug)]
pub struct Given<'a> {
    pub(crate) arg: &'static Arg,
    /// The decoded segment that belongs to it.
    pub(crate) segment: Option<Cow<'a, str>>,
    /// The raw query.
    pub(crate) query: &'a str,
    /// The form, when one was read.
    pub(crate) form: Option<&'a mut Form>,
    /// What is left of the path.
    pub(crate) rest: &'a str,
}

impl<'a> Given<'a> {
    /// The one text that is given, and whether the path gave it. The first source that has the name wins; a name given twice there is 400.
    fn one(&mut self) -> Result<Option<(Cow<'_, str>, bool)>> {
        if let Some(segment) = self.segment.take() {
            return Ok(Some((segment, true)));
        }
        if let Some(value) = self.single(Self::query_values)? {
            return Ok(Some((value, false)));
        }
        let (arg, form) = (self.arg, self.form.as_deref());
        let Some(form) = form.filter(|_| arg.may_be_a_field()) else {
            return Ok(None);
        };
        let mut values = form.values(arg.name);
        match (values.next(), values.next()) {
            (first, None) => Ok(first.map(|value| (Cow::Borrowed(value), false))),
            _ => Err(given_twice(arg)),
        }
    }

    fn single<I: Iterator<Item = Result<Cow<'a, str>>>>(
        &self,
        values: fn(&Self) -> Option<I>,
    ) -> Result<Option<Cow<'a, str>>> {
        let Some(mut values) = values(self) else {
            return Ok(None);
        };
        let first = values.next().transpose()?;
        if first.is_some() && values.next().is_some() {
            Err(given_twice(self.arg))
        } else {
            Ok(first)
        }
    }

    fn query_values(&self) -> Option<impl Iterator<Item = Result<Cow<'a, str>>> + use<'a>> {
        let wanted = !self.query.is_empty() && matches!(self.arg.from, From::Any | From::Query);
        let arg = self.arg;
        wanted.then(|| {
            query::values(self.query, arg.name).map(move |value| value.map_err(|_| not_text(arg)))
        })
    }

    /// All texts that are given: of the query, then of the form.
    fn all(&mut self) -> Result<Vec<Cow<'_, str>>> {
        let mut all = match self.query_values() {
            Some(values) => values.collect::<Result<Vec<_>>>()?,
            None => Vec::new(),
        };
        if let Some(form) = self.form.as_deref().filter(|_| self.arg.may_be_a_field()) {
            all.extend(form.values(self.arg.name).map(Cow::Borrowed));
        }
        Ok(all)
    }

    fn parse<T: Param>(&mut self) -> Result<Option<T>> {
        let arg = self.arg;
        let Some((text, path)) = self.one()? else {
            return Ok(None);
        };
        T::parse(&text).map(Some).map_err(|invalid| {
            if path {
                Error::not_found().because(invalid)
            } else {
                wrong(arg, &invalid)
            }
        })
    }
}

impl<T: Param> Argument for T {
    const KIND: ArgKind = ArgKind::Value;

    fn read(given: &mut Given<'_>) -> Result<Option<Self>> {
        given.parse()
    }
}

/// An empty field of a form, or `?page=`, is nothing for a type that cannot be empty: `Option<u32>` is `None` then.
impl<T: Param> Argument for Option<T> {
    const KIND: ArgKind = ArgKind::Value;
    const OPTIONAL: bool = true;

    fn read(given: &mut Given<'_>) -> Result<Option<Self>> {
        let arg = given.arg;
        let Some((text, path)) = given.one()? else {
            return Ok(Some(None));
        };
        match T::parse(&text) {
            Ok(value) => Ok(Some(Some(value))),
            Err(_) if text.is_empty() => Ok(Some(None)),
            Err(invalid) if path => Err(Error::not_found().because(invalid)),
            Err(invalid) => Err(wrong(arg, &invalid)),
        }
    }
}

/// Every value of that name, in order; all leftover segments when it is marked `#[arg(rest)]`.
impl<T: Param> Argument for Vec<T> {
    const KIND: ArgKind = ArgKind::Values;
    const OPTIONAL: bool = true;

    fn read(given: &mut Given<'_>) -> Result<Option<Self>> {
        let arg = given.arg;
        if arg.from == From::Rest {
            let all = segments(given.rest).map(|segment| {
                T::parse(&segment).map_err(|invalid| Error::not_found().because(invalid))
            });
            return all.collect::<Result<_>>().map(Some);
        }
        let all = given.all()?;
        all.iter()
            .map(|text| T::parse(text).map_err(|invalid| wrong(arg, &invalid)))
            .collect::<Result<_>>()
            .map(Some)
    }
}

impl Argument for Rest {
    const KIND: ArgKind = ArgKind::Rest;
    const OPTIONAL: bool = true;

    fn read(given: &mut Given<'_>) -> Result<Option<Self>> {
        Ok(Some(Self::new(given.rest)))
    }
}

impl Argument for Upload {
    const KIND: ArgKind = ArgKind::Files;

    fn read(given: &mut Given<'_>) -> Result<Option<Self>> {
        one_file(given)
    }
}

/// No file, or a file field that was left empty, is `None`.
impl Argument for Option<Upload> {
    const KIND: ArgKind = ArgKind::Files;
    const OPTIONAL: bool = true;

    fn read(given: &mut Given<'_>) -> Result<Option<Self>> {
        one_file(given).map(Some)
    }
}

impl Argument for Vec<Upload> {
    const KIND: ArgKind = ArgKind::Files;
    const OPTIONAL: bool = true;

    fn read(given: &mut Given<'_>) -> Result<Option<Self>> {
        Ok(Some(given.form.as_mut().map_or_else(Self::new, |form| {
            form.take_files(given.arg.name)
        })))
    }
}

fn one_file(given: &mut Given<'_>) -> Result<Option<Upload>> {
    let arg = given.arg;
    let mut files = given
        .form
        .as_mut()
        .map_or_else(Vec::new, |form| form.take_files(arg.name));
    if files.len() > 1 {
        Err(given_twice(arg))
    } else {
        Ok(files.pop())
    }
}

/// What a missing argument is: 404 when only the path could have given it, else 400.
pub(crate) fn missing(arg: &Arg) -> Error {
    if arg.capture.is_some() || matches!(arg.from, From::Path | From::Rest) {
        return Error::not_found();
    }
    Error::new(
        StatusCode::BAD_REQUEST,
        format!("the parameter `{}` is missing", arg.name),
    )
}

#[cold]
fn wrong(arg: &Arg, invalid: &Invalid) -> Error {
    Error::bad_request(format!("the parameter `{}` {invalid}", arg.name))
}

#[cold]
fn given_twice(arg: &Arg) -> Error {
    Error::bad_request(format!(
        "the parameter `{}` is given more than once",
        arg.name
    ))
}

#[cold]
fn not_text(arg: &Arg) -> Error {
    Error::bad_request(format!("the parameter `{}` is not UTF-8", arg.name))
}
