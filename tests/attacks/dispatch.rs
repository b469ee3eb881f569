//! Hosts, targets and paths: which page a request reaches, and which it must not.

use std::time::{Duration, Instant};

use crate::target::{Heard, Turn, hasty, plain};
use crate::wire::{get, request, wire};

fn with_host(host: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = b"GET /info HTTP/1.1\r\nConnection: close\r\nHost: ".to_vec();
    bytes.extend_from_slice(host.as_ref());
    bytes.extend_from_slice(b"\r\n\r\n");
    bytes
}

/// A target as it stands in the request line, with `Host: t`.
fn target(target: &str) -> Vec<u8> {
    wire(&format!(
        "GET {target} HTTP/1.1^Host: t^Connection: close^^"
    ))
}

fn location(heard: &Heard) -> Option<&str> {
    heard
        .talk
        .answers
        .first()
        .and_then(|answer| answer.header("location"))
}

/// What a browser takes for a path of the same site.
fn assert_stays_here(heard: &Heard) {
    if let Some(location) = location(heard) {
        let second = location.as_bytes().get(1);
        assert!(
            location.starts_with('/') && !matches!(second, Some(b'/' | b'\\')),
            "{location}: {heard}"
        );
        assert!(
            location
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'\\'),
            "{location}: {heard}"
        );
    }
}

#[test]
fn case_64_a_host_that_is_none() {
    let site = plain();
    for host in [
        "a b",
        "a, b",
        "a\"><script>",
        "a/evil@b?x",
        "a#b",
        "user@a",
        "",
        "a\\b",
        "a%41",
        "[::1",
        "::1",
        "a..b",
        ".",
        "a'b",
        "*",
        "a;b",
        "a\tb",
        "[::1%25eth0]",
        "http://a",
    ] {
        site.ask(with_host(host)).is([400]);
    }
    site.ask(with_host("a".repeat(256))).is([400]);
    site.ask(with_host("a.".repeat(20_000))).is([400]);
}

#[test]
fn case_65_a_port_that_is_none() {
    let site = plain();
    for host in [
        "a:99999x",
        "a:0",
        "a:65536",
        "a:-1",
        "a:+80",
        "a:80:80",
        "a:\u{663}",
        "a: 80",
        "a:80,a:81",
        "[::1]80",
    ] {
        site.ask(with_host(host)).is([400]);
    }
    site.ask(with_host("a:")).is([200, 400]);
    site.ask(with_host("a:8080")).is([200]);
    site.ask(with_host("[::1]:8080")).is([200]);
}

#[test]
fn case_67_a_host_beyond_ascii() {
    let site = plain();
    site.ask(with_host("é.com")).is([400]);
    site.ask(with_host(b"\xe9.com")).is([400]);
    site.ask(with_host("ｅ.com")).is([400]);
    site.ask(with_host("xn--9ca.com")).is([200]);
}

#[test]
fn case_68_the_host_of_an_absolute_target_wins() {
    let site = hasty();
    site.ask(target("http://evil.com/info")).is([400]);
    site.ask(target("http://virtual.test/info"))
        .says(200, "virtual info");
    site.ask(wire(
        "GET http://t/echo?q=here HTTP/1.1^Host: evil.com^Connection: close^^",
    ))
    .is([200, 400]);
    plain()
        .ask(target("http://virtual.test/info"))
        .says(200, "virtual info");
}

#[test]
fn an_absolute_target_with_a_bad_authority() {
    let site = plain();
    for bad in [
        "http://a b/info",
        "http://user@t/info",
        "http://user:pass@t/info",
        "http://t:99999/info",
        "http://t:0/info",
        "http:///info",
        "http://@/info",
        "http://t\\evil/info",
        "http://[::1/info",
        "http://a..b/info",
    ] {
        site.ask(target(bad)).is([400]);
    }
}

#[test]
fn case_70_a_target_cannot_choose_the_scheme() {
    let site = plain();
    let heard = site.ask(target("https://t/sub"));
    assert_eq!(location(&heard), Some("/sub/"), "{heard}");
    for scheme in ["https", "ftp", "javascript", "file"] {
        site.ask(target(&format!("{scheme}://t/info")))
            .is([200, 400]);
    }
}

#[test]
fn case_71_an_absolute_target_without_a_path() {
    let site = plain();
    for root in [
        "http://localhost",
        "http://localhost/",
        "http://localhost?a=1",
        "http://virtual.test:80",
    ] {
        let heard = site.ask(target(root));
        assert!(
            ["index", "virtual"].contains(&heard.is([200]).text().as_str()),
            "{heard}"
        );
    }
}

#[test]
fn a_target_that_is_no_path() {
    let site = plain();
    for odd in [
        "*",
        "info",
        "t:80",
        "?a",
        "..",
        "@",
        "\\info",
        "http:",
        "http:info",
        "://",
        "/\\",
        "localhost:80/info",
        "[::1]",
    ] {
        let heard = site.ask(target(odd));
        heard.is([400, 404]);
    }
    site.ask(request("OPTIONS", "*", "", b"")).is([204, 200]);
    site.ask(request("OPTIONS", "http://evil.com", "", b""))
        .is([204, 200, 400, 405]);
}

#[test]
fn a_host_that_is_not_served() {
    let site = hasty();
    for host in [
        "evil.com",
        "t.evil.com",
        "evilt",
        "tt",
        "127.0.0.1",
        "virtual.test.evil.com",
    ] {
        site.ask(with_host(host)).is([400]);
    }
    for host in ["t", "T", "t.", "t:8080", "virtual.test", "VIRTUAL.TEST."] {
        site.ask(with_host(host)).is([200]);
    }
}

#[test]
fn a_virtual_host_has_only_its_own_pages() {
    let site = plain();
    let of = |path: &str| {
        wire(&format!(
            "GET {path} HTTP/1.1^Host: virtual.test^Connection: close^^"
        ))
    };
    site.ask(of("/")).says(200, "virtual");
    site.ask(of("/admin/")).is([404]);
    site.ask(of("/mounted/")).is([404]);
}

#[test]
fn forwarded_headers_are_nobodys_word() {
    let site = plain();
    let lines = "X-Forwarded-For: 6.6.6.6^X-Forwarded-Host: evil.com^X-Forwarded-Proto: javascript^Forwarded: for=6.6.6.6;host=evil.com^X-Real-IP: 6.6.6.6^X-Original-URL: /admin/^X-Rewrite-URL: /admin/^X-HTTP-Method-Override: DELETE^";
    let heard = site.ask(request("GET", "/sub", lines, b""));
    assert_eq!(location(&heard), Some("/sub/"), "{heard}");
    let heard = site.ask(request("GET", "/info", lines, b""));
    assert!(heard.is([200]).text().starts_with("GET /info"), "{heard}");
    assert!(
        site.log()
            .iter()
            .all(|line| !line.contains("6.6.6.6") && !line.contains("evil"))
    );
}

#[test]
fn case_73_only_pages_are_reachable() {
    let site = plain();
    for path in [
        "/_private",
        "/__class__",
        "/drop",
        "/clone",
        "/new",
        "/fmt",
        "/index",
        "/default",
        "/walk",
        "/shape",
        "/link",
        "/self",
        "/tally/stored",
        "/fragile",
        "/admin/index",
        "/wild",
        "/greeting",
        "/Root",
        "/into",
        "/trap",
    ] {
        let answered = site.ask(get(path));
        assert!(
            answered.talk.answers[0].status == 404 || ["/wild", "/trap"].contains(&path),
            "{path}: {answered}"
        );
    }
}

#[test]
fn case_74_a_name_has_one_spelling() {
    let site = plain();
    site.ask(get("/admin_panel")).is([200]);
    for path in [
        "/admin.panel",
        "/admin~panel",
        "/admin-panel",
        "/admin%20panel",
        "/admin+panel",
        "/ADMIN_PANEL",
        "/Admin_Panel",
        "/admin_panel%00",
        "/admin_panel%20",
        "/admin_panel.",
        "/admin_panel.html",
        "/admin_panel/",
        "/admin%E2%80%8B_panel",
        "/adm\u{131}n_panel",
        "/%EF%BD%81dmin_panel",
        "/admin_panel\\",
    ] {
        site.ask(get(path)).is([404, 400]);
    }
}

#[test]
fn case_76_an_escape_means_its_character() {
    let site = plain();
    site.ask(get("/%61dmin/")).says(200, "admin");
    site.ask(get("/%61%64%6D%69%6e/users")).says(200, "users");
    site.ask(get("/%2561dmin/")).is([404]);
}

#[test]
fn case_77_an_encoded_slash_stays_in_its_segment() {
    let site = plain();
    for path in [
        "/admin%2fusers",
        "/admin%2Fusers",
        "/admin/%2fusers",
        "/admin%2f/users",
        "/%2fadmin/users",
        "/admin%252fusers",
        "/admin%5cusers",
        "/admin%c0%afusers",
        "/admin%e2%88%95users",
    ] {
        site.ask(get(path)).is([404]);
    }
    site.ask(get("/echo/a%2Fb")).says(200, "a/b");
}

#[test]
fn case_79_empty_and_dotted_segments_lead_nowhere() {
    let site = plain();
    for path in [
        "//admin/",
        "/./admin/",
        "/x/../admin/",
        "/../admin/",
        "/admin/./users",
        "/admin//users",
        "/admin/../admin/users",
        "/%2e/admin/",
        "/%2e%2e/admin/",
        "/x/%2e%2e/admin/",
        "/.%2e/admin/",
        "/admin/%2e/",
        "/admin/.",
        "/admin/..",
        "//",
        "/.",
        "/..",
        "///",
        "/%2e%2e%2fadmin/",
        "/..;/admin/",
        "/echo/..",
        "/echo/.",
        "/echo/%2e%2e",
        "/echo//x",
        "/wild/..",
        "/wild/./a",
        "/wild/a//../b",
        "/wild/a/%2e%2E/b",
    ] {
        let heard = site.ask(get(path));
        heard.is([404, 400]);
    }
    site.ask(get("/wild/a//b/.../%2F"))
        .says(200, "rest=a//b/.../%2F");
}

#[test]
fn case_80_what_follows_a_page_is_not_ignored() {
    let site = plain();
    for path in [
        "/admin//",
        "/admin/;jsessionid=1",
        "/admin;jsessionid=1",
        "/admin/users/",
        "/admin/users//",
        "/admin/users/x",
        "/admin/users;x",
        "/info/",
        "/info/x",
        "/alive/x/y",
        "/admin%3Fx",
        "/item/1/2",
        "/item/1/",
        "/admin/users%0a",
        "/admin/users%23",
    ] {
        site.ask(get(path)).is([404]);
    }
    let heard = site.ask(get("/admin"));
    assert_eq!(
        (heard.is([301]).status, location(&heard)),
        (301, Some("/admin/"))
    );
}

#[test]
fn mounts_are_whole_segments() {
    let site = plain();
    site.ask(get("/mounted/")).says(200, "mounted");
    assert_eq!(location(&site.ask(get("/mounted"))), Some("/mounted/"));
    for path in [
        "/mountedx",
        "/mounted/x",
        "/mounted/alive",
        "/mounted/../alive",
        "//mounted/",
        "/mounted//",
        "/mounted%2f",
    ] {
        site.ask(get(path)).is([404]);
    }
}

#[test]
fn case_82_thousands_of_segments() {
    let site = plain();
    for path in [
        format!("/a/{}", "x/".repeat(4_000)),
        "/".repeat(8_000),
        format!("/wild/{}", "x/".repeat(4_000)),
        format!("/admin/{}", "../".repeat(2_600)),
        format!("/{}", "%2f".repeat(2_600)),
    ] {
        let begun = Instant::now();
        site.ask(get(&path)).is([404, 200]);
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "{:?} for {path}",
            begun.elapsed()
        );
    }
}

#[test]
fn case_83_a_number_that_is_none() {
    let site = plain();
    for bad in [
        "-1",
        "4294967296",
        "1e3",
        "١",
        "%D9%A1",
        "+1",
        "0x1",
        "1.0",
        "",
        "%20",
        "1%20",
        "NaN",
        "1_000",
        "%00",
        "99999999999999999999999999",
        "one",
        "1%2f",
        "--1",
        "%2B1",
    ] {
        site.ask(get(&format!("/item/{bad}"))).is([404, 400]);
        site.ask(get(&format!("/item?id={bad}"))).is([400]);
    }
    site.ask(get("/item/4294967295"))
        .says(200, "item 4294967295");
    site.ask(get("/item/0001")).is([200, 404]);
    site.ask(get("/number/-9223372036854775808")).is([200]);
    site.ask(get("/number/-9223372036854775809")).is([404]);
}

#[test]
fn case_85_a_parameter_given_twice() {
    let site = plain();
    site.ask(get("/echo?q=1&q=2")).is([400]);
    site.ask(get("/echo?q=1&%71=2")).is([400]);
    site.ask(get("/echo?q=1&q")).is([400]);
    // A semicolon divides nothing: two readers would see two values.
    site.ask(get("/echo?q=1;q=2")).says(200, "1;q=2");
    site.ask(get("/echo?a=1&q=2&b[]=3&&&=")).says(200, "2");
    hasty().ask(get("/echo?q=1&zzz=1")).is([404]);
}

#[test]
fn a_method_cannot_be_overridden() {
    let site = plain();
    for lines in [
        "X-HTTP-Method-Override: DELETE^",
        "X-Method-Override: DELETE^",
        "X-HTTP-Method: DELETE^",
    ] {
        let heard = site.ask(request("GET", "/info?_method=DELETE", lines, b""));
        assert!(heard.is([200]).text().starts_with("GET /info"), "{heard}");
    }
}

#[test]
fn escapes_that_are_none() {
    let site = plain();
    for path in [
        "/info%",
        "/info%4",
        "/info%zz",
        "/%",
        "/%%",
        "/echo/%",
        "/echo/%g1",
        "/echo/%u0041",
        "/echo/%-1",
        "/echo/% 1",
        "/echo/%+1",
    ] {
        site.ask(target(path)).is([404, 400]);
    }
    site.ask(get("/echo?q=%zz")).says(200, "%zz");
    site.ask(get("/echo?q=%")).says(200, "%");
    site.ask(get("/echo?q=%u0041")).says(200, "%u0041");
}

#[test]
fn bytes_that_are_no_utf_8() {
    let site = plain();
    for bytes in [
        "%ff",
        "%c0%80",
        "%c0%ae%c0%ae",
        "%c1%81",
        "%e0%80%af",
        "%ed%a0%80",
        "%f4%90%80%80",
        "%f8%88%80%80%80",
        "%80",
        "%c3",
        "a%c3",
        "%f0%9f%98",
    ] {
        site.ask(get(&format!("/echo/{bytes}"))).is([404]);
        site.ask(get(&format!("/{bytes}"))).is([404]);
        site.ask(get(&format!("/echo?q={bytes}"))).is([400]);
        site.ask(get(&format!("/echo?q=1&x={bytes}")))
            .is([200, 400]);
    }
}

#[test]
fn characters_that_control() {
    let site = plain();
    for escape in ["%00", "a%00b"] {
        site.ask(get(&format!("/echo/{escape}"))).is([404]);
        site.ask(get(&format!("/{escape}"))).is([404]);
    }
    for escape in [
        "%0a",
        "%0d",
        "%0d%0aSet-Cookie:x",
        "%1b%5b31m",
        "%7f",
        "%e2%80%ae",
    ] {
        let heard = site.ask(get(&format!("/echo/{escape}")));
        assert!(
            heard.is([200, 404]).header("set-cookie").is_none(),
            "{heard}"
        );
    }
}

#[test]
fn case_286_raw_bytes_in_the_target() {
    let site = plain();
    for byte in [0x00, 0x01, 0x08, 0x0b, 0x1f, 0x7f, 0x80, 0xe4, 0xff] {
        let mut bytes = b"GET /echo?q=a".to_vec();
        bytes.push(byte);
        bytes.extend_from_slice(b" HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
        site.ask(&bytes).is([400]);
    }
}

#[test]
fn case_343_two_slashes_are_no_host() {
    redirects_nowhere(
        &plain(),
        &[
            "//evil.com/sub",
            "//evil.com/%2e%2e/sub",
            "//sub",
            "///sub",
            "//evil.com//sub",
            "//evil.com/..;/sub",
            "/%2f/evil.com/sub",
        ],
    );
}

#[test]
fn case_344_no_spelling_leads_off_the_site() {
    redirects_nowhere(
        &plain(),
        &[
            "/\\evil.com",
            "/%5cevil.com",
            "/%09/evil.com",
            "///evil.com",
            "/%2fevil.com",
            "/%5c%5cevil.com/sub",
            "/%0d%0aLocation:%20//evil.com/sub",
            "http://evil.com//sub",
            "http://evil.com//evil.com/sub",
            "/sub?//evil.com",
            "/sub?\\evil.com",
            "/%73ub",
            "/sub?a=%0d%0aX:1",
            "/sub%0d%0a",
        ],
    );
}

fn redirects_nowhere(site: &Turn, paths: &[&str]) {
    for path in paths {
        let heard = site.ask(target(path));
        heard.is([301, 404, 400]);
        assert_stays_here(&heard);
    }
}

#[test]
fn the_slash_keeps_the_query_and_forgets_the_host() {
    let site = plain();
    let heard = site.ask(wire(
        "GET /sub?a=1&b=%2F%0a HTTP/1.1^Host: evil.com^Connection: close^^",
    ));
    assert_eq!(location(&heard), Some("/sub/?a=1&b=%2F%0a"), "{heard}");
}
