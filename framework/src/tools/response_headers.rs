//! Adds headers to every answer.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(response_headers(headers = [("X-Robots-Tag", "noindex")]))]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     fn index(&self) -> &'static str {
//!         "Hello"
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.get("/").assert_header("x-robots-tag", "noindex");
//! client.get("/nowhere").assert_status(404).assert_header("x-robots-tag", "noindex");
//! ```
//!
//! In a file, `response.headers.NAME` is short for it: `response.headers.X-Robots-Tag = "noindex"`.
//!
//! # What it does
//! - A header that the page has set itself stays as the page said. Other tools come after this one, and what they say by default stands back:
//!   with `Cache-Control`, `expires` adds nothing unless it is told to `force`, and `security_headers` nothing to `Referrer-Policy`.
//! - Error pages have the headers too.
//! - A level of the tree adds to what the levels above it say; the same name again replaces the value.
//! - A name that is no token, or a value with a control character, refuses the start (RFC 9110, 5.1 and 5.5), and so does a header that says how a message is
//!   sent: `Content-Length`, `Transfer-Encoding`, `Connection` and the like.
//!
//! # CherryPy
//! `tools.response_headers`, and `response.headers.NAME` in the configuration. There, headers are set before the page, which may
//! overwrite them: the outcome is the same.

use actix_web::http::header::{HeaderName, HeaderValue};

use crate::belt::Preparation;
use crate::config::{Raw, Refusal, Value};
use crate::exchange::Exchange;
use crate::http::field::added_name;
use crate::tools::order;
use kirsch_macros::tool;

/// Adds headers to every answer: see the [module](self).
#[tool(priority = order::RESPONSE_HEADERS)]
pub struct ResponseHeaders {
    /// Names and values. A level of the tree adds to what the levels above it say. Default: none.
    #[option(by_hand)]
    headers: Headers,
    /// The same, checked.
    checked: Vec<(HeaderName, HeaderValue)>,
}

impl ResponseHeaders {
    /// Adds headers: names and values.
    #[must_use]
    pub fn headers<N: Into<String>, V: Into<String>>(
        mut self,
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        for (name, value) in headers {
            self.headers.set(name.into(), value.into());
        }
        self
    }

    fn add(&self, x: &mut Exchange) {
        let Some(response) = x.response_mut() else {
            return;
        };
        let headers = response.headers_mut();
        for (name, value) in &self.checked {
            if !headers.contains_key(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
    }
}

#[tool]
impl ResponseHeaders {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        for (name, value) in &self.headers.0 {
            match check(name, value) {
                Ok(header) => self.checked.push(header),
                Err(words) => at.refuse(&["headers"], words),
            }
        }
    }

    fn before_finalize(&self, x: &mut Exchange) {
        self.add(x);
    }

    fn after_error_response(&self, x: &mut Exchange) {
        self.add(x);
    }
}

/// The header, if it can stand in every answer.
fn check(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let name = added_name(name).map_err(|malformed| malformed.to_string())?;
    let value = HeaderValue::from_str(value).map_err(|_| {
        format!("the value of `{name}` cannot stand in a header: it has a control character in it")
    })?;
    Ok((name, value))
}

/// Names, without case, and values.
#[derive(Debug, Clone, Default)]
struct Headers(Vec<(String, String)>);

impl Headers {
    fn set(&mut self, name: String, value: String) {
        self.0
            .retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
        self.0.push((name, value));
    }
}

impl Value for Headers {
    const EXPECTED: &'static str = "names and values of headers: `{ X-Robots-Tag = \"noindex\" }`";

    fn read(raw: &Raw) -> Result<Self, Refusal> {
        let mut headers = Self::default();
        headers.renew(raw)?;
        Ok(headers)
    }

    fn show(&self) -> String {
        let pairs = self.0.iter();
        let pairs = pairs.map(|(name, value)| (name.clone(), Raw::from(value.as_str())));
        Raw::Table(pairs.collect()).to_string()
    }

    fn renew(&mut self, raw: &Raw) -> Result<(), Refusal> {
        // Without quotes, as in a variable, a table is written as in TOML.
        let settled = match raw {
            Raw::Bare(text) => Raw::settled(text),
            _ => None,
        };
        let Raw::Table(pairs) = settled.as_ref().unwrap_or(raw) else {
            return Err(Refusal::unexpected(raw, Self::EXPECTED));
        };
        for (name, raw) in pairs {
            let value = String::read(raw)?;
            check(name, &value).map_err(Refusal::new)?;
            self.set(name.clone(), value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_shown_as_they_are_written() {
        let written = r#"{ X-A = "a \"b\"", "X.B" = "" }"#;
        let headers = Headers::read(&Raw::Bare(written.to_owned())).unwrap();
        assert_eq!(headers.show(), written);
        assert_eq!(Headers::default().show(), "{ }");
    }
}
