//! Lesson 7: sessions. The site remembers a visitor from one request to the next: in memory, in files, or in PostgreSQL.
//!
//! `cargo run --example 07_sessions -- --storage file` keeps them in the folder `sessions`; `postgres` in the database that the variable
//! `DATABASE_URL` names. Stop the program and start it again: with these two, it goes on counting.

use std::env;

use kirsch::prelude::*;

/// An option may be any expression: it is asked when the site starts.
#[expose]
#[tools(sessions(storage = storage(), database_url = database_url()))]
struct Visits;

#[expose]
impl Visits {
    /// From the parameter to the answer, this visitor's session is nobody else's: no visit is lost, however many come at once.
    fn index(&self, session: Session) -> Result<String> {
        let visits = session.get::<u64>("visits")?.unwrap_or_default() + 1;
        session.insert("visits", visits)?;
        Ok(visits.to_string())
    }

    /// Only looks: it waits for nobody, and a visitor who is new stays unknown.
    fn look(&self, session: ReadSession) -> Result<String> {
        let visits = session.get::<u64>("visits")?.unwrap_or_default();
        Ok(visits.to_string())
    }

    /// What was stored is deleted, and the cookie taken back.
    #[post]
    fn forget(&self, session: Session) -> Result<NoContent> {
        session.purge()?;
        Ok(NoContent)
    }
}

fn storage() -> Storage {
    match flag("--storage").as_deref() {
        Some("file") => Storage::File("sessions".into()),
        Some("postgres") => Storage::Postgres,
        _ => Storage::Memory,
    }
}

fn database_url() -> String {
    env::var("DATABASE_URL").unwrap_or_else(|_| "postgres://localhost".into())
}

/// The word after this flag.
fn flag(name: &str) -> Option<String> {
    env::args().skip_while(|word| word != name).nth(1)
}

/// `quickstart` reads the command line itself, and refuses a flag that it does not know. A program with flags of its own reads all of them.
fn main() -> Result<()> {
    let words: Vec<_> = env::args().skip(1).collect();
    for pair in words.chunks(2) {
        let pair: Vec<_> = pair.iter().map(String::as_str).collect();
        if !matches!(
            *pair,
            ["--storage", "memory" | "file" | "postgres"] | ["--listen", _]
        ) {
            return Err(Error::internal(
                "flags: --storage memory|file|postgres, --listen ADDR",
            ));
        }
    }
    let address = flag("--listen").unwrap_or_else(|| "127.0.0.1:8080".into());
    Site::new(Visits)
        .config_variables()
        .listen(&address)
        .serve()
}

#[cfg(test)]
mod tests {
    use kirsch::testing::Client;

    use super::*;

    #[test]
    fn every_visitor_is_counted_for_himself() {
        let mut client = Client::new(Visits);
        client.get("/").assert_body("1");
        client.get("/").assert_body("2");
        client.get("/look").assert_body("2");
        client.forget_cookies();
        client.get("/").assert_body("1");
    }

    #[test]
    fn there_is_no_cookie_before_something_is_stored() {
        let mut client = Client::new(Visits);
        client
            .get("/look")
            .assert_body("0")
            .assert_no_header("set-cookie");
        let answer = client.get("/");
        let cookie = answer.header("set-cookie").unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
    }

    #[test]
    fn a_visitor_may_be_forgotten() {
        let mut client = Client::new(Visits);
        client.get("/").assert_body("1");
        client.post("/forget").assert_status(204);
        client.get("/").assert_body("1");
    }

    #[test]
    fn files_outlive_the_site() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let path = folder.path().display();
            let text = format!(
                "[\"/\"]\ntools.sessions.storage = \"file\"\ntools.sessions.storage_path = \"{path}\""
            );
            Client::of(Site::new(Visits).config_text("files.toml", &text))
        };
        let mut before = open();
        before.get("/").assert_body("1");
        let cookie = before.cookie("session_id").unwrap().to_owned();
        drop(before);
        open()
            .set_cookie("session_id", cookie)
            .get("/")
            .assert_body("2");
    }
}
