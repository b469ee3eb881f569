//! One arm of the walk: reads the arguments of a method, calls it, and gives on what it returned.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, ExprLit, Lit, Type};

use crate::expand::table;
use crate::model::{Kind, Method, Page, Param, Verb, mentions_impl};
use crate::paths::{place_of, private_at};

pub(super) fn arm(id: usize, method: &Method) -> TokenStream {
    let name = method.sig.ident.span();
    let (private, number, cfgs) = (private_at(name), table::number(id), &method.cfgs);
    let body = match &method.kind {
        Kind::Page(page) => self::page(method, page),
        Kind::Child { .. } => child(method),
        Kind::ErrorPage { .. } => error_page(method),
    };
    quote_spanned! {place_of(name)=>
        #(#cfgs)*
        #number => #private::Reply::of(exchange.is_now(), async move { #body }),
    }
}

fn page(method: &Method, page: &Page) -> TokenStream {
    let prepare = page
        .verbs
        .iter()
        .any(|verb| !matches!(verb, Verb::Get | Verb::Head | Verb::Options))
        .then(|| {
            let arguments = table::arguments_name(method);
            quote!(exchange.prepare(Self::#arguments).await?;)
        });
    let (arguments, call, answer) = (arguments(method), call(method), answer(method));
    quote! {
        #prepare
        #arguments
        let value = #call;
        #answer
    }
}

fn child(method: &Method) -> TokenStream {
    let (ty, span) = (&method.output, method.output.span());
    let private = private_at(span);
    // Spelled exactly as in the table, so that the compiler says once what is wrong with the type.
    let into_node = quote_spanned!(span=> <#ty as #private::Child>::into_node);
    let walk = quote_spanned!(span=> <<#ty as #private::Child>::Node as #private::Node>::walk);
    let (arguments, call, captures) = (
        arguments(method),
        call(method),
        table::captures(method).len(),
    );
    quote_spanned! {place_of(method.output.span())=>
        #arguments
        let child = #into_node(#call)?;
        exchange.descend(#captures);
        #walk(&child, exchange).finish().await
    }
}

/// The error is lent to the page: the exchange has it again before the answer leaves.
fn error_page(method: &Method) -> TokenStream {
    let (arguments, call, answer) = (arguments(method), call(method), answer(method));
    quote! {
        #arguments
        let error = exchange.take_error();
        let value = #call;
        let answer = { #answer };
        exchange.put_error(error);
        answer
    }
}

/// `let argument_0: u64 = …;` and so on.
fn arguments(method: &Method) -> TokenStream {
    let lines = method
        .params
        .iter()
        .enumerate()
        .filter(|(_, param)| !param.is_error)
        .map(|(index, param)| {
            let (name, ty) = (name(index), &param.ty);
            let read = read(method, index, param);
            quote_spanned!(ty.span()=> let #name: #ty = #read;)
        });
    quote!(#(#lines)*)
}

fn read(method: &Method, index: usize, param: &Param) -> TokenStream {
    let (table, ty) = (table::arguments_name(method), &param.ty);
    let private = private_at(ty.span());
    let bound = quote_spanned! {place_of(ty.span())=> {
        #[allow(unused_imports)]
        use #private::{ViaExtractor, ViaJson, ViaName, ViaNothing};
        #private::Bind::<#ty>::bind((&&&&#private::Probe::<#ty>::NEW).kind(), &mut *exchange, &Self::#table[#index]).await?
    }};
    let Some(default) = &param.default else {
        return quote!(#private::required(#bound, &Self::#table[#index])?);
    };
    let default = default_value(default, param);
    // The type is said, or a wrong one would be a matter of the two arms, and not of the default.
    quote! {
        match #bound {
            ::core::option::Option::Some(value) => value,
            ::core::option::Option::None => {
                let default: #ty = #default;
                default
            }
        }
    }
}

/// A text literal stands for whatever text becomes: `String`, mostly. Anything else has the parameter's type, or the compiler
/// says so, and for a number or a truth value it says so better of the literal itself.
fn default_value(default: &Expr, param: &Param) -> TokenStream {
    let ty = &param.ty;
    if matches!(
        default,
        Expr::Lit(ExprLit {
            lit: Lit::Str(_),
            ..
        })
    ) && !is_primitive(ty)
    {
        quote_spanned!(default.span()=> <#ty as ::core::convert::From<_>>::from(#default))
    } else {
        quote!(#default)
    }
}

fn is_primitive(ty: &Type) -> bool {
    const PRIMITIVES: [&str; 16] = [
        "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "u128", "u16",
        "u32", "u64", "u8", "usize",
    ];
    matches!(ty, Type::Path(path) if PRIMITIVES.iter().any(|name| path.path.is_ident(name)))
}

fn call(method: &Method) -> TokenStream {
    let ident = &method.sig.ident;
    let names = method.params.iter().enumerate().map(|(index, param)| {
        if param.is_error {
            quote!(&error)
        } else {
            let name = name(index);
            quote!(#name)
        }
    });
    let wait = method.sig.asyncness.is_some().then(|| quote!(.await));
    quote!(self.#ident(#(#names),*)#wait)
}

fn answer(method: &Method) -> TokenStream {
    let private = private_at(method.output.span());
    // Named, so that a message can name it; what hides behind `impl` is found by the compiler.
    let ty = match &method.output {
        hidden if mentions_impl(hidden) => quote!(_),
        named => named.to_token_stream(),
    };
    quote_spanned! {place_of(method.output.span())=> {
        #[allow(unused_imports)]
        use #private::{AnswerNothing, ViaActix, ViaOthers, ViaOurs, ViaResponder};
        let kind = (&&&&&#private::Returned::by(&value)).kind();
        #private::Answer::<#ty>::answer(kind, value, &*exchange)
    }}
}

fn name(index: usize) -> Ident {
    format_ident!("argument_{index}")
}
