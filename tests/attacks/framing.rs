//! Heads, lengths and chunks: where a message begins and ends.

use crate::target::{Heard, Turn, hasty, plain};
use crate::wire::{Answer, End, PATIENCE, get, post, request, wire};

/// The head of a chunked POST to a page that reads its body.
fn chunked(body: impl AsRef<[u8]>) -> Vec<u8> {
    request(
        "POST",
        "/bytes",
        "Transfer-Encoding: chunked^",
        body.as_ref(),
    )
}

/// Every one of these is refused as malformed.
fn refused<const N: usize>(
    site: &Turn,
    requests: impl IntoIterator<Item = Vec<u8>>,
    statuses: [u16; N],
) {
    for request in requests {
        site.ask(&request).is(statuses);
    }
}

fn lines(all: &[&str]) -> Vec<Vec<u8>> {
    all.iter()
        .map(|lines| request("POST", "/bytes", lines, b"abc"))
        .collect()
}

#[test]
fn case_1_http_1_1_without_host() {
    plain()
        .ask(wire("GET /info HTTP/1.1^Connection: close^^"))
        .is([400]);
}

#[test]
fn an_absolute_target_needs_a_host_as_well() {
    plain()
        .ask(wire("GET http://t/info HTTP/1.1^Connection: close^^"))
        .is([400]);
}

#[test]
fn http_1_0_needs_no_host() {
    plain().ask(wire("GET /info HTTP/1.0^^")).is([200]);
}

#[test]
fn case_2_two_hosts() {
    let site = plain();
    site.ask(wire(
        "GET /info HTTP/1.1^Host: t^Host: t^Connection: close^^",
    ))
    .is([400]);
    site.ask(wire(
        "GET /info HTTP/1.1^Host: t^Host: evil.com^Connection: close^^",
    ))
    .is([400]);
    site.ask(wire("GET /info HTTP/1.0^Host: t^host: evil.com^^"))
        .is([400]);
}

#[test]
fn case_4_two_lengths() {
    refused(
        &plain(),
        lines(&["Content-Length: 3^Content-Length: 4^"]),
        [400],
    );
}

#[test]
fn two_equal_lengths() {
    refused(
        &plain(),
        lines(&["Content-Length: 3^Content-Length: 3^"]),
        [400],
    );
}

#[test]
fn case_5_a_list_of_lengths() {
    refused(
        &plain(),
        lines(&["Content-Length: 3, 3^", "Content-Length: 3,^"]),
        [400],
    );
}

#[test]
fn a_length_that_is_no_number() {
    let bad = [
        "Content-Length: -3^",
        "Content-Length: +3^",
        "Content-Length: 0x3^",
        "Content-Length: 3 3^",
        "Content-Length: three^",
        "Content-Length: ^",
        "Content-Length: 3.0^",
        "Content-Length: \u{663}^",
    ];
    refused(&plain(), lines(&bad), [400]);
}

#[test]
fn a_length_and_chunks() {
    let site = plain();
    let both = "Content-Length: 3^Transfer-Encoding: chunked^";
    site.ask(request("POST", "/bytes", both, b"0\r\n\r\n"))
        .is([400]);
    let both = "Transfer-Encoding: chunked^Content-Length: 6^";
    site.ask(request("POST", "/bytes", both, b"0\r\n\r\nG"))
        .is([400]);
}

#[test]
fn case_7_a_length_beyond_64_bits() {
    refused(
        &plain(),
        lines(&["Content-Length: 18446744073709551616^"]),
        [400, 413],
    );
}

#[test]
fn case_8_a_length_beyond_every_body() {
    let site = plain();
    let stored = site.tally("stored");
    for length in ["9223372036854775808", "18446744073709551615", "104857601"] {
        let heard = site.ask(request(
            "POST",
            "/bytes",
            &format!("Content-Length: {length}^"),
            b"abc",
        ));
        assert!(
            heard.is([413]).text().contains("104857600"),
            "the limit is not named: {heard}"
        );
    }
    assert_eq!(site.tally("stored"), stored);
}

#[test]
fn case_10_another_transfer_encoding() {
    let bad = [
        "Transfer-Encoding: xchunked^",
        "Transfer-Encoding: \"chunked\"^",
        "Transfer-Encoding: \x0bchunked^",
        "Transfer-Encoding: identity^",
        "Transfer-Encoding: chunked\x0b^",
        "Transfer-Encoding: ^",
        "Transfer-Encoding: chunk^",
        "Transfer-Encoding: chunkedx^",
        "Transfer-Encoding: c hunked^",
        "Transfer-Encoding: chunked;q=1^",
        "Transfer-Encoding: [chunked]^",
    ];
    refused(&plain(), lines(&bad), [400, 501]);
}

#[test]
fn case_11_several_transfer_encodings() {
    let bad = [
        "Transfer-Encoding: chunked, identity^",
        "Transfer-Encoding: gzip, chunked^",
        "Transfer-Encoding: chunked, chunked^",
        "Transfer-Encoding: chunked^Transfer-Encoding: chunked^",
        "Transfer-Encoding: identity, chunked^",
        "Transfer-Encoding: identity^Transfer-Encoding: chunked^",
        "Transfer-Encoding: chunked^Transfer-Encoding: x^",
        "Transfer-Encoding: ,chunked^",
        "Transfer-Encoding: chunked,^",
    ];
    refused(&plain(), lines(&bad), [400, 501]);
}

#[test]
fn case_13_chunks_in_http_1_0() {
    plain()
        .ask(wire(
            "POST /bytes HTTP/1.0^Host: t^Transfer-Encoding: chunked^^3^abc^0^^",
        ))
        .is([400]);
}

#[test]
fn case_14_http_1_0_without_a_length() {
    plain()
        .ask(wire("POST /bytes HTTP/1.0^Host: t^^abc"))
        .is([400, 411]);
}

#[test]
fn case_16_a_bare_line_feed_in_a_chunk_extension() {
    let site = plain();
    site.ask(chunked(b"3;a\nabc\r\n0\r\n\r\n")).is([400]);
    site.ask(chunked(b"3\nabc\n0\n\n")).is([400]);
}

#[test]
fn case_17_a_chunk_size_that_is_none() {
    let bad = [
        "0x3^abc^0^^",
        "-3^abc^0^^",
        "^abc^0^^",
        "+3^abc^0^^",
        "3 3^abc^0^^",
        "g^abc^0^^",
        " 3^abc^0^^",
        "3\r\r\nabc^0^^",
        ";3^abc^0^^",
        "\u{663}^abc^0^^",
    ];
    refused(&plain(), bad.iter().map(|body| chunked(wire(body))), [400]);
}

#[test]
fn a_chunk_extension_is_ignored() {
    plain()
        .ask(chunked(wire("3;a=b;c=\"d\"^abc^0^^")))
        .says(200, "3 bytes");
}

#[test]
fn case_19_a_chunk_without_end() {
    let site = hasty();
    for size in [
        "ffffffffffffffff",
        "7fffffffffffffff",
        "10000000000000000",
        "fffffffffffffffffffffffffffffff",
    ] {
        for page in ["/bytes", "/flow", "/form", "/upload", "/json"] {
            let kind = match page {
                "/form" => "Content-Type: application/x-www-form-urlencoded^",
                "/upload" => "Content-Type: multipart/form-data; boundary=b^",
                "/json" => "Content-Type: application/json^",
                _ => "",
            };
            let heard = site.ask(request(
                "POST",
                page,
                &format!("{kind}Transfer-Encoding: chunked^"),
                wire(&format!("{size}^a")).as_slice(),
            ));
            heard.is([400, 408, 413]);
        }
    }
}

#[test]
fn case_20_more_data_than_the_chunk_says() {
    plain().ask(chunked(wire("3^abcd^0^^"))).is([400]);
}

#[test]
fn case_22_a_megabyte_of_zeros_before_a_size() {
    let site = plain();
    let stored = site.tally("stored");
    for page in ["/bytes", "/flow"] {
        let mut body = vec![b'0'; 1_000_000];
        body.extend_from_slice(b"3\r\nabc\r\n0\r\n\r\n");
        site.ask(request("POST", page, "Transfer-Encoding: chunked^", &body))
            .is([400]);
    }
    assert_eq!(site.tally("stored"), stored);
}

#[test]
fn a_megabyte_of_chunk_extension() {
    let site = plain();
    let body = format!("3;{}\r\nabc\r\n0\r\n\r\n", "a".repeat(1_000_000));
    for page in ["/bytes", "/flow"] {
        site.ask(request(
            "POST",
            page,
            "Transfer-Encoding: chunked^",
            body.as_bytes(),
        ))
        .is([400]);
    }
}

#[test]
fn case_23_a_megabyte_of_trailers() {
    let site = plain();
    let long = format!("3\r\nabc\r\n0\r\nX: {}\r\n\r\n", "a".repeat(1_000_000));
    let many = format!("3\r\nabc\r\n0\r\n{}\r\n", "X: aaaaaaa\r\n".repeat(10_000));
    for body in [long, many] {
        for page in ["/bytes", "/flow"] {
            site.ask(request(
                "POST",
                page,
                "Transfer-Encoding: chunked^",
                body.as_bytes(),
            ))
            .is([400, 431]);
        }
    }
}

#[test]
fn a_megabyte_of_framing_to_a_page_that_reads_no_body() {
    let site = plain();
    let zeros = format!("{}3\r\nabc\r\n0\r\n\r\n", "0".repeat(1_000_000));
    let trailers = format!("3\r\nabc\r\n0\r\nX: {}\r\n\r\n", "a".repeat(1_000_000));
    for body in [zeros, trailers] {
        site.ask(request(
            "POST",
            "/ignore",
            "Transfer-Encoding: chunked^",
            body.as_bytes(),
        ))
        .is([200, 400]);
        let keep =
            format!("POST /ignore HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        site.ask(keep);
    }
}

#[test]
fn a_small_trailer_is_read_over() {
    plain()
        .ask(chunked(wire("3^abc^0^X-Sum: 1^^")))
        .says(200, "3 bytes");
}

#[test]
fn a_trailer_is_no_header() {
    let site = plain();
    let heard = site.ask_for(2, wire("POST /bytes HTTP/1.1^Host: t^Transfer-Encoding: chunked^^3^abc^0^Content-Length: 50^Transfer-Encoding: chunked^Host: evil^^GET /info HTTP/1.1^Host: t^Connection: close^^"));
    heard.are(&[200, 200]);
    assert!(heard.talk.answers[1].text().contains("host=t"), "{heard}");
}

#[test]
fn ten_thousand_chunks_of_one_byte() {
    plain()
        .ask(chunked(format!("{}0\r\n\r\n", "1\r\na\r\n".repeat(10_000))))
        .says(200, "10000 bytes");
}

#[test]
fn case_25_a_body_that_is_shorter_than_its_length() {
    let site = plain();
    let stored = site.tally("stored");
    for page in ["/bytes", "/flow", "/json", "/form"] {
        site.ask_and_finish(request(
            "POST",
            page,
            "Content-Type: application/json^Content-Length: 10^",
            b"abc",
        ))
        .is([400, 415]);
    }
    site.ask_and_finish(request(
        "POST",
        "/form",
        "Content-Type: application/x-www-form-urlencoded^Content-Length: 10^",
        b"a=1",
    ))
    .is([400]);
    assert_eq!(site.tally("stored"), stored);
}

#[test]
fn case_26_chunks_that_break_off() {
    let site = plain();
    let stored = site.tally("stored");
    for body in ["3^ab", "3", "3^abc^", "3^abc^0^", "3^abc^0", "0^X: 1^"] {
        site.ask_and_finish(chunked(wire(body))).is([400]);
    }
    assert_eq!(site.tally("stored"), stored);
}

#[test]
fn case_28_an_unread_body_and_another_request() {
    let site = plain();
    let second = "GET /info HTTP/1.1^Host: t^Connection: close^^";
    // How long the body is, nobody knows without reading it: the answer says that the connection ends, and it does (RFC 9112, 9.6).
    let heard = site.ask_for(
        1,
        wire(&format!(
            "POST /ignore HTTP/1.1^Host: t^Transfer-Encoding: chunked^^3^abc^0^^{second}"
        )),
    );
    heard.are(&[200]);
    assert_eq!(heard.talk.answers[0].header("connection"), Some("close"));
    let heard = site.ask_for(
        2,
        wire(&format!(
            "POST /ignore HTTP/1.1^Host: t^Content-Length: 3^^abc{second}"
        )),
    );
    assert!(
        heard.talk.answers.iter().all(|answer| answer.status == 200),
        "{heard}"
    );
}

#[test]
fn a_body_that_looks_like_a_request_is_none() {
    let site = plain();
    let smuggled = wire("GET /info?smuggled HTTP/1.1^Host: t^^");
    let mut bytes = wire(&format!(
        "POST /ignore HTTP/1.1^Host: t^Content-Length: {}^^",
        smuggled.len()
    ));
    bytes.extend_from_slice(&smuggled);
    site.ask_for(1, &bytes).is([200]);
    site.ask(request(
        "GET",
        "/info",
        &format!("Content-Length: {}^", smuggled.len()),
        &smuggled,
    ))
    .is([200]);
    site.ask(request(
        "POST",
        "/nothing",
        &format!("Content-Length: {}^", smuggled.len()),
        &smuggled,
    ))
    .is([404]);
    assert!(site.log().iter().all(|line| !line.contains("smuggled")));
}

#[test]
fn case_29_an_upgrade_with_a_body_and_another_request() {
    let site = hasty();
    let upgrade = "Upgrade: websocket^Connection: Upgrade^";
    for page in ["/ignore", "/bytes"] {
        let heard = site.ask_for(2, wire(&format!("POST {page} HTTP/1.1^Host: t^{upgrade}Content-Length: 3^^abcGET /info HTTP/1.1^Host: t^^")));
        let statuses: Vec<_> = heard
            .talk
            .answers
            .iter()
            .map(|answer| answer.status)
            .collect();
        assert!(statuses.len() == 1 || statuses == [200, 200], "{heard}");
        let first = heard.talk.answers[0].text();
        assert!(
            ["ignored", "3 bytes"].contains(&first.as_str()) || heard.talk.answers[0].status >= 400,
            "{heard}"
        );
    }
}

#[test]
fn an_upgrade_to_http_2_is_not_taken() {
    let site = plain();
    let heard = site.ask(wire("GET /info HTTP/1.1^Host: t^Connection: Upgrade, HTTP2-Settings^Upgrade: h2c^HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA^^"));
    heard.is([200]);
    assert!(heard.talk.interim.is_empty(), "{heard}");
}

#[test]
fn case_31_a_folded_header() {
    let site = plain();
    site.ask(wire(
        "GET /info HTTP/1.1^Host: t^X: b^ c^Connection: close^^",
    ))
    .is([400]);
    site.ask(wire(
        "GET /info HTTP/1.1^Host: t^X: b^\tc^Connection: close^^",
    ))
    .is([400]);
    site.ask(wire("GET /info HTTP/1.1^ X: b^Host: t^Connection: close^^"))
        .is([400]);
}

#[test]
fn case_32_a_header_that_is_none() {
    let bad = [
        "X b^",
        "X y: b^",
        "X : b^",
        ": b^",
        "é: b^",
        "X\x00: b^",
        "X: b\x00c^",
        "X: b\rc^",
        "X(y): b^",
        "X\x7f: b^",
        "X: \x7f^",
        "\x0bX: b^",
    ];
    refused(
        &plain(),
        bad.iter().map(|line| request("GET", "/info", line, b"")),
        [400],
    );
}

#[test]
fn case_34_bare_line_feeds() {
    // RFC 9112 §2.2 allows it. They mean the same as CRLF, so nobody is confused.
    let heard = plain().ask(b"GET /info HTTP/1.1\nHost: t\nConnection: close\n\n");
    assert!(heard.is([200]).text().contains("host=t"), "{heard}");
}

#[test]
fn bare_carriage_returns_are_no_ends_of_lines() {
    let site = plain();
    site.ask(b"GET /info HTTP/1.1\rHost: t\rConnection: close\r\r")
        .is_nothing_or([400]);
    site.ask(b"GET /info HTTP/1.1\r\nHost: t\rX: y\r\n\r\n")
        .is([400]);
}

#[test]
fn case_35_97_headers() {
    let site = plain();
    let many = |count: usize| request("GET", "/info", &"X: y^".repeat(count), b"");
    site.ask(many(97)).is([431, 400]);
    site.ask(many(5_000)).is([431, 400]);
    site.ask(many(94)).is([200]);
}

#[test]
fn case_37_a_header_of_8_megabytes() {
    let site = plain();
    let heard = site.ask(request(
        "GET",
        "/info",
        &format!("X: {}^", "a".repeat(8_000_000)),
        b"",
    ));
    heard.is([431]);
}

#[test]
fn a_head_that_never_ends() {
    let site = plain();
    let mut line = site.line();
    line.send(&wire(&format!(
        "GET /info HTTP/1.1^Host: t^{}",
        "X: y^".repeat(200_000)
    )));
    let talk = line.listen(1, PATIENCE);
    assert!(
        talk.answers.iter().all(|answer| answer.status == 431),
        "{talk:?}"
    );
    assert_eq!(talk.answers.len(), 1);
}

#[test]
fn case_38_a_target_of_70_kilobytes() {
    let site = plain();
    for length in [8 * 1024, 20_000, 65_000, 70_000, 120_000] {
        site.ask(get(&format!("/{}", "a".repeat(length)))).is([414]);
        site.ask(get(&format!("/info?{}", "a".repeat(length))))
            .is([414]);
    }
    site.ask(get(&format!("/info?{}", "a".repeat(8 * 1024 - 10))))
        .is([200]);
}

#[test]
fn a_target_of_10_megabytes() {
    plain()
        .ask(get(&format!("/{}", "a".repeat(10_000_000))))
        .is([414, 431]);
}

#[test]
fn case_40_something_that_is_not_http() {
    let site = plain();
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x9a\x1b";
    site.ask(hello).is_nothing_or([400]);
    site.ask([0; 100]).is_nothing_or([400]);
    site.ask([0xff; 100]).is_nothing_or([400]);
    site.ask(b"SSH-2.0-OpenSSH_9.2\r\n").is_nothing_or([400]);
    site.ask(b"{\"a\": 1}\r\n\r\n").is_nothing_or([400]);
    site.ask(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .is_nothing_or([400]);
}

#[test]
fn any_single_byte_changed_is_survived() {
    let site = plain();
    let good = wire("POST /bytes HTTP/1.1^Host: t^Connection: close^Content-Length: 3^^abc");
    for at in 0..good.len() {
        for byte in [0, b'\r', b'\n', b' ', b':', 0x7f, 0xff] {
            let mut bytes = good.clone();
            bytes[at] = byte;
            let mut line = site.line();
            line.send(&bytes);
            line.finish();
            let talk = line.listen_to_end(PATIENCE);
            assert!(
                talk.answers.len() <= 2 && talk.end != End::Open,
                "byte {at} is {byte}: {talk:?}"
            );
        }
    }
}

/// The same ones every time: what fails can be looked into.
#[test]
fn two_thousand_mutations_of_good_requests_are_survived() {
    let site = plain();
    let multipart = "--b^Content-Disposition: form-data; name=note^^x^--b^Content-Disposition: form-data; name=file; filename=f^^y^--b--^";
    let good = [
        get("/echo/a%20b?q=1&r=%C3%A9"),
        chunked(wire("3;a=b^abc^5^defgh^0^X: y^^")),
        post(
            "/form",
            "application/x-www-form-urlencoded",
            "a=1&b=%20&b=3",
        ),
        post(
            "/json",
            "application/json",
            "{\"a\": [1, \"\\u00e9\", null]}",
        ),
        post(
            "/upload",
            "multipart/form-data; boundary=b",
            wire(multipart),
        ),
        request(
            "GET",
            "/cookies",
            "Cookie: a=1; b=2^Accept: text/html;q=0.5, */*^Range: bytes=0-1^",
            b"",
        ),
    ];
    let mut seed = 1_u64;
    let mut any = |most: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % most
    };
    for round in 0..2_000 {
        let mut bytes = good[any(good.len())].clone();
        for _ in 0..=any(3) {
            let at = any(bytes.len());
            let with = good[any(good.len())].clone();
            match any(5) {
                0 => bytes[at] = u8::try_from(any(256)).unwrap(),
                1 => bytes.truncate(at.max(1)),
                2 => drop(bytes.splice(at..at, with[any(with.len())..].to_vec())),
                3 => drop(bytes.splice(at..(at + any(9)).min(bytes.len()), [])),
                _ => bytes.insert(at, b"\r\n :;,=%&\"\0\xff-"[any(13)]),
            }
        }
        let mut line = site.line();
        line.send(&bytes);
        line.finish();
        let talk = line.listen_to_end(PATIENCE);
        let broken = talk.end == End::Open
            || talk
                .answers
                .iter()
                .any(|answer| answer.status >= 500 && answer.status != 501);
        assert!(
            !broken,
            "round {round}: {talk:?} to {:?}",
            String::from_utf8_lossy(&bytes)
        );
    }
}

#[test]
fn case_41_another_version() {
    let bad = [
        "HTTP/2.0",
        "HTTP/3.7",
        "HTTP/1.2",
        "HTTP/0.9",
        "HTTP/1.10",
        "HTTP/11",
        "HTTP/1",
        "http/1.1",
        "HTTPS/1.1",
        "ICAP/1.0",
        "HTTP/+1.1",
        "HTTP /1.1",
    ];
    refused(
        &plain(),
        bad.iter()
            .map(|version| wire(&format!("GET /info {version}^Host: t^Connection: close^^"))),
        [400, 505],
    );
}

#[test]
fn a_request_line_without_a_version() {
    plain()
        .ask_and_finish(b"GET /info\r\n")
        .is_nothing_or([400]);
    plain()
        .ask_and_finish(b"GET /info\r\n\r\n")
        .is_nothing_or([400]);
}

#[test]
fn case_43_the_preface_of_http_2() {
    plain()
        .ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
        .is([400, 505]);
}

#[test]
fn case_44_a_method_in_lower_case() {
    let site = plain();
    for method in ["get", "Get", "gET", "post"] {
        site.ask(request(method, "/info", "", b"")).is([405, 501]);
    }
}

#[test]
fn a_method_that_nobody_knows() {
    let site = plain();
    let long = "A".repeat(5_000);
    for method in [
        "BREW",
        "PROPFIND",
        "M-SEARCH",
        "GETS",
        "_",
        "!#$%&'*+.^`|~",
        &long,
    ] {
        site.ask(request_of(method)).is([501, 400, 405]);
    }
}

fn request_of(method: &str) -> Vec<u8> {
    format!("{method} /info HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n").into_bytes()
}

#[test]
fn case_46_a_method_that_is_no_token() {
    for method in [
        "G(T", "G\"T", "G\x00T", "GÉT", "", "G:T", "G/T", "G\tT", "\"GET\"",
    ] {
        plain().ask(request_of(method)).is([400]);
    }
}

#[test]
fn case_47_trace_echoes_nothing() {
    let site = plain();
    for target in ["/info", "/", "/nothing", "/wild/x", "*"] {
        let heard = site.ask(request(
            "TRACE",
            target,
            "Cookie: secret=4711^X-Secret: 4711^",
            b"",
        ));
        assert!(
            !heard.is([405, 404, 400]).text().contains("4711"),
            "{heard}"
        );
    }
    site.ask(request("TRACE", "/info", "Max-Forwards: 0^", b""))
        .is([405]);
}

#[test]
fn connect_makes_no_tunnel() {
    let site = plain();
    for target in ["t:80", "evil.com:443", "/info", "/wild/x", "[::1]:1"] {
        let heard = site.ask(wire(&format!(
            "CONNECT {target} HTTP/1.1^Host: t^^GET /info?smuggled HTTP/1.1^Host: t^^"
        )));
        heard.is([400, 404, 405, 501]);
    }
    assert!(site.log().iter().all(|line| !line.contains("smuggled")));
}

#[test]
fn case_49_odd_spaces_in_the_request_line() {
    let site = plain();
    let bad = [
        "GET  /info HTTP/1.1",
        "GET\t/info HTTP/1.1",
        "GET /in fo HTTP/1.1",
        "GET /info\tHTTP/1.1",
        "GET /info  HTTP/1.1",
        "GET /info HTTP/1.1 ",
        " GET /info HTTP/1.1",
        "GET /info HTTP/1.1\x0b",
        "GET /info\x0cHTTP/1.1",
        "GET",
    ];
    for line in bad {
        site.ask(wire(&format!("{line}^Host: t^Connection: close^^")))
            .is([400]);
    }
}

#[test]
fn case_50_empty_lines_before_the_request() {
    let site = plain();
    site.ask(wire(&format!(
        "{}GET /info HTTP/1.1^Host: t^Connection: close^^",
        "^".repeat(10)
    )))
    .is([200, 400]);
    site.ask_and_finish(wire(&"^".repeat(500_000)))
        .is_nothing_or([400, 408, 431]);
}

#[test]
fn case_52_a_fragment_in_the_target() {
    let site = plain();
    let heard = site.ask(get("/info#frag"));
    assert!(
        heard.is([200, 400]).status == 400 || heard.is([200]).text().starts_with("GET /info  host"),
        "{heard}"
    );
    site.ask(get("/info?a=1#/../admin")).is([200, 400]);
}

#[test]
fn case_53_pipelined_requests_are_answered_in_order() {
    let site = plain();
    for count in [3, 50] {
        let all: Vec<_> = (1..=count)
            .map(|number| format!("GET /item/{number} HTTP/1.1^Host: t^^"))
            .collect();
        let heard = site.ask_for(count, wire(&all.concat()));
        let bodies: Vec<_> = heard.talk.answers.iter().map(Answer::text).collect();
        let expected: Vec<_> = (1..=count).map(|number| format!("item {number}")).collect();
        assert_eq!(bodies, expected);
    }
}

#[test]
fn a_slow_page_does_not_change_the_order() {
    let site = plain();
    let heard = site.ask_for(3, wire("GET /sleeps/100 HTTP/1.1^Host: t^^GET /item/2 HTTP/1.1^Host: t^^GET /nothing HTTP/1.1^Host: t^^"));
    heard.are(&[200, 200, 404]);
}

#[test]
fn five_thousand_pipelined_requests_are_answered() {
    let site = plain();
    let mut line = site.line();
    line.send(&wire(&"GET /item/1 HTTP/1.1^Host: t^^".repeat(5_000)));
    let heard = Heard::of(line.listen(5_000, 4 * PATIENCE), 5_000, b"5,000 requests");
    heard.are(&vec![200; 5_000]);
}

#[test]
fn nothing_is_answered_after_a_close() {
    let site = plain();
    site.ask([get("/item/1"), get("/item/2"), get("/item/3")].concat())
        .says(200, "item 1");
    let heard = site.ask(wire(
        "GET /item/1 HTTP/1.0^Host: t^^GET /item/2 HTTP/1.0^Host: t^^",
    ));
    heard.says(200, "item 1");
    let slow =
        wire("GET /sleeps/50 HTTP/1.1^Host: t^Connection: close^^GET /item/2 HTTP/1.1^Host: t^^");
    site.ask(slow).says(200, "slept");
    let visits = site
        .log()
        .iter()
        .filter(|line| line.contains("/item/2"))
        .count();
    assert_eq!(visits, 0, "a request after the last one ran");
}

#[test]
fn nothing_is_answered_after_a_malformed_request() {
    let site = plain();
    let good = "GET /info HTTP/1.1^Host: t^^";
    site.ask_for(3, wire(&format!("{good}G(T / HTTP/1.1^Host: t^^{good}")))
        .are(&[200, 400]);
    site.ask_for(
        2,
        wire(&format!(
            "POST /bytes HTTP/1.1^Host: t^Transfer-Encoding: chunked^^x^{good}"
        )),
    )
    .are(&[400]);
}

#[test]
fn case_55_a_promised_body_never_comes() {
    let site = hasty();
    let heard = site.ask(request(
        "POST",
        "/bytes",
        "Content-Length: 3^Expect: 100-continue^",
        b"",
    ));
    heard.is([408]);
    assert_eq!(heard.talk.interim, [100], "{heard}");
}

#[test]
fn a_promised_body_comes() {
    let site = plain();
    let mut line = site.line();
    line.send(&request(
        "POST",
        "/bytes",
        "Content-Length: 3^Expect: 100-Continue^",
        b"",
    ));
    assert_eq!(line.listen(0, PATIENCE / 10).interim, [100]);
    line.send(b"abc");
    assert_eq!(line.listen(1, PATIENCE).answers[0].text(), "3 bytes");
}

#[test]
fn case_56_a_promised_body_is_too_large() {
    let site = plain();
    let urlencoded = "Content-Type: application/x-www-form-urlencoded^";
    for (page, lines) in [
        ("/bytes", "Content-Length: 200000000^"),
        ("/flow", "Content-Length: 200000000^"),
        ("/form", &format!("{urlencoded}Content-Length: 2000000^")),
        (
            "/upload",
            "Content-Type: multipart/form-data; boundary=b^Content-Length: 200000000^",
        ),
        (
            "/json",
            "Content-Type: application/json^Content-Length: 3000000^",
        ),
    ] {
        let heard = site.ask(request(
            "POST",
            page,
            &format!("{lines}Expect: 100-continue^"),
            b"",
        ));
        heard.is([413]);
        assert!(
            heard.talk.interim.is_empty(),
            "{page} asks for the body: {heard}"
        );
    }
}

#[test]
fn a_promised_body_that_nobody_reads_is_not_asked_for() {
    let site = plain();
    for (page, status) in [("/ignore", 200), ("/nothing", 404), ("/item/1", 405)] {
        let heard = site.ask(request(
            "POST",
            page,
            "Content-Length: 3^Expect: 100-continue^",
            b"",
        ));
        heard.is([status]);
        assert!(heard.talk.interim.is_empty(), "{page}: {heard}");
    }
}

#[test]
fn case_58_another_expectation() {
    let site = plain();
    site.ask(request("GET", "/info", "Expect: 200-maybe^", b""))
        .is([200, 417]);
    site.ask(request(
        "POST",
        "/bytes",
        "Expect: 100-continue, x^Content-Length: 3^",
        b"abc",
    ))
    .is([200, 417]);
    site.ask(wire(
        "POST /bytes HTTP/1.0^Host: t^Expect: 100-continue^Content-Length: 3^^abc",
    ))
    .is([200]);
}

#[test]
fn case_59_connection_cannot_remove_a_header() {
    let heard = plain().ask(request(
        "GET",
        "/agent",
        "User-Agent: kept^Connection: close, User-Agent^",
        b"",
    ));
    heard.says(200, "kept");
}

#[test]
fn case_62_mutations_of_transfer_encoding() {
    let site = plain();
    // Every spelling below is either not the header at all, or refused: in no case may the length and the chunks be read differently by two.
    let mut spellings = Vec::new();
    for odd in [
        '\t', '\x0b', '\x0c', '\x00', '\x1f', '\x7f', '"', '\'', ';', ',', '\u{a0}', '\u{ff}', '_',
        '-', ':', '/', '\\',
    ] {
        spellings.extend([
            format!("Transfer-Encoding{odd}: chunked"),
            format!("{odd}Transfer-Encoding: chunked"),
            format!("Transfer-Encoding:{odd}chunked"),
            format!("Transfer-Encoding: chunked{odd}"),
            format!("Transfer-Encoding: {odd}chunked"),
            format!("Transfer{odd}Encoding: chunked"),
            format!("Transfer-Encoding: ch{odd}unked"),
        ]);
    }
    spellings.extend(
        [
            "Transfer-encoding: cHuNkEd",
            "X: y\r\n Transfer-Encoding: chunked",
            "X: y\rTransfer-Encoding: chunked",
            "X: y\nTransfer-Encoding: chunked",
            "Transfer-Encoding:\r\n chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding : x",
        ]
        .map(str::to_owned),
    );
    for spelling in spellings {
        let length = "0\r\n\r\nGET /info?smuggled HTTP/1.1\r\nHost: t\r\n\r\n";
        let bytes = format!(
            "POST /bytes HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n{spelling}\r\n\r\n{length}",
            length.len()
        );
        let heard = site.ask(&bytes);
        assert!(heard.talk.answers.len() == 1, "{spelling:?}: {heard}");
    }
    assert!(
        site.log().iter().all(|line| !line.contains("smuggled")),
        "a request was smuggled"
    );
}

#[test]
fn head_has_no_body() {
    let site = plain();
    for (target, status) in [
        ("/info", 200),
        ("/nothing", 404),
        ("/fails", 500),
        ("/sub", 301),
        ("/large/1", 200),
    ] {
        let heard = site.ask(request("HEAD", target, "", b""));
        assert_eq!(heard.is([status]).body, b"", "{heard}");
    }
    let heard = site.ask(post("/bytes", "", "abc"));
    heard.says(200, "3 bytes");
}
