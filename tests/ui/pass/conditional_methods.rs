//! What `cfg` removes may stand at the URL of another.
use kirsch::prelude::*;

#[expose]
struct Root {
    #[cfg(any())]
    #[child]
    gone: Missing,
}

#[expose]
impl Root {
    #[cfg(all())]
    #[get(path = "system")]
    fn this(&self) -> &'static str {
        "this"
    }

    #[cfg(any())]
    #[get(path = "system")]
    fn other(&self) -> Missing {
        Missing
    }
}
