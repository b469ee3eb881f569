//! Sessions side by side under load, by `wrk`: read a number from the visitor's session, add one, save it.
//!
//! ```text
//! cargo build --release -p kirsch-benches --features postgres
//! cargo build --release --manifest-path benches/peers/Cargo.toml -p peer-sessions
//! target/release/sessions                # memory and files, and PostgreSQL if `DATABASE_URL` is set
//! target/release/sessions memory --rounds 9
//! ```
//!
//! As with `load`, every round asks each server once, and only ratios are printed. Every request has the cookie of one of many visitors, in turns.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the tables are what this program is for"
)]

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use kirsch_benches::Result;
use kirsch_benches::client::Client;
use kirsch_benches::endpoints::{self, Endpoint};
use kirsch_benches::server::{Program, Server};
use kirsch_benches::table::Table;
use kirsch_benches::wrk::{Plan, Run, Target, on_core, ratios};
use tempfile::NamedTempFile;

/// Servers that are compared with the first of them.
struct Comparison {
    name: &'static str,
    title: &'static str,
    /// Given a folder that nobody else uses.
    programs: fn(&Path) -> Result<Vec<Program>>,
}

const COMPARISONS: [Comparison; 3] = [
    Comparison {
        name: "memory",
        title: "in memory, or in the cookie",
        programs: in_memory,
    },
    Comparison {
        name: "files",
        title: "Kirsch, in memory and in files",
        programs: in_files,
    },
    Comparison {
        name: "postgres",
        title: "in PostgreSQL",
        programs: in_postgres,
    },
];

fn in_memory(_: &Path) -> Result<Vec<Program>> {
    let peer = Program::peer_sessions;
    Ok(vec![
        peer("map")?,
        Program::kirsch()?,
        peer("actix-cookie")?,
        peer("actix-memory")?,
        peer("tower")?,
    ])
}

fn in_files(folder: &Path) -> Result<Vec<Program>> {
    let kirsch = Program::kirsch()?;
    let files = |name| {
        let path = format!("storage_path={}", folder.join(name).display());
        kirsch
            .clone()
            .called(name)
            .told(["storage=file".to_owned(), path])
    };
    Ok(vec![
        kirsch.clone().called("memory"),
        files("file, fsync = false").told(["fsync=false"]),
        files("file"),
    ])
}

fn in_postgres(_: &Path) -> Result<Vec<Program>> {
    if std::env::var_os("DATABASE_URL").is_none() {
        return Err("`DATABASE_URL` names no database".into());
    }
    Ok(vec![
        Program::peer_sessions("postgres")?.called("SELECT and UPDATE by hand"),
        Program::kirsch()?
            .called("the same, through Kirsch's pool")
            .told(["by-hand"]),
        Program::kirsch()?.told(["storage=postgres"]),
    ])
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

fn arguments() -> Command {
    let names = COMPARISONS.map(|comparison| comparison.name);
    Command::new("sessions")
        .about("Compares what remembers visitors, under load; prints medians of ratios")
        .args([
            Arg::new("comparison")
                .num_args(0..)
                .value_parser(names)
                .help("what to compare [default: all, `postgres` only if `DATABASE_URL` is set]"),
            Arg::new("visitors")
                .long("visitors")
                .value_parser(value_parser!(u32).range(1..))
                .default_value("256")
                .help("how many visitors ask in turns"),
        ])
        .args(Plan::arguments("7"))
}

fn run(arguments: &ArgMatches) -> Result<()> {
    let plan = Plan::from(arguments)?;
    let visitors = arguments.get_one("visitors").copied().unwrap_or(256);
    for comparison in chosen(arguments) {
        eprintln!("{}", comparison.title);
        println!("{}", compare(comparison, visitors, &plan)?);
    }
    Ok(())
}

fn chosen(arguments: &ArgMatches) -> Vec<&'static Comparison> {
    let named: Vec<_> = arguments
        .get_many::<String>("comparison")
        .into_iter()
        .flatten()
        .collect();
    let has_database = std::env::var_os("DATABASE_URL").is_some();
    let is_chosen = |comparison: &&Comparison| match named.len() {
        0 => comparison.name != "postgres" || has_database,
        _ => named.iter().any(|name| *name == comparison.name),
    };
    COMPARISONS.iter().filter(is_chosen).collect()
}

fn compare(comparison: &Comparison, visitors: u32, plan: &Plan) -> Result<Table> {
    let endpoint = endpoints::named(["session"].iter())?[0];
    let folder = tempfile::tempdir()?;
    let programs = (comparison.programs)(folder.path())?;
    let servers = programs
        .iter()
        .map(|program| Server::start(program, endpoint.site, on_core(0)))
        .collect::<Result<Vec<_>>>()?;
    let scripts = servers
        .iter()
        .map(|server| script(&cookies(server, endpoint, visitors)?))
        .collect::<Result<Vec<_>>>()?;
    let pairs = servers.iter().zip(&scripts);
    let targets: Vec<_> = pairs
        .map(|(server, script)| Target {
            server,
            path: endpoint.path,
            script,
        })
        .collect();
    let rounds = plan.rounds(comparison.title, &targets)?;
    let mut table = Table::new([comparison.title, "requests a second", "processor time"]);
    for (server, program) in programs.iter().enumerate() {
        all_was_well(&program.name, &rounds, server)?;
        let [speed, cost] = ratios(&rounds, server);
        table.row(vec![program.name.clone(), speed, cost]);
    }
    Ok(table)
}

/// The cookies of so many visitors, each of whom was there once. What is fast and forgets is not measured: the first is counted on.
fn cookies(server: &Server, endpoint: &Endpoint, visitors: u32) -> Result<Vec<String>> {
    let mut client = Client::connect(server.port())?;
    let mut ask = |cookie: Option<&str>, answer| -> Result<Option<String>> {
        let endpoint = Endpoint {
            answer: Some(answer),
            ..*endpoint
        };
        client.ask(&endpoint, &endpoint.request(server.port(), cookie))?;
        Ok(client.cookie())
    };
    let cookies = (0..visitors)
        .map(|_| ask(None, "1")?.ok_or_else(|| "a stranger is given no cookie".into()))
        .collect::<Result<Vec<_>>>()?;
    ask(cookies.first().map(String::as_str), "2")?;
    Ok(cookies)
}

/// `wrk` asks with one cookie after the other.
fn script(cookies: &[String]) -> Result<NamedTempFile> {
    let file = tempfile::Builder::new().suffix(".lua").tempfile()?;
    let cookies: Vec<_> = cookies
        .iter()
        .map(|cookie| format!("[[{cookie}]],\n"))
        .collect();
    fs::write(
        file.path(),
        format!(
            "local cookies = {{\n{}}}\nlocal requests, last = {{}}, 0\n\
             function init()\n  for i, cookie in ipairs(cookies) do\n    \
             requests[i] = wrk.format('GET', nil, {{Cookie = cookie}})\n  end\nend\n\
             function request()\n  last = last % #requests + 1\n  return requests[last]\nend\n",
            cookies.concat()
        ),
    )?;
    Ok(file)
}

/// An answer that tells of a failure is no request that was served.
fn all_was_well(name: &str, rounds: &[Vec<Run>], server: usize) -> Result<()> {
    let runs = rounds.iter().map(|round| &round[server]);
    let complaints: Vec<_> = runs.flat_map(|run| &run.complaints).cloned().collect();
    if complaints.is_empty() {
        return Ok(());
    }
    Err(format!("{name}: {}", complaints.join("; ")).into())
}
