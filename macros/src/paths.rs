//! Every path into the framework that expanded code may name; the only file that spells `::kirsch`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

/// The trait of types that are one word of a request.
pub(crate) fn param() -> TokenStream {
    quote!(::kirsch::private::Param)
}

/// What [`param`] answers to a word that it cannot read.
pub(crate) fn invalid() -> TokenStream {
    quote!(::kirsch::private::Invalid)
}

/// The user's place with the expansion's names: where a `macro_rules!` macro was handed a type or a name, `self` and our own
/// variables would otherwise be looked for where that was written.
pub(crate) fn place_of(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}

/// The module that expanded code may touch, spelled at a place of the user's: that is where the compiler points when
/// something of it does not fit.
pub(crate) fn private_at(span: Span) -> TokenStream {
    quote_spanned!(span=> ::kirsch::private)
}

/// The module that expanded code may touch.
pub(crate) fn private() -> TokenStream {
    quote!(::kirsch::private)
}
