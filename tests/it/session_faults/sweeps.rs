//! A hundred thousand expired sessions are removed while visitors are served.

use std::path::Path;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use kirsch::sessions::stores::FileStore;
use kirsch::sessions::{Data, Key, Life, Store as _};
use kirsch_tests::postgres::Database;

use super::site::{PATIENT, Visits, in_files, in_postgres};
use super::visitor::Visitor;
use crate::process::PATIENCE;

const EXPIRED: u64 = 100_000;

/// What a sweep may cost somebody who is served meanwhile.
const LIMIT: Duration = Duration::from_millis(50);

/// How often the machine may have been busy with something else.
const ROUNDS: usize = 3;

/// How long a sweep may take, whatever else the machine has to do.
const LONGEST: Duration = Duration::from_mins(2);

/// The slowest answers of a round.
#[derive(Debug, Default)]
struct Round {
    swept: Duration,
    /// Of a site that sweeps nothing, asked in turn with the other: what the machine did to both.
    quiet: Duration,
}

#[test]
fn a_hundred_thousand_rows_are_swept_and_nobody_waits() {
    let database = Database::fresh();
    let lines = in_postgres(&database);
    // The site makes the table.
    drop(Visits::serving(&lines));
    nobody_waits(&lines, || {
        database.execute(&format!(
            "INSERT INTO kirsch_sessions (key, data, created_at, expires_at) \
             SELECT sha256(int4send(n)), '{{}}', now(), now() - interval '1 s' FROM generate_series(1, {EXPIRED}) AS n"
        ));
    });
    let left = database.execute("SELECT count(*) FROM kirsch_sessions WHERE expires_at <= now()");
    assert_eq!(left, "0");
}

/// How long the disk takes for a write is the disk's affair: nobody waits for it here.
#[test]
fn a_hundred_thousand_files_are_swept_and_nobody_waits() {
    let folder = tempfile::tempdir().unwrap();
    let lines = in_files(&folder) + "tools.sessions.fsync = false\n";
    nobody_waits(&lines, || plant(&folder.path().join("sessions")));
}

/// Through the store, since what another writes would be damaged and not expired.
fn plant(folder: &Path) {
    let life = Life {
        idle: Duration::ZERO,
        absolute: None,
    };
    System::new().block_on(async {
        let store = FileStore::new(folder).fsync(false);
        for number in 0..EXPIRED {
            let key = Key::of(&number.to_string());
            store.create(&key, Data::default(), life).await.unwrap();
        }
    });
}

/// A sweep that holds something up does so in every round, since its slices are alike; a machine that is busy with other tests does not, and
/// holds up a site that sweeps nothing just as much. So one round must be good, and its limit is on top of what the quiet site was held up.
fn nobody_waits(lines: &str, plant: impl Fn()) {
    let mut rounds = Vec::new();
    while rounds.len() < ROUNDS {
        plant();
        let round = sweep(lines);
        if round.swept <= round.quiet + LIMIT {
            return;
        }
        rounds.push(round);
    }
    panic!("somebody waited: {rounds:?}");
}

/// Serves three visitors without a pause until all is swept: one on each worker, and one on the quiet site.
fn sweep(lines: &str) -> Round {
    let site = Visits::serving(&format!("{lines}tools.sessions.clean_freq = \"500ms\"\n"));
    let quiet = Visits::serving(PATIENT);
    let cookies = [(); 2].map(|()| site.visitor());
    // Connections go to one worker after the other.
    let mut visitors = cookies.map(|cookie| Visitor::of(&site, &cookie, PATIENCE));
    let mut other = Visitor::of(&quiet, &quiet.visitor(), PATIENCE);
    let mut round = Round::default();
    let begun = Instant::now();
    for times in 2.. {
        let told = times.to_string();
        for visitor in &mut visitors {
            assert_eq!(timed(visitor, "/inc", &mut round.swept), told);
        }
        assert_eq!(timed(&mut other, "/inc", &mut round.quiet), told);
        let figures = timed(&mut visitors[0], "/figures", &mut round.swept);
        if figures.ends_with(&format!(" {EXPIRED}")) {
            break;
        }
        assert!(begun.elapsed() < LONGEST, "it is not swept: {figures}");
    }
    round
}

/// What a page says, which may be the slowest.
fn timed(visitor: &mut Visitor, page: &str, slowest: &mut Duration) -> String {
    let asked = Instant::now();
    let answer = visitor.ask(page).unwrap();
    *slowest = asked.elapsed().max(*slowest);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}
