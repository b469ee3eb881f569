//! JSON in and out. CherryPy: `test_json.py`.

use actix_web::http::Method;
use kirsch::prelude::*;
use kirsch::testing::Client;

#[expose]
struct Root;

#[expose]
impl Root {
    #[tools(json_out)]
    fn plain(&self) -> Json<&'static str> {
        Json("hello")
    }

    #[tools(json_out(content_type = "application/vnd.api+json"))]
    fn typed(&self) -> Json<[u8; 2]> {
        Json([1, 2])
    }

    #[tools(json_out(content_type = "application/vnd.api+json"))]
    fn text(&self) -> &'static str {
        "no JSON"
    }

    #[tools(json_out)]
    fn failing(&self) -> Result<Json<u8>> {
        Err(Error::forbidden())
    }

    #[tools(json_out)]
    fn broken(&self) -> Result<Json<u8>> {
        Err(std::fmt::Error)?
    }

    #[tools(json_out(problems = false))]
    fn html_errors(&self) -> Result<Json<u8>> {
        Err(Error::forbidden())
    }

    #[post]
    #[tools(json_in)]
    fn json_post(&self, body: Json<Vec<String>>) -> String {
        body.join("+")
    }

    #[get]
    #[post]
    #[tools(json_in(force = false))]
    fn either(&self, name: Option<String>) -> String {
        name.unwrap_or_default()
    }

    #[post]
    #[tools(json_in(content_type = ["application/vnd.api+json"]))]
    fn typed_post(&self, body: Json<Vec<String>>) -> String {
        body.join("+")
    }

    #[post]
    #[tools(json_in(content_type = ["application/vnd.api+json"], force = false))]
    fn typed_or_plain(&self, body: Json<Vec<String>>) -> String {
        body.join("+")
    }

    #[post]
    fn without_tool(&self, body: Json<Vec<String>>) -> String {
        body.join("+")
    }
}

#[test]
fn test_json_output() {
    let mut client = Client::new(Root);
    let plain = client.get("/plain");
    plain
        .assert_body("\"hello\"")
        .assert_header("content-type", "application/json");
    client
        .get("/typed")
        .assert_header("content-type", "application/vnd.api+json")
        .assert_body("[1,2]");
    client
        .get("/text")
        .assert_header("content-type", "text/plain; charset=utf-8");
}

#[test]
fn errors_are_problems() {
    let mut client = Client::new(Root);
    for (path, status) in [("/failing", 403), ("/broken", 500)] {
        let answer = client.get(path);
        answer
            .assert_status(status)
            .assert_header("content-type", "application/problem+json");
    }
    client
        .get("/html_errors")
        .assert_status(403)
        .assert_header("content-type", "text/html; charset=utf-8");
}

#[test]
fn test_json_input() {
    let mut client = Client::new(Root);
    let mut post = |path: &str, kind: Option<&str>, body: &str| {
        let asked = client.request(Method::POST, path);
        match kind {
            Some(kind) => asked.body(kind, body).send(),
            None => asked.send(),
        }
    };
    let good = r#"["a", "b"]"#;
    post("/json_post", Some("application/json"), good).assert_body("a+b");
    post("/json_post", Some("Application/JSON; charset=utf-8"), good).assert_body("a+b");
    post("/json_post", Some("application/json"), "[13, -]").assert_status(400);
    post("/json_post", Some("application/json-but-not"), good).assert_status(415);
    post("/json_post", Some("text/plain"), good)
        .assert_status(415)
        .assert_in_body("application/json, text/javascript");
    post(
        "/json_post",
        Some("application/x-www-form-urlencoded"),
        "a=1",
    )
    .assert_status(415);
    post(
        "/either",
        Some("application/x-www-form-urlencoded"),
        "name=Ann",
    )
    .assert_body("Ann");
    client.get("/either?name=Otto").assert_body("Otto");
}

/// What the tool takes for JSON, the page reads.
#[test]
fn a_page_reads_the_types_of_the_tool() {
    let mut client = Client::new(Root);
    let mut post = |path: &str, kind: &str| {
        let asked = client.request(Method::POST, path);
        asked.body(kind, r#"["a", "b"]"#).send()
    };
    post("/json_post", "text/javascript").assert_body("a+b");
    post("/json_post", "text/javascript; charset=utf-16").assert_status(415);
    for path in ["/typed_post", "/typed_or_plain"] {
        post(path, "application/vnd.api+json").assert_body("a+b");
        post(path, "Application/Vnd.API+JSON; charset=utf-8").assert_body("a+b");
        post(path, "text/javascript").assert_status(415);
    }
    post("/typed_post", "application/json").assert_status(415);
    post("/typed_or_plain", "application/json").assert_body("a+b");
    post("/without_tool", "application/json").assert_body("a+b");
    for kind in ["text/javascript", "application/vnd.api+json"] {
        post("/without_tool", kind).assert_status(415);
    }
}

/// A list that would refuse every body for ever does not start.
#[test]
fn types_that_no_body_can_have_are_refused() {
    for (types, words) in [
        ("[]", "no body could ever be read"),
        (
            r#""application/json; charset=utf-8""#,
            "`application/json; charset=utf-8` is no media type",
        ),
        (r#"["application/json", "json"]"#, "`json` is no media type"),
        (
            r#"" application/json""#,
            "` application/json` is no media type",
        ),
    ] {
        let text = format!("[\"/json_post\"]\ntools.json_in.content_type = {types}\n");
        let mistakes = Site::new(Root).config_text("site.toml", &text).ready();
        let mistakes = mistakes.unwrap_err().to_string();
        assert!(mistakes.contains(words), "{mistakes}");
        assert!(mistakes.ends_with("at site.toml:2:1"), "{mistakes}");
    }
}
