//! The small tools. CherryPy: `test_misc_tools.py`.

use actix_web::http::Method;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use kirsch::prelude::*;
use kirsch::testing::{Answer, Client};
use kirsch::tools::Accepted;

use crate::check::check;

#[expose]
struct Root;

#[expose]
impl Root {
    #[tools(accept(media = ["application/atom+xml"]))]
    fn feed(&self) -> &'static str {
        "feed"
    }

    #[tools(accept(media = ["text/html", "text/plain"]))]
    fn select(&self, accepted: Accepted) -> String {
        accepted.as_str().to_owned()
    }

    #[any]
    #[tools(allow(methods = ["GET", "PUT"]))]
    fn narrow(&self) -> &'static str {
        "narrow"
    }

    #[tools(autovary(headers = ["Accept-Language", "Cookie"], ignore = ["Cookie"]))]
    fn vary(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("Vary", "Origin, accept-language"))
            .finish()
    }

    #[tools(autovary(headers = ["Accept-Language"]))]
    fn anything(&self) -> HttpResponse {
        HttpResponse::Ok().insert_header(("Vary", "*")).finish()
    }

    #[tools(autovary)]
    fn ignored(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("Vary", "Content-Type"))
            .finish()
    }

    #[tools(autovary(headers = ["Cookie"]))]
    fn varies_and_fails(&self) -> Result<&'static str> {
        Err(std::fmt::Error)?
    }

    #[tools(expires(secs = minutes(10)))]
    fn specific(&self) -> &'static str {
        "kept"
    }

    #[tools(expires)]
    fn never_kept(&self) -> &'static str {
        "asked again"
    }

    #[tools(expires(secs = minutes(10)))]
    fn says_itself(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("Cache-Control", "private"))
            .finish()
    }

    #[tools(expires(secs = minutes(10), force))]
    fn overruled(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("Cache-Control", "private"))
            .insert_header(("Pragma", "no-cache"))
            .finish()
    }

    #[any]
    #[tools(expires(secs = minutes(10)))]
    fn personal(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("Set-Cookie", "a=b"))
            .finish()
    }

    #[tools(expires(secs = minutes(10)))]
    fn failing(&self) -> Result<&'static str> {
        Err(Error::not_found())
    }

    #[tools(ignore_headers)]
    fn ignoring(&self, request: HttpRequest) -> String {
        request.headers().contains_key("range").to_string()
    }

    #[tools(err_redirect(url = "/sorry"))]
    fn shaky(&self) -> Result<&'static str> {
        Err(std::fmt::Error)?
    }

    #[tools(err_redirect(url = "/sorry", internal = false))]
    fn led_away(&self) -> Result<&'static str> {
        Err(std::fmt::Error)?
    }

    #[tools(err_redirect(url = "/circle"))]
    fn circle(&self) -> Result<&'static str> {
        Err(std::fmt::Error)?
    }

    #[tools(err_redirect(url = "/sorry"))]
    fn expected(&self) -> Result<&'static str> {
        Err(Error::forbidden())
    }

    fn sorry(&self) -> &'static str {
        "sorry"
    }
}

fn get(client: &mut Client, path: &str, header: (&str, &str)) -> Answer {
    let asked = client.request(Method::GET, path);
    asked.header(header.0, header.1).send()
}

#[test]
fn test_accept_tool() {
    let mut client = Client::new(Root);
    client.get("/feed").assert_status(200);
    for accepted in [
        "application/atom+xml",
        "application/*",
        "*/*",
        "text/html;q=0.9, */*;q=0.1",
    ] {
        get(&mut client, "/feed", ("accept", accepted)).assert_status(200);
    }
    let refused = get(&mut client, "/feed", ("accept", "text/html"));
    refused.assert_status(406).assert_header("vary", "accept");
    refused.assert_in_body("application/atom+xml");
}

#[test]
fn test_accept_selection() {
    let mut client = Client::new(Root);
    let cases = [
        ("text/html", "text/html"),
        ("text/plain", "text/plain"),
        ("text/plain, text/*;q=0.5", "text/plain"),
        ("text/*", "text/html"),
        ("*/*", "text/html"),
        ("text/html;q=0.1, text/plain;q=0.2", "text/plain"),
        ("text/html;q=0, */*", "text/plain"),
    ];
    for (accept, chosen) in cases {
        get(&mut client, "/select", ("accept", accept)).assert_body(chosen);
    }
    get(&mut client, "/select", ("accept", "application/xml")).assert_status(406);
    let asked = client.request(Method::GET, "/select");
    let asked = asked.header("accept", "text/html;q=0.1");
    asked
        .header("accept", "text/plain")
        .send()
        .assert_body("text/plain");
}

#[test]
fn nothing_is_offered_where_there_is_no_page() {
    #[expose]
    #[tools(accept(media = ["text/html"]))]
    struct Pages;

    #[expose]
    impl Pages {
        fn index(&self) -> Html {
            Html::new("")
        }
    }

    let mut client = Client::new(Pages);
    let refused = ("accept", "image/png");
    get(&mut client, "/", refused).assert_status(406);
    get(&mut client, "/nowhere", refused)
        .assert_status(404)
        .assert_header("vary", "accept");
    let asked = client.request(Method::POST, "/");
    asked.header(refused.0, refused.1).send().assert_status(405);
}

#[test]
fn the_tool_allow_narrows_what_pages_declare() {
    let mut client = Client::new(Root);
    for (method, status) in [
        (Method::GET, 200),
        (Method::HEAD, 200),
        (Method::PUT, 200),
        (Method::POST, 405),
        (Method::DELETE, 405),
    ] {
        let answer = client.request(method.clone(), "/narrow").send();
        assert_eq!(answer.status(), status, "{method}");
        if status == 405 {
            answer.assert_header("allow", "GET, HEAD, OPTIONS, PUT");
        }
    }
}

#[test]
fn the_tool_allow_only_narrows() {
    #[expose]
    #[tools(allow(methods = ["GET", "POST", "DELETE"]))]
    struct Narrow;

    #[expose]
    impl Narrow {
        fn index(&self) -> &'static str {
            "GET only"
        }

        #[get]
        #[put]
        #[post]
        fn more(&self) -> &'static str {
            "more"
        }

        #[post]
        #[tools(!allow)]
        fn turns(&self) -> Result<NoContent> {
            Err(Error::internal_redirect("/any"))
        }

        #[any]
        #[tools(allow(methods = ["GET"]))]
        fn any(&self) -> &'static str {
            "by GET"
        }
    }

    check(
        &mut Client::new(Narrow),
        &[
            ("GET /", "200 GET only"),
            ("HEAD /", "200"),
            ("GET /more", "200 more"),
            ("POST /more", "200 more"),
            ("PUT /more", "405 [allow: GET, HEAD, OPTIONS, POST]"),
            // What no page answers is what it would be without the tool, but for `Allow`.
            ("PUT /nowhere", "404"),
            ("PATCH /nowhere", "404"),
            ("PATCH /more", "405 [allow: GET, HEAD, OPTIONS, POST]"),
            ("DELETE /", "405 [allow: GET, HEAD, OPTIONS]"),
            ("PUT /", "405 [allow: GET, HEAD, OPTIONS]"),
            ("OPTIONS /more", "204 [allow: GET, HEAD, OPTIONS, POST]"),
            ("OPTIONS /", "204 [allow: GET, HEAD, OPTIONS]"),
            ("OPTIONS /any", "200 by GET"),
            ("POST /turns", "200 by GET"),
        ],
    );
}

#[test]
fn the_tool_allow_at_a_page_is_heard_of_at_its_whole_path() {
    #[expose]
    #[tools(allow(methods = ["GET"]))]
    struct Parts;

    #[expose]
    impl Parts {
        fn page(&self) -> &'static str {
            "read"
        }

        #[put(path = "page")]
        #[tools(allow(methods = ["PUT"]))]
        fn change(&self) -> &'static str {
            "changed"
        }

        #[post(path = "page")]
        fn add(&self) -> &'static str {
            "added"
        }

        #[tools(!allow)]
        #[get]
        #[post]
        fn closed(&self) -> &'static str {
            "closed"
        }

        #[tools(!allow)]
        fn default(&self, rest: Rest) -> String {
            rest.to_string()
        }
    }

    let text = "[\"/closed\"]\ntools.allow.on = true\ntools.allow.methods = [\"POST\"]\n
        [\"/some/where\"]\ntools.allow.on = true\ntools.allow.methods = [\"POST\"]";
    let site = Site::new(Parts).config_text("site.toml", text);
    check(
        &mut Client::of(site),
        &[
            ("GET /page", "200 read"),
            ("PUT /page", "200 changed"),
            // One page more widely than its node, one as narrowly.
            ("POST /page", "405 [allow: GET, HEAD, OPTIONS, PUT]"),
            ("DELETE /page", "405 [allow: GET, HEAD, OPTIONS, PUT]"),
            ("OPTIONS /page", "204 [allow: GET, HEAD, OPTIONS, PUT]"),
            // In the section of a path.
            ("POST /closed", "200 closed"),
            ("GET /closed", "405 [allow: OPTIONS, POST]"),
            ("PUT /closed", "405 [allow: OPTIONS, POST]"),
            ("OPTIONS /closed", "204 [allow: OPTIONS, POST]"),
            // In that of a part of what a page answers.
            ("GET /some/thing", "200 some/thing"),
            ("PUT /some/thing", "405 [allow: GET, HEAD, OPTIONS]"),
            ("GET /some/where", "405 [allow: OPTIONS]"),
            ("PUT /some/where", "405 [allow: OPTIONS]"),
            ("OPTIONS /some/where/else", "204 [allow: OPTIONS]"),
        ],
    );
}

#[test]
fn test_autovary() {
    let mut client = Client::new(Root);
    client
        .get("/vary")
        .assert_header("vary", "accept-language, origin");
    client.get("/anything").assert_header("vary", "*");
    client.get("/ignored").assert_no_header("vary");
    client
        .get("/varies_and_fails")
        .assert_status(500)
        .assert_header("vary", "accept, cookie");
}

#[test]
fn test_expires() {
    let mut client = Client::new(Root);
    let kept = client.get("/specific");
    kept.assert_header("cache-control", "max-age=600");
    assert!(
        kept.header("expires")
            .is_some_and(|date| date.ends_with(" GMT"))
    );
    let asked = client.get("/never_kept");
    asked.assert_header("cache-control", "no-cache, must-revalidate");
    asked.assert_header("pragma", "no-cache");
    asked.assert_header("expires", "Sun, 28 Jan 2007 00:00:00 GMT");
    client
        .get("/says_itself")
        .assert_header("cache-control", "private");
    client
        .get("/overruled")
        .assert_header("cache-control", "max-age=600")
        .assert_no_header("pragma");
    client
        .get("/failing")
        .assert_status(404)
        .assert_no_header("cache-control");
}

/// Sets a cookie as a session does that is saved.
#[tool]
struct Cookie;

#[tool]
impl Cookie {
    fn before_finalize(&self, x: &mut Exchange) {
        if let Some(response) = x.response_mut() {
            let cookie = HeaderValue::from_static("a=b");
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}

#[test]
fn what_sets_a_cookie_late_is_private() {
    #[expose]
    struct Late;

    #[expose]
    impl Late {
        #[tools(expires(secs = minutes(10)), cookie)]
        fn by_a_tool(&self) -> &'static str {
            ""
        }

        #[tools(expires(secs = minutes(10)), response_headers(headers = [("Set-Cookie", "a=b")]))]
        fn by_a_header(&self) -> &'static str {
            ""
        }
    }

    for path in ["/by_a_tool", "/by_a_header"] {
        Client::new(Late)
            .get(path)
            .assert_header("set-cookie", "a=b")
            .assert_header("cache-control", "private, max-age=600");
    }
}

#[test]
fn a_header_that_is_asked_for_stands_before_what_tools_say_unasked() {
    #[expose]
    #[tools(security_headers, expires(secs = minutes(10)))]
    struct Plain;

    #[expose]
    impl Plain {
        fn index(&self) -> &'static str {
            ""
        }

        fn own(&self) -> HttpResponse {
            let header = ("cache-control", "private");
            HttpResponse::Ok().insert_header(header).finish()
        }
    }

    let text = "[global]\nresponse.headers.Cache-Control = \"no-store\"
        response.headers.Referrer-Policy = \"no-referrer\"
        response.headers.X-Frame-Options = \"SAMEORIGIN\"";
    let mut client = Client::of(Site::new(Plain).config_text("site.toml", text));
    for path in ["/", "/nowhere"] {
        client
            .get(path)
            .assert_header("cache-control", "no-store")
            .assert_header("referrer-policy", "no-referrer")
            .assert_header("x-frame-options", "SAMEORIGIN");
    }
    client.get("/own").assert_header("cache-control", "private");
}

#[test]
fn what_may_be_for_one_visitor_is_private() {
    let mut client = Client::new(Root);
    for header in ["cookie", "authorization"] {
        get(&mut client, "/specific", (header, "a=b"))
            .assert_header("cache-control", "private, max-age=600");
        get(&mut client, "/overruled", (header, "a=b"))
            .assert_header("cache-control", "private, max-age=600");
        get(&mut client, "/says_itself", (header, "a=b")).assert_header("cache-control", "private");
        get(&mut client, "/never_kept", (header, "a=b"))
            .assert_header("cache-control", "no-cache, must-revalidate");
    }
    Client::new(Root)
        .get("/personal")
        .assert_header("cache-control", "private, max-age=600");
    // Nobody keeps what a POST was answered.
    let posted = Client::new(Root).post("/personal");
    posted.assert_status(200);
    posted
        .assert_no_header("cache-control")
        .assert_no_header("expires");
}

#[test]
fn a_preflight_is_told_what_is_left() {
    #[expose]
    #[tools(
        cors(origins = ["https://a.example"]),
        allow(methods = ["GET", "POST"])
    )]
    struct Api;

    #[expose]
    impl Api {
        #[any]
        fn index(&self) -> &'static str {
            "any"
        }

        #[get]
        #[post]
        #[delete]
        fn some(&self) -> &'static str {
            "some"
        }
    }

    let mut client = Client::new(Api);
    for path in ["/", "/some"] {
        for (method, told) in [("POST", Some("POST")), ("DELETE", None)] {
            let asked = client.request(Method::OPTIONS, path);
            let asked = asked.header("origin", "https://a.example");
            let answer = asked.header("access-control-request-method", method).send();
            answer.assert_status(204);
            let methods = answer.header("access-control-allow-methods");
            assert_eq!(methods, told, "{method} {path}");
        }
    }
    let answer = client.request(Method::DELETE, "/some").send();
    answer.assert_status(405);
    answer.assert_header("allow", "GET, HEAD, OPTIONS, POST");
}

#[test]
fn what_is_no_media_type_refuses_the_start() {
    for (media, is_one) in [
        ("text/html", true),
        ("text/html; level=1", true),
        ("text/html;level=\"1;2\"", true),
        ("text/*", false),
        ("html", false),
        ("text/html, text/plain", false),
        ("text/html; q=0.5", false),
        ("text/html;", false),
        ("text/html\r\n", false),
        (" text/html", false),
    ] {
        let file = format!("[\"/\"]\ntools.accept.on = true\ntools.accept.media = [{media:?}]\n");
        let site = Site::new(Root).config_text("site.toml", &file);
        assert_eq!(site.ready().is_ok(), is_one, "{media:?}");
    }
}

#[test]
fn ignored_headers_are_seen_by_nobody() {
    let mut client = Client::new(Root);
    get(&mut client, "/ignoring", ("range", "bytes=0-1")).assert_body("false");
}

#[test]
fn an_unexpected_error_leads_elsewhere() {
    let mut client = Client::new(Root);
    client.get("/shaky").assert_status(200).assert_body("sorry");
    client
        .get("/led_away")
        .assert_status(303)
        .assert_header("location", "/sorry");
    client.get("/circle").assert_status(500);
    client.get("/expected").assert_status(403);
}

#[test]
fn wrong_options_refuse_the_start() {
    #[expose]
    struct Wrong;

    #[expose]
    impl Wrong {
        #[tools(accept(media = ["html"]))]
        fn a(&self) -> NoContent {
            NoContent
        }
        #[tools(allow(methods = ["get"]))]
        fn b(&self) -> NoContent {
            NoContent
        }
        #[tools(autovary(headers = ["no token"]))]
        fn c(&self) -> NoContent {
            NoContent
        }
        #[tools(request_id(header = "Transfer-Encoding"))]
        fn i(&self) -> NoContent {
            NoContent
        }
        #[tools(request_id(header = "Set-Cookie"))]
        fn j(&self) -> NoContent {
            NoContent
        }
        #[tools(response_headers(headers = [("Content-Length", "1"), ("Connection", "close")]))]
        fn k(&self) -> NoContent {
            NoContent
        }
        #[tools(ignore_headers(headers = ["Host"]))]
        fn d(&self) -> NoContent {
            NoContent
        }
        #[tools(err_redirect(url = "sorry"))]
        fn e(&self) -> NoContent {
            NoContent
        }
        #[tools(err_redirect(url = "https://a b\nX: y", internal = false))]
        fn h(&self) -> NoContent {
            NoContent
        }
        #[tools(err_redirect)]
        fn f(&self) -> NoContent {
            NoContent
        }
        fn g(&self, _accepted: Accepted) -> NoContent {
            NoContent
        }
    }

    let mistakes = Site::new(Wrong).ready().unwrap_err().to_string();
    for words in [
        "`html` is no media type",
        "`get` is no method",
        "no token",
        "the tool `response_headers`: `content-length` says how a message is sent",
        "the tool `response_headers`: `connection` says how a message is sent",
        "the tool `request_id`: `transfer-encoding` says how a message is sent",
        "the tool `request_id`: `set-cookie` has a meaning of its own",
        "`host` has been acted on before",
        "`sorry` is no path of this site",
        r"`https://a b\nX: y` is no path of this site",
        "the tool `err_redirect` is on without its `url`",
        "takes a `Accepted`, which only the tool `accept` provides",
    ] {
        assert!(mistakes.contains(words), "{words:?} is not in\n{mistakes}");
    }
}
