//! A browser without a network: it asks a site, keeps its cookies, and follows redirects when told to.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::net::IpAddr;
use std::pin::Pin;

use actix_http::{Payload, Request as HttpRequest};
use actix_service::{IntoServiceFactory as _, Service, ServiceFactory as _};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use actix_web::http::{Method, Uri};
use actix_web::test::TestRequest;
use serde::Serialize;

use crate::http::{location, percent};
use crate::site::{Mistakes, Ready, Site};
use crate::testing::Answer;
use crate::tree::node::Node;

type Running = Pin<Box<dyn Future<Output = Result<ServiceResponse<BoxBody>, actix_web::Error>>>>;
type Serve = Box<dyn Fn(HttpRequest) -> Running>;

/// Asks a site as a browser does, without a socket: for tests.
///
/// It keeps cookies. It does not follow redirects unless [`Client::follow_redirects`] says so. It is synchronous: a test is an
/// ordinary `#[test]`.
///
/// # Examples
/// ```
/// use kirsch::prelude::*;
/// use kirsch::testing::Client;
///
/// #[expose]
/// struct Root;
///
/// #[expose]
/// impl Root {
///     fn hello(&self, name: String) -> String {
///         format!("Hello {name}")
///     }
/// }
///
/// let mut client = Client::new(Root);
/// client.get("/hello/World").assert_status(200).assert_body("Hello World");
/// client.get("/hello").assert_status(400);
/// ```
///
/// # Panics
/// A wrong assertion, a site with mistakes and a path that is no path panic: in a test, that is the report. So does a client made
/// inside an async runtime.
pub struct Client {
    runtime: actix_rt::Runtime,
    ready: Ready,
    serve: Serve,
    cookies: BTreeMap<String, String>,
    follows: bool,
    host: String,
    address: Option<IpAddr>,
}

impl Client {
    /// A client of a site that has this tree at `/`.
    pub fn new(root: impl Node + Send + Sync + 'static) -> Self {
        Self::of(Site::new(root))
    }

    /// A client of this site.
    #[expect(
        clippy::panic,
        clippy::expect_used,
        reason = "in a test a panic is the report"
    )]
    pub fn of(site: Site) -> Self {
        let ready = site.ready().unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let runtime = actix_rt::Runtime::new().expect("a runtime needs a few file descriptors");
        let started = runtime.block_on(ready.start());
        started.unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let serve = runtime.block_on(serve(&ready));
        Self {
            runtime,
            ready,
            serve,
            cookies: BTreeMap::new(),
            follows: false,
            host: "localhost".into(),
            address: None,
        }
    }

    /// Follows redirects of this site from now on, up to ten in a row, by GET.
    #[must_use]
    pub fn follow_redirects(mut self) -> Self {
        self.follows = true;
        self
    }

    /// Has the site read its configuration files again, as SIGHUP does.
    ///
    /// # Errors
    /// Everything that is wrong; then all stays as it is.
    pub fn reload(&mut self) -> Result<(), Mistakes> {
        self.ready.reload()
    }

    /// Asks this host from now on.
    pub fn host(&mut self, host: impl Into<String>) -> &mut Self {
        self.host = host.into();
        self
    }

    /// Asks from this address from now on; until then from none, as over a Unix socket.
    pub fn address(&mut self, address: impl Into<IpAddr>) -> &mut Self {
        self.address = Some(address.into());
        self
    }

    /// GET.
    pub fn get(&mut self, path: impl Display) -> Answer {
        self.request(Method::GET, path).send()
    }

    /// HEAD.
    pub fn head(&mut self, path: impl Display) -> Answer {
        self.request(Method::HEAD, path).send()
    }

    /// POST without a body.
    pub fn post(&mut self, path: impl Display) -> Answer {
        self.request(Method::POST, path).send()
    }

    /// POST of an urlencoded form.
    pub fn post_form<K: AsRef<str>, V: AsRef<str>>(
        &mut self,
        path: impl Display,
        fields: impl IntoIterator<Item = (K, V)>,
    ) -> Answer {
        self.request(Method::POST, path).form(fields).send()
    }

    /// POST of JSON.
    pub fn post_json(&mut self, path: impl Display, value: &impl Serialize) -> Answer {
        self.request(Method::POST, path).json(value).send()
    }

    /// Any request, to be completed and sent.
    pub fn request(&mut self, method: Method, path: impl Display) -> Request<'_> {
        Request {
            client: self,
            draft: Draft {
                method,
                path: path.to_string(),
                headers: Vec::new(),
                body: Vec::new(),
            },
        }
    }

    /// The cookie of this name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Sets a cookie, as if the site had.
    pub fn set_cookie(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.cookies.insert(name.into(), value.into());
        self
    }

    /// Forgets all cookies.
    pub fn forget_cookies(&mut self) -> &mut Self {
        self.cookies.clear();
        self
    }

    fn send(&mut self, draft: Draft) -> Answer {
        let mut at = draft.path.clone();
        let mut answer = self.send_once(draft);
        for _ in 0..10 {
            let is_followed = self.follows && answer.status().is_redirection();
            let target = answer.header(LOCATION.as_str()).filter(|_| is_followed);
            let folder = at.split('?').next().unwrap_or("/");
            let Some(target) = target.and_then(|target| location::path_absolute(target, folder))
            else {
                break;
            };
            at.clone_from(&target);
            answer = self.send_once(Draft::get(target));
        }
        answer
    }

    #[expect(clippy::panic, reason = "in a test a panic is the report")]
    fn send_once(&mut self, draft: Draft) -> Answer {
        let is_head = draft.method == Method::HEAD;
        let call = (self.serve)(self.write(draft));
        let answer = self.runtime.block_on(async move {
            let response = call
                .await
                .unwrap_or_else(|error| panic!("the site gave no answer: {error}"));
            Answer::read(response, is_head).await
        });
        self.keep_cookies(&answer);
        answer
    }

    #[expect(clippy::panic, reason = "in a test a panic is the report")]
    fn write(&self, draft: Draft) -> HttpRequest {
        let Draft {
            method,
            path,
            headers,
            body,
        } = draft;
        if let Err(error) = path.parse::<Uri>() {
            panic!("`{path}` is no path: {error}");
        }
        let mut request = TestRequest::with_uri(&path)
            .method(method)
            .insert_header((HOST, self.host.clone()));
        if let Some(address) = self.address {
            request = request.peer_addr((address, 50_000).into());
        }
        if !self.cookies.is_empty() {
            let pair = |(name, value): (&String, &String)| format!("{name}={value}");
            let pairs: Vec<_> = self.cookies.iter().map(pair).collect();
            request = request.insert_header((COOKIE, pairs.join("; ")));
        }
        for (name, value) in &headers {
            request = request.append_header((name.as_str(), value.as_str()));
        }
        if body.is_empty() {
            // As on the wire: no body, which is not the same as an empty one.
            request.to_request().replace_payload(Payload::None).0
        } else {
            request.set_payload(body).to_request()
        }
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for line in answer.headers(SET_COOKIE.as_str()) {
            let pair = line.split(';').next().unwrap_or("");
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            let gone = line
                .split(';')
                .any(|attribute| attribute.trim().eq_ignore_ascii_case("max-age=0"));
            if gone {
                self.cookies.remove(name.trim());
            } else {
                self.cookies
                    .insert(name.trim().to_string(), value.trim().to_string());
            }
        }
    }
}

#[expect(clippy::panic, reason = "in a test a panic is the report")]
async fn serve(ready: &Ready) -> Serve {
    let factory = ready.app().into_factory();
    let service = factory
        .new_service(AppConfig::default())
        .await
        .unwrap_or_else(|()| panic!("the site cannot be served"));
    Box::new(move |request| {
        let call = service.call(request);
        Box::pin(call)
    })
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("cookies", &self.cookies)
            .field("follows", &self.follows)
            .finish_non_exhaustive()
    }
}

/// A request that is being written.
#[must_use = "a request is sent by `send`"]
#[derive(Debug)]
pub struct Request<'c> {
    client: &'c mut Client,
    draft: Draft,
}

#[derive(Debug)]
struct Draft {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Draft {
    fn get(path: String) -> Self {
        Self {
            method: Method::GET,
            path,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }
}

impl Request<'_> {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Display) -> Self {
        let header = (name.to_string(), value.to_string());
        self.draft.headers.push(header);
        self
    }

    /// The body, as it is.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.draft.body = body.into();
        self.header(CONTENT_TYPE.as_str(), content_type)
    }

    /// An urlencoded form.
    pub fn form<K: AsRef<str>, V: AsRef<str>>(
        self,
        fields: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let encode = |text: &str| percent::encode_query(text).into_owned();
        let pair = |(name, value): (K, V)| encode(name.as_ref()) + "=" + &encode(value.as_ref());
        let body: Vec<_> = fields.into_iter().map(pair).collect();
        self.body("application/x-www-form-urlencoded", body.join("&"))
    }

    /// JSON.
    #[expect(clippy::expect_used, reason = "in a test a panic is the report")]
    pub fn json(self, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).expect("the value cannot be written as JSON");
        self.body("application/json", body)
    }

    /// Sends it.
    pub fn send(self) -> Answer {
        self.client.send(self.draft)
    }
}
