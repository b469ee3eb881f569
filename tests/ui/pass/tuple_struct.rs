//! Children may be fields without a name.
use kirsch::prelude::*;

#[expose]
struct Page(&'static str);

#[expose]
impl Page {
    fn index(&self) -> &'static str {
        self.0
    }
}

#[expose]
struct Root(
    #[child(path = "first")] Page,
    #[child(path = "a/second.html")] Page,
    u32,
);

#[expose]
impl Root {
    fn count(&self) -> String {
        self.2.to_string()
    }
}
