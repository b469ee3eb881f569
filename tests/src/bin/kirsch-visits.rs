//! A site with sessions, for the tests of what must survive faults: `tests/it/session_faults/` says where its sessions are.
#![forbid(unsafe_code)]

use std::time::Duration;

use kirsch::actix_web;
use kirsch::prelude::*;

#[expose]
#[tools(sessions)]
struct Visits;

#[expose]
impl Visits {
    /// Served whatever happens to the storage.
    fn alive(&self) -> &'static str {
        "alive"
    }

    /// Counts, with time between reading and writing.
    async fn inc(&self, session: Session, #[arg(default = 0)] millis: u64) -> Result<String> {
        let count = session.get::<u64>("count")?.unwrap_or_default() + 1;
        actix_web::rt::time::sleep(Duration::from_millis(millis)).await;
        session.insert("count", count)?;
        Ok(count.to_string())
    }

    fn look(&self, session: ReadSession) -> Result<String> {
        let count = session.get::<u64>("count")?;
        Ok(count.unwrap_or_default().to_string())
    }

    /// What was asked of the store so far, and what it has swept.
    fn figures(&self, session: ReadSession) -> String {
        let figures = session.figures();
        format!(
            "{} {} {} {}",
            figures.loads, figures.hits, figures.saves, figures.swept
        )
    }

    /// Has the session, and says so before it gives it back.
    fn hold(&self, session: Session) -> HttpResponse {
        HttpResponse::Ok().body(Held {
            _session: session,
            has_said: false,
        })
    }

    fn purge(&self, session: Session) -> Result<&'static str> {
        session.purge()?;
        Ok("purged")
    }

    fn renew(&self, session: Session) -> Result<&'static str> {
        session.renew()?;
        Ok("renewed")
    }
}

/// A body that says one word, and never ends.
struct Held {
    _session: Session,
    has_said: bool,
}

impl actix_web::body::MessageBody for Held {
    type Error = std::convert::Infallible;

    fn size(&self) -> actix_web::body::BodySize {
        actix_web::body::BodySize::Stream
    }

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<actix_web::web::Bytes, Self::Error>>> {
        if std::mem::replace(&mut self.has_said, true) {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(Some(Ok("held".into())))
    }
}

fn main() -> Result<()> {
    kirsch::quickstart(Visits)
}
