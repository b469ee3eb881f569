//! Forms and JSON. What strangers send instead is in `attacks`. CherryPy: `test_encoding.py`, `test_mime.py`, `test_http.py`.

use std::fmt::Write as _;

use actix_web::http::Method;
use actix_web::web;
use kirsch::prelude::*;
use kirsch::testing::{Answer, Client};
use kirsch::{FormLimits, Limits};
use serde::{Deserialize, Serialize};

use crate::check::check;

#[derive(Serialize, Deserialize)]
struct Note {
    title: String,
    #[serde(default)]
    tags: Vec<String>,
}

#[expose]
struct Root;

#[expose]
impl Root {
    #[post]
    fn reqparams(
        &self,
        name: String,
        tags: Vec<String>,
        #[arg(default = 1)] page: u32,
        note: Option<String>,
    ) -> String {
        format!("{name} {tags:?} {page} {note:?}")
    }

    #[put(path = "user/{id}")]
    async fn user(&self, id: u32, name: String) -> String {
        format!("{id} {name}")
    }

    #[post]
    async fn upload(&self, title: String, file: Upload) -> Result<String> {
        let bytes = file.bytes().await?;
        let kind = file.content_type().map(ToString::to_string);
        Ok(format!(
            "{title}: {:?} {kind:?} {}",
            file.filename(),
            String::from_utf8_lossy(&bytes)
        ))
    }

    #[post]
    fn maybe(&self, file: Option<Upload>, checked: Option<bool>) -> String {
        format!("{:?} {checked:?}", file.map(|file| file.len()))
    }

    #[post]
    fn several(&self, files: Vec<Upload>) -> String {
        let names: Vec<_> = files.iter().map(Upload::filename).collect();
        format!("{names:?}")
    }

    #[post]
    fn json(&self, Json(note): Json<Note>) -> Json<Note> {
        Json(note)
    }

    #[post]
    fn optional(&self, note: Option<Json<Note>>) -> String {
        format!("{:?}", note.map(|note| note.into_inner().title))
    }

    /// The body is JSON, so that the name can only come from elsewhere.
    #[post]
    fn named(&self, name: String, Json(note): Json<Note>, lang: web::Query<Lang>) -> String {
        format!("{name} {} {:?}", note.title, lang.lang)
    }

    #[post]
    fn form(&self, web::Form(note): web::Form<Titled>) -> String {
        note.title
    }

    #[post]
    fn nothing(&self) -> &'static str {
        "nothing was asked for"
    }

    #[delete]
    fn remove(&self, why: Option<String>) -> String {
        format!("{why:?}")
    }

    /// GET has no form.
    fn search(&self, q: Option<String>) -> String {
        format!("{q:?}")
    }

    #[get]
    #[post]
    fn either(&self, q: Option<String>) -> String {
        format!("{q:?}")
    }
}

#[derive(Deserialize)]
struct Lang {
    lang: Option<String>,
}

#[derive(Deserialize)]
struct Titled {
    title: String,
}

#[test]
fn test_urlencoded_decoding() {
    check(
        &mut Client::new(Root),
        &[
            (
                "POST /reqparams name=Ada+L.&tags=a&tags=b%26",
                r#"200 Ada L. ["a", "b&"] 1 None"#,
            ),
            (
                "POST /reqparams page=2&name=%C3%A9&note=",
                r#"200 é [] 2 Some("")"#,
            ),
            (
                "POST /reqparams name=100%&note=%zz",
                r#"200 100% [] 1 Some("%zz")"#,
            ),
            ("POST /reqparams name=%ff", "400"),
            (
                "POST /reqparams page=x&name=a",
                "400 … the parameter `page` must be a whole number",
            ),
            (
                "POST /reqparams tags=a",
                "400 … the parameter `name` is missing",
            ),
            (
                "POST /reqparams?name=query tags=form",
                r#"200 query ["form"] 1 None"#,
            ),
            ("POST /reqparams/path name=form", "200 path [] 1 None"),
            ("PUT /user/7 name=Ada", "200 7 Ada"),
            ("DELETE /remove why=old", r#"200 Some("old")"#),
            ("DELETE /remove", "200 None"),
            ("POST /nothing a=1", "200 nothing was asked for"),
            ("GET /search q=form", "200 None"),
            ("GET /either?q=query", r#"200 Some("query")"#),
            ("POST /either q=form", r#"200 Some("form")"#),
            ("POST /form title=x", "200 x"),
            ("POST /form name=x", "400"),
        ],
    );
}

fn post(client: &mut Client, path: &str, content_type: &str, body: &str) -> Answer {
    client
        .request(Method::POST, path)
        .body(content_type, body)
        .send()
}

/// The charset is the one that the content type names.
#[test]
fn the_charset_of_a_form() {
    let mut client = Client::new(Root);
    let form = "application/x-www-form-urlencoded";
    post(
        &mut client,
        "/reqparams",
        &format!("{form}; charset=iso-8859-1"),
        "name=%e9",
    )
    .assert_body("é [] 1 None");
    post(
        &mut client,
        "/reqparams",
        &format!("{form}; charset=utf-8"),
        "name=%e9",
    )
    .assert_status(400);
    post(
        &mut client,
        "/reqparams",
        &format!("{form}; charset=bogus"),
        "name=a",
    )
    .assert_status(415);
}

#[test]
fn what_is_no_form() {
    let mut client = Client::new(Root);
    for kind in [
        "text/plain",
        "application/json",
        "multipart/mixed; boundary=x",
    ] {
        post(&mut client, "/reqparams", kind, "name=a").assert_status(415);
    }
    post(&mut client, "/reqparams", "multipart/form-data", "name=a").assert_status(400);
    // Who asks for nothing is sent what they like.
    post(&mut client, "/nothing", "text/plain", "x").assert_status(200);
}

/// A multipart form: a field's name, the name of its file if it is one, and its content.
fn multipart(parts: &[(&str, &str, &str)]) -> String {
    let mut body = String::new();
    for (name, file, content) in parts {
        let file = if file.is_empty() {
            String::new()
        } else {
            format!("; filename=\"{file}\"\r\nContent-Type: text/css")
        };
        _ = write!(
            body,
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
        );
    }
    body + "--x--\r\n"
}

#[test]
fn test_multipart_form_data() {
    let mut client = Client::new(Root);
    let kind = "multipart/form-data; boundary=x";
    let mut send =
        |path: &str, parts: &[(&str, &str, &str)]| post(&mut client, path, kind, &multipart(parts));
    send(
        "/reqparams",
        &[
            ("name", "", "Ada & é"),
            ("tags", "", "a"),
            ("tags", "", "b"),
        ],
    )
    .assert_status(200)
    .assert_body(r#"Ada & é ["a", "b"] 1 None"#);
    send(
        "/upload",
        &[("title", "", "A"), ("file", "../x/hello.css", "p{}")],
    )
    .assert_body(r#"A: Some("hello.css") Some("text/css") p{}"#);
    send("/upload", &[("title", "", "A")])
        .assert_status(400)
        .assert_in_body("the parameter `file` is missing");
    // A text is no file, and a file is no text.
    send("/upload", &[("title", "", "A"), ("file", "", "text")]).assert_status(400);
    send(
        "/upload",
        &[("title", "t.txt", "A"), ("file", "f.txt", "x")],
    )
    .assert_status(400);
    send(
        "/upload",
        &[("title", "", "A"), ("file", "a", "1"), ("file", "b", "2")],
    )
    .assert_status(400);
    send("/maybe", &[("checked", "", "on")]).assert_body("None Some(true)");
    send("/maybe", &[("file", "a.txt", "12345")]).assert_body("Some(5) None");
    send(
        "/several",
        &[
            ("files", "a.txt", "1"),
            ("other", "c.txt", "3"),
            ("files", "b.txt", "2"),
        ],
    )
    .assert_body(r#"[Some("a.txt"), Some("b.txt")]"#);
    send("/several", &[]).assert_body("[]");
    // A file input that was left empty.
    let empty =
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--x--\r\n";
    post(&mut client, "/maybe", kind, empty).assert_body("None None");
    client
        .post_form("/maybe", [("file", "text")])
        .assert_body("None None");
}

#[test]
fn test_json() {
    let mut client = Client::new(Root);
    client
        .post_json("/json", &serde_json::json!({ "title": "é" }))
        .assert_body(r#"{"title":"é","tags":[]}"#);
    let json = "application/json";
    // Who sends another kind of JSON sends something else than was asked for.
    for kind in [
        "application/vnd.api+json",
        "application/problem+json",
        "text/plain",
        "application/json; charset=latin1",
    ] {
        post(&mut client, "/json", kind, r#"{"title":"x"}"#).assert_status(415);
    }
    post(
        &mut client,
        "/json",
        "application/json; charset=utf-8",
        r#"{"title":"x"}"#,
    )
    .assert_status(200);
    post(&mut client, "/json", json, "{\n \"title\": x}")
        .assert_status(400)
        .assert_in_body("line 2, column 11");
    post(&mut client, "/json", json, "{}").assert_status(400);
    client.post("/json").assert_status(400);
}

#[test]
fn json_beside_other_parameters() {
    let mut client = Client::new(Root);
    let (json, note) = ("application/json", r#"{"title":"x"}"#);
    post(&mut client, "/named/Ada?lang=de", json, note).assert_body(r#"Ada x Some("de")"#);
    post(&mut client, "/named?name=Ada", json, note).assert_body("Ada x None");
    post(&mut client, "/named", json, r#"{"title":"x","name":"Ada"}"#).assert_status(400);
    post(&mut client, "/optional", json, note).assert_body(r#"Some("x")"#);
    post(&mut client, "/optional", json, "{").assert_body("None");
    client.post("/optional").assert_body("None");
}

#[test]
fn limits_are_said_and_kept() {
    let form = FormLimits {
        form_bytes: 20,
        form_parameters: 2,
        parts: 2,
        file_bytes: 10,
        ..FormLimits::default()
    };
    let mut client = Client::of(Site::new(Root).limits(Limits {
        form,
        ..Limits::default()
    }));
    check(
        &mut client,
        &[
            ("POST /reqparams name=12345678901234", "200"),
            ("POST /reqparams name=1234567890123456", "413 … 20 bytes"),
            ("POST /reqparams name=1&a=1&b=1", "400"),
        ],
    );
    let kind = "multipart/form-data; boundary=x";
    let mut send =
        |parts: &[(&str, &str, &str)]| post(&mut client, "/maybe", kind, &multipart(parts));
    send(&[("file", "a", "1234567890")]).assert_status(200);
    send(&[("file", "a", "12345678901")]).assert_status(413);
    send(&[("a", "", "1"), ("b", "", "2"), ("c", "", "3")]).assert_status(400);
}
