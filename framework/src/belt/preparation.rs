//! The moment at start when a tool checks its options, and makes what it keeps between requests.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::{Environment, Mistake, Origin};
use crate::exchange::methods::Methods;

/// What tools share across a site, and keep when its configuration is read again: by the tool and a name that it chooses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<HashMap<String, Arc<dyn Any + Send + Sync>>>>);

impl Shared {
    /// Forgets what no tool has any more.
    pub(crate) fn prune(&self) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, shared| Arc::strong_count(shared) > 1);
    }

    fn of<T: Any + Send + Sync>(&self, key: String, make: impl FnOnce() -> T) -> Arc<T> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all
            .get(&key)
            .cloned()
            .and_then(|known| known.downcast().ok());
        known.unwrap_or_else(|| {
            let fresh = Arc::new(make());
            all.insert(key, Arc::clone(&fresh) as Arc<dyn Any + Send + Sync>);
            fresh
        })
    }
}

/// What a tool does when a server starts, and why it cannot.
type Starting = Pin<Box<dyn Future<Output = Result<(), String>>>>;

/// What a tool does when a server starts.
#[derive(Clone)]
pub(crate) struct Starter {
    /// Of those with the same name, one is done.
    pub(crate) what: String,
    /// What has to be changed, should it fail.
    pub(crate) places: Vec<Origin>,
    start: Arc<dyn Fn() -> Starting + Send + Sync>,
}

impl Starter {
    pub(crate) fn start(&self) -> Starting {
        (self.start)()
    }
}

impl fmt::Debug for Starter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Starter").field(&self.what).finish()
    }
}

/// What a tool is told, and may say, when a site is made ready: the parameter of its method `prepare`.
///
/// # Examples
/// ```
/// use kirsch::prelude::*;
/// use kirsch::tools::Preparation;
///
/// /// Answers by names of so many labels alone: `example.org` has two.
/// #[tool]
/// struct Named {
///     /// How many labels a name has.
///     #[option(default = 2)]
///     labels: usize,
/// }
///
/// #[tool]
/// impl Named {
///     fn prepare(&mut self, at: &mut Preparation<'_>) {
///         if self.labels == 0 {
///             at.refuse(&["labels"], "no name has none\nhelp: write 1 or more");
///         }
///     }
///
///     fn on_start_resource(&self, x: &mut Exchange) -> Result<()> {
///         match x.client().host().split('.').count() {
///             labels if labels == self.labels => Ok(()),
///             _ => Err(Error::not_found()),
///         }
///     }
/// }
///
/// #[expose]
/// #[tools(named(labels = 0))]
/// struct Root;
///
/// #[expose]
/// impl Root {
///     fn index(&self) -> &'static str {
///         "Hello"
///     }
/// }
///
/// let mistakes = Site::new(Root).ready().unwrap_err().to_string();
/// assert!(mistakes.contains("the tool `named`: no name has none\nhelp: write 1 or more"), "{mistakes}");
/// ```
///
/// # CherryPy
/// `Tool._setup`, which is asked for every request. Differs from CherryPy: options are checked once, before anything is served.
#[derive(Debug)]
pub struct Preparation<'p> {
    pub(crate) tool: &'static str,
    pub(crate) environment: Environment,
    pub(crate) allowed_hosts: &'p [String],
    /// Where the tool was turned on, and where each of its options was written.
    pub(crate) written: Vec<(&'static str, Origin)>,
    /// The options whose values stood in files of their own: what is wrong with them is not said in their words.
    pub(crate) hidden: Vec<&'static str>,
    pub(crate) mistakes: &'p mut Vec<Mistake>,
    /// What the tools of the site share.
    pub(crate) shared: Shared,
    /// The tool wants to be told of the hooks of each page.
    pub(crate) wants_hooks: bool,
    /// It is asked where a page takes what it provides, and nowhere else.
    pub(crate) is_on_demand: bool,
    /// What it does when a server starts.
    pub(crate) starter: Option<Starter>,
    /// The tool refuses these methods, whatever pages declare.
    pub(crate) refused: Methods,
    /// What no other place of the site may have on other terms.
    pub(crate) claims: Vec<Claim>,
}

/// What a tool can only have on the same terms wherever it is turned on, such as a cookie of one name.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) what: String,
    pub(crate) terms: String,
    /// What is told where the terms differ.
    pub(crate) words: String,
}

impl Preparation<'_> {
    /// Where the site runs.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The hosts that the site answers, if it has a list of them; empty if it answers all.
    pub fn allowed_hosts(&self) -> &[String] {
        self.allowed_hosts
    }

    /// Somebody has written this option: in an attribute, a file, a variable or a flag.
    pub fn is_written(&self, option: &str) -> bool {
        self.written.iter().any(|(name, _)| *name == option)
    }

    /// Asks for the hooks of each page, in their order, as [`Exchange::hooks`](crate::Exchange::hooks) tells them.
    pub fn want_hooks(&mut self) {
        self.wants_hooks = true;
    }

    /// Asks the tool only where a page, a child above it or an error page takes a parameter that the tool [provides](crate::tools::Provided), or
    /// another tool needs it. Elsewhere it is on, and costs nothing.
    pub fn only_on_demand(&mut self) {
        self.is_on_demand = true;
    }

    /// What the tool has under this name in the whole site, wherever it is turned on: made once, and kept when the configuration is read
    /// again. What it is made of should be in the name.
    pub fn shared<T: Any + Send + Sync>(&self, name: &str, make: impl FnOnce() -> T) -> Arc<T> {
        self.shared.of(format!("{}\0{name}", self.tool), make)
    }

    /// What is done when a server starts, or takes up a configuration that brings this tool, and not when a site is only checked: a store is opened.
    /// Where several places of a site would start the same, by its name `what`, it is done once.
    ///
    /// What it answers, if it cannot, refuses the start, or the configuration, at the places where these options are written. Where a site is served by
    /// somebody else's server, [`Ready::start`](crate::Ready::start) does it.
    pub fn at_start<F>(
        &mut self,
        what: impl fmt::Display,
        options: &[&str],
        start: impl Fn() -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Result<(), String>> + 'static,
    {
        self.starter = Some(Starter {
            what: format!("{} {what}", self.tool),
            places: self.places(options),
            start: Arc::new(move || Box::pin(start())),
        });
    }

    /// Claims something, such as a cookie of this name, that all places of one host can only have on the same terms. Where they differ, the start is
    /// refused in these words.
    pub fn claim(
        &mut self,
        what: impl fmt::Display,
        terms: impl fmt::Display,
        words: impl fmt::Display,
    ) {
        self.claims.push(Claim {
            what: format!("{} {what}", self.tool),
            terms: terms.to_string(),
            words: format!("the tool `{}`: {words}", self.tool),
        });
    }

    /// Tells that the tool refuses these methods: then they are in no `Allow`.
    pub(crate) fn refuse_methods(&mut self, methods: Methods) {
        self.refused = methods;
    }

    /// Refuses the start: these options are wrong, or wrong together, in these words. Without options, the tool is.
    ///
    /// A second line that begins with `help: ` says what to write.
    pub fn refuse(&mut self, options: &[&str], words: impl fmt::Display) {
        let hidden = self.hidden.iter().find(|name| options.contains(name));
        let words = match hidden {
            Some(name) => format!(
                "the tool `{}`: `{name}` cannot be what its file says, which is not shown",
                self.tool
            ),
            None => format!("the tool `{}`: {words}", self.tool),
        };
        let places = self.places(options);
        self.mistakes.push(Mistake::at(words, places));
    }

    /// Where these options are written. Without any, or where all are defaults, where the tool was turned on.
    fn places(&self, options: &[&str]) -> Vec<Origin> {
        let of = |named: &[&str]| -> Vec<_> {
            let written = self.written.iter();
            let named = written.filter(|(name, _)| named.contains(name));
            named.map(|(_, origin)| origin.clone()).collect()
        };
        let named = of(options);
        if named.is_empty() { of(&["on"]) } else { named }
    }
}
