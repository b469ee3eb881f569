//! A table of cases: what is asked, and what must come.

use std::fmt::Write as _;

use actix_web::http::Method;
use kirsch::testing::{Answer, Client};

/// Asks for every left side and compares with the right side. All differences are reported together.
///
/// A left side is `METHOD TARGET`, and the fields of a form if there are any: `POST /save name=Ada&lang=en`.
/// A right side is a status, headers in brackets, and one of: a whole body, `→` and a `Location`, `…` and a part of the body,
/// `(nothing)` for an empty body.
#[track_caller]
pub(crate) fn check(client: &mut Client, cases: &[(&str, &str)]) {
    let mut report = String::new();
    for (asked, expected) in cases {
        let answer = ask(client, asked);
        for difference in differences(&answer, expected) {
            // Writing to a `String` cannot fail.
            _ = writeln!(
                report,
                "\n{asked}\n  wanted: {difference}\n  got: {}",
                short(&answer)
            );
        }
    }
    assert!(report.is_empty(), "{report}");
}

/// Sends one left side of a table.
pub(crate) fn ask(client: &mut Client, asked: &str) -> Answer {
    let mut words = asked.splitn(3, ' ');
    let method = words.next().unwrap_or_default().as_bytes();
    let method = Method::from_bytes(method).expect("a case begins with a method");
    let request = client.request(method, words.next().expect("a case has a target"));
    match words.next() {
        Some(fields) => request
            .body("application/x-www-form-urlencoded", fields)
            .send(),
        None => request.send(),
    }
}

fn differences<'e>(answer: &Answer, expected: &'e str) -> Vec<&'e str> {
    let (status, mut rest) = expected.split_once(' ').unwrap_or((expected, ""));
    let mut wrong = Vec::new();
    wrong.extend((answer.status().as_str() != status).then_some(status));
    while let Some((name, value, after)) = header(rest) {
        wrong.extend((!answer.headers(name).any(|other| other == value)).then_some(rest));
        rest = after;
    }
    wrong.extend((!body_is(answer, rest)).then_some(rest));
    wrong
}

/// `[name: value]` and what follows it. A list as a body does not begin like that.
fn header(expected: &str) -> Option<(&str, &str, &str)> {
    let (header, after) = expected.strip_prefix('[')?.split_once(']')?;
    let (name, value) = header.split_once(": ")?;
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    is_name.then_some((name, value, after.trim_start()))
}

/// The head of an answer and the beginning of its body, for a report.
fn short(answer: &Answer) -> String {
    let text = answer.text();
    let head = answer.to_string().replace(&text, "").trim_end().to_string();
    let words = text.find("<p class=\"words\">").unwrap_or(0);
    let body: String = text.get(words..).unwrap_or("").chars().take(500).collect();
    format!("{head}\n\n{body}")
}

fn body_is(answer: &Answer, expected: &str) -> bool {
    if let Some(location) = expected.strip_prefix("→ ") {
        answer.header("location") == Some(location)
    } else if let Some(part) = expected.strip_prefix("… ") {
        answer.text().contains(part)
    } else if expected == "(nothing)" {
        answer.bytes().is_empty()
    } else {
        expected.is_empty() || answer.text() == expected
    }
}
