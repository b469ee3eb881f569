//! The whole room over real sockets, serving a small actix-web application, with limits that are short enough to wait for.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, web};
use tokio::io::AsyncReadExt as _;

use super::*;

const MOMENT: Duration = Duration::from_millis(300);
/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(10);

fn quick() -> ServerOptions {
    ServerOptions::new()
        .workers(1)
        .keep_alive(PATIENCE)
        .listen("127.0.0.1:0".parse().unwrap())
}

/// A running server, and the hands on it.
struct Running {
    address: Address,
    /// Each byte is a signal: T, I or H.
    signals: UnixStream,
    events: Receiver<&'static str>,
    /// Lets the page `/stuck` go.
    release: Sender<()>,
    end: Option<JoinHandle<io::Result<()>>>,
}

/// Says when it is dropped.
struct Tell(Sender<&'static str>);

impl Drop for Tell {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

fn start(options: ServerOptions) -> Running {
    let (signals, heard) = UnixStream::pair().unwrap();
    heard.set_nonblocking(true).unwrap();
    let (ready, address) = channel();
    let (event, events) = channel();
    let (release, released) = channel();
    let released = Arc::new(Mutex::new(released));
    let hung_up = event.clone();
    let app = move || App::new().configure(|config| pages(config, &event, &released));
    let end = std::thread::spawn(move || {
        actix_rt::System::new().block_on(async {
            let mut heard = tokio::net::UnixStream::from_std(heard).unwrap();
            let listeners = bind(&options).unwrap();
            let signals = async || match heard.read_u8().await {
                Ok(b'T') => Signal::Terminate,
                Ok(b'I') => Signal::Interrupt,
                Ok(b'H') => Signal::HangUp,
                _ => std::future::pending().await,
            };
            serve(
                &options,
                listeners,
                app,
                |addresses| {
                    ready.send(addresses[0].clone()).unwrap();
                    Ok(())
                },
                signals,
                move || hung_up.send("hung up").unwrap(),
            )
            .await
        })
    });
    Running {
        address: address.recv_timeout(PATIENCE).unwrap(),
        signals,
        events,
        release,
        end: Some(end),
    }
}

fn pages(
    config: &mut web::ServiceConfig,
    event: &Sender<&'static str>,
    released: &Arc<Mutex<Receiver<()>>>,
) {
    let (begun, streamed, released) = (event.clone(), event.clone(), Arc::clone(released));
    let slow = move || {
        begun.send("begun").unwrap();
        async {
            actix_rt::time::sleep(3 * MOMENT).await;
            "at last"
        }
    };
    let stuck = move || {
        let released = Arc::clone(&released);
        async move {
            let _ = released.lock().unwrap().recv();
            "free"
        }
    };
    let endless = move || {
        let tell = Tell(streamed.clone());
        let pieces = std::iter::repeat_with(move || {
            let _here = &tell;
            Ok::<_, actix_web::Error>(web::Bytes::from_static(&[b'x'; 10_000]))
        });
        async { HttpResponse::Ok().streaming(futures_util::stream::iter(pieces)) }
    };
    config
        .route("/", web::to(async || "hello"))
        .route("/echo", web::to(async |body: web::Bytes| body))
        .route("/never", web::to(std::future::pending::<&str>))
        .route(
            "/silent",
            web::to(async || HttpResponse::Ok().streaming(silence())),
        )
        .route("/slow", web::to(slow))
        .route("/stuck", web::to(stuck))
        .route("/endless", web::to(endless));
}

/// A first piece, and a second one after a silence.
fn silence() -> impl futures_core::Stream<Item = Result<web::Bytes, actix_web::Error>> {
    futures_util::stream::unfold(0, |number| async move {
        if number == 1 {
            actix_rt::time::sleep(3 * MOMENT).await;
        }
        (number < 2).then(|| (Ok(web::Bytes::from_static(b"piece")), number + 1))
    })
}

impl Running {
    fn socket(&self) -> SocketAddr {
        self.address.socket().unwrap()
    }

    fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.socket()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client(stream)
    }

    fn signal(&mut self, letter: u8) {
        self.signals.write_all(&[letter]).unwrap();
    }

    fn event(&self) -> &'static str {
        self.events.recv_timeout(PATIENCE).unwrap()
    }

    fn ends(&mut self) -> Duration {
        let asked = Instant::now();
        self.end.take().unwrap().join().unwrap().unwrap();
        asked.elapsed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            // Twice: the test is over, nothing is worth waiting for.
            drop(self.signals.write_all(b"TT"));
            drop(end.join());
        }
    }
}

struct Client(TcpStream);

impl Client {
    fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.0.write_all(bytes.as_ref()).unwrap();
        self
    }

    fn get(&mut self, path: &str) -> &mut Self {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: t\r\n\r\n"))
    }

    /// Reads until `end` has come.
    fn until(&mut self, end: &str) -> String {
        let mut text = Vec::new();
        let mut byte = [0];
        while !text.ends_with(end.as_bytes()) {
            let count = self.0.read(&mut byte).unwrap();
            assert!(
                count == 1,
                "the connection ends at {:?}",
                String::from_utf8_lossy(&text)
            );
            text.push(byte[0]);
        }
        String::from_utf8(text).unwrap()
    }

    /// Reads to the end of the connection.
    fn rest(&mut self) -> String {
        let mut text = Vec::new();
        let result = self.0.read_to_end(&mut text);
        assert!(
            !matches!(&result, Err(cause) if cause.kind() == ErrorKind::WouldBlock),
            "the connection stays open"
        );
        result.unwrap();
        String::from_utf8(text).unwrap()
    }
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or(answer)
}

#[test]
fn a_connection_is_kept_pipelined_and_posted_to() {
    let server = start(quick());
    let mut client = server.connect();
    assert!(!client.get("/").until("hello").contains("close"));
    client.get("/").get("/").get("/slow").get("/");
    for body in ["hello", "hello", "at last", "hello"] {
        assert_eq!(status(&client.until(body)), "200");
    }
    client
        .send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab")
        .send("cde")
        .until("abcde");
    client
        .send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n")
        .send("1\r\nz\r\n0\r\nA: b\r\n\r\n")
        .until("xyz");
    client.send("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    assert!(client.rest().contains("connection: close"));
}

#[test]
fn a_second_head_that_drips_is_408() {
    let server = start(quick().head_timeout(MOMENT));
    let mut client = server.connect();
    client.get("/").until("hello");
    let began = Instant::now();
    client.0.set_read_timeout(Some(MOMENT / 10)).unwrap();
    let mut answer = Vec::new();
    while let Err(cause) = client.0.read_to_end(&mut answer) {
        assert_eq!(cause.kind(), ErrorKind::WouldBlock);
        assert!(began.elapsed() < PATIENCE);
        client.send("G");
    }
    assert_eq!(status(&String::from_utf8(answer).unwrap()), "408");
    assert!(began.elapsed() >= MOMENT);
}

#[test]
fn half_a_second_head_and_then_silence_is_408() {
    let server = start(quick().head_timeout(MOMENT));
    let mut client = server.connect();
    client.get("/").until("hello");
    client.send("GET / HTTP/1.1\r\nHo");
    assert_eq!(status(&client.rest()), "408");
}

#[test]
fn a_first_head_that_never_comes_is_408() {
    let server = start(quick().head_timeout(MOMENT).keep_alive(MOMENT / 4));
    assert_eq!(status(&server.connect().rest()), "408");
}

#[test]
fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let server = start(quick().keep_alive(MOMENT));
    let mut client = server.connect();
    client.get("/slow").until("at last");
    client.get("/silent").until("piece\r\n0\r\n\r\n");
    client
        .send("HEAD /silent HTTP/1.1\r\nHost: t\r\n\r\n")
        .until("\r\n\r\n");
    let began = Instant::now();
    assert_eq!(client.rest(), "");
    assert!(began.elapsed() >= MOMENT);
}

#[test]
fn keep_alive_zero_closes_after_each_answer() {
    let server = start(quick().keep_alive(Duration::ZERO));
    let mut client = server.connect();
    assert!(client.get("/").rest().contains("connection: close"));
}

#[test]
fn an_answer_that_nobody_reads_is_cut_and_its_stream_dropped() {
    let server = start(quick().write_timeout(MOMENT));
    let mut client = server.connect();
    client.get("/endless").until("\r\n");
    assert_eq!(server.event(), "dropped");
    let mut rest = Vec::new();
    let end = client.0.read_to_end(&mut rest);
    assert!(end.is_err_and(|cause| cause.kind() == ErrorKind::ConnectionReset));
}

#[test]
fn an_answer_that_is_read_slowly_is_not_cut() {
    let server = start(quick().write_timeout(3 * MOMENT));
    let mut client = server.connect();
    client.get("/endless").until("\r\n");
    // Far less than the kernel would buffer: it has to tell of so little, too.
    let mut piece = vec![0; 128 * 1024];
    let began = Instant::now();
    while began.elapsed() < 8 * MOMENT {
        assert!(client.0.read(&mut piece).unwrap() > 0);
        assert!(server.events.recv_timeout(MOMENT / 3).is_err());
    }
}

#[test]
fn the_last_request_of_a_connection_says_so() {
    let server = start(quick().requests_per_connection(2));
    let mut client = server.connect();
    assert!(!client.get("/").until("hello").contains("close"));
    let answer = client.get("/").rest();
    assert!(answer.contains("connection: close") && answer.ends_with("hello"));
}

#[test]
fn a_head_of_eight_megabytes_is_a_readable_431() {
    let server = start(quick());
    let mut client = server.connect();
    client
        .send("GET / HTTP/1.1\r\nHost: t\r\nX: ")
        .send(vec![b'a'; 8 << 20])
        .send("\r\n\r\n");
    assert_eq!(status(&client.rest()), "431");
}

#[test]
fn a_target_of_seventy_kilobytes_is_414() {
    let server = start(quick());
    for kept in [false, true] {
        let mut client = server.connect();
        if kept {
            client.get("/").until("hello");
        }
        client.get(&"/x".repeat(35_000));
        assert_eq!(status(&client.rest()), "414");
    }
    let mut client = server.connect();
    assert_eq!(
        status(&client.get(&"/x".repeat(32_000)).until("\r\n\r\n")),
        "404"
    );
    client.send(format!(
        "GET /\0 HTTP/1.1\r\nX: {}\r\n\r\n",
        "a".repeat(70_000)
    ));
    assert_eq!(status(&client.rest()), "400");
}

#[test]
fn a_body_that_is_nearly_all_framing_is_400() {
    const POST: &str = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    let server = start(quick());
    let zeros = format!("{}3\r\nabc\r\n0\r\n\r\n", "0".repeat(1 << 20));
    let trailers = format!("3\r\nabc\r\n0\r\n{}\r\n", "Trailer: x\r\n".repeat(10_000));
    let unending = format!("{}3\r\nabc\r\n", "0".repeat(1 << 20));
    for body in [zeros, trailers, unending] {
        for kept in [false, true] {
            let mut client = server.connect();
            if kept {
                client.get("/").until("hello");
            }
            client.send(format!("{POST}{body}"));
            assert_eq!(status(&client.until("\r\n\r\n")), "400");
        }
    }
}

#[test]
fn small_chunks_and_large_ones_are_bodies() {
    let server = start(quick().requests_per_connection(1));
    let small = "1\r\na\r\n".repeat(200_000);
    let large = format!("30d40\r\n{}\r\n", "a".repeat(200_000));
    for body in [small, large] {
        let mut client = server.connect();
        client.send(format!(
            "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n{body}0\r\n\r\n"
        ));
        assert!(client.rest().ends_with(&"a".repeat(200_000)));
    }
}

#[test]
fn a_second_connection_waits_where_one_is_allowed() {
    let server = start(quick().max_connections(1));
    let mut first = server.connect();
    first.get("/").until("hello");
    let mut second = server.connect();
    second.get("/");
    second.0.set_read_timeout(Some(MOMENT)).unwrap();
    assert_eq!(
        second.0.read(&mut [0]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    drop(first);
    second.0.set_read_timeout(Some(PATIENCE)).unwrap();
    second.until("hello");
}

#[test]
fn a_unix_socket_serves_and_goes_with_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.sock");
    let mut server = start(
        ServerOptions::new()
            .workers(1)
            .listen(format!("unix:{}", path.display()).parse().unwrap()),
    );
    let mut client = UnixStream::connect(&path).unwrap();
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("hello"));
    server.signal(b'T');
    server.ends();
    assert!(!path.exists());
}

#[test]
fn a_request_under_way_finishes_and_idle_connections_are_closed() {
    let mut server = start(quick());
    let (mut busy, mut idle, mut fresh) = (server.connect(), server.connect(), server.connect());
    idle.get("/").until("hello");
    busy.get("/slow");
    assert_eq!(server.event(), "begun");
    server.signal(b'T');
    let answer = busy.rest();
    assert!(answer.contains("connection: close") && answer.ends_with("at last"));
    assert_eq!((idle.rest().as_str(), fresh.rest().as_str()), ("", ""));
    assert!(server.ends() < PATIENCE);
    assert!(TcpStream::connect(server.socket()).is_err());
}

#[test]
fn each_hang_up_is_heeded_while_a_request_runs() {
    let mut server = start(quick());
    let mut client = server.connect();
    client.get("/slow");
    assert_eq!(server.event(), "begun");
    server.signal(b'H');
    assert_eq!(server.event(), "hung up");
    server.signal(b'H');
    assert_eq!(server.event(), "hung up");
    client.until("at last");
}

#[test]
fn a_hang_up_is_not_heeded_while_the_server_ends() {
    let mut server = start(quick());
    let (mut busy, mut idle) = (server.connect(), server.connect());
    idle.get("/").until("hello");
    busy.get("/slow");
    assert_eq!(server.event(), "begun");
    server.signal(b'T');
    // That idle connections are closed shows that the first signal has been read.
    assert_eq!(idle.rest(), "");
    server.signal(b'H');
    assert!(busy.rest().ends_with("at last"));
    server.ends();
    assert_eq!(server.events.try_iter().next(), None);
}

/// Serves while these signals come, each when `hangup` has begun for the one before. It ends because they do.
fn signalled(signals: &[Signal], mut hangup: impl FnMut() + Send + 'static) {
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let mut signals = signals.iter();
    begun.send(()).unwrap();
    let next = async || match (begins.recv().await, signals.next()) {
        (Some(()), Some(signal)) => *signal,
        _ => std::future::pending().await,
    };
    let hangup = move || {
        begun.send(()).unwrap();
        hangup();
    };
    let options = quick();
    let listeners = bind(&options).unwrap();
    let serve = serve(&options, listeners, App::new, |_| Ok(()), next, hangup);
    actix_rt::System::new().block_on(serve).unwrap();
}

#[test]
fn a_panic_at_a_hang_up_does_not_end_the_server() {
    let (hung_up, hang_ups) = channel();
    let signals = [Signal::HangUp, Signal::HangUp, Signal::Terminate];
    signalled(&signals, move || {
        hung_up.send(()).unwrap();
        panic!("on purpose");
    });
    assert_eq!(hang_ups.iter().count(), 2);
}

#[test]
fn a_hang_up_that_does_not_return_keeps_no_signal_from_being_heard() {
    let (release, released) = channel::<()>();
    signalled(&[Signal::HangUp, Signal::Terminate], move || {
        let _ = released.recv();
    });
    drop(release);
}

#[test]
fn what_fails_when_all_is_ready_ends_the_server() {
    let listeners = bind(&quick()).unwrap();
    let address = listeners[0].address.socket().unwrap();
    let end = actix_rt::System::new().block_on(serve(
        &quick(),
        listeners,
        App::new,
        |_| Err(io::Error::other("no")),
        async || std::future::pending().await,
        || (),
    ));
    assert_eq!(end.unwrap_err().to_string(), "no");
    // The thread that accepts closes the address in its own time.
    let asked = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(asked.elapsed() < PATIENCE);
    }
}

#[test]
fn a_request_that_does_not_finish_is_cut_at_the_deadline() {
    let mut server = start(quick().shutdown_timeout(4 * MOMENT));
    let mut client = server.connect();
    client.get("/never");
    server.signal(b'T');
    assert!(server.ends() >= 3 * MOMENT);
    assert_eq!(client.rest(), "");
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut server = start(quick());
    server.connect().get("/never");
    server.signal(b'I');
    server.signal(b'I');
    assert!(server.ends() < PATIENCE);
}

#[test]
fn a_page_that_blocks_its_worker_does_not_keep_the_server() {
    let mut server = start(quick().shutdown_timeout(2 * MOMENT));
    let mut client = server.connect();
    client.get("/").until("hello");
    client.get("/stuck");
    server.signal(b'T');
    assert!(server.ends() < PATIENCE);
    server.release.send(()).unwrap();
}

#[test]
fn several_addresses_are_served_by_all_workers() {
    let second = bind(&quick()).unwrap()[0].address.clone();
    let server = start(quick().listen(second.clone()).workers(2));
    for socket in [server.socket(), second.socket().unwrap()] {
        for _ in 0..4 {
            Client(TcpStream::connect(socket).unwrap())
                .get("/")
                .until("hello");
        }
    }
}
