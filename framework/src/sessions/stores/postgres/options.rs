//! Where the database is, and how long to wait for it.

use std::fmt;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::table::Table;
use super::tls::Protection;
use crate::sessions::stores::usual;

/// A URL or a name that a store cannot be made of. The message never has the URL in it: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(String);

impl Invalid {
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Invalid {}

/// All that can be said of a store.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) table: Table,
    pub(super) create_schema: bool,
    pub(super) lazy: bool,
    pub(super) pool_size: usize,
    pub(super) connect_timeout: Duration,
    pub(super) acquire_timeout: Duration,
    pub(super) statement_timeout: Duration,
    pub(super) lease: Duration,
    pub(super) max_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            table: Table::usual(),
            create_schema: true,
            lazy: false,
            pool_size: usual::POOL_SIZE,
            connect_timeout: usual::CONNECT_TIMEOUT,
            acquire_timeout: usual::ACQUIRE_TIMEOUT,
            statement_timeout: usual::STATEMENT_TIMEOUT,
            lease: usual::LEASE,
            max_bytes: usual::MAX_BYTES,
        }
    }
}

impl Options {
    /// The longest that one thing takes, whatever happens.
    pub(super) fn patience(&self) -> Duration {
        self.connection().saturating_add(self.statement_timeout)
    }

    /// How long it takes to have a connection, whether one is waited for or made.
    pub(super) fn connection(&self) -> Duration {
        self.acquire_timeout.max(self.connect_timeout)
    }
}

/// A limit as the settings of a connection have it: in 32 bits, where zero would be never.
pub(super) fn millis(limit: Duration) -> i32 {
    i32::try_from(limit.as_millis()).map_or(i32::MAX, |millis| millis.max(1))
}

/// Understands a URL. Nothing is asked of the network.
pub(super) fn parse(url: &str) -> Result<(Config, Protection), Invalid> {
    let (protection, url) = Protection::take(url)?;
    let is_url = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let config = url.parse::<Config>().ok().filter(|_| is_url);
    let mut config = config.ok_or_else(|| {
        Invalid::new(
            "the URL of the database is not understood (it is like `postgres://user:password@host:5432/database`; \
             special characters in the password are percent-encoded)",
        )
    })?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(Invalid::new("the URL of the database names no host"));
    }
    if config.get_application_name().is_none() {
        config.application_name("kirsch");
    }
    config.ssl_mode(protection.ssl_mode());
    Ok((config, protection))
}

/// How a message calls the database.
pub(super) fn place(config: &Config) -> String {
    let ports = config.get_ports();
    let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
    let host = |(at, host): (usize, &Host)| match host {
        Host::Tcp(name) => format!("{name}:{}", port(at)),
        Host::Unix(folder) => format!("{}/.s.PGSQL.{}", folder.display(), port(at)),
    };
    let hosts: Vec<_> = config.get_hosts().iter().enumerate().map(host).collect();
    let name = config
        .get_dbname()
        .or(config.get_user())
        .unwrap_or("postgres");
    format!("the database `{name}` at {}", hosts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_no_secret() {
        let (config, _) = parse("postgresql://ann:s3cret@db.example:5433/shop").unwrap();
        assert_eq!(place(&config), "the database `shop` at db.example:5433");
        let (config, _) = parse("postgres:///shop?host=/run/postgresql").unwrap();
        assert_eq!(
            place(&config),
            "the database `shop` at /run/postgresql/.s.PGSQL.5432"
        );
    }

    #[test]
    fn what_is_not_understood_is_not_repeated() {
        let urls = [
            "",
            "mysql://ann:s3cret@db",
            "postgres://ann:s3cret@db:port/shop",
            "postgres://ann:a@s3?s3cret=1",
            "host=db password=s3cret",
            "postgres://ann:s3cret@/shop",
        ];
        for url in urls {
            let refused = parse(url).unwrap_err();
            assert!(!format!("{refused} {refused:?}").contains("s3"), "{url}");
        }
    }

    #[test]
    fn a_limit_is_never_none() {
        assert_eq!(millis(Duration::from_secs(3)), 3_000);
        assert_eq!(millis(Duration::ZERO), 1);
        assert_eq!(millis(Duration::MAX), i32::MAX);
    }
}
