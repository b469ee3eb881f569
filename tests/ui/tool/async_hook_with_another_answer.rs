//! What a hook gives back is the same, `async` or not.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    async fn before_handler(&self, _x: &mut Exchange) -> Result<HttpResponse> {
        Err(Error::forbidden())
    }
}

fn main() {}
