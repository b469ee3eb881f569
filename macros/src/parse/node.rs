//! `#[expose] struct`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident};
use syn::{Field, ItemStruct, Member};

use super::keys::Keys;
use super::tools::tools;
use super::{Options, Read, conditions, first_paragraph, template};
use crate::case::Case;
use crate::mistakes::{Mistake, Mistakes};
use crate::model::{FieldChild, Node, Path, Segment};
use crate::words::{self, Word, Written};

/// Reads the struct; `None` when it cannot be read at all.
pub(crate) fn node(
    item: TokenStream,
    options: &Options,
    mistakes: &mut Mistakes,
) -> Option<Read<Node>> {
    let mut item: ItemStruct = mistakes.sort(syn::parse2(item))?;
    if let Some(resource) = &options.resource {
        mistakes.add(
            Mistake::at(resource, "`resource` belongs on the `impl` block")
                .help("write `#[expose]` on the struct and `#[expose(resource)]` on its `impl`"),
        );
    }
    let words = words::take(&mut item.attrs);
    mistakes.extend(words.iter().filter_map(words::above_the_item));
    let tools = tools(&words, mistakes);
    let mut fields = Vec::new();
    for (index, field) in item.fields.iter_mut().enumerate() {
        let child = field_child(index, field, options.case);
        fields.extend(mistakes.sort(child).flatten());
    }
    let node = Node {
        ident: item.ident.clone(),
        vis: item.vis.clone(),
        generics: item.generics.clone(),
        doc: first_paragraph(&item.attrs),
        fields,
        tools,
    };
    Some(Read {
        item: item.into_token_stream(),
        model: Some(node),
    })
}

/// The child that a field is, if it is one; the field is left without our attributes either way.
fn field_child(
    index: usize,
    field: &mut Field,
    case: Option<Case>,
) -> syn::Result<Option<FieldChild>> {
    let written = words::take(&mut field.attrs);
    let mut mistakes = Mistakes::default();
    let mut path = None;
    let is_child = written.iter().any(|written| written.word == Word::Child);
    let tools = tools(&written, &mut mistakes);
    for written in &written {
        match written.word {
            Word::Tools if is_child => {}
            Word::Child if path.is_some() => mistakes.add(
                Mistake::at(&written.attr, "this field is a child already")
                    .help("remove this `#[child]`"),
            ),
            Word::Child => path = mistakes.sort(child_path(index, field, written, case)),
            word => mistakes.add(word.misplaced(&written.attr)),
        }
    }
    mistakes.or(path.map(|path| FieldChild {
        cfgs: conditions(&field.attrs),
        member: field
            .ident
            .clone()
            .map_or(Member::from(index), Member::Named),
        name: field
            .ident
            .clone()
            .unwrap_or_else(|| link_name(index, &path)),
        path,
        ty: field.ty.clone(),
        doc: first_paragraph(&field.attrs),
        tools,
    }))
}

fn child_path(
    index: usize,
    field: &Field,
    child: &Written,
    case: Option<Case>,
) -> syn::Result<Path> {
    let text = Keys::of("child", &child.attr, &["path"])?.text("path")?;
    let Some(text) = text else {
        return match &field.ident {
            Some(name) => template::from_name(name, case),
            None => Mistake::at(&child.attr, "a field without a name needs a path")
                .help(format!("write `#[child(path = \"…\")]` on field {index}"))
                .refuse(),
        };
    };
    let path = template::template(&text)?;
    match path.segments.iter().find(|segment| matches!(segment, Segment::Capture(_))) {
        Some(Segment::Capture(name)) => Mistake::at(&text, format!("a field is made once, so nothing can be captured into `{{{name}}}`"))
            .help(format!("write a method: `#[child(path = \"{}\")] fn …(&self, {name}: String) -> …`", text.value()))
            .note("a map of nodes as a field answers every key that it has: `#[child] shops: HashMap<String, Shop>`")
            .refuse(),
        _ if path.segments.is_empty() => Mistake::at(&text, "a child stands below its parent, not at its URL")
            .help("write at least one segment, or no `path` at all: then the field's name is the path")
            .refuse(),
        _ => Ok(path),
    }
}

/// What a nameless field is called in links: its path, where that is a Rust name.
fn link_name(index: usize, path: &Path) -> Ident {
    let fixed = path.segments.iter().filter_map(|segment| match segment {
        Segment::Fixed(text) => Some(text.as_str()),
        Segment::Capture(_) => None,
    });
    let name = fixed.collect::<Vec<_>>().join("_");
    syn::parse_str(&name).unwrap_or_else(|_| format_ident!("field_{index}"))
}
