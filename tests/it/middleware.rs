//! Middlewares of actix-web around pages: those that change, answer, fail, panic, and lose patience.

use std::cell::Cell;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{HeaderName, HeaderValue, ORIGIN};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{self, DefaultHeaders, NormalizePath, from_fn};
use actix_web::{HttpMessage as _, error, web};
use kirsch::prelude::*;
use kirsch::testing::Client;
use kirsch::tools::{Middleware, Next, Preparation};

use crate::check::check;

type ActixResult<T> = Result<T, actix_web::Error>;

/// Says how often it has been made, and how often called; changes the request and the answer.
struct Counting;

struct CountingService<S> {
    inner: Rc<S>,
    calls: Cell<u32>,
}

thread_local! {
    static MADE: Cell<u32> = const { Cell::new(0) };
}

impl<S, B> Transform<S, ServiceRequest> for Counting
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = actix_web::Error;
    type Transform = CountingService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        MADE.set(MADE.get() + 1);
        let inner = Rc::new(inner);
        ready(Ok(CountingService {
            inner,
            calls: Cell::new(0),
        }))
    }
}

impl<S, B> Service<ServiceRequest> for CountingService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = ActixResult<ServiceResponse<B>>>>>;

    fn poll_ready(&self, cx: &mut std::task::Context<'_>) -> std::task::Poll<ActixResult<()>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        self.calls.set(self.calls.get() + 1);
        let calls = self.calls.get();
        // It has the request for itself, as in an application of actix-web.
        let headers = request.headers_mut();
        headers.insert(header("x-call"), HeaderValue::from(calls));
        request.extensions_mut().insert(calls);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut answer = answer.await?;
            let seen = answer.request().extensions().get::<u32>().copied();
            let headers = answer.headers_mut();
            headers.insert(header("x-calls"), seen.unwrap_or(0).into());
            Ok(answer)
        })
    }
}

fn header(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

type Passing = middleware::Next<actix_web::body::BoxBody>;
type Passed = ActixResult<ServiceResponse>;

/// Does what the header `x-do` says.
async fn obey(request: ServiceRequest, next: Passing) -> Passed {
    let word = request.headers().get("x-do").cloned();
    match word.as_ref().and_then(|word| word.to_str().ok()) {
        Some("answer") => Ok(request.into_response(HttpResponse::Ok().body("the middleware"))),
        Some("refuse") => Ok(request.into_response(HttpResponse::Forbidden().body("not you"))),
        Some("err") => Err(error::ErrorConflict("secret words")),
        Some("our-err") => Err(Error::bad_request("our words").into()),
        Some("panic") => panic!("a middleware panics on purpose"),
        Some("panic-later") => {
            let answer = next.call(request).await;
            drop(answer);
            panic!("a middleware panics on purpose")
        }
        Some("wait") => {
            actix_web::rt::task::yield_now().await;
            let answer = next.call(request).await;
            actix_web::rt::task::yield_now().await;
            answer
        }
        Some("replace") => {
            let answer = next.call(request).await?;
            Ok(answer.map_body(|_, _| actix_web::body::BoxBody::new("replaced")))
        }
        Some("twice") => {
            let (head, payload) = request.into_parts();
            let again = head.clone();
            next.call(ServiceRequest::from_parts(head, payload)).await?;
            next.call(ServiceRequest::from_request(again)).await
        }
        _ => next.call(request).await,
    }
}

/// Gives the page a moment.
async fn hurry(request: ServiceRequest, next: Passing) -> Passed {
    let head = request.request().clone();
    match actix_web::rt::time::timeout(Duration::from_millis(50), next.call(request)).await {
        Ok(answer) => answer,
        Err(_) => Ok(ServiceResponse::new(
            head,
            HttpResponse::Ok().body("too late"),
        )),
    }
}

/// Declares a tool that is a middleware.
macro_rules! wrapped {
    ($($name:ident = $make:expr;)*) => {$(
        #[tool]
        struct $name {
            middleware: Middleware,
        }

        #[tool]
        impl $name {
            fn prepare(&mut self, _at: &mut Preparation<'_>) {
                self.middleware = Middleware::new(|| $make);
            }

            async fn around_handler(&self, x: &mut Exchange, next: Next<'_>) -> Result<HttpResponse> {
                self.middleware.around(x, next).await
            }
        }
    )*};
}

wrapped! {
    Counted = Counting;
    Versioned = DefaultHeaders::new().add(("x-version", "7"));
    Normal = NormalizePath::trim();
    Obedient = from_fn(obey);
    Hurried = from_fn(hurry);
    Shared = Cors::default().allowed_origin("https://example.org").allowed_methods(["GET", "PUT"]);
}

/// Says that the request has come to its end, with its path.
#[tool]
struct Ends;

thread_local! {
    static ENDED: Cell<Option<String>> = const { Cell::new(None) };
}

#[tool]
impl Ends {
    fn on_end_request(&self, x: &mut Exchange) {
        ENDED.set(Some(x.request().path().to_owned()));
    }
}

#[expose]
#[tools(ends)]
struct Root {
    #[child]
    #[tools(counted)]
    counted: Pages,
    #[child]
    #[tools(versioned)]
    versioned: Pages,
    #[child]
    #[tools(normal)]
    normal: Pages,
    #[child]
    #[tools(obedient, versioned)]
    obedient: Pages,
    #[child]
    #[tools(hurried)]
    hurried: Pages,
    #[child]
    #[tools(shared)]
    shared: Pages,
}

#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "index"
    }
}

#[expose]
struct Pages;

#[expose]
impl Pages {
    fn index(&self, request: HttpRequest) -> String {
        let call = request.headers().get("x-call");
        format!("call {:?}", call.and_then(|call| call.to_str().ok()))
    }

    #[get(path = "named/{name}")]
    fn named(&self, name: String) -> String {
        name
    }

    #[post]
    async fn save(&self, name: String) -> String {
        actix_web::rt::task::yield_now().await;
        name
    }

    #[post]
    async fn raw(&self, body: web::Bytes) -> String {
        body.len().to_string()
    }

    #[put]
    fn put(&self) -> NoContent {
        NoContent
    }

    #[options]
    fn preflight(&self) -> NoContent {
        NoContent
    }

    fn teapot(&self) -> Result<String> {
        Err(Error::new(StatusCode::IM_A_TEAPOT, "short and stout")
            .header(header("x-own"), HeaderValue::from_static("mine")))
    }

    fn broken(&self) -> Result<String> {
        Err(std::fmt::Error)?
    }

    fn panics(&self) -> &'static str {
        panic!("a page panics on purpose")
    }

    fn away(&self) -> Result<String> {
        Err(Redirect::to("/"))?
    }

    fn inside(&self) -> Result<String> {
        Err(Error::internal_redirect("/"))
    }

    async fn slow(&self) -> &'static str {
        std::future::pending().await
    }

    #[error_page(418)]
    fn cup(&self, error: &Error, request: HttpRequest) -> String {
        format!("{} at {}", error.words(), request.path())
    }

    #[error_page(409)]
    fn conflict(&self, request: HttpRequest) -> String {
        format!(
            "conflict at {} {}",
            request.path(),
            request.headers().contains_key("x-do")
        )
    }
}

fn client() -> Client {
    Client::new(Root {
        counted: Pages,
        versioned: Pages,
        normal: Pages,
        obedient: Pages,
        hurried: Pages,
        shared: Pages,
    })
}

#[test]
fn a_middleware_changes_the_request_and_the_answer() {
    let mut client = client();
    MADE.set(0);
    for call in 1..4 {
        let answer = client.get("/counted/");
        answer.assert_body(format!("call Some(\"{call}\")"));
        answer.assert_header("x-calls", call.to_string());
    }
    // As in an application of actix-web: once in a worker.
    assert_eq!(MADE.get(), 1);
    check(
        &mut client,
        &[
            ("GET /", "200 index"),
            ("GET /counted/named/Ada", "200 [x-calls: 4] Ada"),
            ("GET /versioned/", "200 [x-version: 7] call None"),
        ],
    );
    client.get("/").assert_no_header("x-calls");
}

#[test]
fn a_body_passes_through() {
    let mut client = client();
    check(
        &mut client,
        &[
            ("POST /counted/save name=Ada", "200 [x-calls: 1] Ada"),
            ("POST /counted/raw name=Ada", "200 [x-calls: 2] 8"),
            ("POST /versioned/save", "400 [x-version: 7]"),
        ],
    );
}

#[test]
fn a_middleware_sees_an_error_as_an_answer_and_its_headers_stay() {
    let mut client = client();
    check(
        &mut client,
        &[
            (
                "GET /versioned/teapot",
                "418 [x-version: 7] [x-own: mine] short and stout at /versioned/teapot",
            ),
            ("GET /versioned/broken", "500 [x-version: 7]"),
            ("GET /versioned/panics", "500 [x-version: 7]"),
            ("GET /versioned/away", "303 [x-version: 7] → /"),
            ("GET /versioned/inside", "200 index"),
            // There is no page to stand around.
            ("GET /versioned/nowhere", "404"),
        ],
    );
    let own = client.get("/versioned/teapot").headers("x-own").count();
    assert_eq!(own, 1);
}

/// Asks with a word for the middleware.
fn told(client: &mut Client, word: &str, path: &str) -> kirsch::testing::Answer {
    ENDED.take();
    let request = client.request(Method::GET, path);
    let answer = request.header("x-do", word).send();
    assert_eq!(ENDED.take().as_deref(), Some(path), "{word}");
    answer
}

#[test]
fn a_middleware_answers_itself() {
    let mut client = client();
    let answer = told(&mut client, "answer", "/obedient/");
    answer.assert_status(200).assert_body("the middleware");
    let answer = told(&mut client, "refuse", "/obedient/");
    answer.assert_status(403).assert_body("not you");
    let answer = told(&mut client, "wait", "/obedient/named/Ada");
    answer.assert_status(200).assert_body("Ada");
    let answer = told(&mut client, "replace", "/obedient/teapot");
    answer.assert_status(418).assert_body("replaced");
    client.get("/obedient/").assert_body("call None");
}

#[test]
fn a_middleware_that_fails_leaves_nothing_broken() {
    let mut client = client();
    let answer = told(&mut client, "err", "/obedient/");
    answer
        .assert_status(409)
        .assert_body("conflict at /obedient/ true");
    let answer = told(&mut client, "our-err", "/obedient/");
    answer.assert_status(400).assert_in_body("our words");
    for word in ["panic", "panic-later", "twice"] {
        let answer = told(&mut client, word, "/obedient/named/Ada");
        answer.assert_status(500);
        client.get("/obedient/").assert_body("call None");
    }
}

#[test]
fn a_middleware_that_loses_patience_drops_the_page() {
    let mut client = client();
    let answer = told(&mut client, "", "/hurried/slow");
    answer.assert_status(200).assert_body("too late");
    client.get("/hurried/").assert_body("call None");
}

/// The page has been found, so that another path would be a lie.
#[test]
fn a_middleware_cannot_rewrite_the_path() {
    let mut client = client();
    check(
        &mut client,
        &[
            ("GET /normal/named/Ada", "200 Ada"),
            (
                "GET /normal/",
                "500 … a middleware has rewritten `/normal/`",
            ),
        ],
    );
}

/// `actix-cors`: it answers preflights itself, where a page answers OPTIONS.
#[test]
fn a_middleware_from_crates_io() {
    let mut client = client();
    let mut ask = |method, path, origin| {
        let request = client.request(method, path).header(ORIGIN.as_str(), origin);
        request
            .header("access-control-request-method", "PUT")
            .send()
    };
    let (ours, other) = ("https://example.org", "https://evil.example");
    let allowed = "access-control-allow-origin";

    ask(Method::GET, "/shared/", ours)
        .assert_body("call None")
        .assert_header(allowed, ours);
    ask(Method::GET, "/shared/", other).assert_no_header(allowed);
    // Errors can be read by those who may read the page.
    ask(Method::GET, "/shared/teapot", ours)
        .assert_status(418)
        .assert_header(allowed, ours);
    let preflight = ask(Method::OPTIONS, "/shared/preflight", ours);
    preflight.assert_status(200).assert_header(allowed, ours);
    let methods = preflight.header("access-control-allow-methods");
    // It gives them in any order.
    assert!(
        matches!(methods, Some("GET, PUT" | "PUT, GET")),
        "{preflight}"
    );
    ask(Method::OPTIONS, "/shared/preflight", other).assert_status(400);
}
