//! A file that a visitor sent with a form.

use std::fmt;
use std::fs::File;
use std::path::Path;

use actix_web::mime::Mime;
use actix_web::web::Bytes;

use super::filename;
use super::spool::Content;
use crate::error::{Error, Result};

/// A file that a visitor sent with a `multipart/form-data` form.
///
/// A small file is in memory, a larger one in a temporary file without a name. Either is gone when the `Upload` is: to keep it, call
/// [`persist_to`](Self::persist_to). A file input that was left empty sends no upload. Limits: [`FormLimits`](crate::FormLimits).
///
/// Nothing that the visitor says of the file is checked: neither its type nor that its content is what its name promises.
///
/// # Examples
/// ```
/// use kirsch::{Error, Result, Upload};
///
/// /// Keeps a photo under a number of ours: two visitors may send the same name.
/// async fn keep(photo: &Upload, number: u64) -> Result<String> {
///     if photo.len() > 5_000_000 {
///         return Err(Error::too_large(5_000_000));
///     }
///     photo.persist_to(format!("photos/{number}")).await?;
///     Ok(format!("thank you for {}", photo.filename().unwrap_or("your photo")))
/// }
/// ```
///
/// # CherryPy
/// The `Part` that a parameter holds for a file. `filename()` has no folders (CherryPy leaves them); `into_file()` is `.file`.
pub struct Upload {
    name: String,
    raw_filename: Option<String>,
    filename: Option<String>,
    content_type: Option<Mime>,
    content: Content,
    length: u64,
}

impl Upload {
    pub(super) fn new(
        name: String,
        raw_filename: Option<String>,
        content_type: Option<Mime>,
        (content, length): (Content, u64),
    ) -> Self {
        let filename = raw_filename.as_deref().and_then(filename::safe);
        Self {
            name,
            raw_filename,
            filename,
            content_type,
            content,
            length,
        }
    }

    /// The name of the form's field.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the file on the visitor's side, fit to be a file name on ours: its last component only, in NFC, without control characters,
    /// leading dots and the like, at most 255 bytes. `None` when no such name is left.
    ///
    /// Two visitors may send the same name. Escape it where it is shown.
    pub fn filename(&self) -> Option<&str> {
        self.filename.as_deref()
    }

    /// The name of the file exactly as the client sent it, with whatever it contains: `../../etc/passwd`, say. Never part of a path.
    pub fn raw_filename(&self) -> Option<&str> {
        self.raw_filename.as_deref()
    }

    /// What the client says the file is. It may say anything.
    pub fn content_type(&self) -> Option<&Mime> {
        self.content_type.as_ref()
    }

    /// The size in bytes.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether the file has no bytes.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The whole content, read into memory: up to [`file_bytes`](crate::FormLimits::file_bytes) of it.
    ///
    /// # Errors
    /// 500 when the temporary file cannot be read.
    pub async fn bytes(&self) -> Result<Bytes> {
        self.content.bytes().await
    }

    /// The whole content as text, read into memory.
    ///
    /// # Errors
    /// 400 when it is not UTF-8; 500 when the temporary file cannot be read.
    pub async fn text(&self) -> Result<String> {
        let bytes = self.bytes().await?;
        String::from_utf8(bytes.into()).map_err(|cause| {
            Error::bad_request("this file is not text in UTF-8").because(cause.utf8_error())
        })
    }

    /// Keeps the content as a file at `path`, in a folder that exists. A file that is there already is replaced, at once and as a whole.
    /// The new one can be read and written by the owner of the process only.
    ///
    /// Do not put what the visitor said into the path; not even [`filename`](Self::filename), where visitors share a folder.
    ///
    /// # Errors
    /// 507 when the disk is full; 500 when the folder is missing or not writable.
    pub async fn persist_to(&self, path: impl AsRef<Path>) -> Result<()> {
        self.content.persist_to(path.as_ref().to_owned()).await
    }

    /// The content as a nameless file of its own, open for reading and writing, at its start.
    /// Whoever reads it in an async page turns it into a `tokio::fs::File` first.
    ///
    /// # Errors
    /// 507 or 500 when a small upload that was in memory cannot be written.
    pub async fn into_file(self) -> Result<File> {
        self.content.into_file().await
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("name", &self.name)
            .field("raw_filename", &self.raw_filename)
            .field("content_type", &self.content_type)
            .field("len", &self.length)
            .finish_non_exhaustive()
    }
}
