//! Asks the tools of a belt at a point. Whatever one of them does, a panic included, those that end something are asked.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use crate::belt::{Around, Belt, Hook, Next, Point, Step, Walk};
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::site::core::Core;
use crate::site::guard;
use crate::site::lifecycle::Journey;

/// The points before the page, at each of which a tool may answer in its place.
pub(super) const BEFORE: [Point; 3] = [
    Point::OnStartResource,
    Point::BeforeRequestBody,
    Point::BeforeHandler,
];

/// Who is still to be asked at a point, and what has gone wrong there.
struct Round<'b> {
    hooks: std::slice::Iter<'b, Hook>,
    failure: Option<Error>,
    /// An answer ends the point.
    is_before: bool,
}

impl<'b> Round<'b> {
    fn of(belt: &'b Belt, point: Point) -> Self {
        Self {
            hooks: belt.at(point).iter(),
            failure: None,
            is_before: point <= Point::BeforeHandler,
        }
    }

    fn next(&mut self, exchange: &Exchange) -> Option<&'b Hook> {
        if self.is_before && exchange.is_answered() {
            return None;
        }
        let failed = self.failure.is_some();
        self.hooks.find(|hook| !failed || hook.failsafe)
    }

    /// The first failure is what the point ends with; of those after it, only the log hears.
    fn note(&mut self, result: Result<()>, exchange: &Exchange) {
        match result {
            Ok(()) => {}
            Err(error) if self.failure.is_none() => self.failure = Some(error),
            Err(error) => crate::site::failure::log(&error, exchange),
        }
    }

    fn end(self) -> Result<()> {
        self.failure.map_or(Ok(()), Err)
    }
}

/// Asks tools none of which waits.
pub(super) fn ask_now(belt: &Belt, point: Point, exchange: &mut Exchange) -> Result<()> {
    if !belt.asks_at(point) {
        return Ok(());
    }
    let mut round = Round::of(belt, point);
    loop {
        // One guard for as many tools as go well.
        let result = guard::run(|| {
            while let Some(hook) = round.next(exchange) {
                hook.tool.run(point, exchange).now()?;
            }
            Ok(())
        });
        match result {
            Ok(()) => return round.end(),
            failed => round.note(failed, exchange),
        }
    }
}

/// Asks tools that may wait. Where nobody does, nothing of the waiting is made.
#[inline]
pub(super) async fn ask(
    core: &Core,
    journey: &Journey,
    point: Point,
    exchange: &mut Exchange,
) -> Result<()> {
    let belt = core.belt(journey);
    if belt.waits_at(point) {
        ask_waiting(core, journey, point, exchange).await
    } else {
        ask_now(belt, point, exchange)
    }
}

async fn ask_waiting(
    core: &Core,
    journey: &Journey,
    point: Point,
    exchange: &mut Exchange,
) -> Result<()> {
    let belt = core.belt(journey);
    let mut round = Round::of(belt, point);
    while let Some(hook) = round.next(exchange) {
        let result = ask_one(core, journey, hook, point, exchange).await;
        round.note(result, exchange);
    }
    round.end()
}

async fn ask_one(
    core: &Core,
    journey: &Journey,
    hook: &Hook,
    point: Point,
    exchange: &mut Exchange,
) -> Result<()> {
    match guard::run(|| Ok(hook.tool.run(point, exchange)))? {
        Step::Done(result) => result,
        Step::Later(future) => {
            let limit = (core.limits.request_timeout, StatusCode::SERVICE_UNAVAILABLE);
            guard::watch(future, limit, core.place(journey)).await
        }
    }
}

/// The way to the page, for the tools around it.
pub(super) struct ToPage<'w> {
    pub(super) core: &'w Core,
    pub(super) journey: &'w Journey,
}

impl Walk for ToPage<'_> {
    fn walk<'a>(&'a self, exchange: &'a mut Exchange) -> Around<'a> {
        Box::pin(self.core.walk(exchange, self.journey))
    }
}

/// Calls the page within the tools that stand around it.
pub(super) async fn walk_within(
    core: &Core,
    journey: &Journey,
    exchange: &mut Exchange,
) -> Result<HttpResponse> {
    let around = &core.belt(journey).around;
    if around.is_empty() {
        return core.walk(exchange, journey).await;
    }
    let to_page = ToPage { core, journey };
    let (time, late) = core.page_limit(exchange);
    let step = guard::run(|| Ok(Next::new(around, &to_page).run(exchange)))?;
    // Twice the time of the page, which has a limit of its own: a tool that waits for ever around it must not hold the request.
    let limit = (time.saturating_mul(2), late);
    guard::watch(step, limit, core.place(journey)).await
}
