//! From a tree to a served site, with the flags that every application has.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::config::{Configuration, Environment, Raw};
use crate::error::Result;
use crate::log;
use crate::server::{Address, bind};
use crate::site::{Ready, RouteInfo, Site, server_options, table};
use crate::tree::node::Node;

/// Serves a tree: reads the flags of the command line, says where it serves, and blocks until SIGTERM or SIGINT.
///
/// ```text
/// app                      serves
/// app --listen ADDR        on another address, 127.0.0.1:8080 by default; repeat it for several
/// app --workers N          with so many worker threads, one per processor by default
/// app -e production        in another environment
/// app -c site.toml         with a configuration file; repeat it for several, later ones win
/// app --set 'global.server.keep_alive = "10s"'
///                          with a key of the configuration, which wins over files; repeat it for several
/// app routes [--json]      lists the routes and ends
/// app check                checks the site and ends
/// ```
///
/// Environment variables are read too: `KIRSCH__GLOBAL__SERVER__SOCKET_PORT=9000` wins over files, and flags win over it.
///
/// CherryPy: `cherrypy.quickstart`.
///
/// # Errors
/// Everything that is wrong with the site, all at once; an address that is taken.
pub fn quickstart(root: impl Node + Send + Sync + 'static) -> Result<()> {
    Site::new(root).quickstart()
}

/// As [`quickstart`], for a tree that is costly to make: it opens a database, say.
///
/// The flags are read first, and the addresses tried: `--help`, a wrong flag and a port that is taken are answered before
/// anything is opened.
///
/// # Examples
/// ```no_run
/// use kirsch::prelude::*;
///
/// #[expose]
/// struct Root {
///     words: String,
/// }
///
/// #[expose]
/// impl Root {}
///
/// fn main() -> kirsch::Result<()> {
///     kirsch::quickstart_with(|| {
///         let words = std::fs::read_to_string("words.txt")?;
///         Ok(Root { words })
///     })
/// }
/// ```
///
/// # Errors
/// Those of [`quickstart`], and what `make` returned.
pub fn quickstart_with<N: Node + Send + Sync + 'static>(
    make: impl FnOnce() -> Result<N>,
) -> Result<()> {
    let flags = command().get_matches();
    if flags.subcommand().is_none() {
        let mut configuration = Configuration::default();
        configure(&mut configuration, &flags);
        // A configuration that is wrong is refused below, with all else that is wrong.
        if let Some(options) = server_options(&configuration) {
            drop(bind(&options)?);
        }
    }
    Site::new(make()?).run(&flags)
}

impl Site {
    /// As [`quickstart`], for a site that has more to say.
    ///
    /// # Errors
    /// Everything that is wrong with the site, all at once; an address that is taken.
    pub fn quickstart(self) -> Result<()> {
        let matches = command().get_matches();
        self.run(&matches)
    }

    fn run(self, flags: &ArgMatches) -> Result<()> {
        log::start();
        let site = self.configured(|configuration| configure(configuration, flags));
        match flags.subcommand() {
            Some(("routes", flags)) => list(&site.ready()?.routes(), flags.get_flag("json")),
            Some(("check", _)) => say(&format!(
                "the site is well: {} routes\n",
                site.ready()?.routes().len()
            )),
            _ => site.serve_then(started),
        }
    }
}

/// Takes what the operator says: files, variables, flags. A flag of its own is as strong as `--set`.
fn configure(configuration: &mut Configuration, flags: &ArgMatches) {
    let files = flags.get_many::<PathBuf>("config").into_iter().flatten();
    files.for_each(|path| configuration.file(path));
    configuration.variables(std::env::vars_os());
    let lines = flags.get_many::<String>("set").into_iter().flatten();
    lines.for_each(|line| configuration.flag(line));
    if let Some(environment) = flags.get_one::<Environment>("environment") {
        let name = environment.to_string();
        let flag = format!("-e {name}");
        configuration.set(&flag, "server.environment", Raw::Text(name));
    }
    if let Some(workers) = flags.get_one::<usize>("workers") {
        let flag = format!("--workers {workers}");
        configuration.set(&flag, "server.workers", Raw::Bare(workers.to_string()));
    }
    if let Some(addresses) = flags.get_many::<Address>("listen") {
        let texts: Vec<_> = addresses.map(ToString::to_string).collect();
        let flag = format!("--listen {}", texts.join(" --listen "));
        let addresses = texts.into_iter().map(Raw::Text).collect();
        configuration.set(&flag, "server.listen", Raw::List(addresses));
    }
}

fn command() -> Command {
    let listen = Arg::new("listen")
        .long("listen")
        .value_name("ADDR")
        .action(ArgAction::Append)
        .value_parser(clap::value_parser!(Address));
    let workers = Arg::new("workers")
        .long("workers")
        .value_name("N")
        .value_parser(clap::value_parser!(usize));
    let environment = Arg::new("environment")
        .short('e')
        .long("environment")
        .value_name("NAME")
        .value_parser(clap::value_parser!(Environment))
        .global(true);
    let config = Arg::new("config")
        .short('c')
        .long("config")
        .value_name("FILE")
        .action(ArgAction::Append)
        .value_parser(clap::value_parser!(PathBuf))
        .global(true);
    let set = Arg::new("set")
        .long("set")
        .value_name("TOML")
        .action(ArgAction::Append)
        .global(true);
    let json = Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("As JSON, for programs");
    Command::new("app")
        .about("Serves this site until it is told to stop (SIGTERM, or Ctrl-C)")
        .arg(listen.help("Listen on this address: HOST:PORT, or unix:PATH. Repeat it for several [default: 127.0.0.1:8080]"))
        .arg(workers.help("How many worker threads [default: one per processor]"))
        .arg(environment.help("development, staging, production, embedded or test [default: development in a debug build, else production]"))
        .arg(config.help("Read this configuration file. Repeat it for several: later ones win"))
        .arg(set.help("Set one key, over all files: 'global.server.socket_port = 9000', '\"/notes\".tools.caching.delay = \"10m\"'"))
        .subcommand(Command::new("routes").about("Lists the routes: method, path, page, source line").arg(json))
        .subcommand(Command::new("check").about("Checks the site without serving it"))
}

fn list(routes: &[RouteInfo], json: bool) -> Result<()> {
    if json {
        return say(&(serde_json::to_string_pretty(routes)? + "\n"));
    }
    say(&table(routes))
}

/// What a person sees who has started the site by hand: its routes, and where to look at them.
fn started(ready: &Ready, addresses: &[Address]) {
    let mut text = table(&ready.routes());
    for address in addresses {
        text.extend(["\nserving on ", &address_for_people(address)]);
    }
    // Nobody to tell is no reason not to serve.
    say(&(text + "\n")).unwrap_or_default();
}

fn address_for_people(address: &Address) -> String {
    match address.socket() {
        Some(socket) => format!("http://{socket}/"),
        None => address.to_string(),
    }
}

fn say(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    // A pipe that was closed, as by `head`, has read what it wanted.
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
