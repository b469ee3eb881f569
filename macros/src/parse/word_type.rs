//! `#[derive(Param)]`: a type that is one word of a URL, a query or a form.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Fields, Item, ItemEnum, ItemStruct, Variant};

use super::expose;
use super::keys::Keys;
use crate::case::Case;
use crate::mistakes::{Mistake, Mistakes};
use crate::model::{Shape, WordType};

/// Reads an enum without fields, or a struct around one value.
pub(crate) fn word_type(item: TokenStream, mistakes: &mut Mistakes) -> Option<WordType> {
    match mistakes.sort(syn::parse2(item))? {
        Item::Enum(item) => words(item, mistakes),
        Item::Struct(item) => mistakes.sort(newtype(item)),
        Item::Union(item) => {
            mistakes.add(no_word(&item.ident));
            None
        }
        other => {
            mistakes.add(no_word(&other));
            None
        }
    }
}

fn no_word(at: &impl ToTokens) -> Mistake {
    Mistake::at(
        at,
        "`Param` is derived for an enum of words, or for a struct around one value",
    )
    .help("implement `Param` by hand")
}

fn words(item: ItemEnum, mistakes: &mut Mistakes) -> Option<WordType> {
    if item.variants.is_empty() {
        mistakes.add(
            Mistake::at(
                &item.ident,
                "no text is a variant of this enum: it has none",
            )
            .help("write its variants, or implement `Param` by hand"),
        );
        return None;
    }
    let case = mistakes
        .sort(case_of(&item.attrs))
        .flatten()
        .unwrap_or(Case::Kebab);
    let mut words: Vec<(syn::Ident, String)> = Vec::new();
    for variant in &item.variants {
        let Some(word) = mistakes.sort(word(variant, case)) else {
            continue;
        };
        if let Some((earlier, _)) = words.iter().find(|(_, known)| *known == word) {
            mistakes.add(
                Mistake::at(&variant.ident, format!("`{word}` is `{earlier}` already"))
                    .help("write `#[param(rename = \"…\")]` above one of the two"),
            );
        }
        words.push((variant.ident.clone(), word));
    }
    Some(WordType {
        ident: item.ident,
        generics: item.generics,
        shape: Shape::Words(words),
    })
}

fn word(variant: &Variant, case: Case) -> syn::Result<String> {
    if !matches!(variant.fields, Fields::Unit) {
        return Mistake::at(
            &variant.fields,
            "a variant with fields is more than one word",
        )
        .help(format!(
            "write `{}` alone, or implement `Param` by hand",
            variant.ident
        ))
        .refuse();
    }
    let rename = keys(&variant.attrs, &["rename"])?
        .map(|mut keys| keys.text("rename"))
        .transpose()?
        .flatten();
    Ok(rename.map_or_else(
        || case.spell(&variant.ident.unraw().to_string()),
        |text| text.value(),
    ))
}

fn newtype(item: ItemStruct) -> syn::Result<WordType> {
    if let Some(attr) = item.attrs.iter().find(|attr| attr.path().is_ident("param")) {
        return Mistake::at(
            attr,
            "`#[param]` names the variants of an enum, and this is a struct",
        )
        .help("remove it")
        .refuse();
    }
    match item.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            let inner = fields.unnamed.into_iter().map(|field| field.ty);
            let shape = inner
                .map(|ty| Shape::Around(Box::new(ty)))
                .next()
                .unwrap_or(Shape::Words(Vec::new()));
            Ok(WordType {
                ident: item.ident,
                generics: item.generics,
                shape,
            })
        }
        _ => Mistake::at(
            &item.ident,
            "a word of a URL is one value, so `Param` is derived for a struct around one",
        )
        .help(format!(
            "write `struct {}(…);`, or implement `Param` by hand",
            item.ident
        ))
        .refuse(),
    }
}

fn case_of(attrs: &[Attribute]) -> syn::Result<Option<Case>> {
    let name = keys(attrs, &["rename_all"])?
        .map(|mut keys| keys.text("rename_all"))
        .transpose()?
        .flatten();
    name.map(|name| expose::case(&name)).transpose()
}

/// The arguments of `#[param(…)]`, if there is one.
fn keys(attrs: &[Attribute], known: &[&str]) -> syn::Result<Option<Keys>> {
    let mut written = attrs.iter().filter(|attr| attr.path().is_ident("param"));
    match (written.next(), written.next()) {
        (_, Some(second)) => Mistake::at(second, "`#[param]` stands twice here")
            .help("write both in one")
            .refuse(),
        (attr, None) => attr.map(|attr| Keys::of("param", attr, known)).transpose(),
    }
}
