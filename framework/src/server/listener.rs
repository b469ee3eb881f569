//! Addresses, and the sockets that are bound to them before anything else starts.

use std::fmt;
use std::fs::{self, Metadata, Permissions};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, ToSocketAddrs as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use socket2::{Domain, SockAddr, Socket, Type};

use super::ServerOptions;

/// Where a server listens: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` or `unix:/run/site.sock`.
///
/// Port 0 lets the system choose a free port. A name is looked up at start, and all that it stands for is listened on.
///
/// # Examples
/// ```
/// use kirsch::Address;
///
/// let address: Address = "[::1]:8080".parse()?;
/// assert_eq!(address.to_string(), "[::1]:8080");
/// assert!("8080".parse::<Address>().is_err());
/// # Ok::<(), kirsch::InvalidAddress>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Hash)]
pub struct Address(Kind);

#[derive(Clone, Debug, Eq, PartialEq, Hash)]
enum Kind {
    Tcp(SocketAddr),
    /// A host name with a port, not looked up yet.
    Name(String),
    Unix(PathBuf),
}

impl Address {
    pub(super) const DEFAULT: Self = Self(Kind::Tcp(SocketAddr::V4(SocketAddrV4::new(
        Ipv4Addr::LOCALHOST,
        8080,
    ))));

    /// The IP address and port, if it is one.
    pub fn socket(&self) -> Option<SocketAddr> {
        match self.0 {
            Kind::Tcp(socket) => Some(socket),
            Kind::Name(_) | Kind::Unix(_) => None,
        }
    }

    /// The path of the Unix socket, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Unix(path) => Some(path),
            Kind::Tcp(_) | Kind::Name(_) => None,
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(socket: SocketAddr) -> Self {
        Self(Kind::Tcp(socket))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Tcp(socket) => socket.fmt(f),
            Kind::Name(name) => f.write_str(name),
            Kind::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let invalid = || InvalidAddress(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() || path.contains('\0') {
                Err(invalid())
            } else {
                Ok(Self(Kind::Unix(path.into())))
            };
        }
        if let Ok(socket) = text.parse() {
            return Ok(Self(Kind::Tcp(socket)));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        // A name of digits and dots only would be a mistyped IP address.
        let named = host.bytes().any(|byte| byte.is_ascii_alphabetic());
        let letters = host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        if named && letters && digits && port.parse::<u16>().is_ok() {
            Ok(Self(Kind::Name(text.to_owned())))
        } else {
            Err(invalid())
        }
    }
}

/// A text that is no [`Address`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvalidAddress(String);

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no address to listen on: write `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` or `unix:/run/site.sock`",
            self.0
        )
    }
}

impl std::error::Error for InvalidAddress {}

/// A socket that listens, and where.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(super) address: Address,
    pub(super) socket: Bound,
}

#[derive(Debug)]
pub(super) enum Bound {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

/// Opens every address of `options`, or says in one line which one cannot be had.
///
/// # Errors
/// The address is taken, may not be used, or does not exist on this machine; or a file that is no socket lies at its path.
pub(crate) fn bind(options: &ServerOptions) -> io::Result<Vec<Listener>> {
    let mut listeners = Vec::new();
    for address in options.addresses() {
        open(address, options, &mut listeners).map_err(|cause| cannot_listen(address, &cause))?;
    }
    Ok(listeners)
}

fn open(
    address: &Address,
    options: &ServerOptions,
    listeners: &mut Vec<Listener>,
) -> io::Result<()> {
    match &address.0 {
        Kind::Tcp(socket) => listeners.push(tcp(*socket, options.backlog)?),
        Kind::Unix(path) => listeners.push(unix(path, options)?),
        Kind::Name(name) => {
            for socket in name.to_socket_addrs()? {
                listeners.push(tcp(socket, options.backlog)?);
            }
        }
    }
    Ok(())
}

fn tcp(address: SocketAddr, backlog: u32) -> io::Result<Listener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // So that a restart need not wait for the last connections' TIME_WAIT. It does not let two servers share a port.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    report_slow_readers_soon(&socket);
    socket.listen(backlog.try_into().unwrap_or(i32::MAX))?;
    let listener = TcpListener::from(socket);
    Ok(Listener {
        address: listener.local_addr()?.into(),
        socket: Bound::Tcp(listener),
    })
}

/// Keeps the kernel from hiding megabytes of an answer that the client has not even been sent (its connections inherit this).
///
/// Otherwise a client of 10 KB a second would show no progress for minutes, and `write_timeout` would cut it.
fn report_slow_readers_soon(socket: &Socket) {
    const UNSENT: u32 = 64 * 1024;
    #[cfg(target_os = "linux")]
    if let Err(cause) = socket.set_tcp_notsent_lowat(UNSENT) {
        tracing::debug!("TCP_NOTSENT_LOWAT: {cause}");
    }
}

fn unix(path: &Path, options: &ServerOptions) -> io::Result<Listener> {
    remove_stale(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    let file = SocketFile::of(path)?;
    // Nobody can connect before `listen`, so nobody gets in before the permissions are right.
    fs::set_permissions(path, Permissions::from_mode(options.socket_mode))?;
    socket.listen(options.backlog.try_into().unwrap_or(i32::MAX))?;
    Ok(Listener {
        address: Address(Kind::Unix(path.to_owned())),
        socket: Bound::Unix(socket.into(), file),
    })
}

/// Removes the socket that a killed server has left behind, and nothing else: no other kind of file, no socket that answers.
fn remove_stale(path: &Path) -> io::Result<()> {
    let Some(metadata) = present(path)? else {
        return Ok(());
    };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "a file that is no socket is there",
        ));
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(cause) => Err(cause),
    }
}

/// What is at the path itself: a link is not followed.
pub(super) fn present(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// The file of a Unix socket, removed with the server: but only if it is still the one that this server made.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<Self> {
        // Absolute, because the process may change its folder while it serves.
        let path = std::path::absolute(path)?;
        Ok(Self {
            identity: identity(&fs::symlink_metadata(&path)?),
            path,
        })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = matches!(present(&self.path), Ok(Some(metadata)) if identity(&metadata) == self.identity);
        if ours && let Err(cause) = fs::remove_file(&self.path) {
            tracing::warn!("cannot remove {}: {cause}", self.path.display());
        }
    }
}

/// The device and the inode: no two files that are open have the same.
pub(super) fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

fn cannot_listen(address: &Address, cause: &io::Error) -> io::Error {
    let why = match cause.kind() {
        io::ErrorKind::AddrInUse => "address already in use".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        io::ErrorKind::PermissionDenied
            if address.socket().is_some_and(|socket| socket.port() < 1024) =>
        {
            "permission denied (ports below 1024 are for privileged users)".to_owned()
        }
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotFound => "no such folder".to_owned(),
        _ => cause.to_string(),
    };
    io::Error::new(cause.kind(), format!("cannot listen on {address}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> ServerOptions {
        ServerOptions::new().listen(address.parse().unwrap())
    }

    fn refusal(address: &str) -> String {
        bind(&at(address)).unwrap_err().to_string()
    }

    #[test]
    fn addresses_are_written_as_they_are_read() {
        for text in [
            "127.0.0.1:8080",
            "[::1]:80",
            "unix:/run/site.sock",
            "unix:site.sock",
            "localhost:0",
            "a-b.example:65535",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_in_the_users_words() {
        for text in [
            "",
            "8080",
            ":8080",
            "127.0.0.1",
            "127.0.0.1:",
            "127.0.0.1:65536",
            "127.0.0.1:+80",
            "1.2.3:80",
            "::1:80",
            "a b:80",
            "unix:",
            "unix:a\0b",
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("`{text}` is no address")),
                "{error}"
            );
        }
    }

    #[test]
    fn a_taken_port_is_one_clear_line() {
        let first = bind(&at("127.0.0.1:0")).unwrap();
        let address = first[0].address.to_string();
        assert!(!address.ends_with(":0"));
        assert_eq!(
            refusal(&address),
            format!("cannot listen on {address}: address already in use")
        );
    }

    #[test]
    fn a_name_listens_on_all_that_it_stands_for() {
        let listeners = bind(&at("localhost:0")).unwrap();
        assert!(
            listeners
                .iter()
                .all(|listener| listener.address.socket().unwrap().ip().is_loopback())
        );
        assert!(!listeners.is_empty());
    }

    #[test]
    fn a_socket_file_has_its_mode_and_goes_with_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site.sock");
        let listeners = bind(&at(&format!("unix:{}", path.display()))).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o660);
        drop(listeners);
        assert!(!path.exists());
    }

    #[test]
    fn a_stale_socket_is_replaced_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site.sock");
        drop(UnixListener::bind(&path).unwrap()); // leaves its file behind
        let text = format!("unix:{}", path.display());
        let living = bind(&at(&text)).unwrap();
        assert_eq!(
            refusal(&text),
            format!("cannot listen on {text}: address already in use")
        );
        drop(living);
    }

    #[test]
    fn a_file_that_is_no_socket_is_never_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("precious");
        fs::write(&path, "data").unwrap();
        let text = format!("unix:{}", path.display());
        assert_eq!(
            refusal(&text),
            format!("cannot listen on {text}: a file that is no socket is there")
        );
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(
            refusal(&format!("unix:{}", link.display()))
                .ends_with("a file that is no socket is there")
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "data");
    }

    #[test]
    fn a_socket_that_was_replaced_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site.sock");
        let listeners = bind(&at(&format!("unix:{}", path.display()))).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "data").unwrap();
        drop(listeners);
        assert!(path.exists());
    }

    #[test]
    fn a_folder_that_is_missing_and_a_path_that_is_too_long_are_said_plainly() {
        assert!(refusal("unix:/no/such/folder/site.sock").ends_with("no such folder"));
        assert!(
            refusal(&format!("unix:/tmp/{}", "x".repeat(200)))
                .contains("cannot listen on unix:/tmp/xxx")
        );
    }
}
