//! Forms of type `application/x-www-form-urlencoded`, and bodies that are no forms.

use actix_web::dev::Payload;

use super::super::{FormLimits, read as read_form};
use super::{broken_after, head, impatient, in_pieces, lines, read, stalled_after, status_of};

const FORM: &str = "application/x-www-form-urlencoded";

#[actix_rt::test]
async fn a_form_is_read_whatever_the_pieces() {
    for size in [1, 2, 7, 1_000] {
        let payload = in_pieces(b"name=Ada+L.&lang=%65n&name=%C3%A9", size);
        let form = read(FORM, payload, &FormLimits::default()).await.unwrap();
        assert_eq!(lines(&form), ["name = Ada L.", "lang = en", "name = é"]);
        assert_eq!(form.values("name").collect::<Vec<_>>(), ["Ada L.", "é"]);
    }
}

#[actix_rt::test]
async fn no_body_is_no_form() {
    let limits = FormLimits::default();
    for fields in [
        [].as_slice(),
        &[("content-type", FORM)],
        &[("content-type", "text/plain")],
    ] {
        assert!(
            read_form(&head(fields), &mut Payload::None, &limits)
                .await
                .unwrap()
                .is_none()
        );
    }
    let mut empty_but_chunked = in_pieces(b"", 1);
    assert!(
        read_form(&head(&[]), &mut empty_but_chunked, &limits)
            .await
            .unwrap()
            .is_none()
    );
}

#[actix_rt::test]
async fn another_content_type_or_none_is_415_and_names_the_two() {
    for fields in [
        [].as_slice(),
        &[("content-type", "text/plain")],
        &[("content-type", "application/json")],
        &[("content-type", "multipart/mixed; boundary=b")],
        &[("content-type", "nonsense")],
    ] {
        let mut payload = in_pieces(b"a=1", 10);
        let error = read_form(&head(fields), &mut payload, &FormLimits::default())
            .await
            .unwrap_err();
        assert_eq!(error.status(), 415, "{fields:?}");
        assert!(error.words().contains("multipart/form-data"), "{error}");
        assert!(error.words().contains(FORM), "{error}");
    }
}

#[actix_rt::test]
async fn two_content_types_are_400() {
    let two = head(&[
        ("content-type", FORM),
        ("content-type", "multipart/form-data; boundary=b"),
    ]);
    let mut payload = in_pieces(b"a=1", 10);
    assert_eq!(
        read_form(&two, &mut payload, &FormLimits::default())
            .await
            .unwrap_err()
            .status(),
        400
    );
}

/// Case 287.
#[actix_rt::test]
async fn charsets_are_two() {
    let limits = FormLimits::default();
    for charset in [
        "utf-7",
        "bogus",
        "utf-16",
        "ibm037",
        "iso-2022-jp",
        "utf-8; charset=utf-7",
    ] {
        let kind = format!("{FORM}; charset={charset}");
        assert_eq!(
            status_of(&kind, in_pieces(b"a=1", 10), &limits).await,
            415,
            "{charset}"
        );
    }
    let latin = read(
        &format!("{FORM}; charset=ISO-8859-1"),
        in_pieces(b"a=%E9", 1),
        &limits,
    )
    .await;
    assert_eq!(lines(&latin.unwrap()), ["a = é"]);
    assert_eq!(status_of(FORM, in_pieces(b"a=%E9", 10), &limits).await, 400);
}

/// Cases 283 and 290.
#[actix_rt::test]
async fn fields_and_bytes_are_counted() {
    let limits = FormLimits::default();
    let fields = |number| "a=1&".repeat(number);
    assert_eq!(
        status_of(FORM, in_pieces(fields(1_000).as_bytes(), 4_096), &limits).await,
        200
    );
    assert_eq!(
        status_of(FORM, in_pieces(fields(1_001).as_bytes(), 4_096), &limits).await,
        400
    );

    let body = vec![b'a'; 1024 * 1024 + 1];
    assert_eq!(
        status_of(FORM, in_pieces(&body[1..], 65_536), &limits).await,
        200
    );
    let error = read(FORM, in_pieces(&body, 65_536), &limits)
        .await
        .unwrap_err();
    assert_eq!(error.status(), 413);
    assert!(error.words().contains("1048576"), "{error}");
}

/// Case 8: the length is refused before a byte is read.
#[actix_rt::test]
async fn a_length_over_the_limit_is_refused_unread() {
    let fields = head(&[
        ("content-type", FORM),
        ("content-length", "9223372036854775808"),
    ]);
    let mut payload = stalled_after(b"");
    let error = read_form(&fields, &mut payload, &FormLimits::default())
        .await
        .unwrap_err();
    assert_eq!(error.status(), 413);
}

/// Case 316.
#[actix_rt::test]
async fn an_encoded_body_is_415() {
    for kind in [FORM, "multipart/form-data; boundary=b"] {
        for coding in ["gzip", "br", "identity, gzip", "gzip, gzip"] {
            let fields = head(&[("content-type", kind), ("content-encoding", coding)]);
            let error = read_form(&fields, &mut in_pieces(b"x", 1), &FormLimits::default())
                .await
                .unwrap_err();
            assert_eq!(error.status(), 415, "{kind} {coding}");
        }
    }
    let plain = head(&[("content-type", FORM), ("content-encoding", "Identity")]);
    assert!(
        read_form(&plain, &mut in_pieces(b"x", 1), &FormLimits::default())
            .await
            .is_ok()
    );
}

/// Cases 25 and 394.
#[actix_rt::test]
async fn a_body_that_stops_is_408_and_one_that_breaks_off_400() {
    assert_eq!(
        status_of(FORM, stalled_after(b"a=1"), &impatient()).await,
        408
    );
    assert_eq!(
        status_of(FORM, broken_after(b"a=1"), &impatient()).await,
        400
    );
}
