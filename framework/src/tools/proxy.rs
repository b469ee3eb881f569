//! Sees the visitor behind a reverse proxy.
//!
//! # Turn it on
//! ```
//! use kirsch::prelude::*;
//! use kirsch::Client;
//!
//! #[expose]
//! #[tools(proxy(trusted = ["10.0.0.0/8"], local = "X-Forwarded-Host"))]
//! struct Root;
//!
//! #[expose]
//! impl Root {
//!     fn index(&self, client: Client) -> String {
//!         format!("{} at {}://{}", client.ip().unwrap(), client.scheme(), client.host())
//!     }
//! }
//!
//! let mut client = kirsch::testing::Client::new(Root);
//! client.address([10, 0, 0, 7]);
//! let asked = client.request("GET".parse().unwrap(), "/").header("x-forwarded-for", "203.0.113.9");
//! let asked = asked.header("x-forwarded-proto", "https").header("x-forwarded-host", "example.org");
//! asked.send().assert_body("203.0.113.9 at https://example.org");
//! ```
//!
//! # What it does
//! Everybody can send `X-Forwarded-For`. While this tool is off, these headers change nothing. While it is on:
//!
//! - `trusted` says where the proxies are: `10.0.0.0/8`, `192.0.2.7`, `loopback`, `private`. What another peer says is not heard. `hops` is how many proxies there are, the one that
//!   connects being the first, if their addresses are not known; then nobody else must be able to connect. With both, both must hold. A peer on a Unix
//!   socket is on this machine: `loopback`.
//! - The addresses are read from the right, as far as they are those of trusted proxies: the first that is not is the visitor. At most 32 are read.
//!   What is no address ends it.
//! - The scheme is `http` or `https`, the host must be of the grammar of `Host`; what is neither is not heard. If the site has `allowed_hosts`, a host that is not
//!   among them is 400.
//! - With `forwarded`, `Forwarded` (RFC 7239) is read in the place of all three; one that cannot be read is 400. Only ever one of the two is read: the one that the
//!   proxy does not write, it passes on as the visitor sent it.
//! - `remote` and `scheme` name other headers: `X-Real-IP`, `X-Forwarded-Ssl` (`on` means `https`). An empty name is one that is not read.
//! - `local` names the header with the host, `X-Forwarded-Host` or `X-Host`, of a proxy that writes one. Most let `Host` through instead, and pass on whatever a visitor has
//!   sent in the other: so none is read until it is named.
//! - `base` is what visitors call the site, `https://example.org` or without a scheme, whatever anybody says: no header changes it then.
//! - Headers with `_` in their names are dropped: some proxies, and all of CGI's heirs, take `X_Forwarded_For` for `X-Forwarded-For`.
//! - Pages that take a [`Client`], the tools after this one, and the access log see the visitor. The Combined Log Format has no place for the proxy: its address is
//!   in the line of a failure in the error log, and the field `peer` of the access log's event. Which tree answers has been decided by the `Host` that came.
//!
//! # CherryPy
//! `tools.proxy`, with the same names. Differs from CherryPy: it believes everybody, and takes the *first* address (#1368); `scheme` and `local` are taken as they
//! come; `local` wins over `base`, and is read unasked. Links and redirects are paths here, so that `base` is in no `Location`.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::http::header::{FORWARDED, HeaderName, HeaderValue};

use crate::belt::Preparation;
use crate::error::{Error, Result};
use crate::exchange::{Client, Exchange};
use crate::http::field::checked_name;
use crate::http::forwarded::{Resolved, Trust, from_forwarded, from_x_forwarded};
use crate::http::host::{same_host, valid_host};
use crate::http::network::Networks;
use crate::http::scheme::Scheme;
use crate::tools::order;
use kirsch_macros::tool;

/// Sees the visitor behind a reverse proxy: see the [module](self).
#[tool(priority = order::PROXY)]
pub struct Proxy {
    /// Where the proxies are: `["10.0.0.0/8", "loopback", "private"]`. Default: not said.
    #[option]
    trusted: Vec<String>,
    /// How many proxies there are at most, the one that connects being the first. Default: not said.
    #[option]
    hops: Option<u32>,
    /// `Forwarded` (RFC 7239) is read instead of the other headers. Default: false.
    #[option(default = false)]
    forwarded: bool,
    /// The header with the host that the visitor asked for, if the proxy writes one: `X-Forwarded-Host`. Default: none, `Host` has it.
    #[option(default = "")]
    local: String,
    /// The header with the visitor's address. Default: `X-Forwarded-For`.
    #[option(default = "X-Forwarded-For")]
    remote: String,
    /// The header with the scheme that the visitor came by. Default: `X-Forwarded-Proto`.
    #[option(default = "X-Forwarded-Proto")]
    scheme: String,
    /// What visitors call the site: `https://example.org`. Default: what the headers say.
    #[option(default = "")]
    base: String,
    rules: Rules,
}

/// The options, read.
#[derive(Debug, Clone, Default)]
struct Rules {
    trust: Trust,
    local: Option<HeaderName>,
    remote: Option<HeaderName>,
    scheme: Option<HeaderName>,
    base_scheme: Option<Scheme>,
    base_host: Option<String>,
    allowed_hosts: Vec<String>,
}

impl Proxy {
    fn resolved(&self, x: &Exchange) -> Resolved {
        let peer = x.request().peer_addr().map(|peer| peer.ip());
        // Who can open a socket of the file system is on this machine.
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let (rules, trust) = (&self.rules, &self.rules.trust);
        if self.forwarded {
            return from_forwarded(peer, lines(x, Some(&FORWARDED)), trust);
        }
        let is_switch = |name: &HeaderName| name.as_str().contains("ssl");
        let is_switch = rules.scheme.as_ref().is_some_and(is_switch);
        let schemes = lines(x, rules.scheme.as_ref()).into_iter();
        let schemes: Vec<_> = schemes
            .map(|line| match line {
                _ if is_switch && line.eq_ignore_ascii_case(b"on") => &b"https"[..],
                _ if is_switch && line.eq_ignore_ascii_case(b"off") => b"http",
                line => line,
            })
            .collect();
        let addresses = lines(x, rules.remote.as_ref());
        from_x_forwarded(
            peer,
            addresses,
            schemes,
            lines(x, rules.local.as_ref()),
            trust,
        )
    }

    fn is_allowed(&self, host: &str) -> bool {
        let allowed = &self.rules.allowed_hosts;
        allowed.is_empty() || allowed.iter().any(|other| same_host(host, other))
    }

    fn prepare_base(&mut self, at: &mut Preparation<'_>) {
        let base = self.base.trim_end_matches('/');
        if base.is_empty() {
            return;
        }
        let (scheme, host) = match base.split_once("://") {
            Some((scheme, host)) => (Scheme::parse(scheme), host),
            None => (None, base),
        };
        if !valid_host(host.as_bytes()) || (scheme.is_none() && base.contains("://")) {
            let base = base.escape_debug();
            at.refuse(&["base"], format!("`{base}` is no place of a site\nhelp: write scheme and host, `https://example.org`, or the host alone"));
            return;
        }
        self.rules.base_scheme = scheme;
        self.rules.base_host = Some(host.to_owned());
    }
}

#[tool]
impl Proxy {
    fn prepare(&mut self, at: &mut Preparation<'_>) {
        match Networks::read(&self.trusted) {
            Ok(networks) => self.rules.trust.networks = networks,
            Err(malformed) => at.refuse(&["trusted"], malformed),
        }
        self.rules.trust.hops = self.hops.and_then(|hops| usize::try_from(hops).ok());
        if self.trusted.is_empty() && self.hops.is_none() && self.base.is_empty() {
            at.refuse(&["trusted"], "nobody is trusted\nhelp: say where your proxies are, `trusted = [\"10.0.0.0/8\"]`, or how many there are, `hops = 1`");
        }
        if self.hops == Some(0) {
            at.refuse(
                &["hops"],
                "without a proxy there is nothing to hear\nhelp: turn the tool off",
            );
        }
        self.rules.local = header(at, "local", &self.local);
        self.rules.remote = header(at, "remote", &self.remote);
        self.rules.scheme = header(at, "scheme", &self.scheme);
        self.rules.allowed_hosts = at.allowed_hosts().to_vec();
        self.prepare_base(at);
    }

    fn on_start_resource(&self, x: &mut Exchange) -> Result<()> {
        drop_ambiguous(x);
        let found = self.resolved(x);
        if found.malformed {
            return Err(Error::bad_request("the header `Forwarded` cannot be read"));
        }
        let rules = &self.rules;
        let scheme = rules.base_scheme.or(found.scheme);
        let host = rules.base_host.clone().or(found.host);
        if found.client.is_none() && scheme.is_none() && host.is_none() {
            return Ok(());
        }
        if rules.base_host.is_none() && host.as_ref().is_some_and(|host| !self.is_allowed(host)) {
            return Err(Error::bad_request("this host is not served here"));
        }
        let known = x.client();
        let client = Client::new(
            found.client.or(known.ip()),
            scheme.map_or(known.is_https(), |scheme| scheme == Scheme::Https),
            host.unwrap_or_else(|| known.host().to_owned()),
        );
        x.set_client(client);
        Ok(())
    }
}

/// The lines of a header, without room of their own as long as there are few.
fn lines<'x>(x: &'x Exchange, name: Option<&HeaderName>) -> smallvec::SmallVec<[&'x [u8]; 4]> {
    let lines = name.map(|name| x.request().headers().get_all(name));
    let lines = lines.into_iter().flatten();
    lines.map(HeaderValue::as_bytes).collect()
}

/// Takes out headers with `_` in their names.
fn drop_ambiguous(x: &mut Exchange) {
    let names = x.request().headers().keys();
    let ambiguous: Vec<_> = names
        .filter(|name| name.as_str().contains('_'))
        .cloned()
        .collect();
    for name in ambiguous {
        x.remove_header(name);
    }
}

fn header(at: &mut Preparation<'_>, option: &str, text: &str) -> Option<HeaderName> {
    if text.is_empty() {
        return None;
    }
    match checked_name(text) {
        Ok(name) if name.as_str().contains('_') => {
            at.refuse(&[option], format!("headers with `_` in their names, such as `{name}`, are dropped\nhelp: let the proxy write `{}`", name.as_str().replace('_', "-")));
            None
        }
        Ok(name) => Some(name),
        Err(malformed) => {
            at.refuse(&[option], malformed);
            None
        }
    }
}
