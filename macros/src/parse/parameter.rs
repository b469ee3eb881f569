//! The parameters of a method, and `#[arg(…)]` on them.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, FnArg, Pat, PatIdent, PatType, Type};

use super::block::Function;
use super::keys::Keys;
use crate::mistakes::{Mistake, Mistakes, as_written};
use crate::model::{Param, Source};
use crate::words::{Word, Written};

/// Reads all parameters but `&self`.
pub(super) fn parameters(function: &Function) -> syn::Result<Vec<Param>> {
    let error_page = function
        .words
        .iter()
        .any(|written| written.word == Word::ErrorPage);
    let mut mistakes = Mistakes::default();
    let mut params = Vec::new();
    for (input, words) in function.sig.inputs.iter().zip(&function.parameter_words) {
        match input {
            FnArg::Typed(typed) => {
                params.extend(mistakes.sort(parameter(typed, words, error_page)));
            }
            FnArg::Receiver(_) => words
                .iter()
                .for_each(|written| mistakes.add(written.word.misplaced(&written.attr))),
        }
    }
    mistakes.or(params)
}

fn parameter(typed: &PatType, words: &[Written], error_page: bool) -> syn::Result<Param> {
    no_conditions(typed)?;
    let ident = identifier(&typed.pat)?;
    let arg = Arg::read(words)?;
    if let (Some(attr), None) = (arg.attr, ident) {
        return Mistake::at(
            attr,
            "`#[arg]` is for what is found by name, and this parameter has none",
        )
        .help("write a name instead of the pattern, and take the value apart in the method")
        .refuse();
    }
    let is_error = error_page && matches!(*typed.ty, Type::Reference(_));
    if !is_error {
        owned(typed, error_page)?;
    }
    Ok(Param {
        name: arg
            .name
            .or_else(|| ident.map(bound_name))
            .unwrap_or_default(),
        span: ident.map_or_else(|| typed.pat.span(), Ident::span),
        source: arg.source.unwrap_or_else(|| source_by_type(&typed.ty)),
        ty: (*typed.ty).clone(),
        default: arg.default,
        is_error,
    })
}

/// The name that a parameter is bound by: an underscore in front only tells the compiler that it is not used.
fn bound_name(ident: &Ident) -> String {
    let name = ident.unraw().to_string();
    name.strip_prefix('_').map(str::to_owned).unwrap_or(name)
}

fn source_by_type(ty: &Type) -> Source {
    match ty {
        Type::Path(path)
            if path
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "Rest") =>
        {
            Source::Rest
        }
        _ => Source::Any,
    }
}

/// The name of a parameter, or none for an extractor that is taken apart on the spot.
fn identifier(pattern: &Pat) -> syn::Result<Option<&Ident>> {
    match pattern {
        Pat::Ident(PatIdent {
            by_ref: None,
            subpat: None,
            ident,
            ..
        }) => Ok(Some(ident)),
        Pat::TupleStruct(_) | Pat::Struct(_) | Pat::Tuple(_) | Pat::Wild(_) => Ok(None),
        other => Mistake::at(other, "a parameter is a name, or an extractor taken apart")
            .help("write a name, or `Json(note): Json<Note>`")
            .refuse(),
    }
}

fn no_conditions(typed: &PatType) -> syn::Result<()> {
    match typed.attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
        Some(cfg) => Mistake::at(cfg, "a parameter cannot stand under a condition of its own")
            .help("write the method twice, each under its `#[cfg]`")
            .refuse(),
        None => Ok(()),
    }
}

/// What is made for one request is handed over whole: nobody is left to lend it.
fn owned(typed: &PatType, error_page: bool) -> syn::Result<()> {
    match &*typed.ty {
        Type::Reference(reference) => {
            Mistake::at(reference, "an argument is handed over, not lent")
                .help(format!("write `{}`", owned_type(&reference.elem)))
                .refuse()
        }
        Type::Path(path)
            if error_page
                && path
                    .path
                    .segments
                    .last()
                    .is_some_and(|last| last.ident == "Error") =>
        {
            Mistake::at(
                path,
                "an error page looks at the error; the log still needs it",
            )
            .help(format!("write `&{}`", as_written(path)))
            .refuse()
        }
        _ => Ok(()),
    }
}

fn owned_type(borrowed: &Type) -> String {
    match borrowed {
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Slice(slice) => format!("Vec<{}>", as_written(&slice.elem)),
        other => as_written(other),
    }
}

/// What `#[arg(…)]` says.
#[derive(Default)]
struct Arg<'a> {
    attr: Option<&'a Attribute>,
    name: Option<String>,
    source: Option<Source>,
    default: Option<Expr>,
}

impl<'a> Arg<'a> {
    fn read(words: &'a [Written]) -> syn::Result<Self> {
        let mut mistakes = Mistakes::default();
        let mut arg = Self::default();
        for written in words {
            match written.word {
                Word::Arg if arg.attr.is_some() => mistakes.add(
                    Mistake::at(&written.attr, "`#[arg]` stands twice on this parameter")
                        .help("write both in one"),
                ),
                Word::Arg => {
                    arg = mistakes
                        .sort(Self::from_attribute(&written.attr))
                        .unwrap_or_default();
                }
                word => mistakes.add(word.misplaced(&written.attr)),
            }
        }
        mistakes.or(arg)
    }

    fn from_attribute(attr: &'a Attribute) -> syn::Result<Self> {
        let mut keys = Keys::of(
            "arg",
            attr,
            &["default", "name", "path", "query", "form", "rest"],
        )?;
        if keys.is_empty() {
            return Mistake::at(attr, "`#[arg]` says nothing here")
                .help("remove it, or write `default = …`, `name = \"…\"`, `path`, `query`, `form` or `rest` in it")
                .refuse();
        }
        let (default, name) = (keys.expression("default")?, keys.text("name")?);
        if let Some(empty) = name.as_ref().filter(|name| name.value().is_empty()) {
            return Mistake::at(empty, "an argument needs a name")
                .help("remove `name`: the parameter's own is used")
                .refuse();
        }
        let source = source(&mut keys)?;
        Ok(Self {
            attr: Some(attr),
            name: name.map(|name| name.value()),
            source,
            default,
        })
    }
}

fn source(keys: &mut Keys) -> syn::Result<Option<Source>> {
    let sources = [
        ("path", Source::Path),
        ("query", Source::Query),
        ("form", Source::Form),
        ("rest", Source::Rest),
    ];
    let mut found: Option<(Source, Ident)> = None;
    for (name, source) in sources {
        let Some(flag) = keys.flag(name)? else {
            continue;
        };
        if let Some((_, earlier)) = &found {
            return Mistake::at(&flag, format!("an argument comes from one place, and this one from `{earlier}` already"))
                .help(format!("remove `{earlier}` or `{flag}`; with neither, path, query and form are tried in this order"))
                .refuse();
        }
        found = Some((source, flag));
    }
    Ok(found.map(|(source, _)| source))
}
