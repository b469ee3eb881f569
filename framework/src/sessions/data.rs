//! What a session holds: values by name, as JSON has them.

use std::fmt;
use std::io::{Error, Write};
use std::sync::Arc;

use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Map, Value};

use crate::sessions::StoreError;

/// What a session holds. A copy costs nothing until it is changed.
#[derive(Clone, Default, PartialEq)]
pub struct Data(Arc<Map<String, Value>>);

impl Data {
    /// How deep lists and objects may be nested in a value: `[[]]` has two levels. Deeper JSON can be written, but is not read again.
    pub const DEEPEST: usize = 126;

    /// All values by name.
    #[must_use]
    pub fn values(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The same, to be changed.
    pub fn values_mut(&mut self) -> &mut Map<String, Value> {
        Arc::make_mut(&mut self.0)
    }

    /// Nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values as one JSON object.
    ///
    /// # Errors
    /// [`StoreError::TooDeep`]: a value is nested more deeply than [`Self::DEEPEST`].
    pub fn to_json(&self) -> Result<Vec<u8>, StoreError> {
        let mut json = Vec::with_capacity(128);
        self.write(&mut json)?;
        Ok(json)
    }

    /// What [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// It is no JSON object.
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice::<Map<String, Value>>(json).map(Self::from)
    }

    /// How many bytes the values have as JSON.
    ///
    /// # Errors
    /// As [`Self::to_json`].
    pub fn size(&self) -> Result<usize, StoreError> {
        let mut count = Count(0);
        self.write(&mut count)?;
        Ok(count.0)
    }

    /// Writing to memory does not fail, and what is held came from JSON: only the depth can be wrong.
    fn write(&self, to: impl Write) -> Result<(), StoreError> {
        let mut serializer = Serializer::with_formatter(to, Shallow::default());
        let written = self.0.serialize(&mut serializer);
        written.map_err(|_| StoreError::TooDeep {
            limit: Self::DEEPEST,
        })
    }
}

/// Shows nothing of what is stored.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data({})", self.0.len())
    }
}

impl From<Map<String, Value>> for Data {
    fn from(values: Map<String, Value>) -> Self {
        Self(Arc::new(values))
    }
}

/// Counts what is written.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Writes JSON without spaces, and stops where it is too deep to be read again.
#[derive(Default)]
struct Shallow {
    depth: usize,
}

impl Shallow {
    fn enter(&mut self) -> std::io::Result<()> {
        // The session itself is a level.
        if self.depth > Data::DEEPEST {
            return Err(Error::other("too deep"));
        }
        self.depth += 1;
        Ok(())
    }
}

impl Formatter for Shallow {
    fn begin_array<W: ?Sized + Write>(&mut self, to: &mut W) -> std::io::Result<()> {
        self.enter()?;
        to.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, to: &mut W) -> std::io::Result<()> {
        self.depth -= 1;
        to.write_all(b"]")
    }

    fn begin_object<W: ?Sized + Write>(&mut self, to: &mut W) -> std::io::Result<()> {
        self.enter()?;
        to.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, to: &mut W) -> std::io::Result<()> {
        self.depth -= 1;
        to.write_all(b"}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_that_of_the_json() {
        let data = Data::from_json(br#"{"a":1,"b":"\u00e9","c":[null,{}]}"#).unwrap();
        let json = data.to_json().unwrap();
        assert_eq!(json, r#"{"a":1,"b":"é","c":[null,{}]}"#.as_bytes());
        assert_eq!(data.size().unwrap(), json.len());
        assert_eq!(Data::default().size().unwrap(), 2);
        assert!(Data::from_json(b"[]").is_err());
    }

    /// So many lists in each other, or objects.
    fn deep(levels: usize, is_list: bool) -> Data {
        let list = |inner| Value::from(vec![inner]);
        let object = |inner| Map::from_iter([("a".to_owned(), inner)]).into();
        let deeper: &dyn Fn(Value) -> Value = if is_list { &list } else { &object };
        let value = (0..levels).fold(Value::Null, |inner, _| deeper(inner));
        Map::from_iter([("a".to_owned(), value)]).into()
    }

    #[test]
    fn what_can_be_written_can_be_read() {
        for is_list in [true, false] {
            let deepest = deep(Data::DEEPEST, is_list);
            let json = deepest.to_json().unwrap();
            assert!(Data::from_json(&json).unwrap() == deepest);
            for levels in [Data::DEEPEST + 1, 500] {
                let data = deep(levels, is_list);
                let refused = (data.to_json().unwrap_err(), data.size().unwrap_err());
                assert_eq!(
                    format!("{refused:?}"),
                    "(TooDeep { limit: 126 }, TooDeep { limit: 126 })"
                );
            }
        }
        let many: Map<_, _> = (0..300)
            .map(|n| (n.to_string(), Value::from(vec![n])))
            .collect();
        assert!(Data::from(many).to_json().is_ok());
    }
}
