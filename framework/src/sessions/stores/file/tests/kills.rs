//! A process that is killed while it writes.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::apart::{CHILD, wait};
use super::*;
use crate::sessions::Renamed;

const KILLS: u64 = 40;
const DIR: &str = "KIRSCH_TEST_DIR";

/// Writes one number after the other, and says each that was answered. Every fifth time the session is renamed and back.
async fn write_for_ever(dir: &Path) {
    let (store, key, other) = (Arc::new(FileStore::new(dir)), Key::of("a"), Key::of("b"));
    loop {
        let opened = open(&store, &key).await.unwrap();
        let n = opened.data.values()["n"].as_u64().unwrap() + 1;
        if n.is_multiple_of(5) {
            let renamed = opened
                .lease
                .rename(other.clone(), data(n), HOUR)
                .await
                .unwrap();
            assert_eq!(renamed, Renamed::Done(None));
            let lease = open(&store, &other).await.unwrap().lease;
            lease.rename(key.clone(), data(n), HOUR).await.unwrap();
        } else {
            opened.lease.save(data(n), HOUR).await.unwrap();
        }
        rustix::io::write(rustix::stdio::stdout(), format!("\nwrote {n}\n").as_bytes()).unwrap();
    }
}

/// Runs the above in a process of its own, kills it after so many writes and so many microseconds, and answers the last number that it said.
fn write_and_die(dir: &Path, writes: usize, micros: u64) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "sessions::stores::file::tests::kills::a_killed_process_loses_and_tears_nothing",
            "--nocapture",
        ])
        .envs([
            (CHILD.as_ref(), "1".as_ref()),
            (DIR.as_ref(), dir.as_os_str()),
        ] as [(&std::ffi::OsStr, _); 2])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut said = lines.filter_map(|line| line.strip_prefix("wrote ")?.parse().ok());
    let before = said.by_ref().take(writes).last();
    // Any moment of a write, not only its end: a busy wait is fine enough.
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_micros(micros) {}
    child.kill().unwrap();
    child.wait().unwrap();
    said.last().or(before)
}

#[test]
fn a_killed_process_loses_and_tears_nothing() {
    if let Some(dir) = std::env::var_os(DIR) {
        return wait(write_for_ever(dir.as_ref()));
    }
    let (_dir, store) = fresh();
    wait(async {
        let (key, other) = (Key::of("a"), Key::of("b"));
        store.create(&key, data(0), HOUR).await.unwrap();
        for kill in 0..KILLS {
            let said = write_and_die(&store.dir, 25, kill * 137 % 4000).unwrap();
            // The lock went with its holder. Between the two renames the session is under its other name.
            let at = if try_open(&store, &key).await.unwrap().is_some() {
                &key
            } else {
                &other
            };
            let opened = try_open(&store, at).await.unwrap().unwrap();
            let n = opened.data.values()["n"].as_u64().unwrap();
            assert!(
                n == said || n == said + 1,
                "{said} was answered, and {n} is there"
            );
            if at == &other {
                let renamed = opened.lease.rename(key.clone(), data(n), HOUR).await;
                assert_eq!(renamed.unwrap(), Renamed::Done(None));
            }
            assert!(!store.dir.join("corrupt").exists());
            store.delete(&other).await.unwrap();
        }
        assert!(age(&store, &key).expires > now());
    });
}
