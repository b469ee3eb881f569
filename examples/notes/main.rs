//! Notes: an application of real size. It is the note-taking application of CherryPy's book, written anew.
//!
//! `cargo run --example notes` serves it; the notes lie in `var/notes.redb` below the current folder, and visitors are remembered in memory.
//! `cargo run --example notes -- --postgres postgres://user:password@host/name` has both in PostgreSQL.
//!
//! Its rooms, from the visitor to the disk:
//! - `site.toml`: what an operator may change, per path
//! - `pages`: the tree and its HTML pages · `api`: the same notes as JSON
//! - `views`: what a page shows, with `templates/` and `style.css`
//! - `account`: signing up, in and out · `user`: who that is · `password`: how it is known
//! - `draft`: what may be written · `search`: what is found
//! - `store`: where notes and accounts are kept · `moment`: when

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
mod views;

#[cfg(test)]
mod tests;

use kirsch::{Flags, Site};

use pages::Root;
use password::Passwords;
use store::Store;

fn main() -> kirsch::Result<()> {
    Flags::new()
        .version(env!("CARGO_PKG_VERSION"))
        .value("postgres", "URL", "Notes and sessions in this database")
        .quickstart(|given| match given.value("postgres") {
            Some(url) => in_postgres(url),
            None => site(Store::file("var/notes.redb")?),
        })
}

/// The site with notes and sessions in a database.
fn in_postgres(url: &str) -> kirsch::Result<Site> {
    let site = site(Store::postgres(url)?)?;
    Ok(site
        .config_key("/", "tools.sessions.storage", "postgres")
        .config_key("/", "tools.sessions.database_url", url))
}

/// The site with the configuration that it comes with; `-c FILE` lays another over it.
fn site(store: Store) -> kirsch::Result<Site> {
    let root = Root::new(store, Passwords::new()?);
    Ok(Site::new(root).config_text("site.toml", include_str!("site.toml")))
}
