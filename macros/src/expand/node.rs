//! `#[expose]` on a struct: its table, the way into its fields, and its link type.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{GenericParam, Generics, TypeParamBound};

use crate::expand::{link, table, tools};
use crate::model::{FieldChild, Node};
use crate::paths::{place_of, private, private_at};

pub(crate) fn node(node: &Node) -> TokenStream {
    let private = private();
    let (impl_generics, type_generics, where_clause) = node.generics.split_for_impl();
    let (ident, name, doc) = (&node.ident, node.ident.to_string(), &node.doc);
    let source = table::source(node.ident.span());
    let rows = node
        .fields
        .iter()
        .enumerate()
        .map(|(id, field)| row(id, field));
    let arms = node
        .fields
        .iter()
        .enumerate()
        .map(|(id, field)| arm(id, field));
    let below = node
        .fields
        .iter()
        .enumerate()
        .map(|(id, field)| below(id, field));
    let own = own(&node.generics);
    let tools = tools::tools(&node.tools);
    let link = link::of_node(node);
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Branch for #ident #type_generics #where_clause {
            const TABLE: #private::StructTable = #private::StructTable {
                name: #name,
                doc: #doc,
                source: #source,
                fields: &[#(#rows),*],
                tools: #tools,
            };

            fn own(&self) -> ::core::option::Option<&dyn ::core::any::Any> {
                #own
            }

            fn field(&self, id: u16) -> ::core::option::Option<&dyn #private::Node> {
                match id {
                    #(#below)*
                    _ => ::core::option::Option::None,
                }
            }

            fn enter<'kirsch>(&'kirsch self, id: u16, exchange: &'kirsch mut #private::Exchange) -> #private::Reply<'kirsch> {
                match id {
                    #(#arms)*
                    _ => #private::nowhere(exchange),
                }
            }
        }
        #link
    }
}

fn row(id: usize, field: &FieldChild) -> TokenStream {
    let (private, id) = (private(), table::number(id));
    let FieldChild {
        cfgs,
        name,
        path,
        ty,
        tools,
        ..
    } = field;
    let tools = tools::tools(tools);
    let (label, path, source) = (
        name.to_string(),
        table::path(path),
        table::source(name.span()),
    );
    let private_there = private_at(ty.span());
    let shape = quote_spanned!(ty.span()=> <#ty as #private_there::Node>::shape);
    quote! {
        #(#cfgs)*
        #private::ChildRow { id: #id, name: #label, path: #path, args: &[], waits: false, shape: #shape, tools: #tools, source: #source }
    }
}

fn below(id: usize, field: &FieldChild) -> TokenStream {
    let FieldChild {
        cfgs, member, ty, ..
    } = field;
    let (private, id) = (private_at(ty.span()), table::number(id));
    quote_spanned! {place_of(ty.span())=>
        #(#cfgs)*
        #id => ::core::option::Option::Some(<#ty as #private::Node>::as_node(&self.#member)),
    }
}

/// The node itself, for functions of tools that ask for its type. One that borrows, or may hold what borrows, has no such type.
fn own(generics: &Generics) -> TokenStream {
    let lives = |param: &GenericParam| match param {
        GenericParam::Lifetime(_) => false,
        GenericParam::Type(param) => {
            let outlives = |bound: &TypeParamBound| matches!(bound, TypeParamBound::Lifetime(lifetime) if lifetime.ident == "static");
            param.bounds.iter().any(outlives)
        }
        GenericParam::Const(_) => true,
    };
    if generics.params.iter().all(lives) {
        quote!(::core::option::Option::Some(self))
    } else {
        quote!(::core::option::Option::None)
    }
}

fn arm(id: usize, field: &FieldChild) -> TokenStream {
    let FieldChild {
        cfgs, member, ty, ..
    } = field;
    let (private, id) = (private_at(ty.span()), table::number(id));
    quote_spanned! {place_of(ty.span())=>
        #(#cfgs)*
        #id => <#ty as #private::Node>::walk(&self.#member, exchange),
    }
}
