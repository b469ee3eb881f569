//! Several trees, virtual hosts, services of actix-web, and a site inside a foreign `App`.
//! CherryPy: `tree.mount`, `tree.graft`, `test_virtualhost.py`.

use actix_web::middleware::DefaultHeaders;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::{self, Data};
use actix_web::{App, rt};
use kirsch::Limits;
use kirsch::prelude::*;
use kirsch::testing::Client;

use crate::check::check;

/// A tree that says its name, and catches everything.
#[expose]
struct Named(&'static str);

#[expose]
impl Named {
    fn index(&self) -> &'static str {
        self.0
    }

    fn page(&self) -> String {
        format!("page of {}", self.0)
    }

    fn default(&self, rest: Rest) -> String {
        format!("default of {}: {rest}", self.0)
    }
}

/// A tree that answers one page, and nothing else.
#[expose]
struct Small(&'static str);

#[expose]
impl Small {
    fn index(&self) -> &'static str {
        self.0
    }

    #[error_page(404)]
    fn lost(&self, _error: &Error) -> String {
        format!("not in {}", self.0)
    }
}

#[test]
fn a_mount_takes_its_path_and_everything_below() {
    let site = Site::new(Named("root"))
        .mount("/foo", Small("foo"))
        .mount("/foo/bar/", Named("bar"))
        .mount("/é", Small("é"));
    check(
        &mut Client::of(site),
        &[
            ("GET /", "200 root"),
            ("GET /page", "200 page of root"),
            ("GET /foo/", "200 foo"),
            ("GET /foo", "301 → /foo/"),
            ("GET /foo?a=1", "301 → /foo/?a=1"),
            // Whole segments only.
            ("GET /foobar", "200 default of root: foobar"),
            ("GET /fo", "200 default of root: fo"),
            // Nothing falls through to another tree.
            ("GET /foo/page", "404 not in foo"),
            ("GET /foo/%zz", "404 not in foo"),
            ("GET /foo//", "404 not in foo"),
            ("POST /foo/", "405 [allow: GET, HEAD, OPTIONS]"),
            // The longest mount wins.
            ("GET /foo/bar/", "200 bar"),
            ("GET /foo/bar", "301 → /foo/bar/"),
            ("GET /foo/bar/page", "200 page of bar"),
            ("GET /foo/bar/x/y", "200 default of bar: x/y"),
            ("GET /foo/barx", "404 not in foo"),
            // However a segment is encoded, it is the same segment.
            ("GET /%66oo/", "200 foo"),
            ("GET /f%6F%6f/bar/page", "200 page of bar"),
            ("GET /foo%2Fbar/page", "200 default of root: foo%2Fbar/page"),
            ("GET /%C3%A9/", "200 é"),
            ("GET /%c3%a9/page", "404 not in é"),
            ("GET //foo/", "200 default of root: /foo/"),
        ],
    );
}

/// `/favicon.ico` is a page like others.
#[test]
fn a_site_without_a_favicon_has_none() {
    check(
        &mut Client::new(Small("root")),
        &[("GET /favicon.ico", "404 not in root")],
    );
}

#[test]
fn mounts_that_cannot_be() {
    for path in [
        "foo", "", "/a//b", "/a/../b", "/a?b", "/a b", "/{a}", "/a%20b", "/a\\b",
    ] {
        let mistakes = Site::new(Small("root"))
            .mount(path, Small("x"))
            .ready()
            .unwrap_err()
            .to_string();
        assert!(
            mistakes.contains(&format!("nothing can be mounted at `{path}`")),
            "{path}: {mistakes}"
        );
    }
}

#[test]
fn test_virtual_host() {
    let site = || {
        Site::new(Named("anybody"))
            .host("www.mydom2.example", Named("domain 2"))
            .host("Www.Mydom3.Example", Small("domain 3"))
            .host_mount("www.mydom3.example", "/below", Named("below"))
            .mount("/blog", Small("blog"))
    };
    for (host, target, expected) in [
        ("www.mydom1.example", "/", "200 anybody"),
        ("www.mydom2.example", "/", "200 domain 2"),
        ("WWW.MYDOM2.EXAMPLE:8080", "/page", "200 page of domain 2"),
        ("www.mydom2.example.", "/", "200 domain 2"),
        ("sub.www.mydom2.example", "/", "200 anybody"),
        ("www.mydom3.example", "/", "200 domain 3"),
        ("www.mydom3.example", "/below/page", "200 page of below"),
        // A host has its own trees only.
        ("www.mydom3.example", "/blog/", "404 not in domain 3"),
        (
            "www.mydom2.example",
            "/blog/",
            "200 default of domain 2: blog/",
        ),
        ("www.mydom1.example", "/blog/", "200 blog"),
        (
            "www.mydom1.example",
            "/below/page",
            "200 default of anybody: below/page",
        ),
        // Differs from CherryPy: what a client says of itself in `X-Forwarded-Host` is not believed. The target's host is.
        (
            "www.mydom1.example",
            "http://www.mydom2.example/",
            "200 domain 2",
        ),
    ] {
        let mut client = Client::of(site());
        client.host(host);
        check(&mut client, &[(&format!("GET {target}"), expected)]);
    }
    let mut client = Client::of(site());
    let request = client
        .request(actix_web::http::Method::GET, "/")
        .header("x-forwarded-host", "www.mydom2.example");
    request.send().assert_body("anybody");
}

#[test]
fn allowed_hosts() {
    let site = Site::new(Small("root")).allowed_hosts(["a.example", "b.example"]);
    let mut client = Client::of(site);
    for (host, status) in [
        ("a.example", 200),
        ("B.example:81", 200),
        ("c.example", 400),
        ("a.example.evil.example", 400),
    ] {
        client.host(host);
        client.get("/").assert_status(status);
    }
    client.host("a.example");
    client.get("http://c.example/").assert_status(400);
}

fn api(cfg: &mut web::ServiceConfig) {
    cfg.route("/hello", web::get().to(|| async { "hello from actix" }));
}

#[test]
fn what_is_grafted_on() {
    let site = || {
        Site::new(Named("root"))
            .graft("/api", api)
            .graft("/v2/api/", api)
    };
    check(
        &mut Client::of(site()),
        &[
            ("GET /api/hello", "200 hello from actix"),
            ("GET /v2/api/hello", "200 hello from actix"),
            ("GET /api/nowhere", "404"),
            ("GET /api2", "200 default of root: api2"),
            ("GET /v2/page", "200 default of root: v2/page"),
            ("GET /page", "200 page of root"),
        ],
    );
    let mistakes = site().graft("api", api).ready().unwrap_err().to_string();
    assert!(
        mistakes.contains("nothing can be mounted at `api`"),
        "{mistakes}"
    );
}

/// Something of actix-web's that pages can take.
struct Greeting(&'static str);

#[expose]
struct Greeter;

#[expose]
impl Greeter {
    fn index(&self, greeting: Data<Greeting>) -> &'static str {
        greeting.0
    }
}

#[test]
fn configure() {
    let greeting = Data::new(Greeting("good morning"));
    let site = Site::new(Greeter).configure(move |cfg| {
        cfg.app_data(greeting.clone())
            .route("/beside", web::get().to(|| async { "beside" }));
    });
    check(
        &mut Client::of(site),
        &[
            ("GET /", "200 good morning"),
            ("GET /beside", "200 beside"),
            ("GET /other", "404"),
        ],
    );
    // Without it the page cannot be called, and says no more than that.
    Client::new(Greeter).get("/").assert_status(500);
}

/// Asks a foreign `App` that the site is a service of.
async fn ask_foreign(site: Site, target: &str) -> (u16, String, bool) {
    let app = App::new()
        .wrap(DefaultHeaders::new().add(("x-wrapped", "yes")))
        .app_data(Data::new(Greeting("from outside")))
        .route("/foreign", web::get().to(|| async { "foreign" }))
        .service(site.ready().unwrap());
    let app = init_service(app).await;
    let request = TestRequest::with_uri(target)
        .insert_header(("host", "localhost"))
        .to_request();
    let response = call_service(&app, request).await;
    let (status, wrapped) = (
        response.status().as_u16(),
        response.headers().contains_key("x-wrapped"),
    );
    let body = read_body(response).await;
    (status, String::from_utf8_lossy(&body).into_owned(), wrapped)
}

#[test]
fn inside_a_foreign_app() {
    let site = || {
        let limits = Limits {
            target: 100,
            ..Limits::default()
        };
        Site::new(Named("root"))
            .mount("/small", Small("small"))
            .mount("/greeter", Greeter)
            .graft("/api", api)
            .limits(limits)
    };
    let long = format!("/{}", "x".repeat(100));
    rt::System::new().block_on(async {
        for (target, status, body) in [
            ("/", 200, "root"),
            ("/page", 200, "page of root"),
            ("/x/y", 200, "default of root: x/y"),
            ("/small", 301, ""),
            ("/small/nowhere", 404, "not in small"),
            ("/greeter/", 200, "from outside"),
            ("/foreign", 200, "foreign"),
            ("/api/hello", 200, "hello from actix"),
            ("/api/nowhere", 404, ""),
            (&long, 414, ""),
        ] {
            let (found, text, wrapped) = ask_foreign(site(), target).await;
            assert_eq!(found, status, "{target}: {text}");
            assert!(wrapped && text.contains(body), "{target}: {text}");
        }
    });
}

/// In a scope of a foreign `App` the site still sees whole paths: it is mounted where the scope is.
#[test]
fn inside_a_scope_of_a_foreign_app() {
    rt::System::new().block_on(async {
        let site = Site::new(Small("root"))
            .mount("/app", Named("app"))
            .ready()
            .unwrap();
        let app = App::new().service(web::scope("/app").service(site));
        let app = init_service(app).await;
        for (target, status, body) in [
            ("/app/page", 200, "page of app"),
            ("/app/x/y", 200, "default of app: x/y"),
            ("/other", 404, ""),
        ] {
            let response = call_service(&app, TestRequest::with_uri(target).to_request()).await;
            assert_eq!(response.status(), status, "{target}");
            assert_eq!(read_body(response).await, body, "{target}");
        }
    });
}

/// One site is ready once, and serves as often as it is asked to.
#[test]
fn a_ready_site_is_cheap_to_clone() {
    let ready = Site::new(Named("root")).ready().unwrap();
    rt::System::new().block_on(async {
        for _ in 0..3 {
            let app = init_service(App::new().service(ready.clone())).await;
            let response = call_service(&app, TestRequest::with_uri("/page").to_request()).await;
            assert_eq!(read_body(response).await, "page of root");
        }
    });
}
