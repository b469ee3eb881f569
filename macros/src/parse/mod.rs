//! Reading: from tokens to the model, leaving out what cannot be understood.
//!
//! What is wrong goes to [`Mistakes`]; the rest is read on, so that one build shows all there is to mend, and so that
//! a mistake in one page does not make its whole node unknown to the others.

mod expose;
mod hooks;
mod item;

mod block;
mod node;
mod word_type;

mod error_page;
mod kind;
mod method;
mod page;
mod parameter;
mod signature;
mod tool;
mod tools;

mod keys;
mod template;

pub(crate) use block::{Lone, block, lone_function};
pub(crate) use expose::Options;
pub(crate) use hooks::hooks;
pub(crate) use item::{ItemKind, item_kind};
pub(crate) use node::node;
pub(crate) use tool::tool;
pub(crate) use word_type::word_type;

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::case::Case;

/// An item that was read.
pub(crate) struct Read<T> {
    /// The item without our attributes.
    pub(crate) item: TokenStream,
    /// What it means, unless it can mean nothing.
    pub(crate) model: Option<T>,
}

/// A name as it stands in a URL: without `r#`, in the case that `rename_all` asks for.
fn url_name(ident: &Ident, case: Option<Case>) -> String {
    let name = ident.unraw().to_string();
    case.map_or(name.clone(), |case| case.spell(&name))
}

/// The whole documentation, as it was written.
fn documentation(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(doc_text);
    let lines: Vec<_> = lines.map(|line| line.trim().to_owned()).collect();
    lines.join("\n").trim().to_owned()
}

/// The first paragraph of the documentation, in one line.
fn first_paragraph(attrs: &[Attribute]) -> String {
    let text = attrs
        .iter()
        .filter_map(doc_text)
        .collect::<Vec<_>>()
        .join("\n");
    let lines = text
        .lines()
        .map(str::trim)
        .skip_while(|line| line.is_empty());
    lines
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn doc_text(attr: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attr.meta else {
        return None;
    };
    match &meta.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if meta.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}

/// The conditions that everything written for an item must stand under.
fn conditions(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests;
