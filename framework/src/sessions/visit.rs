//! One request and its session: loaded when it is asked for, saved once, and let go whatever happens.
//!
//! Whoever drops a visit before it is saved, by a panic, an error or a client that has gone, drops the lease and the turn with it: nothing is
//! written, and the next request goes on.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;

use crate::error::{Error, Result};
use crate::sessions::keeper::{Keeper, Loaded};
use crate::sessions::seal::Understood;
use crate::sessions::{Data, Figures, Locking, StoreError};

/// One request and its session.
#[derive(Debug)]
pub(crate) struct Visit {
    keeper: Arc<Keeper>,
    is_https: bool,
    state: RefCell<State>,
    /// How many a page and its body hold of it.
    hands: Cell<usize>,
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
    /// The answer's head has gone: there is no way left to tell the browser of a new id.
    pub(crate) is_late: bool,
    /// Something could not be put into the session: it must not be saved without it.
    pub(crate) failure: Option<Error>,
}

impl Open {
    fn new(loaded: Loaded) -> Self {
        Self {
            loaded,
            is_changed: false,
            wish: Wish::Keep,
            is_late: false,
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

/// What the answer has to say of the session.
#[derive(Debug, Default)]
pub(crate) struct Saved {
    /// Somebody has asked who the visitor is.
    pub(crate) varies: bool,
    pub(crate) set_cookie: Option<HeaderValue>,
}

impl Visit {
    pub(crate) fn new(keeper: Arc<Keeper>, is_https: bool) -> Rc<Self> {
        Rc::new(Self {
            keeper,
            is_https,
            state: RefCell::new(State::Untouched),
            hands: Cell::new(0),
        })
    }

    /// It is this keeper who is visited.
    pub(crate) fn is_to(&self, keeper: &Arc<Keeper>) -> bool {
        Arc::ptr_eq(&self.keeper, keeper)
    }

    pub(crate) fn take_hand(&self) {
        self.hands.set(self.hands.get() + 1);
    }

    /// Answers whether it was the last.
    pub(crate) fn release_hand(&self) -> bool {
        self.hands.set(self.hands.get() - 1);
        self.hands.get() == 0
    }

    /// Somebody may still write.
    pub(crate) fn is_in_hand(&self) -> bool {
        self.hands.get() > 0
    }

    /// Loads the session if nobody has asked for it, and nothing has to be waited for. `None`: [`Self::open`] has to do it.
    pub(crate) fn open_now(&self, request: &HttpRequest, access: Access) -> Option<Result<()>> {
        let mut state = self.state.borrow_mut();
        if !matches!(*state, State::Untouched) {
            return None;
        }
        let known = match self.keeper.who(request, self.is_https) {
            Ok(known) => known,
            Err(error) => return Some(Err(error)),
        };
        let loaded = self.keeper.load_now(known.as_ref(), access)?;
        Some(loaded.map_err(StoreError::answer).map(|loaded| {
            *state = State::Open(Open::new(loaded));
        }))
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
        let known = match &*self.state.borrow() {
            State::Open(open) if !open.loaded.must_be_locked(access) => return Ok(()),
            State::Open(open) => open.loaded.known.clone(),
            State::Loading => return Err(Error::internal("a session is being loaded already")),
            State::Untouched | State::Over => self.keeper.who(request, self.is_https)?,
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
        self.state.replace(State::Loading);
        let loading = Loading(self);
        let loaded = self.keeper.load(known, access).await?;
        loading.0.state.replace(State::Open(Open::new(loaded)));
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
        if open.is_late && open.loaded.known.is_none() {
            return Err(Error::internal(
                "a session is begun after the head of the answer has gone: write to it before the body streams",
            ));
        }
        change(open)
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
    pub(crate) async fn save(&self) -> Result<Saved> {
        match self.take() {
            Some(open) => self.keeper.save(open, self.is_https).await,
            None => Ok(Saved::default()),
        }
    }

    /// Saves what is open, and keeps it: the body that streams goes on with it.
    pub(crate) async fn save_and_keep(&self) -> Result<Saved> {
        let Some(open) = self.take() else {
            return Ok(Saved::default());
        };
        let (saved, open) = self.keeper.save_and_keep(open, self.is_https).await?;
        if let Some(open) = open {
            self.state.replace(State::Open(open));
        }
        Ok(saved)
    }

    /// The head of the answer has gone, and something is still open.
    pub(crate) fn is_late(&self) -> bool {
        matches!(&*self.state.borrow(), State::Open(open) if open.is_late)
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
        match std::mem::replace(&mut *state, State::Over) {
            State::Open(open) => Some(open),
            _ => None,
        }
    }
}

/// A visit whose session is being loaded. Whoever stops waiting leaves it as if nobody had asked.
struct Loading<'v>(&'v Visit);

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.borrow_mut();
        if matches!(*state, State::Loading) {
            *state = State::Untouched;
        }
    }
}

fn over() -> Error {
    Error::internal(
        "a session is used after it has been saved: use it before the page answers, or in the stream that it answers with",
    )
}
