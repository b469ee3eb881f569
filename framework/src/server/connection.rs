//! What is known of one connection: which part of an exchange it is in, since when, and how many it has had.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::task::{Context, Waker};

use memchr::memchr;

use super::clock::{Clock, Ticks};

/// One connection, as its stream, its requests and its worker's clock see it.
///
/// Each request finds it by `req.conn_data::<Rc<Connection>>()`.
#[derive(Debug)]
pub(crate) struct Connection {
    clock: Rc<Clock>,
    /// Where the clock keeps this connection. Only the clock writes it.
    pub(super) seat: Cell<usize>,
    phase: Cell<Phase>,
    /// The tick at which `phase` was entered.
    since: Cell<u32>,
    opened: u32,
    requests: Cell<u32>,
    /// Whether the answer that says `Connection: close` has been made.
    ended: Cell<bool>,
    /// Whether the connection has reached its age. Written by the clock, so that no request has to compute it.
    aged: Cell<bool>,
    /// The tick of the last progress of a write that waits for the client, plus one; 0 when none waits.
    stalled: Cell<u32>,
    received: Cell<u64>,
    /// What `received` was before the first byte of the head that is being read.
    head_start: Cell<u64>,
    /// Bytes of the request line so far, counted only while they come in large pieces.
    request_line: Cell<u64>,
    /// How many bytes of the body of the request under way may still come.
    due: Cell<u64>,
    /// Somebody waits for more of a body whose length nobody knows.
    is_read: Cell<bool>,
    /// The stream keeps back what has come, and is to be woken when it may hand it on.
    holds: Cell<bool>,
    /// The task that serves this connection. It is one task from beginning to end, so one waker holds for its whole life.
    task: OnceCell<Waker>,
}

/// Which part of an exchange a connection is in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// Between two requests.
    Idle,
    /// Some of a request's head has come.
    Head,
    /// From a complete head to the last byte of the answer's body.
    Busy,
    /// Idle for too long: the stream pretends that the client has closed it, and it ends in order.
    Leaving,
    /// Past a limit: every wait on the stream fails.
    Cut,
    /// The last answer has been given, and another request came all the same: it fails when that answer is out.
    Over,
}

impl Connection {
    /// How much is handed on at a time when it is not known to be a body.
    pub(super) const PIECE: u64 = 4096;
    /// actix-http answers 400 to any longer target, where 414 is meant.
    const LONGEST_TARGET: u64 = 65_534;
    /// Pieces below this are not searched for the end of the request line: ordinary requests pay one comparison.
    const LARGE_PIECE: usize = 1024;

    pub(super) fn new(clock: Rc<Clock>) -> Self {
        let now = clock.now();
        Self {
            clock,
            seat: Cell::new(0),
            phase: Cell::new(Phase::Idle),
            since: Cell::new(now),
            opened: now,
            requests: Cell::new(0),
            ended: Cell::new(false),
            aged: Cell::new(false),
            stalled: Cell::new(0),
            received: Cell::new(0),
            head_start: Cell::new(0),
            request_line: Cell::new(0),
            due: Cell::new(0),
            is_read: Cell::new(false),
            holds: Cell::new(false),
            task: OnceCell::new(),
        }
    }

    /// Whether the server is about to stop: this answer should be the connection's last.
    pub(crate) fn draining(&self) -> bool {
        self.clock.stop().draining()
    }

    /// All bytes received so far: whoever waits for a body sees here whether anything comes.
    pub(crate) fn received(&self) -> u64 {
        self.received.get()
    }

    /// Where the head of the request that starts now began, in bytes received; unknown for a pipelined one.
    pub(super) fn head_start(&self) -> Option<u64> {
        (self.phase.get() == Phase::Head).then(|| self.head_start.get())
    }

    /// A request has come, and is being served while the guard lives.
    pub(super) fn serve(self: &Rc<Self>) -> Serving {
        self.phase.set(Phase::Busy);
        self.requests.set(self.requests.get() + 1);
        Serving(Rc::clone(self))
    }

    /// The request that is about to be served has a body of so many bytes, some of which may have come.
    pub(super) fn expects(&self, bytes: u64) {
        self.due.set(bytes);
    }

    /// Whether somebody waits for more of a chunked body.
    pub(super) fn is_read(&self, waits: bool) {
        if waits != self.is_read.replace(waits) && waits {
            self.release();
        }
    }

    /// Wakes a stream that keeps something back.
    fn release(&self) {
        if self.holds.replace(false)
            && let Some(task) = self.task.get()
        {
            task.wake_by_ref();
        }
    }

    /// Whether a request that comes now comes too late: it was sent behind one that ends the connection, and must not run
    /// (RFC 9112 §9.6). actix-http would answer all that it has read.
    pub(super) fn ends_before(&self) -> bool {
        if self.ended.get() {
            self.phase.set(Phase::Over);
        }
        self.ended.get()
    }

    fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        self.since.set(self.clock.now());
    }
}

/// What the stream tells.
impl Connection {
    pub(super) fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// How many bytes may be handed on to actix-http, which makes requests of all that it gets: each is some kilobytes, and would wait
    /// until those before it are answered. So while a request is served, only its body is handed on.
    pub(super) fn appetite(&self) -> u64 {
        match self.phase.get() {
            Phase::Busy if self.is_read.get() => Self::PIECE,
            Phase::Busy => self.due.get(),
            _ => Self::PIECE,
        }
    }

    /// The stream keeps back what has come. Its task is woken when it may be handed on.
    pub(super) fn hold(&self, cx: &Context<'_>) {
        self.waits(cx);
        self.holds.set(true);
    }

    /// The stream is gone.
    pub(super) fn close(&self) {
        self.clock.close(self);
    }

    pub(super) fn came_in(&self, piece: &[u8]) {
        let before = self.received.get();
        self.received.set(before + piece.len() as u64);
        self.due
            .set(self.due.get().saturating_sub(piece.len() as u64));
        if matches!(self.phase.get(), Phase::Idle | Phase::Leaving) {
            self.enter(Phase::Head);
            self.head_start.set(before);
            self.request_line.set(0);
        }
        let is_long = piece.len() >= Self::LARGE_PIECE || self.request_line.get() > 0;
        if is_long && self.phase.get() == Phase::Head {
            self.measure_request_line(piece, before - self.head_start.get());
        }
    }

    fn measure_request_line(&self, piece: &[u8], before: u64) {
        let so_far = self.request_line.get();
        // Else the line has ended in an earlier piece.
        if so_far == before {
            let more = memchr(b'\n', piece).unwrap_or(piece.len());
            self.request_line.set(so_far + more as u64);
        }
    }

    /// Whether what is being read begins with a target that actix-http does not take.
    pub(super) fn target_is_too_long(&self) -> bool {
        self.request_line.get() > Self::LONGEST_TARGET && self.phase.get() == Phase::Head
    }

    /// The stream waits for the client: its task is woken when a limit has passed.
    pub(super) fn waits(&self, cx: &Context<'_>) {
        self.task.get_or_init(|| cx.waker().clone());
    }

    /// A write could not go on.
    pub(super) fn write_stalls(&self, cx: &Context<'_>) {
        if self.stalled.get() == 0 {
            self.write_progresses();
        }
        self.waits(cx);
    }

    /// Whether a write waits, or has waited and is not all out yet.
    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.get() != 0
    }

    pub(super) fn write_progresses(&self) {
        self.stalled.set(self.clock.now() + 1);
    }

    pub(super) fn write_is_out(&self) {
        self.stalled.set(0);
    }
}

/// What the clock decides.
impl Connection {
    pub(super) fn judge(&self, limits: &Ticks) {
        let Some(verdict) = self.verdict(limits) else {
            return;
        };
        self.phase.set(verdict);
        if let Some(task) = self.task.get() {
            task.wake_by_ref();
        }
    }

    fn verdict(&self, limits: &Ticks) -> Option<Phase> {
        let now = self.clock.now();
        let late = |since: u32, limit: u32| now.wrapping_sub(since) > limit;
        if late(self.opened, limits.age) {
            self.aged.set(true);
        }
        if let Some(progress) = self.stalled.get().checked_sub(1) {
            return late(progress, limits.write).then_some(Phase::Cut);
        }
        match self.phase.get() {
            Phase::Idle if self.clock.stop().leaving() => Some(Phase::Leaving),
            // A connection that has asked for nothing yet has the time of a head, and actix-http answers it with 408.
            Phase::Idle if self.requests.get() == 0 => None,
            Phase::Idle if late(self.since.get(), limits.keep_alive) => Some(Phase::Leaving),
            Phase::Head if late(self.since.get(), limits.head) => Some(Phase::Cut),
            // Again, in case that the wake-up met a task that was busy with something else.
            Phase::Leaving => Some(Phase::Leaving),
            Phase::Cut => Some(Phase::Cut),
            Phase::Idle | Phase::Head | Phase::Busy | Phase::Over => None,
        }
    }
}

/// A request under way, until the last byte of its answer has been made.
#[derive(Debug)]
pub(super) struct Serving(Rc<Connection>);

impl Serving {
    /// Whether this answer, which exists now, is to be the last on its connection, because somebody wants it so or a limit is reached.
    pub(super) fn is_last(&self, is_wanted: bool) -> bool {
        let connection = &*self.0;
        let last = is_wanted
            || connection.requests.get() >= connection.clock.limits().requests
            || connection.aged.get()
            || connection.draining();
        connection.ended.set(last);
        last
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let connection = &*self.0;
        connection.expects(0);
        if connection.phase.get() == Phase::Busy {
            connection.enter(Phase::Idle);
            connection.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::server::ServerOptions;
    use crate::server::stop::Stop;

    /// A clock that is only wound by hand: a tick is 250 ms.
    fn clock() -> Rc<Clock> {
        Clock::new(&ServerOptions::new(), Arc::new(Stop::default()))
    }

    fn after(seconds: u64, clock: &Clock, connection: &Connection) -> Phase {
        for _ in 0..seconds * 4 {
            clock.tick();
            connection.judge(clock.limits());
        }
        connection.phase()
    }

    #[test]
    fn an_idle_connection_leaves_after_five_seconds() {
        let clock = clock();
        let connection = Rc::new(Connection::new(Rc::clone(&clock)));
        drop(connection.serve());
        assert_eq!(after(5, &clock, &connection), Phase::Idle);
        assert_eq!(after(1, &clock, &connection), Phase::Leaving);
    }

    #[test]
    fn a_head_has_ten_seconds_from_its_first_byte_however_it_drips() {
        let clock = clock();
        let connection = Rc::new(Connection::new(Rc::clone(&clock)));
        drop(connection.serve());
        after(4, &clock, &connection);
        for _ in 0..10 {
            connection.came_in(b"G");
            assert_eq!(after(1, &clock, &connection), Phase::Head);
        }
        assert_eq!(after(1, &clock, &connection), Phase::Cut);
    }

    #[test]
    fn a_request_under_way_is_never_idle_and_what_comes_meanwhile_is_no_late_head() {
        let clock = clock();
        let connection = Rc::new(Connection::new(Rc::clone(&clock)));
        connection.came_in(b"GET / HTTP/1.1\r\n\r\n");
        let serving = connection.serve();
        connection.came_in(b"GET /pipe");
        assert_eq!(after(600, &clock, &connection), Phase::Busy);
        drop(serving);
        assert_eq!(after(6, &clock, &connection), Phase::Leaving);
    }

    #[test]
    fn a_byte_that_comes_at_the_last_moment_is_the_next_request() {
        let clock = clock();
        let connection = Rc::new(Connection::new(Rc::clone(&clock)));
        drop(connection.serve());
        assert_eq!(after(6, &clock, &connection), Phase::Leaving);
        connection.came_in(b"G");
        assert_eq!(connection.phase(), Phase::Head);
    }

    #[test]
    fn a_write_that_makes_no_progress_is_cut_after_thirty_seconds() {
        let clock = clock();
        let connection = Rc::new(Connection::new(Rc::clone(&clock)));
        let _serving = connection.serve();
        connection.write_progresses();
        assert_eq!(after(30, &clock, &connection), Phase::Busy);
        connection.write_progresses();
        assert_eq!(after(30, &clock, &connection), Phase::Busy);
        assert_eq!(after(1, &clock, &connection), Phase::Cut);
    }

    #[test]
    fn the_thousandth_answer_is_the_last_and_so_is_the_first_after_an_hour() {
        let options = ServerOptions::new().requests_per_connection(1_000);
        let clock = Clock::new(&options, Arc::new(Stop::default()));
        let connection = Rc::new(Connection::new(Rc::clone(&clock)));
        assert!((1..1_000).all(|_| !connection.serve().is_last(false)));
        assert!(connection.serve().is_last(false));

        let connection = Rc::new(Connection::new(Rc::clone(&clock)));
        let serving = connection.serve();
        after(3_600, &clock, &connection);
        assert!(!serving.is_last(false));
        after(1, &clock, &connection);
        assert!(serving.is_last(false));
    }

    #[test]
    fn a_limit_of_zero_is_none() {
        let options = ServerOptions::new()
            .head_timeout(Duration::ZERO)
            .requests_per_connection(0);
        let clock = Clock::new(&options, Arc::new(Stop::default()));
        let connection = Rc::new(Connection::new(Rc::clone(&clock)));
        connection.came_in(b"G");
        assert_eq!(after(3_600, &clock, &connection), Phase::Head);
        assert!(!connection.serve().is_last(false));
    }

    #[test]
    fn only_a_target_beyond_what_actix_http_takes_is_too_long() {
        let connection = Connection::new(clock());
        connection.came_in(&vec![b'a'; 65_534]);
        assert!(!connection.target_is_too_long());
        connection.came_in(&vec![b'\n'; 65_534]);
        assert!(!connection.target_is_too_long());

        let connection = Connection::new(clock());
        connection.came_in(&vec![b'a'; 40_000]);
        connection.came_in(&vec![b'a'; 40_000]);
        assert!(connection.target_is_too_long());
    }
}
