//! `/account`: who has none signs up, who has one signs in, and everybody may go.

use kirsch::actix_web::Either;
use kirsch::prelude::*;
use kirsch::sessions::Level;

use crate::pages::{Root, Sent, refused};
use crate::password::Passwords;
use crate::store::Store;
use crate::user::{problem, sign_in, tidied};
use crate::views::{AccountView, Frame, html};

/// The same words for a name that nobody has and for a wrong password: strangers do not learn who has an account.
const WRONG: &str = "This name and this password do not belong together.";

/// `/account`: hashes are costly, and passwords can be guessed, so nobody sends these forms often.
#[expose]
pub(crate) struct Account {
    store: Store,
    passwords: Passwords,
}

impl Account {
    pub(crate) fn new(store: Store, passwords: Passwords) -> Self {
        Self { store, passwords }
    }
}

#[expose]
impl Account {
    #[get(path = "signup")]
    fn new_form(&self, session: Session) -> Result<Html> {
        html(&AccountView::sign_up(Frame::of(&session)?))
    }

    /// Makes an account, and signs its owner in.
    #[post(path = "signup")]
    #[tools(rate_limit(rate = "20/hour"))]
    async fn sign_up(&self, name: String, password: String, session: Session) -> Result<Sent> {
        let name = tidied(&name);
        if let Some(problem) = problem(&name, &password) {
            let view = AccountView::sign_up(Frame::of(&session)?);
            return refused(&view.again(name, problem));
        }
        let hash = self.passwords.hash(password).await?;
        let Some(user) = self.store.sign_up(&name, hash).await? else {
            let view = AccountView::sign_up(Frame::of(&session)?);
            return refused(&view.again(name, "Somebody has this name already.".into()));
        };
        sign_in(&session, &user)?;
        session.flash(Level::Success, format!("Welcome, {}.", user.name))?;
        Ok(Either::Left(Redirect::to(Root::link())))
    }

    #[get(path = "signin")]
    fn form(&self, session: Session) -> Result<Html> {
        html(&AccountView::sign_in(Frame::of(&session)?))
    }

    #[post(path = "signin")]
    #[tools(rate_limit(rate = "10/minute"))]
    async fn sign_in(&self, name: String, password: String, session: Session) -> Result<Sent> {
        let name = tidied(&name);
        let known = self.store.user(&name).await?;
        let (user, hash) = known.unzip();
        let is_right = self.passwords.is_right(password, hash).await?;
        let Some(user) = user.filter(|_| is_right) else {
            let view = AccountView::sign_in(Frame::of(&session)?);
            return refused(&view.again(name, WRONG.into()));
        };
        sign_in(&session, &user)?;
        session.flash(Level::Success, format!("Welcome back, {}.", user.name))?;
        Ok(Either::Left(Redirect::to(Root::link())))
    }

    /// Ends the session: what it held is deleted, and its id is nobody's from now on.
    #[post(path = "signout")]
    fn sign_out(&self, session: Session) -> Result<Redirect> {
        session.purge()?;
        Ok(Redirect::to(Root::link().account().form()))
    }
}
