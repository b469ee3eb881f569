//! The command line: the flags that every application has, and those that one adds.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::config::{Configuration, Environment, Raw};
use crate::error::{Error, Result};
use crate::server::Address;
#[cfg(feature = "postgres")]
use crate::sessions::stores::usual;

/// The flags of an application, beside those that [`quickstart`](crate::quickstart) has: read together, and shown by `--help` together.
///
/// They may stand before or after a subcommand such as `check`.
///
/// # Examples
/// ```no_run
/// use kirsch::Flags;
/// use kirsch::prelude::*;
///
/// #[expose]
/// #[tools(sessions)]
/// struct Shop {
///     is_closed: bool,
/// }
///
/// #[expose]
/// impl Shop {
///     fn index(&self) -> &'static str {
///         if self.is_closed { "We are on holiday." } else { "Welcome!" }
///     }
/// }
///
/// fn main() -> kirsch::Result<()> {
///     Flags::new()
///         .version(env!("CARGO_PKG_VERSION"))
///         .switch("closed", "Say that nobody is there")
///         .value("storage", "WHERE", "Where carts are: memory, file or postgres")
///         .quickstart(|given| {
///             let is_closed = given.switch("closed");
///             let site = Site::new(Shop { is_closed });
///             Ok(match given.value("storage") {
///                 Some(storage) => site.config_key("/", "tools.sessions.storage", storage),
///                 None => site,
///             })
///         })
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Flags {
    command: Command,
}

/// What was written on the command line.
#[derive(Debug, Clone)]
pub struct Given {
    matches: ArgMatches,
}

impl Flags {
    /// Those that every application has.
    pub fn new() -> Self {
        Self { command: command() }
    }

    /// A flag that takes a value, `--name VALUE`. Whoever repeats it is refused.
    #[must_use]
    pub fn value(self, name: &'static str, value: &'static str, help: &'static str) -> Self {
        self.with(Arg::new(name).long(name).value_name(value).help(help))
    }

    /// A flag that is there or not, `--name`.
    #[must_use]
    pub fn switch(self, name: &'static str, help: &'static str) -> Self {
        let action = ArgAction::SetTrue;
        self.with(Arg::new(name).long(name).action(action).help(help))
    }

    /// What `--version` answers. Default: there is no such flag.
    #[must_use]
    pub fn version(mut self, version: &'static str) -> Self {
        self.command = self.command.version(version);
        self
    }

    fn with(mut self, arg: Arg) -> Self {
        self.command = self.command.arg(arg.global(true));
        self
    }

    /// Reads the command line of this process. A wrong one ends it, and so does `--help`.
    pub(crate) fn read(self) -> Result<Given> {
        if let Some(name) = self.double() {
            return Err(Error::internal(format!(
                "the flag `--{name}` is there twice"
            )));
        }
        let matches = self.command.get_matches();
        Ok(Given { matches })
    }

    /// A name that two flags have.
    fn double(&self) -> Option<&str> {
        let mut names: Vec<_> = self
            .command
            .get_arguments()
            .filter_map(Arg::get_long)
            .collect();
        // What `clap` adds by itself.
        names.extend(["help", "version"]);
        names.sort_unstable();
        names.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some(*one),
            _ => None,
        })
    }
}

impl Default for Flags {
    fn default() -> Self {
        Self::new()
    }
}

impl Given {
    /// The value of a flag. `None`: it was not written, or there is no such flag.
    pub fn value(&self, name: &str) -> Option<&str> {
        let value = self.matches.try_get_one::<String>(name).ok()?;
        value.map(String::as_str)
    }

    /// Whether a flag was written.
    pub fn switch(&self, name: &str) -> bool {
        let value = self.matches.try_get_one::<bool>(name);
        matches!(value, Ok(Some(true)))
    }

    pub(crate) fn matches(&self) -> &ArgMatches {
        &self.matches
    }
}

/// Takes what the operator says: files, variables, flags. A flag of its own is as strong as `--set`.
pub(crate) fn configure(configuration: &mut Configuration, flags: &ArgMatches) {
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
    let pid_file = Arg::new("pidfile")
        .short('p')
        .long("pidfile")
        .value_name("FILE")
        .value_parser(clap::value_parser!(PathBuf));
    let daemonize = Arg::new("daemonize")
        .short('d')
        .long("daemonize")
        .action(ArgAction::SetTrue);
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
    let path = Arg::new("path")
        .value_name("PATH")
        .help("A path as a visitor would ask for it, such as /notes/42");
    let tools_too = Arg::new("tools")
        .long("tools")
        .action(ArgAction::SetTrue)
        .help("With the tools of each page");
    let json = Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("As JSON, for programs");
    let command = Command::new("app")
        .about("Serves this site until it is told to stop (SIGTERM, or Ctrl-C)")
        .arg(listen.help("Listen on this address: HOST:PORT, or unix:PATH. Repeat it for several [default: 127.0.0.1:8080]"))
        .arg(workers.help("How many worker threads [default: one per processor]"))
        .arg(pid_file.help("Write the process id to this file while serving; refuse to start if the process in it lives"))
        .arg(daemonize.help("Serve in the background; return when the site is served, or with its words when it cannot be"))
        .arg(environment.help("development, staging, production, embedded or test [default: development in a debug build, else production]"))
        .arg(config.help("Read this configuration file. Repeat it for several: later ones win"))
        .arg(set.help("Set one key, over all files: 'global.server.socket_port = 9000', '\"/notes\".tools.caching.delay = \"10m\"'"))
        .subcommand(Command::new("routes").about("Lists the routes: method, path, page, source line").arg(tools_too).arg(json.clone()))
        .subcommand(Command::new("config").about("Shows what is in force, and where each value was written: of the whole site, or of the pages at a path").arg(path).arg(json.clone()))
        .subcommand(Command::new("check").about("Checks the site without serving it").arg(json));
    with_sessions(command)
}

#[cfg(feature = "postgres")]
fn with_sessions(command: Command) -> Command {
    let table = Arg::new("table")
        .long("table")
        .value_name("NAME")
        .default_value(usual::TABLE)
        .help("The table's name, as `tools.sessions.table` has it");
    let schema = Command::new("schema")
        .about("Prints the SQL that makes the table of `postgres`")
        .arg(table);
    let sessions = Command::new("sessions").about("About the storage of sessions");
    command.subcommand(sessions.subcommand_required(true).subcommand(schema))
}

#[cfg(not(feature = "postgres"))]
fn with_sessions(command: Command) -> Command {
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(line: &str) -> Given {
        let flags = Flags::new()
            .switch("closed", "")
            .value("storage", "WHERE", "");
        let words = line.split_whitespace();
        let matches = flags.command.try_get_matches_from(words).unwrap();
        Given { matches }
    }

    #[test]
    fn flags_stand_before_and_after_a_subcommand() {
        for line in [
            "app --storage file --closed",
            "app --storage file check --closed",
            "app check --storage file --closed",
        ] {
            let given = given(line);
            assert_eq!(given.value("storage"), Some("file"), "{line}");
            assert!(given.switch("closed"), "{line}");
        }
        assert_eq!(given("app").value("storage"), None);
        assert!(!given("app check").switch("closed"));
    }

    #[test]
    fn who_asks_for_another_kind_of_flag_gets_nothing() {
        let given = given("app --storage file --closed");
        assert_eq!(
            (given.value("closed"), given.value("nothing")),
            (None, None)
        );
        assert!(!given.switch("storage") && !given.switch("nothing"));
    }

    #[test]
    fn a_name_is_given_once() {
        for name in ["listen", "help", "version"] {
            let flags = Flags::new().switch(name, "");
            assert_eq!(flags.double(), Some(name));
            let refused = flags.read().unwrap_err();
            assert!(format!("{refused:?}").contains(name), "{refused:?}");
        }
        assert_eq!(Flags::new().version("1").double(), None);
    }

    #[test]
    fn the_command_is_well_formed() {
        let flags = Flags::new().version("1").switch("closed", "");
        flags.command.debug_assert();
    }
}
