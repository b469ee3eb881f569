//! A real PostgreSQL for tests: a private cluster of the machine's own programs, which ends with the test.
//!
//! Where `DATABASE_URL` is set, that server is used instead, with a schema of its own for each [`Database`]; only tests that stop a server then
//! still start one.

mod certificate;
mod database;
mod machine;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::{env, fs};

use tempfile::TempDir;

pub use self::database::Database;

use self::machine::{Account, children, free_port, ordinary_account, program};

/// Who may do everything there.
const USER: &str = "kirsch";

/// Its password. What is logged must not have it.
pub const PASSWORD: &str = "s3cret-of-tests";

/// Runs the server, and waits for a word: a signal to send it. When there is none, the test is gone, and so must be the server and its folder.
///
/// `$0` is the folder, the rest is the command. The pipes of the shell are closed so that the log ends with the server.
const KEEPER: &str = r#"
"$@" </dev/null 2>&1 &
server=$!
exec >/dev/null 2>&1
if read -r word; then
    kill -"$word" $server
    wait $server
else
    kill -QUIT $server
    kill -CONT $server
    wait $server
    rm -rf "$0"
fi
"#;

/// A server that can be stopped and started again.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    port: u16,
    user: Option<Account>,
    has_tls: bool,
    running: Option<Running>,
}

/// The processes of a cluster.
#[derive(Debug)]
struct Running {
    keeper: Child,
    log: Arc<Mutex<String>>,
    /// Ends when the last process of the server has.
    reader: JoinHandle<()>,
}

impl Cluster {
    /// Makes a cluster of its own and starts it.
    pub fn start_new() -> Self {
        let folder = tempfile::Builder::new().prefix("kirsch-pg-").tempdir();
        let folder = folder.expect("there is room for a folder");
        let user = ordinary_account();
        if let Some(account) = user {
            chown(folder.path(), Some(account.user), Some(account.group))
                .expect("root may give a folder away");
        }
        let mut cluster = Self {
            folder,
            port: free_port(),
            user,
            has_tls: false,
            running: None,
        };
        cluster.init();
        cluster.start();
        cluster
    }

    /// One that also speaks TLS, with a certificate for `localhost`. Answers the certificate of the authority that signed it, too.
    pub fn start_with_tls() -> (Self, PathBuf) {
        let mut cluster = Self::start_new();
        cluster.stop();
        let authority = certificate::make(
            |program| cluster.command(Path::new(program)),
            &cluster.data(),
        );
        cluster.has_tls = true;
        cluster.start();
        (cluster, authority)
    }

    fn init(&self) {
        let password = self.folder.path().join("password");
        fs::write(&password, PASSWORD).expect("the folder is new");
        fs::set_permissions(&password, fs::Permissions::from_mode(0o644))
            .expect("the file is ours");
        let mut command = self.command(&program("initdb"));
        command
            .arg("--pgdata")
            .arg(self.data())
            .arg("--pwfile")
            .arg(&password)
            .args(["--username", USER, "--encoding", "UTF8", "--locale", "C"])
            .args([
                "--auth-local",
                "trust",
                "--auth-host",
                "scram-sha-256",
                "--no-sync",
            ]);
        let output = command.output().expect("initdb runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "initdb: {errors}");
    }

    /// Starts it, at the same port, and waits until it answers.
    pub fn start(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let mut command = self.command(Path::new("sh"));
        command.arg("-c").arg(KEEPER).arg(self.folder.path());
        command.arg(program("postgres")).arg("-D").arg(self.data());
        command.arg("-k").arg(self.folder.path());
        for setting in [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            "fsync=off".to_owned(),
            "max_connections=60".to_owned(),
            "shared_buffers=16MB".to_owned(),
            format!("ssl={}", self.has_tls),
        ] {
            command.arg("-c").arg(setting);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        self.running = Some(Running::of(&mut command));
    }

    /// Stops it as a crash would: connections break, and what was not committed is lost.
    pub fn stop(&mut self) {
        let Some(mut running) = self.running.take() else {
            return;
        };
        let mut word = running.keeper.stdin.take().expect("it is a pipe");
        word.write_all(b"QUIT\n").expect("the keeper listens");
        running.keeper.wait().expect("the keeper ends");
        running.reader.join().expect("the log ends");
    }

    /// All its processes stand still: it accepts connections, and never answers.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// They go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).expect("it runs");
        let server = file.lines().next().expect("its first line is the id");
        let mut script = format!("kill -{name} {server}");
        for child in children(server) {
            // One that has ended meanwhile is no trouble.
            write!(script, "; kill -{name} {child} || true").expect("a string is never full");
        }
        let mut shell = Command::new("sh");
        let ended = shell.arg("-c").arg(script).stderr(Stdio::null()).status();
        assert!(ended.expect("there is a shell").success());
    }

    /// What the server has logged since it was started.
    pub fn log(&self) -> String {
        let log = self
            .running
            .as_ref()
            .map(|running| Arc::clone(&running.log));
        log.map_or_else(String::new, |log| lock(&log).clone())
    }

    /// A database of its own, empty.
    pub fn database(&self) -> Database {
        Database::of(self)
    }

    /// The URL of one of its databases, there or not.
    pub fn url_of(&self, database: &str) -> String {
        format!(
            "postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}",
            self.port
        )
    }

    /// The same over the Unix socket.
    pub fn local_url_of(&self, database: &str) -> String {
        let folder = self.folder.path().display();
        format!(
            "postgres://{USER}@/{database}?host={folder}&port={}",
            self.port
        )
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program, run by somebody who is not root.
    fn command(&self, program: &Path) -> Command {
        let Some(account) = self.user else {
            return self.at_home(Command::new(program));
        };
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={}", account.user))
            .arg(format!("--regid={}", account.group))
            .arg("--clear-groups")
            .arg(program);
        self.at_home(command)
    }

    /// What other clusters' owners have in their environment is none of its business.
    fn at_home(&self, mut command: Command) -> Command {
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("PG")) {
                command.env_remove(name);
            }
        }
        command.current_dir(self.folder.path()).env("LC_ALL", "C");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.thaw();
        }
        self.stop();
    }
}

impl Running {
    fn of(command: &mut Command) -> Self {
        let mut keeper = command.spawn().expect("there is a shell");
        let lines = BufReader::new(keeper.stdout.take().expect("it is a pipe")).lines();
        let mut lines = lines.map_while(Result::ok);
        let mut before = String::new();
        let is_ready = lines.by_ref().any(|line| {
            before.push_str(&line);
            before.push('\n');
            line.contains("ready to accept connections")
        });
        assert!(is_ready, "postgres does not start: {before}");
        let log = Arc::new(Mutex::new(before));
        let shared = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in lines {
                let mut log = lock(&shared);
                log.push_str(&line);
                log.push('\n');
            }
        });
        Self {
            keeper,
            log,
            reader,
        }
    }
}

fn lock(log: &Mutex<String>) -> std::sync::MutexGuard<'_, String> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}
