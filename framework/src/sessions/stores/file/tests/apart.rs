//! Tests that change something of the whole process run in one of their own.

use std::process::Command;

pub(super) const CHILD: &str = "KIRSCH_TEST_CHILD";

/// Runs the body in a process of its own, after this line of the shell: the test calls itself by its name.
pub(super) fn apart(test: &str, line: &str, body: impl FnOnce()) {
    if std::env::var_os(CHILD).is_some() {
        return body();
    }
    let script = format!(r#"{line}"$0" --exact sessions::stores::file::tests::{test} --nocapture"#);
    let output = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complaint}");
    assert!(said.contains("1 passed"), "{said}\n{complaint}");
}

/// How to run something as a user to whom permissions apply.
pub(super) fn as_somebody() -> &'static str {
    if rustix::process::geteuid().is_root() {
        return "exec setpriv --reuid=65534 --regid=65534 --clear-groups ";
    }
    "exec "
}

/// Waits for something in a process of its own.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    actix_rt::System::new().block_on(future)
}
