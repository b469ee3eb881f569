//! Who keeps the sessions of a site: the store, the queues, the cookie and its keys, and how all that is used.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::header::{COOKIE, HeaderValue};

use crate::error::{Error, Result};
use crate::sessions::cookie::Cookie;
use crate::sessions::counters::{Counters, Figures, count};
use crate::sessions::end::to_the_end;
use crate::sessions::id::Id;
use crate::sessions::keys;
use crate::sessions::memo;
use crate::sessions::queue::{NoTurn, Queues, Turn};
use crate::sessions::seal::{Keys, Ticket, Understood};
use crate::sessions::sweeper::Sweeper;
use crate::sessions::visit::{Access, Open, Wish};
use crate::sessions::{
    Data, Key, Lease, Life, Locking, Opened, Pending, Renamed, Store, StoreError, Written,
};

/// A cookie is written anew when this share of the idle time has passed since it was written last, and lives so much longer than the session:
/// most answers need no cookie then, and no session ends early for it.
const SLACK: u32 = 10;

/// Who keeps the sessions of a site.
#[derive(Debug)]
pub(crate) struct Keeper {
    /// No other in this process has it.
    pub(crate) number: u64,
    pub(crate) common: Arc<Common>,
    pub(crate) cookie: Cookie,
    pub(crate) life: Life,
    pub(crate) locking: Locking,
    pub(crate) lock_timeout: Duration,
    pub(crate) secrets: keys::Secrets,
    pub(crate) keys: OnceLock<Keys>,
}

/// A session as it was loaded.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) data: Data,
    /// What the cookie said, of a session that is there.
    pub(crate) known: Option<Understood>,
    hold: Hold,
}

#[derive(Debug)]
enum Hold {
    /// Nobody else knows it yet: there is nothing to lock. Whoever only reads has to lock it all the same, as he would any other.
    New(Access),
    /// It was read, and is not locked.
    Read,
    Locked(Locked),
}

/// The lease goes before the turn: the next in the queue finds it free.
#[derive(Debug)]
struct Locked {
    lease: Box<dyn Lease>,
    turn: Turn,
    held: Held,
}

/// Counts for how long a session is locked, whatever becomes of it.
#[derive(Debug)]
struct Held {
    since: Instant,
    counters: Arc<Counters>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let nanos = u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.counters.held_nanos.fetch_add(nanos, Relaxed);
    }
}

impl Loaded {
    fn new(access: Access) -> Self {
        Self {
            data: Data::default(),
            known: None,
            hold: Hold::New(access),
        }
    }

    pub(crate) fn is_only_read(&self) -> bool {
        matches!(self.hold, Hold::Read | Hold::New(Access::Read))
    }

    pub(crate) fn must_be_locked(&self, access: Access) -> bool {
        access == Access::Write && self.is_only_read()
    }
}

/// What has been done with a session, and the cookie that tells the browser.
#[derive(Debug)]
pub(crate) enum Done {
    /// Nothing that the browser has to know.
    Nothing,
    /// The same session, in a cookie that lives longer.
    Written(HeaderValue),
    /// The visitor has another id. In a box, since it is rare and large.
    Became(Box<(HeaderValue, Understood)>),
    /// There is no session any more.
    Ended(HeaderValue),
}

/// What all places of a site share that have their sessions in one storage.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) store: Arc<dyn Store>,
    /// What tells the store from others.
    pub(crate) place: String,
    /// What is said of the store, by option.
    pub(crate) said: Vec<(&'static str, String)>,
    /// How often expired sessions are removed; zero is never.
    clean_freq: Duration,
    queues: Arc<Queues>,
    counters: Arc<Counters>,
    /// Started with the first server.
    sweeper: OnceLock<Sweeper>,
}

impl Common {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        place: String,
        clean_freq: Duration,
        said: Vec<(&'static str, String)>,
    ) -> Self {
        Self {
            store,
            place,
            said,
            clean_freq,
            queues: Queues::new(),
            counters: Arc::default(),
            sweeper: OnceLock::new(),
        }
    }

    pub(crate) fn figures(&self) -> Figures {
        self.counters.figures()
    }
}

impl Keeper {
    /// A number that no other has.
    pub(crate) fn number() -> u64 {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        NUMBERS.fetch_add(1, Relaxed)
    }

    /// Opens the store, finds the keys, and begins to sweep.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) async fn start(&self) -> Result<(), String> {
        let opened = self.common.store.start().await;
        opened.map_err(|error| in_words(&error))?;
        self.keys().map_err(|error| {
            let causes: Vec<_> = error.causes().collect();
            causes.join(": ")
        })?;
        if self.common.clean_freq.is_zero() || self.common.sweeper.get().is_some() {
            return Ok(());
        }
        let Common {
            store,
            counters,
            clean_freq,
            ..
        } = &*self.common;
        let sweeper = Sweeper::start(store, counters, *clean_freq);
        let sweeper = sweeper.map_err(|error| error.to_string())?;
        // Should another place have been faster, ours ends.
        drop(self.common.sweeper.set(sweeper));
        Ok(())
    }

    /// The keys of the cookie. Made when they are needed first.
    pub(crate) fn keys(&self) -> Result<&Keys> {
        if let Some(keys) = self.keys.get() {
            return Ok(keys);
        }
        let keys = self.secrets.keys().map_err(Error::internal)?;
        Ok(self.keys.get_or_init(|| keys))
    }

    /// Who the visitor is, as far as the cookie says.
    pub(crate) fn who(&self, request: &HttpRequest, is_https: bool) -> Result<Option<Understood>> {
        let mut lines = request.headers().get_all(COOKIE);
        let keys = self.keys()?;
        let read = || self.cookie.read(request, is_https, keys);
        Ok(match (lines.next(), lines.next()) {
            (Some(line), None) => {
                let reader = self.number << 1 | u64::from(is_https);
                memo::understood(reader, line.as_bytes(), read)
            }
            _ => read(),
        })
    }

    /// The visitor of the one may be a visitor of the other: both write the same cookie for the same store.
    pub(crate) fn has_cookie_of(&self, other: &Self, is_https: bool) -> bool {
        Arc::ptr_eq(&self.common, &other.common)
            && self.cookie.name(is_https) == other.cookie.name(is_https)
    }

    /// What is stored of a visitor. An id that the store does not know is nobody's: it is never taken over.
    pub(crate) async fn load(&self, known: Option<Understood>, access: Access) -> Result<Loaded> {
        if let Some(loaded) = self.load_now(known.clone(), access) {
            return loaded.map_err(StoreError::answer);
        }
        let Some(known) = known else {
            return Ok(Loaded::new(access));
        };
        let key = known.key.clone();
        let found = match access {
            Access::Read => {
                let read = self.common.store.read(&key, self.life).await;
                read.map(|data| data.map(|data| (data, Hold::Read)))
            }
            Access::Write => self.lock(key).await,
        };
        let loaded = self.loaded(known, access, found);
        loaded.map_err(StoreError::answer)
    }

    /// The same, where nothing has to be waited for; nothing is done where it has.
    pub(crate) fn load_now(
        &self,
        known: Option<Understood>,
        access: Access,
    ) -> Option<Result<Loaded, StoreError>> {
        let Some(known) = known else {
            count(&self.common.counters.loads);
            return Some(Ok(Loaded::new(access)));
        };
        if !self.common.store.is_instant() {
            return None;
        }
        let key = &known.key;
        let found = match access {
            Access::Read => {
                let read = self.common.store.read(key, self.life).answered()?;
                read.map(|data| data.map(|data| (data, Hold::Read)))
            }
            Access::Write => {
                let turn = self.common.queues.turn_now(key)?;
                let opened =
                    Arc::clone(&self.common.store).open(key.clone(), self.life, Duration::ZERO);
                opened
                    .answered()?
                    .map(|opened| opened.map(|opened| self.locked(opened, turn)))
            }
        };
        Some(self.loaded(known, access, found))
    }

    fn loaded(
        &self,
        known: Understood,
        access: Access,
        found: Result<Option<(Data, Hold)>, StoreError>,
    ) -> Result<Loaded, StoreError> {
        let counters = &self.common.counters;
        count(&counters.loads);
        match found {
            Ok(Some((data, hold))) => {
                count(&counters.hits);
                Ok(Loaded {
                    data,
                    known: Some(known),
                    hold,
                })
            }
            Ok(None) => Ok(Loaded::new(access)),
            Err(error) => {
                if matches!(error, StoreError::Busy) {
                    count(&counters.refused);
                }
                Err(error)
            }
        }
    }

    async fn lock(&self, key: Key) -> Result<Option<(Data, Hold)>, StoreError> {
        let turn = self.common.queues.turn(&key, self.lock_timeout).await;
        let (turn, left) = match turn {
            Ok((turn, None)) => (turn, self.lock_timeout),
            Ok((turn, Some(waited))) => {
                count(&self.common.counters.waits);
                (turn, self.lock_timeout.saturating_sub(waited))
            }
            Err(NoTurn::Full | NoTurn::Late) => return Err(StoreError::Busy),
        };
        let opened = Arc::clone(&self.common.store)
            .open(key, self.life, left)
            .await?;
        Ok(opened.map(|opened| self.locked(opened, turn)))
    }

    fn locked(&self, opened: Opened, turn: Turn) -> (Data, Hold) {
        let Opened { data, lease } = opened;
        let held = Held {
            since: Instant::now(),
            counters: Arc::clone(&self.common.counters),
        };
        (data, Hold::Locked(Locked { lease, turn, held }))
    }

    /// Does what a page wishes of its session.
    pub(crate) async fn save(&self, open: Open, is_https: bool) -> Result<Done> {
        if let Some(failure) = open.failure {
            return Err(failure);
        }
        let Loaded { data, known, hold } = open.loaded;
        match (hold, open.wish) {
            (Hold::New(_), _) if data.is_empty() => Ok(Done::Nothing),
            (Hold::New(_), _) => Box::pin(self.begin(data, is_https)).await,
            (Hold::Read, _) => self.worn(known, is_https),
            (Hold::Locked(locked), Wish::Purge) => {
                let deleted = Box::pin(end(locked, Lease::delete)).await;
                deleted.map_err(StoreError::answer)?;
                if data.is_empty() {
                    return Ok(Done::Ended(self.cookie.removal(is_https)?));
                }
                Box::pin(self.begin(data, is_https)).await
            }
            (Hold::Locked(locked), Wish::Renew) => {
                Box::pin(self.rename(locked, data, is_https)).await
            }
            (Hold::Locked(locked), Wish::Keep) => {
                let (life, is_changed) = (self.life, open.is_changed);
                let changed = is_changed.then_some(data);
                let written = end(locked, |lease| written(lease, changed, life)).await;
                if self.kept(written, is_changed)? {
                    self.worn(known, is_https)
                } else {
                    Ok(Done::Nothing)
                }
            }
        }
    }

    /// Saves what the browser must be told of before the head of the answer goes, and answers what is needed to go on.
    pub(crate) async fn save_and_keep(
        &self,
        mut open: Open,
        is_https: bool,
    ) -> Result<(Done, Open)> {
        if let Some(failure) = open.failure.take() {
            return Err(failure);
        }
        let begins = open.loaded.known.is_none() && !open.loaded.data.is_empty();
        if open.wish == Wish::Keep && !begins {
            let done = self.worn(open.loaded.known.clone(), is_https)?;
            return Ok((done, open));
        }
        let done = self.save(open, is_https).await?;
        let loaded = match &done {
            Done::Became(became) => self.load(Some(became.1.clone()), Access::Write).await?,
            _ => Loaded::new(Access::Write),
        };
        Ok((done, Open::new(loaded)))
    }

    /// Stores a session that nobody knows yet.
    async fn begin(&self, data: Data, is_https: bool) -> Result<Done> {
        let ticket = self.create(data).await?;
        self.became(ticket, is_https)
    }

    /// The visitor has this ticket from now on.
    fn became(&self, ticket: Ticket, is_https: bool) -> Result<Done> {
        count(&self.common.counters.saves);
        let cookie = self.written(&ticket, is_https)?;
        let visitor = Understood::new(ticket, false);
        Ok(Done::Became(Box::new((cookie, visitor))))
    }

    fn written(&self, ticket: &Ticket, is_https: bool) -> Result<HeaderValue> {
        let keep = self.life.idle.saturating_add(self.life.idle / SLACK);
        self.cookie.write(is_https, self.keys()?, ticket, keep)
    }

    /// What came of a write, and whether the session is still there.
    fn kept(&self, written: Result<Written, StoreError>, is_changed: bool) -> Result<bool> {
        match written {
            Ok(Written::Done) => {
                if is_changed {
                    count(&self.common.counters.saves);
                }
                Ok(true)
            }
            // Whoever only looked loses nothing.
            Ok(Written::Gone) | Err(StoreError::Lost) if !is_changed => Ok(false),
            Ok(Written::Gone) => {
                self.gone();
                Ok(false)
            }
            Err(error) => Err(self.lost(error).answer()),
        }
    }

    async fn create(&self, data: Data) -> Result<Ticket> {
        let id = Id::new()?;
        let (store, life, key) = (Arc::clone(&self.common.store), self.life, id.key(None));
        let creating = async move { store.create(&key, data, life).await };
        let name = to_the_end(Pending::later(creating), None::<Turn>).await;
        Ok(Ticket::new(id, name.map_err(StoreError::answer)?))
    }

    async fn rename(&self, locked: Locked, data: Data, is_https: bool) -> Result<Done> {
        let id = Id::new()?;
        let (life, key) = (self.life, id.key(None));
        let renamed = end(locked, |lease| lease.rename(key, data, life));
        match renamed.await {
            Ok(Renamed::Done(name)) => self.became(Ticket::new(id, name), is_https),
            Ok(Renamed::Gone) => Ok(self.gone()),
            Err(error) => Err(self.lost(error).answer()),
        }
    }

    /// Somebody has ended the session meanwhile: nothing was written. What the browser has to know of that, the answer to him tells: this one may
    /// come after it, and must not take a new cookie away.
    fn gone(&self) -> Done {
        count(&self.common.counters.conflicts);
        Done::Nothing
    }

    fn lost(&self, error: StoreError) -> StoreError {
        if matches!(error, StoreError::Lost) {
            count(&self.common.counters.conflicts);
        }
        error
    }

    /// The cookie anew, if the browser's is worn: old, or sealed with an old key.
    fn worn(&self, known: Option<Understood>, is_https: bool) -> Result<Done> {
        let Some(known) = known else {
            return Ok(Done::Nothing);
        };
        let is_worn =
            self.cookie.is_persistent && known.ticket.is_older_than(self.life.idle / SLACK);
        if !known.is_old && !is_worn {
            return Ok(Done::Nothing);
        }
        let ticket = Ticket::new(known.ticket.id, known.ticket.name);
        self.written(&ticket, is_https).map(Done::Written)
    }
}

/// The last thing that is done with a lease.
fn end<T: 'static>(
    locked: Locked,
    deed: impl FnOnce(Box<dyn Lease>) -> Pending<'static, T>,
) -> impl Future<Output = Result<T, StoreError>> {
    let Locked { lease, turn, held } = locked;
    to_the_end(deed(lease), Some((turn, held)))
}

fn written(lease: Box<dyn Lease>, changed: Option<Data>, life: Life) -> Pending<'static, Written> {
    match changed {
        Some(data) => lease.save(data, life),
        None => lease.touch(life),
    }
}

/// The error and what caused it, on one line.
pub(crate) fn in_words(error: &StoreError) -> String {
    let mut words = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}
