//! Parts of the internet, as options name them: `10.0.0.0/8`, `2001:db8::/32`, `private` (RFC 4632 §3.1, RFC 4291 §2.3).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::malformed::Malformed;

/// All addresses that begin with the same bits.
///
/// Written as an address and the number of its bits that count: `10.0.0.0/8`. An address alone is the network of only itself.
///
/// # Examples
/// ```
/// use kirsch::http::network::Network;
///
/// let network: Network = "10.0.0.0/8".parse().unwrap();
/// assert!(network.contains("10.1.2.3".parse().unwrap()));
/// assert!(network.contains("::ffff:10.1.2.3".parse().unwrap()));
/// assert!(!network.contains("11.0.0.1".parse().unwrap()));
///
/// let refused = "10.1.2.3/8".parse::<Network>().unwrap_err();
/// assert_eq!(refused.to_string(), "`10.1.2.3/8` is an address in a network; write `10.0.0.0/8` for the network, `10.1.2.3` for the address");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// Never an IPv4 address in IPv6's clothes, and no bit behind the prefix is set.
    first: IpAddr,
    /// At most 32 for IPv4, at most 128 for IPv6.
    prefix: u8,
}

impl Network {
    /// Whether the address is in it. An IPv4-mapped address (`::ffff:10.0.0.1`, what a socket for both families shows) counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => first == start4(address, self.prefix),
            (IpAddr::V6(first), IpAddr::V6(address)) => first == start6(address, self.prefix),
            _ => false,
        }
    }

    const fn v4(first: [u8; 4], prefix: u8) -> Self {
        let [a, b, c, d] = first;
        Self {
            first: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            prefix,
        }
    }

    const fn v6(first: u16, last: u16, prefix: u8) -> Self {
        Self {
            first: IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last)),
            prefix,
        }
    }
}

/// The address with all bits behind the prefix unset. A shift by the whole width is none in Rust, and means: no bit counts.
fn start4(address: Ipv4Addr, prefix: u8) -> Ipv4Addr {
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(u32::from(prefix)));
    Ipv4Addr::from_bits(address.to_bits() & mask.unwrap_or(0))
}

fn start6(address: Ipv6Addr, prefix: u8) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(128_u32.saturating_sub(u32::from(prefix)));
    Ipv6Addr::from_bits(address.to_bits() & mask.unwrap_or(0))
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        let first = address.to_canonical();
        Self {
            first,
            prefix: width(first),
        }
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl FromStr for Network {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (written, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = written.parse().map_err(|_| {
            Malformed::new(format!(
                "`{text}` is no network; write an address such as `192.0.2.7`, or its first address and a prefix, such as `10.0.0.0/8`"
            ))
        })?;
        let Some(prefix) = prefix else {
            return Ok(Self::from(address));
        };
        let bits = read_prefix(prefix)
            .filter(|&bits| bits <= width(address))
            .ok_or_else(|| {
                let width = width(address);
                Malformed::new(format!(
                    "`{prefix}` in `{text}` is no prefix; write how many bits count, from 0 to {width}"
                ))
            })?;
        let first = match address {
            IpAddr::V4(address) => IpAddr::V4(start4(address, bits)),
            IpAddr::V6(address) => IpAddr::V6(start6(address, bits)),
        };
        if first != address {
            return Err(Malformed::new(format!(
                "`{text}` is an address in a network; write `{first}/{bits}` for the network, `{address}` for the address"
            )));
        }
        Ok(canonical(first, bits))
    }
}

/// `::ffff:10.0.0.0/104` is `10.0.0.0/8`: as addresses of that form count as IPv4, so must networks.
fn canonical(first: IpAddr, prefix: u8) -> Network {
    match (first.to_canonical(), prefix.checked_sub(96)) {
        (mapped @ IpAddr::V4(_), Some(prefix)) if first.is_ipv6() => Network {
            first: mapped,
            prefix,
        },
        _ => Network { first, prefix },
    }
}

/// `parse` alone would take `+8` and `008`.
fn read_prefix(text: &str) -> Option<u8> {
    let plain = text == "0" || !text.starts_with(['0', '+']);
    plain.then(|| text.parse().ok())?
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == width(self.first) {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}/{}", self.first, self.prefix)
        }
    }
}

/// The machine itself (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
const LOOPBACK: [Network; 2] = [Network::v4([127, 0, 0, 0], 8), Network::v6(0, 1, 128)];

/// What is routed inside an organisation only (RFC 1918 §3, RFC 4193 §3.1).
const INSIDE: [Network; 4] = [
    Network::v4([10, 0, 0, 0], 8),
    Network::v4([172, 16, 0, 0], 12),
    Network::v4([192, 168, 0, 0], 16),
    Network::v6(0xfc00, 0, 7),
];

/// Several networks.
///
/// Two words stand for lists: `loopback` is the machine itself, `private` is that and what is routed inside an organisation only
/// (`10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`, `fc00::/7`).
///
/// # Examples
/// ```
/// use kirsch::http::network::Networks;
///
/// let networks = Networks::read(["loopback", "203.0.113.7"]).unwrap();
/// assert!(networks.contains("127.0.0.1".parse().unwrap()));
/// assert!(networks.contains("203.0.113.7".parse().unwrap()));
/// assert_eq!(networks.to_string(), "127.0.0.0/8, ::1, 203.0.113.7");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

impl Networks {
    /// Reads a list, each element of it a network or a word.
    ///
    /// # Errors
    /// When an element is neither; all such elements are told at once.
    pub fn read<T: AsRef<str>>(list: impl IntoIterator<Item = T>) -> Result<Self, Malformed> {
        let (mut networks, mut wrong) = (Vec::new(), Vec::new());
        for text in list {
            match text.as_ref().trim() {
                "loopback" => networks.extend(LOOPBACK),
                "private" => networks.extend(LOOPBACK.into_iter().chain(INSIDE)),
                text => match text.parse() {
                    Ok(network) => networks.push(network),
                    Err(malformed) => wrong.push(malformed),
                },
            }
        }
        Malformed::of_all(wrong).map_or(Ok(Self(networks)), Err)
    }

    /// Whether the address is in one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads a list with commas, as an environment variable holds it; an empty text is an empty list.
impl FromStr for Networks {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        Self::read(text.split(','))
    }
}

impl FromIterator<Network> for Networks {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, network)| {
            f.write_str(if at == 0 { "" } else { ", " })?;
            write!(f, "{network}")
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    #[test]
    fn a_network_holds_what_begins_like_it() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::10.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.6/31", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
            ("::/0", "::1", "::ffff:10.0.0.1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "::2"),
            ("fe80::/10", "febf::1", "fec0::1"),
            ("::ffff:10.0.0.0/104", "10.1.1.1", "11.1.1.1"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("::ffff:0:0/96", "1.2.3.4", "::1"),
        ] {
            let parsed: Network = network.parse().expect(network);
            assert!(parsed.contains(address(inside)), "{network} {inside}");
            assert!(!parsed.contains(address(outside)), "{network} {outside}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_help() {
        for (text, help) in [
            ("", "is no network"),
            ("localhost", "is no network"),
            ("10.0.0.0.0/8", "is no network"),
            ("010.0.0.0/8", "is no network"),
            ("10.0.0/8", "is no network"),
            ("fe80::1%eth0", "is no network"),
            ("[::1]", "is no network"),
            ("10.0.0.1:80", "is no network"),
            (" 10.0.0.0/8", "is no network"),
            ("10.0.0.0/", "from 0 to 32"),
            ("10.0.0.0/33", "from 0 to 32"),
            ("10.0.0.0/08", "from 0 to 32"),
            ("10.0.0.0/+8", "from 0 to 32"),
            ("10.0.0.0/-1", "from 0 to 32"),
            ("10.0.0.0/255.0.0.0", "from 0 to 32"),
            ("10.0.0.0/8/8", "from 0 to 32"),
            ("::/129", "from 0 to 128"),
            ("::/300", "from 0 to 128"),
            ("10.1.0.0/8", "write `10.0.0.0/8`"),
            ("2001:db8::1/64", "write `2001:db8::/64`"),
            ("1.0.0.0/0", "write `0.0.0.0/0`"),
        ] {
            let refused = text.parse::<Network>().expect_err(text).to_string();
            assert!(refused.contains(help), "{text:?}: {refused}");
        }
    }

    #[test]
    fn words_stand_for_lists() {
        let private: Networks = "private".parse().unwrap();
        for inside in [
            "127.0.0.1",
            "::1",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "fd00::1",
            "::ffff:192.168.0.1",
        ] {
            assert!(private.contains(address(inside)), "{inside}");
        }
        for outside in [
            "172.32.0.1",
            "192.169.0.1",
            "8.8.8.8",
            "2001:db8::1",
            "fe80::1",
            "169.254.0.1",
        ] {
            assert!(!private.contains(address(outside)), "{outside}");
        }
        let loopback: Networks = "loopback".parse().unwrap();
        assert!(!loopback.contains(address("10.0.0.1")));
        assert!("".parse::<Networks>().unwrap().is_empty());
        assert!(!Networks::default().contains(address("127.0.0.1")));
    }

    #[test]
    fn a_list_tells_all_that_is_wrong() {
        let refused = "10.0.0.1/8, privat, ::1"
            .parse::<Networks>()
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("`10.0.0.1/8`") && refused.contains("`privat`"),
            "{refused}"
        );
        assert!("10.0.0.0/8,".parse::<Networks>().is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "([0-9a-f:./]|private|loopback|,|.)*") {
            let _read = (text.parse::<Network>(), text.parse::<Networks>());
        }

        #[test]
        fn a_network_is_read_back(bits: u128, v4: bool, prefix in 0_u8..=128) {
            let first = if v4 {
                IpAddr::V4(start4(Ipv4Addr::from_bits(u32::try_from(bits >> 96).unwrap()), prefix % 33))
            } else {
                IpAddr::V6(start6(Ipv6Addr::from_bits(bits), prefix))
            };
            let network = canonical(first, if v4 { prefix % 33 } else { prefix });
            prop_assert_eq!(network.to_string().parse(), Ok(network));
            prop_assert!(network.contains(first));
        }

        #[test]
        fn a_list_is_read_back(bits in proptest::collection::vec(any::<u32>(), 1..5)) {
            let networks: Networks = bits.into_iter().map(|bits| Network::from(IpAddr::V4(Ipv4Addr::from_bits(bits)))).collect();
            prop_assert_eq!(networks.to_string().parse(), Ok(networks));
        }
    }
}
