//! The very end of a request: when the body has been sent, or the client has gone, the tools that end something are asked.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

use crate::belt::Point;
use crate::exchange::Exchange;
use crate::site::core::Core;
use crate::site::hooks::{ask, ask_now};
use crate::site::lifecycle::Journey;

/// A request that has tools. However it ends, its tools are asked at `on_end_request`, once.
pub(super) struct Tended {
    pub(super) core: Arc<Core>,
    pub(super) journey: Journey,
    /// Taken when the end has come.
    exchange: Option<Exchange>,
}

impl Tended {
    pub(super) fn new(core: Arc<Core>, journey: Journey, exchange: Exchange) -> Self {
        Self {
            core,
            journey,
            exchange: Some(exchange),
        }
    }

    /// The parts, for as long as the request lives.
    pub(super) fn parts(&mut self) -> (&Arc<Core>, &mut Journey, &mut Exchange) {
        let exchange = self
            .exchange
            .as_mut()
            .expect("only `release` and `drop` take it, and both are the end");
        (&self.core, &mut self.journey, exchange)
    }

    /// Some tool waits for the end.
    pub(super) fn has_end(&self) -> bool {
        self.core.belt(&self.journey).asks_at(Point::OnEndRequest)
    }

    /// Nobody waits for the end.
    pub(super) fn release(mut self) {
        self.exchange = None;
    }
}

impl Drop for Tended {
    fn drop(&mut self) {
        let Some(exchange) = self.exchange.take() else {
            return;
        };
        end(&self.core, std::mem::take(&mut self.journey), exchange);
    }
}

/// Asks the tools of a belt at the end of a request.
pub(super) fn end(core: &Arc<Core>, journey: Journey, mut exchange: Exchange) {
    let belt = core.belt(&journey);
    let hooks = belt.at(Point::OnEndRequest);
    if hooks.is_empty() {
        return;
    }
    let waits = hooks.iter().any(|hook| {
        let mut rows = hook.tool.hooks().iter();
        rows.any(|row| row.point == Point::OnEndRequest && row.waits)
    });
    if !waits {
        if let Err(error) = ask_now(belt, Point::OnEndRequest, &mut exchange) {
            crate::site::failure::log(&error, &exchange);
        }
        return;
    }
    // Without a runtime the process is at its end, and nobody could wait.
    if tokio::runtime::Handle::try_current().is_ok() {
        let core = Arc::clone(core);
        drop(actix_rt::spawn(async move {
            let asked = ask(&core, &journey, Point::OnEndRequest, &mut exchange).await;
            if let Err(error) = asked {
                crate::site::failure::log(&error, &exchange);
            }
        }));
    }
}

/// The body of an answer whose end somebody waits for.
pub(super) struct Watched {
    pub(super) body: BoxBody,
    /// Dropped with the body: when it has been sent, or cannot be.
    pub(super) _end: Tended,
}

impl MessageBody for Watched {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
