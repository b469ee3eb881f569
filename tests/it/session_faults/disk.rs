//! Files on a disk that fails, and processes that are killed while they write there.

use std::collections::BTreeSet;
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::counting::counted;
use super::site::{Visits, in_files};
use super::visitor::Visitor;
use crate::process::PATIENCE;

/// `kill -9` at any moment of a write: what was acknowledged is there, and what was not is there as a whole or not at all.
#[test]
fn a_process_that_is_killed_loses_no_acknowledged_write() {
    const KILLS: u32 = 20;
    const MOST: u32 = 10 * KILLS;
    let folder = tempfile::tempdir().unwrap();
    let lines = in_files(&folder);
    let (mut acknowledged, mut hits) = (1, 0);
    let cookie = Visits::serving(&lines).visitor();
    for kill in 0.. {
        let mut site = Visits::serving(&lines);
        assert_eq!(counted(&site.ask("/look", &cookie)), acknowledged);
        if kill >= KILLS && hits > 0 {
            return;
        }
        assert!(kill < MOST, "no kill has hit a write");
        let mut visitor = Visitor::of(&site, &cookie, PATIENCE);
        let begun = Instant::now();
        for _ in 0..25 {
            acknowledged += 1;
            let told = acknowledged.to_string();
            visitor.ask("/inc").unwrap().expect(200, &told);
        }
        let usual = begun.elapsed() / 25;
        let before = half_written(&folder);
        visitor.send("/inc").unwrap();
        // At another moment of a write each time. Nothing happens at it that could be waited for.
        let begun = Instant::now();
        while begun.elapsed() < usual * (kill % KILLS) / KILLS {}
        site.process.kill();
        // What came before the connection broke has come.
        let is_told = visitor.answer().is_ok();
        let is_half = half_written(&folder) != before;
        let count = counted(&Visits::serving(&lines).ask("/look", &cookie));
        let is_stored = count == acknowledged + 1;
        assert!(
            is_stored || (count == acknowledged && !is_told),
            "{count} after {acknowledged}, and told: {is_told}"
        );
        hits += u32::from(is_half || (is_stored && !is_told));
        acknowledged = count;
    }
}

/// The files that are being written, or were when somebody was killed.
fn half_written(folder: &tempfile::TempDir) -> BTreeSet<PathBuf> {
    let is_temporary = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(".tmp-")
    };
    let all = listed(folder.path()).into_iter();
    all.filter(is_temporary).collect()
}

/// All files below a folder.
pub(super) fn listed(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.map(|path| {
        if path.is_dir() {
            listed(&path)
        } else {
            BTreeSet::from([path])
        }
    });
    files.flatten().collect()
}

/// A disk that takes no more is 500, and all else goes on; when there is room again, so do sessions.
#[test]
fn a_disk_that_is_full_fails_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    // What the system sends to a process that writes too much would end it.
    let serve = "trap '' XFSZ; exec \"$0\" \"$@\"";
    command.args(["-c", serve, env!("CARGO_BIN_EXE_kirsch-visits")]);
    let site = Visits::by(command, &in_files(&folder));
    let cookie = site.visitor();
    let limit = |bytes: &str| {
        let most = format!("--fsize={bytes}:unlimited");
        let process = site.process.id().to_string();
        let mut limit = Command::new("prlimit");
        limit.args(["--pid", &process, &most]);
        assert!(limit.status().unwrap().success());
    };
    limit("0");
    for cookie in ["", &cookie] {
        let failed = site.ask("/inc", cookie);
        assert_eq!((failed.status, failed.cookie()), (500, None), "{failed:?}");
    }
    site.ask("/look", &cookie).expect(200, "1");
    site.ask("/alive", "").expect(200, "alive");
    limit("unlimited");
    site.ask("/inc", &cookie).expect(200, "2");
}

/// A folder that may not be written is 500, and all else goes on; when it may again, so do sessions.
#[test]
fn a_folder_that_is_read_only_fails_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = folder.path().join("sessions");
    std::fs::create_dir(&sessions).unwrap();
    set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let site = Visits::by(by_somebody(&sessions), &in_files(&folder));
    let cookie = site.visitor();
    let allow = |mode| {
        let shelves = std::fs::read_dir(&sessions).unwrap();
        let shelves = shelves.map(|entry| entry.unwrap().path());
        for shelf in shelves.filter(|path| path.is_dir()) {
            set_permissions(shelf, Permissions::from_mode(mode)).unwrap();
        }
        set_permissions(&sessions, Permissions::from_mode(mode)).unwrap();
    };
    allow(0o500);
    for cookie in ["", &cookie] {
        let failed = site.ask("/inc", cookie);
        assert_eq!((failed.status, failed.cookie()), (500, None), "{failed:?}");
    }
    site.ask("/look", &cookie).expect(200, "1");
    site.ask("/alive", &cookie).expect(200, "alive");
    allow(0o700);
    site.ask("/inc", &cookie).expect(200, "2");
    site.visitor();
}

/// Runs a site as a user to whom permissions apply, and who owns this folder.
fn by_somebody(folder: &Path) -> Command {
    let program = env!("CARGO_BIN_EXE_kirsch-visits");
    set_permissions(folder, Permissions::from_mode(0o700)).unwrap();
    if folder.metadata().unwrap().uid() != 0 {
        return Command::new(program);
    }
    chown(folder, Some(65534), Some(65534)).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", program]);
    command
}
