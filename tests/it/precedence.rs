//! Which of several words about one option wins, and where it says it was written: attribute, file, variable and flag at every depth.
//!
//! CherryPy: `test_config.py`, `test_config`; its rule is in `_cpconfig.py`.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::Value;

/// A path, and at which depths its attributes speak: at `/`, at the node, at the page.
struct Page {
    path: &'static str,
    /// The sections of its levels, and their names in variables.
    sections: [(&'static str, &'static str); 3],
    attributes: [bool; 3],
}

const PAGES: [Page; 7] = [
    page(
        "/n/p",
        [("/", "ROOT"), ("/n", "N"), ("/n/p", "N__P")],
        [true, true, true],
    ),
    page(
        "/n/q",
        [("/", "ROOT"), ("/n", "N"), ("/n/q", "N__Q")],
        [true, true, false],
    ),
    page(
        "/m/p",
        [("/", "ROOT"), ("/m", "M"), ("/m/p", "M__P")],
        [true, false, true],
    ),
    page(
        "/m/q",
        [("/", "ROOT"), ("/m", "M"), ("/m/q", "M__Q")],
        [true, false, false],
    ),
    page(
        "/b/m/p",
        [("/", "ROOT"), ("/b/m", "B__M"), ("/b/m/p", "B__M__P")],
        [false, false, true],
    ),
    page(
        "/b/m/q",
        [("/", "ROOT"), ("/b/m", "B__M"), ("/b/m/q", "B__M__Q")],
        [false, false, false],
    ),
    page(
        "/n/c/7",
        [("/", "ROOT"), ("/n", "N"), ("/n/c/{id}", "N__C__ID")],
        [true, true, true],
    ),
];

const fn page(
    path: &'static str,
    sections: [(&'static str, &'static str); 3],
    attributes: [bool; 3],
) -> Page {
    Page {
        path,
        sections,
        attributes,
    }
}

/// What the operator says at one depth: in a file, a variable, a flag.
const FILE: u8 = 1;
const VARIABLE: u8 = 2;
const FLAG: u8 = 4;

/// What is said of `tools.mark.word` for all, at `/`, at the node and at the page.
type Said = [u8; 4];

struct Case<'p> {
    page: &'p Page,
    said: Said,
    command: Command,
    file: String,
    /// The word that must win, and a part of where it says that it was written.
    expected: (String, String),
}

impl<'p> Case<'p> {
    /// Writes down what is said, and by the rule, who wins: the last to speak.
    fn new(page: &'p Page, said: Said) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kirsch-layers"));
        command.args([
            "config",
            page.path,
            "--json",
            "--set",
            "global.tools.mark.on = true",
        ]);
        let mut case = Case {
            page,
            said,
            command,
            file: String::new(),
            expected: ("default".to_owned(), "default".to_owned()),
        };
        case.speak(said[0], "global", "GLOBAL");
        for (depth, (section, spelled)) in page.sections.iter().enumerate() {
            if page.attributes[depth] {
                let word = ["attribute /", "attribute node", "attribute page"][depth];
                case.expected = (word.to_owned(), "kirsch-layers.rs:".to_owned());
            }
            case.speak(said[depth + 1], section, spelled);
        }
        case
    }

    fn speak(&mut self, who: u8, section: &str, spelled: &str) {
        if who & FILE != 0 {
            let word = format!("file {section}");
            // Writing to a `String` cannot fail.
            _ = write!(self.file, "[\"{section}\"]\ntools.mark.word = \"{word}\"\n");
            let line = self.file.lines().count();
            self.expected = (word, format!("site.toml:{line}:1"));
        }
        if who & VARIABLE != 0 {
            let (word, name) = (
                format!("variable {section}"),
                format!("KIRSCH__{spelled}__TOOLS__MARK__WORD"),
            );
            self.command.env(&name, &word);
            self.expected = (word, format!("${name}"));
        }
        if who & FLAG != 0 {
            let word = format!("flag {section}");
            let flag = format!("\"{section}\".tools.mark.word = \"{word}\"");
            self.command.args(["--set", &flag]);
            self.expected = (word, "--set ".to_owned());
        }
    }

    /// What is different from what was expected.
    fn run(mut self, folder: &std::path::Path) -> Option<String> {
        let file = folder.join("site.toml");
        std::fs::write(&file, &self.file).unwrap();
        self.command.arg("-c").arg(&file);
        let output = self.command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let Ok(json) = serde_json::from_str::<Value>(&text) else {
            return Some(format!(
                "{} {:?}: {}",
                self.page.path,
                self.said,
                String::from_utf8_lossy(&output.stderr)
            ));
        };
        let option = &json[0]["tools"][0]["options"][0];
        let (value, at) = (option["value"].as_str()?, option["at"].as_str()?);
        let (word, place) = &self.expected;
        let is_right = value == format!("{word:?}") && at.contains(place.as_str());
        (!is_right).then(|| {
            format!(
                "{} {:?}: {value} at {at}, and not {word:?} at {place}",
                self.page.path, self.said
            )
        })
    }
}

/// Every way to speak at one depth alone, and a spread of all ways to speak at several.
fn cases() -> Vec<(&'static Page, Said)> {
    let mut cases = Vec::new();
    for page in &PAGES {
        for depth in 0..4 {
            for who in 1..8 {
                let mut said = [0; 4];
                said[depth] = who;
                cases.push((page, said));
            }
        }
        for number in 0..24_u32 {
            // A fixed spread, the same in every run.
            let spread = number
                .wrapping_mul(2_654_435_761)
                .rotate_left(u32::from(page.path.as_bytes()[1]));
            let said = [0, 3, 6, 9].map(|shift| u8::try_from((spread >> shift) & 7).unwrap());
            cases.push((page, said));
        }
    }
    cases
}

#[test]
fn later_wins_and_says_where_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases();
    assert!(cases.len() > 300);
    let wrong: Vec<_> = cases
        .into_iter()
        .filter_map(|(page, said)| Case::new(page, said).run(folder.path()))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// An option that a deeper level does not name stays as the levels above said.
#[test]
fn levels_change_only_what_they_name() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kirsch-layers"));
    command.args([
        "config",
        "/n/p",
        "--json",
        "--set",
        "global.tools.mark.times = 3",
    ]);
    let output = command.output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let options = &json[0]["tools"][0]["options"];
    assert_eq!(options[0]["value"], "\"attribute page\"");
    assert_eq!(options[1]["value"], "3");
}

/// Each key of the whole site says for programs what it expects and decides.
#[test]
fn keys_are_listed_with_what_they_are_for() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kirsch-layers"));
    let output = command.args(["config", "--json"]).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut keys = json.as_array().unwrap().iter();
    let workers = keys.find(|key| key["key"] == "server.workers").unwrap();
    assert_eq!(workers["expected"], "a whole number from 0");
    assert!(
        workers["doc"].as_str().unwrap().contains("Worker"),
        "{workers}"
    );
}

/// The path that was meant.
#[test]
fn a_path_that_no_page_answers_says_which_does() {
    for (path, help) in [
        ("/n", "did you mean `/n/`?"),
        ("/n/p/", "did you mean `/n/p`?"),
        ("/brokne", "did you mean `/broken`?"),
        ("/something/else", "`routes` lists what there is"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kirsch-layers"));
        let output = command.args(["config", path]).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(
            words.contains(&format!("no page answers `{path}`\nhelp: {help}")),
            "{words}"
        );
    }
}
