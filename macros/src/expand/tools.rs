//! `#[tools(…)]` as a function that patches a belt: every name in it is the user's own, so that rustc says what is wrong with it.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::expand::table;
use crate::model::ToolPatch;
use crate::paths::{place_of, private};

/// `Some(|belt| …)`, or `None` where no tool is named.
pub(super) fn tools(patches: &[ToolPatch]) -> TokenStream {
    if patches.is_empty() {
        return quote!(::core::option::Option::None);
    }
    let private = private();
    let lines = patches.iter().map(patch);
    quote! {
        ::core::option::Option::Some(|belt: &mut #private::Patches| { #(#lines)* })
    }
}

fn patch(patch: &ToolPatch) -> TokenStream {
    let (tool, source) = (&patch.tool, table::source(patch.span()));
    let here = place_of(patch.span());
    if patch.off {
        let off = quote_spanned!(here=> off);
        return quote!(belt.#off(#tool, #source););
    }
    let names = patch.options.iter().map(|(name, _)| name.to_string());
    let sources = patch
        .options
        .iter()
        .map(|(name, _)| table::source(name.span()));
    let setters = patch.options.iter().map(|(name, value)| {
        let span = value.span();
        quote_spanned!(span=> .#name(#value))
    });
    // What is wrong with a setter is said of the setter, and not of the closure around it.
    let first = place_of(
        patch
            .options
            .first()
            .map_or_else(Span::call_site, |(name, _)| name.span()),
    );
    let made = quote_spanned!(first=> tool);
    let closure = quote!(|tool| #made #(#setters)*);
    let patch = quote_spanned!(here=> patch);
    quote! {
        belt.#patch(#tool, &[#((#names, #sources)),*], #source, #closure);
    }
}
