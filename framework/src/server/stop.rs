//! How a server ends: no request that was accepted is lost, and nothing keeps the process for ever.
//!
//! 1. The first SIGTERM or SIGINT: every answer says `Connection: close`, so that clients come back on another connection, to another process.
//! 2. After `lame_duck`, no more connections are accepted.
//! 3. After a moment in which the connections that were just accepted send their first request, idle ones are closed.
//! 4. When the last request has been answered, or at `shutdown_timeout`, or at a second signal, the server ends.
//! 5. A thread of its own ends the process if even that does not happen, because a page blocks the thread that should do it.
//!
//! SIGHUP ends nothing: it is passed on while the server runs, and not heeded any more when it ends.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use actix_rt::time::{sleep, timeout};
use actix_server::ServerHandle;
use futures_util::future::{Either, select};
use nix::libc::SIGXFSZ;
use tokio::signal::unix;

use super::ServerOptions;

/// In this time connections that were accepted before the pause reach their workers and send their first request.
const SETTLE: Duration = Duration::from_millis(400);
/// How long the end itself may take, after all requests have ended or were given up.
const GRACE: Duration = Duration::from_secs(1);
/// How often the end looks whether the last connection has closed.
const LOOK: Duration = Duration::from_millis(10);

/// How far a server has come in ending. All of its workers look at it.
#[derive(Debug)]
pub(super) struct Stop {
    stage: AtomicU8,
    workers: Mutex<Vec<Arc<Worker>>>,
    born: Instant,
}

impl Stop {
    const RUNNING: u8 = 0;
    const DRAINING: u8 = 1;
    const LEAVING: u8 = 2;

    /// Whether every answer should be the last of its connection.
    pub(super) fn draining(&self) -> bool {
        self.stage.load(Relaxed) != Self::RUNNING
    }

    /// Whether idle connections should be closed.
    pub(super) fn leaving(&self) -> bool {
        self.stage.load(Relaxed) == Self::LEAVING
    }

    fn enter(&self, stage: u8) {
        self.stage.store(stage, Relaxed);
    }

    /// Counts a worker in.
    pub(super) fn enlist(&self) -> Arc<Worker> {
        let worker = Arc::new(Worker {
            open: AtomicUsize::new(0),
            seen: AtomicU64::new(0),
            born: self.born,
        });
        self.workers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::clone(&worker));
        worker
    }

    fn workers(&self) -> Vec<Arc<Worker>> {
        self.workers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn open_connections(&self) -> usize {
        self.workers()
            .iter()
            .map(|worker| worker.open.load(Relaxed))
            .sum()
    }

    /// Writes down which workers still have something to do.
    fn report(&self) {
        for (number, worker) in self.workers().iter().enumerate() {
            let open = worker.open.load(Relaxed);
            if open > 0 {
                tracing::warn!(
                    "worker {number}: {open} connections are still open, last sign of life {:.1?} ago",
                    worker.silence()
                );
            }
        }
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            stage: AtomicU8::new(Self::RUNNING),
            workers: Mutex::default(),
            born: Instant::now(),
        }
    }
}

/// What is seen of a worker from outside its thread.
#[derive(Debug)]
pub(super) struct Worker {
    open: AtomicUsize,
    /// When its clock ticked last, in milliseconds since `born`. A page that blocks the thread stops the clock.
    seen: AtomicU64,
    born: Instant,
}

impl Worker {
    pub(super) fn opens(&self) {
        self.open.fetch_add(1, Relaxed);
        self.lives();
    }

    pub(super) fn closes(&self) {
        self.open.fetch_sub(1, Relaxed);
    }

    pub(super) fn lives(&self) {
        self.seen.store(
            self.age().as_millis().try_into().unwrap_or(u64::MAX),
            Relaxed,
        );
    }

    fn silence(&self) -> Duration {
        self.age()
            .saturating_sub(Duration::from_millis(self.seen.load(Relaxed)))
    }

    fn age(&self) -> Duration {
        self.born.elapsed()
    }
}

/// What a process may be asked by signal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Signal {
    Terminate,
    Interrupt,
    HangUp,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
            Self::HangUp => "SIGHUP",
        })
    }
}

/// The signals that the process gets while this lives.
#[derive(Debug)]
pub(super) struct Signals([(Signal, unix::Signal); 3]);

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        // Heard by nobody, it ends no process: a file that may not grow (RLIMIT_FSIZE) is an error for who writes it.
        drop(unix::signal(unix::SignalKind::from_raw(SIGXFSZ))?);
        Ok(Self([
            (
                Signal::Terminate,
                unix::signal(unix::SignalKind::terminate())?,
            ),
            (
                Signal::Interrupt,
                unix::signal(unix::SignalKind::interrupt())?,
            ),
            (Signal::HangUp, unix::signal(unix::SignalKind::hangup())?),
        ]))
    }

    pub(super) async fn next(&mut self) -> Signal {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Signal> {
        let came = self
            .0
            .iter_mut()
            .find_map(|(signal, stream)| stream.poll_recv(cx).is_ready().then_some(*signal));
        came.map_or(Poll::Pending, Poll::Ready)
    }
}

/// Waits for a signal to stop, and returns when the server is to end. While the answer lives, the process has a deadline.
///
/// `hangup` is called for each SIGHUP before that, on a thread of its own: however long it takes, the signals to stop are heard.
pub(super) async fn follow(
    mut signals: impl AsyncFnMut() -> Signal,
    hangup: impl FnMut() + Send + 'static,
    server: ServerHandle,
    stop: &Arc<Stop>,
    options: &ServerOptions,
) -> Watchdog {
    let signal = ending(&mut signals, beside(hangup)).await;
    tracing::info!(
        "{signal}: finishing what is running, for at most {:?}; once more ends at once",
        options.shutdown_timeout
    );
    let watchdog = Watchdog::start(time_to_end(options), Arc::clone(stop), end_process);
    let gently = pin!(drain(server, stop, options));
    let ignore = || tracing::info!("SIGHUP: not heeded, the server is ending");
    match select(gently, pin!(ending(&mut signals, ignore))).await {
        Either::Left(((), _)) => {}
        Either::Right((signal, _)) => {
            tracing::warn!("{signal} again: ending now");
            watchdog.hurry();
            stop.report();
        }
    }
    watchdog
}

fn time_to_end(options: &ServerOptions) -> Duration {
    let requests = options.lame_duck.saturating_add(options.shutdown_timeout);
    requests.saturating_add(GRACE)
}

async fn ending(signals: &mut impl AsyncFnMut() -> Signal, mut hangup: impl FnMut()) -> Signal {
    loop {
        match signals().await {
            Signal::HangUp => hangup(),
            signal => return signal,
        }
    }
}

/// What asks a thread to do this, and does not wait for it. Of those who ask while it is done, one is enough.
fn beside(mut hangup: impl FnMut() + Send + 'static) -> impl FnMut() {
    let (ask, asked) = mpsc::sync_channel(1);
    let work = move || asked.iter().for_each(|()| heed(&mut hangup));
    if let Err(cause) = thread::Builder::new().name("hangup".into()).spawn(work) {
        tracing::error!("no thread for what is done at SIGHUP, which will not be heeded: {cause}");
    }
    move || {
        // Full: it will be done anyway, and begin after this.
        let _ = ask.try_send(());
    }
}

/// A panic in what is done at a SIGHUP must not keep the next one from being heeded.
fn heed(hangup: &mut impl FnMut()) {
    if catch_unwind(AssertUnwindSafe(hangup)).is_err() {
        tracing::error!("SIGHUP: what should be done has panicked, serving on");
    }
}

async fn drain(server: ServerHandle, stop: &Stop, options: &ServerOptions) {
    stop.enter(Stop::DRAINING);
    sleep(options.lame_duck).await;
    let finished = async {
        server.pause().await;
        sleep(SETTLE).await;
        stop.enter(Stop::LEAVING);
        while stop.open_connections() > 0 {
            sleep(LOOK).await;
        }
        server.stop(true).await;
    };
    if timeout(options.shutdown_timeout, finished).await.is_err() {
        tracing::warn!(
            "not all requests have finished within {:?}; cutting them",
            options.shutdown_timeout
        );
        stop.report();
    }
}

/// A thread that ends the process at a deadline, unless it is dropped before.
#[derive(Debug)]
pub(super) struct Watchdog(mpsc::Sender<()>);

impl Watchdog {
    /// Calls `at_deadline` after `time`. Without a thread to spare, it lets go: the server still ends in the ordinary way.
    fn start(time: Duration, stop: Arc<Stop>, at_deadline: impl FnOnce() + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel();
        let watch = move || {
            let waited = match receiver.recv_timeout(time) {
                Ok(()) => receiver.recv_timeout(GRACE),
                waited => waited.map(drop),
            };
            if waited == Err(mpsc::RecvTimeoutError::Timeout) {
                tracing::error!("the server does not end by itself; ending the process");
                stop.report();
                at_deadline();
            }
        };
        if let Err(cause) = thread::Builder::new().name("watchdog".into()).spawn(watch) {
            tracing::error!("no watchdog over the end of the server: {cause}");
        }
        Self(sender)
    }

    /// Moves the deadline to a second from now.
    fn hurry(&self) {
        // It fails only when the thread is gone, and then there is nobody to hurry.
        let _ = self.0.send(());
    }
}

#[expect(
    clippy::exit,
    reason = "a page blocks the thread that would have returned from `main`; nothing else ends it"
)]
fn end_process() {
    std::process::exit(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(50);
    const PATIENCE: Duration = Duration::from_secs(10);

    #[test]
    fn the_watchdog_bites_at_the_deadline() {
        let (bite, bitten) = mpsc::channel();
        let _watchdog = Watchdog::start(MOMENT, Arc::default(), move || bite.send(()).unwrap());
        assert_eq!(bitten.recv_timeout(PATIENCE), Ok(()));
    }

    #[test]
    fn a_watchdog_that_is_let_go_does_not_bite() {
        let (bite, bitten) = mpsc::channel::<()>();
        let bite = move || bite.send(()).unwrap();
        drop(Watchdog::start(PATIENCE, Arc::default(), bite));
        // The thread ends, and what it would have called goes with it.
        let end = bitten.recv_timeout(PATIENCE);
        assert_eq!(end, Err(mpsc::RecvTimeoutError::Disconnected));
    }

    #[test]
    fn a_watchdog_in_a_hurry_bites_after_the_grace() {
        let (bite, bitten) = mpsc::channel();
        let watchdog = Watchdog::start(Duration::MAX, Arc::default(), move || {
            bite.send(()).unwrap();
        });
        watchdog.hurry();
        assert_eq!(bitten.recv_timeout(PATIENCE), Ok(()));
    }

    #[test]
    fn a_deadline_without_end_does_not_overflow() {
        let options = ServerOptions::new().shutdown_timeout(Duration::MAX);
        assert_eq!(time_to_end(&options), Duration::MAX);
    }
}
