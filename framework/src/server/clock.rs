//! The clock of one worker: a coarse count of ticks, by which all of its connections are judged.
//!
//! A timer per request costs some hundreds of instructions and an allocation. Here a request writes a few cells; one task per worker wakes up
//! at every tick while connections are open, and ends those that are past a limit.
//!
//! Ticks are counted, not read from a clock: a worker that was stuck in a page for a minute has lost one tick, and does not make its
//! visitors pay for the minute.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::ServerOptions;
use super::connection::Connection;
use super::stop::{Stop, Worker};

/// How old the moment may be from which actix-http counts: it looks at the time twice a second.
const OLDEST_NOW: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct Clock {
    limits: Ticks,
    now: Cell<u32>,
    /// Every open connection of this worker. A connection's `seat` is its index here.
    connections: RefCell<Vec<Rc<Connection>>>,
    /// Whether a task winds this clock. It runs while there are connections.
    running: Cell<bool>,
    stop: Arc<Stop>,
    worker: Arc<Worker>,
}

/// The limits of [`ServerOptions`], in ticks. A limit that is switched off is further away than any server lives.
#[derive(Debug)]
pub(super) struct Ticks {
    pub(super) length: Duration,
    pub(super) keep_alive: u32,
    pub(super) head: u32,
    pub(super) write: u32,
    pub(super) age: u32,
    /// Not in ticks: actix-http has its own timer for the first head of a connection.
    pub(super) first_head: Duration,
    /// A number of requests, not of ticks.
    pub(super) requests: u32,
}

impl Ticks {
    /// As long as a limit may be overdrawn: a fraction of the shortest one.
    fn length(options: &ServerOptions) -> Duration {
        let limits = [
            options.keep_alive,
            options.head_timeout,
            options.write_timeout,
        ];
        let shortest = limits
            .into_iter()
            .filter(|limit| !limit.is_zero())
            .min()
            .unwrap_or(Duration::MAX);
        (shortest / 20).clamp(Duration::from_millis(5), Duration::from_millis(250))
    }

    fn new(options: &ServerOptions) -> Self {
        let length = Self::length(options);
        let ticks = |limit: Duration| match limit.as_nanos().div_ceil(length.as_nanos()) {
            0 => u32::MAX,
            ticks => ticks.try_into().unwrap_or(u32::MAX),
        };
        let requests = match options.requests_per_connection {
            _ if options.keep_alive.is_zero() => 1,
            0 => u32::MAX,
            requests => requests,
        };
        Self {
            length,
            keep_alive: ticks(options.keep_alive),
            head: ticks(options.head_timeout),
            write: ticks(options.write_timeout),
            age: ticks(options.connection_age),
            first_head: if options.head_timeout.is_zero() {
                Duration::ZERO
            } else {
                options.head_timeout + OLDEST_NOW
            },
            requests,
        }
    }
}

impl Clock {
    pub(super) fn new(options: &ServerOptions, stop: Arc<Stop>) -> Rc<Self> {
        let worker = stop.enlist();
        Rc::new(Self {
            limits: Ticks::new(options),
            now: Cell::new(0),
            connections: RefCell::default(),
            running: Cell::new(false),
            stop,
            worker,
        })
    }

    pub(super) fn limits(&self) -> &Ticks {
        &self.limits
    }

    pub(super) fn now(&self) -> u32 {
        self.now.get()
    }

    pub(super) fn stop(&self) -> &Stop {
        &self.stop
    }

    pub(super) fn open(self: &Rc<Self>) -> Rc<Connection> {
        let connection = Rc::new(Connection::new(Rc::clone(self)));
        let mut connections = self.connections.borrow_mut();
        connection.seat.set(connections.len());
        connections.push(Rc::clone(&connection));
        self.worker.opens();
        if !self.running.replace(true) {
            actix_rt::spawn(Rc::clone(self).run());
        }
        connection
    }

    pub(super) fn close(&self, connection: &Connection) {
        let mut connections = self.connections.borrow_mut();
        let seat = connection.seat.get();
        connections.swap_remove(seat);
        if let Some(moved) = connections.get(seat) {
            moved.seat.set(seat);
        }
        self.worker.closes();
    }

    async fn run(self: Rc<Self>) {
        while !self.connections.borrow().is_empty() {
            actix_rt::time::sleep(self.limits.length).await;
            self.tick();
            self.worker.lives();
        }
        self.running.set(false);
    }

    pub(super) fn tick(&self) {
        // Wraps after 34 years at four ticks a second.
        self.now.set(self.now.get().wrapping_add(1));
        for connection in self.connections.borrow().iter() {
            connection.judge(&self.limits);
        }
    }
}
