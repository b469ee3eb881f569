//! What a site answered, and assertions that read like a transcript.

use actix_web::body::{BoxBody, to_bytes};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use serde::de::DeserializeOwned;

/// What a site answered. Every assertion gives the answer back, so that they can be chained, and shows the whole answer when it fails.
///
/// # Panics
/// An assertion that does not hold panics: in a test, that is the report.
#[derive(Debug, Clone)]
pub struct Answer {
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(super) async fn read(response: ServiceResponse<BoxBody>, is_head: bool) -> Self {
        let status = response.status();
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
            .collect();
        let body = to_bytes(response.into_body())
            .await
            .map(|bytes| bytes.to_vec())
            .unwrap_or_default();
        Self {
            status,
            headers,
            body: if is_head { Vec::new() } else { body },
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as it is.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The body, read as JSON.
    #[expect(clippy::panic, reason = "in a test a panic is the report")]
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("the body is not the expected JSON: {error}\n{self}"))
    }

    /// The first header of this name.
    pub fn header<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.headers(name).next()
    }

    /// All headers of this name.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The status is this one.
    #[track_caller]
    pub fn assert_status(&self, status: u16) -> &Self {
        assert!(
            self.status.as_u16() == status,
            "the status is not {status}\n{self}"
        );
        self
    }

    /// The body is this text.
    #[track_caller]
    pub fn assert_body(&self, body: impl AsRef<str>) -> &Self {
        assert!(
            self.text() == body.as_ref(),
            "the body is not {:?}\n{self}",
            body.as_ref()
        );
        self
    }

    /// This text is in the body.
    #[track_caller]
    pub fn assert_in_body(&self, text: impl AsRef<str>) -> &Self {
        assert!(
            self.text().contains(text.as_ref()),
            "{:?} is not in the body\n{self}",
            text.as_ref()
        );
        self
    }

    /// This text is not in the body.
    #[track_caller]
    pub fn assert_not_in_body(&self, text: impl AsRef<str>) -> &Self {
        assert!(
            !self.text().contains(text.as_ref()),
            "{:?} is in the body\n{self}",
            text.as_ref()
        );
        self
    }

    /// A header of this name has this value.
    #[track_caller]
    pub fn assert_header(&self, name: &str, value: impl AsRef<str>) -> &Self {
        assert!(
            self.headers(name).any(|other| other == value.as_ref()),
            "there is no header `{name}: {}`\n{self}",
            value.as_ref()
        );
        self
    }

    /// There is no header of this name.
    #[track_caller]
    pub fn assert_no_header(&self, name: &str) -> &Self {
        assert!(
            self.header(name).is_none(),
            "there is a header `{name}`\n{self}"
        );
        self
    }
}

/// The answer as it would look on the wire.
impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "HTTP/1.1 {}", self.status)?;
        self.headers
            .iter()
            .try_for_each(|(name, value)| writeln!(f, "{name}: {value}"))?;
        write!(f, "\n{}", self.text())
    }
}
