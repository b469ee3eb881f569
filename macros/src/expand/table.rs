//! Rows of the `const` tables.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::expand::{lifetimes, tools};
use crate::model::{Kind, Method, Page, Param, Path, Place, Segment, Source, Status, Verb};
use crate::paths::{private, private_at};

/// The number of a row, as a `u16`.
pub(super) fn number(id: usize) -> Literal {
    Literal::u16_suffixed(u16::try_from(id).unwrap_or(u16::MAX))
}

/// Where something is written.
pub(super) fn source(span: Span) -> TokenStream {
    let private = private();
    quote_spanned!(span=> #private::Source { file: ::core::file!(), line: ::core::line!(), column: ::core::column!() })
}

pub(super) fn path(path: &Path) -> TokenStream {
    let private = private();
    let segments = path.segments.iter().map(|segment| match segment {
        Segment::Fixed(name) => quote!(#private::Segment::Fixed(#name)),
        Segment::Capture(name) => quote!(#private::Segment::Capture(#name)),
    });
    quote!(&[#(#segments),*])
}

/// The name of a method's argument table. It is an inherent constant, so that the walk can borrow from it for `'static`.
pub(super) fn arguments_name(method: &Method) -> Ident {
    format_ident!(
        "__KIRSCH_ARGUMENTS_{}",
        method.sig.ident,
        span = Span::call_site()
    )
}

/// The argument table of a method.
pub(super) fn arguments(method: &Method) -> TokenStream {
    let (private, name, cfgs) = (private(), arguments_name(method), &method.cfgs);
    let rows = method.params.iter().map(|param| argument(method, param));
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_upper_case_globals)]
        const #name: &'static [#private::Arg] = &[#(#rows),*];
    }
}

fn argument(method: &Method, param: &Param) -> TokenStream {
    let private = private();
    let (name, type_name) = (&param.name, readable(&param.ty.to_token_stream()));
    let own = captures(method);
    let capture = own.iter().position(|capture| *capture == param.name);
    let capture = option(capture);
    let leftover = takes_leftovers(method) && matches!(param.source, Source::Any | Source::Path);
    let from = match param.source {
        Source::Any => quote!(Any),
        Source::Path => quote!(Path),
        Source::Query => quote!(Query),
        Source::Form => quote!(Form),
        Source::Rest => quote!(Rest),
    };
    let (kind, optional) = (kind(param), optional(param));
    let (needs, reads) = (needs(param), reads(param));
    quote! {
        #private::Arg {
            name: #name,
            type_name: #type_name,
            capture: #capture,
            leftover: #leftover,
            from: #private::From::#from,
            kind: #kind,
            optional: #optional,
            needs: #needs,
            reads: #reads,
        }
    }
}

fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

fn kind(param: &Param) -> TokenStream {
    let private = private_at(param.ty.span());
    if param.is_error {
        return quote!(#private::ArgKind::Error);
    }
    let ty = lifetimes::made_static(&param.ty);
    quote_spanned! {param.ty.span()=> {
        #[allow(unused_imports)]
        use #private::{OtherBody, OtherKind, OtherReady};
        #private::Probe::<#ty>::KIND
            .reads_body(#private::BodyProbe::<#ty>::BODY)
            .never_waits(#private::ReadyProbe::<#ty>::READY)
    }}
}

/// The tool that provides the parameter, if one does.
fn needs(param: &Param) -> TokenStream {
    if param.is_error {
        return quote!(::core::option::Option::None);
    }
    let private = private_at(param.ty.span());
    let ty = lifetimes::made_static(&param.ty);
    quote_spanned! {param.ty.span()=> {
        #[allow(unused_imports)]
        use #private::NeedsNothing;
        #private::NeedProbe::<#ty>::NEEDS
    }}
}

/// The one header that the parameter reads, where that is known.
fn reads(param: &Param) -> TokenStream {
    if param.is_error {
        return quote!(::core::option::Option::None);
    }
    let private = private_at(param.ty.span());
    let ty = lifetimes::made_static(&param.ty);
    quote_spanned! {param.ty.span()=> {
        #[allow(unused_imports)]
        use #private::OtherHeader;
        #private::HeaderProbe::<#ty>::READS
    }}
}

fn optional(param: &Param) -> TokenStream {
    let private = private_at(param.ty.span());
    if param.is_error || param.default.is_some() {
        return quote!(true);
    }
    let ty = lifetimes::made_static(&param.ty);
    quote_spanned! {param.ty.span()=> {
        #[allow(unused_imports)]
        use #private::OtherKind;
        #private::Probe::<#ty>::OPTIONAL
    }}
}

/// The names of a method's own placeholders, in order.
pub(super) fn captures(method: &Method) -> Vec<&str> {
    match &method.kind {
        Kind::Page(Page {
            place: Place::Named { path, .. },
            ..
        })
        | Kind::Child { path, .. } => path.captures().collect(),
        _ => Vec::new(),
    }
}

fn takes_leftovers(method: &Method) -> bool {
    match &method.kind {
        Kind::Page(Page { place, .. }) => matches!(
            place,
            Place::Default
                | Place::Named {
                    leftovers: true,
                    ..
                }
        ),
        Kind::Child { leftovers, .. } => *leftovers,
        Kind::ErrorPage { .. } => false,
    }
}

pub(super) fn page(id: usize, method: &Method) -> TokenStream {
    let Kind::Page(Page { verbs, place }) = &method.kind else {
        return TokenStream::new();
    };
    let private = private();
    let place = match place {
        Place::Index => quote!(#private::Place::Index),
        Place::Own => quote!(#private::Place::Own),
        Place::Default => quote!(#private::Place::Default),
        Place::Named { path, .. } => {
            let path = self::path(path);
            quote!(#private::Place::Path(#path))
        }
    };
    let verbs = self::verbs(verbs);
    row(
        id,
        method,
        &quote!(PageRow),
        &quote!(verbs: #verbs, place: #place,),
    )
}

fn verbs(verbs: &[Verb]) -> TokenStream {
    let private = private();
    if verbs.contains(&Verb::Any) {
        return quote!(#private::Verb::ALL);
    }
    let names = verbs.iter().map(|verb| match verb {
        Verb::Get | Verb::Any => quote!(Get),
        Verb::Head => quote!(Head),
        Verb::Post => quote!(Post),
        Verb::Put => quote!(Put),
        Verb::Patch => quote!(Patch),
        Verb::Delete => quote!(Delete),
        Verb::Options => quote!(Options),
    });
    quote!(&[#(#private::Verb::#names),*])
}

pub(super) fn child(id: usize, method: &Method) -> TokenStream {
    let Kind::Child { path, .. } = &method.kind else {
        return TokenStream::new();
    };
    let path = self::path(path);
    let ty = lifetimes::made_static(&method.output);
    let there = private_at(method.output.span());
    let shape = quote_spanned!(method.output.span()=> <<#ty as #there::Child>::Node as #there::Node>::shape);
    row_without_doc(
        id,
        method,
        &quote!(ChildRow),
        &quote!(path: #path, shape: #shape,),
    )
}

pub(super) fn error_page(id: usize, method: &Method) -> TokenStream {
    let Kind::ErrorPage { status } = &method.kind else {
        return TokenStream::new();
    };
    let (private, id, name, cfgs) = (
        private(),
        number(id),
        method.sig.ident.to_string(),
        &method.cfgs,
    );
    let status = option(match status {
        Status::Code(code) => Some(code),
        Status::Default => None,
    });
    let source = source(method.sig.ident.span());
    let needs = method.params.iter().map(needs);
    quote! {
        #(#cfgs)*
        #private::ErrorRow { id: #id, name: #name, status: #status, needs: &[#(#needs),*], source: #source }
    }
}

fn row(id: usize, method: &Method, table: &TokenStream, more: &TokenStream) -> TokenStream {
    let doc = &method.doc;
    row_without_doc(id, method, table, &quote!(doc: #doc, #more))
}

fn row_without_doc(
    id: usize,
    method: &Method,
    table: &TokenStream,
    more: &TokenStream,
) -> TokenStream {
    let (private, arguments, number) = (private(), arguments_name(method), number(id));
    let (cfgs, name, waits) = (
        &method.cfgs,
        method.sig.ident.to_string(),
        method.sig.asyncness.is_some(),
    );
    let source = source(method.sig.ident.span());
    let tools = tools::tools(&method.tools);
    quote! {
        #(#cfgs)*
        #private::#table { tools: #tools, id: #number, name: #name, args: Self::#arguments, waits: #waits, source: #source, #more }
    }
}

/// A type as people write it: the token printer puts a space at every border.
pub(super) fn readable(tokens: &TokenStream) -> String {
    let mut text = tokens.to_string();
    for (spaced, tight) in [
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ::", "::"),
        (":: ", "::"),
        (" ,", ","),
        ("& ", "&"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}
