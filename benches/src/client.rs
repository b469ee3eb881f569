//! One keep-alive connection that asks the same thing over and over, and reads every answer to its end.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use crate::Result;
use crate::endpoints::Endpoint;

/// A connection to a server on this machine.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens there.
    pub fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self {
            stream,
            received: Vec::new(),
        })
    }

    /// Sends the endpoint's request and checks the answer: what is fast and wrong is not measured.
    ///
    /// # Errors
    /// The answer has another status or body than it must have, or the connection broke.
    pub fn ask(&mut self, endpoint: &Endpoint, request: &[u8]) -> Result<()> {
        self.stream.write_all(request)?;
        let (status, body) = self.answer()?;
        let expected = endpoint.answer.unwrap_or(&body);
        if status == endpoint.status && body == expected {
            return Ok(());
        }
        let (name, wanted) = (endpoint.name, endpoint.status);
        Err(
            format!("`{name}` must answer {wanted} `{expected}`, and answers {status} `{body}`")
                .into(),
        )
    }

    /// The cookie that the last answer has set, as a request sends it back.
    pub fn cookie(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.received);
        let mut lines = text.split("\r\n").take_while(|line| !line.is_empty());
        let cookie = lines.find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("set-cookie").then_some(value)
        });
        Some(cookie?.split(';').next()?.to_owned())
    }

    fn answer(&mut self) -> Result<(u16, String)> {
        self.received.clear();
        let body = loop {
            self.receive()?;
            if let Some(end) = position(&self.received, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = String::from_utf8_lossy(&self.received[..body]).to_ascii_lowercase();
        let status = head
            .get(9..12)
            .and_then(|status| status.parse().ok())
            .ok_or("an answer without a status")?;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.ok_or("an answer without a length")?.trim().parse()?;
        while self.received.len() < body + length {
            self.receive()?;
        }
        Ok((
            status,
            String::from_utf8_lossy(&self.received[body..]).into_owned(),
        ))
    }

    fn receive(&mut self) -> Result<()> {
        let mut buffer = [0; 4096];
        let length = self.stream.read(&mut buffer)?;
        if length == 0 {
            return Err("the server closed the connection".into());
        }
        self.received.extend_from_slice(&buffer[..length]);
        Ok(())
    }
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
