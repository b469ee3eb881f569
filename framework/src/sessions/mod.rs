//! Sessions: what a site remembers of a visitor from one request to the next.

mod data;
mod id;
mod queue;
mod seal;
mod store;

pub mod stores;

pub use data::Data;
pub use id::Key;
pub use store::{Lease, Life, Opened, Pending, Renamed, Store, StoreError, Swept, Written};
