//! A certificate for `localhost`, made with the machine's openssl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A key that is quickly made.
const KEY: [&str; 5] = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
];

/// Puts `server.crt` and `server.key` where a server looks for them. Answers the certificate of the authority.
pub(super) fn make(command: impl Fn(&str) -> Command, folder: &Path) -> PathBuf {
    let openssl = |words: &str| {
        let mut command = command("openssl");
        command.current_dir(folder).args(words.split(' '));
        if words.starts_with("req") {
            command.args(KEY);
        }
        let output = command.output().expect("openssl runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {words}: {errors}");
    };
    openssl("req -x509 -days 2 -subj /CN=authority -keyout authority.key -out authority.crt");
    openssl("req -subj /CN=localhost -keyout server.key -out server.csr");
    let extensions = folder.join("extensions");
    fs::write(extensions, "subjectAltName = DNS:localhost\n").expect("the folder is writable");
    openssl(
        "x509 -req -days 2 -in server.csr -CA authority.crt -CAkey authority.key -CAcreateserial -extfile extensions -out server.crt",
    );
    folder.join("authority.crt")
}
