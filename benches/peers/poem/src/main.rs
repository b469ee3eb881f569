//! poem, as its documentation starts it: tokio's multi-thread runtime, here with one worker.

use course::{Course, Echo, HELLO, Message, Pair};
use poem::endpoint::make_sync;
use poem::listener::TcpListener;
use poem::middleware::Tracing;
use poem::web::{Json, Path, Query};
use poem::{EndpointExt, Route, Server, get, handler, post};

fn main() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    // The accept loop is spawned too, so that one thread does all the work.
    runtime.block_on(async { tokio::spawn(serve(Course::from_arguments())).await })?
}

async fn serve(course: Course) -> std::io::Result<()> {
    let server = Server::new(TcpListener::bind(("127.0.0.1", course.port)));
    if course.log {
        course::trace_into_sink();
        return server.run(site(course).with(Tracing)).await;
    }
    server.run(site(course)).await
}

fn site(course: Course) -> Route {
    let mut site = Route::new();
    if course.small {
        site = site
            .at("/plaintext", get(plaintext))
            .at("/json", get(json))
            .at("/user/:id/post/:slug", get(user_post))
            .at("/query", get(query))
            .at("/echo", post(echo));
    }
    if course.statics {
        for (path, text) in course::static_pages() {
            site = site.at(path, get(make_sync(move |_| text)));
        }
    }
    if course.captures {
        for path in course::capture_pages(":id") {
            site = site.at(path, get(capture));
        }
    }
    site
}

#[handler]
fn plaintext() -> &'static str {
    HELLO
}

#[handler]
fn json() -> Json<Message> {
    Json(Message { message: HELLO })
}

#[handler]
fn user_post(Path((id, slug)): Path<(u64, String)>) -> String {
    format!("{id} {slug}")
}

#[handler]
fn query(Query(Pair { a, b }): Query<Pair>) -> String {
    format!("{a} {b}")
}

#[handler]
fn echo(body: Json<Echo>) -> Json<Echo> {
    body
}

#[handler]
fn capture(Path(id): Path<u64>) -> String {
    id.to_string()
}
