//! Typed links: from a page to its URL.
//!
//! `#[expose]` writes a link type for every node: `Root::link().notes().note(42)` is `/notes/42`. Renaming a page breaks the
//! build, not the site.

use std::cell::RefCell;
use std::fmt::{self, Display};
use std::sync::Arc;

use crate::http::percent;

/// The URL of a page or a node of this site: path-absolute, percent-encoded, with the mount point of its tree.
///
/// It is [`Display`] and converts into a `String`; both ask for the mount point when they are called.
///
/// # Examples
/// ```
/// use kirsch::prelude::*;
///
/// #[expose]
/// struct Root;
///
/// #[expose]
/// impl Root {
///     fn hello(&self, #[arg(default = "World")] name: String) -> String {
///         format!("Hello {name}")
///     }
///
///     #[get(path = "user/{name}")]
///     fn user(&self, name: String) -> String {
///         name
///     }
/// }
///
/// assert_eq!(Root::link().user("Ann & Bob").to_string(), "/user/Ann%20&%20Bob");
/// assert_eq!(Root::link().hello().query("name", "Ann & Bob").to_string(), "/hello?name=Ann%20%26%20Bob");
/// assert_eq!(Root::link().hello().segment("Ann").to_string(), "/hello/Ann");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    root: &'static str,
    path: String,
    query: String,
}

impl Link {
    /// The link to the root of a tree, by the name of its type.
    pub fn root(type_name: &'static str) -> Self {
        Self {
            root: type_name,
            path: String::new(),
            query: String::new(),
        }
    }

    /// Adds one segment, encoded: a leftover that fills a parameter, for instance.
    #[must_use]
    pub fn segment(mut self, value: impl Display) -> Self {
        if self.path.ends_with('/') {
            self.path.pop();
        }
        self.path.push('/');
        self.path
            .push_str(&percent::encode_segment(&value.to_string()));
        self
    }

    /// Adds a parameter to the query.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Display) -> Self {
        self.query
            .push(if self.query.is_empty() { '?' } else { '&' });
        self.query.push_str(&percent::encode_query(name));
        self.query.push('=');
        self.query
            .push_str(&percent::encode_query(&value.to_string()));
        self
    }

    /// Adds the slash of an `index`.
    #[must_use]
    pub fn slash(mut self) -> Self {
        if !self.path.ends_with('/') {
            self.path.push('/');
        }
        self
    }
}

impl Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_mount(self.root, |prefix| {
            f.write_str(prefix)?;
            // A root has no URL without its slash, but a tree that is mounted has.
            let path = if self.path.is_empty() && prefix.is_empty() {
                "/"
            } else {
                &self.path
            };
            f.write_str(path)
        })?;
        f.write_str(&self.query)
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.to_string()
    }
}

impl serde::Serialize for Link {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The trees of a site: the names of their types, and where they are mounted.
pub(crate) type Mounts = Vec<(&'static str, String)>;

thread_local! {
    /// The site and the tree that this thread is serving, or has served last.
    static SERVED: RefCell<Option<(Arc<Mounts>, usize)>> = const { RefCell::new(None) };
}

/// A tree of a site, for the links that its pages make.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    mounts: &'p Arc<Mounts>,
    root: usize,
}

impl<'p> Place<'p> {
    pub(crate) fn new(mounts: &'p Arc<Mounts>, root: usize) -> Self {
        Self { mounts, root }
    }

    /// Links made on this thread are of this site from now on.
    pub(crate) fn enter(self) {
        SERVED.with_borrow_mut(|served| match served {
            Some((mounts, root)) if Arc::ptr_eq(mounts, self.mounts) => *root = self.root,
            _ => *served = Some((Arc::clone(self.mounts), self.root)),
        });
    }
}

/// Tells where the tree of this type is mounted: the one that is served, else the last of its type.
fn with_mount<T>(type_name: &str, tell: impl FnOnce(&str) -> T) -> T {
    SERVED.with_borrow(|served| {
        let Some((mounts, root)) = served else {
            return tell("");
        };
        let is = |(other, _): &&(&str, String)| *other == type_name;
        let here = mounts.get(*root).filter(is);
        let mount = here.or_else(|| mounts.iter().rev().find(is));
        tell(mount.map_or("", |(_, prefix)| prefix))
    })
}

/// What a node's link type is: made of the link to the node, and turned back into it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a node of the tree",
    label = "not an exposed struct",
    note = "help: write `#[expose]` above the struct and above one impl block of it"
)]
pub trait Linked {
    /// The link type that `#[expose]` wrote for the node.
    type Link;

    /// The link type for this URL.
    fn linked(to: Link) -> Self::Link;
}

impl<N: Linked + ?Sized> Linked for &N {
    type Link = N::Link;

    fn linked(to: Link) -> N::Link {
        N::linked(to)
    }
}

impl<N: Linked + ?Sized> Linked for Box<N> {
    type Link = N::Link;

    fn linked(to: Link) -> N::Link {
        N::linked(to)
    }
}

impl<N: Linked + ?Sized> Linked for Arc<N> {
    type Link = N::Link;

    fn linked(to: Link) -> N::Link {
        N::linked(to)
    }
}

impl<N: Linked> Linked for Option<N> {
    type Link = N::Link;

    fn linked(to: Link) -> N::Link {
        N::linked(to)
    }
}

/// What a child method returns has the link of its node.
impl<N: Linked, E> Linked for Result<N, E> {
    type Link = N::Link;

    fn linked(to: Link) -> N::Link {
        N::linked(to)
    }
}

impl<N: Linked, S> Linked for std::collections::HashMap<String, N, S> {
    type Link = KeyLink<N>;

    fn linked(to: Link) -> KeyLink<N> {
        KeyLink {
            to,
            node: std::marker::PhantomData,
        }
    }
}

impl<N: Linked> Linked for std::collections::BTreeMap<String, N> {
    type Link = KeyLink<N>;

    fn linked(to: Link) -> KeyLink<N> {
        KeyLink {
            to,
            node: std::marker::PhantomData,
        }
    }
}

/// The link to a map of nodes: [`KeyLink::key`] goes on to one of them.
pub struct KeyLink<N> {
    to: Link,
    node: std::marker::PhantomData<fn() -> N>,
}

impl<N: Linked> KeyLink<N> {
    /// The link to the node with this key.
    pub fn key(self, key: impl Display) -> N::Link {
        N::linked(self.to.segment(key))
    }
}

impl<N> fmt::Debug for KeyLink<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyLink").field(&self.to).finish()
    }
}
