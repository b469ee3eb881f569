//! Lesson 12: a tool of one's own, made of the same two attributes as the built-in ones, and a middleware of actix-web as a tool.
//!
//! `#[tool]` on a struct makes its fields options: in attributes, in files, and in variables. `#[tool]` on its `impl` block names the
//! points where it is asked.

use actix_cors::Cors;
use kirsch::actix_web::http::StatusCode;
use kirsch::actix_web::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use kirsch::prelude::*;
use kirsch::tools::{Function, Middleware, Next, Preparation};

/// Lets in who knows the word, as the application checks it.
#[tool(priority = 10)]
struct Gate {
    /// What stands before the word.
    #[option(default = "Word")]
    scheme: String,
    /// Whether this is the word: a function, `async` or not, or a method of a node.
    #[option(required)]
    check: Option<Function<str, bool>>,
}

#[tool]
impl Gate {
    async fn before_handler(&self, x: &mut Exchange) -> Result<()> {
        let sent = x
            .header(AUTHORIZATION)
            .and_then(|value| value.split_once(' '));
        let word = sent
            .filter(|(scheme, _)| *scheme == self.scheme)
            .map(|(_, word)| word);
        if let (Some(word), Some(check)) = (word, &self.check)
            && check.ask(x, word).await?
        {
            return Ok(());
        }
        let error = Error::new(StatusCode::UNAUTHORIZED, "say the word");
        Err(error.header(WWW_AUTHENTICATE, HeaderValue::from_str(&self.scheme)?))
    }
}

/// A middleware from crates.io, as a tool.
#[tool]
struct Shared {
    cors: Middleware,
}

#[tool]
impl Shared {
    fn prepare(&mut self, _: &mut Preparation<'_>) {
        self.cors = Middleware::new(|| Cors::default().allowed_origin("https://partner.example"));
    }

    async fn around_handler(&self, x: &mut Exchange, next: Next<'_>) -> Result<HttpResponse> {
        self.cors.around(x, next).await
    }
}

#[expose]
struct Orchard {
    word: String,
}

impl Orchard {
    fn knows(&self, word: &str) -> bool {
        self.word == word
    }
}

#[expose]
#[tools(shared)]
impl Orchard {
    fn index(&self) -> &'static str {
        "cherry trees"
    }

    #[tools(gate(check = Self::knows))]
    fn cellar(&self) -> &'static str {
        "cherry brandy"
    }
}

fn main() -> Result<()> {
    kirsch::quickstart(Orchard {
        word: "sesame".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_knows_the_word_comes_in() {
        let mut client = kirsch::testing::Client::new(Orchard {
            word: "sesame".into(),
        });
        client
            .get("/cellar")
            .assert_status(401)
            .assert_header("www-authenticate", "Word");
        let asked = client.request("GET".parse().unwrap(), "/cellar");
        asked
            .header("authorization", "Word sesame")
            .send()
            .assert_body("cherry brandy");
        let asked = client.request("GET".parse().unwrap(), "/");
        let answer = asked.header("origin", "https://partner.example").send();
        answer.assert_header("access-control-allow-origin", "https://partner.example");
    }
}
