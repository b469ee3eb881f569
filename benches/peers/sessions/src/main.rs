//! What remembers a visitor elsewhere: `/counter` reads a number from the visitor's session, adds one, saves it, and answers with it.
//!
//! ```text
//! peer-sessions PORT [sessions] KIND
//! ```
//!
//! | kind | what it is |
//! |---|---|
//! | `map` | actix-web, a map behind a plain cookie: what somebody writes in an afternoon |
//! | `actix-cookie` | actix-session, the data in the cookie |
//! | `actix-memory` | actix-session, over a map: it has no store in memory itself |
//! | `tower` | axum and tower-sessions, its store in memory |
//! | `postgres` | actix-web, a `SELECT` and an `UPDATE` behind a plain cookie; `DATABASE_URL` names the database |
//!
//! Each as its documentation shows it, with its defaults; one worker, no access log. The two that are written by hand keep a plain id in the cookie
//! and sweep nothing.

mod actix;
mod map;
mod plain_cookie;
mod postgres;
mod tower;

/// What a server ends with.
type Result = std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port = arguments.first().and_then(|port| port.parse().ok());
    let (Some(port), Some(kind)) = (port, arguments.last()) else {
        usage();
    };
    match kind.as_str() {
        "map" => map::serve(port),
        "actix-cookie" => actix::serve_cookie(port),
        "actix-memory" => actix::serve_memory(port),
        "tower" => tower::serve(port),
        "postgres" => postgres::serve(port),
        _ => usage(),
    }
}

fn usage() -> ! {
    eprintln!("usage: peer-sessions PORT [sessions] map|actix-cookie|actix-memory|tower|postgres");
    std::process::exit(2)
}
