//! What a tool is: its options and its hooks, as `#[tool]` writes them.

use std::any::Any;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use pin_project_lite::pin_project;

use crate::belt::{Next, Point, Preparation};
use crate::config::{Raw, Refusal, Source};
use crate::error::{Error, Result};
use crate::exchange::Exchange;

/// What `#[tool]` on a struct writes: the options of a tool.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool",
    label = "not a tool",
    note = "help: write `#[tool]` above `struct {Self}`, and above one impl block with its hooks"
)]
pub trait Options: Hooks + Clone + Debug + Default + Send + Sync + 'static {
    /// The tool's name, documentation and options.
    const TABLE: &'static ToolTable;

    /// Sets the option of this number to what was written outside of the code.
    ///
    /// # Errors
    /// The value is not one that the option can have.
    fn set(&mut self, option: usize, raw: &Raw) -> Result<(), Refusal>;

    /// The value of the option of this number, for lists.
    fn show(&self, option: usize) -> String;

    /// The types of nodes that the functions among the options ask for.
    fn asks(&self) -> Vec<&'static str>;
}

/// What `#[tool]` on an impl block writes: what a tool does, and when.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no hooks",
    label = "no impl block of this tool says what it does",
    note = "help: write `#[tool] impl {Self} {{ … }}` with methods named for hook points, such as `before_handler`"
)]
pub trait Hooks {
    /// The points where the tool is asked.
    const HOOKS: &'static [HookRow];

    /// Asks the tool at a point.
    fn run<'a>(&'a self, point: Point, exchange: &'a mut Exchange) -> Step<'a>;

    /// The method `around_handler`: the page is called in it. `None` for a tool that has none.
    fn around<'a>(&'a self, exchange: &'a mut Exchange, next: Next<'a>) -> Around<'a> {
        next.run(exchange)
    }

    /// The tool has a method `around_handler`.
    const IS_AROUND: bool = false;

    /// With the options that it has, the tool has nothing to do at this point, and need not be asked there.
    fn is_idle(&self, _: Point) -> bool {
        false
    }

    /// Checks the options, and makes what the tool keeps between requests: once for each place where it has been turned on.
    fn prepare(&mut self, _: &mut Preparation<'_>) {}
}

/// What a tool is called, what it is for, and what it can be told.
#[derive(Debug)]
pub struct ToolTable {
    /// Its name, in attributes and in files: `tools.NAME.on`.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Where in the order of the tools at a point it stands, unless a hook says otherwise. Lower is earlier.
    pub priority: i32,
    /// Tools that must be on where this one is.
    pub needs: &'static [&'static str],
    /// Its options.
    pub options: &'static [OptionRow],
    /// Where it is written.
    pub source: Source,
}

/// One option of a tool.
#[derive(Debug)]
pub struct OptionRow {
    /// Its name, in attributes and in files.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Its type, as it was written.
    pub type_name: &'static str,
    /// It has no default: the tool cannot be on without it.
    pub required: bool,
    /// Its value is shown to nobody.
    pub secret: bool,
}

/// One hook of a tool.
#[derive(Debug, Clone, Copy)]
pub struct HookRow {
    /// The point where it is asked.
    pub point: Point,
    /// Its place in the order there, when it is another than the tool's.
    pub priority: Option<i32>,
    /// It is asked even when another tool at this point has failed.
    pub failsafe: bool,
    /// It is an `async fn`.
    pub waits: bool,
}

/// What a hook did: something at once, or the promise of something.
pub enum Step<'a> {
    /// The hook did not have to wait.
    Done(Result<()>),
    /// The hook may have to wait.
    Later(Pin<Box<dyn Future<Output = Result<()>> + 'a>>),
}

/// The answer of a page with tools around it.
pub type Around<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse>> + 'a>>;

impl<'a> Step<'a> {
    /// What a hook that is no `async fn` returned.
    pub fn done<R: Outcome>(outcome: R) -> Self {
        Self::Done(outcome.into_result())
    }

    /// What a hook that is an `async fn` is going to return.
    pub fn later<R: Outcome>(hook: impl Future<Output = R> + 'a) -> Self {
        Self::Later(Box::pin(Later { hook }))
    }
}

pin_project! {
    /// A hook that waits. An `async` block around it would have room for it twice.
    struct Later<F> {
        #[pin]
        hook: F,
    }
}

impl<F: Future<Output: Outcome>> Future for Later<F> {
    type Output = Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.project().hook.poll(cx).map(Outcome::into_result)
    }
}

impl Step<'_> {
    /// What a hook did that is known not to wait.
    pub(crate) fn now(self) -> Result<()> {
        match self {
            Self::Done(result) => result,
            Self::Later(_) => Err(Error::internal(
                "a hook that is planned without waiting waits",
            )),
        }
    }
}

impl Debug for Step<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Done(_)) {
            "Step::Done"
        } else {
            "Step::Later"
        })
    }
}

/// What a hook may return: nothing, or a `Result` of nothing.
#[diagnostic::on_unimplemented(
    message = "a hook cannot return `{Self}`",
    label = "neither `()` nor a `Result` of it",
    note = "help: return nothing, or `Result<()>` when the hook may fail; a tool that answers instead of the page calls `x.answer(…)`"
)]
pub trait Outcome {
    /// The same, as one type.
    ///
    /// # Errors
    /// What the hook returned.
    fn into_result(self) -> Result<()>;
}

impl Outcome for () {
    fn into_result(self) -> Result<()> {
        Ok(())
    }
}

impl<E: Into<Error>> Outcome for Result<(), E> {
    fn into_result(self) -> Result<()> {
        self.map_err(Into::into)
    }
}

/// Any tool, its type forgotten.
pub(crate) trait AnyTool: Debug + Send + Sync {
    fn table(&self) -> &'static ToolTable;
    fn hooks(&self) -> &'static [HookRow];
    fn is_around(&self) -> bool;
    fn is_idle(&self, point: Point) -> bool;
    fn copy(&self) -> Box<dyn AnyTool>;
    /// A tool of its type, of which nothing has been said.
    fn fresh(&self) -> Box<dyn AnyTool>;
    fn as_any(&mut self) -> &mut dyn Any;
    fn set(&mut self, option: usize, raw: &Raw) -> Result<(), Refusal>;
    fn show(&self, option: usize) -> String;
    fn asks(&self) -> Vec<&'static str>;
    fn prepare(&mut self, at: &mut Preparation<'_>);
    fn run<'a>(&'a self, point: Point, exchange: &'a mut Exchange) -> Step<'a>;
    fn around<'a>(&'a self, exchange: &'a mut Exchange, next: Next<'a>) -> Around<'a>;
}

impl<T: Options> AnyTool for T {
    fn table(&self) -> &'static ToolTable {
        T::TABLE
    }

    fn hooks(&self) -> &'static [HookRow] {
        T::HOOKS
    }

    fn is_around(&self) -> bool {
        T::IS_AROUND
    }

    fn is_idle(&self, point: Point) -> bool {
        Hooks::is_idle(self, point)
    }

    fn copy(&self) -> Box<dyn AnyTool> {
        Box::new(self.clone())
    }

    fn fresh(&self) -> Box<dyn AnyTool> {
        Box::new(T::default())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn set(&mut self, option: usize, raw: &Raw) -> Result<(), Refusal> {
        Options::set(self, option, raw)
    }

    fn show(&self, option: usize) -> String {
        Options::show(self, option)
    }

    fn asks(&self) -> Vec<&'static str> {
        Options::asks(self)
    }

    fn prepare(&mut self, at: &mut Preparation<'_>) {
        Hooks::prepare(self, at);
    }

    fn run<'a>(&'a self, point: Point, exchange: &'a mut Exchange) -> Step<'a> {
        Hooks::run(self, point, exchange)
    }

    fn around<'a>(&'a self, exchange: &'a mut Exchange, next: Next<'a>) -> Around<'a> {
        Hooks::around(self, exchange, next)
    }
}
