//! The attacker's end of a connection: bytes go out as they are, and what comes back is taken apart strictly.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// The longest that anything may take to be answered or closed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// How long to listen for more than what was asked for.
const SURPLUS: Duration = Duration::from_millis(30);

/// A request as the cases write it: `^` is CRLF.
pub(crate) fn wire(text: &str) -> Vec<u8> {
    text.replace('^', "\r\n").into_bytes()
}

/// GET, with `Host: t` and `Connection: close`.
pub(crate) fn get(target: &str) -> Vec<u8> {
    request("GET", target, "", b"")
}

/// POST of a body of this type.
pub(crate) fn post(target: &str, kind: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let kind = format!("Content-Type: {kind}^");
    let kind = if kind.contains(": ^") { "" } else { &kind };
    let body = body.as_ref();
    request(
        "POST",
        target,
        &format!("{kind}Content-Length: {}^", body.len()),
        body,
    )
}

/// The text with every byte percent-encoded.
pub(crate) fn escaped(text: &str) -> String {
    let bytes: Vec<_> = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    bytes.concat()
}

/// A request with these header lines and this body, whatever they say of each other.
pub(crate) fn request(method: &str, target: &str, lines: &str, body: &[u8]) -> Vec<u8> {
    let lines = lines.replace('^', "\r\n");
    let mut bytes =
        format!("{method} {target} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n{lines}\r\n")
            .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The header of this name, if there is exactly one.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(other, _)| other == name);
        let value = values.next().map(|(_, value)| value)?;
        assert!(values.next().is_none(), "two headers `{name}`");
        Some(str::from_utf8(value).expect("a header in UTF-8"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// How the connection was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Open,
    Closed,
    Reset,
}

/// Everything that came back.
#[derive(Debug, Clone)]
pub(crate) struct Talk {
    pub(crate) interim: Vec<u16>,
    pub(crate) answers: Vec<Answer>,
    /// An answer that broke off, or something that is none.
    pub(crate) leftover: Vec<u8>,
    pub(crate) end: End,
    pub(crate) took: Duration,
}

/// An open connection.
pub(crate) struct Line {
    stream: TcpStream,
    received: Vec<u8>,
    end: End,
    begun: Instant,
    /// The answers have no bodies, because the requests are HEAD.
    bodiless: bool,
}

impl Line {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("the server accepts");
        stream.set_nodelay(true).expect("an open socket");
        Self {
            stream,
            received: Vec::new(),
            end: End::Open,
            begun: Instant::now(),
            bodiless: false,
        }
    }

    /// Sends from another thread: the server may answer, and stop reading, before all of it is out.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.bodiless = self.bodiless || bytes.starts_with(b"HEAD ");
        let mut stream = self.stream.try_clone().expect("a descriptor");
        if bytes.len() <= 16 * 1024 {
            // A server that has closed already is seen when its answer is read.
            return drop(stream.write_all(bytes));
        }
        let bytes = bytes.to_vec();
        thread::spawn(move || stream.write_all(&bytes));
    }

    /// Whether the server still takes what is sent.
    pub(crate) fn drip(&mut self, byte: u8) -> bool {
        self.stream.write_all(&[byte]).is_ok()
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&mut self) {
        drop(self.stream.shutdown(Shutdown::Write));
    }

    /// Reads until `wanted` answers are there and nothing follows, or the connection ends, or patience does.
    pub(crate) fn listen(&mut self, wanted: usize, patience: Duration) -> Talk {
        let deadline = Instant::now() + patience;
        let mut quiet_since = Instant::now();
        let mut talk = self.parse();
        while self.end == End::Open && Instant::now() < deadline {
            let enough = talk.answers.len() >= wanted && talk.leftover.is_empty();
            if enough && quiet_since.elapsed() >= SURPLUS {
                break;
            }
            if self.read_some(SURPLUS) {
                quiet_since = Instant::now();
                talk = self.parse();
            }
        }
        talk = self.parse();
        talk.took = self.begun.elapsed();
        talk
    }

    /// Reads until the connection ends.
    pub(crate) fn listen_to_end(&mut self, patience: Duration) -> Talk {
        self.listen(usize::MAX, patience)
    }

    /// Whether something came.
    fn read_some(&mut self, wait: Duration) -> bool {
        self.stream
            .set_read_timeout(Some(wait))
            .expect("an open socket");
        let mut piece = vec![0; 64 * 1024];
        match self.stream.read(&mut piece) {
            Ok(0) => self.end = End::Closed,
            Ok(length) => {
                self.received.extend_from_slice(&piece[..length]);
                return true;
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) => {}
            Err(_) => self.end = End::Reset,
        }
        false
    }

    fn parse(&self) -> Talk {
        let mut talk = Talk {
            interim: Vec::new(),
            answers: Vec::new(),
            leftover: Vec::new(),
            end: self.end,
            took: Duration::ZERO,
        };
        let mut rest = &self.received[..];
        while let Some((answer, after)) = answer(rest, self) {
            match answer.status {
                100..=199 => talk.interim.push(answer.status),
                _ => talk.answers.push(answer),
            }
            rest = after;
        }
        talk.leftover = rest.to_vec();
        talk
    }
}

/// The first answer in these bytes, and what follows it; `None` if it is not complete, or is none.
fn answer<'b>(bytes: &'b [u8], line: &Line) -> Option<(Answer, &'b [u8])> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, rest) = (&bytes[..end], &bytes[end + 4..]);
    let mut lines = head
        .split(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let status = lines
        .next()?
        .strip_prefix(b"HTTP/1.1 ")
        .or_else(|| head.strip_prefix(b"HTTP/1.0 "))?;
    let status: u16 = str::from_utf8(status.get(..3)?).ok()?.parse().ok()?;
    let headers: Vec<_> = lines.map(header).collect();
    let find = |name: &str| {
        headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| &value[..])
    };
    let chunked = find("transfer-encoding").is_some();
    let length =
        find("content-length").map(|value| str::from_utf8(value).unwrap().parse().unwrap());
    assert!(
        !(chunked && length.is_some()),
        "a length and chunks: {:?}",
        String::from_utf8_lossy(head)
    );
    let (body, rest) = match length {
        _ if line.bodiless || status < 200 || status == 204 || status == 304 => (Vec::new(), rest),
        _ if chunked => chunks(rest)?,
        Some(length) => (rest.get(..length)?.to_vec(), &rest[length..]),
        None if line.end != End::Open => (rest.to_vec(), &rest[rest.len()..]),
        None => return None,
    };
    Some((
        Answer {
            status,
            headers,
            body,
        },
        rest,
    ))
}

fn header(line: &[u8]) -> (String, Vec<u8>) {
    let colon = line.iter().position(|&byte| byte == b':');
    let colon = colon.unwrap_or_else(|| panic!("no header: {:?}", String::from_utf8_lossy(line)));
    let value = &line[colon + 1..];
    assert!(
        value.iter().all(|&byte| byte >= b' ' && byte != 0x7f),
        "a control character: {line:?}"
    );
    let name = String::from_utf8(line[..colon].to_vec()).expect("a name in ASCII");
    (name.to_ascii_lowercase(), value.trim_ascii().to_vec())
}

fn chunks(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        let piece = rest.get(end + 2..end + 2 + size)?;
        rest = rest.get(end + 4 + size..)?;
        if size == 0 {
            return Some((body, rest));
        }
        body.extend_from_slice(piece);
    }
}
