//! A private Redis: started on a free port, in a temporary folder, and ended with the test process. `REDIS_URL` uses another.
#![expect(clippy::expect_used, reason = "in a test a panic is the report")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

/// A Redis that is there for as long as this is.
#[derive(Debug)]
pub struct Redis {
    url: String,
    /// A shell that ends the server when this process ends, however it does: its input is closed then.
    keeper: Option<Child>,
    /// Reads the log to its end: a server whose log is full stands still.
    reader: Option<JoinHandle<()>>,
    _folder: Option<tempfile::TempDir>,
}

impl Redis {
    /// Starts one; or uses the one that `REDIS_URL` names.
    ///
    /// # Panics
    /// `redis-server` is not there, or does not start: `tests/run` installs it.
    pub fn start() -> Self {
        if let Ok(url) = std::env::var("REDIS_URL") {
            return Self {
                url,
                keeper: None,
                reader: None,
                _folder: None,
            };
        }
        // Somebody else may take the port before Redis does.
        let started = (0..3).find_map(|_| Self::own());
        started.expect("redis-server starts: tests/run installs it")
    }

    fn own() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let script = format!(
            "redis-server --port {port} --bind 127.0.0.1 --dir {} --save '' --appendonly no --daemonize no --logfile '' & read -r _; kill $!; wait",
            folder.path().display()
        );
        let mut keeper = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut log = BufReader::new(keeper.stdout.take().expect("it is a pipe"));
        let is_ready = is_ready(&mut log);
        let reader =
            std::thread::spawn(move || drop(std::io::copy(&mut log, &mut std::io::sink())));
        let redis = Self {
            url: format!("redis://127.0.0.1:{port}"),
            keeper: Some(keeper),
            reader: Some(reader),
            _folder: Some(folder),
        };
        is_ready.then_some(redis)
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            drop(keeper.stdin.take());
            drop(keeper.wait());
            drop(self.reader.take().map(JoinHandle::join));
        }
    }
}

/// It says so in its log. When it ends instead, the log does.
fn is_ready(log: &mut impl BufRead) -> bool {
    let mut lines = log.lines().map_while(Result::ok);
    lines.any(|line| line.contains("eady to accept connections"))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("a bound socket").port()
}
