//! What the author of the site sees below the words, in development only.

use super::{MOST_ENTRIES, cut, mask, push_text};

/// How a request failed: why, where, and what was asked.
#[derive(Debug)]
pub(crate) struct Detail<'a> {
    /// The chain of causes, outermost first.
    pub(crate) causes: Vec<String>,
    /// `None` if no page was found.
    pub(crate) route: Option<RouteDetail<'a>>,
    /// One line for each point where tools are asked, in their order.
    pub(crate) belt: Vec<String>,
    pub(crate) request: RequestDetail<'a>,
}

/// The page that was to answer.
#[derive(Debug)]
pub(crate) struct RouteDetail<'a> {
    pub(crate) method: &'a str,
    pub(crate) template: &'a str,
    pub(crate) page: &'a str,
    /// `file:line`.
    pub(crate) source: String,
}

/// The request as it came; credentials are masked when it is shown.
#[derive(Debug)]
pub(crate) struct RequestDetail<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a [u8])>,
}

impl Detail<'_> {
    pub(super) fn push_html(&self, page: &mut String) {
        self.push_causes(page);
        if let Some(route) = &self.route {
            route.push_html(page);
        }
        self.push_belt(page);
        self.request.push_html(page);
        page.push_str(
            "<footer>These details are shown in the development environment only.</footer>\n",
        );
    }

    pub(super) fn shown_causes(&self) -> Vec<String> {
        let shown = self.causes.iter().take(MOST_ENTRIES);
        shown.map(|cause| cut(cause).into_owned()).collect()
    }

    fn push_causes(&self, page: &mut String) {
        push_list(page, "Why", "<ol class=\"causes\">", &self.causes, "</ol>");
    }

    fn push_belt(&self, page: &mut String) {
        push_list(page, "Tools on the way", "<ul>", &self.belt, "</ul>");
    }
}

impl RouteDetail<'_> {
    fn push_html(&self, page: &mut String) {
        page.push_str("<section>\n<h2>Page</h2>\n");
        push_line(page, self.method, self.template);
        page.push_str("<dl>\n");
        push_entry(page, "answered by", self.page);
        push_entry(page, "written in", &self.source);
        page.push_str("</dl>\n</section>\n");
    }
}

impl RequestDetail<'_> {
    fn push_html(&self, page: &mut String) {
        page.push_str("<section>\n<h2>Request</h2>\n");
        push_line(page, self.method, &mask::target(self.target));
        page.push_str("<dl>\n");
        for (name, value) in self.headers.iter().take(MOST_ENTRIES) {
            match mask::header(name, value) {
                Some(value) => push_entry(page, name, &value),
                None => push_hidden(page, name),
            }
        }
        page.push_str("</dl>\n</section>\n");
    }
}

fn push_list(page: &mut String, title: &str, open: &str, entries: &[String], close: &str) {
    if entries.is_empty() {
        return;
    }
    for text in ["<section>\n<h2>", title, "</h2>\n", open, "\n"] {
        page.push_str(text);
    }
    for entry in entries.iter().take(MOST_ENTRIES) {
        page.push_str("<li>");
        push_text(page, entry);
        page.push_str("</li>\n");
    }
    page.push_str(close);
    page.push_str("\n</section>\n");
}

/// A method and where it went.
fn push_line(page: &mut String, method: &str, target: &str) {
    page.push_str("<p><code><b>");
    push_text(page, method);
    page.push_str("</b> ");
    push_text(page, target);
    page.push_str("</code></p>\n");
}

fn push_entry(page: &mut String, name: &str, value: &str) {
    push_name(page, name);
    push_text(page, value);
    page.push_str("</dd>\n");
}

fn push_hidden(page: &mut String, name: &str) {
    push_name(page, name);
    page.push_str("<i>hidden</i></dd>\n");
}

fn push_name(page: &mut String, name: &str) {
    page.push_str("<dt>");
    push_text(page, name);
    page.push_str("</dt><dd>");
}
