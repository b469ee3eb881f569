//! What an operator decides: for now, the environment that a site runs in.

mod environment;

pub use environment::{Environment, UnknownEnvironment};
