//! Many requests share a tool.
use kirsch::prelude::*;

#[tool]
struct Audit {
    seen: usize,
}

#[tool]
impl Audit {
    fn before_handler(&mut self, _x: &mut Exchange) {
        self.seen += 1;
    }
}

fn main() {}
