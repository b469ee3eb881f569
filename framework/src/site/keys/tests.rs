//! The keys: precedence, messages, and that the tables are whole.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use super::cherrypy::{FORMER, Fate};
use super::*;
use crate::config::{Configuration, Environment};
use crate::site::ErrorPage;

/// A configuration of these files, in their order.
fn files(texts: &[&str]) -> Configuration {
    let mut configuration = Configuration::default();
    for (index, text) in texts.iter().enumerate() {
        configuration.text(&format!("{index}.toml"), text);
    }
    configuration
}

fn lay(
    settings: &mut Settings,
    configuration: &Configuration,
) -> Result<Vec<Applied>, Vec<String>> {
    let entries: Vec<_> = configuration.entries().collect();
    let (mistakes, applied) = apply(settings, &entries);
    let all = configuration.mistakes().iter().chain(&mistakes);
    let all: Vec<_> = all.map(ToString::to_string).collect();
    if all.is_empty() {
        Ok(applied)
    } else {
        Err(all)
    }
}

/// What one file with these lines below `[global]` gives.
fn global(lines: &str) -> Result<Settings, String> {
    let mut settings = Settings::default();
    match lay(&mut settings, &files(&[&format!("[global]\n{lines}")])) {
        Ok(_) => Ok(settings),
        Err(mistakes) => Err(mistakes.join("\n\n")),
    }
}

fn refused(lines: &str) -> String {
    match global(lines) {
        Ok(_) => panic!("`{lines}` is taken"),
        Err(words) => words,
    }
}

fn listed(applied: &[Applied], key: &str) -> String {
    let row = applied.iter().find(|row| row.key == key);
    row.map_or_else(
        || panic!("`{key}` is not listed"),
        |row| format!("{} ({})", row.value, row.origin),
    )
}

#[test]
fn the_seed_s_example_runs() {
    let settings = global(
        "server.environment = \"production\"\nengine.autoreload_on = true\nengine.autoreload_frequency = 5\n",
    )
    .unwrap();
    assert_eq!(settings.environment, Environment::Production);
    assert!(settings.autoreload.on);
    assert_eq!(settings.autoreload.frequency, Duration::from_secs(5));
}

/// The text with one character left out, replaced, doubled, or changing places with the next.
fn misspellings(text: &str) -> BTreeSet<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut all = BTreeSet::new();
    for at in 0..chars.len() {
        for replacement in [None, Some('x'), Some('_'), Some('q')] {
            let mut wrong = chars.clone();
            wrong.splice(at..=at, replacement);
            all.insert(wrong.into_iter().collect());
        }
        let mut wrong = chars.clone();
        wrong.insert(at, chars[at]);
        all.insert(wrong.iter().collect());
        let mut wrong = chars.clone();
        if at + 1 < wrong.len() {
            wrong.swap(at, at + 1);
        }
        all.insert(wrong.into_iter().collect());
    }
    all.remove(text);
    all
}

#[test]
fn every_misspelling_of_the_seed_s_keys_is_refused_with_the_right_guess() {
    for (key, value) in [
        ("server.environment", "\"production\""),
        ("engine.autoreload_on", "true"),
        ("engine.autoreload_frequency", "5"),
    ] {
        let all = misspellings(key);
        assert!(all.len() > 4 * key.len(), "{key}");
        for wrong in all {
            let words = refused(&format!("{wrong} = {value}"));
            // Two dots side by side, or one at an end, are no key of TOML at all: the parser says where.
            if wrong.contains("..") || wrong.starts_with('.') || wrong.ends_with('.') {
                assert!(words.contains("0.toml:2:"), "{wrong}: {words}");
                continue;
            }
            let expected =
                format!("`{wrong}` is no key\nhelp: did you mean `{key}`?\n    at 0.toml:2:1");
            assert_eq!(words, expected);
        }
    }
    for wrong in misspellings("global") {
        let configuration = files(&[&format!("[{wrong}]\nengine.autoreload_on = true")]);
        let words = lay(&mut Settings::default(), &configuration).unwrap_err();
        let expected =
            format!("`{wrong}` is no section\nhelp: did you mean `[global]`?\n    at 0.toml:1:2");
        assert_eq!(words, [expected]);
    }
}

#[test]
fn later_wins() {
    let key = "request.strict_params";
    let line = |value| format!("[global]\n{key} = {value}");
    let mut configuration = Configuration::default();
    let mut settings = Settings::default();
    let holds = |settings: &mut Settings, configuration: &Configuration| {
        listed(&lay(settings, configuration).unwrap(), key)
    };
    assert_eq!(holds(&mut settings, &configuration), "false (default)");
    settings.limits.strict_params = true;
    assert_eq!(
        holds(&mut settings, &configuration),
        "true (the application's code)"
    );
    configuration.text("a.toml", &line(false));
    assert_eq!(holds(&mut settings, &configuration), "false (a.toml:2:1)");
    configuration.text("b.toml", &line(true));
    assert_eq!(holds(&mut settings, &configuration), "true (b.toml:2:1)");
    let name = "KIRSCH__GLOBAL__REQUEST__STRICT_PARAMS";
    configuration.variables([(name.into(), "false".into())]);
    assert_eq!(
        holds(&mut settings, &configuration),
        format!("false (${name})")
    );
    configuration.flag("global.request.strict_params = true");
    assert_eq!(
        holds(&mut settings, &configuration),
        "true (--set 'global.request.strict_params = true')"
    );
}

#[test]
fn an_environment_sets_only_what_nothing_else_sets() {
    let applied = |texts: &[&str], settings: &mut Settings| lay(settings, &files(texts)).unwrap();
    let test = "[global]\nenvironment = \"test\"";
    let mut settings = Settings::default();
    let rows = applied(&[test], &mut settings);
    assert_eq!(listed(&rows, "server.environment"), "\"test\" (0.toml:2:1)");
    assert_eq!(listed(&rows, "log.access_on"), "false (environment test)");
    assert_eq!(
        listed(&rows, "request.show_tracebacks"),
        "true (environment test)"
    );
    assert!(!settings.access_log);
    let rows = applied(
        &["[global]\nlog.access_on = true", test],
        &mut Settings::default(),
    );
    assert_eq!(listed(&rows, "log.access_on"), "true (0.toml:2:1)");
    let mut settings = Settings::default();
    settings.access_log = false;
    let rows = applied(&[], &mut settings);
    assert_eq!(
        listed(&rows, "log.access_on"),
        "false (the application's code)"
    );
}

#[test]
fn every_key_takes_its_own_default_and_says_what_it_expects() {
    let defaults = Settings::default();
    for key in KEYS {
        let shown = (key.show)(&defaults);
        let raw = Raw::settled(&shown);
        if let Some(raw) = raw.filter(|_| shown != "none") {
            let mut settings = Settings::default();
            assert_eq!((key.read)(&mut settings, &raw), Ok(()), "{}", key.name);
            assert_eq!((key.show)(&settings), shown, "{}", key.name);
        }
        assert!(
            !key.doc.is_empty() && key.doc.ends_with('.'),
            "{}",
            key.name
        );
        assert!(!key.expected.is_empty());
        // A table is nobody's value.
        let refused = (key.read)(&mut Settings::default(), &Raw::Table(Vec::new()));
        assert!(refused.is_err(), "{}", key.name);
    }
}

#[test]
fn every_name_stands_once() {
    let names = KEYS.iter().map(|key| key.name);
    let aliases = ALIASES.iter().map(|(alias, _)| *alias);
    let all: Vec<_> = names.chain(aliases).collect();
    let once: BTreeSet<_> = all.iter().collect();
    assert_eq!(all.len(), once.len());
    let former: BTreeSet<_> = FORMER.iter().map(|row| row.name).collect();
    assert_eq!(FORMER.len(), former.len());
}

#[test]
fn cherrypy_s_keys_are_here_or_say_where_they_went() {
    for row in FORMER {
        let is_here = |name: &str| {
            find(name).is_some()
                || ["tools.", "response.headers.", "error_page."]
                    .iter()
                    .any(|space| name.starts_with(space))
        };
        match row.fate {
            Fate::Same => assert!(is_here(row.name), "{}", row.name),
            Fate::Renamed(name) => {
                // Which options a tool has, the tool says.
                let is_gone = !is_here(row.name) || row.name.starts_with("tools.");
                assert!(is_here(name) && is_gone, "{}", row.name);
                assert!(find(row.name).is_none(), "{}", row.name);
            }
            Fate::Moot => assert!(!row.words.is_empty() && find(row.name).is_none()),
        }
        assert!(!row.words.ends_with('.'), "{}", row.words);
    }
    assert_eq!(
        refused("server.thread_pool = 10"),
        "`server.thread_pool` is no key of Kirsch\nhelp: write `server.workers`: one worker serves thousands of connections, and one for each processor is mostly right\n    at 0.toml:2:1"
    );
    for (line, part) in [
        (
            "engine.autoreload.on = true",
            "help: write `engine.autoreload_on`",
        ),
        (
            "tools.flatten.on = true",
            "help: a page returns text, bytes or a stream",
        ),
        ("wsgi.pipeline = []", "help: there is no WSGI"),
        ("response.timeout = 300", "help: write `request.timeout`"),
        (
            "engine.SIGHUP = \"graceful\"",
            "SIGHUP reads the configuration again",
        ),
        (
            "hooks.before_handler = \"f\"",
            "help: what a page does is code",
        ),
    ] {
        let words = refused(line);
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn an_unknown_key_says_what_there_is() {
    for (line, help) in [
        ("tols.gzip.on = true", "did you mean `tools.gzip.on`?"),
        ("server.keepalive = 5", "did you mean `server.keep_alive`?"),
        ("sever.workers = 5", "did you mean `server.workers`?"),
        ("enviroment = \"test\"", "did you mean `environment`?"),
        ("log.colour = 5", "there is `log.access_on`"),
        (
            "nonsense.word = 5",
            "keys begin with `server.`, `engine.`, `log.`, `request.`, `response.`, `error_page.`, `tools.`",
        ),
    ] {
        let words = refused(line);
        assert!(words.contains(&format!("\nhelp: {help}\n")), "{words}");
    }
}

#[test]
fn a_wrong_value_says_where_it_begins() {
    assert_eq!(
        refused("server.socket_port = \"80\""),
        "`server.socket_port`: expected a whole number from 0 to 65535, found `\"80\"`\n    at 0.toml:2:22"
    );
    assert_eq!(
        refused("request.body.maxbytes = 0"),
        "`request.body.maxbytes`: 0 would refuse everything\nhelp: there is always a limit; write the largest that you want to have\n    at 0.toml:2:25"
    );
    for line in [
        "engine.autoreload_frequency = 0",
        "server.socket_mode = 0o1000",
        "server.socket_queue_size = 0",
        "server.socket_host = \"\"",
        "server.socket_host = \"a b\"",
        "server.listen = [\"8080\"]",
        "server.environment = \"x\"",
    ] {
        assert!(refused(line).starts_with('`'), "{line}");
    }
}

#[test]
fn a_key_of_the_whole_site_is_for_no_path() {
    let configuration =
        files(&["[\"/\"]\nserver.workers = 2\nserver.wokers = 2\nenvironment = \"test\""]);
    assert_eq!(
        lay(&mut Settings::default(), &configuration).unwrap_err(),
        [
            "`environment` is for the whole site, and not for a path\nhelp: write it below `[global]`\n    at 0.toml:4:1",
            "`server.workers` is for the whole site, and not for a path\nhelp: write it below `[global]`\n    at 0.toml:2:1",
            "`server.wokers` is no key\nhelp: did you mean `server.workers`?\n    at 0.toml:3:1",
        ]
    );
}

#[test]
fn a_variable_of_the_whole_site_is_for_no_path() {
    let mut configuration = Configuration::default();
    configuration.variables([("KIRSCH__ROOT__REQUEST__TIMEOUT".into(), "5".into())]);
    assert_eq!(
        lay(&mut Settings::default(), &configuration).unwrap_err(),
        [
            "`request.timeout` is for the whole site, and not for a path\nhelp: write `KIRSCH__GLOBAL__REQUEST__TIMEOUT`\n    at $KIRSCH__ROOT__REQUEST__TIMEOUT"
        ]
    );
}

#[test]
fn what_is_composed_along_the_tree_is_left_alone() {
    let text = "[global]\ntools.nonsense.on = true\nresponse.headers.x = \"y\"\n[\"/a\"]\ntools.x.y = 1\nerror_page.404 = 1\n";
    assert!(lay(&mut Settings::default(), &files(&[text])).is_ok());
}

fn addresses(settings: &Settings) -> String {
    settings.show_listen()
}

#[test]
fn an_address_has_parts() {
    for (lines, expected) in [
        ("", "[\"127.0.0.1:8080\"]"),
        ("server.socket_port = 9000", "[\"127.0.0.1:9000\"]"),
        (
            "server.socket_host = \"::\"\nserver.socket_port = 1",
            "[\"[::]:1\"]",
        ),
        (
            "server.socket_port = 1\nserver.socket_host = \"localhost\"",
            "[\"localhost:1\"]",
        ),
        ("server.socket_host = \"[::1]\"", "[\"[::1]:8080\"]"),
        ("server.socket_file = \"/run/a\"", "[\"unix:/run/a\"]"),
        (
            "server.listen = [\"[::]:80\", \"unix:/a\"]",
            "[\"[::]:80\", \"unix:/a\"]",
        ),
    ] {
        assert_eq!(addresses(&global(lines).unwrap()), expected);
    }
}

#[test]
fn a_later_layer_may_change_a_part_of_an_address_or_all_of_it() {
    let text = "[global]\nserver.socket_host = \"0.0.0.0\"";
    let mut configuration = files(&[text]);
    let holds = |configuration: &Configuration, settings: &mut Settings| {
        listed(&lay(settings, configuration).unwrap(), "server.listen")
    };
    configuration.variables([("KIRSCH__GLOBAL__SERVER__SOCKET_PORT".into(), "9000".into())]);
    let shown = holds(&configuration, &mut Settings::default());
    assert_eq!(
        shown,
        "[\"0.0.0.0:9000\"] ($KIRSCH__GLOBAL__SERVER__SOCKET_PORT)"
    );
    let applied = lay(&mut Settings::default(), &configuration).unwrap();
    assert_eq!(
        listed(&applied, "server.socket_host"),
        "\"0.0.0.0\" (0.toml:2:1)"
    );
    configuration.set("--listen b:1", "server.listen", Raw::from("b:1"));
    let shown = holds(&configuration, &mut Settings::default());
    assert_eq!(shown, "[\"b:1\"] (--listen b:1)");
    let applied = lay(&mut Settings::default(), &configuration).unwrap();
    assert!(applied.iter().all(|row| row.key != "server.socket_port"));
}

#[test]
fn one_file_says_in_one_way_where_to_listen() {
    assert_eq!(
        refused("server.socket_port = 1\nserver.socket_file = \"/a\""),
        "`server.socket_port` and `server.socket_file` exclude each other\nhelp: `server.listen` takes a list of addresses of both kinds\n    at 0.toml:2:1\n    at 0.toml:3:1"
    );
    let apart = files(&[
        "[global]\nserver.socket_port = 1",
        "[global]\nserver.socket_file = \"/a\"",
    ]);
    let mut settings = Settings::default();
    assert!(lay(&mut settings, &apart).is_ok());
    assert_eq!(addresses(&settings), "[\"unix:/a\"]");
}

#[test]
fn error_pages_are_files_beside_the_configuration_or_pages() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site.toml");
    std::fs::write(folder.path().join("lost.html"), "lost").unwrap();
    let text =
        "[global]\nerror_page.404 = \"lost.html\"\nerror_page.default = { page = \"/broken\" }\n";
    std::fs::write(&site, text).unwrap();
    let mut configuration = Configuration::default();
    configuration.file(&site);
    configuration.variables([(
        "KIRSCH__GLOBAL__ERROR_PAGE__403".into(),
        "{ page = \"/no\" }".into(),
    )]);
    let mut settings = Settings::default();
    let applied = lay(&mut settings, &configuration).unwrap();
    let file = folder.path().join("lost.html");
    assert_eq!(
        settings
            .error_pages
            .iter()
            .map(|(_, page)| page)
            .collect::<Vec<_>>(),
        [
            &ErrorPage::File(file),
            &ErrorPage::page("/broken"),
            &ErrorPage::page("/no")
        ]
    );
    assert_eq!(
        listed(&applied, "error_page.403"),
        "{ page = \"/no\" } ($KIRSCH__GLOBAL__ERROR_PAGE__403)"
    );
    for (line, words) in [
        ("error_page.200 = \"a\"", "200 OK is no error"),
        (
            "error_page.defualt = \"a\"",
            "help: did you mean `default`?",
        ),
        (
            "error_page.404 = \"none.html\"",
            "the file `none.html` does not exist",
        ),
        (
            "error_page.404 = { pgae = \"/a\" }",
            "help: did you mean `page`?",
        ),
        (
            "error_page.404 = 5",
            "expected the path of an HTML file, or `{ page = \"/lost\" }`, found `5`",
        ),
        (
            "error_page = \"a\"",
            "expected a status, as in `error_page.404`",
        ),
    ] {
        assert!(refused(line).contains(words), "{}", refused(line));
    }
}

#[test]
fn a_value_may_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    std::fs::write(&path, "a.example, b.example\n").unwrap();
    let line = format!(
        "server.allowed_hosts_file = {:?}",
        path.display().to_string()
    );
    assert_eq!(
        global(&line).unwrap().allowed_hosts,
        ["a.example", "b.example"]
    );
    assert!(refused("server.wokers_file = \"x\"").contains("is no key"));
    std::fs::write(&path, "secret").unwrap();
    let line = format!("server.workers_file = {:?}", path.display().to_string());
    assert!(!refused(&line).contains("secret"));
}

/// The page of the book, made of the tables.
fn page_of_the_book() -> String {
    let mut page = String::from(
        "# Every key of the configuration\n\nWhat `[global]` may say of the whole site. A test compares this page with the tables that the program uses.\n\n\
         | key | expects | default | decides |\n|---|---|---|---|\n",
    );
    let mut defaults = Settings::default();
    defaults.environment = Environment::Production;
    let cell = |text: &str| text.replace('|', "\\|");
    for key in KEYS {
        let default = (key.show)(&defaults);
        // Writing to a `String` cannot fail.
        _ = writeln!(
            page,
            "| `{}` | {} | `{}` | {} |",
            key.name,
            cell(key.expected),
            cell(&default),
            cell(key.doc)
        );
    }
    page.push_str(
        "| `error_page.NNN`, `error_page.default` | the path of an HTML file, or `{ page = \"/lost\" }` | – | The page for an error that no page of the tree answers. Below a path, it is for that path. |\n\n\
         Below every path, and below `[global]` for all of them, stand `tools.NAME.OPTION`, `tools.NAME.on`, `tools.NAME.priority` and `response.headers.NAME`.\n\n\
         ## CherryPy's keys\n\n| CherryPy | here | |\n|---|---|---|\n",
    );
    for former in FORMER {
        let fate = match former.fate {
            Fate::Same => "same".to_owned(),
            Fate::Renamed(name) => format!("renamed: `{name}`"),
            Fate::Moot => "moot".to_owned(),
        };
        _ = writeln!(
            page,
            "| `{}` | {fate} | {} |",
            former.name,
            cell(former.words)
        );
    }
    page
}

/// With `KIRSCH_WRITE_BOOK=1` the page is written anew.
#[test]
fn the_book_has_every_key() {
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../book/src/reference/keys.md");
    let page = page_of_the_book();
    if std::env::var_os("KIRSCH_WRITE_BOOK").is_some() {
        std::fs::write(place, &page).unwrap();
    }
    let written = std::fs::read_to_string(place).unwrap_or_default();
    assert!(
        written == page,
        "book/src/reference/keys.md is not what the tables say: KIRSCH_WRITE_BOOK=1 cargo test -p kirsch the_book_has_every_key"
    );
}

#[test]
fn what_a_running_server_cannot_follow_is_named() {
    let applied = |lines: &str| {
        let text = format!("[global]\n{lines}");
        lay(&mut Settings::default(), &files(&[&text])).unwrap()
    };
    let before = applied("server.environment = \"test\"\nserver.workers = 2");
    let same = applied("\nserver.environment = \"test\"\nserver.workers = 2");
    assert!(only_at_start(&before, &same).is_empty());
    // The environment and the hosts hold at once.
    let now = applied(
        "server.environment = \"staging\"\nserver.workers = 3\nserver.allowed_hosts = [\"a.example\"]\nrequest.strict_params = true",
    );
    assert_eq!(only_at_start(&before, &now), ["server.workers"]);
}
