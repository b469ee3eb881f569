//! Slow clients: every one of them is answered or cut at a limit, and nobody else notices.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use crate::process::Process;

/// The limits of the site: 600 ms each.
const LIMIT: Duration = Duration::from_millis(600);

#[test]
fn a_first_head_that_never_comes_is_408() {
    let site = Process::start();
    assert!(site.connect().rest().starts_with("HTTP/1.1 408 "));
    assert!(
        site.connect()
            .send("GET / HT")
            .rest()
            .starts_with("HTTP/1.1 408 ")
    );
}

#[test]
fn a_second_head_that_drips_is_408() {
    use std::io::Read as _;

    let site = Process::start();
    let mut client = site.connect();
    client.get("/").until("hello").unwrap();
    client.0.set_read_timeout(Some(LIMIT / 10)).unwrap();
    let (began, mut answer) = (Instant::now(), String::new());
    while let Err(cause) = client.0.read_to_string(&mut answer) {
        assert_eq!(cause.kind(), ErrorKind::WouldBlock);
        client.send("G");
    }
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(began.elapsed() >= LIMIT);
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let site = Process::start();
    let mut client = site.connect();
    client.get("/").until("hello").unwrap();
    assert_eq!(client.rest(), "");
}

#[test]
fn a_page_may_take_longer_than_a_connection_may_idle() {
    let site = Process::start();
    let answer = site.connect().get("/slow").until("at last").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "));
}

#[test]
fn an_answer_that_nobody_reads_is_cut_while_others_are_served() {
    let site = Process::start();
    let mut lazy: Vec<_> = (0..20).map(|_| site.connect()).collect();
    for client in &mut lazy {
        client.get("/endless").until("\r\n\r\n").unwrap();
    }
    let began = Instant::now();
    while began.elapsed() < 2 * LIMIT {
        site.connect().get("/").until("hello").unwrap();
    }
    // Without a limit this would read for ever.
    for client in &mut lazy {
        client.rest();
    }
}

#[test]
fn a_client_that_closes_its_half_gets_its_answer() {
    let site = Process::start();
    let mut client = site.connect();
    client.get("/slow");
    client.0.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(client.rest().ends_with("at last"));
}

#[test]
fn a_connection_is_kept_pipelined_and_posted_to() {
    let site = Process::start();
    let mut client = site.connect();
    client.get("/").get("/slow").get("/");
    for body in ["hello", "at last", "hello"] {
        client.until(body).unwrap();
    }
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 6\r\n\r\nabc");
    client.send("def").until("abcdef").unwrap();
}

#[test]
fn a_head_of_eight_megabytes_is_a_readable_431() {
    let site = Process::start();
    let mut client = site.connect();
    client
        .send("GET / HTTP/1.1\r\nHost: t\r\nX: ")
        .send(vec![b'a'; 8 << 20]);
    assert!(client.rest().starts_with("HTTP/1.1 431 "));
}

#[test]
fn a_target_of_seventy_kilobytes_is_414() {
    let site = Process::start();
    let answer = site.connect().get(&"/x".repeat(35_000)).rest();
    assert!(answer.starts_with("HTTP/1.1 414 "), "{answer}");
}
