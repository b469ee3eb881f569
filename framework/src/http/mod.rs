//! The words of HTTP as pure functions: nothing here reads a socket, holds state or knows of a page.
//!
//! Each file is one part of a request or an answer: what the RFC says of it, strict where a lenient reading has hurt people,
//! lenient where clients are known to be sloppy. All of it works on borrowed text and allocates only where the text must change.

pub mod request_line;

pub mod host;
pub mod location;
pub mod percent;
pub mod query;
pub mod scheme;

pub mod accept;
pub mod content_type;
pub mod cookie;
pub mod date;
pub mod field;

pub mod forwarded;
pub mod network;
pub mod origin;
pub mod provenance;

pub mod conditions;
pub mod etag;

pub mod policy;
pub mod rate;

pub mod escape;
mod malformed;
mod status;
mod vary;

pub use malformed::Malformed;
pub(crate) use status::is_error;
pub use status::status_words;
pub use vary::vary;
