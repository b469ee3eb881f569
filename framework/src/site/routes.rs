//! The list of routes: for `app routes`, tests, and whoever wants to know.

use std::fmt::Write as _;

use serde::Serialize;

use crate::exchange::Way;
use crate::site::ToolInfo;
use crate::site::core::Core;
use crate::tree::find::{CycleRow, Finder, Outcome};
use crate::tree::plan::Route;
use crate::tree::table::Verb;

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
    /// The tools that are in force there, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolInfo>,
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
            tools: Vec::new(),
        }
    }

    fn new(host: &str, route: &Route, tools: Vec<ToolInfo>) -> Self {
        Self {
            host: host.to_string(),
            method: route.verb.name(),
            path: route.template.clone(),
            page: route.page.clone(),
            source: route.source.to_string(),
            doc: route.doc,
            tools,
        }
    }
}

pub(super) fn list(core: &Core) -> Vec<RouteInfo> {
    let of_host = |(number, (host, finder)): (usize, &(String, Finder))| {
        let routes = finder.routes.iter().enumerate();
        let listed = routes.filter(|(_, route)| route.is_listed);
        let routes = listed
            .map(|(index, route)| RouteInfo::new(host, route, core.belts.tools(number, index)));
        let cycles = finder
            .cycles
            .iter()
            .map(|cycle| RouteInfo::of_cycle(host, cycle));
        routes.chain(cycles).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = core.hosts.iter().enumerate().flat_map(of_host).collect();
    all.sort_by(|a, b| (&a.host, &a.path, a.method).cmp(&(&b.host, &b.path, b.method)));
    all
}

/// What answers one path, with the tools that are in force there.
pub(super) fn at(core: &Core, path: &str) -> Vec<RouteInfo> {
    let mut all = Vec::new();
    for (number, (host, finder)) in core.hosts.iter().enumerate() {
        for &verb in Verb::ALL {
            let most = core.limits.segments;
            let found = finder.find(path, verb, most, &mut Way::default());
            let Outcome::Page(index) = found.end else {
                continue;
            };
            let route = &finder.routes[index];
            // HEAD comes with GET.
            if route.verb == verb {
                let tools = core.belts.tools_at(number, index, path);
                all.push(RouteInfo::new(host, route, tools));
            }
        }
    }
    all
}

/// The tools of a page as lines that belong below its own.
pub(crate) fn tools(tools: &[ToolInfo], with_defaults: bool) -> String {
    let mut text = String::new();
    for tool in tools {
        _ = writeln!(text, "    {:<40}  {}", tool.name, tool.at);
        let options = tool.options.iter();
        for option in options.filter(|option| with_defaults || option.at != "default") {
            let said = format!("{} = {}", option.name, option.value);
            _ = writeln!(text, "        {said:<36}  {}", option.at);
        }
    }
    text
}

/// The routes as aligned lines, for people.
pub(crate) fn table(routes: &[RouteInfo], below: impl Fn(&RouteInfo) -> String) -> String {
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
        text.push_str(&below(route));
    }
    text
}
