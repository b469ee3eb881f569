//! Not public API. Used by generated code.
//!
//! Everything that the expansions of `#[expose]` and `#[derive(Param)]` may touch, and nothing else they may.

pub use crate::config::Source;
pub use crate::exchange::answer::{
    Answer, AnswerNothing, Returned, ViaActix, ViaOthers, ViaOurs, ViaResponder,
};
pub use crate::exchange::bind::{
    Bind, BodyProbe, HeaderProbe, OtherBody, OtherHeader, OtherKind, OtherReady, Probe, ReadyProbe,
    ViaExtractor, ViaJson, ViaName, ViaNothing, required,
};
pub use crate::exchange::{Exchange, Reply};
pub use crate::params::{Arg, ArgKind, From, Invalid, Param};
pub use crate::tree::clash::{no_clash, one_body};
pub use crate::tree::link::{Link, Linked};
pub use crate::tree::node::{
    Branch, Child, Node, OneStructHasOneExposedBlock, Pages, nowhere, shape_of, walk_of,
};
pub use crate::tree::table::{
    BlockTable, ChildRow, ErrorRow, PageRow, Place, Segment, Shape, StructTable, Verb,
};

pub use crate::belt::kinds::{
    AskProbe, AsksForNode, AsksNothing, ByCode, ByValue, ByWord, NeedProbe, NeedsNothing,
    OptionProbe,
};
pub use crate::config::{Raw, Refusal};

pub use crate::belt::{
    Around, DEFAULT_PRIORITY, Entry, HookRow, Hooks, IntoFunction, Next, OptionRow, Options,
    Patches, Point, Preparation, Step, ToolTable, Tools,
};
pub use inventory;

/// Asks for the options of a tool where its hooks stand, so that the compiler says it there when they are missing.
pub const fn is_a_tool<T: Options>() {}
