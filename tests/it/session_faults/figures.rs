//! What a page can show of how sessions do.

use std::time::{Duration, Instant};

use kirsch_tests::postgres::Database;

use super::site::{PATIENT, Visits, in_postgres, on_each_storage, read};
use super::{crowd, held};

/// Where nobody asks for a session, the store is not asked either, whatever cookie comes.
#[test]
fn a_page_that_takes_no_session_never_asks_the_store() {
    on_each_storage(|lines| {
        let site = Visits::serving(lines);
        let cookie = site.visitor();
        for _ in 0..10 {
            site.ask("/alive", &cookie).expect(200, "alive");
        }
        // The visitor was asked for, and whoever asks here; one session was begun.
        site.ask("/figures", "").expect(200, "2 0 1 0");
    });
}

#[test]
fn those_who_waited_and_those_who_were_refused_are_counted() {
    let site = Visits::serving(PATIENT);
    let cookie = site.visitor();
    let held = held(&site, &cookie);
    let (waiting, refused) = crowd(&site, &cookie);
    // Whoever waits is counted when his turn comes.
    assert_eq!(site.contention().0, [0, 0, refused]);
    drop(held);
    let waited = waiting.len() as u64;
    for stream in waiting {
        assert_eq!(read(stream).status, 200);
    }
    assert_eq!(site.contention().0, [0, waited, refused]);
}

#[test]
fn whoever_waited_in_vain_is_counted_as_refused() {
    let site = Visits::serving("tools.sessions.lock_timeout = \"50ms\"");
    let cookie = site.visitor();
    let _held = held(&site, &cookie);
    for times in 1..=2 {
        assert_eq!(site.ask("/inc", &cookie).status, 503);
        assert_eq!(site.contention().0, [0, 0, times]);
    }
}

/// The lease was over before the page was: another process has counted meanwhile.
#[test]
fn whoever_could_not_write_is_answered_503_and_counted() {
    let database = Database::fresh();
    let lines = in_postgres(&database);
    let brief = Visits::serving(&format!("{lines}tools.sessions.lease = \"300ms\"\n"));
    let other = Visits::serving(&lines);
    let cookie = other.visitor();
    let late = brief.begin_with_session("/count_late", &cookie);
    other.ask("/inc", &cookie).expect(200, "2");
    let lost = late.finish();
    assert_eq!((lost.status, lost.cookie()), (503, None), "{lost:?}");
    assert_eq!(brief.contention().0, [1, 0, 0]);
    brief.ask("/inc", &cookie).expect(200, "3");
    assert_eq!(brief.contention().0, [1, 0, 0]);
    assert_eq!(other.contention().0, [0, 0, 0]);
}

/// From the parameter of the page to its save; whoever only looks holds nothing.
#[test]
fn the_time_that_a_session_is_held_is_added_up() {
    on_each_storage(|lines| {
        let site = Visits::serving(lines);
        let cookie = site.visitor();
        site.ask("/look", &cookie).expect(200, "1");
        assert_eq!(site.contention(), ([0; 3], Duration::ZERO));
        let begun = Instant::now();
        for told in ["2", "3"] {
            site.ask("/inc?millis=60", &cookie).expect(200, told);
        }
        let (_, held) = site.contention();
        let most = begun.elapsed();
        assert!(
            (Duration::from_millis(120)..=most).contains(&held),
            "{held:?}"
        );
    });
}
