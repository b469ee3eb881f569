//! The tests of Kirsch: HTTP behaviour in `it/`, attacks in `attacks/`, compile errors in `ui/`, tidiness in `tidy/`; `run` runs them all.
//!
//! The library itself holds what has no folder: the book, whose samples it compiles, and the database that tests start.
#![forbid(unsafe_code)]
#![expect(clippy::panic, reason = "in a test a panic is the report")]

pub mod postgres;
pub mod redis;

#[cfg(any(test, doctest))]
mod book;
