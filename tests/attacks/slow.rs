//! Clients that take their time, or none.

use std::time::{Duration, Instant};

use crate::target::{Heard, Target, hasty, pause, plain};
use crate::wire::{End, Line, PATIENCE, get, request, wire};

/// Longer than every limit of the hasty site, with a margin for a busy machine.
const LATE: Duration = Duration::from_secs(3);

#[track_caller]
fn ends(line: &mut Line) -> Heard {
    let talk = line.listen_to_end(LATE);
    assert_ne!(talk.end, End::Open, "still open after {LATE:?}: {talk:?}");
    Heard::of(talk, 1, b"")
}

#[test]
fn case_391_nothing_is_sent() {
    let site = hasty();
    ends(&mut site.line()).is_nothing_or([408]);
}

#[test]
fn case_392_half_a_head_and_silence() {
    let site = hasty();
    for half in [
        "G",
        "GET /info HTTP/1.1",
        "GET /info HTTP/1.1^Host: t^",
        "GET /info HTTP/1.1^Host: t^^",
    ] {
        let mut line = site.line();
        line.send(&wire(half.trim_end_matches('^')));
        ends(&mut line).is([408]);
    }
}

#[test]
fn case_392_a_head_that_drips() {
    let site = hasty();
    let mut line = site.line();
    let begun = Instant::now();
    for byte in "GET /info HTTP/1.1\r\nHost: t\r\nX: "
        .bytes()
        .chain(std::iter::repeat(b'x'))
    {
        if begun.elapsed() > LATE || !line.drip(byte) {
            break;
        }
        pause(Duration::from_millis(50));
    }
    assert!(begun.elapsed() < LATE, "a head may drip for ever");
    ends(&mut line).is_nothing_or([408]);
}

#[test]
fn a_second_head_that_drips() {
    let site = hasty();
    let mut line = site.line();
    line.send(&wire("GET /item/1 HTTP/1.1^Host: t^^"));
    assert_eq!(line.listen(1, PATIENCE).answers.len(), 1);
    let begun = Instant::now();
    for byte in "GET /info HTTP/1.1\r\nX: "
        .bytes()
        .chain(std::iter::repeat(b'x'))
    {
        if begun.elapsed() > LATE || !line.drip(byte) {
            break;
        }
        pause(Duration::from_millis(50));
    }
    assert!(begun.elapsed() < LATE, "a second head may drip for ever");
    let talk = line.listen_to_end(LATE);
    assert!(talk.end != End::Open && talk.answers.len() <= 2, "{talk:?}");
}

#[test]
fn an_idle_connection_is_closed() {
    let site = hasty();
    let mut line = site.line();
    line.send(&wire("GET /item/1 HTTP/1.1^Host: t^^"));
    let heard = ends(&mut line);
    heard.says(200, "item 1");
    heard.closed();
}

#[test]
fn empty_lines_for_ever() {
    let site = hasty();
    let mut line = site.line();
    let begun = Instant::now();
    while begun.elapsed() < LATE && line.drip(b'\r') && line.drip(b'\n') {
        pause(Duration::from_millis(50));
    }
    assert!(begun.elapsed() < LATE, "empty lines are taken for ever");
}

#[test]
fn case_394_a_body_that_stops() {
    let site = hasty();
    let stored = site.tally("stored");
    for page in ["/bytes", "/flow"] {
        let mut line = site.line();
        line.send(&request("POST", page, "Content-Length: 10^", b"abc"));
        ends(&mut line).is([408]);
    }
    let mut line = site.line();
    line.send(&request(
        "POST",
        "/form",
        "Content-Type: application/x-www-form-urlencoded^Content-Length: 10^",
        b"abc",
    ));
    ends(&mut line).is([408]);
    let mut line = site.line();
    line.send(&request(
        "POST",
        "/upload",
        "Content-Type: multipart/form-data; boundary=b^Content-Length: 1000^",
        b"--b\r\n",
    ));
    ends(&mut line).is([408]);
    let mut line = site.line();
    line.send(&request(
        "POST",
        "/json",
        "Content-Type: application/json^Transfer-Encoding: chunked^",
        b"3\r\n[1,\r\n",
    ));
    ends(&mut line).is([408]);
    assert_eq!(site.tally("stored"), stored);
}

#[test]
fn a_body_that_stops_and_that_nobody_reads() {
    let site = hasty();
    for (target, status) in [("/ignore", 200), ("/nothing", 404), ("/item/1", 405)] {
        for lines in ["Content-Length: 10^", "Transfer-Encoding: chunked^"] {
            let bytes =
                format!("POST {target} HTTP/1.1^Host: t^{lines}^").replace('^', "\r\n") + "a";
            let mut line = site.line();
            line.send(bytes.as_bytes());
            ends(&mut line).is([status]);
        }
    }
}

#[test]
fn case_395_a_body_that_drips_for_ever() {
    // The rate counts after ten seconds: the others need not wait for this one.
    let site = Target::alone();
    let mut line = site.line();
    line.send(&request("POST", "/flow", "Content-Length: 1000000^", b""));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(16) && line.drip(b'x') {
        pause(Duration::from_millis(200));
        if line.listen(1, Duration::from_millis(1)).answers.len() == 1 {
            break;
        }
    }
    assert!(
        begun.elapsed() < Duration::from_secs(16),
        "a body may drip for ever"
    );
    Heard::of(line.listen(1, PATIENCE), 1, b"a body that drips").is([408]);
}

#[test]
fn case_397_an_answer_that_nobody_reads() {
    let site = hasty();
    let dropped = site.tally("dropped");
    let mut line = site.line();
    line.send(&get("/large/300"));
    site.wait_for_tally("dropped", dropped + 1);
    let talk = line.listen_to_end(PATIENCE);
    assert!(
        talk.answers.is_empty() && talk.end != End::Open,
        "300 MB were taken by nobody"
    );
}

#[test]
fn many_answers_that_nobody_reads() {
    let site = hasty();
    let dropped = site.tally("dropped");
    let mut lines: Vec<_> = (0..20).map(|_| site.line()).collect();
    for line in &mut lines {
        line.send(&get("/large/300"));
    }
    site.wait_for_tally("dropped", dropped + 20);
}

#[test]
fn case_398_a_slow_reader_is_cut_or_served() {
    let site = hasty();
    let dropped = site.tally("dropped");
    let mut line = site.line();
    line.send(&get("/large/100"));
    // A reader that is as good as none: the kernel's buffers are full long before.
    pause(Duration::from_millis(100));
    site.wait_for_tally("dropped", dropped + 1);
}

#[test]
fn case_400_half_a_close_after_the_request() {
    let site = plain();
    site.ask_and_finish(wire("GET /item/1 HTTP/1.1^Host: t^^"))
        .says(200, "item 1");
    site.ask_and_finish(wire("GET /sleeps/100 HTTP/1.1^Host: t^^"))
        .says(200, "slept");
    site.ask_and_finish(request("POST", "/bytes", "Content-Length: 3^", b"abc"))
        .says(200, "3 bytes");
}

#[test]
fn case_401_the_client_leaves_while_the_page_runs() {
    // Decided: the page runs to its end, or is dropped at a border between two awaits. Nothing is left of it either way.
    let site = plain();
    let (begun, dropped) = (site.tally("begun"), site.tally("dropped"));
    for _ in 0..10 {
        let mut line = site.line();
        line.send(&get("/sleeps/200"));
        pause(Duration::from_millis(10));
    }
    site.wait_for_tally("begun", begun + 10);
    site.wait_for_tally("dropped", dropped + 10);
}

#[test]
fn case_403_the_client_leaves_in_the_middle_of_a_stream() {
    let site = plain();
    let dropped = site.tally("dropped");
    for _ in 0..5 {
        let mut line = site.line();
        line.send(&get("/large/300"));
        pause(Duration::from_millis(20));
    }
    site.wait_for_tally("dropped", dropped + 5);
}

#[test]
fn case_404_hundreds_of_idle_connections() {
    let site = plain();
    let lines: Vec<_> = (0..400).map(|_| site.line()).collect();
    site.ask(get("/item/1")).is([200]);
    drop(lines);
}

#[test]
fn connections_that_are_reset_at_once() {
    let site = plain();
    for _ in 0..300 {
        let mut line = site.line();
        line.send(&wire("GET /item/1 HTTP/1.1^Host: t^^GET /sl"));
    }
    site.ask(get("/item/1")).is([200]);
}

/// Each request that is understood takes some kilobytes, and some twenty bytes to send.
#[test]
fn requests_that_wait_behind_a_slow_page_take_no_memory() {
    let site = Target::alone();
    let before = site.memory();
    let firsts = [
        "^",
        "Content-Length: 1^^a",
        "Content-Length: 70000^^",
        "Transfer-Encoding: chunked^^0^^",
        "Transfer-Encoding: chunked^^1^a^0^^",
        "Content-Length: 1^Expect: 100-continue^^a",
    ];
    let mut lines = Vec::new();
    for first in firsts {
        let mut bytes = wire(&format!("GET /sleeps/1500 HTTP/1.1^Host: t^{first}"));
        if first.contains("70000") {
            bytes.extend(vec![b'\n'; 70_000]);
        }
        bytes.extend(wire(&"GET / HTTP/1.1^Host:t^^".repeat(6_000)));
        for _ in 0..10 {
            let mut line = site.line();
            line.send(&bytes);
            lines.push(line);
        }
    }
    let mut most = 0;
    for _ in 0..50 {
        pause(Duration::from_millis(30));
        most = most.max(site.memory() - before);
    }
    assert!(most < 32 * 1024 * 1024, "60 clients take {most} bytes");
    for line in &mut lines {
        line.listen(1_000, Duration::from_millis(1));
    }
}

#[test]
fn the_tenth_request_on_a_connection_is_the_last() {
    let site = hasty();
    let heard = site.ask_for(10, wire(&"GET /item/1 HTTP/1.1^Host: t^^".repeat(15)));
    heard.are(&[200; 10]);
    assert_eq!(heard.talk.answers[9].header("connection"), Some("close"));
    assert!(
        heard.talk.answers[..9]
            .iter()
            .all(|answer| answer.header("connection").is_none())
    );
}

#[test]
fn case_409_a_page_that_never_ends() {
    let site = hasty();
    let dropped = site.tally("dropped");
    site.ask(get("/sleeps/100000000")).is([503]);
    site.wait_for_tally("dropped", dropped + 1);
}
