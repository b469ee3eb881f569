//! The tree: what the macros write about a site's structs, and the ways through it.
//!
//! - [`table`]: the `const` tables, one per struct and one per impl block: names, paths, methods, parameters, source lines.
//! - [`node`]: the traits that `#[expose]` implements, and the walk; `Box`, `Arc`, `Option` and maps of nodes are nodes.
//! - `plan`: reads the tables once at start and makes routes of them, or a list of mistakes.
//! - `find`: from a path to a route, without running a line of the application's code.
//! - [`clash`]: what only two macros together can see, as `const` assertions over the tables.
//! - [`link`]: from a page to its URL.

pub(crate) mod clash;
pub(crate) mod link;
pub(crate) mod node;
pub(crate) mod table;

pub(crate) mod find;
mod names;
pub(crate) mod plan;

#[cfg(test)]
mod find_tests;
