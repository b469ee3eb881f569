//! A page: its verbs, and its place below the node.

use proc_macro2::Ident;
use syn::LitStr;
use syn::ext::IdentExt;

use super::block::Function;
use super::keys::Keys;
use super::kind::Words;
use super::{Options, template};
use crate::mistakes::{Mistake, Mistakes};
use crate::model::{Page, Place, Segment, Verb};
use crate::names::{meant, one_of};

/// The names of a resource's own pages.
const HTTP_METHODS: [(&str, Verb); 7] = [
    ("get", Verb::Get),
    ("head", Verb::Head),
    ("post", Verb::Post),
    ("put", Verb::Put),
    ("patch", Verb::Patch),
    ("delete", Verb::Delete),
    ("options", Verb::Options),
];

pub(super) fn page(words: &Words<'_>, function: &Function, options: &Options) -> syn::Result<Page> {
    let name = &function.sig.ident;
    let path = path_of(words)?;
    if let Some(default) = words.default {
        Keys::of("default", default, &[])?;
        let place = placed_by_name(Place::Default, "`#[default]`", path.as_ref())?;
        return Ok(Page {
            verbs: verbs(words),
            place,
        });
    }
    if options.resource.is_some() {
        return page_of_resource(words, name, path.as_ref());
    }
    let place = match (name.unraw().to_string().as_str(), &path) {
        ("index", path) => placed_by_name(Place::Index, "`index`", path.as_ref()),
        ("default", path) => placed_by_name(Place::Default, "`default`", path.as_ref()),
        (_, Some(path)) => named(path),
        (_, None) => template::from_name(name, options.case).map(|path| Place::Named {
            path,
            leftovers: true,
        }),
    };
    Ok(Page {
        verbs: verbs(words),
        place: place?,
    })
}

/// The verbs as written; none of them means GET.
fn verbs(words: &Words<'_>) -> Vec<Verb> {
    match words.verbs.as_slice() {
        [] => vec![Verb::Get],
        written => written.iter().map(|(verb, _)| *verb).collect(),
    }
}

/// The one path that the verbs give.
fn path_of(words: &Words<'_>) -> syn::Result<Option<LitStr>> {
    let mut mistakes = Mistakes::default();
    let mut path: Option<LitStr> = None;
    for (verb, attr) in &words.verbs {
        let text = Keys::of(verb.word(), attr, &["path"]).and_then(|mut keys| keys.text("path"));
        match (mistakes.sort(text).flatten(), &path) {
            (Some(text), Some(earlier)) if text.value() != earlier.value() => mistakes.add(
                Mistake::at(
                    &text,
                    format!("this page has the path `{}` already", earlier.value()),
                )
                .help("write one method for each path; both may call a helper"),
            ),
            (Some(text), None) => path = Some(text),
            _ => {}
        }
    }
    mistakes.or(path)
}

/// `index` and `default` are places themselves.
fn placed_by_name(place: Place, name: &str, path: Option<&LitStr>) -> syn::Result<Place> {
    let Some(path) = path else { return Ok(place) };
    let url = match place {
        Place::Index => "the node's own URL",
        _ => "whatever nothing else answers",
    };
    let written = path.value();
    let captures = template::template(path)?
        .segments
        .iter()
        .any(|segment| matches!(segment, Segment::Capture(_)));
    let headline = if captures {
        format!("{name} answers {url}, where there is nothing to capture")
    } else {
        format!("{name} answers {url}, and has no path of its own")
    };
    Mistake::at(path, headline)
        .help(format!(
            "remove `path`, or give the page another name and keep `path = \"{written}\"`"
        ))
        .refuse()
}

fn named(text: &LitStr) -> syn::Result<Place> {
    let path = template::template(text)?;
    if path.segments.is_empty() {
        return Ok(Place::Index);
    }
    Ok(Place::Named {
        path,
        leftovers: false,
    })
}

fn page_of_resource(words: &Words<'_>, name: &Ident, path: Option<&LitStr>) -> syn::Result<Page> {
    let method = HTTP_METHODS
        .iter()
        .find(|(known, _)| name == known)
        .map(|(_, verb)| *verb);
    match (path, method, words.verbs.first()) {
        (Some(path), ..) if path.value().is_empty() => not_the_resource_itself(path),
        (Some(path), ..) => Ok(Page {
            verbs: verbs(words),
            place: named(path)?,
        }),
        (None, Some(verb), None) => Ok(Page {
            verbs: vec![verb],
            place: Place::Own,
        }),
        (None, Some(_), Some((verb, attr))) => Mistake::at(
            attr,
            format!(
                "in a resource `{name}` is the HTTP method, so `#[{}]` is one too many",
                verb.word()
            ),
        )
        .help(format!("remove `#[{}]`", verb.word()))
        .refuse(),
        (None, None, Some((verb, _))) => Mistake::at(
            name,
            format!("`{name}` is no HTTP method, and this is a resource"),
        )
        .help(format!(
            "say where it stands below the resource: `#[{}(path = \"{name}\")]`",
            verb.word()
        ))
        .refuse(),
        (None, None, None) => no_http_method(name).refuse(),
    }
}

fn not_the_resource_itself<T>(path: &LitStr) -> syn::Result<T> {
    Mistake::at(
        path,
        "the resource's own URL is answered by the methods named `get`, `put` …",
    )
    .help("name the method for its verb, and remove the attribute")
    .refuse()
}

fn no_http_method(name: &Ident) -> Mistake {
    let written = name.to_string();
    let mistake = Mistake::at(
        name,
        format!("`{written}` is no HTTP method, and this is a resource"),
    );
    match written.as_str() {
        "index" => mistake.help("write `get`: a resource answers at its own URL"),
        "default" => {
            mistake.help("write `#[default]` above it if it answers what nothing else does")
        }
        _ => match meant(&written, HTTP_METHODS.map(|(known, _)| known)) {
            Some(name) => mistake.help(format!("did you mean `{name}`?")),
            None => mistake
                .help(format!(
                    "for a page below the resource write `#[get(path = \"{written}\")]`"
                ))
                .note(format!(
                    "the resource itself answers by {}; helpers live in an ordinary `impl` block",
                    one_of(&HTTP_METHODS.map(|(known, _)| known))
                )),
        },
    }
}
