//! The end of a server: signals, and what becomes of the requests that are under way.

use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::process::{Client, Process, command};

#[test]
fn a_request_under_way_finishes() {
    let mut site = Process::start();
    let (mut busy, mut idle) = (site.connect(), site.connect());
    idle.get("/").until("hello").unwrap();
    busy.get("/slow");
    // The answer to a later request of the same worker or another shows that the slow one has been read.
    idle.get("/").until("hello").unwrap();
    site.signal("TERM");
    let answer = busy.rest();
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.ends_with("at last"), "{answer}");
    assert_eq!(idle.rest(), "");
    assert!(site.ends().0.success());
    assert!(TcpStream::connect(&site.address).is_err());
}

#[test]
fn an_interrupt_ends_too_and_a_hang_up_does_not() {
    let mut site = Process::start();
    site.signal("HUP");
    site.connect().get("/").until("hello").unwrap();
    site.signal("INT");
    assert!(site.ends().0.success());
}

#[test]
fn no_request_of_a_kept_connection_is_lost() {
    let mut site = Process::start();
    let stopping = AtomicBool::new(false);
    let served: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| requests_until_told_to_close(&site.address, &stopping)))
            .collect();
        std::thread::park_timeout(Duration::from_millis(300));
        stopping.store(true, Ordering::Relaxed);
        site.signal("TERM");
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .sum()
    });
    assert!(served > 8);
    assert!(site.ends().0.success());
}

/// Asks on one connection until an answer says that it was the last. Each request is answered.
pub(crate) fn requests_until_told_to_close(address: &str, stopping: &AtomicBool) -> usize {
    let (mut client, mut served) = (Client::connect(address), 0);
    loop {
        let answer = client.get("/").until("hello").expect("each is answered");
        served += 1;
        if answer.contains("connection: close") {
            if stopping.load(Ordering::Relaxed) {
                return served;
            }
            // The thousandth of this connection.
            client = Client::connect(address);
        }
    }
}

#[test]
fn a_request_that_does_not_finish_is_cut_at_the_deadline() {
    let mut site = Process::start();
    let mut client = site.connect();
    client.get("/never");
    site.signal("TERM");
    assert_eq!(client.rest(), "");
    let (status, _) = site.ends();
    assert!(status.success());
}

#[test]
fn a_page_that_blocks_every_worker_does_not_keep_the_process() {
    let mut site = Process::start();
    let mut clients: Vec<_> = (0..4).map(|_| site.connect()).collect();
    for client in &mut clients {
        client.get("/stuck");
    }
    site.signal("TERM");
    // 3 s for requests, 1 s of grace for the end itself, and the rest for a busy machine.
    assert!(site.ends().1 < Duration::from_secs(8));
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut site = Process::start();
    let mut client = site.connect();
    client.get("/never");
    site.connect().get("/").until("hello").unwrap();
    site.signal("TERM");
    // Signals of one kind may melt into one.
    site.signal("INT");
    assert!(site.ends().1 < Duration::from_secs(3));
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let site = Process::start();
    let second = command(&site.address)
        .stdout(Stdio::null())
        .output()
        .unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8(second.stderr).unwrap();
    let line = format!("cannot listen on {}: address already in use", site.address);
    assert!(said.contains(&line), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_unix_socket_serves_and_goes_with_the_server() {
    use std::io::{Read as _, Write as _};

    let path = std::env::temp_dir().join(format!("kirsch-{}.sock", std::process::id()));
    let mut site = Process::listening_on(&format!("unix:{}", path.display()));
    let mut client = UnixStream::connect(&path).unwrap();
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("hello"));
    site.signal("TERM");
    assert!(site.ends().0.success());
    assert!(!path.exists());
}
