//! `#[hook]` says something of a hook.
use kirsch::prelude::*;

struct Audit;

impl Audit {
    #[hook(priority = 5)]
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
