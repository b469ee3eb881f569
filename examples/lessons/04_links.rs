//! Lesson 4: links, and pages that look alike.
//!
//! `#[expose]` makes a typed link to every page: rename a page, and the compiler shows each place that has its old name.
//! And since pages are ordinary methods, what they have in common is an ordinary function.

use kirsch::Link;
use kirsch::prelude::*;

#[expose]
struct Orchard {
    #[child]
    trees: Trees,
}

#[expose]
impl Orchard {
    fn index(&self) -> Html {
        let trees = Self::link().trees();
        page("Orchard", &format!("<a href=\"{trees}\">Trees</a>"))
    }

    /// An old address leads to the new one: 303, relative to this site.
    fn wood(&self) -> Redirect {
        Redirect::to(Self::link().trees())
    }
}

#[expose]
struct Trees {
    kinds: Vec<&'static str>,
}

#[expose]
impl Trees {
    /// `/trees/`, and `/trees/?first=1`
    fn index(&self, #[arg(default = 10)] first: usize) -> Html {
        let mut items = Vec::new();
        for (number, kind) in self.kinds.iter().enumerate().take(first) {
            let link = Orchard::link().trees().tree(number);
            items.push(format!("<li><a href=\"{link}\">{kind}</a></li>"));
        }
        // `query` adds to a link; names and values are encoded.
        let one = Link::from(Orchard::link().trees()).query("first", 1);
        items.push(format!("<a href=\"{one}\">Just one</a>"));
        page("Trees", &items.concat())
    }

    /// `/trees/2`: `{number}` captures a segment, and is the link's parameter too.
    #[get(path = "{number}")]
    fn tree(&self, number: usize) -> Result<Html> {
        let kind = self.kinds.get(number).ok_or_else(Error::not_found)?;
        Ok(page(kind, "<p>In bloom.</p>"))
    }
}

/// What every page has around it. For more than a lesson take a template crate, which escapes what visitors wrote.
fn page(title: &str, content: &str) -> Html {
    let home = Orchard::link();
    Html::new(format!(
        "<!doctype html><html lang=\"en\"><title>{title}</title>\
         <h1>{title}</h1>{content}<p><a href=\"{home}\">Home</a></p></html>"
    ))
}

fn site() -> Orchard {
    let kinds = vec!["Morello", "Kordia", "Griotte"];
    let trees = Trees { kinds };
    Orchard { trees }
}

fn main() -> Result<()> {
    kirsch::quickstart(site())
}

#[cfg(test)]
mod tests {
    use kirsch::testing::Client;

    use super::*;

    #[test]
    fn links_lead_to_pages() {
        let mut client = Client::new(site());
        client
            .get("/")
            .assert_in_body("<a href=\"/trees/\">Trees</a>");
        client
            .get("/trees/")
            .assert_in_body("/trees/1\">Kordia</a>");
        client.get("/trees/1").assert_in_body("\"/\">Home</a>");
    }

    #[test]
    fn a_query_belongs_to_the_link() {
        let mut client = Client::new(site());
        client.get("/trees/").assert_in_body("/trees/?first=1");
        let answer = client.get("/trees/?first=1");
        answer
            .assert_in_body("Morello")
            .assert_not_in_body("Kordia");
    }

    #[test]
    fn an_old_address_leads_on() {
        let answer = Client::new(site()).get("/wood");
        answer.assert_header("location", "/trees/");
    }
}
