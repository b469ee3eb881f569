//! Remembers a visitor from one request to the next.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(sessions(storage = Storage::Memory, timeout = minutes(30)))]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     fn index(&self, session: Session) -> Result<String> {
//!         let visits = session.get::<u32>("visits")?.unwrap_or_default() + 1;
//!         session.insert("visits", visits)?;
//!         Ok(format!("visit {visits}"))
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.get("/").assert_body("visit 1");
//! client.get("/").assert_body("visit 2");
//! ```
//!
//! # What it does
//! - A page that takes a [`Session`], a [`ReadSession`] or a [`Typed`] is given the visitor's. A
//!   page that takes none costs nothing, and never touches the store.
//! - An extractor of your own that takes a session says so: `impl Provided for Visitor { const TOOL: &'static str = "sessions"; }`. Otherwise the tool does not know, and the page is 500.
//! - Nothing is stored, and no cookie is sent, before something is written. An id that the store does not know is never taken over: the visitor gets a new one.
//! - Requests of one session are served one after the other, in their order, across all workers, and across all processes and machines that share the storage
//!   (`locking`). Whoever waits for more than `lock_timeout`, or would be the 33rd, is answered 503 with `Retry-After`.
//! - What was written is saved once: before the answer goes out; after the body, when it streams and holds the session. Also when the page answers with an
//!   error that it returned, with a redirect, or leads elsewhere. Not after a panic, nor after an error that `?` made a 500 of.
//! - A session ends `timeout` after it was used last, and `lifetime` after it was begun. [`renew`](crate::sessions::Session::renew) and [`purge`](crate::sessions::Session::purge) cannot be undone by a request
//!   that began earlier.
//! - The cookie holds 256 bits from the system's generator, encrypted with AES-256-GCM under its own name; the store knows their SHA-256. `HttpOnly`, `SameSite=Lax`;
//!   over TLS `Secure` and named `__Host-…` where path and domain allow it. It is written anew when a tenth of `timeout` has passed.
//! - An answer for which the session was asked varies by `Cookie` (RFC 9110, 12.5.5); one that sets the cookie is for no shared cache (`Cache-Control: private`).
//! - A store that does not answer is 503, one that fails is 500. Neither ever looks like a new visitor.
//!
//! # Keys
//! `secret` encrypts the cookies, 32 bytes or more; `old_secrets` are still read. To rotate, put a new one first and keep the old one for `lifetime`. Without one, it is made: for
//! `memory` and a store of the application's, when the process starts; else once, in a file (`secret_path`) that only this user can read. Machines that share a storage share the secret: write it.
//!
//! # One storage
//! All places of a site that name one storage share it, with its locks. What is said of the storage itself (`max_bytes`, `lease`, `clean_freq` and the like) is the same for all of them, and holds until
//! the server is started again.
//!
//! # CherryPy
//! `tools.sessions`, with its semantics of locks, failures and unknown ids. Differs from CherryPy: no cookie before something is written; `HttpOnly`, `SameSite`, `Secure` and the
//! encryption cannot be forgotten; waiting has a limit; durations have units (`timeout = "60m"`; a bare number is seconds, and was minutes); `storage_class` is `storage`, `clean_freq` is a duration; `path_header`, `httponly` and `servers` are gone.

mod choices;

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::cookie;
use actix_web::http::header::{
    CACHE_CONTROL, COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE,
};

pub use self::choices::{SameSite, Secure, Start};
use crate::belt::{Point, Preparation, Provided};
use crate::config::{Environment, Size, hours, minutes, secs};
use crate::error::Result;
use crate::exchange::Exchange;
use crate::exchange::bind::ReadsHeader;
use crate::http::vary;
use crate::sessions::stores::{Settings, store, usual};
use crate::sessions::{
    Common, Cookie, Keeper, Life, Locking, ReadSession, SHORTEST_SECRET, Secrets, Session,
    SessionData, Storage, Told, Typed, Visit,
};
use crate::tools::order;
use kirsch_macros::tool;

/// Remembers a visitor: see the [module](self).
#[expect(
    clippy::struct_field_names,
    reason = "an option is named as operators know it"
)]
#[tool(priority = order::SESSIONS)]
pub struct Sessions {
    /// Where sessions are kept: `memory`, `file`, `postgres` or `redis`. Default: memory.
    #[option(by_hand, default = Storage::Memory)]
    storage: Storage,
    /// The folder of `file`. Default: `sessions`.
    #[option(default = "sessions")]
    storage_path: PathBuf,
    /// The database of `postgres`: `postgres://user:password@host/name`. Default: none.
    #[option(secret)]
    database_url: Option<String>,
    /// The Redis of `redis`: `redis://host:6379`. Default: none.
    #[option(secret)]
    redis_url: Option<String>,
    /// The name of the cookie; over TLS it begins with `__Host-`, where it can. Default: `session_id`.
    #[option(default = "session_id")]
    name: String,
    /// Below which path the cookie is sent. Default: `/`.
    #[option(default = "/")]
    path: String,
    /// Sends the cookie to this host and all below it. Default: only to the host that set it.
    #[option]
    domain: Option<String>,
    /// Whether the cookie is sent over TLS only: `auto` is wherever the visitor came by TLS. Default: auto.
    #[option(default = Secure::Auto)]
    secure: Secure,
    /// When other sites may cause the cookie to be sent: `lax`, `strict`, or `none`, which needs `secure`. Default: lax.
    #[option(default = SameSite::Lax)]
    same_site: SameSite,
    /// The cookie outlives the browser. Default: true.
    #[option(default = true)]
    persistent: bool,
    /// How long a session lives after it was used last, or up to a tenth less. Default: 60 minutes.
    #[option(default = minutes(60))]
    timeout: Duration,
    /// How long a session lives after it was begun, however much it is used; zero is for ever. Default: 24 hours.
    #[option(default = hours(24))]
    lifetime: Duration,
    /// How often expired sessions are removed; zero is never. Default: 5 minutes.
    #[option(default = minutes(5))]
    clean_freq: Duration,
    /// When a session is locked: `implicit`, `early` or `explicit`. Default: implicit.
    #[option(default = Locking::Implicit)]
    locking: Locking,
    /// How long a request waits for another of the same session; then it is 503. Zero is not waiting. Default: 5 seconds.
    #[option(default = secs(5))]
    lock_timeout: Duration,
    /// Encrypts the cookies: 32 bytes or more. Default: made, and kept in `secret_path`.
    #[option(secret)]
    secret: Option<String>,
    /// Secrets that encrypted cookies before. Default: none.
    #[option(secret)]
    old_secrets: Vec<String>,
    /// Where a secret is kept that was made. Default: `.key` in the folder of `file`, else `kirsch-sessions.key`.
    #[option]
    secret_path: Option<PathBuf>,
    /// How many bytes a session may have, as JSON. Default: 64 KiB.
    #[option(default = size(usual::MAX_BYTES))]
    max_bytes: Size,
    /// How many sessions `memory` keeps. Default: 100,000.
    #[option(default = usual::MAX_SESSIONS)]
    max_sessions: usize,
    /// How many bytes all sessions in `memory` may have, as JSON: lists of small values take up to 16 times as much. Default: 256 MiB.
    #[option(default = size(usual::MAX_TOTAL_BYTES))]
    max_total_bytes: Size,
    /// Whether a write of `file` survives a power failure, and not only the end of the process. Default: true.
    #[option(default = true)]
    fsync: bool,
    /// How many connections to the database there are. Default: 8.
    #[option(default = usual::POOL_SIZE)]
    pool_size: usize,
    /// The table of `postgres`, with or without its schema. Default: `kirsch_sessions`.
    #[option(default = usual::TABLE.to_owned())]
    table: String,
    /// Whether the table of `postgres` is made at start, if it is not there. Otherwise `app sessions schema --table NAME` prints what makes it. Default: true.
    #[option(default = true)]
    create_schema: bool,
    /// How long it may take to connect to the database. Default: 2 seconds.
    #[option(default = usual::CONNECT_TIMEOUT)]
    connect_timeout: Duration,
    /// How long a statement may wait for a connection to the database; then it is 503. Default: 1 second.
    #[option(default = usual::ACQUIRE_TIMEOUT)]
    acquire_timeout: Duration,
    /// How long a statement may take in the database; then it is 503. Default: 2 seconds.
    #[option(default = usual::STATEMENT_TIMEOUT)]
    statement_timeout: Duration,
    /// How long a session in `postgres` stays locked whose holder died; longer than the slowest page takes. Default: 90 seconds.
    #[option(default = usual::LEASE)]
    lease: Duration,
    /// Whether the site waits for its first visitor with connecting: `eager` or `lazy`. Default: eager.
    #[option(default = Start::Eager)]
    start: Start,
    keeper: Option<Arc<Keeper>>,
}

impl Sessions {
    /// Where sessions are kept. A folder that is named with [`Storage::File`] is `storage_path`, which an operator may change.
    #[must_use]
    pub fn storage(mut self, storage: Storage) -> Self {
        if let Storage::File(folder) = &storage
            && !folder.as_os_str().is_empty()
        {
            self.storage_path.clone_from(folder);
        }
        self.storage = storage;
        self
    }

    fn refuse_zeros(&self, at: &mut Preparation<'_>) {
        if self.timeout.is_zero() {
            at.refuse(
                &["timeout"],
                "with a `timeout` of zero, a session ends at once\nhelp: write how long it lives unused, such as `\"60m\"`",
            );
        }
        let sizes = [
            ("max_bytes", bytes(self.max_bytes)),
            ("max_sessions", self.max_sessions),
            ("max_total_bytes", bytes(self.max_total_bytes)),
            ("pool_size", self.pool_size),
        ];
        for (option, _) in sizes.iter().filter(|(_, size)| *size == 0) {
            at.refuse(
                &[option],
                format!("with a `{option}` of zero, there is no session"),
            );
        }
        let limits = [
            ("connect_timeout", self.connect_timeout),
            ("acquire_timeout", self.acquire_timeout),
            ("statement_timeout", self.statement_timeout),
        ];
        for (option, _) in limits.iter().filter(|(_, limit)| limit.is_zero()) {
            at.refuse(
                &[option],
                format!("with a `{option}` of zero, nothing can be asked of the database"),
            );
        }
        if self.lease.is_zero() {
            at.refuse(
                &["lease"],
                "with a `lease` of zero, each process takes the session from the other\nhelp: write more than the slowest page takes, such as `\"90s\"`",
            );
        }
    }

    fn cookie(&self, at: &mut Preparation<'_>) -> Cookie {
        let mut cookie = Cookie::new(&self.name, &self.path, self.domain.as_deref());
        cookie.secure = match self.secure {
            Secure::Auto => None,
            Secure::Always => Some(true),
            Secure::Never => Some(false),
        };
        cookie.same_site = match self.same_site {
            SameSite::Lax => cookie::SameSite::Lax,
            SameSite::Strict => cookie::SameSite::Strict,
            SameSite::None => cookie::SameSite::None,
        };
        cookie.is_persistent = self.persistent;
        if let Some(refusal) = cookie.refusal() {
            at.refuse(&["name", "path", "domain", "secure", "same_site"], refusal);
        }
        cookie
    }

    fn secrets(&self, at: &mut Preparation<'_>) -> Secrets {
        let given = self.secret.iter().chain(&self.old_secrets);
        if given.clone().any(|secret| secret.len() < SHORTEST_SECRET) {
            let words = format!(
                "a `secret` has {SHORTEST_SECRET} bytes at least\nhelp: make one: `openssl rand -base64 32`"
            );
            at.refuse(&["secret", "old_secrets"], words);
        }
        if self.secret.is_none() && !self.old_secrets.is_empty() {
            at.refuse(
                &["old_secrets"],
                "`old_secrets` are read beside a new one\nhelp: write `secret`",
            );
        }
        match (&self.secret, &self.secret_path, &self.storage) {
            (Some(_), ..) => Secrets::Given(given.cloned().collect()),
            (None, Some(path), _) => Secrets::File(path.clone()),
            (None, None, Storage::Memory | Storage::Own(_)) => {
                Secrets::Process(at.shared("secret", OnceLock::new))
            }
            (None, None, Storage::File(_)) => Secrets::File(self.storage_path.join(".key")),
            (None, None, _) => Secrets::File("kirsch-sessions.key".into()),
        }
    }

    fn common(&self, at: &mut Preparation<'_>) -> Option<Arc<Common>> {
        let settings = Settings {
            storage: self.storage.clone(),
            folder: self.storage_path.clone(),
            database_url: self.database_url.clone(),
            redis_url: self.redis_url.clone(),
            max_bytes: bytes(self.max_bytes),
            max_sessions: self.max_sessions,
            max_total_bytes: bytes(self.max_total_bytes),
            fsync: self.fsync,
            pool_size: self.pool_size,
            table: self.table.clone(),
            create_schema: self.create_schema,
            connect_timeout: self.connect_timeout,
            acquire_timeout: self.acquire_timeout,
            statement_timeout: self.statement_timeout,
            lease: self.lease,
            is_lazy: self.start == Start::Lazy,
            clean_freq: self.clean_freq,
        };
        let store = match store(&settings) {
            Ok(store) => store,
            Err((option, words)) => {
                at.refuse(&[option], words);
                return None;
            }
        };
        let said = settings.said();
        let place = settings.place();
        let make = || Common::new(store, place.clone(), self.clean_freq, said.clone());
        let common = at.shared(&place, make);
        let others = said.iter().filter(|said| !common.said.contains(said));
        for (option, _) in others {
            let words = format!(
                "one storage has one `{option}`, and another place of the site, or the server that runs, has another\nhelp: write it once, where the sessions of the whole site begin; a server that runs has to be started again"
            );
            at.refuse(&[option], words);
        }
        Some(common)
    }
}

/// What may be meant so, and is worth a line in the log.
#[derive(Debug, Clone, Copy)]
struct Warnings {
    made_key: bool,
    brief_key: bool,
    secure: bool,
}

async fn start(keeper: Arc<Keeper>, warnings: Warnings) -> Result<(), String> {
    let started = keeper.start().await;
    started.map_err(|words| format!("the tool `sessions` cannot start: {words}"))?;
    if warnings.made_key {
        tracing::warn!(
            "session cookies are encrypted with a key that was made here: other machines cannot read them (help: write `tools.sessions.secret_file`)"
        );
    }
    if warnings.brief_key {
        tracing::warn!(
            "session cookies are encrypted with a key that ends with this process: nobody can read them after it (help: write `tools.sessions.secret_file`)"
        );
    }
    if warnings.secure {
        tracing::warn!(
            "session cookies are for TLS only: over plain HTTP, browsers do not keep them (help: leave `tools.sessions.secure` at `auto`)"
        );
    }
    Ok(())
}

fn size(bytes: usize) -> Size {
    Size(u64::try_from(bytes).unwrap_or(u64::MAX))
}

fn bytes(size: Size) -> usize {
    usize::try_from(size.0).unwrap_or(usize::MAX)
}

#[tool]
impl Sessions {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        at.only_on_demand();
        self.refuse_zeros(at);
        let (cookie, secrets) = (self.cookie(at), self.secrets(at));
        let Some(common) = self.common(at) else {
            return;
        };
        let terms = format!(
            "{} {} {} {:?}",
            common.place,
            secrets.fingerprint(),
            self.path,
            self.domain
        );
        at.claim(
            &self.name,
            terms,
            format!(
                "two places of the site have sessions in the cookie `{0}`, with another storage, secret, path or domain each: they would take it from each other\nhelp: give one of them another cookie: `name = \"another_{0}\"`",
                self.name
            ),
        );
        let is_made = matches!(secrets, Secrets::File(_));
        let is_brief =
            matches!(secrets, Secrets::Process(_)) && matches!(self.storage, Storage::Own(_));
        let warnings = Warnings {
            made_key: is_made && at.environment() == Environment::Production,
            brief_key: is_brief && at.environment() == Environment::Production,
            secure: self.secure == Secure::Always && at.environment() == Environment::Development,
        };
        let what = format!("{} {} {warnings:?}", common.place, secrets.fingerprint());
        let keeper = Arc::new(Keeper {
            number: Keeper::number(),
            common,
            cookie,
            life: Life {
                idle: self.timeout,
                absolute: Some(self.lifetime).filter(|lifetime| !lifetime.is_zero()),
            },
            locking: self.locking,
            lock_timeout: self.lock_timeout,
            secrets,
            keys: OnceLock::new(),
        });
        self.keeper = Some(Arc::clone(&keeper));
        let options = [
            "storage",
            "storage_path",
            "database_url",
            "redis_url",
            "secret_path",
        ];
        at.at_start(what, &options, move || start(Arc::clone(&keeper), warnings));
    }

    fn is_idle(&self, point: Point) -> bool {
        point == Point::BeforeRequestBody && self.locking != Locking::Early
    }

    /// Also where a tool before it refuses the request: an error page may take a session.
    #[hook(failsafe)]
    fn on_start_resource(&self, x: &mut Exchange) {
        let Some(keeper) = &self.keeper else { return };
        let is_https = x.is_https();
        let mut extensions = x.request().extensions_mut();
        match extensions.get_mut::<Rc<Visit>>() {
            Some(visit) => *visit = Rc::clone(visit).on_to(keeper),
            None => drop(extensions.insert(Visit::new(Arc::clone(keeper), is_https))),
        }
    }

    async fn before_request_body(&self, x: &mut Exchange) -> Result<()> {
        match visit(x) {
            Some(visit) => visit.open(x.request(), visit.usual_access()).await,
            None => Ok(()),
        }
    }

    #[hook(failsafe)]
    async fn before_finalize(&self, x: &mut Exchange) -> Result<()> {
        let Some(visit) = visit(x) else {
            return Ok(());
        };
        let streams = x.response().is_some_and(streams);
        if streams && visit.is_in_hand() {
            Box::pin(visit.save_and_keep()).await?;
        } else {
            visit.save().await?;
        }
        if let Some(response) = x.response_mut() {
            tell(response.headers_mut(), &visit.told());
        }
        Ok(())
    }

    /// Nothing is saved of a page that failed as nobody meant it to.
    #[hook(failsafe)]
    fn before_error_response(&self, x: &mut Exchange) {
        if let Some(visit) = visit(x) {
            visit.abandon();
        }
    }

    /// What an error page has written; and the cookie, if it was on an answer that came to nothing.
    #[hook(failsafe)]
    async fn after_error_response(&self, x: &mut Exchange) -> Result<()> {
        let Some(visit) = visit(x) else {
            return Ok(());
        };
        let saved = visit.save().await;
        if let Some(response) = x.response_mut() {
            tell(response.headers_mut(), &visit.told());
        }
        saved
    }

    /// Whatever answers in the end tells what this page has written.
    async fn on_leave(&self, x: &mut Exchange) -> Result<()> {
        let Some(visit) = visit(x) else {
            return Ok(());
        };
        visit.save().await?;
        x.at_last(move |headers| tell(headers, &visit.told()));
        Ok(())
    }
}

fn visit(x: &Exchange) -> Option<Rc<Visit>> {
    x.request().extensions().get::<Rc<Visit>>().cloned()
}

fn streams(response: &actix_web::HttpResponse) -> bool {
    use actix_web::body::{BodySize, MessageBody as _};
    response.body().size() == BodySize::Stream
}

/// Tells the browser, and every cache on the way. Told twice, it says it once.
fn tell(headers: &mut HeaderMap, told: &Told) {
    if told.varies {
        vary(headers, &COOKIE);
    }
    if let Some(cookie) = &told.set_cookie
        && !headers.get_all(SET_COOKIE).any(|other| other == cookie)
    {
        headers.append(SET_COOKIE, cookie.clone());
        keep_private(headers);
    }
}

/// No shared cache may keep a cookie of somebody's (RFC 9111, 7.3). What is stricter stays.
fn keep_private(headers: &mut HeaderMap) {
    let lines = headers.get_all(CACHE_CONTROL);
    let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
    let words = lines.iter().flat_map(|line| line.split(',')).map(str::trim);
    let is = |word: &str, names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
    if words.clone().any(|word| is(word, &["private", "no-store"])) {
        return;
    }
    let is_shared =
        |word: &str| is(word, &["public"]) || word.to_ascii_lowercase().starts_with("s-maxage");
    let rest = words.filter(|word| !word.is_empty() && !is_shared(word));
    let all: Vec<_> = std::iter::once("private").chain(rest).collect();
    if let Ok(value) = HeaderValue::from_str(&all.join(", ")) {
        headers.insert(CACHE_CONTROL, value);
    }
}

impl Provided for Session {
    const TOOL: &'static str = "sessions";
}

impl Provided for ReadSession {
    const TOOL: &'static str = "sessions";
}

/// For pages that go on where the session cannot be had.
impl Provided for Option<Session> {
    const TOOL: &'static str = "sessions";
}

impl Provided for Option<ReadSession> {
    const TOOL: &'static str = "sessions";
}

impl<T: SessionData> Provided for Typed<T> {
    const TOOL: &'static str = "sessions";
}

impl ReadsHeader for Session {
    fn header_name() -> HeaderName {
        COOKIE
    }
}

impl ReadsHeader for ReadSession {
    fn header_name() -> HeaderName {
        COOKIE
    }
}

impl<T: SessionData> ReadsHeader for Typed<T> {
    fn header_name() -> HeaderName {
        COOKIE
    }
}
