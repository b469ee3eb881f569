//! The files of the project, and what is code in them.

use std::fs;
use std::path::{Path, PathBuf};

/// One file, by its path from the root of the project.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn is_rust(&self) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|end| end == "rs")
    }

    /// The first folder or file below `src`.
    pub(crate) fn room(&self) -> String {
        let below = self
            .path
            .split_once("/src/")
            .map_or(self.path.as_str(), |(_, below)| below);
        let room = below.split('/').next().unwrap_or_default();
        room.trim_end_matches(".rs").to_owned()
    }

    /// The compiler begins here, by convention or by a `path` in a manifest. Lessons are left alone: a reader of them learns something else.
    pub(crate) fn is_crate_root(&self) -> bool {
        let Some((folder, name)) = self.path.rsplit_once('/') else {
            return false;
        };
        let is_target = match folder.rsplit('/').next() {
            Some("src") => matches!(name, "lib.rs" | "main.rs"),
            Some("bin") => true,
            Some("tests") => !folder.contains("/src/"),
            Some("it" | "tidy" | "attacks" | "notes") => name == "main.rs",
            _ => false,
        };
        is_target && self.is_rust()
    }
}

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All text files that belong to the project: neither what is built nor what git is told to leave out.
pub(crate) fn files() -> impl Iterator<Item = File> {
    let mut found = Vec::new();
    walk(&root(), "", &mut found);
    assert!(
        found.len() > 200,
        "the project has more than {} files",
        found.len()
    );
    found.into_iter()
}

fn walk(folder: &Path, path: &str, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let entry = entry.expect("a readable folder");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}/{name}")
        };
        let is_hidden = name.starts_with('.') && name != ".ci" && name != ".gitignore";
        if is_hidden || is_left_out(&path) {
            continue;
        }
        if entry.file_type().expect("a readable folder").is_dir() {
            walk(&entry.path(), &path, found);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            found.push(File { path, text });
        }
    }
}

/// As `.gitignore` says. `wip` is where trybuild keeps what it cannot compare.
fn is_left_out(path: &str) -> bool {
    let folders = [
        "target",
        "benches/peers/target",
        "var",
        "book/book",
        "tests/wip",
    ];
    folders.contains(&path)
        || path.ends_with("/target")
        || matches!(path.rsplit('.').next(), Some("redb" | "profraw"))
}

/// The text without its comments and without what is in quotation marks.
pub(crate) fn code(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.map(without_texts).collect::<Vec<_>>().join("\n")
}

/// Good enough for one line: an escaped quotation mark is no end.
fn without_texts(line: &str) -> String {
    let line = line.replace("\\\"", "").replace("'\"'", "");
    let line = line
        .split_once(" // ")
        .map_or(line.as_str(), |(code, _)| code);
    line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}
