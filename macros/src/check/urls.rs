//! One URL and method, one page.

use super::pairs;
use crate::mistakes::{Mistake, Mistakes};
use crate::model::{Kind, Method, Page, Path, Place, Verb};

/// Of two pages for one request, one would never be shown.
pub(super) fn pages_differ(methods: &[Method]) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    for (earlier, later) in pairs(methods) {
        let (Kind::Page(one), Kind::Page(other)) = (&earlier.kind, &later.kind) else {
            continue;
        };
        let Some(verb) = common_verb(one, other).filter(|_| same_place(&one.place, &other.place))
        else {
            continue;
        };
        let does = format!(
            "answer {} {}",
            verb.word().to_uppercase(),
            url(&other.place)
        );
        mistakes.add(
            both(earlier, later, &does).help("give one of the two another path, or another verb"),
        );
        mistakes.add(the_other(earlier));
    }
    mistakes.or(())
}

/// What begins at a child belongs to the child, so nobody else can stand at its URL. (A child that takes segments after
/// its name is compared at start, when it is known which parameters take one.)
pub(super) fn children_differ_from_all(methods: &[Method]) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    for (earlier, later) in pairs(methods) {
        let (Some(one), Some(other)) = (reserved(earlier), reserved(later)) else {
            continue;
        };
        let children =
            matches!(earlier.kind, Kind::Child { .. }) || matches!(later.kind, Kind::Child { .. });
        if children && one.same_shape(other) {
            mistakes.add(
                both(earlier, later, &format!("stand at `{other}`"))
                    .help("give one of the two another path"),
            );
            mistakes.add(the_other(earlier));
        }
    }
    mistakes.or(())
}

fn both(earlier: &Method, later: &Method, do_what: &str) -> Mistake {
    let (first, second) = (&earlier.sig.ident, &later.sig.ident);
    let mistake = Mistake::at(second, format!("`{first}` and `{second}` both {do_what}"));
    match (reserved(earlier), reserved(later)) {
        (Some(one), Some(other)) if one.to_string() != other.to_string() => {
            mistake.note(format!("`{one}` and `{other}` match the same URLs"))
        }
        _ => mistake,
    }
}

/// A message has one place, so the other of the two gets a message of its own.
pub(super) fn the_other(method: &Method) -> Mistake {
    Mistake::at(&method.sig.ident, format!("`{}` is here", method.sig.ident))
}

/// The path that a method keeps for itself.
fn reserved(method: &Method) -> Option<&Path> {
    match &method.kind {
        Kind::Page(Page {
            place: Place::Named { path, .. },
            ..
        }) => Some(path),
        Kind::Child { path, leftovers } if !leftovers || method.params.is_empty() => Some(path),
        _ => None,
    }
}

fn same_place(one: &Place, other: &Place) -> bool {
    match (one, other) {
        (Place::Named { path: one, .. }, Place::Named { path: other, .. }) => one.same_shape(other),
        (Place::Index, Place::Index)
        | (Place::Own, Place::Own)
        | (Place::Default, Place::Default) => true,
        _ => false,
    }
}

/// A verb that both answer. GET answers HEAD only where no page says `#[head]`, so these two do not meet.
fn common_verb(one: &Page, other: &Page) -> Option<Verb> {
    let both = |verb: &&Verb| other.verbs.contains(verb) || other.verbs.contains(&Verb::Any);
    let any = one
        .verbs
        .contains(&Verb::Any)
        .then_some(&other.verbs)
        .and_then(|verbs| verbs.first());
    one.verbs.iter().find(both).or(any).copied()
}

fn url(place: &Place) -> String {
    match place {
        Place::Named { path, .. } => format!("`{path}`"),
        Place::Index | Place::Own => "at the node's own URL".to_owned(),
        Place::Default => "where nothing else does".to_owned(),
    }
}
