//! SIGHUP: a new configuration takes the place of the old one between two requests, whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;

use crate::process::{Client, Process, signal};

/// `kirsch-layers` with a configuration file, serving.
struct Served {
    process: Process,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Served {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("site.toml");
        fs::write(&file, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kirsch-layers"));
        command.args(["--listen", "127.0.0.1:0", "--workers", "2"]);
        // A log that nobody reads would fill its pipe, and hold up the site.
        command.args(["--set", "global.log.access_on = false", "-c"]);
        command.arg(&file).stderr(Stdio::piped());
        Self {
            process: Process::serving(&mut command),
            file,
            _folder: folder,
        }
    }

    /// Writes another file, asks for it to be read, and waits until the log says what has become of it.
    fn reload(&self, log: &mut impl Iterator<Item = String>, text: &str, expected: &str) -> String {
        fs::write(&self.file, text).unwrap();
        assert!(signal(self.process.id(), "HUP"));
        log.find(|line| line.contains(expected)).expect(expected)
    }

    fn mark(&self, path: &str) -> String {
        mark(&mut self.process.connect(), path)
    }
}

/// Which word a page bears. The connection is kept.
fn mark(client: &mut Client, path: &str) -> String {
    let head = client.get(path).until("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let body = path.rsplit('/').next().unwrap_or_default();
    assert_eq!(client.until(body).as_deref(), Some(body));
    let line = head.lines().find_map(|line| line.strip_prefix("x-mark: "));
    line.expect("a mark").to_owned()
}

fn said(word: &str) -> String {
    format!("[\"/n/q\"]\ntools.mark.word = \"{word}\"\n")
}

#[test]
fn a_new_configuration_holds_from_the_next_request_on() {
    let mut served = Served::new(&said("first"));
    let mut log = served.process.log();
    assert_eq!(served.mark("/n/q").as_str(), "first");
    served.reload(&mut log, &said("second"), "has been read again");
    assert_eq!(served.mark("/n/q").as_str(), "second");
    served.reload(&mut log, "", "has been read again");
    assert_eq!(served.mark("/n/q").as_str(), "attribute node");
}

#[test]
fn a_configuration_with_a_mistake_changes_nothing() {
    let mut served = Served::new(&said("first"));
    let mut log = served.process.log();
    let wrong = format!("{}[\"/n/p\"]\ntools.mrak.word = \"x\"\n", said("second"));
    served.reload(&mut log, &wrong, "there is no tool `mrak`");
    assert_eq!(served.mark("/n/q").as_str(), "first");
    // It is not the end: what is right is taken.
    served.reload(&mut log, &said("third"), "has been read again");
    assert_eq!(served.mark("/n/q").as_str(), "third");
}

#[test]
fn a_key_of_the_server_waits_for_the_next_start() {
    let mut served = Served::new("");
    let mut log = served.process.log();
    let text = "[global]\nserver.keep_alive = \"9s\"\n";
    let line = served.reload(&mut log, text, "server.keep_alive");
    assert!(
        line.contains("takes effect when the site is started again"),
        "{line}"
    );
}

/// A pipe has nothing to say a second time, and may let its reader wait for ever.
#[test]
fn a_pipe_in_the_place_of_a_file_changes_nothing() {
    let mut served = Served::new(&said("first"));
    let mut log = served.process.log();
    fs::remove_file(&served.file).unwrap();
    pipe(&served.file);
    served.process.signal("HUP");
    log.find(|line| line.contains("is no regular file"))
        .expect("a refusal");
    assert_eq!(served.mark("/n/q").as_str(), "first");
    served.process.signal("TERM");
    assert!(served.process.ends().0.success());
}

#[test]
fn a_start_does_not_wait_for_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("pipe");
    pipe(&name);
    let name = name.to_str().unwrap();
    let word = format!("\"/n\".tools.mark.word_file = \"{name}\"");
    let page = format!("global.error_page.404 = \"{name}\"");
    for flags in [["-c", name], ["--set", &word], ["--set", &page]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kirsch-layers"));
        let end = command.arg("check").args(flags).output().unwrap();
        let words = String::from_utf8(end.stderr).unwrap();
        assert!(words.contains("is no regular file"), "{flags:?}: {words}");
        assert!(!end.status.success());
    }
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// 30 reloads while four clients ask as fast as they can, over connections that are kept: no request is lost, and every answer is of
/// one of the two configurations.
#[test]
fn no_request_is_lost_while_the_configuration_is_read_again() {
    let mut served = Served::new(&said("first"));
    let mut log = served.process.log();
    let (stop, asked) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (stop, asked) = (Arc::clone(&stop), Arc::clone(&asked));
            let mut client = served.process.connect();
            thread::spawn(move || {
                while !stop.load(Relaxed) {
                    let mark = mark(&mut client, "/n/q");
                    assert!(matches!(&*mark, "first" | "second"), "{mark}");
                    asked.fetch_add(1, Relaxed);
                }
            })
        })
        .collect();
    for round in 0..30 {
        let word = if round % 2 == 0 { "second" } else { "first" };
        served.reload(&mut log, &said(word), "has been read again");
    }
    stop.store(true, Relaxed);
    for client in clients {
        client.join().expect("a request was lost");
    }
    assert!(asked.load(Relaxed) > 100, "only {asked:?} requests");
}
