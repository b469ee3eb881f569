//! Cookies that are not ours, over sockets: none of them is a visitor, an error, or a file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use super::site::{PATIENT, Visits, in_files};

/// Cases 151 to 158 of the attacks.
#[test]
fn a_cookie_that_is_not_ours_is_a_fresh_visitor_and_touches_no_file() {
    let secret = |letter: &str| format!("tools.sessions.secret = \"{}\"\n", letter.repeat(32));
    let another_key = value(&Visits::serving(&secret("t")).visitor());
    let name = "tools.sessions.name = \"another\"\n";
    let another_application = value(&Visits::serving(&(secret("s") + name)).visitor());
    let folder = tempfile::tempdir().unwrap();
    let canary = folder.path().join("canary");
    fs::write(&canary, "sings").unwrap();
    for storage in [PATIENT.to_owned(), in_files(&folder)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kirsch-visits"));
        // What a cookie could name relative to it would be beside the canary.
        command.current_dir(&folder);
        let site = Visits::by(command, &(storage + &secret("s")));
        let own = value(&site.visitor());
        let sessions = folder.path().join("sessions");
        let before = (beside(&sessions), inside(&sessions));
        let strange = [
            String::new(),
            "x".to_owned(),
            "../../x".to_owned(),
            "../canary".to_owned(),
            "..%2F..%2Fx".to_owned(),
            canary.display().to_string(),
            "%00".to_owned(),
            "a\"b".to_owned(),
            "x".repeat(10_000),
            "A".repeat(own.len()),
            forged(&own),
            format!("{own}A"),
            another_key.clone(),
            another_application.clone(),
        ];
        for strange in &strange {
            let fresh = site.ask("/inc", &format!("session_id={strange}"));
            let cookie = fresh.expect(200, "1").cookie().unwrap();
            assert_ne!(value(&cookie), *strange);
            site.ask("/inc", &cookie).expect(200, "2");
        }
        // No header has such a byte (RFC 9110, 5.5).
        assert_eq!(site.ask("/inc", "session_id=a\0b").status, 400);
        assert_eq!(beside(&sessions), before.0);
        // In the folder there is a session more for each, and nothing else.
        let begun = if before.1 == 0 { 0 } else { strange.len() };
        assert_eq!(inside(&sessions), before.1 + begun);
        site.ask("/inc", &format!("session_id={own}"))
            .expect(200, "2");
    }
}

/// What a cookie says, without its name.
fn value(cookie: &str) -> String {
    cookie.split_once('=').unwrap().1.to_owned()
}

/// One letter is another.
fn forged(value: &str) -> String {
    let mut letters = value.to_owned().into_bytes();
    let middle = letters.len() / 2;
    letters[middle] = if letters[middle] == b'A' { b'B' } else { b'A' };
    String::from_utf8(letters).unwrap()
}

/// All files that are not in this folder but beside it: what is in them, and since when.
fn beside(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let all = super::disk::listed(folder.parent().unwrap()).into_iter();
    let others = all.filter(|path| !path.starts_with(folder));
    let read = |path: PathBuf| {
        let changed = path.metadata().unwrap().modified().unwrap();
        let bytes = fs::read(&path).unwrap();
        (path, (bytes, changed))
    };
    others.map(read).collect()
}

/// How many files there are in it.
fn inside(folder: &Path) -> usize {
    super::disk::listed(folder).len()
}
