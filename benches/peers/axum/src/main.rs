//! axum, as its documentation starts it: tokio's multi-thread runtime, here with one worker.

use axum::extract::{Path, Query};
use axum::routing::{get, post};
use axum::{Json, Router};
use course::{Course, Echo, HELLO, Message, Pair};
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::Level;

fn main() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    // The accept loop is spawned too, so that one thread does all the work.
    runtime.block_on(async { tokio::spawn(serve(Course::from_arguments())).await })?
}

async fn serve(course: Course) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", course.port)).await?;
    axum::serve(listener, site(course)).await
}

fn site(course: Course) -> Router {
    let mut site = Router::new();
    if course.small {
        site = site
            .route("/plaintext", get(async || HELLO))
            .route("/json", get(async || Json(Message { message: HELLO })))
            .route("/user/{id}/post/{slug}", get(user_post))
            .route("/query", get(query))
            .route("/echo", post(async |body: Json<Echo>| body));
    }
    if course.statics {
        for (path, text) in course::static_pages() {
            site = site.route(&path, get(move || async move { text }));
        }
    }
    if course.captures {
        for path in course::capture_pages("{id}") {
            site = site.route(&path, get(async |Path(id): Path<u64>| id.to_string()));
        }
    }
    if course.log {
        course::trace_into_sink();
        let trace = TraceLayer::new_for_http()
            .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
            .on_response(DefaultOnResponse::new().level(Level::INFO));
        site = site.layer(trace);
    }
    site
}

async fn user_post(Path((id, slug)): Path<(u64, String)>) -> String {
    format!("{id} {slug}")
}

async fn query(Query(Pair { a, b }): Query<Pair>) -> String {
    format!("{a} {b}")
}
