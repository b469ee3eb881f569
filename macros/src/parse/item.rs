//! What kind of item stands under `#[expose]`.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Token, Visibility};

/// The kinds that matter to us, and one for those that have no name here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ItemKind {
    Struct,
    Impl,
    Function,
    Other(&'static str),
}

pub(crate) fn item_kind(item: TokenStream) -> ItemKind {
    let first_keyword = |input: ParseStream<'_>| {
        let kind = keyword_of(input);
        // The parser insists on having seen everything.
        let _rest: TokenStream = input.parse()?;
        Ok(kind)
    };
    first_keyword
        .parse2(item)
        .unwrap_or(ItemKind::Other("this item"))
}

fn keyword_of(input: ParseStream<'_>) -> ItemKind {
    let _attrs = input.call(Attribute::parse_outer);
    let _vis = input.parse::<Visibility>();
    while !(input.is_empty() || input.peek(syn::token::Brace)) {
        if let Some(kind) = known_keyword(input) {
            return kind;
        }
        // A word before the keyword, such as `unsafe` or `async`.
        let _skipped = input.parse::<proc_macro2::TokenTree>();
    }
    ItemKind::Other("this item")
}

fn known_keyword(input: ParseStream<'_>) -> Option<ItemKind> {
    let kind = if input.peek(Token![struct]) {
        ItemKind::Struct
    } else if input.peek(Token![impl]) {
        ItemKind::Impl
    } else if input.peek(Token![fn]) {
        ItemKind::Function
    } else if input.peek(Token![enum]) {
        ItemKind::Other("an enum")
    } else if input.peek(Token![union]) {
        ItemKind::Other("a union")
    } else if input.peek(Token![trait]) {
        ItemKind::Other("a trait")
    } else if input.peek(Token![mod]) {
        ItemKind::Other("a module")
    } else {
        return None;
    };
    Some(kind)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn the_keyword_tells_the_kind() {
        assert_eq!(
            item_kind(quote!(
                /** Doc. */
                pub struct Root;
            )),
            ItemKind::Struct
        );
        assert_eq!(item_kind(quote!(unsafe impl<T> Root<T> {})), ItemKind::Impl);
        assert_eq!(
            item_kind(quote!(
                pub(crate) async unsafe fn page(&self) {}
            )),
            ItemKind::Function
        );
        assert_eq!(
            item_kind(quote!(
                enum Root {}
            )),
            ItemKind::Other("an enum")
        );
        assert_eq!(
            item_kind(quote!(
                static X: u8 = 1;
            )),
            ItemKind::Other("this item")
        );
    }
}
