//! Lesson 2: a tree of objects.
//!
//! A node holds other nodes in fields that are marked `#[child]`. The field's name is a segment of the path,
//! so the shape of your structs is the shape of your site:
//!
//! ```text
//! /                 Home::index
//! /joke/            JokePage::index
//! /links/           LinksPage::index
//! /links/extra/     JokePage::index, another one
//! ```

use kirsch::prelude::*;

#[expose]
struct Home {
    #[child]
    joke: JokePage,
    #[child]
    links: LinksPage,
    /// Not marked, so no child: plain state. Every page of this node finds it in `self`.
    owner: String,
}

#[expose]
impl Home {
    fn index(&self) -> String {
        format!("{}'s site: see /joke/ and /links/", self.owner)
    }

    /// A page with a name of its own: `/contact`.
    fn contact(&self) -> String {
        format!("{} likes letters", self.owner)
    }
}

#[expose]
struct JokePage {
    joke: &'static str,
}

#[expose]
impl JokePage {
    fn index(&self) -> &'static str {
        self.joke
    }
}

#[expose]
struct LinksPage {
    #[child]
    extra: JokePage,
}

#[expose]
impl LinksPage {
    fn index(&self) -> &'static str {
        "https://www.rust-lang.org/ and some more at /links/extra/"
    }
}

/// The tree is an ordinary value. Tests may make another one.
fn site() -> Home {
    let joke = |joke| JokePage { joke };
    Home {
        joke: joke("Why do cherries never argue? They come in pairs."),
        links: LinksPage {
            extra: joke("What does a cherry have at heart? A stone."),
        },
        owner: "Ada".to_owned(),
    }
}

fn main() -> Result<()> {
    kirsch::quickstart(site())
}

#[cfg(test)]
mod tests {
    use kirsch::testing::Client;

    use super::*;

    #[test]
    fn every_node_has_its_page() {
        let mut client = Client::new(site());
        client.get("/").assert_in_body("Ada's site");
        client.get("/contact").assert_body("Ada likes letters");
        client.get("/joke/").assert_in_body("pairs");
        client.get("/links/extra/").assert_in_body("stone");
    }

    #[test]
    fn the_page_of_a_node_ends_with_a_slash() {
        let mut client = Client::new(site());
        client
            .get("/links?from=home")
            .assert_status(301)
            .assert_header("location", "/links/?from=home");
    }

    #[test]
    fn plain_state_is_no_page() {
        Client::new(site()).get("/owner").assert_status(404);
    }
}
