//! Every path into the framework that expanded code may name; the only file that spells `::kirsch`.

use proc_macro2::TokenStream;
use quote::quote;

/// The trait of types that are one word of a request.
pub(crate) fn param() -> TokenStream {
    quote!(::kirsch::private::Param)
}

/// What [`param`] answers to a word that it cannot read.
pub(crate) fn invalid() -> TokenStream {
    quote!(::kirsch::private::Invalid)
}

/// The module that expanded code may touch.
pub(crate) fn private() -> TokenStream {
    quote!(::kirsch::private)
}
