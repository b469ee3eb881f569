//! Children that are made per request, from the path. CherryPy: `test_dynamicobjectmapping.py`, `_cp_dispatch`, `popargs`.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::sync::{Arc, Mutex};

use actix_web::http::Method;
use kirsch::prelude::*;
use kirsch::testing::Client;

use crate::check::check;

#[expose]
struct Root;

#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "index"
    }

    fn handler(&self) -> &'static str {
        "handler"
    }

    #[child(path = "{id}")]
    fn sub_root(&self, id: String) -> Option<SubRoot> {
        matches!(id.as_str(), "1" | "2").then_some(SubRoot)
    }

    fn default(&self, #[arg(rest)] args: Vec<String>) -> String {
        format!("default {args:?}")
    }
}

#[expose]
struct SubRoot;

#[expose]
impl SubRoot {
    fn index(&self) -> &'static str {
        "SubRoot index"
    }

    fn handler(&self) -> &'static str {
        "SubRoot handler"
    }

    #[child(path = "{id}")]
    async fn sub_sub_root(&self, id: u8) -> Result<SubSubRoot> {
        if id > 2 {
            Err(Error::not_found())
        } else {
            Ok(SubSubRoot)
        }
    }
}

#[expose]
struct SubSubRoot;

#[expose]
impl SubSubRoot {
    fn index(&self) -> &'static str {
        "SubSubRoot index"
    }

    fn handler(&self) -> &'static str {
        "SubSubRoot handler"
    }

    fn dispatch(&self) -> &'static str {
        "SubSubRoot dispatch"
    }

    fn default(&self, rest: Rest) -> String {
        format!("SubSubRoot default {rest}")
    }
}

#[test]
fn test_object_mapping() {
    check(
        &mut Client::new(Root),
        &[
            ("GET /", "200 index"),
            ("GET /handler", "200 handler"),
            ("GET /1/", "200 SubRoot index"),
            ("GET /2/", "200 SubRoot index"),
            ("GET /1", "301 → /1/"),
            ("GET /1/handler", "200 SubRoot handler"),
            ("GET /1/1/", "200 SubSubRoot index"),
            ("GET /2/2/handler", "200 SubSubRoot handler"),
            ("GET /2/2/dispatch", "200 SubSubRoot dispatch"),
            ("GET /2/2/foo/foo", "200 SubSubRoot default foo/foo"),
            // Differs from CherryPy, where the `default` is asked next: the way is found before a line of the application
            // runs, so a child that is not there is 404.
            ("GET /asdf/", "404"),
            ("GET /asdf/handler", "404"),
            ("GET /1/9/", "404"),
            ("GET /1/asdf/", "404"),
            ("GET /1/asdf", "301 → /1/asdf/"),
            // A fixed name is tried before a placeholder; where nothing answers below it, the placeholder takes the name.
            ("GET /handler/x", "301 → /handler/x/"),
            ("GET /handler/handler", "404"),
            ("GET /handler/handler/x/y", "404"),
        ],
    );
}

#[expose]
struct Accounts {
    users: Users,
}

#[expose]
impl Accounts {
    #[child(path = "users")]
    fn users(&self) -> &Users {
        &self.users
    }
}

#[expose]
struct Users {
    names: Mutex<BTreeMap<u64, String>>,
}

#[expose(resource)]
impl Users {
    fn get(&self) -> String {
        format!(
            "{:?}",
            self.names.lock().unwrap().keys().collect::<Vec<_>>()
        )
    }

    fn post(&self, name: String) -> String {
        let mut names = self.names.lock().unwrap();
        let id = names.keys().max().map_or(1, |id| id + 1);
        names.insert(id, name);
        format!("POST {id}")
    }

    /// Only PUT makes a user that is not there yet.
    #[child(path = "{id}")]
    fn user(&self, id: u64, method: Method) -> Result<User<'_>> {
        if method == Method::PUT || self.names.lock().unwrap().contains_key(&id) {
            Ok(User { users: self, id })
        } else {
            Err(Error::not_found())
        }
    }
}

#[expose]
struct User<'u> {
    users: &'u Users,
    id: u64,
}

#[expose(resource)]
impl User<'_> {
    fn get(&self) -> Option<String> {
        self.users.names.lock().unwrap().get(&self.id).cloned()
    }

    fn post(&self, name: String) -> String {
        self.users.names.lock().unwrap().insert(self.id, name);
        format!("POST {}", self.id)
    }

    async fn put(&self, name: String) -> String {
        self.users.names.lock().unwrap().insert(self.id, name);
        format!("PUT {}", self.id)
    }

    fn delete(&self) -> String {
        self.users.names.lock().unwrap().remove(&self.id);
        format!("DELETE {}", self.id)
    }
}

#[test]
fn test_method_dispatch() {
    let names = [(1, "foo".to_string()), (2, "bar".to_string())].into();
    let users = Users {
        names: Mutex::new(names),
    };
    let mut client = Client::new(Accounts { users });
    check(
        &mut client,
        &[
            ("GET /users", "200 [1, 2]"),
            ("POST /users name=baz", "200 POST 3"),
            ("POST /users/5 name=baz", "404"),
            ("PUT /users/5 name=boris", "200 PUT 5"),
            ("GET /users", "200 [1, 2, 3, 5]"),
            ("PATCH /users", "405 [allow: GET, HEAD, OPTIONS, POST]"),
            (
                "PATCH /users/1",
                "405 [allow: DELETE, GET, HEAD, OPTIONS, POST, PUT]",
            ),
            ("GET /users/x", "404"),
        ],
    );
    for (id, name) in [(1, "foo"), (2, "bar"), (3, "baz"), (5, "boris")] {
        let url = format!("/users/{id}");
        client.get(&url).assert_body(name);
        client
            .post_form(&url, [("name", "updated")])
            .assert_body(format!("POST {id}"));
        client.get(&url).assert_body("updated");
        client
            .request(Method::PUT, &url)
            .form([("name", "again")])
            .send()
            .assert_body(format!("PUT {id}"));
        client.get(&url).assert_body("again");
        client
            .request(Method::DELETE, &url)
            .send()
            .assert_body(format!("DELETE {id}"));
        client.get(&url).assert_status(404);
    }
    client.get("/users").assert_body("[]");
}

#[expose]
struct Popped;

#[expose]
impl Popped {
    #[child]
    fn decorated(&self) -> Decorated {
        Decorated
    }

    /// A child whose path is its name: each parameter takes one more segment.
    #[child]
    fn undecorated(&self, a: String) -> Handler {
        Handler { a, b: None }
    }

    #[child]
    fn pair(&self, a: String, b: u8) -> Handler {
        Handler {
            a,
            b: Some(b.to_string()),
        }
    }

    fn index_only(&self, rest: Rest) -> String {
        format!("IndexOnly {}", rest.segments().count())
    }

    /// Taken from the query, so that it takes no segment.
    #[child]
    fn asked(&self, #[arg(query, default = "nobody")] who: String) -> Handler {
        Handler { a: who, b: None }
    }
}

#[expose]
struct Decorated;

#[expose]
impl Decorated {
    fn index(&self) -> &'static str {
        "no params"
    }

    fn hi(&self) -> &'static str {
        "hi was not interpreted as 'a' param"
    }

    #[child(path = "{a}")]
    fn one(&self, a: String) -> Handler {
        Handler { a, b: None }
    }

    #[child(path = "{a}/{b}")]
    fn two(&self, b: String, a: String) -> Handler {
        Handler { a, b: Some(b) }
    }
}

#[expose]
struct Handler {
    a: String,
    b: Option<String>,
}

#[expose]
impl Handler {
    fn index(&self) -> String {
        format!("a:{},b:{:?}", self.a, self.b)
    }

    #[post]
    fn delete(&self) -> String {
        format!("deleting {} and {:?}", self.a, self.b)
    }

    /// Its own placeholder and its own leftover, behind those of the children above.
    #[get(path = "own/{c}")]
    fn own(&self, c: String) -> String {
        format!("{} {:?} {c}", self.a, self.b)
    }

    fn left(&self, c: Option<String>, rest: Rest) -> String {
        format!("{} {:?} {c:?} {rest}", self.a, self.b)
    }
}

#[test]
fn test_vpath_dispatch() {
    check(
        &mut Client::new(Popped),
        &[
            ("GET /decorated/", "200 no params"),
            (
                "GET /decorated/hi",
                "200 hi was not interpreted as 'a' param",
            ),
            ("GET /decorated/yo/", "200 a:yo,b:None"),
            ("GET /decorated/yo/there/", r#"200 a:yo,b:Some("there")"#),
            (
                "POST /decorated/yo/there/delete",
                r#"200 deleting yo and Some("there")"#,
            ),
            ("GET /decorated/yo/own/c", "200 yo None c"),
            ("GET /decorated/yo/there/own/c", r#"200 yo Some("there") c"#),
            (
                "GET /decorated/yo/there/left",
                r#"200 yo Some("there") None "#,
            ),
            (
                "GET /decorated/yo/there/left/c/d//e",
                r#"200 yo Some("there") Some("c") d//e"#,
            ),
            // A fixed name wins over a placeholder, but only where something answers below it.
            ("GET /decorated/hi/", "200 a:hi,b:None"),
            ("GET /undecorated/blah/", "200 a:blah,b:None"),
            ("GET /undecorated/", "404"),
            (
                "GET /undecorated/blah/left/c",
                r#"200 blah None Some("c") "#,
            ),
            ("GET /pair/x/7/", r#"200 a:x,b:Some("7")"#),
            ("GET /pair/x/700/", "404"),
            ("GET /pair/x/7/left/c", r#"200 x Some("7") Some("c") "#),
            ("GET /index_only/a/b/c/d/e/f/g", "200 IndexOnly 7"),
            ("GET /asked/", "200 a:nobody,b:None"),
            ("GET /asked/?who=me", "200 a:me,b:None"),
            ("GET /asked/left/c?who=me", r#"200 me None Some("c") "#),
            // A segment is decoded once.
            (
                "GET /undecorated/a%2Fb%20%25/own/c%2520",
                "200 a/b % None c%20",
            ),
        ],
    );
}

/// A node that contains itself: as deep as anybody asks for.
#[expose]
struct Folder {
    path: String,
}

#[expose]
impl Folder {
    fn index(&self) -> String {
        format!("folder {}", self.path)
    }

    fn file(&self, number: u8) -> String {
        format!("{} {number}", self.path)
    }

    #[child(path = "in/{name}")]
    async fn inner(&self, name: String) -> Result<Self> {
        match name.as_str() {
            "gone" => Err(Error::not_found()),
            _ => Ok(Self {
                path: format!("{}/{name}", self.path),
            }),
        }
    }

    #[error_page(404)]
    fn lost(&self, error: &Error) -> String {
        format!("nothing in {}: {}", self.path, error.words())
    }
}

#[test]
fn a_folder_in_a_folder() {
    check(
        &mut Client::new(Folder { path: "top".into() }),
        &[
            ("GET /", "200 folder top"),
            ("GET /in/a/in/b/in/c/", "200 folder top/a/b/c"),
            ("GET /in/a/in/b/in/c/file/3", "200 top/a/b/c 3"),
            ("GET /in/a/in/b?x=1", "301 → /in/a/in/b/?x=1"),
            (
                "POST /in/a/in/b/file/3",
                "405 [allow: GET, HEAD, OPTIONS] … ",
            ),
            (
                "OPTIONS /in/a/in/b/file/3",
                "204 [allow: GET, HEAD, OPTIONS] (nothing)",
            ),
            // The error page belongs to the folder that was reached.
            ("GET /in/a/in/b/file/300", "404 … nothing in top/a/b: "),
            ("GET /in/a/in/b/nowhere", "404 … nothing in top/a/b: "),
            ("GET /in/a/in/b/nowhere/in/c", "404 … nothing in top/a/b: "),
            // The error page of a folder that is not there cannot be shown. That of the one around it is.
            ("GET /in/a/in/gone/", "404 … nothing in top"),
        ],
    );
}

/// Two types that contain each other, one of them by a field.
#[expose]
struct Even {
    #[child]
    odd: Option<Box<Odd>>,
    number: u8,
}

#[expose]
impl Even {
    fn number(&self) -> String {
        format!("even {}", self.number)
    }
}

#[expose]
struct Odd {
    #[child]
    even: Option<Box<Even>>,
    number: u8,
}

#[expose]
impl Odd {
    fn number(&self) -> String {
        format!("odd {}", self.number)
    }
}

#[test]
fn two_types_that_contain_each_other() {
    let end = Even {
        odd: None,
        number: 2,
    };
    let odd = Odd {
        even: Some(Box::new(end)),
        number: 1,
    };
    check(
        &mut Client::new(Even {
            odd: Some(Box::new(odd)),
            number: 0,
        }),
        &[
            ("GET /number", "200 even 0"),
            ("GET /odd/number", "200 odd 1"),
            ("GET /odd/even/number", "200 even 2"),
            // The types go on for ever, the values do not.
            ("GET /odd/even/odd/number", "404"),
            ("GET /odd/even/odd/even/odd/even/number", "404"),
            ("GET /even/number", "404"),
        ],
    );
}

#[expose]
struct Leaf(u8);

#[expose]
impl Leaf {
    fn index(&self) -> String {
        format!("leaf {}", self.0)
    }

    fn take(&self, key: Option<String>) -> String {
        format!("{} {key:?}", self.0)
    }
}

/// Every kind of node as a field.
#[expose]
struct Kinds {
    #[child]
    boxed: Box<Leaf>,
    #[child]
    shared: Arc<Leaf>,
    #[child]
    present: Option<Leaf>,
    #[child]
    absent: Option<Leaf>,
    #[child]
    hashed: HashMap<String, Leaf>,
    #[child]
    sorted: BTreeMap<String, Arc<Leaf>>,
    #[child(path = "two/keys")]
    nested: HashMap<String, BTreeMap<String, Leaf>>,
}

#[expose]
impl Kinds {
    #[child]
    fn made(&self, key: String) -> Option<&Leaf> {
        self.hashed.get(&key)
    }

    #[child]
    fn fails(&self) -> Result<Leaf, std::num::ParseIntError> {
        Ok(Leaf("x".parse()?))
    }

    #[child]
    async fn many(&self) -> Result<HashMap<String, Leaf>> {
        std::future::ready(()).await;
        Ok([("k".to_string(), Leaf(7))].into())
    }
}

fn kinds() -> Kinds {
    let inner: BTreeMap<_, _> = [("b c".to_string(), Leaf(6))].into();
    Kinds {
        boxed: Box::new(Leaf(1)),
        shared: Arc::new(Leaf(2)),
        present: Some(Leaf(3)),
        absent: None,
        hashed: [("a".to_string(), Leaf(4))].into(),
        sorted: [("é/ü".to_string(), Arc::new(Leaf(5)))].into(),
        nested: [("a".to_string(), inner)].into(),
    }
}

#[test]
fn boxes_options_and_maps_are_nodes() {
    check(
        &mut Client::new(kinds()),
        &[
            ("GET /boxed/", "200 leaf 1"),
            ("GET /shared/", "200 leaf 2"),
            ("GET /present/", "200 leaf 3"),
            ("GET /absent/", "404"),
            ("GET /absent", "301 → /absent/"),
            ("GET /hashed/a/", "200 leaf 4"),
            ("GET /hashed/a", "301 → /hashed/a/"),
            ("GET /hashed/a/take/x", r#"200 4 Some("x")"#),
            ("GET /hashed/b/", "404"),
            ("GET /hashed/", "404"),
            ("GET /hashed", "404"),
            ("GET /sorted/%C3%A9%2F%C3%BC/", "200 leaf 5"),
            ("GET /two/keys/a/b%20c/", "200 leaf 6"),
            ("GET /two/keys/a/b%20c/take/x", r#"200 6 Some("x")"#),
            ("GET /two/keys/a/", "404"),
            ("GET /made/a/take/x", r#"200 4 Some("x")"#),
            ("GET /made/b/take/x", "404"),
            ("GET /fails/", "500"),
            ("GET /many/k/take/x", r#"200 7 Some("x")"#),
            ("GET /many/l/take/x", "404"),
        ],
    );
}

#[test]
fn a_map_may_be_the_root() {
    let root: HashMap<_, _> = [("a".to_string(), Leaf(1))].into();
    check(
        &mut Client::of(Site::new(Leaf(0)).mount("/shops", root)),
        &[
            ("GET /shops/a/", "200 leaf 1"),
            ("GET /shops/b/", "404"),
            ("GET /shops/", "404"),
            ("GET /", "200 leaf 0"),
        ],
    );
}

/// A node that contains a map of itself.
#[expose]
struct Topic {
    #[child]
    below: HashMap<String, Self>,
    name: &'static str,
}

#[expose]
impl Topic {
    fn index(&self) -> &'static str {
        self.name
    }
}

#[test]
fn a_map_of_nodes_of_its_own_type() {
    let topic = |name, below: Option<Topic>| {
        let below = below
            .into_iter()
            .map(|topic| (topic.name.to_string(), topic))
            .collect();
        Topic { below, name }
    };
    check(
        &mut Client::new(topic(
            "all",
            Some(topic("a", Some(topic("b", Some(topic("c", None)))))),
        )),
        &[
            ("GET /", "200 all"),
            ("GET /below/a/", "200 a"),
            ("GET /below/a/below/b/", "200 b"),
            ("GET /below/a/below/b/below/c/", "200 c"),
            ("GET /below/a/below/b/below/x/", "404"),
            ("GET /below/a/below/b/below/c/below/d/below/e/", "404"),
        ],
    );
}

/// Generics, bounds, constants and lifetimes on a node.
#[expose]
struct Shelf<'a, T, const N: usize>
where
    T: Display + Send + Sync + 'static,
{
    label: &'a str,
    things: [T; N],
    #[child]
    leaf: Option<Box<Leaf>>,
}

#[expose]
impl<T, const N: usize> Shelf<'_, T, N>
where
    T: Display + Send + Sync + 'static,
{
    fn index(&self) -> String {
        format!("{}: {N} things", self.label)
    }

    fn thing(&self, number: usize) -> Option<String> {
        self.things.get(number).map(ToString::to_string)
    }

    #[child]
    fn half(&self) -> Shelf<'_, T, 0> {
        Shelf {
            label: self.label,
            things: [],
            leaf: None,
        }
    }
}

#[test]
fn generics_and_lifetimes() {
    let shelf = Shelf {
        label: "books",
        things: ["a", "b"],
        leaf: Some(Box::new(Leaf(1))),
    };
    check(
        &mut Client::new(shelf),
        &[
            ("GET /", "200 books: 2 things"),
            ("GET /thing/1", "200 b"),
            ("GET /thing/2", "404"),
            ("GET /leaf/", "200 leaf 1"),
            ("GET /half/", "200 books: 0 things"),
            ("GET /half/half/thing/0", "404"),
            ("GET /half/leaf/", "404"),
        ],
    );
}

/// A sync page below an `async` child, and an `async` page below a sync one.
#[expose]
struct Waits;

#[expose]
impl Waits {
    #[child]
    async fn slow(&self) -> Leaf {
        actix_web::rt::task::yield_now().await;
        Leaf(1)
    }

    #[child]
    fn fast(&self) -> Self {
        Self
    }

    async fn page(&self) -> &'static str {
        actix_web::rt::task::yield_now().await;
        "waited"
    }

    fn soon(&self) -> &'static str {
        "soon"
    }
}

#[test]
fn children_and_pages_may_wait() {
    check(
        &mut Client::new(Waits),
        &[
            ("GET /slow/", "200 leaf 1"),
            ("GET /fast/slow/take", "200 1 None"),
            ("GET /fast/fast/page", "200 waited"),
            ("GET /fast/fast/soon", "200 soon"),
            ("GET /page", "200 waited"),
        ],
    );
}

/// A page that reaches below a node of its own type would stand below all of them: that is for the node to say.
#[expose]
struct Reaching;

#[expose]
impl Reaching {
    #[child(path = "in/{name}")]
    fn inner(&self, name: String) -> Self {
        drop(name);
        Self
    }

    #[get(path = "in/{name}/info")]
    fn info(&self, name: String) -> String {
        name
    }
}

#[test]
fn nothing_reaches_below_a_node_of_its_own_type() {
    let mistakes = Site::new(Reaching).ready().unwrap_err().to_string();
    assert!(
        mistakes.contains("the page `Reaching::info` stands below the child `Reaching::inner`, whose type contains itself"),
        "{mistakes}"
    );
}

/// A resource in a resource of its own type, the first of them at the root.
#[expose]
struct Item(u32);

#[expose(resource)]
impl Item {
    fn get(&self) -> String {
        self.0.to_string()
    }

    #[child(path = "of/{id}")]
    fn of(&self, id: u32) -> Self {
        Self(self.0 * 10 + id)
    }
}

#[test]
fn a_resource_may_be_the_root_and_contain_itself() {
    check(
        &mut Client::of(Site::new(Item(1)).mount("/items", Item(2))),
        &[
            ("GET /", "200 1"),
            ("GET /of/2", "200 12"),
            ("GET /of/2/of/3", "200 123"),
            ("GET /of/2/", "404"),
            ("GET /items", "200 2"),
            ("GET /items/", "404"),
            ("GET /items/of/3", "200 23"),
            ("OPTIONS /", "204 [allow: GET, HEAD, OPTIONS] (nothing)"),
        ],
    );
    let routes = Site::new(Item(1)).ready().unwrap().routes();
    assert_eq!(routes[0].path, "/");
    // The last word on where a type is mounted counts.
    assert_eq!(Item::link().to_string(), "/items");
    assert_eq!(Item::link().of(3).to_string(), "/items/of/3");
}
