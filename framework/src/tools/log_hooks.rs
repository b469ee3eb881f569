//! Writes down which tools a request has met, in which order.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(request_id, log_hooks)]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     fn index(&self) -> &'static str {
//!         "Hello"
//!     }
//! }
//!
//! let site = Site::new(Root).ready().unwrap();
//! let tool = &site.routes_at("/")[0].tools[0];
//! assert_eq!((tool.name, tool.hooks[0].0), ("log_hooks", "on_end_request"));
//! ```
//!
//! ```text
//! INFO kirsch::tools: hooks: on_start_resource: 6 request_id; before_finalize: 6 request_id; …; on_end_request: 100 log_hooks
//! ```
//!
//! # What it does
//! - When the body of an answer has been sent, one line to the target `kirsch::tools` with every hook of the page: point, priority and tool, as
//!   `before_finalize: 6 request_id`.
//! - It is for who wonders about an order. The same, without a request, is told by `app config PATH --json`.
//!
//! # CherryPy
//! `tools.log_hooks`.

use crate::belt::Preparation;
use crate::exchange::Exchange;
use crate::tools::order;
use kirsch_macros::tool;

/// Writes down the tools of a request: see the [module](self).
#[tool(priority = order::LOG_HOOKS)]
pub struct LogHooks;

#[tool]
impl LogHooks {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        at.want_hooks();
    }

    fn on_end_request(&self, x: &mut Exchange) {
        if let Some(hooks) = x.hooks() {
            tracing::info!(target: "kirsch::tools", "hooks: {hooks}");
        }
    }
}
