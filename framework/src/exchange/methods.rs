//! Methods as a set: what pages answer at a path, in one byte.

use actix_web::http::header::HeaderValue;

/// The methods that pages can have, sorted as `Allow` has them.
pub(crate) const NAMES: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// What a visitor is told whose method is none of a page's.
pub(crate) const WRONG_METHOD: &str = "this page does not answer this method";

/// A set of methods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Methods(u8);

impl Methods {
    /// Those of these names that pages can have.
    pub(crate) fn of<'n, I: IntoIterator<Item = &'n str>>(names: I) -> Self {
        Self(names.into_iter().map(bit).fold(0, |set, bit| set | bit))
    }

    #[inline]
    pub(crate) fn contains(self, method: &str) -> bool {
        // Most sets that are asked for each request are empty.
        self.0 != 0 && self.0 & bit(method) != 0
    }

    /// What is in one of both.
    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is not in the other.
    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Their names, as a header has them.
    pub(crate) fn allow(self) -> HeaderValue {
        HeaderValue::from_str(&self.list()).expect("names of methods are a value of a header")
    }

    /// Their names, as `Allow` has them.
    pub(crate) fn list(self) -> String {
        let names = NAMES.into_iter().filter(|name| self.0 & bit(name) != 0);
        names.collect::<Vec<_>>().join(", ")
    }
}

/// The bit of a method; none for one that no page can have.
fn bit(name: &str) -> u8 {
    let at = NAMES.iter().position(|known| *known == name);
    at.map_or(0, |at| 1 << at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_lists_what_is_in_it() {
        let set = Methods::of(["PUT", "GET", "BREW", "GET"]);
        assert_eq!(set.list(), "GET, PUT");
        assert!(set.contains("PUT") && !set.contains("POST") && !set.contains("TRACE"));
        assert_eq!(set.without(Methods::of(["PUT", "POST"])).list(), "GET");
        assert_eq!(set.with(Methods::of(["POST"])).list(), "GET, POST, PUT");
        assert_eq!(Methods::of(["BREW"]), Methods::default());
        assert_eq!(Methods::of(NAMES).list(), NAMES.join(", "));
    }
}
