//! What a tool around a page calls: the tools within it, and the page itself.

use std::fmt;
use std::sync::Arc;

use crate::belt::tool::{AnyTool, Around};
use crate::exchange::Exchange;

/// The way to a page: its children, its arguments, and itself.
pub(crate) trait Walk {
    fn walk<'a>(&'a self, exchange: &'a mut Exchange) -> Around<'a>;
}

/// The rest of the way to the page, as the method `around_handler` of a tool gets it.
///
/// # Examples
/// ```
/// use kirsch::actix_web::http::header::{HeaderName, HeaderValue};
/// use kirsch::prelude::*;
/// use kirsch::tools::Next;
///
/// /// Says that the page has been asked.
/// #[tool]
/// struct Stamp;
///
/// #[tool]
/// impl Stamp {
///     async fn around_handler(&self, x: &mut Exchange, next: Next<'_>) -> Result<HttpResponse> {
///         let mut answer = next.run(x).await?;
///         let name = HeaderName::from_static("x-stamp");
///         answer.headers_mut().insert(name, HeaderValue::from_static("asked"));
///         Ok(answer)
///     }
/// }
///
/// #[expose]
/// #[tools(stamp)]
/// struct Root;
///
/// #[expose]
/// impl Root {
///     fn index(&self) -> &'static str {
///         "Hello"
///     }
/// }
///
/// let mut client = kirsch::testing::Client::new(Root);
/// client.get("/").assert_header("x-stamp", "asked");
/// client.get("/nowhere").assert_no_header("x-stamp");
/// ```
///
/// # CherryPy
/// `HandlerWrapperTool`, whose function gets `next_handler`.
pub struct Next<'a> {
    within: &'a [Arc<dyn AnyTool>],
    walk: &'a dyn Walk,
}

impl<'a> Next<'a> {
    pub(crate) fn new(within: &'a [Arc<dyn AnyTool>], walk: &'a dyn Walk) -> Self {
        Self { within, walk }
    }

    /// Calls the tools within this one, then the page, and gives its answer.
    ///
    /// # Errors
    /// What the page returned.
    pub fn run(self, exchange: &'a mut Exchange) -> Around<'a> {
        match self.within.split_first() {
            Some((tool, within)) => tool.around(exchange, Next { within, ..self }),
            None => self.walk.walk(exchange),
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next")
            .field("within", &self.within)
            .finish_non_exhaustive()
    }
}
