//! Error pages: whose page, what it shows, and what happens when it fails. CherryPy: `testErrorHandling`, reference §4.3.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use kirsch::prelude::*;
use kirsch::testing::{Answer, Client};
use kirsch::{Environment, ErrorPage, Limits};

use crate::check::check;

#[expose]
struct Root {
    #[child]
    shop: Shop,
    #[child]
    plain: Plain,
    #[child]
    broken: Broken,
}

#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "hello"
    }

    fn fails(&self) -> Result<String> {
        Ok(std::fs::read_to_string("no/such/file")?)
    }

    fn panics(&self) -> String {
        panic!("the safe is open: 0815")
    }

    async fn panics_later(&self) -> String {
        actix_web::rt::task::yield_now().await;
        panic!("the safe is open: {}", 4711)
    }

    async fn hangs(&self) -> String {
        std::future::pending().await
    }

    fn refuses(&self, words: String) -> Result<String> {
        Err(Error::bad_request(words))
    }

    /// No error has a status of success.
    fn odd(&self) -> Result<String> {
        Err(Error::new(StatusCode::OK, "fine"))
    }

    #[error_page(404)]
    fn lost(&self, error: &Error) -> String {
        format!("root: lost, {}", error.words())
    }

    #[error_page(410)]
    async fn gone(&self, error: &Error, request: HttpRequest) -> Html {
        actix_web::rt::task::yield_now().await;
        Html::new(format!("root: gone, {} {}", error.status(), request.path()))
    }
}

fn root() -> Root {
    Root {
        shop: Shop { counter: Counter },
        plain: Plain,
        broken: Broken,
    }
}

/// A subtree with error pages of its own.
#[expose]
struct Shop {
    #[child]
    counter: Counter,
}

#[expose]
impl Shop {
    fn index(&self) -> &'static str {
        "shop"
    }

    fn item(&self, id: u8) -> Result<String> {
        match id {
            0 => Err(Error::not_found()),
            1 => Err(Error::new(StatusCode::GONE, "sold out")),
            2 => Err(Error::new(StatusCode::PAYMENT_REQUIRED, "pay <first>")),
            3 => panic!("dropped"),
            _ => Ok(id.to_string()),
        }
    }

    #[post]
    fn order(&self, count: u8) -> String {
        count.to_string()
    }

    #[error_page(404)]
    fn lost(&self, error: &Error) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("x-shop", "lost"))
            .body(format!("shop: lost, {}", error.words()))
    }

    #[error_page(default)]
    fn other(&self, error: &Error) -> String {
        format!("shop: {} {}", error.status().as_u16(), error.words())
    }
}

/// A node in the subtree without error pages, made of a name in the path.
#[expose]
struct Counter;

#[expose]
impl Counter {
    #[child(path = "{name}")]
    async fn clerk(&self, name: String) -> Result<Clerk> {
        if name == "nobody" {
            Err(Error::forbidden())
        } else {
            Ok(Clerk(name))
        }
    }
}

#[expose]
struct Clerk(String);

#[expose]
impl Clerk {
    fn ask(&self, what: u8) -> Result<String> {
        match what {
            0 => Err(Error::forbidden()),
            what => Ok(what.to_string()),
        }
    }

    /// An error page knows its node, and what children and extractors gave.
    #[error_page(403)]
    fn no(&self, method: Method, error: &Error) -> String {
        format!("{} says no to {method}: {}", self.0, error.words())
    }
}

/// No error pages: those around it apply.
#[expose]
struct Plain;

#[expose]
impl Plain {
    fn gone(&self) -> Result<String> {
        Err(Error::new(StatusCode::GONE, "went away"))
    }
}

/// Error pages that fail.
#[expose]
struct Broken;

#[expose]
impl Broken {
    fn raise(&self, status: u16) -> Result<String> {
        let status = StatusCode::from_u16(status).unwrap();
        Err(Error::new(status, "the first failure"))
    }

    #[error_page(404)]
    fn fails(&self, _error: &Error) -> Result<String> {
        Err(Error::internal("the second failure"))
    }

    #[error_page(410)]
    fn panics(&self, _error: &Error) -> String {
        panic!("the second failure")
    }

    #[error_page(409)]
    fn leads_away(&self, _error: &Error) -> Redirect {
        Redirect::to("/")
    }

    #[error_page(402)]
    fn raises_redirect(&self, _error: &Error) -> Result<String> {
        Err(Redirect::to("/shop/").into())
    }

    /// It says nothing, which is no page.
    #[error_page(451)]
    fn says_nothing(&self, _error: &Error) -> HttpResponse {
        HttpResponse::ImATeapot().finish()
    }

    #[error_page(423)]
    fn leads_off_the_site(&self, _error: &Error) -> Result<String> {
        Err(Redirect::to("//evil.example").into())
    }

    #[error_page(418)]
    fn another_status(&self, _error: &Error) -> HttpResponse {
        HttpResponse::ImATeapot().body("short and stout")
    }

    #[error_page(403)]
    fn another_error(&self, _error: &Error) -> HttpResponse {
        HttpResponse::BadGateway().body("the gate is bad")
    }

    #[error_page(500)]
    async fn hangs(&self, _error: &Error) -> String {
        std::future::pending().await
    }
}

fn client() -> Client {
    Client::new(root())
}

fn production() -> Site {
    Site::new(root()).environment(Environment::Production)
}

#[test]
fn test_error_handling() {
    check(
        &mut client(),
        &[
            // By status, from the node outwards.
            (
                "GET /error/missing",
                "404 root: lost, there is nothing at this address",
            ),
            (
                "GET /shop/item/0",
                "404 [x-shop: lost] shop: lost, there is nothing at this address",
            ),
            ("GET /shop/item/x", "404 [x-shop: lost]"),
            ("GET /shop/nowhere/at/all", "404 [x-shop: lost]"),
            ("GET /shop/item/1", "410 shop: 410 sold out"),
            ("GET /shop/item/2", "402 shop: 402 pay <first>"),
            ("GET /shop/item/3", "500 … shop: 500 "),
            (
                "POST /shop/item/9",
                "405 [allow: GET, HEAD, OPTIONS] … shop: 405 ",
            ),
            (
                "POST /shop/order",
                "400 shop: 400 the parameter `count` is missing",
            ),
            (
                "POST /shop/order count=x",
                "400 … shop: 400 the parameter `count` must be",
            ),
            ("GET /plain/gone", "410 root: gone, 410 Gone /plain/gone"),
            (
                "GET /plain/nowhere",
                "404 root: lost, there is nothing at this address",
            ),
            // A node that was made for this request.
            ("GET /shop/counter/ann/ask/0", "403 … ann says no to GET: "),
            ("GET /shop/counter/ann/ask/1", "200 1"),
            ("GET /shop/counter/ann/ask/x", "404 [x-shop: lost]"),
            ("GET /shop/counter/ann/nowhere", "404 [x-shop: lost]"),
            // A node that could not be made has no page: the one around it has.
            ("GET /shop/counter/nobody/ask/1", "403 … shop: 403 "),
            ("GET /odd", "500"),
        ],
    );
}

/// Also where no page was found at all.
#[test]
fn every_error_of_a_tree_is_on_its_pages() {
    let mut client = Client::of(Site::new(root()).mount("/other", Shop { counter: Counter }));
    check(
        &mut client,
        &[
            ("GET /%zz", "404 … root: lost"),
            ("GET /%ff/x", "404 … root: lost"),
            ("GET /shop/%zz", "404 … root: lost"),
            ("GET /other/%zz", "404 [x-shop: lost]"),
            ("GET /other/nowhere", "404 [x-shop: lost]"),
            ("GET /shop/item/1/2", "404 [x-shop: lost]"),
            ("GET /shop/item/0?x=%zz", "404 [x-shop: lost]"),
        ],
    );
    let long = format!("/{}", "a/".repeat(300));
    client
        .get(long)
        .assert_status(404)
        .assert_in_body("root: lost");
}

/// What is refused before a page is looked for reaches no code of the application.
#[test]
fn what_no_page_should_see() {
    let limits = Limits {
        target: 1_000,
        query_parameters: 2,
        ..Limits::default()
    };
    let mut client = Client::of(Site::new(Shop { counter: Counter }).limits(limits));
    check(
        &mut client,
        &[
            (
                "TRACE /item/1",
                "405 [allow: GET, HEAD, OPTIONS] … <title>405 Method Not Allowed</title>",
            ),
            (
                "PROPFIND /item/1",
                "501 … <title>501 Not Implemented</title>",
            ),
            ("GET /item/5?a&b&c", "400 … <title>400 Bad Request</title>"),
            ("GET /item/5?a&b", "200 5"),
        ],
    );
    client
        .get(format!("/{}", "a".repeat(1_000)))
        .assert_status(414)
        .assert_in_body("<title>414 URI Too Long</title>");
    client.host("not a host");
    client
        .get("/item/1")
        .assert_status(400)
        .assert_in_body("<title>400 Bad Request</title>");
}

#[test]
fn an_error_page_that_fails() {
    let limits = Limits {
        request_timeout: Duration::from_millis(50),
        ..Limits::default()
    };
    check(
        &mut Client::of(Site::new(root()).limits(limits)),
        &[
            // The one around it, else our own.
            ("GET /broken/raise/404", "404 root: lost, the first failure"),
            (
                "GET /broken/raise/410",
                "410 root: gone, 410 Gone /broken/raise/410",
            ),
            ("GET /broken/raise/500", "500 … the first failure"),
            ("GET /broken/raise/409", "303 → /"),
            ("GET /broken/raise/402", "303 → /shop/"),
            ("GET /broken/raise/418", "418 short and stout"),
            ("GET /broken/raise/451", "451 … the first failure"),
            ("GET /broken/raise/423", "423 … the first failure"),
            ("GET /broken/raise/403", "502 the gate is bad"),
        ],
    );
}

#[test]
fn what_a_visitor_sees_in_production() {
    let mut client = Client::of(production());
    for (target, status) in [
        ("/fails", 500),
        ("/panics", 500),
        ("/panics_later", 500),
        ("/refuses?words=no", 400),
    ] {
        let answer = client.get(target);
        answer
            .assert_status(status)
            .assert_header("x-content-type-options", "nosniff");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.is_some_and(
                |policy| policy.starts_with("default-src 'none'; style-src 'unsafe-inline'")
            ),
            "{policy:?}"
        );
        answer
            .assert_header("content-type", "text/html; charset=utf-8")
            .assert_header("vary", "accept");
        for secret in [
            "no/such/file",
            "safe",
            "0815",
            "4711",
            ".rs",
            "panic",
            "kirsch",
            "Root::",
        ] {
            answer.assert_not_in_body(secret);
        }
    }
    // The worker goes on.
    client.get("/").assert_body("hello");
    // What is written for the visitor is shown, escaped.
    let answer = client.get("/refuses?words=%3Cscript%3E%22'%26");
    answer
        .assert_in_body("&lt;script&gt;&quot;")
        .assert_not_in_body("<script")
        .assert_not_in_body("\"'&");
}

#[test]
fn what_its_author_sees_in_development() {
    let site = Site::new(root()).environment(Environment::Development);
    let tools = "[global]\ntools.expires.on = true\ntools.log_headers.on = true\n";
    let mut client = Client::of(site.config_text("site.toml", tools));
    let request = client.request(Method::GET, "/fails?page=2&token=hunter2&x=%3Cscript%3E");
    let request = request
        .header("authorization", "Basic aHVudGVyMg==")
        .header("cookie", "id=hunter2");
    let answer = request.header("x-colour", "<red>").send();
    answer.assert_status(500);
    for shown in [
        "No such file",
        "Root::fails",
        "errors.rs:",
        "page=2",
        "x-colour",
        "&lt;red&gt;",
        "<h2>Tools on the way</h2>",
        "<li>before_error_response: 50 log_headers</li>",
    ] {
        answer.assert_in_body(shown);
    }
    for hidden in ["hunter2", "aHVudGVyMg", "<script", "<red>"] {
        answer.assert_not_in_body(hidden);
    }
    client
        .get("/panics")
        .assert_status(500)
        .assert_in_body("the page panicked: the safe is open: 0815");
    client
        .get("/panics_later")
        .assert_status(500)
        .assert_in_body("the safe is open: 4711");
}

fn accepting(client: &mut Client, target: &str, accept: &str) -> Answer {
    client
        .request(Method::GET, target)
        .header("accept", accept)
        .send()
}

/// RFC 9457 for clients that would rather have JSON.
#[test]
fn problem_details() {
    let mut client = Client::of(production());
    for accept in [
        "application/json",
        "application/problem+json",
        "text/html;q=0.5, application/json",
    ] {
        let answer = accepting(&mut client, "/refuses?words=%3Cno%3E", accept);
        answer
            .assert_status(400)
            .assert_header("content-type", "application/problem+json");
        answer
            .assert_header("vary", "accept")
            .assert_header("x-content-type-options", "nosniff");
        let problem: serde_json::Value = answer.json();
        let wanted = serde_json::json!({ "type": "about:blank", "title": "Bad Request", "status": 400, "detail": "<no>" });
        assert_eq!(problem, wanted);
    }
    for accept in [
        "*/*",
        "text/html",
        "text/html, application/json",
        "application/json;q=0",
        "nonsense",
    ] {
        let answer = accepting(&mut client, "/refuses?words=no", accept);
        answer.assert_header("content-type", "text/html; charset=utf-8");
    }
    let problem: serde_json::Value = accepting(&mut client, "/fails", "application/json").json();
    assert_eq!(problem.get("causes"), None, "{problem}");
    let mut development = Client::of(Site::new(root()).environment(Environment::Development));
    let problem: serde_json::Value =
        accepting(&mut development, "/fails", "application/json").json();
    assert!(
        problem["causes"].to_string().contains("No such file"),
        "{problem}"
    );
    // A page of the application decides for itself.
    accepting(&mut development, "/nowhere", "application/json").assert_in_body("root: lost");
}

#[test]
fn a_page_that_takes_too_long() {
    let limits = Limits {
        request_timeout: Duration::from_millis(50),
        ..Limits::default()
    };
    let mut client = Client::of(production().limits(limits));
    let answer = client.get("/hangs");
    answer
        .assert_status(503)
        .assert_in_body("this page is taking too long")
        .assert_not_in_body("50ms");
    client.get("/").assert_body("hello");
}

/// Neither a terminal nor a browser is sent what it would act on.
#[test]
fn words_have_no_control_characters() {
    let mut client = Client::of(production());
    let answer = client.get("/refuses?words=a%00%1B%5B2Jb%0Ac");
    answer
        .assert_status(400)
        .assert_in_body("a\u{fffd}\u{fffd}[2Jb\nc");
}

/// Pages by configuration: for what no page of the tree answers.
#[test]
fn error_pages_by_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("error.html");
    std::fs::write(&file, "<h1>{status}</h1>{message} 100% {other}").unwrap();
    let site = production()
        .error_page(StatusCode::BAD_REQUEST, ErrorPage::file(&file))
        .error_page(StatusCode::NOT_FOUND, ErrorPage::file(&file))
        .default_error_page(ErrorPage::page("/shop/?from=error"));
    check(
        &mut Client::of(site),
        &[
            (
                "GET /refuses?words=%3Cno%3E%7Bstatus%7D",
                "400 [content-type: text/html; charset=utf-8] <h1>400 Bad Request</h1>&lt;no&gt;{status} 100% {other}",
            ),
            // The tree's own page comes first.
            (
                "GET /nowhere",
                "404 root: lost, there is nothing at this address",
            ),
            // A page of the site, with the status of the error.
            ("GET /fails", "500 shop"),
            ("GET /panics", "500 shop"),
            ("POST /", "405 [allow: GET, HEAD, OPTIONS] shop"),
        ],
    );
}

#[test]
fn error_pages_by_configuration_that_fail() {
    let with = |path: &str| Client::of(production().default_error_page(ErrorPage::page(path)));
    for path in ["/fails", "/panics", "/shop/item/0"] {
        with(path)
            .get("/fails")
            .assert_status(500)
            .assert_in_body("<title>500 Internal Server Error</title>");
    }

    // One that can never be seen refuses the start.
    for (path, words) in [
        ("/nowhere?a=b", "`/nowhere` is no page that answers GET"),
        ("/hangs/no", "`/hangs/no` is no page that answers GET"),
        (
            "/shop",
            "`/shop` is no page that answers GET, for an error page\nhelp: write it with its slash: `/shop/`",
        ),
    ] {
        let of_site = production().default_error_page(ErrorPage::page(path));
        let text = format!("[\"/shop\"]\nerror_page.404 = {{ page = \"{path}\" }}");
        for site in [of_site, production().config_text("site.toml", &text)] {
            let mistakes = site.ready().unwrap_err().to_string();
            assert!(mistakes.contains(words), "{words:?} is not in\n{mistakes}");
        }
    }

    // So does one that is no path.
    for path in ["lost", "//evil.example/", "https://evil.example/", ""] {
        for section in ["global", "\"/shop\""] {
            let text = format!("[{section}]\nerror_page.404 = {{ page = \"{path}\" }}");
            let site = production().config_text("site.toml", &text);
            let mistakes = site.ready().unwrap_err().to_string();
            let words = format!(
                "1. `error_page.404`: expected a path of this site, as in `/lost`, found `\"{path}\"`\n    at site.toml:2:18"
            );
            assert!(
                mistakes.ends_with(&words),
                "{words:?} is not in\n{mistakes}"
            );
        }
    }

    // What is written in one place is told once, with that place, for however many pages it is.
    let text = "[global]\n\
                error_page.500 = { page = \"/lots\" }\n\
                [\"/shop\"]\n\
                error_page.404 = { page = \"/lsot\" }\n\
                [\"/shop/item\"]\n\
                tools.expires.on = true\n";
    let site = production().config_text("site.toml", text);
    assert_eq!(
        site.ready().unwrap_err().to_string(),
        "the site cannot start: 2 mistakes were found\n\n\
         1. `/lots` is no page that answers GET, for an error page\n    at site.toml:2:1\n\n\
         2. `/lsot` is no page that answers GET, for an error page\n    at site.toml:4:18"
    );

    let gone = production().error_page(StatusCode::NOT_FOUND, ErrorPage::file("no/such/page.html"));
    let mistakes = gone.ready().unwrap_err().to_string();
    assert!(
        mistakes.contains("`no/such/page.html` does not exist"),
        "{mistakes}"
    );
}
