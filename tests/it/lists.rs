//! What a site says of itself before it is served: its routes, and everything that is wrong with it.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use kirsch::prelude::*;
use kirsch::{ErrorPage, RouteInfo};

#[expose]
struct Root {
    #[child]
    notes: Notes,
    #[child]
    shops: HashMap<String, Shop>,
}

#[expose]
impl Root {
    /// The first page.
    ///
    /// What follows is for the author.
    fn index(&self) -> &'static str {
        "root"
    }

    fn hello(&self, name: Option<String>, #[arg(query)] _lang: Option<String>) -> String {
        format!("{name:?}")
    }

    #[get]
    #[post]
    fn both(&self) -> &'static str {
        "both"
    }

    #[get(path = "user/{id}")]
    fn user(&self, id: u8) -> String {
        id.to_string()
    }

    fn default(&self, first: String, rest: Rest) -> String {
        format!("{first} {rest}")
    }
}

#[expose]
struct Shop {
    #[child(path = "notes")]
    notes: Notes,
    _size: u8,
}

#[expose]
impl Shop {}

#[expose]
struct Notes;

#[expose]
impl Notes {
    fn index(&self) -> &'static str {
        "notes"
    }

    #[child(path = "{id}")]
    fn note(&self, id: u8) -> Note {
        Note { id }
    }
}

#[expose]
struct Note {
    id: u8,
}

#[expose(resource)]
impl Note {
    fn get(&self) -> String {
        self.id.to_string()
    }

    fn delete(&self) -> NoContent {
        NoContent
    }

    #[child]
    fn within(&self) -> Self {
        Self { id: self.id }
    }
}

fn site() -> Site {
    Site::new(Root {
        notes: Notes,
        shops: HashMap::new(),
    })
    .mount("/blog", Notes)
    .host("b.example", Notes)
}

#[test]
fn the_routes_of_a_site() {
    let routes = site().ready().unwrap().routes();
    let lines: Vec<_> = routes
        .iter()
        .map(|route| {
            format!(
                "{} {}{} {}",
                route.method, route.host, route.path, route.page
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "GET / Root::index",
            "GET /blog/ Notes::index",
            "DELETE /blog/{id} Note::delete",
            "GET /blog/{id} Note::get",
            "* /blog/{id}/within/… Note, as at /blog/{id}",
            "GET /both Root::both",
            "POST /both Root::both",
            "GET /hello/{name?} Root::hello",
            "GET /notes/ Notes::index",
            "DELETE /notes/{id} Note::delete",
            "GET /notes/{id} Note::get",
            "* /notes/{id}/within/… Note, as at /notes/{id}",
            "GET /shops/{key}/notes/ Notes::index",
            "DELETE /shops/{key}/notes/{id} Note::delete",
            "GET /shops/{key}/notes/{id} Note::get",
            "* /shops/{key}/notes/{id}/within/… Note, as at /shops/{key}/notes/{id}",
            "GET /user/{id} Root::user",
            "GET /{first?}/{rest…} Root::default",
            "GET b.example/ Notes::index",
            "DELETE b.example/{id} Note::delete",
            "GET b.example/{id} Note::get",
            "* b.example/{id}/within/… Note, as at /{id}",
        ]
    );
}

/// Every route says where its page is written: the line of its name, in this file.
#[test]
fn the_sources_of_the_routes() {
    let lines: Vec<_> = include_str!("lists.rs").lines().collect();
    for RouteInfo { page, source, .. } in site().ready().unwrap().routes() {
        let (file, line) = source.rsplit_once(':').unwrap();
        let line: usize = line.parse().unwrap();
        // A branch that repeats another is named by the child that begins it.
        let name = page.split_once("::").map_or("within", |(_, name)| name);
        assert!(file.ends_with("it/lists.rs"), "{source}");
        assert!(
            lines[line - 1].contains(&format!("fn {name}(")),
            "{page} at {source}: {}",
            lines[line - 1]
        );
    }
}

#[test]
fn the_routes_as_json() {
    let routes = serde_json::to_value(site().ready().unwrap().routes()).unwrap();
    let first = &routes[0];
    assert_eq!(first["method"], "GET");
    assert_eq!(first["path"], "/");
    assert_eq!(first["page"], "Root::index");
    assert_eq!(first["doc"], "The first page.");
    assert!(first["source"].as_str().unwrap().contains("lists.rs:"));
    assert_eq!(first.get("host"), None);
    assert_eq!(
        routes[routes.as_array().unwrap().len() - 1]["host"],
        "b.example"
    );
}

/// A node whose type parameter hides from the compiler what its child and its page share.
#[expose]
struct Twice<T: Send + Sync + 'static> {
    #[child(path = "here")]
    there: Notes,
    _of: std::marker::PhantomData<fn() -> T>,
}

#[expose]
impl<T: Send + Sync + 'static> Twice<T> {
    fn here(&self) -> &'static str {
        "here"
    }
}

fn twice() -> Twice<u8> {
    Twice {
        there: Notes,
        _of: std::marker::PhantomData,
    }
}

/// A parent that reaches into its child.
#[expose]
struct Reaching {
    #[child]
    notes: Notes,
}

#[expose]
impl Reaching {
    #[get(path = "notes/{id}")]
    fn by_id(&self, id: u8) -> String {
        id.to_string()
    }
}

#[test]
fn all_mistakes_at_once() {
    let site = Site::new(twice())
        .mount("/reaching", Reaching { notes: Notes })
        .mount("/reaching/", Notes)
        .mount("no slash", Notes)
        .error_page(StatusCode::NOT_FOUND, ErrorPage::file("no/such/file.html"))
        .listen("nonsense");
    let mistakes = site.ready().unwrap_err();
    let all = mistakes.to_string();
    for wanted in [
        "the site cannot start: ",
        "both stand at `/here`",
        "`Reaching::by_id`",
        "two trees are mounted at `/reaching`",
        "nothing can be mounted at `no slash`",
        "`no/such/file.html` does not exist",
        "nonsense",
    ] {
        assert!(all.contains(wanted), "{wanted:?} is not in\n{all}");
    }
    // Each with where it is written: both places of what stands twice.
    let clash = mistakes
        .iter()
        .find(|mistake| mistake.words().contains("`/here`"))
        .unwrap();
    let lines: Vec<_> = include_str!("lists.rs").lines().collect();
    let lines_written = clash.places().iter().map(|place| match place {
        kirsch::Origin::Attribute(source) => source.line as usize,
        other => panic!("{other} is no line of this file"),
    });
    let written: Vec<_> = lines_written
        .clone()
        .map(|line| lines[line - 1].trim())
        .collect();
    assert_eq!(
        written,
        ["there: Notes,", "fn here(&self) -> &'static str {"]
    );
    for line in lines_written {
        assert!(all.contains(&format!("lists.rs:{line}")), "{all}");
    }
    assert!(mistakes.iter().count() >= 6, "{all}");
}

/// A page that another tree takes the path of could never be reached.
#[test]
fn a_page_that_a_mount_hides() {
    let mistakes = site()
        .mount("/notes", Notes)
        .ready()
        .unwrap_err()
        .to_string();
    assert!(
        mistakes.contains("the page `Notes::index` at `/notes/` can never be reached"),
        "{mistakes}"
    );
}

#[expose]
struct Folder {
    #[child]
    sub: Option<Box<Self>>,
}

#[expose]
impl Folder {
    fn index(&self) -> &'static str {
        "folder"
    }
}

#[test]
fn a_branch_that_repeats_itself_is_listed_once() {
    let ready = Site::new(Folder { sub: None }).ready().unwrap();
    let rows: Vec<_> = ready
        .routes()
        .iter()
        .map(|route| format!("{} {} {}", route.method, route.path, route.page))
        .collect();
    assert_eq!(rows, ["GET / Folder::index", "* /sub/… Folder, as at /"]);
}

#[test]
fn what_is_wrong_beside_the_trees() {
    let site = Site::new(Folder { sub: None })
        .host("a b", Folder { sub: None })
        .host("closed.example", Folder { sub: None })
        .allowed_hosts(["shop.example", "*.example"])
        .error_page(StatusCode::NOT_FOUND, ErrorPage::page("//evil"))
        .error_page(StatusCode::NOT_FOUND, ErrorPage::page("/lost"))
        .error_page(StatusCode::OK, ErrorPage::page("/fine"));
    let mistakes = site.ready().unwrap_err().to_string();
    for words in [
        "`a b` is no name of a host",
        "`*.example` is no name of a host",
        "`closed.example` has a tree, and is not among the allowed hosts",
        "`//evil` is no path of this site",
        "two error pages for 404 Not Found",
        "200 OK is no error",
    ] {
        assert!(mistakes.contains(words), "{words}\n{mistakes}");
    }
}
