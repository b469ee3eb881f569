//! What is decided at start and shared by all workers.

use std::sync::{Arc, OnceLock};

use actix_web::web::Bytes;

use crate::config::Mistake;
use crate::limits::Limits;
use crate::site::belts::Belts;
use crate::site::keys::pages::{self, PlacedPage};
use crate::site::{Site, Tree, checks, read_file};
use crate::tree::find::Finder;
use crate::tree::link::Mounts;
use crate::tree::node::Root;
use crate::tree::plan::Planner;

pub(super) struct Core {
    pub(super) belts: Belts,
    /// The trees of each virtual host. The first has no name: it answers all other hosts.
    pub(super) hosts: Vec<(String, Finder)>,
    pub(super) roots: Vec<Arc<dyn Root>>,
    /// Where which tree is mounted, by its type's name: for links.
    pub(super) mounts: Arc<Mounts>,
    pub(super) error_pages: Vec<Arc<PlacedPage>>,
    /// Error pages show how the site works inside.
    pub(super) shows_internals: bool,
    pub(super) limits: Limits,
    pub(super) access_log: bool,
    /// Our own page for 404, which strangers ask for most, once it has been made.
    pub(super) not_found: OnceLock<Bytes>,
    pub(super) allowed_hosts: Vec<String>,
}

impl Core {
    /// Plans a site. Tools of which the same is said as `before` keep what they have.
    pub(super) fn of(site: Site, before: Option<&Self>) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = checks::of(&site);
        let mut planners = vec![(String::new(), Planner::default())];
        for (index, tree) in site.trees.iter().enumerate() {
            let host = tree.host.clone().unwrap_or_default();
            let known = planners.iter().position(|(name, _)| *name == host);
            let at = known.unwrap_or_else(|| {
                planners.push((host, Planner::default()));
                planners.len() - 1
            });
            planners[at].1.mount(&tree.prefix, &tree.shape, index);
        }
        for (_, planner) in &mut planners {
            let grafts = site.grafts.iter();
            grafts.for_each(|graft| planner.refuse_hidden(&graft.prefix, "what is grafted on"));
        }
        let mut hosts = Vec::new();
        for (host, planner) in planners {
            let (finder, found) = planner.finish();
            hosts.push((host, finder));
            mistakes.extend(found);
        }
        let mut error_pages = Vec::new();
        for (status, page) in &site.error_pages {
            let origin = checks::place_of(&site, &pages::name(*status));
            match page.clone().load(read_file) {
                Ok(page) => error_pages.push(Arc::new(PlacedPage {
                    status: *status,
                    page,
                    origin,
                })),
                Err(mistake) => mistakes.push(Mistake::at(mistake.words(), origin)),
            }
        }
        let entries: Vec<_> = site.configuration.entries().collect();
        for (_, finder) in &mut hosts {
            // An operator may give tools to a tree that has none.
            finder.needs_scope |= !entries.is_empty();
        }
        let before = before.map(|core| &core.belts);
        let (belts, found) = Belts::of_site(
            &hosts,
            &entries,
            site.environment,
            &site.allowed_hosts,
            &error_pages,
            before,
        );
        mistakes.extend(found);
        let chosen: Vec<_> = error_pages.iter().chain(belts.error_pages()).collect();
        mistakes.extend(checks::lost_pages(&chosen, &hosts, site.limits.segments));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let mount = |tree: &Tree| (tree.shape.type_name, tree.prefix.clone());
        let mounts = site.trees.iter().map(mount).collect();
        Ok(Self {
            belts,
            hosts,
            mounts: Arc::new(mounts),
            roots: site.trees.into_iter().map(|tree| tree.root).collect(),
            error_pages,
            shows_internals: site
                .show_tracebacks
                .unwrap_or(site.environment.shows_internals()),
            limits: site.limits,
            access_log: site.access_log,
            not_found: OnceLock::new(),
            allowed_hosts: site.allowed_hosts,
        })
    }
}
