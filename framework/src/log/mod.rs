//! What the site says of its work, through `tracing`: one line per request, and what went wrong.
//!
//! The access log is the Combined Log Format at target `kirsch::access`, level INFO. Errors go to `kirsch::error`. Nothing of
//! a request reaches a line unescaped: no client can forge a second one.

mod access;
mod panics;
mod plain;
mod start;

pub(crate) use access::access;
pub(crate) use panics::message as panic_message;
pub use start::start;

/// The target of the access log.
const ACCESS: &str = "kirsch::access";
