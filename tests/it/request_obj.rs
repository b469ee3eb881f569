//! What a page learns of the request, and which methods reach it. CherryPy: `test_request_obj.py`.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::web::{Bytes, Query};
use kirsch::Limits;
use kirsch::prelude::*;
use kirsch::testing::Client;

use crate::check::{ask, check};
use crate::wire::Wire;

#[expose]
struct Root {
    #[child]
    pathinfo: PathInfo,
    #[child]
    params: Params,
    #[child]
    paramerrors: ParamErrors,
    #[child]
    headers: Headers,
    #[child]
    method: AnyMethod,
    #[child]
    divorce: Divorce,
    #[child]
    verbs: Verbs,
}

#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "hello"
    }
}

fn root() -> Root {
    Root {
        pathinfo: PathInfo,
        params: Params,
        paramerrors: ParamErrors,
        headers: Headers,
        method: AnyMethod,
        divorce: Divorce,
        verbs: Verbs,
    }
}

#[expose]
struct PathInfo;

#[expose]
impl PathInfo {
    fn default(&self, request: HttpRequest, _rest: Rest) -> String {
        request.path().to_string()
    }
}

#[test]
fn test_relative_uri_path_info() {
    check(
        &mut Client::new(root()),
        &[("GET /pathinfo/foo/bar", "200 /pathinfo/foo/bar")],
    );
}

#[test]
fn test_absolute_uri_path_info() {
    check(
        &mut Client::new(root()),
        &[
            (
                "GET http://localhost/pathinfo/foo/bar",
                "200 /pathinfo/foo/bar",
            ),
            ("GET http://localhost", "200 hello"),
            // The host of such a target is looked at as `Host` is.
            ("GET http://a,b/pathinfo/foo/bar", "400"),
        ],
    );
}

#[expose]
struct Params;

#[expose]
impl Params {
    fn index(&self, thing: Vec<String>) -> String {
        format!("{thing:?}")
    }

    fn default(
        &self,
        Query(named): Query<BTreeMap<String, String>>,
        #[arg(rest)] args: Vec<String>,
    ) -> String {
        format!("args: {args:?} kwargs: {named:?}")
    }
}

#[test]
fn test_params() {
    check(
        &mut Client::new(root()),
        &[
            ("GET /params/?thing=a", r#"200 ["a"]"#),
            (
                "GET /params/?thing=a&thing=b&thing=c",
                r#"200 ["a", "b", "c"]"#,
            ),
            (
                "GET /params/%C3%94%20%C3%A3/cheese?Gruy%C3%A8re=Bulgn%C3%A9ville",
                r#"200 args: ["Ô ã", "cheese"] kwargs: {"Gruyère": "Bulgnéville"}"#,
            ),
            // Differs from CherryPy: a path is UTF-8.
            ("GET /params/%d4%20%e3/cheese", "404"),
            (
                "GET /params/code?url=http%3A//cherrypy.dev/index%3Fa%3D1%26b%3D2",
                r#"200 args: ["code"] kwargs: {"url": "http://cherrypy.dev/index?a=1&b=2"}"#,
            ),
            // Differs from CherryPy: a query is no image map.
            (
                "GET /params/ismap?223,114",
                r#"200 args: ["ismap"] kwargs: {"223,114": ""}"#,
            ),
            (
                "GET /params/dictlike?a[1]=1&a[2]=2&b=foo&b[bar]=baz",
                r#"200 args: ["dictlike"] kwargs: {"a[1]": "1", "a[2]": "2", "b": "foo", "b[bar]": "baz"}"#,
            ),
        ],
    );
}

#[expose]
struct ParamErrors;

#[expose]
impl ParamErrors {
    #[any]
    fn one_positional(&self, _param1: String) -> &'static str {
        "data"
    }

    #[any]
    fn one_positional_args(&self, _param1: String, _rest: Rest) -> &'static str {
        "data"
    }

    #[any]
    fn one_positional_kwargs(
        &self,
        _param1: String,
        _named: Query<BTreeMap<String, String>>,
    ) -> &'static str {
        "data"
    }

    #[any]
    fn no_positional(&self) -> &'static str {
        "data"
    }

    #[any]
    fn no_positional_args(&self, _rest: Rest) -> &'static str {
        "data"
    }

    #[any]
    fn no_positional_kwargs(&self, _named: Query<BTreeMap<String, String>>) -> &'static str {
        "data"
    }

    fn raise_type_error(&self) -> Result<String> {
        Ok("a".parse::<u8>()?.to_string())
    }
}

/// CherryPy's cases, with CherryPy's strictness. Differs from it: what is missing is 400 where the query could have given it;
/// a name in the query never competes with a segment; only an extractor knows what it reads.
#[test]
fn test_param_errors() {
    let limits = Limits {
        strict_params: true,
        ..Limits::default()
    };
    let mut client = Client::of(Site::new(root()).limits(limits));
    for fits in [
        "one_positional?param1=foo",
        "one_positional/foo",
        "one_positional/foo?param1=foo",
        "one_positional_args?param1=foo",
        "one_positional_args/foo",
        "one_positional_args/foo/bar/baz",
        "one_positional_kwargs?param1=foo&param2=bar&param3=baz",
        "one_positional_kwargs/foo?param4=foo&param2=bar&param3=baz",
        "no_positional",
        "no_positional_args/foo",
        "no_positional_args/foo/bar/baz",
        "no_positional_kwargs?param1=foo&param2=bar",
    ] {
        check(
            &mut client,
            &[(&format!("GET /paramerrors/{fits}"), "200 data")],
        );
    }
    for (uri, status) in [
        ("one_positional", "400"),
        ("one_positional?foo=foo", "404"),
        ("one_positional/foo/bar/baz", "404"),
        ("one_positional/foo?param1=foo&param2=foo", "404"),
        ("one_positional_args/foo?param1=foo&param2=foo", "404"),
        ("one_positional_args/foo/bar/baz?param2=foo", "404"),
        ("one_positional_kwargs/foo/bar?param1=foo", "404"),
        ("no_positional/boo", "404"),
        ("no_positional?param1=foo", "404"),
        ("no_positional_args/boo?param1=foo", "404"),
        ("no_positional_kwargs/boo?param1=foo", "404"),
    ] {
        check(&mut client, &[(&format!("GET /paramerrors/{uri}"), status)]);
    }
    // What is wrong in the body is 400; what is wrong in the URL is 404 whatever the body is.
    for (uri, status) in [
        ("one_positional/foo param1=foo", "200"),
        ("one_positional/foo param1=foo&param2=foo", "400"),
        ("one_positional_args/foo param1=foo&param2=foo", "400"),
        ("one_positional_args/foo/bar/baz param2=foo", "400"),
        ("one_positional?param2=foo param1=foo", "404"),
        ("one_positional/foo/bar param2=foo", "404"),
        ("one_positional_args/foo/bar?param2=foo param3=foo", "404"),
        ("no_positional?param1=foo param2=foo", "404"),
        ("no_positional_args/boo?param2=foo param1=foo", "404"),
    ] {
        check(
            &mut client,
            &[(&format!("POST /paramerrors/{uri}"), status)],
        );
    }
    // The page's own failure is no wrong argument.
    check(&mut client, &[("GET /paramerrors/raise_type_error", "500")]);
}

#[expose]
struct Headers;

#[expose]
impl Headers {
    fn default(&self, request: HttpRequest, name: String) -> Option<String> {
        let values = request
            .headers()
            .get_all(name)
            .map(|value| value.to_str().unwrap().to_string());
        let values: Vec<_> = values.collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    fn doubled(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("content-type", "text/html"))
            .insert_header(("Content-Type", "text/css"))
            .insert_header(("expires", "Thu, 01 Dec 2194 16:00:00 GMT"))
            .body("doubled")
    }
}

#[test]
fn test_repeated_headers() {
    let mut client = Client::new(root());
    let request = client.request(Method::GET, "/headers/accept-charset");
    let request = request
        .header("Accept-Charset", "iso-8859-5")
        .header("accept-charset", "unicode-1-1;q=0.8");
    request.send().assert_body("iso-8859-5, unicode-1-1;q=0.8");

    let answer = client.get("/headers/doubled");
    for name in ["content-type", "expires"] {
        assert_eq!(answer.headers(name).count(), 1, "{answer}");
    }
    answer.assert_header("Content-Type", "text/css");
}

#[test]
fn test_header_presence() {
    let mut client = Client::new(root());
    client.get("/headers/Content-Type").assert_status(404);
    let request = client.request(Method::GET, "/headers/Content-Type");
    request
        .header("Content-type", "application/json")
        .send()
        .assert_body("application/json");
}

/// Differs from CherryPy, which takes the line feed out of the decoded word: such a host is refused.
#[test]
fn test_dangerous_host() {
    let mut client = Client::new(root());
    for host in [
        "=?iso-8859-1?q?foo=0Abar?=",
        "a b",
        "a,b",
        "user@a",
        "a#b",
        "a:99999",
    ] {
        client.host(host);
        client
            .get("/")
            .assert_status(400)
            .assert_not_in_body("hello");
    }
    for host in ["localhost", "LOCALHOST:8080", "[::1]:80", "a.example."] {
        client.host(host);
        client.get("/").assert_body("hello");
    }
}

#[expose]
struct AnyMethod;

#[expose]
impl AnyMethod {
    #[any(path = "")]
    fn every(&self, method: Method) -> String {
        method.to_string()
    }

    #[put]
    #[patch]
    fn parameterized(&self, data: String) -> String {
        data
    }

    #[put]
    #[patch]
    async fn request_body(&self, body: Bytes) -> Bytes {
        body
    }
}

#[test]
fn test_basic_http_methods() {
    let mut client = Client::new(root());
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        ask(&mut client, &format!("{method} /method/"))
            .assert_status(200)
            .assert_body(method);
    }
    check(
        &mut client,
        &[
            ("HEAD /method/", "200 (nothing)"),
            // Differs from CherryPy: TRACE never reaches a page, and methods that nobody knows are 501.
            (
                "TRACE /method/",
                "405 [allow: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT]",
            ),
            ("TRACE /nowhere", "404"),
            ("PROPFIND /method/", "501"),
            ("LINK /method/", "501"),
            ("get /method/", "501"),
            (
                "PATCH /method/parameterized data=on+top+of+other+things",
                "200 on top of other things",
            ),
            (
                "PUT /method/parameterized data=on+top+of+other+things",
                "200 on top of other things",
            ),
            (
                "POST /method/parameterized data=x",
                "405 [allow: OPTIONS, PATCH, PUT]",
            ),
            // Differs from CherryPy: no body is an empty one, not 411.
            ("PUT /method/request_body", "200 (nothing)"),
        ],
    );
    for method in [Method::PATCH, Method::PUT] {
        let body = "one thing on top of another";
        let answer = client
            .request(method, "/method/request_body")
            .body("text/plain", body)
            .send();
        answer.assert_status(200).assert_body(body);
    }
}

/// A page is not told from a method by its name: `GET /divorce/get` is the page `get`.
#[expose]
struct Divorce;

#[expose]
impl Divorce {
    fn index(&self) -> &'static str {
        "Choose your document"
    }

    fn get(&self, id: u32) -> String {
        format!("Divorce document {id}")
    }
}

#[test]
fn pages_may_be_named_like_methods() {
    check(
        &mut Client::new(root()),
        &[
            ("GET /divorce/", "200 Choose your document"),
            ("GET /divorce/get?id=13", "200 Divorce document 13"),
            ("GET /divorce", "301 → /divorce/"),
        ],
    );
}

/// Several pages at one URL, each for its methods.
#[expose]
struct Verbs;

#[expose]
impl Verbs {
    #[get(path = "shared")]
    fn show(&self) -> &'static str {
        "show"
    }

    #[post(path = "shared")]
    fn save(&self) -> &'static str {
        "save"
    }

    #[get(path = "item/{id}")]
    fn item(&self, id: u8) -> String {
        id.to_string()
    }

    #[delete(path = "item/{name}")]
    async fn remove(&self, name: String) -> String {
        format!("removed {name}")
    }

    #[head(path = "own")]
    fn own_head(&self) -> HttpResponse {
        HttpResponse::Ok().insert_header(("x-head", "own")).finish()
    }

    #[get(path = "own")]
    fn own(&self) -> &'static str {
        "own"
    }

    #[options(path = "own")]
    fn own_options(&self) -> &'static str {
        "my options"
    }

    #[post]
    fn only_post(&self) -> &'static str {
        "posted"
    }

    #[post]
    #[default]
    fn caught(&self, one: String, two: Option<String>) -> String {
        format!("{one} {two:?}")
    }

    fn default(&self, rest: Rest) -> String {
        format!("default {rest}")
    }
}

#[test]
fn methods_are_declared() {
    check(
        &mut Client::new(root()),
        &[
            ("GET /verbs/shared", "200 show"),
            ("POST /verbs/shared", "200 save"),
            ("HEAD /verbs/shared", "200 (nothing)"),
            (
                "DELETE /verbs/shared",
                "405 [allow: GET, HEAD, OPTIONS, POST]",
            ),
            (
                "OPTIONS /verbs/shared",
                "204 [allow: GET, HEAD, OPTIONS, POST] (nothing)",
            ),
            // Two placeholders at one place may have two names.
            ("GET /verbs/item/7", "200 7"),
            ("DELETE /verbs/item/seven", "200 removed seven"),
            (
                "PUT /verbs/item/7",
                "405 [allow: DELETE, GET, HEAD, OPTIONS]",
            ),
            // Whether the argument would fit is asked after the method.
            ("PUT /verbs/item/x", "405"),
            ("GET /verbs/item/x", "404"),
            ("HEAD /verbs/own", "200 [x-head: own] (nothing)"),
            ("OPTIONS /verbs/own", "200 my options"),
            ("POST /verbs/own", "405 [allow: GET, HEAD, OPTIONS]"),
            ("GET /verbs/only_post", "405 [allow: OPTIONS, POST]"),
            ("HEAD /verbs/only_post", "405 [allow: OPTIONS, POST]"),
            ("OPTIONS /", "204 [allow: GET, HEAD, OPTIONS]"),
            ("OPTIONS /divorce", "204"),
            ("OPTIONS /nowhere", "404"),
            ("POST /divorce", "301 → /divorce/"),
            // A `default` for each method takes what it takes.
            ("GET /verbs/a/b", "200 default a/b"),
            ("GET /verbs/a/b/c", "200 default a/b/c"),
            ("POST /verbs/a", "200 a None"),
            ("POST /verbs/a/b", r#"200 a Some("b")"#),
            ("POST /verbs/a/b/c", "404"),
            ("PUT /verbs/a/b/c", "405 [allow: GET, HEAD, OPTIONS, POST]"),
        ],
    );
}

#[test]
fn what_the_wire_shows() {
    let wire = Wire::serve(Site::new(root()));
    let ask = |method: &str, target: &str| {
        wire.ask(&format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ))
    };
    let is = |answer: String, begins: &str, ends: &str| {
        assert!(answer.starts_with(begins), "{answer}");
        assert!(answer.ends_with(ends), "{answer}");
        answer
    };
    // HEAD has the head of GET, and no body.
    let answer = is(ask("HEAD", "/"), "HTTP/1.1 200 OK\r\n", "\r\n\r\n");
    assert!(
        answer.to_lowercase().contains("content-length: 5\r\n"),
        "{answer}"
    );
    is(ask("GET", "/"), "HTTP/1.1 200 OK\r\n", "\r\n\r\nhello");
    is(
        ask("HEAD", "/nowhere"),
        "HTTP/1.1 404 Not Found\r\n",
        "\r\n\r\n",
    );
    // 204 has neither a body nor a length.
    let answer = is(
        ask("OPTIONS", "/"),
        "HTTP/1.1 204 No Content\r\n",
        "\r\n\r\n",
    );
    assert!(
        !answer.to_lowercase().contains("content-length"),
        "{answer}"
    );
    assert!(
        answer
            .to_lowercase()
            .contains("allow: get, head, options\r\n"),
        "{answer}"
    );
    is(
        ask("OPTIONS", "*"),
        "HTTP/1.1 204 No Content\r\n",
        "\r\n\r\n",
    );
    // Nothing of a TRACE comes back.
    let answer = ask("TRACE", "/?secret");
    assert!(
        answer.starts_with("HTTP/1.1 405 ") && !answer.contains("TRACE /?secret HTTP"),
        "{answer}"
    );
    is(
        ask("GET", "http://localhost/pathinfo/x"),
        "HTTP/1.1 200 OK\r\n",
        "/pathinfo/x",
    );
    is(
        ask("GET", "/divorce?a=1"),
        "HTTP/1.1 301 Moved Permanently\r\n",
        "",
    );
    // No target leads off the site.
    for (target, location) in [
        ("//divorce", "/divorce"),
        ("//evil.example/%2e%2e", ""),
        ("/divorce//", ""),
    ] {
        let answer = ask("GET", target);
        assert!(
            !answer.contains("ocation: //") && !answer.contains("ocation: http"),
            "{target} {location}: {answer}"
        );
    }
}
