//! Who keeps the sessions of a site: the store, the queues, the cookie and its keys, and how all that is used.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;

use crate::error::{Error, Result};
use crate::sessions::cookie::Cookie;
use crate::sessions::counters::{Counters, Figures, count};
use crate::sessions::end::to_the_end;
use crate::sessions::id::Id;
use crate::sessions::keys;
use crate::sessions::queue::{NoTurn, Queues, Turn};
use crate::sessions::seal::{Keys, Ticket, Understood};
use crate::sessions::sweeper::Sweeper;
use crate::sessions::visit::{Access, Open, Saved, Wish};
use crate::sessions::{Data, Key, Lease, Life, Locking, Renamed, Store, StoreError, Written};

/// A cookie is written anew when this share of the idle time has passed since it was written last, and lives so much longer than the session:
/// most answers need no cookie then, and no session ends early for it.
const SLACK: u32 = 10;

/// Who keeps the sessions of a site.
#[derive(Debug)]
pub(crate) struct Keeper {
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
        Ok(self.cookie.read(request, is_https, self.keys()?))
    }

    /// What is stored of a visitor. An id that the store does not know is nobody's: it is never taken over.
    pub(crate) async fn load(&self, known: Option<Understood>, access: Access) -> Result<Loaded> {
        count(&self.common.counters.loads);
        let Some(known) = known else {
            return Ok(Loaded::new());
        };
        let key = known.ticket.key();
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
        Ok(opened.map(|opened| {
            let locked = Locked {
                lease: opened.lease,
                turn,
                since: Instant::now(),
            };
            (opened.data, Hold::Locked(locked))
        }))
    }

    /// Does what a page wishes of its session.
    pub(crate) async fn save(&self, open: Open, is_https: bool) -> Result<Saved> {
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
            (Hold::New, _) => Some(self.create(data).await?),
            (Hold::Read, _) => self.worn(known),
            (Hold::Locked(locked), Wish::Purge) => {
                self.end(locked, Lease::delete).await?;
                saved.set_cookie = Some(self.cookie.removal(is_https)?);
                None
            }
            (Hold::Locked(locked), Wish::Renew) => match self.rename(locked, data).await? {
                Some(ticket) => Some(ticket),
                None => return self.gone(saved, is_https),
            },
            (Hold::Locked(locked), Wish::Keep) => {
                let life = self.life;
                let written = if open.is_changed {
                    count(&self.common.counters.saves);
                    self.end(locked, |lease| lease.save(data, life)).await?
                } else {
                    self.end(locked, |lease| lease.touch(life)).await?
                };
                match written {
                    Written::Done => self.worn(known),
                    // Whoever only looked loses nothing.
                    Written::Gone if !open.is_changed => None,
                    Written::Gone => return self.gone(saved, is_https),
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
        count(&self.common.counters.saves);
        let id = Id::new()?;
        let (store, life, key) = (Arc::clone(&self.common.store), self.life, id.key(None));
        let creating = async move { store.create(&key, data, life).await };
        let name = to_the_end(Box::pin(creating), None).await;
        Ok(Ticket::new(id, name.map_err(StoreError::answer)?))
    }

    async fn rename(&self, locked: Locked, data: Data) -> Result<Option<Ticket>> {
        count(&self.common.counters.saves);
        let id = Id::new()?;
        let (life, key) = (self.life, id.key(None));
        let renamed = self.end(locked, |lease| lease.rename(key, data, life));
        Ok(match renamed.await? {
            Renamed::Done(name) => Some(Ticket::new(id, name)),
            Renamed::Gone => None,
        })
    }

    /// The last thing that is done with a lease.
    async fn end<T: 'static>(
        &self,
        locked: Locked,
        deed: impl FnOnce(Box<dyn Lease>) -> crate::sessions::Pending<'static, T>,
    ) -> Result<T> {
        let held = u64::try_from(locked.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.common.counters.held_nanos.fetch_add(held, Relaxed);
        let done = to_the_end(deed(locked.lease), Some(locked.turn)).await;
        done.map_err(StoreError::answer)
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
