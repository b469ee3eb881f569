//! The tests of Kirsch: HTTP behaviour in `it/`, attacks in `attacks/`, compile errors in `ui/`, tidiness in `tidy/`; `run` runs them all.
//!
//! The library itself holds what has no folder: the book, whose samples it compiles.
#![forbid(unsafe_code)]

#[cfg(any(test, doctest))]
mod book;
