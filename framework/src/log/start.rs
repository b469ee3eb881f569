//! The plain subscriber that an application gets when it has none of its own.

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::panics;

/// Sends what the site says to standard error, unless the application has set a `tracing` subscriber before.
///
/// [`quickstart`](crate::quickstart) and [`Site::serve`](crate::Site::serve) call it. Everything at level INFO and above is
/// written; of the server below Kirsch, only warnings and errors. Panics are reported there too: where, and what was said, escaped.
pub fn start() {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false);
    let targets = Targets::new()
        .with_default(Level::INFO)
        .with_target("actix_server", Level::WARN)
        .with_target("actix_http", Level::WARN);
    // An error means that the application has a subscriber, and that is the one it wants.
    let started = tracing_subscriber::registry()
        .with(lines)
        .with(targets)
        .try_init();
    if started.is_ok() {
        panics::report();
    }
}
