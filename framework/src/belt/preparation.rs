//! The moment at start when a tool checks its options, and makes what it keeps between requests.

use crate::config::{Environment, Mistake, Origin};
use crate::exchange::methods::Methods;

/// What a tool is told, and may say, when a site is made ready: the parameter of its method `prepare`.
#[derive(Debug)]
pub struct Preparation<'p> {
    pub(crate) tool: &'static str,
    pub(crate) environment: Environment,
    pub(crate) allowed_hosts: &'p [String],
    /// Where the tool was turned on, and where each of its options was written.
    pub(crate) written: Vec<(&'static str, Origin)>,
    pub(crate) mistakes: &'p mut Vec<Mistake>,
    /// The tool wants to be told of the hooks of each page.
    pub(crate) wants_hooks: bool,
    /// The tool refuses these methods, whatever pages declare.
    pub(crate) refused: Methods,
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

    /// Tells that the tool refuses these methods: then they are in no `Allow`.
    pub(crate) fn refuse_methods(&mut self, methods: Methods) {
        self.refused = methods;
    }

    /// Refuses the start: these options are wrong, or wrong together, in these words. Without options, the tool is.
    ///
    /// A second line that begins with `help: ` says what to write.
    pub fn refuse(&mut self, options: &[&str], words: impl std::fmt::Display) {
        let words = format!("the tool `{}`: {words}", self.tool);
        let is_named = |name: &str| options.contains(&name) || (options.is_empty() && name == "on");
        let named: Vec<_> = self
            .written
            .iter()
            .filter(|(name, _)| is_named(name))
            .collect();
        let places = match named.as_slice() {
            // A default that does not fit: the tool itself is what was written.
            [] => self
                .written
                .iter()
                .filter(|(name, _)| *name == "on")
                .collect(),
            _ => named,
        };
        let places = places.into_iter().map(|(_, origin)| origin.clone());
        self.mistakes.push(Mistake::at(words, places));
    }
}
