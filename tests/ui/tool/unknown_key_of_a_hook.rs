//! What a hook can say of itself.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    #[hook(fail_safe)]
    fn before_handler(&self, _x: &mut Exchange) {}
}

fn main() {}
