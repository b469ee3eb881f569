//! Servers under load, by `wrk`: asked in turns, told as ratios.

use std::process::Command;
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, value_parser};
use tempfile::NamedTempFile;

use crate::Result;
use crate::server::{Server, is_installed};
use crate::table::median;

/// How long the whole may take, and how it is divided.
#[derive(Debug)]
pub struct Plan {
    rounds: u32,
    seconds: u32,
    connections: u32,
    end: Instant,
}

/// A server, and what to ask it for.
#[derive(Debug)]
pub struct Target<'a> {
    /// Whom.
    pub server: &'a Server,
    /// The path with its query.
    pub path: &'a str,
    /// What `wrk` is told beyond that, in Lua.
    pub script: &'a NamedTempFile,
}

/// What one run against one server found.
#[derive(Debug)]
pub struct Run {
    /// Answers that were read to their end.
    pub requests_per_second: f64,
    /// The server's processor seconds per request, where the system tells.
    pub processor: Option<f64>,
    /// What `wrk` says of broken connections, and of answers that tell of a failure.
    pub complaints: Vec<String>,
}

impl Plan {
    /// The options of the command line that it is made from.
    pub fn arguments(rounds: &'static str) -> [Arg; 4] {
        let number = |name: &'static str, default: &'static str, help: &'static str| {
            Arg::new(name)
                .long(name)
                .value_parser(value_parser!(u32).range(1..))
                .default_value(default)
                .help(help)
        };
        [
            number("rounds", rounds, "how often each server is asked"),
            number("seconds", "2", "how long each time"),
            number("connections", "32", "over how many connections"),
            number("minutes", "30", "no further round begins after this time"),
        ]
    }

    /// The plan that the command line asks for.
    ///
    /// # Errors
    /// There is no `wrk`.
    pub fn from(arguments: &ArgMatches) -> Result<Self> {
        if !is_installed("wrk") {
            return Err("wrk is not installed; on Debian and Ubuntu: `apt-get install wrk`".into());
        }
        let number = |name| arguments.get_one::<u32>(name).copied().unwrap_or(1);
        let end = Instant::now() + Duration::from_secs(60 * u64::from(number("minutes")));
        Ok(Self {
            rounds: number("rounds"),
            seconds: number("seconds"),
            connections: number("connections"),
            end,
        })
    }

    /// Asks every server in turns. One that is not asked waits and costs nothing.
    ///
    /// # Errors
    /// `wrk` does not say how fast a server was.
    pub fn rounds(&self, title: &str, targets: &[Target<'_>]) -> Result<Vec<Vec<Run>>> {
        let mut rounds = Vec::new();
        for _ in 0..self.rounds {
            if Instant::now() > self.end {
                say(&format!(
                    "{title}: the time is over after {} rounds",
                    rounds.len()
                ));
                break;
            }
            let round = targets.iter().map(|target| self.load(target));
            rounds.push(round.collect::<Result<_>>()?);
        }
        Ok(rounds)
    }

    fn load(&self, target: &Target<'_>) -> Result<Run> {
        let (server, path) = (target.server, target.path);
        let mut wrk = on_core(1);
        wrk.args(["wrk", "--threads=1"])
            .arg(format!("--connections={}", self.connections))
            .arg(format!("--duration={}s", self.seconds))
            .arg("--script")
            .arg(target.script.path())
            .arg(format!("http://127.0.0.1:{}{path}", server.port()));
        let before = server.processor_time();
        let output = wrk.output()?;
        let after = server.processor_time();
        let report = String::from_utf8_lossy(&output.stdout);
        let requests = figure(&report, |line| {
            line.split_once(" requests in ").map(|(count, _)| count)
        })?;
        let requests_per_second = figure(&report, |line| line.strip_prefix("Requests/sec:"))?;
        let processor = after
            .zip(before)
            .map(|(after, before)| after.saturating_sub(before).as_secs_f64() / requests);
        Ok(Run {
            requests_per_second,
            processor,
            complaints: complaints(&report),
        })
    }
}

/// The program is started on one core where `taskset` is there, so that server and load do not chase each other.
pub fn on_core(core: u32) -> Command {
    // `env` starts what follows, as `taskset` does.
    let mut command = Command::new(if is_installed("taskset") {
        "taskset"
    } else {
        "env"
    });
    if is_installed("taskset") {
        command.arg("--cpu-list").arg(core.to_string());
    }
    command
}

/// `["1.04", "0.97"]`: the medians, over the rounds, of requests a second and of processor time per request, each as a
/// multiple of what the first server did in the same round.
pub fn ratios(rounds: &[Vec<Run>], server: usize) -> [String; 2] {
    let speed = rounds
        .iter()
        .map(|round| round[server].requests_per_second / round[0].requests_per_second);
    let cost = rounds
        .iter()
        .filter_map(|round| Some(round[server].processor? / round[0].processor?));
    let text = |figure: Option<f64>| {
        figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.2}"))
    };
    [text(median(speed.collect())), text(median(cost.collect()))]
}

fn figure(report: &str, find: impl Fn(&str) -> Option<&str>) -> Result<f64> {
    let found = report.lines().find_map(|line| find(line.trim()));
    Ok(found
        .ok_or_else(|| format!("wrk did not say how fast it was: {report}"))?
        .trim()
        .parse()?)
}

fn complaints(report: &str) -> Vec<String> {
    let lines = report.lines().map(str::trim);
    let wrong = lines.filter(|line| {
        line.starts_with("Socket errors:") || line.starts_with("Non-2xx or 3xx responses:")
    });
    wrong.map(str::to_owned).collect()
}

#[expect(
    clippy::print_stderr,
    reason = "whoever waits for a table is told why it has fewer rounds"
)]
fn say(words: &str) {
    eprintln!("{words}");
}
