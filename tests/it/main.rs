//! What a site does, as its visitors see it.
//!
//! The files are named after CherryPy's test files, and a case that is ported keeps its name there. Most of them read as a
//! table: what is asked on the left, what must come on the right ([`check`]).
#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is the report, and some pages here panic on purpose"
)]

mod objectmapping;

mod dynamicobjectmapping;

mod params;
mod params_derive;

mod bodies;
mod forms;

mod request_obj;

mod core;

mod errors;

mod mounting;

mod links;

mod lists;

mod logging;

mod client;

mod session_faults;
mod session_stores;
mod session_ways;
mod sessions;

mod tools;

mod etags;
mod json;
mod middleware;
mod misc_tools;
mod redirects;

mod config;
mod plugins;
mod precedence;
mod process;
mod reload;
mod slow;
mod stop;

mod session_postgres;

mod autovary;
mod proxy;
mod security_tools;

mod check;
mod wire;
