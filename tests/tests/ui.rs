//! What the compiler says to each mistake, and what it accepts.
//!
//! A folder of `ui/` is a subject, and a file in it is one mistake, named after it; `ui/pass/` is what must compile. After a
//! change of wording, write the answers anew and look at every difference: `TRYBUILD=overwrite cargo test -p kirsch-tests
//! --test ui`. They are those of one compiler: rustc 1.95.
#![forbid(unsafe_code)]

use std::fs;

/// Compiled with this file: with trybuild they would need a second build of every dependency.
#[expect(dead_code, reason = "that it compiles is the test")]
#[expect(unreachable_pub, reason = "visibilities must stay, too")]
#[expect(
    single_use_lifetimes,
    clippy::elidable_lifetime_names,
    reason = "lifetimes that are written must stay, too"
)]
#[path = "../ui/pass"]
mod pass {
    mod conditional_methods;
    mod documented;
    mod every_word;
    mod generics_and_lifetimes;
    mod names_that_are_no_rust_names;
    mod tuple_struct;
    mod words_of_other_macros;
}

#[test]
fn every_mistake_is_explained() {
    let cases = trybuild::TestCases::new();
    for subject in subjects() {
        cases.compile_fail(format!("ui/{subject}/*.rs"));
    }
}

#[test]
fn every_mistake_has_its_answer() {
    for subject in subjects() {
        let files = files(&subject);
        assert!(!files.is_empty(), "{subject} is empty");
        for mistake in files.iter().filter_map(|file| file.strip_suffix(".rs")) {
            let answer = format!("{mistake}.stderr");
            assert!(files.contains(&answer), "{subject}/{answer} is missing");
        }
    }
}

#[test]
fn everything_that_must_compile_is_compiled() {
    let this_file = include_str!("ui.rs");
    for file in files("pass") {
        assert!(
            this_file.contains(&format!("mod {};", file.trim_end_matches(".rs"))),
            "{file} is not in `mod pass`"
        );
    }
}

/// The folders of mistakes.
fn subjects() -> Vec<String> {
    let mut subjects = files("");
    subjects.retain(|name| name != "pass");
    subjects
}

/// The names in a folder of `ui/`.
fn files(folder: &str) -> Vec<String> {
    let entries =
        fs::read_dir(format!("ui/{folder}")).expect("the tests run in their own crate's folder");
    let names = entries.map(|entry| {
        entry
            .expect("a readable folder")
            .file_name()
            .to_string_lossy()
            .into_owned()
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
