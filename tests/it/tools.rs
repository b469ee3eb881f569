//! Tools: hook points and their order, answers instead of the page, failures. CherryPy: `test_tools.py`.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::{Read as _, Write as _};
use std::sync::mpsc;
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use kirsch::prelude::*;
use kirsch::testing::Client;
use kirsch::tools::{Function, Next, Point, Preparation, Provided};

use crate::check::check;
use crate::wire::Wire;

thread_local! {
    /// What has happened, in order. A test has a thread of its own, and its client serves on it.
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn note(text: impl Display) {
    LOG.with_borrow_mut(|log| log.push(text.to_string()));
}

/// What has happened since the last look.
fn noted() -> String {
    LOG.take().join(" ")
}

/// A point, in one word.
fn word(point: Point) -> &'static str {
    match point {
        Point::OnStartResource => "start",
        Point::BeforeRequestBody => "body",
        Point::BeforeHandler => "handler",
        Point::BeforeFinalize => "finalize",
        Point::OnEndResource => "end",
        Point::BeforeErrorResponse => "before_error",
        Point::AfterErrorResponse => "after_error",
        Point::OnLeave => "leave",
        Point::OnEndRequest => "end_request",
    }
}

/// Writes down when it is asked, and does at one point what it is told.
#[tool]
struct Recorder {
    /// How each line begins.
    #[option(default = "")]
    name: String,
    /// The point at which it refuses the request: the visitor may not see the page.
    #[option]
    refuses: Option<String>,
    /// The point at which it fails as nobody meant it to.
    #[option]
    breaks: Option<String>,
    /// The point at which it panics.
    #[option]
    panics: Option<String>,
    /// The point at which it answers.
    #[option]
    answers: Option<String>,
    /// The point at which it leads elsewhere.
    #[option]
    turns: Option<String>,
}

impl Recorder {
    fn at(&self, point: Point, x: &mut Exchange) -> Result<()> {
        note(format!("{}{}", self.name, word(point)));
        let is = |option: &Option<String>| option.as_deref() == Some(word(point));
        assert!(!is(&self.panics), "a tool panics on purpose");
        if is(&self.breaks) {
            return Err(Error::internal("a tool breaks on purpose"));
        }
        if is(&self.refuses) {
            return Err(Error::forbidden());
        }
        if is(&self.turns) {
            return Err(Error::internal_redirect("/elsewhere"));
        }
        if is(&self.answers) {
            x.answer("the tool");
        }
        Ok(())
    }
}

#[tool]
impl Recorder {
    fn on_start_resource(&self, x: &mut Exchange) -> Result<()> {
        self.at(Point::OnStartResource, x)
    }
    fn before_request_body(&self, x: &mut Exchange) -> Result<()> {
        self.at(Point::BeforeRequestBody, x)
    }
    fn before_handler(&self, x: &mut Exchange) -> Result<()> {
        self.at(Point::BeforeHandler, x)
    }
    fn before_finalize(&self, x: &mut Exchange) -> Result<()> {
        self.at(Point::BeforeFinalize, x)
    }
    fn on_end_resource(&self, x: &mut Exchange) -> Result<()> {
        self.at(Point::OnEndResource, x)
    }
    fn before_error_response(&self, x: &mut Exchange) -> Result<()> {
        self.at(Point::BeforeErrorResponse, x)
    }
    fn after_error_response(&self, x: &mut Exchange) -> Result<()> {
        self.at(Point::AfterErrorResponse, x)
    }
    fn on_end_request(&self, x: &mut Exchange) -> Result<()> {
        self.at(Point::OnEndRequest, x)
    }
}

/// Makes everybody wait: with it, no page is answered at once.
#[tool(priority = 1)]
struct Wait;

#[tool]
impl Wait {
    async fn on_start_resource(&self, _x: &mut Exchange) {
        actix_web::rt::task::yield_now().await;
    }
    async fn before_finalize(&self, _x: &mut Exchange) -> Result<(), std::fmt::Error> {
        actix_web::rt::task::yield_now().await;
        Ok(())
    }
}

#[expose]
#[tools(recorder)]
struct Points;

#[expose]
impl Points {
    fn index(&self) -> &'static str {
        note("page");
        "the page"
    }

    fn elsewhere(&self) -> &'static str {
        note("elsewhere");
        "elsewhere"
    }

    fn refused(&self) -> Result<&'static str> {
        Err(Error::forbidden())
    }

    fn broken(&self) -> Result<&'static str> {
        Err(std::fmt::Error)?
    }

    fn panicking(&self) -> &'static str {
        panic!("a page panics on purpose")
    }

    async fn waiting(&self) -> &'static str {
        actix_web::rt::task::yield_now().await;
        note("page");
        "the page"
    }

    fn leading(&self) -> Result<&'static str> {
        Err(Error::internal_redirect("/elsewhere"))
    }

    async fn leading_later(&self) -> Result<&'static str> {
        actix_web::rt::task::yield_now().await;
        Err(Error::internal_redirect("/elsewhere"))
    }

    async fn panicking_later(&self) -> &'static str {
        actix_web::rt::task::yield_now().await;
        panic!("a page panics on purpose")
    }
}

/// Asks a site with these lines of configuration, once as it is and once with a tool that waits.
#[track_caller]
fn steps(configured: &str, asked: &str, status: u16, expected: &str) {
    for wait in ["", "tools.wait.on = true\n"] {
        let text = format!("[\"/\"]\n{configured}\n{wait}");
        let mut client = Client::of(Site::new(Points).config_text("site.toml", &text));
        noted();
        let answer = client.get(asked);
        assert_eq!(
            (answer.status().as_u16(), &*noted()),
            (status, expected),
            "{asked} with {text}"
        );
        // Whatever happened, the next request is served.
        client.get("/nowhere");
        assert!(noted().starts_with("start"), "{text}");
    }
}

#[test]
fn every_point_has_its_turn() {
    let all = "start body handler page finalize end end_request";
    steps("", "/", 200, all);
    steps("", "/waiting", 200, all);
    let refused = "start body handler finalize end end_request";
    steps("", "/refused", 403, refused);
    steps("", "/nowhere", 404, refused);
}

/// CherryPy: an unexpected error has no `before_finalize`.
#[test]
fn an_unexpected_error_has_points_of_its_own() {
    let expected = "start body handler end before_error after_error end_request";
    for page in ["/broken", "/panicking", "/panicking_later"] {
        steps("", page, 500, expected);
    }
}

#[test]
fn test_hook_errors() {
    for (point, page, status, expected) in [
        (
            "start",
            "/",
            500,
            "start end before_error after_error end_request",
        ),
        (
            "body",
            "/",
            500,
            "start body end before_error after_error end_request",
        ),
        (
            "handler",
            "/",
            500,
            "start body handler end before_error after_error end_request",
        ),
        (
            "finalize",
            "/",
            500,
            "start body handler page finalize end before_error after_error end_request",
        ),
        // What ends something only tells the log.
        (
            "end",
            "/",
            200,
            "start body handler page finalize end end_request",
        ),
        (
            "end_request",
            "/",
            200,
            "start body handler page finalize end end_request",
        ),
        (
            "before_error",
            "/broken",
            500,
            "start body handler end before_error after_error end_request",
        ),
        (
            "after_error",
            "/broken",
            500,
            "start body handler end before_error after_error end_request",
        ),
    ] {
        for option in ["breaks", "panics"] {
            let configured = format!("tools.recorder.{option} = \"{point}\"");
            steps(&configured, page, status, expected);
        }
    }
}

#[test]
fn a_tool_may_refuse_a_request_at_each_point() {
    for (point, expected) in [
        ("start", "start finalize end end_request"),
        ("body", "start body finalize end end_request"),
        ("handler", "start body handler finalize end end_request"),
    ] {
        let configured = format!("tools.recorder.refuses = \"{point}\"");
        steps(&configured, "/", 403, expected);
    }
}

#[test]
fn a_tool_may_answer_instead_of_the_page_at_each_point() {
    for (point, expected) in [
        ("start", "start finalize end end_request"),
        ("body", "start body finalize end end_request"),
        ("handler", "start body handler finalize end end_request"),
        (
            "finalize",
            "start body handler page finalize end end_request",
        ),
    ] {
        let configured = format!("tools.recorder.answers = \"{point}\"");
        steps(&configured, "/", 200, expected);
        let text = format!("[\"/\"]\n{configured}");
        let mut client = Client::of(Site::new(Points).config_text("site.toml", &text));
        client.get("/").assert_body("the tool");
    }
}

/// CherryPy: `on_end_request` of the old request runs before the new one begins.
#[test]
fn an_internal_redirect_ends_the_first_pages_tools() {
    let text = "[\"/index\"]\ntools.recorder.turns = \"start\"\ntools.recorder.name = \"1:\"";
    let mut client = Client::of(Site::new(Points).config_text("site.toml", text));
    client.get("/").assert_body("elsewhere");
    assert_eq!(
        noted(),
        "1:start 1:end_request start body handler elsewhere finalize end end_request"
    );
}

#[test]
fn a_page_without_tools_may_lead_to_one_with_tools() {
    for page in ["/leading", "/leading_later"] {
        let text = format!("[\"{page}\"]\ntools.recorder.on = false");
        let mut client = Client::of(Site::new(Points).config_text("site.toml", &text));
        client.get(page).assert_body("elsewhere");
        assert_eq!(
            noted(),
            "start body handler elsewhere finalize end end_request",
            "{page}"
        );
    }
}

#[test]
fn an_unexpected_error_may_lead_elsewhere() {
    let text = "[\"/broken\"]\ntools.recorder.turns = \"before_error\"";
    let mut client = Client::of(Site::new(Points).config_text("site.toml", text));
    client
        .get("/broken")
        .assert_status(200)
        .assert_body("elsewhere");
}

/// A redirect that a tool gives stands in for the answer whose resource has ended already.
#[test]
fn a_redirect_after_an_error_ends_no_resource_again() {
    let text = "[\"/\"]\ntools.err_redirect.on = true\ntools.err_redirect.url = \"/elsewhere\"\ntools.err_redirect.internal = false";
    for page in ["/broken", "/panicking", "/panicking_later"] {
        let mut client = Client::of(Site::new(Points).config_text("site.toml", text));
        noted();
        client.get(page).assert_status(303);
        assert_eq!(
            noted(),
            "start body handler end before_error after_error end_request",
            "{page}"
        );
    }
}

/// One of three at the same points.
macro_rules! in_order {
    ($($name:ident, $priority:literal, $letter:literal;)*) => {$(
        #[tool(priority = $priority)]
        struct $name {
            #[option(default = false)]
            breaks: bool,
        }

        #[tool]
        impl $name {
            fn before_handler(&self, _x: &mut Exchange) -> Result<()> {
                note($letter);
                if self.breaks { Err(Error::internal("on purpose")) } else { Ok(()) }
            }
            #[hook(priority = 100 - $priority, failsafe)]
            fn before_finalize(&self, _x: &mut Exchange) -> Result<()> {
                note($letter);
                if self.breaks { Err(Error::internal("on purpose")) } else { Ok(()) }
            }
            fn on_end_resource(&self, _x: &mut Exchange) -> Result<()> {
                note($letter);
                if self.breaks { Err(Error::internal("on purpose")) } else { Ok(()) }
            }
        }
    )*};
}

in_order! {
    Last, 90, "c";
    Middle, 50, "b";
    First, 10, "a";
}

#[expose]
#[tools(last, first, middle)]
struct InOrder;

#[expose]
impl InOrder {
    fn index(&self) -> &'static str {
        note("page");
        ""
    }

    #[tools(middle(breaks))]
    fn broken(&self) -> &'static str {
        ""
    }
}

/// CherryPy: `testBareHooks`, and the priorities of `hooks.run`.
#[test]
fn lower_priorities_come_first() {
    let mut client = Client::new(InOrder);
    client.get("/");
    assert_eq!(noted(), "a b c page c b a a b c");
    let site = Site::new(InOrder).config_text("site.toml", "[\"/\"]\ntools.first.priority = 95");
    Client::of(site).get("/");
    assert_eq!(noted(), "b c a page c b a b c a");
}

/// CherryPy: `failsafe` hooks of a point run whatever the others did.
#[test]
fn test_guaranteed_hooks() {
    Client::new(InOrder).get("/broken").assert_status(500);
    // `c` is not asked before the page; at the end, all are.
    assert_eq!(noted(), "a b a b c");
    let text = "[\"/\"]\ntools.first.on = false\ntools.middle.on = false\n[\"/index\"]\ntools.middle.on = true\ntools.last.breaks = true\ntools.last.priority = 1";
    Client::of(Site::new(InOrder).config_text("site.toml", text))
        .get("/")
        .assert_status(500);
    assert_eq!(noted(), "c c b");
}

#[test]
fn failsafe_hooks_are_asked_after_a_failure() {
    let text = "[\"/\"]\ntools.last.priority = 1\n[\"/index\"]\ntools.before_the_end.on = true";
    let site = Site::new(InOrder).config_text("site.toml", text);
    Client::of(site).get("/").assert_status(500);
    assert_eq!(noted(), "c a b page x c b a c a b");
}

/// Breaks before the others at `before_finalize`.
#[tool(priority = 0)]
struct BeforeTheEnd;

#[tool]
impl BeforeTheEnd {
    fn before_finalize(&self, _x: &mut Exchange) -> Result<()> {
        note("x");
        Err(Error::internal("on purpose"))
    }
}

/// Shows its options in a header.
#[tool]
struct Show {
    #[option(default = 0)]
    a: u32,
    #[option(default = 0)]
    b: u32,
    #[option(default = 0)]
    c: u32,
}

#[tool]
impl Show {
    fn before_finalize(&self, x: &mut Exchange) {
        let text = format!("{}{}{}", self.a, self.b, self.c);
        if let Some(response) = x.response_mut() {
            let value = text.parse().unwrap();
            response
                .headers_mut()
                .insert("x-show".parse().unwrap(), value);
        }
    }
}

#[expose]
#[tools(show(a = 1, b = 1, c = 1))]
struct Levels {
    #[child]
    plain: Leaf,
    #[child]
    #[tools(show(b = 2))]
    field: Leaf,
    #[child]
    branch: Branch,
}

#[expose]
#[tools(show(c = 9))]
impl Levels {
    fn index(&self) -> &'static str {
        ""
    }

    #[tools(!show)]
    fn off(&self) -> &'static str {
        ""
    }

    #[child]
    #[tools(show(b = 5))]
    fn method(&self, _id: u8) -> Leaf {
        Leaf
    }
}

#[expose]
struct Leaf;

#[expose]
impl Leaf {
    fn index(&self) -> &'static str {
        ""
    }

    #[tools(show(a = 7), show(c = 8))]
    fn page(&self) -> &'static str {
        ""
    }
}

#[expose]
#[tools(!show)]
struct Branch {
    #[child]
    #[tools(show)]
    again: Leaf,
}

#[expose]
impl Branch {
    fn index(&self) -> &'static str {
        ""
    }
}

/// CherryPy: `testCombinedTools`, `testToolWithConfig`.
#[test]
fn each_level_changes_what_it_names() {
    let mut client = Client::new(Levels {
        plain: Leaf,
        field: Leaf,
        branch: Branch { again: Leaf },
    });
    check(
        &mut client,
        &[
            ("GET /", "200 [x-show: 119]"),
            ("GET /plain/", "200 [x-show: 119]"),
            ("GET /plain/page", "200 [x-show: 718]"),
            ("GET /field/", "200 [x-show: 129]"),
            ("GET /field/page", "200 [x-show: 728]"),
            ("GET /method/1/", "200 [x-show: 159]"),
            ("GET /method/1/page", "200 [x-show: 758]"),
            ("GET /branch/again/", "200 [x-show: 119]"),
            ("GET /field/nowhere", "404 [x-show: 129]"),
            ("GET /method/1/nowhere", "404 [x-show: 159]"),
        ],
    );
    client.get("/off").assert_no_header("x-show");
    client.get("/branch/").assert_no_header("x-show");
    client.get("/branch/nowhere").assert_no_header("x-show");
}

#[expose]
struct Above {
    #[child]
    sub: Below,
}

#[expose]
impl Above {
    fn index(&self) -> &'static str {
        ""
    }
}

#[expose]
#[tools(recorder)]
struct Below;

#[expose]
impl Below {
    fn index(&self) -> &'static str {
        note("page");
        ""
    }

    fn leaf(&self) -> &'static str {
        note("page");
        ""
    }
}

/// However a path is spelled: its section is for it, or no page answers it.
#[test]
fn no_spelling_of_a_path_leads_past_its_section() {
    #[expose]
    struct Files;

    #[expose]
    impl Files {
        fn default(&self, rest: Rest) -> String {
            rest.to_string()
        }

        fn list(&self, rest: Rest) -> String {
            rest.to_string()
        }
    }

    let text = "[\"/a/b\"]\nresponse.headers.X-In = \"default\"\n[\"/list/a/b\"]\nresponse.headers.X-In = \"list\"";
    let mut client = Client::of(Site::new(Files).config_text("site.toml", text));
    for (path, status, within) in [
        ("/a/b", 200, Some("default")),
        ("/a/%62/c", 200, Some("default")),
        ("/a//b", 200, Some("default")),
        ("//a/b", 200, Some("default")),
        ("/a/c", 200, None),
        ("/./a/b", 404, None),
        ("/x/../a/b", 404, None),
        ("/%2e/a/b", 404, None),
        ("/a/.%2E/a/b", 404, None),
        ("/list/a/b", 200, Some("list")),
        ("/list//a/b", 200, Some("list")),
        ("/list/./a/b", 404, None),
        ("/list/x/%2e%2e/a/b", 404, None),
    ] {
        let answer = client.get(path);
        let found = (answer.status().as_u16(), answer.header("x-in"));
        assert_eq!(found, (status, within), "{path}");
    }
}

/// CherryPy: a miss is a page that is not there, and its tools are asked.
#[test]
fn what_a_subtree_answers_without_a_page_has_its_tools() {
    let mut client = Client::new(Above { sub: Below });
    let tools = "start body handler finalize end end_request";
    for (asked, expected, steps) in [
        (
            "GET /sub/",
            "200",
            "start body handler page finalize end end_request",
        ),
        ("GET /sub/nowhere", "404", tools),
        ("GET /sub/nowhere/at/all", "404", tools),
        ("POST /sub/leaf", "405 [allow: GET, HEAD, OPTIONS]", tools),
        (
            "OPTIONS /sub/leaf",
            "204 [allow: GET, HEAD, OPTIONS]",
            tools,
        ),
        ("GET /sub", "301 → /sub/", tools),
        ("GET /nowhere", "404", ""),
        ("POST /", "405", ""),
    ] {
        check(&mut client, &[(asked, expected)]);
        assert_eq!(noted(), steps, "{asked}");
    }
}

/// Stands around the page.
#[tool]
struct Brackets {
    /// What is written before and after.
    #[option(default = "()")]
    pair: String,
    /// How often. None is a mistake.
    #[option(default = 1)]
    times: u32,
    /// `false`: the page is not called.
    #[option(default = true)]
    calls: bool,
    /// Panics after the page.
    #[option(default = false)]
    panics: bool,
}

#[tool]
impl Brackets {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        if self.times == 0 {
            at.refuse(&["times"], "no brackets are no brackets");
        }
    }

    async fn around_handler(&self, x: &mut Exchange, next: Next<'_>) -> Result<HttpResponse> {
        let (open, close) = self.pair.split_at(1);
        note(open.repeat(self.times as usize));
        if !self.calls {
            return Ok(HttpResponse::Ok().body("not called"));
        }
        let answer = next.run(x).await;
        assert!(!self.panics, "on purpose");
        note(close.repeat(self.times as usize));
        answer
    }
}

/// Waits for ever around the page.
#[tool]
struct Hanging;

#[tool]
impl Hanging {
    async fn around_handler(&self, _: &mut Exchange, _: Next<'_>) -> Result<HttpResponse> {
        std::future::pending().await
    }
}

/// The time that the page has is the tool's too, or twice as much; and a limit of the operator's that is beyond all clocks is none.
#[test]
fn a_tool_around_a_page_has_the_time_of_the_page() {
    #[expose]
    #[tools(hanging, timeout(after = millis(20), status = StatusCode::GATEWAY_TIMEOUT))]
    struct Hung;

    #[expose]
    impl Hung {
        async fn index(&self) -> &'static str {
            "never"
        }
    }

    let limits = kirsch::Limits {
        request_timeout: Duration::MAX,
        ..kirsch::Limits::default()
    };
    let mut client = Client::of(Site::new(Hung).limits(limits));
    client.get("/").assert_status(504);
}

/// The same, within.
#[tool(priority = 60)]
struct Within;

#[tool]
impl Within {
    async fn around_handler(&self, x: &mut Exchange, next: Next<'_>) -> Result<HttpResponse> {
        note("<");
        let answer = next.run(x).await;
        note(">");
        answer
    }
}

#[expose]
#[tools(within, brackets, recorder)]
struct Bracketed;

#[expose]
impl Bracketed {
    fn index(&self) -> &'static str {
        note("page");
        "the page"
    }

    #[tools(brackets(pair = "[]", times = 2))]
    async fn later(&self) -> &'static str {
        actix_web::rt::task::yield_now().await;
        note("page");
        "the page"
    }

    #[tools(brackets(calls = false))]
    fn never(&self) -> &'static str {
        note("page");
        "the page"
    }

    #[tools(brackets(panics))]
    fn panics(&self) -> &'static str {
        note("page");
        "the page"
    }

    fn broken(&self) -> Result<&'static str> {
        Err(std::fmt::Error)?
    }
}

#[test]
fn test_handler_wrapper_tool() {
    let mut client = Client::new(Bracketed);
    for (asked, expected, steps) in [
        (
            "GET /",
            "200 the page",
            "start body handler ( < page > ) finalize end end_request",
        ),
        (
            "GET /later",
            "200 the page",
            "start body handler [[ < page > ]] finalize end end_request",
        ),
        (
            "GET /never",
            "200 not called",
            "start body handler ( finalize end end_request",
        ),
        (
            "GET /panics",
            "500",
            "start body handler ( < page > end before_error after_error end_request",
        ),
        (
            "GET /broken",
            "500",
            "start body handler ( < > ) end before_error after_error end_request",
        ),
        // There is no page to stand around.
        (
            "GET /nowhere",
            "404",
            "start body handler finalize end end_request",
        ),
    ] {
        check(&mut client, &[(asked, expected)]);
        assert_eq!(noted(), steps, "{asked}");
    }
}

/// A body that comes piece by piece, or never ends.
struct Pieces(Option<u8>);

impl MessageBody for Pieces {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, Self::Error>>> {
        if let Some(left) = &mut self.0 {
            if *left == 0 {
                return std::task::Poll::Ready(None);
            }
            *left -= 1;
            note("piece");
        }
        std::task::Poll::Ready(Some(Ok(Bytes::from_static(&[b'.'; 1024]))))
    }
}

#[expose]
#[tools(recorder)]
struct Streams;

#[expose]
impl Streams {
    fn index(&self) -> HttpResponse {
        HttpResponse::Ok().body(Pieces(Some(2)))
    }

    async fn later(&self) -> HttpResponse {
        HttpResponse::Ok().body(Pieces(Some(2)))
    }
}

#[test]
fn the_end_comes_after_the_body() {
    let mut client = Client::new(Streams);
    for path in ["/", "/later"] {
        client.get(path).assert_status(200);
        assert_eq!(
            noted(),
            "start body handler finalize end piece piece end_request"
        );
    }
}

/// Tells the node when a request has ended.
#[tool]
struct AtTheEnd {
    #[option]
    call: Option<Function<str, ()>>,
}

#[tool]
impl AtTheEnd {
    async fn on_end_request(&self, x: &mut Exchange) -> Result<()> {
        actix_web::rt::task::yield_now().await;
        match &self.call {
            Some(call) => call.ask(x, x.raw_path()).await,
            None => Ok(()),
        }
    }
}

#[expose]
#[tools(at_the_end(call = Self::ended))]
struct Told {
    ended: mpsc::Sender<String>,
}

impl Told {
    fn ended(&self, path: &str) {
        self.ended.send(path.to_owned()).unwrap();
    }
}

#[expose]
impl Told {
    fn index(&self) -> &'static str {
        "Hello"
    }

    fn endless(&self) -> HttpResponse {
        HttpResponse::Ok().body(Pieces(None))
    }

    async fn never(&self) -> &'static str {
        std::future::pending().await
    }
}

/// CherryPy: `testEndRequestOnDrop`.
#[test]
fn test_end_request_on_drop() {
    let (ended, told) = mpsc::channel();
    let limits = kirsch::Limits {
        request_timeout: Duration::from_millis(300),
        ..kirsch::Limits::default()
    };
    let wire = Wire::serve(Site::new(Told { ended }).limits(limits));
    let patience = Duration::from_secs(20);
    wire.ask("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    assert_eq!(told.recv_timeout(patience).as_deref(), Ok("/"));

    let mut stream = wire.connect();
    stream
        .write_all(b"GET /endless HTTP/1.1\r\nHost: t\r\n\r\n")
        .unwrap();
    stream.read_exact(&mut [0; 4096]).unwrap();
    assert!(told.try_recv().is_err(), "the body has no end");
    drop(stream);
    assert_eq!(told.recv_timeout(patience).as_deref(), Ok("/endless"));

    let mut stream = wire.connect();
    stream
        .write_all(b"GET /never HTTP/1.1\r\nHost: t\r\n\r\n")
        .unwrap();
    // Whoever has only closed their half still waits for the answer: a page that waits is given up at its limit.
    // The worker has read the request when it answers the next.
    wire.ask("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    assert_eq!(told.recv_timeout(patience).as_deref(), Ok("/"));
    drop(stream);
    assert_eq!(told.recv_timeout(patience).as_deref(), Ok("/never"));
}

/// Asks a function of the application who may come in.
#[tool]
struct Door {
    /// Whether this visitor may come in.
    #[option(required)]
    opens: Option<Function<str, bool>>,
}

#[tool]
impl Door {
    async fn before_handler(&self, x: &mut Exchange) -> Result<()> {
        let name = x.header("x-name").unwrap_or_default().to_owned();
        match &self.opens {
            Some(opens) if opens.ask(x, &name).await? => Ok(()),
            _ => Err(Error::forbidden()),
        }
    }
}

#[expose]
#[tools(door(opens = Self::knows))]
struct House {
    owner: &'static str,
    #[child]
    room: Room,
    #[child]
    #[tools(door(opens = |name: &str| name == "anybody"))]
    hall: Room,
}

impl House {
    async fn knows(&self, name: &str) -> Result<bool> {
        actix_web::rt::task::yield_now().await;
        match name {
            "nobody" => Err(Error::bad_request("that is no name")),
            name => Ok(name == self.owner),
        }
    }
}

#[expose]
impl House {
    fn index(&self) -> &'static str {
        "the house"
    }

    #[child]
    #[tools(!door)]
    fn open(&self) -> Garden {
        Garden
    }
}

#[expose]
struct Room {
    guest: &'static str,
}

impl Room {
    fn has(&self, name: &str) -> bool {
        name == self.guest
    }
}

#[expose]
impl Room {
    fn index(&self) -> &'static str {
        "the room"
    }

    #[tools(door(opens = Self::has))]
    fn bed(&self) -> &'static str {
        "the bed"
    }

    #[tools(door(opens = House::knows))]
    fn safe(&self) -> &'static str {
        "the safe"
    }
}

#[expose]
struct Garden;

#[expose]
impl Garden {
    fn index(&self) -> &'static str {
        "the garden"
    }
}

fn house() -> House {
    House {
        owner: "Ada",
        room: Room { guest: "Bob" },
        hall: Room { guest: "Eve" },
    }
}

#[test]
fn a_function_sees_its_own_node_and_those_above() {
    let mut client = Client::new(house());
    for (path, who, status) in [
        ("/", "Ada", 200),
        ("/", "Bob", 403),
        ("/", "nobody", 400),
        // A node above.
        ("/room/", "Ada", 200),
        ("/room/", "Bob", 403),
        ("/room/nowhere", "Ada", 404),
        ("/room/nowhere", "Bob", 403),
        ("/room/safe", "Ada", 200),
        // Of two nodes of one type, the one on the way.
        ("/room/bed", "Bob", 200),
        ("/room/bed", "Eve", 403),
        ("/hall/bed", "Eve", 200),
        ("/hall/bed", "Bob", 403),
        // No node.
        ("/hall/", "anybody", 200),
        ("/hall/", "Ada", 403),
        ("/open/", "", 200),
    ] {
        let request = client.request(actix_web::http::Method::GET, path);
        let answer = request.header("x-name", who).send();
        assert_eq!(answer.status(), status, "{path} for {who}");
    }
}

/// What the start says of a site.
#[track_caller]
fn refused(site: Site) -> String {
    match site.ready() {
        Ok(_) => panic!("the site starts"),
        Err(mistakes) => mistakes.to_string(),
    }
}

/// The words, and the place, of the one mistake of a site.
#[track_caller]
fn assert_refused(site: Site, words: &[&str]) {
    let said = refused(site);
    assert!(said.contains("1 mistake was found"), "{said}");
    for words in words.iter().chain(&["tools.rs:"]) {
        assert!(said.contains(words), "{words:?} is not in\n{said}");
    }
}

#[expose]
struct PerRequest {
    guest: String,
}

impl PerRequest {
    fn has(&self, name: &str) -> bool {
        self.guest == name
    }
}

#[expose]
impl PerRequest {
    #[tools(door(opens = Self::has))]
    fn index(&self) -> &'static str {
        ""
    }
}

#[expose]
struct Maker;

#[expose]
impl Maker {
    #[child]
    fn made(&self, guest: String) -> PerRequest {
        PerRequest { guest }
    }
}

#[test]
fn a_function_of_a_node_that_is_made_per_request_is_refused_at_start() {
    assert_refused(
        Site::new(Maker),
        &[
            "the tool `door` has a function of `",
            "PerRequest`, which is no node above `/made",
        ],
    );
}

/// Names its option, and needs another tool.
#[tool(needs = ["show"])]
struct Needy;

#[tool]
impl Needy {
    fn before_handler(&self, _x: &mut Exchange) {}
}

#[expose]
struct Needs;

#[expose]
impl Needs {
    #[tools(needy)]
    fn index(&self) -> &'static str {
        ""
    }
}

#[test]
fn a_tool_that_another_needs_must_be_on() {
    assert_refused(
        Site::new(Needs),
        &[
            "the tool `needy` needs the tool `show`, which is off here",
            "help: turn it on as well",
        ],
    );
    let site = Site::new(Needs).config_text("site.toml", "[\"/\"]\ntools.show.on = true");
    assert!(site.ready().is_ok());
}

#[expose]
struct Requires;

#[expose]
impl Requires {
    #[tools(door)]
    fn index(&self) -> &'static str {
        ""
    }
}

#[test]
fn an_option_that_must_be_given_must_be_given() {
    assert_refused(
        Site::new(Requires),
        &[
            "the tool `door` is on without its `opens`",
            "help: Whether this visitor may come in.",
        ],
    );
}

#[expose]
struct Unprepared;

#[expose]
impl Unprepared {
    #[tools(brackets(times = 0))]
    fn index(&self) -> &'static str {
        ""
    }
}

#[test]
fn what_a_tool_refuses_is_told_with_its_place() {
    assert_refused(
        Site::new(Unprepared),
        &["the tool `brackets`: no brackets are no brackets"],
    );
}

/// The visitor's language.
#[derive(Clone)]
struct Language(String);

impl Provided for Language {
    const TOOL: &'static str = "languages";
}

impl FromRequest for Language {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get().cloned();
        std::future::ready(known.ok_or_else(Error::not_found))
    }
}

/// Finds the visitor's language.
#[tool]
struct Languages;

#[tool]
impl Languages {
    fn before_handler(&self, x: &mut Exchange) {
        let language = x.header("accept-language").unwrap_or("en").to_owned();
        x.request().extensions_mut().insert(Language(language));
    }
}

#[expose]
struct Greeting;

#[expose]
impl Greeting {
    fn index(&self, language: Language) -> String {
        language.0
    }
}

#[test]
fn a_page_takes_what_a_tool_provides_where_that_tool_is_on() {
    assert_refused(
        Site::new(Greeting),
        &["takes a `Language`, which only the tool `languages` provides, and it is off there"],
    );
    let text = "[\"/\"]\ntools.languages.on = true";
    let mut client = Client::of(Site::new(Greeting).config_text("site.toml", text));
    client.get("/").assert_body("en");
}
