//! The storages that come with Kirsch, a room each.
