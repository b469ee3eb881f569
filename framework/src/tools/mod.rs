//! Tools: what surrounds a page.

mod belt;
pub(crate) mod catalogue;
mod function;
pub(crate) mod kinds;
mod next;
pub mod order;
mod patches;
mod point;
mod preparation;
mod tool;

pub use catalogue::Entry;
pub use function::{Answering, Function, IntoFunction};
pub use kinds::Provided;
pub use next::Next;
pub use patches::{Patches, Tools};
pub use point::Point;
pub use preparation::Preparation;
pub use tool::{Around, HookRow, Hooks, OptionRow, Options, Outcome, Step, ToolTable};

pub(crate) use belt::{Belt, Hook, Worn};
pub(crate) use next::Walk;
pub(crate) use patches::Held;
pub(crate) use tool::AnyTool;
