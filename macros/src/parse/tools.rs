//! `#[tools(one, another(option = 6), !third)]`.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, Meta, Path, Token, parenthesized};

use super::tool::snake;
use crate::mistakes::{Mistake, Mistakes, as_written};
use crate::model::ToolPatch;
use crate::words::{Word, Written};

/// Reads every `#[tools]` among some words, in the order in which they stand.
pub(super) fn tools(words: &[Written], mistakes: &mut Mistakes) -> Vec<ToolPatch> {
    let attrs = words.iter().filter(|written| written.word == Word::Tools);
    let lists = attrs.filter_map(|written| mistakes.sort(list(&written.attr)));
    lists.flatten().collect()
}

fn list(attr: &Attribute) -> syn::Result<Vec<ToolPatch>> {
    let list = match &attr.meta {
        Meta::List(list) if !list.tokens.is_empty() => list,
        Meta::NameValue(meta) => {
            let value = as_written(&meta.value);
            return Mistake::at(meta, "the tools stand in parentheses")
                .help(format!("write `#[tools({})]`", value.trim_matches('"')))
                .refuse();
        }
        _ => {
            return Mistake::at(attr, "`#[tools]` names no tool")
                .help("write the tools that this part of the site has: `#[tools(one, another(option = 6))]`")
                .refuse();
        }
    };
    let written = list.parse_args_with(Punctuated::<Tool, Token![,]>::parse_terminated)?;
    let mut mistakes = Mistakes::default();
    let patches: Vec<_> = written
        .into_iter()
        .filter_map(|tool| mistakes.sort(tool.patch()))
        .collect();
    mistakes.or(patches)
}

/// One tool as it stands there, right or wrong.
struct Tool {
    off: Option<Token![!]>,
    path: Path,
    options: Option<Punctuated<Setting, Token![,]>>,
}

/// `level = 6`, or `level` for `level = true`; a bare value is a mistake.
enum Setting {
    Named(Ident, Option<Expr>),
    Bare(Expr),
}

impl Parse for Tool {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let off = input.parse()?;
        let path = input.call(Path::parse_mod_style)?;
        if input.peek(Token![=]) {
            let value: Expr = input.parse::<Token![=]>().and_then(|_| input.parse())?;
            let (name, value) = (as_written(&path), as_written(value));
            return Mistake::at(
                &path,
                format!("the options of `{name}` stand in parentheses"),
            )
            .help(format!("write `{name}(… = {value})`"))
            .refuse();
        }
        let options = if input.peek(syn::token::Paren) {
            let inner;
            parenthesized!(inner in input);
            Some(Punctuated::parse_terminated(&inner)?)
        } else {
            None
        };
        Ok(Self { off, path, options })
    }
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        let is_named = ahead.call(Ident::parse_any).is_ok()
            && (ahead.is_empty()
                || ahead.peek(Token![,])
                || (ahead.peek(Token![=]) && !ahead.peek(Token![==])));
        if !is_named {
            return input.parse().map(Self::Bare);
        }
        let name = input.call(Ident::parse_any)?;
        if input.parse::<Option<Token![=]>>()?.is_none() {
            return Ok(Self::Named(name, None));
        }
        if input.is_empty() || input.peek(Token![,]) {
            return Mistake::at(&name, format!("`{name}` needs a value"))
                .help(format!("write `{name} = …`"))
                .refuse();
        }
        Ok(Self::Named(name, Some(input.parse()?)))
    }
}

impl Tool {
    fn patch(self) -> syn::Result<ToolPatch> {
        let Self { off, path, options } = self;
        let name = as_written(&path);
        is_function(&path)?;
        if off.is_some() && options.is_some() {
            return Mistake::at(
                &path,
                format!("`{name}` is turned off here, and has options"),
            )
            .help(format!("write `!{name}` to turn it off"))
            .refuse();
        }
        let mut mistakes = Mistakes::default();
        let mut kept: Vec<(Ident, Expr)> = Vec::new();
        for setting in options.into_iter().flatten() {
            let once = setting.option(&name).and_then(|option| once(option, &kept));
            kept.extend(mistakes.sort(once));
        }
        mistakes.or(ToolPatch {
            off: off.is_some(),
            tool: path,
            options: kept,
        })
    }
}

fn once(option: (Ident, Expr), kept: &[(Ident, Expr)]) -> syn::Result<(Ident, Expr)> {
    let name = &option.0;
    if kept.iter().any(|(known, _)| known == name) {
        return Mistake::at(name, format!("`{name}` is given twice"))
            .help("remove one of the two")
            .refuse();
    }
    Ok(option)
}

/// Types begin with a capital; what stands here is the function that makes one.
fn is_function(path: &Path) -> syn::Result<()> {
    let Some(last) = path.segments.last().map(|segment| &segment.ident) else {
        return Ok(());
    };
    let is_type = last.unraw().to_string().starts_with(char::is_uppercase);
    if !is_type {
        return Ok(());
    }
    Mistake::at(
        last,
        format!("`{last}` is a type, and a tool is named by its function"),
    )
    .help(format!("write `{}`", snake(last)))
    .refuse()
}

impl Setting {
    fn option(self, tool: &str) -> syn::Result<(Ident, Expr)> {
        match self {
            Self::Named(name, Some(value)) => Ok((name, value)),
            Self::Named(name, None) => {
                let yes = syn::parse_quote_spanned!(name.span()=> true);
                Ok((name, yes))
            }
            Self::Bare(value) => {
                Mistake::at(&value, format!("the options of `{tool}` are given by name"))
                    .help(format!(
                        "write `{tool}(option = {})`",
                        as_written(value.to_token_stream())
                    ))
                    .refuse()
            }
        }
    }
}

impl ToolPatch {
    pub(crate) fn span(&self) -> proc_macro2::Span {
        self.tool.span()
    }
}
