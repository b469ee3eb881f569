//! The arguments of an attribute: `flag, key = value`, each known, each given once.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Token};

use crate::mistakes::{Mistake, Mistakes, as_written};
use crate::names::suggestion;

/// The arguments of one attribute.
pub(crate) struct Keys {
    /// The attribute's name, for messages.
    word: &'static str,
    entries: Vec<Key>,
}

/// `key`, or `key = value`.
struct Key {
    name: Ident,
    value: Option<Expr>,
}

impl Keys {
    /// Reads `#[word(…)]`; `known` are the keys that may stand there.
    pub(crate) fn of(word: &'static str, attr: &Attribute, known: &[&str]) -> syn::Result<Self> {
        match &attr.meta {
            Meta::Path(_) => Ok(Self::none(word)),
            Meta::List(list) => Self::read(word, list.tokens.clone(), known),
            Meta::NameValue(meta) => Mistake::at(
                meta,
                format!("the arguments of `#[{word}]` stand in parentheses"),
            )
            .help(example(word, &meta.value, known))
            .refuse(),
        }
    }

    /// An attribute without arguments.
    pub(crate) fn none(word: &'static str) -> Self {
        Self {
            word,
            entries: Vec::new(),
        }
    }

    pub(crate) fn read(
        word: &'static str,
        arguments: TokenStream,
        known: &[&str],
    ) -> syn::Result<Self> {
        let entries = Punctuated::<Argument, Token![,]>::parse_terminated.parse2(arguments)?;
        let mut mistakes = Mistakes::default();
        let mut keys = Self::none(word);
        for entry in entries {
            let key = entry.key(word, known).and_then(|key| keys.once(key));
            keys.entries.extend(mistakes.sort(key));
        }
        mistakes.or(keys)
    }

    /// A key that says all by being there.
    pub(crate) fn flag(&mut self, name: &str) -> syn::Result<Option<Ident>> {
        match self.take(name) {
            Some(Key {
                value: Some(value), ..
            }) => Mistake::at(value, format!("`{name}` takes no value"))
                .help(format!("write `#[{}({name})]`", self.word))
                .refuse(),
            key => Ok(key.map(|key| key.name)),
        }
    }

    /// `name = "text"`.
    pub(crate) fn text(&mut self, name: &str) -> syn::Result<Option<LitStr>> {
        match self.expression(name)?.map(bare) {
            Some(Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            })) => Ok(Some(text)),
            Some(other) => Mistake::at(other, format!("`{name}` takes a text in quotes"))
                .help(format!("write `#[{}({name} = \"…\")]`", self.word))
                .refuse(),
            None => Ok(None),
        }
    }

    /// `name = expression`.
    pub(crate) fn expression(&mut self, name: &str) -> syn::Result<Option<Expr>> {
        match self.take(name) {
            Some(Key {
                value: None,
                name: key,
            }) => Mistake::at(key, format!("`{name}` needs a value"))
                .help(format!("write `#[{}({name} = …)]`", self.word))
                .refuse(),
            key => Ok(key.and_then(|key| key.value)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn take(&mut self, name: &str) -> Option<Key> {
        let position = self.entries.iter().position(|key| key.name == name)?;
        Some(self.entries.remove(position))
    }

    fn once(&self, key: Key) -> syn::Result<Key> {
        if self.entries.iter().any(|earlier| earlier.name == key.name) {
            let name = &key.name;
            return Mistake::at(name, format!("`{name}` is given twice"))
                .help("remove one of the two")
                .refuse();
        }
        Ok(key)
    }
}

/// A value that a `macro_rules!` macro was handed comes in a group that nobody sees.
fn bare(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => bare(*group.expr),
        value => value,
    }
}

/// What may be written between two commas, right or wrong.
enum Argument {
    Key(Key),
    /// A bare value, `"hello"` or `404`.
    Value(Expr),
    /// `key("value")`.
    Call(Ident, TokenStream),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Ident::peek_any) {
            return input.parse().map(Self::Value);
        }
        let name = input.call(Ident::parse_any)?;
        if input.peek(Token![=]) {
            let _equals: Token![=] = input.parse()?;
            return Ok(Self::Key(Key {
                name,
                value: Some(input.parse()?),
            }));
        }
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(Self::Key(Key { name, value: None }));
        }
        let mut call = TokenStream::new();
        while !(input.is_empty() || input.peek(Token![,])) {
            call.extend([input.parse::<proc_macro2::TokenTree>()?]);
        }
        Ok(Self::Call(name, call))
    }
}

impl Argument {
    fn key(self, word: &str, known: &[&str]) -> syn::Result<Key> {
        match self {
            Self::Key(key) if known.iter().any(|name| key.name == name) => Ok(key),
            Self::Key(Key { name, .. }) if known.is_empty() => takes_nothing(word, &name),
            Self::Key(Key { name, .. }) => {
                Mistake::at(&name, format!("`#[{word}]` knows no `{name}`"))
                    .help(suggestion(&name.to_string(), known))
                    .refuse()
            }
            Self::Value(value) if known.is_empty() => takes_nothing(word, &value),
            Self::Value(value) => {
                Mistake::at(&value, format!("`#[{word}]` takes its arguments by name"))
                    .help(example(word, &value, known))
                    .refuse()
            }
            Self::Call(name, call) => {
                let value = as_written(&call);
                Mistake::at(call, format!("`{name}` is followed by `=` and its value"))
                    .help(format!(
                        "write `{name} = {}`",
                        value.trim_matches(['(', ')'])
                    ))
                    .refuse()
            }
        }
    }
}

fn takes_nothing<T>(word: &str, at: &impl ToTokens) -> syn::Result<T> {
    Mistake::at(at, format!("`#[{word}]` takes no arguments"))
        .help(format!("write `#[{word}]`"))
        .refuse()
}

/// How a bare value would be written by name: it was most likely meant for the first key.
fn example(word: &str, value: &Expr, known: &[&str]) -> String {
    match known.first() {
        Some(first) => format!("write `#[{word}({first} = {})]`", as_written(value)),
        None => format!("write `#[{word}]`"),
    }
}
