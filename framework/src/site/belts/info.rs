//! What is in force at a page, for lists: every tool, every option, and where each was written.

use serde::Serialize;

use crate::belt::{Belt, Point, Worn};
use crate::config::Origin;

/// A tool that is in force at a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolInfo {
    /// Its name.
    pub name: &'static str,
    /// Where it was turned on.
    pub at: String,
    /// The points where it is asked, with its priority there.
    pub hooks: Vec<(&'static str, i32)>,
    /// Its options.
    pub options: Vec<OptionInfo>,
}

/// An option of a tool, as it is in force at a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OptionInfo {
    /// Its name.
    pub name: &'static str,
    /// Its value, as TOML would write it, or as code does, where its type is no [`Value`](crate::config::Value); `***` for a secret.
    pub value: String,
    /// Where it was written; `default` where nobody has.
    pub at: String,
}

impl ToolInfo {
    /// The tools of a belt, by name.
    pub(super) fn of_belt(belt: &Belt) -> Vec<Self> {
        let mut all: Vec<_> = belt.worn.iter().map(|worn| Self::of(belt, worn)).collect();
        all.sort_by_key(|tool| tool.name);
        all
    }

    fn of(belt: &Belt, worn: &Worn) -> Self {
        let table = worn.table();
        let options = table.options.iter().zip(&worn.written).enumerate();
        let options = options.map(|(number, (row, written))| OptionInfo {
            name: row.name,
            value: if worn.hidden[number] {
                "***".to_owned()
            } else {
                worn.tool.show(number)
            },
            at: written.as_ref().unwrap_or(&Origin::Default).to_string(),
        });
        let hooks = Point::ALL.into_iter().flat_map(|point| {
            let own = belt.at(point).iter();
            let own = own.filter(|hook| hook.tool.table().name == table.name);
            own.map(move |hook| (point.name(), hook.priority))
        });
        Self {
            name: table.name,
            at: worn.switched.to_string(),
            hooks: hooks.collect(),
            options: options.collect(),
        }
    }
}
