//! From URLs to pages. CherryPy: `test_objectmapping.py`.

use std::sync::Mutex;

use kirsch::prelude::*;
use kirsch::testing::Client;

use crate::check::check;

const SCRIPT_NAMES: [&str; 4] = ["", "/foo", "/users/fred/blog", "/corp/blog"];

#[expose]
struct Root {
    #[child]
    exposing: Exposing,
    #[child]
    dir1: Dir1,
    #[child]
    defnoindex: DefNoIndex,
    #[child]
    bymethod: ByMethod,
    #[child]
    collection: ByMethod,
}

fn root() -> Root {
    let dir2 = Dir2 {
        dir3: Dir3 { dir4: Dir4 },
    };
    Root {
        exposing: Exposing,
        dir1: Dir1 { dir2 },
        defnoindex: DefNoIndex,
        bymethod: ByMethod::default(),
        collection: ByMethod::default(),
    }
}

#[expose]
impl Root {
    fn index(&self, #[arg(default = "world")] name: String) -> String {
        name
    }

    fn foobar(&self) -> &'static str {
        "bar"
    }

    fn default(&self, #[arg(rest)] params: Vec<String>) -> String {
        format!("default:{params:?}")
    }

    fn other(&self) -> &'static str {
        "other"
    }

    fn extra(&self, #[arg(rest)] p: Vec<String>) -> String {
        format!("{p:?}")
    }

    fn redirect(&self) -> Redirect {
        Redirect::to("dir1/").status(StatusCode::FOUND)
    }

    fn redirect_via_url(&self, path: String) -> Redirect {
        Redirect::to(path)
    }

    #[get(path = "translate.html")]
    fn translate_html(&self) -> &'static str {
        "OK"
    }

    #[get(path = "Von_Bülow")]
    fn mapped_func(&self, id: Option<u32>) -> String {
        format!("ID is {id:?}")
    }
}

impl Root {
    #[expect(
        dead_code,
        clippy::unused_self,
        reason = "what is not in the exposed block is no page"
    )]
    fn not_exposed(&self) -> &'static str {
        "not exposed"
    }
}

#[expose]
struct Exposing;

#[expose]
impl Exposing {
    fn base(&self) -> &'static str {
        "expose works!"
    }

    #[get(path = "1")]
    fn one(&self) -> &'static str {
        self.base()
    }

    #[get(path = "2")]
    fn two(&self) -> &'static str {
        self.base()
    }
}

#[expose]
struct Dir1 {
    #[child]
    dir2: Dir2,
}

#[expose]
impl Dir1 {
    fn index(&self) -> &'static str {
        "index for dir1"
    }

    fn my_method(&self, request: HttpRequest) -> String {
        format!("myMethod from dir1, path is {}", request.path())
    }

    fn default(&self, #[arg(rest)] params: Vec<String>) -> String {
        format!("default for dir1, param is:{params:?}")
    }
}

#[expose]
struct Dir2 {
    #[child]
    dir3: Dir3,
}

#[expose]
impl Dir2 {
    fn index(&self, request: HttpRequest) -> String {
        format!("index for dir2, path is:{}", request.path())
    }

    fn script_name(&self) -> &'static str {
        "script name"
    }

    fn posparam(&self, #[arg(rest)] vpath: Vec<String>) -> String {
        vpath.join("/")
    }
}

#[expose]
struct Dir3 {
    #[child]
    dir4: Dir4,
}

#[expose]
impl Dir3 {}

impl Dir3 {
    #[expect(
        dead_code,
        clippy::unused_self,
        reason = "what is not in the exposed block is no page"
    )]
    fn default(&self) -> &'static str {
        "default for dir3, not exposed"
    }
}

#[expose]
struct Dir4;

#[expose]
impl Dir4 {}

impl Dir4 {
    #[expect(
        dead_code,
        clippy::unused_self,
        reason = "what is not in the exposed block is no page"
    )]
    fn index(&self) -> &'static str {
        "index for dir4, not exposed"
    }
}

#[expose]
struct DefNoIndex;

#[expose]
impl DefNoIndex {
    fn default(&self) -> Redirect {
        Redirect::to("contact")
    }
}

#[expose]
#[derive(Default)]
struct ByMethod {
    things: Mutex<Vec<String>>,
}

#[expose(resource)]
impl ByMethod {
    fn get(&self) -> String {
        format!("{:?}", self.things.lock().unwrap())
    }

    fn post(&self, thing: String) -> NoContent {
        self.things.lock().unwrap().push(thing);
        NoContent
    }

    #[post]
    #[default]
    fn posted_below(&self, thing: String) -> NoContent {
        self.post(thing)
    }
}

#[expose]
struct Isolated;

#[expose]
impl Isolated {
    fn index(&self) -> &'static str {
        "made it!"
    }
}

#[expose]
struct AnotherApp;

#[expose(resource)]
impl AnotherApp {
    fn get(&self) -> &'static str {
        "milk"
    }
}

/// The root is mounted at every script name.
fn client() -> Client {
    let mut site = Site::new(root());
    for script_name in &SCRIPT_NAMES[1..] {
        site = site.mount(script_name, root());
    }
    Client::of(site.mount("/isolated", Isolated).mount("/app", AnotherApp))
}

/// Checks the cases below every script name. `@` in a target or a location stands for it.
#[track_caller]
fn check_everywhere(cases: &[(&str, &str)]) {
    let mut client = client();
    for script_name in SCRIPT_NAMES {
        let filled: Vec<_> = cases
            .iter()
            .map(|(asked, expected)| {
                (
                    asked.replace('@', script_name),
                    expected.replace('@', script_name),
                )
            })
            .collect();
        let filled: Vec<_> = filled
            .iter()
            .map(|(asked, expected)| (asked.as_str(), expected.as_str()))
            .collect();
        check(&mut client, &filled);
    }
}

#[test]
fn test_object_mapping() {
    check_everywhere(&[
        ("GET @/", "200 world"),
        ("GET @/?name=you", "200 you"),
        (
            "GET @/dir1/my_method",
            "200 myMethod from dir1, path is @/dir1/my_method",
        ),
        (
            "GET @/this/method/does/not/exist",
            r#"200 default:["this", "method", "does", "not", "exist"]"#,
        ),
        ("GET @/extra/too/much", r#"200 ["too", "much"]"#),
        ("GET @/extra", "200 []"),
        ("GET @/other", "200 other"),
        ("GET @/not_exposed", r#"200 default:["not_exposed"]"#),
        (
            "GET @/dir1/dir2/",
            "200 index for dir2, path is:@/dir1/dir2/",
        ),
        // A slash that is missing.
        ("GET @/dir1/dir2", "301 → @/dir1/dir2/"),
        ("GET @/dir1/dir2?a=b%20c&d", "301 → @/dir1/dir2/?a=b%20c&d"),
        // Differs from CherryPy: a slash too many is an empty segment, which is nobody's name.
        (
            "GET @/dir1/my_method/",
            r#"200 default for dir1, param is:["my_method", ""]"#,
        ),
        // Only what is exposed matches.
        (
            "GET @/dir1/dir2/dir3/dir4/index",
            r#"200 default for dir1, param is:["dir2", "dir3", "dir4", "index"]"#,
        ),
        // A `default` answers its node's own URL with and without the slash when there is no `index`.
        ("GET @/defnoindex", "303 → @/contact"),
        ("GET @/defnoindex/", "303 → @/defnoindex/contact"),
        ("GET @/defnoindex/page", "303 → @/defnoindex/contact"),
        ("GET @/redirect", "302 → @/dir1/"),
        // Names that are not ASCII. Differs from CherryPy: bytes that are no UTF-8 are nobody's name.
        ("GET @/Von_B%C3%BClow?id=14", "200 ID is Some(14)"),
        ("GET @/Von_B%fclow?id=14", "404"),
        // `%2F` stays inside its segment.
        ("GET @/page%2Fname", r#"200 default:["page/name"]"#),
        ("GET @/page%252Fname", r#"200 default:["page%2Fname"]"#),
        ("GET @/dir1%2Fdir2/", r#"200 default:["dir1/dir2", ""]"#),
    ]);
    check(
        &mut client(),
        &[
            ("GET http://localhost/", "200 world"),
            (
                "GET http://localhost/abs?service=http://192.168.0.1/x/y/z",
                r#"200 default:["abs"]"#,
            ),
            (
                "GET /rel?service=http://192.168.120.121:8000/x/y/z",
                r#"200 default:["rel"]"#,
            ),
            // One tree's pages do not leak into another.
            ("GET /isolated/", "200 made it!"),
            ("GET /isolated/doesnt/exist", "404"),
            // `/foobar` is not below `/foo`.
            ("GET /foobar", "200 bar"),
        ],
    );
}

/// Differs from CherryPy: a URL has one spelling, so punctuation is not read as an underscore.
#[test]
fn test_translate() {
    check(
        &mut client(),
        &[
            ("GET /translate.html", "200 OK"),
            ("GET /translate%2Ehtml", "200 OK"),
            ("GET /translate_html", r#"200 default:["translate_html"]"#),
            ("GET /translate-html", r#"200 default:["translate-html"]"#),
            ("GET /Other", r#"200 default:["Other"]"#),
        ],
    );
}

#[test]
fn test_redir_using_url() {
    check_everywhere(&[
        ("GET @/redirect_via_url?path=./", "303 → @/"),
        ("GET @/redirect_via_url?path=dir1/../other", "303 → @/other"),
        ("GET @/redirect_via_url?path=/other", "303 → /other"),
        ("GET @/redirect_via_url/.%2F", "303 → @/redirect_via_url/"),
    ]);
}

#[test]
fn test_positional_params() {
    check_everywhere(&[
        (
            "GET @/dir1/dir2/posparam/18/24/hut/hike",
            "200 18/24/hut/hike",
        ),
        // What is not its own is not for an `index`.
        (
            "GET @/dir1/dir2/5/3/sir",
            r#"200 default for dir1, param is:["dir2", "5", "3", "sir"]"#,
        ),
        // Differs from CherryPy, where this is 404: a page that does not take so much is passed by, and the `default` catches.
        (
            "GET @/dir1/dir2/script_name/extra/stuff",
            r#"200 default for dir1, param is:["dir2", "script_name", "extra", "stuff"]"#,
        ),
    ]);
    check(&mut client(), &[("GET /isolated/extra/stuff", "404")]);
}

#[test]
fn test_expose() {
    check(
        &mut client(),
        &[
            ("GET /exposing/base", "200 expose works!"),
            ("GET /exposing/1", "200 expose works!"),
            ("GET /exposing/2", "200 expose works!"),
            // The method's own name is not another one for its path.
            ("GET /exposing/one", r#"200 default:["exposing", "one"]"#),
        ],
    );
}

#[test]
fn test_method_dispatch() {
    check(
        &mut client(),
        &[
            ("POST /bymethod thing=another", "204 (nothing)"),
            ("GET /bymethod", r#"200 ["another"]"#),
            ("HEAD /bymethod", "200 (nothing)"),
            ("POST /bymethod thing=one", "204 (nothing)"),
            ("GET /bymethod", r#"200 ["another", "one"]"#),
            ("PUT /bymethod", "405 [allow: GET, HEAD, OPTIONS, POST]"),
            (
                "OPTIONS /bymethod",
                "204 [allow: GET, HEAD, OPTIONS, POST] (nothing)",
            ),
            // A resource answers at its own URL, without a slash.
            ("GET /bymethod/", "405 [allow: OPTIONS, POST]"),
            // A `default` of a resource, with what is left of the path.
            ("POST /collection/silly", "204 (nothing)"),
            ("GET /collection", r#"200 ["silly"]"#),
            ("GET /collection/silly", "405 [allow: OPTIONS, POST]"),
            // A resource as a root.
            ("GET /app", "200 milk"),
            ("GET /app/", "404"),
        ],
    );
}

#[expose]
struct Hello;

#[expose]
impl Hello {
    fn hello(&self, #[arg(query, default = "world")] name: String) -> String {
        format!("Hello {name}!")
    }
}

#[test]
fn test_tree_mounting() {
    let site = || Site::new(Isolated).mount("/somewhere/", Hello);
    check(
        &mut Client::of(site()),
        &[("GET /somewhere/hello", "200 Hello world!")],
    );
    let mistakes = site()
        .mount("/somewhere", Hello)
        .ready()
        .unwrap_err()
        .to_string();
    assert!(
        mistakes.contains("two trees are mounted at `/somewhere`"),
        "{mistakes}"
    );
}

/// A parameter that comes from the query alone takes no segment.
#[test]
fn test_keywords() {
    check(
        &mut Client::of(Site::new(Isolated).mount("/keywords", Hello)),
        &[
            ("GET /keywords/hello", "200 Hello world!"),
            ("GET /keywords/hello?name=you", "200 Hello you!"),
            ("GET /keywords/hello/extra", "404"),
        ],
    );
}
