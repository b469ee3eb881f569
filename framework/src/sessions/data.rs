//! What a session holds: values by name, as JSON has them.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

/// What a session holds. A copy costs nothing until it is changed.
#[derive(Clone, Default, PartialEq)]
pub struct Data(Arc<Map<String, Value>>);

impl Data {
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
    /// None that is known: what is held came from JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&*self.0)
    }

    /// What [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// It is no JSON object.
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice::<Map<String, Value>>(json).map(Self::from)
    }

    /// How many bytes the values have as JSON.
    #[must_use]
    pub fn size(&self) -> usize {
        let mut count = Count(0);
        // Counting does not fail, and what is held came from JSON.
        drop(serde_json::to_writer(&mut count, &*self.0));
        count.0
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

impl std::io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_that_of_the_json() {
        let data = Data::from_json(br#"{"a":1,"b":"\u00e9","c":[null,{}]}"#).unwrap();
        assert_eq!(data.size(), data.to_json().unwrap().len());
        assert_eq!(Data::default().size(), 2);
        assert!(Data::from_json(b"[]").is_err());
    }
}
