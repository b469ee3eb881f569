//! The plain subscriber that an application gets when it has none of its own.

/// Sends what the site says to standard error, unless the application has set a `tracing` subscriber before.
///
/// `kirsch::quickstart` and `Site::serve` call it. Everything at level INFO and above is written.
pub fn start() {
    let subscriber = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .with_ansi(false);
    // An error means that the application has a subscriber, and that is the one it wants.
    drop(subscriber.try_init());
}
