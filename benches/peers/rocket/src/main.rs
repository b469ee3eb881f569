//! Rocket, in its release profile's configuration with one worker. `--log` is Rocket's own log, at `normal`.

use course::{Course, Echo, HELLO, Message};
use rocket::config::LogLevel;
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome};
use rocket::serde::json::Json;
use rocket::{Build, Config, Data, Request, Rocket, Route, get, post, routes};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let course = Course::from_arguments();
    rocket::execute(site(course).launch())?;
    Ok(())
}

fn site(course: Course) -> Rocket<Build> {
    let log_level = if course.log {
        LogLevel::Normal
    } else {
        LogLevel::Off
    };
    let config = Config {
        port: course.port,
        workers: 1,
        log_level,
        ..Config::release_default()
    };
    let mut site = rocket::custom(config);
    if course.small {
        site = site.mount("/", routes![plaintext, json, user_post, query, echo]);
    }
    if course.statics {
        let route = |(path, text): (String, _)| Route::new(Method::Get, &path, Page(text));
        site = site.mount("/", course::static_pages().map(route).collect::<Vec<_>>());
    }
    if course.captures {
        let route = |path: String| Route::new(Method::Get, &path, Capture);
        site = site.mount(
            "/",
            course::capture_pages("<id>").map(route).collect::<Vec<_>>(),
        );
    }
    site
}

#[get("/plaintext")]
fn plaintext() -> &'static str {
    HELLO
}

#[get("/json")]
fn json() -> Json<Message> {
    Json(Message { message: HELLO })
}

#[get("/user/<id>/post/<slug>")]
fn user_post(id: u64, slug: &str) -> String {
    format!("{id} {slug}")
}

#[get("/query?<a>&<b>")]
fn query(a: u64, b: u64) -> String {
    format!("{a} {b}")
}

#[post("/echo", data = "<body>")]
fn echo(body: Json<Echo>) -> Json<Echo> {
    body
}

/// A page of the 500 static ones: Rocket's attributes take no computed paths.
#[derive(Clone)]
struct Page(&'static str);

#[rocket::async_trait]
impl Handler for Page {
    async fn handle<'r>(&self, request: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        Outcome::from(request, self.0)
    }
}

/// A page of the 500 with a capture.
#[derive(Clone)]
struct Capture;

#[rocket::async_trait]
impl Handler for Capture {
    async fn handle<'r>(&self, request: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        match request.param::<u64>(1) {
            Some(Ok(id)) => Outcome::from(request, id.to_string()),
            _ => Outcome::Error(Status::UnprocessableEntity),
        }
    }
}
