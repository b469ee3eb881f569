//! Sessions: the handle, the cookie, locks and failures, on the memory store. CherryPy: `test_session.py`.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use kirsch::actix_web::http::Method;
use kirsch::prelude::*;
use kirsch::sessions::stores::MemoryStore;
use kirsch::sessions::{Level, SessionData, Typed};
use kirsch::testing::Client;

use crate::process::until;

thread_local! {
    static STORE: Cell<Option<Arc<MemoryStore>>> = const { Cell::new(None) };
    static MEANWHILE: Cell<Option<Box<dyn FnOnce() + Send>>> = const { Cell::new(None) };
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Cart {
    items: Vec<String>,
}

impl SessionData for Cart {
    const NAME: &'static str = "cart";
}

/// The storage of the next site, in a test's own thread; memory of its own, if there is none.
fn storage() -> Storage {
    STORE
        .take()
        .map_or(Storage::Memory, |store| Storage::Own(store))
}

#[expose]
#[tools(sessions(storage = storage()))]
struct Root;

#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "no session"
    }

    fn inc(&self, session: Session) -> Result<String> {
        let count = session.update("count", |count: &mut u32| {
            *count += 1;
            *count
        })?;
        Ok(count.to_string())
    }

    fn look(&self, session: ReadSession) -> Result<String> {
        Ok(session.get::<u32>("count")?.unwrap_or_default().to_string())
    }

    fn empty(&self, session: Session) -> Result<String> {
        Ok(format!(
            "{:?} {}",
            session.id_hash(),
            session.contains("count")?
        ))
    }

    fn renew(&self, session: Session) -> Result<&'static str> {
        session.renew()?;
        Ok("renewed")
    }

    fn purge(&self, session: Session) -> Result<&'static str> {
        session.purge()?;
        Ok("purged")
    }

    fn clear(&self, session: Session) -> Result<&'static str> {
        session.clear()?;
        Ok("cleared")
    }

    fn remove(&self, session: Session) -> Result<String> {
        let there = session.remove("count")?;
        Ok(format!("{there} {}", session.remove("count")?))
    }

    fn wrong(&self, session: Session) -> Result<String> {
        session.get::<String>("count")?.ok_or_else(Error::not_found)
    }

    fn refused(&self, session: Session) -> Result<&'static str> {
        session.insert("count", 70)?;
        Err(Error::forbidden())
    }

    fn redirected(&self, session: Session) -> Result<Redirect> {
        session.insert("count", 71)?;
        Ok(Redirect::to("/look"))
    }

    fn led(&self, session: Session) -> Result<&'static str> {
        session.insert("count", 72)?;
        Err(Error::internal_redirect("/look"))
    }

    fn led_out(&self, session: Session) -> Result<&'static str> {
        session.insert("count", 73)?;
        Err(Error::internal_redirect("/"))
    }

    fn broken(&self, session: Session) -> Result<&'static str> {
        session.insert("count", 80)?;
        Err(std::fmt::Error)?
    }

    fn panicking(&self, session: Session) -> &'static str {
        drop(session.insert("count", 81));
        panic!("a page panics on purpose")
    }

    async fn panicking_later(&self, session: Session) -> &'static str {
        drop(session.insert("count", 82));
        actix_web::rt::task::yield_now().await;
        panic!("a page panics on purpose")
    }

    fn large(&self, session: Session) -> Result<&'static str> {
        session.insert("count", "x".repeat(70 * 1024))?;
        Ok("large")
    }

    fn add(&self, item: String, mut cart: Typed<Cart>) -> String {
        cart.items.push(item);
        cart.items.join(",")
    }

    fn cart(&self, cart: Typed<Cart>) -> String {
        cart.items.join(",")
    }

    fn say(&self, session: Session) -> Result<&'static str> {
        for number in 0..20 {
            session.flash(Level::Info, number.to_string())?;
        }
        Ok("said")
    }

    fn hear(&self, session: Session) -> Result<String> {
        let flashes = session.flashes()?;
        let all = flashes.iter();
        let all = all.map(|flash| format!("{}:{}", flash.level.as_str(), flash.text));
        Ok(all.collect::<Vec<_>>().join(" "))
    }

    fn stream(&self, session: Session) -> HttpResponse {
        HttpResponse::Ok().body(Counting { session, left: 3 })
    }

    fn begun_late(&self, session: Session) -> HttpResponse {
        HttpResponse::Ok().body(Late(Some(session)))
    }

    fn keeps(&self, session: Session) -> Result<String> {
        drop(self.inc(session.clone())?);
        let kept = Rc::new(session);
        Ok(Rc::strong_count(&kept).to_string())
    }

    fn cached(&self, session: Session) -> Result<HttpResponse> {
        session.insert("count", 1)?;
        let mut response = HttpResponse::Ok();
        response.insert_header(("cache-control", "public, max-age=60, s-maxage=600"));
        Ok(response.finish())
    }

    fn figures(&self, session: ReadSession) -> String {
        let figures = session.figures();
        format!("{} {} {}", figures.loads, figures.hits, figures.saves)
    }

    fn conflicts(&self, session: ReadSession) -> String {
        session.figures().conflicts.to_string()
    }

    /// Counts, and something happens between reading and writing.
    fn interrupted(&self, session: Session) -> Result<String> {
        let count = session.get::<u32>("count")?.unwrap_or_default();
        let meanwhile = MEANWHILE.take().expect("something happens");
        // Apart from this page's runtime.
        std::thread::spawn(meanwhile).join().expect("it goes well");
        session.insert("count", count + 1)?;
        Ok((count + 1).to_string())
    }

    #[error_page(404)]
    fn lost(&self, _error: &Error, session: Session) -> Result<String> {
        self.inc(session)
    }
}

/// A body that counts in the session as it streams.
struct Counting {
    session: Session,
    left: u32,
}

impl MessageBody for Counting {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, Self::Error>>> {
        std::task::Poll::Ready((self.left > 0).then(|| {
            self.left -= 1;
            let count = self.session.update("count", |count: &mut u32| {
                *count += 1;
                *count
            });
            Ok(count.map_err(|error| error.to_string())?.to_string().into())
        }))
    }
}

/// A body that writes into a session that nobody has begun.
struct Late(Option<Session>);

impl MessageBody for Late {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, Self::Error>>> {
        std::task::Poll::Ready(self.0.take().map(|session| {
            let written = session.insert("count", 1);
            Ok(format!("{:?}", written.is_ok()).into())
        }))
    }
}

fn client() -> Client {
    Client::new(Root)
}

fn configured(lines: &str) -> Client {
    Client::of(Site::new(Root).config_text("site.toml", &format!("[\"/\"]\n{lines}")))
}

#[test]
fn test_0_session() {
    let mut client = client();
    client.get("/inc").assert_body("1");
    client.get("/inc").assert_body("2");
    client.get("/look").assert_body("2");
    client.get("/remove").assert_body("true false");
    client.get("/look").assert_body("0");
    client.get("/inc").assert_body("1");
    client.get("/clear").assert_body("cleared");
    client.get("/inc").assert_body("1");
}

#[test]
fn nothing_is_stored_before_something_is_written() {
    let mut client = client();
    for page in [
        "/", "/look", "/empty", "/remove", "/clear", "/purge", "/renew", "/cart",
    ] {
        client
            .get(page)
            .assert_status(200)
            .assert_no_header("set-cookie");
    }
    client.get("/empty").assert_body("None false");
    client.get("/inc").assert_status(200);
    let told = client.get("/empty").text();
    assert!(
        told.starts_with("Some(\"") && told.ends_with("\") true"),
        "{told}"
    );
}

/// CherryPy: exactly these attributes, and those that it lacks.
#[test]
fn the_cookie_has_all_its_attributes() {
    let mut client = client();
    let cookie = client.get("/inc").header("set-cookie").unwrap().to_owned();
    let (name, rest) = cookie.split_once('=').unwrap();
    let (value, attributes) = rest.split_once("; ").unwrap();
    assert_eq!(name, "session_id");
    assert!(
        value.len() > 80
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    );
    assert_eq!(attributes, "Path=/; Max-Age=3960; HttpOnly; SameSite=Lax");
    // It is not sent again and again.
    client.get("/inc").assert_no_header("set-cookie");

    let mut temporary = configured(
        "tools.sessions.name = \"temp\"\ntools.sessions.persistent = false\ntools.sessions.path = \"/inc\"",
    );
    let cookie = temporary
        .get("/inc")
        .header("set-cookie")
        .unwrap()
        .to_owned();
    assert!(
        cookie.starts_with("temp=") && cookie.ends_with("; Path=/inc; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
}

#[test]
fn behind_tls_the_cookie_is_secure_and_bound_to_the_host() {
    let lines = "tools.proxy.on = true\ntools.proxy.hops = 1";
    let mut client = configured(lines);
    let answer = client
        .request(Method::GET, "/inc")
        .header("x-forwarded-proto", "https")
        .send();
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    assert!(
        cookie.starts_with("__Host-session_id=") && cookie.contains("; Secure; HttpOnly"),
        "{cookie}"
    );
}

#[test]
fn an_answer_says_what_it_depends_on() {
    let mut client = client();
    client.get("/").assert_no_header("vary");
    client
        .get("/inc")
        .assert_header("vary", "cookie")
        .assert_header("cache-control", "private");
    client
        .get("/inc")
        .assert_header("vary", "cookie")
        .assert_no_header("cache-control");
    client.get("/look").assert_header("vary", "cookie");
    self::client()
        .get("/cached")
        .assert_header("cache-control", "private, max-age=60");
}

/// None of these is a visitor, and none is an error.
#[test]
fn an_id_that_is_not_ours_is_never_taken_over() {
    let mut other = client();
    let foreign = other.get("/inc").header("set-cookie").unwrap().to_owned();
    let foreign = foreign.split([';', '=']).nth(1).unwrap().to_owned();
    let mut client = client();
    for value in [
        foreign.as_str(),
        "",
        "x",
        "../../../../tmp/x",
        "%00",
        "a\"b",
        &"x".repeat(10_000),
        &"A".repeat(87),
    ] {
        let mut request = client.request(Method::GET, "/inc");
        request = request.header("cookie", format!("session_id={value}"));
        let answer = request.send();
        answer.assert_status(200).assert_body("1");
        assert!(
            answer
                .header("set-cookie")
                .is_some_and(|cookie| !cookie.contains(&foreign))
        );
    }
}

/// Whoever planted the old id has nothing of it.
#[test]
fn a_renewed_session_keeps_its_values_and_the_old_id_is_nobodys() {
    let mut client = client();
    let old = client.get("/inc").header("set-cookie").unwrap().to_owned();
    let new = client
        .get("/renew")
        .header("set-cookie")
        .unwrap()
        .to_owned();
    assert_ne!(old, new);
    client.get("/inc").assert_body("2");
    let cookie = old.split(';').next().unwrap().to_owned();
    let answer = client
        .request(Method::GET, "/look")
        .header("cookie", cookie)
        .send();
    answer.assert_body("0");
}

#[test]
fn a_purged_session_is_gone_and_the_cookie_taken_back() {
    let mut client = client();
    let old = client.get("/inc").header("set-cookie").unwrap().to_owned();
    client.get("/purge").assert_header(
        "set-cookie",
        "session_id=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
    );
    let cookie = old.split(';').next().unwrap().to_owned();
    let answer = client
        .request(Method::GET, "/look")
        .header("cookie", cookie)
        .send();
    answer.assert_body("0");
    client.get("/inc").assert_body("1");
}

/// Visitors who bring no cookie and write nothing leave nothing behind.
#[test]
fn many_visitors_begin_no_session() {
    let store = Arc::new(MemoryStore::new());
    let mut client = shared(&store, "");
    for _ in 0..10_000 {
        client.forget_cookies();
        client.get("/look").assert_no_header("set-cookie");
    }
    assert_eq!(store.len(), 0);
}

/// CherryPy's matrix of failures: what is saved of a page that fails or leads elsewhere.
#[test]
fn test_failure_matrix() {
    for (page, status, saved) in [
        ("/refused", 403, "70"),
        ("/redirected", 303, "71"),
        ("/led", 200, "72"),
        ("/led_out", 200, "73"),
        ("/broken", 500, "1"),
        ("/panicking", 500, "1"),
        ("/panicking_later", 500, "1"),
        ("/large", 500, "1"),
        ("/wrong", 500, "1"),
    ] {
        let mut client = client();
        client.get("/inc").assert_body("1");
        client.get(page).assert_status(status);
        client.get("/look").assert_body(saved);
        // Nothing is held any more.
        client.get("/inc").assert_status(200);
    }
}

#[test]
fn a_session_that_begins_on_the_way_elsewhere_has_its_cookie() {
    for (page, saved) in [
        ("/refused", "70"),
        ("/redirected", "71"),
        ("/led", "72"),
        ("/led_out", "73"),
    ] {
        let mut client = client();
        assert!(client.get(page).header("set-cookie").is_some(), "{page}");
        client.get("/look").assert_body(saved);
    }
}

#[test]
fn a_typed_value_is_read_once_and_written_once() {
    let mut client = client();
    client.get("/cart").assert_body("");
    client.get("/add?item=a").assert_body("a");
    client.get("/add?item=b").assert_body("a,b");
    client.get("/cart").assert_body("a,b");
}

#[test]
fn flashes_are_heard_once_and_bounded() {
    let mut client = client();
    client.get("/say").assert_status(200);
    let heard = client.get("/hear").text();
    assert!(
        heard.starts_with("info:4 info:5 ") && heard.ends_with("info:19"),
        "{heard}"
    );
    client.get("/hear").assert_body("");
}

#[test]
fn a_stream_goes_on_with_its_session() {
    let mut client = client();
    client.get("/inc").assert_body("1");
    client.get("/stream").assert_body("234");
    // The next one waits until it is saved.
    client.get("/inc").assert_body("5");
    client.get("/look").assert_body("5");
}

#[test]
fn a_stream_cannot_begin_a_session() {
    let mut client = client();
    client
        .get("/begun_late")
        .assert_body("false")
        .assert_no_header("set-cookie");
    client.get("/inc").assert_body("1");
    client.get("/begun_late").assert_body("true");
    client.get("/look").assert_body("1");
}

#[test]
fn an_error_page_may_take_it() {
    let mut client = client();
    client.get("/nowhere").assert_status(404).assert_body("1");
    client.get("/nowhere").assert_status(404).assert_body("2");
}

#[test]
fn what_has_expired_is_never_seen_again() {
    let mut client = configured("tools.sessions.timeout = \"30ms\"");
    client.get("/inc").assert_body("1");
    // Nothing can be asked meanwhile: whoever asks makes the session live on.
    actix_web::rt::System::new().block_on(async {
        actix_web::rt::time::sleep(Duration::from_millis(30)).await;
    });
    client.get("/look").assert_body("0");
    client.get("/inc").assert_body("1");
}

#[test]
fn a_session_ends_with_its_lifetime_however_much_it_is_used() {
    let mut client = configured("tools.sessions.lifetime = \"100ms\"");
    let begun = Instant::now();
    client.get("/inc").assert_body("1");
    until("the session has ended", || {
        client.get("/look").text() == "0"
    });
    assert!(begun.elapsed() >= Duration::from_millis(100));
    client.get("/inc").assert_body("1");
}

/// A site whose sessions are in a store that others have too.
fn shared(store: &Arc<MemoryStore>, lines: &str) -> Client {
    STORE.set(Some(Arc::clone(store)));
    let text = format!("[\"/\"]\n{lines}");
    Client::of(Site::new(Root).config_text("site.toml", &text))
}

/// Another site has its sessions in the same memory: nothing makes the two wait for each other.
#[test]
fn what_another_site_has_ended_is_not_written_again() {
    let secret = format!("tools.sessions.secret = \"{}\"", "s".repeat(32));
    for (page, status, left) in [
        ("/purge", 200, "0"),
        ("/renew", 200, "1"),
        ("/inc", 503, "2"),
    ] {
        let store = Arc::new(MemoryStore::new());
        let mut client = shared(&store, &secret);
        client.get("/inc").assert_body("1");
        let cookie = client.cookie("session_id").unwrap().to_owned();
        let (own, lines) = (cookie.clone(), secret.clone());
        let (tell, told) = std::sync::mpsc::channel();
        MEANWHILE.set(Some(Box::new(move || {
            let mut other = shared(&store, &lines);
            other.set_cookie("session_id", own);
            other.get(page).assert_status(200);
            tell.send(other.cookie("session_id").map(ToOwned::to_owned))
                .unwrap();
        })));
        let late = client.get("/interrupted");
        late.assert_status(status).assert_no_header("set-cookie");
        if page != "/inc" {
            client.get("/look").assert_body("0");
        }
        match told.recv().unwrap() {
            Some(successor) => client.set_cookie("session_id", successor),
            None => client.set_cookie("session_id", cookie),
        };
        client.get("/look").assert_body(left);
        client.get("/conflicts").assert_body("1");
    }
}

#[test]
fn keys_rotate() {
    let (one, two) = ("1".repeat(32), "2".repeat(32));
    let store = Arc::new(MemoryStore::new());
    let mut before = shared(&store, &format!("tools.sessions.secret = \"{one}\""));
    before.get("/inc").assert_body("1");
    let cookie = before.cookie("session_id").unwrap().to_owned();

    let mut stranger = shared(&store, &format!("tools.sessions.secret = \"{two}\""));
    stranger
        .set_cookie("session_id", &*cookie)
        .get("/look")
        .assert_body("0");

    let rotated =
        format!("tools.sessions.secret = \"{two}\"\ntools.sessions.old_secrets = [\"{one}\"]");
    let mut after = shared(&store, &rotated);
    after.set_cookie("session_id", &*cookie);
    // What was sealed with the old key is sealed with the new one, and then only with that.
    assert!(
        after
            .get("/inc")
            .assert_body("2")
            .header("set-cookie")
            .is_some()
    );
    after
        .get("/inc")
        .assert_body("3")
        .assert_no_header("set-cookie");
    let renewed = after.cookie("session_id").unwrap().to_owned();
    before
        .set_cookie("session_id", renewed)
        .get("/look")
        .assert_body("0");
}

#[test]
fn mistakes_are_found_at_start() {
    for (lines, words) in [
        (
            "tools.sessions.secret = \"short\"",
            "a `secret` has 32 bytes at least",
        ),
        ("tools.sessions.same_site = \"none\"", "SameSite=None"),
        ("tools.sessions.name = \"a b\"", "name"),
        ("tools.sessions.storage = \"disk\"", "found `\"disk\"`"),
        ("tools.sessions.timeout = \"0s\"", "ends at once"),
        (
            "tools.sessions.max_bytes = 0",
            "with a `max_bytes` of zero, there is no session",
        ),
        (
            "tools.sessions.lokcing = \"early\"",
            "did you mean `locking`?",
        ),
        (
            "tools.sessions.on = false",
            "takes a `Session`, which only the tool `sessions` provides",
        ),
    ] {
        let site = Site::new(Root).config_text("site.toml", &format!("[\"/\"]\n{lines}"));
        let mistakes = site.ready().unwrap_err().to_string();
        assert!(mistakes.contains(words), "{lines}: {mistakes}");
    }
}

/// A site whose configuration is written again while it serves.
struct Reloading {
    client: Client,
    folder: tempfile::TempDir,
}

impl Reloading {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("site.toml");
        std::fs::write(&file, "").unwrap();
        Self {
            client: Client::of(Site::new(Root).config_file(file)),
            folder,
        }
    }

    /// Where sessions may be stored.
    fn new_folder(&self) -> std::path::PathBuf {
        self.folder.path().join("new")
    }

    fn says(&mut self, lines: &str) -> Result<(), kirsch::Mistakes> {
        let file = self.folder.path().join("site.toml");
        std::fs::write(file, format!("[\"/\"]\n{lines}\n")).unwrap();
        self.client.reload()
    }

    fn inc(&mut self) -> String {
        self.client.get("/inc").text()
    }
}

#[test]
fn a_reload_keeps_the_sessions() {
    let mut site = Reloading::new();
    assert_eq!(site.inc(), "1");
    site.says("\ntools.sessions.timeout = \"2h\"").unwrap();
    assert_eq!(site.inc(), "2");
}

#[test]
fn a_running_server_keeps_its_storage_as_it_is() {
    let mut site = Reloading::new();
    assert_eq!(site.inc(), "1");
    let refused = site
        .says("tools.sessions.max_bytes = \"1KiB\"")
        .unwrap_err();
    let words = refused.to_string();
    assert!(
        words.contains("one storage has one `max_bytes`") && words.contains("site.toml:2:"),
        "{words}"
    );
    assert_eq!(site.inc(), "2");
}

#[test]
fn a_reload_starts_the_storage_that_it_brings() {
    let mut site = Reloading::new();
    let new = site.new_folder();
    let lines = format!(
        "tools.sessions.storage = \"file\"\ntools.sessions.storage_path = \"{}\"\n\
         tools.sessions.timeout = \"1s\"\ntools.sessions.clean_freq = \"100ms\"",
        new.display()
    );
    assert_eq!(site.inc(), "1");
    // It is no folder: refused, as a start would be.
    std::fs::write(&new, "").unwrap();
    site.says(&lines).unwrap_err();
    assert_eq!(site.inc(), "2");
    std::fs::remove_file(&new).unwrap();
    site.says(&lines).unwrap();
    assert_eq!(site.inc(), "1");
    assert_eq!(files_of_sessions(&new).len(), 1);
    until("it is swept", || {
        site.client.get("/");
        files_of_sessions(&new).is_empty()
    });
}

/// The files in the folders of a storage; its own are beside them.
fn files_of_sessions(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let listed = |folder| std::fs::read_dir(folder).into_iter().flatten();
    let shelves = listed(folder.to_owned()).map(|entry| entry.unwrap().path());
    let files = shelves.flat_map(listed).map(|entry| entry.unwrap().path());
    files.collect()
}
