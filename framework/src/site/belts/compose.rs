//! Composes one belt after the other. Pages of which the same is said share one belt, and tools of which the same is said at the
//! same places share one instance, with whatever it keeps between requests.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::StatusCode;

use super::sections::{self, Chapter, Meets, Word, chapters, word};
use super::{At, Fitting};
use crate::belt::{AnyTool, Belt, Held, Patches, Preparation, Worn, catalogue};
use crate::config::{Entry, Environment, Mistake, Raw, help};
use crate::site::ErrorPage;
use crate::tree::find::{Finder, Scope};
use crate::tree::plan::{Level, Route};

/// How many sections there may be for parts of what one page answers: a bit each.
const MOST_PARTIAL: usize = 64;

pub(super) struct Composer<'e> {
    chapters: Vec<Chapter<'e>>,
    /// Some page meets the chapter of this number.
    is_met: Vec<bool>,
    environment: Environment,
    allowed_hosts: &'e [String],
    all: Vec<Fitting>,
    /// Belts by what is said of them: levels, and chapters.
    known: HashMap<(Vec<(usize, usize)>, Vec<usize>), usize>,
    /// Tools by name, options and where all that was written.
    instances: HashMap<String, Arc<dyn AnyTool>>,
    mistakes: Vec<Mistake>,
}

/// A page or a node, seen by its path.
struct Spot<'s> {
    host: &'s str,
    path: Vec<&'s str>,
    is_index: bool,
    goes_on: bool,
    levels: &'s [Level],
    /// The types of the nodes above it that stand in fields.
    nodes: &'s [&'static str],
}

impl<'e> Composer<'e> {
    pub(super) fn new(
        hosts: &[(String, Finder)],
        entries: &'e [Entry],
        environment: Environment,
        allowed_hosts: &'e [String],
    ) -> Self {
        let mut mistakes = catalogue::doubles();
        let mut chapters = chapters(entries);
        for chapter in &mut chapters {
            chapter.entries.retain(|entry| match refuse(entry) {
                None => word(entry).is_some(),
                Some(words) => {
                    mistakes.push(Mistake::at(words, [entry.origin.clone()]));
                    false
                }
            });
        }
        _ = hosts;
        Self {
            is_met: vec![false; chapters.len()],
            chapters,
            environment,
            allowed_hosts,
            all: vec![Fitting::default()],
            known: HashMap::new(),
            instances: HashMap::new(),
            mistakes,
        }
    }

    /// The belts of a page.
    pub(super) fn route(&mut self, host: &str, route: &Route) -> At {
        let at = self.at(&Spot {
            host,
            path: segments(&route.base),
            is_index: route.is_index,
            goes_on: route.reach.most > 0 || route.reach.rest,
            levels: &route.levels,
            nodes: &route.nodes,
        });
        let belts = at.sets.iter().map(|(_, belt)| *belt).chain([at.belt]);
        for belt in belts.collect::<Vec<_>>() {
            self.refuse_missing(route, belt);
        }
        at
    }

    /// The belts of a node, for paths below it where no page is.
    pub(super) fn scope(&mut self, host: &str, scope: &Scope) -> At {
        self.at(&Spot {
            host,
            path: segments(&scope.template),
            is_index: false,
            goes_on: false,
            levels: &scope.levels,
            nodes: &scope.nodes,
        })
    }

    pub(super) fn finish(mut self) -> (Vec<Fitting>, Vec<Mistake>) {
        let unmet = self.chapters.iter().zip(&self.is_met);
        for (chapter, _) in unmet.filter(|(chapter, is_met)| !**is_met && chapter.pattern.is_some())
        {
            let words = format!(
                "the section `{}` is for no page of this site",
                chapter.written
            );
            self.mistakes
                .push(Mistake::at(words, sections::origin(chapter)));
        }
        (self.all, self.mistakes)
    }

    fn at(&mut self, spot: &Spot<'_>) -> At {
        let mut always = Vec::new();
        let mut partial = Vec::new();
        for (number, chapter) in self.chapters.iter().enumerate() {
            let meets = chapter.pattern.as_ref().map_or(Meets::All, |pattern| {
                pattern.meets(spot.host, &spot.path, spot.is_index, spot.goes_on)
            });
            match meets {
                Meets::All => always.push(number),
                Meets::Some => partial.push(number),
                Meets::None => continue,
            }
            self.is_met[number] = true;
        }
        if partial.len() > MOST_PARTIAL {
            let words = format!(
                "there are more than {MOST_PARTIAL} sections for parts of `/{}`",
                spot.path.join("/")
            );
            self.mistakes.push(Mistake::new(words, &[]));
            partial.truncate(MOST_PARTIAL);
        }
        let patterns: Vec<_> = partial
            .iter()
            .filter_map(|number| self.chapters[*number].pattern.clone())
            .collect();
        let mut at = At {
            belt: self.belt(spot, &always),
            partial: patterns,
            sets: Vec::new(),
        };
        for set in possible_sets(&at.partial) {
            let extra = (0..partial.len()).filter(|bit| set & (1 << bit) != 0);
            let mut all = always.clone();
            all.extend(extra.map(|bit| partial[bit]));
            all.sort_unstable();
            let belt = self.belt(spot, &all);
            at.sets.push((set, belt));
        }
        at
    }

    /// The belt of which all this is said.
    fn belt(&mut self, spot: &Spot<'_>, said: &[usize]) -> usize {
        let levels = spot.levels.iter();
        let levels: Vec<_> = levels
            .map(|level| (level.depth, level.tools as usize))
            .collect();
        let says_something = |number: &&usize| !self.chapters[**number].entries.is_empty();
        let said: Vec<_> = said.iter().filter(says_something).copied().collect();
        let key = (levels, said);
        if let Some(&belt) = self.known.get(&key) {
            return belt;
        }
        let (patches, error_pages) = self.patches(spot, &key.1);
        let worn: Vec<_> = patches
            .held
            .into_iter()
            .filter(|held| held.is_on)
            .map(|held| self.worn(held))
            .collect();
        self.mistakes.extend(patches.mistakes);
        let belt = if worn.is_empty() && error_pages.is_empty() {
            0
        } else {
            self.refuse_unmet_needs(&worn);
            let belt = Belt::of(worn);
            self.refuse_unknown_nodes(&belt, spot);
            self.all.push(Fitting { belt, error_pages });
            self.all.len() - 1
        };
        self.known.insert(key, belt);
        belt
    }

    /// Everything that is said, in its order.
    fn patches(
        &self,
        spot: &Spot<'_>,
        said: &[usize],
    ) -> (Patches, Vec<(Option<StatusCode>, ErrorPage)>) {
        let mut patches = Patches::default();
        let mut error_pages = Vec::new();
        let mut chapters = said.iter().map(|number| &self.chapters[*number]).peekable();
        let mut levels = spot.levels.iter().peekable();
        loop {
            let level = levels.peek().map(|level| level.depth);
            let chapter = chapters.peek().map(|chapter| {
                // What is said for all comes before everything.
                chapter.pattern.as_ref().map(super::Pattern::depth)
            });
            let operator_first = match (level, chapter) {
                (None, None) => return (patches, error_pages),
                (Some(_), None) => false,
                (None, Some(_)) | (Some(_), Some(None)) => true,
                (Some(level), Some(Some(section))) => section < level,
            };
            if operator_first {
                for entry in chapters
                    .next()
                    .into_iter()
                    .flat_map(|chapter| &chapter.entries)
                {
                    apply(entry, &mut patches, &mut error_pages);
                }
            } else if let Some(level) = levels.next() {
                (level.tools)(&mut patches);
            }
        }
    }

    /// The tool as it is worn: prepared once for everything that wears it.
    fn worn(&mut self, held: Held) -> Worn {
        let table = held.tool.table();
        let options = 0..table.options.len();
        let shown: Vec<_> = options
            .clone()
            .map(|option| held.tool.show(option))
            .collect();
        let key = format!(
            "{}\0{shown:?}\0{:?}\0{:?}",
            table.name, held.switched, held.written
        );
        let tool = if let Some(tool) = self.instances.get(&key) {
            Arc::clone(tool)
        } else {
            let tool = self.prepared(&held);
            self.instances.insert(key, Arc::clone(&tool));
            tool
        };
        Worn {
            tool,
            switched: held.switched,
            priority: held.priority,
            written: held.written,
        }
    }

    fn prepared(&mut self, held: &Held) -> Arc<dyn AnyTool> {
        let table = held.tool.table();
        for (row, written) in table.options.iter().zip(&held.written) {
            if row.required && written.is_none() {
                let words = format!(
                    "the tool `{}` is on without its `{}`\nhelp: {}",
                    table.name,
                    row.name,
                    row.doc.lines().next().unwrap_or_default().trim()
                );
                self.mistakes
                    .push(Mistake::at(words, [held.switched.clone()]));
            }
        }
        let written = table.options.iter().zip(&held.written);
        let written = written.filter_map(|(row, origin)| Some((row.name, origin.clone()?)));
        let mut tool = held.tool.copy();
        tool.prepare(&mut Preparation {
            tool: table.name,
            environment: self.environment,
            allowed_hosts: self.allowed_hosts,
            written: written.chain([("on", held.switched.clone())]).collect(),
            mistakes: &mut self.mistakes,
        });
        Arc::from(tool)
    }

    fn refuse_unmet_needs(&mut self, worn: &[Worn]) {
        for one in worn {
            for need in one.table().needs {
                if worn.iter().any(|other| other.table().name == *need) {
                    continue;
                }
                let words = format!(
                    "the tool `{}` needs the tool `{need}`, which is off here\nhelp: turn it on as well: `#[tools({need})]`, or `tools.{need}.on = true`",
                    one.table().name
                );
                self.mistakes
                    .push(Mistake::at(words, [one.switched.clone()]));
            }
        }
    }

    /// A function that is a method of a node can only be asked where that node is.
    fn refuse_unknown_nodes(&mut self, belt: &Belt, spot: &Spot<'_>) {
        for worn in belt.worn.iter().filter(|_| belt.asks) {
            let unknown = worn.tool.asks().into_iter();
            for node in unknown.filter(|node| !spot.nodes.contains(node)) {
                let words = format!(
                    "the tool `{}` has a function of `{node}`, which is no node above `/{}` that stands in a field\nhelp: give it a function without `&self`, or a method of a node that is there before the request: the root, or its `#[child]` fields",
                    worn.table().name,
                    spot.path.join("/")
                );
                self.mistakes
                    .push(Mistake::at(words, [worn.switched.clone()]));
            }
        }
    }

    /// A parameter that a tool provides, on a page where that tool is off.
    fn refuse_missing(&mut self, route: &Route, belt: usize) {
        let all = route
            .args
            .iter()
            .chain(route.args_above.iter().copied().flatten());
        for arg in all {
            let Some(need) = arg.needs else { continue };
            let worn = &self.all[belt].belt.worn;
            if worn.iter().any(|worn| worn.table().name == need) {
                continue;
            }
            let words = format!(
                "the page `{}` takes a `{}`, which only the tool `{need}` provides, and it is off there\nhelp: turn it on: `#[tools({need})]`, or `tools.{need}.on = true`",
                route.page, arg.type_name
            );
            let mistake = Mistake::new(words, &[route.source]);
            if !self.mistakes.contains(&mistake) {
                self.mistakes.push(mistake);
            }
        }
    }
}

fn segments(template: &str) -> Vec<&str> {
    template
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect()
}

/// The sets of sections that a path can be in, without the empty one, as bits.
fn possible_sets(patterns: &[super::Pattern]) -> Vec<u64> {
    let mut sets = vec![0_u64];
    for (bit, pattern) in patterns.iter().enumerate() {
        let members = |set: &u64| {
            let set = *set;
            patterns
                .iter()
                .enumerate()
                .filter(move |(other, _)| set & (1 << other) != 0)
        };
        let goes = |set: &&u64| members(set).all(|(_, other)| pattern.goes_with(other));
        let with: Vec<_> = sets.iter().filter(goes).map(|set| set | 1 << bit).collect();
        sets.extend(with);
    }
    // A path that is in one section is in all that this one lies in.
    let is_whole = |set: &u64| {
        let holds = |at: usize| set & (1 << at) != 0;
        let mut all = patterns.iter().enumerate();
        all.all(|(at, pattern)| {
            holds(at)
                || !patterns
                    .iter()
                    .enumerate()
                    .any(|(other, inner)| holds(other) && pattern.is_implied_by(inner))
        })
    };
    sets.retain(|set| *set != 0 && is_whole(set));
    sets
}

/// What is wrong with an entry, wherever it applies.
fn refuse(entry: &Entry) -> Option<String> {
    match word(entry)? {
        Word::Tool { name, key, value } => {
            let Some(known) = catalogue::named(name) else {
                let all = catalogue::all();
                let names: Vec<_> = all.iter().map(|entry| entry.table.name).collect();
                return Some(format!(
                    "there is no tool `{name}`\nhelp: {}",
                    help(name, &names)
                ));
            };
            let mut scratch = Patches::default();
            let set = scratch.set(known, key, &value, &entry.origin);
            set.err()
                .map(|words| format!("`{}`: {words}", entry.key.join(".")))
        }
        Word::ErrorPage { status, value } => error_page(status, value).err(),
    }
}

fn apply(
    entry: &Entry,
    patches: &mut Patches,
    error_pages: &mut Vec<(Option<StatusCode>, ErrorPage)>,
) {
    match word(entry) {
        Some(Word::Tool { name, key, value }) => {
            // What is wrong with it was said before.
            let Some(known) = catalogue::named(name) else {
                return;
            };
            drop(patches.set(known, key, &value, &entry.origin));
            if entry.key[0] == "response" {
                drop(patches.set(known, "on", &Raw::Bool(true), &entry.origin));
            }
        }
        Some(Word::ErrorPage { status, value }) => {
            if let Ok((status, page)) = error_page(status, value) {
                error_pages.retain(|(other, _)| *other != status);
                error_pages.push((status, page));
            }
        }
        None => {}
    }
}

/// `error_page.404 = "lost.html"`, `error_page.default = { page = "/lost" }`.
pub(in crate::site) fn error_page(
    status: &str,
    value: &Raw,
) -> Result<(Option<StatusCode>, ErrorPage), String> {
    let status = match status {
        "default" => None,
        code => match code.parse::<StatusCode>() {
            Ok(status) if crate::http::is_error(status) => Some(status),
            _ => {
                return Err(format!(
                    "`{code}` is no status of an error\nhelp: write `error_page.404`, another status from 400 to 599, or `error_page.default`"
                ));
            }
        },
    };
    let page = match value {
        Raw::Text(file) | Raw::Bare(file) => ErrorPage::file(file)
            .load(|path| crate::site::read_file(&path.to_path_buf()))
            .map_err(|mistake| mistake.words().to_owned())?,
        Raw::Table(keys) => match keys.as_slice() {
            [(key, Raw::Text(path))] if key == "page" => ErrorPage::page(path),
            _ => return Err("an error page is a file, `\"lost.html\"`, or a page of the site, `{ page = \"/lost\" }`".to_owned()),
        },
        _ => return Err("an error page is a file, `\"lost.html\"`, or a page of the site, `{ page = \"/lost\" }`".to_owned()),
    };
    Ok((status, page))
}
