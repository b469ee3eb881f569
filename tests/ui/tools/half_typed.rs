//! What is being typed is no reason to forget the struct, so nothing is said of `Root` and its page.
use kirsch::prelude::*;

/// Writes down who asked for what.
#[tool]
struct Audit {
    /// How much is written down.
    #[option(default = 1)]
    level: u32,
}

#[tool]
impl Audit {
    fn before_handler(&self, _x: &mut Exchange) {}
}

#[expose]
#[tools(audit(level = ), respo)]
struct Root {
    greeting: String,
}

#[expose]
impl Root {
    #[tools(audit(lev), response_headers::)]
    fn index(&self) -> String {
        self.greeting.clone()
    }
}

fn root() -> kirsch::Site {
    kirsch::Site::new(Root {
        greeting: "Hello".into(),
    })
}

fn main() {}
