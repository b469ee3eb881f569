//! A site: trees at paths and hosts, checked and made ready once, then served.
//!
//! - [`Site`] is what the application says; [`Site::ready`] checks all of it and gives a [`Ready`], or every [`Mistake`] at once.
//! - `keys`: what a configuration says of the whole site.
//! - `core`: what is decided at start and shared by the workers.
//! - `service`: the door to actix-web. Most requests are answered here at once.
//! - `lifecycle`: the life of a request that waits, fails or turns, on one screen.
//! - `failure`: error pages.
//! - `guard`: panics and time.

mod belts;
mod checks;
mod core;
mod end;
mod failure;
mod guard;
mod hooks;
mod keys;
mod lifecycle;
mod live;
mod routes;
mod service;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::web::ServiceConfig;

pub use belts::{OptionInfo, ToolInfo};
pub use failure::ErrorPage;
pub(crate) use keys::Applied;
pub use routes::RouteInfo;
pub(crate) use routes::{table, tools};

use self::core::Core;
use self::keys::{Autoreload, Settings};
use self::live::Live;
use crate::belt::Starter;
use crate::config::{Configuration, Entry, Environment, Mistake, Raw, read_regular};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::log;
use crate::server::{self, Address, ServerOptions};
use crate::tree::node::{Node, Root};
use crate::tree::table::Shape;

/// A site: one tree or several, and how they are served.
///
/// # Examples
/// ```no_run
/// use kirsch::prelude::*;
///
/// #[expose]
/// struct Root;
///
/// #[expose]
/// impl Root {
///     fn index(&self) -> &'static str {
///         "Hello"
///     }
/// }
///
/// #[expose]
/// struct Blog;
///
/// #[expose]
/// impl Blog {
///     fn index(&self) -> &'static str {
///         "No entries yet"
///     }
/// }
///
/// fn main() -> kirsch::Result<()> {
///     Site::new(Root).mount("/blog", Blog).workers(2).serve()
/// }
/// ```
///
/// Inside another actix-web application, with any middleware around it:
///
/// ```no_run
/// # use kirsch::prelude::*;
/// # #[expose]
/// # struct Root;
/// # #[expose]
/// # impl Root {}
/// # async fn run() -> kirsch::Result<()> {
/// use actix_web::{App, HttpServer};
///
/// let site = Site::new(Root).ready()?;
/// HttpServer::new(move || App::new().service(site.clone())).bind("127.0.0.1:8080")?.run().await?;
/// # Ok(())
/// # }
/// ```
#[must_use]
#[derive(Clone)]
pub struct Site {
    trees: Vec<Tree>,
    grafts: Vec<Graft>,
    configure: Vec<Configure>,
    error_pages: Vec<(Option<StatusCode>, ErrorPage)>,
    environment: Environment,
    limits: Limits,
    access_log: bool,
    allowed_hosts: Vec<String>,
    server: ServerOptions,
    addresses: Vec<Address>,
    /// Whether error pages show how the site works inside. `None`: as the environment has it.
    show_tracebacks: Option<bool>,
    autoreload: Autoreload,
    configuration: Configuration,
    /// What holds, once the configuration has been laid over what the code says.
    applied: Option<Vec<Applied>>,
    /// The site as the code says it, for another configuration to be laid over.
    unlaid: Option<Arc<Self>>,
    mistakes: Vec<Mistake>,
}

/// A tree at a path of a host.
#[derive(Clone)]
struct Tree {
    host: Option<String>,
    prefix: String,
    root: Arc<dyn Root>,
    shape: Shape,
}

type Configure = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// Services of actix-web at a path.
#[derive(Clone)]
struct Graft {
    prefix: String,
    configure: Configure,
}

impl Graft {
    fn scope(&self) -> actix_web::Scope {
        let configure = Arc::clone(&self.configure);
        // Without a default of its own, a scope hands what it does not answer to that of the application: to the trees.
        let nothing = || async { Err::<actix_web::HttpResponse, _>(Error::not_found()) };
        actix_web::web::scope(&self.prefix)
            .default_service(actix_web::web::to(nothing))
            .configure(move |cfg| configure(cfg))
    }
}

impl Site {
    /// A site with this tree at `/`.
    pub fn new(root: impl Node + Send + Sync + 'static) -> Self {
        let site = Self {
            trees: Vec::new(),
            grafts: Vec::new(),
            configure: Vec::new(),
            error_pages: Vec::new(),
            environment: Environment::default(),
            limits: Limits::default(),
            access_log: true,
            allowed_hosts: Vec::new(),
            server: ServerOptions::new(),
            addresses: Vec::new(),
            show_tracebacks: None,
            autoreload: Autoreload::default(),
            configuration: Configuration::default(),
            applied: None,
            unlaid: None,
            mistakes: Vec::new(),
        };
        site.tree(None, "/", root)
    }

    /// Mounts another tree at a path. It takes that path by whole segments (`/blog` is not `/blogger`), and everything
    /// below it: what it does not answer is its 404, and never falls through to another tree.
    ///
    /// CherryPy: `tree.mount(root, script_name)`.
    pub fn mount(self, path: &str, root: impl Node + Send + Sync + 'static) -> Self {
        self.tree(None, path, root)
    }

    /// A tree for one virtual host. The name is compared without its port and without case.
    ///
    /// A host that has trees has only those: the trees of [`Site::new`] and [`Site::mount`] answer all other hosts.
    pub fn host(self, name: &str, root: impl Node + Send + Sync + 'static) -> Self {
        self.tree(Some(name), "/", root)
    }

    /// A further tree at a path of a virtual host.
    pub fn host_mount(
        self,
        name: &str,
        path: &str,
        root: impl Node + Send + Sync + 'static,
    ) -> Self {
        self.tree(Some(name), path, root)
    }

    /// Grafts actix-web services on at a path, as in a `web::scope`: what they do not answer is a 404 of theirs.
    ///
    /// CherryPy: `tree.graft`.
    pub fn graft(
        mut self,
        path: &str,
        configure: impl Fn(&mut ServiceConfig) + Send + Sync + 'static,
    ) -> Self {
        match prefix(path) {
            Ok(prefix) => self.grafts.push(Graft {
                prefix,
                configure: Arc::new(configure),
            }),
            Err(mistake) => self.mistakes.push(mistake),
        }
        self
    }

    /// Adds actix-web services and `app_data` beside the trees. Services that are added here are asked before the trees.
    ///
    /// It is called once per worker. It works for [`Site::serve`]; inside a foreign `App`, configure that one.
    pub fn configure(
        mut self,
        configure: impl Fn(&mut ServiceConfig) + Send + Sync + 'static,
    ) -> Self {
        self.configure.push(Arc::new(configure));
        self
    }

    /// The page for an error that no `#[error_page]` of the tree answers.
    ///
    /// CherryPy: `error_page.404`.
    pub fn error_page(mut self, status: StatusCode, page: ErrorPage) -> Self {
        self.error_pages.push((Some(status), page));
        self
    }

    /// The page for all errors that have none of their own.
    ///
    /// CherryPy: `error_page.default`.
    pub fn default_error_page(mut self, page: ErrorPage) -> Self {
        self.error_pages.push((None, page));
        self
    }

    /// Where the site runs. Default: development in a debug build, production in a release build.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// How much one request may be.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Writes no line per request.
    ///
    /// CherryPy: `log.access_file` left empty and `log.screen` off.
    pub fn without_access_log(mut self) -> Self {
        self.access_log = false;
        self
    }

    /// Answers only requests for these hosts; others are 400. Default: every well-formed `Host` is answered.
    pub fn allowed_hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.allowed_hosts.extend(hosts.into_iter().map(Into::into));
        self
    }

    /// Listens on this address too: `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/site.sock`.
    pub fn listen(mut self, address: &str) -> Self {
        match address.parse() {
            Ok(address) => self.addresses.push(address),
            Err(invalid) => self.mistakes.push(Mistake::new(invalid.to_string(), &[])),
        }
        self
    }

    /// How many worker threads. Default: one per processor.
    pub fn workers(mut self, workers: usize) -> Self {
        self.server = self.server.workers(workers);
        self
    }

    /// Everything else about the server: time limits, connections, stopping.
    pub fn server(mut self, server: ServerOptions) -> Self {
        self.server = server;
        self
    }

    /// Reads a configuration file, which the operator may edit: TOML, with the keys of the whole site below `[global]` and those of a path below
    /// `["/path"]`. It wins over what the code says; a later file wins over an earlier one.
    ///
    /// A mistake in it is found at start, with its line and column. [`quickstart`](crate::quickstart) reads those of the flag `--config` too.
    ///
    /// CherryPy: `config.update(file)`, `tree.mount(…, config)`.
    pub fn config_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.configuration.file(&path.into());
        self
    }

    /// As [`Site::config_file`], for a text that is built into the program; mistakes are told under this name.
    ///
    /// # Examples
    /// ```
    /// # use kirsch::prelude::*;
    /// # #[expose]
    /// # struct Root;
    /// # #[expose]
    /// # impl Root {}
    /// let text = r#"
    ///     [global]
    ///     server.environment = "production"
    ///     server.socket_prot = 8080
    /// "#;
    /// let mistakes = Site::new(Root).config_text("site.toml", text).ready().unwrap_err();
    /// assert_eq!(
    ///     mistakes.to_string(),
    ///     "the site cannot start: 1 mistake was found\n\n\
    ///      1. `server.socket_prot` is no key\n\
    ///      help: did you mean `server.socket_port`?\n    at site.toml:4:5"
    /// );
    /// ```
    pub fn config_text(mut self, name: &str, text: &str) -> Self {
        self.configuration.text(name, text);
        self
    }

    /// Sets one key of the configuration, as if it stood in a file: for what the program learns only when it starts.
    ///
    /// `section` is `global` or a path. A wrong one, and a wrong key or value, is found at start. A file that is read later wins.
    ///
    /// CherryPy: `app.config[section][key] = value`.
    ///
    /// # Examples
    /// ```
    /// # use kirsch::prelude::*;
    /// # #[expose]
    /// # #[tools(sessions)]
    /// # struct Root;
    /// # #[expose]
    /// # impl Root {}
    /// let storage = std::env::var("SHOP_STORAGE").unwrap_or("memory".into());
    /// let site = Site::new(Root).config_key("/", "tools.sessions.storage", storage);
    /// # site.ready().unwrap();
    /// ```
    pub fn config_key(mut self, section: &str, key: &str, value: impl Into<Raw>) -> Self {
        self.configuration.key(section, key, value.into());
        self
    }

    /// Reads the environment variables of this process that begin with `KIRSCH__`, such as `KIRSCH__GLOBAL__SERVER__SOCKET_PORT=9000`. They win
    /// over files.
    ///
    /// [`quickstart`](crate::quickstart) does it. [`Site::serve`] and [`Site::ready`] alone do not: a library does not read the environment
    /// behind anybody's back.
    pub fn config_variables(mut self) -> Self {
        self.configuration.variables(std::env::vars_os());
        self
    }

    /// The same site with more configuration.
    pub(crate) fn configured(mut self, configure: impl FnOnce(&mut Configuration)) -> Self {
        configure(&mut self.configuration);
        self
    }

    /// Lays the configuration over what the code says. What is wrong joins the mistakes; a second call does nothing.
    fn lay_configuration(&mut self) {
        if self.applied.is_some() {
            return;
        }
        self.unlaid = Some(Arc::new(self.clone()));
        let mut settings = Settings::take(self);
        let entries: Vec<&Entry> = self.configuration.entries().collect();
        let (mistakes, applied) = keys::apply(&mut settings, &entries);
        self.mistakes
            .extend(self.configuration.mistakes().iter().cloned());
        self.mistakes.extend(mistakes);
        self.applied = Some(applied);
        settings.give(self);
    }

    /// Checks the whole site and makes it ready to serve.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn ready(mut self) -> Result<Ready, Mistakes> {
        self.lay_configuration();
        let (grafts, configure) = (self.grafts.clone(), self.configure.clone());
        let (unlaid, applied) = (self.unlaid.take(), self.applied.clone());
        let core = Core::of(self, None).map_err(Mistakes)?;
        Ok(Ready {
            unlaid,
            applied: Arc::new(Mutex::new(applied.unwrap_or_default())),
            live: Arc::new(Live::new(core)),
            grafts,
            configure,
        })
    }

    /// Serves the site until SIGTERM or SIGINT, and returns when every request that was received has been answered.
    ///
    /// # Errors
    /// Everything that is wrong with the site; an address that is taken; a worker that cannot start.
    pub fn serve(self) -> Result<()> {
        self.serve_then(|_, _| Ok(()))
    }

    /// As [`Site::serve`]. When the addresses are open and the workers run, `started` is called; if it fails, the site is not served.
    pub(crate) fn serve_then(
        mut self,
        started: impl FnOnce(&Ready, &[Address]) -> io::Result<()>,
    ) -> Result<()> {
        log::start();
        self.lay_configuration();
        if self.autoreload.on {
            tracing::warn!(
                "`engine.autoreload_on` is set, but nothing watches the program yet: start it again by hand"
            );
        }
        let options = std::mem::take(&mut self.addresses)
            .into_iter()
            .fold(self.server.clone(), ServerOptions::listen);
        let ready = self.ready()?;
        let listeners = server::bind(&options)?;
        let app = {
            let ready = ready.clone();
            move || ready.app()
        };
        let started = |addresses: &[Address]| started(&ready, addresses);
        let hangup = {
            let ready = ready.clone();
            move || ready.reload_and_say()
        };
        let run = server::run(&options, listeners, app, started, hangup);
        let served = actix_rt::System::new().block_on(async {
            ready.start().await?;
            run.await.map_err(Error::from)
        });
        ready.let_go();
        served
    }

    fn tree(
        mut self,
        host: Option<&str>,
        path: &str,
        root: impl Node + Send + Sync + 'static,
    ) -> Self {
        let shape = shape_of(&root);
        match prefix(path) {
            Ok(prefix) => self.trees.push(Tree {
                host: host.map(str::to_ascii_lowercase),
                prefix,
                root: Arc::new(root),
                shape,
            }),
            Err(mistake) => self.mistakes.push(mistake),
        }
        self
    }
}

/// How long the end of a process waits at most for workers that are letting go of their requests.
const FAREWELL: Duration = Duration::from_secs(1);

/// Starts what tools keep.
async fn start(starters: Vec<Starter>) -> Result<(), Mistakes> {
    let mut mistakes = Vec::new();
    for starter in starters {
        if let Err(words) = starter.start().await {
            mistakes.push(Mistake::at(words, starter.places));
        }
    }
    if mistakes.is_empty() {
        Ok(())
    } else {
        Err(Mistakes(mistakes))
    }
}

/// The same, on a thread that may wait: whoever reads a configuration again may be within a runtime.
fn start_apart(starters: Vec<Starter>) -> Result<(), Mistakes> {
    if starters.is_empty() {
        return Ok(());
    }
    let failed = |words: &str| {
        let words = format!("the tools of the new configuration cannot be started: {words}");
        Err(Mistakes(vec![Mistake::new(words, &[])]))
    };
    std::thread::scope(|scope| {
        let started = scope.spawn(|| match actix_rt::Runtime::new() {
            Ok(runtime) => runtime.block_on(start(starters)),
            Err(error) => failed(&error.to_string()),
        });
        let panicked = |_| failed("one of them panicked");
        started.join().unwrap_or_else(panicked)
    })
}

/// Where a site would listen that has nothing but this configuration. `None`: something in it is wrong, which the start will tell.
pub(crate) fn server_options(configuration: &Configuration) -> Option<ServerOptions> {
    let mut settings = Settings::default();
    let entries: Vec<&Entry> = configuration.entries().collect();
    let (mistakes, _) = keys::apply(&mut settings, &entries);
    let is_well = mistakes.is_empty() && configuration.mistakes().is_empty();
    let addresses = settings.addresses.into_iter();
    is_well.then(|| addresses.fold(settings.server, ServerOptions::listen))
}

impl<N: Node + Send + Sync + 'static> From<N> for Site {
    fn from(root: N) -> Self {
        Self::new(root)
    }
}

fn shape_of<N: Node>(_: &N) -> Shape {
    N::shape()
}

/// A mount point as segments with a slash before each; `/` is empty.
fn prefix(path: &str) -> Result<String, Mistake> {
    let segments = path.trim_matches('/');
    let odd = |segment: &str| {
        matches!(segment, "" | "." | "..")
            || segment.contains(|c: char| c.is_control() || "?#%{} \\".contains(c))
    };
    if !path.starts_with('/') || (!segments.is_empty() && segments.split('/').any(odd)) {
        let words = format!(
            "nothing can be mounted at `{path}`\nhelp: write plain segments with a slash before each, such as `/blog`"
        );
        return Err(Mistake::new(words, &[]));
    }
    Ok(if segments.is_empty() {
        String::new()
    } else {
        format!("/{segments}")
    })
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trees: Vec<_> = self
            .trees
            .iter()
            .map(|tree| (&tree.host, &tree.prefix, tree.shape.node.name))
            .collect();
        f.debug_struct("Site")
            .field("trees", &trees)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

/// A site that has been checked: its routes are made. Cheap to clone, shared by all workers.
///
/// It is an `actix_web::dev::HttpServiceFactory`: `App::new().wrap(anything).service(ready)`. It sees whole paths, also inside of a
/// `web::scope("/app")`: mount the tree at that path, `Site::new(Other).mount("/app", Root)`.
#[derive(Clone)]
pub struct Ready {
    /// The site as the code says it.
    unlaid: Option<Arc<Site>>,
    /// The keys of the whole site, as they are in force.
    applied: Arc<Mutex<Vec<Applied>>>,
    live: Arc<Live>,
    grafts: Vec<Graft>,
    configure: Vec<Configure>,
}

impl Ready {
    /// All routes, sorted by path and method.
    pub fn routes(&self) -> Vec<RouteInfo> {
        routes::list(&self.live.core())
    }

    /// What is in force at a path: for each method that a page answers there, its tools with all their options, and where each was written.
    pub fn routes_at(&self, path: &str) -> Vec<RouteInfo> {
        routes::at(&self.live.core(), path)
    }

    /// Starts what the tools keep: the store of sessions is opened, and swept from then on. [`Site::serve`] does it. Where somebody else's server serves the
    /// site, do it before: otherwise a store is opened when it is first needed, what is wrong is seen only then, and expired sessions stay.
    ///
    /// # Errors
    /// Everything that cannot be started.
    pub async fn start(&self) -> Result<(), Mistakes> {
        start(self.live.core().belts.starters(None)).await
    }

    /// Reads the configuration files again. What they say of tools, error pages and limits holds from the next request on; requests that run
    /// go on with what they began with. What they say of the server is for its next start.
    ///
    /// A served site does it on SIGHUP.
    ///
    /// # Errors
    /// Everything that is wrong, at once; then all stays as it is.
    pub fn reload(&self) -> Result<(), Mistakes> {
        let Some(unlaid) = &self.unlaid else {
            return Ok(());
        };
        let mut site = Site::clone(unlaid);
        site.configuration = site.configuration.again();
        site.lay_configuration();
        let applied = site.applied.clone().unwrap_or_default();
        let before = self.live.core();
        let core = Core::of(site, Some(&before)).map_err(Mistakes)?;
        start_apart(core.belts.starters(Some(&before.belts)))?;
        self.live.replace(core);
        let mut known = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys::only_at_start(&known, &applied) {
            tracing::warn!("`{key}` has changed: it takes effect when the site is started again");
        }
        *known = applied;
        Ok(())
    }

    /// The end of the process. Workers may still be letting go of requests that were cut off: what those hold, such as the locks of their sessions, is
    /// to be given back before the process ends, and not cut off as well.
    fn let_go(self) {
        let core = self.live.core();
        let begun = Instant::now();
        // One is ours, and one that of `live`.
        while Arc::strong_count(&core) > 2 && begun.elapsed() < FAREWELL {
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }

    fn reload_and_say(&self) {
        match self.reload() {
            Ok(()) => tracing::info!("the configuration has been read again"),
            Err(mistakes) => tracing::error!(
                "the configuration has been read again and is refused, all stays as it is: {mistakes}"
            ),
        }
    }

    /// The keys of the whole site, as they are in force.
    pub(crate) fn keys(&self) -> Vec<Applied> {
        let known = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("routes", &self.routes().len())
            .finish_non_exhaustive()
    }
}

/// Everything that is wrong with a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the site cannot start: {} found",
            if self.0.len() == 1 {
                "1 mistake was".into()
            } else {
                format!("{} mistakes were", self.0.len())
            }
        )?;
        self.0
            .iter()
            .enumerate()
            .try_for_each(|(index, mistake)| write!(f, "\n\n{}. {mistake}", index + 1))
    }
}

impl std::error::Error for Mistakes {}

/// The most of an error page's file. A larger one is something else.
const LARGEST_PAGE: u64 = 16 * 1024 * 1024;

/// The file of an error page, which is read at start and at each reload.
pub(crate) fn read_file(path: &Path) -> Result<String, Mistake> {
    let utf8 = |(bytes, _)| String::from_utf8(bytes).map_err(|_| "is not in UTF-8".to_owned());
    read_regular(
        path,
        LARGEST_PAGE,
        "has more than 16 MiB: it can be no error page",
    )
    .and_then(utf8)
    .map_err(|words| Mistake::new(format!("the file `{}` {words}", path.display()), &[]))
}
