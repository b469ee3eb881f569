//! A server in the background, apart from the terminal it was started from.
//!
//! The process starts its own program again and waits. The new process, the daemon, leaves the session of the terminal, does the
//! whole start, and tells the waiting one when it serves; what it says until then is shown. So the one that was started by hand ends
//! with success only if the site is served.
//!
//! CherryPy: `process/plugins.py`, `Daemonizer`. Differs from it:
//! - It forks. A fork has only one of the threads and all of their locks, and there is no safe one in Rust.
//! - It forks twice, so that no terminal can ever become the daemon's: that happens to the first process of a session when it opens
//!   one. A site opens no terminal.
//! - Its first process always ends with success, whatever becomes of the start.
//! - It sets the umask to 0, so that everybody may write what the site writes. Here the umask stays, and the folder too.

use std::env;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::listener::identity;

/// The environment variable by which the daemon knows itself: it names the socket that is its standard input.
///
/// Its own children inherit the variable (taking it away would be unsafe while other threads may read the environment), but never
/// that socket: it means nothing to them, and they can become daemons in their turn.
const MARK: &str = "KIRSCH_DAEMON";

/// What the daemon tells when it serves.
const STARTED: u8 = b'!';

/// How long a child of the daemon that has kept its output may hold up what is shown.
const MOMENT: Duration = Duration::from_secs(1);

/// This process, as a daemon that is starting. It has left the session of the terminal, and its standard input is empty.
#[derive(Debug)]
pub(crate) struct Daemon {
    /// Whoever waits for the start.
    launcher: UnixStream,
}

impl Daemon {
    /// This process, if it was started as a daemon.
    ///
    /// # Errors
    /// The system refuses a session of its own.
    pub(crate) fn of_this_process() -> io::Result<Option<Self>> {
        let Some(mark) = env::var_os(MARK) else {
            return Ok(None);
        };
        let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        if mark != *mark_of(&input)? {
            return Ok(None);
        }
        rustix::process::setsid()?;
        // At once, so that nothing that is started from here has the socket.
        rustix::stdio::dup2_stdin(null()?)?;
        Ok(Some(Self {
            launcher: OwnedFd::from(input).into(),
        }))
    }

    /// Ends the wait of whoever started this process. From here on, standard output and standard error go nowhere.
    ///
    /// # Errors
    /// Nobody waits any more. Whoever has stopped waiting was told that the start has failed, so it must not succeed after all.
    pub(crate) fn started(mut self) -> io::Result<()> {
        // Before the word, so that the output has ended when it comes. Where it cannot be written, nobody would read it.
        drop(io::stdout().flush());
        let null = null()?;
        rustix::stdio::dup2_stdout(&null)?;
        rustix::stdio::dup2_stderr(&null)?;
        self.launcher.write_all(&[STARTED])
    }
}

fn null() -> io::Result<File> {
    File::options().read(true).write(true).open("/dev/null")
}

fn mark_of(socket: &File) -> io::Result<String> {
    let (device, inode) = identity(&socket.metadata()?);
    Ok(format!("{device}:{inode}"))
}

/// Starts this program again as a daemon, shows what it says, and ends this process when the site is served or has failed to start.
///
/// Returns only if the program could not be started.
#[expect(
    clippy::exit,
    reason = "what an application does after it has served must not be done here, where it has not"
)]
pub(crate) fn launch() -> io::Error {
    match start().and_then(|(child, socket)| watch(child, socket)) {
        Ok(status) => std::process::exit(status),
        Err(cause) => io::Error::new(
            cause.kind(),
            format!("cannot start in the background: {cause}"),
        ),
    }
}

fn start() -> io::Result<(Child, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    // Whatever the daemon reads from its standard input, it finds the end.
    ours.shutdown(Shutdown::Write)?;
    let theirs = File::from(OwnedFd::from(theirs));
    let mut command = Command::new(env::current_exe()?);
    let mut arguments = env::args_os();
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    let child = command
        .args(arguments)
        .env(MARK, mark_of(&theirs)?)
        .stdin(theirs)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    Ok((child, ours))
}

/// What the launcher waits for.
enum News {
    /// One of the two outputs has been shown to its end.
    Shown,
    Started,
    Ended(io::Result<ExitStatus>),
}

/// Waits until the daemon serves or has ended, and says with which status this process ends.
fn watch(mut child: Child, mut socket: UnixStream) -> io::Result<i32> {
    let (sender, news) = channel();
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    await_news(&sender, move || Some(show(output, io::stdout())))?;
    await_news(&sender, move || Some(show(errors, io::stderr())))?;
    await_news(&sender, move || {
        let word = socket.read_exact(&mut [0]);
        word.ok().map(|()| News::Started)
    })?;
    await_news(&sender, move || Some(News::Ended(child.wait())))?;
    drop(sender);
    Ok(follow(&news))
}

fn await_news(
    sender: &Sender<News>,
    news: impl FnOnce() -> Option<News> + Send + 'static,
) -> io::Result<()> {
    let sender = sender.clone();
    let tell = move || {
        if let Some(news) = news() {
            // Nobody listens any more when the outcome is known.
            sender.send(news).unwrap_or_default();
        }
    };
    thread::Builder::new().spawn(tell).map(drop)
}

/// Copies to the end. If it cannot be shown, it is no longer read, so that the daemon does not wait for a reader.
fn show(from: Option<impl Read>, mut to: impl Write) -> News {
    if let Some(mut from) = from {
        drop(io::copy(&mut from, &mut to));
        drop(to.flush());
    }
    News::Shown
}

fn follow(news: &Receiver<News>) -> i32 {
    let mut shown = 0;
    let status = loop {
        match news.recv() {
            Ok(News::Shown) => shown += 1,
            Ok(News::Started) => break 0,
            Ok(News::Ended(end)) => break failure(end),
            Err(_) => break 1,
        }
    };
    let deadline = Instant::now() + MOMENT;
    while shown < 2 {
        match news.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(News::Shown) => shown += 1,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    status
}

/// The status of a daemon that has ended before it served. Even if it calls that a success, the site is not served.
fn failure(end: io::Result<ExitStatus>) -> i32 {
    match end.as_ref().map(ExitStatus::code) {
        Ok(Some(status)) if status != 0 => return status,
        _ => {}
    }
    let how = end.map_or_else(|cause| cause.to_string(), |end| end.to_string());
    tracing::error!("the site has ended before it was served ({how})");
    1
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    fn status(news: impl IntoIterator<Item = News>) -> i32 {
        let (sender, receiver) = channel();
        for news in news {
            sender.send(news).unwrap();
        }
        drop(sender);
        follow(&receiver)
    }

    fn ended(raw: i32) -> News {
        News::Ended(Ok(ExitStatus::from_raw(raw)))
    }

    #[test]
    fn whoever_launches_succeeds_only_if_the_site_is_served() {
        assert_eq!(status([News::Shown, News::Started, News::Shown]), 0);
        assert_eq!(status([News::Started, ended(1 << 8)]), 0);
        assert_eq!(status([News::Shown, News::Shown, ended(3 << 8)]), 3);
        // It calls that a success; a signal has ended it; nothing is known of it.
        assert_eq!(status([ended(0)]), 1);
        assert_eq!(status([ended(9)]), 1);
        assert_eq!(status([News::Ended(Err(io::Error::other("lost")))]), 1);
        assert_eq!(status([]), 1);
    }

    #[test]
    fn a_child_that_keeps_the_output_does_not_keep_the_launcher() {
        let (sender, receiver) = channel();
        sender.send(News::Started).unwrap();
        assert_eq!(follow(&receiver), 0);
        drop(sender);
    }

    #[test]
    fn output_that_cannot_be_shown_is_not_waited_for() {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"serving on").unwrap();
        let full: &mut [u8] = &mut [];
        show(Some(reader), full);
        let cause = writer.write_all(b"and on").unwrap_err();
        assert_eq!(cause.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn this_process_is_no_daemon() {
        assert!(Daemon::of_this_process().unwrap().is_none());
    }
}
