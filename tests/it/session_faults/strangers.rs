//! Visitors who bring no cookie and write nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::site::Visits;
use crate::process::PATIENCE;

/// So many unless `STRANGERS` says how many: a million take 40 seconds of a processor in a debug build, and differ from these in nothing but that.
const STRANGERS: usize = 100_000;

/// More than one connection for each of the two workers.
const CONNECTIONS: usize = 4;

/// How many requests a client sends before it reads the answers.
const BATCH: usize = 100;

/// None is given a cookie, and for none is the store asked: its database is not there, and whoever needs it is answered 503.
#[test]
fn strangers_begin_no_session_and_never_touch_the_store() {
    let secret = "s".repeat(32);
    let site = &Visits::serving(&format!(
        "tools.sessions.storage = \"postgres\"\ntools.sessions.database_url = \"postgres://127.0.0.1:1/none\"\ntools.sessions.start = \"lazy\"\ntools.sessions.secret = \"{secret}\"\n[global]\nserver.requests_per_connection = 0\n"
    ));
    let strangers = std::env::var("STRANGERS").map_or(STRANGERS, |number| number.parse().unwrap());
    let batches = strangers / CONNECTIONS / BATCH;
    std::thread::scope(|scope| {
        for client in 0..CONNECTIONS {
            // One page only reads, the other has a session that it could write.
            let (page, told) = [("/look", "0"), ("/purge", "purged")][client % 2];
            scope.spawn(move || come_by(site, page, told, batches));
        }
    });
    // Asked for, found, written, swept. Each connection has tried its page before, and this is one more.
    let asked = batches * BATCH * CONNECTIONS + CONNECTIONS + 1;
    let told = format!("{asked} 0 0 0");
    site.ask("/figures", "").expect(200, &told);
    assert_eq!(site.ask("/inc", "").status, 503);
}

/// So many over one connection: whoever brings no cookie is somebody else each time.
fn come_by(site: &Visits, page: &str, told: &str, batches: usize) {
    site.ask(page, "").expect(200, told);
    let mut stream = TcpStream::connect(&site.process.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let requests = format!("GET {page} HTTP/1.1\r\nHost: a\r\n\r\n").repeat(BATCH);
    let (mut answers, mut bytes) = (String::new(), vec![0; 64 * 1024]);
    let (head, end) = ("HTTP/1.1 200 OK\r\n", format!("\r\n\r\n{told}"));
    for _ in 0..batches {
        stream.write_all(requests.as_bytes()).unwrap();
        answers.clear();
        while answers.matches("\r\n\r\n").count() < BATCH || !answers.ends_with(&end) {
            let read = stream.read(&mut bytes).unwrap();
            assert!(read > 0, "the connection ends");
            answers.push_str(str::from_utf8(&bytes[..read]).unwrap());
        }
        let served = answers.matches(head).count();
        assert_eq!((served, answers.matches(&end).count()), (BATCH, BATCH));
        assert!(!answers.contains("set-cookie"), "{answers}");
    }
}
