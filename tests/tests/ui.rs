//! What the compiler says to each mistake, and what it accepts.
//!
//! A folder of `ui/` is a subject, and a file in it is one mistake, named after it; `ui/pass/` is what must compile. After a
//! change of wording, write the answers anew and look at every difference: `TRYBUILD=overwrite cargo test -p kirsch-tests
//! --test ui`. They are those of one compiler: rustc 1.95.

use std::fs;

#[test]
fn every_mistake_is_explained() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    for subject in subjects() {
        cases.compile_fail(format!("ui/{subject}/*.rs"));
    }
}

#[test]
fn every_mistake_has_its_answer() {
    for subject in subjects() {
        let files = fs::read_dir(format!("ui/{subject}")).expect("a subject is a folder");
        let names: Vec<_> = files.map(|file| file.expect("a readable folder").path()).collect();
        for mistake in names.iter().filter(|path| path.extension().is_some_and(|end| end == "rs")) {
            let answer = mistake.with_extension("stderr");
            assert!(names.contains(&answer), "{} is missing", answer.display());
        }
        assert!(!names.is_empty(), "{subject} is empty");
    }
}

/// The folders of mistakes.
fn subjects() -> Vec<String> {
    let folders = fs::read_dir("ui").expect("the tests run in their own crate's folder");
    let names = folders.map(|folder| folder.expect("a readable folder").file_name().to_string_lossy().into_owned());
    let mut subjects: Vec<_> = names.filter(|name| name != "pass").collect();
    subjects.sort();
    subjects
}
