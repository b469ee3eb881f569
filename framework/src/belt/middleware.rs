//! A middleware of actix-web around a page.
//!
//! A middleware is a service around another: it is given a request, gives it to the inner service, and is given the answer. A tool
//! is given an exchange, which holds the request. So the inner service here is a gate ([`Crossing`]): the request that comes
//! to it goes back into the exchange, the page is called, and its answer goes out through the gate.
//!
//! ```text
//! exchange ──request──▶ middleware ──request──▶ gate ──request──▶ exchange ─▶ page
//!             answer ◀── middleware ◀──answer── gate ◀────────answer──────────┘
//! ```

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use actix_http::ConnectionType;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::{Error as ActixError, HttpMessage as _, HttpRequest, HttpResponse, ResponseError};

use crate::belt::Next;
use crate::error::{Error, Result, Turn};
use crate::exchange::Exchange;

type Answered = Result<ServiceResponse, ActixError>;
type Answering = Pin<Box<dyn Future<Output = Answered>>>;

/// A middleware, made for one worker: from a request to an answer.
type Made = Rc<dyn Fn(ServiceRequest) -> Answering>;
type Making = Pin<Box<dyn Future<Output = Result<Made>>>>;
type Factory = dyn Fn() -> Making + Send + Sync;

/// A middleware of actix-web, to be called by the tool of an application that stands around pages.
///
/// The function that makes it is called once in each worker, as in `App::wrap`.
///
/// # Examples
/// ```
/// use actix_web::middleware::DefaultHeaders;
/// use kirsch::prelude::*;
/// use kirsch::tools::{Middleware, Next, Preparation};
///
/// /// Says which version of the site has answered.
/// #[tool]
/// struct Version {
///     /// The number.
///     #[option(required)]
///     number: u32,
///     headers: Middleware,
/// }
///
/// #[tool]
/// impl Version {
///     fn prepare(&mut self, _at: &mut Preparation<'_>) {
///         let number = self.number;
///         self.headers = Middleware::new(move || DefaultHeaders::new().add(("X-Version", number)));
///     }
///
///     async fn around_handler(&self, x: &mut Exchange, next: Next<'_>) -> Result<HttpResponse> {
///         self.headers.around(x, next).await
///     }
/// }
///
/// #[expose]
/// #[tools(version(number = 7u32))]
/// struct Root;
///
/// #[expose]
/// impl Root {
///     fn index(&self) -> &'static str {
///         "Hello"
///     }
/// }
///
/// let mut client = kirsch::testing::Client::new(Root);
/// client.get("/").assert_body("Hello").assert_header("x-version", "7");
/// ```
///
/// # What it sees
/// - It stands around the page, its children and arguments, and nothing else: `on_start_resource` to `before_handler` come before it,
///   `before_finalize` after it. It is not asked where there is no page: not for a 404 or 405, and not for OPTIONS, unless a page answers that.
/// - The page's error is an answer without a body to it. Headers that it adds are in the error page; an answer of its own in
///   place of it counts. An internal redirect passes through it as an error.
/// - Its own error is answered by the error page of the subtree, with the headers of its answer.
/// - It may change the head of the request, as long as no other middleware around the site keeps a handle on it: actix-web panics then.
///   The page has been found already: another method changes nothing, and another path is a 500. Such a middleware goes around the site.
/// - It calls what is inside once. A second call, and one with another request than it was given, are errors.
/// - It may answer before the page has: then the page is dropped.
/// - If it drops the request and fails, error pages and end hooks see a copy of the head, without `app_data` and extensions.
#[derive(Clone, Default)]
pub struct Middleware {
    /// None: nothing is around the page.
    factory: Option<Arc<Factory>>,
}

thread_local! {
    /// What has been made on this worker. Those whose tool is gone, after a reload, are dropped when the next is made.
    static MADE: RefCell<Vec<(Weak<Factory>, Made)>> = const { RefCell::new(Vec::new()) };
}

impl Middleware {
    /// The middleware that this function makes.
    pub fn new<T, B>(make: impl Fn() -> T + Send + Sync + 'static) -> Self
    where
        T: Transform<Inner, ServiceRequest, Response = ServiceResponse<B>, Error = ActixError>
            + 'static,
        T::Transform: 'static,
        T::InitError: fmt::Debug,
        B: MessageBody + 'static,
    {
        let factory = move || -> Making {
            let transform = make().new_transform(Inner(()));
            Box::pin(async move {
                let service = transform.await.map_err(unmade)?;
                Ok(boxed(Rc::new(service)))
            })
        };
        Self {
            factory: Some(Arc::new(factory)),
        }
    }

    /// Calls the page within the middleware.
    ///
    /// # Errors
    /// What the page returned, or what the middleware did.
    pub async fn around(&self, x: &mut Exchange, next: Next<'_>) -> Result<HttpResponse> {
        let Some(factory) = &self.factory else {
            return next.run(x).await;
        };
        let middleware = of_this_worker(factory).await?;
        let crossing = Rc::new(Crossing::default());
        let has_long_body = x.has_long_unread_body();
        let path = x.request().uri().path().to_owned();
        let request = x.lend();
        request.extensions_mut().insert(Rc::clone(&crossing));
        let mut outer = middleware(request);

        match until_it_comes(&crossing, &mut outer).await {
            Comes::Answer(answered) => {
                let mut answer = crossing.taken(answered, Some(x))?;
                // The middleware has dropped the body with its request.
                if has_long_body {
                    answer.head_mut().set_connection_type(ConnectionType::Close);
                }
                Ok(answer)
            }
            Comes::Request(request) => {
                let is_elsewhere = request.uri().path() != path;
                x.take_back(request);
                if is_elsewhere {
                    return Err(Error::internal(format!(
                        "a middleware has rewritten `{path}`, but the page has been found: put it around the site"
                    )));
                }
                crossing.page(&mut outer, x, next).await
            }
        }
    }
}

impl fmt::Debug for Middleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a middleware")
    }
}

/// The middleware as this worker has it.
async fn of_this_worker(factory: &Arc<Factory>) -> Result<Made> {
    let is_it = |(known, _): &&(Weak<Factory>, Made)| {
        std::ptr::addr_eq(known.as_ptr(), Arc::as_ptr(factory))
    };
    let known = |all: &Vec<_>| all.iter().find(is_it).map(|(_, made)| Rc::clone(made));
    if let Some(made) = MADE.with_borrow(known) {
        return Ok(made);
    }
    let made = factory().await?;
    MADE.with_borrow_mut(|all| {
        all.retain(|(known, _)| known.strong_count() > 0);
        // Two requests may have made one each: the first counts for all that come.
        let first = known(all);
        if first.is_none() {
            all.push((Arc::downgrade(factory), Rc::clone(&made)));
        }
        Ok(first.unwrap_or(made))
    })
}

fn unmade(cause: impl fmt::Debug) -> Error {
    Error::internal(format!("a middleware could not be made: {cause:?}"))
}

fn boxed<S, B>(service: Rc<S>) -> Made
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = ActixError> + 'static,
    B: MessageBody + 'static,
{
    Rc::new(move |request| {
        let service = Rc::clone(&service);
        Box::pin(async move {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            let response = service.call(request).await?;
            Ok(response.map_into_boxed_body())
        })
    })
}

/// What a [`Middleware`] has inside: the tools within it, and the page.
#[derive(Debug)]
pub struct Inner(());

impl Service<ServiceRequest> for Inner {
    type Response = ServiceResponse;
    type Error = ActixError;
    type Future = Pin<Box<dyn Future<Output = Answered>>>;

    actix_web::dev::always_ready!();

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let crossing = request.extensions_mut().remove::<Rc<Crossing>>();
        match crossing {
            Some(crossing) => {
                crossing.request.set(Some(request));
                wake(&crossing.driver);
                Box::pin(poll_fn(move |cx| crossing.poll_answer(cx)))
            }
            None => Box::pin(async {
                Err(Error::internal(
                    "a middleware has called the page twice, or with a request of its own",
                )
                .into())
            }),
        }
    }
}

/// Where one request passes from a middleware to the exchange, and its answer back.
#[derive(Default)]
struct Crossing {
    request: Cell<Option<ServiceRequest>>,
    answer: Cell<Option<Answered>>,
    /// The page's error, while the middleware sees an answer in its place.
    error: Cell<Option<Error>>,
    /// Who waits for the request: who drives the middleware.
    driver: Cell<Option<Waker>>,
    /// Who waits for the answer: the middleware.
    inner: Cell<Option<Waker>>,
}

/// What comes first.
enum Comes {
    Request(ServiceRequest),
    Answer(Answered),
}

/// Drives the middleware until it calls what is inside, or answers itself.
async fn until_it_comes(crossing: &Crossing, outer: &mut Answering) -> Comes {
    poll_fn(|cx| {
        crossing.driver.set(Some(cx.waker().clone()));
        let answered = outer.as_mut().poll(cx);
        match (crossing.request.take(), answered) {
            (_, Poll::Ready(answered)) => Poll::Ready(Comes::Answer(answered)),
            (Some(request), Poll::Pending) => Poll::Ready(Comes::Request(request)),
            (None, Poll::Pending) => Poll::Pending,
        }
    })
    .await
}

impl Crossing {
    fn poll_answer(&self, cx: &Context<'_>) -> Poll<Answered> {
        if let Some(answer) = self.answer.take() {
            return Poll::Ready(answer);
        }
        self.inner.set(Some(cx.waker().clone()));
        Poll::Pending
    }

    /// Calls the page, and gives its answer to the middleware, which may lose patience before.
    async fn page(
        &self,
        outer: &mut Answering,
        x: &mut Exchange,
        next: Next<'_>,
    ) -> Result<HttpResponse> {
        let first = {
            let mut page = next.run(x);
            poll_fn(|cx| match page.as_mut().poll(cx) {
                Poll::Ready(answer) => Poll::Ready(Ok(answer)),
                Poll::Pending => outer.as_mut().poll(cx).map(Err),
            })
            .await
        };
        match first {
            Ok(answer) => {
                self.give(answer, x.request());
                let answered = outer.await;
                self.taken(answered, None)
            }
            Err(answered) => self.taken(answered, None),
        }
    }

    /// Gives the page's answer to the middleware.
    fn give(&self, answer: Result<HttpResponse>, request: &HttpRequest) {
        let response = match answer {
            Ok(response) => Ok(response),
            Err(error) => self.stand_in(error, request),
        };
        let answered = response
            .map(|response| ServiceResponse::new(request.clone(), response))
            .map_err(ActixError::from);
        self.answer.set(Some(answered));
        wake(&self.inner);
    }

    /// What the middleware sees of the page's error. The error itself is kept.
    fn stand_in(&self, error: Error, request: &HttpRequest) -> Result<HttpResponse, Kept> {
        if let Some(Turn::Answer(answer)) = error.turn() {
            return Ok(answer(request));
        }
        let kept = Kept(error.status());
        let is_elsewhere = error.turn().is_some();
        let headers = error.headers().to_vec();
        self.error.set(Some(error));
        if is_elsewhere {
            return Err(kept);
        }
        let mut response = HttpResponse::from_error(kept);
        for (name, value) in headers {
            response.headers_mut().append(name, value);
        }
        Ok(response)
    }

    /// What the middleware answers in the end. `x`: it has not called the page, and the request is where it is.
    fn taken(&self, answered: Answered, x: Option<&mut Exchange>) -> Result<HttpResponse> {
        match answered {
            Ok(response) => {
                let (request, response) = response.into_parts();
                if let Some(x) = x {
                    request.extensions_mut().remove::<Rc<Self>>();
                    x.take_back(ServiceRequest::from_parts(request, Payload::None));
                }
                self.with_kept(response)
            }
            Err(error) => match (error.as_error::<Kept>(), self.error.take()) {
                (Some(_), Some(kept)) => Err(kept),
                _ => match error.as_error::<Error>() {
                    Some(ours) => Err(ours.again()),
                    None => Ok(HttpResponse::from_error(error)),
                },
            },
        }
    }

    /// If the answer still stands for the page's error, that error, with the headers that it has been given.
    fn with_kept(&self, response: HttpResponse) -> Result<HttpResponse> {
        let kept = response
            .error()
            .and_then(|error| error.as_error::<Kept>().copied());
        let Some((Kept(status), mut error)) = kept.zip(self.error.take()) else {
            return Ok(response);
        };
        let is_empty = matches!(response.body().size(), BodySize::None | BodySize::Sized(0));
        if !is_empty || response.status() != status {
            return Ok(without_error(response));
        }
        let known = error.headers().to_vec();
        for (name, value) in response.headers() {
            if !known.iter().any(|(a, b)| a == name && b == value) {
                error = error.header(name.clone(), value.clone());
            }
        }
        Err(error)
    }
}

/// The answer as one of its own: one that bears an error would get an error page.
fn without_error(response: HttpResponse) -> HttpResponse {
    HttpResponse::from(actix_http::Response::<BoxBody>::from(response))
}

fn wake(waker: &Cell<Option<Waker>>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

/// Stands for the page's error while a middleware has its answer.
#[derive(Debug, Clone, Copy)]
struct Kept(StatusCode);

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Kept {
    fn status_code(&self) -> StatusCode {
        self.0
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.0)
    }
}
