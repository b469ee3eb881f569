//! From an accepted stream to answered requests: actix-http's dispatcher between our stream and our bookkeeping.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::body::{BodySize, MessageBody};
use actix_http::error::DispatchError;
use actix_http::{ConnectionType, HttpService, KeepAlive, Request, Response};
use actix_service::{
    Service, ServiceFactory, ServiceFactoryExt as _, apply_fn_factory, map_config,
};
use actix_web::dev::AppConfig;
use bytes::Bytes;
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use super::Application;
use super::clock::Clock;
use super::connection::{Connection, Serving};
use super::framing;
use super::timed::Timed;

/// How long a connection that ends with an error is read on, so that the client may see the answer before a reset destroys it.
const LINGER: Duration = Duration::from_secs(1);

/// What serves the accepted streams of one listener in one worker.
pub(super) fn streams<T, S, B>(
    app: S,
    clock: Rc<Clock>,
) -> impl ServiceFactory<T, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    T: Stream,
    S: Application<B>,
    B: MessageBody + 'static,
{
    let app = app.map_err(|error| Response::from(error.into().error_response()));
    let app = apply_fn_factory(app, |request, app: &_| attend::<_, B>(request, app));
    let http = HttpService::build()
        // The clock does both, without a timer per request; here it is only the time of the first head.
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(clock.limits().first_head)
        .client_disconnect_timeout(LINGER)
        .on_connect_ext(|stream: &Timed<T>, data| {
            data.insert(Rc::clone(stream.connection()));
        })
        .h1(map_config(app, |()| AppConfig::default()));
    apply_fn_factory(http, move |stream: T, http: &_| serve(stream, http, &clock))
}

/// Serves one connection to its end.
fn serve<T, H>(
    stream: T,
    http: &H,
    clock: &Rc<Clock>,
) -> impl Future<Output = Result<(), DispatchError>> + use<T, H>
where
    T: Stream,
    H: Service<(Timed<T>, Option<SocketAddr>), Response = (), Error = DispatchError>,
{
    let peer = stream.accepted();
    let (timed, remains) = Timed::new(stream, clock);
    let served = http.call((timed, peer));
    async move {
        let end = served.await;
        if let Err(DispatchError::Body(cause)) = &end {
            // Its status may be out, so that nobody but the log can be told. Any text may be in it.
            let cause = format!("{cause:#}");
            let cause = cause.escape_debug();
            tracing::error!(target: "kirsch::error", ?peer, "the body of an answer failed: {cause}");
        }
        if let (Err(error), Some((stream, stuck))) = (&end, remains.take()) {
            tracing::debug!(?peer, "connection ends: {error}");
            part(stream, error, stuck).await;
        }
        end
    }
}

/// Answers one request, and tells its connection of it.
fn attend<A, B>(
    mut request: Request,
    app: &A,
) -> impl Future<Output = Result<Response<Watched<B>>, A::Error>> + use<A, B>
where
    A: Service<Request>,
    A::Response: Into<Response<B>>,
{
    let connection = request.conn_data::<Rc<Connection>>().map(Rc::clone);
    let is_surplus = connection.as_ref().is_some_and(|it| it.ends_before());
    let wants_close = request.head().connection_type() == ConnectionType::Close;
    let serving = connection.filter(|_| !is_surplus).map(|connection| {
        framing::guard(&mut request, &connection);
        connection.serve()
    });
    let answer = (!is_surplus).then(|| app.call(request));
    async move {
        let Some(answer) = answer else {
            // The stream ends the connection as soon as all that was answered before is out.
            return pending().await;
        };
        let mut answer: Response<B> = answer.await?.into();
        if let Some(serving) = &serving
            && serving.is_last(wants_close || ends(&answer))
        {
            answer.head_mut().set_connection_type(ConnectionType::Close);
        }
        Ok(answer.map_body(|_, body| Watched { body, serving }))
    }
}

/// The answer says itself that its connection ends: for a body that nobody will read, or as the application likes.
fn ends<B>(answer: &Response<B>) -> bool {
    answer.head().connection_type() == ConnectionType::Close
}

pin_project! {
    /// A body whose end is the end of its request.
    pub(super) struct Watched<B> {
        #[pin]
        body: B,
        // Dropped with the body: actix-http drops it when all of it has been made.
        serving: Option<Serving>,
    }
}

impl<B: MessageBody> MessageBody for Watched<B> {
    type Error = B::Error;

    #[inline]
    fn size(&self) -> BodySize {
        self.body.size()
    }

    #[inline]
    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, B::Error>>> {
        self.project().body.poll_next(cx)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { body, serving } = self;
        body.try_into_bytes().map_err(|body| Self { body, serving })
    }
}

/// Ends a connection that actix-http has given up.
async fn part<T: Stream>(stream: T, error: &DispatchError, stuck: bool) {
    let of_ours = |kind| matches!(error, DispatchError::Io(cause) if cause.kind() == kind);
    let timed_out = of_ours(io::ErrorKind::TimedOut);
    let over = of_ours(io::ErrorKind::ConnectionAborted);
    if stuck && timed_out {
        stream.forget_unsent();
    } else if timed_out || over || matches!(error, DispatchError::Parse(_)) {
        // The answer (400, 408, 414, 431) is out, but the client may still be sending what nobody wants.
        drop(actix_rt::time::timeout(LINGER, discard(stream)).await);
    }
}

/// Says that no more will come, and reads on until the client has understood.
///
/// Closed with unread bytes, the kernel would send a reset, and that may overtake the answer. RFC 9112 §9.6.
async fn discard<T: Stream>(mut stream: T) -> io::Result<()> {
    stream.shutdown().await?;
    let mut unwanted = [0; 4096];
    while stream.read(&mut unwanted).await? > 0 {}
    Ok(())
}

/// A stream that a listener accepts.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Readies the new stream for answers, and says who is at the other end.
    fn accepted(&self) -> Option<SocketAddr>;

    /// Closing drops what the client did not take, where the kernel would keep offering it for minutes.
    fn forget_unsent(&self);
}

impl Stream for TcpStream {
    fn accepted(&self) -> Option<SocketAddr> {
        // With Nagle's algorithm the last packet of an answer waits up to 40 ms for an acknowledgement. Fails only if the client has gone.
        drop(self.set_nodelay(true));
        self.peer_addr().ok()
    }

    fn forget_unsent(&self) {
        drop(self.set_zero_linger());
    }
}

impl Stream for UnixStream {
    fn accepted(&self) -> Option<SocketAddr> {
        None
    }

    /// The kernel keeps nothing for a peer on the same machine.
    fn forget_unsent(&self) {}
}
