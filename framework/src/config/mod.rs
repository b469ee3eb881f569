//! What an operator decides, and where everything that is decided was written.

mod environment;
mod mistake;
mod origin;

pub use environment::{Environment, UnknownEnvironment};
pub use mistake::Mistake;
pub use origin::{Origin, Source};
