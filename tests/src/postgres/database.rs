//! A database for one test, and what SQL answers there.

use std::env;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Cluster;
use super::machine::program;

/// An empty database, or an empty schema of somebody's server.
#[derive(Debug)]
pub struct Database {
    base: String,
    name: String,
    is_schema: bool,
}

impl Database {
    /// One on the server that all tests of this program share.
    pub fn fresh() -> Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        if let Ok(server) = env::var("DATABASE_URL") {
            return Self::schema_of(&server);
        }
        // It is never dropped: its keeper ends it with this process.
        SHARED.get_or_init(Cluster::start_new).database()
    }

    /// A new one in a cluster.
    pub(super) fn of(cluster: &Cluster) -> Self {
        let name = fresh_name();
        let server = cluster.url_of("postgres");
        execute(&server, &format!("CREATE DATABASE {name}"));
        Self {
            base: cluster.url_of(&name),
            name,
            is_schema: false,
        }
    }

    fn schema_of(server: &str) -> Self {
        let name = fresh_name();
        execute(server, &format!("CREATE SCHEMA {name}"));
        let base = with(server, &format!("options=-c%20search_path%3D{name}"));
        Self {
            base,
            name,
            is_schema: true,
        }
    }

    /// A name that nobody else has, for what has to be told apart.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is, password included. Whoever uses it is called by [`Self::name`] there (`application_name`).
    pub fn url(&self) -> String {
        with(&self.base, &format!("application_name={}", self.name))
    }

    /// The same for somebody without a name.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// What SQL answers: a line for each row, `|` between columns.
    pub fn execute(&self, sql: &str) -> String {
        execute(&self.base, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.is_schema {
            execute(&self.base, &format!("DROP SCHEMA {} CASCADE", self.name));
        }
    }
}

/// A URL with one more parameter.
fn with(url: &str, parameter: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{parameter}")
}

fn execute(url: &str, sql: &str) -> String {
    let output = psql(url).arg("-c").arg(sql).output().expect("psql runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{sql}: {errors}");
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned()
}

fn psql(url: &str) -> Command {
    let mut command = Command::new(program("psql"));
    command
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
        .args(["--set", "ON_ERROR_STOP=1", "--dbname", url])
        .stdin(Stdio::null());
    command
}

fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("kirsch_{}_{number}", std::process::id())
}
