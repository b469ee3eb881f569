//! One value of a session as a type: read once, written once.

use std::fmt;
use std::ops::{Deref, DerefMut};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::sessions::Session;
use crate::sessions::session::Extracted;

/// A type that sessions hold under one name.
pub trait SessionData: Serialize + DeserializeOwned + Default + 'static {
    /// The name.
    const NAME: &'static str;
}

/// One value of the visitor's session, read once when the page begins and written once when it ends, if it was changed. What is not there begins
/// as its default.
///
/// # Examples
/// ```
/// use kirsch::prelude::*;
/// use kirsch::sessions::{SessionData, Typed};
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// struct Cart {
///     items: Vec<String>,
/// }
///
/// impl SessionData for Cart {
///     const NAME: &'static str = "cart";
/// }
///
/// #[expose]
/// #[tools(sessions)]
/// struct Shop;
///
/// #[expose]
/// impl Shop {
///     #[post]
///     fn add(&self, item: String, mut cart: Typed<Cart>) -> String {
///         cart.items.push(item);
///         format!("{} in the cart", cart.items.len())
///     }
/// }
///
/// let mut client = kirsch::testing::Client::new(Shop);
/// client.post_form("/add", [("item", "cherries")]).assert_body("1 in the cart");
/// client.post_form("/add", [("item", "plums")]).assert_body("2 in the cart");
/// ```
///
/// # Errors
/// As [`Session`]; 500 when what is stored is no `T`, or cannot be written; with `locking = "explicit"`, also when it is changed without
/// [`Typed::lock`].
pub struct Typed<T: SessionData> {
    value: T,
    is_changed: bool,
    /// Which reading of the session it comes from.
    reading: u32,
    session: Session,
}

impl<T: SessionData> Typed<T> {
    /// With `locking = "explicit"`: waits for the session's turn, locks it, and reads the value again. What is changed from then on is written.
    ///
    /// # Errors
    /// As [`Session::lock`]; 500 when the value has been changed already, or what is stored is no `T`.
    pub async fn lock(&mut self) -> Result<()> {
        if self.is_changed {
            return Err(unlocked(T::NAME));
        }
        self.session.lock().await?;
        self.value = self.session.get(T::NAME)?.unwrap_or_default();
        self.reading = self.session.readings();
        Ok(())
    }

    /// The session that it is in.
    pub fn session(&self) -> &Session {
        &self.session
    }
}

impl<T: SessionData> Deref for Typed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Whoever asks for it to be changed is taken to have changed it.
impl<T: SessionData> DerefMut for Typed<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.is_changed = true;
        &mut self.value
    }
}

impl<T: SessionData> Drop for Typed<T> {
    fn drop(&mut self) {
        if !self.is_changed {
            return;
        }
        let written = if self.reading == self.session.readings() {
            self.session.insert(T::NAME, &self.value)
        } else {
            Err(unlocked(T::NAME))
        };
        if let Err(error) = written {
            // Nobody can be told here: the request fails when the session is saved.
            self.session.fail(error);
        }
    }
}

/// Another request may have changed the value since it was read.
fn unlocked(name: &str) -> Error {
    Error::internal(format!(
        "the session's `{name}` was read before the session was locked, and is changed: call `.lock().await?` of the `Typed` before"
    ))
}

/// Shows nothing of what is stored.
impl<T: SessionData> fmt::Debug for Typed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Typed({} of {:?})", T::NAME, self.session)
    }
}

impl<T: SessionData> FromRequest for Typed<T> {
    type Error = actix_web::Error;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let session = Session::from_request(request, payload);
        Extracted::later(async move {
            let session = session.await?;
            Ok(Self {
                value: session.get(T::NAME)?.unwrap_or_default(),
                is_changed: false,
                reading: session.readings(),
                session,
            })
        })
    }
}
