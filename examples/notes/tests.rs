//! The application as its visitors know it: every test asks the site by path, form and JSON.

use kirsch::actix_web::http::Method;
use kirsch::testing::{Answer, Client};
use kirsch_tests::postgres::Database;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::draft::{LONGEST_TEXT, LONGEST_TITLE};
use crate::store::Store;

const PASSWORD: &str = "cherry stone";

/// Anna at the site, which is on a store of its own that is gone after the test.
struct Visit {
    client: Client,
    folder: TempDir,
}

impl Visit {
    fn new() -> Self {
        let mut visit = Self::of_a_stranger();
        visit.account("up", "Anna", PASSWORD).assert_status(303);
        visit.get("/").assert_in_body("Welcome, Anna.");
        visit
    }

    /// Nobody has signed up yet.
    fn of_a_stranger() -> Self {
        let folder = tempdir().unwrap();
        Self {
            client: open(&folder),
            folder,
        }
    }

    /// Sends the form for signing `up` or `in`.
    fn account(&mut self, way: &str, name: &str, password: &str) -> Answer {
        self.client.post_form(
            format!("/account/sign{way}"),
            [("name", name), ("password", password)],
        )
    }

    /// Another visitor from now on, with another browser.
    fn sign_up_as_another(&mut self, name: &str) {
        self.client.forget_cookies();
        self.account("up", name, PASSWORD).assert_status(303);
    }

    /// A site that was stopped and started again.
    fn again(self) -> Self {
        let Self { client, folder } = self;
        drop(client);
        Self {
            client: open(&folder),
            folder,
        }
    }

    fn get(&mut self, path: &str) -> Answer {
        self.client.get(path)
    }

    fn post(&mut self, path: &str, title: &str, text: &str) -> Answer {
        self.client
            .post_form(path, [("title", title), ("text", text)])
    }

    fn send(&mut self, method: Method, path: &str, value: &Value) -> Answer {
        self.client.request(method, path).json(value).send()
    }
}

fn open(folder: &TempDir) -> Client {
    let store = Store::file(folder.path().join("notes.redb")).unwrap();
    Client::of(crate::site(store).unwrap())
}

#[test]
fn browsers_are_told_to_be_careful() {
    let mut visit = Visit::new();
    for path in ["/", "/nowhere", "/api/notes"] {
        let answer = visit.get(path);
        answer.assert_header("x-content-type-options", "nosniff");
        assert!(answer.header("content-security-policy").is_some(), "{path}");
        assert!(answer.header("x-request-id").is_some(), "{path}");
    }
}

#[test]
fn another_site_cannot_make_a_visitor_write() {
    let mut visit = Visit::new();
    let forged = visit.client.request(Method::POST, "/new");
    let forged = forged
        .header("sec-fetch-site", "cross-site")
        .form([("title", "forged")]);
    forged.send().assert_status(403);
    visit.get("/").assert_not_in_body("forged");
}

#[test]
fn what_the_configuration_says_holds() {
    let mut visit = Visit::new();
    let long = "x".repeat(2 * 1024 * 1024);
    visit.post("/new", "long", &long).assert_status(413);
    let answer = visit.get("/api/notes");
    assert!(answer.header("ratelimit").is_some());
    assert!(visit.get("/").header("ratelimit").is_none());
}

#[test]
fn an_empty_store_invites() {
    let mut visit = Visit::new();
    visit
        .get("/")
        .assert_status(200)
        .assert_in_body("Nothing is written yet.")
        .assert_header("content-type", "text/html; charset=utf-8");
    visit
        .get("/new")
        .assert_status(200)
        .assert_in_body("<form class=\"sheet\" method=\"post\" action=\"/new\">");
}

#[test]
fn a_note_is_written_shown_changed_and_deleted() {
    let mut visit = Visit::new();
    visit
        .post("/new", "Plum jam", "2 kg plums\r\n700 g sugar")
        .assert_status(303)
        .assert_header("location", "/note/1");
    for path in ["/note/1", "/note?id=1"] {
        visit
            .get(path)
            .assert_status(200)
            .assert_in_body("<h1>Plum jam</h1>")
            .assert_in_body("2 kg plums\n700 g sugar");
    }
    visit
        .get("/")
        .assert_in_body("<a href=\"/note/1\">Plum jam</a>")
        .assert_in_body("1 note");

    visit
        .get("/edit/1")
        .assert_status(200)
        .assert_in_body("value=\"Plum jam\"")
        .assert_in_body("action=\"/edit/1\"");
    visit
        .post("/edit/1", "Cherry jam", "")
        .assert_status(303)
        .assert_header("location", "/note/1");
    visit
        .get("/note/1")
        .assert_in_body("<h1>Cherry jam</h1>")
        .assert_in_body("This note is all title.");

    visit
        .get("/delete/1")
        .assert_status(200)
        .assert_in_body("Delete this note?")
        .assert_in_body("method=\"post\" action=\"/delete/1\"");
    visit.get("/note/1").assert_status(200);
    visit
        .client
        .post("/delete/1")
        .assert_status(303)
        .assert_header("location", "/");
    visit.get("/note/1").assert_status(404);
    visit.client.post("/delete/1").assert_status(404);
}

#[test]
fn a_form_with_a_mistake_comes_back_with_what_was_written() {
    let mut visit = Visit::new();
    let answer = visit.post("/new", " ", "not lost");
    answer
        .assert_status(422)
        .assert_in_body("A note needs a title.")
        .assert_in_body("\nnot lost</textarea>");
    answer.assert_in_body("aria-describedby=\"title-problem\"");
    visit
        .post("/new", &"x".repeat(LONGEST_TITLE + 1), "")
        .assert_status(422)
        .assert_in_body("there is room for 120");
    visit
        .post("/new", "x", &"y".repeat(LONGEST_TEXT + 1))
        .assert_status(422)
        .assert_in_body("there is room for 50000");
    visit
        .post("/new", "x", &"ü".repeat(LONGEST_TEXT))
        .assert_status(303);
    visit
        .post("/edit/1", "", "kept values")
        .assert_status(422)
        .assert_in_body("\nkept values</textarea>")
        .assert_in_body("action=\"/edit/1\"");
    visit
        .client
        .post_form("/new", [("text", "no title at all")])
        .assert_status(400);
    visit.post("/edit/7", "x", "").assert_status(404);
}

#[test]
fn an_empty_first_line_survives_editing() {
    let mut visit = Visit::new();
    visit
        .post("/new", "poem", "\n\n  indented")
        .assert_status(303);
    // HTML drops the first line end after `<textarea>`; the template's own is the one to drop.
    visit
        .get("/edit/1")
        .assert_in_body(">\n\n\n  indented</textarea>");
}

#[test]
fn searching_finds_every_word_in_title_and_text() {
    let mut visit = Visit::new();
    visit.post("/new", "Black Forest cake", "with Kirsch");
    visit.post("/new", "Garden", "prune the cherry");
    let found = visit.get("/?q=KIRSCH+cake");
    found
        .assert_in_body("1 note found")
        .assert_in_body("Black Forest <mark>cake</mark>")
        .assert_in_body("with <mark>Kirsch</mark>");
    assert!(!found.text().contains("Garden"));
    visit
        .get("/?q=kirsch+garden")
        .assert_in_body("No note has all of these words");
    visit.get("/?q=").assert_in_body("2 notes");
    visit
        .get("/?q=%22%3E%3Cscript%3E")
        .assert_status(200)
        .assert_in_body("value=\"&#34;&#62;&#60;script&#62;\"");
}

#[test]
fn a_long_list_has_pages() {
    let mut visit = Visit::new();
    for number in 0..25 {
        visit.post("/new", &format!("note {number}"), "");
    }
    visit
        .get("/")
        .assert_in_body("25 notes")
        .assert_in_body("Page 1 of 2")
        .assert_in_body("href=\"/?page=2\"");
    visit
        .get("/?page=2")
        .assert_in_body("note 0</a>")
        .assert_in_body("href=\"/?page=1\"");
    visit
        .get("/?q=note&page=1")
        .assert_in_body("href=\"/?q=note&#38;page=2\"");
    visit.get("/?page=99").assert_in_body("Page 2 of 2");
    visit.get("/?page=two").assert_status(400);
}

#[test]
fn what_is_written_is_shown_and_never_run() {
    let mut visit = Visit::new();
    let evil = "<script>alert('\"&')</script>";
    visit.post("/new", evil, evil);
    for path in ["/", "/note/1", "/edit/1", "/delete/1", "/?q=alert"] {
        let answer = visit.get(path);
        answer.assert_status(200).assert_in_body("&#60;script&#62;");
        assert!(
            !answer.text().contains("<script"),
            "{path}: {}",
            answer.text()
        );
    }
    let policy = visit
        .get("/")
        .header("content-security-policy")
        .unwrap_or_default()
        .to_owned();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'"),
        "{policy}"
    );
}

#[test]
fn the_resource_makes_the_round_trip() {
    let mut visit = Visit::new();
    visit.get("/api/notes").assert_status(200).assert_body("[]");
    let made = visit.client.post_json(
        "/api/notes",
        &json!({"title": " Bicycle ", "text": "Chain 114 links"}),
    );
    made.assert_status(201)
        .assert_header("location", "/api/notes/1")
        .assert_header("content-type", "application/json");
    let note: Value = made.json();
    assert_eq!(
        (&note["id"], &note["title"], &note["page"]),
        (&json!(1), &json!("Bicycle"), &json!("/note/1"))
    );
    assert_eq!(visit.get("/api/notes/1").json::<Value>(), note);
    assert_eq!(
        visit.get("/api/notes?q=chain").json::<Value>(),
        json!([note])
    );
    visit.get("/api/notes?q=absent").assert_body("[]");

    let changed: Value = visit
        .send(Method::PUT, "/api/notes/1", &json!({"title": "Tricycle"}))
        .json();
    assert_eq!(
        (&changed["title"], &changed["text"], &changed["created"]),
        (&json!("Tricycle"), &json!(""), &note["created"])
    );
    visit.get("/note/1").assert_in_body("<h1>Tricycle</h1>");

    visit
        .client
        .request(Method::DELETE, "/api/notes/1")
        .send()
        .assert_status(204)
        .assert_body("");
    visit
        .client
        .request(Method::DELETE, "/api/notes/1")
        .send()
        .assert_status(404);
    visit
        .client
        .request(Method::PATCH, "/api/notes")
        .send()
        .assert_status(405)
        .assert_header("allow", "GET, HEAD, OPTIONS, POST");
}

#[test]
fn the_resource_says_what_is_wrong() {
    let mut visit = Visit::new();
    let problem = |answer: Answer, status: u16, words: &str| {
        answer
            .assert_status(status)
            .assert_header("content-type", "application/problem+json")
            .assert_in_body(words);
    };
    problem(
        visit.send(Method::POST, "/api/notes", &json!({"title": ""})),
        422,
        "A note needs a title.",
    );
    problem(
        visit.send(
            Method::POST,
            "/api/notes",
            &json!({"title": "x", "colour": "red"}),
        ),
        400,
        "line 1, column 9",
    );
    problem(
        visit.send(Method::PUT, "/api/notes/1", &json!({"title": "x"})),
        404,
        "404",
    );
    problem(visit.get("/api/notes/one"), 404, "404");
    problem(
        visit
            .client
            .request(Method::POST, "/api/notes")
            .body("application/json", "{\"title\":")
            .send(),
        400,
        "line 1",
    );
    problem(
        visit.client.post_form("/api/notes", [("title", "x")]),
        415,
        "",
    );
}

#[test]
fn the_resource_lists_in_pages() {
    let mut visit = Visit::new();
    for number in 0..101 {
        visit
            .client
            .post_json("/api/notes", &json!({"title": format!("n {number}")}))
            .assert_status(201);
    }
    let first = visit.get("/api/notes?q=n");
    first.assert_header("link", "</api/notes?q=n&page=2>; rel=\"next\"");
    assert_eq!(first.json::<Vec<Value>>().len(), 100);
    assert_eq!(
        visit
            .get("/api/notes?q=n&page=2")
            .json::<Vec<Value>>()
            .len(),
        1
    );
}

#[test]
fn a_page_not_found_fits_the_site() {
    let mut visit = Visit::new();
    for path in [
        "/nowhere",
        "/note/7",
        "/note/one",
        "/note/1/2",
        "/edit/7",
        "/delete/7",
    ] {
        visit
            .get(path)
            .assert_status(404)
            .assert_in_body("Nothing is written here")
            .assert_in_body("href=\"/style.css\"");
    }
    visit
        .client
        .request(Method::PUT, "/new")
        .send()
        .assert_status(405)
        .assert_in_body("That did not work");
}

#[test]
fn the_stylesheet_may_be_cached() {
    let mut visit = Visit::new();
    visit
        .get("/style.css")
        .assert_status(200)
        .assert_header("content-type", "text/css; charset=utf-8")
        .assert_header("cache-control", "public, max-age=600");
    visit
        .get("/icon.svg")
        .assert_status(200)
        .assert_header("content-type", "image/svg+xml");
}

#[test]
fn notes_survive_a_restart_of_the_site() {
    let mut visit = Visit::new();
    visit.post("/new", "Still here", "tomorrow");
    let mut visit = visit.again();
    visit.account("in", "Anna", PASSWORD).assert_status(303);
    visit
        .get("/note/1")
        .assert_status(200)
        .assert_in_body("Still here");
    visit
        .post("/new", "The next", "")
        .assert_header("location", "/note/2");
}

#[test]
fn a_stranger_is_led_to_the_form() {
    let mut visit = Visit::of_a_stranger();
    for path in ["/", "/note/1", "/new", "/edit/1", "/delete/1"] {
        let answer = visit.get(path);
        answer
            .assert_status(303)
            .assert_header("location", "/account/signin")
            .assert_no_header("set-cookie");
    }
    visit.post("/new", "forged", "").assert_status(303);
    visit
        .get("/api/notes")
        .assert_status(401)
        .assert_header("content-type", "application/problem+json");
    for path in ["/account/signin", "/account/signup"] {
        let answer = visit.get(path);
        answer
            .assert_status(200)
            .assert_in_body("type=\"password\"");
    }
}

#[test]
fn two_users_do_not_see_each_others_notes() {
    let mut visit = Visit::new();
    visit.post("/new", "Anna's secret", "");
    visit.sign_up_as_another("Otto");
    visit.get("/").assert_not_in_body("secret");
    visit.get("/?q=secret").assert_not_in_body("Anna");
    visit.get("/api/notes").assert_body("[]");
    for path in ["/note/1", "/edit/1", "/delete/1", "/api/notes/1"] {
        visit
            .get(path)
            .assert_status(404)
            .assert_not_in_body("Anna");
    }
    visit.post("/edit/1", "Otto's", "").assert_status(404);
    visit.client.post("/delete/1").assert_status(404);
    visit
        .send(Method::PUT, "/api/notes/1", &json!({"title": "Otto's"}))
        .assert_status(404);

    visit.client.forget_cookies();
    visit.account("in", "anna", PASSWORD).assert_status(303);
    visit.get("/note/1").assert_in_body("Anna&#39;s secret");
}

#[test]
fn the_id_changes_at_sign_in() {
    let mut visit = Visit::new();
    visit.client.post("/account/signout");
    visit.account("in", "Anna", PASSWORD).assert_status(303);
    let before = visit.client.cookie("session_id").unwrap().to_owned();
    visit.account("in", "Anna", PASSWORD).assert_status(303);
    let after = visit.client.cookie("session_id").unwrap().to_owned();
    assert_ne!(before, after);
    visit.get("/").assert_status(200);
    visit.client.set_cookie("session_id", before);
    visit.get("/").assert_status(303);
}

#[test]
fn signing_out_ends_the_session() {
    let mut visit = Visit::new();
    let before = visit.client.cookie("session_id").unwrap().to_owned();
    visit
        .client
        .post("/account/signout")
        .assert_status(303)
        .assert_header("location", "/account/signin");
    assert_eq!(visit.client.cookie("session_id"), None);
    visit.get("/").assert_status(303);
    // Nor is it there for whoever kept the cookie.
    visit.client.set_cookie("session_id", before);
    visit.get("/").assert_status(303);
    visit.get("/account/signout").assert_status(405);
}

#[test]
fn an_unknown_user_and_a_wrong_password_are_told_the_same() {
    let mut visit = Visit::new();
    visit.client.post("/account/signout");
    let mut told = |name: &str| {
        let answer = visit.account("in", name, "wrong password");
        answer.assert_status(422).assert_no_header("set-cookie");
        answer.assert_not_in_body("wrong password");
        answer.text().replace(name, "")
    };
    let words = told("Anna");
    assert!(words.contains("do not belong together"), "{words}");
    assert_eq!(words, told("Otto"));
}

#[test]
fn passwords_cannot_be_tried_for_ever() {
    let mut visit = Visit::of_a_stranger();
    for _ in 0..10 {
        visit.account("in", "Anna", "guess").assert_status(422);
    }
    visit.account("in", "Anna", "guess").assert_status(429);
    visit.get("/account/signin").assert_status(200);
}

#[test]
fn an_account_that_cannot_be_made_is_told_why() {
    let mut visit = Visit::new();
    for (name, password, words) in [
        ("ANNA", PASSWORD, "Somebody has this name already."),
        (" ", PASSWORD, "An account needs a name."),
        ("Otto", "short", "A password has 8 to 200 characters."),
    ] {
        let answer = visit.account("up", name, password);
        answer.assert_status(422).assert_in_body(words);
    }
}

#[test]
fn a_message_is_shown_once() {
    let mut visit = Visit::new();
    let told = [
        ("/new", "The note is saved."),
        ("/edit/1", "The note is changed."),
        ("/delete/1", "The note is deleted."),
    ];
    for (path, words) in told {
        visit.post(path, "Plum jam", "").assert_status(303);
        visit.get("/").assert_in_body(words);
        visit.get("/").assert_not_in_body(words);
    }
}

#[test]
fn one_word_changes_the_storage() {
    let folder = tempdir().unwrap();
    let open = || {
        let store = Store::file(folder.path().join("notes.redb")).unwrap();
        let text = format!(
            "[\"/\"]\ntools.sessions.storage = \"file\"\ntools.sessions.storage_path = \"{}\"",
            folder.path().join("sessions").display()
        );
        Client::of(crate::site(store).unwrap().config_text("more.toml", &text))
    };
    let mut client = open();
    let form = [("name", "Anna"), ("password", PASSWORD)];
    client.post_form("/account/signup", form).assert_status(303);
    let cookie = client.cookie("session_id").unwrap().to_owned();
    drop(client);
    let mut client = open();
    client.set_cookie("session_id", cookie);
    client.get("/").assert_in_body("Welcome, Anna.");
}

/// The flag `--postgres`: notes, accounts and visitors outlive the site.
#[test]
fn all_of_it_may_be_in_postgres() {
    let database = Database::fresh();
    let open = || {
        let site = crate::in_postgres(&database.url()).unwrap();
        let secret = "tools.sessions.secret";
        Client::of(site.config_key("/", secret, "cherry stones, thirty-two bytes."))
    };
    let mut client = open();
    let form = [("name", "Anna"), ("password", PASSWORD)];
    client.post_form("/account/signup", form).assert_status(303);
    client
        .post_form("/new", [("title", "Plum jam"), ("text", "Zwetschgen")])
        .assert_status(303)
        .assert_header("location", "/note/1");
    let cookie = client.cookie("session_id").unwrap().to_owned();
    drop(client);
    let mut client = open();
    client.set_cookie("session_id", cookie);
    client.get("/?q=ZWETSCHGEN").assert_in_body("Plum jam");
    client.get("/?q=%00").assert_status(200);
    client.get("/api/notes?page=2").assert_status(200);
    client.get("/note/18446744073709551615").assert_status(404);
    client.post("/account/signout").assert_status(303);
    client
        .post_form(
            "/account/signin",
            [("name", "An\0na"), ("password", PASSWORD)],
        )
        .assert_status(422);
}

#[test]
fn programs_are_told_how_to_sign_in() {
    let mut visit = Visit::of_a_stranger();
    visit
        .get("/api/notes")
        .assert_status(401)
        .assert_header("www-authenticate", "Cookie realm=\"notes\"");
}
