//! Trying a site without a socket.

mod answer;
mod client;

pub use answer::Answer;
pub use client::{Client, Request};
