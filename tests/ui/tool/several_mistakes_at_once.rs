//! One build shows all there is to mend.
use kirsch::prelude::*;

#[tool(priority)]
struct Audit {
    #[option(defualt = 6)]
    level: u32,
    #[option]
    on: bool,
}

#[tool]
impl Audit {
    fn before_handlr(&self, _x: &mut Exchange) {}

    fn before_finalize(_x: &mut Exchange) {}
}

fn main() {}
