//! The parts of a multipart body (RFC 2046 §5.1.1), cut out of it as it comes.

use actix_web::dev::Payload;
use actix_web::web::{Buf as _, Bytes, BytesMut};

use super::head::PartHead;
use crate::error::{Error, Result};
use crate::params::form::body::Timed;

/// Bytes of the headers of one part. More is 400.
const HEADER_BYTES: usize = 8 * 1024;

/// Bytes that may stand before the first part. No browser sends any; RFC 2046 allows them.
const PREAMBLE_BYTES: usize = 64 * 1024;

/// A body as a row of parts. [`next_part`](Self::next_part) and [`chunk`](Self::chunk) are called in turn, each chunk up to the last.
///
/// It keeps what has come and is not understood yet: never more than one piece of the body and one part's headers.
pub(super) struct Parts<'a> {
    body: Timed<&'a mut Payload>,
    buffer: BytesMut,
    /// CRLF, two dashes and the boundary: what ends a part, and what nothing in a part may look like.
    delimiter: Vec<u8>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(body: Timed<&'a mut Payload>, boundary: &str) -> Self {
        // The first boundary has no CRLF before it when nothing stands before it at all. With this one it looks like all the others.
        let buffer = BytesMut::from(b"\r\n".as_slice());
        Self {
            body,
            buffer,
            delimiter: format!("\r\n--{boundary}").into_bytes(),
        }
    }

    /// Goes to the first part.
    pub(super) async fn skip_preamble(&mut self) -> Result<()> {
        let mut skipped = 0;
        while let Some(chunk) = self.chunk().await? {
            skipped += chunk.len();
            if skipped > PREAMBLE_BYTES {
                return Err(Error::bad_request(
                    "the form begins with something that is no part of it",
                ));
            }
        }
        Ok(())
    }

    /// The next part's headers, or nothing behind the last one; then the body is read to its end and forgotten, because one that
    /// breaks off there is broken, too.
    pub(super) async fn next_part(&mut self) -> Result<Option<PartHead>> {
        while self.buffer.len() < 2 {
            self.more().await?;
        }
        if self.buffer.starts_with(b"--") {
            while self.body.next().await?.is_some() {}
            return Ok(None);
        }
        if !self.buffer.starts_with(b"\r\n") {
            return Err(Error::bad_request(
                "the parts of the form are not divided by the boundary that its content type names",
            ));
        }
        loop {
            // The search begins at the CRLF of the boundary, so that a part without headers ends at once.
            if let Some(end) = find(&self.buffer, b"\r\n\r\n").filter(|&end| end <= HEADER_BYTES) {
                let headers = self.buffer.split_to(end + 2);
                self.buffer.advance(2);
                return PartHead::parse(headers.get(2..).unwrap_or_default()).map(Some);
            }
            if self.buffer.len() > HEADER_BYTES {
                return Err(Error::bad_request(
                    "a part of the form has headers that are too long",
                ));
            }
            self.more().await?;
        }
    }

    /// The next bytes of the part, or nothing at its end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>> {
        loop {
            match find(&self.buffer, &self.delimiter) {
                Some(0) => {
                    self.buffer.advance(self.delimiter.len());
                    return Ok(None);
                }
                Some(end) => return Ok(Some(self.buffer.split_to(end).freeze())),
                None => {}
            }
            // A delimiter may have begun in the last bytes.
            let certain = (self.buffer.len() + 1).saturating_sub(self.delimiter.len());
            if certain > 0 {
                return Ok(Some(self.buffer.split_to(certain).freeze()));
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<()> {
        let chunk = self
            .body
            .next()
            .await?
            .ok_or_else(|| Error::bad_request("the form ends too early"))?;
        self.buffer.extend_from_slice(&chunk);
        Ok(())
    }
}

/// Where the needle begins. Linear: it is compared at each CR only, and a delimiter holds no second one. A file of nothing but line
/// ends is no more work than another (Werkzeug: CVE-2023-46136).
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = needle.first()?;
    let mut from = 0;
    while let Some(step) = bytes.get(from..)?.iter().position(|byte| byte == first) {
        let at = from + step;
        if bytes.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn needles_are_found_where_they_begin() {
        for (bytes, expected) in [
            (b"\r\n--b".as_slice(), Some(0)),
            (b"x\r\n--b", Some(1)),
            (b"\r\r\n--b\r\n--b", Some(1)),
            (b"\r\n\r\n--b", Some(2)),
            (b"\r\n-\r\n--", None),
            (b"", None),
        ] {
            assert_eq!(find(bytes, b"\r\n--b"), expected, "{bytes:?}");
        }
    }
}
