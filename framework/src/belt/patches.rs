//! The tools of one part of the tree while they are put together: what attributes and files say of each, and where.

use std::any::type_name;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use crate::belt::catalogue::{self, Entry};
use crate::belt::tool::{AnyTool, Options};
use crate::config::{Mistake, Origin, Raw, Refusal, Source, Value as _};

/// What `#[tools(…)]` becomes: a function that patches the tools above it.
pub type Tools = fn(&mut Patches);

/// The tools that have been spoken of on the way from the root to a page.
///
/// Every level of the tree changes only what it names; what it does not name stays as the levels above it said.
#[derive(Debug, Default)]
pub struct Patches {
    pub(crate) held: Vec<Held>,
    pub(crate) mistakes: Vec<Mistake>,
}

/// What has said something: it stays the same when the lines of a file move.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) enum Speaker {
    /// Nothing has.
    #[default]
    Nobody,
    /// An attribute.
    Attribute(Source),
    /// A section of the configuration, whatever file, variable or flag it is in.
    Section(Arc<str>),
}

/// A key of a section, for messages and lists the place where it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SettingSource<'p> {
    pub(crate) section: &'p Arc<str>,
    pub(crate) origin: &'p Origin,
}

/// A tool that has been spoken of.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) tool: Box<dyn AnyTool>,
    pub(crate) is_on: bool,
    /// Where it was turned on or off last.
    pub(crate) switched: Origin,
    pub(crate) switched_by: Speaker,
    pub(crate) priority: Option<(i32, Origin)>,
    /// Where each option was written last, by the option's number.
    pub(crate) written: Vec<Option<Origin>>,
    pub(crate) written_by: Vec<Speaker>,
    /// Which options have a value that stood in a file of its own: it is shown to nobody.
    pub(crate) hidden: Vec<bool>,
    /// What tells two values of secret options apart, without showing them.
    pub(crate) secrets: u64,
}

impl Held {
    /// An attribute turns the tool on or off.
    fn switch(&mut self, on: bool, source: Source) {
        self.is_on = on;
        self.switched = source.into();
        self.switched_by = Speaker::Attribute(source);
    }

    fn set(&mut self, option: usize, raw: &Raw, is_hidden: bool) -> Result<(), Refusal> {
        let set = self.tool.set(option, raw);
        self.hidden[option] = is_hidden || (self.hidden[option] && self.is_added(option, raw));
        if !self.is_secret(option) {
            return set;
        }
        // Not random: two compositions of one configuration must agree.
        let mut hasher = DefaultHasher::new();
        (self.secrets, raw.to_string()).hash(&mut hasher);
        self.secrets = hasher.finish();
        set.map_err(Refusal::without_value)
    }

    /// The option has more than what was written last: that was added to what the levels above said.
    fn is_added(&self, option: usize, raw: &Raw) -> bool {
        let mut alone = self.tool.fresh();
        alone.set(option, raw).is_err() || alone.show(option) != self.tool.show(option)
    }

    /// Its value is shown to nobody.
    fn is_secret(&self, option: usize) -> bool {
        self.hidden[option] || self.tool.table().options[option].secret
    }
}

impl Clone for Held {
    fn clone(&self) -> Self {
        Self {
            tool: self.tool.copy(),
            is_on: self.is_on,
            switched: self.switched.clone(),
            switched_by: self.switched_by.clone(),
            priority: self.priority.clone(),
            written: self.written.clone(),
            written_by: self.written_by.clone(),
            hidden: self.hidden.clone(),
            secrets: self.secrets,
        }
    }
}

impl Clone for Patches {
    fn clone(&self) -> Self {
        Self {
            held: self.held.clone(),
            mistakes: Vec::new(),
        }
    }
}

impl Patches {
    /// Turns a tool on, and sets some of its options.
    pub fn patch<T: Options>(
        &mut self,
        _: fn() -> T,
        options: &[(&'static str, Source)],
        source: Source,
        patch: impl Fn(T) -> T,
    ) {
        let held = self.held(T::TABLE.name, || Box::new(T::default()));
        let Some(tool) = held.tool.as_any().downcast_mut::<T>() else {
            let words = format!(
                "two tools are named `{}`: `{}` is one of them\nhelp: give one of the two another name: `#[tool(name = \"…\")]`",
                T::TABLE.name,
                type_name::<T>()
            );
            self.mistakes.push(Mistake::new(words, &[source]));
            return;
        };
        *tool = patch(tool.clone());
        held.switch(true, source);
        for (name, source) in options {
            // A setter that is no option says itself what it sets.
            if let Some(option) = number(held.tool.as_ref(), name) {
                held.written[option] = Some((*source).into());
                held.written_by[option] = Speaker::Attribute(*source);
                // What is added to a hidden value does not show it.
                held.hidden[option] = held.hidden[option]
                    && Options::show(&patch(T::default()), option) != held.tool.show(option);
            }
        }
    }

    /// Turns a tool off.
    pub fn off<T: Options>(&mut self, _: fn() -> T, source: Source) {
        let held = self.held(T::TABLE.name, || Box::new(T::default()));
        held.switch(false, source);
    }

    /// What a file, a variable or a flag says of a tool: `tools.NAME.KEY`. A value that stood in a file of its own is hidden.
    ///
    /// # Errors
    /// The key is no option, or the value is none that it can have.
    pub(crate) fn set(
        &mut self,
        entry: &'static Entry,
        key: &str,
        raw: &Raw,
        by: SettingSource<'_>,
        is_hidden: bool,
    ) -> Result<(), Unset> {
        let SettingSource { section, origin } = by;
        let speaker = || Speaker::Section(Arc::clone(section));
        let held = self.held(entry.table.name, entry.make);
        match number(held.tool.as_ref(), key) {
            Some(option) => {
                held.set(option, raw, is_hidden)?;
                held.written[option] = Some(if held.is_secret(option) {
                    origin.without_value()
                } else {
                    origin.clone()
                });
                held.written_by[option] = speaker();
            }
            None if key == "on" => {
                held.is_on = bool::read(raw)?;
                held.switched = origin.clone();
                held.switched_by = speaker();
            }
            None if key == "priority" => {
                held.priority = Some((i32::read(raw)?, origin.clone()));
            }
            None => return Err(Unset::Unknown(catalogue::unknown_option(entry.table, key))),
        }
        Ok(())
    }

    fn held(&mut self, name: &str, make: impl FnOnce() -> Box<dyn AnyTool>) -> &mut Held {
        let is_it = |held: &Held| held.tool.table().name == name;
        let at = self.held.iter().position(is_it).unwrap_or_else(|| {
            let tool = make();
            let written = vec![None; tool.table().options.len()];
            let hidden = vec![false; written.len()];
            self.held.push(Held {
                tool,
                is_on: false,
                switched: Origin::Default,
                switched_by: Speaker::Nobody,
                priority: None,
                written_by: vec![Speaker::Nobody; written.len()],
                written,
                hidden,
                secrets: 0,
            });
            self.held.len() - 1
        });
        &mut self.held[at]
    }
}

/// Why an option has not been set.
#[derive(Debug)]
pub(crate) enum Unset {
    /// There is no such option, in words.
    Unknown(String),
    /// It cannot have this value.
    Refused(Refusal),
}

impl From<Refusal> for Unset {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn number(tool: &dyn AnyTool, option: &str) -> Option<usize> {
    let mut options = tool.table().options.iter();
    options.position(|row| row.name == option)
}
