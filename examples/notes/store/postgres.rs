//! In PostgreSQL: for several machines, and for whoever has a database already.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kirsch::actix_web::http::StatusCode;
use kirsch::actix_web::rt;
use kirsch::postgres::{Pool, Row, ToSql, pool};
use kirsch::{Error, Result};

use super::{Note, Part, Sheet};
use crate::draft::Draft;
use crate::moment::Moment;
use crate::search::Search;
use crate::user::User;

/// What makes the tables. It may be run again, and by several at once: the lock lets one after the other.
///
/// `searched` has the words in small letters, made here: what a database takes for small depends on its locale.
const SCHEMA: &str = "
    BEGIN;
    SELECT pg_advisory_xact_lock(hashtext('kirsch notes'));
    CREATE TABLE IF NOT EXISTS note_user (
        id bigint PRIMARY KEY,
        key text NOT NULL UNIQUE,
        name text NOT NULL,
        hash text NOT NULL
    );
    CREATE TABLE IF NOT EXISTS note (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        owner bigint NOT NULL,
        title text NOT NULL,
        text text NOT NULL,
        searched text NOT NULL,
        created timestamptz NOT NULL,
        updated timestamptz NOT NULL
    );
    CREATE INDEX IF NOT EXISTS note_by_owner ON note (owner, updated DESC, id DESC);
    COMMIT;
";

/// Which notes a search finds: those of the owner in which every word stands.
macro_rules! found {
    () => {
        "FROM note WHERE owner = $1 AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS word WHERE position(word IN searched) = 0)"
    };
}

/// What the operator is told: the last of the causes is the system's.
fn absent(error: &(dyn std::error::Error + 'static)) -> Error {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let last = causes.last().unwrap_or(error);
    Error::internal(format!(
        "the database of `--postgres` cannot be reached: {last}"
    ))
}

/// The store in a database. A clone shares the connections.
#[derive(Clone)]
pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub(super) fn open(url: &str) -> Result<Self> {
        let postgres = Self { pool: pool(url)? };
        rt::Runtime::new()?.block_on(async {
            let client = postgres.pool.get().await;
            let client = client.map_err(|error| absent(&error))?;
            client.batch_execute(SCHEMA).await?;
            Ok::<_, Error>(())
        })?;
        Ok(postgres)
    }

    /// What a statement answers. A connection knows it after the first time.
    async fn ask(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        // It comes back: then a 500 would say too much.
        let away = || {
            let words = "the notes cannot be reached; please try again";
            Error::new(StatusCode::SERVICE_UNAVAILABLE, words)
        };
        let client = self.pool.get().await;
        let client = client.map_err(|error| away().because(error))?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, values).await?)
    }

    pub(super) async fn note(&self, owner: u64, id: u64) -> Result<Option<Note>> {
        const SQL: &str =
            "SELECT id, title, text, created, updated FROM note WHERE owner = $1 AND id = $2";
        let Some((owner, id)) = numbers(owner, id) else {
            return Ok(None);
        };
        let rows = self.ask(SQL, &[&owner, &id]).await?;
        rows.first().map(read).transpose()
    }

    pub(super) async fn list(&self, owner: u64, search: &Search, part: Part) -> Result<Sheet> {
        const COUNT: &str = concat!("SELECT count(*) ", found!());
        const SQL: &str = concat!(
            "SELECT id, title, text, created, updated ",
            found!(),
            " ORDER BY updated DESC, id DESC LIMIT $3 OFFSET $4"
        );
        let (owner, words) = (i64::try_from(owner)?, search.words());
        let rows = self.ask(COUNT, &[&owner, &words]).await?;
        let found: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
        let found = usize::try_from(found)?;
        let (number, count) = part.of(found);
        let (size, skipped) = (
            i64::try_from(part.size)?,
            i64::try_from((number - 1) * part.size)?,
        );
        let rows = self.ask(SQL, &[&owner, &words, &size, &skipped]).await?;
        Ok(Sheet {
            notes: rows.iter().map(read).collect::<Result<_>>()?,
            found,
            number,
            count,
        })
    }

    pub(super) async fn create(&self, owner: u64, draft: Draft, now: Moment) -> Result<Note> {
        const SQL: &str = "INSERT INTO note (owner, title, text, searched, created, updated) VALUES ($1, $2, $3, $4, $5, $5)
            RETURNING id, title, text, created, updated";
        let (owner, searched, now) = (i64::try_from(owner)?, searched(&draft), time(now));
        let values: [&(dyn ToSql + Sync); 5] = [&owner, &draft.title, &draft.text, &searched, &now];
        let rows = self.ask(SQL, &values).await?;
        let row = rows.first().ok_or("a row that was inserted is not there");
        read(row.map_err(Error::internal)?)
    }

    pub(super) async fn change(
        &self,
        owner: u64,
        id: u64,
        draft: Draft,
        now: Moment,
    ) -> Result<Option<Note>> {
        const SQL: &str = "UPDATE note SET title = $3, text = $4, searched = $5, updated = $6 WHERE owner = $1 AND id = $2
            RETURNING id, title, text, created, updated";
        let Some((owner, id)) = numbers(owner, id) else {
            return Ok(None);
        };
        let (searched, now) = (searched(&draft), time(now));
        let values: [&(dyn ToSql + Sync); 6] =
            [&owner, &id, &draft.title, &draft.text, &searched, &now];
        let rows = self.ask(SQL, &values).await?;
        rows.first().map(read).transpose()
    }

    pub(super) async fn remove(&self, owner: u64, id: u64) -> Result<bool> {
        const SQL: &str = "DELETE FROM note WHERE owner = $1 AND id = $2 RETURNING id";
        let Some((owner, id)) = numbers(owner, id) else {
            return Ok(false);
        };
        Ok(!self.ask(SQL, &[&owner, &id]).await?.is_empty())
    }

    pub(super) async fn user(&self, name: &str) -> Result<Option<(User, String)>> {
        const SQL: &str = "SELECT id, name, hash FROM note_user WHERE key = $1";
        let rows = self.ask(SQL, &[&name.to_lowercase()]).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let id = u64::try_from(row.try_get::<_, i64>(0)?)?;
        let name = row.try_get(1)?;
        Ok(Some((User { id, name }, row.try_get(2)?)))
    }

    pub(super) async fn sign_up(&self, user: User, hash: &str) -> Result<Option<User>> {
        const SQL: &str = "INSERT INTO note_user (id, key, name, hash) VALUES ($1, $2, $3, $4)
            ON CONFLICT (key) DO NOTHING RETURNING id";
        let (id, key) = (i64::try_from(user.id)?, user.name.to_lowercase());
        let values: [&(dyn ToSql + Sync); 4] = [&id, &key, &user.name, &hash];
        let rows = self.ask(SQL, &values).await?;
        Ok((!rows.is_empty()).then_some(user))
    }
}

/// Says nothing of the database: its URL may have a password.
impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Postgres")
    }
}

/// Numbers as the database has them. A larger one, out of somebody's URL, is nothing's.
fn numbers(owner: u64, id: u64) -> Option<(i64, i64)> {
    Some((owner.try_into().ok()?, id.try_into().ok()?))
}

fn searched(draft: &Draft) -> String {
    let small = |text: &str| -> String { text.chars().flat_map(char::to_lowercase).collect() };
    // No word has a line end in it.
    format!("{}\n{}", small(&draft.title), small(&draft.text))
}

fn time(moment: Moment) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(moment.0)
}

fn read(row: &Row) -> Result<Note> {
    let moment = |at: usize| -> Result<Moment> {
        let time: SystemTime = row.try_get(at)?;
        let since = time.duration_since(UNIX_EPOCH);
        Ok(Moment(since.map_or(0, |since| since.as_secs())))
    };
    Ok(Note {
        id: u64::try_from(row.try_get::<_, i64>(0)?)?,
        title: row.try_get(1)?,
        text: row.try_get(2)?,
        created: moment(3)?,
        updated: moment(4)?,
    })
}
