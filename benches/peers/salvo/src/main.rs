//! salvo, as its documentation starts it: tokio's multi-thread runtime, here with one worker.

use course::{Course, Echo, HELLO, Message, Pair};
use salvo::conn::tcp::TcpListener;
use salvo::http::ParseError;
use salvo::logging::Logger;
use salvo::writing::{Json, Text};
use salvo::{
    Depot, FlowCtrl, Handler, Listener, Request, Response, Router, Server, Service, async_trait,
    handler,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    // The accept loop is spawned too, so that one thread does all the work.
    runtime.block_on(async { tokio::spawn(serve(Course::from_arguments())).await })?;
    Ok(())
}

async fn serve(course: Course) {
    let acceptor = TcpListener::new(("127.0.0.1", course.port)).bind().await;
    let service = Service::new(site(course));
    if course.log {
        course::trace_into_sink();
        return Server::new(acceptor)
            .serve(service.hoop(Logger::new()))
            .await;
    }
    Server::new(acceptor).serve(service).await;
}

fn site(course: Course) -> Router {
    let mut site = Router::new();
    if course.small {
        site = site
            .push(Router::with_path("plaintext").get(plaintext))
            .push(Router::with_path("json").get(json))
            .push(Router::with_path("user/{id}/post/{slug}").get(user_post))
            .push(Router::with_path("query").get(query))
            .push(Router::with_path("echo").post(echo));
    }
    if course.statics {
        for (path, text) in course::static_pages() {
            site = site.push(Router::with_path(path).get(Page(text)));
        }
    }
    if course.captures {
        for path in course::capture_pages("{id}") {
            site = site.push(Router::with_path(path).get(capture));
        }
    }
    site
}

#[handler]
async fn plaintext() -> &'static str {
    HELLO
}

#[handler]
async fn json() -> Json<Message> {
    Json(Message { message: HELLO })
}

#[handler]
async fn user_post(request: &mut Request) -> String {
    let id = request.param::<u64>("id").unwrap_or_default();
    let slug = request.param::<String>("slug").unwrap_or_default();
    format!("{id} {slug}")
}

#[handler]
async fn query(request: &mut Request) -> Result<String, ParseError> {
    let Pair { a, b } = request.parse_queries()?;
    Ok(format!("{a} {b}"))
}

#[handler]
async fn echo(request: &mut Request) -> Result<Json<Echo>, ParseError> {
    Ok(Json(request.parse_json().await?))
}

#[handler]
async fn capture(request: &mut Request) -> String {
    request.param::<u64>("id").unwrap_or_default().to_string()
}

/// A page of the 500 static ones.
struct Page(&'static str);

#[async_trait]
impl Handler for Page {
    async fn handle(
        &self,
        _: &mut Request,
        _: &mut Depot,
        response: &mut Response,
        _: &mut FlowCtrl,
    ) {
        response.render(Text::Plain(self.0));
    }
}
