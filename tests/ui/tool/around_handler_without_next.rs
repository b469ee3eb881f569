//! What is around the page calls it.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    async fn around_handler(&self, _x: &mut Exchange) -> Result<HttpResponse> {
        Err(Error::forbidden())
    }
}

fn main() {}
