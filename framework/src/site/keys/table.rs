//! One row per key of the whole site. To add a key, add a row.

use std::time::Duration;

use super::Settings;
use crate::config::{Environment, Raw, Refusal, Size, Value};

/// A key of the whole site.
pub(in crate::site) struct Key {
    /// Its name: `server.socket_port`.
    pub(in crate::site) name: &'static str,
    /// What it decides, in one sentence or two; for the book, and for lists.
    pub(in crate::site) doc: &'static str,
    /// What it expects: `a whole number from 0 to 65535`.
    pub(in crate::site) expected: &'static str,
    pub(in crate::site) read: fn(&mut Settings, &Raw) -> Result<(), Refusal>,
    /// The value as TOML writes it. That of `Settings::default()` is the key's default.
    pub(in crate::site) show: fn(&Settings) -> String,
}

/// A key whose value is that of a field.
macro_rules! plain {
    ($name:literal, $type:ty, $($field:ident).+, $doc:literal) => {
        Key {
            name: $name,
            doc: $doc,
            expected: <$type as Value>::EXPECTED,
            read: |settings, raw| {
                settings.$($field).+ = <$type>::read(raw)?;
                Ok(())
            },
            show: |settings| settings.$($field).+.show(),
        }
    };
}

/// A key for a number of bytes.
macro_rules! bytes {
    ($name:literal, $($field:ident).+, $doc:literal) => {
        Key {
            name: $name,
            doc: $doc,
            expected: Size::EXPECTED,
            read: |settings, raw| {
                settings.$($field).+ = Size::read(raw)?.0;
                Ok(())
            },
            show: |settings| Size(settings.$($field).+).show(),
        }
    };
}

/// A key for the most bytes of something, of which none at all would refuse everything.
macro_rules! most {
    ($name:literal, $($field:ident).+, $doc:literal) => {
        Key {
            read: |settings, raw| {
                settings.$($field).+ = most(raw)?;
                Ok(())
            },
            ..bytes!($name, $($field).+, $doc)
        }
    };
}

/// Differs from CherryPy: there, 0 means no limit.
fn most(raw: &Raw) -> Result<u64, Refusal> {
    match Size::read(raw)? {
        Size(0) => Err(Refusal::new(
            "0 would refuse everything\nhelp: there is always a limit; write the largest that you want to have",
        )),
        Size(bytes) => Ok(bytes),
    }
}

/// A key for a number of which 0 means that the framework chooses.
macro_rules! chosen {
    ($name:literal, $($field:ident).+, $doc:literal) => {
        Key {
            name: $name,
            doc: $doc,
            expected: usize::EXPECTED,
            read: |settings, raw| {
                let number = usize::read(raw)?;
                settings.$($field).+ = (number > 0).then_some(number);
                Ok(())
            },
            show: |settings| settings.$($field).+.unwrap_or(0).show(),
        }
    };
}

/// All of them. The environment comes first: others have their defaults of it.
pub(in crate::site) const KEYS: &[Key] = &[
    plain!(
        "server.environment",
        Environment,
        environment,
        "Where the site runs. It sets what nothing else sets. Also written `environment`."
    ),
    Key {
        name: "server.listen",
        doc: "The addresses to listen on: `[\"127.0.0.1:8080\", \"unix:/run/site.sock\"]`.",
        expected: "a list of addresses, such as `[\"127.0.0.1:8080\", \"unix:/run/site.sock\"]`",
        read: Settings::read_listen,
        show: Settings::show_listen,
    },
    Key {
        name: "server.socket_host",
        doc: "The host or IP address to listen on, for a site with one address.",
        expected: "a host or an IP address, such as `\"0.0.0.0\"`",
        read: Settings::read_host,
        show: Settings::show_host,
    },
    Key {
        name: "server.socket_port",
        doc: "The port to listen on, for a site with one address. 0: the system chooses.",
        expected: u16::EXPECTED,
        read: Settings::read_port,
        show: Settings::show_port,
    },
    Key {
        name: "server.socket_file",
        doc: "The Unix socket to listen on, for a site with one address.",
        expected: "the path of a Unix socket, such as `\"/run/site.sock\"`",
        read: Settings::read_socket_file,
        show: Settings::show_socket_file,
    },
    Key {
        name: "server.socket_mode",
        doc: "The permissions of the file of a Unix socket.",
        expected: "permissions, such as `0o660`",
        read: |settings, raw| match u32::read(raw)? {
            mode if mode <= 0o777 => {
                settings.server.socket_mode = mode;
                Ok(())
            }
            _ => Err(Refusal::unexpected(raw, "permissions, such as `0o660`")),
        },
        show: |settings| format!("{:#o}", settings.server.socket_mode),
    },
    Key {
        name: "server.socket_queue_size",
        doc: "Connections that wait in the kernel until a worker takes them.",
        expected: "a whole number from 1",
        read: |settings, raw| match u32::read(raw)? {
            0 => Err(Refusal::unexpected(raw, "a whole number from 1")),
            connections => {
                settings.server.backlog = connections;
                Ok(())
            }
        },
        show: |settings| settings.server.backlog.show(),
    },
    chosen!(
        "server.workers",
        server.workers,
        "Worker threads. 0: one for each processor."
    ),
    chosen!(
        "server.max_connections",
        server.max_connections,
        "Connections that one worker holds at a time. 0: as many as the limit on open files leaves."
    ),
    plain!(
        "server.keep_alive",
        Duration,
        server.keep_alive,
        "How long an idle connection is kept for its next request. 0: it is closed after each answer."
    ),
    plain!(
        "server.head_timeout",
        Duration,
        server.head_timeout,
        "How long the head of a request may take, then it is 408. 0: for ever."
    ),
    plain!(
        "server.write_timeout",
        Duration,
        server.write_timeout,
        "How long a client may take no byte of its answer before it is cut off. 0: for ever."
    ),
    plain!(
        "server.requests_per_connection",
        u32,
        server.requests_per_connection,
        "Requests on one connection, before it is closed. 0: any number."
    ),
    plain!(
        "server.connection_age",
        Duration,
        server.connection_age,
        "The age at which a connection is closed after its next answer. 0: any."
    ),
    plain!(
        "server.lame_duck",
        Duration,
        server.lame_duck,
        "How long connections are still accepted after the signal to stop."
    ),
    plain!(
        "server.shutdown_timeout",
        Duration,
        server.shutdown_timeout,
        "How long running requests may take to finish after the signal to stop."
    ),
    Key {
        name: "server.allowed_hosts",
        doc: "The hosts that are answered; others are 400. None: every well-formed one.",
        expected: "a list of hosts, such as `[\"shop.example\", \"192.0.2.1\"]`",
        read: Settings::read_hosts,
        show: |settings| settings.allowed_hosts.show(),
    },
    plain!(
        "engine.autoreload_on",
        bool,
        autoreload.on,
        "Whether the program is to start again when it changes. Nothing watches it yet: the start warns."
    ),
    Key {
        read: |settings, raw| match Duration::read(raw)? {
            Duration::ZERO => Err(Refusal::unexpected(
                raw,
                "a time between two looks, above 0",
            )),
            frequency => {
                settings.autoreload.frequency = frequency;
                Ok(())
            }
        },
        ..plain!(
            "engine.autoreload_frequency",
            Duration,
            autoreload.frequency,
            "How long to wait between two looks at the program."
        )
    },
    plain!(
        "log.access_on",
        bool,
        access_log,
        "Whether every request is a line of the log."
    ),
    Key {
        name: "request.show_tracebacks",
        doc: "Whether error pages show the chain of causes, the route and the request.",
        expected: bool::EXPECTED,
        read: |settings, raw| {
            settings.show_tracebacks = Some(bool::read(raw)?);
            Ok(())
        },
        show: |settings| {
            let shown = settings.show_tracebacks;
            shown
                .unwrap_or_else(|| settings.environment.shows_internals())
                .show()
        },
    },
    plain!(
        "request.strict_params",
        bool,
        limits.strict_params,
        "Whether parameters that no page asks for are refused: 404 in the query, 400 in a form."
    ),
    plain!(
        "request.timeout",
        Duration,
        limits.request_timeout,
        "How long a page may take until it begins to answer, then it is 503. 0: for ever."
    ),
    Key {
        name: "request.target.maxbytes",
        doc: "Bytes of the request target, path and query together; more is 414.",
        expected: Size::EXPECTED,
        read: |settings, raw| {
            settings.limits.target = usize::try_from(most(raw)?).unwrap_or(usize::MAX);
            Ok(())
        },
        show: |settings| Size(settings.limits.target as u64).show(),
    },
    plain!(
        "request.path.max_segments",
        usize,
        limits.segments,
        "Segments of the path; more is 404."
    ),
    plain!(
        "request.query.max_parameters",
        usize,
        limits.query_parameters,
        "Pairs in a query; more is 400."
    ),
    most!(
        "request.json.maxbytes",
        limits.json,
        "Bytes of a JSON body; more is 413."
    ),
    most!(
        "request.body.maxbytes",
        limits.form.body_bytes,
        "Bytes of a whole multipart body, files included; more is 413. Also written `server.max_request_body_size`."
    ),
    plain!(
        "request.body.timeout",
        Duration,
        limits.form.body_timeout,
        "How long to wait for the next bytes of a body, then it is 408. 0: for ever."
    ),
    most!(
        "request.form.maxbytes",
        limits.form.form_bytes,
        "Bytes of an urlencoded form; more is 413."
    ),
    plain!(
        "request.form.max_parameters",
        usize,
        limits.form.form_parameters,
        "Fields of an urlencoded form; more is 400."
    ),
    plain!(
        "request.form.max_parts",
        usize,
        limits.form.parts,
        "Parts of a multipart form, fields and files together; more is 400."
    ),
    most!(
        "request.form.field_maxbytes",
        limits.form.field_bytes,
        "Bytes of one text field of a multipart form; more is 413."
    ),
    most!(
        "request.form.fields_maxbytes",
        limits.form.fields_bytes,
        "Bytes of all text fields of a multipart form together; more is 413."
    ),
    most!(
        "request.form.file_maxbytes",
        limits.form.file_bytes,
        "Bytes of one uploaded file; more is 413."
    ),
    bytes!(
        "request.form.maxrambytes",
        limits.form.memory_bytes,
        "An uploaded file of at most so many bytes stays in memory, a larger one goes into a temporary file."
    ),
    bytes!(
        "request.form.temporary_maxbytes",
        limits.form.temporary_bytes,
        "Bytes that the temporary files of the whole process may take at one time; while they are in use, further files are 503."
    ),
    plain!(
        "request.form.temporary_folder",
        Option<std::path::PathBuf>,
        limits.form.temporary_folder,
        "Where temporary files live. Without it: the system's folder for them."
    ),
];
