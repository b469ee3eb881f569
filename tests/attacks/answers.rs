//! Answers: redirects, error pages, panics, cookies and headers made from what a visitor sent.

use std::time::Duration;

use crate::target::{Heard, Target, hasty, is_visit, plain};
use crate::wire::{End, PATIENCE, get, post, request};

fn location(heard: &Heard) -> Option<&str> {
    heard
        .talk
        .answers
        .first()
        .and_then(|answer| answer.header("location"))
}

#[test]
fn case_340_a_header_of_wide_characters() {
    let site = plain();
    let heard = site.ask(get("/header?value=%C4%8D%C4%8A"));
    assert_eq!(
        heard.is([200, 500]).header("x-echo").unwrap_or("čĊ"),
        "čĊ",
        "{heard}"
    );
}

#[test]
fn a_header_value_cannot_split_the_answer() {
    let site = plain();
    for bad in [
        "a%0d%0aSet-Cookie:%20x=1",
        "a%0aSet-Cookie:%20x=1",
        "a%0dSet-Cookie:%20x=1",
        "%0d%0a%0d%0a%3Cscript%3E",
        "a%00b",
        "a%0d%0a%20folded",
        "a%7f",
        "a%0b",
    ] {
        let heard = site.ask(get(&format!("/header?value={bad}")));
        let answer = heard.is([500]);
        assert!(
            answer.header("set-cookie").is_none() && answer.header("x-echo").is_none(),
            "{heard}"
        );
        assert!(!answer.text().contains("<script"), "{heard}");
    }
    assert_eq!(
        site.ask(get("/header?value=a%20b"))
            .is([200])
            .header("x-echo"),
        Some("a b")
    );
}

#[test]
fn case_341_a_header_name_that_is_none() {
    let site = plain();
    for bad in [
        "a%20b", "a:b", "a%0d%0ab", "", "%C3%A9", "a%00", "(x)", "a%2Cb",
    ] {
        site.ask(get(&format!("/header_name?name={bad}"))).is([500]);
    }
    assert_eq!(
        site.ask(get("/header_name?name=X-Fine"))
            .is([200])
            .header("x-fine"),
        Some("x")
    );
}

#[test]
fn a_header_of_a_megabyte_is_not_made() {
    // As long as a target may be.
    plain()
        .ask(get(&format!("/header?value={}", "a".repeat(8_000))))
        .is([200]);
}

#[test]
fn a_cookie_cannot_grow_attributes() {
    let site = plain();
    let cookie = |query: &str| {
        let heard = site.ask(get(&format!("/cookie?{query}")));
        heard.is([200]).header("set-cookie").unwrap().to_owned()
    };
    assert!(
        cookie("name=c&value=a;%20Domain=evil").starts_with("c=a%3B%20Domain%3Devil; Path=/; ")
    );
    assert!(
        cookie("name=c&value=a%0d%0aSet-Cookie:x").starts_with("c=a%0D%0ASet-Cookie:x; Path=/; ")
    );
    for bad in [
        "name=a%3Db&value=",
        "name=a;b&value=",
        "name=a%0d&value=",
        "name=&value=",
        "name=%C3%A9&value=",
        "name=__Host-x&value=",
    ] {
        site.ask(get(&format!("/cookie?{bad}"))).is([500]);
    }
    site.ask(get(&format!("/cookie?name=c&value={}", "a".repeat(4_100))))
        .is([500]);
}

#[test]
fn cookies_are_read_raw() {
    let site = plain();
    let with = |cookie: &str| {
        site.ask(request(
            "GET",
            "/cookies",
            &format!("Cookie: {cookie}^"),
            b"",
        ))
        .is([200])
        .text()
    };
    assert_eq!(with("%5F_Host-id=evil"), "%5F_Host-id=evil");
    assert_eq!(with("a=é; b=2; =__Host-x=v; c"), "b=2");
    assert_eq!(with(&"a=1;".repeat(9_000)).matches('=').count(), 128);
    let many = "Cookie: a=1^".repeat(90);
    assert_eq!(
        site.ask(request("GET", "/cookies", &many, b""))
            .is([200])
            .text()
            .matches('=')
            .count(),
        90
    );
}

#[test]
fn case_346_a_redirect_made_of_input_stays_here() {
    let site = plain();
    for page in ["back", "back_by_error"] {
        for bad in [
            "//evil.com",
            "https://evil.com",
            "/%5Cevil.com",
            "%5C%5Cevil.com",
            "%2F%2Fevil.com",
            "///evil.com",
            "/%09/evil.com",
            "%09//evil.com",
            "%20//evil.com",
            "http:evil.com",
            "%0d%0aLocation:%20https://evil.com",
            "/%0d%0aSet-Cookie:%20a=1",
            "%00//evil.com",
            "https:%5C%5Cevil.com",
            ".//evil.com/..//evil.com%5C",
            "//%5Cevil.com",
            "/%E2%80%AE//evil.com%0a",
        ] {
            let heard = site.ask(get(&format!("/{page}?to={bad}")));
            assert!(
                heard.talk.answers[0].header("set-cookie").is_none(),
                "{heard}"
            );
            let target = location(&heard).unwrap_or("/");
            assert!(
                target.starts_with('/') && !target.starts_with("//") && !target.starts_with("/\\"),
                "{bad} leads to {target}"
            );
            assert!(
                target
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && byte != b'\\'),
                "{bad} leads to {target}"
            );
        }
    }
    assert_eq!(
        location(&site.ask(get("/back?to=/a/b%3Fx=1"))),
        Some("/a/b?x=1")
    );
    assert_eq!(location(&site.ask(get("/back?to=info"))), Some("/info"));
    assert_eq!(
        location(&site.ask(get("/back?to=../../../info"))),
        Some("/info")
    );
}

#[test]
fn case_347_a_redirect_to_another_scheme() {
    let site = plain();
    for page in ["back", "away"] {
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "%20javascript:alert(1)",
            "java%09script:alert(1)",
            "JAVASCRIPT:alert(1)",
            "vbscript:x",
            "%01javascript:x",
            "file:///etc/passwd",
            "javascript%3Aalert(1)//",
            "blob:x",
            "http:javascript:x",
        ] {
            let heard = site.ask(get(&format!("/{page}?to={bad}")));
            let target = location(&heard).unwrap_or("/");
            assert!(target.starts_with('/'), "{bad} leads to {target}");
        }
    }
    assert_eq!(
        location(&site.ask(get("/away?to=https://example.org/x"))),
        Some("https://example.org/x")
    );
    for bad in [
        "https://",
        "https:///x",
        "https://a%20b",
        "https://a%5Cb",
        "https://a%0d%0aX:1",
        "//example.org",
        "https:/example.org",
        "https://%C3%A9.com",
    ] {
        site.ask(get(&format!("/away?to={bad}"))).is([500]);
    }
}

#[test]
fn case_349_what_a_location_may_not_hold_is_encoded() {
    let site = plain();
    for (to, expected) in [
        ("/%C3%A9", "/%C3%A9"),
        ("/a%22b", "/a%22b"),
        ("/a%3Cscript%3E", "/a%3Cscript%3E"),
        ("/a'b", "/a'b"),
    ] {
        let heard = site.ask(get(&format!("/back?to={to}")));
        if let Some(location) = location(&heard) {
            assert!(
                location.eq_ignore_ascii_case(expected) || location == "/a%27b",
                "{to} leads to {location}"
            );
            let body = heard.talk.answers[0].text();
            assert!(!body.contains("<script") && !body.contains("\"b"), "{body}");
        } else {
            heard.is([500]);
        }
    }
}

#[test]
fn case_352_an_internal_redirect_to_itself() {
    let site = plain();
    site.ask(get("/turn")).is([500]);
    site.ask(get("/hop/0")).is([500]);
    assert_eq!(site.log().iter().filter(|line| is_visit(line)).count(), 2);
}

#[test]
fn case_364_an_error_page_for_head_and_for_long_words() {
    let site = plain();
    assert_eq!(
        site.ask(request("HEAD", "/nothing", "", b""))
            .is([404])
            .body,
        b""
    );
    let heard = site.ask(get("/refuses/418?words=abcdefghij&times=100000"));
    assert!(
        heard.is([418]).body.len() < 20_000,
        "{}",
        heard.talk.answers[0].body.len()
    );
    for words in [
        "%25(x)s",
        "{x}",
        "{status}",
        "{message}",
        "%25s%25n",
        "${7*7}",
        "{{7*7}}",
    ] {
        let heard = site.ask(get(&format!("/refuses/418?words={words}")));
        let literal = words.replace("%25", "%");
        assert!(
            heard.is([418]).text().contains(&literal),
            "{literal} is not literal"
        );
    }
}

#[test]
fn an_error_page_shows_no_markup_of_a_visitor() {
    let site = plain();
    let script = "%3Cscript%3Ealert(1)%3C/script%3E";
    for target in [
        format!("/{script}"),
        format!("/refuses/400?words={script}"),
        format!("/item?id={script}"),
        format!("/nothing?{script}"),
        "/refuses/400?words=%22%20onload=%22x".to_owned(),
        format!("/wild{script}"),
    ] {
        for accept in ["text/html", "application/json", "*/*"] {
            let heard = site.ask(request("GET", &target, &format!("Accept: {accept}^"), b""));
            let answer = heard.is([400, 404]);
            let is_html = answer
                .header("content-type")
                .is_some_and(|kind| kind.starts_with("text/html"));
            assert!(!is_html || !answer.text().contains("<script"), "{heard}");
            assert!(!is_html || !answer.text().contains("\" onload"), "{heard}");
            assert_eq!(
                answer.header("x-content-type-options"),
                Some("nosniff"),
                "{heard}"
            );
        }
    }
}

#[test]
fn a_status_that_is_no_error() {
    let site = plain();
    for status in [100, 101, 200, 204, 304, 399, 600, 999] {
        site.ask(get(&format!("/refuses/{status}?words=x")))
            .is([500])
            .text();
    }
    for status in [0, 99, 1000, 65535] {
        site.ask(get(&format!("/refuses/{status}?words=x")))
            .is([500]);
    }
}

#[test]
fn a_failing_page_says_nothing_of_itself() {
    let site = plain();
    for accept in ["text/html", "application/json", "text/plain", ""] {
        site.ask(request("GET", "/fails", &format!("Accept: {accept}^"), b""))
            .is([500]);
    }
    let log = site.log();
    assert!(
        log.iter()
            .any(|line| line.contains("kirsch::error") && line.contains("No such file")),
        "{log:?}"
    );
}

#[test]
fn case_365_an_error_page_that_fails_itself() {
    let site = plain().with_panics();
    for path in ["/shaky/nothing", "/failing/nothing", "/shaky", "/failing"] {
        let heard = site.ask(get(path));
        assert!(
            heard.is([404, 500]).text().contains("<!DOCTYPE html>"),
            "{heard}"
        );
    }
    let log = site.log();
    assert!(
        log.iter()
            .any(|line| line.contains("\"GET /shaky/nothing HTTP/1.1\" 404")),
        "{log:?}"
    );
}

#[test]
fn case_367_a_poisoned_lock_is_the_page_s_own_trouble() {
    let site = plain().with_panics();
    for _ in 0..3 {
        site.ask(get("/poisons")).is([500]);
        site.ask(get("/item/1")).is([200]);
    }
}

#[test]
fn every_kind_of_panic_is_a_500() {
    let site = plain().with_panics();
    for path in [
        "/panics",
        "/panics_later",
        "/panics_with_a_number",
        "/trap/",
        "/trap",
        "/panics?words=%0a%0d%1b[31m",
    ] {
        let heard = site.ask(get(path));
        heard.is([500, 301]);
        let heard = site.ask(request("GET", path, "Accept: application/json^", b""));
        heard.is([500, 301]);
    }
    // The head is out already: what is left is to end the connection in the middle, which no client takes for an end.
    let mut line = site.line();
    line.send(&get("/panics_in_its_body"));
    let talk = line.listen_to_end(PATIENCE);
    assert!(talk.answers.is_empty() && talk.end != End::Open, "{talk:?}");
}

#[test]
fn a_panic_keeps_the_connection() {
    let site = plain().with_panics();
    let keep = "GET /panics HTTP/1.1\r\nHost: t\r\n\r\n";
    site.ask_for(
        3,
        format!("{keep}{keep}GET /item/1 HTTP/1.1\r\nHost: t\r\n\r\n"),
    )
    .are(&[500, 500, 200]);
}

#[test]
fn a_panic_while_the_body_comes() {
    let site = plain().with_panics();
    let heard = site.ask(request(
        "GET",
        "/panics",
        "Content-Length: 1000^Expect: 100-continue^",
        b"abc",
    ));
    heard.is([500]);
    site.ask(post("/panics", "text/plain", "abc")).is([405]);
}

#[test]
fn case_370_a_failure_is_not_kept() {
    let site = plain();
    let heard = site.ask(get("/cached_failure"));
    let answer = heard.is([500]);
    for name in ["etag", "last-modified", "expires", "age"] {
        assert!(answer.header(name).is_none(), "{name}: {heard}");
    }
    assert!(
        !answer
            .header("cache-control")
            .is_some_and(|value| value.contains("public")),
        "{heard}"
    );
    assert_eq!(answer.header("set-cookie"), Some("kept=1"));
}

#[test]
fn conditional_headers_do_not_turn_errors_into_something_else() {
    let site = plain();
    for lines in [
        "If-None-Match: *^",
        "If-Match: \"x\"^",
        "If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT^",
        "Range: bytes=0-1^",
        "If-Range: x^Range: bytes=-1^",
        "Range: bytes=9-0,,,-^",
    ] {
        site.ask(request("GET", "/nothing", lines, b"")).is([404]);
        site.ask(request("GET", "/fails", lines, b"")).is([500]);
        site.ask(request("GET", "/item/1", lines, b"")).is([200]);
    }
}

#[test]
fn case_299_lists_of_thousands_of_preferences() {
    let site = plain();
    let lists = [
        "a/b,".repeat(9_000),
        "text/html;q=2,application/json;q=a,*/*;q=0.0000001".to_owned(),
        ";;;".to_owned(),
        ";q=1,".repeat(9_000),
        "application/json;".to_owned() + &"a=\"\\\"".repeat(5_000),
        ",".repeat(40_000),
        "é".to_owned(),
        "text/html;q=".to_owned() + &"9".repeat(10_000),
        "\"".repeat(10_000),
    ];
    for name in [
        "Accept",
        "Accept-Language",
        "Accept-Charset",
        "Accept-Encoding",
        "TE",
        "Cache-Control",
        "Content-Type",
        "If-None-Match",
        "Range",
        "Cookie",
        "User-Agent",
        "Referer",
        "Origin",
    ] {
        for list in &lists {
            for target in ["/item/1", "/nothing"] {
                let heard = site.ask(request("GET", target, &format!("{name}: {list}^"), b""));
                heard.is([200, 404]);
                assert!(heard.talk.took < Duration::from_secs(1), "{name}: {heard}");
            }
        }
    }
}

#[test]
fn problem_details_are_json_whatever_the_words() {
    let site = plain();
    for words in [
        "%22%5C%00",
        "%0d%0a%1b",
        "%E2%80%A8",
        "%3C/script%3E",
        "%F0%9F%98%80",
    ] {
        let heard = site.ask(request(
            "GET",
            &format!("/refuses/400?words={words}"),
            "Accept: application/json^",
            b"",
        ));
        let answer = heard.is([400]);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{heard}"
        );
        serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap();
    }
}

#[test]
fn ten_thousand_panics_leave_the_worker_serving() {
    let site = Target::alone().with_panics();
    let ask = |count: usize| {
        for _ in 0..count {
            let mut line = site.line();
            let all = "GET /panics HTTP/1.1\r\nHost: t\r\n\r\n".repeat(50)
                + "GET /panics_later HTTP/1.1\r\nHost: t\r\n\r\n"
                    .repeat(50)
                    .as_str();
            line.send(all.as_bytes());
            let talk = line.listen(100, PATIENCE);
            assert_eq!(
                talk.answers
                    .iter()
                    .filter(|answer| answer.status == 500)
                    .count(),
                100
            );
        }
    };
    ask(20);
    let before = site.memory();
    ask(80);
    let growth = site.memory().saturating_sub(before);
    assert!(growth < 2 * 1024 * 1024, "8,000 panics cost {growth} bytes");
}

#[test]
fn a_page_that_takes_too_long_is_503() {
    let site = hasty();
    site.ask(get("/sleeps/60000")).is([503]);
    site.ask(get("/sleeps/10")).is([200]);
}

#[test]
fn a_stranger_s_status_line_stays_in_the_body() {
    let site = plain();
    let heard = site.ask(get("/echo?q=a%0d%0a%0d%0aHTTP/1.1%20200%20OK%0d%0a%0d%0a"));
    assert_eq!(heard.is([200]).text(), "a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
}
