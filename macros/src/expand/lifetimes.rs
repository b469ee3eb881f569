//! Names a type where no lifetime is in scope: in tables, which outlive every request.

use proc_macro2::{Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// The type with `'static` for each of its lifetimes, and for those that references leave out.
pub(super) fn made_static(ty: &impl ToTokens) -> TokenStream {
    let mut tokens = ty.to_token_stream().into_iter().peekable();
    let mut out = TokenStream::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                drop(tokens.next());
                lifetime(punct.span(), &mut out);
            }
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                let span = punct.span();
                out.extend([TokenTree::Punct(punct)]);
                let named =
                    matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'');
                if !named {
                    lifetime(span, &mut out);
                }
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), made_static(&group.stream()));
                inner.set_span(group.span());
                out.extend([TokenTree::Group(inner)]);
            }
            other => out.extend([other]),
        }
    }
    out
}

/// The type with its own name for each `Self`: where the type is written outside of its block.
pub(super) fn named_self(ty: &impl ToTokens, own: &impl ToTokens) -> TokenStream {
    let name = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => own.to_token_stream(),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), named_self(&group.stream(), own));
            inner.set_span(group.span());
            TokenTree::Group(inner).into()
        }
        other => other.into(),
    };
    ty.to_token_stream().into_iter().flat_map(name).collect()
}

fn lifetime(span: Span, out: &mut TokenStream) {
    let mut quote = Punct::new('\'', Spacing::Joint);
    quote.set_span(span);
    out.extend([
        TokenTree::Punct(quote),
        TokenTree::Ident(Ident::new("static", span)),
    ]);
}
