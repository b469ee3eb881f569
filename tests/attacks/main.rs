//! Attacks and bad input, sent over raw sockets to a site in another process; after every one of them, the invariants of [`target`].
//!
//! A test is named for its case; the numbers are those of the list that the project began with. What has no number was invented since.
#![cfg(test)]
#![forbid(unsafe_code)]

mod target;
mod wire;

mod answers;
mod behind;
mod bodies;
mod dispatch;
mod forgery;
mod framing;
mod slow;
mod uploads;
