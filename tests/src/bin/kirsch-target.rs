//! The site that `tests/attacks` attacks, in a process of its own: its memory, its files and its log can be watched from outside.
//!
//! `KIRSCH_TARGET` chooses the limits. The process ends with its standard input, so that it never outlives the test that started it.
#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::io::Read as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt as _;
use kirsch::actix_web::body::{BodySize, MessageBody};
use kirsch::actix_web::http::StatusCode;
use kirsch::actix_web::http::header::{CACHE_CONTROL, ETAG, HeaderValue, LAST_MODIFIED};
use kirsch::actix_web::rt::task::yield_now;
use kirsch::actix_web::rt::time::sleep;
use kirsch::actix_web::web::{Bytes, Payload};
use kirsch::http::cookie::{self, SetCookie};
use kirsch::prelude::*;
use kirsch::{Client, FormLimits, Limits, ServerOptions};

/// A million bytes at a time.
const PIECE: usize = 1_000_000;

#[expose]
struct Root {
    #[child]
    admin: Admin,
    #[child]
    sub: Sub,
    #[child]
    wild: Wild,
    #[child]
    shaky: Shaky,
    #[child]
    failing: Failing,
    #[child]
    behind: Behind,
    #[child]
    guarded: Guarded,
    tally: Arc<Tally>,
    /// Poisoned by `poisons`.
    fragile: Mutex<u32>,
}

/// What has happened so far.
#[derive(Default)]
struct Tally {
    stored: AtomicUsize,
    begun: AtomicUsize,
    finished: AtomicUsize,
    dropped: AtomicUsize,
}

impl Tally {
    fn store(&self) {
        self.stored.fetch_add(1, Relaxed);
    }
}

/// Counts the requests that were given up.
struct Witness(Arc<Tally>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Relaxed);
    }
}

/// What is asked and told.
#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "index"
    }

    fn alive(&self) -> String {
        std::process::id().to_string()
    }

    fn tally(&self) -> String {
        let [stored, begun, finished, dropped] = [
            &self.tally.stored,
            &self.tally.begun,
            &self.tally.finished,
            &self.tally.dropped,
        ]
        .map(|count| count.load(Relaxed));
        format!("stored={stored} begun={begun} finished={finished} dropped={dropped}")
    }

    #[any]
    fn info(&self, request: HttpRequest) -> String {
        let host = request.headers().get("host").map(HeaderValue::as_bytes);
        format!(
            "{} {} {} host={}",
            request.method(),
            request.path(),
            request.query_string(),
            String::from_utf8_lossy(host.unwrap_or_default()),
        )
    }

    /// One scalar parameter.
    #[get]
    fn echo(&self, q: String) -> String {
        q
    }

    fn item(&self, id: u32) -> String {
        format!("item {id}")
    }

    fn number(&self, n: Option<i64>) -> String {
        format!("number {}", n.unwrap_or(0))
    }

    fn admin_panel(&self) -> &'static str {
        "the panel"
    }

    fn agent(&self, request: HttpRequest) -> Bytes {
        let agent = request.headers().get("user-agent");
        Bytes::copy_from_slice(agent.map(HeaderValue::as_bytes).unwrap_or_default())
    }

    fn cookies(&self, request: HttpRequest) -> String {
        let pairs = cookie::read(request.headers().get_all("cookie"));
        let pairs: Vec<_> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("|")
    }

    #[post]
    async fn bytes(&self, body: Bytes) -> String {
        self.tally.store();
        format!("{} bytes", body.len())
    }

    /// Reads the body piece by piece and keeps nothing of it.
    #[post]
    async fn flow(&self, mut body: Payload) -> Result<String> {
        let mut length = 0;
        while let Some(piece) = body.next().await {
            length += piece?.len();
        }
        self.tally.store();
        Ok(format!("{length} bytes"))
    }

    #[post]
    async fn json(&self, body: Json<serde_json::Value>) -> Json<serde_json::Value> {
        self.tally.store();
        body
    }

    #[post]
    fn form(&self, a: Option<String>, b: Vec<String>) -> String {
        self.tally.store();
        format!("a={} b={}", a.as_deref().unwrap_or("(none)"), b.join("|"))
    }

    #[post]
    async fn upload(&self, note: Vec<String>, file: Vec<Upload>) -> Result<String> {
        self.tally.store();
        let mut text = format!("notes={}", note.join("|"));
        for file in file {
            let name = file.filename().unwrap_or("(none)").to_owned();
            let sum: u64 = file
                .bytes()
                .await?
                .iter()
                .map(|&byte| u64::from(byte))
                .sum();
            // Writing into a `String` cannot fail.
            _ = write!(text, "\nfile={name} length={} sum={sum}", file.len());
        }
        Ok(text)
    }

    /// Takes a file and does not look into it.
    #[post]
    fn measure(&self, file: Upload) -> String {
        file.len().to_string()
    }

    #[post]
    fn ignore(&self) -> &'static str {
        "ignored"
    }

    fn header(&self, value: String) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(("x-echo", value))
            .body("sent")
    }

    fn header_name(&self, name: String) -> HttpResponse {
        HttpResponse::Ok().insert_header((name, "x")).body("sent")
    }

    fn cookie(&self, name: String, value: String) -> Result<HttpResponse> {
        let cookie = SetCookie::new(name, value).build()?;
        Ok(HttpResponse::Ok()
            .insert_header(("set-cookie", cookie))
            .body("sent"))
    }

    fn back(&self, to: String) -> Redirect {
        Redirect::to(to)
    }

    fn back_by_error(&self, to: String) -> Result<String> {
        Err(Redirect::to(to).into())
    }

    fn away(&self, to: String) -> Redirect {
        Redirect::external(to)
    }

    fn turn(&self) -> Result<String> {
        Err(Error::internal_redirect("/turn"))
    }

    fn hop(&self, n: u32) -> Result<String> {
        Err(Error::internal_redirect(format!("/hop/{}", n + 1)))
    }

    fn fails(&self) -> Result<String> {
        Ok(std::fs::read_to_string("/nonexistent/secret/place")?)
    }

    fn refuses(&self, status: u16, words: String, times: Option<usize>) -> Result<String> {
        let status = StatusCode::from_u16(status)?;
        Err(Error::new(status, words.repeat(times.unwrap_or(1))))
    }

    /// A failure with nothing to say and the headers of the page that it would have been.
    fn cached_failure(&self) -> HttpResponse {
        HttpResponse::InternalServerError()
            .insert_header((ETAG, "\"1\""))
            .insert_header((LAST_MODIFIED, "Thu, 01 Jan 1970 00:00:00 GMT"))
            .insert_header((CACHE_CONTROL, "public, max-age=600"))
            .insert_header(("set-cookie", "kept=1"))
            .finish()
    }

    #[expect(clippy::panic, reason = "this is the attack")]
    fn panics(&self, words: Option<String>) -> String {
        panic!(
            "{}",
            words.as_deref().unwrap_or("/nonexistent/secret/place")
        )
    }

    #[expect(clippy::panic, reason = "this is the attack")]
    async fn panics_later(&self) -> String {
        yield_now().await;
        panic!("/nonexistent/secret/place")
    }

    #[expect(clippy::panic, reason = "this is the attack")]
    fn panics_with_a_number(&self) -> String {
        std::panic::panic_any(7)
    }

    /// The head is out when it happens.
    fn panics_in_its_body(&self) -> HttpResponse {
        HttpResponse::Ok().body(Broken)
    }

    #[child]
    #[expect(clippy::panic, reason = "this is the attack")]
    fn trap(&self) -> Sub {
        panic!("/nonexistent/secret/place")
    }

    #[expect(clippy::panic, reason = "this is the attack")]
    #[expect(clippy::unwrap_used, reason = "this is the attack, too")]
    fn poisons(&self) -> String {
        let number = self.fragile.lock().unwrap();
        panic!("while holding {number}")
    }

    async fn sleeps(&self, ms: u64) -> String {
        self.tally.begun.fetch_add(1, Relaxed);
        let _witness = Witness(Arc::clone(&self.tally));
        sleep(Duration::from_millis(ms)).await;
        self.tally.finished.fetch_add(1, Relaxed);
        "slept".to_owned()
    }

    /// A body of so many millions of bytes.
    fn large(&self, millions: usize) -> HttpResponse {
        let witness = Witness(Arc::clone(&self.tally));
        HttpResponse::Ok().body(Large {
            left: millions,
            _witness: witness,
        })
    }
}

struct Large {
    left: usize,
    _witness: Witness,
}

impl MessageBody for Large {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        static ZEROS: [u8; PIECE] = [b'0'; PIECE];
        let Some(left) = self.left.checked_sub(1) else {
            return Poll::Ready(None);
        };
        self.left = left;
        Poll::Ready(Some(Ok(Bytes::from_static(&ZEROS))))
    }
}

struct Broken;

impl MessageBody for Broken {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    #[expect(clippy::panic, reason = "this is the attack")]
    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        panic!("/nonexistent/secret/place")
    }
}

#[expose]
struct Admin;

#[expose]
impl Admin {
    fn index(&self) -> &'static str {
        "admin"
    }

    fn users(&self) -> &'static str {
        "users"
    }
}

#[expose]
struct Sub;

#[expose]
impl Sub {
    fn index(&self) -> &'static str {
        "sub"
    }
}

/// Catches everything.
#[expose]
struct Wild;

#[expose]
impl Wild {
    fn default(&self, rest: Rest) -> String {
        format!("rest={rest}")
    }
}

/// Its error page panics.
#[expose]
struct Shaky;

#[expose]
impl Shaky {
    #[error_page(404)]
    #[expect(clippy::panic, reason = "this is the attack")]
    fn lost(&self) -> String {
        panic!("/nonexistent/secret/place")
    }
}

/// Its error page fails.
#[expose]
struct Failing;

#[expose]
impl Failing {
    #[error_page(404)]
    fn lost(&self) -> Result<String> {
        Ok(std::fs::read_to_string("/nonexistent/secret/place")?)
    }
}

/// Believes what this machine says of others.
#[expose]
#[tools(proxy(trusted = ["loopback", "10.0.0.0/8"], local = "X-Forwarded-Host"), request_id)]
struct Behind;

#[expose]
impl Behind {
    fn index(&self, client: Client) -> String {
        let ip = client.ip().map(|ip| ip.to_string());
        format!(
            "{} {}://{}",
            ip.as_deref().unwrap_or("nobody"),
            client.scheme(),
            client.host()
        )
    }

    #[tools(proxy(forwarded = true))]
    fn forwarded(&self, client: Client) -> String {
        self.index(client)
    }

    #[tools(proxy(trusted = ["192.0.2.0/24"]))]
    fn far(&self, client: Client) -> String {
        self.index(client)
    }

    fn fails(&self) -> Result<String> {
        Ok(std::fs::read_to_string("/nonexistent/secret/place")?)
    }
}

/// Every tool that guards is on.
#[expose]
#[tools(
    security_headers,
    csrf,
    cors(origins = ["https://friend.test"], credentials = true),
    rate_limit(rate = "1000000/s"),
    body_limit(bytes = 10),
    timeout(after = Duration::from_secs(5))
)]
struct Guarded;

#[expose]
impl Guarded {
    #[post]
    async fn bytes(&self, body: Bytes) -> String {
        format!("{} bytes", body.len())
    }

    #[post]
    fn form(&self, a: Option<String>) -> String {
        a.unwrap_or_default()
    }

    #[put]
    async fn json(&self, body: Json<serde_json::Value>) -> Json<serde_json::Value> {
        body
    }
}

/// Another tree.
#[expose]
struct Mounted;

#[expose]
impl Mounted {
    fn index(&self) -> &'static str {
        "mounted"
    }
}

/// The tree of another host.
#[expose]
struct Virtual;

#[expose]
impl Virtual {
    fn index(&self) -> &'static str {
        "virtual"
    }

    fn info(&self) -> &'static str {
        "virtual info"
    }
}

/// Methods that are no pages: nothing here has a URL.
impl Root {
    fn new() -> Self {
        Self {
            admin: Admin,
            sub: Sub,
            wild: Wild,
            shaky: Shaky,
            failing: Failing,
            behind: Behind,
            guarded: Guarded,
            tally: Arc::default(),
            fragile: Mutex::default(),
        }
    }
}

fn main() -> Result<()> {
    std::thread::spawn(end_with_standard_input);
    let site = Site::new(Root::new())
        .mount("/mounted", Mounted)
        .host("virtual.test", Virtual);
    let site = match std::env::var("KIRSCH_TARGET").as_deref() {
        Ok("hasty") => hasty(site),
        Ok("homeless") => homeless(site),
        _ => site,
    };
    site.quickstart()
}

#[expect(clippy::exit, reason = "whoever started this process is gone")]
fn end_with_standard_input() {
    let _end = std::io::stdin().read(&mut [0]);
    std::process::exit(0)
}

/// Short of time and strict, with little room.
fn hasty(site: Site) -> Site {
    let short = Duration::from_millis(400);
    let form = FormLimits {
        body_bytes: 3_000_000,
        file_bytes: 2_000_000,
        body_timeout: short,
        ..FormLimits::default()
    };
    let limits = Limits {
        form,
        request_timeout: 2 * short,
        strict_params: true,
        ..Limits::default()
    };
    let server = ServerOptions::new()
        .head_timeout(short)
        .write_timeout(short)
        .keep_alive(short)
        .requests_per_connection(10);
    site.limits(limits)
        .server(server)
        .allowed_hosts(["t", "virtual.test"])
}

/// Without a place for temporary files.
fn homeless(site: Site) -> Site {
    let form = FormLimits {
        temporary_folder: Some("/proc/nowhere".into()),
        ..FormLimits::default()
    };
    site.limits(Limits {
        form,
        ..Limits::default()
    })
}
