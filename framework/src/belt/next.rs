//! What a tool around a page calls: the tools within it, and the page itself.

use std::fmt;
use std::sync::Arc;

use crate::belt::tool::{AnyTool, Around};
use crate::exchange::Exchange;

/// The way to a page: its children, its arguments, and itself.
pub(crate) trait Walk {
    fn walk<'a>(&'a self, exchange: &'a mut Exchange) -> Around<'a>;
}

/// The rest of the way to the page, as the method `around_handler` of a tool gets it.
pub struct Next<'a> {
    within: &'a [Arc<dyn AnyTool>],
    walk: &'a dyn Walk,
}

impl<'a> Next<'a> {
    pub(crate) fn new(within: &'a [Arc<dyn AnyTool>], walk: &'a dyn Walk) -> Self {
        Self { within, walk }
    }

    /// Calls the tools within this one, then the page, and gives its answer.
    ///
    /// # Errors
    /// What the page returned.
    pub fn run(self, exchange: &'a mut Exchange) -> Around<'a> {
        match self.within.split_first() {
            Some((tool, within)) => tool.around(exchange, Next { within, ..self }),
            None => self.walk.walk(exchange),
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next")
            .field("within", &self.within)
            .finish_non_exhaustive()
    }
}
