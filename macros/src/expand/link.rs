//! Typed links: `Root::link().notes().note(42)`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{GenericParam, Generics, Token, Type};

use crate::expand::lifetimes;
use crate::model::{Block, FieldChild, Kind, Method, Node, Page, Path, Place, Segment, Source};
use crate::paths::{private, private_at};

/// The link type of a struct, its beginning, and the links to its fields.
pub(super) fn of_node(node: &Node) -> TokenStream {
    let private = private();
    let (ident, vis, generics) = (&node.ident, &node.vis, &node.generics);
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let link = format_ident!("{ident}Link");
    let markers = markers(generics);
    let own = quote!(#ident #type_generics);
    let fields = node.fields.iter().map(|field| self::field(field, &own));
    let type_doc = format!("Links to `{ident}` and to what is below it.");
    let beginning_doc =
        format!("The link to this tree; its methods go on to the pages of `{ident}`.");
    quote! {
        #[doc = #type_doc]
        #[derive(Debug, Clone)]
        #vis struct #link #impl_generics (#private::Link, ::core::marker::PhantomData<(#markers)>) #where_clause;

        #[automatically_derived]
        impl #impl_generics #ident #type_generics #where_clause {
            #[doc = #beginning_doc]
            #[allow(dead_code)]
            #[must_use]
            #vis fn link() -> #link #type_generics {
                #link(#private::Link::root(::core::any::type_name::<Self>()), ::core::marker::PhantomData)
            }
        }

        #[automatically_derived]
        impl #impl_generics #private::Linked for #ident #type_generics #where_clause {
            type Link = #link #type_generics;

            fn linked(to: #private::Link) -> Self::Link {
                #link(to, ::core::marker::PhantomData)
            }
        }

        #[allow(dead_code, unreachable_pub)]
        #[automatically_derived]
        impl #impl_generics #link #type_generics #where_clause {
            #(#fields)*
        }
    }
}

/// The link type carries the parameters of its node, and holds nothing of them.
fn markers(generics: &Generics) -> TokenStream {
    let markers = generics.params.iter().filter_map(|param| match param {
        GenericParam::Lifetime(param) => {
            let lifetime = &param.lifetime;
            Some(quote!(&#lifetime (),))
        }
        GenericParam::Type(param) => {
            let ident = &param.ident;
            Some(quote!(fn() -> #ident,))
        }
        GenericParam::Const(_) => None,
    });
    quote!(#(#markers)*)
}

fn field(field: &FieldChild, own: &TokenStream) -> TokenStream {
    let private = private_at(field.ty.span());
    let FieldChild {
        cfgs,
        name,
        path,
        ty,
        doc,
        ..
    } = field;
    let (path, doc) = (segments(path), documentation(doc, name));
    let (span, ty) = (ty.span(), lifetimes::named_self(ty, own));
    quote_spanned! {span=>
        #(#cfgs)*
        #[doc = #doc]
        #[must_use]
        pub fn #name(self) -> <#ty as #private::Linked>::Link {
            <#ty as #private::Linked>::linked(self.0 #path)
        }
    }
}

/// The links to the pages and children of a block, and how the link to the node itself reads.
pub(super) fn of_block(block: &Block) -> TokenStream {
    let Some((link, arguments)) = link_type(&block.self_ty) else {
        return TokenStream::new();
    };
    let private = private();
    let (impl_generics, _, where_clause) = block.generics.split_for_impl();
    let methods = block
        .methods
        .iter()
        .filter_map(|method| self::method(block, method));
    let has_index = block.methods.iter().any(|method| {
        matches!(
            &method.kind,
            Kind::Page(Page {
                place: Place::Index,
                ..
            })
        )
    });
    let slash = has_index.then(|| quote!(.slash()));
    let index = has_index.then(index);
    quote! {
        #[allow(dead_code, unreachable_pub)]
        #[automatically_derived]
        impl #impl_generics #link #arguments #where_clause {
            #index
            #(#methods)*
        }

        #[automatically_derived]
        impl #impl_generics ::core::convert::From<#link #arguments> for #private::Link #where_clause {
            fn from(link: #link #arguments) -> Self {
                link.0 #slash
            }
        }

        #[automatically_derived]
        impl #impl_generics ::core::fmt::Display for #link #arguments #where_clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&::core::clone::Clone::clone(&self.0)#slash, f)
            }
        }

        #[automatically_derived]
        impl #impl_generics ::core::convert::From<#link #arguments> for ::std::string::String #where_clause {
            fn from(link: #link #arguments) -> Self {
                ::std::string::ToString::to_string(&link)
            }
        }
    }
}

/// The link to an `index` is that of its node. Said by name, it can have a query.
fn index() -> TokenStream {
    let private = private();
    quote! {
        /// The link to the `index`.
        #[must_use]
        pub fn index(self) -> #private::Link {
            self.0.slash()
        }
    }
}

/// `NotesLink` and its arguments, of `Notes<'a, T>`.
fn link_type(ty: &Type) -> Option<(TokenStream, TokenStream)> {
    let Type::Path(path) = ty else { return None };
    let mut path = path.path.clone();
    let last = path.segments.last_mut()?;
    let arguments = std::mem::take(&mut last.arguments);
    last.ident = format_ident!("{}Link", last.ident);
    Some((quote!(#path), quote!(#arguments)))
}

fn method(block: &Block, method: &Method) -> Option<TokenStream> {
    let private = private();
    let (cfgs, ident, doc) = (&method.cfgs, &method.sig.ident, &method.doc);
    let (path, output, end, span) = match &method.kind {
        Kind::Page(Page {
            place: Place::Named { path, .. },
            ..
        }) => (path, quote!(#private::Link), None, Span::call_site()),
        Kind::Child { path, .. } => {
            let output = lifetimes::named_self(&method.output, &block.self_ty);
            let (ty, span) = (lifetimes::made_static(&output), method.output.span());
            let private = private_at(span);
            (
                path,
                quote_spanned!(span=> <#ty as #private::Linked>::Link),
                Some(quote_spanned!(span=> <#ty as #private::Linked>::linked)),
                span,
            )
        }
        _ => return None,
    };
    let parameters = parameters(method);
    let names = parameters.iter();
    let (segments, leftovers) = (segments(path), leftovers(method));
    let doc = documentation(doc, ident);
    Some(quote_spanned! {span=>
        #(#cfgs)*
        #[doc = #doc]
        #[must_use]
        pub fn #ident(self, #(#names: impl ::core::fmt::Display),*) -> #output {
            #end(self.0 #segments #leftovers)
        }
    })
}

/// What is said of the page is said of its link; of a page that says nothing, its name.
fn documentation(doc: &str, name: &Ident) -> String {
    if doc.is_empty() {
        format!("The link to `{name}`.")
    } else {
        doc.to_owned()
    }
}

/// The parameters of a link: the placeholders of the path, or the parameters of a child whose path is its name.
fn parameters(method: &Method) -> Punctuated<Ident, Token![,]> {
    let Kind::Child {
        leftovers: true, ..
    } = &method.kind
    else {
        return captures(method).map(argument).collect();
    };
    filled(method).map(argument).collect()
}

/// A bound name as the name of a link's argument. It may be no Rust name (`#[arg(name = "note-id")]`), or a keyword.
fn argument(name: &str) -> Ident {
    let spelled = name.replace(|letter: char| !letter.is_alphanumeric(), "_");
    syn::parse_str(&spelled).unwrap_or_else(|_| format_ident!("_{spelled}"))
}

fn captures(method: &Method) -> impl Iterator<Item = &str> {
    super::table::captures(method).into_iter()
}

fn filled(method: &Method) -> impl Iterator<Item = &str> {
    method
        .params
        .iter()
        .filter(|param| matches!(param.source, Source::Any | Source::Path))
        .map(|param| param.name.as_str())
        // An extractor that is taken apart has no name, and takes no segment.
        .filter(|name| !name.is_empty())
}

fn leftovers(method: &Method) -> TokenStream {
    let Kind::Child {
        leftovers: true, ..
    } = &method.kind
    else {
        return TokenStream::new();
    };
    let names = filled(method).map(argument);
    quote!(#(.segment(#names))*)
}

fn segments(path: &Path) -> TokenStream {
    let segments = path.segments.iter().map(|segment| match segment {
        Segment::Fixed(name) => quote!(.segment(#name)),
        Segment::Capture(name) => {
            let name = argument(name);
            quote!(.segment(#name))
        }
    });
    quote!(#(#segments)*)
}
