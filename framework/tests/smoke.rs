//! Smoke.
#![allow(missing_docs, unused)]
use kirsch::prelude::*;
use kirsch::testing::Client;
use std::collections::HashMap;

#[expose]
struct Root { #[child] notes: Notes, #[child(path = "deep/er")] boxed: Box<Notes>, #[child] shops: HashMap<String, Shop>, greeting: String }

#[expose]
impl Root {
    fn index(&self) -> Html { Html::new("root") }
    fn hello(&self, #[arg(default = "World")] name: String) -> String { format!("{} {name}", self.greeting) }
    #[get(path = "user/{id}/post/{slug}")]
    async fn post_of(&self, id: u64, slug: String) -> String { format!("{id} {slug}") }
    async fn query(&self, a: u64, b: u64) -> String { format!("{a} {b}") }
    #[post] fn form(&self, user: String, tags: Vec<String>) -> String { format!("{user} {tags:?}") }
    #[post] async fn echo(&self, body: actix_web::web::Json<serde_json::Value>) -> Json<serde_json::Value> { Json(body.into_inner()) }
    fn boom(&self) -> String { panic!("secret") }
    fn fails(&self) -> Result<String> { Ok(std::fs::read_to_string("/nonexistent")?) }
    fn turn(&self) -> Result<String> { Err(Error::internal_redirect("/hello/turned")) }
    fn default(&self, rest: Rest) -> Result<String> { if rest.starts_with("x") { Ok(format!("rest {rest}")) } else { Err(Error::not_found()) } }
    #[error_page(404)] fn lost(&self, error: &Error) -> Html { Html::new(format!("lost: {}", error.words())) }
}
#[expose] struct Notes;
#[expose] impl Notes {
    async fn index(&self, page: Option<u32>) -> String { format!("notes {page:?}") }
    #[child(path = "{id}")] async fn note(&self, id: u64) -> Result<Note> { if id == 13 { Err(Error::not_found()) } else { Ok(Note { id }) } }
    #[child] fn folder(&self, name: String) -> Folder<'_> { Folder { name, up: self } }
}
#[expose] struct Folder<'a> { name: String, up: &'a Notes }
#[expose] impl<'a> Folder<'a> {
    fn index(&self) -> String { format!("folder {}", self.name) }
    fn file(&self, n: u8) -> String { format!("{} {n}", self.name) }
    #[child(path = "in/{name}")] fn inner(&self, name: String) -> Folder<'_> { Folder { name: format!("{}/{name}", self.name), up: self.up } }
}
#[expose] struct Note { id: u64 }
#[expose(resource)] impl Note {
    fn get(&self) -> String { format!("note {}", self.id) }
    async fn delete(&self) -> Result<NoContent> { Ok(NoContent) }
}
#[expose] struct Shop(u8);
#[expose] impl Shop { fn index(&self) -> String { format!("shop {}", self.0) } fn two(&self, key: Option<String>) -> String { format!("{key:?}") } }

fn root() -> Root { Root { notes: Notes, boxed: Box::new(Notes), shops: [("a".to_string(), Shop(1))].into(), greeting: "Hello".into() } }

#[test]
fn smoke() {
    let mut c = Client::new(root());
    c.get("/").assert_status(200).assert_body("root");
    c.get("/hello").assert_body("Hello World");
    c.get("/hello/A%20B").assert_body("Hello A B");
    c.get("/hello?name=x+y").assert_body("Hello x y");
    c.get("/user/7/post/sl%2Fug").assert_body("7 sl/ug");
    c.get("/user/x/post/sl").assert_status(404).assert_in_body("lost");
    c.get("/query?a=1&b=2").assert_body("1 2");
    c.get("/query?a=1").assert_status(400);
    c.post_form("/form", [("user", "u"), ("tags", "1"), ("tags", "2")]).assert_body("u [\"1\", \"2\"]");
    c.post_json("/echo", &serde_json::json!({"a": 1})).assert_body("{\"a\":1}");
    c.get("/boom").assert_status(500).assert_in_body("secret");
    c.get("/fails").assert_status(500);
    c.get("/turn").assert_body("Hello turned");
    c.get("/xyz/a//b").assert_body("rest xyz/a//b");
    c.get("/abc").assert_status(404);
    c.get("/notes").assert_status(301).assert_header("location", "/notes/");
    c.get("/notes/?page=3").assert_body("notes Some(3)");
    c.get("/deep/er/").assert_body("notes None");
    c.get("/notes/4").assert_body("note 4");
    c.get("/notes/13").assert_status(404);
    c.request(actix_web::http::Method::DELETE, "/notes/4").send().assert_status(204);
    c.post("/notes/4").assert_status(405).assert_header("allow", "DELETE, GET, HEAD, OPTIONS");
    c.get("/notes/folder/x/").assert_body("folder x");
    c.get("/notes/folder/x/file/3").assert_body("x 3");
    c.get("/notes/folder/x/in/y/in/z/file/3").assert_body("x/y/z 3");
    c.get("/notes/folder/x/in/y").assert_status(301);
    c.get("/shops/a/").assert_body("shop 1");
    c.get("/shops/b/").assert_status(404);
    c.get("/shops/a/two/k").assert_body("Some(\"k\")");
    assert_eq!(Root::link().notes().note(42).to_string(), "/notes/42");
    assert_eq!(Root::link().notes().folder("a b").inner("c").file().segment(3).to_string(), "/notes/folder/a%20b/in/c/file/3");
    assert_eq!(Root::link().shops().key("a").to_string(), "/shops/a/");
    assert_eq!(Root::link().to_string(), "/");
    for r in kirsch::Site::new(root()).ready().unwrap().routes() { println!("{} {} {} {}", r.method, r.path, r.page, r.source); }
}
