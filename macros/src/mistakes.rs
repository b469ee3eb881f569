//! Mistakes of the user: how they are worded, and where they are gathered.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

/// All mistakes of one item; every one of them is shown in the same build.
#[derive(Default)]
pub(crate) struct Mistakes(Option<syn::Error>);

impl Mistakes {
    pub(crate) fn add(&mut self, mistake: impl Into<syn::Error>) {
        let mistake = mistake.into();
        match &mut self.0 {
            Some(first) => first.combine(mistake),
            none => *none = Some(mistake),
        }
    }

    pub(crate) fn extend(&mut self, mistakes: impl IntoIterator<Item = Mistake>) {
        mistakes.into_iter().for_each(|mistake| self.add(mistake));
    }

    /// Keeps the mistake of what failed, hands on what did not.
    pub(crate) fn sort<T>(&mut self, outcome: syn::Result<T>) -> Option<T> {
        outcome.map_err(|mistake| self.add(mistake)).ok()
    }

    /// The value, unless something was found.
    pub(crate) fn or<T>(self, value: T) -> syn::Result<T> {
        self.0.map_or(Ok(value), Err)
    }

    pub(crate) fn any(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.0.map(|all| all.to_compile_error()).unwrap_or_default()
    }
}

/// One mistake: a headline, then what to write (`help`) and what may surprise (`note`).
pub(crate) struct Mistake {
    at: TokenStream,
    words: String,
}

impl Mistake {
    /// Underlines exactly these tokens.
    pub(crate) fn at(tokens: impl ToTokens, headline: impl Display) -> Self {
        Self {
            at: tokens.into_token_stream(),
            words: headline.to_string(),
        }
    }

    pub(crate) fn at_span(span: Span, headline: impl Display) -> Self {
        Self::at(quote_spanned!(span=> _), headline)
    }

    pub(crate) fn help(self, line: impl Display) -> Self {
        self.line("help", line)
    }

    pub(crate) fn note(self, line: impl Display) -> Self {
        self.line("note", line)
    }

    /// Ends a function that cannot go on.
    pub(crate) fn refuse<T>(self) -> syn::Result<T> {
        Err(self.into())
    }

    fn line(mut self, label: &str, line: impl Display) -> Self {
        self.words = format!("{}\n{label}: {line}", self.words);
        self
    }
}

impl From<Mistake> for syn::Error {
    fn from(mistake: Mistake) -> Self {
        Self::new_spanned(mistake.at, mistake.words)
    }
}

/// Tokens as a person writes them: `Vec<u8>`, not `Vec < u8 >`.
pub(crate) fn as_written(tokens: impl ToTokens) -> String {
    let spaced = tokens.into_token_stream().to_string();
    [
        (" < ", "<"),
        (" >", ">"),
        (" :: ", "::"),
        (" ,", ","),
        ("& ", "&"),
    ]
    .iter()
    .fold(spaced, |text, (loose, tight)| text.replace(loose, tight))
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn types_are_shown_without_the_spaces_of_a_token_stream() {
        let ty = quote!(Result<Vec<(u8, String)>, kirsch::Error>);
        assert_eq!(as_written(ty), "Result<Vec<(u8, String)>, kirsch::Error>");
    }

    #[test]
    fn every_mistake_is_kept() {
        let mut mistakes = Mistakes::default();
        mistakes.add(Mistake::at(quote!(a), "one").help("this"));
        mistakes.add(Mistake::at(quote!(b), "two").note("that"));
        let all = mistakes.or(()).expect_err("two were added");
        let words: Vec<String> = all.into_iter().map(|error| error.to_string()).collect();
        assert_eq!(words, ["one\nhelp: this", "two\nnote: that"]);
    }
}
