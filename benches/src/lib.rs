//! What the measuring programs share: the endpoints, servers that are started for them, callgrind's figures, `wrk`'s, tables.
//!
//! `README.md` beside this crate says which program measures what, and how to read it.

#![forbid(unsafe_code)]

pub mod callgrind;
pub mod client;
pub mod endpoints;
pub mod server;
pub mod table;
pub mod wrk;

/// What every program here answers with: a mistake is a sentence for whoever started it.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
