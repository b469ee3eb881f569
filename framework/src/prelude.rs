//! What almost every application needs: `use kirsch::prelude::*;`.

pub use actix_web::http::StatusCode;
pub use actix_web::web::{Html, Json};
pub use actix_web::{HttpRequest, HttpResponse, Responder};

pub use crate::answers::{NoContent, Redirect};
pub use crate::config::{hours, kib, mib, millis, minutes, secs};
pub use crate::error::{Error, Result};
pub use crate::exchange::Exchange;
pub use crate::params::{Param, Rest, Upload};
pub use crate::sessions::{Locking, ReadSession, Session, Storage};
pub use crate::site::Site;
pub use crate::tools::{
    accept, allow, autovary, body_limit, cors, csrf, err_redirect, etags, expires, ignore_headers,
    json_in, json_out, log_headers, log_hooks, log_tracebacks, proxy, rate_limit, redirect,
    referer, request_id, response_headers, security_headers, sessions, timeout, trailing_slash,
};
pub use crate::tree::link::Link;
pub use kirsch_macros::{
    Param, any, arg, child, default, delete, error_page, expose, get, head, hook, option, options,
    patch, post, put, tool, tools,
};
