//! Views: what a page shows, filled into a template of `templates/`. `askama` compiles them and escapes whatever they show.

use askama::Template;
use kirsch::Link;
use kirsch::prelude::*;
use kirsch::sessions::Flash;

use crate::draft::{Draft, Problems};
use crate::pages::Root;
use crate::search::Search;
use crate::store::{Note, Sheet};
use crate::user::signed_in;

/// A filled template as an answer.
pub(crate) fn html(view: &impl Template) -> Result<Html> {
    Ok(Html::new(view.render()?))
}

/// `/note/1`. The page takes its number from the path or from the query; its links use the path.
pub(crate) fn note_link(id: u64) -> Link {
    Root::link().note().segment(id)
}

/// What surrounds every page: who has signed in, and what there is to tell him.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    user: Option<String>,
    flashes: Vec<Flash>,
}

impl Frame {
    /// The messages are taken out of the session: they are shown once.
    pub(crate) fn of(session: &Session) -> Result<Self> {
        Ok(Self {
            user: signed_in(session)?.map(|user| user.name),
            flashes: session.flashes()?,
        })
    }
}

/// The list of notes, or of those that a search found.
#[derive(Template)]
#[template(path = "list.html")]
pub(crate) struct ListView {
    pub(crate) frame: Frame,
    pub(crate) query: String,
    pub(crate) search: Search,
    pub(crate) sheet: Sheet,
}

impl ListView {
    fn count(&self) -> String {
        match (self.sheet.found, self.query.is_empty()) {
            (1, true) => "1 note".to_owned(),
            (1, false) => "1 note found".to_owned(),
            (0, _) => "no note found".to_owned(),
            (found, true) => format!("{found} notes"),
            (found, false) => format!("{found} notes found"),
        }
    }

    /// The link to another page of the same list.
    fn page(&self, number: usize) -> String {
        let list = Link::from(Root::link());
        let list = if self.query.is_empty() {
            list
        } else {
            list.query("q", &self.query)
        };
        list.query("page", number).to_string()
    }
}

/// One note.
#[derive(Template)]
#[template(path = "note.html")]
pub(crate) struct NoteView {
    pub(crate) frame: Frame,
    pub(crate) note: Note,
}

/// The form for a new note and for an old one.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormView {
    frame: Frame,
    heading: &'static str,
    action: String,
    cancel: String,
    draft: Draft,
    problems: Problems,
}

impl FormView {
    pub(crate) fn new(frame: Frame, draft: Draft, problems: Problems) -> Self {
        let (action, cancel) = (Root::link().create().into(), Root::link().into());
        Self {
            frame,
            heading: "New note",
            action,
            cancel,
            draft,
            problems,
        }
    }

    pub(crate) fn edit(frame: Frame, id: u64, draft: Draft, problems: Problems) -> Self {
        let (action, cancel) = (Root::link().save(id).into(), note_link(id).into());
        Self {
            frame,
            heading: "Edit note",
            action,
            cancel,
            draft,
            problems,
        }
    }
}

/// The form for a new account, and the one for signing in.
#[derive(Template)]
#[template(path = "account.html")]
pub(crate) struct AccountView {
    frame: Frame,
    is_new: bool,
    name: String,
    problem: Option<String>,
}

impl AccountView {
    pub(crate) fn sign_up(frame: Frame) -> Self {
        Self {
            is_new: true,
            ..Self::sign_in(frame)
        }
    }

    pub(crate) fn sign_in(frame: Frame) -> Self {
        Self {
            frame,
            is_new: false,
            name: String::new(),
            problem: None,
        }
    }

    /// The form again, with the name that was sent and what is wrong. A password is never sent back.
    pub(crate) fn again(self, name: String, problem: String) -> Self {
        let problem = Some(problem);
        Self {
            name,
            problem,
            ..self
        }
    }
}

/// The question before a note is deleted.
#[derive(Template)]
#[template(path = "delete.html")]
pub(crate) struct DeleteView {
    pub(crate) frame: Frame,
    pub(crate) note: Note,
    pub(crate) search: Search,
}

/// What went wrong, in the dress of the site.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorView<'e> {
    pub(crate) frame: Frame,
    pub(crate) status: u16,
    pub(crate) heading: &'e str,
    pub(crate) words: &'e str,
}
