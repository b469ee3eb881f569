//! Tools that protect a site and its visitors: what is sent to browsers, who may ask, how much, how often and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::Method;
use kirsch::prelude::*;
use kirsch::testing::{Answer, Client, Request};
use kirsch::tools::Nonce;
use kirsch::{Mistakes, RequestId};

/// What is wrong with a site, in words.
fn mistakes(site: Site) -> String {
    let refused: Mistakes = site.ready().map(drop).unwrap_err();
    refused.to_string()
}

fn with<'c>(
    client: &'c mut Client,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> Request<'c> {
    let request = client.request(method, path);
    let add = |request: Request<'c>, (name, value): &(&str, &str)| request.header(name, value);
    headers.iter().fold(request, add)
}

/// What browsers are told.
mod headers {
    use super::*;

    #[expose]
    #[tools(security_headers)]
    struct Root {
        #[child]
        picky: Picky,
    }

    #[expose]
    impl Root {
        fn index(&self) -> &'static str {
            "index"
        }

        fn own(&self) -> HttpResponse {
            HttpResponse::Ok()
                .insert_header(("content-security-policy", "default-src *"))
                .insert_header(("x-frame-options", "SAMEORIGIN"))
                .body("own")
        }

        fn fails(&self) -> Result<String> {
            Err(std::fmt::Error)?
        }

        #[tools(security_headers(csp = "script-src 'self' 'nonce'"))]
        fn nonce(&self, nonce: Nonce) -> String {
            nonce.to_string()
        }

        #[tools(security_headers(csp = "script-src 'nonce'"))]
        fn no_nonce(&self) -> &'static str {
            "plain"
        }

        #[tools(security_headers(
            csp = "",
            frames = "",
            nosniff = false,
            referrer = "",
            opener = "",
            resource = "",
            permissions = ""
        ))]
        fn nothing(&self) -> &'static str {
            "nothing"
        }

        #[tools(security_headers(csp = "frame-ancestors https://friend.example"))]
        fn framed(&self) -> &'static str {
            "framed"
        }

        #[tools(proxy(base = "https://example.org"), security_headers(hsts = Duration::from_mins(1)))]
        fn tls(&self) -> &'static str {
            "tls"
        }

        #[tools(security_headers(hsts = Duration::from_mins(1)))]
        fn clear(&self) -> &'static str {
            "clear"
        }
    }

    /// A tool of it fails when the answer is there.
    #[expose]
    #[tools(late)]
    struct Picky;

    #[expose]
    impl Picky {
        fn index(&self) -> &'static str {
            "picky"
        }
    }

    #[tool]
    struct Late;

    #[tool]
    impl Late {
        fn before_finalize(&self, _: &mut Exchange) -> Result<()> {
            Err(Error::forbidden())
        }
    }

    const ALL: [&str; 6] = [
        "x-content-type-options",
        "referrer-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "permissions-policy",
        "content-security-policy",
    ];

    fn client() -> Client {
        Client::new(Root { picky: Picky })
    }

    #[test]
    fn every_answer_has_them() {
        for (path, status) in [
            ("/", 200),
            ("/nowhere", 404),
            ("/fails", 500),
            ("/picky/", 403),
        ] {
            let answer = client().get(path);
            answer
                .assert_status(status)
                .assert_header("x-frame-options", "DENY");
            for name in ALL {
                assert_eq!(answer.headers(name).count(), 1, "{name} {answer}");
            }
            answer.assert_no_header("strict-transport-security");
        }
        let policy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
        client()
            .get("/")
            .assert_header("content-security-policy", policy);
    }

    #[test]
    fn what_a_page_says_stays() {
        let answer = client().get("/own");
        assert_eq!(
            answer
                .headers("content-security-policy")
                .collect::<Vec<_>>(),
            ["default-src *"]
        );
        assert_eq!(
            answer.headers("x-frame-options").collect::<Vec<_>>(),
            ["SAMEORIGIN"]
        );
        let answer = client().get("/nowhere");
        assert!(
            answer
                .header("content-security-policy")
                .unwrap()
                .starts_with("default-src 'none'"),
            "{answer}"
        );
    }

    #[test]
    fn a_nonce_is_new_and_the_same_in_page_and_policy() {
        let mut client = client();
        let answer = client.get("/nonce");
        let policy = format!(
            "script-src 'self' 'nonce-{}'; frame-ancestors 'none'",
            answer.text()
        );
        answer.assert_header("content-security-policy", policy);
        assert_ne!(client.get("/nonce").text(), answer.text());
        let answer = client.get("/no_nonce");
        assert!(
            answer
                .header("content-security-policy")
                .unwrap()
                .starts_with("script-src 'nonce-"),
            "{answer}"
        );
    }

    #[test]
    fn options_may_be_empty() {
        let answer = client().get("/nothing");
        for name in ALL {
            answer.assert_no_header(name);
        }
        answer.assert_no_header("x-frame-options");
        client()
            .get("/framed")
            .assert_no_header("x-frame-options")
            .assert_header(
                "content-security-policy",
                "frame-ancestors https://friend.example",
            );
    }

    #[test]
    fn tls_is_asked_for_only_over_tls() {
        client()
            .get("/tls")
            .assert_header("strict-transport-security", "max-age=60");
        client()
            .get("/clear")
            .assert_no_header("strict-transport-security");
    }

    #[test]
    fn wrong_options_refuse_the_start() {
        #[expose]
        struct Wrong;

        #[expose]
        impl Wrong {
            #[tools(security_headers(csp = "default-src self"))]
            fn a(&self) -> &'static str {
                ""
            }
            #[tools(security_headers(frames = "NOBODY"))]
            fn b(&self) -> &'static str {
                ""
            }
            #[tools(security_headers(permissions = "a\r\nb"))]
            fn c(&self) -> &'static str {
                ""
            }
            #[tools(security_headers(hsts_preload = true))]
            fn d(&self) -> &'static str {
                ""
            }
            #[tools(security_headers(hsts = Duration::from_mins(1), hsts_subdomains = true, hsts_preload = true))]
            fn e(&self) -> &'static str {
                ""
            }
            #[tools(security_headers(referrer = "no-referer"))]
            fn f(&self) -> &'static str {
                ""
            }
        }
        let words = mistakes(Site::new(Wrong));
        for expected in [
            "6 mistakes",
            "`self` in `default-src self` would be a host",
            "no browser knows `NOBODY`",
            "a line break",
            "nothing says for how long",
            "for a year at least",
            "no browser knows `no-referer`",
        ] {
            assert!(words.contains(expected), "{expected}: {words}");
        }
    }

    #[test]
    fn a_page_that_takes_a_nonce_needs_the_tool() {
        #[expose]
        struct Bare;

        #[expose]
        impl Bare {
            fn index(&self, nonce: Nonce) -> String {
                nonce.to_string()
            }
        }
        let words = mistakes(Site::new(Bare));
        assert!(
            words.contains("only the tool `security_headers` provides"),
            "{words}"
        );
    }
}

/// What another site makes a browser do.
mod forgery {
    use super::*;

    #[expose]
    #[tools(csrf(trusted_origins = ["https://friend.example", "https://*.friends.example"]))]
    struct Root {
        done: Arc<AtomicUsize>,
        key: &'static str,
    }

    #[expose]
    impl Root {
        fn index(&self) -> &'static str {
            "index"
        }

        #[any]
        fn change(&self) -> &'static str {
            self.done.fetch_add(1, Ordering::Relaxed);
            "changed"
        }

        #[post]
        async fn read(&self, text: String) -> String {
            text
        }

        #[post]
        #[tools(!csrf)]
        fn webhook(&self) -> &'static str {
            "heard"
        }

        #[post]
        #[tools(csrf(exempt = Self::has_key))]
        fn api(&self) -> &'static str {
            "api"
        }

        #[post]
        #[tools(proxy(hops = 1, local = "X-Forwarded-Host"), csrf)]
        fn behind(&self) -> &'static str {
            "behind"
        }
    }

    impl Root {
        #[expect(clippy::unused_async, reason = "a function may be `async`")]
        async fn has_key(&self, x: &Exchange) -> bool {
            x.header("authorization") == Some(self.key)
        }
    }

    fn ask(method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut client = Client::new(Root {
            done: Arc::default(),
            key: "Bearer 4711",
        });
        client.host("example.org");
        with(&mut client, method, path, headers).send()
    }

    #[test]
    fn what_another_site_asks_is_refused() {
        let site = |value| [("sec-fetch-site", value)];
        let origin = |value| [("origin", value)];
        for (headers, status) in [
            (&[][..], 200),
            (&site("same-origin"), 200),
            (&site("none"), 200),
            (&site("same-site"), 403),
            (&site("cross-site"), 403),
            (&site("whatever"), 403),
            (&origin("http://example.org"), 200),
            (&origin("https://example.org"), 200),
            (&origin("https://example.org:8443"), 403),
            (&origin("https://www.example.org"), 403),
            (&origin("https://evil.example"), 403),
            (&origin("null"), 403),
            (&origin("https://friend.example"), 200),
            (&origin("https://a.friends.example"), 200),
            (&origin("https://friends.example"), 403),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://friend.example"),
                ],
                200,
            ),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "http://example.org"),
                ],
                403,
            ),
            (&[("referer", "https://evil.example/")], 200),
        ] {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                let answer = ask(method.clone(), "/change", headers);
                assert_eq!(
                    answer.status().as_u16(),
                    status,
                    "{method} {headers:?}\n{answer}"
                );
            }
            for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
                ask(method, "/change", headers).assert_status(200);
            }
        }
    }

    #[test]
    fn nothing_of_the_application_runs_for_it() {
        let done: Arc<AtomicUsize> = Arc::default();
        let mut client = Client::new(Root {
            done: Arc::clone(&done),
            key: "",
        });
        let forged = [("origin", "https://evil.example")];
        with(&mut client, Method::POST, "/change", &forged)
            .send()
            .assert_status(403);
        assert_eq!(done.load(Ordering::Relaxed), 0);
        // Not even a broken body is looked at.
        let request = with(&mut client, Method::POST, "/read", &forged);
        request
            .body("multipart/form-data; boundary=x", "broken")
            .send()
            .assert_status(403);
        with(&mut client, Method::POST, "/nowhere", &forged)
            .send()
            .assert_status(403);
    }

    #[test]
    fn pages_and_functions_make_exceptions() {
        let forged = ("origin", "https://evil.example");
        ask(Method::POST, "/webhook", &[forged]).assert_body("heard");
        ask(Method::POST, "/api", &[forged]).assert_status(403);
        ask(
            Method::POST,
            "/api",
            &[forged, ("authorization", "Bearer 4711")],
        )
        .assert_body("api");
        ask(Method::POST, "/api", &[]).assert_body("api");
    }

    #[test]
    fn behind_a_proxy_the_site_is_what_the_visitor_asked_for() {
        let shop = ("origin", "https://shop.example");
        ask(Method::POST, "/behind", &[shop]).assert_status(403);
        ask(
            Method::POST,
            "/behind",
            &[shop, ("x-forwarded-host", "shop.example")],
        )
        .assert_body("behind");
        // Written in the clear, it may be anybody's who stands in between.
        let clear = ("origin", "http://shop.example");
        let asked = [
            clear,
            ("x-forwarded-host", "shop.example"),
            ("x-forwarded-proto", "https"),
        ];
        ask(Method::POST, "/behind", &asked).assert_status(403);
    }

    #[test]
    fn a_wrong_origin_refuses_the_start() {
        #[expose]
        #[tools(csrf(trusted_origins = ["*", "null", "https://fine.example", "example.org"]))]
        struct Wrong;

        #[expose]
        impl Wrong {}

        let words = mistakes(Site::new(Wrong));
        for expected in [
            "`*` would be every origin",
            "`null` is what any page",
            "`example.org` is no origin",
        ] {
            assert!(words.contains(expected), "{expected}: {words}");
        }
    }
}

/// How often somebody may ask.
mod rate {
    use super::*;

    #[expose]
    #[tools(rate_limit(rate = "3/day"))]
    struct Root {
        #[child]
        keyed: Keyed,
        seen: Arc<AtomicUsize>,
    }

    #[expose]
    impl Root {
        fn index(&self) -> &'static str {
            self.seen.fetch_add(1, Ordering::Relaxed);
            "index"
        }

        fn other(&self) -> &'static str {
            "other"
        }

        fn fails(&self) -> Result<String> {
            Err(std::fmt::Error)?
        }

        fn goes_on(&self) -> Result<String> {
            Err(Error::internal_redirect("/other"))
        }

        #[tools(rate_limit(rate = "100/day", burst = 1))]
        fn slowly(&self) -> &'static str {
            "slowly"
        }

        #[tools(!rate_limit)]
        fn free(&self) -> &'static str {
            "free"
        }
    }

    #[expose]
    #[tools(rate_limit(key = Self::key))]
    struct Keyed {
        prefix: &'static str,
    }

    #[expose]
    impl Keyed {
        fn index(&self) -> &'static str {
            "keyed"
        }
    }

    impl Keyed {
        #[expect(clippy::unused_async, reason = "a function may be `async`")]
        async fn key(&self, x: &Exchange) -> Result<String> {
            let key = x
                .header("x-key")
                .ok_or_else(|| Error::bad_request("no key"))?;
            Ok(format!("{}{key}", self.prefix))
        }
    }

    fn client(seen: &Arc<AtomicUsize>) -> Client {
        Client::new(Root {
            keyed: Keyed { prefix: "key " },
            seen: Arc::clone(seen),
        })
    }

    /// What is left after one more request, through reloads. A file that says the same of the tool, in other lines, does not begin anew.
    #[test]
    fn a_reload_goes_on_counting() {
        actix_web::rt::System::new().block_on(async {
            use kirsch::actix_web::App;
            use kirsch::actix_web::test::{TestRequest, call_service, init_service};

            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("site.toml");
            let write = |text: &str| std::fs::write(&file, text).unwrap();
            let global =
                "[global]\ntools.rate_limit.on = true\ntools.rate_limit.rate = \"9/day\"\n";
            let other = "[\"/other\"]\ntools.rate_limit.on = true\n";
            write(&[global, other].concat());
            let ready = Site::new(Plain).config_file(&file).ready().unwrap();
            let app = init_service(App::new().service(ready.clone())).await;
            let left = async |path| {
                let answer = call_service(&app, TestRequest::with_uri(path).to_request()).await;
                let limit = answer
                    .headers()
                    .get("ratelimit")
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                limit.split(';').nth(1).unwrap().to_owned()
            };
            assert_eq!(
                [left("/").await, left("/").await, left("/other").await],
                ["r=8", "r=7", "r=8"]
            );

            write(
                &[
                    "# A comment.\n",
                    other,
                    "# Another.\n",
                    global,
                    "log.access_on = false\n",
                ]
                .concat(),
            );
            ready.reload().unwrap();
            assert_eq!([left("/").await, left("/other").await], ["r=6", "r=7"]);

            write(&[global, other, "tools.rate_limit.rate = \"5/day\"\n"].concat());
            ready.reload().unwrap();
            assert_eq!([left("/").await, left("/other").await], ["r=5", "r=4"]);
        });
    }

    #[expose]
    struct Plain;

    #[expose]
    impl Plain {
        fn index(&self) -> &'static str {
            "index"
        }

        fn other(&self) -> &'static str {
            "other"
        }
    }

    #[test]
    fn too_many_are_refused_before_the_page() {
        let seen = Arc::default();
        let mut client = client(&seen);
        client.address([192, 0, 2, 1]);
        let answer = client.get("/");
        answer
            .assert_status(200)
            .assert_header("ratelimit-policy", r#""default";q=3;w=86400"#)
            .assert_header("ratelimit", r#""default";r=2;t=28800"#);
        client
            .get("/nowhere")
            .assert_status(404)
            .assert_header("ratelimit", r#""default";r=1;t=57600"#);
        client
            .get("/fails")
            .assert_status(500)
            .assert_header("ratelimit-policy", r#""default";q=3;w=86400"#);
        let answer = client.get("/");
        answer
            .assert_status(429)
            .assert_header("retry-after", "28800")
            .assert_in_body("too many requests");
        assert!(
            answer
                .header("ratelimit")
                .unwrap()
                .starts_with(r#""default";r=0;t="#),
            "{answer}"
        );
        assert_eq!(seen.load(Ordering::Relaxed), 1);
        client
            .get("/free")
            .assert_status(200)
            .assert_no_header("ratelimit");
        // Another has a rate of his own.
        client.address([192, 0, 2, 2]).get("/").assert_status(200);
        client
            .address([192, 0, 2, 1])
            .get("/other")
            .assert_status(429);
    }

    #[test]
    fn an_internal_redirect_is_no_further_request() {
        let mut client = client(&Arc::default());
        client
            .get("/goes_on")
            .assert_body("other")
            .assert_header("ratelimit", r#""default";r=2;t=28800"#);
    }

    #[test]
    fn a_burst_is_shorter_than_the_rate() {
        let mut client = client(&Arc::default());
        client
            .get("/slowly")
            .assert_status(200)
            .assert_header("ratelimit-policy", r#""default";q=1;w=864"#);
        client
            .get("/slowly")
            .assert_status(429)
            .assert_header("retry-after", "864");
        client.get("/").assert_status(200);
    }

    #[test]
    fn a_function_says_who_asks() {
        let mut client = client(&Arc::default());
        let mut ask = |key: &[(&str, &str)]| with(&mut client, Method::GET, "/keyed/", key).send();
        for _ in 0..3 {
            ask(&[("x-key", "ann")]).assert_status(200);
        }
        ask(&[("x-key", "ann")]).assert_status(429);
        ask(&[("x-key", "eve")])
            .assert_status(200)
            .assert_header("ratelimit", r#""default";r=2;t=28800"#);
        ask(&[]).assert_status(400).assert_no_header("ratelimit");
    }

    #[test]
    fn wrong_options_refuse_the_start() {
        #[expose]
        struct Wrong;

        #[expose]
        impl Wrong {
            #[tools(rate_limit)]
            fn a(&self) -> &'static str {
                ""
            }
            #[tools(rate_limit(rate = "often"))]
            fn b(&self) -> &'static str {
                ""
            }
            #[tools(rate_limit(rate = "5/s", burst = 6))]
            fn c(&self) -> &'static str {
                ""
            }
            #[tools(rate_limit(rate = "5/s", clients = 0))]
            fn d(&self) -> &'static str {
                ""
            }
            /// More than there is memory.
            #[tools(rate_limit(rate = "5/s", clients = 100_000_000_000))]
            fn e(&self) -> &'static str {
                ""
            }
        }
        let words = mistakes(Site::new(Wrong));
        for expected in [
            "5 mistakes",
            "on without its `rate`",
            "`often` is no rate",
            "a burst is from 1 to the 5",
            "nobody would be remembered",
            "more than 10000000 are not remembered",
        ] {
            assert!(words.contains(expected), "{expected}: {words}");
        }
    }
}

/// What scripts of other sites may read.
mod cors {
    use super::*;

    #[expose]
    #[tools(cors(
        origins = ["https://a.example", "https://*.b.example"],
        headers = ["Content-Type", "X-Token"],
        expose = ["X-Total"],
        credentials = true
    ))]
    struct Root {
        #[child]
        open: Open,
    }

    #[expose]
    impl Root {
        fn index(&self) -> &'static str {
            "index"
        }

        #[put(path = "index")]
        fn change(&self) -> &'static str {
            "changed"
        }

        #[delete(path = "index")]
        #[tools(!cors)]
        fn remove(&self) -> &'static str {
            "removed"
        }

        fn fails(&self) -> Result<String> {
            Err(std::fmt::Error)?
        }

        fn own(&self) -> HttpResponse {
            HttpResponse::Ok()
                .insert_header(("access-control-allow-origin", "https://own.example"))
                .insert_header(("vary", "Accept"))
                .body("own")
        }

        #[any]
        #[tools(cors(methods = ["GET", "PUT"]))]
        fn any(&self) -> &'static str {
            "any"
        }

        #[tools(closed)]
        #[put]
        fn closed(&self) -> &'static str {
            "closed"
        }
    }

    #[expose]
    #[tools(cors(origins = ["*"], credentials = false, headers = ["*"]))]
    struct Open;

    #[expose]
    impl Open {
        fn index(&self) -> &'static str {
            "open"
        }
    }

    /// Lets nobody in.
    #[tool]
    struct Closed;

    #[tool]
    impl Closed {
        fn on_start_resource(&self, _: &mut Exchange) -> Result<()> {
            Err(Error::forbidden())
        }
    }

    fn ask(method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        with(&mut Client::new(Root { open: Open }), method, path, headers).send()
    }

    fn preflight(path: &str, origin: &str, method: &str, headers: &str) -> Answer {
        let mut all = vec![
            ("origin", origin),
            ("access-control-request-method", method),
        ];
        if !headers.is_empty() {
            all.push(("access-control-request-headers", headers));
        }
        ask(Method::OPTIONS, path, &all)
    }

    #[track_caller]
    fn assert_silent(answer: &Answer) {
        let text = answer.to_string();
        assert!(!text.contains("access-control-"), "{text}");
        assert!(
            answer
                .headers("vary")
                .any(|vary| vary.to_ascii_lowercase().contains("origin")),
            "{text}"
        );
    }

    /// What asks for a method and has no `Origin` is no browser's preflight: the tools of that method's page have nothing to do with it.
    #[test]
    fn without_an_origin_nothing_is_a_preflight() {
        #[expose]
        struct Puts;

        #[expose]
        impl Puts {
            #[put]
            #[tools(response_headers(headers = [("X-Put", "yes")]))]
            fn page(&self) -> &'static str {
                "put"
            }
        }

        let mut client = Client::new(Puts);
        let asks = ("access-control-request-method", "PUT");
        let origin = ("origin", "https://a.example");
        with(&mut client, Method::OPTIONS, "/page", &[asks, origin])
            .send()
            .assert_header("x-put", "yes");
        for headers in [&[asks][..], &[origin]] {
            with(&mut client, Method::OPTIONS, "/page", headers)
                .send()
                .assert_no_header("x-put");
        }
    }

    #[test]
    fn an_answer_says_who_may_read_it() {
        for (path, status) in [("/", 200), ("/nowhere", 404), ("/fails", 500)] {
            let answer = ask(Method::GET, path, &[("origin", "https://x.b.example")]);
            answer
                .assert_status(status)
                .assert_header("access-control-allow-credentials", "true")
                .assert_header("access-control-expose-headers", "X-Total");
            let allowed: Vec<_> = answer.headers("access-control-allow-origin").collect();
            assert_eq!(allowed, ["https://x.b.example"], "{answer}");
            assert!(
                answer.headers("vary").any(|vary| vary == "origin"),
                "{answer}"
            );
        }
    }

    #[test]
    fn no_other_origin_is_sent_back() {
        for origin in [
            "https://evil.example",
            "https://b.example",
            "https://a.example.evil.example",
            "http://a.example",
            "https://a.example:8443",
            "https://a.example/",
            "https://a.example, https://evil.example",
            "null",
            "*",
            "",
        ] {
            assert_silent(&ask(Method::GET, "/", &[("origin", origin)]));
            assert_silent(&preflight("/index", origin, "PUT", ""));
        }
        let both = [
            ("origin", "https://a.example"),
            ("origin", "https://evil.example"),
        ];
        assert_silent(&ask(Method::GET, "/", &both));
        assert_silent(&ask(Method::GET, "/", &[]));
        assert_silent(&ask(Method::GET, "/nowhere", &[]));
    }

    #[test]
    fn a_preflight_is_answered_from_the_table() {
        let answer = preflight("/index", "https://a.example", "PUT", "x-token,content-type");
        answer
            .assert_status(204)
            .assert_body("")
            .assert_header("access-control-allow-origin", "https://a.example")
            .assert_header("access-control-allow-credentials", "true")
            .assert_header("access-control-allow-methods", "PUT")
            .assert_header("access-control-allow-headers", "Content-Type, X-Token")
            .assert_header("access-control-max-age", "600")
            .assert_header(
                "vary",
                "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
            )
            .assert_no_header("access-control-expose-headers");
        // Who may not see the page may ask whether they may ask for it.
        preflight("/closed", "https://a.example", "PUT", "")
            .assert_status(204)
            .assert_header("access-control-allow-methods", "PUT");
        preflight("/open", "https://c.example", "GET", "").assert_status(204);
    }

    /// A browser keeps what it is told of a path, for all of its methods.
    #[test]
    fn a_preflight_says_nothing_of_other_methods() {
        #[expose]
        struct Two;

        #[expose]
        impl Two {
            #[tools(cors(origins = ["https://x.example"]))]
            fn page(&self) -> NoContent {
                NoContent
            }

            #[put(path = "page")]
            #[tools(cors(origins = ["https://y.example"]))]
            fn change(&self) -> NoContent {
                NoContent
            }
        }

        let mut client = Client::new(Two);
        for (origin, method, allowed) in [
            ("https://x.example", "GET", Some("GET")),
            ("https://x.example", "PUT", None),
            ("https://y.example", "PUT", Some("PUT")),
            ("https://y.example", "GET", None),
        ] {
            let headers = [
                ("origin", origin),
                ("access-control-request-method", method),
            ];
            let answer = with(&mut client, Method::OPTIONS, "/page", &headers).send();
            let told = answer.header("access-control-allow-methods");
            assert_eq!(told, allowed, "{method} from {origin}");
        }
    }

    #[test]
    fn a_preflight_for_what_is_not_allowed_gets_nothing() {
        for (path, method, headers) in [
            ("/index", "POST", ""),
            ("/index", "put", ""),
            ("/index", "PURGE", ""),
            ("/index", "PUT, DELETE", ""),
            ("/index", "PUT", "x-other"),
            ("/index", "PUT", "x-token, authorization"),
            ("/any", "DELETE", ""),
            ("/any", "POST", ""),
        ] {
            let answer = preflight(path, "https://a.example", method, headers);
            answer.assert_status(204);
            assert_silent(&answer);
        }
        // The page for this method is not for other sites: its tools are asked, and this one is off.
        let answer = preflight("/index", "https://a.example", "DELETE", "");
        answer
            .assert_status(204)
            .assert_no_header("access-control-allow-origin");
        let answer = preflight("/nowhere", "https://a.example", "GET", "");
        answer
            .assert_status(404)
            .assert_no_header("access-control-allow-origin");
    }

    #[test]
    fn a_page_with_an_answer_to_options_is_asked_for_no_preflight() {
        preflight("/any", "https://a.example", "PUT", "")
            .assert_status(204)
            .assert_header("access-control-allow-methods", "PUT");
        // That is none.
        ask(Method::OPTIONS, "/any", &[("origin", "https://a.example")]).assert_body("any");
        ask(Method::GET, "/any", &[("origin", "https://a.example")])
            .assert_header("access-control-allow-origin", "https://a.example");
        let answer = ask(Method::POST, "/any", &[("origin", "https://a.example")]);
        answer
            .assert_body("any")
            .assert_no_header("access-control-allow-origin");
    }

    #[test]
    fn everybody_is_a_star() {
        let answer = ask(Method::GET, "/open/", &[("origin", "https://evil.example")]);
        answer
            .assert_header("access-control-allow-origin", "*")
            .assert_no_header("vary")
            .assert_no_header("access-control-allow-credentials");
        ask(Method::GET, "/open/", &[]).assert_header("access-control-allow-origin", "*");
        let answer = preflight("/open/", "https://evil.example", "GET", "x-anything");
        answer
            .assert_header("access-control-allow-origin", "*")
            .assert_header("access-control-allow-headers", "*");
        assert!(
            preflight("/open/", "https://evil.example", "GET", "authorization")
                .header("access-control-allow-origin")
                .is_none()
        );
    }

    #[test]
    fn what_a_page_says_stays() {
        let answer = ask(Method::GET, "/own", &[("origin", "https://a.example")]);
        assert_eq!(
            answer
                .headers("access-control-allow-origin")
                .collect::<Vec<_>>(),
            ["https://own.example"]
        );
        assert_eq!(
            answer.headers("vary").collect::<Vec<_>>(),
            ["Accept", "origin"]
        );
    }

    #[test]
    fn wrong_options_refuse_the_start() {
        #[expose]
        struct Wrong;

        #[expose]
        impl Wrong {
            #[tools(cors)]
            fn a(&self) -> &'static str {
                ""
            }
            #[tools(cors(origins = ["*"], credentials = true))]
            fn b(&self) -> &'static str {
                ""
            }
            #[tools(cors(origins = ["example.org", "null"]))]
            fn c(&self) -> &'static str {
                ""
            }
            #[tools(cors(origins = ["https://a.example"], methods = ["put", "*", "FOO"], headers = ["a b"], expose = ["a\r\nb"]))]
            fn d(&self) -> &'static str {
                ""
            }
        }
        let words = mistakes(Site::new(Wrong));
        for expected in [
            "on without its `origins`",
            "every site could read what only a visitor may",
            "`example.org` is no origin",
            "`put` is no method that a page can have",
            "`*` is no method that a page can have",
            "`FOO` is no method that a page can have",
            "`a b` is no name of a header",
            r"`a\r\nb` is no name of a header",
        ] {
            assert!(words.contains(expected), "{expected}: {words}");
        }
    }
}

/// What a request is called.
mod id {
    use super::*;

    #[expose]
    #[tools(request_id)]
    struct Root {
        #[child]
        trusting: Trusting,
    }

    #[expose]
    impl Root {
        fn index(&self, id: RequestId) -> String {
            id.to_string()
        }

        fn fails(&self) -> Result<String> {
            Err(std::fmt::Error)?
        }

        fn goes_on(&self) -> Result<String> {
            Err(Error::internal_redirect("/"))
        }

        #[error_page(404)]
        fn lost(&self, id: RequestId) -> String {
            format!("lost {id}")
        }
    }

    #[expose]
    #[tools(request_id(trust = true, header = "X-Trace"))]
    struct Trusting;

    #[expose]
    impl Trusting {
        fn index(&self, id: RequestId) -> String {
            id.to_string()
        }
    }

    #[test]
    fn every_answer_has_the_name_that_the_page_knows() {
        let mut client = Client::new(Root { trusting: Trusting });
        for (path, before) in [("/", ""), ("/goes_on", ""), ("/nowhere", "lost ")] {
            let answer = client.get(path);
            let ids: Vec<_> = answer.headers("x-request-id").collect();
            assert_eq!(ids.len(), 1, "{answer}");
            answer.assert_body(format!("{before}{}", ids[0]));
        }
        let answer = client.get("/fails");
        answer.assert_status(500);
        assert_eq!(
            answer.header("x-request-id").map(str::len),
            Some(32),
            "{answer}"
        );
    }

    #[test]
    fn a_name_that_came_counts_where_it_is_trusted() {
        let mut client = Client::new(Root { trusting: Trusting });
        let mut ask = |path: &str, headers: &[(&str, &str)]| {
            with(&mut client, Method::GET, path, headers).send()
        };
        ask("/trusting/", &[("x-trace", "a-1.b:c_2")])
            .assert_body("a-1.b:c_2")
            .assert_header("x-trace", "a-1.b:c_2");
        for forged in ["", "a b", "a\"b", "<script>", &"a".repeat(129)] {
            let answer = ask("/trusting/", &[("x-trace", forged)]);
            assert_eq!(answer.text().len(), 32, "{answer}");
        }
        let twice = ask("/trusting/", &[("x-trace", "a"), ("x-trace", "b")]);
        assert_eq!(twice.text().len(), 32, "{twice}");
        let answer = ask("/", &[("x-request-id", "mine"), ("x-trace", "mine")]);
        assert_eq!(answer.text().len(), 32, "{answer}");
    }
}

/// How long a page may take.
mod time {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    #[expose]
    #[tools(timeout(after = SHORT))]
    struct Root {
        dropped: Arc<AtomicUsize>,
    }

    /// What a page holds.
    struct Held(Arc<AtomicUsize>);

    impl Drop for Held {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[expose]
    impl Root {
        async fn slow(&self) -> &'static str {
            let _held = Held(Arc::clone(&self.dropped));
            std::future::pending().await
        }

        #[tools(timeout(status = StatusCode::GATEWAY_TIMEOUT))]
        async fn elsewhere(&self) -> &'static str {
            let _held = Held(Arc::clone(&self.dropped));
            std::future::pending().await
        }

        async fn quick(&self) -> &'static str {
            "quick"
        }

        #[tools(timeout(after = Duration::ZERO))]
        async fn patient(&self) -> &'static str {
            actix_web::rt::time::sleep(2 * SHORT).await;
            "patient"
        }

        #[error_page(504)]
        async fn late(&self) -> &'static str {
            "the other server is late"
        }
    }

    #[test]
    fn a_page_that_waits_too_long_is_dropped() {
        let dropped: Arc<AtomicUsize> = Arc::default();
        let mut client = Client::new(Root {
            dropped: Arc::clone(&dropped),
        });
        client.get("/slow").assert_status(503);
        assert_eq!(dropped.load(Ordering::Relaxed), 1);
        client
            .get("/elsewhere")
            .assert_status(504)
            .assert_body("the other server is late");
        assert_eq!(dropped.load(Ordering::Relaxed), 2);
        client.get("/quick").assert_body("quick");
        client.get("/patient").assert_body("patient");
    }

    #[test]
    fn another_status_refuses_the_start() {
        #[expose]
        #[tools(timeout(after = SHORT, status = StatusCode::OK))]
        struct Wrong;

        #[expose]
        impl Wrong {}

        let words = mistakes(Site::new(Wrong));
        assert!(
            words.contains("200 does not say that a page is late"),
            "{words}"
        );
    }
}

/// How much a body may be. (Those that are not announced: `tests/attacks/behind.rs`.)
mod body {
    use super::*;

    #[expose]
    #[tools(body_limit(bytes = 10))]
    struct Root {
        seen: Arc<AtomicUsize>,
    }

    #[expose]
    impl Root {
        #[post]
        fn form(&self, text: String) -> String {
            text
        }

        #[post]
        fn json(&self, body: Json<Vec<u32>>) -> String {
            body.len().to_string()
        }

        #[post]
        fn bytes(&self, body: actix_web::web::Bytes) -> String {
            body.len().to_string()
        }

        #[post]
        fn ignores(&self) -> &'static str {
            self.seen.fetch_add(1, Ordering::Relaxed);
            "ignored"
        }

        #[post]
        #[tools(body_limit(bytes = 20))]
        fn more(&self, body: actix_web::web::Bytes) -> String {
            body.len().to_string()
        }
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn a_larger_body_is_refused_whoever_reads_it() {
        let seen: Arc<AtomicUsize> = Arc::default();
        let mut client = Client::new(Root {
            seen: Arc::clone(&seen),
        });
        for (path, content_type, good, large) in [
            ("/form", FORM, "text=12345", "text=123456"),
            ("/json", "application/json", "[1,2,3,4]", "[1,2,3,4,5]"),
            ("/bytes", "text/plain", "1234567890", "12345678901"),
            (
                "/more",
                "text/plain",
                "12345678901234567890",
                "123456789012345678901",
            ),
        ] {
            let mut ask = |body: &str| {
                client
                    .request(Method::POST, path)
                    .body(content_type, body)
                    .send()
            };
            ask(good).assert_status(200);
            ask(large)
                .assert_status(413)
                .assert_in_body("bytes that are allowed here");
        }
        // Nobody would have read it.
        client
            .request(Method::POST, "/ignores")
            .body("text/plain", "12345678901")
            .send()
            .assert_status(413);
        assert_eq!(seen.load(Ordering::Relaxed), 0);
        client.post("/ignores").assert_status(200);
    }
}
