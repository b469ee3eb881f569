//! Behind a reverse proxy: who is believed, and what follows (CherryPy: `test_proxy.py`).

use actix_web::http::Method;
use kirsch::prelude::*;
use kirsch::testing::{Answer, Client};

fn seen(client: &kirsch::Client) -> String {
    let ip = client.ip().map_or("nobody".to_owned(), |ip| ip.to_string());
    format!("{ip} {}://{}", client.scheme(), client.host())
}

#[expose]
#[tools(proxy(trusted = ["10.0.0.0/8", "loopback"], local = "X-Forwarded-Host"))]
struct Root {
    #[child]
    off: Off,
}

#[expose]
impl Root {
    fn index(&self, client: kirsch::Client) -> String {
        seen(&client)
    }

    fn dummy(&self) -> Redirect {
        Redirect::to("/elsewhere")
    }

    #[tools(proxy(base = "www.mydomain.test"))]
    fn base(&self, client: kirsch::Client) -> String {
        seen(&client)
    }

    #[tools(proxy(base = "https://www.mydomain.test:8443/"))]
    fn whole_base(&self, client: kirsch::Client) -> String {
        seen(&client)
    }

    #[tools(proxy(local = "X-Host"))]
    fn xhost(&self, client: kirsch::Client) -> String {
        seen(&client)
    }

    #[tools(proxy(scheme = "X-Forwarded-Ssl"))]
    fn ssl(&self, client: kirsch::Client) -> String {
        seen(&client)
    }

    #[tools(proxy(local = "", remote = "", scheme = ""))]
    fn deaf(&self, client: kirsch::Client) -> String {
        seen(&client)
    }

    #[tools(proxy(forwarded = true))]
    fn forwarded(&self, client: kirsch::Client) -> String {
        seen(&client)
    }

    #[tools(proxy(trusted = [""; 0], hops = 2))]
    fn hops(&self, client: kirsch::Client) -> String {
        seen(&client)
    }

    fn names(&self, request: HttpRequest) -> String {
        let mut names: Vec<_> = request.headers().keys().map(ToString::to_string).collect();
        names.sort_unstable();
        names.join(" ")
    }
}

#[expose]
#[tools(!proxy)]
struct Off;

#[expose]
impl Off {
    fn index(&self, client: kirsch::Client) -> String {
        seen(&client)
    }
}

fn site() -> Site {
    Site::new(Root { off: Off })
}

/// What a page sees when a proxy at 10.0.0.9 asks it.
fn ask(path: &str, headers: &[(&str, &str)]) -> Answer {
    ask_from([10, 0, 0, 9], path, headers)
}

fn ask_from(peer: [u8; 4], path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut client = Client::of(site());
    client.address(peer).host("inside.test");
    let mut request = client.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.send()
}

/// `testProxy`: the parts that are about the host.
#[test]
fn test_proxy() {
    ask("/base", &[]).assert_body("10.0.0.9 http://www.mydomain.test");
    // Differs from CherryPy: what an operator has fixed, no header changes.
    ask("/base", &[("x-forwarded-host", "www.example.test")])
        .assert_body("10.0.0.9 http://www.mydomain.test");
    ask("/whole_base", &[("x-forwarded-proto", "http")])
        .assert_body("10.0.0.9 https://www.mydomain.test:8443");
    ask("/", &[("x-forwarded-host", "www.example.test")])
        .assert_body("10.0.0.9 http://www.example.test");
    // Differs from CherryPy: a URL is no host.
    ask("/", &[("x-forwarded-host", "http://www.example.test")])
        .assert_body("10.0.0.9 http://inside.test");
    // Differs from CherryPy: the last was written by the proxy that is trusted, the first by anybody.
    ask("/", &[("x-forwarded-host", "evil.test, www.example.test")])
        .assert_body("10.0.0.9 http://www.example.test");
    ask("/xhost", &[("x-host", "www.example.test")])
        .assert_body("10.0.0.9 http://www.example.test");
    // Differs from CherryPy: links are paths, and no header leads off the site.
    let answer = ask("/dummy", &[("x-forwarded-host", "www.example.test")]);
    answer.assert_header("location", "/elsewhere");
    let answer = ask("/off", &[("x-forwarded-host", "www.example.test")]);
    answer.assert_header("location", "/off/");
}

/// `testProxy`: the parts that are about the address.
#[test]
fn remoteip() {
    for (lines, ip) in [
        (&["192.168.0.20"][..], "192.168.0.20"),
        // CherryPy says so too, in this one case.
        (&["67.15.36.43, 192.168.0.20"], "192.168.0.20"),
        (&["1.1.1.1, 6.6.6.6, 10.0.0.1"], "6.6.6.6"),
        (&["1.1.1.1, 6.6.6.6", "10.0.0.1"], "6.6.6.6"),
        (&["6.6.6.6", "1.1.1.1"], "1.1.1.1"),
        (&["10.0.0.1"], "10.0.0.1"),
        (&["test123"], "10.0.0.9"),
        (&["6.6.6.6, test123, 10.0.0.1"], "10.0.0.1"),
        (&["2001:db8::7"], "2001:db8::7"),
        (&["[2001:db8::7]:4711"], "2001:db8::7"),
        (&["::ffff:6.6.6.6"], "6.6.6.6"),
        (&["6.6.6.6:80"], "6.6.6.6"),
        (&[""], "10.0.0.9"),
        (&[", ,"], "10.0.0.9"),
        (&["6.6.6.6, <script>"], "10.0.0.9"),
    ] {
        let headers: Vec<_> = lines
            .iter()
            .map(|line| ("x-forwarded-for", *line))
            .collect();
        ask("/", &headers).assert_body(format!("{ip} http://inside.test"));
    }
}

/// `testProxy`: the parts that are about the scheme.
#[test]
fn base() {
    for (value, scheme) in [
        ("https", "https"),
        ("HTTPS", "https"),
        ("http", "http"),
        ("javascript", "http"),
        ("https, http", "http"),
        ("http, https", "https"),
        ("on", "http"),
        ("", "http"),
    ] {
        ask("/", &[("x-forwarded-proto", value)])
            .assert_body(format!("10.0.0.9 {scheme}://inside.test"));
    }
    for (value, scheme) in [
        ("on", "https"),
        ("ON", "https"),
        ("off", "http"),
        ("https", "https"),
        ("yes", "http"),
    ] {
        ask("/ssl", &[("x-forwarded-ssl", value)])
            .assert_body(format!("10.0.0.9 {scheme}://inside.test"));
    }
}

const ALL: [(&str, &str); 5] = [
    ("x-forwarded-for", "6.6.6.6"),
    ("x-forwarded-host", "evil.test"),
    ("x-forwarded-proto", "https"),
    ("forwarded", "for=6.6.6.6;host=evil.test;proto=https"),
    ("x-real-ip", "6.6.6.6"),
];

#[test]
fn off_means_that_these_headers_change_nothing() {
    ask("/off/", &ALL).assert_body("10.0.0.9 http://inside.test");
    ask("/deaf", &ALL).assert_body("10.0.0.9 http://inside.test");
}

/// A proxy that lets `Host` through passes on what the visitor says in the other header.
#[test]
fn no_header_names_the_host_unasked() {
    #[expose]
    #[tools(proxy(trusted = ["10.0.0.0/8"]))]
    struct Usual;

    #[expose]
    impl Usual {
        fn index(&self, client: kirsch::Client) -> String {
            seen(&client)
        }
    }

    let mut client = Client::new(Usual);
    client.address([10, 0, 0, 9]).host("inside.test");
    let mut request = client.request(Method::GET, "/");
    for (name, value) in ALL {
        request = request.header(name, value);
    }
    request.send().assert_body("6.6.6.6 https://inside.test");
}

#[test]
fn a_stranger_is_not_heard() {
    for path in ["/", "/forwarded", "/xhost"] {
        ask_from([192, 0, 2, 1], path, &ALL).assert_body("192.0.2.1 http://inside.test");
    }
    // Not even to be told that he cannot be understood.
    ask_from([192, 0, 2, 1], "/forwarded", &[("forwarded", "for=\"")]).assert_status(200);
}

#[test]
fn only_as_many_proxies_are_believed_as_there_are() {
    ask_from(
        [192, 0, 2, 1],
        "/hops",
        &[("x-forwarded-for", "5.5.5.5, 6.6.6.6, 7.7.7.7")],
    )
    .assert_body("6.6.6.6 http://inside.test");
    ask_from([192, 0, 2, 1], "/hops", &[("x-forwarded-for", "7.7.7.7")])
        .assert_body("7.7.7.7 http://inside.test");
}

#[test]
fn forwarded_is_read_as_its_grammar_says() {
    for (lines, found) in [
        (
            &["for=6.6.6.6;proto=https;host=example.test"][..],
            "6.6.6.6 https://example.test",
        ),
        (
            &["for=1.1.1.1, for=6.6.6.6, for=10.0.0.1"],
            "6.6.6.6 http://inside.test",
        ),
        (
            &[r#"for="[2001:db8::7]:4711";proto=https"#],
            "2001:db8::7 https://inside.test",
        ),
        // Inside of quotes is no host.
        (
            &[r#"for="127.0.0.1;host=evil.test;proto=https""#],
            "10.0.0.9 http://inside.test",
        ),
        (&["for=unknown;proto=https"], "10.0.0.9 https://inside.test"),
        (
            &["for=6.6.6.6;host=\"evil.test/path?\""],
            "6.6.6.6 http://inside.test",
        ),
    ] {
        let mut headers: Vec<_> = lines.iter().map(|line| ("forwarded", *line)).collect();
        headers.push(("x-forwarded-for", "9.9.9.9"));
        ask("/forwarded", &headers).assert_body(found);
    }
    ask("/forwarded", &ALL[..3]).assert_body("10.0.0.9 http://inside.test");
    ask("/", &ALL[3..]).assert_body("10.0.0.9 http://inside.test");
    for broken in [
        "for=\"6.6.6.6",
        "for=a b",
        "6.6.6.6",
        "for=6.6.6.6;for=7.7.7.7",
    ] {
        ask("/forwarded", &[("forwarded", broken)]).assert_status(400);
    }
}

#[test]
fn a_host_must_be_one_of_the_sites() {
    let mut client = Client::of(site().allowed_hosts(["inside.test", "www.example.test"]));
    client.host("inside.test");
    let mut ask = |host: &str| {
        client
            .request(Method::GET, "/")
            .header("x-forwarded-host", host)
            .send()
    };
    ask("WWW.example.test:8080")
        .assert_status(200)
        .assert_in_body("http://WWW.example.test:8080");
    ask("evil.test")
        .assert_status(400)
        .assert_in_body("this host is not served here");
}

/// On a Unix socket, the peer is this machine, and has no address.
#[test]
fn a_socket_of_the_file_system_is_near() {
    let mut client = Client::of(site());
    client.get("/").assert_body("nobody http://localhost");
    let request = client
        .request(Method::GET, "/")
        .header("x-forwarded-for", "6.6.6.6");
    request.send().assert_body("6.6.6.6 http://localhost");
}

#[test]
fn names_with_underscores_are_dropped() {
    let headers = [
        ("x_forwarded_for", "6.6.6.6"),
        ("a_b", "c"),
        ("x-kept", "d"),
    ];
    ask("/names", &headers).assert_body("host x-kept");
    ask_from([192, 0, 2, 1], "/names", &headers).assert_body("host x-kept");
    ask("/", &headers).assert_body("10.0.0.9 http://inside.test");
}

#[test]
fn wrong_options_refuse_the_start() {
    #[expose]
    struct Wrong;

    #[expose]
    impl Wrong {
        #[tools(proxy)]
        fn a(&self) -> &'static str {
            ""
        }
        #[tools(proxy(trusted = ["10.0.0.1/8", "privat"]))]
        fn b(&self) -> &'static str {
            ""
        }
        #[tools(proxy(hops = 0))]
        fn c(&self) -> &'static str {
            ""
        }
        #[tools(proxy(hops = 1, remote = "X_Real_IP", local = "a b"))]
        fn d(&self) -> &'static str {
            ""
        }
        #[tools(proxy(base = "ftp://example.org"))]
        fn e(&self) -> &'static str {
            ""
        }
    }
    let words = Site::new(Wrong).ready().map(drop).unwrap_err().to_string();
    for expected in [
        "nobody is trusted",
        "write `10.0.0.0/8`",
        "`privat` is no network",
        "without a proxy there is nothing to hear",
        "let the proxy write `x-real-ip`",
        "`a b` is no name of a header",
        "`ftp://example.org` is no place of a site",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
}
