//! Bodies and time: who waits for whom, and what becomes of a body that nobody asked for; and a few things that pages do to their site.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use actix_web::http::Method;
use kirsch::Limits;
use kirsch::prelude::*;
use kirsch::testing::Client;

use crate::wire::Wire;

#[expose]
struct Root {
    #[child]
    folder: Folder,
}

#[expose]
impl Root {
    #[post]
    fn name(&self, name: String) -> String {
        name
    }

    #[post]
    fn ignore(&self) -> &'static str {
        "ignored"
    }

    #[post]
    fn ends(&self) -> HttpResponse {
        HttpResponse::Ok().force_close().body("ends")
    }

    /// Never answers, once it has its body.
    #[post]
    async fn never(&self, _name: String) -> &'static str {
        std::future::pending().await
    }

    /// Panics with something that panics again when it is dropped.
    fn twice(&self) -> String {
        std::panic::panic_any(Twice)
    }

    fn away(&self, to: String) -> Redirect {
        Redirect::external(to)
    }

    #[post]
    fn turn(&self, name: String) -> Result<String> {
        Err(Error::internal_redirect(format!("/seen?from={name}")))
    }

    fn seen(&self, from: String, name: Option<String>) -> String {
        format!("{from} {name:?}")
    }
}

struct Twice;

impl Drop for Twice {
    fn drop(&mut self) {
        panic!("again");
    }
}

#[expose]
struct Folder;

#[expose]
impl Folder {
    fn index(&self) -> &'static str {
        "folder"
    }
}

fn site() -> Site {
    let limits = Limits {
        request_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    Site::new(Root { folder: Folder }).limits(limits)
}

/// Sends a form of ten bytes, each a while after the one before: more than twice the time that a page may take.
fn drip(path: &str) -> String {
    let mut stream = Wire::serve(site()).connect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 10\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    for byte in b"name=abcde" {
        std::thread::park_timeout(Duration::from_millis(70));
        stream.write_all(&[*byte]).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_time_of_a_slow_client_is_not_the_page_s() {
    let answer = drip("/name");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.ends_with("abcde"), "{answer}");
}

#[test]
fn a_page_that_has_its_body_is_timed() {
    let answer = drip("/never");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
}

#[test]
fn an_endless_body_that_nobody_reads_ends_its_connection() {
    let mut stream = Wire::serve(site()).connect();
    let head =
        "POST /ignore HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.ends_with("ignored"), "{answer}");
}

/// RFC 9112, 9.6: who says that the connection ends serves no request after that.
#[test]
fn an_answer_that_ends_its_connection_is_the_last() {
    let wire = Wire::serve(site());
    for first in [
        // A body that nobody reads and that is too long to be waited for.
        "POST /ignore HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n".to_owned()
            + &"a".repeat(100_000),
        "POST /ends HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n".to_owned(),
    ] {
        let answer = wire.ask(&format!(
            "{first}POST /name HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nname=again"
        ));
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(!answer.contains("again"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
}

#[test]
fn an_internal_redirect_leaves_the_form_behind() {
    let mut client = Client::of(site());
    client
        .post_form("/turn", [("name", "zed")])
        .assert_body("zed None");
}

#[test]
fn options_of_a_node_without_its_slash() {
    let mut client = Client::of(site());
    let options = client.request(Method::OPTIONS, "/folder");
    options
        .send()
        .assert_status(204)
        .assert_header("allow", "GET, HEAD, OPTIONS");
}

#[test]
fn a_panic_that_panics_when_it_is_dropped_is_a_500() {
    let mut client = Client::of(site());
    client.get("/twice").assert_status(500);
    client.get("/folder/").assert_body("folder");
}

#[test]
fn an_external_redirect_is_a_url_and_nothing_else() {
    let mut client = Client::of(site());
    for (to, status) in [
        ("https://a.example/b?c=d%23e", 303),
        ("HTTPS://a.example/", 303),
        ("http://a/%22%3E%3Cscript%3E", 500),
        ("javascript:alert(1)", 500),
        ("https:///a", 500),
        ("//a.example/", 500),
        ("https://a.example/ b", 500),
    ] {
        let to = to.replace("%22%3E%3Cscript%3E", "\"><script>");
        let link = Root::link().away().query("to", &to);
        client.get(link).assert_status(status);
    }
}
