//! Lesson 6: what nothing else answers, and what is shown when something fails.
//!
//! A method named `default` gets every path below its node that has no page, and `Rest` is what is left of that path.
//! A method marked `#[error_page]` is shown in place of an error, here and below.

use kirsch::prelude::*;

#[expose]
struct Users {
    /// Name and what is said of them.
    people: Vec<(&'static str, &'static str)>,
}

#[expose]
impl Users {
    fn index(&self) -> String {
        let names: Vec<_> = self.people.iter().map(|(name, _)| *name).collect();
        format!("Say hello to {}: /{}", names.join(", "), names.join(", /"))
    }

    /// Pages that have a name go first: `/help` is never taken for a user.
    fn help(&self) -> &'static str {
        "ask away"
    }

    /// `/anna`, `/otto`, and whatever else: one segment is a user's name, more of them are nobody's.
    fn default(&self, rest: Rest) -> Result<String> {
        let known = self.people.iter().find(|(name, _)| *name == rest.as_str());
        let (name, about) = known.ok_or_else(Error::not_found)?;
        Ok(format!("{name}: {about}"))
    }

    /// Any error of a page may be returned with `?`. The visitor sees a 500 and no word of the cause; the log has it all.
    fn count(&self) -> Result<String> {
        Ok(std::fs::read_to_string("no/such/file")?)
    }

    /// The page for one status. The status stays what it is.
    #[error_page(404)]
    fn nobody(&self) -> &'static str {
        "There is nobody of that name."
    }

    /// The page for all others. The words of an error are meant for visitors.
    #[error_page(default)]
    fn sorry(&self, error: &Error) -> String {
        format!("Sorry: {}", error.words())
    }
}

fn site() -> Users {
    Users {
        people: vec![("anna", "planted the tree"), ("otto", "picks the cherries")],
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
    fn default_gets_what_has_no_page() {
        let mut client = Client::new(site());
        client.get("/anna").assert_body("anna: planted the tree");
        client.get("/help").assert_body("ask away");
        client.get("/").assert_in_body("/anna, /otto");
    }

    #[test]
    fn errors_have_a_page_and_keep_their_status() {
        let mut client = Client::new(site());
        client
            .get("/nobody")
            .assert_status(404)
            .assert_body("There is nobody of that name.");
        client
            .get("/anna/and/more")
            .assert_status(404)
            .assert_body("There is nobody of that name.");
        client
            .post_form("/help", [("q", "why")])
            .assert_status(405)
            .assert_in_body("Sorry: ");
    }

    #[test]
    fn a_cause_is_not_shown() {
        let answer = Client::new(site()).get("/count");
        answer.assert_status(500).assert_in_body("Sorry: ");
        assert!(!answer.text().contains("no/such/file"));
    }
}
