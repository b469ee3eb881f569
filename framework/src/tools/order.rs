//! The order of the tools at a point: every priority of the built-in ones in one table, lower first, each with its reason.
//!
//! The numbers are CherryPy's where it has the tool; a tool of an application is at 50 unless it says otherwise.

/// What an application's own tool has when it says nothing.
pub const DEFAULT: i32 = 50;
