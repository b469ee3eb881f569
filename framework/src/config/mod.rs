//! What an operator decides, and where everything that is decided was written.

mod environment;
mod layers_stub;
pub use layers_stub::{Entry, Section};
mod mistake;
mod origin;
mod value;

pub use environment::{Environment, UnknownEnvironment};
pub use mistake::Mistake;
pub use origin::{Origin, Source};
pub use value::{Raw, Refusal, Value};
pub(crate) fn help(_: &str, _: &[&str]) -> String {
    String::new()
}
