//! Lesson 14: configuration. What is written in attributes can be changed per path without a build.
//!
//! `cargo run --example 14_config` runs with the file beside this one, built in; `-c FILE` lays another over it. Try
//! `… config /prices`, `… config`, `… check`, and `… --set '"/prices".tools.timeout.after = "1s"' config /prices`.

use kirsch::Site;
use kirsch::prelude::*;

#[expose]
#[tools(timeout(after = secs(60)))]
struct Shop;

#[expose]
impl Shop {
    fn index(&self) -> &'static str {
        "cherries"
    }

    fn prices(&self) -> &'static str {
        "3 a pound"
    }
}

fn site() -> Site {
    Site::new(Shop).config_text("14_config.toml", include_str!("14_config.toml"))
}

fn main() -> Result<()> {
    site().quickstart()
}

#[cfg(test)]
mod tests {
    use kirsch::testing::Client;

    use super::*;

    #[test]
    fn the_file_changes_tools_per_path() {
        let mut client = Client::of(site());
        client.get("/").assert_no_header("cache-control");
        client
            .get("/prices")
            .assert_header("cache-control", "max-age=600");
    }

    #[test]
    fn every_value_knows_where_it_was_written() {
        let routes = site().ready().unwrap().routes_at("/prices");
        let tool = |name| {
            routes[0]
                .tools
                .iter()
                .find(|tool| tool.name == name)
                .unwrap()
        };
        let timeout = &tool("timeout").options[0];
        assert_eq!(
            (&*timeout.value, &*timeout.at),
            ("\"5s\"", "14_config.toml:11:1")
        );
        assert!(tool("timeout").at.ends_with("14_config.rs:10"));
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let wrong = site().config_text("more.toml", "[\"/prices\"]\ntools.timeout.aftr = 1");
        let mistakes = wrong.ready().unwrap_err().to_string();
        assert!(
            mistakes.contains("help: did you mean `after`?\n    at more.toml:2:1"),
            "{mistakes}"
        );
    }
}
