//! What a server needs of the machine: its programs, somebody to run it, a port.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::{env, fs};

/// Somebody who is not root: PostgreSQL refuses to be root's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    pub(super) user: u32,
    pub(super) group: u32,
}

/// Where a program of PostgreSQL is: on the path, or in the newest of Debian's folders.
pub(super) fn program(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join(name));
    let found = on_path.chain(debian(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("there is no `{name}`: tests/run installs PostgreSQL"))
}

fn debian(name: &str) -> Vec<PathBuf> {
    let folders = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let version = |folder: &PathBuf| -> Option<u32> {
        folder.file_name().and_then(OsStr::to_str)?.parse().ok()
    };
    let mut folders: Vec<_> = folders.flatten().map(|entry| entry.path()).collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    let programs = folders
        .into_iter()
        .map(|folder| folder.join("bin").join(name));
    programs.collect()
}

/// Nobody else has to be somebody else.
pub(super) fn ordinary_account() -> Option<Account> {
    let own = fs::metadata("/proc/self").map(|file| std::os::unix::fs::MetadataExt::uid(&file));
    if own.ok()? != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("there are users");
    let account = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line
            .split(':')
            .skip(2)
            .map_while(|field| field.parse().ok());
        let (user, group) = (numbers.next()?, numbers.next()?);
        Some(Account { user, group })
    };
    let found = account("postgres").or_else(|| account("nobody"));
    Some(found.expect("there is a user `postgres` or `nobody`"))
}

pub(super) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}

/// The processes that a process has begun.
pub(super) fn children(parent: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_child = |id: &String| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // `id (name) state parent …`, and a name may have spaces.
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        after.split_whitespace().nth(1) == Some(parent)
    };
    let ids = processes.filter_map(|entry| entry.file_name().into_string().ok());
    ids.filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(is_child)
        .collect()
}
