//! Whose doing a request is: this site's own pages', or another site's (W3C Fetch Metadata §2.3, RFC 6454 §7).

use actix_web::http::Method;

use super::origin::{Origin, Origins};
use super::scheme::Scheme;

/// What tells a request of this site's own pages from one that another site made a browser send.
#[derive(Clone, Copy, Debug)]
pub struct Provenance<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// `Sec-Fetch-Site`, which no script can forge.
    pub sec_fetch_site: Option<&'a [u8]>,
    /// `Origin`, which no script can forge either.
    pub origin: Option<&'a [u8]>,
    /// How the request came. `Http` is also what is said behind a proxy that ends TLS and is not trusted.
    pub scheme: Scheme,
    /// The `Host` it asked for.
    pub host: &'a str,
}

/// Why a request is taken for another site's doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// The browser says so.
    SecFetchSite,
    /// Its `Origin` is another site's, `null`, or none at all.
    Origin,
}

impl Provenance<'_> {
    /// Whether a request is this site's own, a trusted one's, or no browser's. The check of Go's `http.CrossOriginProtection`.
    ///
    /// 1. GET, HEAD and OPTIONS pass: they change nothing.
    /// 2. `Sec-Fetch-Site: same-origin` and `none` (the visitor typed it) pass. Of all other values passes only a trusted `Origin`;
    ///    `same-site` is a neighbour's, who need not be a friend.
    /// 3. Without it, for browsers before 2023 and sites without TLS: no `Origin` passes, for every browser sends one with what changes
    ///    something; one that is this site's passes, and so does a trusted one. `null` does not.
    ///
    /// Stricter than Go in one thing: a page that came in the clear (`http://…`) may not post to the same host over TLS, for whoever stands
    /// in between can have written it. The other way round passes, since a proxy may have ended TLS before us.
    ///
    /// # Errors
    /// When it is another site's; status 403.
    ///
    /// # Examples
    /// ```
    /// use actix_web::http::Method;
    /// use kirsch::http::origin::Origins;
    /// use kirsch::http::provenance::{Foreign, Provenance};
    /// use kirsch::http::scheme::Scheme;
    ///
    /// let own = Provenance {
    ///     method: &Method::POST,
    ///     sec_fetch_site: None,
    ///     origin: Some(b"https://example.org"),
    ///     scheme: Scheme::Https,
    ///     host: "example.org",
    /// };
    /// assert_eq!(own.check(&Origins::default()), Ok(()));
    /// let other = Provenance { origin: Some(b"https://evil.example"), ..own };
    /// assert_eq!(other.check(&Origins::default()), Err(Foreign::Origin));
    /// ```
    pub fn check(&self, trusted: &Origins) -> Result<(), Foreign> {
        // An empty header is none, as in Go.
        let present = |value: &&[u8]| !value.is_empty();
        let site = self.sec_fetch_site.filter(present);
        let sent = self.origin.filter(present);
        let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(self.method);
        if safe || matches!(site, Some(b"same-origin" | b"none")) {
            return Ok(());
        }
        let origin = sent
            .and_then(|sent| str::from_utf8(sent).ok())
            .and_then(|sent| sent.parse::<Origin>().ok());
        let trusted = origin
            .as_ref()
            .is_some_and(|origin| trusted.contains(origin));
        if site.is_some() {
            return trusted.then_some(()).ok_or(Foreign::SecFetchSite);
        }
        let own = origin.is_some_and(|origin| self.is_own(&origin));
        (sent.is_none() || trusted || own)
            .then_some(())
            .ok_or(Foreign::Origin)
    }

    fn is_own(&self, origin: &Origin) -> bool {
        let scheme = Scheme::parse(origin.scheme());
        let downgraded = scheme == Some(Scheme::Http) && self.scheme == Scheme::Https;
        // The port that `Host` leaves out is that of the scheme which the browser saw.
        !downgraded && scheme.is_some_and(|scheme| origin.is(scheme, self.host))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONE: &str = "-";

    fn header(value: &str) -> Option<&[u8]> {
        (value != NONE).then_some(value.as_bytes())
    }

    fn check(
        method: &Method,
        site: &str,
        sent: &str,
        scheme: Scheme,
        host: &str,
    ) -> Result<(), Foreign> {
        let provenance = Provenance {
            method,
            sec_fetch_site: header(site),
            origin: header(sent),
            scheme,
            host,
        };
        provenance.check(
            &"https://trusted.example, https://*.friends.example"
                .parse()
                .unwrap(),
        )
    }

    #[test]
    fn safe_methods_pass() {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert_eq!(
                check(
                    &method,
                    "cross-site",
                    "https://evil.example",
                    Scheme::Https,
                    "example.org"
                ),
                Ok(())
            );
        }
    }

    /// The first part is what Go's check decides, the last where this one is sharper.
    #[test]
    fn what_another_site_sends_is_refused() {
        use Scheme::{Http, Https};
        let (fetch, from) = (Err(Foreign::SecFetchSite), Err(Foreign::Origin));
        for (site, sent, scheme, expected) in [
            ("same-origin", NONE, Https, Ok(())),
            ("same-origin", "https://evil.example", Https, Ok(())),
            ("same-origin", "null", Https, Ok(())),
            ("none", NONE, Https, Ok(())),
            ("cross-site", NONE, Https, fetch),
            ("same-site", NONE, Https, fetch),
            ("same-site", "https://example.org", Https, fetch),
            ("cross-site", "null", Https, fetch),
            (NONE, NONE, Https, Ok(())),
            (NONE, "https://example.org", Https, Ok(())),
            (NONE, "https://evil.example", Https, from),
            (NONE, "null", Https, from),
            ("cross-site", "https://trusted.example", Https, Ok(())),
            ("same-site", "https://a.friends.example", Https, Ok(())),
            ("cross-site", "https://evil.example", Https, fetch),
            (NONE, "https://trusted.example", Https, Ok(())),
            (NONE, "https://friends.example", Https, from),
            // Values that no browser sends.
            ("Same-Origin", NONE, Https, fetch),
            ("same-origin, cross-site", NONE, Https, fetch),
            ("\u{e9}", NONE, Https, fetch),
            ("", NONE, Https, Ok(())),
            ("", "https://evil.example", Https, from),
            (NONE, "", Https, Ok(())),
            (NONE, "junk", Https, from),
            (NONE, "example.org", Https, from),
            (NONE, "https://example.org.evil.example", Https, from),
            (
                NONE,
                "https://evil.example?https://example.org",
                Https,
                from,
            ),
            (NONE, "https://example.org@evil.example", Https, from),
            (NONE, "https://example.org:444", Https, from),
            (NONE, "https://example.org:443", Https, Ok(())),
            (NONE, "ftp://example.org", Https, from),
            // A page that came in the clear, and a proxy that ends TLS.
            (NONE, "http://example.org", Https, from),
            (NONE, "http://example.org", Http, Ok(())),
            (NONE, "https://example.org", Http, Ok(())),
        ] {
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::TRACE] {
                let found = check(&method, site, sent, scheme, "example.org");
                assert_eq!(found, expected, "{method} {site:?} {sent:?} {scheme}");
            }
        }
        assert_eq!(
            check(
                &Method::POST,
                NONE,
                "http://localhost:8080",
                Http,
                "localhost:8080"
            ),
            Ok(())
        );
        assert_eq!(
            check(
                &Method::POST,
                NONE,
                "http://localhost:8080",
                Http,
                "localhost"
            ),
            from
        );
        assert_eq!(
            check(&Method::POST, NONE, "https://example.org", Https, "a b"),
            from
        );
    }

    proptest! {
        #[test]
        fn any_headers_are_judged_without_panic(site in proptest::option::of(".*"), sent in proptest::option::of(".*"), host in ".*") {
            let provenance = Provenance {
                method: &Method::POST,
                sec_fetch_site: site.as_ref().map(String::as_bytes),
                origin: sent.as_ref().map(String::as_bytes),
                scheme: Scheme::Https,
                host: &host,
            };
            let _judged = provenance.check(&Origins::default());
        }
    }
}
