//! What the keys of the whole site write to.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use actix_web::http::StatusCode;

use crate::config::{Environment, Raw, Refusal, Value, quoted};
use crate::http::host::valid_host;
use crate::limits::Limits;
use crate::server::{Address, ServerOptions};
use crate::site::{ErrorPage, Site};

/// What the keys of the whole site write to: taken from a [`Site`], and given back to it.
#[derive(Debug, Clone)]
pub(in crate::site) struct Settings {
    pub(in crate::site) environment: Environment,
    /// `None`: as the environment has it.
    pub(in crate::site) show_tracebacks: Option<bool>,
    pub(in crate::site) limits: Limits,
    pub(in crate::site) access_log: bool,
    pub(in crate::site) allowed_hosts: Vec<String>,
    pub(in crate::site) error_pages: Vec<(Option<StatusCode>, ErrorPage)>,
    pub(in crate::site) autoreload: Autoreload,
    /// Without its addresses.
    pub(in crate::site) server: ServerOptions,
    pub(in crate::site) addresses: Vec<Address>,
    /// The parts of an address that a key has said so far, or the only address of the code.
    host: String,
    port: u16,
}

/// Whether the source is watched, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Autoreload {
    pub(crate) on: bool,
    pub(crate) frequency: Duration,
}

impl Default for Autoreload {
    fn default() -> Self {
        Self {
            on: false,
            frequency: Duration::from_secs(1),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            show_tracebacks: None,
            limits: Limits::default(),
            access_log: true,
            allowed_hosts: Vec::new(),
            error_pages: Vec::new(),
            autoreload: Autoreload::default(),
            server: ServerOptions::new(),
            addresses: Vec::new(),
            host: "127.0.0.1".to_owned(),
            port: 8080,
        }
    }
}

impl Settings {
    /// What the code says.
    pub(in crate::site) fn take(site: &mut Site) -> Self {
        let mut server = std::mem::take(&mut site.server);
        let mut addresses = std::mem::take(&mut server.listen);
        addresses.append(&mut site.addresses);
        let mut settings = Self {
            environment: site.environment,
            show_tracebacks: site.show_tracebacks,
            limits: std::mem::take(&mut site.limits),
            access_log: site.access_log,
            allowed_hosts: std::mem::take(&mut site.allowed_hosts),
            error_pages: std::mem::take(&mut site.error_pages),
            autoreload: site.autoreload,
            server,
            addresses,
            ..Self::default()
        };
        settings.note_address();
        settings
    }

    pub(in crate::site) fn give(self, site: &mut Site) {
        site.environment = self.environment;
        site.show_tracebacks = self.show_tracebacks;
        site.limits = self.limits;
        site.access_log = self.access_log;
        site.allowed_hosts = self.allowed_hosts;
        site.error_pages = self.error_pages;
        site.autoreload = self.autoreload;
        site.server = self.server;
        site.addresses = self.addresses;
    }

    /// A key may change the port of the code's only address and leave its host.
    fn note_address(&mut self) {
        let [address] = self.addresses.as_slice() else {
            return;
        };
        if let Some(socket) = address.socket() {
            self.host = socket.ip().to_string();
            self.port = socket.port();
        } else if address.path().is_none()
            && let Some((host, port)) = address.to_string().rsplit_once(':')
        {
            host.clone_into(&mut self.host);
            self.port = port.parse().unwrap_or(self.port);
        }
    }

    pub(super) fn read_hosts(&mut self, raw: &Raw) -> Result<(), Refusal> {
        let hosts = Vec::<String>::read(raw)?;
        if let Some(odd) = hosts.iter().find(|name| !valid_host(name.as_bytes())) {
            return Err(Refusal::unexpected(
                &Raw::from(odd.as_str()),
                "a host as browsers send it, such as `\"shop.example\"`, `\"xn--mnchen-3ya.de\"` or `\"192.0.2.1\"`",
            ));
        }
        self.allowed_hosts = hosts;
        Ok(())
    }

    pub(super) fn read_listen(&mut self, raw: &Raw) -> Result<(), Refusal> {
        let texts = Vec::<String>::read(raw)?;
        let addresses = texts.iter().map(|text| address(text));
        self.addresses = addresses.collect::<Result<_, _>>()?;
        Ok(())
    }

    pub(super) fn show_listen(&self) -> String {
        let server = self.addresses.iter().cloned();
        let server = server.fold(ServerOptions::new(), ServerOptions::listen);
        let addresses = server.addresses().iter();
        let addresses: Vec<_> = addresses
            .map(|address| quoted(&address.to_string()))
            .collect();
        format!("[{}]", addresses.join(", "))
    }

    pub(super) fn read_host(&mut self, raw: &Raw) -> Result<(), Refusal> {
        let host = String::read(raw)?;
        let host = host.trim_matches(['[', ']']);
        self.addresses = vec![address_of(host, self.port).map_err(|_| {
            Refusal::unexpected(
                raw,
                "a host or an IP address to listen on, such as `\"0.0.0.0\"`",
            )
        })?];
        host.clone_into(&mut self.host);
        Ok(())
    }

    pub(super) fn show_host(&self) -> String {
        quoted(&self.host)
    }

    pub(super) fn read_port(&mut self, raw: &Raw) -> Result<(), Refusal> {
        let port = u16::read(raw)?;
        self.addresses = vec![address_of(&self.host, port)?];
        self.port = port;
        Ok(())
    }

    pub(super) fn show_port(&self) -> String {
        self.port.show()
    }

    pub(super) fn read_socket_file(&mut self, raw: &Raw) -> Result<(), Refusal> {
        let path = PathBuf::read(raw)?;
        self.addresses = vec![address(&format!("unix:{}", path.display()))?];
        Ok(())
    }

    pub(super) fn show_socket_file(&self) -> String {
        let path = self.addresses.iter().find_map(Address::path);
        path.map(std::path::Path::to_path_buf).show()
    }
}

fn address_of(host: &str, port: u16) -> Result<Address, Refusal> {
    match host.parse::<IpAddr>() {
        Ok(ip) => Ok(Address::from(SocketAddr::new(ip, port))),
        Err(_) => address(&format!("{host}:{port}")),
    }
}

fn address(text: &str) -> Result<Address, Refusal> {
    let address = text.trim().parse::<Address>();
    address.map_err(|_| {
        Refusal::unexpected(
            &Raw::from(text),
            "an address to listen on, such as `\"127.0.0.1:8080\"`, `\"[::1]:8080\"`, `\"localhost:8080\"` or `\"unix:/run/site.sock\"`",
        )
    })
}
