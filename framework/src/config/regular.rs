//! Files that are read whole: at start, and again at a reload.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;

/// Reads a file of at most so many bytes; a larger one is `too_large`.
///
/// Only a regular file is read: a pipe may let its reader wait for ever, and has nothing to say a second time.
///
/// # Errors
/// What is wrong with the file, to be written behind its name.
pub(crate) fn read_regular(
    path: &Path,
    limit: u64,
    too_large: &str,
) -> Result<(Vec<u8>, Metadata), String> {
    let words = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    // Before it is opened: to open a pipe that nobody writes to is to wait.
    let metadata = fs::metadata(path).map_err(words)?;
    if metadata.is_dir() {
        return Err("is a folder".to_owned());
    }
    if !metadata.is_file() {
        return Err(
            "is no regular file, which could be read again\nhelp: write what it holds into a file"
                .to_owned(),
        );
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(words)?;
    let mut file = file.take(limit.saturating_add(1));
    file.read_to_end(&mut bytes).map_err(words)?;
    if bytes.len() as u64 > limit {
        return Err(too_large.to_owned());
    }
    Ok((bytes, metadata))
}
