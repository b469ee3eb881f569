//! The nodes above a page, for the functions that a tool is given: a password check looks into the database that its node holds.

use std::any::{Any, TypeId};

/// The root of a tree, seen as what its nodes hold.
///
/// Only nodes that stand in fields are there before a request is; those that a method makes come later than the tools.
pub(crate) trait Nodes {
    /// The deepest node of this type on the way that these steps lead, as far as they lead through fields.
    fn node(&self, steps: &[u16], wanted: TypeId) -> Option<&dyn Any>;
}
