//! From a tree to a served site, with the flags that every application has.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::config::Environment;
use crate::error::Result;
use crate::log;
use crate::server::{Address, Daemon, PidFile, ServerOptions, bind, launch};
use crate::site::{Ready, RouteInfo, Site, table};
use crate::tree::node::Node;

/// Serves a tree: reads the flags of the command line, says where it serves, and blocks until SIGTERM or SIGINT.
///
/// ```text
/// app                      serves
/// app --listen ADDR        on another address, 127.0.0.1:8080 by default; repeat it for several
/// app --workers N          with so many worker threads, one per processor by default
/// app -e production        in another environment
/// app -p FILE              with its pid in this file as long as it serves
/// app -d                   in the background
/// app routes [--json]      lists the routes and ends
/// app check                checks the site and ends
/// ```
///
/// With `-d`, the process starts its program again in the background, without a terminal, and exits here: with status 0 when the
/// site is served, with another when it could not be. The tree is dropped before that, but what else the application has opened may be in the
/// way of the new process: [`quickstart_with`] opens nothing twice.
///
/// CherryPy: `cherrypy.quickstart`; the flags are `cherryd`'s.
///
/// # Errors
/// Everything that is wrong with the site, all at once; an address that is taken; a pid file whose process lives.
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
    let Role::Server(daemon) = Role::of(&flags)? else {
        return Err(launch().into());
    };
    if flags.subcommand().is_none() {
        pid_file(&flags).map_or(Ok(()), PidFile::check)?;
        let listen = flags.get_many::<Address>("listen").into_iter().flatten();
        let options = listen
            .cloned()
            .fold(ServerOptions::new(), ServerOptions::listen);
        drop(bind(&options)?);
    }
    Site::new(make()?).run(&flags, daemon)
}

/// What this process is for.
enum Role {
    /// It does what the flags say, perhaps in the background.
    Server(Option<Daemon>),
    /// It starts the program in the background.
    Launcher,
}

impl Role {
    fn of(flags: &ArgMatches) -> io::Result<Self> {
        if !flags.get_flag("daemonize") || flags.subcommand().is_some() {
            return Ok(Self::Server(None));
        }
        if let Some(daemon) = Daemon::of_this_process()? {
            return Ok(Self::Server(Some(daemon)));
        }
        // Not in the server: its application may set a subscriber of its own later.
        log::start();
        Ok(Self::Launcher)
    }
}

impl Site {
    /// As [`quickstart`], for a site that has more to say.
    ///
    /// # Errors
    /// Everything that is wrong with the site, all at once; an address that is taken.
    pub fn quickstart(self) -> Result<()> {
        let flags = command().get_matches();
        let Role::Server(daemon) = Role::of(&flags)? else {
            // What the site has opened, the other process is about to open.
            drop(self);
            return Err(launch().into());
        };
        self.run(&flags, daemon)
    }

    fn run(mut self, flags: &ArgMatches, daemon: Option<Daemon>) -> Result<()> {
        log::start();
        if let Some(environment) = flags.get_one::<Environment>("environment") {
            self = self.environment(*environment);
        }
        if let Some(workers) = flags.get_one::<usize>("workers") {
            self = self.workers(*workers);
        }
        if let Some(addresses) = flags.get_many::<Address>("listen") {
            self.replace_addresses(addresses.cloned().collect());
        }
        match flags.subcommand() {
            Some(("routes", flags)) => list(&self.ready()?.routes(), flags.get_flag("json")),
            Some(("check", _)) => say(&format!(
                "the site is well: {} routes\n",
                self.ready()?.routes().len()
            )),
            _ => self.serve_as(pid_file(flags), daemon),
        }
    }

    fn serve_as(self, pid_file: Option<&Path>, daemon: Option<Daemon>) -> Result<()> {
        pid_file.map_or(Ok(()), PidFile::check)?;
        let mut claimed = None;
        let end = self.serve_then(|ready, addresses| {
            claimed = pid_file.map(PidFile::claim).transpose()?;
            started(ready, addresses);
            daemon.map_or(Ok(()), Daemon::started)
        });
        // Not earlier: as long as the process has work, it is running.
        drop(claimed);
        end
    }
}

fn pid_file(flags: &ArgMatches) -> Option<&Path> {
    flags.get_one("pidfile").map(PathBuf::as_path)
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
        .value_parser(clap::value_parser!(Environment));
    let pid_file = Arg::new("pidfile")
        .short('p')
        .long("pidfile")
        .value_name("FILE")
        .value_parser(clap::value_parser!(PathBuf));
    let daemonize = Arg::new("daemonize")
        .short('d')
        .long("daemonize")
        .action(ArgAction::SetTrue);
    let json = Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("As JSON, for programs");
    Command::new("app")
        .about("Serves this site until it is told to stop (SIGTERM, or Ctrl-C)")
        .arg(listen.help("Listen on this address: HOST:PORT, or unix:PATH. Repeat it for several [default: 127.0.0.1:8080]"))
        .arg(workers.help("How many worker threads [default: one per processor]"))
        .arg(environment.help("development, staging or production"))
        .arg(pid_file.help("Write the process id to this file while serving; refuse to start if the process in it lives"))
        .arg(daemonize.help("Serve in the background; return when the site is served, or with its words when it cannot be"))
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
