//! The points in the life of a request where tools are asked, in their order.

/// A point in the life of a request where tools are asked.
///
/// ```text
/// on_start_resource ─▶ before_request_body ─▶ before_handler ─▶ children, arguments, page
///                                                                        │
///          before_finalize ◀── an answer, a redirect, an error page ◀────┤
///                 │                                                      │ an unexpected error
///          on_end_resource                                       on_end_resource
///                 │                          before_error_response ─▶ error page ─▶ after_error_response
///                 ▼                                                      │
///            the body is sent ─▶ on_end_request ◀────────────────────────┘
/// ```
///
/// # Examples
/// A method of a tool is named for its point. That tool also says where it has nothing to do, so that it is not asked there:
///
/// ```
/// use kirsch::prelude::*;
/// use kirsch::tools::Point;
///
/// /// Asks robots to stay away.
/// #[tool]
/// struct Robots {
///     /// From error pages, too.
///     #[option]
///     errors: bool,
/// }
///
/// #[tool]
/// impl Robots {
///     fn is_idle(&self, point: Point) -> bool {
///         point == Point::AfterErrorResponse && !self.errors
///     }
///
///     fn before_finalize(&self, x: &mut Exchange) {
///         self.refuse(x);
///     }
///
///     fn after_error_response(&self, x: &mut Exchange) {
///         self.refuse(x);
///     }
/// }
/// # use kirsch::actix_web::http::header::{HeaderName, HeaderValue};
/// # impl Robots {
/// #     fn refuse(&self, x: &mut Exchange) {
/// #         if let Some(answer) = x.response_mut() {
/// #             let name = HeaderName::from_static("x-robots-tag");
/// #             answer.headers_mut().insert(name, HeaderValue::from_static("noindex"));
/// #         }
/// #     }
/// # }
/// # #[expose]
/// # #[tools(robots)]
/// # struct Root;
/// # #[expose]
/// # impl Root {
/// #     fn index(&self) -> &'static str {
/// #         "Hello"
/// #     }
/// #     fn fails(&self) -> Result<String> {
/// #         Err(std::fmt::Error)?
/// #     }
/// # }
/// # let mut client = kirsch::testing::Client::new(Root);
/// # client.get("/").assert_header("x-robots-tag", "noindex");
/// # client.get("/fails").assert_status(500).assert_no_header("x-robots-tag");
/// assert_eq!(Point::AfterErrorResponse.name(), "after_error_response");
/// ```
///
/// # CherryPy
/// `hookpoints`, with the same names and order; `on_leave` is new. Differs from CherryPy: a body is read with the arguments of the page, and so
/// after `before_handler`: who may not see the page cannot make the site read what they sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Point {
    /// The page has been found; nothing of the application has run.
    OnStartResource,
    /// Nothing of the body has been read.
    BeforeRequestBody,
    /// The last before the page, and before the children above it and their arguments.
    BeforeHandler,
    /// There is an answer: the page's, a tool's, a redirect or the page of an expected error. It can be changed.
    BeforeFinalize,
    /// The answer is final, or there is an unexpected error; nothing has been sent.
    OnEndResource,
    /// The page failed as nobody meant it to; its error page is going to be made.
    BeforeErrorResponse,
    /// The error page has been made, and can be changed; also one that stands in for an answer over which a tool failed after it
    /// had been seen at `before_finalize`.
    AfterErrorResponse,
    /// The page leads elsewhere by an internal redirect: another page of the site is going to answer.
    OnLeave,
    /// The body has been sent, or the client has gone.
    OnEndRequest,
}

impl Point {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// All of them, in their order.
    pub const ALL: [Self; 9] = [
        Self::OnStartResource,
        Self::BeforeRequestBody,
        Self::BeforeHandler,
        Self::BeforeFinalize,
        Self::OnEndResource,
        Self::BeforeErrorResponse,
        Self::AfterErrorResponse,
        Self::OnLeave,
        Self::OnEndRequest,
    ];

    /// Its name, as the method of a tool is named for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OnStartResource => "on_start_resource",
            Self::BeforeRequestBody => "before_request_body",
            Self::BeforeHandler => "before_handler",
            Self::BeforeFinalize => "before_finalize",
            Self::OnEndResource => "on_end_resource",
            Self::BeforeErrorResponse => "before_error_response",
            Self::AfterErrorResponse => "after_error_response",
            Self::OnLeave => "on_leave",
            Self::OnEndRequest => "on_end_request",
        }
    }

    /// What ends something is asked whatever happened before, even when another tool at this point has failed.
    pub(crate) fn is_an_end(self) -> bool {
        matches!(
            self,
            Self::OnEndResource | Self::OnLeave | Self::OnEndRequest
        )
    }
}
