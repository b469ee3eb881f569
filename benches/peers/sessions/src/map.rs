//! A map behind a plain cookie.

use std::collections::HashMap;
use std::sync::Mutex;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

use crate::plain_cookie::{answer, id, new_id, welcome};

/// What is remembered of the visitors, by their ids.
type Visitors = Mutex<HashMap<String, Visitor>>;

#[derive(Default)]
struct Visitor {
    counter: u64,
}

#[actix_web::main]
pub async fn serve(port: u16) -> crate::Result {
    let visitors = web::Data::new(Visitors::default());
    let app = move || {
        App::new()
            .app_data(visitors.clone())
            .route("/counter", web::get().to(counter))
    };
    let server = HttpServer::new(app).workers(1);
    Ok(server.bind(("127.0.0.1", port))?.run().await?)
}

async fn counter(request: HttpRequest, visitors: web::Data<Visitors>) -> HttpResponse {
    let mut visitors = visitors.lock().expect("nobody panics while holding it");
    if let Some(visitor) = id(&request).and_then(|id| visitors.get_mut(&id)) {
        visitor.counter += 1;
        return answer(visitor.counter);
    }
    let id = new_id();
    visitors.insert(id.clone(), Visitor { counter: 1 });
    welcome(id, 1)
}
