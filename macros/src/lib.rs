//! The attribute macros of [Kirsch](https://docs.rs/kirsch), documented where they are used: in the crate `kirsch`.
//!
//! Every macro goes the same way: `parse/` (what was written) → `model.rs` (what it means) → `check/` (what cannot be) →
//! `expand/` (what is written for it), and leaves by one door, which gives back the user's item whatever was found.
#![forbid(unsafe_code)]

mod lonely;
mod words;

mod check;
mod expand;
mod model;
mod parse;

mod paths;

mod case;
mod mistakes;
mod names;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;

use crate::mistakes::{Mistake, Mistakes};
use crate::model::Verb;
use crate::parse::{ItemKind, Options, Read, item_kind};
use crate::words::Word;

/// Makes a struct a node of the tree, and the methods of an `impl` block its pages.
#[proc_macro_attribute]
pub fn expose(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand(item, |item, mistakes| {
        exposed(arguments.into(), item, mistakes)
    })
}

/// Makes a struct the options of a tool, and the methods of an `impl` block its hooks.
#[proc_macro_attribute]
pub fn tool(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand(item, |item, mistakes| {
        tool_of(arguments.into(), item, mistakes)
    })
}

/// Lets an enum, or a struct around one value, be an argument of pages.
#[proc_macro_derive(Param, attributes(param))]
pub fn derive_param(item: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let word_type = parse::word_type(item.into(), &mut mistakes);
    let mut code = word_type.as_ref().map(expand::param).unwrap_or_default();
    code.extend(mistakes.into_compile_errors());
    code.into()
}

/// Declares attributes that `#[expose]` reads, and that say where they belong when it cannot.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $word:expr;)*) => {$(
        $(#[$doc])*
        #[proc_macro_attribute]
        pub fn $name(_arguments: TokenStream, item: TokenStream) -> TokenStream {
            expand(item, |item, mistakes| Expansion::mistaken(lonely::word($word, &item), mistakes))
        }
    )*};
}

words! {
    /// A page that answers GET (and HEAD): `#[get]`, `#[get(path = "user/{id}")]`.
    get = Word::Verb(Verb::Get);
    /// A page that answers HEAD itself.
    head = Word::Verb(Verb::Head);
    /// A page that answers POST.
    post = Word::Verb(Verb::Post);
    /// A page that answers PUT.
    put = Word::Verb(Verb::Put);
    /// A page that answers PATCH.
    patch = Word::Verb(Verb::Patch);
    /// A page that answers DELETE.
    delete = Word::Verb(Verb::Delete);
    /// A page that answers OPTIONS itself.
    options = Word::Verb(Verb::Options);
    /// A page that answers every method.
    any = Word::Verb(Verb::Any);
    /// The page for whatever nothing else below the node answers.
    default = Word::Default;
    /// A node below this one.
    child = Word::Child;
    /// The page for one error status in this subtree.
    error_page = Word::ErrorPage;
    /// Where an argument comes from, and what stands in for it.
    arg = Word::Arg;
    /// How a hook of a tool stands in the order: `#[hook(priority = 95, failsafe)]`.
    hook = Word::Hook;
    /// A field of a tool that can be set: `#[option(default = 6)]`.
    option = Word::ToolOption;
    /// Which tools a part of the tree has, and with which options: `#[tools(one, another(option = 6))]`.
    tools = Word::Tools;
}

/// The one door: whatever was wrong, the user's item comes out again, followed by everything that was found.
fn expand(
    item: TokenStream,
    write: impl FnOnce(Tokens, &mut Mistakes) -> Expansion,
) -> TokenStream {
    let original = Tokens::from(item);
    let mut mistakes = Mistakes::default();
    let Expansion { item, code } = write(original.clone(), &mut mistakes);
    let item = item.unwrap_or(original);
    [item, code, mistakes.into_compile_errors()]
        .into_iter()
        .collect::<Tokens>()
        .into()
}

/// What a macro makes of an item.
#[derive(Default)]
struct Expansion {
    /// The item without our attributes, if it could be read.
    item: Option<Tokens>,
    /// What stands beside it.
    code: Tokens,
}

impl Expansion {
    fn new<T>(read: Option<Read<T>>, code: impl FnOnce(&T) -> Tokens) -> Self {
        let Some(Read { item, model }) = read else {
            return Self::default();
        };
        Self {
            item: Some(item),
            code: model.as_ref().map(code).unwrap_or_default(),
        }
    }

    fn mistaken((mistake, item): (Mistake, Option<Tokens>), mistakes: &mut Mistakes) -> Self {
        mistakes.add(mistake);
        Self {
            item,
            code: Tokens::new(),
        }
    }
}

fn tool_of(arguments: Tokens, item: Tokens, mistakes: &mut Mistakes) -> Expansion {
    match item_kind(item.clone()) {
        ItemKind::Struct => Expansion::new(parse::tool(arguments, item, mistakes), expand::tool),
        ItemKind::Impl => {
            let mut expansion =
                Expansion::new(parse::hooks(arguments, item, mistakes), expand::hooks);
            expansion.item = expansion.item.as_ref().map(expand::with_allowances);
            expansion
        }
        ItemKind::Function => {
            Expansion::mistaken((lonely::no_tool("a function", &item), None), mistakes)
        }
        ItemKind::Other(kind) => {
            Expansion::mistaken((lonely::no_tool(kind, &item), None), mistakes)
        }
    }
}

fn exposed(arguments: Tokens, item: Tokens, mistakes: &mut Mistakes) -> Expansion {
    match item_kind(item.clone()) {
        ItemKind::Struct => {
            let options = Options::read(arguments, mistakes);
            let read = parse::node(item, &options, mistakes);
            if let Some(node) = read.as_ref().and_then(|read| read.model.as_ref()) {
                check::node(node, mistakes);
            }
            Expansion::new(read, expand::node)
        }
        ItemKind::Impl => {
            let options = Options::read(arguments, mistakes);
            let mut read = parse::block(item, &options, mistakes);
            if let Some(block) = read.as_mut().and_then(|read| read.model.as_mut()) {
                check::block(block, mistakes);
            }
            let mut expansion = Expansion::new(read, expand::block);
            expansion.item = expansion.item.as_ref().map(expand::with_allowances);
            expansion
        }
        ItemKind::Function => Expansion::mistaken(lonely::function(&item), mistakes),
        ItemKind::Other(kind) => {
            Expansion::mistaken((lonely::something_else(kind, &item), None), mistakes)
        }
    }
}
