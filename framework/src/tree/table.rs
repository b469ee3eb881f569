//! The `const` tables that `#[expose]` writes: data, and nothing that runs.

use crate::belt::Tools;
use crate::config::Source;
use crate::params::Arg;

/// What a struct under `#[expose]` says of itself.
#[derive(Debug, Clone, Copy)]
pub struct StructTable {
    /// The struct's name.
    pub name: &'static str,
    /// The first paragraph of its documentation.
    pub doc: &'static str,
    /// Where it is written.
    pub source: Source,
    /// Its `#[child]` fields.
    pub fields: &'static [ChildRow],
    /// The tools above it.
    pub tools: Option<Tools>,
}

/// What an impl block under `#[expose]` says of its methods.
#[derive(Debug, Clone, Copy)]
pub struct BlockTable {
    /// The methods answer on the node's own URL, without a slash.
    pub resource: bool,
    /// The tools above it.
    pub tools: Option<Tools>,
    /// Its pages.
    pub pages: &'static [PageRow],
    /// Its children that are made per request.
    pub children: &'static [ChildRow],
    /// Its error pages.
    pub errors: &'static [ErrorRow],
}

/// One segment of a path template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// This text, decoded.
    Fixed(&'static str),
    /// Any one segment, for the parameter of this name.
    Capture(&'static str),
}

/// A page.
#[derive(Debug, Clone, Copy)]
pub struct PageRow {
    /// Its number in the walk.
    pub id: u16,
    /// The method's name.
    pub name: &'static str,
    /// Which HTTP methods it answers.
    pub verbs: &'static [Verb],
    /// Where it stands below its node.
    pub place: Place,
    /// Its parameters, in order.
    pub args: &'static [Arg],
    /// It is an `async fn`.
    pub waits: bool,
    /// The tools above it.
    pub tools: Option<Tools>,
    /// The first paragraph of its documentation.
    pub doc: &'static str,
    /// Where it is written.
    pub source: Source,
}

/// Where a page stands below its node.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// The node's own URL, with its slash.
    Index,
    /// The node's own URL, without one: a method of a resource.
    Own,
    /// What nothing else answers below the node.
    Default,
    /// A path of its own.
    Path(&'static [Segment]),
}

/// A child: a field, a method, or an item of a map.
#[derive(Debug, Clone, Copy)]
pub struct ChildRow {
    /// Its number in the walk.
    pub id: u16,
    /// The field's or method's name.
    pub name: &'static str,
    /// Its path below the node. One more segment follows for every parameter that takes a leftover.
    pub path: &'static [Segment],
    /// The parameters of a method.
    pub args: &'static [Arg],
    /// It is an `async fn`.
    pub waits: bool,
    /// What is below.
    pub shape: fn() -> Shape,
    /// The tools above it: for everything below.
    pub tools: Option<Tools>,
    /// Where it is written.
    pub source: Source,
}

/// What kind of node a child is.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Tells node types apart. Two types of one name in one function differ by where they are written.
    pub type_name: &'static str,
    /// The struct's table.
    pub node: StructTable,
    /// Its block's table.
    pub block: BlockTable,
    /// How many segments are keys of maps before the node itself.
    pub keys: usize,
}

impl Shape {
    /// Both are the same type, whatever its lifetimes.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.type_name == other.type_name
            && self.node.source == other.node.source
            && self.keys == other.keys
    }
}

/// An error page.
#[derive(Debug, Clone, Copy)]
pub struct ErrorRow {
    /// Its number in the walk.
    pub id: u16,
    /// The method's name.
    pub name: &'static str,
    /// The status it is for; none for all that have no page of their own.
    pub status: Option<u16>,
    /// The tools that provide its parameters, one for each.
    pub needs: &'static [Option<&'static str>],
    /// Where it is written.
    pub source: Source,
}

/// An HTTP method that a page can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Verb {
    /// GET; HEAD comes with it.
    Get = 0,
    /// HEAD with an answer of its own.
    Head = 1,
    /// POST.
    Post = 2,
    /// PUT.
    Put = 3,
    /// PATCH.
    Patch = 4,
    /// DELETE.
    Delete = 5,
    /// OPTIONS with an answer of its own.
    Options = 6,
}

impl Verb {
    /// All of them, as `#[any]` means.
    pub const ALL: &'static [Self] = &[
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
    ];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"][self as usize]
    }

    /// The verb of a request method. `None` for TRACE, CONNECT and methods that nobody knows.
    pub(crate) fn of(method: &actix_web::http::Method) -> Option<Self> {
        use actix_web::http::Method;
        Some(match *method {
            Method::GET => Self::Get,
            Method::HEAD => Self::Head,
            Method::POST => Self::Post,
            Method::PUT => Self::Put,
            Method::PATCH => Self::Patch,
            Method::DELETE => Self::Delete,
            Method::OPTIONS => Self::Options,
            _ => return None,
        })
    }
}
