//! The steps that were really taken, when the search went round a cycle.

use std::rc::Rc;

use super::Again;
use crate::exchange::Steps;

/// The steps that were really taken, when the search went round a cycle. Empty, and free, when it did not.
#[derive(Default, Clone, Debug)]
pub(crate) struct Round(pub(super) Option<Rc<Turn>>);

#[derive(Debug)]
pub(super) struct Turn {
    pub(super) prefix: Steps,
    /// How many of the first round's steps the prefix stands for.
    pub(super) cut: usize,
    /// The node in the round before that is around this one.
    pub(super) outer: Option<usize>,
    pub(super) before: Round,
}

impl Round {
    /// The next round.
    pub(super) fn again(&self, again: &Again) -> Self {
        let mut prefix = Steps::new();
        self.steps(&again.steps, &mut prefix);
        Self(Some(Rc::new(Turn {
            prefix,
            cut: again.entry,
            outer: again.scope,
            before: self.clone(),
        })))
    }

    /// Writes the real steps to what has these steps in the first round.
    pub(super) fn steps(&self, first: &[u16], steps: &mut Steps) {
        steps.clear();
        let Some(turn) = &self.0 else {
            return steps.extend_from_slice(first);
        };
        steps.extend_from_slice(&turn.prefix);
        steps.extend_from_slice(first.get(turn.cut..).unwrap_or(&[]));
    }

    /// How many real steps lead to a node that has `len` steps in the first round.
    pub(crate) fn len_of(&self, len: usize) -> usize {
        match &self.0 {
            Some(turn) if len >= turn.cut => turn.prefix.len() + len - turn.cut,
            _ => len,
        }
    }
}
