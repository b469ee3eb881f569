//! A visitor who comes back, over a connection that stays open.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::site::{Answer, Visits};

pub(super) struct Visitor {
    stream: BufReader<TcpStream>,
    cookie: String,
}

impl Visitor {
    /// One who waits no longer than this for an answer.
    pub(super) fn of(site: &Visits, cookie: &str, patience: Duration) -> Self {
        let stream = TcpStream::connect(&site.process.address).unwrap();
        stream.set_read_timeout(Some(patience)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
            cookie: format!("Cookie: {cookie}\r\n"),
        }
    }

    /// # Errors
    /// The connection ended before the answer did, or there was none in time.
    pub(super) fn ask(&mut self, path: &str) -> io::Result<Answer> {
        self.send(path)?;
        self.answer()
    }

    /// # Errors
    /// The connection has ended.
    pub(super) fn send(&mut self, path: &str) -> io::Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n{}\r\n", self.cookie);
        self.stream.get_mut().write_all(request.as_bytes())
    }

    /// # Errors
    /// As [`Self::ask`].
    pub(super) fn answer(&mut self) -> io::Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let mut lines = head.lines();
        let length = lines.find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.unwrap().parse().unwrap()];
        self.stream.read_exact(&mut body)?;
        Ok(Answer {
            status: head.get(9..12).unwrap().parse().unwrap(),
            body: String::from_utf8(body).unwrap(),
            head,
        })
    }
}
