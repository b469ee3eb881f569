//! Sessions on unusual ways: pages that lead elsewhere, that fail, that are late, that lock for themselves, and streams.

use std::future::Future;
use std::pin::Pin;

use actix_web::web::Bytes;
use futures_util::{FutureExt as _, stream};
use kirsch::actix_web::dev::Payload;
use kirsch::actix_web::http::Method;
use kirsch::actix_web::{self, FromRequest};
use kirsch::prelude::*;
use kirsch::sessions::{Level, SessionData, Typed};
use kirsch::testing::Client;
use kirsch::tools::Provided;

/// Fails when the page has answered, after the sessions have been saved.
#[tool]
struct FailsLate {}

#[tool]
impl FailsLate {
    fn before_finalize(&self, _: &mut Exchange) -> Result<()> {
        Err(Error::new(StatusCode::PRECONDITION_FAILED, "too late"))
    }
}

/// Can be read, and not be written.
#[derive(Default, serde::Deserialize)]
struct Unwritable;

impl serde::Serialize for Unwritable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("on purpose"))
    }
}

impl SessionData for Unwritable {
    const NAME: &'static str = "unwritable";
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Cart {
    items: Vec<String>,
}

impl SessionData for Cart {
    const NAME: &'static str = "cart";
}

/// Takes the session twice, at once.
struct Both(Session, ReadSession);

impl Provided for Both {
    const TOOL: &'static str = "sessions";
}

impl FromRequest for Both {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let one = Session::from_request(request, payload);
        let other = ReadSession::from_request(request, payload);
        Box::pin(async move {
            let (one, other) = futures_util::future::join(one, other).await;
            Ok(Self(one?, other?))
        })
    }
}

#[expose]
#[tools(csrf, sessions)]
struct Root;

fn counted(session: &Session) -> Result<String> {
    let count = session.update("count", |count: &mut u32| {
        *count += 1;
        *count
    })?;
    Ok(count.to_string())
}

#[expose]
impl Root {
    fn inc(&self, session: Session) -> Result<String> {
        counted(&session)
    }

    fn look(&self, session: ReadSession) -> Result<String> {
        Ok(session.get::<u32>("count")?.unwrap_or_default().to_string())
    }

    /// For everybody, and in every cache.
    fn public(&self) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response.insert_header(("cache-control", "public, s-maxage=600"));
        response.body("public")
    }

    /// Does what the word says, and leads on.
    fn led(&self, what: String, to: String, session: Session) -> Result<&'static str> {
        match what.as_str() {
            "write" => session.insert("count", 70)?,
            "renew" => session.renew()?,
            "purge" => session.purge()?,
            "large" => session.insert("large", "x".repeat(70 * 1024))?,
            _ => drop(session.contains("count")?),
        }
        Err(Error::internal_redirect(to))
    }

    #[tools(fails_late)]
    fn renewed_in_vain(&self, session: Session) -> Result<String> {
        session.renew()?;
        counted(&session)
    }

    #[tools(timeout(after = millis(50)))]
    async fn late(&self, session: Session) -> Result<&'static str> {
        session.insert("count", 80)?;
        std::future::pending().await
    }

    #[get]
    #[post]
    fn broken(&self, session: Session) -> Result<&'static str> {
        session.insert("count", 80)?;
        Err(std::fmt::Error)?
    }

    fn wrong(&self, session: Session) -> Result<String> {
        session.insert("count", "a secret")?;
        session
            .get::<u32>("count")?
            .map_or_else(|| Ok(String::new()), |count| Ok(count.to_string()))
    }

    fn good_bye(&self, session: Session) -> Result<&'static str> {
        session.purge()?;
        session.flash(Level::Info, "good-bye")?;
        session.renew()?;
        Ok("signed out")
    }

    fn hear(&self, session: Session) -> Result<String> {
        let flashes = session.flashes()?;
        Ok(flashes.iter().map(|flash| flash.text.as_str()).collect())
    }

    fn unwritable(&self, mut value: Typed<Unwritable>, session: Session) -> HttpResponse {
        *value = Unwritable;
        drop(value);
        streamed(async move { counted(&session) })
    }

    fn broken_stream(&self, session: Session) -> HttpResponse {
        streamed(async move {
            drop(counted(&session));
            panic!("a stream panics on purpose")
        })
    }

    fn stream_renews(&self, session: Session) -> HttpResponse {
        streamed(async move { Ok(session.renew().is_ok().to_string()) })
    }

    fn stream_reads(&self, session: ReadSession) -> HttpResponse {
        streamed(async move {
            let count = session.get::<u32>("count");
            Ok(format!("{:?}", count.map_err(|_| "no")))
        })
    }

    async fn both(&self, both: Both) -> Result<String> {
        let read = both.1.get::<u32>("count")?.unwrap_or_default();
        Ok(format!("{} {read}", counted(&both.0)?))
    }

    /// What is not there is no mistake.
    fn perhaps(&self, session: Option<Session>) -> Result<String> {
        session.map_or_else(|| Ok("nobody".into()), |session| counted(&session))
    }

    #[error_page(403)]
    fn refused(&self, session: ReadSession) -> Result<String> {
        self.look(session)
    }

    /// Counts how often the visitor has seen it.
    #[error_page(500)]
    fn sorry(&self, session: Session) -> Result<String> {
        let times = session.update("sorry", |times: &mut u32| {
            *times += 1;
            *times
        })?;
        Ok(format!("sorry {times}"))
    }
}

/// Answers with a body that streams: one piece, which this work makes when the head of the answer has gone.
fn streamed(work: impl Future<Output = Result<String>> + 'static) -> HttpResponse {
    let words = work.map(|words| Ok::<_, actix_web::Error>(Bytes::from(words?)));
    HttpResponse::Ok().streaming(stream::once(words))
}

fn client() -> Client {
    Client::new(Root)
}

fn counted_to_one() -> Client {
    let mut client = client();
    client.get("/inc").assert_body("1");
    client
}

#[test]
fn a_page_that_is_led_to_sees_what_was_written_on_the_way() {
    for (mut client, what, seen) in [
        (client(), "write", "71"),
        (client(), "look", "1"),
        (counted_to_one(), "write", "71"),
        (counted_to_one(), "renew", "2"),
        (counted_to_one(), "purge", "1"),
    ] {
        let answer = client.get(format!("/led?what={what}&to=/inc"));
        answer.assert_status(200).assert_body(seen);
        // One cookie of one session.
        client.get("/look").assert_body(seen);
        assert!(answer.headers("set-cookie").count() <= 1, "{what}");
    }
}

#[test]
fn an_answer_depends_on_what_was_asked_on_the_way_to_it() {
    let mut client = client();
    client
        .get("/led?what=look&to=/public")
        .assert_body("public")
        .assert_header("vary", "cookie")
        .assert_header("cache-control", "public, s-maxage=600");
    client
        .get("/led?what=write&to=/public")
        .assert_body("public")
        .assert_header("vary", "cookie")
        .assert_header("cache-control", "private");
    client.get("/look").assert_body("70");
}

#[test]
fn what_cannot_be_saved_on_the_way_is_no_success() {
    let mut client = counted_to_one();
    client
        .get("/led?what=large&to=/public")
        .assert_status(500)
        .assert_body("sorry 1");
    client.get("/inc").assert_body("2");
}

#[test]
fn a_new_id_is_told_though_a_later_tool_fails() {
    let mut client = counted_to_one();
    let answer = client.get("/renewed_in_vain");
    answer.assert_status(412);
    assert_eq!(answer.headers("set-cookie").count(), 1);
    client.get("/look").assert_body("2");
}

#[test]
fn nothing_is_saved_of_a_page_that_is_late() {
    let mut client = counted_to_one();
    client.get("/late").assert_status(503);
    client.get("/inc").assert_body("2");
}

#[test]
fn an_error_page_has_a_session_of_its_own_whatever_failed() {
    let mut client = client();
    client
        .get("/broken")
        .assert_body("sorry 1")
        .assert_header("vary", "cookie");
    client.get("/broken").assert_body("sorry 2");
    client.get("/inc").assert_body("1");
    // Refused by `csrf`, which stands before `sessions`.
    let forged = client.request(Method::POST, "/broken");
    let forged = forged.header("sec-fetch-site", "cross-site").send();
    forged.assert_status(403).assert_body("1");
}

#[test]
fn what_is_stored_is_in_no_message() {
    let site = Site::new(Root).environment(kirsch::Environment::Development);
    let mut client = Client::of(site);
    client.get("/led?what=write&to=/public");
    client.get("/wrong").assert_not_in_body("a secret");
}

#[test]
fn what_is_written_after_the_end_begins_another_session() {
    let mut client = counted_to_one();
    let before = client.cookie("session_id").unwrap().to_owned();
    client.get("/good_bye").assert_body("signed out");
    client.get("/look").assert_body("0");
    client.get("/hear").assert_body("good-bye");
    client
        .set_cookie("session_id", before)
        .get("/look")
        .assert_body("0");
}

#[test]
fn a_value_that_cannot_be_written_fails_before_a_stream_begins() {
    let mut client = counted_to_one();
    client.get("/unwritable").assert_status(500);
    client.get("/inc").assert_body("2");
}

#[test]
fn a_stream_that_panics_saves_nothing() {
    let mut client = counted_to_one();
    drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(
        || client.get("/broken_stream"),
    )));
    client.get("/inc").assert_body("2");
}

#[test]
fn a_stream_may_read() {
    counted_to_one()
        .get("/stream_reads")
        .assert_body("Ok(Some(1))");
}

#[test]
fn a_stream_cannot_renew() {
    counted_to_one().get("/stream_renews").assert_body("false");
}

#[test]
fn two_parameters_of_one_page_may_be_asked_for_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    for storage in ["memory", "file"] {
        let text = format!(
            "[\"/\"]\ntools.sessions.storage = \"{storage}\"\ntools.sessions.storage_path = \"{path}\""
        );
        let mut client = Client::of(Site::new(Root).config_text("site.toml", &text));
        client.get("/both").assert_body("1 0");
        client.get("/both").assert_body("2 1");
    }
}

#[test]
fn a_session_may_be_asked_for_if_it_can_be_had() {
    let mut client = client();
    client.get("/perhaps").assert_body("1");
    client.get("/perhaps").assert_body("2");
}

/// A page of the site that is configured for errors is walked where another has failed, which may take no session.
#[test]
fn a_page_that_is_configured_for_errors_has_its_session() {
    for section in ["[global]", "[\"/\"]"] {
        let page = format!("{section}\nerror_page.418 = {{ page = \"/inc\" }}");
        let mut client = Client::of(Site::new(Configured).config_text("site.toml", &page));
        client.get("/teapot").assert_status(418).assert_body("1");
        client.get("/teapot").assert_status(418).assert_body("2");
    }
}

#[expose]
#[tools(sessions)]
struct Configured;

#[expose]
impl Configured {
    fn teapot(&self) -> Result<&'static str> {
        Err(Error::new(StatusCode::IM_A_TEAPOT, "short and stout"))
    }

    fn inc(&self, session: Session) -> Result<String> {
        counted(&session)
    }
}

/// Each would take the other's cookie for a stranger's, and write its own over it.
#[test]
fn two_storages_do_not_share_a_cookie() {
    let site = |lines: &str| {
        let text = format!("[\"/inner\"]\n{lines}");
        Site::new(Outer { inner: Configured }).config_text("site.toml", &text)
    };
    for lines in [
        "tools.sessions.storage = \"file\"",
        "tools.sessions.path = \"/inner\"",
        "tools.sessions.secret = \"a secret of thirty-two bytes: 012\"",
    ] {
        let refused = site(lines).ready().unwrap_err().to_string();
        assert!(
            refused.contains("sessions in the cookie `session_id`")
                && refused.contains("name = \"another_session_id\""),
            "{lines}: {refused}"
        );
        let lines = format!("{lines}\ntools.sessions.name = \"another\"");
        site(&lines).ready().unwrap();
    }
    site("tools.sessions.timeout = \"5m\"").ready().unwrap();
}

#[expose]
#[tools(sessions)]
struct Outer {
    #[child]
    inner: Configured,
}

#[expose]
impl Outer {
    fn inc(&self, session: Session) -> Result<String> {
        counted(&session)
    }
}

#[expose]
#[tools(sessions(storage = Storage::File("no such folder".into())))]
struct InFiles;

#[expose]
impl InFiles {
    fn inc(&self, session: Session) -> Result<String> {
        counted(&session)
    }
}

#[test]
fn the_operator_moves_the_folder_that_an_attribute_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moved");
    let site =
        Site::new(InFiles).config_key("/", "tools.sessions.storage_path", &*path.to_string_lossy());
    Client::of(site).get("/inc").assert_body("1");
    assert!(path.is_dir());
}

#[expose]
#[tools(sessions(locking = Locking::Explicit))]
struct Explicit;

#[expose]
impl Explicit {
    async fn inc(&self, session: Session) -> Result<String> {
        session.lock().await?;
        counted(&session)
    }

    fn look(&self, session: Session) -> Result<String> {
        Ok(session.get::<u32>("count")?.unwrap_or_default().to_string())
    }

    fn unlocked(&self, session: Session) -> Result<String> {
        counted(&session)
    }

    async fn add(&self, item: String, mut cart: Typed<Cart>) -> Result<String> {
        cart.lock().await?;
        cart.items.push(item);
        Ok(cart.items.join(","))
    }

    /// The value was read before the lock.
    async fn add_old(&self, item: String, mut cart: Typed<Cart>) -> Result<String> {
        cart.session().lock().await?;
        cart.items.push(item);
        Ok(cart.items.join(","))
    }

    fn stream(&self, session: Session) -> HttpResponse {
        streamed(async move {
            session.lock().await?;
            counted(&session)
        })
    }
}

#[test]
fn who_locks_for_himself_must_lock_before_he_writes() {
    let mut client = Client::new(Explicit);
    client.get("/look").assert_body("0");
    // Also where there is nothing yet to lock: the page would fail for the next visitor.
    client.get("/unlocked").assert_status(500);
    client.get("/inc").assert_body("1");
    client.get("/unlocked").assert_status(500);
    client.get("/look").assert_body("1");
    client.get("/inc").assert_body("2");
}

#[test]
fn a_typed_value_that_was_read_before_the_lock_is_not_written() {
    let mut client = Client::new(Explicit);
    client.get("/add?item=a").assert_body("a");
    client.get("/add_old?item=x").assert_status(500);
    client.get("/add?item=b").assert_body("a,b");
}

#[test]
fn what_a_stream_locks_for_itself_is_saved() {
    let mut client = Client::new(Explicit);
    client.get("/inc").assert_body("1");
    client.get("/stream").assert_body("2");
    // The next one waits until it is saved.
    client.get("/inc").assert_body("3");
}
