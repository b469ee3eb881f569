//! A site in a process of its own, with its sessions in any storage, and what it answers.

use std::fs::Permissions;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use kirsch_tests::postgres::Database;

use crate::process::{PATIENCE, Process, until};

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

    /// Sends a request and half of its body, and waits until the server asks for the rest.
    pub(super) fn begin(&self, path: &str, cookie: &str) -> Begun {
        let mut client = self.process.connect();
        client.send(format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
        ));
        client
            .until("HTTP/1.1 100 Continue\r\n\r\n")
            .expect("it wants the body");
        client.send("ha");
        Begun(client.0)
    }

    /// The same, and waits until it has its session.
    pub(super) fn begin_with_session(&self, path: &str, cookie: &str) -> Begun {
        let before = self.hits();
        let begun = self.begin(path, cookie);
        until("it has its session", || self.hits() > before);
        begun
    }

    /// How often a session was asked for that was there. Asks for none itself.
    fn hits(&self) -> u64 {
        let figures = self.ask("/figures", "").body;
        figures.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// How often requests met at a session: of those that could not write, that waited, and that were refused; and for how long sessions were held.
    pub(super) fn contention(&self) -> ([u64; 3], Duration) {
        let told = self.ask("/contention", "").body;
        let mut numbers = told.split(' ').map(|number| number.parse().unwrap());
        let mut next = || numbers.next().unwrap();
        ([next(), next(), next()], Duration::from_millis(next()))
    }

    pub(super) fn ask(&self, path: &str, cookie: &str) -> Answer {
        read(self.send(path, cookie))
    }

    /// A visitor who has been counted once.
    pub(super) fn visitor(&self) -> String {
        self.ask("/inc", "").expect(200, "1").cookie().unwrap()
    }
}

/// A request with half of its body.
pub(super) struct Begun(TcpStream);

impl Begun {
    /// Sends the other half.
    pub(super) fn finish(mut self) -> Answer {
        self.0.write_all(b"lf").unwrap();
        read(self.0)
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

/// Once with lines for each storage.
pub(super) fn on_each_storage(test: impl Fn(&str)) {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::fresh());
    test(PATIENT);
    test(&in_files(&folder));
    test(&in_postgres(&database));
}

pub(super) fn in_files(folder: &tempfile::TempDir) -> String {
    let folder = folder.path().join("sessions");
    let folder = folder.display();
    format!(
        "{PATIENT}tools.sessions.storage = \"file\"\ntools.sessions.storage_path = \"{folder}\"\n"
    )
}
