//! Kirsch and its peers side by side under load, by `wrk`.
//!
//! ```text
//! cargo build --release -p kirsch-benches
//! cargo build --release --manifest-path benches/peers/Cargo.toml
//! target/release/load                    # every endpoint
//! target/release/load plaintext json --rounds 9
//! ```
//!
//! Every round asks each server once, so that what disturbs the machine disturbs all of them. Only ratios to bare
//! actix-web are printed: requests a second of one machine say nothing about another.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is what this program is for"
)]

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use kirsch_benches::Result;
use kirsch_benches::client::Client;
use kirsch_benches::endpoints::{self, Endpoint};
use kirsch_benches::server::{Program, Server, is_installed};
use kirsch_benches::table::{Table, median};
use tempfile::NamedTempFile;

/// What one run of `wrk` against one server found.
struct Run {
    requests_per_second: f64,
    /// The server's processor seconds per request, where the system tells.
    processor: Option<f64>,
}

/// How long the whole may take, and how it is divided.
struct Plan {
    rounds: u32,
    seconds: u32,
    connections: u32,
    end: Instant,
}

fn main() -> ExitCode {
    match run(&arguments().get_matches()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> clap::Command {
    let number = |name: &'static str, default: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_parser(value_parser!(u32).range(1..))
            .default_value(default)
            .help(help)
    };
    clap::Command::new("load").about("Compares Kirsch and its peers under load; prints medians of ratios").args([
        Arg::new("endpoint").num_args(0..).help("what to ask for [default: every endpoint]"),
        Arg::new("server")
            .long("server")
            .value_name("[NAME=]PATH")
            .action(ArgAction::Append)
            .help("compare these servers instead, the first being what the others are compared with"),
        number("rounds", "5", "how often each server is asked"),
        number("seconds", "2", "how long each time"),
        number("connections", "32", "over how many connections"),
        number("minutes", "30", "no further round begins after this time"),
    ])
}

fn run(arguments: &ArgMatches) -> Result<()> {
    if !is_installed("wrk") {
        return Err("wrk is not installed; on Debian and Ubuntu: `apt-get install wrk`".into());
    }
    let mut endpoints = endpoints::named(words(arguments, "endpoint"))?;
    endpoints.retain(|endpoint| endpoint.is_everybodys());
    let mut programs = words(arguments, "server")
        .map(Program::from_argument)
        .collect::<Result<Vec<_>>>()?;
    if programs.is_empty() {
        programs = Program::peers()?;
        programs.insert(1, Program::kirsch()?);
    }
    let plan = Plan::from(arguments);
    let mut table = Table::new(
        ["endpoint"]
            .into_iter()
            .chain(programs.iter().map(|program| program.name.as_str())),
    );
    for endpoint in endpoints {
        eprintln!("{}", endpoint.title);
        let rounds = rounds(&programs, endpoint, &plan)?;
        let ratios = (0..programs.len()).map(|server| ratios(&rounds, server));
        table.row(
            [endpoint.title.to_owned()]
                .into_iter()
                .chain(ratios)
                .collect(),
        );
    }
    print!("{table}");
    Ok(())
}

fn words<'a>(arguments: &'a ArgMatches, name: &str) -> impl Iterator<Item = &'a str> {
    arguments
        .get_many::<String>(name)
        .into_iter()
        .flatten()
        .map(String::as_str)
}

impl From<&ArgMatches> for Plan {
    fn from(arguments: &ArgMatches) -> Self {
        let number = |name| arguments.get_one::<u32>(name).copied().unwrap_or(1);
        let end = Instant::now() + Duration::from_secs(60 * u64::from(number("minutes")));
        Self {
            rounds: number("rounds"),
            seconds: number("seconds"),
            connections: number("connections"),
            end,
        }
    }
}

/// Starts every server, and asks them in turns. A server that is not asked waits and costs nothing.
fn rounds(programs: &[Program], endpoint: &Endpoint, plan: &Plan) -> Result<Vec<Vec<Run>>> {
    let start = |program| Server::start(program, endpoint.site, on_core(0));
    let servers = programs.iter().map(start).collect::<Result<Vec<_>>>()?;
    for server in &servers {
        Client::connect(server.port())?.ask(endpoint, &endpoint.request(server.port(), None))?;
    }
    let script = script(endpoint)?;
    let mut rounds = Vec::new();
    for _ in 0..plan.rounds {
        if Instant::now() > plan.end {
            eprintln!(
                "{}: the time is over after {} rounds",
                endpoint.title,
                rounds.len()
            );
            break;
        }
        rounds.push(
            servers
                .iter()
                .map(|server| load(server, endpoint, &script, plan))
                .collect::<Result<_>>()?,
        );
    }
    Ok(rounds)
}

fn load(server: &Server, endpoint: &Endpoint, script: &NamedTempFile, plan: &Plan) -> Result<Run> {
    let mut wrk = on_core(1);
    wrk.args(["wrk", "--threads=1"])
        .arg(format!("--connections={}", plan.connections))
        .arg(format!("--duration={}s", plan.seconds))
        .arg("--script")
        .arg(script.path())
        .arg(format!(
            "http://127.0.0.1:{}{}",
            server.port(),
            endpoint.path
        ));
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
    })
}

/// The program is started on one core where `taskset` is there, so that server and load do not chase each other.
fn on_core(core: u32) -> Command {
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

/// `wrk` takes method and body from a script.
fn script(endpoint: &Endpoint) -> Result<NamedTempFile> {
    let file = tempfile::Builder::new().suffix(".lua").tempfile()?;
    let (method, body) = (endpoint.method, endpoint.body);
    let about_body = if body.is_empty() {
        String::new()
    } else {
        format!("wrk.body = [[{body}]]\nwrk.headers['Content-Type'] = 'application/json'\n")
    };
    std::fs::write(
        file.path(),
        format!("wrk.method = '{method}'\n{about_body}"),
    )?;
    Ok(file)
}

fn figure(report: &str, find: impl Fn(&str) -> Option<&str>) -> Result<f64> {
    let found = report.lines().find_map(|line| find(line.trim()));
    Ok(found
        .ok_or_else(|| format!("wrk did not say how fast it was: {report}"))?
        .trim()
        .parse()?)
}

/// `1.04 · 0.97`: the medians, over the rounds, of requests a second and of processor time per request, each as a
/// multiple of what the first server did in the same round.
fn ratios(rounds: &[Vec<Run>], server: usize) -> String {
    let speed = rounds
        .iter()
        .map(|round| round[server].requests_per_second / round[0].requests_per_second);
    let cost = rounds
        .iter()
        .filter_map(|round| Some(round[server].processor? / round[0].processor?));
    let text = |figure: Option<f64>| {
        figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.2}"))
    };
    format!(
        "{} · {}",
        text(median(speed.collect())),
        text(median(cost.collect()))
    )
}
