//! A `SELECT` and an `UPDATE` through a pool, behind a plain cookie.

use actix_web::error::ErrorInternalServerError;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use deadpool_postgres::{Client, Manager, Pool, Runtime};
use serde::{Deserialize, Serialize};
use tokio_postgres::NoTls;
use tokio_postgres::types::Json;

use crate::plain_cookie::{answer, id, new_id, welcome};

/// As many connections as Kirsch opens by default.
const CONNECTIONS: usize = 8;

/// Without an index on `expires_at`: nothing here is swept.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS peer_sessions (
    id         text        PRIMARY KEY,
    data       jsonb       NOT NULL,
    expires_at timestamptz NOT NULL
)";

const SELECT: &str = "SELECT data FROM peer_sessions WHERE id = $1 AND expires_at > now()";
const UPDATE: &str =
    "UPDATE peer_sessions SET data = $2, expires_at = now() + interval '1 hour' WHERE id = $1";
const INSERT: &str = "INSERT INTO peer_sessions VALUES ($1, $2, now() + interval '1 hour')";

/// What lies in the column `data`.
#[derive(Debug, Deserialize, Serialize)]
struct Visitor {
    counter: u64,
}

#[actix_web::main]
pub async fn serve(port: u16) -> crate::Result {
    let url = std::env::var("DATABASE_URL").map_err(|_| "DATABASE_URL names no database")?;
    // Through a pool of its own: a connection lives on the thread that has opened it, and this one is no worker.
    let first = pool(&url)?.get().await?;
    first.batch_execute(TABLE).await?;
    drop(first);

    let pool = web::Data::new(pool(&url)?);
    let app = move || {
        App::new()
            .app_data(pool.clone())
            .route("/counter", web::get().to(counter))
    };
    let server = HttpServer::new(app).workers(1);
    Ok(server.bind(("127.0.0.1", port))?.run().await?)
}

fn pool(url: &str) -> Result<Pool, Box<dyn std::error::Error + Send + Sync>> {
    let manager = Manager::new(url.parse()?, NoTls);
    let pool = Pool::builder(manager).max_size(CONNECTIONS);
    Ok(pool.runtime(Runtime::Tokio1).build()?)
}

async fn counter(request: HttpRequest, pool: web::Data<Pool>) -> actix_web::Result<HttpResponse> {
    let client = pool.get().await.map_err(ErrorInternalServerError)?;
    let answer = count(id(&request), &client).await;
    answer.map_err(ErrorInternalServerError)
}

async fn count(id: Option<String>, client: &Client) -> Result<HttpResponse, tokio_postgres::Error> {
    if let Some(id) = id {
        let select = client.prepare_cached(SELECT).await?;
        if let Some(row) = client.query_opt(&select, &[&id]).await? {
            let Json(mut visitor): Json<Visitor> = row.try_get(0)?;
            visitor.counter += 1;
            let update = client.prepare_cached(UPDATE).await?;
            client.execute(&update, &[&id, &Json(&visitor)]).await?;
            return Ok(answer(visitor.counter));
        }
    }
    let id = new_id();
    let insert = client.prepare_cached(INSERT).await?;
    let visitor = Visitor { counter: 1 };
    client.execute(&insert, &[&id, &Json(&visitor)]).await?;
    Ok(welcome(id, 1))
}
