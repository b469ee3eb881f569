//! `#[tool] struct`: the options of a tool.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, Field, Fields, ItemStruct};

use super::keys::Keys;
use super::{Read, documentation};
use crate::mistakes::{Mistake, Mistakes};
use crate::model::{Tool, ToolOption};
use crate::words::{self, Word};

/// Names that every tool has for something else, in files or as methods of its own.
const TAKEN: [&str; 6] = ["on", "priority", "clone", "default", "prepare", "is_idle"];

/// Reads the struct; `None` when it cannot be read at all.
pub(crate) fn tool(
    arguments: TokenStream,
    item: TokenStream,
    mistakes: &mut Mistakes,
) -> Option<Read<Tool>> {
    let mut item: ItemStruct = mistakes.sort(syn::parse2(item))?;
    for written in words::take(&mut item.attrs) {
        mistakes.add(written.word.misplaced(&written.attr));
    }
    let keys = Keys::read("tool", arguments, &["name", "priority", "needs"]);
    let mut keys = mistakes.sort(keys).unwrap_or_else(|| Keys::none("tool"));
    let name = mistakes.sort(keys.text("name")).flatten();
    let name = name.and_then(|text| mistakes.sort(named(&text)));
    let priority = mistakes.sort(keys.expression("priority")).flatten();
    let needs = mistakes.sort(keys.expression("needs")).flatten();
    let is_concrete = mistakes.sort(concrete(&item)).is_some();
    let is_named = mistakes.sort(with_names(&item.fields)).is_some();
    let (options, state) = fields(&mut item.fields, mistakes);
    let derives = derived(&item.attrs);
    refuse_shown(&derives, &options, mistakes);
    let model = Tool {
        ident: item.ident.clone(),
        vis: item.vis.clone(),
        name: name.unwrap_or_else(|| snake(&item.ident)),
        doc: documentation(&item.attrs),
        priority,
        needs,
        options,
        state,
        derives: derives.iter().map(ToString::to_string).collect(),
        is_unit: matches!(item.fields, Fields::Unit),
    };
    // What could be read stands, so that one mistake does not make the whole tool unknown.
    Some(Read {
        item: item.into_token_stream(),
        model: (is_concrete && is_named).then_some(model),
    })
}

fn with_names(fields: &Fields) -> syn::Result<()> {
    match fields {
        Fields::Unnamed(unnamed) => Mistake::at(unnamed, "the options of a tool have names")
            .help("write `struct Name { option: Type }`")
            .refuse(),
        _ => Ok(()),
    }
}

/// The fields that are options, and those that are not.
fn fields(fields: &mut Fields, mistakes: &mut Mistakes) -> (Vec<ToolOption>, Vec<Ident>) {
    let (mut options, mut state) = (Vec::new(), Vec::new());
    for field in fields.iter_mut() {
        let written = words::take(&mut field.attrs);
        let mut attr = None;
        for written in &written {
            match written.word {
                Word::ToolOption if attr.is_none() => attr = Some(&written.attr),
                Word::ToolOption => mistakes.add(
                    Mistake::at(&written.attr, "this field is an option already")
                        .help("remove this `#[option]`"),
                ),
                word => mistakes.add(word.misplaced(&written.attr)),
            }
        }
        let Some(ident) = field.ident.clone() else {
            continue;
        };
        match attr {
            Some(attr) => match mistakes.sort(may_be_named(&ident)) {
                Some(name) => options.push(option(ident, name, field, attr, mistakes)),
                None => state.push(ident),
            },
            None => state.push(ident),
        }
    }
    (options, state)
}

fn may_be_named(ident: &Ident) -> syn::Result<String> {
    let name = ident.unraw().to_string();
    if !TAKEN.contains(&name.as_str()) {
        return Ok(name);
    }
    Mistake::at(
        ident,
        format!("`{name}` means something else at every tool"),
    )
    .help("give the option another name")
    .refuse()
}

/// An option, with as much of what is said of it as could be read.
fn option(
    ident: Ident,
    name: String,
    field: &Field,
    attr: &Attribute,
    mistakes: &mut Mistakes,
) -> ToolOption {
    let words = mistakes.sort(option_words(attr)).unwrap_or_default();
    ToolOption {
        name,
        doc: documentation(&field.attrs),
        ty: field.ty.clone(),
        default: words.default,
        required: words.required,
        secret: words.secret,
        by_hand: words.by_hand,
        ident,
    }
}

/// What `#[option]` says.
#[derive(Default)]
struct OptionWords {
    default: Option<Expr>,
    required: bool,
    secret: bool,
    by_hand: bool,
}

fn option_words(attr: &Attribute) -> syn::Result<OptionWords> {
    let known = ["default", "required", "secret", "by_hand"];
    let mut keys = Keys::of("option", attr, &known)?;
    let default = keys.expression("default")?;
    let required = keys.flag("required")?;
    if let (Some(required), Some(_)) = (&required, &default) {
        return Mistake::at(required, "an option that must be given has no default")
            .help("remove one of the two")
            .refuse();
    }
    Ok(OptionWords {
        default,
        required: required.is_some(),
        secret: keys.flag("secret")?.is_some(),
        by_hand: keys.flag("by_hand")?.is_some(),
    })
}

/// A tool is told from others by its name, and files cannot say which of several types they mean.
fn concrete(item: &ItemStruct) -> syn::Result<()> {
    if item.generics.params.is_empty() {
        return Ok(());
    }
    Mistake::at(
        &item.generics,
        "a tool has no generics: a file cannot say which type it means",
    )
    .help("write the types out")
    .refuse()
}

fn named(text: &syn::LitStr) -> syn::Result<String> {
    let name = text.value();
    if syn::parse_str::<Ident>(&name).is_ok() && name.chars().all(|letter| !letter.is_uppercase()) {
        return Ok(name);
    }
    Mistake::at(text, format!("`{name}` is no name for a tool"))
        .help("write a name as functions have them: lower case, with underscores")
        .refuse()
}

/// `ServerTiming` → `server_timing`.
pub(super) fn snake(ident: &Ident) -> String {
    let mut name = String::new();
    let text = ident.unraw().to_string();
    for (at, letter) in text.char_indices() {
        if letter.is_uppercase() && at > 0 {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// What the compiler derives shows every field.
fn refuse_shown(derives: &[TokenTree], options: &[ToolOption], mistakes: &mut Mistakes) {
    let debug = derives
        .iter()
        .find(|derived| derived.to_string() == "Debug");
    let secret = options.iter().find(|option| option.secret);
    if let (Some(debug), Some(secret)) = (debug, secret) {
        let words = format!("`Debug` would show `{}`, which is secret", secret.name);
        mistakes.add(
            Mistake::at(debug, words)
                .help("remove `Debug`: `#[tool]` writes one that shows `***` in its place"),
        );
    }
}

/// Which of the traits that every tool has are derived by hand.
fn derived(attrs: &[Attribute]) -> Vec<TokenTree> {
    let derives = attrs.iter().filter(|attr| attr.path().is_ident("derive"));
    let tokens = derives.filter_map(|attr| attr.meta.require_list().ok());
    tokens.flat_map(|list| list.tokens.clone()).collect()
}
