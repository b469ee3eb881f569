//! How a connection is made: on the thread backstage, and with limits that hold though nobody here watches.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use deadpool_postgres::Connect;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, JoinSet};
use tokio_postgres::error::Error;
use tokio_postgres::tls::TlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::backstage::Backstage;
use super::failure::words;
use super::options::{Options, millis};

/// A client, and the task that reads what the database says.
type Connected = (Client, JoinHandle<()>);

/// A transaction that nobody goes on with. Sessions have none but that of the schema; an application's tables may.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(5);

/// How long the other machine may leave a packet unacknowledged.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes the connections of a pool.
pub(super) struct Connector {
    /// The thread lives as long as somebody may connect.
    backstage: Backstage,
    settings: String,
    tls: Option<MakeRustlsConnect>,
}

impl Connector {
    pub(super) fn new(
        backstage: &Backstage,
        options: &Options,
        tls: Option<MakeRustlsConnect>,
    ) -> Self {
        Self {
            tls,
            backstage: backstage.clone(),
            settings: settings(options),
        }
    }
}

impl Connect for Connector {
    fn connect(
        &self,
        config: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<Connected, Error>> + Send + '_>> {
        let (config, settings) = (config.clone(), self.settings.clone());
        let (handle, tls) = (self.backstage.handle().clone(), self.tls.clone());
        Box::pin(async move {
            // Whoever gives up waiting ends the attempt: the task ends with its set.
            let mut attempt = JoinSet::new();
            let there = handle.clone();
            let connect = async move {
                let (client, driver) = match tls {
                    Some(tls) => drive(config.connect(tls).await?, &there),
                    None => drive(config.connect(NoTls).await?, &there),
                };
                client.batch_execute(&settings).await?;
                Ok((client, driver))
            };
            attempt.spawn_on(connect, &handle);
            match attempt.join_next().await {
                Some(Ok(connected)) => connected,
                // The thread is gone, and with it everybody who could wait for longer than the pool's timeout.
                _ => std::future::pending().await,
            }
        })
    }
}

/// Somebody has to read what the database says.
fn drive<T: TlsStream + Unpin + Send + 'static>(
    (client, connection): (Client, Connection<Socket, T>),
    handle: &Handle,
) -> Connected {
    let driver = handle.spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!("a connection to the database has ended: {}", words(&error));
        }
    });
    (client, driver)
}

/// What is said at the beginning of each connection: in SQL, since proxies of PostgreSQL refuse the option of the protocol.
///
/// The isolation is said since a database may have another default, under which concurrent updates of a row fail instead of waiting.
fn settings(options: &Options) -> String {
    let statement = millis(options.statement_timeout);
    format!(
        "SET statement_timeout = {statement}; SET lock_timeout = {statement}; \
         SET idle_in_transaction_session_timeout = {idle}; \
         SET default_transaction_isolation = 'read committed'",
        idle = millis(IDLE_IN_TRANSACTION),
    )
}

/// What the sockets are told. Who says something in the URL is right.
pub(super) fn with_limits(mut config: Config, options: &Options) -> Config {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(options.connect_timeout);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(TCP_USER_TIMEOUT);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_idle(Duration::from_secs(30));
        config.keepalives_interval(Duration::from_secs(5));
        config.keepalives_retries(3);
    }
    config
}
