//! The file that says which process serves, so that others can send it signals: the pid and a newline.
//!
//! It says "running" only while that is true: it is made when the server is ready, and removed at the end. One that was left
//! behind by a killed server is replaced; one of a living process refuses the start.
//!
//! CherryPy: `process/plugins.py`, `PIDFile`. Differs from it: CherryPy writes over whatever is there.

use std::fs::{self, File, Metadata, Permissions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use tempfile::{NamedTempFile, PersistError};

use super::listener::{identity, present};

/// The pid file of this process. It goes when this is dropped, if it is still the file of this process.
///
/// Two processes never both have it, however close together they start:
/// - it is made whole under another name, and comes to its place in one step that fails if a file is there;
/// - whoever replaces a stale file holds the lock of that very file, and has seen it in its place under the lock;
/// - the owner holds the lock of its own file as long as it lives, its removal included, so nobody takes a file that is just going.
#[derive(Debug)]
pub(crate) struct PidFile {
    /// Absolute, because the process may change its folder while it serves.
    path: PathBuf,
    /// Kept for its lock.
    _locked: File,
}

impl PidFile {
    /// Refuses a file whose process lives. Nothing is changed: this is for a good message before anything has been opened.
    ///
    /// # Errors
    /// The process lives; or what is there is no pid file.
    pub(crate) fn check(path: &Path) -> io::Result<()> {
        match Found::at(path)? {
            Some(found) => found.refuse_living(path),
            None => Ok(()),
        }
    }

    /// Makes the file, in the place of a stale one if need be.
    ///
    /// # Errors
    /// A living process has it; what is there is no pid file; the folder cannot be written.
    pub(crate) fn claim(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let mut ours = written(&path).map_err(|cause| cannot("write", &path, &cause))?;
        // Each further turn means that another process has made or removed the file in between.
        loop {
            ours = match ours.persist_noclobber(&path) {
                Ok(file) => return Ok(Self::held(path, file)),
                Err(PersistError { error, file })
                    if error.kind() == io::ErrorKind::AlreadyExists =>
                {
                    file
                }
                Err(failed) => return Err(cannot("write", &path, &failed.error)),
            };
            let Some(stale) = Found::at(&path)? else {
                continue;
            };
            if stale.lock(&path)? && stale.is_still_at(&path)? {
                stale.refuse_living(&path)?;
                tracing::warn!("replacing the pid file {}: {stale}", path.display());
                let replaced = ours.persist(&path);
                let file = replaced.map_err(|failed| cannot("replace", &path, &failed.error))?;
                return Ok(Self::held(path, file));
            }
        }
    }

    fn held(path: PathBuf, locked: File) -> Self {
        Self {
            path,
            _locked: locked,
        }
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let ours = matches!(Found::at(&self.path), Ok(Some(found)) if found.content == content());
        if ours && let Err(cause) = fs::remove_file(&self.path) {
            tracing::warn!("{}", cannot("remove", &self.path, &cause));
        }
    }
}

/// The whole file, locked, under a name of its own in the same folder. It goes if it is not brought to its place.
fn written(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::Builder::new()
        .prefix(".pid-")
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder)?;
    file.write_all(content().as_bytes())?;
    file.as_file().lock()?;
    Ok(file)
}

fn content() -> String {
    format!("{}\n", std::process::id())
}

/// A pid file that is there.
#[derive(Debug)]
struct Found {
    file: File,
    content: String,
}

impl Found {
    /// More than any pid file has.
    const MOST: u64 = 64;

    /// What is at the path. Only what looks like a pid file will ever be replaced: `-p site.toml` must not cost anybody a file.
    fn at(path: &Path) -> io::Result<Option<Self>> {
        let no_pid_file = || {
            let words = format!("{} is no pid file; it is left alone", path.display());
            io::Error::new(io::ErrorKind::AlreadyExists, words)
        };
        // Looked at before it is opened, since opening a pipe would wait. What a link points to is not ours.
        match present(path).map_err(|cause| cannot("read", path, &cause))? {
            None => return Ok(None),
            Some(metadata) if !metadata.is_file() => return Err(no_pid_file()),
            Some(_) => {}
        }
        let file = match File::open(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|cause| cannot("read", path, &cause))?,
        };
        let mut bytes = Vec::new();
        let read = (&file).take(Self::MOST).read_to_end(&mut bytes);
        read.map_err(|cause| cannot("read", path, &cause))?;
        // An empty file, or one of zeros, is what a crash of the machine leaves.
        let likely = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_whitespace() || *byte == 0;
        if bytes.len() as u64 == Self::MOST || !bytes.iter().all(likely) {
            return Err(no_pid_file());
        }
        let content = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Some(Self { file, content }))
    }

    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.content.trim().parse().ok()?)
    }

    fn refuse_living(&self, path: &Path) -> io::Result<()> {
        match self.pid().filter(|pid| lives(*pid)) {
            Some(pid) => Err(taken(format_args!(
                "this site is running already (pid {pid}, {})",
                path.display()
            ))),
            None => Ok(()),
        }
    }

    /// Whether the lock could be had. It says so if the file went from its owner to nobody meanwhile.
    fn lock(&self, path: &Path) -> io::Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::Error(cause)) => Err(cannot("lock", path, &cause)),
            Err(TryLockError::WouldBlock) if !self.is_still_at(path)? => Ok(false),
            Err(TryLockError::WouldBlock) => {
                self.refuse_living(path)?;
                Err(taken(format_args!(
                    "another process is taking over the pid file {}",
                    path.display()
                )))
            }
        }
    }

    fn is_still_at(&self, path: &Path) -> io::Result<bool> {
        let same = |there: &Metadata| Ok(identity(there) == identity(&self.file.metadata()?));
        present(path)?.as_ref().map_or(Ok(false), same)
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.pid() {
            Some(pid) => write!(f, "the process {pid} has ended"),
            None => f.write_str("there is no pid in it"),
        }
    }
}

/// Whether there is such a process beside this one: after a restart of a container, the new process often has the pid of the old one.
fn lives(pid: Pid) -> bool {
    let is_this = pid.as_raw_nonzero().get().unsigned_abs() == std::process::id();
    // Any other refusal, such as that of another user's process, means that it lives.
    !is_this && test_kill_process(pid) != Err(Errno::SRCH)
}

fn taken(words: std::fmt::Arguments<'_>) -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, words.to_string())
}

fn cannot(verb: &str, path: &Path, cause: &io::Error) -> io::Error {
    let words = format!("cannot {verb} the pid file {}: {cause}", path.display());
    io::Error::new(cause.kind(), words)
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::Barrier;

    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site.pid");
        (folder, path)
    }

    fn dead() -> String {
        let mut child = Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        format!("{}\n", child.id())
    }

    fn refusal(path: &Path) -> String {
        let said = PidFile::claim(path).unwrap_err().to_string();
        assert_eq!(PidFile::check(path).unwrap_err().to_string(), said);
        said
    }

    #[test]
    fn it_holds_the_pid_and_goes_with_its_owner() {
        let (folder, path) = folder();
        let file = PidFile::claim(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), content());
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        // What the umask of whoever runs this leaves of 0644.
        assert_eq!((mode & 0o600, mode & 0o777 & !0o644), (0o600, 0));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_no_living_process_left_is_replaced() {
        let ours = content();
        for stale in [
            &dead(),
            &ours,
            "",
            "\n",
            "\0\0\0\0",
            "99999999999\n",
            "0",
            "1 2",
        ] {
            let (_folder, path) = folder();
            fs::write(&path, stale).unwrap();
            PidFile::check(&path).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), *stale);
            let file = PidFile::claim(&path).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), ours);
            drop(file);
            assert!(!path.exists());
        }
    }

    #[test]
    fn a_living_process_keeps_its_file() {
        let (_folder, path) = folder();
        let parent = std::os::unix::process::parent_id();
        fs::write(&path, format!("{parent}")).unwrap();
        assert_eq!(
            refusal(&path),
            format!(
                "this site is running already (pid {parent}, {})",
                path.display()
            )
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), parent.to_string());
    }

    #[test]
    fn what_is_no_pid_file_is_left_alone() {
        let (folder, path) = folder();
        let long = "1".repeat(64);
        for precious in ["[global]\n", "-1", &long] {
            fs::write(&path, precious).unwrap();
            assert!(refusal(&path).ends_with("site.pid is no pid file; it is left alone"));
            assert_eq!(fs::read_to_string(&path).unwrap(), precious);
        }
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        for other in [Path::new("/dev/null"), folder.path(), &link] {
            assert!(refusal(other).ends_with("is no pid file; it is left alone"));
        }
    }

    #[test]
    fn a_folder_that_is_missing_is_said_plainly() {
        let (folder, _) = folder();
        let path = folder.path().join("none/site.pid");
        let said = PidFile::claim(&path).unwrap_err().to_string();
        assert!(said.starts_with(&format!("cannot write the pid file {}: ", path.display())));
    }

    #[test]
    fn a_file_that_others_have_written_meanwhile_stays() {
        let (_folder, path) = folder();
        let file = PidFile::claim(&path).unwrap();
        fs::write(&path, "1\n").unwrap();
        drop(file);
        assert!(path.exists());
    }

    /// Locks are held by open files and not by processes, so that threads race as processes do.
    #[test]
    fn of_many_at_once_one_has_it() {
        const MANY: usize = 8;
        let dead = dead();
        for round in 0..200 {
            let (_folder, path) = folder();
            if round % 2 == 0 {
                fs::write(&path, &dead).unwrap();
            }
            let start = Barrier::new(MANY);
            let claim = || {
                start.wait();
                PidFile::claim(&path)
            };
            // Whoever has it keeps it until all have tried.
            let claimed: Vec<_> = std::thread::scope(|scope| {
                let claims: Vec<_> = (0..MANY).map(|_| scope.spawn(claim)).collect();
                claims
                    .into_iter()
                    .map(|claim| claim.join().unwrap())
                    .collect()
            });
            assert_eq!(claimed.iter().flatten().count(), 1, "{claimed:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content());
        }
    }
}
