//! Tools: what surrounds a page, switched on in an attribute and adjusted per path in a file.
//!
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! #[tools(response_headers(headers = [("X-Clacks-Overhead", "GNU Terry Pratchett")]))]
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
//! client.get("/").assert_header("x-clacks-overhead", "GNU Terry Pratchett");
//! ```
//!
//! Every tool is a file of this folder, with the same furniture: what it is for, how it is turned on, what it does rule by rule, and
//! what CherryPy does; then its options, its hooks, and what they are made of. No tool knows another. What they are made of is in the
//! room `belt/`, and an application's own tools are made of the same: see the macro [`tool`](macro@crate::tool).

mod order;

pub mod proxy;
pub mod request_id;

pub mod cors;
pub mod csrf;
pub mod rate_limit;
pub mod security_headers;

pub mod accept;
pub mod allow;

pub mod json_in;
pub mod json_out;

pub mod autovary;
pub mod etags;
pub mod expires;
pub mod ignore_headers;

pub mod err_redirect;
pub mod log_headers;
pub mod log_hooks;
pub mod log_tracebacks;

pub mod body_limit;
pub mod timeout;

pub mod sessions;

pub mod redirect;
pub mod referer;
pub mod trailing_slash;

pub mod response_headers;

pub use crate::belt::{
    Answering, Function, Inner, IntoFunction, Middleware, Next, Outcome, Point, Preparation,
    Provided,
};

pub use accept::{Accept, Accepted, accept};
pub use allow::{Allow, allow};
pub use autovary::{Autovary, autovary};
pub use body_limit::{BodyLimit, body_limit};
pub use cors::{Cors, cors};
pub use csrf::{Csrf, csrf};
pub use err_redirect::{ErrRedirect, err_redirect};
pub use etags::{Etags, etags};
pub use expires::{Expires, expires};
pub use ignore_headers::{IgnoreHeaders, ignore_headers};
pub use json_in::{JsonIn, json_in};
pub use json_out::{JsonOut, json_out};
pub use log_headers::{LogHeaders, log_headers};
pub use log_hooks::{LogHooks, log_hooks};
pub use log_tracebacks::{LogTracebacks, Severity, log_tracebacks};
pub use proxy::{Proxy, proxy};
pub use rate_limit::{RateLimit, rate_limit};
pub use redirect::{Redirect, redirect};
pub use referer::{Referer, referer};
pub use request_id::{RequestIds, request_id};
pub use response_headers::{ResponseHeaders, response_headers};
pub use security_headers::{SecurityHeaders, security_headers};
pub use sessions::{Sessions, sessions};
pub use timeout::{Timeout, timeout};
pub use trailing_slash::{TrailingSlash, trailing_slash};

pub use crate::http::policy::Nonce;
