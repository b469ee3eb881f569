//! What parameters say about themselves.

use syn::{PathArguments, Type};

use crate::mistakes::{Mistake, Mistakes, as_written};
use crate::model::{Kind, Method, Source, Verb};

/// One value in a request cannot be two arguments.
pub(super) fn names_differ(method: &Method) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    for (index, param) in method.params.iter().enumerate() {
        let earlier = method
            .params
            .iter()
            .take(index)
            .any(|earlier| earlier.name == param.name);
        if earlier && !param.name.is_empty() {
            mistakes.add(
                Mistake::at_span(
                    param.span,
                    format!("two parameters are bound by the name `{}`", param.name),
                )
                .help("write `#[arg(name = \"…\")]` on one of the two"),
            );
        }
    }
    mistakes.or(())
}

/// GET has no body to read a form from, and a child or an error page serves requests of every method.
pub(super) fn a_form_needs_a_body(method: &Method) -> syn::Result<()> {
    let Some(param) = method
        .params
        .iter()
        .find(|param| param.source == Source::Form)
    else {
        return Ok(());
    };
    let mistake = match &method.kind {
        Kind::Page(page) if page.verbs.iter().all(|verb| matches!(verb, Verb::Get | Verb::Head)) => {
            Mistake::at_span(param.span, format!("`{}` answers GET, and only a body carries a form", method.sig.ident))
                .help("write `#[post]` above the method, or take the argument from the query: `#[arg(query)]`")
        }
        Kind::Page(_) => return Ok(()),
        Kind::Child { .. } => Mistake::at_span(param.span, "a child is made for every HTTP method, with a form or without")
            .help("take the form in the child's own pages"),
        Kind::ErrorPage { .. } => Mistake::at_span(param.span, "an error page comes after the body was read, or refused")
            .help("remove the parameter: the `&Error` says what went wrong"),
    };
    mistake.refuse()
}

/// The error is always there, and the rest is empty at worst.
pub(super) fn what_is_never_missing_has_no_default(method: &Method) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    for param in &method.params {
        let Some(default) = &param.default else {
            continue;
        };
        let never_missing = match param {
            param if param.is_error => "the error of an error page",
            param if param.source == Source::Rest => "the rest of the path",
            _ => continue,
        };
        mistakes.add(
            Mistake::at(
                default,
                format!("{never_missing} is never missing, so nothing stands in for it"),
            )
            .help("remove `default`"),
        );
    }
    mistakes.or(())
}

/// It would never be `None`, and whoever reads the signature would expect that it may.
pub(super) fn an_option_has_no_default(method: &Method) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    for param in &method.params {
        let (Some(default), Some(inner)) = (&param.default, inside_option(&param.ty)) else {
            continue;
        };
        mistakes.add(
            Mistake::at(
                default,
                "an `Option` is `None` when the argument is missing, so no default is needed",
            )
            .help(format!(
                "write `{inner}` to have the default, or remove `default` to have `None`"
            )),
        );
    }
    mistakes.or(())
}

/// The `T` of an `Option<T>`, as written.
fn inside_option(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    let last = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == "Option")?;
    match &last.arguments {
        PathArguments::AngleBracketed(inner) => {
            let inner = &inner.args;
            Some(as_written(inner))
        }
        _ => None,
    }
}
