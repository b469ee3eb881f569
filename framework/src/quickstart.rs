//! From a tree to a served site, by what the command line says.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use serde::Serialize;

use crate::config::{Configuration, guess};
use crate::error::{Error, Result};
use crate::flags::{Flags, Given, configure};
use crate::log;
use crate::server::{Address, Daemon, PidFile, bind, launch};
#[cfg(feature = "postgres")]
use crate::sessions::stores::{PostgresStore, usual};
use crate::site::{Applied, Mistakes, Ready, Site, server_options, table, tools};
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
/// app -p FILE              with its pid in this file as long as it serves
/// app -d                   in the background
/// app routes [--json]      lists the routes and ends
/// app routes --tools       with the tools of each page
/// app config [PATH]        shows what is in force, and where each value was written
/// app check [--json]       checks the site and ends
/// app sessions schema [--table NAME]
///                          prints the SQL of the table for sessions, with the feature `postgres`, and ends
/// ```
///
/// Environment variables are read too: `KIRSCH__GLOBAL__SERVER__SOCKET_PORT=9000` wins over files, and flags win over it.
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

/// As [`quickstart`], for a tree, or a whole [`Site`], that is costly to make: it opens a database, say.
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
pub fn quickstart_with<S: Into<Site>>(make: impl FnOnce() -> Result<S>) -> Result<()> {
    Flags::new().quickstart(|_| make())
}

impl Flags {
    /// As [`quickstart_with`], for an application that has flags of its own.
    ///
    /// # Errors
    /// Those of [`quickstart`], and what `make` returned; two flags of one name.
    pub fn quickstart<S: Into<Site>>(self, make: impl FnOnce(&Given) -> Result<S>) -> Result<()> {
        let given = self.read()?;
        let flags = given.matches();
        let Role::Server(daemon) = Role::of(flags)? else {
            return Err(launch().into());
        };
        if flags.subcommand().is_none() {
            pid_file(flags).map_or(Ok(()), PidFile::check)?;
            let mut configuration = Configuration::default();
            configure(&mut configuration, flags);
            // A configuration that is wrong is refused below, with all else that is wrong.
            if let Some(options) = server_options(&configuration) {
                drop(bind(&options)?);
            }
        }
        make(&given)?.into().run(flags, daemon)
    }
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
        let given = Flags::new().read()?;
        let Role::Server(daemon) = Role::of(given.matches())? else {
            // What the site has opened, the other process is about to open.
            drop(self);
            return Err(launch().into());
        };
        self.run(given.matches(), daemon)
    }

    fn run(self, flags: &ArgMatches, daemon: Option<Daemon>) -> Result<()> {
        log::start();
        let site = self.configured(|configuration| configure(configuration, flags));
        match flags.subcommand() {
            Some(("routes", flags)) => list(&site.ready()?, flags),
            Some(("config", flags)) => show_config(&site.ready()?, flags),
            Some(("check", flags)) => check(&site.ready(), flags),
            #[cfg(feature = "postgres")]
            Some(("sessions", flags)) => show_schema(flags),
            _ => site.serve_as(pid_file(flags), daemon),
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

fn list(ready: &Ready, flags: &ArgMatches) -> Result<()> {
    let mut routes = ready.routes();
    let with_tools = flags.get_flag("tools");
    if !with_tools {
        for route in &mut routes {
            route.tools.clear();
        }
    }
    if flags.get_flag("json") {
        return say_json(&routes);
    }
    say(&table(&routes, |route| tools(&route.tools, false)))
}

/// What is in force, and where it was written: at a path, or for the whole site.
fn show_config(ready: &Ready, flags: &ArgMatches) -> Result<()> {
    let json = flags.get_flag("json");
    let Some(path) = flags.get_one::<String>("path") else {
        let keys = ready.keys();
        return if json {
            say_json(&keys)
        } else {
            say(&keys_table(&keys))
        };
    };
    let routes = ready.routes_at(path);
    if routes.is_empty() {
        let help = near(ready, path);
        return Err(Error::internal(format!(
            "no page answers `{path}`\nhelp: {help}"
        )));
    }
    if json {
        return say_json(&routes);
    }
    say(&table(&routes, |route| tools(&route.tools, true)))
}

/// The path that was probably meant: the same with its slash or without, else one that is spelled nearly so.
fn near(ready: &Ready, path: &str) -> String {
    let bare = path.trim_end_matches('/');
    let with_slash = format!("{bare}/");
    let mut same = [with_slash.as_str(), bare].into_iter();
    let answers = |other: &str| !other.is_empty() && !ready.routes_at(other).is_empty();
    let same = same.find(|other| *other != path && answers(other));
    let routes = ready.routes();
    let known = || routes.iter().map(|route| route.path.as_str());
    match same.or_else(|| guess::meant(path, known())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`routes` lists what there is".to_owned(),
    }
}

fn keys_table(keys: &[Applied]) -> String {
    let line = |applied: &Applied| format!("{} = {}", applied.key, applied.value);
    let width = keys.iter().map(|key| line(key).chars().count()).max();
    let width = width.unwrap_or(0).min(60);
    let lines = keys
        .iter()
        .map(|key| format!("{:width$}  {}\n", line(key), key.origin));
    lines.collect()
}

/// The SQL for the sessions' table.
#[cfg(feature = "postgres")]
fn show_schema(flags: &ArgMatches) -> Result<()> {
    let schema = flags.subcommand_matches("schema");
    let table = schema.and_then(|flags| flags.get_one::<String>("table"));
    let table = table.map_or(usual::TABLE, String::as_str);
    say(&PostgresStore::schema(table)?)
}

/// The startup checks alone.
fn check(ready: &Result<Ready, Mistakes>, flags: &ArgMatches) -> Result<()> {
    let json = flags.get_flag("json");
    match ready {
        Ok(ready) if json => say_json(&Checked {
            routes: ready.routes().len(),
            mistakes: Vec::new(),
        }),
        Ok(ready) => say(&format!(
            "the site is well: {} routes\n",
            ready.routes().len()
        )),
        Err(mistakes) => {
            if json {
                let told = mistakes.iter().map(|mistake| Told {
                    words: mistake.words(),
                    places: mistake.places().iter().map(ToString::to_string).collect(),
                });
                say_json(&Checked {
                    routes: 0,
                    mistakes: told.collect(),
                })?;
            }
            Err(mistakes.clone().into())
        }
    }
}

/// What `check --json` tells.
#[derive(Serialize)]
struct Checked<'m> {
    routes: usize,
    mistakes: Vec<Told<'m>>,
}

#[derive(Serialize)]
struct Told<'m> {
    words: &'m str,
    places: Vec<String>,
}

fn say_json(value: &impl Serialize) -> Result<()> {
    say(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// What a person sees who has started the site by hand: its routes, and where to look at them.
fn started(ready: &Ready, addresses: &[Address]) {
    let mut text = table(&ready.routes(), |_| String::new());
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
