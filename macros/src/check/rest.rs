//! The parameter that takes all segments that are left.

use crate::mistakes::{Mistake, Mistakes};
use crate::model::{Kind, Method, Page, Place, Source};

/// Segments fill parameters in order, so nothing could come after the one that takes them all.
pub(super) fn it_comes_last(method: &Method) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    let (takes_rest, count) = (|source| source == Source::Rest, method.params.len());
    let mut rests = method
        .params
        .iter()
        .enumerate()
        .filter(|(_, param)| takes_rest(param.source));
    let Some((first, param)) = rests.next() else {
        return Ok(());
    };
    match rests.next() {
        Some((_, second)) => mistakes.add(
            Mistake::at_span(
                second.span,
                "one parameter takes the rest already, so nothing is left for another",
            )
            .help("remove one of the two"),
        ),
        None if first + 1 < count => mistakes.add(
            Mistake::at_span(
                param.span,
                "what takes the rest comes last: nothing is left for those after it",
            )
            .help(format!(
                "move `{}` to the end of the parameters",
                param.name
            )),
        ),
        None => {}
    }
    mistakes.or(())
}

/// Elsewhere it would be empty in every request.
pub(super) fn it_stands_where_something_is_left(method: &Method) -> syn::Result<()> {
    let Some(rest) = method
        .params
        .iter()
        .find(|param| param.source == Source::Rest)
    else {
        return Ok(());
    };
    let reason = match &method.kind {
        Kind::Page(Page {
            place:
                Place::Default
                | Place::Named {
                    leftovers: true, ..
                },
            ..
        }) => return Ok(()),
        Kind::Page(Page {
            place: Place::Named { path, .. },
            ..
        }) => format!("the path `{path}` says all segments, so nothing is left"),
        Kind::Page(_) => "a page at the node's own URL has no segments left".to_owned(),
        Kind::Child { .. } => "what is left belongs to the pages of the child".to_owned(),
        Kind::ErrorPage { .. } => "an error page has no path of its own".to_owned(),
    };
    Mistake::at_span(rest.span, reason)
        .help("take the rest in a page without `path`, or in `default`")
        .refuse()
}
