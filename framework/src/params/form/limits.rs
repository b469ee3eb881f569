//! How much of a form is read.

use std::path::PathBuf;
use std::time::Duration;

use super::body::Pace;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

/// How much of a form is read: bytes, fields, files and patience.
///
/// What a client sends beyond a limit is answered with 413 (bytes) or 400 (numbers of fields) and is neither kept nor read on.
///
/// # Examples
/// ```
/// use kirsch::FormLimits;
///
/// let photos = FormLimits { file_bytes: 5 * 1024 * 1024, ..FormLimits::default() };
/// assert_eq!(photos.parts, 1_000);
/// ```
///
/// # CherryPy
/// `request.body.maxbytes` and `server.max_request_body_size` are [`body_bytes`](Self::body_bytes), `maxrambytes` is
/// [`memory_bytes`](Self::memory_bytes). The other limits are missing there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormLimits {
    /// Bytes of a whole `multipart/form-data` body, files included. 100 MiB; more is 413.
    pub body_bytes: u64,
    /// Bytes of an `application/x-www-form-urlencoded` body, which is held in memory. 1 MiB; more is 413.
    pub form_bytes: u64,
    /// Fields of an urlencoded form. 1,000; more is 400.
    pub form_parameters: usize,
    /// Parts of a multipart form, fields and files together. 1,000; more is 400.
    pub parts: usize,
    /// Bytes of one text field of a multipart form. 1 MiB; more is 413.
    pub field_bytes: u64,
    /// Bytes of all text fields of a multipart form together, and of the names of all its parts: what the form takes in memory
    /// besides its files. 1 MiB; more is 413.
    pub fields_bytes: u64,
    /// Bytes of one file. 100 MiB, as many as the whole body may have; more is 413.
    pub file_bytes: u64,
    /// A file of at most so many bytes stays in memory, a larger one goes into a temporary file. 1,000.
    pub memory_bytes: u64,
    /// Bytes that the temporary files of the whole process may take at one time. 1 GiB; while they are in use, further files are 503.
    pub temporary_bytes: u64,
    /// Where temporary files live: they have no name there and are gone when the request is. `None`: the system's folder for
    /// temporary files (`TMPDIR`). A folder in memory (a `tmpfs`) makes uploads take memory.
    pub temporary_folder: Option<PathBuf>,
    /// How long to wait for the next bytes of a body. 30 s, then 408. Zero: for ever, at any pace.
    ///
    /// A body must also come at 240 bytes a second, on the average of the time spent waiting for it, once that is more than 10 s.
    pub body_timeout: Duration,
}

impl Default for FormLimits {
    fn default() -> Self {
        Self {
            body_bytes: 100 * MIB,
            form_bytes: MIB,
            form_parameters: 1_000,
            parts: 1_000,
            field_bytes: MIB,
            fields_bytes: MIB,
            file_bytes: 100 * MIB,
            memory_bytes: 1_000,
            temporary_bytes: GIB,
            temporary_folder: None,
            body_timeout: Duration::from_secs(30),
        }
    }
}

impl FormLimits {
    pub(crate) fn pace(&self) -> Pace {
        Pace::new(self.body_timeout)
    }
}
