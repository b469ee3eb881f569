//! A site in a process of its own, asked over raw sockets and ended by signals.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is the report"
)]

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a test waits for what must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The site of `src/bin/kirsch-timed.rs`, serving.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: String,
}

impl Process {
    pub(crate) fn start() -> Self {
        Self::listening_on("127.0.0.1:0")
    }

    pub(crate) fn listening_on(address: &str) -> Self {
        Self::serving(command(address).stderr(Stdio::null()))
    }

    /// Waits until it serves.
    pub(crate) fn serving(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| address_in(&line))
            .expect("it says where it serves");
        Self { child, address }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it logs, line by line, if its standard error is a pipe.
    pub(crate) fn log(&mut self) -> impl Iterator<Item = String> + use<> {
        let errors = self.child.stderr.take().unwrap();
        BufReader::new(errors).lines().map_while(Result::ok)
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(&self.address)
    }

    pub(crate) fn signal(&self, name: &str) {
        assert!(signal(self.id(), name));
    }

    /// Ends it at this very moment, with nothing in between.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the process to end by itself.
    pub(crate) fn ends(&mut self) -> (ExitStatus, Duration) {
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, asked.elapsed());
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        panic!("the process does not end");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Looks until it is so.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it is still not so: {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// Whether there is a process that the signal could be sent to.
pub(crate) fn signal(id: u32, name: &str) -> bool {
    let mut kill = Command::new("kill");
    kill.args(["-s", name, &id.to_string()]);
    kill.stderr(Stdio::null()).status().unwrap().success()
}

/// Where a line says that it serves, if it does.
pub(crate) fn address_in(line: &str) -> Option<String> {
    let said = line.strip_prefix("serving on ")?;
    let address = said.trim_start_matches("http://").trim_end_matches('/');
    Some(address.to_owned())
}

/// The command that serves the site there.
pub(crate) fn command(address: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kirsch-timed"));
    command.args(["--listen", address]);
    command
}

/// A connection, spoken to in bytes.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.0.write_all(bytes.as_ref()).unwrap();
        self
    }

    pub(crate) fn get(&mut self, path: &str) -> &mut Self {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: t\r\n\r\n"))
    }

    /// Reads until `end` has come, and gives what came; nothing if the connection ends before it.
    pub(crate) fn until(&mut self, end: &str) -> Option<String> {
        let mut text = Vec::new();
        let mut byte = [0];
        while !text.ends_with(end.as_bytes()) {
            if self.0.read(&mut byte).ok()? == 0 {
                return None;
            }
            text.push(byte[0]);
        }
        String::from_utf8(text).ok()
    }

    /// Reads to the end of the connection, however it ends.
    pub(crate) fn rest(&mut self) -> String {
        let mut text = Vec::new();
        if let Err(cause) = self.0.read_to_end(&mut text) {
            assert_ne!(cause.kind(), ErrorKind::WouldBlock, "it stays open");
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}
