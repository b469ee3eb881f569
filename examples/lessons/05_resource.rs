//! Lesson 5: children made per request, and resources.
//!
//! Not every node can be a field: a method marked `#[child]` makes one when a request wants it. And under
//! `#[expose(resource)]` methods are named for the HTTP methods that they answer on the node's own URL:
//!
//! ```text
//! GET    /shops          Shops::get
//! GET    /shops/berlin   Shop::get
//! PUT    /shops/berlin   Shop::put
//! DELETE /shops/berlin   Shop::delete
//! ```
//!
//! `curl -X PUT --json '"Cakes"' http://127.0.0.1:8080/shops/berlin` opens one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kirsch::prelude::*;

/// Town → what its shop sells. All workers of the server share the tree: what changes has a lock.
#[derive(Clone, Default)]
struct Stock(Arc<Mutex<BTreeMap<String, String>>>);

impl Stock {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expose]
#[derive(Default)]
struct Root {
    #[child]
    shops: Shops,
}

#[expose]
impl Root {} // no pages of its own, only children

#[expose]
#[derive(Default)]
struct Shops {
    stock: Stock,
}

#[expose(resource)]
impl Shops {
    fn get(&self) -> Json<BTreeMap<String, String>> {
        Json(self.stock.lock().clone())
    }

    /// `{town}` captures one segment into the parameter of that name. A child may be `async`, and may fail with `Result`.
    #[child(path = "{town}")]
    fn shop(&self, town: String) -> Shop {
        let stock = self.stock.clone();
        Shop { stock, town }
    }
}

/// One shop, for one request.
#[expose]
struct Shop {
    stock: Stock,
    town: String,
}

#[expose(resource)]
impl Shop {
    fn get(&self) -> Result<String> {
        let goods = self.stock.lock().get(&self.town).cloned();
        goods.ok_or_else(Error::not_found)
    }

    /// `Json` reads the body. Any extractor of actix-web may be a parameter.
    fn put(&self, goods: Json<String>) -> NoContent {
        self.stock.lock().insert(self.town.clone(), goods.0);
        NoContent
    }

    fn delete(&self) -> Result<NoContent> {
        let closed = self.stock.lock().remove(&self.town);
        closed.map(|_| NoContent).ok_or_else(Error::not_found)
    }
}

fn main() -> Result<()> {
    kirsch::quickstart(Root::default())
}

#[cfg(test)]
mod tests {
    use kirsch::actix_web::http::Method;
    use kirsch::testing::Client;

    use super::*;

    #[test]
    fn a_shop_opens_and_closes() {
        let mut client = Client::new(Root::default());
        // `/shops/a%2Fb`: links encode what needs it.
        let shop = Root::link().shops().shop("a/b").to_string();
        let put = client.request(Method::PUT, &shop);
        put.json(&"Cakes").send().assert_status(204);
        client.get(&shop).assert_body("Cakes");
        client.get("/shops").assert_body("{\"a/b\":\"Cakes\"}");
        client.request(Method::DELETE, &shop).send();
        client.get(&shop).assert_status(404);
    }
}
