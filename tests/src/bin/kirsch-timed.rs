//! A site with short limits, for tests that need a process of its own.
#![forbid(unsafe_code)]

use std::time::Duration;

use kirsch::actix_web::rt::time::sleep;
use kirsch::actix_web::web::Bytes;
use kirsch::prelude::*;
use kirsch::{ServerOptions, actix_web};

#[expose]
struct Root;

#[expose]
impl Root {
    fn index(&self) -> &'static str {
        "hello"
    }

    /// Takes a while.
    async fn slow(&self) -> &'static str {
        sleep(Duration::from_millis(900)).await;
        "at last"
    }

    /// Takes for ever, and lets others work.
    async fn never(&self) -> &'static str {
        std::future::pending().await
    }

    /// Takes for ever, and blocks its worker.
    fn stuck(&self) -> &'static str {
        loop {
            std::thread::park();
        }
    }

    /// More than any client reads.
    fn endless(&self) -> HttpResponse {
        let piece = Bytes::from_static(&[b'x'; 10_000]);
        let pieces = std::iter::repeat_with(move || Ok::<_, actix_web::Error>(piece.clone()));
        HttpResponse::Ok().streaming(futures_util::stream::iter(pieces))
    }

    #[post]
    fn echo(&self, body: Bytes) -> Bytes {
        body
    }
}

fn main() -> Result<()> {
    let limit = Duration::from_millis(600);
    let options = ServerOptions::new()
        .workers(2)
        .keep_alive(limit)
        .head_timeout(limit)
        .write_timeout(limit)
        .shutdown_timeout(Duration::from_secs(3));
    Site::new(Root).server(options).quickstart()
}
