//! The door to actix-web: a request comes in, and most answers go out at once.

use std::cell::RefCell;
use std::future::{Future, Ready as ReadyFuture, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_http::ConnectionType;
use actix_service::ServiceFactory;
use actix_web::body::BoxBody;
use actix_web::dev::{
    AppService, HttpServiceFactory, ResourceDef, Service, ServiceRequest, ServiceResponse,
};
use actix_web::http::header::HeaderValue;
use actix_web::{App, Error as ActixError, HttpResponse};

use crate::belt::Point;
use crate::error::Result;
use crate::exchange::Exchange;
use crate::limits::Limits;
use crate::log;
use crate::site::Ready;
use crate::site::core::Core;
use crate::site::end::{Tended, Watched};
use crate::site::lifecycle::Journey;
use crate::site::live::Live;
use crate::site::{failure, lifecycle};
use crate::tree::link::Place;

impl Ready {
    /// The site as a whole actix-web application. Dispatch goes through `default_service`: a service at the prefix `""` would cost more.
    pub(crate) fn app(
        &self,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse,
            Error = ActixError,
            InitError = (),
        > + use<>,
    > {
        let (grafts, configure) = (self.grafts.clone(), self.configure.clone());
        App::new()
            .configure(move |cfg| {
                for configure in &configure {
                    configure(cfg);
                }
                for graft in &grafts {
                    cfg.service(graft.scope());
                }
            })
            .default_service(Factory {
                live: Arc::clone(&self.live),
            })
    }
}

impl HttpServiceFactory for Ready {
    fn register(self, config: &mut AppService) {
        for graft in self.grafts {
            graft.scope().register(config);
        }
        let everything = if config.is_root() {
            ResourceDef::root_prefix("")
        } else {
            ResourceDef::prefix("")
        };
        config.register_service(everything, None, Factory { live: self.live }, None);
    }
}

/// Makes one service per worker.
struct Factory {
    live: Arc<Live>,
}

impl ServiceFactory<ServiceRequest> for Factory {
    type Response = ServiceResponse;
    type Error = ActixError;
    type Config = ();
    type Service = SiteService;
    type InitError = ();
    type Future = ReadyFuture<Result<SiteService, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let now = Now::of(&self.live);
        Place::new(&now.core.mounts, 0).enter();
        ready(Ok(SiteService {
            live: Arc::clone(&self.live),
            now: RefCell::new(now),
        }))
    }
}

/// The site on one worker.
pub(super) struct SiteService {
    live: Arc<Live>,
    now: RefCell<Now>,
}

/// The site as a worker has seen it last.
struct Now {
    core: Arc<Core>,
    generation: u64,
    limits: Rc<Limits>,
    /// The last `Host` that was found good: most requests of a worker bear the same.
    good_host: RefCell<HeaderValue>,
}

impl Now {
    fn of(live: &Live) -> Self {
        // Read first: a replacement in between is seen before the next request.
        let generation = live.generation();
        let core = live.core();
        Self {
            generation,
            limits: Rc::new(core.limits.clone()),
            core,
            good_host: RefCell::new(HeaderValue::from_static("")),
        }
    }
}

impl Service<ServiceRequest> for SiteService {
    type Response = ServiceResponse;
    type Error = ActixError;
    type Future = Answering;

    actix_web::dev::always_ready!();

    fn call(&self, request: ServiceRequest) -> Answering {
        let mut now = self.now.borrow();
        if now.generation != self.live.generation() {
            drop(now);
            self.refresh();
            now = self.now.borrow();
        }
        let core = &now.core;
        let mut exchange = Exchange::new(request, Rc::clone(&now.limits));
        let (mut journey, mut outcome) = core.begin(&mut exchange, &now.good_host);
        let belt = core.belt(&journey);
        if journey.belt != 0 {
            core.enter(&mut exchange, &journey);
            let is_ready = outcome.is_some() || exchange.now;
            if belt.waits || !(is_ready || belt.is_brief()) {
                let tended = Tended::new(Arc::clone(core), journey, exchange);
                return Answering::Later(Box::pin(lifecycle::tended(tended, outcome)));
            }
            if let Err(error) = core.ask_before(&mut exchange, &journey) {
                outcome = Some(Err(error));
            } else if exchange.is_answered() {
                outcome = exchange.take_answer().map(Ok);
            }
        }
        if outcome.is_none() && exchange.now {
            outcome = Some(core.walk_now(&mut exchange, &journey));
        }
        let Some(outcome) = outcome else {
            let run = lifecycle::run(Arc::clone(core), exchange, journey);
            return Answering::Later(Box::pin(run));
        };
        let answered = match outcome {
            Ok(response) if failure::is_bare(&response) => Err(failure::of_bare(&response)),
            Ok(response) if belt.is_brief() => {
                return Answering::now(core.sent(exchange, response));
            }
            Ok(response) => core.finalize_now(&mut exchange, &mut journey, response),
            failed => failed,
        };
        let mut error = match answered {
            Ok(response) => return finished(core, exchange, journey, response),
            Err(error) => error,
        };
        // An error that no page of the application answers, and no tool looks at, or all of them in time.
        if belt.is_brief() {
            match core.fail_at_once(&exchange, &journey, error) {
                Ok(response) => return Answering::now(core.sent(exchange, response)),
                Err(turn) => error = turn,
            }
        } else if !(error.is_unexpected() || journey.is_finalized()) {
            let answered = core
                .fail_at_once(&exchange, &journey, error)
                .and_then(|response| core.finalize_now(&mut exchange, &mut journey, response));
            match answered {
                Ok(response) => return finished(core, exchange, journey, response),
                Err(other) => error = other,
            }
        }
        let tended = Tended::new(Arc::clone(core), journey, exchange);
        Answering::Later(Box::pin(lifecycle::failed(tended, error)))
    }
}

/// Apart, so that requests without tools do not carry its room on the stack.
#[inline(never)]
fn finished(
    core: &Arc<Core>,
    exchange: Exchange,
    journey: Journey,
    response: HttpResponse,
) -> Answering {
    if !core.belt(&journey).asks_at(Point::OnEndRequest) {
        return Answering::now(core.sent(exchange, response));
    }
    let tended = Tended::new(Arc::clone(core), journey, exchange);
    Answering::now(tended.sent(response))
}

impl SiteService {
    /// Another configuration has taken the place of the one that this worker knows.
    #[cold]
    fn refresh(&self) {
        self.now.replace(Now::of(&self.live));
    }
}

impl Tended {
    /// The end of a request with tools. Its body may be watched to its end.
    pub(super) fn sent(mut self, mut response: HttpResponse) -> ServiceResponse {
        let has_end = self.has_end();
        let (core, _, exchange) = self.parts();
        for word in exchange.take_last_words() {
            word(response.headers_mut());
        }
        core.last_look(exchange, &mut response);
        let sent = ServiceResponse::new(exchange.request().clone(), response);
        if has_end {
            sent.map_body(|_, body| BoxBody::new(Watched { body, _end: self }))
        } else {
            self.release();
            sent
        }
    }
}

impl Core {
    /// The end of every request: its line in the access log, and the answer on its way.
    #[expect(
        clippy::inline_always,
        reason = "an exchange that is handed over is copied: 60 instructions per request"
    )]
    #[inline(always)]
    pub(super) fn sent(
        &self,
        mut exchange: Exchange,
        mut response: HttpResponse,
    ) -> ServiceResponse {
        if exchange.has_unread_body() || self.access_log {
            self.last_look(&mut exchange, &mut response);
        }
        let (request, _) = exchange.sent.into_parts();
        ServiceResponse::new(request, response)
    }

    fn last_look(&self, exchange: &mut Exchange, response: &mut HttpResponse) {
        if exchange.has_long_unread_body() {
            let head = response.head_mut();
            head.set_connection_type(ConnectionType::Close);
        }
        if self.access_log {
            log::access(exchange.request(), exchange.client_ip(), response);
        }
    }
}

/// An answer that is there, or one that is waited for. Both never fail: a failure has been answered.
pub(super) enum Answering {
    Now(Option<ServiceResponse>),
    Later(Pin<Box<dyn Future<Output = ServiceResponse>>>),
}

impl Answering {
    fn now(response: ServiceResponse) -> Self {
        Self::Now(Some(response))
    }
}

impl Future for Answering {
    type Output = Result<ServiceResponse, ActixError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Now(response) => response
                .take()
                .map_or(Poll::Pending, |response| Poll::Ready(Ok(response))),
            Self::Later(future) => future.as_mut().poll(cx).map(Ok),
        }
    }
}
