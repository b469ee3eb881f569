//! Lets nobody ask too often.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//!
//! #[expose]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     #[post]
//!     #[tools(rate_limit(rate = "2/minute"))]
//!     fn login(&self) -> &'static str {
//!         "wrong password"
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.post("/login").assert_status(200).assert_header("ratelimit", r#""default";r=1;t=30"#);
//! client.post("/login").assert_status(200);
//! client.post("/login").assert_status(429).assert_header("retry-after", "30");
//! ```
//!
//! # What it does
//! - `rate` is so many requests in so much time. All of them may come at once, or `burst` of them; then one more becomes free after the other
//!   (the generic cell rate algorithm: nobody waits for a window to begin).
//! - Too many is 429 (RFC 6585, 4) with `Retry-After`, before the body is read and before any code of the application runs.
//! - Every answer has `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers): how many are left, and in how many seconds there are all again.
//! - Who asks is the address of the client, of IPv6 the first 64 bits, for so many has everybody for himself; behind a proxy, turn the tool `proxy` on. On a Unix
//!   socket all are one. `key` is a function of the application's that says otherwise: the name of a user, a key of the API.
//! - All workers count together, and all pages below the place where the tool is turned on. Turned on again with other options, it counts anew.
//! - About `clients` are remembered, ten million at most, in memory that does not grow, 32 bytes for each. Of too many, those are forgotten first who have asked least: nobody who has
//!   used up his rate gets out of it by asking from elsewhere.
//! - An internal redirect is no further request. A preflight that the tool `cors` has answered is not counted.
//! - Where a reload of the configuration changes nothing of the tool, it goes on counting; a restart begins anew. Several processes count each for itself.
//!
//! # CherryPy
//! Has none of this.

mod ledger;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::HttpMessage as _;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER};

use crate::belt::{Function, Point, Preparation};
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::http::rate::{Decision, Fields, Quota};
use crate::tools::order;
use kirsch_macros::tool;

use ledger::Ledger;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The most that may be remembered, in 320 MB. Whoever writes more has mistyped himself, and the memory would not be there.
const MOST_CLIENTS: usize = 10_000_000;

/// Lets nobody ask too often: see the [module](self).
#[tool(priority = order::RATE_LIMIT)]
pub struct RateLimit {
    /// How many requests in how much time: `100/minute`, `10/s`, `5 per 10m`.
    #[option(required)]
    rate: String,
    /// How many of them may come at once: 1 to the number in `rate`. Default: all.
    #[option]
    burst: Option<u32>,
    /// Who asks: a function of the application's, `fn(&Exchange) -> String`, also `async`, also a method of a node above the page. Default: the client's address.
    #[option]
    key: Option<Function<Exchange, String>>,
    /// About how many are remembered, 10,000,000 at most. Default: 100,000.
    #[option(default = 100_000)]
    clients: usize,
    counter: Option<Arc<Counter>>,
}

/// What is counted, and how it is told.
#[derive(Debug)]
struct Counter {
    /// No other in this process has it.
    number: u64,
    quota: Quota,
    fields: Fields,
    ledger: Ledger,
    began: Instant,
}

/// What was decided for a request, until it is told.
struct Decided {
    by: u64,
    decision: Decision,
}

impl RateLimit {
    fn tell(&self, x: &mut Exchange) {
        let Some(counter) = &self.counter else { return };
        let decision = {
            let extensions = x.request().extensions();
            let decided = extensions.get::<Decided>();
            decided
                .filter(|decided| decided.by == counter.number)
                .map(|decided| decided.decision)
        };
        if let (Some(decision), Some(response)) = (decision, x.response_mut()) {
            let headers = response.headers_mut();
            headers.insert(POLICY, counter.fields.policy().clone());
            headers.insert(LIMIT, counter.fields.limit(&decision));
        }
    }
}

#[tool]
impl RateLimit {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        if !at.is_written("rate") {
            return;
        }
        if self.clients == 0 {
            at.refuse(
                &["clients"],
                "nobody would be remembered\nhelp: write how many, 100,000 for example",
            );
        }
        if self.clients > MOST_CLIENTS {
            at.refuse(
                &["clients"],
                format!("more than {MOST_CLIENTS} are not remembered: each takes 32 bytes"),
            );
            return;
        }
        let quota = self
            .rate
            .parse::<Quota>()
            .map_err(|malformed| ("rate", malformed.to_string()));
        let quota = quota.and_then(|quota| match self.burst {
            Some(burst) => at_once(quota, burst).ok_or_else(|| {
                let words = format!("a burst is from 1 to the {} of `rate`", quota.burst);
                ("burst", words)
            }),
            None => Ok(quota),
        });
        let counter = quota.and_then(|quota| {
            let counter = Counter::new(quota, self.clients);
            counter.ok_or_else(|| ("rate", "cannot be told in a header".to_owned()))
        });
        match counter {
            Ok(counter) => self.counter = Some(Arc::new(counter)),
            Err((option, words)) => at.refuse(&[option], words),
        }
    }

    /// Only a function may have to wait.
    fn is_idle(&self, point: Point) -> bool {
        match point {
            Point::OnStartResource => self.key.is_some(),
            Point::BeforeRequestBody => self.key.is_none(),
            _ => false,
        }
    }

    fn on_start_resource(&self, x: &mut Exchange) -> Result<()> {
        match &self.counter {
            Some(counter) => counter.count(x, counter.ledger.hash(network_of(x))),
            None => Ok(()),
        }
    }

    async fn before_request_body(&self, x: &mut Exchange) -> Result<()> {
        let (Some(counter), Some(key)) = (&self.counter, &self.key) else {
            return Ok(());
        };
        let key = key.ask(x, x).await?;
        counter.count(x, counter.ledger.hash(key))
    }

    fn before_finalize(&self, x: &mut Exchange) {
        self.tell(x);
    }

    fn after_error_response(&self, x: &mut Exchange) {
        self.tell(x);
    }
}

impl Counter {
    fn new(quota: Quota, clients: usize) -> Option<Self> {
        static COUNTERS: AtomicU64 = AtomicU64::new(0);
        Some(Self {
            number: COUNTERS.fetch_add(1, Ordering::Relaxed),
            quota,
            fields: Fields::new("default", quota).ok()?,
            ledger: Ledger::new(clients),
            began: Instant::now(),
        })
    }

    fn count(&self, x: &Exchange, key: u64) -> Result<()> {
        let mut extensions = x.request().extensions_mut();
        let known = extensions.get::<Decided>();
        if known.is_some_and(|decided| decided.by == self.number) {
            // An internal redirect has come here.
            return Ok(());
        }
        let now = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let decision = self.ledger.decide(self.quota, key, now);
        extensions.insert(Decided {
            by: self.number,
            decision,
        });
        if decision.allowed {
            return Ok(());
        }
        let seconds = decision.retry_after_seconds();
        let words = format!("too many requests; please try again in {seconds} seconds");
        let error = Error::new(StatusCode::TOO_MANY_REQUESTS, words);
        Err(error.header(RETRY_AFTER, HeaderValue::from(seconds)))
    }
}

/// The same rate, of which no more than `burst` may come at once.
fn at_once(quota: Quota, burst: u32) -> Option<Quota> {
    if !(1..=quota.burst).contains(&burst) {
        return None;
    }
    let nanos = quota.period.as_nanos() * u128::from(burst) / u128::from(quota.burst);
    let period = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
    Some(Quota { burst, period })
}

/// What stands for a client: an address, of IPv6 its first 64 bits.
fn network_of(x: &Exchange) -> u64 {
    let peer = || x.request().peer_addr().map(|peer| peer.ip());
    match x.client_ip().or_else(peer).map(|ip| ip.to_canonical()) {
        // No IPv6 network that is given to anybody begins with so many zeros.
        Some(std::net::IpAddr::V4(ip)) => u64::from(ip.to_bits()),
        Some(std::net::IpAddr::V6(ip)) => (ip.to_bits() >> 64) as u64,
        None => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use std::rc::Rc;

    use super::*;

    fn network(peer: &str) -> u64 {
        let peer = std::net::SocketAddr::new(peer.parse().expect(peer), 1);
        let request = TestRequest::default().peer_addr(peer).to_srv_request();
        network_of(&Exchange::new(request, Rc::default()))
    }

    #[test]
    fn a_client_is_an_address_or_a_network() {
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
        assert_eq!(
            network("2001:db8::1"),
            network("2001:db8::ffff:ffff:ffff:ffff")
        );
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
    }

    #[test]
    fn a_burst_keeps_the_rate() {
        let quota: Quota = "60/minute".parse().unwrap();
        let short = at_once(quota, 5).unwrap();
        assert_eq!((short.burst, short.period), (5, Duration::from_secs(5)));
        assert_eq!(at_once(quota, 60), Some(quota));
        assert_eq!((at_once(quota, 0), at_once(quota, 61)), (None, None));
    }
}
