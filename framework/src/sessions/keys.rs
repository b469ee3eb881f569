//! Where the keys of the cookie come from: what the operator says, or a file that is made once.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};

use crate::sessions::seal::Keys;

/// How many bytes a secret has that we make.
pub(crate) const MADE: usize = 32;

/// What the keys are made of.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// What the operator says. The first writes, all read.
    Given(Vec<String>),
    /// Nothing was said: a file keeps what was made once.
    File(PathBuf),
    /// Nothing was said, and nothing outlives the process: made when it is needed first.
    Process(Arc<OnceLock<[u8; MADE]>>),
}

/// Shows no secret.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(secrets) => write!(f, "Given({})", secrets.len()),
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Process(_) => f.write_str("Process"),
        }
    }
}

impl Secrets {
    /// What tells them from others, and is no secret.
    pub(crate) fn fingerprint(&self) -> String {
        match self {
            Self::Given(secrets) => format!("given {:?}", Sha256::digest(secrets.join("\0"))),
            Self::File(path) => format!("file {}", path.display()),
            Self::Process(_) => "process".to_owned(),
        }
    }

    /// The keys.
    ///
    /// # Errors
    /// The file cannot be read or made, or others can read it; the system's generator fails.
    pub(crate) fn keys(&self) -> io::Result<Keys> {
        Ok(match self {
            Self::Given(secrets) => Keys::new(secrets.iter().map(String::as_bytes)),
            Self::File(path) => Keys::new([&kept(path)?[..]]),
            Self::Process(made_once) => {
                let fresh = made()?;
                Keys::new([made_once.get_or_init(|| fresh)])
            }
        })
    }
}

fn made() -> io::Result<[u8; MADE]> {
    let mut secret = [0; MADE];
    getrandom::fill(&mut secret)?;
    Ok(secret)
}

/// The secret in a file, which is made if it is not there. Of several processes that make it at once, one does.
fn kept(path: &Path) -> io::Result<[u8; MADE]> {
    match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let secret = made()?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // Of `file`, it is the folder of the sessions, which may be made later.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    // Written whole beside it, and linked to its place if nobody was faster.
    let mut file = tempfile::Builder::new()
        .prefix(".kirsch-key-")
        .tempfile_in(folder)?;
    file.write_all(&secret)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(secret),
        Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(other) => Err(other.error),
    }
}

fn read(path: &Path) -> io::Result<[u8; MADE]> {
    let refuse = |words: &str| {
        let words = format!("the key of session cookies in `{}` {words}", path.display());
        io::Error::new(io::ErrorKind::InvalidData, words)
    };
    let not_blocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let mut file: File = OpenOptions::new()
        .read(true)
        .custom_flags(not_blocking)
        .open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(refuse("is no file"));
    }
    if about.mode() & 0o077 != 0 {
        return Err(refuse("can be read by others (help: chmod 600)"));
    }
    let mut secret = [0; MADE];
    file.read_exact(&mut secret)
        .map_err(|_| refuse("is too short"))?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_kept_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let secret = kept(&path).unwrap();
        assert_eq!(kept(&path).unwrap(), secret);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        kept(&folder.path().join("new/folder/key")).unwrap();
        let mode = fs::metadata(folder.path().join("new/folder"));
        assert_eq!(mode.unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        kept(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = kept(&path).unwrap_err().to_string();
        assert!(
            refused.ends_with("can be read by others (help: chmod 600)"),
            "{refused}"
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short").unwrap();
        assert!(
            kept(&path)
                .unwrap_err()
                .to_string()
                .ends_with("is too short")
        );
        assert!(kept(folder.path()).is_err());
        assert!(kept(&path.join("below a file")).is_err());
    }

    #[test]
    fn nothing_is_shown() {
        let given = Secrets::Given(vec!["a secret of thirty-two bytes: 01".into()]);
        assert_eq!(format!("{given:?}"), "Given(1)");
    }
}
