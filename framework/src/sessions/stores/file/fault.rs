//! Which failures of the system pass by themselves, and which do not.

use std::error::Error;
use std::{fmt, io};

use rustix::io::Errno;

use crate::sessions::StoreError;

/// Says what could not be done, and why. What the system lacks for the moment is 503; what is wrong with the disk or its permissions, 500.
pub(super) fn fault(what: &'static str) -> impl FnOnce(io::Error) -> StoreError {
    move |cause| {
        let is_passing = Errno::from_io_error(&cause).is_some_and(is_passing);
        let fault = Fault { what, cause };
        if is_passing {
            return StoreError::unavailable(fault);
        }
        StoreError::failed(fault)
    }
}

fn is_passing(errno: Errno) -> bool {
    [
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOMEM,
        Errno::NOLCK,
        Errno::AGAIN,
        Errno::INTR,
    ]
    .contains(&errno)
}

/// Never says the name of a file: in it is the whole hash of an id.
#[derive(Debug)]
struct Fault {
    what: &'static str,
    cause: io::Error,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}
