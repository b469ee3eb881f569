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
    testing = "hour/testing.md";
    the_tree = "guide/tree.md";
    all_parameters = "guide/parameters.md";
    answers = "guide/answers.md";
    all_errors = "guide/errors.md";
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
