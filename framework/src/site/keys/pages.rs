//! `error_page.404` and `error_page.default`, for the whole site and for paths.

use std::path::PathBuf;

use actix_web::http::StatusCode;

use crate::config::{Entry, Origin, Raw, Refusal, Value, guess};
use crate::http::{is_error, location};
use crate::site::{ErrorPage, read_file};

/// An error page that is in force, its file read.
#[derive(Debug)]
pub(in crate::site) struct PlacedPage {
    /// None: for all errors that have no page of their own.
    pub(in crate::site) status: Option<StatusCode>,
    pub(in crate::site) page: ErrorPage,
    /// Where it was written, if not in the application's code.
    pub(in crate::site) origin: Option<Origin>,
}

pub(super) const EXPECTED: &str = "the path of an HTML file, or `{ page = \"/lost\" }`";

pub(super) const DOC: &str = "The page for an error that no page of the tree answers.";

/// The key of an error page.
pub(in crate::site) fn name(status: Option<StatusCode>) -> String {
    match status {
        Some(status) => format!("error_page.{}", status.as_u16()),
        None => "error_page.default".to_owned(),
    }
}

/// The page as TOML would write it.
pub(super) fn show(page: &ErrorPage) -> String {
    match page {
        ErrorPage::File(path) => path.show(),
        ErrorPage::Text(_) => "a text of the application's".to_owned(),
        ErrorPage::Page(path) => format!("{{ page = {} }}", path.show()),
    }
}

/// Reads an entry of `error_page`, and its file.
pub(in crate::site) fn placed(entry: &Entry) -> Result<PlacedPage, Refusal> {
    let (status, page) = read(entry)?;
    Ok(PlacedPage {
        status,
        page: load(page)?,
        origin: Some(entry.origin.clone()),
    })
}

/// Reads the file of a page.
pub(super) fn load(page: ErrorPage) -> Result<ErrorPage, Refusal> {
    page.load(read_file)
        .map_err(|mistake| Refusal::new(mistake.words()))
}

/// Reads an entry of `error_page`: for which status, and which page.
pub(super) fn read(entry: &Entry) -> Result<(Option<StatusCode>, ErrorPage), Refusal> {
    let status = match entry.key.as_slice() {
        [_, status] => of_status(status)?,
        _ => return Err(Refusal::new("expected a status, as in `error_page.404`")),
    };
    // Without quotes, a text that is a table was meant as one.
    let value = match &entry.value {
        Raw::Bare(text) if text.trim_start().starts_with('{') => Raw::settled(text),
        _ => None,
    };
    let value = value.as_ref().unwrap_or(&entry.value);
    page(entry, value).map(|page| (status, page))
}

/// Whether a text is a path of this site, with or without a query.
pub(in crate::site) fn is_path(text: &str) -> bool {
    text.starts_with('/') && location::path_absolute(text, "/").is_some()
}

fn of_status(name: &str) -> Result<Option<StatusCode>, Refusal> {
    if name == "default" {
        return Ok(None);
    }
    let status = StatusCode::read(&Raw::Bare(name.to_owned())).ok();
    match status {
        Some(status) if is_error(status) => Ok(Some(status)),
        Some(status) => Err(Refusal::new(format!(
            "{status} is no error: it has no error page"
        ))),
        None => {
            let help = match guess::meant(name, ["default"]) {
                Some(_) => "did you mean `default`?",
                None => "write a number from 400 to 599, or `default`",
            };
            Err(Refusal::new(format!("`{name}` is no status\nhelp: {help}")))
        }
    }
}

fn page(entry: &Entry, value: &Raw) -> Result<ErrorPage, Refusal> {
    match value {
        Raw::Text(_) | Raw::Bare(_) => {
            let path = entry.path(&PathBuf::read(value)?);
            Ok(ErrorPage::File(path))
        }
        Raw::Table(rows) => match rows.as_slice() {
            [(name, page)] if name == "page" => {
                let path = Some(String::read(page)?).filter(|path| is_path(path));
                path.map(ErrorPage::Page)
                    .ok_or_else(|| Refusal::unexpected(page, "a path of this site, as in `/lost`"))
            }
            [(name, _)] => Err(Refusal::new(format!(
                "`{name}` says nothing of an error page\nhelp: {}",
                guess::help(name, &["page"])
            ))),
            _ => Err(Refusal::unexpected(value, EXPECTED)),
        },
        _ => Err(Refusal::unexpected(value, EXPECTED)),
    }
}
