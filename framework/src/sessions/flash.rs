//! Messages for the visitor's next page: "saved", after a form that was answered with a redirect.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::sessions::Session;

/// Where they are in the session. No application's name begins with a dot.
const NAME: &str = ".flash";

/// More are not kept: the oldest go.
const MOST: usize = 16;

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something to know.
    Info,
    /// It worked.
    Success,
    /// It worked, but.
    Warning,
    /// It did not work.
    Error,
}

impl Level {
    /// The level in small letters: `success`, for the class of an element.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A message for the visitor's next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// How it is meant.
    pub level: Level,
    /// What it says. Whoever puts it into HTML escapes it.
    pub text: String,
}

impl Session {
    /// Leaves a message for the visitor's next page that asks for them. At most 16 are kept.
    ///
    /// # Examples
    /// ```
    /// use kirsch::prelude::*;
    /// use kirsch::sessions::Level;
    ///
    /// #[expose]
    /// #[tools(sessions)]
    /// struct Root;
    ///
    /// #[expose]
    /// impl Root {
    ///     #[post]
    ///     fn save(&self, session: Session) -> Result<Redirect> {
    ///         session.flash(Level::Success, "saved")?;
    ///         Ok(Redirect::to("/"))
    ///     }
    ///
    ///     fn index(&self, session: Session) -> Result<String> {
    ///         let flashes = session.flashes()?;
    ///         Ok(flashes.iter().map(|flash| flash.text.as_str()).collect())
    ///     }
    /// }
    ///
    /// let mut client = kirsch::testing::Client::new(Root).follow_redirects();
    /// client.post("/save").assert_body("saved");
    /// client.get("/").assert_body("");
    /// ```
    ///
    /// # Errors
    /// As [`Session::insert`].
    pub fn flash(&self, level: Level, text: impl Into<String>) -> Result<()> {
        let text = text.into();
        self.update(NAME, |flashes: &mut Vec<Flash>| {
            flashes.push(Flash { level, text });
            let surplus = flashes.len().saturating_sub(MOST);
            flashes.drain(..surplus);
        })
    }

    /// The messages that were left, oldest first. They are shown once: the session has them no longer.
    ///
    /// # Errors
    /// As [`Session::take`].
    pub fn flashes(&self) -> Result<Vec<Flash>> {
        Ok(self.take(NAME)?.unwrap_or_default())
    }
}
