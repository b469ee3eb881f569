//! What no table shows alone: pages that can never be reached, and parameters that cannot be read where they stand.

use super::{Owner, Planner};
use crate::config::Mistake;
use crate::params::ArgKind;
use crate::tree::find::Again;
use crate::tree::table::{ChildRow, PageRow};

impl Planner {
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
    pub(super) fn refuse_reaching(&mut self) {
        let places = self.finder.places.iter().enumerate();
        let agains = places.filter_map(|(here, place)| Some((here, place.again.as_ref()?)));
        let mut found: Vec<_> = agains
            .flat_map(|(here, again)| self.reaching(here, again))
            .collect();
        found.dedup();
        self.mistakes.extend(found);
    }

    /// Who reaches below a node that is there again, or below the place where the search goes on, from outside of its type.
    pub(super) fn reaching(&self, here: usize, again: &Again) -> Vec<Mistake> {
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
    pub(super) fn owners_below(&self, place: usize) -> Vec<&Owner> {
        let place = &self.finder.places[place];
        let below = place
            .fixed
            .iter()
            .map(|(_, next)| next)
            .chain(place.capture);
        let owners = below.flat_map(|next| self.owners[next].iter().chain(self.owners_below(next)));
        owners.collect()
    }

    pub(super) fn check_child_args(&mut self, row: &ChildRow, owner: &Owner) {
        if row.args.iter().any(|arg| arg.kind == ArgKind::Body) {
            let words = format!(
                "{} reads the body of the request: only a page can",
                owner.name
            );
            self.mistakes.push(Mistake::new(words, &[row.source]));
        }
    }

    pub(super) fn check_page_args(&mut self, row: &PageRow, owner: &Owner) {
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
