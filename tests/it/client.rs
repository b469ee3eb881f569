//! `kirsch::testing::Client`: a browser without a network.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use actix_web::http::Method;
use kirsch::prelude::*;
use kirsch::testing::Client;

#[expose]
#[derive(Default)]
struct Root {
    visits: AtomicU32,
}

#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "hello"
    }

    fn count(&self) -> String {
        self.visits.fetch_add(1, Ordering::Relaxed).to_string()
    }

    fn cookies(&self, request: HttpRequest) -> String {
        request
            .headers()
            .get("cookie")
            .map_or("", |value| value.to_str().unwrap())
            .to_string()
    }

    fn set(&self, name: String, value: String) -> HttpResponse {
        HttpResponse::Ok()
            .cookie(Cookie::new(name, value))
            .cookie(Cookie::build("other", "1").path("/").finish())
            .finish()
    }

    fn unset(&self, name: String) -> HttpResponse {
        HttpResponse::Ok()
            .cookie(Cookie::build(name, "").max_age(Duration::ZERO).finish())
            .finish()
    }

    #[any]
    fn turn(&self, to: String) -> Redirect {
        Redirect::to(to)
    }

    fn login(&self) -> HttpResponse {
        HttpResponse::SeeOther()
            .cookie(Cookie::new("id", "7"))
            .insert_header(("location", "/cookies"))
            .finish()
    }

    fn away(&self) -> Redirect {
        Redirect::external("https://elsewhere.example/")
    }

    fn method(&self, method: Method) -> String {
        method.to_string()
    }

    #[post]
    async fn echo(&self, request: HttpRequest, body: actix_web::web::Bytes) -> String {
        let kind = request
            .headers()
            .get("content-type")
            .map(|value| value.to_str().unwrap().to_string());
        format!("{kind:?} {}", String::from_utf8_lossy(&body))
    }
}

#[test]
fn it_keeps_cookies() {
    let mut client = Client::new(Root::default());
    client.get("/cookies").assert_body("");
    client.get("/set/a/1").assert_status(200);
    client.get("/cookies").assert_body("a=1; other=1");
    assert_eq!(client.cookie("a"), Some("1"));
    client.get("/set/a/2");
    client.get("/cookies").assert_body("a=2; other=1");
    client.get("/unset/a");
    client.get("/cookies").assert_body("other=1");
    client.set_cookie("mine", "x");
    client.get("/cookies").assert_body("mine=x; other=1");
    client.forget_cookies();
    client.get("/cookies").assert_body("");
    assert_eq!(client.cookie("mine"), None);
}

#[test]
fn it_follows_redirects_on_request() {
    Client::new(Root::default())
        .get("/turn?to=/")
        .assert_status(303)
        .assert_header("location", "/");
    let mut client = Client::new(Root::default()).follow_redirects();
    client
        .get("/turn?to=/")
        .assert_status(200)
        .assert_body("hello");
    client.get("/turn?to=turn%3Fto=method").assert_body("GET");
    // By GET, without the body, with the cookies.
    client
        .post_form("/turn", [("to", "/method")])
        .assert_body("GET");
    client.get("/login").assert_body("id=7");
    // Not off the site, and not for ever.
    client
        .get("/away")
        .assert_status(303)
        .assert_header("location", "https://elsewhere.example/");
    client
        .get("/turn?to=/turn%3Fto=%252Fturn%253Fto=%25252F")
        .assert_body("hello");
}

/// It is the site itself that is asked, and it remembers.
#[test]
fn it_asks_one_site() {
    let mut client = Client::new(Root::default());
    for visit in 0..3 {
        client.get("/count").assert_body(visit.to_string());
    }
}

#[test]
fn it_sends_bodies() {
    let mut client = Client::new(Root::default());
    client
        .post_form("/echo", [("a b", "c&d"), ("é", "+")])
        .assert_body(r#"Some("application/x-www-form-urlencoded") a%20b=c%26d&%C3%A9=%2B"#);
    client
        .post_json("/echo", &[1, 2])
        .assert_body(r#"Some("application/json") [1,2]"#);
    client.post("/echo").assert_body("None ");
    let request = client.request(Method::POST, "/echo");
    request
        .body("text/plain", "text")
        .send()
        .assert_body(r#"Some("text/plain") text"#);
}

/// An assertion that does not hold says so, and shows the answer.
#[test]
fn its_assertions_can_fail() {
    let mut client = Client::new(Root::default());
    let answer = client.get("/");
    answer
        .assert_status(200)
        .assert_body("hello")
        .assert_in_body("ell")
        .assert_not_in_body("x")
        .assert_no_header("x-y");
    let wrong: [(&str, &dyn Fn()); 6] = [
        ("the status is not 404", &|| {
            _ = answer.assert_status(404);
        }),
        ("the body is not \"hell\"", &|| {
            _ = answer.assert_body("hell");
        }),
        ("\"x\" is not in the body", &|| {
            _ = answer.assert_in_body("x");
        }),
        ("\"hello\" is in the body", &|| {
            _ = answer.assert_not_in_body("hello");
        }),
        ("there is no header `x-y: 1`", &|| {
            _ = answer.assert_header("x-y", "1");
        }),
        ("there is a header `Content-Type`", &|| {
            _ = answer.assert_no_header("Content-Type");
        }),
    ];
    for (words, assertion) in wrong {
        let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err(words);
        let report = panic.downcast_ref::<String>().expect("a report is text");
        assert!(report.starts_with(words), "{report}");
        assert!(
            report.contains("HTTP/1.1 200 OK") && report.ends_with("\n\nhello"),
            "{report}"
        );
    }
}

#[test]
fn a_site_with_mistakes_is_no_client() {
    let site = Site::new(Root::default()).mount("/", Root::default());
    let panic =
        catch_unwind(AssertUnwindSafe(|| Client::of(site))).expect_err("two trees at one path");
    let report = panic.downcast_ref::<String>().expect("a report is text");
    assert!(report.contains("two trees are mounted at `/`"), "{report}");
}
