//! The notes as JSON: `/api/notes` and `/api/notes/1`, for whoever has signed in.

use kirsch::Link;
use kirsch::Problem;
use kirsch::actix_web::http::{StatusCode, header};
use kirsch::prelude::*;
use serde::Serialize;

use crate::draft::Draft;
use crate::moment::Moment;
use crate::pages::Root;
use crate::search::Search;
use crate::store::{Note, Part, Store};
use crate::user::Visitor;
use crate::views::note_link;

/// How many notes one answer lists. Its `Link` header names the next ones (RFC 8288).
const PAGE: usize = 100;

/// `/api`: for programs.
#[expose]
pub(crate) struct Api {
    store: Store,
}

impl Api {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }
}

#[expose]
impl Api {
    /// Nothing below is asked before it is known for whom. The path is written: without one, every parameter would be a segment of it.
    #[child(path = "notes")]
    fn notes(&self, visitor: Visitor) -> Notes {
        Notes {
            store: self.store.clone(),
            owner: visitor.user.id,
        }
    }

    /// Whatever goes wrong below `/api`, also for a client that did not say that it prefers JSON (RFC 9457).
    #[error_page(default)]
    fn problem(&self, error: &Error) -> Problem {
        Problem::of(error)
    }
}

/// `/api/notes`: all of one owner's.
#[expose]
pub(crate) struct Notes {
    store: Store,
    owner: u64,
}

#[expose(resource)]
impl Notes {
    /// Lists notes, the last changed first; those that hold every word of `q`.
    async fn get(
        &self,
        #[arg(default = "")] q: String,
        #[arg(default = 1)] page: usize,
    ) -> Result<HttpResponse> {
        let (owner, search) = (self.owner, Search::new(&q));
        let part = Part {
            number: page,
            size: PAGE,
        };
        let sheet = self.store.list(owner, &search, part).await?;
        let mut answer = HttpResponse::Ok();
        if sheet.number < sheet.count {
            let list = Link::from(Root::link().api().notes());
            let next = list.query("q", &q).query("page", sheet.number + 1);
            answer.insert_header((header::LINK, format!("<{next}>; rel=\"next\"")));
        }
        let notes: Vec<NoteJson> = sheet.notes.into_iter().map(NoteJson::from).collect();
        Ok(answer.json(notes))
    }

    /// Keeps a new note: 201, and `Location` says where it is.
    async fn post(&self, body: Json<Draft>) -> Result<HttpResponse> {
        let (owner, draft) = (self.owner, checked(&body)?);
        let note = self.store.create(owner, draft, Moment::now()).await?;
        let place = Root::link().api().notes().note(note.id).to_string();
        Ok(HttpResponse::Created()
            .insert_header((header::LOCATION, place))
            .json(NoteJson::from(note)))
    }

    /// `/api/notes/1`: looked up here, so that no method of the note need ask whether it exists.
    #[child(path = "{id}")]
    async fn note(&self, id: u64) -> Result<Entry> {
        let owner = self.owner;
        let note = self.store.note(owner, id).await?;
        let note = note.ok_or_else(Error::not_found)?;
        Ok(Entry {
            store: self.store.clone(),
            owner,
            note,
        })
    }
}

/// `/api/notes/1`: one note, as it was when the request came.
#[expose]
pub(crate) struct Entry {
    store: Store,
    owner: u64,
    note: Note,
}

#[expose(resource)]
impl Entry {
    fn get(&self) -> Json<NoteJson> {
        Json(self.note.clone().into())
    }

    /// Replaces title and text.
    async fn put(&self, body: Json<Draft>) -> Result<Json<NoteJson>> {
        let (owner, id, draft) = (self.owner, self.note.id, checked(&body)?);
        let changed = self.store.change(owner, id, draft, Moment::now()).await?;
        Ok(Json(changed.ok_or_else(Error::not_found)?.into()))
    }

    async fn delete(&self) -> Result<NoContent> {
        if !self.store.remove(self.owner, self.note.id).await? {
            return Err(Error::not_found());
        }
        Ok(NoContent)
    }
}

/// A note as programs see it.
#[derive(Debug, Serialize)]
pub(crate) struct NoteJson {
    id: u64,
    title: String,
    text: String,
    created: String,
    updated: String,
    /// The page that shows it.
    page: Link,
}

impl From<Note> for NoteJson {
    fn from(note: Note) -> Self {
        Self {
            id: note.id,
            title: note.title,
            text: note.text,
            created: note.created.iso(),
            updated: note.updated.iso(),
            page: note_link(note.id),
        }
    }
}

/// The draft that was sent, if it meets the rules; else 422 with all that is wrong.
fn checked(sent: &Draft) -> Result<Draft> {
    let draft = Draft::new(&sent.title, &sent.text);
    let problems = draft.problems();
    if problems.is_empty() {
        Ok(draft)
    } else {
        Err(Error::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            problems.in_one_line(),
        ))
    }
}
