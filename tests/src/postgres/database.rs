//! A database for one test, and what SQL answers there.

use std::env;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Cluster;
use super::machine::program;

/// An empty database, or an empty schema of somebody's server.
#[derive(Debug, Clone)]
pub struct Database {
    pub(super) url: String,
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

    fn schema_of(server: &str) -> Self {
        let name = fresh_name();
        execute(server, &format!("CREATE SCHEMA {name}"));
        let joint = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{joint}options=-c%20search_path%3D{name}");
        Self { url }
    }

    /// Where it is, password included.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What SQL answers: a line for each row, `|` between columns.
    pub fn execute(&self, sql: &str) -> String {
        execute(&self.url, sql)
    }

    /// The same for SQL that takes its time: another process runs it meanwhile.
    pub fn begin(&self, sql: &str) -> Child {
        let mut command = psql(&self.url);
        let child = command.arg("-c").arg(sql).stdout(Stdio::piped()).spawn();
        child.expect("psql runs")
    }
}

pub(super) fn execute(url: &str, sql: &str) -> String {
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

pub(super) fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("kirsch_{}_{number}", std::process::id())
}
