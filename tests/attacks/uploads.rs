//! Multipart forms and their files.

use std::time::Duration;

use crate::target::{Heard, Target, Turn, hasty, homeless, pause, plain};
use crate::wire::{PATIENCE, post, request};

const KIND: &str = "multipart/form-data; boundary=b";

/// One part: its header lines and its content.
fn part(lines: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = format!("--b\r\n{}\r\n\r\n", lines.replace('^', "\r\n")).into_bytes();
    bytes.extend_from_slice(content);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

fn note(text: &str) -> Vec<u8> {
    part("Content-Disposition: form-data; name=note", text.as_bytes())
}

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    part(
        &format!("Content-Disposition: form-data; name=file; filename=\"{name}\""),
        content,
    )
}

/// A whole form.
fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = parts.concat();
    bytes.extend_from_slice(b"--b--\r\n");
    bytes
}

fn upload(site: &Turn, parts: &[Vec<u8>]) -> Heard {
    site.ask(post("/upload", KIND, form(parts)))
}

#[test]
fn case_301_a_boundary_that_is_none() {
    let site = plain();
    let long = "b".repeat(10_000);
    for boundary in [
        "",
        "; boundary",
        "; boundary=",
        "; boundary=\"\"",
        &format!("; boundary={long}"),
        "; boundary=\"a\r\n b\"",
        "; boundary=é",
        "; boundary=\"b",
        "; boundary=b c",
        "; boundary=\"b \"",
    ] {
        let kind = format!("multipart/form-data{boundary}");
        site.ask(post("/upload", &kind, form(&[note("x")])))
            .is([400, 415]);
    }
    site.ask(post(
        "/upload",
        "multipart/form-data; boundary=b; boundary=c",
        form(&[note("x")]),
    ))
    .is([200, 400, 415]);
    site.ask(post(
        "/upload",
        "multipart/form-data; boundary=\"b\"",
        form(&[note("x")]),
    ))
    .says(200, "notes=x");
}

#[test]
fn case_302_a_body_without_its_boundary() {
    let site = plain();
    for body in [
        "",
        "x",
        "preamble only\r\n",
        "--",
        "--b",
        "--b\r\n",
        "--b\r\n\r\n",
        "--c\r\n\r\n--c--\r\n",
        "-b\r\n",
        "\r\n--b",
        "--b--",
        "--b-\r\n",
        "b--\r\n",
    ] {
        site.ask(post("/upload", KIND, body)).is([400, 200]);
    }
    site.ask(post("/upload", KIND, "")).is([400]);
    site.ask(post("/upload", KIND, "x".repeat(100_000)))
        .is([400]);
}

#[test]
fn a_part_that_breaks_off() {
    let site = plain();
    let stored = site.tally("stored");
    let whole = form(&[note("x"), file("f.txt", &[b'y'; 3_000])]);
    for length in (1..whole.len() - 4).step_by(61) {
        site.ask(post("/upload", KIND, &whole[..length])).is([400]);
        site.ask_and_finish(request(
            "POST",
            "/upload",
            &format!("Content-Type: {KIND}^Content-Length: {}^", whole.len()),
            &whole[..length],
        ))
        .is([400]);
    }
    assert_eq!(site.tally("stored"), stored);
}

#[test]
fn case_304_a_hundred_thousand_parts() {
    let site = plain();
    upload(&site, &vec![note(""); 100_000]).is([400, 413]);
    upload(&site, &vec![note(""); 1_001]).is([400]);
    upload(&site, &vec![file("", b""); 1_001]).is([400]);
    upload(&site, &vec![note(""); 1_000]).is([200]);
    upload(&site, &vec![file("f", b"x"); 1_000]).is([200]);
}

#[test]
fn case_305_text_beyond_a_megabyte() {
    let site = plain();
    let kilobyte = note(&"x".repeat(1_024));
    let heard = upload(&site, &vec![kilobyte; 1_000 * 100]);
    heard.is([413, 400]);
    let heard = upload(&site, &vec![note(&"x".repeat(10_000)); 200]);
    assert!(heard.is([413]).text().contains("1048576"), "{heard}");
    let heard = upload(&site, &[note(&"x".repeat(1_048_577))]);
    assert!(heard.is([413]).text().contains("1048576"), "{heard}");
}

#[test]
fn case_307_the_headers_of_a_part() {
    let site = plain();
    let name = "Content-Disposition: form-data; name=note";
    upload(
        &site,
        &[part(&format!("{name}{}", "^X: y".repeat(40)), b"x")],
    )
    .is([400]);
    upload(
        &site,
        &[part(&format!("{name}^X: {}", "y".repeat(100_000)), b"x")],
    )
    .is([400]);
    upload(
        &site,
        &[part(&format!("{name}^X: {}", "y".repeat(9_000)), b"x")],
    )
    .is([400]);
    for lines in [
        "X y",
        "X : y",
        name.trim_end_matches("note"),
        "Content-Type: text/plain",
        "",
        "Content-Disposition: attachment; name=note",
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; name",
        ": x",
        "Content-Disposition: form-data; name=\"a",
    ] {
        upload(&site, &[part(lines, b"x")]).is([400, 200]);
    }
    upload(&site, &[part("", b"x")]).is([400]);
    upload(&site, &[part("Content-Disposition: form-data", b"x")]).is([400]);
    upload(
        &site,
        &[part(
            &format!("{name}^Content-Type: multipart/mixed; boundary=c"),
            b"--c\r\n\r\n--c--",
        )],
    )
    .is([400]);
    upload(
        &site,
        &[part(
            &format!("{name}^Content-Type: text/plain; charset=utf-7"),
            b"+ADw-",
        )],
    )
    .is([415]);
    upload(
        &site,
        &[part(
            &format!("{name}^Content-Transfer-Encoding: base64"),
            b"eA==",
        )],
    )
    .is([200, 400]);
    upload(
        &site,
        &[part(&format!("{name}^Content-Length: 100000"), b"x")],
    )
    .is([200, 400]);
}

#[test]
fn case_308_a_megabyte_around_the_form() {
    let site = plain();
    let mut late = vec![b'x'; 1_000_000];
    late.extend_from_slice(b"\r\n");
    late.extend_from_slice(&form(&[note("x")]));
    site.ask(post("/upload", KIND, late)).is([400]);
    let mut long = form(&[note("x")]);
    long.extend_from_slice(&vec![b'x'; 1_000_000]);
    site.ask(post("/upload", KIND, long)).says(200, "notes=x");
}

#[test]
fn case_310_a_form_that_comes_byte_by_byte() {
    let site = plain();
    let content = b"--b-\r\n--\r\n\r\n-b\r\n--bb";
    let mut line = site.line();
    for byte in post("/upload", KIND, form(&[note("x"), file("f", content)])) {
        assert!(line.drip(byte));
    }
    let heard = Heard::of(line.listen(1, PATIENCE), 1, b"byte by byte");
    let sum: u64 = content.iter().map(|&byte| u64::from(byte)).sum();
    assert!(
        heard.is([200, 400]).status == 400
            || heard
                .is([200])
                .text()
                .ends_with(&format!("length={} sum={sum}", content.len())),
        "{heard}"
    );
}

#[test]
fn a_line_that_only_looks_like_the_boundary() {
    let site = plain();
    for content in [
        &b"\r\n--"[..],
        b"\r\n--c\r\n",
        b"\r\r\n\n--",
        b"\n--b\n",
        b"--b",
        b"\r--b\r",
        b"\r\n-",
        b"\r\n",
        b"\r",
        b"\n",
    ] {
        let heard = upload(&site, &[file("f", content)]);
        let sum: u64 = content.iter().map(|&byte| u64::from(byte)).sum();
        heard.says(
            200,
            &format!("notes=\nfile=f length={} sum={sum}", content.len()),
        );
    }
}

#[test]
fn a_storm_of_line_ends() {
    let site = plain();
    for content in [
        "\r\n".repeat(1_000_000),
        "\r".repeat(2_000_000),
        "\r\n-".repeat(600_000),
        "\r\n--".repeat(500_000),
        "\n--b".repeat(500_000),
    ] {
        let heard = upload(&site, &[file("f", content.as_bytes())]);
        heard.is([200, 400]);
        assert!(heard.talk.took < Duration::from_secs(4), "{heard}");
    }
}

#[test]
fn case_311_a_file_name_is_one_component() {
    let site = plain();
    for (raw, name) in [
        ("../../etc/passwd", "passwd"),
        ("..\\\\..\\\\x", "x"),
        ("C:\\\\x", "x"),
        ("/abs", "abs"),
        (".", "(none)"),
        ("..", "(none)"),
        ("a/b", "b"),
        ("a/", "(none)"),
        ("nul", "(none)"),
        ("trailing.", "trailing"),
        (".htaccess", "htaccess"),
        ("a b", "a b"),
        ("x\u{202e}gpj.exe", "xgpj.exe"),
        ("%2e%2e%2fx", "%2e%2e%2fx"),
        ("é", "é"),
    ] {
        let heard = upload(&site, &[file(raw, b"x")]);
        heard.says(200, &format!("notes=\nfile={name} length=1 sum=120"));
    }
    upload(&site, &[file("", b"")]).says(200, "notes=");
}

#[test]
fn case_313_a_file_name_that_is_none() {
    let site = plain();
    let named = |name: &[u8]| {
        let lines = [
            b"--b\r\nContent-Disposition: form-data; name=file; filename=\"",
            name,
            b"\"\r\n\r\nx\r\n--b--\r\n",
        ]
        .concat();
        site.ask(post("/upload", KIND, lines))
    };
    for name in [
        &b"a\0b"[..],
        b"a\nb",
        b"a\r\nX: y",
        b"a\"b",
        b"a\\\"b",
        b"\xff",
        &vec![b'x'; 70_000],
        b"a%0d%0ab",
        b"\x1b[31m",
        b"a;filename=b",
        b"\\",
    ] {
        let heard = named(name);
        let text = heard.is([200, 400]).text();
        assert!(
            heard.is([200, 400]).status == 400
                || !text
                    .trim_start_matches("notes=\n")
                    .contains(['\n', '\0', '\u{1b}', '\r']),
            "{heard}"
        );
    }
    let extended = part(
        "Content-Disposition: form-data; name=file; filename*=UTF-8''..%2f..%2fx",
        b"x",
    );
    let heard = upload(&site, &[extended]);
    assert!(!heard.is([200, 400]).text().contains(".."), "{heard}");
}

#[test]
fn case_314_names_of_fields() {
    let site = plain();
    let named = |name: &str| {
        part(
            &format!("Content-Disposition: form-data; name=\"{name}\""),
            b"x",
        )
    };
    let long = "n".repeat(10_000);
    for name in [
        "__proto__",
        "self",
        "constructor",
        "",
        "a[b][c]",
        "note[]",
        "\0",
        "é",
        "..",
        "%00",
        &long,
    ] {
        upload(&site, &[named(name), note("y")]).is([200, 400]);
    }
    let heard = upload(&site, &vec![note("y"); 1_000]);
    assert_eq!(
        heard.is([200]).text(),
        format!("notes={}", vec!["y"; 1_000].join("|"))
    );
}

#[test]
fn case_316_an_encoded_form() {
    let site = plain();
    let lines = format!("Content-Type: {KIND}^Content-Encoding: gzip^Content-Length: 2^");
    site.ask(request("POST", "/upload", &lines, b"\x1f\x8b"))
        .is([415]);
}

#[test]
fn case_317_a_body_beyond_100_mebibytes() {
    let site = plain();
    let lines = format!("Content-Type: {KIND}^Content-Length: 104857601^");
    let heard = site.ask(request("POST", "/upload", &lines, &form(&[note("x")])));
    assert!(heard.is([413]).text().contains("104857600"), "{heard}");
}

#[test]
fn a_body_and_a_file_beyond_their_limits() {
    let site = hasty();
    let stored = site.tally("stored");
    let body = form(&[file("f", &vec![b'x'; 3_000_000])]);
    let chunk = |body: &[u8]| {
        [
            format!("{:x}\r\n", body.len()).as_bytes(),
            body,
            b"\r\n0\r\n\r\n",
        ]
        .concat()
    };
    let chunked = format!("Content-Type: {KIND}^Transfer-Encoding: chunked^");
    // The file is the first limit that it meets when nothing is announced.
    let heard = site.ask(request("POST", "/upload", &chunked, &chunk(&body)));
    assert!(heard.is([413]).text().contains("2000000"), "{heard}");
    let heard = site.ask(post("/upload", KIND, &body));
    assert!(heard.is([413]).text().contains("3000000"), "{heard}");
    let two = form(&[
        file("f", &vec![b'x'; 1_900_000]),
        file("f", &vec![b'x'; 1_900_000]),
    ]);
    let heard = site.ask(request("POST", "/upload", &chunked, &chunk(&two)));
    assert!(heard.is([413]).text().contains("3000000"), "{heard}");
    assert_eq!(site.tally("stored"), stored);
    upload(&site, &[file("f", &vec![b'x'; 1_900_000])]).is([200]);
}

#[test]
fn case_319_two_hundred_clients_vanish() {
    let mut site = plain();
    vanish(&site);
    site.settle();
    // Files and memory are looked at when the turn ends.
    vanish(&site);
}

fn vanish(site: &Turn) {
    let head = format!(
        "POST /upload HTTP/1.1\r\nHost: t\r\nContent-Type: {KIND}\r\nContent-Length: 100000\r\n\r\n"
    );
    let beginning = [head.as_bytes(), &file("f", &vec![b'x'; 50_000])].concat();
    let mut lines: Vec<_> = (0..200).map(|_| site.line()).collect();
    for line in &mut lines {
        // Without its end: the file is still open.
        line.send(&beginning[..40_000]);
    }
    pause(Duration::from_millis(100));
    drop(lines);
}

#[test]
fn a_thousand_uploads_leave_no_file() {
    let site = plain();
    for _ in 0..10 {
        upload(&site, &vec![file("f", &[b'x'; 2_000]); 100]).is([200]);
    }
}

#[test]
fn case_320_no_place_for_temporary_files() {
    let site = homeless();
    upload(&site, &[file("f", &vec![b'x'; 50_000])]).is([500, 507, 503]);
    upload(&site, &[file("f", &[b'x'; 500])]).is([200]);
    let log = site.log();
    assert!(
        log.iter().any(
            |line| line.contains("kirsch::error") && line.contains("/proc/nowhere")
                || line.contains("os error")
        ),
        "{log:?}"
    );
}

#[test]
fn case_323_a_page_that_ignores_the_body() {
    let site = plain();
    let stored = site.tally("stored");
    site.ask(post(
        "/ignore",
        KIND,
        form(&[file("f", &vec![b'x'; 100_000])]),
    ))
    .is([200]);
    site.ask(post("/ignore", KIND, b"--b\r\n\0\xff")).is([200]);
    site.ask(post(
        "/nothing",
        KIND,
        form(&[file("f", &vec![b'x'; 5_000_000])]),
    ))
    .is([404]);
    site.ask(post(
        "/item/1",
        KIND,
        form(&[file("f", &vec![b'x'; 5_000_000])]),
    ))
    .is([405]);
    assert_eq!(site.tally("stored"), stored);
}

#[test]
fn a_file_is_not_a_text_and_a_text_no_file() {
    let site = plain();
    let heard = upload(
        &site,
        &[
            part(
                "Content-Disposition: form-data; name=note; filename=x",
                b"x",
            ),
            part("Content-Disposition: form-data; name=file", b"y"),
        ],
    );
    heard.says(200, "notes=");
    upload(
        &site,
        &[part("Content-Disposition: form-data; name=note", b"\xff")],
    )
    .is([400]);
}

#[test]
fn forty_megabytes_pass_through_little_memory() {
    let site = Target::alone();
    let before = site.memory();
    let mut line = site.line();
    line.send(&post(
        "/measure",
        KIND,
        form(&[file("file", &vec![b'x'; 40_000_000])]),
    ));
    let heard = Heard::of(line.listen(1, 4 * PATIENCE), 1, b"40 MB");
    heard.says(200, "40000000");
    assert!(
        site.memory() < before + 8 * 1024 * 1024,
        "{} bytes more",
        site.memory() - before
    );
}
