//! Functions as options: a password check, the key of a cache. They may be `async`, and see the node that they are methods of.

use std::any::type_name;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::exchange::Exchange;

/// What a function of an application answers, waited for.
pub type Answering<'a, Out> = Pin<Box<dyn Future<Output = Result<Out>> + 'a>>;

type Call<In, Out> = dyn for<'a> Fn(&'a Exchange, &'a In) -> Answering<'a, Out> + Send + Sync;

/// A function of the application's, as an option of a tool: from `In` to `Out`.
///
/// It is made from, `async` or not,
///
/// | | |
/// |---|---|
/// | `fn(&In) -> Out` | a function that needs nothing else |
/// | `fn(&Node, &In) -> Out` | a method of a node: `Self::check` in an attribute above the node, `Shop::check` below it |
///
/// with `Out` or a `Result` of it. The node must stand above the page in fields: one that a `#[child]` method makes does not exist yet when tools
/// are asked. A site in which it does not stand there is refused at start.
///
/// # Examples
/// ```
/// use kirsch::prelude::*;
/// use kirsch::tools::Function;
///
/// /// Asks the application who may come in.
/// #[tool]
/// struct Door {
///     /// Whether the visitor of this name may come in.
///     #[option(required)]
///     opens: Option<Function<str, bool>>,
/// }
///
/// #[tool]
/// impl Door {
///     async fn before_handler(&self, x: &mut Exchange) -> Result<()> {
///         let name = x.header("x-name").unwrap_or_default();
///         match &self.opens {
///             Some(opens) if opens.ask(x, name).await? => Ok(()),
///             _ => Err(Error::forbidden()),
///         }
///     }
/// }
///
/// #[expose]
/// #[tools(door(opens = Self::knows))]
/// struct House {
///     owner: &'static str,
/// }
///
/// impl House {
///     fn knows(&self, name: &str) -> bool {
///         name == self.owner
///     }
/// }
///
/// #[expose]
/// impl House {
///     fn index(&self) -> &'static str {
///         "come in"
///     }
/// }
///
/// let mut client = kirsch::testing::Client::new(House { owner: "Ann" });
/// client.get("/").assert_status(403);
/// client.request("GET".parse().unwrap(), "/").header("x-name", "Ann").send().assert_body("come in");
/// ```
///
/// # CherryPy
/// Any value of the configuration may be a function there, such as `checkpassword`. Differs from CherryPy: the compiler knows its type, and that of its node.
pub struct Function<In: ?Sized, Out> {
    call: Arc<Call<In, Out>>,
    node: Option<&'static str>,
}

impl<In: ?Sized + 'static, Out: 'static> Function<In, Out> {
    /// The function as an option.
    pub fn new<Kind>(function: impl IntoFunction<In, Out, Kind>) -> Self {
        function.into_function()
    }

    /// Asks the function.
    ///
    /// # Errors
    /// What the function returned; 500 when the node that it asks for is not there: an `Option` in a field that is `None`.
    pub async fn ask(&self, exchange: &Exchange, input: &In) -> Result<Out> {
        (self.call)(exchange, input).await
    }

    fn free(call: impl for<'a> Fn(&'a In) -> Answering<'a, Out> + Send + Sync + 'static) -> Self {
        Self {
            call: Arc::new(move |_, input| call(input)),
            node: None,
        }
    }

    fn of_node<N: 'static>(
        call: impl for<'a> Fn(&'a N, &'a In) -> Answering<'a, Out> + Send + Sync + 'static,
    ) -> Self {
        Self {
            call: Arc::new(move |exchange, input| with_node(&call, exchange, input)),
            node: Some(type_name::<N>()),
        }
    }

    /// The type of the node that the function asks for.
    pub(crate) fn node(&self) -> Option<&'static str> {
        self.node
    }
}

fn with_node<'a, N: 'static, In: ?Sized, Out: 'static>(
    call: &impl for<'b> Fn(&'b N, &'b In) -> Answering<'b, Out>,
    exchange: &'a Exchange,
    input: &'a In,
) -> Answering<'a, Out> {
    match exchange.node::<N>() {
        Some(node) => call(node, input),
        None => Box::pin(ready(Err(Error::internal(format!(
            "a tool's function asks for `{}`, which is not there",
            type_name::<N>()
        ))))),
    }
}

impl<In: ?Sized, Out> Clone for Function<In, Out> {
    fn clone(&self) -> Self {
        Self {
            call: Arc::clone(&self.call),
            node: self.node,
        }
    }
}

impl<In: ?Sized, Out> fmt::Debug for Function<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function")
    }
}

/// What can be a function as an option. `Kind` is for the compiler, which finds it by the function's signature.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function from `&{In}` to `{Out}`",
    label = "not a function that this option can have",
    note = "help: write `fn check(input: &{In}) -> {Out}`, or a method of a node, `fn check(&self, input: &{In}) -> {Out}`; `async`, and a `Result`, are allowed"
)]
pub trait IntoFunction<In: ?Sized, Out, Kind> {
    /// The function as an option.
    fn into_function(self) -> Function<In, Out>;
}

/// A function whose signature says the answer itself.
#[derive(Debug)]
pub struct Plain;
/// A function that may fail with this error.
#[derive(Debug)]
pub struct Fallible<E>(std::marker::PhantomData<E>);

/// One implementation for each form that a function may have; `Kind` keeps them apart.
macro_rules! forms {
    ($($trait:ident, $marker:ident, [$($wait:tt)*];)*) => {$(
        /// How a function is called.
        #[derive(Debug)]
        pub struct $marker<N: ?Sized, R>(std::marker::PhantomData<(fn(&N), R)>);

        impl<In, Out, F> IntoFunction<In, Out, $marker<(), Plain>> for F
        where
            In: ?Sized + 'static,
            Out: 'static,
            F: $trait(&In) -> Out + Send + Sync + 'static,
        {
            fn into_function(self) -> Function<In, Out> {
                let function = Arc::new(self);
                Function::free(move |input| {
                    let function = Arc::clone(&function);
                    Box::pin(async move { Ok(function(input)$($wait)*) })
                })
            }
        }

        impl<In, Out, E, F> IntoFunction<In, Out, $marker<(), Fallible<E>>> for F
        where
            In: ?Sized + 'static,
            Out: 'static,
            E: Into<Error>,
            F: $trait(&In) -> Result<Out, E> + Send + Sync + 'static,
        {
            fn into_function(self) -> Function<In, Out> {
                let function = Arc::new(self);
                Function::free(move |input| {
                    let function = Arc::clone(&function);
                    Box::pin(async move { function(input)$($wait)*.map_err(Into::into) })
                })
            }
        }

        impl<In, Out, N, F> IntoFunction<In, Out, $marker<(N,), Plain>> for F
        where
            In: ?Sized + 'static,
            Out: 'static,
            N: 'static,
            F: $trait(&N, &In) -> Out + Send + Sync + 'static,
        {
            fn into_function(self) -> Function<In, Out> {
                let function = Arc::new(self);
                Function::of_node(move |node, input| {
                    let function = Arc::clone(&function);
                    Box::pin(async move { Ok(function(node, input)$($wait)*) })
                })
            }
        }

        impl<In, Out, N, E, F> IntoFunction<In, Out, $marker<(N,), Fallible<E>>> for F
        where
            In: ?Sized + 'static,
            Out: 'static,
            N: 'static,
            E: Into<Error>,
            F: $trait(&N, &In) -> Result<Out, E> + Send + Sync + 'static,
        {
            fn into_function(self) -> Function<In, Out> {
                let function = Arc::new(self);
                Function::of_node(move |node, input| {
                    let function = Arc::clone(&function);
                    Box::pin(async move { function(node, input)$($wait)*.map_err(Into::into) })
                })
            }
        }
    )*};
}

forms! {
    Fn, AtOnce, [];
    AsyncFn, Waiting, [.await];
}

#[cfg(test)]
#[expect(
    clippy::unused_self,
    clippy::unused_async,
    reason = "these functions are there for their signatures"
)]
mod tests {
    use super::*;

    struct Shop;

    impl Shop {
        fn plain(&self, name: &str) -> bool {
            name == "plain"
        }

        async fn waiting(&self, name: &str) -> bool {
            name == "waiting"
        }

        async fn failing(&self, name: &str) -> Result<bool, std::num::ParseIntError> {
            name.parse::<u8>().map(|number| number > 0)
        }
    }

    fn free(name: &str) -> bool {
        name == "free"
    }

    async fn free_and_waiting(name: &str) -> Result<bool> {
        Ok(name == "free")
    }

    #[test]
    fn a_function_may_have_any_form() {
        let functions: [Function<str, bool>; 6] = [
            Function::new(Shop::plain),
            Function::new(Shop::waiting),
            Function::new(Shop::failing),
            Function::new(free),
            Function::new(free_and_waiting),
            Function::new(|name: &str| name.is_empty()),
        ];
        let nodes = functions.map(|function| function.node());
        assert!(
            nodes[..3]
                .iter()
                .all(|node| node.is_some_and(|name| name.ends_with("Shop")))
        );
        assert!(nodes[3..].iter().all(Option::is_none));
    }
}
