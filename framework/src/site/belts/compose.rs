//! Composes one belt after the other. Pages of which the same is said share one belt, and tools of which the same attributes and
//! sections say the same share one instance, with whatever it keeps between requests.

use std::collections::HashMap;
use std::sync::Arc;

use super::combinations::{MOST_SETS, possible_sets};
use super::sections::{Meets, Path, SectionSettings, Sections};
use super::settings::{Setting, is_about};
use super::{At, Fitting};
use crate::belt::{
    AnyTool, Belt, Claim, Held, Patches, Preparation, Shared, Speaker, Starter, Worn, catalogue,
};
use crate::config::{Entry, Environment, Mistake, Origin, guess};
use crate::exchange::Way;
use crate::exchange::methods::Methods;
use crate::site::ErrorPage;
use crate::site::keys::pages::PlacedPage;
use crate::tree::find::{Finder, Outcome, Scope};
use crate::tree::plan::{Level, Route};
use crate::tree::table::Verb;

/// How many sections there may be for parts of what one page answers: a bit each.
const MOST_PARTIAL: usize = 64;

/// Tools by all that is said of them.
pub(super) type Instances = HashMap<Identity, Prepared>;

/// A tool, its options, and who has said all that: not in which line, so that it is the same when lines move.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    tool: &'static str,
    /// As lists have them.
    options: Vec<String>,
    written_by: Vec<Speaker>,
    switched_by: Speaker,
    /// What tells apart the values that lists do not have.
    secrets: u64,
}

impl Identity {
    fn of(held: &Held) -> Self {
        let table = held.tool.table();
        let options = 0..table.options.len();
        Self {
            tool: table.name,
            options: options.map(|option| held.tool.show(option)).collect(),
            written_by: held.written_by.clone(),
            switched_by: held.switched_by.clone(),
            secrets: held.secrets,
        }
    }
}

/// A tool that has been prepared, whether it wants to be told of hooks, and which methods it refuses.
#[derive(Clone)]
pub(super) struct Prepared {
    tool: Arc<dyn AnyTool>,
    wants_hooks: bool,
    is_on_demand: bool,
    /// What it does when a server starts, and where it was turned on.
    pub(super) starter: Option<Starter>,
    refused: Methods,
    claims: Vec<Claim>,
}

/// All that is said of a belt: by attributes, as their depths and functions, and by sections, as their numbers.
/// At last, the tools whose parameters somebody takes there.
type BeltKey = (Vec<(usize, usize)>, Vec<usize>, Vec<&'static str>);

pub(super) struct Composer<'e> {
    sections: Vec<SectionSettings<'e>>,
    /// What is wrong with these has been told.
    refused: Vec<&'e Entry>,
    /// Some page meets the section of this number.
    is_met: Vec<bool>,
    environment: Environment,
    allowed_hosts: &'e [String],
    all: Vec<Fitting>,
    /// All paths of the site, for what was meant.
    known_paths: Vec<Vec<String>>,
    /// Belts by what is said of them: levels, and sections.
    known: HashMap<BeltKey, usize>,
    /// Those of this configuration.
    instances: Instances,
    /// Those of the one before.
    former: Instances,
    shared: Shared,
    /// The tools that error pages need.
    at_errors: Vec<&'static str>,
    /// What tools claim, by host and name, and where the first was turned on.
    claims: HashMap<(String, String), (Claim, Origin)>,
    mistakes: Vec<Mistake>,
}

/// A page or a node, seen by its path.
struct Place<'s> {
    host: &'s str,
    path: Path<'s>,
    levels: &'s [Level],
    /// The types of the nodes above it that stand in fields.
    nodes: &'s [&'static str],
    /// The tools that provide parameters which are taken there.
    takes: Vec<&'static str>,
}

impl<'e> Composer<'e> {
    pub(super) fn new(
        hosts: &[(String, Finder)],
        entries: &[&'e Entry],
        environment: Environment,
        allowed_hosts: &'e [String],
        former: Instances,
        shared: Shared,
    ) -> Self {
        let known = paths(hosts);
        let sections = Sections::of(entries, &known);
        let mut mistakes = catalogue::doubles();
        mistakes.extend(sections.mistakes);
        Self {
            is_met: vec![false; sections.all.len()],
            sections: sections.all,
            refused: sections.refused,
            known_paths: known,
            environment,
            allowed_hosts,
            all: vec![Fitting::default()],
            known: HashMap::new(),
            instances: HashMap::new(),
            former,
            shared,
            at_errors: at_errors(hosts),
            claims: HashMap::new(),
            mistakes,
        }
    }

    /// Counts what the pages take that are configured for errors, of the whole site and of parts of it: they are walked on the belt of the page that
    /// failed.
    pub(super) fn count_error_pages(
        &mut self,
        hosts: &[(String, Finder)],
        of_site: &[Arc<PlacedPage>],
    ) {
        let settings = self.sections.iter().flat_map(|section| &section.settings);
        let of_parts = settings.filter_map(Setting::error_page);
        let paths = of_site.iter().chain(of_parts).filter_map(|placed| {
            let ErrorPage::Page(path) = &placed.page else {
                return None;
            };
            Some(path.split_once('?').map_or(&**path, |(path, _)| path))
        });
        let routes = paths.flat_map(|path| {
            hosts.iter().filter_map(move |(_, finder)| {
                let found = finder.find(path, Verb::Get, usize::MAX, &mut Way::default());
                match found.end {
                    Outcome::Page(route) => Some(&finder.routes[route]),
                    _ => None,
                }
            })
        });
        let taken: Vec<_> = routes.flat_map(taken).collect();
        self.at_errors.extend(taken);
    }

    /// The belts of a page.
    pub(super) fn route(&mut self, host: &str, route: &Route) -> At {
        let at = self.at(&Place {
            host,
            path: Path {
                segments: segments(&route.base),
                leftovers: leftovers(route),
                goes_on: route.reach.most > 0 || route.reach.rest,
                is_index: route.is_index,
            },
            levels: &route.levels,
            nodes: &route.nodes,
            takes: taken(route).collect(),
        });
        let belts = at.sets.iter().map(|(_, belt)| *belt).chain([at.belt]);
        for belt in belts.collect::<Vec<_>>() {
            self.refuse_missing(route, belt);
        }
        at
    }

    /// The belts of a node, for paths below it where no page is.
    pub(super) fn scope(&mut self, host: &str, scope: &Scope) -> At {
        self.at(&Place {
            host,
            path: Path {
                segments: segments(&scope.template),
                leftovers: Vec::new(),
                goes_on: false,
                is_index: false,
            },
            levels: &scope.levels,
            nodes: &scope.nodes,
            takes: Vec::new(),
        })
    }

    pub(super) fn finish(mut self) -> (Vec<Fitting>, Instances, Vec<Mistake>) {
        let unmet = self.sections.iter().zip(&self.is_met);
        let unmet = unmet.filter(|(section, is_met)| !**is_met && section.pattern.is_some());
        for (section, _) in unmet {
            let known: Vec<_> = self
                .known_paths
                .iter()
                .map(|path| format!("/{}", path.join("/")))
                .collect();
            let known = known.iter().map(String::as_str);
            let help = guess::meant(&section.name, known)
                .map(|meant| format!("\nhelp: did you mean `{meant}`?"));
            let words = format!(
                "the section `{}` is for no page of this site{}",
                section.name,
                help.unwrap_or_default()
            );
            self.mistakes
                .push(Mistake::at(words, section.origin.clone()));
        }
        // What is wrong in one place is wrong at every page that it is for.
        let mut mistakes: Vec<Mistake> = Vec::new();
        for mistake in self.mistakes {
            if !mistakes.contains(&mistake) {
                mistakes.push(mistake);
            }
        }
        (self.all, self.instances, mistakes)
    }

    fn at(&mut self, place: &Place<'_>) -> At {
        let mut always = Vec::new();
        let mut partial = Vec::new();
        for (number, section) in self.sections.iter().enumerate() {
            let meets = section
                .pattern
                .as_ref()
                .map_or(Meets::All, |pattern| pattern.meets(place.host, &place.path));
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
                place.path.segments.join("/")
            );
            self.mistakes.push(Mistake::new(words, &[]));
            partial.truncate(MOST_PARTIAL);
        }
        let patterns: Vec<_> = partial
            .iter()
            .filter_map(|number| self.sections[*number].pattern.as_ref())
            .map(|pattern| pattern.within(&place.path))
            .collect();
        let mut at = At {
            belt: self.belt(place, &always),
            partial: patterns,
            sets: Vec::new(),
        };
        let sets = possible_sets(&at.partial).unwrap_or_else(|| {
            let words = format!(
                "the sections for parts of `/{}` meet in more than {MOST_SETS} ways",
                place.path.segments.join("/")
            );
            self.mistakes.push(Mistake::new(words, &[]));
            Vec::new()
        });
        for set in sets {
            let extra = (0..partial.len()).filter(|bit| set & (1 << bit) != 0);
            let mut all = always.clone();
            all.extend(extra.map(|bit| partial[bit]));
            all.sort_unstable();
            let belt = self.belt(place, &all);
            at.sets.push((set, belt));
        }
        at
    }

    /// The belt of which all this is said.
    fn belt(&mut self, place: &Place<'_>, said: &[usize]) -> usize {
        let levels = place.levels.iter();
        let levels: Vec<_> = levels
            .map(|level| (level.depth, level.tools as usize))
            .collect();
        let says_something = |number: &&usize| !self.sections[**number].settings.is_empty();
        let said: Vec<_> = said.iter().filter(says_something).copied().collect();
        let mut takes = place.takes.clone();
        takes.extend(&self.at_errors);
        takes.sort_unstable();
        takes.dedup();
        let key = (levels, said, takes);
        if let Some(&belt) = self.known.get(&key) {
            return belt;
        }
        let (patches, error_pages) = self.patches(place, &key.1);
        let worn: Vec<_> = patches.held.into_iter().filter(|held| held.is_on).collect();
        let needed = worn.iter().flat_map(|held| held.tool.table().needs);
        let needed: Vec<_> = needed.chain(&key.2).copied().collect();
        let worn: Vec<_> = worn
            .into_iter()
            .map(|held| self.worn(held, &needed, place.host))
            .collect();
        self.mistakes.extend(patches.mistakes);
        let belt = if worn.is_empty() && error_pages.is_empty() {
            0
        } else {
            self.refuse_unmet_needs(&worn);
            let belt = Belt::of(worn);
            self.refuse_unknown_nodes(&belt, place);
            self.all.push(Fitting { belt, error_pages });
            self.all.len() - 1
        };
        self.known.insert(key, belt);
        belt
    }

    /// Everything that is said, in its order.
    fn patches(&self, place: &Place<'_>, said: &[usize]) -> (Patches, Vec<Arc<PlacedPage>>) {
        let mut patches = Patches::default();
        let mut error_pages = Vec::new();
        let mut sections = said.iter().map(|number| &self.sections[*number]).peekable();
        let mut levels = place.levels.iter().peekable();
        loop {
            let level = levels.peek().map(|level| level.depth);
            let section = sections.peek().map(|section| {
                // What is said for all comes before everything.
                section.pattern.as_ref().map(super::Pattern::depth)
            });
            let operator_first = match (level, section) {
                (None, None) => return (patches, error_pages),
                (Some(_), None) => false,
                (None, Some(_)) | (Some(_), Some(None)) => true,
                (Some(level), Some(Some(depth))) => depth < level,
            };
            if operator_first {
                let section = sections.next().into_iter();
                section.for_each(|section| section.apply(&mut patches, &mut error_pages));
            } else if let Some(level) = levels.next() {
                (level.tools)(&mut patches);
            }
        }
    }

    /// The tool as it is worn: prepared once for everything that wears it.
    fn worn(&mut self, held: Held, needed: &[&str], host: &str) -> Worn {
        let table = held.tool.table();
        let key = Identity::of(&held);
        let known = self.instances.get(&key).or_else(|| self.former.get(&key));
        let prepared = match known {
            Some(prepared) => prepared.clone(),
            None => self.prepared(&held),
        };
        self.instances.insert(key, prepared.clone());
        for claim in &prepared.claims {
            self.claim(host, claim, &held.switched);
        }
        Worn {
            tool: prepared.tool,
            wants_hooks: prepared.wants_hooks,
            is_asked: !prepared.is_on_demand || needed.contains(&table.name),
            refused: prepared.refused,
            switched: held.switched,
            priority: held.priority,
            written: held.written,
            hidden: held.hidden,
        }
    }

    /// Refuses two tools of one host that claim the same on different terms.
    fn claim(&mut self, host: &str, claim: &Claim, switched: &Origin) {
        let key = (host.to_owned(), claim.what.clone());
        let first = self.claims.entry(key);
        let (first, origin) = first.or_insert_with(|| (claim.clone(), switched.clone()));
        if first.terms == claim.terms {
            return;
        }
        let mistake = Mistake::at(claim.words.clone(), [origin.clone(), switched.clone()]);
        if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }

    fn prepared(&mut self, held: &Held) -> Prepared {
        let table = held.tool.table();
        for (row, written) in table.options.iter().zip(&held.written) {
            let mut refused = self.refused.iter();
            let is_told = refused.any(|entry| is_about(entry, table.name, row.name));
            if row.required && written.is_none() && !is_told {
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
        let hidden = table.options.iter().zip(&held.hidden);
        let hidden = hidden.filter_map(|(row, is_hidden)| is_hidden.then_some(row.name));
        let mut tool = held.tool.copy();
        let mut preparation = Preparation {
            tool: table.name,
            environment: self.environment,
            allowed_hosts: self.allowed_hosts,
            written: written.chain([("on", held.switched.clone())]).collect(),
            hidden: hidden.collect(),
            mistakes: &mut self.mistakes,
            shared: self.shared.clone(),
            wants_hooks: false,
            is_on_demand: false,
            starter: None,
            refused: Methods::default(),
            claims: Vec::new(),
        };
        tool.prepare(&mut preparation);
        Prepared {
            wants_hooks: preparation.wants_hooks,
            is_on_demand: preparation.is_on_demand,
            starter: preparation.starter,
            refused: preparation.refused,
            claims: preparation.claims,
            tool: Arc::from(tool),
        }
    }

    fn refuse_unmet_needs(&mut self, worn: &[Worn]) {
        let needs = worn
            .iter()
            .flat_map(|one| one.table().needs.iter().map(move |need| (one, need)));
        let is_on = |need: &str| worn.iter().any(|other| other.table().name == need);
        for (one, need) in needs.filter(|(_, need)| !is_on(need)) {
            let words = format!(
                "the tool `{}` needs the tool `{need}`, which is off here\nhelp: turn it on as well: `#[tools({need})]`, or `tools.{need}.on = true`",
                one.table().name
            );
            self.mistakes
                .push(Mistake::at(words, [one.switched.clone()]));
        }
    }

    /// A function that is a method of a node can only be asked where that node is.
    fn refuse_unknown_nodes(&mut self, belt: &Belt, place: &Place<'_>) {
        for worn in belt.worn.iter().filter(|_| belt.asks) {
            let unknown = worn.tool.asks().into_iter();
            for node in unknown.filter(|node| !place.nodes.contains(node)) {
                let words = format!(
                    "the tool `{}` has a function of `{node}`, which is no node above `/{}` that stands in a field\nhelp: give it a function without `&self`, or a method of a node that is there before the request: the root, or its `#[child]` fields",
                    worn.table().name,
                    place.path.segments.join("/")
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
            self.mistakes.push(Mistake::new(words, &[route.source]));
        }
    }
}

/// The tools that provide what a page and those above it take.
fn taken(route: &Route) -> impl Iterator<Item = &'static str> {
    let above = route.args_above.iter().copied().flatten();
    route.args.iter().chain(above).filter_map(|arg| arg.needs)
}

/// The tools that provide what error pages take.
fn at_errors(hosts: &[(String, Finder)]) -> Vec<&'static str> {
    let scopes = hosts.iter().flat_map(|(_, finder)| &finder.scopes);
    let rows = scopes.flat_map(|scope| scope.errors);
    rows.flat_map(|row| row.needs).flatten().copied().collect()
}

/// The parameters that leftover segments fill, where the page answers such paths.
fn leftovers(route: &Route) -> Vec<&'static str> {
    if route.reach.most == 0 {
        return Vec::new();
    }
    let filled = route.args.iter().filter(|arg| arg.fills_from_path());
    filled.map(|arg| arg.name).collect()
}

fn segments(template: &str) -> Vec<&str> {
    template
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect()
}

/// All paths of pages and nodes, and those above them.
fn paths(hosts: &[(String, Finder)]) -> Vec<Vec<String>> {
    let finders = || hosts.iter().map(|(_, finder)| finder);
    let routes = finders().flat_map(|finder| finder.routes.iter().map(|route| route.base.as_str()));
    let scopes =
        finders().flat_map(|finder| finder.scopes.iter().map(|scope| scope.template.as_str()));
    let whole = routes.chain(scopes).map(segments);
    let all = whole.flat_map(|path| (0..=path.len()).map(move |end| path[..end].to_vec()));
    let all: std::collections::BTreeSet<_> = all.collect();
    all.into_iter()
        .map(|path| path.into_iter().map(str::to_owned).collect())
        .collect()
}
