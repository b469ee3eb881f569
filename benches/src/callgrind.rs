//! A server under callgrind: what a request costs, counted instead of timed.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::Result;
use crate::client::Client;
use crate::endpoints::{Endpoint, Site};
use crate::server::{Program, Server, is_installed, pause};

/// A server whose instructions are counted.
#[derive(Debug)]
pub struct Callgrind {
    server: Server,
    folder: TempDir,
    dumps: u32,
}

/// What one request costs.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Instructions in user space.
    pub instructions: f64,
    /// Blocks taken from the heap.
    pub allocations: f64,
}

/// What a profile adds up to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    instructions: u64,
    allocations: u64,
}

/// Requests before the count begins: buffers have grown, pools are filled, lazy statics are made.
const WARM_UP: u32 = 300;

/// What hands out a block. `realloc` is left out: what grows was counted when it began.
const ALLOCATORS: [&str; 4] = ["malloc", "calloc", "posix_memalign", "aligned_alloc"];

/// Without these, glibc clears memory with `rep stosb`, which callgrind counts once per byte: an HTTP parser that
/// clears its header table seems to cost a third of a request more than it does.
const TUNABLES: &str =
    "glibc.cpu.x86_rep_stosb_threshold=100000000:glibc.cpu.x86_rep_movsb_threshold=100000000";

impl Callgrind {
    /// Starts the program under callgrind.
    ///
    /// # Errors
    /// Valgrind is missing, or the server does not start.
    pub fn start(program: &Program, site: Site) -> Result<Self> {
        if !is_installed("valgrind") || !is_installed("callgrind_control") {
            return Err(
                "valgrind is not installed; on Debian and Ubuntu: `apt-get install valgrind`"
                    .into(),
            );
        }
        let folder = tempfile::tempdir()?;
        let mut valgrind = Command::new("valgrind");
        let out = format!(
            "--callgrind-out-file={}",
            folder.path().join("profile").display()
        );
        valgrind
            .args(["--tool=callgrind", &out])
            .env("GLIBC_TUNABLES", TUNABLES);
        let server = Server::start(program, site, valgrind)?;
        Ok(Self {
            server,
            folder,
            dumps: 0,
        })
    }

    /// Counts what a request costs, as the mean of `requests` on one keep-alive connection.
    /// The profile is copied to `keep`, if that is given, for `callgrind_annotate`.
    ///
    /// # Errors
    /// The server answers wrongly, or callgrind does not tell.
    pub fn count(
        &mut self,
        endpoint: &Endpoint,
        requests: u32,
        keep: Option<&Path>,
    ) -> Result<Cost> {
        let mut client = Client::connect(self.server.port())?;
        let port = self.server.port();
        // A server that sets a cookie gets it back, as from a browser.
        client.ask(endpoint, &endpoint.request(port, None))?;
        let request = endpoint.request(port, client.cookie().as_deref());
        let mut ask = |times: u32| (0..times).try_for_each(|_| client.ask(endpoint, &request));
        ask(WARM_UP)?;
        self.control("--zero")?;
        ask(requests)?;
        let profile = self.dump()?;
        if let Some(keep) = keep {
            fs::copy(&profile, keep)?;
        }
        let totals = Totals::read(&fs::read_to_string(profile)?)?;
        Ok(totals.per(requests))
    }

    fn dump(&mut self) -> Result<PathBuf> {
        self.control("--dump")?;
        self.dumps += 1;
        let profile = self.folder.path().join(format!("profile.{}", self.dumps));
        // The control program returns when callgrind has begun to write; the totals are its last line.
        for _ in 0..100 {
            if fs::read_to_string(&profile).is_ok_and(|text| text.contains("\ntotals:")) {
                return Ok(profile);
            }
            pause(std::time::Duration::from_millis(50));
        }
        Err(format!("callgrind did not write `{}`", profile.display()).into())
    }

    fn control(&self, what: &str) -> Result<()> {
        let mut control = Command::new("callgrind_control");
        control
            .arg(what)
            .arg(self.server.id().to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if control.status()?.success() {
            return Ok(());
        }
        Err(format!("`callgrind_control {what}` failed").into())
    }
}

impl Totals {
    /// Reads callgrind's profile format: `cfn=(7) malloc` names the function that the next `calls=` line is about,
    /// `cfn=(7)` names it again, and `fn=(7) malloc` may have named it first.
    fn read(profile: &str) -> Result<Self> {
        let mut names = HashMap::new();
        let (mut totals, mut callee_allocates) = (Self::default(), false);
        for line in profile.lines() {
            let Some((key, value)) = line.split_once(['=', ':']) else {
                continue;
            };
            match key {
                "fn" => drop(allocates(value, &mut names)),
                "cfn" => callee_allocates = allocates(value, &mut names),
                "calls" if callee_allocates => totals.allocations += first_number(value)?,
                "totals" => totals.instructions = first_number(value)?,
                _ => {}
            }
        }
        Ok(totals)
    }

    #[expect(clippy::cast_precision_loss, reason = "a count below 2^52")]
    fn per(&self, requests: u32) -> Cost {
        let per_request = |count: u64| count as f64 / f64::from(requests);
        Cost {
            instructions: per_request(self.instructions),
            allocations: per_request(self.allocations),
        }
    }
}

/// Whether the function that `(7) malloc` or `(7)` stands for is an allocator.
fn allocates<'p>(value: &'p str, names: &mut HashMap<&'p str, bool>) -> bool {
    let (id, name) = value.split_once(' ').unwrap_or((value, ""));
    if !name.is_empty() {
        // `malloc'2` is malloc called by itself.
        let plain = name.split('\'').next().unwrap_or(name);
        names.insert(id, ALLOCATORS.contains(&plain));
    }
    names.get(id).copied().unwrap_or(false)
}

fn first_number(value: &str) -> Result<u64> {
    let number = value
        .split_whitespace()
        .next()
        .ok_or("a line without its number")?;
    Ok(number.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_totals_and_the_calls_of_allocators() {
        let profile = "fn=(1) main\n1 10\ncfn=(2) malloc\ncalls=3 0\n1 40\ncfn=(3) free\ncalls=9 0\n1 5\n\
                       fn=(4) calloc\n1 7\nfn=(5) grow\ncfn=(4)\ncalls=2 0\n1 1\ncfn=(6) malloc'2\ncalls=1 0\n1 1\n\n\
                       totals: 64\n";
        assert_eq!(
            Totals::read(profile).unwrap(),
            Totals {
                instructions: 64,
                allocations: 6
            }
        );
    }
}
