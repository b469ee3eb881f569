//! The `Host` header (RFC 9110 §7.2): whether it is one, and whether two name the same machine.

use std::net::Ipv6Addr;

/// Whether this is `uri-host [ ":" port ]` as honest clients write it.
///
/// Tighter than RFC 3986: of the characters of a `reg-name` only letters, digits, `-`, `.`, `_` and `~` are left, so that no quote, comma,
/// slash, `@` or escape can be smuggled into a link, a log or a cache key. No empty label save the root's trailing dot, at most 255 bytes,
/// IPv6 in brackets and without a zone, a port from 1 to 65535 or none behind the colon.
///
/// # Examples
/// ```
/// use kirsch::http::host::valid_host;
///
/// assert!(valid_host(b"example.org:8080"));
/// assert!(valid_host(b"[::1]"));
/// assert!(!valid_host(b"example.org/evil"));
/// assert!(!valid_host(b"user@example.org"));
/// ```
pub fn valid_host(value: &[u8]) -> bool {
    let (name, port) = split(value);
    let valid = if value.starts_with(b"[") {
        ipv6(name).is_some()
    } else {
        valid_name(name)
    };
    valid && port.is_none_or(valid_port)
}

/// The name without its port, as it was written; an IPv6 address keeps its brackets.
///
/// # Examples
/// ```
/// use kirsch::http::host::host_name;
///
/// assert_eq!(host_name("Example.org:8080"), "Example.org");
/// assert_eq!(host_name("[::1]:8080"), "[::1]");
/// ```
pub fn host_name(host: &str) -> &str {
    let (name, _) = split(host.as_bytes());
    host.get(..name.len()).unwrap_or(host)
}

/// Whether two hosts have the same name: ports, the case of letters and a trailing dot do not count.
///
/// # Examples
/// ```
/// use kirsch::http::host::same_host;
///
/// assert!(same_host("EXAMPLE.org:80", "example.org."));
/// assert!(same_host("[::1]", "[0:0:0:0:0:0:0:1]:8080"));
/// assert!(!same_host("example.org", "www.example.org"));
/// ```
pub fn same_host(a: &str, b: &str) -> bool {
    let (a, b) = (plain_name(a), plain_name(b));
    if a.eq_ignore_ascii_case(b) {
        return true;
    }
    let (a, b) = (ipv6(a.as_bytes()), ipv6(b.as_bytes()));
    a.is_some() && a == b
}

fn plain_name(host: &str) -> &str {
    let name = host_name(host);
    name.strip_suffix('.').unwrap_or(name)
}

/// The name, and what stands behind the colon if there is one.
fn split(host: &[u8]) -> (&[u8], Option<&[u8]>) {
    // The colons of an IPv6 address stand before its bracket.
    let address = host
        .strip_prefix(b"[")
        .and_then(|inner| inner.iter().position(|&byte| byte == b']'))
        .map_or(0, |end| end + 2);
    let colon = host.iter().skip(address).position(|&byte| byte == b':');
    match colon.and_then(|at| host.split_at_checked(address + at)) {
        Some((name, port)) => (name, port.get(1..)),
        None => (host, None),
    }
}

fn valid_name(name: &[u8]) -> bool {
    let labels = name.strip_suffix(b".").unwrap_or(name);
    name.len() <= 255
        && labels
            .split(|&byte| byte == b'.')
            .all(|label| !label.is_empty() && is_label(label))
}

fn is_label(label: &[u8]) -> bool {
    label
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~'))
}

fn ipv6(name: &[u8]) -> Option<Ipv6Addr> {
    let inner = name.strip_prefix(b"[")?.strip_suffix(b"]")?;
    str::from_utf8(inner).ok()?.parse().ok()
}

fn valid_port(port: &[u8]) -> bool {
    let value = port.iter().try_fold(0_u32, |value, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        Some(value * 10 + digit).filter(|&value| u16::try_from(value).is_ok())
    });
    // An empty port is the scheme's own (RFC 3986 §6.2.3); zero is nobody's.
    value.is_some_and(|value| port.is_empty() || value > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn honest_hosts_are_valid() {
        let long = format!("{}.org", "a".repeat(251));
        for host in [
            "t",
            "localhost:8080",
            "example.org",
            "example.org.",
            "EXAMPLE.org:80",
            "a:",
            "a:65535",
            "a:00080",
            "127.0.0.1:8080",
            "[::1]",
            "[::1]:",
            "[2001:db8::7]:443",
            "[::ffff:127.0.0.1]",
            "xn--caf-dma.example",
            "my_host-1~x",
            long.as_str(),
        ] {
            assert!(valid_host(host.as_bytes()), "{host:?}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        let long = "a".repeat(256);
        for host in [
            "",
            " ",
            ":",
            ":80",
            "a b",
            "a, b",
            "a,b",
            "a\"><script>",
            "a/evil@b?x",
            "a#b",
            "a?b",
            "user@a",
            "user:pw@a",
            "a:99999x",
            "a:0",
            "a:000",
            "a:65536",
            "a:99999999999999999999",
            "a:-1",
            "a:+1",
            "a:80:80",
            "é.com",
            "a%2eb",
            "a\\b",
            "a;b",
            "a'b",
            "a..b",
            ".a",
            ".",
            "..",
            "a\tb",
            "a\0",
            "::1",
            "[::1",
            "::1]",
            "[]",
            "[::1]x",
            "[::1]]",
            "[[::1]]",
            "[::1%25eth0]",
            "[::1%eth0]",
            "[v1.a]",
            "[127.0.0.1]",
            "[::1]:0",
            "[g::1]",
            long.as_str(),
        ] {
            assert!(!valid_host(host.as_bytes()), "{host:?}");
        }
        assert!(!valid_host(b"\xe9.com"));
        assert!(!valid_host(b"[\xff]"));
    }

    #[test]
    fn names_are_compared_without_port_case_and_dot() {
        for (a, b, same) in [
            ("a", "A", true),
            ("a:80", "a:443", true),
            ("a.", "a", true),
            ("[::1]:80", "[::1]", true),
            ("[::A]", "[0::a]", true),
            ("a", "b", false),
            ("a.evil", "a", false),
            ("[::1]", "[::2]", false),
            ("[x]", "[y]", false),
        ] {
            assert_eq!(same_host(a, b), same, "{a:?} {b:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged_without_panic(host in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _judged = valid_host(&host);
            let text = String::from_utf8_lossy(&host);
            prop_assert!(text.starts_with(host_name(&text)));
            prop_assert!(same_host(&text, &text));
        }

        #[test]
        fn a_valid_host_holds_nothing_that_could_leave_its_place(host in "[\\x00-\\x7f]{0,12}") {
            if valid_host(host.as_bytes()) {
                let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:[]".contains(c);
                prop_assert!(host.chars().all(allowed));
            }
        }

        #[test]
        fn every_address_is_valid(address: std::net::SocketAddr) {
            prop_assume!(address.port() > 0);
            let without_zone = std::net::SocketAddr::new(address.ip(), address.port()).to_string();
            prop_assert!(valid_host(without_zone.as_bytes()), "{}", without_zone);
        }
    }
}
