//! A site in a process of its own, with its sessions in any storage, and what it answers.

use std::fs::Permissions;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use kirsch_tests::postgres::Database;

use crate::process::{PATIENCE, Process};

/// What a site answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    /// The cookie that it sets, as a browser sends it back.
    pub(super) fn cookie(&self) -> Option<String> {
        let mut lines = self.head.lines();
        let cookie = lines.find_map(|line| line.strip_prefix("set-cookie: "))?;
        Some(cookie.split(';').next()?.to_owned())
    }

    #[track_caller]
    pub(super) fn expect(self, status: u16, body: &str) -> Self {
        assert_eq!(
            (self.status, self.body.as_str()),
            (status, body),
            "{}",
            self.head
        );
        self
    }
}

/// A process with sessions in the storage that these lines of configuration name.
pub(super) struct Visits {
    pub(super) process: Process,
    _folder: tempfile::TempDir,
}

impl Visits {
    pub(super) fn serving(lines: &str) -> Self {
        Self::by(Command::new(env!("CARGO_BIN_EXE_kirsch-visits")), lines)
    }

    pub(super) fn by(mut command: Command, lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("site.toml");
        std::fs::write(&file, format!("[\"/\"]\n{lines}\n")).unwrap();
        // The command may run as somebody else.
        std::fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        command.args(["--listen", "127.0.0.1:0", "--workers", "2"]);
        command.args(["--set", "global.log.access_on = false", "-c"]);
        command.arg(&file).stderr(Stdio::null());
        Self {
            process: Process::serving(&mut command),
            _folder: folder,
        }
    }

    /// Sends a request, and leaves the answer for later.
    pub(super) fn send(&self, path: &str, cookie: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.process.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let cookie = match cookie {
            "" => String::new(),
            cookie => format!("Cookie: {cookie}\r\n"),
        };
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: a\r\n{cookie}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    pub(super) fn ask(&self, path: &str, cookie: &str) -> Answer {
        read(self.send(path, cookie))
    }

    /// A visitor who has been counted once.
    pub(super) fn visitor(&self) -> String {
        self.ask("/inc", "").expect(200, "1").cookie().unwrap()
    }
}

pub(super) fn read(mut stream: TcpStream) -> Answer {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
    Answer {
        status: head.get(9..12).unwrap().parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

pub(super) const PATIENT: &str = "tools.sessions.lock_timeout = \"20s\"\n";

/// Lines for sessions in a database, with a secret that all processes share.
pub(super) fn in_postgres(database: &Database) -> String {
    let (secret, url) = ("s".repeat(32), database.url());
    format!(
        "{PATIENT}tools.sessions.storage = \"postgres\"\ntools.sessions.database_url = \"{url}\"\ntools.sessions.secret = \"{secret}\"\n"
    )
}

pub(super) fn in_files(folder: &tempfile::TempDir) -> String {
    let folder = folder.path().join("sessions");
    let folder = folder.display();
    format!(
        "{PATIENT}tools.sessions.storage = \"file\"\ntools.sessions.storage_path = \"{folder}\"\n"
    )
}
