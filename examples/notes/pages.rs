//! The tree, and the pages that a browser shows.

use askama::Template;
use kirsch::actix_web::http::{StatusCode, header};
use kirsch::actix_web::{CustomizeResponder, Either};
use kirsch::prelude::*;

use crate::account::Account;
use crate::api::Api;
use crate::draft::{Draft, Problems};
use crate::moment::Moment;
use crate::password::Passwords;
use crate::search::Search;
use crate::store::{Note, Part, Store};
use crate::user::Visitor;
use crate::views::{DeleteView, ErrorView, FormView, Frame, ListView, NoteView, html, note_link};

/// How many notes one page of the list shows.
const PAGE: usize = 24;

/// A changed stylesheet reaches every visitor within this many seconds.
const STYLE_AGE: u32 = 600;

/// What the pages may load: their own stylesheet and pictures.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'";

/// A form that was sent either leads on or comes back with what is wrong.
pub(crate) type Sent = Either<Redirect, CustomizeResponder<Html>>;

/// The site: `/`. No other site can make a visitor's browser write here, and browsers are told to load nothing from elsewhere.
/// A visitor is remembered: `site.toml` says where.
#[expose]
#[tools(request_id, security_headers(csp = POLICY), csrf, sessions(storage_path = "var/sessions"))]
pub(crate) struct Root {
    #[child]
    account: Account,
    #[child]
    api: Api,
    store: Store,
}

impl Root {
    pub(crate) fn new(store: Store, passwords: Passwords) -> Self {
        Self {
            account: Account::new(store.clone(), passwords),
            api: Api::new(store.clone()),
            store,
        }
    }

    /// A note of this visitor's. One of somebody else's is not there for him.
    async fn find(&self, visitor: &Visitor, id: u64) -> Result<Note> {
        let note = self.store.note(visitor.user.id, id).await?;
        note.ok_or_else(Error::not_found)
    }
}

#[expose]
impl Root {
    /// All notes of this visitor's, or those that hold every word of `q`.
    async fn index(
        &self,
        #[arg(default = "")] q: String,
        #[arg(default = 1)] page: usize,
        visitor: Visitor,
    ) -> Result<Html> {
        let search = Search::new(&q);
        let part = Part {
            number: page,
            size: PAGE,
        };
        let sheet = self.store.list(visitor.user.id, &search, part).await?;
        html(&ListView {
            frame: visitor.frame()?,
            query: q.trim().to_owned(),
            search,
            sheet,
        })
    }

    /// One note: `/note/1`, and `/note?id=1` as well.
    async fn note(&self, id: u64, visitor: Visitor) -> Result<Html> {
        html(&NoteView {
            note: self.find(&visitor, id).await?,
            frame: visitor.frame()?,
        })
    }

    /// An empty form.
    #[get(path = "new")]
    fn blank(&self, visitor: Visitor) -> Result<Html> {
        let frame = visitor.frame()?;
        html(&FormView::new(frame, Draft::default(), Problems::default()))
    }

    /// Keeps a new note and leads to it. Going back and forth in the browser does not send the form again.
    #[post(path = "new")]
    async fn create(
        &self,
        title: String,
        #[arg(default = "")] text: String,
        visitor: Visitor,
    ) -> Result<Sent> {
        let draft = Draft::new(&title, &text);
        let problems = draft.problems();
        if !problems.is_empty() {
            return refused(&FormView::new(visitor.frame()?, draft, problems));
        }
        let owner = visitor.user.id;
        let note = self.store.create(owner, draft, Moment::now()).await?;
        visitor.tell("The note is saved.")?;
        Ok(Either::Left(Redirect::to(note_link(note.id))))
    }

    /// The form with a note in it.
    #[get(path = "edit/{id}")]
    async fn edit(&self, id: u64, visitor: Visitor) -> Result<Html> {
        let note = self.find(&visitor, id).await?;
        html(&FormView::edit(
            visitor.frame()?,
            id,
            Draft {
                title: note.title,
                text: note.text,
            },
            Problems::default(),
        ))
    }

    /// Keeps a changed note and leads to it.
    #[post(path = "edit/{id}")]
    async fn save(
        &self,
        id: u64,
        title: String,
        #[arg(default = "")] text: String,
        visitor: Visitor,
    ) -> Result<Sent> {
        let draft = Draft::new(&title, &text);
        let problems = draft.problems();
        if !problems.is_empty() {
            return refused(&FormView::edit(visitor.frame()?, id, draft, problems));
        }
        let owner = visitor.user.id;
        let changed = self.store.change(owner, id, draft, Moment::now()).await?;
        let note = changed.ok_or_else(Error::not_found)?;
        visitor.tell("The note is changed.")?;
        Ok(Either::Left(Redirect::to(note_link(note.id))))
    }

    /// Asks before it deletes: a link alone, followed by a crawler or a browser that looks ahead, changes nothing.
    #[get(path = "delete/{id}")]
    async fn ask(&self, id: u64, visitor: Visitor) -> Result<Html> {
        html(&DeleteView {
            note: self.find(&visitor, id).await?,
            frame: visitor.frame()?,
            search: Search::default(),
        })
    }

    /// Deletes a note and leads to the others.
    #[post(path = "delete/{id}")]
    async fn remove(&self, id: u64, visitor: Visitor) -> Result<Redirect> {
        if !self.store.remove(visitor.user.id, id).await? {
            return Err(Error::not_found());
        }
        visitor.tell("The note is deleted.")?;
        Ok(Redirect::to(Self::link()))
    }

    /// The stylesheet, a part of the program.
    #[get(path = "style.css")]
    fn style(&self) -> HttpResponse {
        file("text/css; charset=utf-8", include_str!("style.css"))
    }

    /// A pair of cherries.
    #[get(path = "icon.svg")]
    fn icon(&self) -> HttpResponse {
        file("image/svg+xml", include_str!("icon.svg"))
    }

    /// A page for those who have signed in: everybody else is led to the form for it.
    #[error_page(401)]
    fn unknown(&self) -> Redirect {
        Redirect::to(Self::link().account().form())
    }

    /// A page that is not there, or a note that is not there any more.
    #[error_page(404)]
    fn lost(&self) -> Result<Html> {
        html(&ErrorView {
            frame: Frame::default(),
            status: 404,
            heading: "Nothing is written here",
            words: "This page does not exist, or the note that stood here was deleted.",
        })
    }

    /// Whatever else goes wrong. The words of an error are meant for visitors; its cause goes to the log.
    #[error_page(default)]
    fn failed(&self, error: &Error) -> Result<Html> {
        html(&ErrorView {
            frame: Frame::default(),
            status: error.status().as_u16(),
            heading: "That did not work",
            words: error.words(),
        })
    }
}

/// The form again, with what was written into it and what is wrong with it.
pub(crate) fn refused(form: &impl Template) -> Result<Sent> {
    Ok(Either::Right(
        html(form)?
            .customize()
            .with_status(StatusCode::UNPROCESSABLE_ENTITY),
    ))
}

fn file(content_type: &'static str, content: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((
            header::CACHE_CONTROL,
            format!("public, max-age={STYLE_AGE}"),
        ))
        .body(content)
}
