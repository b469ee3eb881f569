//! The site as it is now. A new configuration takes its place between two requests; those that run go on with what they began with.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::site::core::Core;

/// What all workers serve.
pub(super) struct Live {
    core: Mutex<Arc<Core>>,
    /// How often it has been replaced. Workers look at this alone before each request.
    generation: AtomicU64,
}

impl Live {
    pub(super) fn new(core: Core) -> Self {
        Self {
            core: Mutex::new(Arc::new(core)),
            generation: AtomicU64::new(0),
        }
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(super) fn core(&self) -> Arc<Core> {
        Arc::clone(&self.core.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, core: Core) {
        *self.core.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(core);
        self.generation.fetch_add(1, Ordering::Release);
    }
}
