//! Reads the tables once, at start, and makes routes of them, or a list of everything that is wrong.

mod checks;
mod finish;
mod route;

use crate::belt::Tools;
use crate::config::Mistake;
use crate::config::Source;
use crate::params::{Arg, ArgKind, From};
use crate::tree::find::{Again, CycleRow, End, Finder, Methods, Mount, Place, Reach, Scope};
use crate::tree::node::METHOD;
use crate::tree::table::{self, ChildRow, PageRow, Segment, Shape};

pub(crate) use route::Route;
use route::{Draft, with_leftovers};

/// How deep a tree may be. Deeper is a generic type that contains itself with another parameter each time.
const DEEPEST: usize = 64;

/// Makes the ways of one host.
#[derive(Default)]
pub(crate) struct Planner {
    finder: Finder,
    mistakes: Vec<Mistake>,
    /// The nodes around the one that is read.
    around: Vec<Around>,
    /// Who stands at each place: to name both in a collision.
    owners: Vec<Option<Owner>>,
    cycles: Vec<Cycle>,
}

/// A way from a node to one of its own type.
struct Cycle {
    root: usize,
    /// The steps to the node.
    entry: Vec<u16>,
    /// The parameters of the children on the way round.
    args: Vec<&'static [Arg]>,
}

struct Around {
    shape: Shape,
    place: usize,
    /// How many steps lead to it.
    steps: usize,
    template: String,
}

#[derive(Clone)]
struct Owner {
    is_child: bool,
    /// The steps to the node that says so.
    steps: Vec<u16>,
    name: String,
    source: Source,
}

/// The way to the node that is read.
#[derive(Clone)]
struct Trail {
    template: String,
    steps: Vec<u16>,
    /// The parameters of the children on it.
    args: Vec<&'static [Arg]>,
    scope: Option<usize>,
    root: usize,
    /// Nothing on the way waits.
    now: bool,
    levels: Vec<Level>,
    /// The types of the nodes on it that stand in fields, and whether the last of them does.
    nodes: Vec<&'static str>,
    stands: bool,
}

/// What attributes say of tools at one level of the tree.
#[derive(Clone, Copy)]
pub(crate) struct Level {
    /// How many segments lead to it.
    pub(crate) depth: usize,
    pub(crate) tools: Tools,
}

impl Trail {
    /// Adds what stands above something at the place where the trail ends.
    fn level(&mut self, tools: Option<Tools>) {
        let depth = depth(&self.template);
        self.levels
            .extend(tools.map(|tools| Level { depth, tools }));
    }
}

/// How many segments a path has.
pub(crate) fn depth(template: &str) -> usize {
    template
        .split('/')
        .filter(|segment| !segment.is_empty())
        .count()
}

impl Planner {
    /// Adds a tree at a prefix: empty, or segments with a slash before each. `root` is its number at the site.
    pub(crate) fn mount(&mut self, prefix: &str, shape: &Shape, root: usize) {
        if self
            .finder
            .mounts
            .iter()
            .any(|mount| &*mount.prefix == prefix)
        {
            let words = format!(
                "two trees are mounted at `{}`",
                if prefix.is_empty() { "/" } else { prefix }
            );
            self.mistakes
                .push(Mistake::new(words, &[shape.node.source]));
        }
        let mut place = self.place();
        self.finder.mounts.push(Mount {
            prefix: prefix.into(),
            place,
            root,
        });
        let mut template = prefix.to_string();
        for _ in 0..shape.keys {
            place = self.follow(place, &[Segment::Capture("key")], &mut template);
        }
        self.node(
            shape,
            place,
            None,
            Trail {
                template,
                steps: Vec::new(),
                args: Vec::new(),
                scope: None,
                root,
                now: true,
                levels: Vec::new(),
                nodes: Vec::new(),
                stands: shape.keys == 0,
            },
        );
    }

    /// The ways, and all that is wrong.
    pub(crate) fn finish(mut self) -> (Finder, Vec<Mistake>) {
        let prefixes = self.finder.mounts.iter().map(|mount| mount.prefix.clone());
        for prefix in prefixes.collect::<Vec<_>>() {
            self.refuse_hidden(&prefix, "the tree");
        }
        self.refuse_reaching();
        let finder = &mut self.finder;
        for route in &mut finder.routes {
            let is_round =
                |cycle: &&Cycle| cycle.root == route.root && route.steps.starts_with(&cycle.entry);
            let round = self.cycles.iter().filter(is_round);
            let round = round.flat_map(|cycle| &cycle.args);
            route.args_above = route.args_above.iter().chain(round).copied().collect();
        }
        for place in &mut finder.places {
            place.finish();
        }
        finder.is_straight = finder.places.iter().all(Place::has_one_way);
        finder
            .mounts
            .sort_by_key(|mount| std::cmp::Reverse(mount.prefix.len()));
        let roots: Vec<_> = finder
            .mounts
            .iter()
            .map(|mount| (mount.prefix.to_string(), mount.place))
            .collect();
        for (prefix, place) in roots {
            finder.list_whole(&prefix, place);
        }
        (self.finder, self.mistakes)
    }

    fn node(&mut self, shape: &Shape, place: usize, placed: Option<Tools>, mut trail: Trail) {
        if self.around.len() >= DEEPEST {
            let (at, name) = (&trail.template, shape.node.name);
            let words = format!(
                "the tree is deeper than {DEEPEST} nodes at `{at}`: `{name}` contains itself with other types each time"
            );
            self.mistakes
                .push(Mistake::new(words, &[shape.node.source]));
            return;
        }
        if trail.stands {
            trail.nodes.push(shape.type_name);
        }
        trail.level(shape.node.tools);
        trail.level(shape.block.tools);
        // Who places a node has the last word about it.
        trail.level(placed);
        let scope = Scope {
            parent: trail.scope,
            steps: trail.steps.clone().into(),
            errors: shape.block.errors,
            template: trail.template.clone(),
            levels: trail.levels.clone(),
            nodes: trail.nodes.clone(),
        };
        self.finder.needs_scope |= !scope.levels.is_empty();
        trail.scope = Some(self.finder.scopes.len());
        self.finder.places[place].scope = trail.scope;
        self.finder.needs_scope |= !scope.errors.is_empty();
        self.finder.scopes.push(scope);
        self.around.push(Around {
            shape: *shape,
            place,
            steps: trail.steps.len(),
            template: trail.template.clone(),
        });
        for row in shape.node.fields {
            self.child(shape, row, 0, place, &trail);
        }
        for row in shape.block.children {
            self.child(shape, row, METHOD, place, &trail);
        }
        for row in shape.block.pages {
            self.page(shape, row, place, &trail);
        }
        self.around.pop();
    }

    fn child(&mut self, parent: &Shape, row: &ChildRow, bit: u16, place: usize, trail: &Trail) {
        let mut below = trail.clone();
        let mut end = self.follow(place, row.path, &mut below.template);
        for arg in row.args.iter().filter(|arg| arg.fills_from_path()) {
            end = self.follow(end, &[Segment::Capture(arg.name)], &mut below.template);
        }
        let shape = (row.shape)();
        for _ in 0..shape.keys {
            end = self.follow(end, &[Segment::Capture("key")], &mut below.template);
        }
        let owner = Owner {
            is_child: true,
            steps: trail.steps.clone(),
            name: format!("the child `{}::{}`", parent.node.name, row.name),
            source: row.source,
        };
        self.check_child_args(row, &owner);
        if !self.claim(end, &below.template, owner) {
            return;
        }
        below.steps.push(row.id | bit);
        below.args.push(row.args);
        below.stands &= bit != METHOD && shape.keys == 0;
        below.now &= !row.waits && row.args.iter().all(Arg::is_now);
        match self.around.iter().find(|around| around.shape.is(&shape)) {
            Some(around) => {
                self.cycles.push(Cycle {
                    root: below.root,
                    entry: below.steps[..around.steps].to_vec(),
                    args: below.args[around.steps..].to_vec(),
                });
                self.finder.cycles.push(CycleRow {
                    template: below.template.clone(),
                    node: shape.node.name,
                    as_at: around.template.clone(),
                    source: row.source,
                });
                let again = Again {
                    place: around.place,
                    steps: below.steps.into(),
                    entry: around.steps,
                    scope: trail.scope,
                };
                self.finder.places[end].again = Some(again);
                self.finder.has_cycle = true;
            }
            None => self.node(&shape, end, row.tools, below),
        }
    }

    fn page(&mut self, node: &Shape, row: &PageRow, place: usize, trail: &Trail) {
        let name = format!("{}::{}", node.node.name, row.name);
        let owner = Owner {
            is_child: false,
            steps: trail.steps.clone(),
            name: format!("the page `{name}`"),
            source: row.source,
        };
        self.check_page_args(row, &owner);
        let mut template = trail.template.clone();
        let most = row.args.iter().filter(|arg| arg.fills_from_path()).count();
        let rest = row
            .args
            .iter()
            .any(|arg| arg.kind == ArgKind::Rest || arg.from == From::Rest);
        // A `default` that asks for nothing of the path is for all of it.
        let rest = rest || (most == 0 && matches!(row.place, table::Place::Default));
        let (end, door) = match row.place {
            table::Place::Index => (place, Some(End::Slash)),
            table::Place::Own => (place, Some(End::Bare)),
            table::Place::Default => (place, None),
            table::Place::Path(path) => {
                let end = self.follow(place, path, &mut template);
                if !self.claim(end, &template, owner.clone()) {
                    return;
                }
                (end, Some(End::Bare))
            }
        };
        let base = template.clone();
        if let Some(door) = door {
            // A root has no URL without its slash.
            let template = if door == End::Slash || template.is_empty() {
                format!("{template}/")
            } else {
                template.clone()
            };
            let is_listed = door == End::Slash || (most == 0 && !rest);
            let route = Draft {
                row,
                page: &name,
                template,
                trail,
                is_listed,
                reach: Reach::default(),
                base: &base,
                is_index: door == End::Slash,
            };
            self.add(&route, |place| place.methods_at(door), end, &owner);
        }
        if door.is_none() || (door == Some(End::Bare) && (most > 0 || rest)) {
            let reach = Reach {
                most,
                rest,
                from_zero: door.is_none(),
            };
            let route = Draft {
                row,
                page: &name,
                template: with_leftovers(template, row.args),
                trail,
                is_listed: true,
                reach,
                base: &base,
                is_index: false,
            };
            self.add(&route, |place| place.methods_behind(reach), end, &owner);
        }
    }

    /// Walks along a path, making places where there are none.
    fn follow(&mut self, mut place: usize, path: &[Segment], template: &mut String) -> usize {
        for segment in path {
            let next = self.finder.places.len();
            let at = &mut self.finder.places[place];
            template.push('/');
            place = match *segment {
                Segment::Fixed(name) => {
                    template.push_str(name);
                    at.fixed.get_or_insert(name, next)
                }
                Segment::Capture(name) => {
                    template.extend(["{", name, "}"]);
                    *at.capture.get_or_insert(next)
                }
            };
            if place == next {
                self.place();
            }
        }
        place
    }

    fn place(&mut self) -> usize {
        self.finder.places.push(Place::default());
        self.owners.push(None);
        self.finder.places.len() - 1
    }

    /// Takes a place for a child, or for a page with a path. Several pages may share one; a child stands alone.
    fn claim(&mut self, place: usize, template: &str, owner: Owner) -> bool {
        let slot = &mut self.owners[place];
        match slot {
            Some(other) if other.is_child || owner.is_child => {
                let words = format!(
                    "{} and {} both stand at `{template}`",
                    other.name, owner.name
                );
                self.mistakes
                    .push(Mistake::new(words, &[other.source, owner.source]));
                false
            }
            Some(_) => true,
            None => {
                *slot = Some(owner);
                true
            }
        }
    }

    /// Adds one route per method of a page.
    fn add(
        &mut self,
        draft: &Draft<'_>,
        methods: impl Fn(&mut Place) -> &mut Methods,
        place: usize,
        owner: &Owner,
    ) {
        for &verb in draft.row.verbs {
            let index = self.finder.routes.len();
            let slot = &mut methods(&mut self.finder.places[place]).routes[verb as usize];
            if let Some(other) = *slot {
                let other = &self.finder.routes[other];
                let words = format!(
                    "the page `{}` and {} both answer {} {}",
                    other.page,
                    owner.name,
                    verb.name(),
                    draft.template
                );
                self.mistakes
                    .push(Mistake::new(words, &[other.source, owner.source]));
                continue;
            }
            *slot = Some(index);
            self.finder.routes.push(draft.route(verb));
        }
    }
}
