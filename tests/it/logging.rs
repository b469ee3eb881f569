//! The tools that write into the log. CherryPy: `test_tools.py`, `test_logging.py`.

use std::process::{Command, Stdio};

use crate::process::{Client, Process};

/// What `kirsch-layers` writes into its log about one request, with these tools.
fn logged(tools: &[&str], request: &str, wanted: &str) -> String {
    logged_after(tools, request, wanted, |mut connection| {
        connection.until("\r\n\r\n").expect("an answer");
    })
}

/// The same, when so much of the answer has come.
fn logged_after(tools: &[&str], request: &str, wanted: &str, read: impl FnOnce(Client)) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kirsch-layers"));
    command.args(["--listen", "127.0.0.1:0", "--workers", "1"]);
    for tool in tools {
        command.args(["--set", &format!("global.tools.{tool}")]);
    }
    let mut process = Process::serving(command.stderr(Stdio::piped()));
    let mut log = process.log();
    let mut connection = process.connect();
    connection.send(request);
    read(connection);
    // What is not in the log when it ends is not in it.
    process.signal("TERM");
    log.find(|line| line.contains(wanted)).expect(wanted)
}

#[test]
fn headers_of_a_failed_request_are_logged_without_credentials() {
    let request = "GET /broken HTTP/1.1\r\nHost: t\r\nX-Odd: \t\"a\"\r\nAuthorization: Basic c2VjcmV0\r\nCookie: id=secret\r\nX-Api-Token: secret\r\n\r\n";
    let line = logged(&["log_headers.on = true"], request, "request headers:");
    assert!(line.contains("host: \"t\""), "{line}");
    for name in ["authorization", "cookie", "x-api-token"] {
        assert!(line.contains(&format!("{name}: (hidden)")), "{line}");
    }
    assert!(
        !line.contains("secret") && !line.contains("c2VjcmV0"),
        "{line}"
    );
    assert!(line.chars().all(|letter| !letter.is_control()), "{line:?}");
}

#[test]
fn causes_of_a_failed_request_are_logged_with_a_level() {
    let tools = [
        "log_tracebacks.on = true",
        "log_tracebacks.severity = \"warn\"",
    ];
    let line = logged(
        &tools,
        "GET /broken?a=%1b HTTP/1.1\r\nHost: t\r\n\r\n",
        "kirsch::tools",
    );
    assert!(line.contains("WARN kirsch::tools: GET /broken: "), "{line}");
    assert!(
        line.contains("an error occurred when formatting an argument"),
        "{line}"
    );
}

/// Its status may have been sent, so that nobody else can be told.
#[test]
fn a_body_that_fails_is_logged() {
    let request = "GET /torn HTTP/1.1\r\nHost: t\r\n\r\n";
    let wanted = "the body of an answer failed";
    let line = logged_after(&[], request, wanted, |mut connection| {
        assert!(connection.rest().contains("begun"));
    });
    assert!(line.contains("ERROR kirsch::error: "), "{line}");
    assert!(line.contains(r"torn\non purpose"), "{line}");
    assert!(line.chars().all(|letter| !letter.is_control()), "{line:?}");

    let request = "GET /hidden HTTP/1.1\r\nHost: t\r\n\r\n";
    let line = logged_after(&[], request, wanted, |mut connection| {
        assert!(!connection.rest().contains("rows"));
    });
    assert!(line.contains("no more rows"), "{line}");
}

#[test]
fn hooks_are_logged_in_their_order() {
    let tools = ["log_hooks.on = true", "response_headers.on = true"];
    let line = logged(&tools, "GET / HTTP/1.1\r\nHost: t\r\n\r\n", "hooks: ");
    assert!(
        line.contains("before_finalize: 4 response_headers, 50 mark"),
        "{line}"
    );
    assert!(line.contains("on_end_request: 100 log_hooks"), "{line}");
}
