//! Claims about who asks and where from: forwarded headers, origins; and the tools that guard a site, all at once.

use crate::target::{Turn, plain};
use crate::wire::{Answer, request};

fn ask(site: &Turn, method: &str, target: &str, lines: &str, body: &[u8]) -> Answer {
    let heard = site.ask(request(method, target, lines, body));
    heard
        .is([200, 204, 400, 403, 404, 405, 408, 411, 413, 415, 429, 500])
        .clone()
}

#[track_caller]
fn sees(site: &Turn, target: &str, lines: &str, expected: &str) {
    site.ask(request("GET", target, lines, b""))
        .says(200, expected);
}

#[test]
fn case_353_off_means_that_nobody_is_heard() {
    let site = plain();
    let lines = "X-Forwarded-For: 6.6.6.6^X-Forwarded-Host: evil.test^X-Forwarded-Proto: https^X-Request-Id: evil^";
    site.ask(request("GET", "/info", lines, b"")).is([200]);
    assert!(
        site.log()
            .iter()
            .all(|line| !line.contains("6.6.6.6") && !line.contains("evil"))
    );
}

#[test]
fn case_355_a_peer_that_is_not_trusted() {
    let site = plain();
    sees(
        &site,
        "/behind/far",
        "X-Forwarded-For: 6.6.6.6^X-Forwarded-Host: evil.test^",
        "127.0.0.1 http://t",
    );
    assert!(site.log().iter().all(|line| !line.contains("6.6.6.6")));
}

#[test]
fn case_356_addresses_are_read_from_the_right() {
    let site = plain();
    sees(
        &site,
        "/behind/",
        "X-Forwarded-For: 1.1.1.1, 6.6.6.6, 10.0.0.1^",
        "6.6.6.6 http://t",
    );
    let log = site.log();
    assert!(log[0].starts_with("6.6.6.6 - - ["), "{}", log[0]);
}

#[test]
fn case_358_lines_are_joined_in_their_order() {
    let site = plain();
    sees(
        &site,
        "/behind/",
        "X-Forwarded-For: 1.1.1.1, 6.6.6.6^X-Forwarded-For: 10.0.0.1^",
        "6.6.6.6 http://t",
    );
}

#[test]
fn case_359_a_scheme_is_http_or_https() {
    let site = plain();
    for (value, scheme) in [
        ("javascript", "http"),
        ("HTTPS", "https"),
        ("https,http", "http"),
        ("", "http"),
    ] {
        sees(
            &site,
            "/behind/",
            &format!("X-Forwarded-Proto: {value}^"),
            &format!("127.0.0.1 {scheme}://t"),
        );
    }
}

#[test]
fn case_361_what_is_quoted_is_one_thing() {
    let site = plain();
    sees(
        &site,
        "/behind/forwarded",
        "Forwarded: for=\"127.0.0.1;host=evil.com;proto=https\"^",
        "127.0.0.1 http://t",
    );
    for broken in [
        "for=\"6.6.6.6",
        "for=6.6.6.6;for=7.7.7.7",
        "for=a b",
        "=",
        "\u{e9}",
    ] {
        site.ask(request(
            "GET",
            "/behind/forwarded",
            &format!("Forwarded: {broken}^"),
            b"",
        ))
        .is([400]);
    }
}

#[test]
fn case_362_names_with_underscores() {
    let site = plain();
    sees(
        &site,
        "/behind/",
        "X_Forwarded_For: 6.6.6.6^X_Forwarded_Host: evil.test^",
        "127.0.0.1 http://t",
    );
}

#[test]
fn a_host_is_one_or_not_heard() {
    let site = plain();
    for host in [
        "evil.test/path?",
        "a b",
        "a\"><script>",
        "user@evil.test",
        "evil.test:99999",
        "",
        ",",
        "http://evil.test",
    ] {
        sees(
            &site,
            "/behind/",
            &format!("X-Forwarded-Host: {host}^"),
            "127.0.0.1 http://t",
        );
    }
}

#[test]
fn more_addresses_than_anybody_reads() {
    let site = plain();
    let many = "10.0.0.1, ".repeat(5_000) + "10.0.0.2";
    let heard = site.ask(request(
        "GET",
        "/behind/",
        &format!("X-Forwarded-For: 6.6.6.6, {many}^"),
        b"",
    ));
    heard.says(200, "10.0.0.1 http://t");
    let many = "for=10.0.0.1, ".repeat(5_000) + "for=10.0.0.2";
    let heard = site.ask(request(
        "GET",
        "/behind/forwarded",
        &format!("Forwarded: for=6.6.6.6, {many}^"),
        b"",
    ));
    heard.says(200, "10.0.0.1 http://t");
}

#[test]
fn a_failure_is_logged_with_its_name_and_with_both_ends() {
    let site = plain();
    let lines = "X-Forwarded-For: 6.6.6.6^X-Request-Id: forged^";
    let heard = site.ask(request("GET", "/behind/fails", lines, b""));
    let id = heard.is([500]).header("x-request-id").unwrap().to_owned();
    assert_eq!(id.len(), 32);
    let log = site.log();
    let line = log
        .iter()
        .find(|line| line.contains(" ERROR kirsch::error: "))
        .unwrap();
    assert!(
        line.ends_with(&format!(
            " (request {id}) (client 6.6.6.6 by way of 127.0.0.1)"
        )),
        "{line}"
    );
    assert!(!log.iter().any(|line| line.contains("forged")));
}

#[test]
fn a_body_that_is_not_announced_is_counted() {
    let site = plain();
    let chunked = |target: &str, kind: &str, body: &str| {
        let lines = format!("Content-Type: {kind}^Transfer-Encoding: chunked^");
        let chunks: Vec<_> = body
            .chars()
            .map(|letter| format!("1\r\n{letter}\r\n"))
            .collect();
        let body = format!("{}0\r\n\r\n", chunks.concat());
        let method = if target.ends_with("json") {
            "PUT"
        } else {
            "POST"
        };
        ask(&site, method, target, &lines, body.as_bytes()).status
    };
    for (target, kind, good, large) in [
        ("/guarded/bytes", "text/plain", "1234567890", "12345678901"),
        (
            "/guarded/form",
            "application/x-www-form-urlencoded",
            "a=12345678",
            "a=123456789",
        ),
        (
            "/guarded/json",
            "application/json",
            "[12345678]",
            "[123456789]",
        ),
    ] {
        assert_eq!(chunked(target, kind, good), 200, "{target}");
        assert_eq!(chunked(target, kind, large), 413, "{target}");
    }
    // Announced, it is refused before it comes.
    for length in ["11", "18446744073709551615"] {
        let heard = site.ask(request(
            "POST",
            "/guarded/bytes",
            &format!("Content-Length: {length}^"),
            b"",
        ));
        heard.is([413]);
    }
}

#[test]
fn what_claims_to_be_an_origin() {
    let site = plain();
    for origin in [
        "null",
        "",
        "*",
        "https://evil.test",
        "https://friend.test.evil.test",
        "https://friend.test/",
        "https://friend.test, https://evil.test",
        "https://friend.test^Origin: https://evil.test",
        "\u{e9}",
        "https://[",
        "https://friend.test:0",
        "://",
        "javascript:alert(1)",
    ] {
        let lines = format!("Origin: {origin}^Content-Length: 0^");
        let answer = ask(&site, "POST", "/guarded/form", &lines, b"");
        assert!(
            answer.header("access-control-allow-origin").is_none(),
            "{origin}: {answer:?}"
        );
        let lines = format!("Origin: {origin}^Access-Control-Request-Method: PUT^");
        let answer = ask(&site, "OPTIONS", "/guarded/json", &lines, b"");
        assert!(
            answer.header("access-control-allow-origin").is_none(),
            "{origin}: {answer:?}"
        );
    }
    let lines = "Origin: https://evil.test^Content-Length: 0^";
    assert_eq!(ask(&site, "POST", "/guarded/form", lines, b"").status, 403);
    let lines = "Sec-Fetch-Site: cross-site^Content-Length: 5^";
    assert_eq!(ask(&site, "POST", "/guarded/form", lines, b"").status, 403);
}

#[test]
fn what_a_preflight_asks_for() {
    let site = plain();
    let long = "x-a,".repeat(5_000);
    for (method, headers) in [
        ("PUT", &*long),
        ("\u{e9}", ""),
        ("P T", ""),
        ("PUT", "\u{e9}"),
        ("PUT", "a b"),
        ("PUT", "x-a:b"),
        ("", ""),
    ] {
        let lines = format!(
            "Origin: https://friend.test^Access-Control-Request-Method: {method}^Access-Control-Request-Headers: {headers}^"
        );
        let answer = ask(&site, "OPTIONS", "/guarded/json", &lines, b"");
        assert!(
            answer.header("access-control-allow-methods").is_none(),
            "{method} {headers}"
        );
    }
    let lines = "Origin: https://friend.test^Access-Control-Request-Method: PUT^Access-Control-Request-Headers: content-type^";
    let answer = ask(&site, "OPTIONS", "/guarded/json", lines, b"");
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (204, Some("https://friend.test"))
    );
}
