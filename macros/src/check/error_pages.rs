//! Error pages: which error, and who sees it.

use syn::Type;

use super::pairs;
use super::urls::the_other;
use crate::mistakes::{Mistake, Mistakes};
use crate::model::{Kind, Method};

/// A subtree shows one page for one status.
pub(super) fn statuses_differ(methods: &[Method]) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    for (earlier, later) in pairs(methods) {
        let (Kind::ErrorPage { status: one }, Kind::ErrorPage { status: other }) =
            (&earlier.kind, &later.kind)
        else {
            continue;
        };
        if one == other {
            let (first, second) = (&earlier.sig.ident, &later.sig.ident);
            mistakes.add(
                Mistake::at(
                    second,
                    format!("`{first}` and `{second}` are both the error page for {one}"),
                )
                .help("remove one of the two"),
            );
            mistakes.add(the_other(earlier));
        }
    }
    mistakes.or(())
}

/// There is one error; a second reference would have nothing to point to.
pub(super) fn one_reference_at_most(method: &Method) -> syn::Result<()> {
    match method.params.iter().filter(|param| param.is_error).nth(1) {
        Some(second) => Mistake::at_span(
            second.span,
            "an error page is shown one error, and this is a second reference",
        )
        .help("remove it; other parameters of an error page are owned, as those of a page")
        .refuse(),
        None => Ok(()),
    }
}

/// The only thing that is lent to an error page is the error.
pub(super) fn the_reference_is_an_error(method: &Method) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    for param in method.params.iter().filter(|param| param.is_error) {
        let Type::Reference(reference) = &param.ty else {
            continue;
        };
        if reference.mutability.is_some() || !is_error(&reference.elem) {
            mistakes.add(
                Mistake::at(reference, "the only reference that an error page is given is its error")
                    .help("write `&Error`; other parameters of an error page are owned, as those of a page"),
            );
        }
    }
    mistakes.or(())
}

fn is_error(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Error"))
}
