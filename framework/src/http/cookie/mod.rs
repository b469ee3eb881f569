//! Cookies: read raw, written only when they are sound (RFC 6265bis).
//!
//! actix-web's own reading decodes names, so that `%5F_Host-id` passes for `__Host-id`, drops every cookie when one byte is wrong, and its
//! writing lets a value add attributes. So both are done here.

mod read;
mod set_cookie;

pub use read::{decode_value, read};
pub use set_cookie::{BadCookie, SetCookie};
