//! The list of routes: for `app routes`, tests, and whoever wants to know.

use std::fmt::Write as _;

use serde::Serialize;

use crate::site::core::Core;
use crate::tree::find::{CycleRow, Finder};
use crate::tree::plan::Route;

/// One page under one method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteInfo {
    /// The virtual host, empty for all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// The HTTP method; `*` for a branch that repeats another.
    pub method: &'static str,
    /// The path: `{id}` is a capture, `{name?}` a leftover segment that may fill a parameter, `{rest…}` all that is left.
    pub path: String,
    /// The page: `Notes::edit`.
    pub page: String,
    /// Where it is written: `src/main.rs:42`.
    pub source: String,
    /// The first paragraph of its documentation.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub doc: &'static str,
}

impl RouteInfo {
    /// A branch whose pages are those of another: its type contains itself.
    fn of_cycle(host: &str, cycle: &CycleRow) -> Self {
        let as_at = if cycle.as_at.is_empty() {
            "/"
        } else {
            &cycle.as_at
        };
        Self {
            host: host.to_string(),
            method: "*",
            path: format!("{}/…", cycle.template),
            page: format!("{}, as at {as_at}", cycle.node),
            source: cycle.source.to_string(),
            doc: "",
        }
    }

    fn new(host: &str, route: &Route) -> Self {
        Self {
            host: host.to_string(),
            method: route.verb.name(),
            path: route.template.clone(),
            page: route.page.clone(),
            source: route.source.to_string(),
            doc: route.doc,
        }
    }
}

pub(super) fn list(core: &Core) -> Vec<RouteInfo> {
    let of_host = |(host, finder): &(String, Finder)| {
        let listed = finder.routes.iter().filter(|route| route.is_listed);
        let routes = listed.map(|route| RouteInfo::new(host, route));
        let cycles = finder
            .cycles
            .iter()
            .map(|cycle| RouteInfo::of_cycle(host, cycle));
        routes.chain(cycles).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = core.hosts.iter().flat_map(of_host).collect();
    all.sort_by(|a, b| (&a.host, &a.path, a.method).cmp(&(&b.host, &b.path, b.method)));
    all
}

/// The routes as aligned lines, for people.
pub(crate) fn table(routes: &[RouteInfo]) -> String {
    let width = |column: fn(&RouteInfo) -> usize| routes.iter().map(column).max().unwrap_or(0);
    let method = width(|route| route.method.len());
    let path = width(|route| route.host.chars().count() + route.path.chars().count());
    let page = width(|route| route.page.chars().count());
    let mut text = String::new();
    for route in routes {
        let place = format!("{}{}", route.host, route.path);
        // Writing to a `String` cannot fail.
        _ = writeln!(
            text,
            "{:method$}  {place:path$}  {:page$}  {}",
            route.method, route.page, route.source
        );
    }
    text
}
