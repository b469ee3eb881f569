//! One value of a session as a type: read once, written once.

use std::fmt;
use std::ops::{Deref, DerefMut};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;

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
/// As [`Session`]; 500 when what is stored is no `T`, or cannot be written.
pub struct Typed<T: SessionData> {
    value: T,
    is_changed: bool,
    session: Session,
}

impl<T: SessionData> Typed<T> {
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
        if let Err(error) = self.session.insert(T::NAME, &self.value) {
            // Nobody can be told here: the request fails when the session is saved.
            self.session.fail(error);
        }
    }
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
                session,
            })
        })
    }
}
