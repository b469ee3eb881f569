//! Listens, times connections, and stops without losing a request. Knows nothing of sites: it serves any actix-web application.
//!
//! [`bind`] opens the addresses, so that a taken port is said before anything else starts; [`run`] serves until a signal ends it.
//! [`PidFile`] says which process that is, and [`launch`] starts it as a [`Daemon`].
//!
//! Every accepted stream becomes a `Timed` stream with a `Connection`, in `service.rs`. The stream, the requests and the worker's
//! `Clock` write into the connection what they know; the clock ends it when a limit of [`ServerOptions`] has passed.
//! actix-web itself times only the first head of a connection.

mod clock;
mod connection;
mod daemon;
mod framing;
mod listener;
mod options;
mod pidfile;
mod service;
mod stop;
#[cfg(test)]
mod tests;
mod timed;

pub use listener::{Address, InvalidAddress};
pub use options::ServerOptions;

pub(crate) use daemon::{Daemon, launch};
pub(crate) use listener::{Listener, bind};
pub(crate) use pidfile::PidFile;

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use actix_http::body::MessageBody;
use actix_http::{Request, Response};
use actix_server::{Server, ServerBuilder};
use actix_service::{IntoServiceFactory, ServiceFactory};
use actix_web::dev::AppConfig;
use futures_util::future::{Either, select};
use tokio::net::{TcpStream, UnixStream};

use clock::Clock;
use listener::{Bound, SocketFile};
use stop::{Signal, Signals, Stop};

/// Serves `app` on `listeners` until SIGTERM or SIGINT, and returns when the last request has been answered.
///
/// `app` is called once in each worker for each listener. `ready` is called with the addresses when all workers have started;
/// if it fails, nothing is served on. `hangup` is called for each SIGHUP until the server begins to end: on a thread of its own,
/// so that a long one delays no request and no end. Signals that come faster than it returns may melt into one.
///
/// # Errors
/// A worker could not start, the signals cannot be listened for, or `ready` has failed.
pub(crate) async fn run<F, I, S, B>(
    options: &ServerOptions,
    listeners: Vec<Listener>,
    app: F,
    ready: impl FnOnce(&[Address]) -> io::Result<()>,
    hangup: impl FnMut() + Send + 'static,
) -> io::Result<()>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: Application<B>,
    B: MessageBody + 'static,
{
    let mut signals = Signals::listen()?;
    let signals = async || signals.next().await;
    serve(options, listeners, app, ready, signals, hangup).await
}

async fn serve<F, I, S, B>(
    options: &ServerOptions,
    listeners: Vec<Listener>,
    app: F,
    ready: impl FnOnce(&[Address]) -> io::Result<()>,
    signals: impl AsyncFnMut() -> Signal,
    hangup: impl FnMut() + Send + 'static,
) -> io::Result<()>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: Application<B>,
    B: MessageBody + 'static,
{
    let addresses: Vec<_> = listeners
        .iter()
        .map(|listener| listener.address.clone())
        .collect();
    let stop = Arc::new(Stop::default());
    let mut builder = builder(options);
    // Removed from the file system when the server has ended.
    let mut files = Vec::new();
    for listener in listeners {
        let file;
        (builder, file) = attach(builder, listener, options, &stop, app.clone())?;
        files.extend(file);
    }
    let mut server = builder.run();
    let follow = pin!(stop::follow(
        signals,
        hangup,
        server.handle(),
        &stop,
        options
    ));
    // The first poll starts the workers.
    if let Poll::Ready(end) = poll_fn(|cx| Poll::Ready(Pin::new(&mut server).poll(cx))).await {
        return end;
    }
    ready(&addresses)?;
    match select(server, follow).await {
        Either::Left((end, _)) => end,
        // The deadline holds until the workers have been told to end, which dropping the server does.
        Either::Right((_deadline, server)) => {
            drop(server);
            Ok(())
        }
    }
}

fn builder(options: &ServerOptions) -> ServerBuilder {
    let capacity = options.capacity();
    Server::build()
        .workers(capacity.workers)
        .max_concurrent_connections(capacity.connections)
        .disable_signals()
}

fn attach<F, I, S, B>(
    builder: ServerBuilder,
    Listener { address, socket }: Listener,
    options: &ServerOptions,
    stop: &Arc<Stop>,
    app: F,
) -> io::Result<(ServerBuilder, Option<SocketFile>)>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: Application<B>,
    B: MessageBody + 'static,
{
    let name = address.to_string();
    let (options, stop) = (options.clone(), Arc::clone(stop));
    let clock = move || Clock::new(&options, Arc::clone(&stop));
    match socket {
        Bound::Tcp(listener) => {
            let builder = builder.listen(name, listener, move || {
                service::streams::<TcpStream, _, _>(app().into_factory(), clock())
            })?;
            Ok((builder, None))
        }
        Bound::Unix(listener, file) => {
            let builder = builder.listen_uds(name, listener, move || {
                service::streams::<UnixStream, _, _>(app().into_factory(), clock())
            })?;
            Ok((builder, Some(file)))
        }
    }
}

/// An actix-web application, as [`actix_web::HttpServer`] takes it too.
pub(crate) trait Application<B>:
    ServiceFactory<
        Request,
        Config = AppConfig,
        Response: Into<Response<B>> + 'static,
        Error: Into<actix_web::Error> + 'static,
        InitError: fmt::Debug,
        Service: 'static,
    > + 'static
{
}

impl<S, B> Application<B> for S
where
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Response: Into<Response<B>> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: fmt::Debug,
    S::Service: 'static,
{
}
