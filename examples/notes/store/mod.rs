//! The store: notes and accounts, in one file or in PostgreSQL. Pages do not know which.

mod file;
mod postgres;

#[cfg(test)]
mod tests;

use std::path::Path;

use kirsch::Result;

use crate::draft::Draft;
use crate::moment::Moment;
use crate::search::Search;
use crate::user::User;

use self::file::File;
use self::postgres::Postgres;

/// The notes and the accounts. A clone is another handle to the same store.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    File(File),
    Postgres(Postgres),
}

/// A note as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) created: Moment,
    pub(crate) updated: Moment,
}

/// One page of the notes that a search found, the last changed first.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) notes: Vec<Note>,
    /// How many notes were found on all pages.
    pub(crate) found: usize,
    /// This page's number, from 1.
    pub(crate) number: usize,
    /// How many pages there are, at least 1.
    pub(crate) count: usize,
}

/// Which part of what a search found is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// From 1. A page after the last one is the last one: notes may have gone since the link was made.
    pub(crate) number: usize,
    /// How many notes a page has.
    pub(crate) size: usize,
}

impl Part {
    /// The page that there is, of so many notes, and how many pages there are.
    fn of(self, found: usize) -> (usize, usize) {
        let count = found.div_ceil(self.size).max(1);
        (self.number.clamp(1, count), count)
    }
}

/// Every method fails with 500 when the store does, or the server is about to stop.
impl Store {
    /// The store in this file; makes the file, and the folders above it, if need be.
    ///
    /// # Errors
    /// The file is no store, may not be written, or is open in another process.
    pub(crate) fn file(path: impl AsRef<Path>) -> Result<Self> {
        File::open(path.as_ref()).map(Self::File)
    }

    /// The store in this database; makes its tables, if need be.
    ///
    /// # Errors
    /// The database cannot be reached, or may not be written.
    pub(crate) fn postgres(url: &str) -> Result<Self> {
        Postgres::open(url).map(Self::Postgres)
    }

    /// One note, if this owner has one of that number.
    pub(crate) async fn note(&self, owner: u64, id: u64) -> Result<Option<Note>> {
        match self {
            Self::File(file) => file.run(move |file| file.note(owner, id)).await,
            Self::Postgres(postgres) => postgres.note(owner, id).await,
        }
    }

    /// The notes of this owner that were found.
    pub(crate) async fn list(&self, owner: u64, search: &Search, part: Part) -> Result<Sheet> {
        match self {
            Self::File(file) => {
                let search = search.clone();
                file.run(move |file| file.list(owner, &search, part)).await
            }
            Self::Postgres(postgres) => postgres.list(owner, search, part).await,
        }
    }

    /// Keeps a new note. It is safe when this returns.
    pub(crate) async fn create(&self, owner: u64, draft: Draft, now: Moment) -> Result<Note> {
        match self {
            Self::File(file) => file.run(move |file| file.create(owner, draft, now)).await,
            Self::Postgres(postgres) => postgres.create(owner, draft, now).await,
        }
    }

    /// Gives a note another title and text; `None` if it is not there.
    pub(crate) async fn change(
        &self,
        owner: u64,
        id: u64,
        draft: Draft,
        now: Moment,
    ) -> Result<Option<Note>> {
        match self {
            Self::File(file) => {
                file.run(move |file| file.change(owner, id, draft, now))
                    .await
            }
            Self::Postgres(postgres) => postgres.change(owner, id, draft, now).await,
        }
    }

    /// Forgets a note; whether there was one.
    pub(crate) async fn remove(&self, owner: u64, id: u64) -> Result<bool> {
        match self {
            Self::File(file) => file.run(move |file| file.remove(owner, id)).await,
            Self::Postgres(postgres) => postgres.remove(owner, id).await,
        }
    }

    /// The user of this name, whatever its case, and the hash of his password.
    pub(crate) async fn user(&self, name: &str) -> Result<Option<(User, String)>> {
        match self {
            Self::File(file) => {
                let name = name.to_owned();
                file.run(move |file| file.user(&name)).await
            }
            Self::Postgres(postgres) => postgres.user(name).await,
        }
    }

    /// Keeps a new user; `None` if the name is somebody's. Of two who want it at once, one gets it.
    pub(crate) async fn sign_up(&self, name: &str, hash: String) -> Result<Option<User>> {
        let (id, name) = (random()?, name.to_owned());
        let user = User { id, name };
        match self {
            Self::File(file) => file.run(move |file| file.sign_up(user, &hash)).await,
            Self::Postgres(postgres) => postgres.sign_up(user, &hash).await,
        }
    }
}

/// No number comes twice, not even in a store that takes the place of a lost one: sessions that outlive a store lead to nobody's notes. It fits
/// into a signed number, which is what databases have.
fn random() -> Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes) >> 1)
}
