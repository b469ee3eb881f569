//! The name of the table.

use std::fmt;

use super::Invalid;
use crate::sessions::stores::usual;

/// A checked name, with or without a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    schema: Option<String>,
    name: String,
}

/// PostgreSQL cuts names at 63 bytes, and the index is named `…_expires_at`.
const LONGEST: usize = 48;

impl Table {
    /// The name that is used where none is said.
    pub(super) fn usual() -> Self {
        Self {
            schema: None,
            name: usual::TABLE.to_owned(),
        }
    }

    pub(super) fn new(name: &str) -> Result<Self, Invalid> {
        let (schema, name) = match name.split_once('.') {
            Some((schema, name)) => (Some(part(schema)?), part(name)?),
            None => (None, part(name)?),
        };
        Ok(Self { schema, name })
    }

    /// As it stands in SQL.
    pub(super) fn quoted(&self) -> String {
        match &self.schema {
            Some(schema) => format!("\"{schema}\".\"{}\"", self.name),
            None => format!("\"{}\"", self.name),
        }
    }

    /// The name of its index. An index lies where its table lies.
    pub(super) fn index(&self) -> String {
        format!("\"{}_expires_at\"", self.name)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

fn part(name: &str) -> Result<String, Invalid> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if begins && name.len() <= LONGEST && name.bytes().all(fits) {
        return Ok(name.to_owned());
    }
    Err(Invalid::new(format!(
        "`{name}` is no name for a table here: up to {LONGEST} of a-z, 0-9 and _, not beginning with a digit, after the name of its schema and a dot if need be"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain() {
        for name in ["kirsch_sessions", "_a1", "app.sessions"] {
            let quoted = Table::new(name).unwrap().quoted();
            assert_eq!(quoted.replace('"', ""), name);
        }
        let long = "a".repeat(49);
        for name in [
            "", "1a", "A", "a\"b", "a;b", "a.b.c", ".a", "a.", "ä", &long,
        ] {
            assert!(Table::new(name).is_err(), "{name}");
        }
    }
}
