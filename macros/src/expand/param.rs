//! `#[derive(Param)]`: reading one word.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Type;

use crate::model::{Shape, WordType};
use crate::names::one_of;
use crate::paths;

pub(crate) fn param(word_type: &WordType) -> TokenStream {
    let WordType {
        ident,
        generics,
        shape,
    } = word_type;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let (param, invalid) = (paths::param(), paths::invalid());
    let body = match shape {
        Shape::Words(words) => choose(words),
        Shape::Around(inner) => delegate(inner),
    };
    quote! {
        #[automatically_derived]
        impl #impl_generics #param for #ident #type_generics #where_clause {
            fn parse(text: &str) -> ::core::result::Result<Self, #invalid> {
                #body
            }
        }
    }
}

fn choose(words: &[(Ident, String)]) -> TokenStream {
    let invalid = paths::invalid();
    let expected = expectation(words);
    let arms = words
        .iter()
        .map(|(variant, word)| quote!(#word => ::core::result::Result::Ok(Self::#variant)));
    quote! {
        match text {
            #(#arms,)*
            _ => ::core::result::Result::Err(#invalid::new(#expected)),
        }
    }
}

/// What the visitor is told: all words, in the order of the variants.
fn expectation(words: &[(Ident, String)]) -> String {
    one_of(
        &words
            .iter()
            .map(|(_, word)| word.as_str())
            .collect::<Vec<_>>(),
    )
}

fn delegate(inner: &Type) -> TokenStream {
    let param = paths::param();
    quote!(<#inner as #param>::parse(text).map(Self))
}
