//! The page may wait, so what is around it waits.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    fn around_handler(&self, _x: &mut Exchange, _next: kirsch::tools::Next<'_>) -> Result<HttpResponse> {
        Err(Error::forbidden())
    }
}

fn main() {}
