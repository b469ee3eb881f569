//! The storages that come with Kirsch, a room each.

mod file;

pub use file::FileStore;
