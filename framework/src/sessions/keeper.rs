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
use crate::sessions::visit::{Access, Open, Saved, Wish};
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
    /// How often expired sessions are removed; zero is never.
    pub(crate) clean_freq: Duration,
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
    /// Nobody else knows it yet.
    New,
    /// It was read, and is not locked.
    Read,
    Locked(Locked),
}

/// The lease goes before the turn: the next in the queue finds it free.
#[derive(Debug)]
struct Locked {
    lease: Box<dyn Lease>,
    turn: Turn,
    since: Instant,
}

impl Loaded {
    fn new() -> Self {
        Self {
            data: Data::default(),
            known: None,
            hold: Hold::New,
        }
    }

    pub(crate) fn is_only_read(&self) -> bool {
        matches!(self.hold, Hold::Read)
    }

    pub(crate) fn must_be_locked(&self, access: Access) -> bool {
        access == Access::Write && self.is_only_read()
    }
}

/// What all places of a site share that have their sessions in one storage.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) store: Arc<dyn Store>,
    queues: Arc<Queues>,
    counters: Arc<Counters>,
    /// Started with the first server.
    sweeper: OnceLock<Sweeper>,
}

impl Common {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
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
        self.keys().map_err(|error| format!("{error:?}"))?;
        if self.clean_freq.is_zero() || self.common.sweeper.get().is_some() {
            return Ok(());
        }
        let Common {
            store, counters, ..
        } = &*self.common;
        let sweeper = Sweeper::start(store, counters, self.clean_freq);
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

    /// What is stored of a visitor. An id that the store does not know is nobody's: it is never taken over.
    pub(crate) async fn load(&self, known: Option<Understood>, access: Access) -> Result<Loaded> {
        count(&self.common.counters.loads);
        let Some(known) = known else {
            return Ok(Loaded::new());
        };
        let key = known.key.clone();
        let found = match access {
            Access::Read => self
                .common
                .store
                .read(&key, self.life)
                .await
                .map(|data| data.map(|data| (data, Hold::Read))),
            Access::Write => self.lock(key).await,
        };
        let Some((data, hold)) = found.map_err(StoreError::answer)? else {
            return Ok(Loaded::new());
        };
        count(&self.common.counters.hits);
        Ok(Loaded {
            data,
            known: Some(known),
            hold,
        })
    }

    /// The same, where nothing has to be waited for; nothing is done where it has.
    pub(crate) fn load_now(
        &self,
        known: Option<&Understood>,
        access: Access,
    ) -> Option<Result<Loaded, StoreError>> {
        if !self.common.store.is_instant() {
            return None;
        }
        let Some(known) = known else {
            count(&self.common.counters.loads);
            return Some(Ok(Loaded::new()));
        };
        let key = &known.key;
        let found = match access {
            Access::Read => {
                let read = self.common.store.read(key, self.life).answered()?;
                read.map(|data| data.map(|data| (data, Hold::Read)))
            }
            Access::Write => {
                let turn = self.common.queues.turn_now(key)?;
                let opened = Arc::clone(&self.common.store).open(key.clone(), Duration::ZERO);
                opened
                    .answered()?
                    .map(|opened| opened.map(|opened| locked(opened, turn)))
            }
        };
        count(&self.common.counters.loads);
        Some(found.map(|found| match found {
            Some((data, hold)) => {
                count(&self.common.counters.hits);
                Loaded {
                    data,
                    known: Some(known.clone()),
                    hold,
                }
            }
            None => Loaded::new(),
        }))
    }

    async fn lock(&self, key: Key) -> Result<Option<(Data, Hold)>, StoreError> {
        let turn = self.common.queues.turn(&key, self.lock_timeout).await;
        let (turn, left) = match turn {
            Ok((turn, None)) => (turn, self.lock_timeout),
            Ok((turn, Some(waited))) => {
                count(&self.common.counters.waits);
                (turn, self.lock_timeout.saturating_sub(waited))
            }
            Err(NoTurn::Full | NoTurn::Late) => {
                count(&self.common.counters.refused);
                return Err(StoreError::Busy);
            }
        };
        let opened = Arc::clone(&self.common.store).open(key, left).await?;
        Ok(opened.map(|opened| locked(opened, turn)))
    }

    /// Does what a page wishes of its session.
    pub(crate) async fn save(&self, open: Open, is_https: bool) -> Result<Saved> {
        if open.is_changed {
            count(&self.common.counters.saves);
        }
        if let Some(failure) = open.failure {
            return Err(failure);
        }
        let Loaded { data, known, hold } = open.loaded;
        let mut saved = Saved {
            varies: true,
            set_cookie: None,
        };
        let ticket = match (hold, open.wish) {
            (Hold::New, Wish::Purge) => None,
            (Hold::New, _) if data.is_empty() => None,
            (Hold::New, _) => Some(Box::pin(self.create(data)).await?),
            (Hold::Read, _) => self.worn(known),
            (Hold::Locked(locked), Wish::Purge) => {
                let deleted = Box::pin(self.end(locked, Lease::delete)).await;
                deleted.map_err(StoreError::answer)?;
                saved.set_cookie = Some(self.cookie.removal(is_https)?);
                None
            }
            (Hold::Locked(locked), Wish::Renew) => match Box::pin(self.rename(locked, data)).await?
            {
                Some(ticket) => Some(ticket),
                None => return self.gone(saved, is_https),
            },
            (Hold::Locked(locked), Wish::Keep) => {
                let life = self.life;
                let changed = open.is_changed.then_some(data);
                let deed = |lease| written(lease, changed, life);
                match self.end(locked, deed).await {
                    Ok(Written::Done) => self.worn(known),
                    // Whoever only looked loses nothing.
                    Ok(Written::Gone) | Err(StoreError::Lost) if !open.is_changed => None,
                    Ok(Written::Gone) => return self.gone(saved, is_https),
                    Err(error) => return Err(error.answer()),
                }
            }
        };
        if let Some(ticket) = ticket
            && !open.is_late
        {
            let keep = self.life.idle + self.life.idle / SLACK;
            let cookie = self.cookie.write(is_https, self.keys()?, &ticket, keep)?;
            saved.set_cookie = Some(cookie);
        }
        Ok(saved)
    }

    /// The same, and what is needed to go on.
    pub(crate) async fn save_and_keep(
        &self,
        open: Open,
        is_https: bool,
    ) -> Result<(Saved, Option<Open>)> {
        let must_be_told = open.wish != Wish::Keep
            || (open.loaded.known.is_none() && !open.loaded.data.is_empty());
        let late = |loaded| Open {
            loaded,
            is_changed: false,
            wish: Wish::Keep,
            is_late: true,
            failure: None,
        };
        if !must_be_told {
            let known = self.worn(open.loaded.known.clone());
            let keep = self.life.idle + self.life.idle / SLACK;
            let cookie = known.map(|ticket| {
                let keys = self.keys()?;
                self.cookie.write(is_https, keys, &ticket, keep)
            });
            let saved = Saved {
                varies: true,
                set_cookie: cookie.transpose()?,
            };
            let open = Open {
                is_late: true,
                ..open
            };
            return Ok((saved, Some(open)));
        }
        let is_purged = open.wish == Wish::Purge;
        let saved = self.save(open, is_https).await?;
        let cookie = saved.set_cookie.as_ref().filter(|_| !is_purged);
        let known = cookie.and_then(|cookie| self.reread(cookie, is_https));
        let loaded = match known {
            Some(known) => self.load(Some(known), Access::Write).await?,
            None => Loaded::new(),
        };
        Ok((saved, Some(late(loaded))))
    }

    /// Who a cookie is for that we have just written.
    fn reread(&self, cookie: &HeaderValue, is_https: bool) -> Option<Understood> {
        let text = cookie.to_str().ok()?;
        let (name, rest) = text.split_once('=')?;
        let value = rest.split(';').next()?;
        let is_ours = name == self.cookie.name(is_https);
        is_ours.then(|| self.keys().ok()?.open(name, value))?
    }

    async fn create(&self, data: Data) -> Result<Ticket> {
        let id = Id::new()?;
        let (store, life, key) = (Arc::clone(&self.common.store), self.life, id.key(None));
        let creating = async move { store.create(&key, data, life).await };
        let name = to_the_end(Pending::later(creating), None).await;
        Ok(Ticket::new(id, name.map_err(StoreError::answer)?))
    }

    async fn rename(&self, locked: Locked, data: Data) -> Result<Option<Ticket>> {
        let id = Id::new()?;
        let (life, key) = (self.life, id.key(None));
        let renamed = self.end(locked, |lease| lease.rename(key, data, life));
        Ok(match renamed.await.map_err(StoreError::answer)? {
            Renamed::Done(name) => Some(Ticket::new(id, name)),
            Renamed::Gone => None,
        })
    }

    /// The last thing that is done with a lease.
    async fn end<T: 'static>(
        &self,
        locked: Locked,
        deed: impl FnOnce(Box<dyn Lease>) -> Pending<'static, T>,
    ) -> Result<T, StoreError> {
        let held = u64::try_from(locked.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.common.counters.held_nanos.fetch_add(held, Relaxed);
        to_the_end(deed(locked.lease), Some(locked.turn)).await
    }

    /// Somebody has ended the session meanwhile: nothing was written, and the cookie is of no more use.
    fn gone(&self, mut saved: Saved, is_https: bool) -> Result<Saved> {
        count(&self.common.counters.conflicts);
        saved.set_cookie = Some(self.cookie.removal(is_https)?);
        Ok(saved)
    }

    /// The ticket to write anew, if the browser's is worn: old, or sealed with an old key.
    fn worn(&self, known: Option<Understood>) -> Option<Ticket> {
        let known = known?;
        let is_worn = self.cookie.is_persistent && known.ticket.age() > self.life.idle / SLACK;
        (known.is_old || is_worn).then(|| Ticket::new(known.ticket.id, known.ticket.name))
    }
}

fn written(lease: Box<dyn Lease>, changed: Option<Data>, life: Life) -> Pending<'static, Written> {
    match changed {
        Some(data) => lease.save(data, life),
        None => lease.touch(life),
    }
}

fn locked(opened: Opened, turn: Turn) -> (Data, Hold) {
    let Opened { data, lease } = opened;
    let since = Instant::now();
    (data, Hold::Locked(Locked { lease, turn, since }))
}

/// The error and what caused it, on one line.
fn in_words(error: &StoreError) -> String {
    let mut words = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}
