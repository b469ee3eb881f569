//! What a word says that the compiler ran itself, since no `#[expose]` or `#[tool]` around it had read it, and what those say
//! of items that are no part of a tree, and no tool.

use proc_macro2::{Span, TokenStream};
use syn::Attribute;
use syn::parse::{ParseStream, Parser};

use crate::mistakes::Mistake;
use crate::parse::{Lone, lone_function};
use crate::words::Word;

/// The mistake of `word` above `item`, and the item without further words, which would only say the same again.
pub(crate) fn word(word: Word, item: &TokenStream) -> (Mistake, Option<TokenStream>) {
    let (name, reader) = (word.name(), word.reader());
    if stands_above_expose(item.clone()) {
        let mistake = Mistake::at_span(
            attribute(item),
            format!("`#[{name}]` stands above `#[expose]`, which cannot see it there"),
        );
        return (mistake.help(format!("it belongs {}", word.belongs())), None);
    }
    let mistake = Mistake::at_span(
        attribute(item),
        format!("`#[{name}]` stands outside `#[{reader}]`"),
    );
    match lone_function(item.clone()) {
        Ok(Lone {
            item,
            is_method: true,
        }) => {
            let help = format!(
                "write `#[{reader}]` above the `impl` block of this method; helpers need no attribute"
            );
            (mistake.help(help), Some(item))
        }
        Ok(Lone { item, .. }) => (
            mistake.help(format!("it belongs {}", word.belongs())),
            Some(item),
        ),
        Err(_) => (mistake.help(format!("it belongs {}", word.belongs())), None),
    }
}

/// The mistake of `#[expose]` above a function, and the function without further words.
pub(crate) fn function(item: &TokenStream) -> (Mistake, Option<TokenStream>) {
    let help = "write it above `impl`: every method of that block is then a page; helpers live in another block";
    match lone_function(item.clone()) {
        Ok(Lone {
            item: lone,
            is_method: false,
        }) => {
            let mistake = Mistake::at_span(attribute(item), "a function cannot be a page by itself")
                .help("make it a method of a `struct`, with `#[expose]` above the struct and above the `impl` block");
            (mistake, Some(lone))
        }
        lone => {
            let headline = "`#[expose]` goes above the `impl` block, not above its methods";
            (
                Mistake::at_span(attribute(item), headline).help(help),
                lone.ok().map(|lone| lone.item),
            )
        }
    }
}

/// The mistake of `#[expose]` above something that is neither a struct nor its block.
pub(crate) fn something_else(kind: &str, item: &TokenStream) -> Mistake {
    Mistake::at_span(
        attribute(item),
        format!("{kind} cannot be a node of the tree"),
    )
    .help("write `#[expose]` on a `struct`, and on its `impl` block")
}

/// The mistake of `#[tool]` above something that is neither a struct nor its block.
pub(crate) fn no_tool(kind: &str, item: &TokenStream) -> Mistake {
    Mistake::at_span(attribute(item), format!("{kind} cannot be a tool")).help(
        "write `#[tool]` on a `struct` with its options, and on its `impl` block with its hooks",
    )
}

/// Where the attribute stands that is running, as the user's own text: at the call site itself, the compiler would add
/// that the error comes from a macro, which helps nobody.
fn attribute(item: &TokenStream) -> Span {
    let here = Span::call_site();
    item.clone()
        .into_iter()
        .next()
        .map_or(here, |first| first.span().located_at(here))
}

fn stands_above_expose(item: TokenStream) -> bool {
    let any_expose = |input: ParseStream<'_>| {
        let attrs = input.call(Attribute::parse_outer)?;
        // What follows is of no interest; the parser insists on having seen it.
        let _rest: TokenStream = input.parse()?;
        Ok(attrs
            .iter()
            .any(|attr| Word::of(attr) == Some(Word::Expose)))
    };
    any_expose.parse2(item).unwrap_or(false)
}
