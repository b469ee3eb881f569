//! Trying a site without a socket.

mod answer;
mod client;
pub mod sessions;

pub use answer::Answer;
pub use client::{Client, Request};
