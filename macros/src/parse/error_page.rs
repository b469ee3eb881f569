//! `#[error_page(404)]` and `#[error_page(default)]`.

use proc_macro2::Ident;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::mistakes::Mistake;
use crate::model::Status;
use crate::names::suggestion;

pub(super) fn status(attr: &Attribute) -> syn::Result<Status> {
    let Meta::List(list) = &attr.meta else {
        return Mistake::at(attr, "an error page says for which status it is")
            .help(EXAMPLES)
            .refuse();
    };
    match list.parse_args()? {
        Argument::Default => Ok(Status::Default),
        Argument::Word(word) => Mistake::at(&word, format!("`{word}` is no status"))
            .help(suggestion(&word.to_string(), &["default"]))
            .help(EXAMPLES)
            .refuse(),
        Argument::Value(value) => code(&value),
    }
}

const EXAMPLES: &str = "write `#[error_page(404)]`, or `#[error_page(default)]` for every error without a page of its own";

enum Argument {
    Default,
    Word(Ident),
    Value(Expr),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let argument = match input.parse()? {
            Expr::Path(path) if path.path.is_ident("default") => Self::Default,
            Expr::Path(path) if path.path.get_ident().is_some() => {
                Self::Word(path.path.require_ident()?.clone())
            }
            value => Self::Value(value),
        };
        if input.is_empty() {
            return Ok(argument);
        }
        Mistake::at(
            input.parse::<proc_macro2::TokenStream>()?,
            "an error page is for one status",
        )
        .help("write one method for each status, and let both call a helper")
        .refuse()
    }
}

fn code(value: &Expr) -> syn::Result<Status> {
    let Expr::Lit(ExprLit {
        lit: Lit::Int(number),
        ..
    }) = value
    else {
        return Mistake::at(value, "a status is written as a number")
            .help(EXAMPLES)
            .refuse();
    };
    match number.base10_parse() {
        Ok(code @ 400..=599) => Ok(Status::Code(code)),
        _ => Mistake::at(
            number,
            format!("`{number}` is no error: those are 400 to 599"),
        )
        .help(EXAMPLES)
        .refuse(),
    }
}
