//! The subscriber that an application gets when it has none of its own.

use super::panics;
use super::plain::Plain;

/// Sends what the site says to standard error, unless the application has set a `tracing` subscriber before.
///
/// [`quickstart`](crate::quickstart) and [`Site::serve`](crate::Site::serve) call it. Everything at level INFO and above is
/// written; of the server below Kirsch, only warnings and errors. Panics are reported there too: where, and what was said, escaped.
pub fn start() {
    // An error means that the application has a subscriber, and that is the one it wants.
    if tracing::subscriber::set_global_default(Plain).is_ok() {
        panics::report();
    }
}
