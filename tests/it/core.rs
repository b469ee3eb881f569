//! Answers: statuses, slashes, redirects, headers. CherryPy: `test_core.py`.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{Either, HttpMessage as _};
use kirsch::prelude::*;
use kirsch::testing::Client;

use crate::check::check;

#[expose]
struct Root {
    #[child]
    status: Status,
    #[child]
    redirect: Redirects,
    #[child]
    internalredirect: InternalRedirect,
    #[child]
    image: Image,
    #[child]
    answers: Answers,
    #[child]
    cookies: Cookies,
    #[child]
    multiheader: MultiHeader,
    #[child]
    expose_dec: ExposeDec,
}

#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "hello"
    }
}

fn client() -> Client {
    Client::new(Root {
        status: Status,
        redirect: Redirects,
        internalredirect: InternalRedirect,
        image: Image,
        answers: Answers,
        cookies: Cookies,
        multiheader: MultiHeader,
        expose_dec: ExposeDec,
    })
}

#[expose]
struct Status;

#[expose]
impl Status {
    fn index(&self) -> &'static str {
        "normal"
    }

    fn blank(&self) -> NoContent {
        NoContent
    }

    fn unknown(&self) -> (&'static str, StatusCode) {
        ("funky", StatusCode::from_u16(431).unwrap())
    }

    fn rare(&self) -> HttpResponse {
        HttpResponse::build(StatusCode::from_u16(299).unwrap()).body("rare")
    }

    /// Says something: it is shown as it is.
    fn said(&self) -> HttpResponse {
        HttpResponse::Conflict().body("two of them")
    }

    /// Says nothing: it gets an error page, and keeps its headers.
    fn bare(&self) -> HttpResponse {
        HttpResponse::ServiceUnavailable()
            .insert_header(("retry-after", "7"))
            .finish()
    }

    fn absent(&self) -> Option<String> {
        None
    }
}

#[test]
fn test_status() {
    check(
        &mut client(),
        &[
            ("GET /status/", "200 normal"),
            ("GET /status/blank", "204 (nothing)"),
            ("GET /status/unknown", "431 funky"),
            ("GET /status/rare", "299 rare"),
            ("GET /status/said", "409 two of them"),
            (
                "GET /status/bare",
                "503 [retry-after: 7] … <title>503 Service Unavailable</title>",
            ),
            ("GET /status/absent", "404 … <title>404 Not Found</title>"),
        ],
    );
}

#[expose]
struct Redirects;

#[expose]
impl Redirects {
    fn index(&self) -> &'static str {
        "child"
    }

    fn by_code(&self, code: u16) -> Redirect {
        Redirect::to("somewhere%20else").status(StatusCode::from_u16(code).unwrap())
    }

    fn permanent(&self) -> Redirect {
        Redirect::to("/").permanent()
    }

    fn temporary(&self) -> Redirect {
        Redirect::to("/").temporary()
    }

    fn nomodify(&self) -> HttpResponse {
        HttpResponse::NotModified()
            .insert_header(("etag", "\"1\""))
            .finish()
    }

    fn fragment(&self, fragment: String) -> Redirect {
        Redirect::to(format!("/some/url#{fragment}"))
    }

    fn target(&self, url: String) -> Redirect {
        Redirect::to(url)
    }

    fn raised(&self, url: String) -> Result<String> {
        Err(Redirect::to(url))?;
        Ok("not reached".into())
    }

    async fn raised_later(&self) -> Result<String> {
        actix_web::rt::task::yield_now().await;
        Err(Redirect::to("../status/").into())
    }

    fn away(&self, url: String) -> Redirect {
        Redirect::external(url)
    }
}

#[test]
fn test_slashes() {
    check(
        &mut client(),
        &[
            ("GET /redirect?id=3", "301 → /redirect/?id=3"),
            (
                "GET /redirect?id=%2F%zz&&",
                "301 → /redirect/?id=%2F%25zz&&",
            ),
            ("POST /redirect?id=3", "301 → /redirect/?id=3"),
            ("HEAD /redirect", "301 → /redirect/"),
            ("GET /redirect", "301 … <a href=\"/redirect/\">"),
            ("GET /%72edirect", "301 → /%72edirect/"),
            // A page has no slash, an index no second one.
            ("GET /redirect/by_code/?code=307", "404"),
            ("GET /redirect//", "404"),
        ],
    );
}

/// `Location` is never made from `Host`.
#[test]
fn a_redirect_does_not_know_the_host() {
    let mut client = client();
    client.host("evil.example");
    check(
        &mut client,
        &[
            ("GET /redirect", "301 → /redirect/"),
            (
                "GET /redirect/by_code/303",
                "303 → /redirect/by_code/somewhere%20else",
            ),
        ],
    );
}

#[test]
fn test_redirect() {
    check(
        &mut client(),
        &[
            ("GET /redirect/", "200 child"),
            (
                "GET /redirect/by_code?code=301",
                "301 → /redirect/somewhere%20else",
            ),
            (
                "GET /redirect/by_code?code=302",
                "302 → /redirect/somewhere%20else",
            ),
            (
                "GET /redirect/by_code?code=303",
                "303 → /redirect/somewhere%20else",
            ),
            (
                "GET /redirect/by_code?code=307",
                "307 → /redirect/somewhere%20else",
            ),
            (
                "GET /redirect/by_code?code=308",
                "308 → /redirect/somewhere%20else",
            ),
            // What is no redirect to another URL leaves 303.
            (
                "GET /redirect/by_code?code=300",
                "303 → /redirect/somewhere%20else",
            ),
            (
                "GET /redirect/by_code?code=304",
                "303 → /redirect/somewhere%20else",
            ),
            (
                "GET /redirect/by_code?code=200",
                "303 → /redirect/somewhere%20else",
            ),
            ("GET /redirect/permanent", "308 → /"),
            ("GET /redirect/temporary", "307 → /"),
            ("GET /redirect/nomodify", "304 [etag: \"1\"] (nothing)"),
            ("GET /redirect/fragment/foo", "303 → /some/url#foo"),
            ("GET /redirect/raised?url=/status/", "303 → /status/"),
            ("GET /redirect/raised_later", "303 → /status/"),
            (
                "GET /redirect/target?url=%3Fa=1",
                "303 → /redirect/target?a=1",
            ),
            ("GET /redirect/target?url=../../../x", "303 → /x"),
            // Both note where they lead, in HTML.
            (
                "GET /redirect/by_code?code=303",
                "303 [content-type: text/html; charset=utf-8] … <a href=\"/redirect/somewhere%20else\">",
            ),
        ],
    );
}

/// What may come from a visitor never leads another one off the site.
#[test]
fn a_redirect_stays_on_the_site() {
    for refused in [
        "//evil.example/",
        "/%5Cevil.example",
        "%5C%5Cevil.example",
        "http://evil.example/",
        "javascript:alert(1)",
        "%20/x",
        "/x%0D%0ASet-Cookie:%20a=b",
        "/x%00",
    ] {
        let mut client = client();
        for page in ["target", "raised"] {
            let answer = client.get(format!("/redirect/{page}?url={refused}"));
            answer
                .assert_status(500)
                .assert_no_header("location")
                .assert_no_header("set-cookie");
            answer.assert_in_body("<title>500 Internal Server Error</title>");
        }
    }
    check(
        &mut client(),
        &[
            (
                "GET /redirect/away?url=https://elsewhere.example/x?y=1",
                "303 → https://elsewhere.example/x?y=1",
            ),
            ("GET /redirect/away?url=/x", "500"),
            ("GET /redirect/away?url=//elsewhere.example", "500"),
            ("GET /redirect/away?url=javascript:alert(1)", "500"),
            ("GET /redirect/away?url=https://e.example/%0D%0Aa:b", "500"),
        ],
    );
}

#[test]
fn test_redirect_with_xss() {
    let answer =
        client().get("/redirect/target?url=/some%3Cscript%3Ealert(1)%3C/script%3Eurl/%22that'we");
    answer
        .assert_status(303)
        .assert_not_in_body("<script>")
        .assert_not_in_body("\"that");
}

#[test]
fn test_redirect_with_unicode() {
    check(
        &mut client(),
        &[("GET /redirect/target?url=%D1%82", "303 → /redirect/%D1%82")],
    );
}

#[expose]
struct InternalRedirect;

#[expose]
impl InternalRedirect {
    fn index(&self) -> Result<String> {
        Err(Error::internal_redirect("/"))
    }

    fn relative(&self) -> Result<String> {
        Err(Error::internal_redirect("cousin?t=6"))
    }

    fn cousin(&self, t: u8, request: HttpRequest) -> String {
        format!("{t} asked as {}", request.uri())
    }

    #[any]
    async fn petshop(&self, user_id: String) -> Result<String> {
        let other = match user_id.as_str() {
            "parrot" => "slug",
            "terrier" => "fish",
            other => other,
        };
        Err(Error::internal_redirect(format!(
            "/image/of?user_id={other}"
        )))
    }

    fn round(&self, n: u8) -> Result<String> {
        Err(Error::internal_redirect(format!("round?n={}", 1 - n)))
    }

    fn deeper(&self, n: u8) -> Result<String> {
        if n == 0 {
            Ok("bottom".into())
        } else {
            Err(Error::internal_redirect(format!("deeper?n={}", n - 1)))
        }
    }

    fn nowhere(&self) -> Result<String> {
        Err(Error::internal_redirect("/nowhere"))
    }

    fn away(&self) -> Result<String> {
        Err(Error::internal_redirect("//evil.example/"))
    }

    fn without_slash(&self) -> Result<String> {
        Err(Error::internal_redirect("/status"))
    }

    fn onward(&self) -> Result<String> {
        Err(Error::internal_redirect("/redirect/by_code?code=303"))
    }

    fn to_post(&self) -> Result<String> {
        Err(Error::internal_redirect("/image/posted"))
    }

    /// From a page with captures and leftovers to another one.
    #[get(path = "at/{a}/{b}")]
    fn at(&self, a: String, b: String) -> Result<String> {
        Err(Error::internal_redirect(format!("/image/of/{b}?a={a}")))
    }

    /// The path in it is encoded, as every path is.
    fn encoded(&self, id: String) -> Result<String> {
        let link = Root::link().image().of().segment(id);
        Err(Error::internal_redirect(link))
    }
}

#[expose]
struct Image;

#[expose]
impl Image {
    fn of(&self, user_id: String) -> String {
        format!("0 images for {user_id}")
    }

    #[post]
    fn posted(&self) -> &'static str {
        "posted"
    }
}

#[test]
fn test_internal_redirect() {
    check(
        &mut client(),
        &[
            ("GET /internalredirect/", "200 hello"),
            (
                "GET /internalredirect/petshop?user_id=Sir-not-appearing",
                "200 0 images for Sir-not-appearing",
            ),
            (
                "GET /internalredirect/petshop?user_id=parrot",
                "200 0 images for slug",
            ),
            // The other page is asked by GET, whatever this one was asked by.
            (
                "POST /internalredirect/petshop user_id=terrier",
                "200 0 images for fish",
            ),
            ("GET /internalredirect/to_post", "405"),
            ("GET /internalredirect/at/x/y%2Fz", "404"),
            ("GET /internalredirect/at/x/y", "200 0 images for y"),
            (
                "GET /internalredirect/encoded/y%2Fz%20%25",
                "200 0 images for y/z %",
            ),
            (
                "GET /internalredirect/relative?a=3&b=5",
                "200 6 asked as /internalredirect/relative?a=3&b=5",
            ),
            ("GET /internalredirect/deeper?n=9", "200 bottom"),
            ("GET /internalredirect/deeper?n=12", "500"),
            (
                "GET /internalredirect/round?n=0",
                "500 … internal redirects go round in a circle",
            ),
            ("GET /internalredirect/nowhere", "404"),
            ("GET /internalredirect/away", "500"),
            ("GET /internalredirect/without_slash", "301 → /status/"),
            // The browser's address is still the first one, and what is relative is relative to it.
            (
                "GET /internalredirect/onward",
                "303 → /internalredirect/somewhere%20else",
            ),
        ],
    );
}

#[expose]
struct Answers;

#[expose]
impl Answers {
    fn text(&self) -> String {
        "content".into()
    }

    fn bytes(&self) -> Bytes {
        Bytes::from_static(b"content")
    }

    fn html(&self) -> Html {
        Html::new("content")
    }

    fn json(&self) -> Json<[u8; 2]> {
        Json([1, 2])
    }

    fn either(&self, left: bool) -> Either<Html, Json<u8>> {
        if left {
            Either::Left(Html::new("content"))
        } else {
            Either::Right(Json(7))
        }
    }

    fn with_status(&self) -> impl Responder {
        ("content", StatusCode::CREATED)
    }

    async fn streamed(&self) -> HttpResponse {
        let parts = ["con", "tent"]
            .map(|part| Ok::<_, std::io::Error>(Bytes::from_static(part.as_bytes())));
        HttpResponse::Ok().streaming(futures_util::stream::iter(parts))
    }

    fn fallible(&self, fails: Option<bool>) -> Result<Html> {
        match fails {
            Some(true) => Err(Error::forbidden()),
            _ => Ok(Html::new("content")),
        }
    }

    /// Its error is actix-web's own, and keeps its status.
    fn of_actix(&self) -> Result<String, actix_web::Error> {
        Err(actix_web::error::ErrorConflict("secret"))
    }

    fn of_another(&self) -> Result<String, std::num::ParseIntError> {
        "x".parse::<u8>().map(|number| number.to_string())
    }

    fn with_question_mark(&self) -> Result<String> {
        let number: u8 = "x"
            .parse()
            .map_err(|cause| Error::bad_request("a number, please").because(cause))?;
        Ok(number.to_string())
    }
}

#[test]
fn test_flatten() {
    check(
        &mut client(),
        &[
            ("GET /answers/text", "200 content"),
            ("GET /answers/bytes", "200 content"),
            ("GET /answers/html", "200 content"),
            ("GET /answers/json", "200 [1,2]"),
            ("GET /answers/either/true", "200 content"),
            ("GET /answers/either/false", "200 7"),
            ("GET /answers/with_status", "201 content"),
            ("GET /answers/streamed", "200 content"),
            ("GET /answers/fallible", "200 content"),
            ("GET /answers/fallible/true", "403"),
            ("GET /answers/of_actix", "409"),
            ("GET /answers/of_another", "500"),
            ("GET /answers/with_question_mark", "400 … a number, please"),
        ],
    );
}

#[test]
fn test_default_content_type() {
    check(
        &mut client(),
        &[
            (
                "GET /answers/text",
                "200 [content-type: text/plain; charset=utf-8]",
            ),
            (
                "GET /answers/html",
                "200 [content-type: text/html; charset=utf-8]",
            ),
            ("GET /answers/json", "200 [content-type: application/json]"),
            (
                "GET /answers/bytes",
                "200 [content-type: application/octet-stream]",
            ),
        ],
    );
}

#[expose]
struct Cookies;

#[expose]
impl Cookies {
    fn single(&self, name: String, sent: kirsch::Cookies) -> Option<HttpResponse> {
        let value = sent.get(&name)?.to_string();
        Some(HttpResponse::Ok().cookie(Cookie::new(name, value)).finish())
    }

    fn multiple(&self, sent: kirsch::Cookies) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        for (name, value) in sent.iter() {
            response.cookie(Cookie::new(name, value));
        }
        response.finish()
    }
}

#[test]
fn test_cookies() {
    let mut client = client();
    client
        .set_cookie("First", "Dinsdale")
        .set_cookie("Last", "Piranha");
    check(
        &mut client,
        &[
            (
                "GET /cookies/single?name=First",
                "200 [set-cookie: First=Dinsdale]",
            ),
            (
                "GET /cookies/multiple",
                "200 [set-cookie: First=Dinsdale] [set-cookie: Last=Piranha]",
            ),
            ("GET /cookies/single?name=Other", "404"),
        ],
    );
}

#[expose]
struct MultiHeader;

#[expose]
impl MultiHeader {
    fn list(&self) -> HttpResponse {
        HttpResponse::Ok()
            .append_header(("www-authenticate", "Negotiate"))
            .append_header(("www-authenticate", "Basic realm=\"foo\""))
            .finish()
    }

    /// The headers of an error stay on its page.
    fn refused(&self) -> Result<String> {
        let value = HeaderValue::from_static("Basic realm=\"foo\"");
        Err(Error::new(StatusCode::UNAUTHORIZED, "who are you?")
            .header(actix_web::http::header::WWW_AUTHENTICATE, value))
    }

    /// A page may look at its request's content type through the trait of actix-web.
    fn kind(&self, request: HttpRequest) -> String {
        let has = request.headers().contains_key(CONTENT_TYPE);
        format!("{has} {:?}", request.content_type())
    }
}

#[test]
fn test_multiple_headers() {
    check(
        &mut client(),
        &[
            (
                "GET /multiheader/list",
                "200 [www-authenticate: Negotiate] [www-authenticate: Basic realm=\"foo\"]",
            ),
            (
                "GET /multiheader/refused",
                "401 [www-authenticate: Basic realm=\"foo\"] … who are you?",
            ),
            ("GET /multiheader/kind", r#"200 false """#),
        ],
    );
}

#[expose]
struct ExposeDec;

/// Every name in another spelling; a `path` stays as it is written.
#[expose(rename_all = "kebab-case")]
impl ExposeDec {
    fn no_call(&self) -> &'static str {
        "Mr E. R. Bradshaw"
    }

    #[get(path = "nesbitt.html")]
    fn call_alias(&self) -> &'static str {
        "Mr Nesbitt"
    }

    fn r#type(&self) -> &'static str {
        "a keyword"
    }

    #[child]
    fn sub_node(&self, some_name: String) -> Named {
        Named(some_name)
    }
}

#[expose]
struct Named(String);

#[expose(rename_all = "SCREAMING-KEBAB-CASE")]
impl Named {
    fn the_name(&self, first_arg: Option<String>) -> String {
        format!("{} {first_arg:?}", self.0)
    }
}

#[test]
fn test_expose_decorator() {
    check(
        &mut client(),
        &[
            ("GET /expose_dec/no-call", "200 Mr E. R. Bradshaw"),
            ("GET /expose_dec/no_call", "404"),
            ("GET /expose_dec/nesbitt.html", "200 Mr Nesbitt"),
            ("GET /expose_dec/call-alias", "404"),
            ("GET /expose_dec/type", "200 a keyword"),
            // Parameters keep their names.
            (
                "GET /expose_dec/sub-node/x/THE-NAME?first_arg=1",
                r#"200 x Some("1")"#,
            ),
            ("GET /expose_dec/sub-node/x/the_name", "404"),
        ],
    );
}
