//! Properties: what was sent is what is read, and no bytes at all make the reader panic, hang or show its insides.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::FormLimits;
use super::{in_pieces, lines, read};
use crate::error::Error;

const MULTIPART: &str = "multipart/form-data; boundary=b";

/// Pieces of forms, of which random ones are more likely to come far.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "--b\r\n",
        "--b--",
        "--b--\r\n",
        "\r\n--b\r\n",
        "\r\n",
        "\r",
        "\n",
        "--",
        "\r--b",
        "\r\n\r\n",
        "Content-Disposition: form-data; name=\"a\"\r\n",
        "Content-Disposition: form-data; name=a; filename=\"",
        "Content-Disposition: form-data; name=a; filename*=utf-8''x\r\n\r\n",
        "Content-Type: text/plain; charset=",
        "Content-Type: multipart/mixed; boundary=b\r\n",
        "Content-Length: 5\r\n\r\n",
        "Content-Length: 18446744073709551615\r\n\r\n",
        "utf-8\"",
        "a=1&b=%zz&",
    ]);
    prop_oneof![6 => known.prop_map(|text| text.as_bytes().to_vec()), 1 => vec(any::<u8>(), 0..40), 1 => vec(Just(b'x'), 0..3_000)]
}

/// Reads, and fails the test when the reader is still waiting though everything was sent.
fn read_now(content_type: &str, body: &[u8], size: usize) -> Result<Vec<String>, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let limits = FormLimits {
        body_timeout: Duration::ZERO,
        memory_bytes: 500,
        ..FormLimits::default()
    };
    runtime.block_on(async {
        let reading = read(content_type, in_pieces(body, size), &limits);
        let form = tokio::time::timeout(Duration::from_secs(10), reading)
            .await
            .expect("the reader hangs")?;
        Ok(lines(&form))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic_or_hang(fragments in vec(fragment(), 0..30), size in 1_usize..500) {
        let body = fragments.concat();
        for kind in [MULTIPART, "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=latin1"] {
            let Err(error) = read_now(kind, &body, size) else { continue };
            prop_assert!(matches!(error.status().as_u16(), 400 | 413 | 415), "{error}");
            for internal in ["Some(", "Custom", "Error", "::", "payload"] {
                prop_assert!(!error.words().contains(internal), "{error}");
            }
        }
    }

    #[test]
    fn pieces_do_not_matter(fragments in vec(fragment(), 0..12), first in 1_usize..40, second in 40_usize..4_000) {
        let body = [b"--b\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n", fragments.concat().as_slice(), b"\r\n--b--"].concat();
        let outcome = |size| read_now(MULTIPART, &body, size).map_err(|error| error.status());
        prop_assert_eq!(outcome(first), outcome(second));
    }

    #[test]
    fn what_was_sent_is_what_is_read(texts in vec("(?s).{0,60}", 0..8), file in vec(scrap(), 0..60), size in 1_usize..700) {
        let file = file.concat();
        let mut body = Vec::new();
        for text in &texts {
            body.extend_from_slice(format!("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n{text}\r\n").as_bytes());
        }
        body.extend_from_slice(b"--b\r\nContent-Disposition: form-data; name=f; filename=g\r\n\r\n");
        body.extend_from_slice(&file);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let mut expected: Vec<_> = texts.iter().map(|text| format!("a = {text}")).collect();
        expected.push(format!("f: Some(\"g\"), {} bytes", file.len()));
        prop_assert_eq!(read_now(MULTIPART, &body, size).unwrap(), expected);
    }
}

/// Pieces of files that look almost like the end of one.
fn scrap() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "\r\n", "\r", "\n", "--", "-", "\r\n--", "\r\n--c", "\r--",
    ]);
    prop_oneof![3 => known.prop_map(|text| text.as_bytes().to_vec()), 1 => vec(b'c'..=b'z', 0..200), 1 => vec(0_u8..b'b', 0..9)]
}
