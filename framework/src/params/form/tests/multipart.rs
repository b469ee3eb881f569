//! Forms of type `multipart/form-data`.

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use futures_util::{StreamExt as _, stream};

use super::super::{FormLimits, read as read_form};
use super::{
    broken_after, head, impatient, in_pieces, lines, read, stalled_after, status_of, streamed,
};

const KIND: &str = "multipart/form-data; boundary=b";

/// A whole form of these parts, each with what follows `form-data; `.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (disposition, content) in parts {
        body.extend_from_slice(
            format!("--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    body
}

async fn status(body: &[u8]) -> u16 {
    status_of(KIND, in_pieces(body, 1_000), &FormLimits::default()).await
}

/// Case 310.
#[actix_rt::test]
async fn fields_and_files_are_read_whatever_the_pieces() {
    let file = b"one\r\n--c\r\n-\r--b\0\xff".repeat(100);
    let body = form(&[
        ("name=\"title\"", "déjà vu".as_bytes()),
        (r#"name="photo"; filename="C:\photos\me.jpg""#, &file),
        ("name=\"empty\"", b""),
        ("name=photo; filename=small", b"x"),
    ]);
    for size in [1, 3, 64, 1_000, 100_000] {
        let mut form = read(KIND, in_pieces(&body, size), &FormLimits::default())
            .await
            .unwrap();
        assert_eq!(
            lines(&form),
            [
                "title = déjà vu",
                "photo: Some(\"me.jpg\"), 1700 bytes",
                "empty = ",
                "photo: Some(\"small\"), 1 bytes"
            ]
        );
        assert_eq!(form.values("photo").count(), 0);
        let files = form.take_files("photo");
        assert_eq!(files[0].bytes().await.unwrap(), file);
        assert_eq!(files[0].raw_filename(), Some(r"C:\photos\me.jpg"));
        assert_eq!(files[1].text().await.unwrap(), "x");
        assert_eq!(form.take_files("photo").len(), 0);
        assert_eq!(form.names().collect::<Vec<_>>(), ["title", "empty"]);
    }
}

#[actix_rt::test]
async fn a_boundary_may_be_odd() {
    for boundary in ["a=b/c:d", "\"a b\"", "===============123==", "'()+_,-./:=?"] {
        let plain = boundary.trim_matches('"');
        let body =
            format!("--{plain}\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--{plain}--");
        let kind = format!("multipart/form-data; boundary={boundary}");
        let form = read(&kind, in_pieces(body.as_bytes(), 5), &FormLimits::default()).await;
        assert_eq!(lines(&form.unwrap()), ["a = 1"], "{boundary}");
    }
}

/// Case 301.
#[actix_rt::test]
async fn a_missing_or_wrong_boundary_is_400() {
    let long = format!("multipart/form-data; boundary={}", "b".repeat(10_000));
    for kind in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a\tb\"",
        "multipart/form-data; boundary=other",
        &long,
    ] {
        let body = form(&[("name=a", b"1")]);
        assert_eq!(
            status_of(kind, in_pieces(&body, 10), &FormLimits::default()).await,
            400,
            "{kind}"
        );
    }
}

/// Cases 302 and 308.
#[actix_rt::test]
async fn broken_forms_are_400() {
    let whole = form(&[("name=a; filename=b", b"123")]);
    for length in 0..whole.len() - 2 {
        assert_eq!(status(&whole[..length]).await, 400, "{length} bytes");
    }
    assert_eq!(status(&whole[..whole.len() - 2]).await, 200);
    for body in [
        "preamble only",
        "--b",
        "--b\r\n\r\n1\r\n--b--",
        "--b\r\nno colon\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\0b\"\r\n\r\n1\r\n--b--",
        "--b\nContent-Disposition: form-data; name=a\n\n1\n--b--\n",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--bx\r\n",
    ] {
        assert_eq!(status(body.as_bytes()).await, 400, "{body:?}");
    }
    let mut none = Payload::None;
    let error = read_form(
        &head(&[("content-type", KIND)]),
        &mut none,
        &FormLimits::default(),
    )
    .await
    .unwrap_err();
    assert_eq!(error.status(), 400);
}

#[actix_rt::test]
async fn a_form_in_a_form_is_400() {
    let body = "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n--b--";
    assert_eq!(status(body.as_bytes()).await, 400);
}

/// RFC 7578 §4.8. Whoever believed it would lose what exceeds it, or wait for what never comes.
#[actix_rt::test]
async fn a_content_length_of_a_part_means_nothing() {
    for length in ["0", "1", "99999", "18446744073709551616", "x"] {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Length: {length}\r\n\r\n123\r\n--b--"
        );
        let form = read(KIND, in_pieces(body.as_bytes(), 10), &FormLimits::default())
            .await
            .unwrap();
        assert_eq!(lines(&form), ["a = 123"], "{length}");
    }
}

/// Case 308.
#[actix_rt::test]
async fn little_may_stand_before_a_form_and_much_behind_it() {
    let whole = form(&[("name=a", b"1")]);
    let before =
        |text: &str, number: usize| [text.repeat(number).as_bytes(), b"\r\n", &whole].concat();
    assert_eq!(status(&before("a preamble\r\n", 10)).await, 200);
    assert_eq!(status(&before("a preamble\r\n", 100_000)).await, 400);
    assert_eq!(status(&before("x", 1_000_000)).await, 400);
    assert_eq!(
        status(&[whole.as_slice(), &b"x".repeat(1_000_000)].concat()).await,
        200
    );

    let limits = FormLimits {
        body_bytes: 500,
        ..FormLimits::default()
    };
    let endless = [whole.as_slice(), &[b'x'; 1_000]].concat();
    assert_eq!(
        status_of(KIND, in_pieces(&endless, 100), &limits).await,
        413
    );
}

/// A body that breaks off behind its last boundary is broken: nothing of it is taken.
#[actix_rt::test]
async fn the_end_of_the_body_is_waited_for() {
    let whole = form(&[("name=a", b"1")]);
    assert_eq!(
        status_of(KIND, broken_after(&whole), &impatient()).await,
        400
    );
    assert_eq!(
        status_of(KIND, stalled_after(&whole), &impatient()).await,
        408
    );
}

/// Cases 304 and 305.
#[actix_rt::test]
async fn parts_and_text_are_counted() {
    let many = |number: usize| form(&vec![("name=a", b"1".as_slice()); number]);
    assert_eq!(status(&many(1_000)).await, 200);
    assert_eq!(status(&many(1_001)).await, 400);
    assert_eq!(status(&many(10_000)).await, 400);

    let kilobyte = [b'x'; 1_024];
    assert_eq!(
        status(&form(&vec![("name=a", kilobyte.as_slice()); 1_000])).await,
        200
    );
    let two = [b'x'; 2_048];
    assert_eq!(
        status(&form(&vec![("name=a", two.as_slice()); 600])).await,
        413
    );

    let limits = FormLimits {
        field_bytes: 10,
        ..FormLimits::default()
    };
    let field = |length| in_pieces(&form(&[("name=a", &b"0123456789abcdef"[..length])]), 3);
    assert_eq!(status_of(KIND, field(10), &limits).await, 200);
    let error = read(KIND, field(11), &limits).await.unwrap_err();
    assert_eq!(
        (error.status().as_u16(), error.words()),
        (
            413,
            "a field is larger than the 10 bytes that are allowed here"
        )
    );
}

/// Case 307.
#[actix_rt::test]
async fn headers_of_a_part_are_counted() {
    let part = |headers: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=a\r\n{headers}\r\n1\r\n--b--\r\n")
    };
    assert_eq!(status(part(&"X: y\r\n".repeat(31)).as_bytes()).await, 200);
    assert_eq!(status(part(&"X: y\r\n".repeat(40)).as_bytes()).await, 400);
    assert_eq!(
        status(part(&format!("X: {}\r\n", "y".repeat(8_000))).as_bytes()).await,
        200
    );
    assert_eq!(
        status(part(&format!("X: {}\r\n", "y".repeat(9_000))).as_bytes()).await,
        400
    );
    assert_eq!(
        status(part(&format!("X: {}\r\n", "y".repeat(100_000))).as_bytes()).await,
        400
    );
    // Case 314: a long name, the same name often.
    assert_eq!(
        status(&form(&[(&format!("name={}", "a".repeat(10_000)), b"1")])).await,
        400
    );
}

/// Case 313.
#[actix_rt::test]
async fn filenames_that_are_not_text_are_400() {
    let body = |name: &[u8]| {
        [
            b"--b\r\nContent-Disposition: form-data; name=a; filename=\"",
            name,
            b"\"\r\n\r\n1\r\n--b--",
        ]
        .concat()
    };
    assert_eq!(status(&body(b"fine")).await, 200);
    for name in [b"a\0b".as_slice(), b"\xff", b"a\nb", &b"x".repeat(70_000)] {
        assert_eq!(status(&body(name)).await, 400);
    }
}

#[actix_rt::test]
async fn a_file_input_left_empty_sends_nothing() {
    let body = form(&[
        ("name=photo; filename=\"\"", b""),
        ("name=named; filename=\"x\"", b""),
        ("name=nameless; filename=\"\"", b"1"),
    ]);
    let form = read(KIND, in_pieces(&body, 10), &FormLimits::default())
        .await
        .unwrap();
    assert_eq!(
        lines(&form),
        ["named: Some(\"x\"), 0 bytes", "nameless: None, 1 bytes"]
    );
}

#[actix_rt::test]
async fn text_is_decoded_strictly() {
    let part = |kind: &str, text: &[u8]| {
        [
            format!(
                "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Type: {kind}\r\n\r\n"
            )
            .as_bytes(),
            text,
            b"\r\n--b--",
        ]
        .concat()
    };
    let latin = read(
        KIND,
        in_pieces(&part("text/plain; charset=iso-8859-1", b"\xe9"), 10),
        &FormLimits::default(),
    )
    .await;
    assert_eq!(lines(&latin.unwrap()), ["a = é"]);
    assert_eq!(status(&part("text/plain", b"\xe9")).await, 400);
    assert_eq!(
        status(&part("text/plain; charset=us-ascii", b"\xe9")).await,
        400
    );
    assert_eq!(
        status(&part("text/plain; charset=utf-7", b"+AGE-")).await,
        415
    );
    // `_charset_` decides nothing: it is a field like others.
    let charset = form(&[("name=_charset_", b"iso-8859-1"), ("name=a", b"\xe9")]);
    assert_eq!(status(&charset).await, 400);
}

/// Case 317, in small.
#[actix_rt::test]
async fn files_and_bodies_are_counted() {
    let body = form(&[("name=a; filename=b", &[b'x'; 5_000])]);
    let small_files = FormLimits {
        file_bytes: 4_999,
        ..FormLimits::default()
    };
    let small_bodies = FormLimits {
        body_bytes: 5_000,
        ..FormLimits::default()
    };
    for limits in [small_files, small_bodies] {
        let error = read(KIND, in_pieces(&body, 100), &limits)
            .await
            .unwrap_err();
        assert_eq!(error.status(), 413);
        assert!(
            error.words().contains("bytes that are allowed here"),
            "{error}"
        );
    }
    let full = FormLimits {
        temporary_bytes: 100,
        ..FormLimits::default()
    };
    assert_eq!(status_of(KIND, in_pieces(&body, 100), &full).await, 503);
}

#[actix_rt::test]
async fn a_client_that_stops_in_a_part_is_408() {
    let whole = form(&[("name=a; filename=b", &[b'x'; 5_000])]);
    for length in [0, 2, 30, 60, 1_000, whole.len() - 4] {
        assert_eq!(
            status_of(KIND, stalled_after(&whole[..length]), &impatient()).await,
            408,
            "{length} bytes"
        );
    }
}

/// Case 320.
#[actix_rt::test]
async fn a_temporary_folder_that_is_missing_is_500_and_not_said() {
    let body = form(&[("name=a; filename=b", &[b'x'; 5_000])]);
    let folder = tempfile::tempdir().unwrap();
    let limits = FormLimits {
        temporary_folder: Some(folder.path().join("missing")),
        ..FormLimits::default()
    };
    let error = read(KIND, in_pieces(&body, 100), &limits)
        .await
        .unwrap_err();
    assert_eq!(error.status(), 500);
    assert!(!error.words().contains("missing"), "{error}");
}

/// Case 319.
#[cfg(target_os = "linux")]
#[actix_rt::test]
async fn temporary_files_have_no_name_and_are_gone_on_every_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let limits = FormLimits {
        temporary_folder: Some(folder.path().to_owned()),
        ..impatient()
    };
    let open = || {
        let handles = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        handles
            .filter(|handle| {
                std::fs::read_link(handle.path()).is_ok_and(|file| file.starts_with(folder.path()))
            })
            .count()
    };
    let body = form(&[("name=a; filename=b", &b"x".repeat(200_000))]);

    let kept = read(KIND, in_pieces(&body, 4_096), &limits).await.unwrap();
    assert_eq!(
        (open(), std::fs::read_dir(folder.path()).unwrap().count()),
        (1, 0)
    );
    drop(kept);
    assert_eq!(open(), 0);

    assert_eq!(
        status_of(KIND, stalled_after(&body[..150_000]), &limits).await,
        408
    );
    assert_eq!(
        status_of(KIND, broken_after(&body[..150_000]), &limits).await,
        400
    );
    assert_eq!(open(), 0);

    // The visitor vanishes: the page's future is dropped where it stands.
    let patient = FormLimits {
        temporary_folder: limits.temporary_folder.clone(),
        ..FormLimits::default()
    };
    let never = streamed(
        stream::iter([Ok(Bytes::from(body[..150_000].to_vec()))]).chain(stream::pending()),
    );
    let given_up = tokio::time::timeout(
        std::time::Duration::from_millis(100),
        read(KIND, never, &patient),
    )
    .await;
    assert!(given_up.is_err());
    assert_eq!(
        (open(), std::fs::read_dir(folder.path()).unwrap().count()),
        (0, 0)
    );
}

#[actix_rt::test]
async fn an_upload_is_kept_where_the_page_says() {
    let content = b"0123456789".repeat(500);
    let body = form(&[
        ("name=large; filename=b", &content),
        ("name=small; filename=c", b"tiny"),
        ("name=odd; filename=d", b"\xff"),
    ]);
    let mut form = read(KIND, in_pieces(&body, 100), &FormLimits::default())
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept");
    std::fs::write(&path, "what was there before").unwrap();

    let large = form.take_files("large").remove(0);
    large.persist_to(&path).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), content);
    assert_eq!(large.bytes().await.unwrap(), content);
    assert_eq!(
        std::io::read_to_string(large.into_file().await.unwrap())
            .unwrap()
            .as_bytes(),
        content
    );

    let small = form.take_files("small").remove(0);
    small.persist_to(&path).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"tiny");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(
        small
            .persist_to(folder.path().join("missing/x"))
            .await
            .unwrap_err()
            .status(),
        500
    );
    assert_eq!(
        std::io::read_to_string(small.into_file().await.unwrap()).unwrap(),
        "tiny"
    );

    let odd = form.take_files("odd").remove(0);
    assert_eq!(odd.text().await.unwrap_err().status(), 400);
}
