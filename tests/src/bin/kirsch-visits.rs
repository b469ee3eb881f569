//! A site with sessions, for the tests of what must survive faults: `tests/it/session_faults/` says where its sessions are.
#![forbid(unsafe_code)]

use std::time::Duration;

use kirsch::actix_web;
use kirsch::actix_web::web::Bytes;
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
        // Nothing, unless the site is configured to lock explicitly.
        session.lock().await?;
        let count = session.get::<u64>("count")?.unwrap_or_default() + 1;
        actix_web::rt::time::sleep(Duration::from_millis(millis)).await;
        session.insert("count", count)?;
        Ok(count.to_string())
    }

    /// Has its session before the body is there, and counts after it.
    #[post]
    async fn count_late(&self, session: Session, _body: Bytes) -> Result<String> {
        self.inc(session, 0).await
    }

    /// Asks for its session when the body is there.
    #[post]
    async fn upload(&self, body: Bytes, session: Session) -> Result<String> {
        let count = self.inc(session, 0).await?;
        Ok(format!("{count} {}", body.len()))
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

    /// How often requests of one session were in each other's way, and for how many milliseconds sessions were held.
    fn contention(&self, session: ReadSession) -> String {
        let figures = session.figures();
        format!(
            "{} {} {} {}",
            figures.conflicts,
            figures.waits,
            figures.refused,
            figures.held.as_millis()
        )
    }

    /// Has the session, and says so before it gives it back.
    fn hold(&self, session: Session) -> HttpResponse {
        HttpResponse::Ok().body(Held {
            _session: session,
            has_said: false,
        })
    }

    async fn purge(&self, session: Session) -> Result<&'static str> {
        session.lock().await?;
        session.purge()?;
        Ok("purged")
    }

    async fn renew(&self, session: Session) -> Result<&'static str> {
        session.lock().await?;
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
    ) -> std::task::Poll<Option<Result<Bytes, Self::Error>>> {
        if std::mem::replace(&mut self.has_said, true) {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(Some(Ok("held".into())))
    }
}

fn main() -> Result<()> {
    kirsch::quickstart(Visits)
}
