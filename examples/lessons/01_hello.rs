//! Lesson 1: hello, world.
//!
//! A site is a struct, and its methods are its pages. Run this with `cargo run --example 01_hello`
//! and open <http://127.0.0.1:8080/>. The terminal shows which pages there are.

use kirsch::prelude::*;

/// `#[expose]` on a struct makes it a node of the tree. The root of the tree is `/`.
#[expose]
struct HelloWorld;

/// `#[expose]` on an impl block makes its methods pages. What is not meant for visitors goes into an ordinary impl block.
#[expose]
impl HelloWorld {
    /// `index` is the page of the node itself: `/`.
    fn index(&self) -> &'static str {
        "Hello world!"
    }
}

fn main() -> Result<()> {
    // Reads the flags (try `-- --help`), prints the pages, serves them, and returns when you press Ctrl-C.
    kirsch::quickstart(HelloWorld)
}

#[cfg(test)]
mod tests {
    use kirsch::testing::Client;

    use super::*;

    #[test]
    fn the_world_is_greeted() {
        // No socket, no port: the client asks the site itself.
        let mut client = Client::new(HelloWorld);
        client
            .get("/")
            .assert_status(200)
            .assert_body("Hello world!");
    }

    #[test]
    fn there_is_nothing_else() {
        let mut client = Client::new(HelloWorld);
        client.get("/moon").assert_status(404);
        client
            .post_form("/", [("name", "moon")])
            .assert_status(405)
            .assert_header("allow", "GET, HEAD, OPTIONS");
    }
}
