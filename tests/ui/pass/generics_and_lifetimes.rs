//! A node may have type parameters, bounds, constants and lifetimes.
use kirsch::prelude::*;

use std::fmt::Display;

#[expose]
struct Shelf<'a, T, const N: usize>
where
    T: Display + Send + Sync + 'static,
{
    label: &'a str,
    things: [T; N],
}

#[expose]
impl<'a, T, const N: usize> Shelf<'a, T, N>
where
    T: Display + Send + Sync + 'static,
{
    fn index(&self) -> String {
        format!("{}: {N} things", self.label)
    }

    fn thing(&self, number: usize) -> Option<String> {
        self.things.get(number).map(ToString::to_string)
    }
}
