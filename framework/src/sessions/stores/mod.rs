//! The storages that come with Kirsch, a room each.

mod memory;

pub use memory::MemoryStore;
