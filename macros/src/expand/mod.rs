//! Writing: from the model to tokens, without any way to fail.
//!
//! What is written is data (`const` tables, in `table.rs`) and one walk (a `match` over small integers, in `walk.rs`), and the
//! typed links (`link.rs`). What can be decided by the framework is not written here.

mod block;
mod node;

mod table;
mod tool;
mod tools;
mod walk;

mod link;

mod lifetimes;
mod param;

pub(crate) use block::{block, with_allowances};
pub(crate) use node::node;
pub(crate) use param::param;
pub(crate) use tool::{hooks, tool};
