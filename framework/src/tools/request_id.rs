//! Gives every request a name, so that a visitor's complaint is found in the log.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//! use kirsch::RequestId;
//!
//! #[expose]
//! #[tools(request_id)]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     fn index(&self, id: RequestId) -> String {
//!         format!("this is request {id}")
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! let answer = client.get("/");
//! let id = answer.header("x-request-id").unwrap();
//! answer.assert_body(format!("this is request {id}"));
//! ```
//!
//! # What it does
//! - The name is 128 random bits, 32 digits: nobody can guess it or count visitors by it.
//! - It stands in the answer, error pages too, unless the page has set the header itself; a page takes it as a parameter of type [`RequestId`]; and the error log has
//!   it in the line of a failure: `500 GET /pay: … (request 4f…)`. The access log's format has no place for it.
//! - With `trust`, a name that came with the request is kept, if it is one (1 to 128 letters, digits, `-`, `_`, `.`, `:`) and came once; anything else is
//!   replaced. Turn it on only behind a proxy that writes the header itself: else visitors choose what stands in your log, and two can choose the same.
//!
//! # CherryPy
//! `request.unique_id`, a UUID made when somebody looks at it.

use std::io;

use actix_web::http::header::{HeaderName, HeaderValue, SET_COOKIE};

use crate::belt::{Preparation, Provided};
use crate::error::Result;
use crate::exchange::{Exchange, RequestId};
use crate::http::field::added_name;
use crate::tools::order;
use kirsch_macros::tool;

/// Gives every request a name: see the [module](self).
#[tool(name = "request_id", priority = order::REQUEST_ID)]
pub struct RequestIds {
    /// The header that has it. Default: `X-Request-Id`.
    #[option(default = "X-Request-Id")]
    header: String,
    /// A name that came with the request is kept. Default: false.
    #[option(default = false)]
    trust: bool,
    name: Option<HeaderName>,
}

impl RequestIds {
    fn sent(&self, x: &Exchange) -> Option<RequestId> {
        let name = self.name.as_ref().filter(|_| self.trust)?;
        let mut lines = x.request().headers().get_all(name);
        match (lines.next(), lines.next()) {
            (Some(line), None) => RequestId::new(line.to_str().ok()?),
            _ => None,
        }
    }

    fn tell(&self, x: &mut Exchange) {
        let id = x.id().map(|id| HeaderValue::from_str(id.as_str()));
        let (Some(name), Some(Ok(id)), Some(response)) = (&self.name, id, x.response_mut()) else {
            return;
        };
        let headers = response.headers_mut();
        if !headers.contains_key(name) {
            headers.insert(name.clone(), id);
        }
    }
}

#[tool]
impl RequestIds {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        match added_name(&self.header) {
            Ok(name) if name == SET_COOKIE => at.refuse(
                &["header"],
                "`set-cookie` has a meaning of its own\nhelp: write a name that nothing else has: `X-Request-Id`",
            ),
            Ok(name) => self.name = Some(name),
            Err(malformed) => at.refuse(&["header"], malformed),
        }
    }

    fn on_start_resource(&self, x: &mut Exchange) -> Result<()> {
        // An internal redirect keeps it.
        if x.id().is_none() {
            let id = match self.sent(x) {
                Some(id) => id,
                None => made()?,
            };
            x.set_id(id);
        }
        Ok(())
    }

    fn before_finalize(&self, x: &mut Exchange) {
        self.tell(x);
    }

    fn after_error_response(&self, x: &mut Exchange) {
        self.tell(x);
    }
}

impl Provided for RequestId {
    const TOOL: &'static str = "request_id";
}

fn made() -> Result<RequestId> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let text = format!("{:032x}", u128::from_be_bytes(bytes));
    Ok(RequestId::new(&text).expect("32 digits are a name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_new() {
        let (one, other) = (made().unwrap(), made().unwrap());
        assert_eq!(one.as_str().len(), 32);
        assert_ne!(one, other);
    }
}
