//! A process that takes a session of a PostgreSQL store, says so, and never gives it back: `kirsch-holder URL KEY LEASE_IN_MILLISECONDS`.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    reason = "it tells the test that it holds the session"
)]

use std::env;
use std::sync::Arc;
use std::time::Duration;

use kirsch::actix_web::rt::System;
use kirsch::sessions::stores::PostgresStore;
use kirsch::sessions::{Key, Life, Store};

fn main() {
    let mut words = env::args().skip(1);
    let mut word = || words.next().expect("three words are given");
    let (url, key, lease) = (word(), word(), word());
    let lease = Duration::from_millis(lease.parse().expect("it is a number"));
    let store = PostgresStore::new(&url).expect("the URL is right");
    let store: Arc<dyn Store> = Arc::new(store.lease(lease));
    System::new().block_on(async {
        let life = Life {
            idle: Duration::from_hours(1),
            absolute: None,
        };
        let opened = store.open(Key::of(&key), life, lease).await;
        let opened = opened.expect("the database is there");
        let _held = opened.expect("the session is there");
        println!("held");
        std::future::pending::<()>().await;
    });
}
