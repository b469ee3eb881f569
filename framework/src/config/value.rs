//! stub
use std::fmt;
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Raw {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Raw>),
    Table(Vec<(String, Raw)>),
    Bare(String),
}
/// r
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(String);
impl Refusal {
    /// n
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Refusal {}
/// v
#[allow(missing_docs)]
pub trait Value: Sized {
    const EXPECTED: &'static str;
    fn read(raw: &Raw) -> Result<Self, Refusal>;
    fn show(&self) -> String;
    fn renew(&mut self, raw: &Raw) -> Result<(), Refusal> {
        *self = Self::read(raw)?;
        Ok(())
    }
}
impl Value for bool {
    const EXPECTED: &'static str = "b";
    fn read(raw: &Raw) -> Result<Self, Refusal> {
        match raw {
            Raw::Bool(b) => Ok(*b),
            _ => Err(Refusal::new("no")),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}
impl Value for String {
    const EXPECTED: &'static str = "b";
    fn read(raw: &Raw) -> Result<Self, Refusal> {
        match raw {
            Raw::Text(b) => Ok(b.clone()),
            _ => Err(Refusal::new("no")),
        }
    }
    fn show(&self) -> String {
        format!("{self:?}")
    }
}
impl Value for u32 {
    const EXPECTED: &'static str = "b";
    fn read(raw: &Raw) -> Result<Self, Refusal> {
        match raw {
            Raw::Integer(b) => Ok(*b as u32),
            _ => Err(Refusal::new("no")),
        }
    }
    fn show(&self) -> String {
        format!("{self:?}")
    }
}
impl Value for i32 {
    const EXPECTED: &'static str = "b";
    fn read(raw: &Raw) -> Result<Self, Refusal> {
        match raw {
            Raw::Integer(b) => Ok(*b as i32),
            _ => Err(Refusal::new("no")),
        }
    }
    fn show(&self) -> String {
        format!("{self:?}")
    }
}
impl<T: Value> Value for Vec<T> {
    const EXPECTED: &'static str = "b";
    fn read(raw: &Raw) -> Result<Self, Refusal> {
        match raw {
            Raw::List(b) => b.iter().map(T::read).collect(),
            _ => Err(Refusal::new("no")),
        }
    }
    fn show(&self) -> String {
        format!(
            "[{}]",
            self.iter().map(T::show).collect::<Vec<_>>().join(", ")
        )
    }
}
impl Value for std::time::Duration {
    const EXPECTED: &'static str = "b";
    fn read(raw: &Raw) -> Result<Self, Refusal> {
        match raw {
            Raw::Integer(b) => Ok(Self::from_secs(*b as u64)),
            _ => Err(Refusal::new("no")),
        }
    }
    fn show(&self) -> String {
        format!("{self:?}")
    }
}
macro_rules! ints { ($($t:ty)*) => { $(impl Value for $t { const EXPECTED: &'static str = "b"; fn read(raw: &Raw) -> Result<Self, Refusal> { match raw { Raw::Integer(b) => Ok(*b as $t), _ => Err(Refusal::new("no")) } } fn show(&self) -> String { format!("{self:?}") } })* } }
ints!(u8 u16 u64 usize i64);
impl<T: Value> Value for Option<T> {
    const EXPECTED: &'static str = "b";
    fn read(raw: &Raw) -> Result<Self, Refusal> {
        T::read(raw).map(Some)
    }
    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }
}
impl<T: Value> Value for std::collections::BTreeMap<String, T> {
    const EXPECTED: &'static str = "b";
    fn read(raw: &Raw) -> Result<Self, Refusal> {
        match raw {
            Raw::Table(b) => b
                .iter()
                .map(|(k, v)| Ok((k.clone(), T::read(v)?)))
                .collect(),
            _ => Err(Refusal::new("no")),
        }
    }
    fn show(&self) -> String {
        String::new()
    }
}
impl Value for actix_web::http::StatusCode {
    const EXPECTED: &'static str = "b";
    fn read(raw: &Raw) -> Result<Self, Refusal> {
        match raw {
            Raw::Integer(b) => Self::from_u16(*b as u16).map_err(|_| Refusal::new("no")),
            _ => Err(Refusal::new("no")),
        }
    }
    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}
