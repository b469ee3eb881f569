//! `find` against the rules, written plainly: every page is unfolded into its whole patterns, and the best one that fits wins.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::config::Source;
use crate::exchange::Way;
use crate::params::{Arg, ArgKind, From};
use crate::tree::find::{Finder, Outcome};
use crate::tree::node::METHOD;
use crate::tree::plan::Planner;
use crate::tree::table::{BlockTable, ChildRow, PageRow, Place, Segment, Shape, StructTable, Verb};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn finds_what_the_rules_say(site in site(), asked in vec((path(), select(Verb::ALL)), 1..30)) {
        let shapes = shapes(&site);
        let Some(finder) = planned(&site, &shapes) else { return Ok(()) };
        let rules = Rules::of(&site, &shapes);
        for (path, verb) in asked {
            let found = told(&finder, &path, verb);
            let expected = rules.find(&path, verb);
            // Two pages of different rounds of a cycle may stand at one URL; which one answers is not ruled.
            prop_assume!(expected != Expected::Twice);
            prop_assert_eq!(found, expected, "{} {}", verb.name(), path);
        }
    }
}

/// The generator makes what the property is about; without this test it might make nothing of it, and nobody would notice.
#[test]
fn the_random_sites_reach_every_outcome() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = BTreeMap::<&str, usize>::new();
    for _ in 0..500 {
        let site = site().new_tree(&mut runner).unwrap().current();
        let shapes = shapes(&site);
        let Some(finder) = planned(&site, &shapes) else {
            continue;
        };
        *seen.entry("planned").or_default() += 1;
        *seen.entry("cycle").or_default() += usize::from(finder.has_cycle);
        for path in vec(path(), 10).new_tree(&mut runner).unwrap().current() {
            let outcome = match told(&finder, &path, Verb::Get) {
                Expected::Page { rest: Some(_), .. } => "rest",
                Expected::Page { captures, .. } if !captures.is_empty() => "captures",
                Expected::Page { .. } => "page",
                Expected::Slash => "slash",
                Expected::OtherMethods(_) => "other methods",
                Expected::Nothing | Expected::Twice => "nothing",
            };
            *seen.entry(outcome).or_default() += 1;
        }
    }
    for outcome in [
        "planned",
        "cycle",
        "rest",
        "captures",
        "page",
        "slash",
        "other methods",
        "nothing",
    ] {
        assert!(
            seen.get(outcome).is_some_and(|&times| times > 10),
            "{outcome}: {seen:?}"
        );
    }
}

/// Nodes that refer to each other by number; the trees mounted are numbers too.
#[derive(Debug, Clone)]
struct RandomSite {
    nodes: Vec<RandomNode>,
    mounts: Vec<(&'static str, usize)>,
}

#[derive(Debug, Clone)]
struct RandomNode {
    resource: bool,
    pages: Vec<RandomPage>,
    children: Vec<RandomChild>,
}

#[derive(Debug, Clone)]
struct RandomPage {
    place: RandomPlace,
    verbs: Vec<Verb>,
    most: usize,
    rest: bool,
}

#[derive(Debug, Clone)]
enum RandomPlace {
    Index,
    Own,
    Default,
    /// Its path is its name: what is left fills its parameters.
    Name(&'static str),
    Template(Vec<Segment>),
}

#[derive(Debug, Clone)]
struct RandomChild {
    path: Vec<Segment>,
    /// Parameters that take a segment each, after the path.
    taken: usize,
    /// One more segment is the key of a map.
    keyed: bool,
    node: usize,
}

const NAMES: [&str; 3] = ["a", "b", "é"];
const NODES: usize = 4;

fn site() -> impl Strategy<Value = RandomSite> {
    let mounts = prop_oneof![
        3 => Just(vec![("", 0)]),
        1 => Just(vec![("", 0), ("/a", 1)]),
        1 => Just(vec![("/a/é", 2), ("", 0), ("/a", 1)]),
        1 => Just(vec![("/b", 3)]),
    ];
    (vec(node(), NODES), mounts).prop_map(|(nodes, mounts)| RandomSite { nodes, mounts })
}

fn node() -> impl Strategy<Value = RandomNode> {
    (any::<bool>(), vec(page(), 0..5), vec(child(), 0..3)).prop_map(
        |(resource, mut pages, children)| {
            // A resource has no `index`, and a page of it that is no method has a path; no other node has methods.
            pages.retain(|page| match page.place {
                RandomPlace::Own => resource,
                RandomPlace::Index | RandomPlace::Name(_) => !resource,
                RandomPlace::Default | RandomPlace::Template(_) => true,
            });
            RandomNode {
                resource,
                pages,
                children,
            }
        },
    )
}

fn page() -> impl Strategy<Value = RandomPage> {
    let place = prop_oneof![
        4 => Just(RandomPlace::Index),
        1 => Just(RandomPlace::Own),
        2 => Just(RandomPlace::Default),
        4 => select(&NAMES[..]).prop_map(RandomPlace::Name),
        4 => template().prop_map(RandomPlace::Template),
    ];
    let verbs = prop_oneof![3 => Just(vec![Verb::Get]), 2 => subsequence(Verb::ALL, 1..4)];
    (place, verbs, 0..3_usize, any::<bool>()).prop_map(|(place, verbs, most, rest)| RandomPage {
        place,
        verbs,
        most,
        rest,
    })
}

fn child() -> impl Strategy<Value = RandomChild> {
    (template(), 0..2_usize, prop::bool::weighted(0.2), 0..NODES).prop_map(
        |(path, taken, keyed, node)| RandomChild {
            path,
            taken,
            keyed,
            node,
        },
    )
}

fn template() -> impl Strategy<Value = Vec<Segment>> {
    let segment = prop_oneof![
        3 => select(&NAMES[..]).prop_map(Segment::Fixed),
        1 => Just(Segment::Capture("x")),
    ];
    vec(segment, 1..3)
}

/// Segments as they are sent, and what they mean.
const SENT: [(&str, Option<&str>); 15] = [
    ("a", Some("a")),
    ("b", Some("b")),
    ("c", Some("c")),
    ("%61", Some("a")),
    ("%C3%A9", Some("é")),
    ("%c3%a9", Some("é")),
    ("a%2Fb", Some("a/b")),
    ("%2561", Some("%61")),
    ("", Some("")),
    (".", Some(".")),
    ("%2E%2e", Some("..")),
    ("%", None),
    ("%zz", None),
    ("%ff", None),
    ("a%00", None),
];

fn path() -> impl Strategy<Value = String> {
    let segment =
        prop_oneof![20 => select(&SENT[..6]), 2 => select(&SENT[6..11]), 1 => select(&SENT[11..])];
    let slash = prop_oneof![2 => Just(""), 1 => Just("/")];
    (vec(segment, 0..5), slash).prop_map(|(segments, slash)| {
        let path: String = segments.iter().flat_map(|(sent, _)| ["/", sent]).collect();
        if path.is_empty() {
            "/".to_string()
        } else {
            path + slash
        }
    })
}

thread_local! {
    /// The shapes of the site that is being tested: a table can only name a plain function.
    static SHAPES: RefCell<Vec<Shape>> = const { RefCell::new(Vec::new()) };
}

fn shape<const NODE: usize>() -> Shape {
    SHAPES.with_borrow(|shapes| shapes[NODE])
}

fn keyed<const NODE: usize>() -> Shape {
    Shape {
        keys: 1,
        ..shape::<NODE>()
    }
}

fn shapes(site: &RandomSite) -> Vec<Shape> {
    let shapes: Vec<_> = site
        .nodes
        .iter()
        .enumerate()
        .map(|(number, node)| node.shape(number))
        .collect();
    SHAPES.replace(shapes.clone());
    shapes
}

/// `None`: the site has mistakes, as random sites often have.
fn planned(site: &RandomSite, shapes: &[Shape]) -> Option<Finder> {
    let mut planner = Planner::default();
    for (root, (prefix, node)) in site.mounts.iter().enumerate() {
        planner.mount(prefix, &shapes[*node], root);
    }
    let (finder, mistakes) = planner.finish();
    mistakes.is_empty().then_some(finder)
}

impl RandomNode {
    /// The first child is a field where it can be one, the others are methods.
    fn shape(&self, number: usize) -> Shape {
        let name = leak(format!("Node{number}"));
        let line = u32::try_from(number).unwrap() * 100;
        let rows = self.children.iter().enumerate();
        let rows: Vec<_> = rows
            .map(|(id, child)| child.row(id, source(line + 50)))
            .collect();
        let fields = usize::from(self.children.first().is_some_and(RandomChild::is_field));
        let pages = self.pages.iter().enumerate();
        let pages: Vec<_> = pages
            .map(|(id, page)| page.row(id, source(line + 10)))
            .collect();
        Shape {
            type_name: name,
            node: StructTable {
                name,
                doc: "",
                source: source(line),
                tools: None,
                fields: leak_all(rows[..fields].to_vec()),
            },
            block: BlockTable {
                resource: self.resource,
                tools: None,
                pages: leak_all(pages),
                children: leak_all(rows[fields..].to_vec()),
                errors: &[],
            },
            keys: 0,
        }
    }
}

impl RandomChild {
    fn is_field(&self) -> bool {
        let is_fixed = |segment: &Segment| matches!(segment, Segment::Fixed(_));
        self.taken == 0 && self.path.iter().all(is_fixed)
    }

    fn row(&self, id: usize, source: Source) -> ChildRow {
        let shapes: [fn() -> Shape; NODES] = [shape::<0>, shape::<1>, shape::<2>, shape::<3>];
        let maps: [fn() -> Shape; NODES] = [keyed::<0>, keyed::<1>, keyed::<2>, keyed::<3>];
        ChildRow {
            id: u16::try_from(id).unwrap(),
            name: "child",
            path: leak_all(self.path.clone()),
            args: leak_all(vec![value(true); self.taken]),
            waits: false,
            tools: None,
            shape: if self.keyed {
                maps[self.node]
            } else {
                shapes[self.node]
            },
            source,
        }
    }
}

impl RandomPage {
    fn row(&self, id: usize, source: Source) -> PageRow {
        let takes = matches!(self.place, RandomPlace::Name(_) | RandomPlace::Default);
        let (most, rest) = if takes {
            (self.most, self.rest)
        } else {
            (0, false)
        };
        let mut args = vec![value(!matches!(self.place, RandomPlace::Template(_))); most];
        args.extend(rest.then(|| Arg {
            kind: ArgKind::Rest,
            ..value(true)
        }));
        PageRow {
            // Far from the numbers of the children.
            id: u16::try_from(id).unwrap() + 100,
            name: leak(format!("page{id}")),
            verbs: leak_all(self.verbs.clone()),
            place: match &self.place {
                RandomPlace::Index => Place::Index,
                RandomPlace::Own => Place::Own,
                RandomPlace::Default => Place::Default,
                RandomPlace::Name(name) => Place::Path(leak_all(vec![Segment::Fixed(name)])),
                RandomPlace::Template(path) => Place::Path(leak_all(path.clone())),
            },
            args: leak_all(args),
            waits: false,
            tools: None,
            doc: "",
            source,
        }
    }

    /// Only a page named by its name, or a `default`, takes what is left. A `default` that asks for nothing takes all.
    fn reach(&self) -> (usize, bool) {
        match self.place {
            RandomPlace::Default => (self.most, self.rest || self.most == 0),
            RandomPlace::Name(_) => (self.most, self.rest),
            _ => (0, false),
        }
    }
}

fn value(leftover: bool) -> Arg {
    Arg {
        name: "x",
        type_name: "String",
        capture: None,
        leftover,
        from: From::Any,
        kind: ArgKind::Value,
        optional: true,
        needs: None,
        reads: None,
    }
}

fn source(line: u32) -> Source {
    Source {
        file: "random.rs",
        line,
        column: 1,
    }
}

fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn leak_all<T>(all: Vec<T>) -> &'static [T] {
    Box::leak(all.into_boxed_slice())
}

/// What `find` says, or should say.
#[derive(Debug, PartialEq)]
enum Expected {
    /// The steps to a page, the captured segments as they were sent, and what is left of the path.
    Page {
        root: usize,
        steps: Vec<u16>,
        captures: Vec<String>,
        rest: Option<String>,
    },
    Slash,
    /// `Allow`.
    OtherMethods(String),
    Nothing,
    Twice,
}

fn told(finder: &Finder, path: &str, verb: Verb) -> Expected {
    let mut way = Way::default();
    let found = finder.find(path, verb, 32, &mut way);
    let text =
        |&(start, end): &(u32, u32)| path.get(start as usize..end as usize).unwrap().to_string();
    match found.end {
        Outcome::Page(route) => {
            assert_eq!(finder.routes[route].root, found.root);
            Expected::Page {
                root: found.root,
                steps: way.steps.to_vec(),
                captures: way.captures.iter().map(text).collect(),
                rest: way
                    .rest
                    .map(|start| path.get(start as usize..).unwrap().to_string()),
            }
        }
        Outcome::Slash => Expected::Slash,
        Outcome::OtherMethods(methods) => {
            Expected::OtherMethods(methods.allow.to_str().unwrap().to_string())
        }
        Outcome::Nothing => Expected::Nothing,
    }
}

/// The rules, without any cleverness.
struct Rules<'s> {
    site: &'s RandomSite,
    shapes: &'s [Shape],
}

/// One whole way to a page.
#[derive(Debug, Clone)]
struct Pattern {
    path: Vec<Segment>,
    steps: Vec<u16>,
}

/// How a pattern ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    Bare,
    Slash,
    Tail { from_zero: bool },
}

/// The pages at one pattern and ending, by their methods: their steps, and what of a path each takes.
type Pages = BTreeMap<&'static str, (Vec<u16>, (usize, bool))>;

/// Fixed names, or nothing for a placeholder, and an ending.
type Key = (Vec<Option<&'static str>>, Ending);

impl<'s> Rules<'s> {
    fn of(site: &'s RandomSite, shapes: &'s [Shape]) -> Self {
        Self { site, shapes }
    }

    fn find(&self, path: &str, verb: Verb) -> Expected {
        // A path that is not well encoded leads nowhere.
        let sent: Vec<&str> = path.split('/').skip(1).collect();
        let meaning = |sent: &&str| {
            SENT.iter()
                .find(|(text, _)| text == sent)
                .and_then(|(_, meaning)| *meaning)
        };
        let Some(meant) = sent.iter().map(meaning).collect::<Option<Vec<_>>>() else {
            return Expected::Nothing;
        };
        // The longest mount that is a beginning of the path, by whole segments.
        let mounts = self
            .site
            .mounts
            .iter()
            .enumerate()
            .map(|(root, (prefix, node))| {
                (prefix.split('/').skip(1).collect::<Vec<_>>(), root, *node)
            });
        let mount = mounts
            .filter(|(prefix, ..)| meant.starts_with(prefix))
            .max_by_key(|(prefix, ..)| prefix.len());
        let Some((prefix, root, node)) = mount else {
            return Expected::Nothing;
        };
        let at_the_top = prefix.is_empty();
        let (sent, meant) = (&sent[prefix.len()..], &meant[prefix.len()..]);

        let mut all = BTreeMap::<Key, Pages>::new();
        let mut is_twice = false;
        let beginning = Pattern {
            path: Vec::new(),
            steps: Vec::new(),
        };
        self.unfold(
            node,
            &beginning,
            at_the_top,
            sent.len(),
            &mut all,
            &mut is_twice,
        );
        if is_twice {
            return Expected::Twice;
        }

        // Of all that fit: fixed names before placeholders from the left, then the one that goes deepest.
        let fitting = all.iter().filter_map(|((path, ending), pages)| {
            let (how, rank) = fit(path, *ending, pages, sent, meant, verb)?;
            Some((rank, how, pages))
        });
        let Some((_, how, pages)) = fitting.min_by(|(one, ..), (other, ..)| one.cmp(other)) else {
            return Expected::Nothing;
        };
        match (
            how,
            pages.get(verb.name()).or_else(|| head_by_get(verb, pages)),
        ) {
            (Fit::NeedsSlash, _) => Expected::Slash,
            (Fit::Here { captures, rest }, Some((steps, _))) => Expected::Page {
                root,
                steps: steps.clone(),
                captures: captures.iter().map(ToString::to_string).collect(),
                rest,
            },
            (Fit::Here { .. }, None) => Expected::OtherMethods(allow(pages)),
        }
    }

    /// Writes down every pattern below a node that a path of `most` segments may fit.
    fn unfold(
        &self,
        node: usize,
        here: &Pattern,
        at_the_top: bool,
        most: usize,
        all: &mut BTreeMap<Key, Pages>,
        is_twice: &mut bool,
    ) {
        if here.path.len() > most {
            return;
        }
        for row in self.shapes[node].block.pages {
            let page = &self.site.nodes[node].pages[usize::from(row.id) - 100];
            let (mut path, reach) = (here.path.clone(), page.reach());
            let mut steps = here.steps.clone();
            steps.push(row.id | METHOD);
            let mut endings = Vec::new();
            match &page.place {
                RandomPlace::Index => endings.push(Ending::Slash),
                // A root has no URL without its slash.
                RandomPlace::Own if at_the_top && path.is_empty() => endings.push(Ending::Slash),
                RandomPlace::Own => endings.push(Ending::Bare),
                RandomPlace::Default => endings.push(Ending::Tail { from_zero: true }),
                RandomPlace::Template(template) => {
                    path.extend(template);
                    endings.push(Ending::Bare);
                }
                RandomPlace::Name(name) => {
                    path.push(Segment::Fixed(name));
                    endings.push(Ending::Bare);
                    endings
                        .extend((reach != (0, false)).then_some(Ending::Tail { from_zero: false }));
                }
            }
            for (ending, verb) in endings
                .into_iter()
                .flat_map(|ending| page.verbs.iter().map(move |verb| (ending, verb)))
            {
                let pages = all.entry((names(&path), ending)).or_default();
                *is_twice |= pages.insert(verb.name(), (steps.clone(), reach)).is_some();
            }
        }
        let fields = self.shapes[node].node.fields.iter().map(|row| (row, 0));
        let methods = self.shapes[node]
            .block
            .children
            .iter()
            .map(|row| (row, METHOD));
        for (row, bit) in fields.chain(methods) {
            let child = &self.site.nodes[node].children[usize::from(row.id)];
            let mut below = here.clone();
            below.path.extend(&child.path);
            below.path.extend(vec![
                Segment::Capture("x");
                child.taken + usize::from(child.keyed)
            ]);
            below.steps.push(row.id | bit);
            self.unfold(child.node, &below, at_the_top, most, all, is_twice);
        }
    }
}

fn names(path: &[Segment]) -> Vec<Option<&'static str>> {
    let name = |segment: &Segment| match segment {
        Segment::Fixed(name) => Some(*name),
        Segment::Capture(_) => None,
    };
    path.iter().map(name).collect()
}

fn head_by_get(verb: Verb, pages: &Pages) -> Option<&(Vec<u16>, (usize, bool))> {
    if verb == Verb::Head {
        pages.get("GET")
    } else {
        None
    }
}

fn allow(pages: &Pages) -> String {
    let mut names: Vec<_> = pages.keys().copied().chain(["OPTIONS"]).collect();
    names.extend(pages.contains_key("GET").then_some("HEAD"));
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

enum Fit<'p> {
    Here {
        captures: Vec<&'p str>,
        rest: Option<String>,
    },
    NeedsSlash,
}

/// Whether a pattern fits, and how well: one number for each segment, and one for the end. Less is better.
fn fit<'p>(
    path: &[Option<&'static str>],
    ending: Ending,
    pages: &Pages,
    sent: &[&'p str],
    meant: &[&str],
    verb: Verb,
) -> Option<(Fit<'p>, Vec<u8>)> {
    let (mut captures, mut rank) = (Vec::new(), Vec::new());
    for (at, name) in path.iter().enumerate() {
        let meaning = meant.get(at).filter(|meaning| !is_odd(meaning))?;
        match name {
            Some(name) if name == meaning => rank.push(0),
            Some(_) => return None,
            None => {
                captures.push(sent[at]);
                rank.push(1);
            }
        }
    }
    let (left, left_sent) = (&meant[path.len()..], &sent[path.len()..]);
    let (is_end, is_slash) = (left.is_empty(), left == [""]);
    let Ending::Tail { from_zero } = ending else {
        rank.push(0);
        let here = Fit::Here {
            captures,
            rest: None,
        };
        return match ending {
            Ending::Bare if is_end => Some((here, rank)),
            Ending::Slash if is_slash => Some((here, rank)),
            // After a page at this very URL, before all else.
            Ending::Slash if is_end => {
                rank.push(1);
                Some((Fit::NeedsSlash, rank))
            }
            _ => None,
        };
    };
    rank.push(2);
    // A page of this method takes what it takes. Without one, what any of the pages takes is theirs.
    let own = pages
        .get(verb.name())
        .or_else(|| head_by_get(verb, pages))
        .map(|(_, reach)| *reach);
    let (most, rest) = own.unwrap_or_else(|| {
        pages.values().fold((0, false), |(most, rest), (_, one)| {
            (most.max(one.0), rest || one.1)
        })
    });
    if (is_end || is_slash) && !from_zero {
        return None;
    }
    let filled = left
        .iter()
        .take_while(|meaning| !is_odd(meaning))
        .count()
        .min(most);
    // A `Rest` takes all but dots.
    let is_taken = |meaning: &&str| rest && !matches!(*meaning, "." | "..");
    if !is_end && !is_slash && !left[filled..].iter().all(is_taken) {
        return None;
    }
    captures.extend(&left_sent[..filled]);
    let rest = rest.then(|| left_sent[filled..].join("/"));
    Some((Fit::Here { captures, rest }, rank))
}

/// No name and no placeholder takes these.
fn is_odd(meaning: &str) -> bool {
    matches!(meaning, "" | "." | "..")
}
