//! A site whose pages say which level of the configuration has won, for tests that need a process of its own.
#![forbid(unsafe_code)]

use futures_util::StreamExt as _;
use futures_util::stream::once;
use kirsch::prelude::*;
use kirsch::{Site, actix_web};

/// Puts a word into the answer.
#[tool]
struct Mark {
    /// Who has won.
    #[option(default = "default")]
    word: String,
    /// A level that adds nothing to the first.
    #[option(default = 1)]
    times: u32,
}

#[tool]
impl Mark {
    fn before_finalize(&self, x: &mut Exchange) {
        let word = self.word.repeat(self.times as usize);
        let value = HeaderValue::from_str(&word);
        let Some(response) = x.response_mut() else {
            return;
        };
        if let Ok(value) = value {
            response
                .headers_mut()
                .insert(HeaderName::from_static("x-mark"), value);
        }
    }
}

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::rt::task::yield_now;
use actix_web::web::Bytes;

/// Attributes at every level.
#[expose]
#[tools(mark(word = "attribute /"))]
struct Root {
    #[child]
    n: Said,
    #[child]
    m: Silent,
}

#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "index"
    }

    /// Fails as nobody meant it to.
    fn broken(&self) -> Result<&'static str> {
        Err(std::fmt::Error)?
    }

    /// The same, with an error that hides its cause from the visitor.
    fn hidden(&self) -> HttpResponse {
        let begun = async { Ok(Bytes::from_static(b"begun")) };
        let hidden = async {
            yield_now().await;
            Err(actix_web::Error::from(Error::internal("no more rows")))
        };
        HttpResponse::Ok().streaming(once(begun).chain(once(hidden)))
    }

    /// Fails when its answer has begun.
    fn torn(&self) -> HttpResponse {
        let begun = async { Ok(Bytes::from_static(b"begun")) };
        let torn = async {
            // What has been said goes out.
            yield_now().await;
            Err(std::io::Error::other("torn\non purpose"))
        };
        HttpResponse::Ok().streaming(once(begun).chain(once(torn)))
    }
}

#[expose]
#[tools(mark(word = "attribute node"))]
struct Said;

#[expose]
impl Said {
    #[tools(mark(word = "attribute page"))]
    fn p(&self) -> &'static str {
        "p"
    }

    fn q(&self) -> &'static str {
        "q"
    }

    #[get(path = "c/{id}")]
    #[tools(mark(word = "attribute page"))]
    fn c(&self, id: u32) -> String {
        id.to_string()
    }

    #[tools(mark(word = "attribute page"))]
    fn index(&self) -> &'static str {
        "index"
    }
}

/// Attributes nowhere but at a page.
#[expose]
struct Silent;

#[expose]
impl Silent {
    #[tools(mark(word = "attribute page"))]
    fn p(&self) -> &'static str {
        "p"
    }

    fn q(&self) -> &'static str {
        "q"
    }
}

#[expose]
struct Bare {
    #[child]
    m: Silent,
}

#[expose]
impl Bare {}

fn main() -> Result<()> {
    let root = Root { n: Said, m: Silent };
    Site::new(root).mount("/b", Bare { m: Silent }).quickstart()
}
