//! Lesson 3: what visitors send.
//!
//! A page says what it wants to know by its parameters, and gets it by name: from the path, from the query, or from a form.
//! The type says what is accepted. Nobody has to parse anything, and what does not fit is answered before the page is called.

use kirsch::prelude::*;

#[expose]
struct Welcome;

#[expose]
impl Welcome {
    /// A form that asks for a name and sends it to `greet`.
    fn index(&self) -> Html {
        Html::new(concat!(
            "<!doctype html><title>Welcome</title>",
            "<form action=\"/greet\" method=\"post\">",
            "<label>Your name <input name=\"name\"></label> <button>Send</button>",
            "</form>",
        ))
    }

    /// `/greet/Ada` · `/greet?name=Ada` · the form above. An `Option` may be left out.
    #[get]
    #[post]
    fn greet(&self, name: Option<String>) -> String {
        match name.as_deref().map(str::trim) {
            Some("") => "No, really, enter your name at /".to_owned(),
            Some(name) => format!("Hey {name}, what's up?"),
            None => "Please enter your name at /".to_owned(),
        }
    }

    /// `/times/6/7`: leftover segments fill the parameters in order. `/times/6/seven` is 404, since there is no such page.
    fn times(&self, one: i64, other: i64) -> Result<String> {
        // An overflow is the visitor's mistake, so it is a 400 that says what was wrong.
        let product = one
            .checked_mul(other)
            .ok_or_else(|| Error::bad_request("these numbers are too large"))?;
        Ok(product.to_string())
    }

    /// `/shout?word=hey&word=you&loud=3`: a `Vec` takes repeats, a default stands in for what is left out.
    fn shout(&self, word: Vec<String>, #[arg(default = 1)] loud: u8) -> String {
        word.join(" ").to_uppercase() + &"!".repeat(loud.into())
    }
}

fn main() -> Result<()> {
    kirsch::quickstart(Welcome)
}

#[cfg(test)]
mod tests {
    use kirsch::testing::Client;

    use super::*;

    #[test]
    fn a_name_comes_by_path_by_query_or_by_form() {
        let mut client = Client::new(Welcome);
        client.get("/greet/Ada").assert_body("Hey Ada, what's up?");
        client
            .get("/greet?name=Ada+Lovelace")
            .assert_body("Hey Ada Lovelace, what's up?");
        client
            .post_form("/greet", [("name", "Ada")])
            .assert_body("Hey Ada, what's up?");
        client
            .post_form("/greet", [("name", " ")])
            .assert_body("No, really, enter your name at /");
        client
            .get("/greet")
            .assert_body("Please enter your name at /");
    }

    #[test]
    fn numbers_are_numbers() {
        let mut client = Client::new(Welcome);
        client.get("/times/6/7").assert_body("42");
        client.get("/times/6/seven").assert_status(404);
        client.get("/times?one=6&other=seven").assert_status(400);
        client.get("/times/6").assert_status(400);
        client
            .get("/times/9223372036854775807/2")
            .assert_status(400)
            .assert_in_body("too large");
    }

    #[test]
    fn repeats_are_gathered_and_defaults_stand_in() {
        let mut client = Client::new(Welcome);
        client
            .get("/shout?word=hey&word=you&loud=3")
            .assert_body("HEY YOU!!!");
        client.get("/shout?word=hey").assert_body("HEY!");
        client.get("/shout?loud=300").assert_status(400);
    }
}
