//! Chooses by trait how an option is read from outside of the code: as a value, as a word, or not at all.
//!
//! As for parameters of pages (`exchange/bind.rs`), the compiler chooses: `(&&&OptionProbe::<T>::NEW).kind()` finds the method that needs
//! the fewest dereferences among those whose bounds hold.

use std::fmt::Debug;
use std::marker::PhantomData;

use crate::belt::Function;
use crate::config::{Raw, Refusal, Value};
use crate::params::Param;

/// Asks what the type of an option is.
#[derive(Debug)]
pub struct OptionProbe<T>(PhantomData<T>);

impl<T> OptionProbe<T> {
    /// The probe.
    pub const NEW: Self = Self(PhantomData);
}

/// Read and shown as TOML has it.
#[derive(Debug)]
pub struct AsValue<T>(PhantomData<T>);
/// Read as text, as a parameter of a page would be.
#[derive(Debug)]
pub struct AsWord<T>(PhantomData<T>);
/// Set by code alone.
#[derive(Debug)]
pub struct AsCode<T>(PhantomData<T>);

/// The first choice.
pub trait ByValue<T> {
    /// The kind.
    fn kind(&self) -> AsValue<T>;
}

impl<T: Value> ByValue<T> for &&OptionProbe<T> {
    fn kind(&self) -> AsValue<T> {
        AsValue(PhantomData)
    }
}

/// The second choice.
pub trait ByWord<T> {
    /// The kind.
    fn kind(&self) -> AsWord<T>;
}

impl<T: Param + Debug> ByWord<T> for &OptionProbe<T> {
    fn kind(&self) -> AsWord<T> {
        AsWord(PhantomData)
    }
}

/// The last.
pub trait ByCode<T> {
    /// The kind.
    fn kind(&self) -> AsCode<T>;
}

impl<T: Debug> ByCode<T> for OptionProbe<T> {
    fn kind(&self) -> AsCode<T> {
        AsCode(PhantomData)
    }
}

#[expect(
    clippy::unused_self,
    reason = "the kind chooses the way, and has nothing else to say"
)]
impl<T: Value> AsValue<T> {
    /// Sets the option.
    ///
    /// # Errors
    /// The value does not fit.
    pub fn set(self, option: &mut T, raw: &Raw) -> Result<(), Refusal> {
        option.renew(raw)
    }

    /// The value as TOML would write it.
    pub fn show(self, option: &T) -> String {
        option.show()
    }
}

#[expect(clippy::unused_self, reason = "as above")]
impl<T: Param + Debug> AsWord<T> {
    /// Sets the option.
    ///
    /// # Errors
    /// The value does not fit.
    pub fn set(self, option: &mut T, raw: &Raw) -> Result<(), Refusal> {
        let text = String::read(raw)?;
        *option =
            T::parse(&text).map_err(|invalid| Refusal::unexpected(raw, invalid.expected()))?;
        Ok(())
    }

    /// The value as code writes it.
    pub fn show(self, option: &T) -> String {
        format!("{option:?}")
    }
}

#[expect(clippy::unused_self, reason = "as above")]
impl<T: Debug> AsCode<T> {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn set(self, _: &mut T, _: &Raw) -> Result<(), Refusal> {
        Err(Refusal::new(
            "this option is code: it can only be set in an attribute",
        ))
    }

    /// The value as code writes it.
    pub fn show(self, option: &T) -> String {
        format!("{option:?}")
    }
}

/// Asks whether an option is a function that asks for a node.
#[derive(Debug)]
pub struct AskProbe<'o, T>(pub &'o T);

/// What functions say.
pub trait AsksForNode {
    /// The type of the node.
    fn asks(&self) -> Option<&'static str>;
}

impl<In: ?Sized + 'static, Out: 'static> AsksForNode for AskProbe<'_, Function<In, Out>> {
    fn asks(&self) -> Option<&'static str> {
        self.0.node()
    }
}

impl<In: ?Sized + 'static, Out: 'static> AsksForNode for AskProbe<'_, Option<Function<In, Out>>> {
    fn asks(&self) -> Option<&'static str> {
        self.0.as_ref()?.node()
    }
}

/// What all other options say.
pub trait AsksNothing {
    /// Nothing.
    fn asks(&self) -> Option<&'static str> {
        None
    }
}

impl<T> AsksNothing for &AskProbe<'_, T> {}

/// A parameter of pages that one tool provides: where that tool is off, the start is refused.
///
/// # Examples
/// ```
/// use kirsch::tools::Provided;
///
/// /// The visitor's language, as an application's tool `language` has found it.
/// struct Language(String);
///
/// impl Provided for Language {
///     const TOOL: &'static str = "language";
/// }
/// # assert_eq!(Language::TOOL, "language");
/// ```
pub trait Provided {
    /// The name of the tool.
    const TOOL: &'static str;
}

/// Asks whether a tool provides a parameter.
#[derive(Debug)]
pub struct NeedProbe<T>(PhantomData<T>);

impl<T: Provided> NeedProbe<T> {
    /// The tool.
    pub const NEEDS: Option<&'static str> = Some(T::TOOL);
}

/// What all other parameters say.
pub trait NeedsNothing {
    /// None.
    const NEEDS: Option<&'static str> = None;
}

impl<T> NeedsNothing for NeedProbe<T> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Invalid;

    #[derive(Debug)]
    struct Left;

    impl Param for Left {
        fn parse(text: &str) -> Result<Self, Invalid> {
            if text == "left" {
                Ok(Self)
            } else {
                Err(Invalid::new("`left`"))
            }
        }
    }

    #[test]
    fn a_word_stands_apart_from_what_is_expected() {
        let kind = || (&&OptionProbe::<Left>::NEW).kind();
        assert_eq!(kind().set(&mut Left, &Raw::from("left")), Ok(()));
        let refusal = kind().set(&mut Left, &Raw::from("right")).unwrap_err();
        assert_eq!(refusal.to_string(), "expected `left`, found `\"right\"`");
        assert_eq!(refusal.without_value().to_string(), "expected `left`");
    }
}
