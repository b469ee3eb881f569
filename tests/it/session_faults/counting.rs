//! Nobody's increment is lost, whoever counts beside him, and whoever is killed.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use kirsch_tests::postgres::Database;

use super::held;
use super::site::{PATIENT, Visits, in_files, in_postgres};

/// 500 increments of one session by 16 clients, spread over these processes.
fn count_to_500(sites: &[&Visits], cookie: &str) {
    let left = &AtomicUsize::new(499);
    std::thread::scope(|scope| {
        for client in 0..16 {
            let site = sites[client % sites.len()];
            scope.spawn(move || count(site, cookie, left));
        }
    });
    sites[0].ask("/look", cookie).expect(200, "500");
}

/// Sixteen are fewer than may wait, and the last of them has to wait for all others.
fn count(site: &Visits, cookie: &str, left: &AtomicUsize) {
    let take = || left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
    while take().is_ok() {
        let answer = site.ask("/inc?millis=1", cookie);
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[test]
fn no_increment_is_lost_in_memory() {
    let site = Visits::serving(PATIENT);
    count_to_500(&[&site], &site.visitor());
}

#[test]
fn no_increment_is_lost_in_files_with_two_processes() {
    let folder = tempfile::tempdir().unwrap();
    let lines = in_files(&folder);
    let [one, two] = [(); 2].map(|()| Visits::serving(&lines));
    count_to_500(&[&one, &two], &one.visitor());
}

#[test]
fn no_increment_is_lost_in_postgres_with_two_processes_and_a_killed_third() {
    let database = Database::fresh();
    let lines = in_postgres(&database) + "tools.sessions.lease = \"2s\"\n";
    let [one, two, three] = [(); 3].map(|()| Visits::serving(&lines));
    let cookie = one.visitor();
    held(&three, &cookie);
    three.process.signal("KILL");
    count_to_500(&[&one, &two], &cookie);
}
