//! Sessions: what a site remembers of a visitor from one request to the next.
//!
//! A page takes a [`Session`], where the tool [`sessions`](crate::tools::sessions()) is on. [`ReadSession`] looks without locking, [`Typed`] is one value as a
//! type, [`Session::flash`] leaves a message for the next page.
//!
//! Where they are kept is the [`Storage`]: one word. What a storage must promise is the trait [`Store`]; [`stores`] has those that come with Kirsch.
//!
//! ```text
//! request ─▶ cookie ─▶ seal (AES-256-GCM) ─▶ id ─▶ SHA-256 ─▶ queue ─▶ lease ─▶ page ─▶ save, lease and turn back ─▶ cookie, if it is new
//! ```

mod cookie;
mod counters;
mod data;
mod end;
mod flash;
mod id;
mod keeper;
mod keys;
mod memo;
mod queue;
mod seal;
mod session;
mod storage;
mod store;
mod sweeper;
mod typed;
mod visit;

pub mod stores;

pub use counters::Figures;
pub use data::Data;
pub use flash::{Flash, Level};
pub use id::Key;
pub use session::{ReadSession, Session};
pub use storage::{Locking, Storage};
pub use store::{Lease, Life, Opened, Pending, Renamed, Store, StoreError, Swept, Written};
pub use typed::{SessionData, Typed};

pub(crate) use cookie::Cookie;
pub(crate) use keeper::{Common, Keeper};
pub(crate) use keys::Secrets;
pub(crate) use seal::SHORTEST_SECRET;
pub(crate) use visit::{Told, Visit};
