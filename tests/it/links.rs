//! Typed links: from a page to its URL. CherryPy: `cherrypy.url`, `test_cherrypy_url`.

use std::collections::HashMap;
use std::sync::Arc;

use kirsch::Link;
use kirsch::prelude::*;
use kirsch::testing::Client;

#[expose]
struct Root {
    #[child]
    notes: Notes,
    #[child(path = "deep/er")]
    deeper: Option<Box<Notes>>,
    #[child]
    shops: HashMap<String, Arc<Shop>>,
}

#[expose(rename_all = "kebab-case")]
impl Root {
    fn index(&self) -> String {
        Self::link().to_string()
    }

    fn say_hello(&self, name: Option<String>) -> String {
        format!("{name:?}")
    }

    #[get(path = "user/{name}/page/{number}")]
    fn user(&self, number: u8, name: String) -> String {
        format!("{name} {number}")
    }

    #[get(path = "robots.txt")]
    fn robots(&self) -> &'static str {
        "robots"
    }

    /// A page that links to others, wherever its tree is mounted.
    fn overview(&self) -> Json<Vec<Link>> {
        let link = Self::link;
        Json(vec![
            link().say_hello(),
            link().notes().into(),
            link().notes().note(7).into(),
        ])
    }

    fn go(&self) -> Redirect {
        Redirect::to(Self::link().notes().note(7))
    }
}

#[expose]
struct Notes;

#[expose]
impl Notes {
    fn index(&self, page: Option<u8>) -> String {
        format!("notes {page:?}")
    }

    #[child(path = "{id}")]
    fn note(&self, id: u8) -> Note {
        Note { id }
    }

    /// A child whose path is its name.
    #[child]
    async fn folder(&self, name: String) -> Result<Folder<'_>> {
        Ok(Folder { notes: self, name })
    }
}

#[expose]
struct Note {
    id: u8,
}

#[expose(resource)]
impl Note {
    fn get(&self) -> String {
        format!("note {}", self.id)
    }

    #[get(path = "history")]
    fn history(&self) -> String {
        format!("history of {}", self.id)
    }
}

#[expose]
struct Folder<'n> {
    notes: &'n Notes,
    name: String,
}

#[expose]
impl Folder<'_> {
    fn index(&self) -> String {
        format!("folder {}", self.name)
    }

    fn file(&self, number: u8) -> String {
        format!("{} {number}", self.name)
    }

    #[child]
    fn inside(&self, name: String) -> Folder<'_> {
        Folder {
            notes: self.notes,
            name: format!("{}/{name}", self.name),
        }
    }
}

#[expose]
struct Shop(&'static str);

#[expose]
impl Shop {
    fn index(&self) -> &'static str {
        self.0
    }

    fn open(&self) -> String {
        format!("{} is open", self.0)
    }
}

fn root() -> Root {
    let shop = Arc::new(Shop("corner"));
    Root {
        notes: Notes,
        deeper: Some(Box::new(Notes)),
        shops: [("a/b".to_string(), shop)].into(),
    }
}

/// What a link says, and what the page there answers.
#[track_caller]
fn check(client: &mut Client, cases: Vec<(String, &str, &str)>) {
    for (link, url, body) in cases {
        assert_eq!(link, url);
        client.get(link).assert_status(200).assert_body(body);
    }
}

fn cases(mount: &str) -> Vec<(String, String, String)> {
    let link = Root::link;
    [
        (link().to_string(), "/", mount),
        (link().say_hello().to_string(), "/say-hello", "None"),
        (
            link().say_hello().segment("Ann & Bob/Zoë").to_string(),
            "/say-hello/Ann%20&%20Bob%2FZo%C3%AB",
            "Some(\"Ann & Bob/Zoë\")",
        ),
        (
            link().say_hello().query("name", "a&b=c d+é").to_string(),
            "/say-hello?name=a%26b%3Dc%20d%2B%C3%A9",
            "Some(\"a&b=c d+é\")",
        ),
        // In the order of the path, not of the parameters.
        (
            link().user("a/b?c#d", 3).to_string(),
            "/user/a%2Fb%3Fc%23d/page/3",
            "a/b?c#d 3",
        ),
        (link().robots().to_string(), "/robots.txt", "robots"),
        // An `index` has its slash, a resource has none.
        (link().notes().to_string(), "/notes/", "notes None"),
        (
            Link::from(link().notes()).query("page", 2).to_string(),
            "/notes/?page=2",
            "notes Some(2)",
        ),
        (link().notes().note(7).to_string(), "/notes/7", "note 7"),
        (
            link().notes().note(7).history().to_string(),
            "/notes/7/history",
            "history of 7",
        ),
        (link().deeper().note(7).to_string(), "/deep/er/7", "note 7"),
        (
            link().notes().folder("%2F").to_string(),
            "/notes/folder/%252F/",
            "folder %2F",
        ),
        (
            link()
                .notes()
                .folder("a")
                .inside("b")
                .inside("c d")
                .file()
                .segment(3)
                .to_string(),
            "/notes/folder/a/inside/b/inside/c%20d/file/3",
            "a/b/c d 3",
        ),
        (
            link().shops().key("a/b").to_string(),
            "/shops/a%2Fb/",
            "corner",
        ),
        (
            link().shops().key("a/b").open().to_string(),
            "/shops/a%2Fb/open",
            "corner is open",
        ),
    ]
    .map(|(link, url, body)| {
        (
            link,
            format!("{mount}{url}"),
            if url == "/" {
                format!("{body}/")
            } else {
                body.to_string()
            },
        )
    })
    .into()
}

#[test]
fn links_lead_to_their_pages() {
    let mut client = Client::new(root());
    for (link, url, body) in cases("") {
        check(&mut client, vec![(link, &url, &body)]);
    }
}

#[test]
fn links_know_where_their_tree_is_mounted() {
    let mut client = Client::of(Site::new(Shop("other")).mount("/my/app", root()));
    for (link, url, body) in cases("/my/app") {
        check(&mut client, vec![(link, &url, &body)]);
    }
    assert_eq!(Shop::link().open().to_string(), "/open");
    client
        .get("/my/app/overview")
        .assert_body(r#"["/my/app/say-hello","/my/app/notes/","/my/app/notes/7"]"#);
    client
        .get("/my/app/go")
        .assert_status(303)
        .assert_header("location", "/my/app/notes/7");
}

/// A value of a visitor stays one segment: it neither leads off the site nor out of its place.
#[test]
fn links_hold_what_they_are_given() {
    for (value, url) in [
        ("//evil.example", "/say-hello/%2F%2Fevil.example"),
        ("\\evil", "/say-hello/%5Cevil"),
        ("a\r\nb", "/say-hello/a%0D%0Ab"),
        ("?x#y", "/say-hello/%3Fx%23y"),
        ("\"<>'", "/say-hello/%22%3C%3E'"),
    ] {
        assert_eq!(Root::link().say_hello().segment(value).to_string(), url);
    }
}

#[expose]
struct Leaf;

#[expose]
impl Leaf {
    fn here(&self) -> String {
        Self::link().here().to_string()
    }
}

/// The links of a page are those of the site and the tree that it is served by, whatever else this thread has served.
#[test]
fn two_sites_of_one_tree() {
    let mut plain = Client::of(Site::new(Leaf));
    let mut mounted = Client::of(Site::new(Leaf).mount("/m", Leaf).host("h.example", Leaf));
    for _ in 0..2 {
        plain.get("/here").assert_body("/here");
        mounted.get("/m/here").assert_body("/m/here");
        mounted.get("/here").assert_body("/here");
    }
    mounted.host("h.example").get("/here").assert_body("/here");
}
