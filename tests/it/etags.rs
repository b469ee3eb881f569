//! Entity tags and conditions. CherryPy: `test_etags.py`; RFC 9110, 13.

use actix_web::http::Method;
use actix_web::web::Bytes;
use futures_util::stream;
use kirsch::prelude::*;
use kirsch::testing::{Answer, Client};

use crate::wire::Wire;

#[expose]
#[tools(etags)]
struct Root;

#[expose]
impl Root {
    #[tools(etags(autotags))]
    fn resource(&self) -> &'static str {
        "Oh wah ta goo Siam."
    }

    #[tools(etags(autotags, weak))]
    fn weak(&self) -> &'static str {
        "Oh wah ta goo Siam."
    }

    #[tools(etags(autotags))]
    fn unicode(&self) -> &'static str {
        "Oh wah ta goo Siäm – ü."
    }

    #[tools(etags(autotags))]
    fn coded(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("Content-Encoding", "gzip"))
            .body("not really")
    }

    #[tools(etags(autotags))]
    fn streams(&self) -> HttpResponse {
        let chunks =
            stream::iter(["a", "b"].map(|text| Ok::<_, std::io::Error>(Bytes::from(text))));
        HttpResponse::Ok().streaming(chunks)
    }

    #[any]
    fn tagged(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("ETag", "\"v1\""))
            .insert_header(("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"))
            .insert_header(("Cache-Control", "max-age=60"))
            .insert_header(("Vary", "accept"))
            .body("tagged")
    }

    fn plain(&self) -> &'static str {
        "no tag"
    }

    #[put(path = "plain")]
    fn written(&self) -> &'static str {
        "written"
    }

    #[put]
    fn made(&self) -> HttpResponse {
        HttpResponse::Created()
            .insert_header(("ETag", "\"v1\""))
            .body("made")
    }

    #[tools(etags(autotags))]
    fn twice_coded(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("Content-Encoding", "br, identity"))
            .append_header(("Content-Encoding", "gzip"))
            .insert_header(("Repr-Digest", "sha-256=:AA==:"))
            .body("not really")
    }

    fn dated(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"))
            .body("dated")
    }

    #[head]
    #[tools(etags(autotags))]
    fn only_head(&self) -> HttpResponse {
        HttpResponse::Ok().finish()
    }

    #[post]
    fn elsewhere(&self) -> Result<NoContent> {
        Err(Error::internal_redirect("/tagged"))
    }

    fn fail(&self) -> Result<&'static str> {
        Err(Error::new(
            StatusCode::PRECONDITION_FAILED,
            "the page says so",
        ))
    }
}

fn ask(client: &mut Client, method: Method, path: &str, header: (&str, &str)) -> Answer {
    client
        .request(method, path)
        .header(header.0, header.1)
        .send()
}

#[test]
fn test_etags() {
    let mut client = Client::new(Root);
    let tag = client
        .get("/resource")
        .assert_status(200)
        .header("etag")
        .unwrap()
        .to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let cases = [
        (Method::GET, ("if-match", &*tag), 200),
        (Method::GET, ("if-match", "*"), 200),
        (Method::GET, ("if-match", "\"a bogus tag\""), 412),
        (Method::GET, ("if-none-match", &tag), 304),
        (Method::HEAD, ("if-none-match", &tag), 304),
        (Method::GET, ("if-none-match", "*"), 304),
        (Method::GET, ("if-none-match", "\"a bogus tag\""), 200),
        (Method::GET, ("if-none-match", "a\"b,,"), 200),
    ];
    for (method, header, status) in cases {
        let answer = ask(&mut client, method, "/resource", header);
        assert_eq!(answer.status(), status, "{header:?}");
    }
}

#[test]
fn test_errors() {
    let mut client = Client::new(Root);
    client
        .get("/fail")
        .assert_status(412)
        .assert_in_body("the page says so");
}

#[test]
fn test_unicode_body() {
    let mut client = Client::new(Root);
    let tag = client
        .get("/unicode")
        .assert_status(200)
        .header("etag")
        .unwrap()
        .to_owned();
    ask(&mut client, Method::GET, "/unicode", ("if-match", &tag)).assert_status(200);
    ask(
        &mut client,
        Method::GET,
        "/unicode",
        ("if-none-match", &tag),
    )
    .assert_status(304);
}

#[test]
fn a_weak_tag_is_compared_weakly_and_never_strongly() {
    let mut client = Client::new(Root);
    let tag = client.get("/weak").header("etag").unwrap().to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    ask(&mut client, Method::GET, "/weak", ("if-none-match", &tag)).assert_status(304);
    let strong = tag.trim_start_matches("W/");
    ask(&mut client, Method::GET, "/weak", ("if-none-match", strong)).assert_status(304);
    ask(&mut client, Method::GET, "/weak", ("if-match", &tag)).assert_status(412);
}

#[test]
fn a_304_keeps_what_is_not_about_a_body() {
    let mut client = Client::new(Root);
    let answer = ask(
        &mut client,
        Method::GET,
        "/tagged",
        ("if-none-match", "\"v1\""),
    );
    answer.assert_status(304).assert_body("");
    answer
        .assert_header("etag", "\"v1\"")
        .assert_header("vary", "accept");
    answer.assert_header("cache-control", "max-age=60");
    answer
        .assert_no_header("content-type")
        .assert_no_header("last-modified");
}

#[test]
fn dates_count_where_tags_do_not() {
    let mut client = Client::new(Root);
    let (same, later, earlier) = (
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Mon, 07 Nov 1994 08:49:37 GMT",
        "Sat, 05 Nov 1994 08:49:37 GMT",
    );
    let cases = [
        (Method::GET, ("if-modified-since", same), 304),
        (Method::GET, ("if-modified-since", later), 304),
        (Method::GET, ("if-modified-since", earlier), 200),
        (Method::GET, ("if-modified-since", "garbage"), 200),
        (Method::POST, ("if-modified-since", same), 200),
        (Method::GET, ("if-unmodified-since", same), 200),
        (Method::PUT, ("if-unmodified-since", earlier), 412),
        (Method::PUT, ("if-none-match", "\"v1\""), 412),
        (Method::PUT, ("if-match", "\"v1\""), 200),
        (Method::PUT, ("if-match", "\"v0\""), 412),
    ];
    for (method, header, status) in cases {
        let answer = ask(&mut client, method.clone(), "/tagged", header);
        assert_eq!(answer.status(), status, "{method} {header:?}");
    }
}

#[test]
fn a_tag_depends_on_the_coding() {
    let mut client = Client::new(Root);
    let answer = client.get("/coded");
    let tag = answer.header("etag").unwrap();
    assert!(tag.ends_with("-gzip\""), "{tag}");
    answer.assert_body("not really");
}

#[test]
fn a_client_may_know_the_tag_of_a_coding() {
    let mut client = Client::new(Root);
    let ask = |client: &mut Client, path: &str, known: &str| {
        let answer = ask(client, Method::GET, path, ("if-none-match", known));
        answer
            .header("etag")
            .map(|tag| (answer.status().as_u16(), tag.to_owned()))
    };
    for (known, status, tag) in [
        ("\"v1-gzip\"", 304, "\"v1-gzip\""),
        ("\"v0\", W/\"v1-br\"", 304, "\"v1-br\""),
        ("\"v1-gzip\", \"v1\"", 304, "\"v1\""),
        ("*", 304, "\"v1\""),
        ("\"v1-\"", 200, "\"v1\""),
        ("\"v1-rot13\"", 200, "\"v1\""),
    ] {
        let expected = Some((status, tag.to_owned()));
        assert_eq!(ask(&mut client, "/tagged", known), expected, "{known}");
    }
    // What is coded already is that alone.
    let answer = client.get("/twice_coded");
    let tag = answer.header("etag").unwrap();
    assert!(tag.ends_with("-br-gzip\""), "{tag}");
    let (same, other) = (tag.to_owned(), tag.replace("-gzip", "-gzip-br"));
    assert_eq!(
        ask(&mut client, "/twice_coded", &same),
        Some((304, same.clone()))
    );
    assert_eq!(
        ask(&mut client, "/twice_coded", &other),
        Some((200, same.clone()))
    );
    let again = client.request(Method::GET, "/twice_coded");
    let again = again.header("if-none-match", same).send();
    again.assert_status(304).assert_no_header("repr-digest");
}

#[test]
fn what_has_been_done_is_not_denied() {
    let mut client = Client::new(Root);
    for header in [("if-none-match", "*"), ("if-match", "\"v0\"")] {
        ask(&mut client, Method::PUT, "/plain", header).assert_status(200);
        ask(&mut client, Method::PUT, "/made", header).assert_status(201);
    }
}

#[test]
fn a_streaming_body_is_left_alone() {
    let mut client = Client::new(Root);
    client
        .get("/streams")
        .assert_body("ab")
        .assert_no_header("etag");
}

#[test]
fn without_autotags_nothing_is_added() {
    let mut client = Client::new(Root);
    client
        .get("/plain")
        .assert_body("no tag")
        .assert_no_header("etag");
    ask(
        &mut client,
        Method::GET,
        "/plain",
        ("if-none-match", "\"x\""),
    )
    .assert_status(200);
}

#[test]
fn several_lines_are_one_list() {
    let mut client = Client::new(Root);
    for name in ["if-none-match", "if-match"] {
        let asked = client.request(Method::GET, "/tagged");
        let answer = asked
            .header(name, "\"v0\"")
            .header(name, "\"v1\", junk")
            .send();
        let expected = if name == "if-match" { 200 } else { 304 };
        answer.assert_status(expected);
    }
    // Two dates are none.
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let asked = client.request(Method::GET, "/dated");
    let asked = asked.header("if-modified-since", date);
    asked
        .header("if-modified-since", date)
        .send()
        .assert_status(200);
}

#[test]
fn a_304_without_a_tag_keeps_its_date() {
    let mut client = Client::new(Root);
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    ask(
        &mut client,
        Method::GET,
        "/dated",
        ("if-modified-since", date),
    )
    .assert_status(304)
    .assert_header("last-modified", date)
    .assert_no_header("content-type");
}

#[test]
fn an_answer_to_head_alone_has_no_bytes_to_make_a_tag_of() {
    let mut client = Client::new(Root);
    client
        .head("/only_head")
        .assert_status(200)
        .assert_no_header("etag");
    let tag = client.get("/resource").header("etag").unwrap().to_owned();
    client.head("/resource").assert_header("etag", tag);
}

#[test]
fn conditions_are_not_about_the_page_of_an_internal_redirect() {
    let mut client = Client::new(Root);
    for header in [("if-match", "\"v0\""), ("if-none-match", "\"v1\"")] {
        let answer = ask(&mut client, Method::POST, "/elsewhere", header);
        answer.assert_status(200).assert_body("tagged");
    }
}

#[test]
fn a_304_has_neither_a_body_nor_its_length() {
    let wire = Wire::serve(Site::new(Root));
    let answer = wire.ask(
        "GET /tagged HTTP/1.1\r\nHost: t\r\nIf-None-Match: \"v1\"\r\nConnection: close\r\n\r\n",
    );
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 304 "), "{head}");
    for name in [
        "\r\netag: ",
        "\r\nvary: ",
        "\r\ncache-control: ",
        "\r\ndate: ",
    ] {
        assert!(head.contains(name), "{name:?} is not in {head}");
    }
    for name in ["content-length", "content-type", "transfer-encoding"] {
        assert!(!head.contains(name), "{name:?} is in {head}");
    }
    assert_eq!(body, "");
}

#[test]
fn a_412_has_the_headers_of_the_tools_after_it() {
    #[expose]
    #[tools(etags(autotags), response_headers(headers = [("X-Last", "yes")]))]
    struct Dressed;

    #[expose]
    impl Dressed {
        fn index(&self) -> &'static str {
            "body"
        }
    }

    let mut client = Client::new(Dressed);
    ask(&mut client, Method::GET, "/", ("if-match", "\"x\""))
        .assert_status(412)
        .assert_header("x-last", "yes");
}
