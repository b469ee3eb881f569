//! `#[expose]` on an impl block: its table, its walk, its links, and what only the compiler can check.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::GenericParam;

use crate::expand::{lifetimes, link, table, tools, walk};
use crate::model::{Block, Kind, Method};
use crate::paths::{private, private_at};

pub(crate) fn block(block: &Block) -> TokenStream {
    let private = private();
    let (impl_generics, _, where_clause) = block.generics.split_for_impl();
    let ty = &block.self_ty;
    let tables = block.methods.iter().map(table::arguments);
    let table = table(block);
    let arms = block
        .methods
        .iter()
        .enumerate()
        .map(|(id, method)| walk::arm(id, method));
    let (links, checks) = (link::of_block(block), checks(block));
    // First of all: of a second block the compiler only says which traits it implements again.
    let once = quote_spanned!(block.span=> OneStructHasOneExposedBlock);
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::#once for #ty #where_clause {}

        #[automatically_derived]
        impl #impl_generics #ty #where_clause {
            #(#tables)*
        }

        #[automatically_derived]
        impl #impl_generics #private::Pages for #ty #where_clause {
            const BLOCK: #private::BlockTable = #table;

            fn visit<'kirsch>(&'kirsch self, id: u16, exchange: &'kirsch mut #private::Exchange) -> #private::Reply<'kirsch> {
                match id {
                    #(#arms)*
                    _ => #private::nowhere(exchange),
                }
            }
        }

        #[automatically_derived]
        impl #impl_generics #private::Node for #ty #where_clause {
            fn shape() -> #private::Shape {
                #private::shape_of::<Self>()
            }

            fn walk<'kirsch>(&'kirsch self, exchange: &'kirsch mut #private::Exchange) -> #private::Reply<'kirsch> {
                #private::walk_of(self, exchange)
            }

            fn as_any(&self) -> ::core::option::Option<&dyn ::core::any::Any> {
                #private::Branch::own(self)
            }

            fn below(&self, id: u16) -> ::core::option::Option<&dyn #private::Node> {
                #private::Branch::field(self, id)
            }
        }
        #links
        #checks
    }
}

/// A page is called as the tree needs it: with `&self` and owned arguments, and it may be `async` for its neighbours' sake. Clippy
/// would have it otherwise, and its user could not follow.
pub(crate) fn with_allowances(item: &TokenStream) -> TokenStream {
    quote! {
        #[allow(clippy::needless_pass_by_value, clippy::unused_async, clippy::unused_self)]
        #item
    }
}

fn table(block: &Block) -> TokenStream {
    let (private, resource) = (private(), block.resource);
    let rows = |wanted: fn(&Kind) -> bool, row: fn(usize, &Method) -> TokenStream| {
        let methods = block
            .methods
            .iter()
            .enumerate()
            .filter(move |(_, method)| wanted(&method.kind));
        let rows = methods.map(move |(id, method)| row(id, method));
        quote!(&[#(#rows),*])
    };
    let pages = rows(|kind| matches!(kind, Kind::Page(_)), table::page);
    let children = rows(|kind| matches!(kind, Kind::Child { .. }), table::child);
    let errors = rows(
        |kind| matches!(kind, Kind::ErrorPage { .. }),
        table::error_page,
    );
    let tools = tools::tools(&block.tools);
    quote!(#private::BlockTable { resource: #resource, tools: #tools, pages: #pages, children: #children, errors: #errors })
}

/// Assertions over tables that no single macro sees. A generic block has no tables before it is used: the start checks them.
fn checks(block: &Block) -> TokenStream {
    if block
        .generics
        .params
        .iter()
        .any(|param| !matches!(param, GenericParam::Lifetime(_)))
    {
        return TokenStream::new();
    }
    let private = private_at(block.span);
    let ty = lifetimes::made_static(&block.self_ty);
    let bodies = block
        .methods
        .iter()
        .filter_map(|method| one_body(block, method));
    quote_spanned! {block.span=>
        const _: () = #private::no_clash(
            <#ty as #private::Branch>::TABLE.name,
            <#ty as #private::Branch>::TABLE.fields,
            <#ty as #private::Pages>::BLOCK.pages,
            <#ty as #private::Pages>::BLOCK.children,
        );
        #(#bodies)*
    }
}

/// Of two parameters that read the body, the second would find it empty.
fn one_body(block: &Block, method: &Method) -> Option<TokenStream> {
    if method.params.len() < 2 || !method.sig.generics.params.is_empty() {
        return None;
    }
    let (private, cfgs) = (private_at(method.sig.ident.span()), &method.cfgs);
    let asked = method
        .params
        .iter()
        .filter(|param| !param.is_error)
        .map(|param| {
            let ty = lifetimes::named_self(&param.ty, &block.self_ty);
            let ty = lifetimes::made_static(&ty);
            quote!(#private::BodyProbe::<#ty>::BODY)
        });
    Some(quote_spanned! {method.sig.ident.span()=>
        #(#cfgs)*
        const _: () = {
            #[allow(unused_imports)]
            use #private::OtherBody;
            #private::one_body(&[#(#asked),*])
        };
    })
}
