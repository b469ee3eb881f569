//! The table, and how it comes to be there.

use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::error::Error;

use super::failure::{Failure, words};
use super::options::millis;
use super::table::Table;

/// The version of the table that this program works with. It stands in the table's comment.
const VERSION: u32 = 1;

/// What the comment begins with.
const MARK: &str = "sessions of Kirsch, version ";

/// The SQL that makes the table, for whoever runs it by hand. It may be run again and by several at once.
pub(super) fn schema(table: &Table) -> String {
    format!("BEGIN;\n{}COMMIT;\n", statements(table))
}

fn statements(table: &Table) -> String {
    let (name, index) = (table.quoted(), table.index());
    // Without the lock, two that create the same table at once get a unique violation in the catalogue.
    format!(
        "SELECT pg_advisory_xact_lock(20829, hashtext('{name}'));
CREATE TABLE IF NOT EXISTS {name} (
    key        bytea       PRIMARY KEY,       -- the SHA-256 of the id in the visitor's cookie
    data       jsonb       NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    lock_token bytea,                         -- whose the session is, or was last
    lock_until timestamptz                    -- until when, unless it is given back before
) WITH (fillfactor = 70);                     -- so that a new version of a row finds room beside the old one
CREATE INDEX IF NOT EXISTS {index} ON {name} (expires_at);
COMMENT ON TABLE {name} IS '{MARK}{VERSION}';
"
    )
}

/// Whether the table is there, and may be used; an error, if it is not and may not be made either.
pub(super) async fn find(client: &Client, table: &Table, create: bool) -> Result<bool, Failure> {
    is_utf8(client).await?;
    let is_there = is_ready(client, table).await?;
    if is_there {
        may_use(client, table).await?;
    } else if !create {
        return Err(Failure::Refused(format!(
            "there is no table `{table}` in the database: run the SQL of `sessions schema --table {table}` there, or set create_schema = true"
        )));
    }
    Ok(is_there)
}

/// Makes the table, within `limit`: others may be making it, and have to be waited for.
pub(super) async fn make(client: &Client, table: &Table, limit: Duration) -> Result<(), Failure> {
    let (limit, statements) = (millis(limit), statements(table));
    // The limits of the connection are those of a request.
    let sql = format!(
        "BEGIN; SET LOCAL statement_timeout = {limit}; SET LOCAL lock_timeout = {limit};\n{statements}COMMIT;"
    );
    let made = client.batch_execute(&sql).await;
    made.map_err(|error| refused(table, &error))?;
    is_ready(client, table).await?;
    may_use(client, table).await
}

/// Who may not write the table is told so at the start, and not by every page.
async fn may_use(client: &Client, table: &Table) -> Result<(), Failure> {
    let may = ["SELECT", "INSERT", "UPDATE", "DELETE"].map(|right| {
        let name = table.quoted();
        format!("has_table_privilege(to_regclass('{name}')::oid, '{right}')")
    });
    let may: Option<bool> = one(client, &format!("SELECT {}", may.join(" AND "))).await?;
    // Without an answer, the table has gone this moment.
    if may.unwrap_or(true) {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "the user of the URL may not read and write the table `{table}`: GRANT SELECT, INSERT, UPDATE, DELETE ON it"
    )))
}

/// JSON has any character, and a database of another encoding cannot keep it.
async fn is_utf8(client: &Client) -> Result<(), Failure> {
    let encoding: String = one(client, "SHOW server_encoding").await?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "the database is encoded in {encoding}, and sessions need UTF8"
    )))
}

/// Whether the table is there, in this version.
async fn is_ready(client: &Client, table: &Table) -> Result<bool, Failure> {
    let sql = format!(
        "SELECT CASE WHEN to_regclass('{name}') IS NOT NULL \
         THEN coalesce(obj_description(to_regclass('{name}'), 'pg_class'), '') END",
        name = table.quoted()
    );
    let comment: Option<String> = one(client, &sql).await?;
    let Some(comment) = comment else {
        return Ok(false);
    };
    match comment.strip_prefix(MARK).map(str::parse::<u32>) {
        Some(Ok(VERSION)) => Ok(true),
        Some(Ok(other)) => Err(Failure::Refused(format!(
            "the table `{table}` has version {other}, and this program knows version {VERSION}: one of them is too old"
        ))),
        _ => Err(Failure::Refused(format!(
            "the table `{table}` is there, but it is no table for sessions (its comment would say `{MARK}{VERSION}`): choose another name for it"
        ))),
    }
}

async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(
    client: &Client,
    sql: &str,
) -> Result<T, Failure> {
    let row = client.query_one(sql, &[]).await;
    row.and_then(|row| row.try_get(0))
        .map_err(|error| Failure::of(&error))
}

fn refused(table: &Table, error: &Error) -> Failure {
    match Failure::of(error) {
        Failure::Refused(_) => Failure::Refused(format!(
            "cannot create the table `{table}`: {}; whoever may can run the SQL of `sessions schema --table {table}`",
            words(error)
        )),
        other => other,
    }
}
