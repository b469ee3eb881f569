//! How much one request may be, in one table.

use std::time::Duration;

use crate::params::form::FormLimits;

/// The limits of a site. Every one has a default that suits pages and forms, and a status for what exceeds it.
///
/// # Examples
/// ```
/// use kirsch::{FormLimits, Limits};
///
/// let form = FormLimits { body_bytes: 10 * 1024 * 1024, ..FormLimits::default() };
/// let limits = Limits { form, ..Limits::default() };
/// assert_eq!(limits.target, 8 * 1024);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the request target, path and query together. Default 8 KiB; more is 414.
    pub target: usize,
    /// Segments of the path. Default 256; more is 404.
    pub segments: usize,
    /// Pairs in a query. Default 1,000; more is 400.
    pub query_parameters: usize,
    /// Bytes of a JSON body. Default 2 MiB; more is 413.
    pub json: u64,
    /// Bodies: of forms, and of every page that reads one.
    pub form: FormLimits,
    /// How long a page may take until it begins to answer. Default 60 s, then 503; zero means for ever.
    pub request_timeout: Duration,
    /// Parameters that no page asks for are refused: 404 in the query, 400 in a form. Default: they are ignored.
    ///
    /// A page that takes extractors of its own is left alone: only they know what they read. CherryPy always refuses.
    pub strict_params: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            target: 8 * 1024,
            segments: 256,
            query_parameters: 1_000,
            json: 2 * 1024 * 1024,
            form: FormLimits::default(),
            request_timeout: Duration::from_mins(1),
            strict_params: false,
        }
    }
}
