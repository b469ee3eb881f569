//! The store: notes in one file, by `redb`, an embedded database written in Rust. Accounts are in it as well: `users`.
//!
//! Its methods may wait for the disk, so a page calls them through [`Store::run`], which does the waiting on another thread:
//! a worker of the server answers many visitors at once and must not stand still for one of them.

use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use kirsch::actix_web::web;
use redb::{Database, Error, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use crate::draft::Draft;
use crate::moment::Moment;
use crate::search::Search;
use crate::users::USERS;

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Owner and number → title, text, created, updated (seconds since 1970). The owner is a part of the key: no mistake in a page finds
/// the notes of somebody else.
const NOTES: TableDefinition<'static, (u64, u64), (&'static str, &'static str, u64, u64)> =
    TableDefinition::new("own_notes");

/// The number last given to a note or a user, so that the number of a deleted note is not given again: old links must not lead to another note.
const NUMBERS: TableDefinition<'static, &'static str, u64> = TableDefinition::new("numbers");

/// The notes. A clone is another handle to the same store.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) database: Arc<Database>,
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

impl Store {
    /// Opens the store in this file; makes the file, and the folders above it, if need be.
    ///
    /// # Errors
    /// The file is no store, may not be written, or is open in another process.
    pub(crate) fn open(path: impl AsRef<Path>) -> kirsch::Result<Self> {
        let path = path.as_ref();
        let told = |cause: &dyn std::error::Error| {
            io::Error::other(format!("cannot open `{}`: {cause}", path.display()))
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|cause| told(&cause))?;
        }
        let database = Database::create(path).map_err(|cause| told(&cause))?;
        let change = database.begin_write()?;
        // Opened once here, the tables exist for everybody who only reads.
        change.open_table(NOTES)?;
        change.open_table(NUMBERS)?;
        change.open_table(USERS)?;
        change.commit()?;
        Ok(Self {
            database: Arc::new(database),
        })
    }

    /// Does `work` with the store on a thread that may wait.
    ///
    /// # Errors
    /// 500, when `work` fails or the server is about to stop.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> kirsch::Result<T> {
        let store = self.clone();
        Ok(web::block(move || work(&store)).await??)
    }

    /// The next number of this kind.
    pub(crate) fn number(change: &WriteTransaction, kind: &str) -> Result<u64> {
        let mut numbers = change.open_table(NUMBERS)?;
        let number = numbers.get(kind)?.map_or(0, |last| last.value()) + 1;
        numbers.insert(kind, number)?;
        Ok(number)
    }

    /// One note, if this owner has one of that number.
    pub(crate) fn note(&self, owner: u64, id: u64) -> Result<Option<Note>> {
        let notes = self.database.begin_read()?.open_table(NOTES)?;
        Ok(notes
            .get((owner, id))?
            .map(|row| Note::read(id, row.value())))
    }

    /// The notes of this owner that were found, `size` to a page. A page after the last one is the last one: notes may have gone since the link was made.
    pub(crate) fn list(
        &self,
        owner: u64,
        search: &Search,
        number: usize,
        size: usize,
    ) -> Result<Sheet> {
        let notes = self.database.begin_read()?.open_table(NOTES)?;
        let mut found = Vec::new();
        for row in notes.range((owner, 0)..=(owner, u64::MAX))? {
            let (key, row) = row?;
            let (title, text, _, updated) = row.value();
            if search.finds(title, text) {
                found.push((updated, key.value().1));
            }
        }
        found.sort_unstable_by(|one, other| other.cmp(one));
        let count = found.len().div_ceil(size).max(1);
        let number = number.clamp(1, count);
        let mut sheet = Sheet {
            notes: Vec::new(),
            found: found.len(),
            number,
            count,
        };
        for (_, id) in found.into_iter().skip((number - 1) * size).take(size) {
            sheet.notes.extend(
                notes
                    .get((owner, id))?
                    .map(|row| Note::read(id, row.value())),
            );
        }
        Ok(sheet)
    }

    /// Keeps a new note. It is on the disk when this returns.
    pub(crate) fn create(&self, owner: u64, draft: Draft, now: Moment) -> Result<Note> {
        let change = self.database.begin_write()?;
        let note = {
            let id = Self::number(&change, "note")?;
            let note = Note {
                id,
                title: draft.title,
                text: draft.text,
                created: now,
                updated: now,
            };
            change.open_table(NOTES)?.insert((owner, id), note.row())?;
            note
        };
        change.commit()?;
        Ok(note)
    }

    /// Gives a note another title and text; `None` if it is not there.
    pub(crate) fn change(
        &self,
        owner: u64,
        id: u64,
        draft: Draft,
        now: Moment,
    ) -> Result<Option<Note>> {
        let change = self.database.begin_write()?;
        let note = {
            let mut notes = change.open_table(NOTES)?;
            let Some(old) = notes
                .get((owner, id))?
                .map(|row| Note::read(id, row.value()))
            else {
                return Ok(None);
            };
            let note = Note {
                title: draft.title,
                text: draft.text,
                updated: now,
                ..old
            };
            notes.insert((owner, id), note.row())?;
            note
        };
        change.commit()?;
        Ok(Some(note))
    }

    /// Forgets a note; whether there was one.
    pub(crate) fn remove(&self, owner: u64, id: u64) -> Result<bool> {
        let change = self.database.begin_write()?;
        let removed = change.open_table(NOTES)?.remove((owner, id))?.is_some();
        change.commit()?;
        Ok(removed)
    }
}

impl Note {
    fn read(id: u64, (title, text, created, updated): (&str, &str, u64, u64)) -> Self {
        Self {
            id,
            title: title.to_owned(),
            text: text.to_owned(),
            created: Moment(created),
            updated: Moment(updated),
        }
    }

    fn row(&self) -> (&str, &str, u64, u64) {
        (&self.title, &self.text, self.created.0, self.updated.0)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::{TempDir, tempdir};

    use super::*;

    const ANNA: u64 = 1;
    const OTTO: u64 = 2;

    fn store() -> (TempDir, Store) {
        let folder = tempdir().unwrap();
        let store = Store::open(folder.path().join("var/notes.redb")).unwrap();
        (folder, store)
    }

    fn draft(title: &str) -> Draft {
        Draft::new(title, "text")
    }

    fn titles(sheet: &Sheet) -> Vec<&str> {
        sheet.notes.iter().map(|note| note.title.as_str()).collect()
    }

    #[test]
    fn a_number_is_never_given_twice() {
        let (_folder, store) = store();
        assert_eq!(store.create(ANNA, draft("one"), Moment(1)).unwrap().id, 1);
        assert!(store.remove(ANNA, 1).unwrap());
        assert!(!store.remove(ANNA, 1).unwrap());
        assert_eq!(store.create(ANNA, draft("two"), Moment(2)).unwrap().id, 2);
        assert_eq!(
            store.list(ANNA, &Search::default(), 1, 10).unwrap().found,
            1
        );
    }

    #[test]
    fn nobody_reaches_the_notes_of_another() {
        let (_folder, store) = store();
        store.create(ANNA, draft("hers"), Moment(1)).unwrap();
        store.create(OTTO, draft("his"), Moment(1)).unwrap();
        assert_eq!(
            titles(&store.list(OTTO, &Search::default(), 1, 10).unwrap()),
            ["his"]
        );
        assert_eq!(store.note(OTTO, 1).unwrap(), None);
        assert_eq!(
            store.change(OTTO, 1, draft("ours"), Moment(2)).unwrap(),
            None
        );
        assert!(!store.remove(OTTO, 1).unwrap());
        assert_eq!(store.note(ANNA, 1).unwrap().unwrap().title, "hers");
    }

    #[test]
    fn a_change_keeps_the_day_of_creation() {
        let (_folder, store) = store();
        store.create(ANNA, draft("old"), Moment(1)).unwrap();
        let note = store
            .change(ANNA, 1, draft("new"), Moment(2))
            .unwrap()
            .unwrap();
        assert_eq!(
            (note.title.as_str(), note.created, note.updated),
            ("new", Moment(1), Moment(2))
        );
        assert_eq!(store.note(ANNA, 1).unwrap(), Some(note));
        assert_eq!(
            store.change(ANNA, 2, draft("new"), Moment(2)).unwrap(),
            None
        );
    }

    #[test]
    fn the_last_changed_comes_first() {
        let (_folder, store) = store();
        for (title, second) in [("a", 5), ("b", 7), ("c", 6)] {
            store.create(ANNA, draft(title), Moment(second)).unwrap();
        }
        assert_eq!(
            titles(&store.list(ANNA, &Search::default(), 1, 10).unwrap()),
            ["b", "c", "a"]
        );
        store.change(ANNA, 1, draft("a"), Moment(8)).unwrap();
        assert_eq!(
            titles(&store.list(ANNA, &Search::default(), 1, 10).unwrap()),
            ["a", "b", "c"]
        );
        assert_eq!(
            titles(&store.list(ANNA, &Search::new("C text"), 1, 10).unwrap()),
            ["c"]
        );
    }

    #[test]
    fn pages_are_numbered_from_one_and_end_with_the_last() {
        let (_folder, store) = store();
        let empty = store.list(ANNA, &Search::default(), 3, 2).unwrap();
        assert_eq!((empty.found, empty.number, empty.count), (0, 1, 1));
        for second in 0..5 {
            store
                .create(ANNA, draft(&second.to_string()), Moment(second))
                .unwrap();
        }
        let sheet = |number| store.list(ANNA, &Search::default(), number, 2).unwrap();
        assert_eq!(titles(&sheet(0)), ["4", "3"]);
        assert_eq!(titles(&sheet(2)), ["2", "1"]);
        assert_eq!(titles(&sheet(usize::MAX)), ["0"]);
        assert_eq!((sheet(9).found, sheet(9).number, sheet(9).count), (5, 3, 3));
    }

    #[test]
    fn notes_survive_a_restart() {
        let (folder, store) = store();
        let note = store.create(ANNA, draft("kept"), Moment(1)).unwrap();
        drop(store);
        let store = Store::open(folder.path().join("var/notes.redb")).unwrap();
        assert_eq!(store.note(ANNA, note.id).unwrap(), Some(note));
    }
}
