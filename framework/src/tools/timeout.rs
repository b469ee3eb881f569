//! Gives a page so much time and no more.
//!
//! # Turn it on
//! ```
//! use std::time::Duration;
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(timeout(after = Duration::from_millis(20)))]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     async fn slow(&self) -> &'static str {
//!         std::future::pending().await
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.get("/slow").assert_status(503);
//! ```
//!
//! # What it does
//! - When the time is up, the future of the page is dropped with everything that it holds, and the answer is an error page: 503 (RFC 9110, 15.6.4), or 504
//!   (15.6.5) for a page that has waited for another server.
//! - It holds for the children, the arguments and the page, in the place of the site's `request_timeout`, and may be more. Zero is no limit.
//! - While the client sends a body, the clock stands still: that has limits of its own.
//! - It ends a page that *waits*. One that computes, or that blocks its thread, cannot be interrupted: not one without `async`, and no other between two
//!   `await`s. Give such work to `actix_web::web::block`; then the page ends in time, though the work goes on.
//! - An answer that has begun is not interrupted.
//!
//! # CherryPy
//! `response.timeout` with `engine.timeout_monitor`, which CherryPy 12 has dropped: no thread can be ended from outside.

use std::time::Duration;

use actix_web::http::StatusCode;

use crate::belt::Preparation;
use crate::exchange::Exchange;
use crate::tools::order;
use kirsch_macros::tool;

/// Gives a page so much time and no more: see the [module](self).
#[tool(priority = order::ANY)]
pub struct Timeout {
    /// How much time; zero is no limit.
    #[option(required)]
    after: Duration,
    /// The status of a page that is late: 503 or 504. Default: 503.
    #[option(default = StatusCode::SERVICE_UNAVAILABLE)]
    status: StatusCode,
}

#[tool]
impl Timeout {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        let late = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
        if !late.contains(&self.status) {
            let words = format!(
                "{} does not say that a page is late\nhelp: write 503, or 504 for a page that waits for another server",
                self.status.as_u16()
            );
            at.refuse(&["status"], words);
        }
    }

    fn before_handler(&self, x: &mut Exchange) {
        x.limit_time(self.after, self.status);
    }
}
