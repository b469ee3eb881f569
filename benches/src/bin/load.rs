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

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches};
use kirsch_benches::Result;
use kirsch_benches::client::Client;
use kirsch_benches::endpoints::{self, Endpoint};
use kirsch_benches::server::{Program, Server};
use kirsch_benches::table::Table;
use kirsch_benches::wrk::{Plan, Run, Target, on_core, ratios};
use tempfile::NamedTempFile;

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
    let command = clap::Command::new("load");
    command
        .about("Compares Kirsch and its peers under load; prints medians of ratios")
        .args([
            Arg::new("endpoint")
                .num_args(0..)
                .help("what to ask for [default: every endpoint]"),
            Arg::new("server")
                .long("server")
                .value_name("[NAME=]PATH")
                .action(ArgAction::Append)
                .help(
                    "compare these servers instead, the first being what the others are compared with",
                ),
        ])
        .args(Plan::arguments("5"))
}

fn run(arguments: &ArgMatches) -> Result<()> {
    let plan = Plan::from(arguments)?;
    let mut endpoints = endpoints::named(words(arguments, "endpoint"))?;
    endpoints.retain(|endpoint| endpoint.is_everybodys());
    let mut programs = words(arguments, "server")
        .map(Program::from_argument)
        .collect::<Result<Vec<_>>>()?;
    if programs.is_empty() {
        programs = Program::peers()?;
        programs.insert(1, Program::kirsch()?);
    }
    let mut table = Table::new(
        ["endpoint"]
            .into_iter()
            .chain(programs.iter().map(|program| program.name.as_str())),
    );
    for endpoint in endpoints {
        eprintln!("{}", endpoint.title);
        let rounds = rounds(&programs, endpoint, &plan)?;
        let ratios = (0..programs.len()).map(|server| ratios(&rounds, server).join(" · "));
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

/// Starts every server, and asks them in turns.
fn rounds(programs: &[Program], endpoint: &Endpoint, plan: &Plan) -> Result<Vec<Vec<Run>>> {
    let start = |program| Server::start(program, endpoint.site, on_core(0));
    let servers = programs.iter().map(start).collect::<Result<Vec<_>>>()?;
    for server in &servers {
        Client::connect(server.port())?.ask(endpoint, &endpoint.request(server.port(), None))?;
    }
    let script = script(endpoint)?;
    let targets: Vec<_> = servers
        .iter()
        .map(|server| Target {
            server,
            path: endpoint.path,
            script: &script,
        })
        .collect();
    plan.rounds(endpoint.title, &targets)
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
