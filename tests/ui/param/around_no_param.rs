//! What stands inside must be readable itself.
use kirsch::prelude::*;

struct Secret;

#[derive(Param)]
struct Word(Secret);

fn main() {}
