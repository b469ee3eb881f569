//! Files on a disk that fails, and processes that are killed while they write there.

use std::process::Command;

use super::site::{Visits, in_files};

/// `kill -9` at any moment: what was acknowledged is there, and what was not is there as a whole or not at all.
#[test]
fn a_process_that_is_killed_loses_no_acknowledged_write() {
    let folder = tempfile::tempdir().unwrap();
    let lines = in_files(&folder);
    let mut acknowledged = 1;
    let cookie = Visits::serving(&lines).visitor();
    for round in 0..20 {
        let site = Visits::serving(&lines);
        // A write that was under way when the one before was killed may have come through.
        let count: u64 = site.ask("/look", &cookie).body.parse().unwrap();
        assert!(
            count == acknowledged || count == acknowledged + 1,
            "{count} after {acknowledged}"
        );
        acknowledged = count;
        for _ in 0..50 {
            acknowledged += 1;
            let told = acknowledged.to_string();
            site.ask("/inc", &cookie).expect(200, &told);
        }
        let _under_way = site.send("/inc", &cookie);
        // At another moment each time.
        for _ in 0..round * 500 {
            std::hint::spin_loop();
        }
        site.process.signal("KILL");
    }
    let site = Visits::serving(&lines);
    assert_eq!(site.ask("/inc", &cookie).status, 200);
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
