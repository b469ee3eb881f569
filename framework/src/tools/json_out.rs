//! Answers programs in their own terms: JSON, also when something fails.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(json_out)]
//! struct Api;
//!
//! #[expose]
//! impl Api {
//!     fn prices(&self) -> Json<Vec<u32>> {
//!         Json(vec![3, 4])
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Api);
//! client.get("/prices").assert_header("content-type", "application/json").assert_body("[3,4]");
//! client.get("/nothing").assert_status(404).assert_header("content-type", "application/problem+json");
//! ```
//!
//! # What it does
//! - `problems`, the default: where no page of the application answers an error, the answer is a problem in JSON (RFC 9457) instead of Kirsch's HTML, whatever `Accept` says.
//! - `content_type`: answers of `application/json` are sent as this type: `application/vnd.api+json`.
//! - Pages return [`Json`](actix_web::web::Json): that is what makes JSON of their values.
//! - A type that cannot stand in a header refuses the start.
//!
//! # CherryPy
//! `tools.json_out`. Differs from CherryPy: there, the tool makes JSON of whatever a page returns, and errors stay HTML.

use actix_web::http::header::{CONTENT_TYPE, HeaderValue};

use crate::belt::Preparation;
use crate::exchange::Exchange;
use crate::http::field::checked_value;
use crate::tools::order;
use kirsch_macros::tool;

/// JSON, also for errors: see the [module](self).
#[tool(priority = order::JSON_OUT)]
pub struct JsonOut {
    /// The media type of JSON answers. Default: as the page says, `application/json`.
    #[option]
    content_type: Option<String>,
    /// Errors are problems in JSON. Default: on.
    #[option(default = true)]
    problems: bool,
    value: Option<HeaderValue>,
}

#[tool]
impl JsonOut {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        match self.content_type.as_deref().map(checked_value) {
            Some(Ok(value)) => self.value = Some(value),
            Some(Err(malformed)) => at.refuse(&["content_type"], malformed),
            None => {}
        }
    }

    fn on_start_resource(&self, x: &mut Exchange) {
        x.prefer_problems(self.problems);
    }

    fn before_finalize(&self, x: &mut Exchange) {
        let (Some(value), Some(response)) = (&self.value, x.response_mut()) else {
            return;
        };
        let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|sent| {
            let sent = sent.as_bytes().split(|byte| *byte == b';').next();
            sent.is_some_and(|sent| sent.trim_ascii().eq_ignore_ascii_case(b"application/json"))
        });
        if is_json {
            response.headers_mut().insert(CONTENT_TYPE, value.clone());
        }
    }
}
