//! Whether there is something to do is known at start.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}

    async fn is_idle(&self, _point: kirsch::tools::Point) -> bool {
        true
    }
}

fn main() {}
