//! The tools `redirect`, `referer` and `trailing_slash`. CherryPy: `test_core.py` (redirects, slashes), `test_tools.py`.

use actix_web::http::{Method, StatusCode};
use kirsch::prelude::*;
use kirsch::testing::Client;

use crate::check::check;

/// What the start says of a site with these lines of configuration for `/`.
#[track_caller]
fn refused(text: &str) -> String {
    let text = format!("[\"/\"]\n{text}");
    match Site::new(Bare).config_text("site.toml", &text).ready() {
        Ok(_) => panic!("the site starts"),
        Err(mistakes) => mistakes.to_string(),
    }
}

#[expose]
struct Bare;

#[expose]
impl Bare {
    fn index(&self) -> &'static str {
        ""
    }
}

#[expose]
struct Moved;

#[expose]
impl Moved {
    fn index(&self) -> &'static str {
        "index"
    }

    #[any]
    #[tools(redirect(url = "/now?from=old"))]
    fn old(&self) -> &'static str {
        panic!("it is never called")
    }

    #[any]
    async fn now(&self, from: Option<String>, name: Option<String>) -> String {
        format!("now {from:?} {name:?}")
    }

    #[tools(redirect(url = "now", internal = false))]
    fn told(&self) -> NoContent {
        NoContent
    }

    #[any]
    #[tools(redirect(url = "https://example.org/a?b#c", internal = false, status = StatusCode::PERMANENT_REDIRECT))]
    fn gone(&self) -> NoContent {
        NoContent
    }

    #[tools(redirect(url = "/circle/2"))]
    #[get(path = "circle/1")]
    fn first(&self) -> NoContent {
        NoContent
    }

    #[tools(redirect(url = "/circle/1"))]
    #[get(path = "circle/2")]
    fn second(&self) -> NoContent {
        NoContent
    }

    #[tools(redirect(url = "/nowhere"))]
    fn dangling(&self) -> NoContent {
        NoContent
    }
}

#[test]
fn a_page_is_answered_by_another() {
    let mut client = Client::new(Moved);
    check(
        &mut client,
        &[
            ("GET /old", "200 now Some(\"old\") None"),
            ("GET /old?from=me", "200 now Some(\"old\") None"),
            // It is a GET without a body.
            ("POST /old name=Ada", "200 now Some(\"old\") None"),
            ("HEAD /old", "200"),
            ("GET /dangling", "404"),
            ("GET /circle/1", "500"),
        ],
    );
}

/// Whatever ends the circle is seen by the tools, as every other answer is.
#[test]
fn the_end_of_a_circle_is_an_error_page_as_any_other() {
    let lines = "[\"/\"]\ntools.request_id.on = true\ntools.security_headers.on = true";
    let mut client = Client::of(Site::new(Moved).config_text("site.toml", lines));
    let answer = client.get("/circle/1");
    answer.assert_status(500);
    for name in ["x-request-id", "x-content-type-options"] {
        assert!(answer.header(name).is_some(), "{name}");
    }
}

#[test]
fn a_browser_is_told_where_a_page_is() {
    let mut client = Client::new(Moved);
    check(
        &mut client,
        &[
            ("GET /told", "303 → /now"),
            ("GET /gone", "308 → https://example.org/a?b#c"),
            ("POST /gone x=1", "308 → https://example.org/a?b#c"),
        ],
    );
}

#[test]
fn a_whole_site_is_led_to_one_page_of_it() {
    let site = |text: &str| {
        let text = format!("[\"/\"]\ntools.redirect.on = true\n{text}");
        Client::of(Site::new(Moved).config_text("site.toml", &text))
    };
    let mut inside = site("tools.redirect.url = \"/now\"");
    check(
        &mut inside,
        &[
            ("GET /", "200 now None None"),
            ("GET /nowhere", "200 now None None"),
            ("GET /now?from=me", "200 now Some(\"me\") None"),
        ],
    );
    let mut outside = site(
        "tools.redirect.url = \"/now\"\ntools.redirect.internal = false\ntools.redirect.status = 302",
    );
    check(
        &mut outside,
        &[
            ("GET /", "302 → /now"),
            ("GET /nowhere", "302 → /now"),
            ("GET /now?from=me", "200 now Some(\"me\") None"),
        ],
    );
}

/// `/folder` is on the way to `/folder/`: a redirect between them would go round for ever.
#[test]
fn a_node_may_be_named_without_its_slash() {
    #[expose]
    struct Tree {
        #[child]
        folder: Bare,
    }

    #[expose]
    impl Tree {}

    for url in ["/folder", "/folder/"] {
        for (internal, elsewhere) in [(true, "200"), (false, "303")] {
            let text = format!(
                "[\"/\"]\ntools.redirect.on = true\ntools.redirect.url = \"{url}\"\ntools.redirect.internal = {internal}"
            );
            let site = Site::new(Tree { folder: Bare }).config_text("site.toml", &text);
            let mut client = Client::of(site);
            client.get("/folder/").assert_status(200);
            client
                .get("/folder")
                .assert_status(301)
                .assert_header("location", "/folder/");
            let is_led_round = internal && url == "/folder";
            let expected = if is_led_round { "301" } else { elsewhere };
            assert_eq!(client.get("/nowhere").status().as_str(), expected, "{text}");
        }
    }
}

#[test]
fn where_nothing_is_nobody_is_redirected() {
    for (text, words) in [
        ("", "the tool `redirect` is on without its `url`"),
        (
            "tools.redirect.url = \"https://example.org/\"",
            "is no page of this site\nhelp: write `internal = false` as well",
        ),
        (
            "tools.redirect.url = \"//example.org/\"\ntools.redirect.internal = false",
            "is neither a path of this site nor",
        ),
        (
            "tools.redirect.url = \"javascript:alert(1)\"\ntools.redirect.internal = false",
            "is neither a path of this site nor",
        ),
        (
            "tools.redirect.url = \"/a\\r\\nX: y\"\ntools.redirect.internal = false",
            r"`/a\r\nX: y` is neither a path of this site nor",
        ),
        (
            "tools.redirect.url = \"/x\"\ntools.redirect.status = 301",
            "the browser is told nothing, so there is no status",
        ),
        (
            "tools.redirect.url = \"/x\"\ntools.redirect.internal = false\ntools.redirect.status = 304",
            "a redirect is 301, 302, 303, 307 or 308",
        ),
    ] {
        let said = refused(&format!("tools.redirect.on = true\n{text}"));
        assert!(said.contains(words), "{words:?} is not in\n{said}");
    }
}

#[expose]
#[tools(referer(pattern = r"https?://example\.org(:\d+)?/"))]
struct Guarded;

#[expose]
impl Guarded {
    /// It says itself what it depends on.
    fn index(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("vary", "referer"))
            .body("index")
    }

    #[tools(referer(accept = false, accept_missing))]
    fn rest(&self) -> &'static str {
        "rest"
    }

    #[tools(referer(error = StatusCode::NOT_FOUND, message = "there is <nothing> here"))]
    fn hidden(&self) -> &'static str {
        "hidden"
    }

    #[tools(!referer)]
    fn open(&self) -> &'static str {
        "open"
    }
}

/// CherryPy: `tools.referer` of `test_core.py`.
#[test]
fn who_comes_from_elsewhere_is_refused() {
    let mut client = Client::new(Guarded);
    let ours = "https://example.org/a?b";
    let not_ours = "https://example.org.evil.example/?https://example.org/";
    for (path, referer, status) in [
        ("/", ours, 200),
        ("/", "http://example.org:8080/", 200),
        ("/", not_ours, 403),
        ("/", "", 403),
        ("/nowhere", not_ours, 403),
        ("/nowhere", ours, 404),
        ("/rest", ours, 403),
        ("/rest", not_ours, 200),
        ("/hidden", not_ours, 404),
        ("/open", not_ours, 200),
    ] {
        let request = client.request(Method::GET, path);
        let answer = request.header("referer", referer).send();
        answer.assert_status(status);
        if path != "/open" {
            let mut vary = answer.headers("vary");
            assert!(vary.any(|name| name == "referer") && !vary.any(|name| name == "referer"));
        }
    }
    check(
        &mut client,
        &[
            ("GET /", "403 … this page cannot be reached from there"),
            ("GET /rest", "200 rest"),
            ("GET /hidden", "404 … there is &lt;nothing&gt; here"),
        ],
    );
}

#[test]
fn a_pattern_that_is_none_refuses_the_start() {
    let said = refused("tools.referer.on = true\ntools.referer.pattern = \"(\"");
    assert!(said.contains("`(` is no regular expression: "), "{said}");
    let said = refused(
        "tools.referer.on = true\ntools.referer.pattern = \"a\"\ntools.referer.error = 200",
    );
    assert!(
        said.contains("the status of a refusal is 400 to 599"),
        "{said}"
    );
}

#[expose]
struct Slashes {
    #[child]
    usual: Shop,
    #[child]
    #[tools(trailing_slash)]
    on: Shop,
    #[child]
    #[tools(trailing_slash(missing = false, extra))]
    lenient: Shop,
    #[child]
    #[tools(trailing_slash(extra, status = StatusCode::PERMANENT_REDIRECT))]
    permanent: Shop,
}

#[expose]
impl Slashes {}

#[expose]
struct Shop;

#[expose]
impl Shop {
    #[any]
    async fn index(&self, name: Option<String>, request: HttpRequest) -> String {
        format!("{} {name:?}", request.method())
    }

    #[any]
    fn leaf(&self, name: Option<String>) -> String {
        format!("leaf {name:?}")
    }
}

fn slashes() -> Client {
    Client::new(Slashes {
        usual: Shop,
        on: Shop,
        lenient: Shop,
        permanent: Shop,
    })
}

/// CherryPy: `test_slashes` of `test_core.py`.
#[test]
fn test_slashes() {
    let mut client = slashes();
    for place in ["usual", "on"] {
        let cases = [
            (
                format!("GET /{place}?name=a%20b"),
                format!("301 → /{place}/?name=a%20b"),
            ),
            (
                format!("POST /{place} name=Ada"),
                format!("301 → /{place}/"),
            ),
            (format!("HEAD /{place}"), format!("301 → /{place}/")),
            (format!("GET /{place}/leaf/"), "404".to_owned()),
            (format!("GET /{place}/"), "200 GET None".to_owned()),
            (format!("OPTIONS /{place}"), "200 OPTIONS None".to_owned()),
        ];
        for (asked, expected) in cases
            .iter()
            .filter(|(asked, _)| !asked.starts_with("OPTIONS"))
        {
            check(&mut client, &[(asked, expected)]);
        }
    }
}

#[test]
fn an_index_may_answer_without_its_slash() {
    let mut client = slashes();
    check(
        &mut client,
        &[
            ("GET /lenient?name=Ada", "200 GET Some(\"Ada\")"),
            ("GET /lenient/?name=Ada", "200 GET Some(\"Ada\")"),
            // What carries something is told the way.
            ("POST /lenient?x=1 name=Ada", "308 → /lenient/?x=1"),
            ("PUT /lenient", "308 → /lenient/"),
            ("POST /lenient/ name=Ada", "200 POST Some(\"Ada\")"),
        ],
    );
    client.head("/lenient").assert_status(200).assert_body("");
}

#[test]
fn a_slash_too_many_is_taken_away() {
    let mut client = slashes();
    check(
        &mut client,
        &[
            (
                "GET /lenient/leaf/?name=Ada",
                "301 → /lenient/leaf?name=Ada",
            ),
            ("GET /lenient/leaf", "200 leaf None"),
            ("GET /lenient/", "200 GET None"),
            ("GET /lenient/nowhere/", "404"),
            ("GET /lenient//", "301 → /lenient/"),
            ("POST /permanent/leaf/ name=Ada", "308 → /permanent/leaf"),
            ("POST /permanent name=Ada", "308 → /permanent/"),
        ],
    );
}

#[test]
fn no_spelling_of_a_slash_leads_off_the_site() {
    #[expose]
    #[tools(trailing_slash(extra))]
    struct Anything;

    #[expose]
    impl Anything {
        #[child]
        fn host(&self, _host: String) -> Host {
            Host
        }

        #[get(path = "{empty}/{host}")]
        fn page(&self, empty: String, host: String) -> String {
            format!("{empty:?} {host}")
        }
    }

    #[expose]
    struct Host;

    #[expose]
    impl Host {
        fn index(&self) -> &'static str {
            ""
        }
    }

    let mut client = Client::new(Anything);
    for target in ["//evil.example/", "//host/evil.example", "//evil.example//"] {
        let answer = client.get(target);
        let location = answer.header("location").unwrap_or("/");
        assert!(
            location.starts_with('/') && !location.starts_with("//"),
            "{target}: {answer}"
        );
    }
}

#[test]
fn the_status_of_a_slash_is_a_redirect() {
    let said = refused("tools.trailing_slash.on = true\ntools.trailing_slash.status = 404");
    assert!(
        said.contains("a redirect is 301, 302, 303, 307 or 308"),
        "{said}"
    );
}
