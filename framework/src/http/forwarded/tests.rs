//! What is believed, and what is not.

use proptest::prelude::*;

use super::*;

fn trust(networks: &str, hops: Option<usize>) -> Trust {
    let networks = networks.parse().expect(networks);
    Trust { networks, hops }
}

fn x(peer: &str, lines: [&[&str]; 3], trust: &Trust) -> Resolved {
    let [for_, proto, host] =
        lines.map(|lines| lines.iter().map(|line| line.as_bytes()).collect::<Vec<_>>());
    from_x_forwarded(peer.parse().expect(peer), for_, proto, host, trust)
}

fn forwarded(peer: &str, lines: &[&str], trust: &Trust) -> Resolved {
    let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
    from_forwarded(peer.parse().expect(peer), lines, trust)
}

fn client(text: &str) -> Option<IpAddr> {
    Some(text)
        .filter(|text| !text.is_empty())
        .map(|text| text.parse().expect(text))
}

#[test]
fn addresses_are_walked_from_the_right() {
    let ten = trust("10.0.0.0/8", None);
    for (peer, lines, expected) in [
        ("10.0.0.9", &["6.6.6.6"][..], "6.6.6.6"),
        ("10.0.0.9", &["1.1.1.1, 6.6.6.6, 10.0.0.1"], "6.6.6.6"),
        ("10.0.0.9", &["1.1.1.1", "6.6.6.6,10.0.0.1"], "6.6.6.6"),
        ("10.0.0.9", &["1.1.1.1", "6.6.6.6", "10.0.0.1"], "6.6.6.6"),
        ("::ffff:10.0.0.9", &["6.6.6.6"], "6.6.6.6"),
        ("10.0.0.9", &["::ffff:6.6.6.6"], "6.6.6.6"),
        ("10.0.0.9", &["10.0.0.2, 10.0.0.1"], "10.0.0.2"),
        ("10.0.0.9", &["6.6.6.6:1234, 10.0.0.1:80"], "6.6.6.6"),
        ("10.0.0.9", &["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.9", &["[2001:db8::1]"], "2001:db8::1"),
        ("10.0.0.9", &["[2001:db8::1]:80"], "2001:db8::1"),
        // An untrusted peer, and nobody at all.
        ("11.0.0.9", &["6.6.6.6"], ""),
        ("10.0.0.9", &[], ""),
        ("10.0.0.9", &[""], ""),
        // What is no address ends the walk.
        ("10.0.0.9", &["test123"], ""),
        ("10.0.0.9", &["6.6.6.6, unknown"], ""),
        ("10.0.0.9", &["6.6.6.6, unknown, 10.0.0.1"], "10.0.0.1"),
        ("10.0.0.9", &["6.6.6.6,, 10.0.0.1"], "10.0.0.1"),
        ("10.0.0.9", &["6.6.6.6 7.7.7.7"], ""),
        ("10.0.0.9", &["6.6.6.6:x"], ""),
        ("10.0.0.9", &["6.6.6.6:99999"], ""),
        ("10.0.0.9", &["\"6.6.6.6\""], ""),
        ("10.0.0.9", &["::1%eth0"], ""),
        ("10.0.0.9", &["[6.6.6.6]"], ""),
        ("10.0.0.9", &["\u{e9}"], ""),
    ] {
        let found = x(peer, [lines, &[], &[]], &ten);
        assert_eq!(found.client, client(expected), "{peer} {lines:?}");
    }
}

#[test]
fn hops_are_counted_from_the_peer() {
    for (networks, hops, line, expected) in [
        ("", None, "6.6.6.6", ""),
        ("", Some(0), "6.6.6.6", ""),
        ("", Some(1), "1.1.1.1, 6.6.6.6", "6.6.6.6"),
        ("", Some(2), "1.1.1.1, 6.6.6.6, 7.7.7.7", "6.6.6.6"),
        ("", Some(3), "6.6.6.6, 7.7.7.7", "6.6.6.6"),
        ("", Some(2), "6.6.6.6, junk", ""),
        ("10.0.0.0/8", Some(1), "6.6.6.6, 10.0.0.1", "10.0.0.1"),
        ("10.0.0.0/8", Some(2), "6.6.6.6, 10.0.0.1", "6.6.6.6"),
        (
            "10.0.0.0/8",
            Some(9),
            "1.1.1.1, 6.6.6.6, 10.0.0.1",
            "6.6.6.6",
        ),
        ("11.0.0.0/8", Some(9), "6.6.6.6", ""),
    ] {
        let found = x("10.0.0.9", [&[line], &[], &[]], &trust(networks, hops));
        assert_eq!(
            found.client,
            client(expected),
            "{networks} {hops:?} {line:?}"
        );
    }
}

#[test]
fn no_more_than_32_hops_are_walked() {
    let ten = trust("10.0.0.0/8", None);
    // What a client puts in front cannot hide it.
    let forged = format!("{}6.6.6.6", "1.1.1.1,".repeat(9_000));
    assert_eq!(
        x("10.0.0.9", [&[&forged], &[], &[]], &ten).client,
        client("6.6.6.6")
    );
    let long = format!("6.6.6.6{}", ",10.0.0.1".repeat(32));
    assert_eq!(
        x("10.0.0.9", [&[&long], &[], &[]], &ten).client,
        client("10.0.0.1")
    );
    let short = format!("6.6.6.6{}", ",10.0.0.1".repeat(31));
    assert_eq!(
        x("10.0.0.9", [&[&short], &[], &[]], &ten).client,
        client("6.6.6.6")
    );
}

#[test]
fn the_scheme_is_that_of_the_outermost_trusted_proxy() {
    use Scheme::{Http, Https};
    let ten = trust("10.0.0.0/8", None);
    for (from, proto, expected) in [
        ("6.6.6.6", &["https"][..], Some(Https)),
        ("6.6.6.6", &["HTTPS"], Some(Https)),
        ("6.6.6.6", &["javascript"], None),
        ("6.6.6.6", &[""], None),
        ("6.6.6.6", &[], None),
        // The left one is the client's own.
        ("6.6.6.6", &["https,http"], Some(Http)),
        ("6.6.6.6", &["https", "http"], Some(Http)),
        ("6.6.6.6", &["http, https"], Some(Https)),
        ("6.6.6.6", &["https, x"], None),
        // Two proxies, and both append.
        ("6.6.6.6, 10.0.0.1", &["https, http"], Some(Https)),
        ("6.6.6.6, 10.0.0.1", &["http, https, http"], Some(Https)),
        // Two proxies, and the inner one overwrites or passes on.
        ("6.6.6.6, 10.0.0.1", &["https"], Some(Https)),
        // No addresses at all: the peer alone.
        ("", &["http, https"], Some(Https)),
    ] {
        let found = x("10.0.0.9", [&[from], proto, &[]], &ten);
        assert_eq!(found.scheme, expected, "{from:?} {proto:?}");
        let without = x("11.0.0.9", [&[from], proto, &[]], &ten);
        assert_eq!(without, Resolved::default(), "{from:?} {proto:?}");
    }
    assert_eq!(
        x("10.0.0.9", [&[], &["https"], &[]], &ten).scheme,
        Some(Https)
    );
}

#[test]
fn the_host_must_be_one() {
    let ten = trust("10.0.0.0/8", None);
    for (host, expected) in [
        (&["example.org"][..], Some("example.org")),
        (&["example.org:8443"], Some("example.org:8443")),
        (&["[::1]:80"], Some("[::1]:80")),
        (&["evil.example, example.org"], Some("example.org")),
        (&["evil.example/path?"], None),
        (&["user@example.org"], None),
        (&["http://example.org"], None),
        (&["a b"], None),
        (&[""], None),
    ] {
        let found = x("10.0.0.9", [&[], &[], host], &ten);
        assert_eq!(found.host.as_deref(), expected, "{host:?}");
    }
}

#[test]
fn forwarded_is_walked_from_the_right() {
    use Scheme::{Http, Https};
    let ten = trust("10.0.0.0/8", None);
    for (lines, address, scheme, host) in [
        (
            &["for=6.6.6.6;proto=https;host=a.example"][..],
            "6.6.6.6",
            Some(Https),
            Some("a.example"),
        ),
        (
            &["for=1.1.1.1;host=evil.example, for=6.6.6.6"],
            "6.6.6.6",
            None,
            None,
        ),
        (
            &["for=1.1.1.1", "for=6.6.6.6;proto=http", "for=10.0.0.1"],
            "6.6.6.6",
            Some(Http),
            None,
        ),
        // The outermost trusted proxy that says something.
        (
            &["proto=http, for=6.6.6.6;proto=https, for=10.0.0.1;proto=http"],
            "6.6.6.6",
            Some(Https),
            None,
        ),
        (
            &["for=6.6.6.6, for=10.0.0.1;proto=https"],
            "6.6.6.6",
            Some(Https),
            None,
        ),
        // Quoted, hidden, unknown.
        (
            &[r#"for="127.0.0.1;host=evil.com;proto=https""#],
            "",
            None,
            None,
        ),
        (
            &["for=6.6.6.6, for=_hidden;proto=https"],
            "",
            Some(Https),
            None,
        ),
        (
            &["for=6.6.6.6, for=unknown, for=10.0.0.1"],
            "10.0.0.1",
            None,
            None,
        ),
        (&[r#"for="6.6.6.6:_port""#], "6.6.6.6", None, None),
        (&[r#"for="[2001:db8::1]:_x""#], "2001:db8::1", None, None),
        (
            &["for=6.6.6.6;proto=javascript;host=\"a/b\""],
            "6.6.6.6",
            None,
            None,
        ),
        (&["proto=https"], "", Some(Https), None),
        (&["for=6.6.6.6,,"], "6.6.6.6", None, None),
    ] {
        let found = forwarded("10.0.0.9", lines, &ten);
        let expected = Resolved {
            client: client(address),
            scheme,
            host: host.map(str::to_owned),
            malformed: false,
        };
        assert_eq!(found, expected, "{lines:?}");
        assert_eq!(
            forwarded("11.0.0.9", lines, &ten),
            Resolved::default(),
            "{lines:?}"
        );
    }
}

#[test]
fn a_forwarded_that_cannot_be_read_is_told() {
    let ten = trust("10.0.0.0/8", None);
    // A client opens a quote, and a proxy appends behind it.
    let swallowed = forwarded("10.0.0.9", &[r#"for="x, for=6.6.6.6;proto=https"#], &ten);
    assert_eq!(
        swallowed,
        Resolved {
            malformed: true,
            ..Resolved::default()
        }
    );
    // What a client wrote badly does not matter once it is known.
    let known = forwarded("10.0.0.9", &[r#"for="x"#, "for=6.6.6.6"], &ten);
    assert_eq!(
        known,
        Resolved {
            client: client("6.6.6.6"),
            ..Resolved::default()
        }
    );
    let untrusted = forwarded("11.0.0.9", &[r#"for="x"#], &ten);
    assert_eq!(untrusted, Resolved::default());
}

proptest! {
    #[test]
    fn any_lines_are_read_without_panic(
        lines in proptest::collection::vec("(for=|proto=|host=|https?|10\\.0\\.0\\.1|\\[::1\\]|[,;:\"\\\\ ]|.)*", 0..4),
        hops in proptest::option::of(0_usize..4),
    ) {
        let lines: Vec<_> = lines.iter().map(String::as_bytes).collect();
        let trust = trust("private", hops);
        let peer = IpAddr::from([10, 0, 0, 9]);
        let found = from_forwarded(peer, lines.iter().copied(), &trust);
        prop_assert!(found.host.is_none_or(|host| valid_host(host.as_bytes())));
        let found = from_x_forwarded(peer, lines.iter().copied(), lines.iter().copied(), lines.iter().copied(), &trust);
        prop_assert!(found.host.is_none_or(|host| valid_host(host.as_bytes())));
    }

    #[test]
    fn what_a_client_sends_changes_nothing(forged in "[^\r\n]*") {
        let ten = trust("10.0.0.0/8", None);
        let found = x("10.0.0.9", [&[&forged, "6.6.6.6"], &[&forged, "http"], &[&forged, "a.example"]], &ten);
        let honest = x("10.0.0.9", [&["6.6.6.6"], &["http"], &["a.example"]], &ten);
        prop_assert_eq!(found, honest);
        let found = forwarded("10.0.0.9", &[&forged, "for=6.6.6.6;proto=http;host=a.example"], &ten);
        prop_assert_eq!(found, forwarded("10.0.0.9", &["for=6.6.6.6;proto=http;host=a.example"], &ten));
    }

    #[test]
    fn any_bytes_are_read_without_panic(line in proptest::collection::vec(any::<u8>(), 0..100)) {
        let trust = trust("private", None);
        let peer = IpAddr::from([10, 0, 0, 9]);
        let _read = from_forwarded(peer, [&line[..]], &trust);
        let _read = from_x_forwarded(peer, [&line[..]], [&line[..]], [&line[..]], &trust);
    }
}
