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

pub mod body_limit;
pub mod timeout;

pub mod redirect;
pub mod referer;
pub mod trailing_slash;

pub mod response_headers;

pub use crate::belt::{
    Answering, Function, Inner, IntoFunction, Middleware, Next, Outcome, Point, Preparation,
    Provided,
};

pub use body_limit::{BodyLimit, body_limit};
pub use cors::{Cors, cors};
pub use csrf::{Csrf, csrf};
pub use proxy::{Proxy, proxy};
pub use rate_limit::{RateLimit, rate_limit};
pub use redirect::{Redirect, redirect};
pub use referer::{Referer, referer};
pub use request_id::{RequestIds, request_id};
pub use response_headers::{ResponseHeaders, response_headers};
pub use security_headers::{SecurityHeaders, security_headers};
pub use timeout::{Timeout, timeout};
pub use trailing_slash::{TrailingSlash, trailing_slash};

pub use crate::http::policy::Nonce;
