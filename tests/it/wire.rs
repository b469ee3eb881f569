//! A site behind a real socket, for what only the wire shows.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use kirsch::Site;
use tempfile::TempDir;

/// A site that is served on a Unix socket, by one worker, until the test process ends.
pub(crate) struct Wire {
    socket: PathBuf,
    _folder: TempDir,
}

impl Wire {
    /// Serves the site.
    pub(crate) fn serve(site: Site) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let socket = folder.path().join("site.sock");
        let site = site
            .listen(&format!("unix:{}", socket.display()))
            .workers(1);
        thread::spawn(move || site.serve().expect("the site is served"));
        let wire = Self {
            socket,
            _folder: folder,
        };
        drop(wire.connect());
        wire
    }

    /// Sends these bytes on a new connection and reads until the site closes it.
    pub(crate) fn ask(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream
            .write_all(request.as_bytes())
            .expect("the site reads");
        let mut answer = Vec::new();
        stream
            .read_to_end(&mut answer)
            .expect("the site answers and closes");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Connects, as soon as the site listens.
    pub(crate) fn connect(&self) -> UnixStream {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            match UnixStream::connect(&self.socket) {
                Ok(stream) => {
                    let limit = Some(Duration::from_secs(10));
                    stream
                        .set_read_timeout(limit)
                        .expect("a time limit that is not zero");
                    return stream;
                }
                Err(error) => assert!(
                    Instant::now() < patience,
                    "the site does not listen: {error}"
                ),
            }
            thread::yield_now();
        }
    }
}
