//! Who uses the notes: a user, what a new one must bring, and the visitor who has signed in.

use std::pin::Pin;

use kirsch::actix_web::dev::Payload;
use kirsch::actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};
use kirsch::actix_web::{self, FromRequest};
use kirsch::prelude::*;
use kirsch::sessions::Level;
use kirsch::tools::Provided;
use serde::{Deserialize, Serialize};

use crate::views::Frame;

/// The longest name, in characters.
const LONGEST_NAME: usize = 40;

/// How long a password is, in characters. The upper bound is there because it is hashed.
const SHORTEST_PASSWORD: usize = 8;
const LONGEST_PASSWORD: usize = 200;

/// Where the session has the user.
const USER: &str = "user";

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
}

/// A name is one line without surplus space.
pub(crate) fn tidied(name: &str) -> String {
    let words = name.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// What is wrong with the name and the password of somebody who wants an account.
pub(crate) fn problem(name: &str, password: &str) -> Option<String> {
    if name.is_empty() {
        return Some("An account needs a name.".into());
    }
    if name.chars().count() > LONGEST_NAME {
        return Some(format!("A name has at most {LONGEST_NAME} characters."));
    }
    let length = password.chars().count();
    (!(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length))
        .then(|| format!("A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."))
}

/// From here on, this session is the user's. It gets a new id: whoever knew the old one is not signed in as well.
pub(crate) fn sign_in(session: &Session, user: &User) -> Result<()> {
    // Nothing of whoever was here before is his.
    session.clear()?;
    session.renew()?;
    session.insert(USER, user)
}

/// The user of this session, if somebody has signed in.
pub(crate) fn signed_in(session: &Session) -> Result<Option<User>> {
    session.get(USER)
}

/// A visitor who has signed in: a parameter of every page that nobody else may see. For all others the page is 401.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) user: User,
    session: Session,
}

impl Visitor {
    /// What surrounds his next page. It shows the messages that were left for him, which are gone then.
    pub(crate) fn frame(&self) -> Result<Frame> {
        Frame::of(&self.session)
    }

    /// Leaves a message for his next page.
    pub(crate) fn tell(&self, words: &str) -> Result<()> {
        self.session.flash(Level::Success, words)
    }
}

/// Without this, the site could not know that such a page needs the tool `sessions`.
impl Provided for Visitor {
    const TOOL: &'static str = "sessions";
}

impl FromRequest for Visitor {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let session = Session::from_request(request, payload);
        Box::pin(async move {
            let session = session.await?;
            let user = signed_in(&session)?.ok_or_else(nobody)?;
            Ok(Self { user, session })
        })
    }
}

/// A 401 says by what one signs in (RFC 9110, 11.6.1): here by the form, whose cookie is then sent.
fn nobody() -> Error {
    let by_cookie = HeaderValue::from_static("Cookie realm=\"notes\"");
    Error::new(StatusCode::UNAUTHORIZED, "Sign in first.").header(WWW_AUTHENTICATE, by_cookie)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_needs_a_name_and_a_long_password() {
        assert_eq!(tidied("  Anna\t Kirsch\0 "), "Anna Kirsch");
        assert_eq!(problem("Anna", "cherries"), None);
        for (name, password) in [("", "cherries"), ("Anna", "cherry")] {
            assert!(problem(name, password).is_some(), "{name:?} {password:?}");
        }
        assert!(problem(&"a".repeat(LONGEST_NAME + 1), "cherries").is_some());
        assert!(problem("Anna", &"a".repeat(LONGEST_PASSWORD + 1)).is_some());
    }
}
