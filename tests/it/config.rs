//! What an operator writes: files, variables, flags, and what the start says of them. CherryPy: `test_config.py`.

use std::process::{Command, Output};

use kirsch::prelude::*;
use kirsch::testing::Client;

#[expose]
struct Root;

#[expose]
impl Root {
    fn index(&self, size: Option<u8>) -> String {
        format!("{size:?}")
    }

    fn broken(&self) -> Result<String> {
        Err(Error::internal("the cause"))
    }
}

fn client(text: &str) -> Client {
    Client::of(Site::new(Root).config_text("site.toml", text))
}

/// The site of `kirsch-timed`, checked with these arguments and this variable.
fn check(arguments: &[&str], variable: Option<(&str, &str)>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kirsch-timed"));
    command.arg("check").args(arguments).envs(variable);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let all = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn keys_of_the_whole_site_change_what_visitors_see() {
    let mut plain = client("");
    plain.get("/?colour=red").assert_status(200);
    let mut strict = client("[global]\nrequest.strict_params = true\nrequest.target.maxbytes = 20");
    strict.get("/?colour=red").assert_status(404);
    strict
        .get("/?size=000000000000000000007")
        .assert_status(414);
}

#[test]
fn a_file_wins_over_the_code() {
    let text = "[global]\nserver.environment = \"production\"";
    let site = Site::new(Root)
        .environment(kirsch::Environment::Development)
        .config_text("site.toml", text);
    let answer = Client::of(site).get("/broken");
    answer.assert_status(500);
    answer.assert_not_in_body("the cause");
}

#[test]
fn every_mistake_is_told_with_its_place_and_the_site_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("site.toml");
    let text = "[global]\nengine.autoreload_onn = true\n[\"/a/\"]\n";
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let output = check(
        &[
            "-c",
            file,
            "--set",
            "global.server.workers = two",
            "-e",
            "test",
        ],
        Some(("KIRSCH__GLOBAL__SERVER__WOKERS", "2")),
    );
    let words = said(&output);
    assert!(!output.status.success());
    for part in [
        "4 mistakes were found",
        "`engine.autoreload_onn` is no key\nhelp: did you mean `engine.autoreload_on`?\n",
        &format!("    at {file}:2:1\n"),
        &format!("    at {file}:3:2\n"),
        "expected a whole number from 0, found `\"two\"`\n    at --set 'global.server.workers = two'",
        "did you mean `server.workers`?\n    at $KIRSCH__GLOBAL__SERVER__WOKERS",
    ] {
        assert!(words.contains(part), "{part:?} is not in\n{words}");
    }
}

/// Hosts have their places, too.
#[test]
fn a_host_that_is_none_says_where_it_is_written() {
    let refused = |text: &str| {
        let site = Site::new(Root).host("shop.example", Root);
        let site = site.config_text("site.toml", text);
        site.ready().unwrap_err().to_string()
    };
    let odd = refused("[global]\nserver.allowed_hosts = [\"shop.example\", \"a b\"]\n");
    assert!(
        odd.contains("1. `server.allowed_hosts`: expected a host as browsers send it, such as")
            && odd.ends_with(", found `\"a b\"`\n    at site.toml:2:24"),
        "{odd}"
    );
    let closed = refused("[global]\nserver.allowed_hosts = \"a.example\"\n");
    assert!(
        closed
            .contains("1. the host `shop.example` has a tree, and is not among the allowed hosts")
            && closed.ends_with("\n    at site.toml:2:1"),
        "{closed}"
    );
}

#[test]
fn what_is_well_starts() {
    let variable = Some(("KIRSCH__GLOBAL__SERVER__KEEP_ALIVE", "10s"));
    let output = check(&["--set", "global.log.access_on=false"], variable);
    assert!(output.status.success(), "{}", said(&output));
}

#[expose]
struct Notes;

#[expose]
impl Notes {
    #[child(path = "{id}")]
    fn note(&self, id: u32) -> Note {
        Note(id)
    }
}

#[expose]
struct Note(u32);

#[expose]
impl Note {
    fn index(&self) -> String {
        self.0.to_string()
    }

    fn more(&self) -> &'static str {
        "more"
    }
}

#[test]
fn a_value_wins_over_a_placeholder_wherever_it_is_written() {
    let wide = "[\"/{id}\"]\ntools.expires.on = true\ntools.expires.secs = \"9s\"\n";
    let narrow = "[\"/42\"]\ntools.expires.secs = \"5s\"\n";
    for text in [[wide, narrow].concat(), [narrow, wide].concat()] {
        let mut client = Client::of(Site::new(Notes).config_text("site.toml", &text));
        client
            .get("/42/")
            .assert_header("cache-control", "max-age=5");
        client
            .get("/7/")
            .assert_header("cache-control", "max-age=9");
    }
}

/// The own page of one value of a capture.
#[test]
fn an_index_of_a_value_is_for_that_page_alone() {
    let index = "[\"/42/index\"]\ntools.expires.on = true\ntools.expires.secs = \"5s\"\n";
    let value = "[\"/42\"]\ntools.expires.on = true\ntools.expires.secs = \"9s\"\n";
    for (text, below) in [
        (index.to_owned(), None),
        ([index, value].concat(), Some("9")),
    ] {
        let mut client = Client::of(Site::new(Notes).config_text("site.toml", &text));
        let mut age = |path| client.get(path).header("cache-control").map(str::to_owned);
        assert_eq!(age("/42/").as_deref(), Some("max-age=5"), "{text}");
        let below = below.map(|secs| format!("max-age={secs}"));
        assert_eq!(age("/42/more"), below, "{text}");
        assert_eq!(age("/7/"), None, "{text}");
    }
}

/// Each header has a place of its own.
#[test]
fn a_header_that_is_none_says_where_it_is_written() {
    let text = "[global]\n\
                response.headers.X-Good = \"good\"\n\
                response.headers.Content-Length = \"1\"\n\
                [\"/\"]\n\
                response.headers.X-Lines = \"a\\nb\"\n\
                response.headers.X-Last = \"good\"\n";
    let mistakes = Site::new(Root).config_text("site.toml", text).ready();
    assert_eq!(
        mistakes.unwrap_err().to_string(),
        "the site cannot start: 2 mistakes were found\n\n\
         1. `response.headers.Content-Length`: `content-length` says how a message is sent, and only the server can say that\n    at site.toml:3:35\n\n\
         2. `response.headers.X-Lines`: the value of `x-lines` cannot stand in a header: it has a control character in it\n    at site.toml:5:28"
    );
}

/// Also where it would be wrong at many pages, and a consequence of what is told already is not told.
#[test]
fn every_mistake_is_told_once() {
    #[expose]
    struct Many;

    #[expose]
    impl Many {
        #[tools(rate_limit(burst = 1), csrf(trusted_origins = ["https://b.example"]))]
        fn a(&self) -> &'static str {
            "a"
        }

        #[tools(rate_limit(burst = 2), expires)]
        fn b(&self) -> &'static str {
            "b"
        }
    }

    let refused = |text: &str| {
        let site = Site::new(Many).config_text("site.toml", text);
        site.ready().unwrap_err().to_string()
    };
    let words = refused("[\"/\"]\ntools.rate_limit.rate_file = \"none\"\n");
    assert_eq!(
        words,
        "the site cannot start: 1 mistake was found\n\n\
         1. `tools.rate_limit.rate_file`: the file `none` does not exist\n    at site.toml:2:30"
    );
    let words = refused("[\"/\"]\ntools.rate_limit.rate = \"often\"\n");
    assert!(
        words.starts_with("the site cannot start: 1 mistake"),
        "{words}"
    );
    let words = refused("[\"/\"]\ntools.rate_limit.rate = 5\n");
    assert!(
        words.starts_with("the site cannot start: 1 mistake"),
        "{words}"
    );
}

/// What stands in a file of its own is shown by no list and no message, whatever option it is for.
#[test]
fn what_a_file_of_its_own_holds_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let value = "https://topsecret.example";
    std::fs::write(folder.path().join("value"), value).unwrap();
    let file = folder.path().join("site.toml");
    let ready = |lines: &str| {
        std::fs::write(&file, format!("[\"/\"]\n{lines}\n")).unwrap();
        Site::new(Root).config_file(&file).ready()
    };

    let good = "tools.redirect.on = true\ntools.redirect.url_file = \"value\"\ntools.redirect.internal = false";
    let site = ready(good).unwrap();
    let routes = format!("{:?}", site.routes_at("/"));
    assert!(
        routes.contains("***") && !routes.contains("topsecret"),
        "{routes}"
    );

    std::fs::write(folder.path().join("value"), "topsecret\u{7}").unwrap();
    for key in [
        "tools.cors.on = true\ntools.cors.origins",
        "tools.redirect.on = true\ntools.redirect.url",
        "tools.rate_limit.on = true\ntools.rate_limit.rate",
        "tools.log_tracebacks.severity",
        "[global]\nserver.listen",
        "[global]\nserver.allowed_hosts",
    ] {
        let refused = ready(&format!("{key}_file = \"value\"")).unwrap_err();
        let words = refused.to_string();
        assert!(!words.contains("topsecret"), "{words}");
    }
}

/// Headers without quotes are a table as well: in a file of their own, in a variable. What a later level adds does not show them, and what
/// takes the place of a hidden value is shown.
#[test]
fn what_is_added_to_a_hidden_value_does_not_show_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("site.toml");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("headers", "{ X-Key = \"topsecret\" }\n");
    write("url", "/topsecret\n");
    write(
        "site.toml",
        "[global]\n\
         tools.response_headers.on = true\n\
         tools.response_headers.headers_file = \"headers\"\n\
         tools.redirect.url_file = \"url\"\n\
         [\"/\"]\n\
         tools.response_headers.headers = { X-Plain = \"plain\" }\n\
         tools.redirect.url = \"/plain\"\n\
         [\"/broken\"]\n\
         tools.redirect.on = true\n",
    );
    let site = || Site::new(Root).config_file(&file);
    let mut client = Client::of(site());
    client
        .get("/")
        .assert_header("x-key", "topsecret")
        .assert_header("x-plain", "plain");
    let routes = format!("{:?}", site().ready().unwrap().routes_at("/broken"));
    assert!(
        routes.contains("\"***\"") && routes.contains("/plain") && !routes.contains("topsecret"),
        "{routes}"
    );
}

/// A flag says where it was written, and not what, if that is a secret.
#[test]
fn a_secret_in_a_flag_is_not_shown() {
    let secret = "commandline-commandline-commandline";
    let line = format!("\"/\".tools.sessions.secret = \"{secret}\"");
    let short = "\"/\".tools.sessions.secret = \"commandline\"".to_owned();
    let [option, tool, section, key] = [
        "\"/\".tools.sessions.sercret",
        "\"/\".tools.sesions.secret",
        "\"/sessions\".tools.sessions.secret",
        "global.sessions.secret",
    ]
    .map(|name| format!("{name} = \"{secret}\""));
    for (line, asks) in [
        (&option, &["check"][..]),
        (&tool, &["check"]),
        (&section, &["check"]),
        (&key, &["check"]),
        (&line, &["config", "/inc"]),
        (&line, &["config", "/inc", "--json"]),
        (&line, &["routes", "--tools", "--json"]),
        (&short, &["check"]),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kirsch-visits"));
        let output = command.args(["--set", line]).args(asks).output().unwrap();
        let words = said(&output);
        assert!(
            words.contains("sessions") && !words.contains("commandline"),
            "{words}"
        );
    }
}
