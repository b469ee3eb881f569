//! CherryPy's idea of a web application, compiled.
//!
//! A site is a tree of ordinary structs; the methods of their exposed `impl` blocks are its pages.
//!
//! ```no_run
//! use kirsch::prelude::*;
//!
//! #[expose]
//! struct Root {
//!     greeting: String, // plain state: a field, never missing
//! }
//!
//! #[expose]
//! impl Root {
//!     /// GET /
//!     fn index(&self) -> Html {
//!         Html::new("<p>Try <a href='/hello/World'>/hello/World</a>")
//!     }
//!
//!     /// GET /hello, /hello/World, /hello?name=World
//!     fn hello(&self, #[arg(default = "World")] name: String) -> String {
//!         format!("{} {name}", self.greeting)
//!     }
//! }
//!
//! fn main() -> kirsch::Result<()> {
//!     kirsch::quickstart(Root { greeting: "Hello".into() })
//! }
//! ```
#![forbid(unsafe_code)]

extern crate self as kirsch;

pub mod prelude;
mod quickstart;
mod site;
pub mod testing;

mod answers;
mod error;
mod error_page;
mod exchange;
mod params;
mod tree;

mod limits;

pub mod config;
pub mod http;
pub mod log;
mod server;

#[doc(hidden)]
pub mod private;

pub use actix_web;

pub use answers::{NoContent, Problem, Redirect};
pub use config::Environment;
pub use error::{Error, Result};
pub use exchange::bind::{NeverWaits, ReadsBody};
pub use kirsch_macros::{
    Param, any, arg, child, default, delete, error_page, expose, get, head, options, patch, post,
    put, tools,
};
pub use limits::Limits;
pub use params::form::FormLimits;
pub use params::{Cookies, Invalid, Param, Rest, Upload};
pub use quickstart::quickstart;
pub use server::{Address, InvalidAddress, ServerOptions};
pub use site::{ErrorPage, Mistake, Mistakes, Ready, RouteInfo, Site};
pub use tree::link::{KeyLink, Link};
pub use tree::table::Source;
