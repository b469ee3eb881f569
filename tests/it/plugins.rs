//! What an operator's scripts hold on to: the pid file, the process in the background, and SIGHUP. Real processes and real signals.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::process::{Client, PATIENCE, Process, address_in, command, signal};
use crate::stop::requests_until_told_to_close;

const ANYWHERE: &str = "127.0.0.1:0";

/// A folder with a place for a pid file. Whoever is named in it at the end is killed.
struct Place {
    folder: TempDir,
    file: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("site.pid");
        Self { folder, file }
    }

    fn command(&self, address: &str) -> Command {
        let mut command = command(address);
        command.arg("--pidfile").arg(&self.file);
        command.stderr(Stdio::piped());
        command
    }

    fn serving(&self) -> Process {
        Process::serving(&mut self.command(ANYWHERE))
    }

    /// Runs to the end, which comes at once if this is refused or goes to the background.
    fn run(&self, address: &str, flags: &[&str]) -> Output {
        self.command(address).args(flags).output().unwrap()
    }

    fn pid(&self) -> u32 {
        let text = fs::read_to_string(&self.file).unwrap();
        text.strip_suffix('\n').unwrap().parse().unwrap()
    }

    fn is_empty(&self) -> bool {
        fs::read_dir(self.folder.path()).unwrap().count() == 0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        // No test names this process, or the one that started it, without taking it out again.
        if let Ok(pid) = text.trim().parse() {
            signal(pid, "KILL");
        }
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A process that has ended.
fn dead() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

/// Waits for what another process does in its own time.
fn until(happened: impl Fn() -> bool) {
    let asked = Instant::now();
    while !happened() {
        assert!(asked.elapsed() < PATIENCE, "it does not happen");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// CherryPy: `test_states.py, PluginTests.test_daemonize`, the half about the file.
#[test]
fn the_pid_file_is_there_while_the_site_serves() {
    let place = Place::new();
    let mut site = place.serving();
    assert_eq!(place.pid(), site.id());
    site.connect().get("/").until("hello").unwrap();
    site.signal("TERM");
    assert!(site.ends().0.success());
    assert!(place.is_empty());
}

#[test]
fn the_pid_file_stays_until_the_last_request_is_answered() {
    let place = Place::new();
    let mut site = place.serving();
    let (mut busy, mut idle) = (site.connect(), site.connect());
    idle.get("/").until("hello").unwrap();
    busy.get("/slow");
    idle.get("/").until("hello").unwrap();
    site.signal("TERM");
    assert_eq!(idle.rest(), "");
    assert_eq!(place.pid(), site.id());
    assert!(busy.rest().ends_with("at last"));
    assert!(site.ends().0.success());
    assert!(place.is_empty());
}

#[test]
fn a_pid_file_that_a_killed_site_left_is_replaced() {
    let place = Place::new();
    let mut killed = place.serving();
    killed.signal("KILL");
    let (end, _) = killed.ends();
    assert!(!end.success());
    assert_eq!(place.pid(), killed.id());
    let mut site = place.serving();
    assert_eq!(place.pid(), site.id());
    let ended = format!("the process {} has ended", killed.id());
    assert!(site.log().any(|line| line.ends_with(&ended)));
}

#[test]
fn a_second_site_with_the_same_pid_file_is_refused() {
    let place = Place::new();
    let site = place.serving();
    // Another address, and the same: the pid file has the clearer word.
    for address in [ANYWHERE, &site.address] {
        let second = place.run(address, &[]);
        assert_eq!(second.status.code(), Some(1));
        assert_eq!(text(&second.stdout), "");
        let said = format!(
            "Error: this site is running already (pid {}, {})\n",
            site.id(),
            place.file.display()
        );
        assert_eq!(text(&second.stderr), said);
    }
    assert_eq!(place.pid(), site.id());
    site.connect().get("/").until("hello").unwrap();
}

#[test]
fn another_living_process_is_left_its_pid_file() {
    let place = Place::new();
    fs::write(&place.file, std::process::id().to_string()).unwrap();
    let site = place.run(ANYWHERE, &[]);
    let file = fs::read_to_string(&place.file).unwrap();
    fs::remove_file(&place.file).unwrap();
    assert_eq!(site.status.code(), Some(1));
    assert_eq!(file, std::process::id().to_string());
}

#[test]
fn a_file_that_is_no_pid_file_is_left_alone() {
    let place = Place::new();
    fs::write(&place.file, "[global]\n").unwrap();
    let site = place.run(ANYWHERE, &[]);
    assert_eq!(site.status.code(), Some(1));
    assert!(text(&site.stderr).ends_with("site.pid is no pid file; it is left alone\n"));
    assert_eq!(fs::read_to_string(&place.file).unwrap(), "[global]\n");
}

#[test]
fn a_pid_file_that_cannot_be_written_is_said_and_nothing_serves() {
    let site = command(ANYWHERE)
        .args(["-p", "/no/such/folder/site.pid"])
        .output()
        .unwrap();
    assert_eq!(site.status.code(), Some(1));
    assert!(text(&site.stderr).contains("cannot write the pid file /no/such/folder/site.pid: "));
    assert_eq!(text(&site.stdout), "");
}

#[test]
fn of_several_at_once_one_serves() {
    for stale in [None, Some(dead())] {
        let place = Place::new();
        if let Some(pid) = stale {
            fs::write(&place.file, format!("{pid}\n")).unwrap();
        }
        let start = || {
            let mut command = place.command(ANYWHERE);
            command.stdout(Stdio::piped()).spawn().unwrap()
        };
        let mut sites: Vec<_> = (0..6).map(|_| start()).collect();
        until(|| {
            fs::read_to_string(&place.file)
                .is_ok_and(|text| text != format!("{}\n", stale.unwrap_or(0)))
        });
        let winner = place.pid();
        let place_of_winner = sites.iter().position(|site| site.id() == winner).unwrap();
        let mut winner = sites.swap_remove(place_of_winner);
        for site in sites {
            let end = site.wait_with_output().unwrap();
            assert_eq!(end.status.code(), Some(1), "{end:?}");
            assert_eq!(text(&end.stdout), "");
        }
        assert_eq!(place.pid(), winner.id());
        assert!(winner.try_wait().unwrap().is_none());
        assert!(signal(winner.id(), "TERM"));
        let end = winner.wait_with_output().unwrap();
        assert!(end.status.success(), "{end:?}");
        assert!(text(&end.stdout).contains("serving on "));
        assert!(place.is_empty());
    }
}

/// CherryPy: `test_states.py, PluginTests.test_daemonize`.
#[test]
fn a_site_in_the_background_serves_after_its_parent_has_gone() {
    let place = Place::new();
    let started = place.run(ANYWHERE, &["-d"]);
    assert_eq!(started.status.code(), Some(0), "{started:?}");
    let address = text(&started.stdout).lines().find_map(address_in).unwrap();
    let mut client = Client::connect(&address);
    client.get("/").until("hello").unwrap();
    let pid = place.pid();
    stands_alone(pid);
    // It does not end with a terminal, and it ends as any other.
    assert!(signal(pid, "HUP"));
    client.get("/").until("hello").unwrap();
    assert!(signal(pid, "TERM"));
    assert_eq!(client.rest(), "");
    until(|| place.is_empty());
}

/// Nothing ties the process to whoever started it: a session of its own, no terminal, no open output. The folder and the umask stay.
fn stands_alone(pid: u32) {
    let here = Path::new("/proc").join(pid.to_string());
    for number in ["0", "1", "2"] {
        let file = fs::read_link(here.join("fd").join(number)).unwrap();
        assert_eq!(file, Path::new("/dev/null"));
    }
    let stat = fs::read_to_string(here.join("stat")).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let session = fields.split_whitespace().nth(3).unwrap();
    assert_eq!(session, pid.to_string());
    let folder = fs::read_link(here.join("cwd")).unwrap();
    assert_eq!(folder, std::env::current_dir().unwrap());
    let umask = |process: &Path| {
        let status = fs::read_to_string(process.join("status")).unwrap();
        status
            .lines()
            .find(|line| line.starts_with("Umask:"))
            .unwrap()
            .to_owned()
    };
    assert_eq!(umask(&here), umask(Path::new("/proc/self")));
}

#[test]
fn a_background_start_that_fails_says_so() {
    let living = Process::start();
    let place = Place::new();
    let refused = place.run(&living.address, &["--daemonize"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = format!(
        "Error: cannot listen on {}: address already in use\n",
        living.address
    );
    assert_eq!(text(&refused.stderr), said);
    assert_eq!(text(&refused.stdout), "");
    assert!(place.is_empty());
}

#[test]
fn a_second_site_in_the_background_is_refused() {
    let place = Place::new();
    let first = place.run(ANYWHERE, &["-d"]);
    assert!(first.status.success(), "{first:?}");
    let second = place.run(ANYWHERE, &["-d"]);
    assert_eq!(second.status.code(), Some(1));
    let said = format!("this site is running already (pid {}, ", place.pid());
    assert!(text(&second.stderr).contains(&said), "{second:?}");
}

/// As the children of a daemon do.
#[test]
fn the_mark_of_another_daemon_means_nothing() {
    let place = Place::new();
    let mut command = place.command(ANYWHERE);
    let started = command.arg("-d").env("KIRSCH_DAEMON", "0:1").output();
    let started = started.unwrap();
    assert!(started.status.success(), "{started:?}");
    let pid = place.pid();
    stands_alone(pid);
}

#[test]
fn lists_and_checks_stay_in_the_foreground() {
    let place = Place::new();
    let listed = place.run(ANYWHERE, &["-d", "check"]);
    assert!(listed.status.success());
    assert!(
        text(&listed.stdout).starts_with("the site is well"),
        "{listed:?}"
    );
    assert!(place.is_empty());
}

/// CherryPy: `test_states.py, SignalHandlingTests.test_SIGHUP_daemonized`; but nothing is started again.
#[test]
fn no_request_is_lost_when_the_configuration_is_read_again() {
    let mut site = Process::serving(command(ANYWHERE).stderr(Stdio::piped()));
    let mut log = site.log();
    let stopping = AtomicBool::new(false);
    let served: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| requests_until_told_to_close(&site.address, &stopping)))
            .collect();
        // Whatever becomes of it, the clients are told to stop before anything fails here: the scope waits for them.
        let begun = Instant::now();
        let is_read = (0..3).all(|_| {
            site.signal("HUP");
            log.by_ref()
                .take_while(|_| begun.elapsed() < PATIENCE)
                .any(|line| line.ends_with("the configuration has been read again"))
        });
        // The log is a pipe, and must be read while the site writes it.
        let rest = scope.spawn(|| log.count());
        stopping.store(true, Ordering::Relaxed);
        site.signal("TERM");
        let served = clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .sum();
        rest.join().unwrap();
        assert!(is_read);
        served
    });
    assert!(served >= 4, "{served}");
    assert!(site.ends().0.success());
}
