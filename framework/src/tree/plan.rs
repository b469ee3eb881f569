//! Reads the tables once, at start, and makes routes of them, or a list of everything that is wrong.

use std::fmt;

use actix_web::http::header::HeaderValue;

use crate::params::{Arg, ArgKind, From};
use crate::tree::find::{Again, End, Finder, Methods, Mount, Place, Reach, Scope, Tail, bit};
use crate::tree::node::METHOD;
use crate::tree::table::{self, ChildRow, PageRow, Segment, Shape, Source, Verb};

/// A page that answers one method, with everything that is decided at start.
pub(crate) struct Route {
    pub(crate) verb: Verb,
    /// The whole path with its placeholders, for lists and logs.
    pub(crate) template: String,
    /// `Notes::edit`.
    pub(crate) page: String,
    pub(crate) doc: &'static str,
    pub(crate) source: Source,
    pub(crate) args: &'static [Arg],
    /// The parameters of the children on the way.
    pub(crate) args_above: Box<[&'static [Arg]]>,
    /// What it catches of what is left of the path.
    pub(crate) reach: Reach,
    /// The steps from the root to the page.
    pub(crate) steps: Box<[u16]>,
    /// The node's error pages.
    pub(crate) scope: usize,
    /// The number of the root at the site.
    pub(crate) root: usize,
    /// The answer needs no waiting anywhere on the way.
    pub(crate) now: bool,
    /// Lists name it. A page that takes leftovers has two routes, and is named once.
    pub(crate) is_listed: bool,
}

/// Something that is wrong with a site, found at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    words: String,
    sources: Vec<Source>,
}

impl Mistake {
    pub(crate) fn new(words: impl Into<String>, sources: &[Source]) -> Self {
        Self {
            words: words.into(),
            sources: sources.to_vec(),
        }
    }

    /// What is wrong.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Where it is written.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        self.sources
            .iter()
            .try_for_each(|source| write!(f, "\n    at {source}"))
    }
}

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
            Trail {
                template,
                steps: Vec::new(),
                args: Vec::new(),
                scope: None,
                root,
                now: true,
            },
        );
    }

    /// A path that something else takes is closed to the pages of trees that are mounted above it.
    pub(crate) fn refuse_hidden(&mut self, prefix: &str, taker: &str) {
        let mounts = &self.finder.mounts;
        let depth = |root| {
            mounts
                .iter()
                .find(|mount| mount.root == root)
                .map_or(0, |mount| mount.prefix.len())
        };
        for route in &self.finder.routes {
            let below = route.template.strip_prefix(prefix);
            let is_below = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            if is_below && depth(route.root) < prefix.len() {
                let (page, template) = (&route.page, &route.template);
                let words = format!(
                    "the page `{page}` at `{template}` can never be reached: {taker} at `{prefix}` takes that path"
                );
                self.mistakes.push(Mistake::new(words, &[route.source]));
            }
        }
    }

    /// Where a type contains itself, what stands below one of its nodes stands below all of them: that is for the type itself to say.
    fn refuse_reaching(&mut self) {
        let places = self.finder.places.iter().enumerate();
        let agains = places.filter_map(|(here, place)| Some((here, place.again.as_ref()?)));
        let mut found: Vec<_> = agains
            .flat_map(|(here, again)| self.reaching(here, again))
            .collect();
        found.dedup();
        self.mistakes.extend(found);
    }

    /// Who reaches below a node that is there again, or below the place where the search goes on, from outside of its type.
    fn reaching(&self, here: usize, again: &Again) -> Vec<Mistake> {
        let entry = again.steps.get(..again.entry).unwrap_or(&[]);
        let mut into_the_first = self.owners_below(again.place);
        into_the_first.retain(|owner| !owner.steps.starts_with(entry));
        let below = |child: usize| {
            self.owners[child]
                .as_ref()
                .map_or("it", |child| &child.name)
        };
        let refuse = |owner: &Owner, child: usize| {
            let (name, child) = (&owner.name, below(child));
            let words = format!(
                "{name} stands below {child}, whose type contains itself\nhelp: make it a page or a child of that type"
            );
            Mistake::new(words, &[owner.source])
        };
        let into_the_first = into_the_first
            .into_iter()
            .map(|owner| refuse(owner, again.place));
        let into_the_next = self
            .owners_below(here)
            .into_iter()
            .map(|owner| refuse(owner, here));
        into_the_first.chain(into_the_next).collect()
    }

    /// Who stands below a place, not at it.
    fn owners_below(&self, place: usize) -> Vec<&Owner> {
        let place = &self.finder.places[place];
        let below = place
            .fixed
            .iter()
            .map(|(_, next)| next)
            .chain(place.capture);
        let owners = below.flat_map(|next| self.owners[next].iter().chain(self.owners_below(next)));
        owners.collect()
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

    fn node(&mut self, shape: &Shape, place: usize, mut trail: Trail) {
        if self.around.len() >= DEEPEST {
            let (at, name) = (&trail.template, shape.node.name);
            let words = format!(
                "the tree is deeper than {DEEPEST} nodes at `{at}`: `{name}` contains itself with other types each time"
            );
            self.mistakes
                .push(Mistake::new(words, &[shape.node.source]));
            return;
        }
        let scope = Scope {
            parent: trail.scope,
            steps: trail.steps.clone().into(),
            errors: shape.block.errors,
        };
        trail.scope = Some(self.finder.scopes.len());
        self.finder.places[place].scope = trail.scope;
        self.finder.has_errors |= !scope.errors.is_empty();
        self.finder.scopes.push(scope);
        self.around.push(Around {
            shape: *shape,
            place,
            steps: trail.steps.len(),
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
        below.now &= !row.waits && row.args.iter().all(Arg::is_now);
        match self.around.iter().find(|around| around.shape.is(&shape)) {
            Some(around) => {
                self.cycles.push(Cycle {
                    root: below.root,
                    entry: below.steps[..around.steps].to_vec(),
                    args: below.args[around.steps..].to_vec(),
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
            None => self.node(&shape, end, below),
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

    fn check_child_args(&mut self, row: &ChildRow, owner: &Owner) {
        if row.args.iter().any(|arg| arg.kind == ArgKind::Body) {
            let words = format!(
                "{} reads the body of the request: only a page can",
                owner.name
            );
            self.mistakes.push(Mistake::new(words, &[row.source]));
        }
    }

    fn check_page_args(&mut self, row: &PageRow, owner: &Owner) {
        if row
            .args
            .iter()
            .filter(|arg| arg.kind == ArgKind::Body)
            .count()
            > 1
        {
            let words = format!("{} reads the body of the request twice", owner.name);
            self.mistakes.push(Mistake::new(words, &[row.source]));
        }
    }
}

/// A page about to become routes.
struct Draft<'d> {
    row: &'d PageRow,
    page: &'d str,
    template: String,
    trail: &'d Trail,
    is_listed: bool,
    reach: Reach,
}

impl Draft<'_> {
    fn route(&self, verb: Verb) -> Route {
        let Self {
            row,
            page,
            template,
            trail,
            is_listed,
            reach,
        } = self;
        let mut steps = trail.steps.clone();
        steps.push(row.id | METHOD);
        let has_body = matches!(verb, Verb::Post | Verb::Put | Verb::Patch | Verb::Delete);
        let now = trail.now
            && !row.waits
            && row
                .args
                .iter()
                .all(|arg| arg.is_now() && !(has_body && arg.may_be_a_field()));
        Route {
            verb,
            template: template.clone(),
            page: (*page).to_string(),
            doc: row.doc,
            source: row.source,
            args: row.args,
            args_above: trail.args.clone().into(),
            reach: *reach,
            steps: steps.into(),
            scope: trail.scope.unwrap_or(0),
            root: trail.root,
            now,
            is_listed: *is_listed,
        }
    }
}

impl Place {
    fn methods_at(&mut self, end: End) -> &mut Methods {
        let door = if end == End::Bare {
            &mut self.bare
        } else {
            &mut self.slash
        };
        door.get_or_insert_with(Methods::default)
    }

    fn methods_behind(&mut self, reach: Reach) -> &mut Methods {
        let tail = self.tail.get_or_insert_with(Tail::default);
        tail.reach.most = tail.reach.most.max(reach.most);
        tail.reach.rest |= reach.rest;
        tail.reach.from_zero |= reach.from_zero;
        &mut tail.methods
    }

    fn finish(&mut self) {
        let tail = self.tail.as_mut().map(|tail| &mut tail.methods);
        for methods in [self.bare.as_mut(), self.slash.as_mut(), tail]
            .into_iter()
            .flatten()
        {
            methods.finish();
        }
    }
}

impl Methods {
    /// GET answers HEAD as well; OPTIONS is always answered.
    fn finish(&mut self) {
        self.routes[Verb::Head as usize] =
            self.routes[Verb::Head as usize].or(self.routes[Verb::Get as usize]);
        let answered =
            |verb: &&Verb| **verb == Verb::Options || self.routes[**verb as usize].is_some();
        let mut names: Vec<_> = Verb::ALL
            .iter()
            .filter(answered)
            .map(|verb| verb.name())
            .collect();
        names.sort_unstable();
        self.allow =
            HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"));
    }
}

impl Finder {
    /// Lists the whole paths below a place that have no capture in them.
    fn list_whole(&mut self, path: &str, index: usize) {
        if self.places[index].bare.is_some() {
            // A root has no URL without its slash.
            let path = if path.is_empty() { "/" } else { path };
            self.list(path.into(), (index, End::Bare));
        }
        if self.places[index].slash.is_some() {
            self.list(format!("{path}/").into(), (index, End::Slash));
        }
        let below: Vec<_> = self.places[index]
            .fixed
            .iter()
            .map(|(name, next)| (format!("{path}/{name}"), next))
            .collect();
        for (path, next) in below {
            self.list_whole(&path, next);
        }
    }

    fn list(&mut self, path: Box<str>, place: (usize, End)) {
        self.lengths |= bit(path.len());
        self.whole.insert(path, place);
    }
}

/// `/hello/{name?}`, `/files/{rest…}`.
fn with_leftovers(mut template: String, args: &[Arg]) -> String {
    for arg in args {
        if arg.kind == ArgKind::Rest || arg.from == From::Rest {
            template.extend(["/{", arg.name, "…}"]);
        } else if arg.fills_from_path() {
            template.extend(["/{", arg.name, "?}"]);
        }
    }
    template
}
