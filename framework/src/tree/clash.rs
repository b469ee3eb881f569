//! What only two macros together can see, asserted by the compiler over their tables.

use crate::tree::table::{ChildRow, PageRow, Place, Segment};

/// Stops the build when a field child stands where a page or a child method stands.
///
/// # Panics
/// At compile time only, with both names.
pub const fn no_clash(node: &str, fields: &[ChildRow], pages: &[PageRow], children: &[ChildRow]) {
    let mut f = 0;
    while f < fields.len() {
        let mut p = 0;
        while p < pages.len() {
            if let Place::Path(path) = pages[p].place {
                let (field, page) = (fields[f].name, pages[p].name);
                assert!(
                    !same(fields[f].path, path),
                    "{}",
                    Message::of(node, field, "page", page).text()
                );
            }
            p += 1;
        }
        let mut c = 0;
        while c < children.len() {
            // A child's own path may go on in its parameters; then it stands elsewhere.
            let clash = children[c].args.is_empty() && same(fields[f].path, children[c].path);
            assert!(
                !clash,
                "{}",
                Message::of(node, fields[f].name, "child", children[c].name).text()
            );
            c += 1;
        }
        f += 1;
    }
}

/// Stops the build when two parameters of a page read the body.
///
/// # Panics
/// At compile time only.
pub const fn one_body(readers: &[bool]) {
    let (mut index, mut found) = (0, false);
    while index < readers.len() {
        assert!(
            !(found && readers[index]),
            "two parameters read the body of the request: the second would find it empty
help: take one of them, or both in one type"
        );
        found |= readers[index];
        index += 1;
    }
}

const fn same(one: &[Segment], other: &[Segment]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        match (one[index], other[index]) {
            (Segment::Fixed(one), Segment::Fixed(other))
                if equal(one.as_bytes(), other.as_bytes()) => {}
            _ => return false,
        }
        index += 1;
    }
    true
}

const fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// A message put together at compile time, where nothing can be formatted.
struct Message {
    bytes: [u8; 512],
    len: usize,
}

impl Message {
    const fn of(node: &str, field: &str, kind: &str, method: &str) -> Self {
        let message = Self {
            bytes: [0; 512],
            len: 0,
        };
        let message = message
            .and("the field `")
            .and(node)
            .and("::")
            .and(field)
            .and("` and the ")
            .and(kind)
            .and(" `");
        message
            .and(node)
            .and("::")
            .and(method)
            .and("` stand at the same URL\nhelp: give one of them another name, or another `path`")
    }

    /// What does not fit is left out whole, so that no character is cut.
    const fn and(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        if self.len + bytes.len() > self.bytes.len() {
            return self;
        }
        let mut index = 0;
        while index < bytes.len() {
            self.bytes[self.len] = bytes[index];
            self.len += 1;
            index += 1;
        }
        self
    }

    const fn text(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "a field child and a page stand at the same URL",
        }
    }
}
