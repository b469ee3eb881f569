//! Queries, forms, JSON and charsets.

use std::time::Duration;

use crate::target::{Heard, hasty, plain};
use crate::wire::{escaped, get, post, request};

const URLENCODED: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[track_caller]
fn names_its_limit(heard: &Heard, limit: &str) {
    assert!(
        heard.is([413]).text().contains(limit),
        "{limit} is not named: {heard}"
    );
}

#[test]
fn case_283_too_many_parameters() {
    let site = plain();
    let pairs = |count: usize| "a=1&".repeat(count);
    site.ask(get(&format!("/info?{}", pairs(1_000_000))))
        .is([414, 431]);
    site.ask(get(&format!("/info?{}", "&".repeat(8_000))))
        .is([200, 400]);
    site.ask(get(&format!("/info?{}", "a&".repeat(1_001))))
        .is([400]);
    site.ask(get(&format!("/info?{}", "a&".repeat(1_000))))
        .is([200]);
    site.ask(post("/form", URLENCODED, "b=1&".repeat(1_001)))
        .is([400]);
    site.ask(post("/form", URLENCODED, "b=1&".repeat(1_000)))
        .is([200]);
    site.ask(post("/form", URLENCODED, "&".repeat(1_000_000)))
        .is([200, 400]);
}

#[test]
fn case_284_thousands_of_names() {
    let site = plain();
    let names: Vec<_> = (0..1_000).map(|number| format!("{number:x}=&")).collect();
    let heard = site.ask(post("/form", URLENCODED, names.concat()));
    heard.is([200]);
    assert!(heard.talk.took < Duration::from_secs(1), "{heard}");
}

#[test]
fn case_287_a_form_in_a_charset_that_is_not_read() {
    let site = plain();
    for charset in [
        "utf-7",
        "bogus",
        "utf-16",
        "utf-16le",
        "utf-32",
        "ibm037",
        "\"\"",
        "hz-gb-2312",
        "iso-2022-kr",
        "x-user-defined",
        "utf-8\0",
    ] {
        site.ask(post(
            "/form",
            &format!("{URLENCODED}; charset={charset}"),
            "a=1",
        ))
        .is([415, 400]);
    }
    site.ask(post(
        "/form",
        &format!("{URLENCODED}; charset=utf-8; charset=utf-7"),
        "a=+ADw-",
    ))
    .is([200, 400, 415]);
    site.ask(request(
        "POST",
        "/form",
        &format!("Content-Type: {URLENCODED}^Content-Type: text/plain^Content-Length: 3^"),
        b"a=1",
    ))
    .is([400, 415]);
    site.ask(post(
        "/form",
        &format!("{URLENCODED}; charset=ISO-8859-1"),
        "a=%e9",
    ))
    .says(200, "a=é b=");
    site.ask(post(
        "/form",
        &format!("{URLENCODED}; charset=\"UTF-8\""),
        "a=%c3%a9",
    ))
    .says(200, "a=é b=");
}

#[test]
fn case_289_escapes_of_another_charset_stay_bytes() {
    let site = plain();
    for charset in ["shift_jis", "iso-2022-jp", "euc-jp", "gb18030", "big5"] {
        site.ask(post(
            "/form",
            &format!("{URLENCODED}; charset={charset}"),
            b"a=\x1b$B%3c\x1b(B",
        ))
        .is([400, 415]);
    }
    // In UTF-8 it is an escape character and some letters.
    site.ask(post("/form", URLENCODED, b"a=%1b$B&b=2"))
        .says(200, "a=\u{1b}$B b=2");
    site.ask(post("/form", URLENCODED, b"a=\x82\x27&b=2"))
        .is([400]);
}

#[test]
fn a_form_that_is_no_text() {
    let site = plain();
    for body in ["a=%ff", "a=%c0%af", "%ff=1&a=2", "a=%ed%a0%80", "a=%80"] {
        site.ask(post("/form", URLENCODED, body)).is([400]);
    }
    site.ask(post("/form", URLENCODED, b"a=\xff")).is([400]);
    site.ask(post("/form", URLENCODED, "a=%zz&b=%"))
        .says(200, "a=%zz b=%");
    site.ask(post("/form", URLENCODED, "a=x\0y")).is([200, 400]);
    site.ask(post("/form", URLENCODED, "a")).is([200]);
    site.ask(post("/form", URLENCODED, "")).is([200]);
    site.ask(post("/form", URLENCODED, "=&==&&a=b=c"))
        .says(200, "a=b=c b=");
    site.ask(post("/form", URLENCODED, "a=1;b=2"))
        .says(200, "a=1;b=2 b=");
    site.ask(post("/form", URLENCODED, "a=1&a=2")).is([400]);
}

#[test]
fn case_290_a_form_of_a_megabyte_and_a_byte() {
    let site = plain();
    let stored = site.tally("stored");
    let body = format!("a={}", "x".repeat(1_048_575));
    names_its_limit(&site.ask(post("/form", URLENCODED, &body)), "1048576");
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let lines = format!("Content-Type: {URLENCODED}^Transfer-Encoding: chunked^");
    names_its_limit(
        &site.ask(request("POST", "/form", &lines, chunked.as_bytes())),
        "1048576",
    );
    assert_eq!(site.tally("stored"), stored);
    site.ask(post("/form", URLENCODED, &body.as_bytes()[..1_048_576]))
        .is([200]);
}

#[test]
fn a_body_beyond_its_limit() {
    let site = plain();
    names_its_limit(&site.ask(post("/bytes", "", vec![b'a'; 262_145])), "262144");
    site.ask(post("/bytes", "", vec![b'a'; 262_144]))
        .says(200, "262144 bytes");
    let chunks = "10000\r\n".to_owned() + &"a".repeat(65_536) + "\r\n";
    let chunked = chunks.repeat(5) + "0\r\n\r\n";
    names_its_limit(
        &site.ask(request(
            "POST",
            "/bytes",
            "Transfer-Encoding: chunked^",
            chunked.as_bytes(),
        )),
        "262144",
    );
    drop(site);
    let site = hasty();
    names_its_limit(
        &site.ask(post("/flow", "", vec![b'a'; 3_000_001])),
        "3000000",
    );
    let chunked = chunks.repeat(46) + "0\r\n\r\n";
    names_its_limit(
        &site.ask(request(
            "POST",
            "/flow",
            "Transfer-Encoding: chunked^",
            chunked.as_bytes(),
        )),
        "3000000",
    );
    site.ask(post("/flow", "", vec![b'a'; 3_000_000]))
        .says(200, "3000000 bytes");
}

#[test]
fn case_292_json_nested_beyond_reason() {
    let site = plain();
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        for depth in [200, 100_000] {
            site.ask(post("/json", JSON, open.repeat(depth))).is([400]);
            site.ask(post(
                "/json",
                JSON,
                format!("{}1{}", open.repeat(depth), close.repeat(depth)),
            ))
            .is([400]);
        }
    }
    site.ask(post(
        "/json",
        JSON,
        format!("{}{}", "[".repeat(100), "]".repeat(100)),
    ))
    .is([200]);
}

#[test]
fn case_293_json_that_is_none() {
    let site = plain();
    let utf_16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bad: &[&[u8]] = &[
        b"NaN",
        b"1e999",
        b"-1e999",
        b"\"\\ud800\"",
        b"{} x",
        b"{}{}",
        b"",
        b"\xef\xbb\xbf{}",
        &utf_16,
        b"{'a':1}",
        b"{\"a\":1,}",
        b"[1,]",
        b"01",
        b"+1",
        b".5",
        b"Infinity",
        b"\"\x01\"",
        b"\"\xff\"",
        b"nul",
        b"{\"a\"}",
        b"/* */1",
        b"\"\\x41\"",
        b"\"a",
        b"[",
        b"{\"a\":",
        b"\0",
        b"1 2",
        b"undefined",
        b"0x10",
    ];
    for body in bad {
        let heard = site.ask(post("/json", JSON, body));
        let text = heard.is([400]).text();
        assert!(
            body.is_empty() || text.contains("line 1, column"),
            "{heard}"
        );
        for word in ["expected", "EOF", "trailing", "surrogate", "invalid"] {
            assert!(!text.contains(word), "the parser speaks: {text}");
        }
    }
    site.ask(post("/json", JSON, b"{\"a\":1,\"a\":2}"))
        .is([200, 400]);
    site.ask(post("/json", JSON, b" \r\n\t1\n")).says(200, "1");
}

#[test]
fn case_295_only_json_is_json() {
    let site = plain();
    for kind in [
        "application/json",
        "application/json;x",
        "Application/JSON; charset=UTF-8",
        "application/json ; charset=\"utf-8\"",
    ] {
        site.ask(post("/json", kind, "{}")).is([200]);
    }
    for kind in [
        "text/plain",
        "application/problem+json",
        "text/json",
        "application/jsonp",
        "json",
        "application/json, text/plain",
        "application/json; charset=utf-16",
        "application / json",
        "multipart/form-data; boundary=a",
        "*/*",
        "application/json\u{e9}",
    ] {
        site.ask(post("/json", kind, "{}")).is([415, 400]);
    }
    site.ask(post("/json", "", "{}")).is([415]);
    site.ask(request(
        "POST",
        "/json",
        &format!("Content-Type: {JSON}^Content-Type: {JSON}^Content-Length: 2^"),
        b"{}",
    ))
    .is([200, 415, 400]);
}

#[test]
fn case_296_json_of_megabytes() {
    let site = plain();
    let stored = site.tally("stored");
    names_its_limit(
        &site.ask(post(
            "/json",
            JSON,
            format!("\"{}\"", "a".repeat(3_000_000)),
        )),
        "2097152",
    );
    assert_eq!(site.tally("stored"), stored);
    let keys = format!("{{{}\"a\":1}}", "\"a\":1,".repeat(349_000));
    site.ask(post("/json", JSON, keys)).is([200]);
    let heard = site.ask(post("/json", JSON, format!("[{}1]", "1,".repeat(100_000))));
    heard.is([200]);
}

#[test]
fn a_body_that_is_encoded() {
    let site = plain();
    for coding in [
        "gzip",
        "br",
        "zstd",
        "deflate",
        "gzip, gzip",
        "x",
        "identity, gzip",
        "GZIP",
    ] {
        for (page, kind) in [
            ("/bytes", "text/plain"),
            ("/flow", "text/plain"),
            ("/form", URLENCODED),
            ("/json", JSON),
            ("/upload", "multipart/form-data; boundary=b"),
        ] {
            site.ask(request(
                "POST",
                page,
                &format!("Content-Type: {kind}^Content-Encoding: {coding}^Content-Length: 2^"),
                b"\x1f\x8b",
            ))
            .is([415]);
        }
    }
    site.ask(request(
        "POST",
        "/bytes",
        "Content-Encoding: identity^Content-Length: 3^",
        b"abc",
    ))
    .is([200]);
}

#[test]
fn case_325_a_bomb_of_380_bytes_stays_one() {
    let site = plain();
    // 380 bytes of brotli that would be 500 MB. Nothing here opens them, so any bytes do.
    let bomb = [0xce; 380];
    let before = site.memory();
    site.ask(request(
        "POST",
        "/bytes",
        "Content-Encoding: br^Content-Length: 380^",
        &bomb,
    ))
    .is([415]);
    assert!(site.memory() < before + 4 * 1024 * 1024);
}

#[test]
fn a_form_of_another_type() {
    let site = plain();
    for kind in [
        "text/plain",
        "application/json",
        "multipart/mixed; boundary=b",
        "x",
        "application/x-www-form-urlencoded2",
        "/",
        "application/x-www-form-urlencoded\u{e9}",
    ] {
        site.ask(post("/form", kind, "a=1")).is([415]);
    }
    site.ask(post("/form", "", "a=1")).is([415]);
    site.ask(request("POST", "/form", "", b"")).is([200, 415]);
    site.ask(request(
        "POST",
        "/form",
        "Transfer-Encoding: chunked^",
        b"0\r\n\r\n",
    ))
    .is([200, 415]);
}

#[test]
fn a_field_that_the_page_does_not_ask_for() {
    let site = hasty();
    site.ask(post("/form", URLENCODED, "a=1&zzz=1")).is([400]);
    site.ask(post("/form", URLENCODED, "a=1&_method=DELETE"))
        .is([400]);
    site.ask(post("/form?zzz=1", URLENCODED, "a=1")).is([404]);
    site.ask(post("/form", URLENCODED, "a=1&b=1")).is([200]);
}

/// A choice of the kinds in the big list of naughty strings.
const NAUGHTY: [&str; 40] = [
    "undefined",
    "null",
    "NULL",
    "true",
    "NaN",
    "-Infinity",
    "0x0",
    "1/0",
    "1e99999",
    "0,00",
    "٠١٢٣",
    "''",
    "\"\"",
    "<>?:\"{}|_+",
    "Ω≈ç√∫˜µ≤≥÷",
    "¡™£¢∞§¶•ªº–≠",
    "⁰⁴⁵₀₁₂",
    "ด้้้้้็็็็็้้้้้็็็็็้้้้้้้้็",
    "田中さんにあげて下さい",
    "ﺎﻠﺴﻄﺣ",
    "בְּרֵאשִׁית",
    "😍👾🙇💁🏳️‍🌈",
    "￾",
    "\u{feff}",
    "\u{202e}test\u{202e}",
    "\u{2028}",
    "T\u{308}o\u{337}o\u{321}",
    "<script>alert(1)</script>",
    "' OR 1=1 -- 1",
    "$(touch /tmp/x)",
    "`id`",
    "%s%n%x",
    "../../../../etc/passwd%00",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "=cmd|' /C calc'!A0",
    "CON",
    "Power لُلُصّبُلُلصّبُررً ॣ ॣh ॣ ॣ 冗",
    "\u{1f}\u{7f}\u{85}",
    "a\r\nb",
];

#[test]
fn case_298_naughty_strings_come_back_as_they_went() {
    let site = plain();
    for naughty in NAUGHTY {
        let text = escaped(naughty);
        site.ask(get(&format!("/echo?q={text}"))).says(200, naughty);
        let heard = site.ask(get(&format!("/echo/{text}")));
        assert!(
            heard.is([200, 404]).status == 404 || heard.is([200]).text() == naughty,
            "{heard}"
        );
        site.ask(post("/form", URLENCODED, format!("a={text}")))
            .says(200, &format!("a={naughty} b="));
        let json = serde_json::to_string(naughty).unwrap();
        site.ask(post("/json", JSON, &json)).says(200, &json);
        let heard = site.ask(request(
            "GET",
            "/agent",
            &format!("User-Agent: {naughty}^"),
            b"",
        ));
        assert!(
            heard.is([200, 400]).status == 400 || heard.is([200]).text().trim() == naughty.trim(),
            "{heard}"
        );
        site.ask(request(
            "GET",
            "/cookies",
            &format!("Cookie: a={naughty}^"),
            b"",
        ))
        .is([200, 400]);
    }
}

#[test]
fn every_single_byte_in_a_query_and_in_a_form() {
    let site = plain();
    for byte in 0..=255_u8 {
        let expected = if byte < 0x80 { [200, 200] } else { [400, 400] };
        site.ask(get(&format!("/echo?q=%{byte:02x}"))).is(expected);
        site.ask(post("/form", URLENCODED, format!("a=%{byte:02x}")))
            .is(expected);
        site.ask(post(
            "/form",
            URLENCODED,
            [b"b=x".as_slice(), &[byte]].concat(),
        ))
        .is([200, 400]);
        site.ask(get(&format!("/echo/x%{byte:02x}"))).is([200, 404]);
    }
}
