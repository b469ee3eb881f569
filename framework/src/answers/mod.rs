//! What pages return, where actix-web has nothing that fits: redirects that stay on the site, no content, and problem details.

mod no_content;
mod problem;
mod redirect;

pub use no_content::NoContent;
pub use problem::Problem;
pub use redirect::Redirect;
pub(crate) use redirect::{is_external, is_redirect, moved};
