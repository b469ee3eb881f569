//! What proxies say of the request that they passed on: `Forwarded` (RFC 7239) and the older `X-Forwarded-*`.
//!
//! Anybody can send these headers. So nothing is believed but what a trusted proxy wrote, and each claim is read from the right: the last
//! element was written by the peer, the one before it by whoever the peer says was there, and so on, for as long as these are trusted.

mod element;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::host::valid_host;
use super::network::Networks;
use super::scheme::Scheme;

pub use element::{Element, parse};

/// No site has so many proxies. What stands further left is not read.
const MOST_HOPS: usize = 32;

/// Who is believed.
///
/// With `networks`, each proxy must be in one of them. With `hops`, no more than so many proxies are believed, the peer being the first;
/// without `networks` that is all that is asked. With neither, nobody is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Where trusted proxies are.
    pub networks: Networks,
    /// How many proxies there are at most.
    pub hops: Option<usize>,
}

impl Trust {
    /// Whether a proxy is believed that stands so many hops away, the peer being 1.
    fn covers(&self, proxy: IpAddr, hop: usize) -> bool {
        let near = self.hops.map(|hops| hop <= hops);
        if self.networks.is_empty() {
            return near.unwrap_or(false);
        }
        near.unwrap_or(true) && self.networks.contains(proxy)
    }
}

/// What is known of a request after its proxies were heard. What they did not say is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The address of the client: the first that is no trusted proxy, or the outermost proxy that is known.
    pub client: Option<IpAddr>,
    /// How the client's request came to the outermost trusted proxy.
    pub scheme: Option<Scheme>,
    /// The `Host` that the client asked the outermost trusted proxy for; its shape has been checked, its name has not.
    pub host: Option<String>,
    /// Whether a trusted proxy passed on a `Forwarded` that cannot be read. Then nothing was believed from there on, and the request is best
    /// refused: a client can open a quote that swallows what the proxy wrote behind it, and would else be taken for the proxy.
    pub malformed: bool,
}

/// Reads `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`, each given as its lines.
///
/// `X-Forwarded-For` is walked from the right. Each address in it that is trusted makes the one left of it known; the first that is not
/// is the client. An element that is no address, with or without a port, ends the walk, and what was known before stands. At most 32
/// elements are read.
///
/// The other two are lists that some proxies append to and some overwrite. Of them counts what the outermost trusted proxy wrote: with n
/// trusted proxies the n-th element from the right, or, if there are fewer, the leftmost. Left of it stands only what a client wrote
/// itself. If it is no `http` or `https`, or no valid host, it says nothing.
///
/// # Examples
/// ```
/// use kirsch::http::forwarded::{Trust, from_x_forwarded};
/// use kirsch::http::scheme::Scheme;
///
/// let trust = Trust { networks: "10.0.0.0/8".parse().unwrap(), hops: None };
/// let peer = "10.0.0.9".parse().unwrap();
/// let found = from_x_forwarded(peer, [&b"1.1.1.1, 6.6.6.6, 10.0.0.1"[..]], [&b"https"[..]], [], &trust);
/// assert_eq!(found.client, Some("6.6.6.6".parse().unwrap()));
/// assert_eq!(found.scheme, Some(Scheme::Https));
/// ```
///
/// # CherryPy
/// `tools.proxy`. Differs from CherryPy, which believes everybody, takes the *first* address, and checks neither it nor scheme or host.
pub fn from_x_forwarded<'a, For, Proto, Host>(
    peer: IpAddr,
    for_lines: For,
    proto_lines: Proto,
    host_lines: Host,
    trust: &Trust,
) -> Resolved
where
    For: IntoIterator<Item = &'a [u8], IntoIter: DoubleEndedIterator>,
    Proto: IntoIterator<Item = &'a [u8], IntoIter: DoubleEndedIterator>,
    Host: IntoIterator<Item = &'a [u8], IntoIter: DoubleEndedIterator>,
{
    let mut walk = Walk::from(peer);
    let mut elements = from_the_right(for_lines);
    while walk.trusts(trust) {
        let Some(node) = elements.next() else { break };
        walk.step(address(node));
    }
    if !walk.began(trust) {
        return Resolved::default();
    }
    // A proxy that says nothing of where a request came from can still say how it came.
    let proxies = walk.hops.max(1);
    let last = |text: Option<&'a str>| text.filter(|text| !text.is_empty());
    Resolved {
        client: walk.client,
        scheme: last(from_the_right(proto_lines).take(proxies).last()).and_then(Scheme::parse),
        host: last(from_the_right(host_lines).take(proxies).last()).and_then(host),
        malformed: false,
    }
}

/// Reads `Forwarded`, given as its lines.
///
/// Its elements are walked from the right, as those of [`from_x_forwarded`] are; `for=unknown` and `for=_hidden` end the walk. Scheme and
/// host are those that the outermost of the trusted proxies wrote that wrote any. A line that is not of the grammar ends the walk, too.
///
/// # Examples
/// ```
/// use kirsch::http::forwarded::{Trust, from_forwarded};
///
/// let trust = Trust { networks: "loopback".parse().unwrap(), hops: None };
/// let peer = "127.0.0.1".parse().unwrap();
/// let found = from_forwarded(peer, [&br#"for="[2001:db8::7]:4711";proto=https;host=example.org"#[..]], &trust);
/// assert_eq!(found.client, Some("2001:db8::7".parse().unwrap()));
/// assert_eq!(found.host.as_deref(), Some("example.org"));
/// ```
pub fn from_forwarded<'a, Lines>(peer: IpAddr, lines: Lines, trust: &Trust) -> Resolved
where
    Lines: IntoIterator<Item = &'a [u8], IntoIter: DoubleEndedIterator>,
{
    let mut walk = Walk::from(peer);
    let mut found = Resolved::default();
    for line in lines.into_iter().rev() {
        if !walk.trusts(trust) {
            break;
        }
        let Some(elements) = str::from_utf8(line).ok().and_then(parse) else {
            found.malformed = true;
            break;
        };
        for element in elements.iter().rev() {
            if !walk.trusts(trust) {
                break;
            }
            walk.step(element.for_.as_deref().and_then(address));
            let proto = element.proto.as_deref().and_then(Scheme::parse);
            found.scheme = proto.or(found.scheme);
            found.host = element.host.as_deref().and_then(host).or(found.host);
        }
    }
    found.client = walk.client;
    found
}

/// The way back from the peer to the client.
struct Walk {
    /// Who wrote the next element, if that is known.
    writer: Option<IpAddr>,
    /// How many elements were believed.
    hops: usize,
    /// The last address that was found.
    client: Option<IpAddr>,
}

impl Walk {
    fn from(peer: IpAddr) -> Self {
        Self {
            writer: Some(peer.to_canonical()),
            hops: 0,
            client: None,
        }
    }

    /// Whether the next element may be believed.
    fn trusts(&self, trust: &Trust) -> bool {
        self.hops < MOST_HOPS
            && self
                .writer
                .is_some_and(|writer| trust.covers(writer, self.hops + 1))
    }

    fn step(&mut self, node: Option<IpAddr>) {
        self.hops += 1;
        self.writer = node;
        self.client = node.or(self.client);
    }

    /// Whether the peer was believed at all.
    fn began(&self, trust: &Trust) -> bool {
        self.hops > 0 || self.trusts(trust)
    }
}

/// The elements of a simple list, the last first.
fn from_the_right<'a>(
    lines: impl IntoIterator<Item = &'a [u8], IntoIter: DoubleEndedIterator>,
) -> impl Iterator<Item = &'a str> {
    lines
        .into_iter()
        .rev()
        .flat_map(|line| line.rsplit(|&byte| byte == b','))
        // What is no text is an element, too; it says nothing.
        .map(|element| str::from_utf8(element).unwrap_or_default())
        .map(|element| element.trim_matches([' ', '\t']))
}

fn host(text: &str) -> Option<String> {
    valid_host(text.as_bytes()).then(|| text.to_owned())
}

/// The address of a node: `192.0.2.7`, `192.0.2.7:80`, `[2001:db8::7]`, `[2001:db8::7]:80`, or without brackets and port.
fn address(node: &str) -> Option<IpAddr> {
    let bare = || node.parse::<IpAddr>().ok();
    let with_port = || node.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    bare()
        .or_else(with_port)
        .or_else(|| with_odd_port(node))
        .map(|address| address.to_canonical())
}

/// Brackets without a port, and ports that are words (`_x`, RFC 7239 §6).
fn with_odd_port(node: &str) -> Option<IpAddr> {
    if let Some(inner) = node.strip_prefix('[') {
        let (inner, port) = inner.split_once(']')?;
        let address: Ipv6Addr = inner.parse().ok()?;
        let port = port.strip_prefix(':').or(port.is_empty().then_some("_"))?;
        return is_obfuscated(port).then_some(address.into());
    }
    let (address, port) = node.split_once(':')?;
    let address: IpAddr = address.parse().ok()?;
    is_obfuscated(port).then_some(address)
}

fn is_obfuscated(port: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    port.starts_with('_') && port.bytes().all(allowed)
}
