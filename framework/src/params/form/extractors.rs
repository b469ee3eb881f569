//! What the errors of actix-web's own extractors mean, in our words: theirs show library texts, and some have the wrong status.

use std::borrow::Cow;

use actix_multipart::MultipartError;
use actix_web::HttpRequest;
use actix_web::error::{
    ContentTypeError, JsonPayloadError, PathError, PayloadError, QueryPayloadError, ReadlinesError,
    UrlencodedError,
};
use actix_web::http::StatusCode;
use actix_web::web::PayloadConfig;

use super::body::payload_error;
use super::json::{wrong_json, wrong_type};
use crate::error::Error;
use crate::http::status_words;

/// How much `web::Bytes` takes unless a `PayloadConfig` says otherwise.
const DEFAULT_PAYLOAD: u64 = 256 * 1024;

/// The error of an extractor, in our words where it is one that we know.
pub(crate) fn extractor_error(error: actix_web::Error, request: &HttpRequest) -> Error {
    let is_too_long = matches!(error.as_error(), Some(PayloadError::Overflow));
    if is_too_long && request.app_data::<PayloadConfig>().is_none() {
        return Error::too_large(DEFAULT_PAYLOAD);
    }
    known_error(&error).unwrap_or_else(|| Error::from_actix(error))
}

/// A body that broke off, or grew too long, while a page read it piece by piece: the client's fault, though `?` made it ours.
pub(crate) fn clients_fault(error: Error) -> Error {
    let Some(cause) = error.cause().filter(|_| error.status() == 500) else {
        return error;
    };
    let known = cause.downcast_ref().map(payload_error);
    let known = known.or_else(|| cause.downcast_ref().map(multipart_error));
    known.unwrap_or(error)
}

/// The error of an extractor of actix-web, said by us; `None` when it is not one of those.
pub(crate) fn known_error(error: &actix_web::Error) -> Option<Error> {
    let known = error.as_error().map(json_error);
    let known = known.or_else(|| error.as_error().map(urlencoded_error));
    let known = known.or_else(|| error.as_error().map(query_error));
    let known = known.or_else(|| error.as_error().map(path_error));
    let known = known.or_else(|| error.as_error().map(payload_error));
    let known = known.or_else(|| error.as_error().map(multipart_error));
    let known = known.or_else(|| error.as_error().map(content_type_error));
    known.or_else(|| error.as_error().map(lines_error))
}

fn json_error(error: &JsonPayloadError) -> Error {
    match error {
        JsonPayloadError::OverflowKnownLength { limit, .. }
        | JsonPayloadError::Overflow { limit } => Error::too_large(*limit as u64),
        JsonPayloadError::ContentType => wrong_type(),
        JsonPayloadError::Deserialize(error) => wrong_json(error),
        JsonPayloadError::Payload(error) => payload_error(error),
        _ => Error::internal(error.to_string()),
    }
}

fn urlencoded_error(error: &UrlencodedError) -> Error {
    match error {
        UrlencodedError::Overflow { limit, .. } => Error::too_large(*limit as u64),
        UrlencodedError::ContentType => Error::unsupported_media_type(
            "this page reads a form, as `application/x-www-form-urlencoded`",
        ),
        UrlencodedError::Encoding => {
            Error::bad_request("the form is not written in the charset that it names")
        }
        UrlencodedError::Payload(error) => payload_error(error),
        UrlencodedError::Parse(_) => {
            Error::bad_request("the form does not have the fields that this page reads")
                .because(error.to_string())
        }
        UrlencodedError::Serialize(_) => Error::internal(error.to_string()),
        _ => Error::bad_request("the form cannot be read").because(error.to_string()),
    }
}

fn query_error(error: &QueryPayloadError) -> Error {
    Error::bad_request("the query does not have the parameters that this page reads")
        .because(error.to_string())
}

/// 404, not actix-web's 400: a path that does not fit leads nowhere.
fn path_error(error: &PathError) -> Error {
    Error::not_found().because(error.to_string())
}

fn content_type_error(error: &ContentTypeError) -> Error {
    Error::unsupported_media_type("the content type of the request cannot be read")
        .because(error.to_string())
}

fn lines_error(error: &ReadlinesError) -> Error {
    match error {
        ReadlinesError::Payload(error) => payload_error(error),
        ReadlinesError::ContentTypeError(error) => content_type_error(error),
        ReadlinesError::LimitOverflow => Error::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "a line of the request body is larger than is allowed here",
        ),
        _ => Error::bad_request("the request body is not text in the charset that it names"),
    }
}

/// For forms that actix-multipart's derived extractor reads.
fn multipart_error(error: &MultipartError) -> Error {
    let words: Cow<'static, str> = match error {
        // The limits of its extractor among them, which actix-multipart answers with 400.
        MultipartError::Payload(error) => return payload_error(error),
        MultipartError::ContentTypeIncompatible | MultipartError::ContentTypeMissing => {
            return Error::unsupported_media_type(
                "this page reads a form, as `multipart/form-data`",
            );
        }
        MultipartError::Field { name, source } => return field_error(name, source),
        MultipartError::MissingField(name) => format!("the field `{name}` is missing").into(),
        MultipartError::DuplicateField(name) => format!("the field `{name}` was sent twice").into(),
        MultipartError::UnknownField(name) => format!("there is no field `{name}` here").into(),
        _ => broken(error).into(),
    };
    Error::bad_request(words).because(error.to_string())
}

/// What is wrong with a broken form.
fn broken(error: &MultipartError) -> &'static str {
    match error {
        MultipartError::Incomplete => "the form ends too early",
        MultipartError::BoundaryMissing => {
            "the parts of the form are not divided by the boundary that its content type names"
        }
        MultipartError::Nested => "a part of the form is a form itself, which is not read here",
        MultipartError::ContentDispositionMissing
        | MultipartError::ContentDispositionNameMissing => "a part of the form has no name",
        MultipartError::Parse(_) => "a part of the form has headers that cannot be read",
        _ => "the form cannot be read",
    }
}

fn field_error(name: &str, source: &actix_web::Error) -> Error {
    let status = known_error(source).map_or_else(
        || source.as_response_error().status_code(),
        |known| known.status(),
    );
    let words = if status == StatusCode::BAD_REQUEST {
        format!("the field `{name}` is wrong").into()
    } else {
        Cow::Borrowed(status_words(status))
    };
    Error::new(status, words).because(source.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use actix_web::dev::Payload;
    use actix_web::test::TestRequest;
    use actix_web::{FromRequest, web};

    use super::*;
    use crate::params::form::tests::in_pieces;

    type Map = HashMap<String, u8>;

    async fn refusal<T: FromRequest>(request: TestRequest, mut payload: Payload) -> (u16, String) {
        let request = request
            .app_data(web::JsonConfig::default())
            .to_http_request();
        let error: actix_web::Error = T::from_request(&request, &mut payload)
            .await
            .err()
            .unwrap()
            .into();
        let known = known_error(&error).unwrap();
        (known.status().as_u16(), known.words().to_owned())
    }

    fn post(kind: &str) -> TestRequest {
        TestRequest::post().insert_header(("content-type", kind))
    }

    #[actix_rt::test]
    async fn wrong_json_is_said_in_our_words() {
        let kind = "application/json";
        let (status, words) =
            refusal::<web::Json<Map>>(post(kind), in_pieces(b"{\"a\" 1}", 10)).await;
        assert_eq!(
            (status, words.as_str()),
            (400, "the JSON is wrong at line 1, column 6")
        );
        let (status, words) =
            refusal::<web::Json<Map>>(post("text/plain"), in_pieces(b"{}", 10)).await;
        assert_eq!(
            (status, words.as_str()),
            (415, "this page reads JSON, as `application/json`")
        );
        let large = post(kind).insert_header(("content-length", "3000000"));
        let (status, words) = refusal::<web::Json<Map>>(large, in_pieces(b"{}", 10)).await;
        assert!(
            status == 413 && words.contains("2097152 bytes"),
            "{status} {words}"
        );
    }

    #[actix_rt::test]
    async fn wrong_forms_and_queries_have_our_status() {
        let kind = "application/x-www-form-urlencoded";
        for (kind, body, expected) in [
            (kind, b"a=x".as_slice(), 400),
            ("text/plain", b"a=1", 415),
            (kind, &b"a".repeat(17_000), 413),
        ] {
            let (status, _) = refusal::<web::Form<Map>>(post(kind), in_pieces(body, 1_000)).await;
            assert_eq!(status, expected);
        }
        let (status, _) =
            refusal::<web::Query<Map>>(TestRequest::with_uri("/?a=x"), Payload::None).await;
        assert_eq!(status, 400);
        let (status, _) =
            refusal::<web::Bytes>(post("x/y"), in_pieces(&b"a".repeat(300_000), 50_000)).await;
        assert_eq!(status, 413);
        let (status, _) =
            refusal::<String>(post("text/plain; charset=bogus"), in_pieces(b"a", 1)).await;
        assert_eq!(status, 415);
    }

    #[test]
    fn a_wrong_path_is_404() {
        let cause = serde::de::Error::custom("secret");
        let known = known_error(&PathError::Deserialize(cause).into()).unwrap();
        assert_eq!(known.status(), 404);
        assert!(!known.words().contains("secret"));
    }

    #[test]
    fn derived_forms_name_the_field_and_keep_the_status() {
        let source = actix_web::error::ErrorForbidden("secret");
        for (error, status) in [
            (MultipartError::MissingField("a".to_owned()), 400),
            (
                MultipartError::Field {
                    name: "a".to_owned(),
                    source,
                },
                403,
            ),
            (MultipartError::Payload(PayloadError::Overflow), 413),
            (MultipartError::BoundaryMissing, 400),
        ] {
            let known = known_error(&error.into()).unwrap();
            assert_eq!(known.status(), status, "{known}");
            assert!(!known.words().contains("secret"), "{known}");
        }
    }

    #[test]
    fn errors_of_pages_are_not_ours() {
        assert!(known_error(&actix_web::error::ErrorImATeapot("short and stout")).is_none());
    }
}
