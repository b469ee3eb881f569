//! What is asked of the database: one statement for each thing that a store does.
//!
//! Each but that which takes a lease may be sent twice without harm, since after a connection that ended nobody knows whether the first was carried out. What makes that
//! true is the token of a lease: it stays in its row when the lease is given back, until the next one is taken. A lease that is asked for again has another token.
//!
//! All times are the database's: several machines agree on nothing else.

/// The statements for one table.
#[derive(Debug)]
pub(super) struct Statements {
    /// $1 key, $2 widest text, $3 absolute life, $4 fresh life, $5 idle life.
    pub(super) read: String,
    /// $1 key, $2 token, $3 absolute life, $4 widest text, $5 lease.
    pub(super) open: String,
    /// $1 key, $2 absolute life.
    pub(super) exists: String,
    /// $1 key, $2 token.
    pub(super) is_mine: String,
    /// $1 key, $2 data, $3 idle life, $4 absolute life.
    pub(super) create: String,
    /// $1 key, $2 token, $3 absolute life, $4 data.
    pub(super) save: String,
    /// The same, and $5 idle life.
    pub(super) save_anew: String,
    /// $1 key, $2 token, $3 absolute life.
    pub(super) touch: String,
    /// The same, and $4 idle life.
    pub(super) touch_anew: String,
    /// $1 key, $2 token, $3 absolute life, $4 data, $5 idle life, $6 new key.
    pub(super) copy: String,
    /// $1 key.
    pub(super) delete: String,
    /// $1 keys, $2 their tokens.
    pub(super) release: String,
    /// $1 keys, $2 their tokens.
    pub(super) retire: String,
    /// $1 most rows.
    pub(super) sweep: String,
}

/// The answer does not wait until the transaction is on the disk: for leases, and for when a session was used last. Should the server crash at that
/// moment, a lease is lost, and whoever had it cannot write; or one that was given back stays taken until it ends by itself. What is written is on
/// the disk together with all that was said before it.
const HASTY: &str = "set_config('synchronous_commit', 'off', true)";

/// What is left of a session that was ended: for a minute, a row. A statement that comes late, after it was sent again and carried out, finds that there was something.
const OVER: &str =
    "data = '{}', expires_at = '-infinity', lock_until = now() + interval '1 minute'";

/// Rows with their tokens.
const GIVEN: &str = "unnest($1::bytea[], $2::bytea[]) AS given (key, token) WHERE held.key = given.key AND held.lock_token = given.token";

/// Sessions that are removed at once, at most: some milliseconds.
pub(super) const SLICE: i64 = 1_000;

impl Statements {
    /// The table is checked and quoted.
    pub(super) fn of(table: &str) -> Self {
        let mine = mine();
        Self {
            read: read(table),
            open: open(table),
            exists: format!(
                "SELECT true FROM {table} WHERE key = $1 AND expires_at > now() AND {young}",
                young = young("$2"),
            ),
            is_mine: format!(
                "SELECT lock_token IS NOT DISTINCT FROM $2 FROM {table} WHERE key = $1 AND expires_at > now()"
            ),
            create: create(table),
            save: format!("UPDATE {table} SET data = $4, lock_until = NULL WHERE {mine}"),
            save_anew: format!(
                "UPDATE {table} SET data = $4, expires_at = {end}, lock_until = NULL WHERE {mine}",
                end = end("$5"),
            ),
            touch: format!("UPDATE {table} SET lock_until = NULL WHERE {mine} RETURNING {HASTY}"),
            touch_anew: format!(
                "UPDATE {table} SET expires_at = {end}, lock_until = NULL WHERE {mine} RETURNING {HASTY}",
                end = end("$4"),
            ),
            copy: copy(table, &mine),
            delete: format!(
                "UPDATE {table} SET {OVER} WHERE key = $1 AND expires_at > '-infinity'"
            ),
            release: format!(
                "UPDATE {table} AS held SET lock_until = NULL FROM {GIVEN} AND held.lock_until IS NOT NULL RETURNING held.lock_token, {HASTY}"
            ),
            retire: format!(
                "UPDATE {table} AS held SET {OVER} FROM {GIVEN} RETURNING held.lock_token"
            ),
            sweep: sweep(table),
        }
    }
}

/// The life that begins now: $3 is how long after its first use a session ends, `idle` how long after its last. LEAST passes over what is NULL.
fn end(idle: &str) -> String {
    format!("least(now() + {idle}::interval, created_at + $3::interval)")
}

/// The row is there, alive, and nobody has taken it since the lease with the token $2 was.
fn mine() -> String {
    format!(
        "key = $1 AND lock_token = $2 AND expires_at > now() AND {young}",
        young = young("$3"),
    )
}

/// It is not older than so. What is NULL is no limit.
fn young(absolute: &str) -> String {
    format!("coalesce(created_at + {absolute}::interval > now(), true)")
}

/// The data, unless its text is wider than $n. A row of a gigabyte is not unpacked to know that, and one that takes little room is never so wide, however
/// well it was compressed.
fn bounded(limit: &str) -> String {
    format!(
        "CASE WHEN pg_column_size(data) <= 2048 THEN data \
         WHEN pg_column_size(data) <= 8 * {limit}::bigint AND octet_length(data::text) <= {limit}::bigint THEN data END"
    )
}

/// The life begins anew only where $4 of it is not left: most reads write nothing. A row that somebody else is just writing is left: reading waits for
/// nobody.
fn read(table: &str) -> String {
    format!(
        "WITH slid AS (\
           UPDATE {table} SET expires_at = {end} WHERE key = (\
             SELECT key FROM {table} WHERE key = $1 AND expires_at > now() \
             AND expires_at < least(now() + $4::interval, created_at + $3::interval) FOR UPDATE SKIP LOCKED\
           )\
         ) SELECT {data} FROM {table} WHERE key = $1 AND expires_at > now() AND {young}",
        end = end("$5"),
        data = bounded("$2"),
        young = young("$3"),
    )
}

/// Takes the lease with the token $2 for $5, of a session that is not older than $3. No row: there is no such session, or somebody else holds it. Which
/// of both is asked by itself: in this one statement, the question would make it a quarter slower for all who need not ask.
fn open(table: &str) -> String {
    format!(
        "UPDATE {table} SET lock_token = $2, lock_until = now() + $5::interval \
         WHERE key = $1 AND expires_at > now() AND {young} AND (lock_until IS NULL OR lock_until <= now()) \
         RETURNING {data}, expires_at, now(), {HASTY}",
        young = young("$3"),
        data = bounded("$4"),
    )
}

/// A row that has expired and is not swept yet is no obstacle; what is left of one that was ended is.
fn create(table: &str) -> String {
    format!(
        "INSERT INTO {table} AS old (key, data, created_at, expires_at) \
         VALUES ($1, $2, now(), least(now() + $3::interval, now() + $4::interval)) \
         ON CONFLICT (key) DO UPDATE SET data = excluded.data, created_at = excluded.created_at, expires_at = excluded.expires_at, \
           lock_token = NULL, lock_until = NULL WHERE old.expires_at <= now() AND old.expires_at > '-infinity'"
    )
}

/// A session under another key, as old as it is. Sent again, it finds the row with its own token.
fn copy(table: &str, mine: &str) -> String {
    format!(
        "INSERT INTO {table} AS old (key, data, created_at, expires_at, lock_token) \
         SELECT $6, $4, created_at, {end}, $2 FROM {table} WHERE {mine} \
         ON CONFLICT (key) DO UPDATE SET data = excluded.data WHERE old.lock_token = $2",
        end = end("$5"),
    )
}

/// The array is built once. `key IN (SELECT … LIMIT …)` may be evaluated for each row, and then removes more than the limit.
fn sweep(table: &str) -> String {
    let over = "expires_at <= now() AND (expires_at > '-infinity' OR lock_until IS NULL OR lock_until <= now())";
    format!(
        "WITH gone AS (\
           DELETE FROM {table} WHERE {over} AND key = ANY (ARRAY(\
             SELECT key FROM {table} WHERE {over} ORDER BY expires_at LIMIT $1::bigint FOR UPDATE SKIP LOCKED\
           )) RETURNING true\
         ) SELECT count(*) FROM gone"
    )
}
