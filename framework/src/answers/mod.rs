//! What pages return, where actix-web has nothing that fits: redirects that stay on the site, and no content.

mod no_content;
mod redirect;

pub use no_content::NoContent;
pub use redirect::Redirect;
pub(crate) use redirect::moved;
