//! The session as a page has it: a parameter that reads and writes.

use std::any::type_name;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::http::escape;
use crate::sessions::Figures;
use crate::sessions::visit::{Access, Open, Visit, Wish};

/// What the site remembers of this visitor: a parameter of pages with the tool [`sessions`](crate::tools::sessions()).
///
/// From the parameter to the answer, no other request of the same visitor is in a page with a `Session` (`locking = "implicit"`): what is read
/// here is still true when it is written. What was written is saved once, after the page, also when it answers with an error that it returned or
/// leads elsewhere; after the body, when that streams and holds a clone of the session. After a panic, or an error that `?` made a 500 of,
/// nothing is saved.
///
/// Nothing is stored, and the browser gets no cookie, before something is written.
///
/// # Examples
/// ```
/// use kirsch::prelude::*;
///
/// #[expose]
/// #[tools(sessions)]
/// struct Root;
///
/// #[expose]
/// impl Root {
///     fn index(&self, session: Session) -> Result<String> {
///         let visits = session.update("visits", |visits: &mut u32| {
///             *visits += 1;
///             *visits
///         })?;
///         Ok(format!("visit {visits}"))
///     }
/// }
///
/// let mut client = kirsch::testing::Client::new(Root);
/// client.get("/").assert_body("visit 1");
/// client.get("/").assert_body("visit 2");
/// ```
///
/// # Errors
/// As a parameter: 503 when another request holds the session for longer than `lock_timeout`, when 32 wait for it already, or when the store does
/// not answer; 500 when the store fails. Its methods fail with 500 when a value cannot be read or written as JSON, or when the session has been saved already.
///
/// # CherryPy
/// `cherrypy.session`, without a global; `locking`, failure and fixation rules are CherryPy's.
#[derive(Clone)]
pub struct Session(Hand);

impl Session {
    fn new(visit: Rc<Visit>) -> Self {
        Self(Hand::new(visit))
    }

    /// The value of this name; `None` if there is none.
    ///
    /// # Errors
    /// The value is there, and is no `T`: 500.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        get(&self.0, name)
    }

    /// There is a value of this name.
    ///
    /// # Errors
    /// The session has been saved already: 500, as for all other methods.
    pub fn contains(&self, name: &str) -> Result<bool> {
        self.0.with(|data| Ok(data.values().contains_key(name)))
    }

    /// Stores a value under this name, in place of what was there.
    ///
    /// A number that is none (`f64::NAN`, infinity) is stored as JSON has it, as `null`.
    ///
    /// # Errors
    /// The value is none that JSON has, such as a map whose keys are no texts: 500.
    pub fn insert(&self, name: &str, value: impl Serialize) -> Result<()> {
        let value = serde_json::to_value(value)?;
        self.0.change(|open| {
            put(open, name, value);
            Ok(())
        })
    }

    /// Takes a value out, and answers whether it was there.
    ///
    /// # Errors
    /// As [`Self::contains`].
    pub fn remove(&self, name: &str) -> Result<bool> {
        self.0.change(|open| Ok(take(open, name).is_some()))
    }

    /// Takes a value out, and answers it.
    ///
    /// # Errors
    /// As [`Self::get`]; then it stays.
    pub fn take<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let value = self.get(name)?;
        self.remove(name)?;
        Ok(value)
    }

    /// Changes the value of this name; one that is not there begins as its default.
    ///
    /// # Errors
    /// As [`Self::get`] and [`Self::insert`].
    pub fn update<T, R>(&self, name: &str, change: impl FnOnce(&mut T) -> R) -> Result<R>
    where
        T: Serialize + DeserializeOwned + Default,
    {
        let mut value = self.get(name)?.unwrap_or_default();
        let answer = change(&mut value);
        self.insert(name, value)?;
        Ok(answer)
    }

    /// Takes all values out.
    ///
    /// # Errors
    /// As [`Self::contains`].
    pub fn clear(&self) -> Result<()> {
        self.0.change(|open| {
            if !open.loaded.data.is_empty() {
                open.loaded.data.values_mut().clear();
                open.is_changed = true;
            }
            Ok(())
        })
    }

    /// Gives the visitor a new id, and keeps the values: at every sign-in, so that nobody who knew the old id is signed in as well (session
    /// fixation). The old id is nobody's from then on, and no request that began earlier can bring it back.
    ///
    /// # Errors
    /// As [`Self::contains`].
    pub fn renew(&self) -> Result<()> {
        self.0.wish(Wish::Renew)
    }

    /// Ends the session: what is stored is deleted, the cookie is taken back. At sign-out. No request that began earlier can bring it back. What is
    /// written afterwards is the beginning of another session, such as a [flash](Self::flash) that says good-bye.
    ///
    /// # Errors
    /// As [`Self::contains`].
    pub fn purge(&self) -> Result<()> {
        self.clear()?;
        self.0.wish(Wish::Purge)
    }

    /// What may stand in a log for the id: the first eight digits of its SHA-256. `None` as long as nothing is stored.
    #[must_use]
    pub fn id_hash(&self) -> Option<String> {
        self.0.key_in_short()
    }

    /// Waits for the session's turn and locks it, with `locking = "explicit"`; what is stored is read again. Told twice, or with another
    /// locking, it does nothing.
    ///
    /// # Errors
    /// As for the parameter.
    pub async fn lock(&self) -> Result<()> {
        self.0.lock().await
    }

    /// How often the session has been read for this request: what was read before is old.
    pub(crate) fn readings(&self) -> u32 {
        self.0.readings()
    }

    /// Something of the session could not be written: the request fails when it is saved.
    pub(crate) fn fail(&self, error: Error) {
        self.0.fail(error);
    }
}

/// A page, or the body that it answers with, has hold of a visit: a stream goes on with it.
struct Hand(Rc<Visit>);

impl Hand {
    fn new(visit: Rc<Visit>) -> Self {
        visit.take_hand();
        Self(visit)
    }
}

impl Deref for Hand {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.0
    }
}

impl Clone for Hand {
    fn clone(&self) -> Self {
        Self::new(Rc::clone(&self.0))
    }
}

impl Drop for Hand {
    /// The last hand on a session that a stream goes on with: now it is saved.
    fn drop(&mut self) {
        let is_last = self.0.release_hand();
        if !is_last || !self.0.is_late() || tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        if std::thread::panicking() {
            // What a stream has done that panicked is as little saved as what a page has.
            self.0.abandon();
            return;
        }
        let visit = Rc::clone(&self.0);
        drop(actix_rt::spawn(async move {
            if let Err(error) = visit.save().await {
                let causes: Vec<_> = error.causes().collect();
                let causes = escape::log(causes.join(": ").as_bytes()).to_string();
                tracing::error!(target: "kirsch::error", "a session could not be saved after the body: {causes}");
            }
        }));
    }
}

/// A session that is only read: it is not locked, and waits for nobody.
///
/// What it shows may be on its way to be changed by another request. For pages that show who is signed in, and the like.
///
/// # Examples
/// ```
/// use kirsch::prelude::*;
///
/// #[expose]
/// #[tools(sessions)]
/// struct Root;
///
/// #[expose]
/// impl Root {
///     fn index(&self, session: ReadSession) -> Result<String> {
///         let name: Option<String> = session.get("name")?;
///         Ok(format!("Hello, {}", name.as_deref().unwrap_or("stranger")))
///     }
/// }
///
/// kirsch::testing::Client::new(Root).get("/").assert_body("Hello, stranger");
/// ```
#[derive(Clone)]
pub struct ReadSession(Hand);

impl ReadSession {
    fn new(visit: Rc<Visit>) -> Self {
        Self(Hand::new(visit))
    }

    /// The value of this name; `None` if there is none.
    ///
    /// # Errors
    /// The value is there, and is no `T`: 500.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        get(&self.0, name)
    }

    /// There is a value of this name.
    ///
    /// # Errors
    /// The session has been saved already: 500.
    pub fn contains(&self, name: &str) -> Result<bool> {
        self.0.with(|data| Ok(data.values().contains_key(name)))
    }

    /// What all sessions in the visitor's storage have done since the start of the process: for pages that show statistics.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.0.figures()
    }

    /// As [`Session::id_hash`].
    #[must_use]
    pub fn id_hash(&self) -> Option<String> {
        self.0.key_in_short()
    }
}

fn get<T: DeserializeOwned>(visit: &Visit, name: &str) -> Result<Option<T>> {
    visit.with(|data| {
        let value = data.values().get(name);
        let value = value.map(T::deserialize).transpose();
        // Not in the words of `serde`, which quote what is stored.
        value.map_err(|_| {
            let words = format!("the session's `{name}` is no `{}`", type_name::<T>());
            Error::internal(words)
        })
    })
}

fn put(open: &mut Open, name: &str, value: Value) {
    open.is_changed = true;
    let values = open.loaded.data.values_mut();
    match values.get_mut(name) {
        Some(known) => *known = value,
        None => {
            values.insert(name.to_owned(), value);
        }
    }
}

fn take(open: &mut Open, name: &str) -> Option<Value> {
    if !open.loaded.data.values().contains_key(name) {
        return None;
    }
    open.is_changed = true;
    open.loaded.data.values_mut().remove(name)
}

/// Shows nothing of what is stored.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.id_hash().unwrap_or_default())
    }
}

/// Shows nothing of what is stored.
impl fmt::Debug for ReadSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReadSession({})", self.id_hash().unwrap_or_default())
    }
}

/// The tool is asked only where it is known that a session is taken.
const OFF: &str = "the tool `sessions` is off here; or an extractor of the application's takes a session, and does not say so by `impl Provided`";

/// What an extractor gives, or is going to give.
pub struct Extracted<T>(Extracting<T>);

enum Extracting<T> {
    Now(Option<Result<T, actix_web::Error>>),
    Later(Pin<Box<dyn Future<Output = Result<T, actix_web::Error>>>>),
}

impl<T> Extracted<T> {
    pub(crate) fn later(
        future: impl Future<Output = Result<T, actix_web::Error>> + 'static,
    ) -> Self {
        Self(Extracting::Later(Box::pin(future)))
    }
}

/// Nothing in it is pinned in place: what waits is in a box.
impl<T> Unpin for Extracted<T> {}

impl<T> Future for Extracted<T> {
    type Output = Result<T, actix_web::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            Extracting::Now(extracted) => extracted.take().map_or(Poll::Pending, Poll::Ready),
            Extracting::Later(future) => future.as_mut().poll(cx),
        }
    }
}

impl<T> fmt::Debug for Extracted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Extracted")
    }
}

/// The visit of a request, opened, in the hands of a page.
fn extract<T: 'static>(
    request: &HttpRequest,
    access: Option<Access>,
    hand: fn(Rc<Visit>) -> T,
) -> Extracted<T> {
    let Some(visit) = request.extensions().get::<Rc<Visit>>().cloned() else {
        let off = Error::internal(OFF);
        return Extracted(Extracting::Now(Some(Err(off.into()))));
    };
    let access = access.unwrap_or_else(|| visit.usual_access());
    // Most of the time nobody has to wait, and no future has to be kept.
    if let Some(opened) = visit.open_now(request, access) {
        let opened = opened.map(|()| hand(visit)).map_err(actix_web::Error::from);
        return Extracted(Extracting::Now(Some(opened)));
    }
    let request = request.clone();
    Extracted::later(async move {
        visit.open(&request, access).await?;
        Ok(hand(visit))
    })
}

impl FromRequest for Session {
    type Error = actix_web::Error;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(request, None, Self::new)
    }
}

impl FromRequest for ReadSession {
    type Error = actix_web::Error;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        extract(request, Some(Access::Read), Self::new)
    }
}
