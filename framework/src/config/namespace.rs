//! What keys begin with: the one table of it.

/// What keys begin with.
#[derive(Debug)]
pub(crate) struct Namespace {
    /// Its name: `tools`.
    pub(crate) name: &'static str,
    /// Its keys stand below paths, too.
    is_of_paths: bool,
    /// Of how many parts a key is whose value may be a table: `tools.NAME.OPTION`. `None`: none is.
    parts: Option<usize>,
}

impl Namespace {
    const fn of_the_site(name: &'static str) -> Self {
        Self {
            name,
            is_of_paths: false,
            parts: None,
        }
    }

    const fn of_paths(name: &'static str, parts: Option<usize>) -> Self {
        Self {
            name,
            is_of_paths: true,
            parts,
        }
    }
}

/// All of them.
pub(crate) const NAMESPACES: [Namespace; 7] = [
    Namespace::of_the_site("server"),
    Namespace::of_the_site("engine"),
    Namespace::of_the_site("log"),
    // Its keys are for the whole site; below a path, that is what is told.
    Namespace::of_paths("request", None),
    Namespace::of_paths("response", Some(3)),
    Namespace::of_paths("error_page", Some(2)),
    Namespace::of_paths("tools", Some(3)),
];

/// The names of those whose keys stand below paths.
pub(super) fn of_paths() -> impl Iterator<Item = &'static str> {
    let of_paths = NAMESPACES.iter().filter(|space| space.is_of_paths);
    of_paths.map(|space| space.name)
}

pub(super) fn is_namespace(name: &str) -> bool {
    NAMESPACES.iter().any(|space| space.name == name)
}

/// How many parts such a key has whose value may be a table: an option of a tool, a header, an error page. What is below them is a part of the value.
pub(super) fn parts_of(key: &[String]) -> Option<usize> {
    let first = key.first()?;
    NAMESPACES.iter().find(|space| space.name == *first)?.parts
}
