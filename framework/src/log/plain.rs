//! The plain subscriber: a line per event on standard error.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::io::{Write as _, stderr};
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::http::date;

thread_local! {
    /// The line that is being written: its room is used again.
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Writes events of level INFO and above; of actix-web's own, warnings and errors. Spans leave no trace here.
///
/// A subscriber of `tracing-subscriber` does far more, at four times the price per line: an application that wants it sets it
/// before it serves.
pub(super) struct Plain;

impl Subscriber for Plain {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        // Its errors are those of clients: strangers could fill the log with them.
        if target.starts_with("actix_http") {
            return false;
        }
        let least = if target.starts_with("actix_") {
            Level::WARN
        } else {
            Level::INFO
        };
        *metadata.level() <= least
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn event(&self, event: &Event<'_>) {
        LINE.with(|line| {
            // An event that is made while another is written has no room of its own, and is left out.
            let Ok(mut line) = line.try_borrow_mut() else {
                return;
            };
            line.clear();
            write_line(&mut line, event);
            // A log that cannot be written must not end the site.
            drop(stderr().lock().write_all(line.as_bytes()));
        });
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A line of the access log stands for itself; any other begins with its time, level and target.
fn write_line(line: &mut String, event: &Event<'_>) {
    let metadata = event.metadata();
    if metadata.target() != super::ACCESS {
        let time = date::common_log(SystemTime::now());
        // Writing to a `String` cannot fail.
        _ = write!(line, "{time} {} {}: ", metadata.level(), metadata.target());
    }
    event.record(&mut Fields {
        line,
        with_names: metadata.target() != super::ACCESS,
    });
    line.push('\n');
}

/// Writes the message as it is, and every other field after it; a line of the access log has a form of its own, and no further fields.
struct Fields<'l> {
    line: &'l mut String,
    with_names: bool,
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        _ = match field.name() {
            "message" => write!(self.line, "{value:?}"),
            name if self.with_names => write!(self.line, " {name}={value:?}"),
            _ => Ok(()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_warnings_of_the_server_below_are_written() {
        tracing::subscriber::with_default(Plain, || {
            assert!(tracing::enabled!(target: "notes", Level::INFO));
            assert!(!tracing::enabled!(target: "notes", Level::DEBUG));
            assert!(tracing::enabled!(target: "actix_server::builder", Level::WARN));
            assert!(!tracing::enabled!(target: "actix_server::builder", Level::INFO));
        });
    }
}
