//! Sessions under faults, over sockets, in processes that are killed. Every storage that processes share is asked the same.

mod site;
mod visitor;

mod bodies;
mod cookies;
mod counting;
mod disk;
mod figures;
mod outage;
mod strangers;
mod sweeps;

use std::io::Read as _;
use std::net::TcpStream;
use std::process::Command;
use std::time::Instant;

use kirsch_tests::postgres::Database;

use self::site::{PATIENT, Visits, in_files, in_postgres, on_each_storage, read};
use crate::process::{PATIENCE, until};

/// A request that has the session in its hands, and keeps it.
fn held(site: &Visits, cookie: &str) -> TcpStream {
    let mut stream = site.send("/hold", cookie);
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"held") {
        stream.read_exact(&mut byte).unwrap();
        seen.push(byte[0]);
    }
    stream
}

/// A page that is not done when the time for stopping is over is cut off, and its session is free for the process that comes after.
#[test]
fn a_page_that_outlives_its_server_gives_its_session_back() {
    let database = Database::fresh();
    let lines = in_postgres(&database)
        + "tools.sessions.lock_timeout = \"3s\"\n[global]\nserver.shutdown_timeout = \"100ms\"\n";
    let lines = lines.replacen(PATIENT, "", 1);
    let mut site = Visits::serving(&lines);
    let cookie = site.visitor();
    let _held = held(&site, &cookie);
    let _waiting = site.send("/inc?millis=60000", &site.visitor());
    site.process.signal("TERM");
    site.process.ends();
    Visits::serving(&lines)
        .ask("/inc", &cookie)
        .expect(200, "2");
}

/// Whoever holds a session and is killed holds it no longer than the system, or the lease, says.
#[test]
fn a_holder_that_is_killed_lets_go() {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::fresh());
    for lines in [
        in_files(&folder),
        in_postgres(&database) + "tools.sessions.lease = \"2s\"\n",
    ] {
        let [one, two] = [(); 2].map(|()| Visits::serving(&lines));
        let cookie = one.visitor();
        let _held = held(&two, &cookie);
        two.process.signal("KILL");
        one.ask("/inc", &cookie).expect(200, "2");
    }
}

/// A client that goes away gives its session back at once: nobody waits for a lease to end.
#[test]
fn a_client_that_goes_away_lets_go() {
    on_each_storage(|lines| {
        let site = Visits::serving(lines);
        let cookie = site.visitor();
        drop(held(&site, &cookie));
        site.ask("/inc", &cookie).expect(200, "2");
    });
}

#[test]
fn waiting_has_a_limit() {
    let site = Visits::serving("tools.sessions.lock_timeout = \"300ms\"");
    let cookie = site.visitor();
    let _held = held(&site, &cookie);
    let answer = site.ask("/inc", &cookie);
    assert_eq!(answer.status, 503);
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    // Others are not held up, and whoever only looks does not wait.
    site.ask("/inc", "").expect(200, "1");
    site.ask("/look", &cookie).expect(200, "1");
}

/// At most 32 wait; the next is refused at once.
#[test]
fn the_queue_has_an_end() {
    let site = Visits::serving(PATIENT);
    let cookie = site.visitor();
    let held = held(&site, &cookie);
    let (waiting, refused) = crowd(&site, &cookie);
    assert_eq!((refused, waiting.len()), (8, 32));
    drop(held);
    for stream in waiting {
        assert_eq!(read(stream).status, 200);
    }
    site.ask("/look", &cookie).expect(200, "33");
}

/// Forty ask for a session that is held. Answers those that wait for it, and how many were refused.
fn crowd(site: &Visits, cookie: &str) -> (Vec<TcpStream>, u64) {
    let mut waiting: Vec<_> = (0..40).map(|_| site.send("/inc", cookie)).collect();
    // Those that are refused are answered while the session is held; which they are is the workers' affair.
    let mut refused = 0;
    until("eight are refused", || {
        waiting.retain(|stream| {
            stream.set_nonblocking(true).unwrap();
            let is_there = stream.peek(&mut [0]).is_ok();
            stream.set_nonblocking(false).unwrap();
            refused += u64::from(is_there);
            !is_there
        });
        refused >= 8
    });
    (waiting, refused)
}

/// Who was signed out or renewed stays so. Of those who began before, `bodies` tells.
#[test]
fn what_has_ended_stays_ended() {
    on_each_storage(|lines| {
        let site = Visits::serving(lines);
        for end in ["/purge", "/renew"] {
            let cookie = site.visitor();
            assert_eq!(site.ask(end, &cookie).status, 200);
            let answer = site.ask("/inc", &cookie).expect(200, "1");
            assert_ne!(answer.cookie().unwrap(), cookie);
        }
    });
}

/// Only the database's clock counts.
#[test]
fn a_process_whose_clock_is_an_hour_off_sees_the_same_sessions() {
    let database = Database::fresh();
    let lines = in_postgres(&database) + "tools.sessions.timeout = \"30m\"\n";
    let site = Visits::serving(&lines);
    let cookie = site.visitor();
    for clock in ["+1h", "-1h"] {
        let mut command = Command::new("faketime");
        command.args(["-f", clock, env!("CARGO_BIN_EXE_kirsch-visits")]);
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let other = Visits::by(command, &lines);
        let count: u32 = other.ask("/inc", &cookie).body.parse().unwrap();
        let count = (count + 1).to_string();
        site.ask("/inc", &cookie).expect(200, &count);
    }
    site.ask("/look", &cookie).expect(200, "5");
}

/// The address has a password, which may stand in a file of its own.
#[test]
fn a_database_may_be_named_in_a_file() {
    let database = Database::fresh();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), database.url() + "\n").unwrap();
    let named = format!("database_url = \"{}\"", database.url());
    let in_file = format!("database_url_file = \"{}\"", file.path().display());
    let lines = in_postgres(&database);
    assert!(lines.contains(&named), "{lines}");
    let site = Visits::serving(&lines.replace(&named, &in_file));
    let cookie = site.visitor();
    assert_eq!(
        database.execute("SELECT count(*) FROM kirsch_sessions"),
        "1"
    );
    Visits::serving(&lines)
        .ask("/inc", &cookie)
        .expect(200, "2");
}

#[test]
fn a_database_that_stops_is_503_and_comes_back() {
    let mut cluster = kirsch_tests::postgres::Cluster::start_new();
    let database = cluster.database();
    let site = Visits::serving(&in_postgres(&database));
    let cookie = site.visitor();
    site.ask("/inc", &cookie).expect(200, "2");
    cluster.stop();
    let answer = site.ask("/inc", &cookie);
    assert_eq!(answer.status, 503, "{answer:?}");
    // Never an empty session, and nothing of a cookie that would take it away.
    assert_eq!(answer.cookie(), None);
    for cookie in ["", &cookie] {
        site.ask("/alive", cookie).expect(200, "alive");
    }
    cluster.start();
    let begun = Instant::now();
    let answer = loop {
        let answer = site.ask("/inc", &cookie);
        if answer.status == 200 || begun.elapsed() > PATIENCE {
            break answer;
        }
    };
    answer.expect(200, "3");
}

#[test]
fn a_database_that_is_absent_at_start_is_told() {
    let (secret, file) = ("s".repeat(32), tempfile::NamedTempFile::new().unwrap());
    let lines = format!(
        "[\"/\"]\ntools.sessions.storage = \"postgres\"\ntools.sessions.database_url = \"postgres://me:pass-word@127.0.0.1:1/none\"\ntools.sessions.secret = \"{secret}\"\n"
    );
    std::fs::write(file.path(), lines).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kirsch-visits"));
    command
        .args(["--listen", "127.0.0.1:0", "-c"])
        .arg(file.path());
    let output = command.output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    // With the lines that say where it is.
    for part in ["the tool `sessions` cannot start", ":2:1", ":3:1"] {
        assert!(words.contains(part), "{words}");
    }
    assert!(
        !words.contains("pass-word") && !words.contains(&secret),
        "{words}"
    );

    let text = std::fs::read_to_string(file.path()).unwrap();
    let lazy = Visits::serving(&format!(
        "{}tools.sessions.start = \"lazy\"\n",
        text.strip_prefix("[\"/\"]\n").unwrap()
    ));
    lazy.ask("/alive", "").expect(200, "alive");
    assert_eq!(lazy.ask("/inc", "").status, 503);
}
