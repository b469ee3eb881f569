//! CherryPy's idea of a web application, compiled: a site is a tree of ordinary structs, its methods are its pages.
//!
//! ```no_run
//! use kirsch::prelude::*;
//!
//! #[expose]
//! struct Root {
//!     #[child]
//!     notes: Notes,     // /notes/…
//!     greeting: String, // plain state: a field, never missing
//! }
//!
//! #[expose]
//! impl Root {
//!     /// GET /hello · GET /hello/World · GET /hello?name=World
//!     fn hello(&self, #[arg(default = "World")] name: String) -> String {
//!         format!("{} {name}", self.greeting)
//!     }
//! }
//!
//! #[expose]
//! struct Notes;
//!
//! #[expose]
//! impl Notes {
//!     /// GET /notes/ · GET /notes/?page=2
//!     async fn index(&self, page: Option<u32>) -> Html {
//!         Html::new(format!("<h1>Page {}</h1>", page.unwrap_or(1)))
//!     }
//!
//!     /// POST /notes/new: a form
//!     #[post(path = "new")]
//!     async fn create(&self, title: String) -> Result<Redirect> {
//!         if title.is_empty() {
//!             return Err(Error::bad_request("a note needs a title"));
//!         }
//!         Ok(Redirect::to(Root::link().notes()))
//!     }
//! }
//!
//! fn main() -> kirsch::Result<()> {
//!     kirsch::quickstart(Root { notes: Notes, greeting: "Hello".into() }) // flags, route list, server; blocks
//! }
//! ```
//!
//! **The tree.** [`#[expose]`](macro@expose) makes a struct a node, and *every* method of one `impl` block its pages. `#[child]` on a field, or on a method
//! (`#[child(path = "{id}")]`, made per request), is a node below; `Box`, `Arc`, `Option` and maps of nodes are nodes. `index` is the node's own URL,
//! `default` what nothing else answers; other pages stand at their name or at `path = "user/{id}"`. Without a verb (`#[get]`, `#[post]` … `#[any]`) a page answers
//! GET and HEAD. In `#[expose(resource)]` methods are named for HTTP methods. What is wrong is a compile error, or is reported at start, all at once.
//!
//! **Parameters** are found by name in the path, the query, then the form; `#[arg(…)]` says otherwise (`default = …`, `name = "…"`, `path`, `query`, `form`, `rest`).
//!
//! | type | means |
//! |---|---|
//! | `T:` [`Param`](trait@Param) | one value: numbers, `String`, `bool` …, [`#[derive(Param)]`](derive@Param) on an enum or newtype. Missing is 400; wrong is 404 in the path, else 400 |
//! | `Option<T>`, `Vec<T>` | none or one; any number |
//! | [`Rest`] | what is left of the path |
//! | [`Upload`] | a file of a form |
//! | [`prelude::Json`], [`Cookies`], [`prelude::HttpRequest`] … | any `actix_web::FromRequest` |
//!
//! **Answers** are any `actix_web::Responder` (`String`, `Html`, `Json`, [`Redirect`], [`NoContent`], [`Problem`], `HttpResponse`), or a [`Result`] of one.
//!
//! **Errors.** `?` turns every error into an [`Error`](struct@Error) of status 500 whose cause only the log sees; `Error::not_found()` and its like say another status.
//! `#[error_page(404)]` on a method is the page for it, in this subtree.
//!
//! **Tools.** `#[tools(csrf, timeout(after = secs(5)))]` above a struct, a block, a page or a child: what surrounds the pages there ([`macro@tools`]). `#[tool]` makes one of your own.
//!
//! **Configuration.** A TOML file, environment variables and flags change tools per path, and the keys of the site; all of it is checked at start, and SIGHUP reads it again ([`Site::config_file`], [`config`]).
//! At each level of the tree, the operator wins over the attribute; deeper levels win over both.
//!
//! ```
//! # use kirsch::prelude::*;
//! # use kirsch::testing::Client;
//! #[expose]
//! #[tools(expires(secs = hours(1)))]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     fn about(&self) -> &'static str {
//!         "about"
//!     }
//!
//!     #[tools(expires(secs = minutes(1)))]
//!     fn news(&self) -> &'static str {
//!         "news"
//!     }
//! }
//!
//! let site = Site::new(Root).config_text("site.toml", r#"
//!     ["/news"]
//!     tools.expires.secs = "5s"
//! "#);
//! let mut client = Client::of(site);
//! client.get("/about").assert_header("cache-control", "max-age=3600");
//! client.get("/news").assert_header("cache-control", "max-age=5");
//! ```
//!
//! **Links.** `Root::link().notes()` is `/notes/`: typed, encoded, with the mount point. See [`Link`].
//!
//! **The site.** [`Site`] mounts trees at paths and hosts, grafts actix-web services on, has [`Limits`] and [`ServerOptions`]; a [`Ready`] one is a service for any
//! actix-web `App`. [`quickstart`] is for the common case.
//!
//! **Tests** ask the site without a socket ([`testing`]):
//!
//! ```
//! # use kirsch::prelude::*;
//! # #[expose]
//! # struct Root;
//! # #[expose]
//! # impl Root {
//! #     fn hello(&self, #[arg(default = "World")] name: String) -> String { format!("Hello {name}") }
//! # }
//! let mut client = kirsch::testing::Client::new(Root);
//! client.get("/hello/Ann").assert_status(200).assert_body("Hello Ann");
//! client.post("/hello").assert_status(405).assert_header("allow", "GET, HEAD, OPTIONS");
//! ```
//!
//! **Sessions** remember a visitor: `#[tools(sessions)]` and a parameter [`Session`](sessions::Session), in memory, files, PostgreSQL or Redis ([`sessions`]).
//!
//! # Features
//!
//! | feature | what it brings |
//! |---|---|
//! | `postgres` | sessions in PostgreSQL, and connections for tables of your own |
//! | `actix-session` | Kirsch's stores for applications of actix-session, and its stores for Kirsch |
//! | `redis` | sessions in Redis; brings `actix-session` |
//!
//! None is on by default.
#![forbid(unsafe_code)]

extern crate self as kirsch;

pub mod prelude;

mod flags;
mod quickstart;
mod site;
pub mod testing;

mod answers;
mod belt;
mod error;
mod error_page;
mod exchange;
mod params;
pub mod tools;
mod tree;

mod limits;

pub mod config;
pub mod http;
pub mod log;
#[cfg(feature = "postgres")]
pub mod postgres;
mod server;
pub mod sessions;

#[doc(hidden)]
pub mod private;

pub use actix_web;

pub use answers::{NoContent, Problem, Redirect};
pub use config::{Environment, Mistake, Origin, Source};
pub use error::{Error, Result};
pub use exchange::bind::{NeverWaits, ReadsBody, ReadsHeader};
pub use exchange::{Client, Exchange, RequestId};
pub use flags::{Flags, Given};
pub use kirsch_macros::{
    Param, any, arg, child, default, delete, error_page, expose, get, head, hook, option, options,
    patch, post, put, tool, tools,
};
pub use limits::Limits;
pub use params::form::FormLimits;
pub use params::{Cookies, Invalid, Param, Rest, Upload};
pub use quickstart::{quickstart, quickstart_with};
pub use server::{Address, InvalidAddress, ServerOptions};
pub use site::{ErrorPage, Mistakes, OptionInfo, Ready, RouteInfo, Site, ToolInfo};
pub use tree::link::{KeyLink, Link};
