//! PostgreSQL goes away for five seconds under load, and comes back.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use kirsch_tests::postgres::Cluster;

use super::site::{PATIENT, Visits, in_postgres};
use super::visitor::Visitor;

/// Two for each session: they wait for each other.
const CLIENTS: usize = 8;
const SESSIONS: usize = 4;

/// How long the database is away.
const AWAY: Duration = Duration::from_secs(5);

/// How soon after the database takes connections everybody is served.
const SOON: Duration = Duration::from_secs(2);

/// How long a request waits for its turn.
const TURN: Duration = Duration::from_secs(2);

/// How long the store allows itself for one thing: `acquire_timeout` and `statement_timeout` together.
const STORE: Duration = Duration::from_secs(3);

/// What became of one attempt to count.
struct Told {
    client: usize,
    begun: Instant,
    ended: Instant,
    /// What it was counted as; nothing where the answer was 503.
    count: Option<u64>,
}

/// What all clients told, and when the database was away.
struct Journal {
    told: Vec<Told>,
    gone: Instant,
    /// It is about to be started.
    asked: Instant,
    /// It takes connections.
    back: Instant,
}

/// Nobody is told anything wrong or waits for long, what was acknowledged is stored once, and when it is over it is over for everybody.
#[test]
fn postgres_stops_for_five_seconds_under_load() {
    let mut cluster = Cluster::start_new();
    let database = cluster.database();
    let turn = format!("tools.sessions.lock_timeout = \"{}s\"\n", TURN.as_secs());
    let site = &Visits::serving(&in_postgres(&database).replace(PATIENT, &turn));
    let cookies = &[(); SESSIONS].map(|()| site.visitor());
    let journal = std::thread::scope(|scope| {
        let (tell, told) = channel();
        for client in 0..CLIENTS {
            let tell = tell.clone();
            scope.spawn(move || count(site, &cookies[client % SESSIONS], client, &tell));
        }
        drop(tell);
        Journal::of(&told, &mut cluster)
    });
    journal.is_503_while_the_database_is_away();
    journal.is_served_when_it_is_back();
    for (session, cookie) in cookies.iter().enumerate() {
        let stored = site.ask("/look", cookie).body.parse().unwrap();
        journal.agrees_with(stored, session);
    }
}

/// Counts, and looks at what was counted, until nobody wants to hear of it.
fn count(site: &Visits, cookie: &str, client: usize, tell: &Sender<Told>) {
    // Its turn, opening, writing; and as much again, for the machine may have others to serve.
    let longest = 2 * (TURN + 2 * STORE);
    let mut visitor = Visitor::of(site, cookie, longest);
    let mut last = 0;
    loop {
        let begun = Instant::now();
        let count = number(&mut visitor, "/inc");
        let ended = Instant::now();
        assert!(
            count.is_none_or(|count| count > last),
            "{count:?} after {last}"
        );
        last = count.unwrap_or(last);
        let told = Told {
            client,
            begun,
            ended,
            count,
        };
        if tell.send(told).is_err() {
            return;
        }
        let seen = number(&mut visitor, "/look");
        assert!(
            seen.is_none_or(|seen| seen >= last),
            "{seen:?} after {last}"
        );
    }
}

/// What a page says, unless it says that it cannot.
fn number(visitor: &mut Visitor, path: &str) -> Option<u64> {
    let answer = visitor.ask(path).expect("an answer, and in time");
    // Whoever has a session keeps it: it is neither taken away, nor is another begun in its place.
    assert_eq!(answer.cookie(), None, "{answer:?}");
    if answer.status == 503 {
        return None;
    }
    assert_eq!(answer.status, 200, "{answer:?}");
    Some(answer.body.parse().unwrap())
}

impl Journal {
    /// Stops the database when the load is on, and starts it again.
    fn of(receiver: &Receiver<Told>, cluster: &mut Cluster) -> Self {
        let mut told: Vec<_> = receiver.iter().take(25 * CLIENTS).collect();
        cluster.stop();
        let gone = Instant::now();
        listen(receiver, gone + AWAY, &mut told);
        let asked = Instant::now();
        cluster.start();
        let back = Instant::now();
        // By half a second longer than until everybody must be served, to see that they are.
        listen(receiver, back + SOON + SOON / 4, &mut told);
        Self {
            told,
            gone,
            asked,
            back,
        }
    }

    fn is_503_while_the_database_is_away(&self) {
        for client in 0..CLIENTS {
            let mut meanwhile = self
                .of_client(client)
                .filter(|told| self.is_meanwhile(told));
            assert!(meanwhile.clone().count() > 0, "{client} was not answered");
            assert!(meanwhile.all(|told| told.count.is_none()));
        }
    }

    fn is_served_when_it_is_back(&self) {
        for client in 0..CLIENTS {
            let later = self.of_client(client).filter(|told| told.begun > self.back);
            let is_served = |told: &&Told| told.count.is_some();
            let first = later.clone().find(is_served).expect("it is served again");
            assert!(
                first.ended <= self.back + SOON,
                "{:?}",
                first.ended - self.back
            );
            let mut late = later.filter(|told| told.begun > self.back + SOON);
            assert!(late.all(|told| is_served(&told)), "it is not over");
        }
    }

    /// Every count was told once, all of them are stored, and nothing else is but what may have been under way when the database stopped or started.
    fn agrees_with(&self, stored: u64, session: usize) {
        let clients = (0..CLIENTS).filter(|client| client % SESSIONS == session);
        let told: Vec<_> = clients.flat_map(|client| self.of_client(client)).collect();
        let mut counts: Vec<_> = told.iter().filter_map(|told| told.count).collect();
        let unknown = told
            .iter()
            .filter(|told| told.count.is_none() && !self.is_meanwhile(told));
        // The first was counted before.
        let acknowledged = 1 + counts.len() as u64;
        let most = acknowledged + unknown.count() as u64;
        counts.sort_unstable();
        counts.dedup();
        assert_eq!(1 + counts.len() as u64, acknowledged, "one was told twice");
        assert!(counts.last().is_some_and(|last| *last <= stored));
        assert!(
            (acknowledged..=most).contains(&stored),
            "{stored} are stored, of {acknowledged} to {most}"
        );
    }

    fn of_client(&self, client: usize) -> impl Iterator<Item = &Told> + Clone {
        self.told.iter().filter(move |told| told.client == client)
    }

    /// It was asked and answered while there was no database.
    fn is_meanwhile(&self, told: &Told) -> bool {
        told.begun > self.gone && told.ended < self.asked
    }
}

/// Hears what clients tell until then.
fn listen(receiver: &Receiver<Told>, end: Instant, told: &mut Vec<Told>) {
    while let left = end.saturating_duration_since(Instant::now())
        && !left.is_zero()
        && let Ok(one) = receiver.recv_timeout(left)
    {
        told.push(one);
    }
}
