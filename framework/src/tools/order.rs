//! The order of the tools at a point: every priority of the built-in ones in one table, lower first, each with its reason.
//!
//! The numbers are CherryPy's where it has the tool (`_cptools.py`); a tool of an application is at 50 unless it says otherwise.

/// `response_headers`: before all that say something where nothing is said: `expires`, `security_headers`, `request_id`.
pub(super) const RESPONSE_HEADERS: i32 = 4;
/// `proxy`: first of all, so that every other tool sees the visitor and not the proxy.
pub(super) const PROXY: i32 = 5;
/// `request_id`: as early, so that whatever is logged has it.
pub(super) const REQUEST_ID: i32 = 6;
/// `autovary` begins: after those that read headers and choose no answer, before all others.
pub(super) const AUTOVARY_BEGINS: i32 = 7;
/// `ignore_headers`: what is ignored is ignored by all.
pub(super) const IGNORE_HEADERS: i32 = 8;
/// `cors`: a preflight is answered before anything asks who the visitor is: it has no credentials.
pub(super) const CORS: i32 = 10;
/// `rate_limit`: before anything that costs.
pub(super) const RATE_LIMIT: i32 = 15;
/// `csrf`: before authentication, which it protects.
pub(super) const CSRF: i32 = 20;
/// `body_limit`, `json_in`: before a body is read.
pub(super) const BODY: i32 = 30;
/// Tools for which the order makes no difference.
pub(super) const ANY: i32 = 50;
/// `trailing_slash`: after what answers itself. CherryPy's number.
pub(super) const TRAILING_SLASH: i32 = 60;
/// `sessions` saves: before whatever looks at the cookies of the answer. CherryPy has 50.
pub(super) const SESSIONS: i32 = 25;
/// `json_out`: what it changes is what the tools after it see.
pub(super) const JSON_OUT: i32 = 30;
/// `expires`: after those that may set a cookie (50), which makes an answer private; before `etags`, which may answer 304 with it. CherryPy: 50.
pub(super) const EXPIRES: i32 = 70;
/// `etags`: over the answer as it is before it is compressed (80). CherryPy's number.
pub(super) const ETAGS: i32 = 75;
/// `autovary`: when all that read headers have read them. CherryPy's number.
pub(super) const AUTOVARY: i32 = 95;
/// `security_headers`: last, for whatever the answer has become.
pub(super) const HEADERS: i32 = 98;
/// `log_hooks`: it tells of all others. CherryPy's number.
pub(super) const LOG_HOOKS: i32 = 100;
