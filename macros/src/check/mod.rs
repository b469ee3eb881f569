//! The rule book: what can be written, and cannot be meant.
//!
//! Each rule is one function, says why it is a rule, and has a test in `tests/ui`.

mod arguments;
mod captures;
mod error_pages;
mod fields;
mod rest;
mod urls;

use crate::mistakes::Mistakes;
use crate::model::{Block, Method, Node};

type Rule<T> = fn(&T) -> syn::Result<()>;

/// Rules between the fields of a struct.
const OF_A_NODE: [Rule<Node>; 1] = [fields::paths_differ];

/// Rules that one method keeps or breaks by itself.
const OF_A_METHOD: [Rule<Method>; 10] = [
    captures::every_placeholder_has_a_parameter,
    captures::every_path_argument_has_a_placeholder,
    rest::it_comes_last,
    rest::it_stands_where_something_is_left,
    arguments::names_differ,
    arguments::a_form_needs_a_body,
    arguments::what_is_never_missing_has_no_default,
    arguments::an_option_has_no_default,
    error_pages::one_reference_at_most,
    error_pages::the_reference_is_an_error,
];

/// Rules between the methods of a block.
const OF_A_BLOCK: [Rule<[Method]>; 3] = [
    urls::pages_differ,
    urls::children_differ_from_all,
    error_pages::statuses_differ,
];

pub(crate) fn node(node: &Node, mistakes: &mut Mistakes) {
    for rule in OF_A_NODE {
        mistakes.sort(rule(node));
    }
}

/// Checks the block, and takes out the methods that break a rule by themselves: nothing can be written for them.
pub(crate) fn block(block: &mut Block, mistakes: &mut Mistakes) {
    block.methods.retain(|method| {
        let kept = OF_A_METHOD.map(|rule| mistakes.sort(rule(method)).is_some());
        kept.iter().all(|kept| *kept)
    });
    for rule in OF_A_BLOCK {
        mistakes.sort(rule(&block.methods));
    }
}

/// Each method with each that stands before it, except where `cfg` may remove one of the two.
fn pairs(methods: &[Method]) -> impl Iterator<Item = (&Method, &Method)> {
    let certain = |method: &&Method| method.cfgs.is_empty();
    methods
        .iter()
        .enumerate()
        .flat_map(|(index, later)| {
            methods
                .iter()
                .take(index)
                .map(move |earlier| (earlier, later))
        })
        .filter(move |(earlier, later)| certain(earlier) && certain(later))
}
