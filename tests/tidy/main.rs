//! The invariants of the code, which no compiler holds. ARCHITECTURE.md says what each is good for.
#![forbid(unsafe_code)]
#![expect(clippy::panic, reason = "in a test a panic is the report")]

mod tree;

use std::collections::BTreeSet;
use std::fs;

use crate::tree::{File, code, files, root};

/// The rooms of `framework/src`, lowest first: a room imports only rooms that stand before it. This is the one table.
///
/// A new room gets its place here and in the table of ARCHITECTURE.md.
const ROOMS: [&str; 22] = [
    "http",
    "error",
    "config",
    "log",
    "error_page",
    "answers",
    "sessions",
    "params",
    "limits",
    "exchange",
    "belt",
    "tools",
    "tree",
    "server",
    "site",
    "testing",
    "postgres",
    "flags",
    "quickstart",
    "prelude",
    "private",
    "lib",
];

#[test]
fn rooms_import_only_rooms_below_them() {
    let mut found = Vec::new();
    for file in rooms() {
        let here = level(&file.room());
        for imported in imports(&file.text) {
            if imported != file.room() && level(&imported) >= here {
                found.push(format!(
                    "{}: `crate::{imported}` is above `{}`",
                    file.path,
                    file.room()
                ));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

/// The server could serve any application of actix-web.
#[test]
fn the_server_imports_no_room() {
    for file in rooms().filter(|file| file.room() == "server") {
        let others: Vec<_> = imports(&file.text)
            .into_iter()
            .filter(|room| room != "server")
            .collect();
        assert_eq!(others, Vec::<String>::new(), "{}", file.path);
    }
}

#[test]
fn the_table_has_every_room() {
    let found: BTreeSet<_> = rooms().map(|file| file.room()).collect();
    let known: BTreeSet<_> = ROOMS.into_iter().map(str::to_owned).collect();
    assert_eq!(found, known);
}

/// The table in ARCHITECTURE.md has the same rooms in the same order.
#[test]
fn the_architecture_has_the_same_table() {
    let text = read("ARCHITECTURE.md");
    let (_, rooms) = text
        .split_once("\n## The rooms\n")
        .expect("ARCHITECTURE.md has the section `The rooms`");
    let rows = rooms
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    let named: Vec<_> = rows.skip(2).flat_map(first_cell).collect();
    assert_eq!(named, ROOMS);
}

/// The rooms that a row of the table begins with: `` | `http/` | … ``, `` | `error.rs` | … ``.
fn first_cell(row: &str) -> Vec<String> {
    let cell = row.split('|').nth(1).unwrap_or_default();
    let names = cell.split('`').skip(1).step_by(2);
    names
        .map(|name| {
            name.trim_end_matches('/')
                .trim_end_matches(".rs")
                .to_owned()
        })
        .collect()
}

#[test]
fn the_papers_know_every_folder() {
    let manifest = read("Cargo.toml");
    let (_, members) = manifest
        .split_once("members = [")
        .expect("the workspace has members");
    let (members, _) = members.split_once(']').expect("a list has an end");
    let members: Vec<_> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.len() >= 5, "{members:?}");
    for folder in members.into_iter().chain(["book"]) {
        for paper in ["ARCHITECTURE.md", "README.md"] {
            assert!(
                read(paper).contains(&format!("{folder}/")),
                "{paper} does not mention `{folder}/`"
            );
        }
    }
    for folder in ["parse", "check", "expand"] {
        assert!(
            read("ARCHITECTURE.md").contains(&format!("`{folder}/`")),
            "{folder}"
        );
    }
}

/// Whoever uses Kirsch finds in the changelog what each room has for them.
#[test]
fn the_changelog_knows_every_room() {
    // What only other rooms use.
    let inner = ["http", "limits", "exchange", "prelude", "private", "lib"];
    let text = read("CHANGELOG.md");
    for room in ROOMS
        .into_iter()
        .filter(|room| !inner.contains(room))
        .chain(["macros", "examples", "book"])
    {
        assert!(
            text.contains(&format!("- **{room}")),
            "CHANGELOG.md has no line for `{room}`"
        );
    }
}

/// A tool is ordinary Rust, and what is written in `#[tools(…)]` is for rustc to understand.
#[test]
fn the_macros_know_no_tool() {
    let tools = [
        "gzip",
        "brotli",
        "zstd",
        "compress",
        "caching",
        "sessions",
        "auth_basic",
        "auth_digest",
        "static_dir",
        "staticdir",
        "etags",
        "autovary",
        "expires",
        "proxy",
        "referer",
        "trailing_slash",
        "log_headers",
        "json_in",
        "json_out",
        "cpstats",
    ];
    for file in files().filter(|file| file.path.starts_with("macros/") && file.is_rust()) {
        for word in file.text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            assert!(
                !tools.contains(&word),
                "{} names the tool `{word}`",
                file.path
            );
        }
    }
}

/// A tool that needs another says so in `needs`, and the start looks whether it is there.
#[test]
fn no_tool_imports_another() {
    for file in rooms().filter(|file| file.room() == "tools") {
        let own = file.path.split("tools/").nth(1).unwrap_or_default();
        let own = own.split(['/', '.']).next().unwrap_or_default();
        let code = code(&file.text);
        for (_, rest) in code
            .match_indices("crate::tools::")
            .map(|(at, word)| code.split_at(at + word.len()))
        {
            let imported = rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next();
            let imported = imported.unwrap_or_default();
            assert!(
                imported == "order" || imported == own || own == "mod",
                "{} imports the tool `{imported}`",
                file.path
            );
        }
    }
}

/// Every priority of a built-in tool stands in the one table, with its reason.
#[test]
fn priorities_stand_in_the_one_table() {
    for file in rooms().filter(|file| file.room() == "tools") {
        let code = code(&file.text);
        for said in code.split("priority = ").skip(1) {
            let word = said.split("::").next().unwrap_or_default();
            assert_eq!(word, "order", "{}", file.path);
        }
    }
}

/// A tool's room has its furniture in one order.
#[test]
fn tools_have_the_same_furniture() {
    let folder = "framework/src/tools/";
    for file in rooms().filter(|file| file.room() == "tools" && file.text.contains("#[tool(")) {
        let text = &file.text;
        let at = |heading: &str| text.find(&format!("//! # {heading}\n"));
        let order = [at("Turn it on"), at("What it does"), at("CherryPy")];
        assert!(
            order.iter().all(Option::is_some),
            "{}: a heading is missing",
            file.path
        );
        assert!(
            order.is_sorted(),
            "{}: the headings stand in another order",
            file.path
        );
        assert!(file.path.starts_with(folder), "{}", file.path);
    }
}

#[test]
fn one_file_of_the_macros_spells_the_framework() {
    for file in files().filter(|file| file.path.starts_with("macros/src/") && file.is_rust()) {
        let code = code(&file.text);
        let spells = code
            .split("#[cfg(test)]")
            .next()
            .is_some_and(|code| code.contains("::kirsch"));
        assert_eq!(spells, file.path == "macros/src/paths.rs", "{}", file.path);
    }
}

#[test]
fn every_file_says_what_it_is() {
    for file in files().filter(File::is_rust) {
        assert!(
            file.text.starts_with("//! "),
            "{} does not open with `//!`",
            file.path
        );
    }
}

#[test]
fn every_file_is_named_for_what_is_in_it() {
    let vague = [
        "util", "utils", "helper", "helpers", "common", "misc", "stuff", "manager",
    ];
    for file in files() {
        for part in file.path.split('/') {
            let stem = part.split('.').next().unwrap_or_default();
            assert!(
                !vague.contains(&stem),
                "{}: `{stem}` says nothing",
                file.path
            );
        }
    }
}

/// A known bug is asserted as it is; what is not done yet is not there yet.
#[test]
fn nothing_is_left_for_later() {
    let mut left: Vec<_> = ["todo!", "unimplemented!", "dbg!"]
        .map(|call| format!("{call}("))
        .into();
    left.extend(["ignore", "should_panic"].map(|word| format!("#[{word}")));
    for file in files().filter(|file| file.is_rust() && !file.path.starts_with("tests/tidy/")) {
        let code = code(&file.text);
        for word in &left {
            assert!(!code.contains(word.as_str()), "{} has `{word}`", file.path);
        }
    }
}

#[test]
fn no_crate_allows_unsafe_code() {
    // The peers are other people's frameworks.
    let ours = files().filter(|file| !file.path.starts_with("benches/peers/"));
    let roots: Vec<_> = ours.filter(File::is_crate_root).collect();
    assert!(roots.len() > 10, "{}", roots.len());
    for root in roots {
        assert!(
            root.text.contains("\n#![forbid(unsafe_code)]\n"),
            "{} does not forbid unsafe code",
            root.path
        );
    }
}

/// What is written here is true on every machine.
#[test]
fn nothing_names_the_machine_it_was_written_on() {
    let folders = ["work", "root", "home", "Users", "mnt"].map(|folder| format!("/{folder}/"));
    for file in files().filter(|file| !file.path.starts_with("tests/tidy/")) {
        for folder in &folders {
            assert!(
                !file.text.contains(folder.as_str()),
                "{} names `{folder}`",
                file.path
            );
        }
    }
}

#[test]
fn licences_are_what_the_manifest_says() {
    let (manifest, deny) = (read("Cargo.toml"), read("deny.toml"));
    let license = manifest
        .lines()
        .find_map(|line| line.strip_prefix("license = "))
        .expect("the workspace has a licence");
    assert_eq!(license, "\"MIT OR Apache-2.0\"");
    for name in ["MIT", "Apache-2.0"] {
        assert!(
            deny.contains(&format!("\"{name}\"")),
            "deny.toml does not allow `{name}`"
        );
    }
    for strict in ["GPL", "SSPL", "CDDL", "BUSL"] {
        let allowed = deny.lines().filter(|line| line.starts_with("allow ="));
        assert!(
            allowed.clone().count() == 1 && allowed.clone().all(|line| !line.contains(strict)),
            "{strict}"
        );
    }
    for manifest in files().filter(|file| {
        file.path.ends_with("/Cargo.toml") && !file.path.starts_with("benches/peers/")
    }) {
        assert!(
            manifest.text.contains("license.workspace = true"),
            "{}",
            manifest.path
        );
        assert!(
            manifest.text.contains("[lints]\nworkspace = true"),
            "{}",
            manifest.path
        );
    }
    for paper in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(!read(paper).is_empty());
    }
}

#[test]
fn every_message_of_the_macros_is_written_down() {
    let all: Vec<_> = files()
        .filter(|file| file.path.starts_with("tests/ui/"))
        .collect();
    let mistakes: Vec<_> = all
        .iter()
        .filter(|file| file.is_rust() && !file.path.starts_with("tests/ui/pass/"))
        .collect();
    assert!(mistakes.len() >= 45, "{}", mistakes.len());
    for mistake in mistakes {
        let answer = mistake.path.replace(".rs", ".stderr");
        assert!(
            all.iter().any(|file| file.path == answer),
            "{answer} is missing"
        );
    }
    for answer in all.iter().filter(|file| file.path.ends_with(".stderr")) {
        let mistake = answer.path.replace(".stderr", ".rs");
        assert!(
            all.iter().any(|file| file.path == mistake),
            "{} answers nothing",
            answer.path
        );
    }
}

/// The files of the framework.
fn rooms() -> impl Iterator<Item = File> {
    files().filter(|file| file.path.starts_with("framework/src/") && file.is_rust())
}

fn level(room: &str) -> usize {
    let level = ROOMS.iter().position(|other| *other == room);
    level.unwrap_or_else(|| panic!("`{room}` is not in the table of rooms"))
}

/// The rooms that a file names, wherever it does: in a `use` or in the middle of a line.
fn imports(text: &str) -> BTreeSet<String> {
    let code = code(text);
    let paths = code.split("crate::").skip(1);
    let first = |path: &str| {
        path.split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    paths.map(first).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
