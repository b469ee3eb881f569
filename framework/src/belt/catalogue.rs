//! The catalogue: every tool that this program knows, its own and Kirsch's, by name.

use crate::belt::tool::{AnyTool, Options, ToolTable};
use crate::config::Mistake;

/// A tool that can be turned on by its name. `#[tool]` on a struct enters it.
#[derive(Debug)]
pub struct Entry {
    pub(crate) table: &'static ToolTable,
    pub(crate) make: fn() -> Box<dyn AnyTool>,
}

impl Entry {
    /// The entry of a tool.
    pub const fn of<T: Options>() -> Self {
        Self {
            table: T::TABLE,
            make: || Box::new(T::default()),
        }
    }
}

inventory::collect!(Entry);

/// All tools, by name.
pub(crate) fn all() -> Vec<&'static Entry> {
    let mut all: Vec<_> = inventory::iter::<Entry>.into_iter().collect();
    all.sort_by_key(|entry| entry.table.name);
    all
}

/// The tool of this name.
pub(crate) fn named(name: &str) -> Option<&'static Entry> {
    let mut all = inventory::iter::<Entry>.into_iter();
    all.find(|entry| entry.table.name == name)
}

/// Two tools of one name: nobody could say which of them a file means.
pub(crate) fn doubles() -> Vec<Mistake> {
    let all = all();
    let pairs = all.windows(2);
    let same = pairs.filter(|pair| pair[0].table.name == pair[1].table.name);
    same.map(|pair| {
        let words = format!(
            "two tools are named `{}`\nhelp: give one of the two another name: `#[tool(name = \"…\")]`",
            pair[0].table.name
        );
        Mistake::new(words, &[pair[0].table.source, pair[1].table.source])
    })
    .collect()
}

/// What is said of a key that is no option of a tool.
pub(crate) fn unknown_option(table: &ToolTable, key: &str) -> String {
    let own = table.options.iter().map(|row| row.name);
    let known: Vec<_> = own.chain(["on", "priority"]).collect();
    format!(
        "the tool `{}` has no option `{key}`\nhelp: {}",
        table.name,
        crate::config::guess::help(key, &known)
    )
}
