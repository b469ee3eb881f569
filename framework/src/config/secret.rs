//! Values that stand in a file of their own, such as a secret that the system mounts: `tools.sessions.key_file = "/run/secrets/key"`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::regular::read_regular;
use super::{Entry, Raw, Refusal, Value as _};

/// What the key of such an entry ends in. Whether it is one decides whoever knows the keys: only when the key itself is unknown, and the key
/// without this end is known.
pub(crate) const SUFFIX: &str = "_file";

/// The most that is read. A larger file is something else.
const LARGEST: u64 = 64 * 1024;

/// The value that stands in the file that the entry names, without one newline at its end.
///
/// A relative path begins at the folder of the configuration file that the entry was written in, else at the current folder.
///
/// # Errors
/// The file cannot be read, is no UTF-8, or has more than 64 KiB. Its content is in no message.
pub(crate) fn secret(entry: &Entry) -> Result<Raw, Refusal> {
    let path = entry.path(&PathBuf::read(&entry.value)?);
    let refuse = |words: &str| Refusal::new(format!("the file `{}` {words}", path.display()));
    let too_large = "has more than 64 KiB: it can be no such value";
    let (bytes, metadata) =
        read_regular(&path, LARGEST, too_large).map_err(|words| refuse(&words))?;
    let mode = metadata.permissions().mode();
    let text = String::from_utf8(bytes).map_err(|_| refuse("is not in UTF-8"))?;
    if mode & 0o004 != 0 {
        tracing::warn!(
            "every user of this machine can read `{}`, which `{}` names (help: chmod o-r)",
            path.display(),
            entry.name()
        );
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line
        .strip_suffix('\r')
        .filter(|_| line.len() < text.len())
        .unwrap_or(line);
    Ok(Raw::Bare(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::config::Configuration;

    /// The value of `global.x.key_file`, written in a file of this folder.
    fn read(folder: &Path, path: &str) -> Result<Raw, String> {
        let site = folder.join("site.toml");
        fs::write(&site, format!("[global]\nx.key_file = \"{path}\"\n")).unwrap();
        let mut configuration = Configuration::default();
        configuration.file(&site);
        assert_eq!(configuration.mistakes(), []);
        let entry = configuration.entries().next().unwrap();
        secret(entry).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn one_newline_is_taken_off() {
        let folder = tempfile::tempdir().unwrap();
        for (content, expected) in [
            ("key\n", "key"),
            ("key\r\n", "key"),
            ("key", "key"),
            ("key\r", "key\r"),
            ("key\n\n", "key\n"),
            ("", ""),
        ] {
            fs::write(folder.path().join("key"), content).unwrap();
            assert_eq!(
                read(folder.path(), "key"),
                Ok(Raw::Bare(expected.to_owned()))
            );
        }
        let absolute = folder.path().join("key");
        assert!(read(folder.path(), absolute.to_str().unwrap()).is_ok());
    }

    #[test]
    fn what_cannot_be_read_is_said_without_its_content() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("large"), "x".repeat(65 * 1024)).unwrap();
        fs::write(folder.path().join("bytes"), [0xff]).unwrap();
        for (path, words) in [
            ("none", "none` does not exist"),
            (".", ".` is a folder"),
            (
                "large",
                "large` has more than 64 KiB: it can be no such value",
            ),
            ("bytes", "bytes` is not in UTF-8"),
        ] {
            let refused = read(folder.path(), path).unwrap_err();
            assert!(refused.ends_with(words), "{refused}");
        }
    }
}
