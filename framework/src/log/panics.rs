//! Panics: where and why, in one line each.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};

use crate::http::escape;

/// Takes the place of the standard library's report, which writes the message as it is: a page that says in a panic what a visitor
/// sent would let him write lines of his own into the log. As there, `RUST_BACKTRACE=1` adds the way to the panic.
pub(super) fn report() {
    panic::set_hook(Box::new(line));
}

fn line(panic: &PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let message = escape::log(message(panic.payload()).as_bytes());
    let way = Backtrace::capture();
    if way.status() == BacktraceStatus::Captured {
        tracing::error!(target: "kirsch::error", "panic at {place}: {message}\n{way}");
    } else {
        tracing::error!(target: "kirsch::error", "panic at {place}: {message}");
    }
}

/// What a panic says, if it says it in words.
pub(crate) fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_both_kinds_of_text() {
        assert_eq!(message(&"plain"), "plain");
        assert_eq!(message(&"made".to_owned()), "made");
        assert_eq!(message(&7), "no message");
    }
}
