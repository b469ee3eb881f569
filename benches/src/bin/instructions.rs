//! Instructions and allocations per request, and whether Kirsch keeps its budget.
//!
//! ```text
//! cargo build --release -p kirsch-benches
//! target/release/instructions                     # Kirsch, against its budget
//! target/release/instructions --peers             # the other frameworks as well
//! target/release/instructions --server PATH json  # one endpoint of one server
//! target/release/instructions --server 'PATH map' session
//! ```
//!
//! Exit status: 0 when all is well, 1 when a figure is over its budget, 2 when something could not be measured.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is what this program is for"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use kirsch_benches::Result;
use kirsch_benches::callgrind::{Callgrind, Cost};
use kirsch_benches::endpoints::{self, Endpoint};
use kirsch_benches::server::Program;
use kirsch_benches::table::{Table, few_digits, thousands};

fn main() -> ExitCode {
    match run(&arguments().get_matches()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Command {
    Command::new("instructions")
        .about(
            "Counts instructions and allocations per request; checks Kirsch's against the budget",
        )
        .args([
            Arg::new("endpoint")
                .num_args(0..)
                .help("what to ask for [default: every endpoint]"),
            Arg::new("server")
                .long("server")
                .value_name("[NAME=]PATH [ARGUMENT]...")
                .action(ArgAction::Append)
                .help("measure this server instead of Kirsch, without a budget; may be repeated"),
            Arg::new("peers")
                .long("peers")
                .action(ArgAction::SetTrue)
                .help("measure the peers as well"),
            Arg::new("requests")
                .long("requests")
                .value_parser(value_parser!(u32).range(1..))
                .default_value("2000")
                .help("how many requests to count, after 300 of warm-up"),
            Arg::new("keep")
                .long("keep")
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .help("keep the profiles, as FOLDER/SERVER-ENDPOINT, for callgrind_annotate"),
        ])
}

/// Measures and prints; `false` when Kirsch is over a budget.
fn run(arguments: &ArgMatches) -> Result<bool> {
    let mut endpoints = endpoints::named(words(arguments, "endpoint"))?;
    let servers = words(arguments, "server")
        .map(Program::from_argument)
        .collect::<Result<Vec<_>>>()?;
    let kirsch = if servers.is_empty() {
        Some(Program::kirsch()?)
    } else {
        None
    };
    let peers = if arguments.get_flag("peers") {
        Program::peers()?
    } else {
        Vec::new()
    };
    // Whoever names an endpoint knows that the server has it.
    let are_named = words(arguments, "endpoint").next().is_some();
    if !(servers.is_empty() || are_named) || !peers.is_empty() {
        endpoints.retain(|endpoint| endpoint.is_everybodys());
    }
    let requests = arguments.get_one("requests").copied().unwrap_or(2000);
    let keep = arguments.get_one::<PathBuf>("keep").map(PathBuf::as_path);

    let programs = kirsch.iter().chain(&servers).chain(&peers);
    let measured = programs
        .map(|program| {
            Ok((
                program.name.as_str(),
                measure(program, &endpoints, requests, keep)?,
            ))
        })
        .collect::<Result<Vec<_>>>()?;
    print!("{}", comparison(&endpoints, &measured, kirsch.is_some()));
    let over = match (&kirsch, measured.first()) {
        (Some(_), Some((_, costs))) => over_budget(&endpoints, costs),
        _ => Vec::new(),
    };
    for sentence in &over {
        println!("\n{sentence}");
    }
    Ok(over.is_empty())
}

fn words<'a>(arguments: &'a ArgMatches, name: &str) -> impl Iterator<Item = &'a str> {
    arguments
        .get_many::<String>(name)
        .into_iter()
        .flatten()
        .map(String::as_str)
}

/// One server after another, as each wants the machine for itself; one start per kind of site.
fn measure(
    program: &Program,
    endpoints: &[&Endpoint],
    requests: u32,
    keep: Option<&Path>,
) -> Result<Vec<Cost>> {
    let mut costs = Vec::new();
    for endpoints in endpoints.chunk_by(|one, next| one.site == next.site) {
        let mut callgrind = Callgrind::start(program, endpoints[0].site)?;
        for endpoint in endpoints {
            eprintln!("{}: {}", program.name, endpoint.title);
            let profile =
                keep.map(|folder| folder.join(format!("{}-{}", program.name, endpoint.name)));
            costs.push(callgrind.count(endpoint, requests, profile.as_deref())?);
        }
    }
    Ok(costs)
}

/// A row per endpoint, a column per server, and the budget if there is one.
fn comparison(endpoints: &[&Endpoint], measured: &[(&str, Vec<Cost>)], budget: bool) -> Table {
    let names = measured.iter().map(|(name, _)| *name);
    let mut table = Table::new(
        ["endpoint"]
            .into_iter()
            .chain(budget.then_some("at most"))
            .chain(names),
    );
    for (row, endpoint) in endpoints.iter().enumerate() {
        let most = format!(
            "{} / {}",
            thousands(endpoint.budget.instructions.into()),
            endpoint.budget.allocations
        );
        let costs = measured.iter().map(|(_, costs)| cell(costs[row]));
        table.row(
            [endpoint.title.to_owned()]
                .into_iter()
                .chain(budget.then_some(most))
                .chain(costs)
                .collect(),
        );
    }
    table
}

fn cell(cost: Cost) -> String {
    format!(
        "{} / {}",
        thousands(cost.instructions),
        few_digits(cost.allocations)
    )
}

/// A sentence for each figure that is too high.
fn over_budget(endpoints: &[&Endpoint], costs: &[Cost]) -> Vec<String> {
    let mut over = Vec::new();
    for (endpoint, cost) in endpoints.iter().zip(costs) {
        let (title, most) = (endpoint.title, endpoint.budget);
        if cost.instructions > most.instructions.into() {
            let by = thousands(cost.instructions - f64::from(most.instructions));
            over.push(format!(
                "over budget: {title} takes {by} instructions too many"
            ));
        }
        // A block now and then (a buffer that grows) is not a block per request.
        if cost.allocations > f64::from(most.allocations) + 0.05 {
            let by = few_digits(cost.allocations - f64::from(most.allocations));
            over.push(format!(
                "over budget: {title} takes {by} allocations too many"
            ));
        }
    }
    over
}
