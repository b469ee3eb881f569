//! Starting the servers to be measured, and being sure that they end.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use crate::Result;
use crate::endpoints::Site;

/// A server's program: Kirsch's own, or a peer's.
#[derive(Clone, Debug)]
pub struct Program {
    /// What a table calls it.
    pub name: String,
    /// Its executable.
    pub path: PathBuf,
    /// What it is told beside the port and the site.
    pub arguments: Vec<OsString>,
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    port: u16,
    complaints: NamedTempFile,
}

/// How long a server may take until it accepts connections. Under valgrind, 500 routes take seconds.
const START: Duration = Duration::from_mins(2);

/// The frameworks under `peers/`, bare actix-web first: it is what the others are compared with.
const PEERS: [&str; 5] = ["actix", "axum", "rocket", "poem", "salvo"];

impl Program {
    /// Kirsch's site, built beside the program that asks.
    ///
    /// # Errors
    /// It is not built.
    pub fn kirsch() -> Result<Self> {
        let path = env::current_exe()?.with_file_name("site");
        Self::built(
            "kirsch".into(),
            path,
            "cargo build --release -p kirsch-benches",
        )
    }

    /// A program from `PATH` or `NAME=PATH`; what follows after a space is what it is told: `map=PATH map`.
    ///
    /// # Errors
    /// There is no such file.
    pub fn from_argument(argument: &str) -> Result<Self> {
        let mut words = argument.split_whitespace();
        let first = words.next().unwrap_or_default();
        let (name, path) = first.split_once('=').unwrap_or_else(|| {
            let name = first.rsplit('/').next().unwrap_or(first);
            (name, first)
        });
        let program = Self::built(name.into(), path.into(), "cargo build --release")?;
        Ok(program.told(words))
    }

    /// The program under `peers/` that remembers visitors, in one of its kinds.
    ///
    /// # Errors
    /// It is not built.
    pub fn peer_sessions(kind: &str) -> Result<Self> {
        Ok(Self::peer("sessions")?.called(kind).told([kind]))
    }

    /// The same program under another name.
    #[must_use]
    pub fn called(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The same program, told more.
    #[must_use]
    pub fn told(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Every peer that serves all endpoints.
    ///
    /// # Errors
    /// One of them is not built.
    pub fn peers() -> Result<Vec<Self>> {
        PEERS.iter().map(|name| Self::peer(name)).collect()
    }

    fn peer(name: &str) -> Result<Self> {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let how = format!(
            "cargo build --release --manifest-path {} -p peer-{name}",
            peers.join("Cargo.toml").display()
        );
        let path = peers.join("target/release").join(format!("peer-{name}"));
        Self::built(name.into(), path, &how)
    }

    fn built(name: String, path: PathBuf, how: &str) -> Result<Self> {
        if path.is_file() {
            let arguments = Vec::new();
            return Ok(Self {
                name,
                path,
                arguments,
            });
        }
        Err(format!("`{}` is not there; build it with `{how}`", path.display()).into())
    }
}

impl Server {
    /// Starts the program behind `launcher` (such as `taskset -c 0`, or nothing) and waits until it accepts connections.
    ///
    /// # Errors
    /// The launcher is missing, or the server ended or was not ready within two minutes; its own words are passed on.
    pub fn start(program: &Program, site: Site, mut launcher: Command) -> Result<Self> {
        let port = free_port()?;
        let complaints = NamedTempFile::new()?;
        let mut arguments: Vec<OsString> = vec![port.to_string().into()];
        arguments.extend(site.arguments().into_iter().map(OsString::from));
        arguments.extend_from_slice(&program.arguments);
        launcher.arg(&program.path).args(arguments);
        // A server that logs every request says too much to be kept.
        let words = if site.log {
            Stdio::null()
        } else {
            complaints.reopen()?.into()
        };
        launcher
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(words);
        let child = launcher
            .spawn()
            .map_err(|error| format!("cannot start {launcher:?}: {error}"))?;
        let mut server = Self {
            child,
            port,
            complaints,
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The processor time of all its threads so far, or `None` where the system does not tell.
    pub fn processor_time(&self) -> Option<Duration> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.id())).ok()?;
        let nanoseconds = tasks.map(|task| {
            let times = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
            times.split(' ').next()?.parse::<u64>().ok()
        });
        nanoseconds.sum::<Option<u64>>().map(Duration::from_nanos)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let begin = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if self.child.try_wait()?.is_some() || begin.elapsed() > START {
                return Err(format!("the server did not start: {}", self.last_words()).into());
            }
            pause(Duration::from_millis(50));
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let words = fs::read_to_string(self.complaints.path()).unwrap_or_default();
        let lines: Vec<_> = words.lines().rev().take(10).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has ended already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits. These programs have nothing else to do meanwhile.
#[expect(
    clippy::disallowed_methods,
    reason = "there is no worker to block here"
)]
pub fn pause(time: Duration) {
    thread::sleep(time);
}

/// Whether a program of this name can be started.
pub fn is_installed(name: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| File::open(folder.join(name)).is_ok())
}

/// A port that nobody listens on. Somebody could take it before the server does; then the server says so.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
