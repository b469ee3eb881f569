//! axum and tower-sessions, started as `peer-axum` is.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

pub fn serve(port: u16) -> crate::Result {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    // The accept loop is spawned too, so that one thread does all the work.
    runtime.block_on(async { tokio::spawn(site(port)).await })?
}

async fn site(port: u16) -> crate::Result {
    let sessions = SessionManagerLayer::new(MemoryStore::default());
    let site = Router::new()
        .route("/counter", get(counter))
        .layer(sessions);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    Ok(axum::serve(listener, site).await?)
}

async fn counter(session: Session) -> Result<String, StatusCode> {
    let failed = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let number = session.get::<u64>("counter").await.map_err(failed)?;
    let number = number.unwrap_or_default() + 1;
    session.insert("counter", number).await.map_err(failed)?;
    Ok(number.to_string())
}
