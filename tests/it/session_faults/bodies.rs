//! Requests whose body takes its time, and what becomes of their session meanwhile.

use std::fs;
use std::path::PathBuf;

use kirsch_tests::postgres::Database;

use super::site::{Visits, in_files, in_postgres, on_each_storage};

/// A long upload holds the session of its visitor, or does not.
#[test]
fn a_session_may_be_locked_before_the_body_is_read() {
    for (locking, meanwhile, later) in [("early", None, "2 4"), ("implicit", Some("2"), "3 4")] {
        let site = Visits::serving(&format!(
            "tools.sessions.locking = \"{locking}\"\ntools.sessions.lock_timeout = \"200ms\""
        ));
        let cookie = site.visitor();
        let upload = match meanwhile {
            None => site.begin_with_session("/upload", &cookie),
            Some(_) => site.begin("/upload", &cookie),
        };
        let other = site.ask("/inc", &cookie);
        match meanwhile {
            None => assert_eq!(other.status, 503, "{other:?}"),
            Some(count) => drop(other.expect(200, count)),
        }
        upload.finish().expect(200, later);
    }
}

/// Cases 163 and 164: a request that has read the session, and locks it when it is somebody else's or nobody's, begins a new one.
#[test]
fn what_has_ended_is_not_locked_again() {
    on_each_storage(|lines| {
        let site = Visits::serving(&format!("{lines}tools.sessions.locking = \"explicit\"\n"));
        for (end, left) in [("/purge", "0"), ("/renew", "1")] {
            let cookie = site.visitor();
            let late = site.begin_with_session("/count_late", &cookie);
            let ended = site.ask(end, &cookie);
            assert_eq!(ended.status, 200, "{ended:?}");
            let other = late.finish().expect(200, "1").cookie().unwrap();
            site.ask("/look", &cookie).expect(200, "0");
            let successor = ended.cookie().unwrap();
            assert!(other != cookie && other != successor, "{other}");
            site.ask("/look", &successor).expect(200, left);
        }
    });
}

/// The same of a request that holds the session when its lease is over: the other process takes it and ends it.
#[test]
fn what_has_ended_in_another_process_is_not_written_again() {
    let database = Database::fresh();
    let lines = in_postgres(&database);
    let brief = Visits::serving(&format!("{lines}tools.sessions.lease = \"300ms\"\n"));
    let other = Visits::serving(&lines);
    for (end, left) in [("/purge", "0"), ("/renew", "1")] {
        let cookie = other.visitor();
        let late = brief.begin_with_session("/count_late", &cookie);
        let ended = other.ask(end, &cookie);
        assert_eq!(ended.status, 200, "{ended:?}");
        assert_eq!(late.finish().expect(200, "2").cookie(), None);
        for site in [&brief, &other] {
            site.ask("/look", &cookie).expect(200, "0");
            let successor = ended.cookie().unwrap();
            site.ask("/look", &successor).expect(200, left);
        }
    }
    assert_eq!(brief.contention().0, [2, 0, 0]);
}

/// A process that holds a session keeps all others out, but not an operator who removes the file or the row.
#[test]
fn what_the_operator_removes_is_not_written_again() {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::fresh());
    let remove_files = || {
        for file in files_of_sessions(&folder) {
            fs::remove_file(file).unwrap();
        }
    };
    let remove_rows = || drop(database.execute("DELETE FROM kirsch_sessions"));
    let ways: [(String, &dyn Fn()); 2] = [
        (in_files(&folder), &remove_files),
        (in_postgres(&database), &remove_rows),
    ];
    for (lines, remove) in ways {
        let site = Visits::serving(&lines);
        let cookie = site.visitor();
        let late = site.begin_with_session("/count_late", &cookie);
        remove();
        assert_eq!(late.finish().expect(200, "2").cookie(), None);
        site.ask("/look", &cookie).expect(200, "0");
        assert_eq!(site.contention().0, [1, 0, 0]);
    }
    assert_eq!(files_of_sessions(&folder), Vec::<PathBuf>::new());
}

/// The files of [`in_files`] that hold a session each.
fn files_of_sessions(folder: &tempfile::TempDir) -> Vec<PathBuf> {
    let all = super::disk::listed(&folder.path().join("sessions"));
    let is_session = |path: &PathBuf| path.extension().is_some_and(|end| end == "session");
    all.into_iter().filter(is_session).collect()
}
