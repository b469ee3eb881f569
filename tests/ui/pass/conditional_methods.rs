//! What `cfg` removes may stand at the URL of another.
use kirsch::prelude::*;

#[expose]
struct Root {
    #[cfg(miri)]
    #[child]
    gone: Missing,
}

#[expose]
impl Root {
    #[cfg(not(miri))]
    #[get(path = "system")]
    fn this(&self) -> &'static str {
        "this"
    }

    #[cfg(miri)]
    #[get(path = "system")]
    fn other(&self) -> Missing {
        Missing
    }
}
