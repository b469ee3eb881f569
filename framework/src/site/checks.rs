//! What can be wrong with a site beside its trees.

use crate::config::Mistake;
use crate::exchange::Way;
use crate::http::{host, is_error};
use crate::site::keys::pages;
use crate::site::{ErrorPage, Site};
use crate::tree::find::{Finder, Outcome};
use crate::tree::table::Verb;

/// Everything that was wrong already, and what is wrong with names of hosts and with error pages.
pub(super) fn of(site: &Site) -> Vec<Mistake> {
    let mut mistakes = site.mistakes.clone();
    let words = hosts(site).chain(error_pages(site)).chain(doubles(site));
    mistakes.extend(words.map(|words| Mistake::new(words, &[])));
    mistakes
}

fn hosts(site: &Site) -> impl Iterator<Item = String> {
    let of_trees = site.trees.iter().filter_map(|tree| tree.host.as_deref());
    let all = of_trees.chain(site.allowed_hosts.iter().map(String::as_str));
    let odd = all.filter(|name| !host::valid_host(name.as_bytes())).map(|name| {
        format!("`{name}` is no name of a host\nhelp: write it as browsers send it: `shop.example`, `xn--mnchen-3ya.de`, `192.0.2.1`")
    });
    let is_allowed = |name: &str| {
        let mut allowed = site.allowed_hosts.iter();
        site.allowed_hosts.is_empty() || allowed.any(|other| host::same_host(name, other))
    };
    let of_trees = site.trees.iter().filter_map(|tree| tree.host.as_deref());
    let closed = of_trees.filter(move |name| !is_allowed(name)).map(|name| {
        format!("the host `{name}` has a tree, and is not among the allowed hosts: it can never be reached")
    });
    odd.chain(closed)
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

/// Error pages that no tree of the site answers: nobody would ever see them.
pub(super) fn lost_pages(
    chosen: &[&ErrorPage],
    hosts: &[(String, Finder)],
    most: usize,
) -> Vec<Mistake> {
    let is_page = |path: &str| {
        hosts.iter().any(|(_, finder)| {
            let found = finder.find(path, Verb::Get, most, &mut Way::default());
            matches!(found.end, Outcome::Page(_))
        })
    };
    let paths = chosen.iter().filter_map(|page| match page {
        // What is no path at all is told elsewhere.
        ErrorPage::Page(page) if pages::is_path(page) => page.split('?').next(),
        _ => None,
    });
    let lost = paths.filter(|path| !is_page(path));
    let words = lost.map(|path| {
        let slashed = format!("{path}/");
        let help = if is_page(&slashed) {
            format!("\nhelp: write it with its slash: `{slashed}`")
        } else {
            String::new()
        };
        format!("`{path}` is no page that answers GET, for an error page{help}")
    });
    words.map(|words| Mistake::new(words, &[])).collect()
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
