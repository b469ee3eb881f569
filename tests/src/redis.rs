//! A private Redis: started on a Unix socket and a free port, in a temporary folder, and ended with the test process. `REDIS_URL` uses another.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "in a test a panic is the report"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A Redis that is there for as long as this is.
#[derive(Debug)]
pub struct Redis {
    url: String,
    /// A shell that ends the server when this process ends, however it does: its input is closed then.
    keeper: Option<Child>,
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
                _folder: None,
            };
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let script = format!(
            "redis-server --port {port} --bind 127.0.0.1 --dir {} --save '' --appendonly no --daemonize no >/dev/null 2>&1 & read -r _; kill $!; wait",
            folder.path().display()
        );
        let keeper = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a shell");
        let redis = Self {
            url: format!("redis://127.0.0.1:{port}"),
            keeper: Some(keeper),
            _folder: Some(folder),
        };
        redis.wait_for(port);
        redis
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn wait_for(&self, port: u16) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if is_there(port).is_some_and(|answer| answer.starts_with(b"+PONG")) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("redis-server does not start: tests/run installs it");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            drop(keeper.stdin.take());
            drop(keeper.wait());
        }
    }
}

fn is_there(port: u16) -> Option<[u8; 7]> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(b"PING\r\n").ok()?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).ok()?;
    Some(answer)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("a bound socket").port()
}
