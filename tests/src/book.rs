//! The book, held to the code: its samples are compiled and run, its pages are all there, and every compile error has its cure.
//!
//! A page with Rust in it stands in the list below; a test holds that none is forgotten.

/// Compiles a page's samples as doc-tests: `cargo test --doc -p kirsch-tests`.
macro_rules! pages {
    ($($name:ident = $page:literal;)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../../book/src/", $page))]
            mod $name {}
        )*

        /// The pages whose samples are compiled.
        #[cfg(test)]
        const COMPILED: &[&str] = &[$($page),*];
    };
}

pages! {
    introduction = "introduction.md";
    hello = "hour/hello.md";
    tree = "hour/tree.md";
    parameters = "hour/parameters.md";
    links = "hour/links.md";
    resources = "hour/resources.md";
    errors = "hour/errors.md";
    sessions = "hour/sessions.md";
    testing = "hour/testing.md";
    all_sessions = "guide/sessions.md";
    the_tree = "guide/tree.md";
    all_parameters = "guide/parameters.md";
    answers = "guide/answers.md";
    all_errors = "guide/errors.md";
    tools = "guide/tools.md";
    own_tools = "guide/own-tools.md";
    configuration = "guide/configuration.md";
    sites = "guide/sites.md";
    limits = "guide/limits.md";
    running = "guide/running.md";
    compile_errors = "reference/compile-errors.md";
    start = "reference/start.md";
    cherrypy = "cherrypy.md";
    questions = "questions.md";
}

/// The program on the README's first screen.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::COMPILED;

    /// The sources of the book.
    fn source() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/src")
    }

    fn read(path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Every file below `folder` whose name has this end, relative to `folder`.
    fn files(folder: &Path, end: &str) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            let paths = fs::read_dir(&next)
                .unwrap()
                .map(|entry| entry.unwrap().path());
            let (below, here): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
            folders.extend(below);
            let wanted =
                |path: &PathBuf| path.extension().is_some_and(|extension| extension == end);
            let relative = |path: PathBuf| path.strip_prefix(folder).unwrap().to_owned();
            found.extend(here.into_iter().filter(wanted).map(relative));
        }
        found
    }

    /// What stands between `open` and `close`, each time.
    fn between<'t>(text: &'t str, open: &'t str, close: &'t str) -> impl Iterator<Item = &'t str> {
        text.split(open)
            .skip(1)
            .filter_map(move |rest| rest.split(close).next())
    }

    #[test]
    fn every_page_is_in_the_summary_and_there() {
        let summary = read(&source().join("SUMMARY.md"));
        let listed: BTreeSet<_> = between(&summary, "](", ")").map(PathBuf::from).collect();
        let mut there = files(&source(), "md");
        there.remove(Path::new("SUMMARY.md"));
        assert_eq!(listed, there);
    }

    #[test]
    fn every_page_with_rust_is_compiled() {
        for page in files(&source(), "md") {
            let text = read(&source().join(&page));
            if text.contains("```rust\n") || text.contains("```rust,no_run\n") {
                assert!(
                    COMPILED.iter().any(|name| Path::new(name) == page),
                    "{} is not in `pages!`",
                    page.display()
                );
            }
        }
    }

    #[test]
    fn every_link_and_every_include_leads_to_a_file() {
        for page in files(&source(), "md") {
            let path = source().join(&page);
            let text = read(&path);
            let links = between(&text, "](", ")")
                .filter(|link| !link.contains("://") && !link.starts_with('#'));
            let includes = between(&text, "{{#include ", "}}");
            for target in links
                .map(|link| link.split('#').next().unwrap_or(link))
                .chain(includes)
            {
                let file = path.parent().unwrap().join(target);
                assert!(
                    file.is_file(),
                    "{} leads to {target}, which is not there",
                    page.display()
                );
            }
        }
    }

    #[test]
    fn every_path_that_a_document_names_is_there() {
        const FOLDERS: [&str; 6] = [
            "framework/",
            "macros/",
            "tests/",
            "benches/",
            "examples/",
            "book/",
        ];
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for document in [
            "README.md",
            "ARCHITECTURE.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
        ] {
            let text = read(&root.join(document));
            let paths = between(&text, "`", "`")
                .filter(|path| FOLDERS.iter().any(|folder| path.starts_with(folder)));
            // `tests/ui/<subject>/` says that something stands for a name.
            for path in paths.filter(|path| !path.contains(['<', ' ', '*'])) {
                assert!(
                    root.join(path).exists(),
                    "{document} names {path}, which is not there"
                );
            }
        }
    }

    /// The first lines of our own messages in the compiler's answers to `tests/ui`.
    fn headlines() -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
        let answers = files(&folder, "stderr");
        assert!(
            !answers.is_empty(),
            "no answers of the compiler in {}",
            folder.display()
        );
        let all = answers.iter().flat_map(|answer| {
            let text = read(&folder.join(answer));
            text.lines()
                .filter_map(ours)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        });
        all.collect()
    }

    /// A headline of ours: without a code, from `on_unimplemented` (whose words no one else uses), or from a `const` assertion.
    fn ours(line: &str) -> Option<&str> {
        let traits = [
            "is not a node of the tree",
            "cannot be a child",
            "exposed method",
            "is not a `Param`",
            "is not an answer",
            "is not a tool",
            "has no hooks",
            "a hook cannot return",
            "is not a function from",
        ];
        let trait_words = line
            .strip_prefix("error[E0277]: ")
            .filter(|words| traits.iter().any(|part| words.contains(part)));
        // An unknown attribute is the compiler's to report.
        let plain = line
            .strip_prefix("error: ")
            .filter(|words| !words.starts_with("cannot find attribute"));
        plain
            .or(trait_words)
            .or(line.strip_prefix("error[E0080]: evaluation panicked: "))
    }

    /// Whether a headline is the one of this heading, where `…` stands for anything.
    fn matches(heading: &str, headline: &str) -> bool {
        let mut parts = heading.split('…');
        let Some(mut rest) = parts.next().and_then(|first| headline.strip_prefix(first)) else {
            return false;
        };
        for part in parts {
            let Some(at) = (if part.is_empty() {
                Some(rest.len())
            } else {
                rest.find(part)
            }) else {
                return false;
            };
            rest = rest.get(at + part.len()..).unwrap_or("");
        }
        rest.is_empty()
    }

    #[test]
    fn every_compile_error_has_its_cure_and_every_cure_its_error() {
        let page = read(&source().join("reference/compile-errors.md"));
        let headings: Vec<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix("### "))
            .collect();
        let headlines = headlines();
        for headline in &headlines {
            let found = headings.iter().any(|heading| matches(heading, headline));
            assert!(
                found,
                "no heading of reference/compile-errors.md is: {headline}"
            );
        }
        let untested: Vec<_> = headings
            .iter()
            .filter(|heading| !headlines.iter().any(|headline| matches(heading, headline)))
            .collect();
        assert!(
            untested.is_empty(),
            "no answer in tests/ui has the words of {untested:#?}"
        );
    }
}
