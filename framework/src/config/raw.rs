//! A value as it was written, before anybody has asked for a type.

use std::fmt::{self, Write as _};

use toml::de::{DeTable, DeValue};

/// A value as it was written.
///
/// Shown as TOML writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A text in quotes.
    Text(String),
    /// A list in brackets.
    List(Vec<Self>),
    /// A table in braces, or a section of its own: names and values in the order of the file.
    Table(Vec<(String, Self)>),
    /// Text of a place that has no quotes: an environment variable, a flag, a file of one value. Whoever reads it decides what it is:
    /// `8080` is a number for a port, and a text for a name.
    Bare(String),
}

impl Raw {
    /// The text, in quotes or bare.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Bare(text) => Some(text),
            _ => None,
        }
    }

    /// A bare text by TOML's grammar, if it follows it.
    pub(crate) fn settled(text: &str) -> Option<Self> {
        let value = DeValue::parse(text.trim()).ok()?;
        Self::of(value.get_ref()).ok()
    }

    /// A value of a parsed file.
    ///
    /// # Errors
    /// What no option can be: dates and times, and numbers beyond 64 bits.
    pub(super) fn of(value: &DeValue<'_>) -> Result<Self, Refusal> {
        Ok(match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Boolean(yes) => Self::Bool(*yes),
            DeValue::Integer(number) => {
                let parsed = i64::from_str_radix(number.as_str(), number.radix());
                Self::Integer(parsed.map_err(|_| {
                    Refusal::new(format!("`{number}` is beyond the numbers of 64 bits"))
                })?)
            }
            DeValue::Float(number) => {
                let parsed = number.as_str().parse();
                Self::Float(parsed.map_err(|_| Refusal::new(format!("`{number}` is no number")))?)
            }
            DeValue::Datetime(time) => {
                let words = format!(
                    "`{time}` is a date or time, which no key takes\nhelp: a text is written in quotes: `\"{time}\"`"
                );
                return Err(Refusal::new(words));
            }
            DeValue::Array(items) => {
                let items = items.iter().map(|item| Self::of(item.get_ref()));
                Self::List(items.collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => Self::of_table(table)?,
        })
    }

    fn of_table(table: &DeTable<'_>) -> Result<Self, Refusal> {
        let mut rows: Vec<_> = table.iter().collect();
        rows.sort_by_key(|(name, _)| name.span().start);
        let rows = rows
            .into_iter()
            .map(|(name, value)| Ok((name.get_ref().to_string(), Self::of(value.get_ref())?)));
        Ok(Self::Table(rows.collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(yes) => yes.fmt(f),
            Self::Integer(number) => number.fmt(f),
            // `1.0` keeps its fraction, and so its type.
            Self::Float(number) if number.is_nan() => f.write_str("nan"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Text(text) | Self::Bare(text) => f.write_str(&quoted(text)),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Self::Table(rows) if rows.is_empty() => f.write_str("{ }"),
            Self::Table(rows) => {
                let row = |(name, value): &(String, Self)| format!("{} = {value}", key(name));
                let rows: Vec<_> = rows.iter().map(row).collect();
                write!(f, "{{ {} }}", rows.join(", "))
            }
        }
    }
}

impl From<bool> for Raw {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<&str> for Raw {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Raw {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Raw {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

/// A text in quotes, as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing to a `String` cannot fail.
            _ if char.is_control() => _ = write!(out, "\\u{:04X}", u32::from(char)),
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}

/// A part of a key, in quotes if it needs them.
pub(crate) fn key(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !name.is_empty() && name.bytes().all(plain) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// Why a value is not what was asked for, in words: lower case, no full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    words: String,
    /// The value that was written, as TOML writes it: apart, because a secret's must not be shown.
    found: Option<String>,
}

impl Refusal {
    /// The most of a value that a message repeats.
    const LONGEST: usize = 60;

    /// A refusal in these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            found: None,
        }
    }

    /// Something else was expected: `expected a duration, such as "10m", found "ten"`.
    pub fn unexpected(raw: &Raw, expected: &str) -> Self {
        let mut found = raw.to_string();
        if let Some((end, _)) = found.char_indices().nth(Self::LONGEST) {
            found.truncate(end);
            found.push('…');
        }
        Self {
            words: format!("expected {expected}"),
            found: Some(found),
        }
    }

    /// The same without the value: for secrets. Words of somebody's own may have the value in them, and are left out as well.
    #[must_use]
    pub fn without_value(self) -> Self {
        match self.found {
            Some(_) => Self {
                found: None,
                ..self
            },
            None => Self::new("cannot be what was written, which is not shown"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        match &self.found {
            Some(found) => write!(f, ", found `{found}`"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_toml_writes_them() {
        let text = r#"[true, 1, 1.0, "a\"\\\n\u0001", { a = 1, "b c" = [] }]"#;
        let raw = Raw::settled(text).unwrap();
        assert_eq!(raw.to_string(), text);
        assert_eq!(Raw::settled(&raw.to_string()), Some(raw));
    }

    #[test]
    fn dates_say_that_they_want_quotes() {
        let value = DeValue::parse("1979-05-27").unwrap();
        assert_eq!(
            Raw::of(value.get_ref()).unwrap_err().to_string(),
            "`1979-05-27` is a date or time, which no key takes\nhelp: a text is written in quotes: `\"1979-05-27\"`"
        );
    }

    #[test]
    fn a_long_value_is_cut_and_a_secret_one_left_out() {
        let refusal = Refusal::unexpected(&Raw::Text("ä".repeat(99)), "a number");
        assert_eq!(
            refusal.to_string(),
            format!("expected a number, found `\"{}…`", "ä".repeat(59))
        );
        assert_eq!(refusal.without_value().to_string(), "expected a number");
        assert_eq!(
            Refusal::new("`topsecret` is odd")
                .without_value()
                .to_string(),
            "cannot be what was written, which is not shown"
        );
    }
}
