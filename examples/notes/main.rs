//! Notes: an application of real size. It is the note-taking application of CherryPy's book, written anew.
//!
//! `cargo run --example notes` serves it; the notes lie in `var/notes.redb` below the current folder.
//!
//! Its rooms, from the visitor to the disk:
//! - `site.toml`: what an operator may change, per path
//! - `pages`: the tree and its HTML pages · `api`: the same notes as JSON
//! - `views`: what a page shows, with `templates/` and `style.css`
//! - `draft`: what may be written · `search`: what is found
//! - `store`: where notes are kept · `moment`: when

#![forbid(unsafe_code)]

mod pages;

mod api;
mod draft;
mod moment;
mod search;
mod store;
mod views;

#[cfg(test)]
mod tests;

use kirsch::Site;

use pages::Root;
use store::Store;

fn main() -> kirsch::Result<()> {
    kirsch::quickstart_with(|| Ok(site(Store::open("var/notes.redb")?)))
}

/// The site with the configuration that it comes with; `-c FILE` lays another over it.
fn site(store: Store) -> Site {
    Site::new(Root::new(store)).config_text("site.toml", include_str!("site.toml"))
}
