//! In one file, by `redb`, an embedded database written in Rust.
//!
//! Its methods may wait for the disk, so they are called through [`File::run`], which does the waiting on another thread: a worker of the
//! server answers many visitors at once and must not stand still for one of them.

use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use kirsch::actix_web::web;
use redb::{Database, Error, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use super::{Note, Part, Sheet};
use crate::draft::Draft;
use crate::moment::Moment;
use crate::search::Search;
use crate::user::User;

type Result<T, E = Error> = std::result::Result<T, E>;

/// Owner and number → title, text, created, updated (seconds since 1970). The owner is a part of the key: no mistake in a page finds
/// the notes of somebody else.
const NOTES: TableDefinition<'static, (u64, u64), (&'static str, &'static str, u64, u64)> =
    TableDefinition::new("own_notes");

/// The number last given to a note, so that the number of a deleted one is not given again: old links must not lead to another note.
const NUMBERS: TableDefinition<'static, &'static str, u64> = TableDefinition::new("numbers");

/// Name in small letters → random number, name as its owner writes it, hash of the password.
const USERS: TableDefinition<'static, &'static str, (u64, &'static str, &'static str)> =
    TableDefinition::new("users");

/// The store in a file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    database: Arc<Database>,
}

impl File {
    pub(super) fn open(path: &Path) -> kirsch::Result<Self> {
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
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> kirsch::Result<T> {
        let store = self.clone();
        Ok(web::block(move || work(&store)).await??)
    }

    /// The next number of this kind.
    fn number(change: &WriteTransaction, kind: &str) -> Result<u64> {
        let mut numbers = change.open_table(NUMBERS)?;
        let number = numbers.get(kind)?.map_or(0, |last| last.value()) + 1;
        numbers.insert(kind, number)?;
        Ok(number)
    }

    pub(super) fn note(&self, owner: u64, id: u64) -> Result<Option<Note>> {
        let notes = self.database.begin_read()?.open_table(NOTES)?;
        Ok(notes
            .get((owner, id))?
            .map(|row| Note::read(id, row.value())))
    }

    pub(super) fn list(&self, owner: u64, search: &Search, part: Part) -> Result<Sheet> {
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
        let (number, count) = part.of(found.len());
        let mut sheet = Sheet {
            notes: Vec::new(),
            found: found.len(),
            number,
            count,
        };
        for (_, id) in found
            .into_iter()
            .skip((number - 1) * part.size)
            .take(part.size)
        {
            sheet.notes.extend(
                notes
                    .get((owner, id))?
                    .map(|row| Note::read(id, row.value())),
            );
        }
        Ok(sheet)
    }

    pub(super) fn create(&self, owner: u64, draft: Draft, now: Moment) -> Result<Note> {
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

    pub(super) fn change(
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

    pub(super) fn remove(&self, owner: u64, id: u64) -> Result<bool> {
        let change = self.database.begin_write()?;
        let removed = change.open_table(NOTES)?.remove((owner, id))?.is_some();
        change.commit()?;
        Ok(removed)
    }

    pub(super) fn user(&self, name: &str) -> Result<Option<(User, String)>> {
        let users = self.database.begin_read()?.open_table(USERS)?;
        Ok(users.get(&*name.to_lowercase())?.map(|row| {
            let (id, name, hash) = row.value();
            let name = name.to_owned();
            (User { id, name }, hash.to_owned())
        }))
    }

    pub(super) fn sign_up(&self, user: User, hash: &str) -> Result<Option<User>> {
        let change = self.database.begin_write()?;
        {
            let mut users = change.open_table(USERS)?;
            let key = user.name.to_lowercase();
            if users.get(&*key)?.is_some() {
                return Ok(None);
            }
            users.insert(&*key, (user.id, &*user.name, hash))?;
        }
        change.commit()?;
        Ok(Some(user))
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
