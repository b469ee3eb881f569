//! Tools: hook points and their order, answers instead of the page, failures (CherryPy: `test_tools.py`).

use std::sync::Mutex;

use kirsch::prelude::*;
use kirsch::testing::Client;
use kirsch::tools::{Next, Preparation};

/// What has happened, in order.
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn note(text: impl Into<String>) {
    LOG.lock().unwrap().push(text.into());
}

fn noted() -> Vec<String> {
    std::mem::take(&mut *LOG.lock().unwrap())
}

/// Writes down when it is asked.
#[tool]
struct Recorder {
    /// How the lines begin.
    #[option(default = "")]
    name: String,
    /// The point at which it fails.
    #[option]
    fails: Option<String>,
}

impl Recorder {
    fn at(&self, point: &str) -> Result<()> {
        note(format!("{}{point}", self.name));
        match &self.fails {
            Some(fails) if fails == point => Err(Error::forbidden()),
            _ => Ok(()),
        }
    }
}

#[tool]
impl Recorder {
    fn on_start_resource(&self, _x: &mut Exchange) -> Result<()> {
        self.at("on_start_resource")
    }
    async fn before_request_body(&self, _x: &mut Exchange) -> Result<()> {
        self.at("before_request_body")
    }
    fn before_handler(&self, _x: &mut Exchange) -> Result<()> {
        self.at("before_handler")
    }
    fn before_finalize(&self, _x: &mut Exchange) -> Result<()> {
        self.at("before_finalize")
    }
    fn on_end_resource(&self, _x: &mut Exchange) {
        note(format!("{}on_end_resource", self.name));
    }
    fn before_error_response(&self, _x: &mut Exchange) {
        note(format!("{}before_error_response", self.name));
    }
    fn after_error_response(&self, _x: &mut Exchange) {
        note(format!("{}after_error_response", self.name));
    }
    fn on_end_request(&self, _x: &mut Exchange) {
        note(format!("{}on_end_request", self.name));
    }
}

/// Stands around the page.
#[tool]
struct Brackets {
    #[option(default = 1)]
    times: u32,
}

#[tool]
impl Brackets {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        if self.times == 0 {
            at.refuse(&["times"], "no brackets are no brackets");
        }
    }

    async fn around_handler(&self, x: &mut Exchange, next: Next<'_>) -> Result<HttpResponse> {
        note("(");
        let answer = next.run(x).await;
        note(")");
        answer
    }
}

#[expose]
#[tools(recorder)]
struct Root;

#[expose]
impl Root {
    fn index(&self) -> &'static str {
        note("page");
        "Hello"
    }

    #[tools(!recorder, brackets(times = 2))]
    async fn around(&self) -> &'static str {
        note("page");
        "around"
    }

    fn boom(&self) -> Result<&'static str> {
        Err(std::fmt::Error)?
    }

    #[tools(recorder(fails = "before_handler"))]
    fn closed(&self) -> &'static str {
        "never"
    }
}

#[test]
fn first() {
    noted();
    let mut client = Client::new(Root);
    client.get("/").assert_status(200).assert_body("Hello");
    assert_eq!(
        noted(),
        [
            "on_start_resource",
            "before_request_body",
            "before_handler",
            "page",
            "before_finalize",
            "on_end_resource",
            "on_end_request"
        ]
    );
    client
        .get("/around")
        .assert_status(200)
        .assert_body("around");
    assert_eq!(noted(), ["(", "page", ")"]);
    client.get("/boom").assert_status(500);
    assert_eq!(
        noted(),
        [
            "on_start_resource",
            "before_request_body",
            "before_handler",
            "on_end_resource",
            "before_error_response",
            "after_error_response",
            "on_end_request"
        ]
    );
    client.get("/closed").assert_status(403);
    assert_eq!(
        noted(),
        [
            "on_start_resource",
            "before_request_body",
            "before_handler",
            "before_finalize",
            "on_end_resource",
            "on_end_request"
        ]
    );
    client.get("/nowhere").assert_status(404);
    assert_eq!(
        noted(),
        [
            "on_start_resource",
            "before_request_body",
            "before_handler",
            "before_finalize",
            "on_end_resource",
            "on_end_request"
        ]
    );
}
