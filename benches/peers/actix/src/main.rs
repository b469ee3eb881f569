//! Bare actix-web: its own router, a flat list of routes.

use actix_web::{App, HttpServer, middleware::Logger, web};
use course::{Course, Echo, HELLO, Message, Pair};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let course = Course::from_arguments();
    let address = ("127.0.0.1", course.port);
    let site = move |config: &mut web::ServiceConfig| site(course, config);
    // Two applications, as a `Condition` around `Logger` would cost the one without a log something too.
    if course.log {
        course::log_into_sink();
        let app = move || App::new().wrap(Logger::default()).configure(site);
        return HttpServer::new(app).workers(1).bind(address)?.run().await;
    }
    HttpServer::new(move || App::new().configure(site))
        .workers(1)
        .bind(address)?
        .run()
        .await
}

fn site(course: Course, config: &mut web::ServiceConfig) {
    if course.small {
        config
            .route("/plaintext", web::get().to(plaintext))
            .route("/json", web::get().to(json))
            .route("/user/{id}/post/{slug}", web::get().to(post))
            .route("/query", web::get().to(query))
            .route("/echo", web::post().to(echo));
    }
    if course.statics {
        for (path, text) in course::static_pages() {
            config.route(&path, web::get().to(move || async move { text }));
        }
    }
    if course.captures {
        for path in course::capture_pages("{id}") {
            config.route(&path, web::get().to(capture));
        }
    }
}

async fn plaintext() -> &'static str {
    HELLO
}

async fn json() -> web::Json<Message> {
    web::Json(Message { message: HELLO })
}

async fn post(path: web::Path<(u64, String)>) -> String {
    let (id, slug) = path.into_inner();
    format!("{id} {slug}")
}

async fn query(web::Query(Pair { a, b }): web::Query<Pair>) -> String {
    format!("{a} {b}")
}

async fn echo(body: web::Json<Echo>) -> web::Json<Echo> {
    body
}

async fn capture(id: web::Path<u64>) -> String {
    id.to_string()
}
