//! What a method is: a page, a child or an error page.

use syn::Attribute;

use super::block::Function;
use super::keys::Keys;
use super::page::page;
use super::{Options, error_page, template};
use crate::mistakes::{Mistake, Mistakes};
use crate::model::{Kind, Verb};
use crate::words::Word;

/// The words above one method, sorted.
#[derive(Default)]
pub(super) struct Words<'a> {
    pub(super) verbs: Vec<(Verb, &'a Attribute)>,
    pub(super) default: Option<&'a Attribute>,
    child: Option<&'a Attribute>,
    error_page: Option<&'a Attribute>,
    tools: Option<&'a Attribute>,
}

pub(super) fn kind(function: &Function, options: &Options) -> syn::Result<Kind> {
    let words = sorted(function)?;
    // The node's typed link is an associated function of that name.
    if function.sig.ident == "link" {
        return Mistake::at(
            &function.sig.ident,
            "`link` is taken: it is how links to this node are made",
        )
        .help("give the method another name, and say the URL with `path = \"link\"`")
        .refuse();
    }
    match &words {
        Words {
            error_page: Some(attr),
            ..
        } => {
            only_word(
                attr,
                &words,
                "an error page stands in for whatever went wrong: it has no method or path of its own",
            )?;
            if let Some(tools) = words.tools {
                return no_tools_of_its_own(tools).refuse();
            }
            error_page::status(attr).map(|status| Kind::ErrorPage { status })
        }
        Words {
            child: Some(attr), ..
        } => {
            only_word(
                attr,
                &words,
                "a child is a node at a path: verbs and defaults belong to its own pages",
            )?;
            child(attr, function, options)
        }
        _ => page(&words, function, options).map(Kind::Page),
    }
}

fn sorted(function: &Function) -> syn::Result<Words<'_>> {
    let mut mistakes = Mistakes::default();
    let mut words = Words::default();
    for written in &function.words {
        let attr = &written.attr;
        let earlier = match written.word {
            Word::Verb(verb) => {
                let earlier = words
                    .verbs
                    .iter()
                    .find(|(known, _)| *known == verb)
                    .map(|(_, attr)| *attr);
                words.verbs.push((verb, attr));
                earlier
            }
            Word::Default => words.default.replace(attr),
            Word::Child => words.child.replace(attr),
            Word::ErrorPage => words.error_page.replace(attr),
            // Several lists are read one after the other.
            Word::Tools => {
                words.tools = Some(attr);
                None
            }
            other => {
                mistakes.add(not_on_a_method(other, attr));
                None
            }
        };
        if earlier.is_some() {
            mistakes.add(twice(written.word, attr));
        }
    }
    mistakes.or(words)
}

fn not_on_a_method(word: Word, attr: &Attribute) -> Mistake {
    match word {
        Word::Expose => Mistake::at(attr, "every method of this block is exposed already")
            .help("remove this `#[expose]`"),
        word => word.misplaced(attr),
    }
}

/// An error page answers in the place of a page, and the tools are that page's.
fn no_tools_of_its_own(tools: &Attribute) -> Mistake {
    Mistake::at(
        tools,
        "an error page has no tools of its own: those of the page that failed are at work",
    )
    .help("write `#[tools]` on that page, or above the `impl` block")
}

fn twice(word: Word, attr: &Attribute) -> Mistake {
    let name = word.name();
    let mistake = Mistake::at(attr, format!("`#[{name}]` stands twice above this method"));
    match word {
        Word::ErrorPage => {
            mistake.help("write one method for each status, and let both call a helper")
        }
        Word::Verb(_) => mistake.help("remove one of the two; a page with two URLs is two methods"),
        _ => mistake.help("remove one of the two"),
    }
}

/// Refuses a verb or `#[default]` beside a word that makes the method something else than a page.
fn only_word(attr: &Attribute, words: &Words<'_>, why: &str) -> syn::Result<()> {
    let others = words
        .verbs
        .iter()
        .map(|(_, attr)| *attr)
        .chain(words.default);
    let another_kind = words.child.filter(|child| !std::ptr::eq(*child, attr));
    let mut mistakes = Mistakes::default();
    for other in others.chain(another_kind) {
        let (other_name, name) = (name_of(other), name_of(attr));
        mistakes.add(
            Mistake::at(
                other,
                format!("`#[{other_name}]` and `#[{name}]` exclude each other"),
            )
            .help(format!("remove `#[{other_name}]`"))
            .note(why),
        );
    }
    mistakes.or(())
}

fn name_of(attr: &Attribute) -> &'static str {
    Word::of(attr).map_or("", Word::name)
}

fn child(attr: &Attribute, function: &Function, options: &Options) -> syn::Result<Kind> {
    let name = &function.sig.ident;
    let Some(text) = Keys::of("child", attr, &["path"])?.text("path")? else {
        if name == "index" || name == "default" {
            return Mistake::at(name, format!("`{name}` is the name of a page"))
                .help(format!(
                    "give this child another name, or say its URL: `#[child(path = \"{name}\")]`"
                ))
                .refuse();
        }
        let path = template::from_name(name, options.case)?;
        return Ok(Kind::Child {
            path,
            leftovers: true,
        });
    };
    let path = template::template(&text)?;
    if path.segments.is_empty() {
        return Mistake::at(text, "a child stands below its parent, not at its URL")
            .help("write at least one segment, or no `path` at all: then the method's name is the path")
            .refuse();
    }
    Ok(Kind::Child {
        path,
        leftovers: false,
    })
}
