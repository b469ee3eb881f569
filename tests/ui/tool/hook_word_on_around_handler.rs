//! What is around a page is at no point.
use kirsch::prelude::*;

#[tool]
struct Audit;

#[tool]
impl Audit {
    #[hook(failsafe)]
    async fn around_handler(&self, x: &mut Exchange, next: kirsch::tools::Next<'_>) -> Result<HttpResponse> {
        next.run(x).await
    }
}

fn main() {}
