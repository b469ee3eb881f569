//! The traits that `#[expose]` implements, and the walk from a node to a page.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::exchange::{Exchange, Nodes, Reply};
use crate::tree::table::{BlockTable, Shape, StructTable};

/// Steps of an impl block carry this bit; those of a struct's fields don't.
pub(crate) const METHOD: u16 = 0x8000;

/// What `#[expose]` on a struct writes: its children.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a node of the tree",
    label = "this struct is not exposed",
    note = "help: write `#[expose]` above `struct {Self}`"
)]
pub trait Branch {
    /// The struct's table.
    const TABLE: StructTable;

    /// The node itself, where its type can be asked for: it borrows nothing.
    fn own(&self) -> Option<&dyn Any>;

    /// The field child of this number.
    fn field(&self, id: u16) -> Option<&dyn Node>;

    /// Goes on into the field child of this number.
    fn enter<'a>(&'a self, id: u16, exchange: &'a mut Exchange) -> Reply<'a>;
}

/// Implemented by each exposed block, for its name: that is all the compiler says of a second implementation.
pub trait OneStructHasOneExposedBlock {}

/// What `#[expose]` on an impl block writes: its pages.
#[diagnostic::on_unimplemented(
    message = "`{Self}` exposes no pages",
    label = "no impl block of this struct is exposed",
    note = "help: write `#[expose] impl {Self} {{ … }}` with its pages, or an empty one when it has only children"
)]
pub trait Pages {
    /// The block's table.
    const BLOCK: BlockTable;

    /// Calls the page, child or error page of this number.
    fn visit<'a>(&'a self, id: u16, exchange: &'a mut Exchange) -> Reply<'a>;
}

/// A node of the tree: an exposed struct with its exposed impl block, or a `Box`, `Arc`, `Option` or map of nodes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a node of the tree",
    label = "not an exposed struct",
    note = "help: write `#[expose]` above the struct and above one impl block of it",
    note = "`Box`, `Arc` and `Option` of a node, and maps from `String` to nodes, are nodes too"
)]
pub trait Node {
    /// What the node is, for the plan at start.
    fn shape() -> Shape
    where
        Self: Sized;

    /// Walks on from here, by the exchange's next step.
    fn walk<'a>(&'a self, exchange: &'a mut Exchange) -> Reply<'a>;

    /// The node, its type forgotten.
    fn as_node(&self) -> &dyn Node
    where
        Self: Sized,
    {
        self
    }

    /// The node itself, where its type can be asked for.
    fn as_any(&self) -> Option<&dyn Any>;

    /// The node in the field of this number.
    fn below(&self, id: u16) -> Option<&dyn Node>;
}

/// The shape of an exposed struct.
pub fn shape_of<T: Branch + Pages>() -> Shape {
    Shape {
        type_name: std::any::type_name::<T>(),
        node: T::TABLE,
        block: T::BLOCK,
        keys: 0,
    }
}

/// The walk from an exposed struct: into a field, or to a method.
pub fn walk_of<'a, T: Branch + Pages>(node: &'a T, exchange: &'a mut Exchange) -> Reply<'a> {
    let step = exchange.step();
    if step & METHOD == 0 {
        node.enter(step, exchange)
    } else {
        node.visit(step & !METHOD, exchange)
    }
}

/// A step that no table has: the walk ends.
pub fn nowhere(_: &mut Exchange) -> Reply<'_> {
    Reply::Now(Err(Error::not_found()))
}

impl<N: Node> Node for &N {
    fn shape() -> Shape {
        N::shape()
    }

    fn walk<'a>(&'a self, exchange: &'a mut Exchange) -> Reply<'a> {
        N::walk(self, exchange)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        N::as_any(self)
    }

    fn below(&self, id: u16) -> Option<&dyn Node> {
        N::below(self, id)
    }
}

impl<N: Node> Node for Box<N> {
    fn shape() -> Shape {
        N::shape()
    }

    fn walk<'a>(&'a self, exchange: &'a mut Exchange) -> Reply<'a> {
        N::walk(self, exchange)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        N::as_any(self)
    }

    fn below(&self, id: u16) -> Option<&dyn Node> {
        N::below(self, id)
    }
}

impl<N: Node> Node for Arc<N> {
    fn shape() -> Shape {
        N::shape()
    }

    fn walk<'a>(&'a self, exchange: &'a mut Exchange) -> Reply<'a> {
        N::walk(self, exchange)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        N::as_any(self)
    }

    fn below(&self, id: u16) -> Option<&dyn Node> {
        N::below(self, id)
    }
}

/// Absent is 404.
impl<N: Node> Node for Option<N> {
    fn shape() -> Shape {
        N::shape()
    }

    fn walk<'a>(&'a self, exchange: &'a mut Exchange) -> Reply<'a> {
        match self {
            Some(node) => node.walk(exchange),
            None => Reply::Now(Err(Error::not_found())),
        }
    }

    fn as_any(&self) -> Option<&dyn Any> {
        self.as_ref()?.as_any()
    }

    fn below(&self, id: u16) -> Option<&dyn Node> {
        self.as_ref()?.below(id)
    }
}

/// One segment is the key; an unknown key is 404.
impl<N: Node, S: BuildHasher> Node for HashMap<String, N, S> {
    fn shape() -> Shape {
        keyed(N::shape())
    }

    fn walk<'a>(&'a self, exchange: &'a mut Exchange) -> Reply<'a> {
        let found = exchange.key().map(|key| self.get(&key));
        walk_found(found, exchange)
    }

    /// Which of the nodes a request means is known only when it comes.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }

    fn below(&self, _: u16) -> Option<&dyn Node> {
        None
    }
}

/// One segment is the key; an unknown key is 404.
impl<N: Node> Node for BTreeMap<String, N> {
    fn shape() -> Shape {
        keyed(N::shape())
    }

    fn walk<'a>(&'a self, exchange: &'a mut Exchange) -> Reply<'a> {
        let found = exchange.key().map(|key| self.get(&key));
        walk_found(found, exchange)
    }

    /// Which of the nodes a request means is known only when it comes.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }

    fn below(&self, _: u16) -> Option<&dyn Node> {
        None
    }
}

fn keyed(shape: Shape) -> Shape {
    Shape {
        keys: shape.keys + 1,
        ..shape
    }
}

fn walk_found<'a, N: Node>(found: Result<Option<&'a N>>, exchange: &'a mut Exchange) -> Reply<'a> {
    match found {
        Ok(Some(node)) => node.walk(exchange),
        Ok(None) => Reply::Now(Err(Error::not_found())),
        Err(error) => Reply::Now(Err(error)),
    }
}

/// What a `#[child]` method may return: a node, or a `Result` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a child",
    label = "neither a node nor a `Result` of one",
    note = "help: return an exposed struct, an `Option` of one, or a `Result` of one whose error converts into `kirsch::Error`"
)]
pub trait Child {
    /// The node.
    type Node: Node;

    /// The node, or why there is none.
    ///
    /// # Errors
    /// What the child method returned.
    fn into_node(self) -> Result<Self::Node>;
}

impl<N: Node> Child for N {
    type Node = N;

    fn into_node(self) -> Result<N> {
        Ok(self)
    }
}

impl<N: Node, E: Into<Error>> Child for Result<N, E> {
    type Node = N;

    fn into_node(self) -> Result<N> {
        self.map_err(Into::into)
    }
}

/// A root that a site holds: any node that can be shared between workers.
pub(crate) trait Root: Nodes + Send + Sync {
    fn walk<'a>(&'a self, exchange: &'a mut Exchange) -> Reply<'a>;
}

impl<N: Node> Nodes for N {
    fn node(&self, steps: &[u16], wanted: TypeId) -> Option<&dyn Any> {
        let is_wanted = |node: &&dyn Any| (**node).type_id() == wanted;
        let mut node: &dyn Node = self;
        let mut found = node.as_any().filter(is_wanted);
        for step in steps.iter().take_while(|step| **step & METHOD == 0) {
            let Some(below) = node.below(*step) else {
                break;
            };
            node = below;
            found = node.as_any().filter(is_wanted).or(found);
        }
        found
    }
}

impl<N: Node + Send + Sync> Root for N {
    fn walk<'a>(&'a self, exchange: &'a mut Exchange) -> Reply<'a> {
        Node::walk(self, exchange)
    }
}
