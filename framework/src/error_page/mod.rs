//! The default error page: HTML for people, problem details for programs.
//!
//! Pure: a [`View`] goes in, text comes out. Everything in it is taken for a stranger's and escaped, nothing names the framework or its
//! version, and no resource is loaded. What a [`Detail`] shows is for the author of the site, in development only; credentials are masked
//! here, so that no caller can forget to.

mod detail;
mod mask;

use std::borrow::Cow;
use std::fmt::Write as _;

use actix_web::http::StatusCode;
use serde::Serialize;

use crate::http::escape;

pub(crate) use detail::{Detail, RequestDetail, RouteDetail};
pub(crate) use mask::header as shown_header;

/// What [`html`] needs and no more: no script, no image, no frame, no form.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// How much of one text is shown, in bytes.
const LONGEST_TEXT: usize = 8 * 1024;

/// How many of a kind are shown: causes, tools, headers.
const MOST_ENTRIES: usize = 100;

const STYLE: &str = include_str!("page.css");
const DETAIL_STYLE: &str = include_str!("details.css");
const PICTURE: &str = include_str!("cherries.svg");

/// What an error page shows.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) status: StatusCode,
    /// For the visitor, unescaped. After 8 KiB they are cut.
    pub(crate) words: &'a str,
    /// For the author of the site; in development only.
    pub(crate) detail: Option<Detail<'a>>,
}

impl View<'_> {
    fn reason(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }
}

/// The page for people, as UTF-8 (`text/html; charset=utf-8`).
pub(crate) fn html(view: &View<'_>) -> String {
    let (code, reason) = (view.status.as_str(), view.reason());
    let mut page = String::with_capacity(4096);
    page.push_str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    for text in ["<title>", code, " ", reason, "</title>\n<style>\n", STYLE] {
        page.push_str(text);
    }
    page.push_str(if view.detail.is_some() {
        DETAIL_STYLE
    } else {
        ""
    });
    page.push_str("</style>\n</head>\n<body>\n<main>\n<header>\n");
    page.push_str(PICTURE);
    for text in [
        "<h1><b>",
        code,
        "</b> ",
        reason,
        "</h1>\n<p class=\"words\">",
    ] {
        page.push_str(text);
    }
    push_text(&mut page, view.words);
    page.push_str("</p>\n</header>\n");
    if let Some(detail) = &view.detail {
        detail.push_html(&mut page);
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// The same for programs (`application/problem+json`, RFC 9457); in development with the causes as an extension member.
pub(crate) fn problem_json(view: &View<'_>) -> String {
    let problem = Problem {
        kind: "about:blank",
        title: view.reason(),
        status: view.status.as_u16(),
        detail: &cut(view.words),
        causes: view.detail.as_ref().map(Detail::shown_causes),
    };
    serde_json::to_string(&problem).expect("texts and numbers are always JSON")
}

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    causes: Option<Vec<String>>,
}

/// Appends a stranger's text, escaped and bounded.
fn push_text(page: &mut String, text: &str) {
    // Writing into a String cannot fail.
    let _ = write!(page, "{}", escape::html(&cut(text)));
}

fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_TEXT {
        return text.into();
    }
    let border = (0..=LONGEST_TEXT)
        .rev()
        .find(|&at| text.is_char_boundary(at));
    let shown = border.and_then(|border| text.get(..border));
    format!("{} …", shown.unwrap_or_default()).into()
}

#[cfg(test)]
mod tests;
