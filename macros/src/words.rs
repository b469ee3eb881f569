//! Every word of the framework, and where each belongs.

use syn::Attribute;

use crate::mistakes::Mistake;
use crate::model::Verb;

/// An attribute that `#[expose]` understands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Word {
    Arg,
    Child,
    Default,
    ErrorPage,
    Expose,
    Hook,
    ToolOption,
    Tools,
    Verb(Verb),
}

const WORDS: [(&str, Word); 16] = [
    ("any", Word::Verb(Verb::Any)),
    ("arg", Word::Arg),
    ("child", Word::Child),
    ("default", Word::Default),
    ("delete", Word::Verb(Verb::Delete)),
    ("error_page", Word::ErrorPage),
    ("expose", Word::Expose),
    ("get", Word::Verb(Verb::Get)),
    ("head", Word::Verb(Verb::Head)),
    ("hook", Word::Hook),
    ("option", Word::ToolOption),
    ("options", Word::Verb(Verb::Options)),
    ("patch", Word::Verb(Verb::Patch)),
    ("post", Word::Verb(Verb::Post)),
    ("put", Word::Verb(Verb::Put)),
    ("tools", Word::Tools),
];

/// A word as it was written.
pub(crate) struct Written {
    pub(crate) word: Word,
    pub(crate) attr: Attribute,
}

impl Word {
    /// The word that an attribute is: `get`, or a path into the framework that ends in it (`kirsch::get`).
    pub(crate) fn of(attr: &Attribute) -> Option<Self> {
        let path = attr.path();
        let last = path.segments.last()?;
        let foreign = path.segments.len() > 1 && path.segments.first()?.ident != "kirsch";
        WORDS
            .iter()
            .find(|(name, _)| !foreign && last.ident == name)
            .map(|(_, word)| *word)
    }

    pub(crate) fn name(self) -> &'static str {
        WORDS
            .iter()
            .find(|(_, word)| *word == self)
            .map_or("", |(name, _)| *name)
    }

    /// Where the word does belong.
    pub(crate) fn belongs(self) -> &'static str {
        match self {
            Self::Arg => "on a parameter of a method in an `#[expose] impl`",
            Self::Child => {
                "on a field of an `#[expose] struct`, or on a method of an `#[expose] impl`"
            }
            Self::Default | Self::ErrorPage | Self::Verb(_) => "on a method of an `#[expose] impl`",
            Self::Expose => "on a `struct`, and on its `impl` block",
            Self::Hook => "on a method of a `#[tool] impl`",
            Self::ToolOption => "on a field of a `#[tool] struct`",
            Self::Tools => {
                "below `#[expose]`, on a `#[child]` field, or on a method of an `#[expose] impl`"
            }
        }
    }

    /// The attribute that reads this one.
    pub(crate) fn reader(self) -> &'static str {
        match self {
            Self::Hook | Self::ToolOption => "tool",
            _ => "expose",
        }
    }

    /// The mistake of a word at a place where it means nothing.
    pub(crate) fn misplaced(self, attr: &Attribute) -> Mistake {
        let name = self.name();
        Mistake::at(attr, format!("`#[{name}]` means nothing here"))
            .help(format!("it belongs {}", self.belongs()))
    }
}

/// Takes the framework's words out of a list of attributes.
pub(crate) fn take(attrs: &mut Vec<Attribute>) -> Vec<Written> {
    let mut taken = Vec::new();
    attrs.retain(|attr| {
        let word = Word::of(attr);
        taken.extend(word.map(|word| Written {
            word,
            attr: attr.clone(),
        }));
        word.is_none()
    });
    taken
}

/// What a word says above an exposed struct or block, where only tools mean something.
pub(crate) fn above_the_item(written: &Written) -> Option<Mistake> {
    match written.word {
        Word::Tools => None,
        Word::Expose => Some(
            Mistake::at(&written.attr, "`#[expose]` stands twice here")
                .help("remove one of the two"),
        ),
        word => Some(word.misplaced(&written.attr)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_stands_once_and_in_order() {
        assert!(WORDS.is_sorted_by(|(a, _), (b, _)| a < b));
    }

    #[test]
    fn words_are_known_by_their_path() {
        let of = |attr: Attribute| Word::of(&attr);
        assert_eq!(of(syn::parse_quote!(#[get])), Some(Word::Verb(Verb::Get)));
        assert_eq!(of(syn::parse_quote!(#[::kirsch::child])), Some(Word::Child));
        assert_eq!(of(syn::parse_quote!(#[actix_web::get("/")])), None);
        assert_eq!(of(syn::parse_quote!(#[inline])), None);
    }
}
