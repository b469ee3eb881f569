//! Notes: an application of real size. It is the note-taking application of CherryPy's book, written anew.
//!
//! `cargo run --example notes` serves it; the notes lie in `var/notes.redb` below the current folder.
//!
//! Its rooms, from the visitor to the disk:
//! - `site.toml`: what an operator may change, per path
//! - `pages`: the tree and its HTML pages · `api`: the same notes as JSON
//! - `views`: what a page shows, with `templates/` and `style.css`
//! - `account`: signing up, in and out · `user`: who that is · `password`: how it is known
//! - `draft`: what may be written · `search`: what is found
//! - `store`: where notes are kept · `users`: and accounts · `moment`: when

#![forbid(unsafe_code)]

mod pages;

mod account;
mod api;
mod draft;
mod moment;
mod password;
mod search;
mod store;
mod user;
mod users;
mod views;

#[cfg(test)]
mod tests;

use kirsch::Site;

use pages::Root;
use password::Passwords;
use store::Store;

fn main() -> kirsch::Result<()> {
    kirsch::quickstart_with(|| site(Store::open("var/notes.redb")?))
}

/// The site with the configuration that it comes with; `-c FILE` lays another over it.
fn site(store: Store) -> kirsch::Result<Site> {
    let root = Root::new(store, Passwords::new()?);
    Ok(Site::new(root).config_text("site.toml", include_str!("site.toml")))
}
