//! What an operator may say about the server, with the defaults that hold when nothing is said.

use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Duration;

use super::Address;

/// How a site is served: where it listens, with how many workers, and how long it waits for slow clients.
///
/// Every limit has a default that is safe on the open internet. A duration or a number of zero switches that limit off,
/// except where its setter says otherwise.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use kirsch::ServerOptions;
///
/// # fn main() -> Result<(), kirsch::InvalidAddress> {
/// let options = ServerOptions::new()
///     .listen("127.0.0.1:8080".parse()?)
///     .listen("unix:/run/notes.sock".parse()?)
///     .workers(4)
///     .shutdown_timeout(Duration::from_secs(10));
/// # assert_eq!(options.addresses().len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ServerOptions {
    pub(crate) listen: Vec<Address>,
    pub(crate) workers: Option<usize>,
    pub(crate) max_connections: Option<usize>,
    pub(crate) backlog: u32,
    pub(crate) socket_mode: u32,
    pub(crate) keep_alive: Duration,
    pub(crate) head_timeout: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) requests_per_connection: u32,
    pub(crate) connection_age: Duration,
    pub(crate) lame_duck: Duration,
    pub(crate) shutdown_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            workers: None,
            max_connections: None,
            backlog: 1024,
            socket_mode: 0o660,
            keep_alive: Duration::from_secs(5),
            head_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            requests_per_connection: 100_000,
            connection_age: Duration::from_hours(1),
            lame_duck: Duration::ZERO,
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

impl ServerOptions {
    /// The defaults: `127.0.0.1:8080`, a worker per processor.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Listens on this address too. Default, when none is named: `127.0.0.1:8080`.
    ///
    /// # CherryPy
    /// `server.socket_host`, `server.socket_port`, `server.socket_file`.
    #[must_use]
    pub fn listen(mut self, address: Address) -> Self {
        self.listen.push(address);
        self
    }

    /// The number of worker threads. Default: one for each processor; 512 at most, and no more than the limit on open files feeds.
    ///
    /// # CherryPy
    /// `server.thread_pool`; but one worker here serves thousands of connections at a time.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = (workers > 0).then_some(workers);
        self
    }

    /// Connections that one worker holds at a time; more wait in the backlog. Default and upper bound: what the limit on open files leaves
    /// (128 files are kept for everything else), at most 25,000.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = (connections > 0).then_some(connections);
        self
    }

    /// Connections that wait in the kernel until a worker takes them. Default: 1,024. CherryPy's `server.socket_queue_size`.
    #[must_use]
    pub fn backlog(mut self, connections: u32) -> Self {
        self.backlog = connections.max(1);
        self
    }

    /// The permissions of the file of a Unix socket. Default: `0o660`, the owner and the group.
    #[must_use]
    pub fn socket_mode(mut self, mode: u32) -> Self {
        self.socket_mode = mode & 0o777;
        self
    }

    /// How long an idle connection is kept for its next request. Default: 5 s. Zero closes every connection after its answer.
    #[must_use]
    pub fn keep_alive(mut self, idle: Duration) -> Self {
        self.keep_alive = idle;
        self
    }

    /// How long the head of a request may take from its first byte (of the first request: from the connection), then it is 408. Default: 10 s.
    #[must_use]
    pub fn head_timeout(mut self, time: Duration) -> Self {
        self.head_timeout = time;
        self
    }

    /// How long a client may take no byte of its answer before the connection is cut. Default: 30 s.
    ///
    /// What the kernel buffers counts as taken, so that a client that reads less than about 1 KiB a second can be cut too.
    #[must_use]
    pub fn write_timeout(mut self, time: Duration) -> Self {
        self.write_timeout = time;
        self
    }

    /// Requests on one connection; the last of them is answered with `Connection: close`. Default: 100,000.
    #[must_use]
    pub fn requests_per_connection(mut self, requests: u32) -> Self {
        self.requests_per_connection = requests;
        self
    }

    /// The age at which a connection is closed after its next answer. Default: 1 h. A running answer is never cut for it.
    #[must_use]
    pub fn connection_age(mut self, age: Duration) -> Self {
        self.connection_age = age;
        self
    }

    /// How long connections are still accepted after the signal to stop, so that a balancer may notice. Default: 0.
    #[must_use]
    pub fn lame_duck(mut self, time: Duration) -> Self {
        self.lame_duck = time;
        self
    }

    /// How long running requests may take to finish after the signal to stop. Default: 30 s. Zero cuts them at once.
    ///
    /// # CherryPy
    /// `server.shutdown_timeout`.
    #[must_use]
    pub fn shutdown_timeout(mut self, time: Duration) -> Self {
        self.shutdown_timeout = time;
        self
    }

    /// Where the server will listen.
    pub fn addresses(&self) -> &[Address] {
        const DEFAULT: &[Address] = &[Address::DEFAULT];
        if self.listen.is_empty() {
            DEFAULT
        } else {
            &self.listen
        }
    }

    /// How many workers and connections this process can feed.
    pub(super) fn capacity(&self) -> Capacity {
        let wanted = self
            .workers
            .unwrap_or_else(|| available_parallelism().map_or(2, NonZero::get));
        let capacity = Capacity::within(open_files(), wanted, self.max_connections);
        if self
            .workers
            .is_some_and(|workers| workers > capacity.workers)
        {
            tracing::warn!(
                "{wanted} workers are more than the limit on open files feeds; starting {}",
                capacity.workers
            );
        }
        capacity
    }
}

/// The number of workers, and of connections for each of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Capacity {
    pub(super) workers: usize,
    pub(super) connections: usize,
}

impl Capacity {
    /// More workers panic in actix-server.
    const MOST_WORKERS: usize = 512;
    /// More connections per worker need more memory than a default should take.
    const MOST_CONNECTIONS: usize = 25_000;
    /// Open files for all that is no connection: logs, sessions, static files, databases.
    const RESERVED: usize = 128;
    /// Open files that a worker's event loop needs for itself.
    const PER_WORKER: usize = 4;
    /// Fewer connections are not worth a worker.
    const WORTHWHILE: usize = 16;

    fn within(open_files: usize, workers: usize, connections: Option<usize>) -> Self {
        // Under a limit too low for the reserve, half of it is better than nothing.
        let free = open_files
            .saturating_sub(Self::RESERVED)
            .max(open_files / 2);
        let most_workers = free / (Self::PER_WORKER + Self::WORTHWHILE);
        let workers = workers.min(most_workers).clamp(1, Self::MOST_WORKERS);
        let most = (free / workers)
            .saturating_sub(Self::PER_WORKER)
            .clamp(1, Self::MOST_CONNECTIONS);
        Self {
            workers,
            connections: connections.map_or(most, |connections| connections.min(most)),
        }
    }
}

/// How many files this process may have open.
fn open_files() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit
        .and_then(|limit| limit.try_into().ok())
        .unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_processors_and_few_files_start_fewer_workers() {
        assert_eq!(
            Capacity::within(1024, 64, None),
            Capacity {
                workers: 44,
                connections: 16
            }
        );
        assert_eq!(
            Capacity::within(1024, 2, None),
            Capacity {
                workers: 2,
                connections: 444
            }
        );
    }

    #[test]
    fn there_is_always_one_worker_with_one_connection() {
        assert_eq!(
            Capacity::within(0, 4, None),
            Capacity {
                workers: 1,
                connections: 1
            }
        );
        assert_eq!(
            Capacity::within(64, 4, None),
            Capacity {
                workers: 1,
                connections: 28
            }
        );
    }

    #[test]
    fn without_a_limit_on_files_the_defaults_hold() {
        assert_eq!(
            Capacity::within(usize::MAX, 9_999, None),
            Capacity {
                workers: 512,
                connections: 25_000
            }
        );
    }

    #[test]
    fn the_operator_may_lower_the_connections_but_not_raise_them() {
        assert_eq!(Capacity::within(1024, 1, Some(1)).connections, 1);
        assert_eq!(Capacity::within(1024, 1, Some(9_999)).connections, 892);
    }

    #[test]
    fn zero_workers_means_the_default() {
        assert!(ServerOptions::new().workers(0).capacity().workers >= 1);
    }
}
