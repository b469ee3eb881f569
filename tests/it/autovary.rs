//! What caches are told of the headers by which an answer was chosen. CherryPy: `test_misc_tools.py`, `AutoVaryTest`.

use actix_web::http::Method;
use actix_web::http::header::{self, IfModifiedSince};
use actix_web::web;
use kirsch::prelude::*;
use kirsch::testing::Client;
use kirsch::{Cookies, Mistakes};

/// It reads what it is told to read.
#[tool]
struct Reader {
    #[option]
    name: String,
}

#[tool]
impl Reader {
    fn before_handler(&self, x: &mut Exchange) -> Result<()> {
        if !self.name.is_empty() {
            let _absent = x.header(&self.name);
        }
        match x.header(header::RANGE) {
            Some("refuse") => Err(Error::forbidden()),
            Some("turn") => Err(Error::internal_redirect("/plain")),
            _ => Ok(()),
        }
    }
}

#[expose]
#[tools(autovary)]
struct Root;

#[expose]
impl Root {
    /// Five headers, by all ways there are.
    #[tools(reader(name = "X-Read"), autovary(headers = ["Accept-Language"]))]
    fn index(&self, cookies: Cookies, since: Option<web::Header<IfModifiedSince>>) -> HttpResponse {
        drop((cookies, since));
        HttpResponse::Ok()
            .insert_header(("vary", "Accept, accept-LANGUAGE"))
            .append_header(("Vary", "Content-Type, x-last"))
            .body("")
    }

    fn plain(&self) -> &'static str {
        "plain"
    }

    #[child]
    fn below(&self, cookies: Cookies) -> Below {
        drop(cookies);
        Below
    }

    #[tools(reader, autovary(headers = ["Host"]))]
    fn star(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("vary", "accept, *"))
            .body("")
    }

    #[tools(reader, autovary(ignore = ["range"], headers = ["host"]))]
    fn ignored(&self) -> &'static str {
        "ignored"
    }

    #[tools(reader)]
    fn read(&self) -> &'static str {
        "read"
    }

    #[tools(reader, !autovary)]
    fn off(&self, cookies: Cookies) -> HttpResponse {
        drop(cookies);
        HttpResponse::Ok()
            .insert_header(("vary", "Accept"))
            .body("")
    }

    #[tools(request_id(trust = true), proxy(hops = 1), ignore_headers)]
    fn early(&self) -> &'static str {
        "early"
    }
}

#[expose]
struct Below;

#[expose]
impl Below {
    async fn index(
        &self,
        result: Result<web::Header<header::Accept>, actix_web::Error>,
    ) -> &'static str {
        drop(result);
        "below"
    }
}

fn vary(path: &str, range: Option<&str>) -> Option<String> {
    let mut client = Client::new(Root);
    let request = client.request(Method::GET, path);
    let request = range
        .into_iter()
        .fold(request, |request, range| request.header("range", range));
    let answer = request.send();
    assert!(answer.headers("vary").count() <= 1, "{answer}");
    answer.header("vary").map(str::to_owned)
}

/// CherryPy: `testAutoVary`.
#[test]
fn test_auto_vary() {
    let all = "accept, accept-language, cookie, if-modified-since, range, x-last, x-read";
    assert_eq!(vary("/", None).as_deref(), Some(all));
}

#[test]
fn what_nobody_has_read_is_not_told() {
    for (path, expected) in [
        ("/plain", None),
        ("/read", Some("range")),
        ("/below/", Some("accept, cookie")),
        ("/star", Some("*")),
        ("/ignored", Some("host")),
        ("/off", Some("Accept")),
        ("/early", None),
        ("/nowhere", Some("accept")),
    ] {
        assert_eq!(vary(path, None).as_deref(), expected, "{path}");
    }
}

#[test]
fn errors_and_redirects_within_the_site_tell_it_too() {
    assert_eq!(
        vary("/read", Some("refuse")).as_deref(),
        Some("accept, range")
    );
    assert_eq!(vary("/read", Some("turn")).as_deref(), Some("range"));
}

#[test]
fn wrong_names_refuse_the_start() {
    #[expose]
    #[tools(autovary(headers = ["two words"], ignore = ["a:"]))]
    struct Wrong;

    #[expose]
    impl Wrong {
        fn index(&self) -> &'static str {
            ""
        }
    }
    let refused: Mistakes = Site::new(Wrong).ready().map(drop).unwrap_err();
    let words = refused.to_string();
    for expected in ["2 mistakes", "`two words` is no name", "`a:` is no name"] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
}
