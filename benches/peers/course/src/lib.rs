//! The course that every peer runs: how it is started, what it serves, and where its access log goes.
//!
//! ```text
//! peer-NAME PORT [small] [static] [captures] [--log]
//! ```
//!
//! | part | what it holds |
//! |---|---|
//! | `small` | `/plaintext`, `/json`, `/user/{id}/post/{slug}`, `/query?a=1&b=2`, `POST /echo` |
//! | `static` | 500 pages without captures, `/s0/r0` to `/s24/r19` |
//! | `captures` | 500 pages with one, `/d0/{id}/r0` to `/d24/{id}/r19` |
//!
//! No part named means all of them, added in this order. One worker; no access log unless `--log`.

use std::cell::RefCell;
use std::fmt::Write;
use std::hint::black_box;
use std::io;

use serde::{Deserialize, Serialize};

/// What the command line asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Course {
    /// Where to listen, on 127.0.0.1.
    pub port: u16,
    /// The five endpoints of a small site.
    pub small: bool,
    /// 500 pages without captures.
    pub statics: bool,
    /// 500 pages with a capture.
    pub captures: bool,
    /// Whether every request is logged.
    pub log: bool,
}

/// The answer of `/json`.
#[derive(Debug, Serialize)]
pub struct Message {
    /// `Hello, World!`
    pub message: &'static str,
}

/// What `/echo` takes and gives.
#[derive(Debug, Deserialize, Serialize)]
pub struct Echo {
    /// A number.
    pub id: u64,
    /// A short text.
    pub name: String,
    /// A few short texts.
    pub tags: Vec<String>,
}

/// The query of `/query`.
#[derive(Debug, Deserialize)]
pub struct Pair {
    /// The first number.
    pub a: u64,
    /// The second number.
    pub b: u64,
}

/// The answer of `/plaintext`, and the message of `/json`.
pub const HELLO: &str = "Hello, World!";

impl Course {
    /// Reads the command line; a mistake in it ends the process with the usage.
    pub fn from_arguments() -> Self {
        let mut course = Self::default();
        for argument in std::env::args().skip(1) {
            match argument.as_str() {
                "small" => course.small = true,
                "static" => course.statics = true,
                "captures" => course.captures = true,
                "--log" => course.log = true,
                port => course.port = port.parse().unwrap_or_else(|_| usage()),
            }
        }
        if course.port == 0 {
            usage();
        }
        if !(course.small || course.statics || course.captures) {
            (course.small, course.statics, course.captures) = (true, true, true);
        }
        course
    }
}

fn usage() -> ! {
    eprintln!("usage: peer-NAME PORT [small] [static] [captures] [--log]");
    std::process::exit(2)
}

/// The texts of the 500 static pages with their paths: `("/s0/r0", "s0 r0")` and so on.
pub fn static_pages() -> impl Iterator<Item = (String, &'static str)> {
    pairs().map(|(s, r)| (format!("/s{s}/r{r}"), &*format!("s{s} r{r}").leak()))
}

/// The paths of the 500 pages with a capture, spelled as the framework spells one: `/d0/{id}/r0` for `"{id}"`.
pub fn capture_pages(capture: &str) -> impl Iterator<Item = String> {
    pairs().map(move |(d, r)| format!("/d{d}/{capture}/r{r}"))
}

fn pairs() -> impl Iterator<Item = (u32, u32)> {
    (0..25).flat_map(|branch| (0..20).map(move |page| (branch, page)))
}

/// Sends what frameworks say through `tracing` into a sink: every line is formatted, none is written.
pub fn trace_into_sink() {
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(io::sink)
        .init();
}

/// Sends what frameworks say through `log` into a sink: every line is formatted, none is written.
pub fn log_into_sink() {
    log::set_logger(&Sink).expect("no logger was set before");
    log::set_max_level(log::LevelFilter::Info);
}

struct Sink;

thread_local! {
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

impl log::Log for Sink {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        // Into a buffer first: a sink that is asked to format does not.
        LINE.with_borrow_mut(|line| {
            line.clear();
            // Fails only when what is logged fails to be written as text.
            let _ = writeln!(line, "{}", record.args());
            black_box(line);
        });
    }

    fn flush(&self) {}
}
