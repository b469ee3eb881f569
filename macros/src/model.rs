//! What was written, with every question answered: the only thing that `expand/` reads.
//!
//! `parse/` fills these types from tokens, `check/` refuses what cannot be, `expand/` writes them out and cannot fail.
//! The user's item itself is not here: `expand/` writes what stands beside it, and the door in `lib.rs` gives it back.

use std::fmt;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Expr, Generics, Signature, Type, Visibility};

/// A struct under `#[expose]`.
pub(crate) struct Node {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) generics: Generics,
    /// The first doc paragraph, for the lists.
    pub(crate) doc: String,
    /// The `#[child]` fields.
    pub(crate) fields: Vec<FieldChild>,
    pub(crate) tools: Vec<ToolPatch>,
}

/// One tool in a `#[tools(…)]`: turned on with these options, or off.
pub(crate) struct ToolPatch {
    pub(crate) off: bool,
    /// The function that makes the tool, as it was written.
    pub(crate) tool: syn::Path,
    /// Setters and what they are given.
    pub(crate) options: Vec<(Ident, Expr)>,
}

/// A struct under `#[tool]`.
pub(crate) struct Tool {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    /// Its name in attributes and files.
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) priority: Option<Expr>,
    pub(crate) needs: Option<Expr>,
    pub(crate) options: Vec<ToolOption>,
    /// Fields that are no options.
    pub(crate) state: Vec<Ident>,
    /// The traits that are derived by hand.
    pub(crate) derives: Vec<String>,
    pub(crate) is_unit: bool,
}

/// A field under `#[option]`.
pub(crate) struct ToolOption {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) ty: Type,
    pub(crate) default: Option<Expr>,
    pub(crate) required: bool,
    pub(crate) secret: bool,
    /// Its setter is written by hand.
    pub(crate) by_hand: bool,
}

/// An impl block under `#[tool]`.
pub(crate) struct Hooks {
    pub(crate) self_ty: Type,
    pub(crate) points: Vec<Hook>,
    /// It has a method `around_handler`.
    pub(crate) around: bool,
    /// It has a method `prepare`.
    pub(crate) prepare: bool,
    /// It has a method `is_idle`.
    pub(crate) idle: bool,
}

/// A method that is named for a hook point.
pub(crate) struct Hook {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) ident: Ident,
    /// The variant of the framework's type.
    pub(crate) point: String,
    pub(crate) priority: Option<Expr>,
    pub(crate) failsafe: bool,
    pub(crate) waits: bool,
}

/// A `#[child]` field.
pub(crate) struct FieldChild {
    /// `cfg` attributes, kept on everything that is written for this field.
    pub(crate) cfgs: Vec<Attribute>,
    /// How `self.…` reaches it: a name, or the index of a tuple struct's field.
    pub(crate) member: syn::Member,
    /// The name in lists and links (`field_0` for a tuple field without a path).
    pub(crate) name: Ident,
    /// Its path, always fixed segments (one or more).
    pub(crate) path: Path,
    pub(crate) ty: Type,
    pub(crate) doc: String,
    pub(crate) tools: Vec<ToolPatch>,
}

/// An impl block under `#[expose]`.
pub(crate) struct Block {
    pub(crate) generics: Generics,
    pub(crate) self_ty: Type,
    pub(crate) resource: bool,
    pub(crate) methods: Vec<Method>,
    pub(crate) tools: Vec<ToolPatch>,
    /// Where the block begins (the `#[expose]` or the type), for errors of the whole.
    pub(crate) span: Span,
}

/// One method of an exposed block.
pub(crate) struct Method {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) sig: Signature,
    pub(crate) doc: String,
    pub(crate) kind: Kind,
    pub(crate) params: Vec<Param>,
    /// The answer's type; `()` when none is written.
    pub(crate) output: Type,
    pub(crate) tools: Vec<ToolPatch>,
}

pub(crate) enum Kind {
    Page(Page),
    /// A child made per request; `leftovers` when the path came from the method's name, so that its parameters take
    /// one more segment each.
    Child {
        path: Path,
        leftovers: bool,
    },
    ErrorPage {
        status: Status,
    },
}

pub(crate) struct Page {
    /// Which methods; never empty. Without a verb: GET.
    pub(crate) verbs: Vec<Verb>,
    pub(crate) place: Place,
}

/// Where a page stands below its node.
pub(crate) enum Place {
    /// The node's own URL with its slash (`index`).
    Index,
    /// The node's own URL without one (a method of a resource).
    Own,
    /// What nothing else answers below the node (`default`).
    Default,
    /// A name of its own; `leftovers` when the path came from the method's name, so that leftover segments fill parameters.
    Named { path: Path, leftovers: bool },
}

/// A path below a node: `user/{id}/post`.
pub(crate) struct Path {
    pub(crate) segments: Vec<Segment>,
    /// Where it was written: the literal, or the method's name.
    pub(crate) span: Span,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Segment {
    Fixed(String),
    /// The name between the braces.
    Capture(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verb {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Any,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status {
    Code(u16),
    Default,
}

/// One parameter of a method, without `&self`.
pub(crate) struct Param {
    /// The name it is bound by (`#[arg(name = "…")]`, else the identifier without a leading underscore).
    pub(crate) name: String,
    /// The pattern's identifier if it is one, for spans.
    pub(crate) span: Span,
    pub(crate) ty: Type,
    pub(crate) source: Source,
    /// What stands in when it is missing: the expression as written.
    pub(crate) default: Option<Expr>,
    /// The reference parameter of an error page.
    pub(crate) is_error: bool,
}

/// Where an argument may come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// Path, then query, then form.
    Any,
    Path,
    Query,
    Form,
    /// All leftover segments (`#[arg(rest)]`, or the type is `Rest`).
    Rest,
}

/// A type under `#[derive(Param)]`.
pub(crate) struct WordType {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) shape: Shape,
}

pub(crate) enum Shape {
    /// An enum: each variant is one word.
    Words(Vec<(Ident, String)>),
    /// A struct around one value, which reads the word.
    Around(Box<Type>),
}

impl Path {
    /// The names between braces, in order.
    pub(crate) fn captures(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Capture(name) => Some(name.as_str()),
            Segment::Fixed(_) => None,
        })
    }

    /// Do both match the same URLs? The names of the captures make no difference.
    pub(crate) fn same_shape(&self, other: &Self) -> bool {
        let pairs = || self.segments.iter().zip(&other.segments);
        self.segments.len() == other.segments.len()
            && pairs().all(|(one, other)| match (one, other) {
                (Segment::Fixed(one), Segment::Fixed(other)) => one == other,
                (Segment::Capture(_), Segment::Capture(_)) => true,
                _ => false,
            })
    }
}

/// The path as it is written: `user/{id}`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            let slash = if index == 0 { "" } else { "/" };
            match segment {
                Segment::Fixed(text) => write!(f, "{slash}{text}")?,
                Segment::Capture(name) => write!(f, "{slash}{{{name}}}")?,
            }
        }
        Ok(())
    }
}

impl Verb {
    /// The attribute's name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Head => "head",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::Options => "options",
            Self::Any => "any",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "{code}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Does `impl Trait` stand anywhere in this type?
pub(crate) fn mentions_impl(ty: &Type) -> bool {
    fn has_impl(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(word) => word == "impl",
            TokenTree::Group(group) => has_impl(group.stream()),
            _ => false,
        })
    }
    has_impl(ty.to_token_stream())
}
