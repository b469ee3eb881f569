//! What can be wrong with a site beside its trees.

use std::sync::Arc;

use crate::config::{Mistake, Origin};
use crate::exchange::Way;
use crate::http::{host, is_error};
use crate::site::keys::pages::{self, PlacedPage};
use crate::site::{ErrorPage, Site};
use crate::tree::find::{Finder, Outcome};
use crate::tree::table::Verb;

/// Everything that was wrong already, and what is wrong with names of hosts and with error pages.
pub(super) fn of(site: &Site) -> Vec<Mistake> {
    let mut mistakes = site.mistakes.clone();
    let words = odd_hosts(site)
        .chain(error_pages(site))
        .chain(doubles(site));
    mistakes.extend(words.map(|words| Mistake::new(words, &[])));
    mistakes.extend(closed_hosts(site));
    mistakes
}

/// Where the operator has written a key of the whole site.
pub(super) fn place_of(site: &Site, key: &str) -> Option<Origin> {
    let mut applied = site.applied.iter().flatten();
    let applied = applied.find(|applied| applied.key == key)?;
    match &applied.origin {
        Origin::Default | Origin::Code | Origin::Environment(_) => None,
        origin => Some(origin.clone()),
    }
}

fn odd_hosts(site: &Site) -> impl Iterator<Item = String> {
    let of_trees = site.trees.iter().filter_map(|tree| tree.host.as_deref());
    let all = of_trees.chain(site.allowed_hosts.iter().map(String::as_str));
    all.filter(|name| !host::valid_host(name.as_bytes())).map(|name| {
        format!("`{name}` is no name of a host\nhelp: write it as browsers send it: `shop.example`, `xn--mnchen-3ya.de`, `192.0.2.1`")
    })
}

/// Hosts with trees that nobody can ask.
fn closed_hosts(site: &Site) -> impl Iterator<Item = Mistake> {
    let is_allowed = |name: &str| {
        let mut allowed = site.allowed_hosts.iter();
        site.allowed_hosts.is_empty() || allowed.any(|other| host::same_host(name, other))
    };
    let of_trees = site.trees.iter().filter_map(|tree| tree.host.as_deref());
    let closed = of_trees.filter(move |name| !is_allowed(name));
    closed.map(|name| {
        let words = format!("the host `{name}` has a tree, and is not among the allowed hosts: it can never be reached");
        Mistake::at(words, place_of(site, "server.allowed_hosts"))
    })
}

fn error_pages(site: &Site) -> impl Iterator<Item = String> {
    site.error_pages
        .iter()
        .filter_map(|(status, page)| match page {
            _ if !status.is_none_or(is_error) => Some(format!(
                "{} is no error: it has no error page",
                status.unwrap_or_default()
            )),
            ErrorPage::Page(path) if !pages::is_path(path) => Some(format!(
                "`{path}` is no path of this site, for an error page"
            )),
            _ => None,
        })
}

/// Error pages that no tree of the site answers: nobody would ever see them. What is chosen in one place is told once, for however many pages.
pub(super) fn lost_pages(
    chosen: &[&Arc<PlacedPage>],
    hosts: &[(String, Finder)],
    most: usize,
) -> Vec<Mistake> {
    let is_page = |path: &str| {
        hosts.iter().any(|(_, finder)| {
            let found = finder.find(path, Verb::Get, most, &mut Way::default());
            matches!(found.end, Outcome::Page(_))
        })
    };
    let mut mistakes = Vec::new();
    for placed in chosen {
        let ErrorPage::Page(page) = &placed.page else {
            continue;
        };
        let path = page.split('?').next().unwrap_or_default();
        // What is no path at all is told elsewhere.
        if !pages::is_path(page) || is_page(path) {
            continue;
        }
        let slashed = format!("{path}/");
        let help = if is_page(&slashed) {
            format!("\nhelp: write it with its slash: `{slashed}`")
        } else {
            String::new()
        };
        let words = format!("`{path}` is no page that answers GET, for an error page{help}");
        let mistake = Mistake::at(words, placed.origin.clone());
        if !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }
    mistakes
}

fn doubles(site: &Site) -> impl Iterator<Item = String> {
    let statuses = || site.error_pages.iter().map(|(status, _)| *status);
    let again = statuses()
        .enumerate()
        .filter(move |(index, status)| statuses().take(*index).any(|other| other == *status));
    again.map(|(_, status)| match status {
        Some(status) => format!("there are two error pages for {status}"),
        None => "there are two default error pages".to_owned(),
    })
}
