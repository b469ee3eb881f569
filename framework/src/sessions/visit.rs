//! One request and its session: loaded when it is asked for, saved once, and let go whatever happens.
//!
//! Whoever drops a visit before it is saved, by a panic, an error or a client that has gone, drops the lease and the turn with it: nothing is
//! written, and the next request goes on.

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;
use tokio::sync::Notify;

use crate::error::{Error, Result};
use crate::sessions::keeper::{Done, Keeper, Loaded};
use crate::sessions::seal::Understood;
use crate::sessions::{Data, Figures, Locking, StoreError};

/// One request and its session.
#[derive(Debug)]
pub(crate) struct Visit {
    keeper: Arc<Keeper>,
    is_https: bool,
    state: RefCell<State>,
    /// Told when a session has been loaded, or not.
    loaded: Notify,
    /// How many a page and its body hold of it.
    hands: Cell<usize>,
    /// How often the session has been read.
    readings: Cell<u32>,
    /// The answer's head has gone: there is no way left to tell the browser of a new id.
    is_late: Cell<bool>,
    told: RefCell<Told>,
}

#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one for each request: a box would cost more than the room"
)]
enum State {
    Untouched,
    Loading,
    Open(Open),
    /// Saved, or given up.
    Over,
}

/// A session in the hands of a page.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) loaded: Loaded,
    pub(crate) is_changed: bool,
    pub(crate) wish: Wish,
    /// Something could not be put into the session: it must not be saved without it.
    pub(crate) failure: Option<Error>,
}

impl Open {
    pub(crate) fn new(loaded: Loaded) -> Self {
        Self {
            loaded,
            is_changed: false,
            wish: Wish::Keep,
            failure: None,
        }
    }
}

/// What is to become of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Keep,
    Renew,
    Purge,
}

/// What a page asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// What the answer has to say of the session, and who the visitor is from then on.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Somebody has asked who the visitor is.
    pub(crate) varies: bool,
    pub(crate) set_cookie: Option<HeaderValue>,
    pub(crate) visitor: Visitor,
}

/// Who the visitor is, after what this request has done.
#[derive(Debug, Default)]
pub(crate) enum Visitor {
    #[default]
    AsTheCookieSays,
    Nobody,
    Known(Box<Understood>),
}

impl Visit {
    pub(crate) fn new(keeper: Arc<Keeper>, is_https: bool) -> Rc<Self> {
        Rc::new(Self {
            keeper,
            is_https,
            state: RefCell::new(State::Untouched),
            loaded: Notify::new(),
            hands: Cell::new(0),
            readings: Cell::new(0),
            is_late: Cell::new(false),
            told: RefCell::default(),
        })
    }

    /// The visit goes on at another page, where it may be to another keeper.
    pub(crate) fn on_to(self: Rc<Self>, keeper: &Arc<Keeper>) -> Rc<Self> {
        if Arc::ptr_eq(&self.keeper, keeper) {
            return self;
        }
        let next = Self::new(Arc::clone(keeper), self.is_https);
        // The same cookie: what was written of it holds there, and is told there.
        if self.keeper.has_cookie_of(keeper, self.is_https) {
            next.told.swap(&self.told);
        }
        next
    }

    /// What the answer has to say.
    pub(crate) fn told(&self) -> Ref<'_, Told> {
        self.told.borrow()
    }

    pub(crate) fn take_hand(&self) {
        self.hands.set(self.hands.get() + 1);
    }

    /// Answers whether it was the last.
    pub(crate) fn release_hand(&self) -> bool {
        self.hands.set(self.hands.get() - 1);
        self.hands.get() == 0
    }

    pub(crate) fn readings(&self) -> u32 {
        self.readings.get()
    }

    /// A page or a body still has it.
    pub(crate) fn is_in_hand(&self) -> bool {
        self.hands.get() > 0
    }

    /// Loads the session if nobody has asked for it, and nothing has to be waited for. `None`: [`Self::open`] has to do it.
    pub(crate) fn open_now(&self, request: &HttpRequest, access: Access) -> Option<Result<()>> {
        let mut state = self.state.borrow_mut();
        if !matches!(*state, State::Untouched) {
            return None;
        }
        let known = match self.visitor(request) {
            Ok(known) => known,
            Err(error) => return Some(Err(error)),
        };
        let loaded = self.keeper.load_now(known, access)?;
        Some(loaded.map_err(StoreError::answer).map(|loaded| {
            *state = State::Open(Open::new(loaded));
        }))
    }

    /// Who the visitor is: what an earlier page of the same request has made of him, else what his cookie says.
    fn visitor(&self, request: &HttpRequest) -> Result<Option<Understood>> {
        match &self.told.borrow().visitor {
            Visitor::AsTheCookieSays => self.keeper.who(request, self.is_https),
            Visitor::Nobody => Ok(None),
            Visitor::Known(visitor) => Ok(Some((**visitor).clone())),
        }
    }

    /// What the parameter `Session` asks for.
    pub(crate) fn usual_access(&self) -> Access {
        match self.keeper.locking {
            Locking::Explicit => Access::Read,
            Locking::Implicit | Locking::Early => Access::Write,
        }
    }

    /// Loads the session, unless it is there. For writing, waits for its turn.
    pub(crate) async fn open(&self, request: &HttpRequest, access: Access) -> Result<()> {
        // Two parameters of one page may be asked for together.
        while matches!(*self.state.borrow(), State::Loading) {
            self.loaded.notified().await;
        }
        let known = match &*self.state.borrow() {
            State::Open(open) if !open.loaded.must_be_locked(access) => return Ok(()),
            State::Open(open) => open.loaded.known.clone(),
            State::Untouched | State::Loading | State::Over => self.visitor(request)?,
        };
        self.load(known, access).await
    }

    /// Locks a session that was read, and reads it again.
    pub(crate) async fn lock(&self) -> Result<()> {
        let known = match &*self.state.borrow() {
            State::Open(open) if open.loaded.must_be_locked(Access::Write) => {
                open.loaded.known.clone()
            }
            State::Open(_) => return Ok(()),
            State::Untouched | State::Loading | State::Over => return Err(over()),
        };
        self.load(known, Access::Write).await
    }

    async fn load(&self, known: Option<Understood>, access: Access) -> Result<()> {
        let mut loading = Loading {
            visit: self,
            then: self.state.replace(State::Loading),
        };
        let loaded = self.keeper.load(known, access).await?;
        self.readings.set(self.readings.get() + 1);
        let before = std::mem::replace(&mut loading.then, State::Open(Open::new(loaded)));
        if let (State::Open(before), State::Open(open)) = (before, &mut loading.then) {
            open.failure = before.failure;
        }
        Ok(())
    }

    /// Looks into the session.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Data) -> Result<T>) -> Result<T> {
        match &*self.state.borrow() {
            State::Open(open) => look(&open.loaded.data),
            _ => Err(over()),
        }
    }

    /// What all sessions in this storage have done.
    pub(crate) fn figures(&self) -> Figures {
        self.keeper.common.figures()
    }

    /// The key of the session, if it is stored.
    pub(crate) fn key_in_short(&self) -> Option<String> {
        match &*self.state.borrow() {
            State::Open(open) => Some(open.loaded.known.as_ref()?.key.short()),
            _ => None,
        }
    }

    /// Changes the session, or what is to become of it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Open) -> Result<T>) -> Result<T> {
        let mut state = self.state.borrow_mut();
        let State::Open(open) = &mut *state else {
            return Err(over());
        };
        if open.loaded.is_only_read() {
            return Err(Error::internal(
                "a session is written that is not locked: with `locking = \"explicit\"`, call `session.lock().await?` before",
            ));
        }
        let would_begin = open.loaded.known.is_none() || open.wish == Wish::Purge;
        if self.is_late.get() && would_begin {
            return Err(late());
        }
        change(open)
    }

    /// Says what is to become of the session. That it is to end stays said.
    pub(crate) fn wish(&self, wish: Wish) -> Result<()> {
        if wish == Wish::Renew && self.is_late.get() {
            return Err(late());
        }
        self.change(|open| {
            if open.wish != Wish::Purge {
                open.wish = wish;
            }
            Ok(())
        })
    }

    /// Something could not be written: the session is not saved, and the request fails.
    pub(crate) fn fail(&self, error: Error) {
        if let State::Open(open) = &mut *self.state.borrow_mut() {
            open.failure.get_or_insert(error);
        }
    }

    /// Saves what is open, and lets it go. Told twice, it does nothing the second time.
    ///
    /// # Errors
    /// The store cannot save. Nothing is held then either.
    pub(crate) async fn save(&self) -> Result<()> {
        let Some(open) = self.take() else {
            return Ok(());
        };
        let done = self.keeper.save(open, self.is_https).await?;
        self.note(done);
        Ok(())
    }

    /// Saves what the browser must be told of, and keeps the session: the body that streams goes on with it.
    pub(crate) async fn save_and_keep(&self) -> Result<()> {
        let Some(open) = self.take() else {
            return Ok(());
        };
        let (done, open) = self.keeper.save_and_keep(open, self.is_https).await?;
        self.note(done);
        self.is_late.set(true);
        self.state.replace(State::Open(open));
        Ok(())
    }

    fn note(&self, done: Done) {
        if matches!(done, Done::Nothing) {
            return;
        }
        let mut told = self.told.borrow_mut();
        match done {
            Done::Nothing => {}
            Done::Written(cookie) => told.set_cookie = Some(cookie),
            Done::Became(became) => {
                let (cookie, visitor) = *became;
                told.set_cookie = Some(cookie);
                told.visitor = Visitor::Known(Box::new(visitor));
            }
            Done::Ended(cookie) => {
                told.set_cookie = Some(cookie);
                told.visitor = Visitor::Nobody;
            }
        }
    }

    /// The head of the answer has gone, and something is still open.
    pub(crate) fn is_late(&self) -> bool {
        self.is_late.get() && matches!(*self.state.borrow(), State::Open(_))
    }

    /// Lets the session go without saving it.
    pub(crate) fn abandon(&self) {
        drop(self.take());
    }

    fn take(&self) -> Option<Open> {
        let mut state = self.state.borrow_mut();
        if !matches!(*state, State::Open(_)) {
            return None;
        }
        self.told.borrow_mut().varies = true;
        match std::mem::replace(&mut *state, State::Over) {
            State::Open(open) => Some(open),
            _ => None,
        }
    }
}

/// A visit whose session is being loaded. Whoever stops waiting leaves it as it was.
struct Loading<'v> {
    visit: &'v Visit,
    then: State,
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        let then = std::mem::replace(&mut self.then, State::Over);
        self.visit.state.replace(then);
        self.visit.loaded.notify_waiters();
    }
}

fn over() -> Error {
    Error::internal(
        "a session is used after it has been saved: use it before the page answers, or in the stream that it answers with",
    )
}

fn late() -> Error {
    Error::internal(
        "a session is begun or renewed after the head of the answer has gone: do it before the body streams",
    )
}
