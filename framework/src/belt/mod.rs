//! What tools are made of, and how they are put together: the machinery, which knows no tool by name.
//!
//! - [`tool`](Options): what `#[tool]` writes: a table of options, and hooks.
//! - [`point`](Point): when tools are asked.
//! - [`patches`](Patches): the tools of a part of the tree while they are put together.
//! - `belt`: the tools that are in force at a page, sorted.
//! - `catalogue`: all tools by name.
//! - [`function`](Function), `kinds`: what may be an option, and how it is read.
//! - [`preparation`](Preparation), [`next`](Next): what a tool meets at start, and around a page.
//! - [`middleware`](Middleware): a middleware of actix-web around a page.
//!
//! The built-in tools are in `tools/`, made of nothing else.

mod tool;

mod point;

#[expect(clippy::module_inception, reason = "a belt is what this room is for")]
mod belt;
pub(crate) mod catalogue;
mod patches;

mod function;
pub(crate) mod kinds;

mod middleware;
mod next;
mod preparation;

pub use catalogue::Entry;
pub use function::{Answering, Function, IntoFunction};
pub use kinds::Provided;
pub use middleware::{Inner, Middleware};
pub use next::Next;
pub use patches::{Patches, Tools};
pub use point::Point;
pub use preparation::Preparation;
pub(crate) use preparation::{Claim, Shared, Starter};
pub use tool::{Around, HookRow, Hooks, OptionRow, Options, Outcome, Step, ToolTable};

pub(crate) use belt::{Belt, Hook, Worn};
pub(crate) use next::Walk;
pub(crate) use patches::{Held, SettingSource, Speaker, Unset};
pub(crate) use tool::AnyTool;

/// The priority of a tool that says nothing: between those that prepare and those that finish.
pub const DEFAULT_PRIORITY: i32 = 50;
