//! Placeholders of a path and the parameters that take them.

use syn::Type;

use crate::mistakes::{Mistake, Mistakes};
use crate::model::{Kind, Method, Page, Param, Path, Place, Source};
use crate::names::meant;

/// A segment that nobody takes is most likely a misspelt name; if not, it would be a URL that says more than it means.
pub(super) fn every_placeholder_has_a_parameter(method: &Method) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    let Some(path) = written_path(&method.kind) else {
        return Ok(());
    };
    // `web::Path` takes all captures at once, by position.
    if method
        .params
        .iter()
        .any(|param| last_name(&param.ty).is_some_and(|name| name == "Path"))
    {
        return Ok(());
    }
    for capture in path.captures() {
        match method.params.iter().find(|param| param.name == capture) {
            None => mistakes.add(no_parameter(capture, path, method)),
            Some(param) if matches!(param.source, Source::Query | Source::Form | Source::Rest) => {
                mistakes.add(
                    Mistake::at_span(
                        param.span,
                        format!("`{capture}` is captured by the path, and taken from elsewhere"),
                    )
                    .help("remove one of the two: the placeholder, or what `#[arg]` says"),
                );
            }
            Some(_) => {}
        }
    }
    mistakes.or(())
}

fn no_parameter(capture: &str, path: &Path, method: &Method) -> Mistake {
    let names = method.params.iter().map(|param| param.name.as_str());
    let mistake = Mistake::at_span(
        path.span,
        format!(
            "no parameter of `{}` is named `{capture}`",
            method.sig.ident
        ),
    );
    match meant(capture, names) {
        Some(name) => mistake.help(format!("did you mean `{{{name}}}`?")),
        None => mistake.help(format!(
            "add one, such as `{capture}: String`, or remove `{{{capture}}}`"
        )),
    }
}

/// Without a placeholder the argument would be missing in every request.
pub(super) fn every_path_argument_has_a_placeholder(method: &Method) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    let from_path = method
        .params
        .iter()
        .filter(|param| param.source == Source::Path);
    for param in from_path {
        mistakes.sort(has_a_segment(param, &method.kind));
    }
    mistakes.or(())
}

fn has_a_segment(param: &Param, kind: &Kind) -> syn::Result<()> {
    let name = &param.name;
    let place = match kind {
        Kind::Page(Page {
            place:
                Place::Named {
                    leftovers: true, ..
                }
                | Place::Default,
            ..
        })
        | Kind::Child {
            leftovers: true, ..
        } => return Ok(()),
        Kind::Page(Page {
            place: Place::Named { path, .. },
            ..
        })
        | Kind::Child { path, .. } => {
            if path.captures().any(|capture| capture == name) {
                return Ok(());
            }
            return Mistake::at_span(
                param.span,
                format!("the path `{path}` has no place for `{name}`"),
            )
            .help(format!("write `path = \"{path}/{{{name}}}\"`"))
            .refuse();
        }
        Kind::Page(_) => "the node's own URL",
        Kind::ErrorPage { .. } => "an error page",
    };
    Mistake::at_span(
        param.span,
        format!("{place} has no path to take `{name}` from"),
    )
    .help("remove `path` from `#[arg]`")
    .refuse()
}

/// The path that was written in an attribute, if there is one.
fn written_path(kind: &Kind) -> Option<&Path> {
    match kind {
        Kind::Page(Page {
            place:
                Place::Named {
                    path,
                    leftovers: false,
                },
            ..
        })
        | Kind::Child {
            path,
            leftovers: false,
        } => Some(path),
        _ => None,
    }
}

fn last_name(ty: &Type) -> Option<&syn::Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| &last.ident),
        _ => None,
    }
}
