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
    /// None of somebody else's.
    running: Option<Running>,
}

/// A server of our own.
#[derive(Debug)]
struct Running {
    /// A shell that ends the server when this process ends, however it does: its input is closed then.
    keeper: Child,
    /// Reads the log to its end: a server whose log is full stands still.
    reader: Option<JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl Redis {
    /// Starts one; or uses the one that `REDIS_URL` names.
    ///
    /// # Panics
    /// `redis-server` is not there, or does not start: `tests/run` installs it.
    pub fn start() -> Self {
        match std::env::var("REDIS_URL") {
            Ok(url) => Self { url, running: None },
            Err(_) => Self::start_new(),
        }
    }

    /// Starts one that can be stopped.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_new() -> Self {
        // Somebody else may take the port before Redis does.
        let started = (0..3).find_map(|_| {
            let port = free_port();
            let running = Some(Running::at(port)?);
            let url = format!("redis://127.0.0.1:{port}");
            Some(Self { url, running })
        });
        started.expect("redis-server starts: tests/run installs it")
    }

    /// Ends it; what it holds is lost.
    pub fn stop(&mut self) {
        drop(self.running.take());
    }

    /// Starts one at the same place.
    ///
    /// # Panics
    /// It does not start.
    pub fn start_again(&mut self) {
        let port = self
            .url
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok());
        self.running = port.and_then(Running::at);
        assert!(self.running.is_some(), "redis-server does not start again");
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Running {
    fn at(port: u16) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
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
        let running = Self {
            keeper,
            reader: Some(reader),
            _folder: folder,
        };
        is_ready.then_some(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
        drop(self.reader.take().map(JoinHandle::join));
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
