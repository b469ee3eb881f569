//! `#[expose(resource, rename_all = "…")]`.

use proc_macro2::{Ident, TokenStream};
use syn::LitStr;

use super::keys::Keys;
use crate::case::Case;
use crate::mistakes::{Mistake, Mistakes};
use crate::names::suggestion;

/// What `#[expose]` was asked for.
#[derive(Default)]
pub(crate) struct Options {
    /// The word `resource`, where it was written.
    pub(crate) resource: Option<Ident>,
    pub(crate) case: Option<Case>,
}

impl Options {
    /// Reads the arguments; what is wrong with them is left out.
    pub(crate) fn read(arguments: TokenStream, mistakes: &mut Mistakes) -> Self {
        let keys = Keys::read("expose", arguments, &["resource", "rename_all"]);
        let Some(mut keys) = mistakes.sort(keys) else {
            return Self::default();
        };
        let resource = mistakes.sort(keys.flag("resource")).flatten();
        let case = keys
            .text("rename_all")
            .and_then(|name| name.map(|name| case(&name)).transpose());
        Self {
            resource,
            case: mistakes.sort(case).flatten(),
        }
    }
}

/// The case that `rename_all = "…"` names.
pub(super) fn case(name: &LitStr) -> syn::Result<Case> {
    let written = name.value();
    Case::named(&written).map_or_else(
        || {
            Mistake::at(name, format!("`{written}` is no way to spell a name"))
                .help(suggestion(&written, &Case::NAMES))
                .refuse()
        },
        Ok,
    )
}
