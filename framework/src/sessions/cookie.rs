//! The cookie of a session: which one is read, and how it is written.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::SameSite;
use actix_web::http::header::{COOKIE, HeaderValue};

use crate::error::{Error, Result};
use crate::http::cookie::{SetCookie, read};
use crate::sessions::seal::{Keys, Ticket, Understood};

/// What a name begins with that browsers take over TLS only, for this host only and for all its paths (RFC 6265bis, 4.1.3.2).
const HOST_PREFIX: &str = "__Host-";

/// How the cookie is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cookie {
    pub(crate) name: String,
    /// The same with its prefix.
    prefixed: Option<String>,
    pub(crate) path: String,
    pub(crate) domain: Option<String>,
    /// Over TLS only. `None`: wherever there is TLS.
    pub(crate) secure: Option<bool>,
    pub(crate) same_site: SameSite,
    /// It outlives the browser.
    pub(crate) is_persistent: bool,
}

impl Cookie {
    pub(crate) fn new(name: &str, path: &str, domain: Option<&str>) -> Self {
        let is_prefixed = name.starts_with("__");
        let can = path == "/" && domain.is_none() && !is_prefixed;
        Self {
            name: name.to_owned(),
            prefixed: can.then(|| format!("{HOST_PREFIX}{name}")),
            path: path.to_owned(),
            domain: domain.map(str::to_owned),
            secure: None,
            same_site: SameSite::Lax,
            is_persistent: true,
        }
    }

    /// What browsers would refuse of it, in words.
    pub(crate) fn refusal(&self) -> Option<String> {
        let tries = [false, true].map(|is_https| self.set(is_https, "x", 1).build());
        tries
            .into_iter()
            .find_map(Result::err)
            .map(|bad| bad.to_string())
    }

    fn is_secure(&self, is_https: bool) -> bool {
        self.secure.unwrap_or(is_https)
    }

    /// Its name, for a request that came by TLS or not.
    pub(crate) fn name(&self, is_https: bool) -> &str {
        let prefixed = self.prefixed.as_deref();
        let prefixed = prefixed.filter(|_| self.is_secure(is_https));
        prefixed.unwrap_or(&self.name)
    }

    /// Who the visitor is. Of several cookies of the name, all must be ours and name one id: else somebody else has written one of them. Browsers
    /// send two of ours where the path or the domain of the cookie has changed; then the newest counts.
    pub(crate) fn read(
        &self,
        request: &HttpRequest,
        is_https: bool,
        keys: &Keys,
    ) -> Option<Understood> {
        let name = self.name(is_https);
        let mut values = read(request.headers().get_all(COOKIE))
            .filter(|(other, _)| *other == name)
            .map(|(_, value)| value);
        let mut newest = keys.open(name, values.next()?)?;
        for other in values {
            let other = keys.open(name, other)?;
            if other.ticket.id != newest.ticket.id {
                return None;
            }
            if other.ticket.written > newest.ticket.written {
                newest = other;
            }
        }
        Some(newest)
    }

    /// The header that tells the browser.
    pub(crate) fn write(
        &self,
        is_https: bool,
        keys: &Keys,
        ticket: &Ticket,
        keep: Duration,
    ) -> Result<HeaderValue> {
        let value = keys.seal(self.name(is_https), ticket)?;
        // A second at least: none would take the cookie away.
        let seconds = i64::try_from(keep.as_secs().max(1)).unwrap_or(i64::MAX);
        let cookie = self.set(is_https, &value, seconds).build();
        cookie.map_err(Error::from)
    }

    /// The header that takes it away from the browser.
    pub(crate) fn removal(&self, is_https: bool) -> Result<HeaderValue> {
        let cookie = self.set(is_https, "", 0).max_age(0);
        cookie.build().map_err(Error::from)
    }

    fn set<'a>(&'a self, is_https: bool, value: &'a str, seconds: i64) -> SetCookie<'a> {
        let cookie = SetCookie::new(self.name(is_https), value)
            .raw()
            .path(&*self.path)
            .secure(self.is_secure(is_https))
            .same_site(self.same_site);
        let cookie = match &self.domain {
            Some(domain) => cookie.domain(&**domain),
            None => cookie,
        };
        if self.is_persistent {
            cookie.max_age(seconds)
        } else {
            cookie
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::sessions::id::Id;

    fn keys() -> Keys {
        Keys::new([&[7_u8; 32][..]])
    }

    fn ticket() -> Ticket {
        Ticket::new(Id::new().unwrap(), None)
    }

    fn written(cookie: &Cookie, is_https: bool) -> String {
        let hour = Duration::from_hours(1);
        let header = cookie.write(is_https, &keys(), &ticket(), hour).unwrap();
        let text = header.to_str().unwrap();
        let (name, rest) = text.split_once('=').unwrap();
        format!("{name} {}", rest.split_once("; ").unwrap().1)
    }

    #[test]
    fn the_prefix_is_there_where_it_can_be() {
        let mut cookie = Cookie::new("session_id", "/", None);
        assert_eq!(
            written(&cookie, true),
            "__Host-session_id Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            written(&cookie, false),
            "session_id Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"
        );
        cookie.secure = Some(true);
        assert!(written(&cookie, false).starts_with("__Host-session_id"));
        cookie.secure = Some(false);
        assert!(written(&cookie, true).starts_with("session_id Path=/; Max-Age=3600; HttpOnly"));
        let below = Cookie::new("session_id", "/shop", None);
        assert!(written(&below, true).starts_with("session_id Path=/shop; Max-Age=3600; Secure"));
        let wide = Cookie::new("session_id", "/", Some("example.org"));
        assert!(written(&wide, true).starts_with("session_id Path=/; Domain=example.org"));
    }

    #[test]
    fn what_is_not_persistent_ends_with_the_browser() {
        let mut cookie = Cookie::new("temp", "/", None);
        cookie.is_persistent = false;
        assert_eq!(
            written(&cookie, false),
            "temp Path=/; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            cookie.removal(false).unwrap(),
            "temp=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }

    /// Not one that was made under another name, not one of two, and not one whose name differs in its capitals.
    #[test]
    fn one_cookie_of_the_exact_name_is_read() {
        let (cookie, keys) = (Cookie::new("s", "/", None), keys());
        let [one, other] = [(); 2].map(|()| keys.seal("s", &ticket()).unwrap());
        let foreign = keys.seal("t", &ticket()).unwrap();
        let [same, again] = {
            let ticket = ticket();
            [(); 2].map(|()| keys.seal("s", &ticket).unwrap())
        };
        let hosts = keys.seal("__Host-s", &ticket()).unwrap();
        for (header, is_https, is_read) in [
            (format!("s={one}"), false, true),
            (format!("a=1; s={one}; b"), false, true),
            (format!("s={one}; s={one}"), false, true),
            (format!("s={same}; s={again}"), false, true),
            (format!("s={same}; s={again}; s={one}"), false, false),
            (format!("s={one}; s={other}"), false, false),
            (format!("s={other}; s={one}"), false, false),
            (format!("s={one}; s=x"), false, false),
            (format!("S={one}"), false, false),
            (format!("%73={one}"), false, false),
            (format!("s={foreign}"), false, false),
            (format!("s={one}"), true, false),
            (format!("__Host-s={hosts}"), true, true),
            (format!("__Host-s={hosts}"), false, false),
            (format!("__host-s={hosts}"), true, false),
            ("s=../../../etc/passwd".to_owned(), false, false),
            (format!("s={}", "x".repeat(10_000)), false, false),
            ("s=%00".to_owned(), false, false),
            (String::new(), false, false),
        ] {
            let request = TestRequest::default().insert_header((COOKIE, header.as_str()));
            let read = cookie.read(&request.to_http_request(), is_https, &keys);
            assert_eq!(read.is_some(), is_read, "{header} {is_https}");
        }
    }

    #[test]
    fn what_browsers_refuse_is_known() {
        assert_eq!(Cookie::new("session_id", "/", None).refusal(), None);
        for cookie in [
            Cookie::new("session id", "/", None),
            Cookie::new("__Host-s", "/", None),
            Cookie::new("s", "/;", None),
            Cookie::new("s", "/", Some("a b")),
        ] {
            assert!(cookie.refusal().is_some(), "{cookie:?}");
        }
    }
}
