//! Where the bytes of an uploaded file stay while the request lasts: in memory when they are few, else in a temporary file without a name.
//!
//! The file has no name, so that nobody else can open it and nothing is left behind, however the request ends: it is gone with the last
//! [`Content`]. It is written and read on the threads for blocking work, never on a worker.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};

use super::FormLimits;
use crate::error::{Error, Result};

/// How many bytes are gathered before they go to the file: what one upload takes in memory.
const GATHERED: usize = 64 * 1024;

/// The bytes of a file, as they come.
#[derive(Debug)]
pub(super) struct Spool<'a> {
    limits: &'a FormLimits,
    held: Vec<u8>,
    file: Option<File>,
    length: u64,
    share: Share,
}

impl<'a> Spool<'a> {
    pub(super) fn new(limits: &'a FormLimits) -> Self {
        Self {
            limits,
            held: Vec::new(),
            file: None,
            length: 0,
            share: Share::default(),
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// 413 beyond the limit for one file, 503 when the temporary files of the process are full, 507 when the disk is, 500 when the
    /// folder for temporary files cannot be used.
    pub(super) async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.length += chunk.len() as u64;
        if self.length > self.limits.file_bytes {
            let words = format!(
                "a file is larger than the {} bytes that are allowed here",
                self.limits.file_bytes
            );
            return Err(Error::new(StatusCode::PAYLOAD_TOO_LARGE, words));
        }
        self.share
            .take(chunk.len() as u64, self.limits.temporary_bytes)?;
        self.held.extend_from_slice(chunk);
        if self.held.len() >= GATHERED && self.is_large() {
            self.flush().await?;
        }
        Ok(())
    }

    pub(super) async fn finish(mut self) -> Result<(Content, u64)> {
        if self.is_large() {
            self.flush().await?;
        }
        let content = match self.file {
            Some(file) => Content::Stored(Arc::new(Stored {
                file: Mutex::new(file),
                _share: self.share,
            })),
            None => Content::Held(self.held.into()),
        };
        Ok((content, self.length))
    }

    fn is_large(&self) -> bool {
        self.length > self.limits.memory_bytes
    }

    async fn flush(&mut self) -> Result<()> {
        let (mut held, file) = (std::mem::take(&mut self.held), self.file.take());
        let folder = self.limits.temporary_folder.clone();
        let work = move || {
            let mut file = file.map_or_else(|| nameless(folder), Ok)?;
            file.write_all(&held)?;
            held.clear();
            Ok((file, held))
        };
        let (file, held) = blocking(work).await?;
        self.file = Some(file);
        self.held = held;
        Ok(())
    }
}

/// The bytes of a file that has come whole.
#[derive(Debug)]
pub(super) enum Content {
    Held(Bytes),
    Stored(Arc<Stored>),
}

/// A temporary file and its share of what all of them may take.
#[derive(Debug)]
pub(super) struct Stored {
    /// Locked while it is read, because there is one position in it.
    file: Mutex<File>,
    _share: Share,
}

impl Content {
    pub(super) async fn bytes(&self) -> Result<Bytes> {
        match self {
            Self::Held(bytes) => Ok(bytes.clone()),
            Self::Stored(stored) => {
                let stored = Arc::clone(stored);
                blocking(move || stored.bytes()).await
            }
        }
    }

    /// Writes the bytes beside `path` and gives them that name when all are there, so that nobody sees half a file.
    pub(super) async fn persist_to(&self, path: PathBuf) -> Result<()> {
        let source = match self {
            Self::Held(bytes) => Self::Held(bytes.clone()),
            Self::Stored(stored) => Self::Stored(Arc::clone(stored)),
        };
        let work = move || {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or(Path::new("."));
            let mut beside = tempfile::NamedTempFile::new_in(folder)?;
            match source {
                Self::Held(bytes) => beside.write_all(&bytes)?,
                Self::Stored(stored) => stored.copy_to(beside.as_file_mut())?,
            }
            beside.persist(&path).map(drop).map_err(io::Error::from)
        };
        blocking(work).await
    }

    pub(super) async fn into_file(self) -> Result<File> {
        let work = move || match self {
            Self::Stored(stored) => stored.rewound(),
            Self::Held(bytes) => {
                let mut file = nameless(None)?;
                file.write_all(&bytes)?;
                file.rewind()?;
                Ok(file)
            }
        };
        blocking(work).await
    }
}

impl Stored {
    fn bytes(&self) -> io::Result<Bytes> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.rewind()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }

    fn copy_to(&self, target: &mut File) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.rewind()?;
        io::copy(&mut *file, target).map(drop)
    }

    /// Another handle of the same file, at its start. The lock is waited for, so that no reading that was given up disturbs it.
    fn rewound(&self) -> io::Result<File> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.rewind()?;
        file.try_clone()
    }
}

/// A part of the bytes that the temporary files of this process may take together; given back when it is dropped.
#[derive(Debug, Default)]
struct Share(u64);

static TAKEN: AtomicU64 = AtomicU64::new(0);

impl Share {
    fn take(&mut self, bytes: u64, most: u64) -> Result<()> {
        self.0 += bytes;
        if TAKEN.fetch_add(bytes, Ordering::Relaxed) + bytes > most {
            return Err(Error::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too many files are being sent at this moment; please try again later",
            ));
        }
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        TAKEN.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// A file of mode 0600 without a name, in this folder or in the system's.
fn nameless(folder: Option<PathBuf>) -> io::Result<File> {
    tempfile::tempfile_in(folder.unwrap_or_else(std::env::temp_dir))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    match web::block(work).await {
        Ok(done) => done.map_err(storage_error),
        Err(stopping) => Err(Error::internal(stopping)),
    }
}

/// 507 when there is no room, else 500: what is wrong with our folders is no visitor's business.
fn storage_error(error: io::Error) -> Error {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error.kind() {
        StorageFull | QuotaExceeded | FileTooLarge | ReadOnlyFilesystem => Error::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "there is no room for this file",
        )
        .because(error),
        _ => Error::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_507_and_a_wrong_folder_500() {
        for (kind, status) in [
            (io::ErrorKind::StorageFull, 507),
            (io::ErrorKind::QuotaExceeded, 507),
            (io::ErrorKind::ReadOnlyFilesystem, 507),
            (io::ErrorKind::NotFound, 500),
            (io::ErrorKind::PermissionDenied, 500),
        ] {
            assert_eq!(storage_error(kind.into()).status(), status, "{kind:?}");
        }
    }

    #[actix_rt::test]
    async fn only_large_files_are_written() {
        let limits = FormLimits {
            temporary_folder: Some("/missing".into()),
            ..FormLimits::default()
        };
        for (length, fits) in [(0, true), (1_000, true), (1_001, false)] {
            let mut spool = Spool::new(&limits);
            spool.write(&vec![b'x'; length]).await.unwrap();
            assert_eq!(spool.finish().await.is_ok(), fits, "{length}");
        }
    }
}
