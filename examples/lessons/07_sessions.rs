//! Lesson 7: sessions. The site remembers a visitor from one request to the next: in memory, in files, or in PostgreSQL.
//!
//! `cargo run --example 07_sessions -- --storage file` keeps them in the folder `sessions`; `postgres` in the database that the variable
//! `DATABASE_URL` names. Stop the program and start it again: with these two, it goes on counting.

use std::env;

use kirsch::Flags;
use kirsch::prelude::*;

/// Files lie below `sessions`, if the storage is `file`.
#[expose]
#[tools(sessions(storage_path = "sessions"))]
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

/// The storage is one word: in the attribute above, in a configuration file, or, as here, known only when the program starts.
fn site(storage: &str, database: Option<&str>) -> Site {
    let site = Site::new(Visits).config_key("/", "tools.sessions.storage", storage);
    match database {
        Some(url) => site.config_key("/", "tools.sessions.database_url", url),
        None => site,
    }
}

fn main() -> Result<()> {
    Flags::new()
        .value(
            "storage",
            "WHERE",
            "memory, file or postgres [default: memory]",
        )
        .quickstart(|given| {
            let database = env::var("DATABASE_URL").ok();
            let storage = given.value("storage").unwrap_or("memory");
            Ok(site(storage, database.as_deref()))
        })
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
        let path = folder.path().to_string_lossy().into_owned();
        let key = "tools.sessions.storage_path";
        let open = || Client::of(site("file", None).config_key("/", key, &*path));
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
