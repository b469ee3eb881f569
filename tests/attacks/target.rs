//! The site under attack, and what must hold after every case.
//!
//! [`plain`], [`hasty`] and [`homeless`] start one process each and lend it to one test at a time. When the test gives it back, the
//! process must be the same one, answer at once, have its memory and its files back, and have written nothing into its log that it should not.

use std::fmt::Display;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::wire::{Answer, End, Line, PATIENCE, Talk, get};

/// How much one case may leave behind.
const MOST_GROWTH: u64 = 16 * 1024 * 1024;

/// What no visitor may read in an error: paths, names of libraries, their versions and their words.
const INTERNALS: [&str; 16] = [
    "/work",
    "/root",
    "/home",
    "/tmp",
    "/usr",
    "/proc",
    "/nonexistent",
    ".rs",
    "panicked",
    "Some(",
    "Custom {",
    "actix",
    "kirsch",
    "serde",
    "hyper",
    "4.18",
];

/// A process that serves, and all that is known of it.
pub(crate) struct Target {
    child: Mutex<Child>,
    pub(crate) address: SocketAddr,
    folder: PathBuf,
    log: Arc<Log>,
    /// One test at a time: else nobody knows whose memory it is.
    turn: Mutex<()>,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<Vec<u8>>>,
    grown: Condvar,
}

/// Default limits.
pub(crate) fn plain() -> Turn {
    static TARGET: LazyLock<Target> = LazyLock::new(|| Target::start("plain"));
    TARGET.turn()
}

/// Limits of 400 ms, 3 MB and 10 requests on a connection; `strict_params`; only the hosts `t` and `virtual.test`.
pub(crate) fn hasty() -> Turn {
    static TARGET: LazyLock<Target> = LazyLock::new(|| Target::start("hasty"));
    TARGET.turn()
}

/// No folder for temporary files.
pub(crate) fn homeless() -> Turn {
    static TARGET: LazyLock<Target> = LazyLock::new(|| Target::start("homeless"));
    TARGET.turn()
}

impl Target {
    /// The default limits in a process of its own, for a test that takes long or is about memory.
    pub(crate) fn alone() -> Turn {
        let target: &'static Self = Box::leak(Box::new(Self::start("plain")));
        target.turn()
    }

    fn start(limits: &str) -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "attacks-{}-{}",
            std::process::id(),
            STARTED.fetch_add(1, Relaxed)
        );
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        sweep(Path::new(env!("CARGO_TARGET_TMPDIR")));
        fs::create_dir_all(folder.join("tmp")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_kirsch-target"))
            .args([
                "--listen",
                "127.0.0.1:0",
                "--workers",
                "1",
                "-e",
                "production",
            ])
            .env("KIRSCH_TARGET", limits)
            .env("TMPDIR", folder.join("tmp"))
            .env("RUST_BACKTRACE", "0")
            .current_dir(&folder)
            // The process ends when this pipe does.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Log::default());
        let stderr = child.stderr.take().unwrap();
        thread::spawn({
            let log = Arc::clone(&log);
            move || log.follow(stderr)
        });
        let address = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .find_map(|line| {
                let line = line.unwrap();
                let address = line.strip_prefix("serving on http://")?.strip_suffix('/')?;
                Some(address.parse().unwrap())
            });
        Self {
            child: Mutex::new(child),
            address: address.unwrap(),
            folder,
            log,
            turn: Mutex::default(),
        }
    }

    /// Lends the process to one test.
    fn turn(&'static self) -> Turn {
        let lock = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // The first requests allocate what every process has.
        for _ in 0..3 {
            self.alive();
        }
        Turn {
            target: self,
            _lock: lock,
            memory: self.memory(),
            files: self.files(),
            log_from: self.log.lines().len(),
            may_panic: false,
        }
    }

    fn pid(&self) -> u32 {
        self.child
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .id()
    }

    /// Asks whether it is still the same process, and says how long the answer took.
    fn alive(&self) -> Duration {
        let mut line = Line::open(self.address);
        line.send(&get("/alive"));
        let talk = line.listen_to_end(PATIENCE);
        assert_eq!(talk.answers.len(), 1, "no sign of life: {talk:?}");
        assert_eq!(
            talk.answers[0].text(),
            self.pid().to_string(),
            "another process answers: {talk:?}"
        );
        talk.took
    }

    fn memory(&self) -> u64 {
        let statm =
            fs::read_to_string(format!("/proc/{}/statm", self.pid())).expect("the process lives");
        let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
        pages * 4096
    }

    fn files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid())).map_or(0, Iterator::count)
    }

    /// Everything in the folder of the process, and below it.
    fn litter(&self) -> Vec<PathBuf> {
        let inside = |folder: &Path| {
            fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect::<Vec<_>>()
        };
        let mut all = inside(&self.folder);
        all.extend(inside(&self.folder.join("tmp")));
        all.retain(|path| *path != self.folder.join("tmp"));
        all
    }
}

/// Removes what runs before this one have left: nobody can remove his folder while his site still lives in it.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name
            .strip_prefix("attacks-")
            .and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

impl Log {
    fn follow(&self, stderr: ChildStderr) {
        for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
            self.lines().push(line);
            self.grown.notify_all();
        }
    }

    fn lines(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a line says this.
    fn wait_for(&self, words: &str) {
        let says = |lines: &Vec<Vec<u8>>| {
            lines
                .iter()
                .any(|line| String::from_utf8_lossy(line).contains(words))
        };
        let (lines, timeout) = self
            .grown
            .wait_timeout_while(self.lines(), PATIENCE, |lines| !says(lines))
            .unwrap();
        drop(lines);
        assert!(!timeout.timed_out(), "the log never says `{words}`");
    }
}

/// The time in which one test has the process for itself. The invariants are checked when it ends.
pub(crate) struct Turn {
    pub(crate) target: &'static Target,
    _lock: MutexGuard<'static, ()>,
    memory: u64,
    files: usize,
    log_from: usize,
    may_panic: bool,
}

impl Turn {
    /// Pages panic in this test.
    pub(crate) fn with_panics(mut self) -> Self {
        self.may_panic = true;
        self
    }

    /// Sends the bytes of one request and reads the one answer.
    pub(crate) fn ask(&self, bytes: impl AsRef<[u8]>) -> Heard {
        self.ask_for(1, bytes)
    }

    /// Sends the bytes of several requests.
    pub(crate) fn ask_for(&self, wanted: usize, bytes: impl AsRef<[u8]>) -> Heard {
        let bytes = bytes.as_ref();
        let mut line = self.line();
        line.send(bytes);
        Heard::of(line.listen(wanted, PATIENCE), wanted, bytes)
    }

    /// Sends the bytes and then the end of the stream.
    pub(crate) fn ask_and_finish(&self, bytes: impl AsRef<[u8]>) -> Heard {
        let bytes = bytes.as_ref();
        let mut line = self.line();
        line.send(bytes);
        line.finish();
        Heard::of(line.listen_to_end(PATIENCE), 1, bytes)
    }

    pub(crate) fn line(&self) -> Line {
        Line::open(self.target.address)
    }

    /// The lines of the log since the turn began, as they are when all that has been asked is in it.
    pub(crate) fn log(&self) -> Vec<String> {
        let mark = format!("/alive?mark={:?}", Instant::now()).replace([' ', '{', '}'], "");
        let mut line = self.line();
        line.send(&get(&mark));
        line.listen_to_end(PATIENCE);
        self.target.log.wait_for(&mark);
        let lines = self.target.log.lines();
        let text = |line: &Vec<u8>| String::from_utf8(line.clone()).expect("a log in UTF-8");
        lines[self.log_from..]
            .iter()
            .map(text)
            .filter(|line| !line.contains(" \"GET /alive"))
            .collect()
    }

    /// What the tally says under this name.
    pub(crate) fn tally(&self, name: &str) -> usize {
        let text = self.ask(get("/tally")).is([200]).text();
        let count = text
            .split(' ')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        count.unwrap().parse().unwrap()
    }

    /// Waits until the tally says this.
    pub(crate) fn wait_for_tally(&self, name: &str, count: usize) {
        let begun = Instant::now();
        while self.tally(name) != count {
            assert!(
                begun.elapsed() < PATIENCE,
                "`{name}` is {}, never {count}",
                self.tally(name)
            );
            pause(Duration::from_millis(10));
        }
    }

    /// Memory and files of the process now.
    pub(crate) fn memory(&self) -> u64 {
        self.target.memory()
    }

    /// Waits until all files are closed, and measures growth from there: what the allocator keeps of a crowd is for the next one, and only what leaks grows again.
    pub(crate) fn settle(&mut self) {
        let begun = Instant::now();
        while self.target.files() > self.files {
            assert!(begun.elapsed() < PATIENCE, "files stay open");
            pause(Duration::from_millis(20));
        }
        self.memory = self.target.memory();
    }

    fn check_life(&self) {
        // One of some: the machine may have other things to do.
        let quick = (0..10).any(|_| self.target.alive() < Duration::from_millis(100));
        assert!(quick, "the server is slow after this case");
    }

    fn check_resources(&self) {
        let begun = Instant::now();
        loop {
            let growth = self.target.memory().saturating_sub(self.memory);
            let files = self.target.files().saturating_sub(self.files);
            let litter = self.target.litter();
            if growth < MOST_GROWTH && files == 0 && litter.is_empty() {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{growth} bytes of memory, {files} open files and {litter:?} are left"
            );
            pause(Duration::from_millis(20));
        }
    }

    fn check_log(&self) {
        for line in self.log() {
            assert!(!line.contains("panicked at"), "{line}");
            assert!(self.may_panic || !line.contains("panic"), "{line}");
            check_line(&line);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.check_life();
            self.check_resources();
            self.check_log();
        }
    }
}

/// A line of the log: a visit in the Combined Log Format, or a moment, a level, a target and text. Nowhere a control character.
pub(crate) fn check_line(line: &str) {
    assert!(!line.chars().any(char::is_control), "{line:?}");
    if let Some(event) = line.strip_prefix('[') {
        let (moment, text) = event
            .split_once("] ")
            .unwrap_or_else(|| panic!("no moment: {line}"));
        assert!(moment.len() == 26 && moment.ends_with(" +0000"), "{line}");
        let level = text.trim_start().split(' ').next();
        assert!(
            level.is_some_and(|level| ["ERROR", "WARN", "INFO"].contains(&level)),
            "{line}"
        );
        return;
    }
    let parts: Vec<_> = line.split('"').collect();
    assert_eq!(parts.len(), 7, "{line}");
    assert!(is_visit(line) && parts[0].ends_with(" +0000] "), "{line}");
    assert_eq!(parts[1].split(' ').count(), 3, "{line}");
    let numbers: Vec<_> = parts[2].trim().split(' ').collect();
    assert!(
        numbers.len() == 2 && numbers[0].parse::<u16>().is_ok(),
        "{line}"
    );
    assert_eq!((parts[4], parts[6]), (" ", ""), "{line}");
}

/// Whether this line is of the access log.
pub(crate) fn is_visit(line: &str) -> bool {
    let who = line.split_once(" - - [").map(|(who, _)| who);
    who.is_some_and(|who| who.parse::<IpAddr>().is_ok())
}

/// What was heard in answer to something.
pub(crate) struct Heard {
    pub(crate) talk: Talk,
    asked: String,
}

impl Heard {
    /// At most one answer to each request, whole, and nothing in an error that is nobody's business.
    pub(crate) fn of(talk: Talk, wanted: usize, asked: &[u8]) -> Self {
        let asked = String::from_utf8_lossy(&asked[..asked.len().min(300)]).into_owned();
        let heard = Self { talk, asked };
        assert!(heard.talk.leftover.is_empty(), "half an answer: {heard}");
        assert!(
            heard.talk.answers.len() <= wanted,
            "too many answers: {heard}"
        );
        let is_silent = heard.talk.answers.is_empty() && heard.talk.end == End::Open;
        assert!(!is_silent, "neither an answer nor a close: {heard}");
        for answer in &heard.talk.answers {
            heard.check_secrets(answer);
        }
        heard
    }

    fn check_secrets(&self, answer: &Answer) {
        assert!(
            answer.header("server").is_none() && answer.header("x-powered-by").is_none(),
            "{self}"
        );
        if answer.status < 400 {
            return;
        }
        let text = answer.text();
        for internal in INTERNALS {
            assert!(
                !text.contains(internal),
                "`{internal}` is shown: {self}\n{text}"
            );
        }
    }

    /// The one answer, which has one of these statuses.
    #[track_caller]
    pub(crate) fn is<const N: usize>(&self, statuses: [u16; N]) -> &Answer {
        match &self.talk.answers[..] {
            [answer] if statuses.contains(&answer.status) => answer,
            _ => panic!("not {statuses:?}: {self}"),
        }
    }

    /// As [`Self::is`], or a close without a word.
    #[track_caller]
    pub(crate) fn is_nothing_or<const N: usize>(&self, statuses: [u16; N]) {
        if !self.talk.answers.is_empty() {
            self.is(statuses);
        }
    }

    /// The one answer has this status and this body.
    #[track_caller]
    pub(crate) fn says(&self, status: u16, body: &str) {
        assert_eq!(self.is([status]).text(), body, "{self}");
    }

    /// The answers have these statuses.
    #[track_caller]
    pub(crate) fn are(&self, statuses: &[u16]) {
        let heard: Vec<_> = self
            .talk
            .answers
            .iter()
            .map(|answer| answer.status)
            .collect();
        assert_eq!(heard, statuses, "{self}");
    }

    /// The connection has been closed in order: a reset may destroy an answer.
    #[track_caller]
    pub(crate) fn closed(&self) -> &Self {
        assert_eq!(self.talk.end, End::Closed, "{self}");
        self
    }
}

impl Display for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let statuses: Vec<_> = self
            .talk
            .answers
            .iter()
            .map(|answer| answer.status)
            .collect();
        let bodies: Vec<_> = self
            .talk
            .answers
            .iter()
            .map(|answer| answer.text().chars().take(120).collect::<String>())
            .collect();
        write!(
            f,
            "answers {statuses:?} after {:?}, then {:?} with {:?} left, interim {:?}, bodies {bodies:?}\nasked {:?}",
            self.talk.took,
            self.talk.end,
            String::from_utf8_lossy(&self.talk.leftover),
            self.talk.interim,
            self.asked
        )
    }
}

/// Waits. A client may.
#[expect(
    clippy::disallowed_methods,
    reason = "this blocks a thread of the test, not a worker"
)]
pub(crate) fn pause(time: Duration) {
    thread::sleep(time);
}
