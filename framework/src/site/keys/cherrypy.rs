//! CherryPy's keys: the same here, renamed, or moot, and why.
//!
//! Whoever writes one that is not the same is told the sentence of its row. The book prints the table.

/// A key of CherryPy.
#[derive(Debug)]
pub(in crate::site) struct Former {
    /// Its name. One that ends in `.*` is for all keys below it.
    pub(in crate::site) name: &'static str,
    pub(in crate::site) fate: Fate,
    /// Why, and what differs, in one sentence without its full stop; empty where nothing is to be said.
    pub(in crate::site) words: &'static str,
}

/// What has become of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::site) enum Fate {
    /// It has its name and its meaning.
    Same,
    /// It has another name.
    Renamed(&'static str),
    /// There is nothing that it could decide.
    Moot,
}

impl Former {
    /// What to write instead, or why nothing.
    pub(in crate::site) fn help(&self) -> String {
        match self.fate {
            Fate::Renamed(name) if self.words.is_empty() => format!("write `{name}`"),
            Fate::Renamed(name) => format!("write `{name}`: {}", self.words),
            Fate::Same | Fate::Moot => self.words.to_owned(),
        }
    }

    fn is(&self, name: &str) -> bool {
        match self.name.strip_suffix(".*") {
            Some(space) => {
                let below = name.strip_prefix(space);
                below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }
            None => self.name == name,
        }
    }
}

/// The row of a key that is not the same here.
pub(in crate::site) fn former(name: &str) -> Option<&'static Former> {
    let mut rows = FORMER.iter().filter(|row| row.fate != Fate::Same);
    rows.find(|row| row.is(name))
}

const fn same(name: &'static str, words: &'static str) -> Former {
    Former {
        name,
        fate: Fate::Same,
        words,
    }
}

const fn renamed(name: &'static str, to: &'static str, words: &'static str) -> Former {
    Former {
        name,
        fate: Fate::Renamed(to),
        words,
    }
}

const fn moot(name: &'static str, words: &'static str) -> Former {
    Former {
        name,
        fate: Fate::Moot,
        words,
    }
}

const TLS: &str = "TLS ends at the reverse proxy in front of this server";
const LOGS: &str =
    "the log goes to standard error, or where the application's `tracing` subscriber sends it";
const TYPED: &str =
    "pages take typed parameters, and what does not fit is answered before they are called";
const BODY: &str =
    "which body a page reads is in its parameters: `Json`, a form's fields, `Upload`";
const CODE: &str = "what a page does is code: write a tool of your own with `#[tool]`";

/// All keys of CherryPy 18, in its documentation's order.
pub(in crate::site) const FORMER: &[Former] = &[
    same(
        "environment",
        "`test_suite` is `test`; `development` is a name of its own",
    ),
    same("server.socket_host", ""),
    same("server.socket_port", ""),
    same("server.socket_file", ""),
    same(
        "server.socket_queue_size",
        "the default is 1,024 instead of 5",
    ),
    renamed(
        "server.socket_timeout",
        "server.head_timeout",
        "there are also `server.keep_alive` and `server.write_timeout`, each with a default of its own",
    ),
    moot(
        "server.accepted_queue_size",
        "connections wait in the kernel: `server.socket_queue_size`, and `server.max_connections` for each worker",
    ),
    moot(
        "server.accepted_queue_timeout",
        "connections wait in the kernel until a worker takes them",
    ),
    same(
        "server.shutdown_timeout",
        "the default is 30 s instead of 5 s",
    ),
    moot(
        "server.protocol_version",
        "it is HTTP/1.1, and HTTP/1.0 for clients that speak it",
    ),
    renamed(
        "server.thread_pool",
        "server.workers",
        "one worker serves thousands of connections, and one for each processor is mostly right",
    ),
    renamed(
        "server.thread_pool_max",
        "server.workers",
        "their number does not change while the site runs",
    ),
    moot(
        "server.max_request_header_size",
        "the head of a request is at most 128 KiB; `request.target.maxbytes` bounds its first line",
    ),
    same(
        "server.max_request_body_size",
        "it is `request.body.maxbytes`; 0 is refused, there is always a limit",
    ),
    moot(
        "server.instance",
        "there is one server, with any number of addresses: `server.listen`",
    ),
    moot("server.ssl_module", TLS),
    moot("server.ssl_certificate", TLS),
    moot("server.ssl_certificate_chain", TLS),
    moot("server.ssl_private_key", TLS),
    moot("server.ssl_ciphers", TLS),
    moot("server.ssl_context", TLS),
    moot(
        "server.statistics",
        "nothing has to be switched on to be counted",
    ),
    moot("server.nodelay", "small answers are always sent at once"),
    moot(
        "server.wsgi_version",
        "there is no WSGI; what is around a site is a middleware of actix-web",
    ),
    moot(
        "server.peercreds",
        "who may connect to a Unix socket is in `server.socket_mode`",
    ),
    moot(
        "server.peercreds_resolve",
        "who may connect to a Unix socket is in `server.socket_mode`",
    ),
    renamed(
        "engine.autoreload.on",
        "engine.autoreload_on",
        "the default is off",
    ),
    renamed(
        "engine.autoreload.frequency",
        "engine.autoreload_frequency",
        "",
    ),
    moot(
        "engine.autoreload.match",
        "the program is one file: there is nothing to choose",
    ),
    moot(
        "engine.autoreload.files",
        "the program is one file: there is nothing to add",
    ),
    moot(
        "engine.SIGHUP",
        "what a signal does is fixed: SIGHUP reads the configuration again",
    ),
    moot(
        "engine.SIGTERM",
        "what a signal does is fixed: SIGTERM and SIGINT stop the site",
    ),
    moot(
        "engine.max_cloexec_files",
        "every file is opened so that no other program inherits it",
    ),
    moot(
        "engine.signals.*",
        "signals are handled where the site serves itself, and never in an application around it",
    ),
    moot("engine.thread_manager.*", "pages are no threads"),
    moot(
        "checker.*",
        "everything is checked at every start, and what is wrong is refused",
    ),
    moot(
        "tree.*",
        "trees are mounted in code: `Site::mount`, `Site::host`, `Site::graft`",
    ),
    renamed("log.screen", "log.access_on", LOGS),
    moot("log.access_file", LOGS),
    moot("log.error_file", LOGS),
    moot(
        "log.access_log_format",
        "the access log is in the Combined Log Format, with every field escaped",
    ),
    moot("log.wsgi", LOGS),
    same(
        "request.show_tracebacks",
        "on only in `development` and `test`",
    ),
    moot("request.show_mismatched_params", TYPED),
    moot(
        "request.throw_errors",
        "an error is always answered; a test sees its cause on the page, in the environment `test`",
    ),
    moot("request.throws", "an error is always answered"),
    moot("request.process_request_body", BODY),
    moot("request.methods_with_bodies", BODY),
    moot("request.query_string_encoding", "queries are UTF-8"),
    moot("request.uri_encoding", "paths are UTF-8"),
    moot(
        "request.dispatch",
        "the tree is the dispatcher; a resource is `#[expose(resource)]`, a virtual host is `Site::host`",
    ),
    moot(
        "request.error_response",
        "write an `#[error_page(default)]`",
    ),
    renamed(
        "request.error_page",
        "error_page.default",
        "each status has a key of its own: `error_page.404`",
    ),
    moot("request.namespaces.*", CODE),
    moot("request.hooks.*", CODE),
    moot(
        "request.toolmaps.*",
        "tools are keys of their own: `tools.caching.on = true`",
    ),
    moot(
        "request.login",
        "who has signed in is what the tool that asks says",
    ),
    moot(
        "request.body.attempt_charsets",
        "a form is in the charset that it names, else in UTF-8",
    ),
    same(
        "request.body.maxbytes",
        "0 is refused, there is always a limit",
    ),
    moot(
        "request.body.bufsize",
        "the server chooses how much it reads at a time",
    ),
    moot("request.body.processors", BODY),
    moot(
        "request.body.part_class",
        "`request.form.maxrambytes` says how large a file may be that stays in memory",
    ),
    moot(
        "request.body.default_content_type",
        "a body is what its `Content-Type` says that it is",
    ),
    moot(
        "response.stream",
        "what a page returns says whether it is sent as it is made",
    ),
    same("response.headers.*", ""),
    moot(
        "response.status",
        "a page returns its status with its answer",
    ),
    moot("response.body", "a page returns its body"),
    renamed("response.timeout", "request.timeout", ""),
    same(
        "error_page.*",
        "a file, or `{ page = \"/lost\" }` for a page of the site",
    ),
    moot("hooks.*", CODE),
    same("tools.*", "each with `on` and its options"),
    moot(
        "tools.flatten.*",
        "a page returns text, bytes or a stream, never lists of lists",
    ),
    moot("tools.params.*", TYPED),
    renamed(
        "tools.sessions.storage_class",
        "tools.sessions.storage",
        "the name of a storage; a store of one's own is `Storage::own(…)`, in code",
    ),
    renamed("tools.sessions.storage_type", "tools.sessions.storage", ""),
    moot(
        "tools.sessions.httponly",
        "the cookie of a session is always `HttpOnly`",
    ),
    moot(
        "tools.sessions.path_header",
        "no header of the request decides about the cookie: write `tools.sessions.path`",
    ),
    moot(
        "tools.sessions.servers",
        "sessions that machines share are in `postgres` or `redis`",
    ),
    moot(
        "tools.sessions.debug",
        "what goes wrong with a session is in the error log",
    ),
    moot(
        "wsgi.*",
        "there is no WSGI; what is around a site is a middleware of actix-web",
    ),
];
