//! The belt of a page: the tools that are in force there, sorted, with their final options.

use std::sync::Arc;

use crate::belt::Point;
use crate::belt::tool::{AnyTool, HookRow, ToolTable};
use crate::config::Origin;
use crate::exchange::methods::Methods;

/// The tools that are in force at a page. Made at start; nothing of it is decided per request.
#[derive(Debug, Default)]
pub(crate) struct Belt {
    /// In the order in which they were first spoken of.
    pub(crate) worn: Vec<Worn>,
    /// Who is asked at which point, in the order of their priorities.
    points: [Box<[Hook]>; Point::COUNT],
    /// The points at which somebody is asked, a bit each: a point without tools is passed by.
    asked: u16,
    /// Those at which somebody may have to wait.
    waiting: u16,
    /// Somebody is asked after the page, or may wait.
    long: bool,
    /// The tools around the page, the outermost first.
    pub(crate) around: Box<[Arc<dyn AnyTool>]>,
    /// Some hook, or a tool around the page, may have to wait.
    pub(crate) waits: bool,
    /// Some function among the options asks for a node.
    pub(crate) asks: bool,
    /// All hooks in their order, in words, where some tool wants to be told of them.
    pub(crate) told: Option<Arc<str>>,
    /// The methods that some tool refuses, whatever pages declare.
    pub(crate) refused: Methods,
}

/// A tool at a page.
#[derive(Debug, Clone)]
pub(crate) struct Worn {
    pub(crate) tool: Arc<dyn AnyTool>,
    pub(crate) wants_hooks: bool,
    /// Somebody here takes what it provides, or it is asked in any case.
    pub(crate) is_asked: bool,
    pub(crate) refused: Methods,
    pub(crate) switched: Origin,
    pub(crate) priority: Option<(i32, Origin)>,
    pub(crate) written: Vec<Option<Origin>>,
    /// Which options are shown to nobody, beside those that never are.
    pub(crate) hidden: Vec<bool>,
}

/// A tool at a point.
#[derive(Debug)]
pub(crate) struct Hook {
    pub(crate) tool: Arc<dyn AnyTool>,
    pub(crate) failsafe: bool,
    pub(crate) priority: i32,
}

impl Belt {
    /// Sorts tools into a belt. Tools of one priority are asked in the order in which they were first spoken of.
    pub(crate) fn of(worn: Vec<Worn>) -> Self {
        let points = Point::ALL.map(|point| hooks(&worn, point));
        let asked = Point::ALL
            .into_iter()
            .filter(|point| !points[*point as usize].is_empty());
        let before_the_page = asked
            .clone()
            .all(|point| point <= Point::BeforeHandler || point == Point::OnLeave);
        let mut around: Vec<_> = worn
            .iter()
            .filter(|worn| worn.is_asked && worn.tool.is_around())
            .collect();
        around.sort_by_key(|worn| worn.priority_of(None));
        let around = around.into_iter().map(|worn| Arc::clone(&worn.tool));
        let around: Box<[_]> = around.collect();
        let waiting = worn.iter().flat_map(Worn::hooks).filter(|row| row.waits);
        let waiting = waiting.fold(0, |waiting, row| waiting | bit(row.point));
        let waits = waiting != 0;
        let told = worn.iter().any(|worn| worn.wants_hooks);
        Self {
            asked: asked.fold(0, |asked, point| asked | bit(point)),
            waiting,
            long: !before_the_page || waits || !around.is_empty(),
            told: told.then(|| tell(&points).join("; ").into()),
            refused: worn
                .iter()
                .fold(Methods::default(), |all, worn| all.with(worn.refused)),
            points,
            waits: waits || !around.is_empty(),
            asks: worn.iter().any(|worn| !worn.tool.asks().is_empty()),
            around,
            worn,
        }
    }

    /// Who is asked at a point.
    pub(crate) fn at(&self, point: Point) -> &[Hook] {
        &self.points[point as usize]
    }

    /// All hooks in words: a line for each point where somebody is asked.
    pub(crate) fn lines(&self) -> Vec<String> {
        tell(&self.points)
    }

    /// Somebody is asked at a point.
    #[inline]
    pub(crate) fn asks_at(&self, point: Point) -> bool {
        self.asked & bit(point) != 0
    }

    /// Somebody may have to wait at a point.
    #[inline]
    pub(crate) fn waits_at(&self, point: Point) -> bool {
        self.waiting & bit(point) != 0
    }

    /// Whoever is asked is asked before the page, and nobody waits: such a request goes the way of one without tools.
    #[inline]
    pub(crate) fn is_brief(&self) -> bool {
        !self.long
    }

    /// No tool is in force.
    pub(crate) fn is_empty(&self) -> bool {
        self.worn.is_empty()
    }
}

/// A point in a set of them.
const fn bit(point: Point) -> u16 {
    1 << point as u16
}

/// `before_finalize: 6 request_id, 98 response_headers`, a line for each point where somebody is asked.
fn tell(points: &[Box<[Hook]>; Point::COUNT]) -> Vec<String> {
    let asked = Point::ALL
        .iter()
        .zip(points)
        .filter(|(_, hooks)| !hooks.is_empty());
    let lines = asked.map(|(point, hooks)| {
        let hooks = hooks.iter();
        let hooks = hooks.map(|hook| format!("{} {}", hook.priority, hook.tool.table().name));
        format!("{}: {}", point.name(), hooks.collect::<Vec<_>>().join(", "))
    });
    lines.collect()
}

impl Worn {
    pub(crate) fn table(&self) -> &'static ToolTable {
        self.tool.table()
    }

    /// Its hooks, without those that have nothing to do.
    fn hooks(&self) -> impl Iterator<Item = &'static HookRow> {
        let rows = self.tool.hooks().iter();
        rows.filter(|row| self.is_asked && !self.tool.is_idle(row.point))
    }

    /// An operator's word counts for all hooks of a tool, else a hook's own, else the tool's.
    fn priority_of(&self, hook: Option<i32>) -> i32 {
        let written = self.priority.as_ref().map(|(priority, _)| *priority);
        written.or(hook).unwrap_or(self.table().priority)
    }
}

fn hooks(worn: &[Worn], point: Point) -> Box<[Hook]> {
    let mut hooks: Vec<_> = worn
        .iter()
        .flat_map(|worn| worn.hooks().map(move |row| (worn, row)))
        .filter(|(_, row)| row.point == point)
        .map(|(worn, row)| Hook {
            tool: Arc::clone(&worn.tool),
            failsafe: row.failsafe || point.is_an_end(),
            priority: worn.priority_of(row.priority),
        })
        .collect();
    hooks.sort_by_key(|hook| hook.priority);
    hooks.into()
}
