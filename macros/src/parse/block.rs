//! `#[expose] impl`: read leniently, so that a half-typed body does not keep an editor from completing it.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, ImplItem, ItemImpl, Signature, Token, Visibility};

use super::method::method;
use super::tools::tools;
use super::{Options, Read};
use crate::mistakes::{Mistake, Mistakes, as_written};
use crate::model::Block;
use crate::words::{self, Written};

/// Reads the block; `None` when even its head cannot be read.
pub(crate) fn block(
    item: TokenStream,
    options: &Options,
    mistakes: &mut Mistakes,
) -> Option<Read<Block>> {
    let (mut head, body) = mistakes.sort(members(item))?;
    let words = words::take(&mut head.attrs);
    mistakes.extend(words.iter().filter_map(words::above_the_item));
    let tools = tools(&words, mistakes);
    let mut methods = Vec::new();
    for member in &body.members {
        match member {
            Member::Function(function) => methods.extend(method(function, options, mistakes)),
            Member::Other(other) => mistakes.add(no_method(other)),
        }
    }
    head.items = vec![ImplItem::Verbatim(body.into_token_stream())];
    let model = match &head.trait_ {
        // The pages of a trait are nobody's pages: the struct must not seem to be exposed without any.
        Some((of, _for)) => {
            mistakes.add(on_a_trait(of, &head));
            None
        }
        None => Some(Block {
            span: head.impl_token.span,
            generics: head.generics.clone(),
            self_ty: (*head.self_ty).clone(),
            resource: options.resource.is_some(),
            methods,
            tools,
        }),
    };
    Some(Read {
        item: head.into_token_stream(),
        model,
    })
}

/// One method with what stands above it; its body is kept as it was typed.
pub(crate) struct Function {
    /// The framework's words above the method.
    pub(super) words: Vec<Written>,
    /// The framework's words on each of `sig.inputs`.
    pub(super) parameter_words: Vec<Vec<Written>>,
    /// Everything else above the method.
    pub(super) attrs: Vec<Attribute>,
    vis: Visibility,
    pub(super) sig: Signature,
    body: TokenStream,
}

/// A function outside an exposed block.
pub(crate) struct Lone {
    /// The function without the framework's words.
    pub(crate) item: TokenStream,
    pub(crate) is_method: bool,
}

pub(crate) fn lone_function(item: TokenStream) -> syn::Result<Lone> {
    let function: Function = syn::parse2(item)?;
    let is_method = function.sig.receiver().is_some();
    Ok(Lone {
        item: function.into_token_stream(),
        is_method,
    })
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let words = words::take(&mut attrs);
        let vis = input.parse()?;
        let mut sig: Signature = input.parse()?;
        let parameter_words = sig
            .inputs
            .iter_mut()
            .map(|input| words::take(attributes(input)))
            .collect();
        Ok(Self {
            words,
            parameter_words,
            attrs,
            vis,
            sig,
            body: body(input)?,
        })
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attrs,
            vis,
            sig,
            body,
            ..
        } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
}

fn attributes(input: &mut syn::FnArg) -> &mut Vec<Attribute> {
    match input {
        syn::FnArg::Receiver(receiver) => &mut receiver.attrs,
        syn::FnArg::Typed(typed) => &mut typed.attrs,
    }
}

/// The braces and whatever is in them, or the `;` of somebody who has not yet come to the braces.
fn body(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if input.peek(Token![;]) || input.peek(syn::token::Brace) {
        return input.parse::<TokenTree>().map(TokenStream::from);
    }
    Err(input.error("expected the method's body"))
}

/// What stands between the braces of the block.
pub(super) struct Body {
    inner_attrs: Vec<Attribute>,
    pub(super) members: Vec<Member>,
}

/// Reads an `impl` block whose methods' bodies are none of our business.
pub(super) fn members(item: TokenStream) -> syn::Result<(ItemImpl, Body)> {
    let (head, body) = head_and_body(item)?;
    Ok((head, Body::parse.parse2(body)?))
}

pub(super) enum Member {
    Function(Box<Function>),
    /// A constant, a type or a macro call.
    Other(Box<ImplItem>),
}

impl Body {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let inner_attrs = input.call(Attribute::parse_inner)?;
        let mut members = Vec::new();
        while !input.is_empty() {
            members.push(input.parse()?);
        }
        Ok(Self {
            inner_attrs,
            members,
        })
    }
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            inner_attrs,
            members,
        } = self;
        tokens.extend(quote!(#(#inner_attrs)* #(#members)*));
    }
}

impl Parse for Member {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        ahead.parse::<Visibility>()?;
        if ahead.parse::<Signature>().is_ok() {
            return Ok(Self::Function(input.parse()?));
        }
        input.parse().map(Self::Other)
    }
}

impl ToTokens for Member {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Function(function) => function.to_tokens(tokens),
            Self::Other(other) => other.to_tokens(tokens),
        }
    }
}

/// Splits an `impl` into what syn may read and what it must not: the methods.
fn head_and_body(item: TokenStream) -> syn::Result<(ItemImpl, TokenStream)> {
    let mut head: Vec<TokenTree> = item.into_iter().collect();
    let body = match head.pop() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group,
        other => return Mistake::at(other, "expected the braces of an `impl` block").refuse(),
    };
    let mut empty = Group::new(Delimiter::Brace, TokenStream::new());
    empty.set_span(body.span());
    head.push(TokenTree::Group(empty));
    Ok((syn::parse2(head.into_iter().collect())?, body.stream()))
}

fn on_a_trait(of: &syn::Path, head: &ItemImpl) -> Mistake {
    let exposed = as_written(&head.self_ty);
    Mistake::at(
        of,
        "the pages of a node are its own methods, not those of a trait",
    )
    .help(format!(
        "write `#[expose] impl {exposed} {{ … }}`, and call the trait's methods from there"
    ))
}

fn no_method(item: &ImplItem) -> Mistake {
    Mistake::at(item, "only methods can be pages")
        .help("move this to an ordinary `impl` block, where helpers live")
}
