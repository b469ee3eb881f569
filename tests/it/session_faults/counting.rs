//! Nobody's increment is lost, whoever counts beside him, and whoever is killed.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};

use kirsch_tests::postgres::Database;

use super::site::{Answer, PATIENT, Visits, in_files, in_postgres};
use super::visitor::Visitor;
use crate::process::PATIENCE;

/// 500 increments of one session by 16 clients, spread over these processes.
fn count_to_500(sites: &[&Visits], cookie: &str) {
    let left = &AtomicUsize::new(499);
    let (tell, told) = channel();
    std::thread::scope(|scope| {
        for client in 0..16 {
            let (site, tell) = (sites[client % sites.len()], tell.clone());
            scope.spawn(move || count(site, cookie, left, &tell));
        }
    });
    drop(tell);
    agrees(
        told.into_iter().collect(),
        &sites[0].ask("/look", cookie),
        0,
    );
}

/// Tells each number. Sixteen are fewer than may wait, and the last of them has to wait for all others.
fn count(site: &Visits, cookie: &str, left: &AtomicUsize, tell: &Sender<u64>) {
    let take = || left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
    while take().is_ok() {
        tell.send(counted(&site.ask("/inc?millis=1", cookie)))
            .unwrap();
    }
}

/// What a page says that has counted.
pub(super) fn counted(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body.parse().unwrap()
}

/// Each number was told once, and all of them are stored; of those that nobody was told, some may be.
fn agrees(mut told: Vec<u64>, stored: &Answer, untold: u64) {
    // The first was counted before.
    let acknowledged = 1 + told.len() as u64;
    assert!(acknowledged >= 500, "{acknowledged}");
    told.sort_unstable();
    told.dedup();
    assert_eq!(1 + told.len() as u64, acknowledged, "one was told twice");
    let stored = counted(stored);
    assert!(told.last().is_some_and(|last| *last <= stored));
    assert!(
        (acknowledged..=acknowledged + untold).contains(&stored),
        "{stored} are stored, of {acknowledged} and {untold}"
    );
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

/// The third is killed in the midst of counting: of what it did not answer, everything may have been counted once or not at all.
#[test]
fn no_increment_is_lost_in_postgres_with_two_processes_and_a_killed_third() {
    const CUT: u64 = 4;
    let database = Database::fresh();
    let lines = in_postgres(&database) + "tools.sessions.lease = \"2s\"\n";
    let [one, two, mut three] = [(); 3].map(|()| Visits::serving(&lines));
    let (cookie, left) = (&one.visitor(), &AtomicUsize::new(499));
    let (tell, told) = channel();
    let (tell_cut, told_cut) = channel();
    std::thread::scope(|scope| {
        for _ in 0..CUT {
            let tell = tell_cut.clone();
            let visitor = Visitor::of(&three, cookie, PATIENCE);
            scope.spawn(move || count_until_cut(visitor, &tell));
        }
        // It has its share before the others begin.
        let mut counts: Vec<u64> = told_cut.iter().take(20).collect();
        for client in 0..16 {
            let (site, tell) = ([&one, &two][client % 2], tell.clone());
            scope.spawn(move || count(site, cookie, left, &tell));
        }
        drop((tell, tell_cut));
        counts.extend(told.iter().take(200));
        three.process.kill();
        assert!(left.load(Relaxed) > 0, "it is killed too late");
        counts.extend(told.iter().chain(told_cut));
        agrees(counts, &one.ask("/look", cookie), CUT);
    });
}

/// Counts over one connection, and tells each number, until the server is gone.
fn count_until_cut(mut visitor: Visitor, tell: &Sender<u64>) {
    while let Ok(answer) = visitor.ask("/inc?millis=1") {
        tell.send(counted(&answer)).unwrap();
    }
}
