//! One calm sentence for each status of failure.

use actix_web::http::StatusCode;

/// A status of an error: 4xx or 5xx.
pub(crate) fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// What a visitor is told about a status when nobody has said it better.
///
/// Lower case and without a full stop, like every message here. A status of 500 tells nothing: what went wrong is for the log.
///
/// # Examples
/// ```
/// use actix_web::http::StatusCode;
/// use kirsch::http::status_words;
///
/// assert_eq!(status_words(StatusCode::NOT_FOUND), "there is nothing at this address");
/// ```
pub fn status_words(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "the server could not make sense of this request",
        401 => "please sign in to see this page",
        402 => "this page must be paid for",
        403 => "you may not see this page",
        404 => "there is nothing at this address",
        405 => "this page cannot be asked in this way",
        406 => "this page does not come in a form that your browser accepts",
        407 => "please sign in to the proxy first",
        408 => "the request took too long to arrive",
        409 => "somebody else has changed this in the meantime",
        410 => "this page is gone and will not come back",
        411 => "the request must say how long its body is",
        412 => "this has changed since you last saw it",
        413 => "the request is larger than this page accepts",
        414 => "this address is longer than the server accepts",
        415 => "this page does not read the format that was sent",
        416 => "the requested part does not exist",
        417 => "the server cannot meet what this request expects",
        418 => "this is a teapot",
        421 => "this server does not answer for that host",
        422 => "the request was understood, but what it says cannot be used",
        423 => "this is locked by somebody else",
        424 => "this failed because something before it failed",
        425 => "please send this request again in a moment",
        426 => "this page needs a newer protocol",
        428 => "the request must say which version it means to change",
        429 => "too many requests: please wait a moment and try again",
        431 => "the head of the request is larger than the server accepts",
        451 => "this page may not be shown for legal reasons",
        500 => "something went wrong on our side",
        501 => "the server does not know this method",
        502 => "another server that this page needs gave no proper answer",
        503 => "the server is busy at the moment: please try again soon",
        504 => "another server that this page needs took too long",
        505 => "the server does not speak this version of HTTP",
        506 => "the server could not choose a form for this page",
        507 => "the server has no room left for this",
        508 => "the server found a loop while answering",
        510 => "the request lacks something that the server needs",
        511 => "please sign in to the network first",
        ..=499 => "this request cannot be answered",
        _ => "the server could not answer this request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_failure_has_one_plain_line() {
        for code in 400..600 {
            let words = status_words(StatusCode::from_u16(code).unwrap());
            assert!(
                words.chars().all(|c| c.is_ascii_graphic() || c == ' '),
                "{code}"
            );
            assert!(
                words.starts_with(|c: char| c.is_ascii_lowercase()),
                "{code}"
            );
            assert!(!words.ends_with('.'), "{code}");
        }
    }
}
