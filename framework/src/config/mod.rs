//! What an operator decides, and where everything that is decided was written.
//!
//! - [`Raw`] is a value as it was written; [`Value`] is what it can be read as: numbers, texts, lists, durations, [`Size`]s …
//! - [`Origin`] is where it was written; a [`Mistake`] is what is wrong there.
//! - `layers`: all that an operator wrote, in order: files, variables, flags. `file` reads TOML, `variables` the environment, `secret` files of one value, `regular` what kind of file all of them must be.
//! - `namespace`: what keys begin with.
//! - `guess`: what was probably meant.
//!
//! This room knows no tool and no tree: whoever has keys asks for them.

mod layers;
pub(crate) mod namespace;
mod section;

mod file;
mod regular;
mod secret;
pub(crate) mod variables;

mod raw;
mod value;

mod decimal;
mod duration;
mod size;

mod environment;
mod origin;

pub(crate) mod guess;
mod mistake;

pub use duration::{hours, millis, minutes, secs};
pub use environment::{Environment, UnknownEnvironment};
pub(crate) use layers::{Configuration, Entry};
pub use mistake::Mistake;
pub use origin::{Origin, Source};
pub(crate) use raw::quoted;
pub use raw::{Raw, Refusal};
pub(crate) use regular::read_regular;
pub(crate) use secret::{SUFFIX as SECRET_SUFFIX, secret};
pub(crate) use section::Section;
pub use size::{Size, kib, mib};
pub(crate) use value::shown;
pub use value::{Value, word};
