//! The log: nobody but the server writes lines into it.

use crate::target::{check_line, is_visit, plain};
use crate::wire::{escaped, get, request};

/// A whole line, as an attacker would like to see it in the log.
const FORGED: &str =
    "127.0.0.1 - - [22/Nov/2026:00:00:00 +0000] \"GET /forged HTTP/1.1\" 200 1 \"-\" \"-\"";

/// No line of the log is one that a visitor wrote, and every request has one.
fn assert_honest(log: &[String], visits: usize) {
    for line in log {
        check_line(line);
        assert!(
            !line.starts_with("127.0.0.1 - - [22/Nov/2026:00:00:00"),
            "forged: {line}"
        );
    }
    assert_eq!(
        log.iter().filter(|line| is_visit(line)).count(),
        visits,
        "{log:#?}"
    );
}

#[test]
fn case_363_a_path_cannot_forge_a_line() {
    let site = plain();
    let breaks = [
        "%0a",
        "%0d%0a",
        "%0d",
        "%e2%80%a8",
        "%c2%85",
        "%0b",
        "%00",
        "%1b%5b2K%0d",
        "%08%08%08",
    ];
    for line_break in breaks {
        site.ask(get(&format!("/echo/x{line_break}{}", escaped(FORGED))))
            .is([200, 404]);
        site.ask(get(&format!("/nothing?x{line_break}{}", escaped(FORGED))))
            .is([404]);
    }
    assert_honest(&site.log(), 2 * breaks.len());
}

#[test]
fn a_header_cannot_forge_a_line() {
    let site = plain();
    let values = [
        format!("x\" \"-\"\t{FORGED}"),
        "\"".to_owned(),
        "\\".to_owned(),
        "\\\" \\\"".to_owned(),
        "x\\".to_owned(),
        "\u{2028}forged".to_owned(),
        "\u{85}forged".to_owned(),
        "\u{202e}degrof".to_owned(),
        "\u{1f600}".to_owned(),
        "a\" 200 1 \"-\" \"-".to_owned(),
        "x".repeat(50_000),
    ];
    for value in &values {
        site.ask(request(
            "GET",
            "/item/1",
            &format!("User-Agent: {value}^Referer: {value}^"),
            b"",
        ))
        .is([200]);
    }
    // Bytes that are no UTF-8.
    let mut bytes =
        b"GET /item/1 HTTP/1.1\r\nHost: t\r\nConnection: close\r\nUser-Agent: ".to_vec();
    bytes.extend(0x80..=0xff_u8);
    bytes.extend_from_slice(b"\r\n\r\n");
    site.ask(&bytes).is([200]);
    let log = site.log();
    assert_honest(&log, values.len() + 1);
    assert!(
        log.iter().all(|line| line.len() < 8_000),
        "a line without end"
    );
}

#[test]
fn a_method_and_a_version_cannot_forge_a_line() {
    let site = plain();
    let long = "A".repeat(100_000);
    for method in ["x'|`^", "$(x)", &long] {
        let heard = site.ask(format!(
            "{method} /item/1 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
        ));
        heard.is([400, 405, 501]);
    }
    site.ask("GET /item/1 HTTP/1.0\r\n\r\n").is([200]);
    for line in site.log() {
        check_line(&line);
        assert!(line.len() < 8_000, "a line without end");
    }
}

#[test]
fn a_user_cannot_be_named_by_the_client() {
    let site = plain();
    site.ask(request(
        "GET",
        "/item/1",
        "Authorization: Basic YQpiOng=^Cookie: session_id=4711^X-Forwarded-For: 9.9.9.9^",
        b"",
    ))
    .is([200]);
    let log = site.log();
    assert_honest(&log, 1);
    assert!(
        !log[0].contains("4711") && !log[0].contains("YQpiOng") && !log[0].contains("9.9.9.9"),
        "{log:?}"
    );
}

#[test]
fn an_error_cannot_forge_a_line() {
    let site = plain().with_panics();
    let words = format!("%0a{}", escaped(FORGED));
    site.ask(get(&format!("/panics?words=x{words}"))).is([500]);
    site.ask(get(&format!("/panics?words=x%0d%1b[2K{words}")))
        .is([500]);
    site.ask(get(&format!("/refuses/500?words=x{words}")))
        .is([500]);
    site.ask(get(&format!("/header?value=x{words}"))).is([500]);
    site.ask(get(&format!("/header_name?name=x{words}")))
        .is([500]);
    site.ask(get(&format!("/cookie?name=x{words}&value=1")))
        .is([500]);
    site.ask(get(&format!("/back?to=//x{words}"))).is([500]);
    site.ask(get(&format!("/away?to=x{words}"))).is([500]);
    assert_honest(&site.log(), 8);
}

#[test]
fn an_upload_cannot_forge_a_line() {
    let site = plain();
    for name in [
        "x\r\n127.0.0.1 - - forged",
        "x\n127.0.0.1 - - forged",
        "x\u{1b}[2K",
    ] {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\nx\r\n--b--\r\n"
        );
        let lines = format!(
            "Content-Type: multipart/form-data; boundary=b^Content-Length: {}^",
            body.len()
        );
        site.ask(request("POST", "/upload", &lines, body.as_bytes()))
            .is([200, 400]);
    }
    assert_honest(&site.log(), 3);
}

#[test]
fn what_was_answered_is_what_is_logged() {
    let site = plain();
    site.ask(get("/echo?q=12345")).is([200]);
    site.ask(request(
        "HEAD",
        "/echo?q=12345",
        "Referer: http://a/b^User-Agent: me^",
        b"",
    ))
    .is([200]);
    site.ask(get("/nothing")).is([404]);
    let log = site.log();
    assert!(
        log[0].ends_with("\"GET /echo?q=12345 HTTP/1.1\" 200 5 \"-\" \"-\""),
        "{}",
        log[0]
    );
    assert!(
        log[1].contains("\"HEAD /echo?q=12345 HTTP/1.1\" 200 ")
            && log[1].ends_with(" \"http://a/b\" \"me\""),
        "{}",
        log[1]
    );
    assert!(
        log[2].contains("\"GET /nothing HTTP/1.1\" 404 "),
        "{}",
        log[2]
    );
}
