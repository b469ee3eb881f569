//! The endpoints, the same for every framework, and what Kirsch may spend on each.

use Part::{Captures, Sessions, Small, Statics, Tools};

/// A request, the answer it must get, and its budget.
#[derive(Debug)]
pub struct Endpoint {
    /// What the command line calls it.
    pub name: &'static str,
    /// What a table calls it.
    pub title: &'static str,
    /// What the server must serve for it.
    pub site: Site,
    /// The method.
    pub method: &'static str,
    /// The path with its query.
    pub path: &'static str,
    /// A JSON body, or nothing.
    pub body: &'static str,
    /// The status it must answer with.
    pub status: u16,
    /// The body it must answer with, or `None` where each framework has its own words.
    pub answer: Option<&'static str>,
    /// The most that Kirsch may spend.
    pub budget: Budget,
}

/// Which site a server is asked to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// What the tree holds besides its root.
    pub part: Part,
    /// Whether every request is logged.
    pub log: bool,
}

/// A part of the site, measured apart because some routers pass over every route before the one they want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The five endpoints of a small site.
    Small,
    /// 500 pages without captures.
    Statics,
    /// 500 pages with a capture.
    Captures,
    /// Pages with 0, 1, 5 and 15 tools that are on and have nothing to do. Kirsch alone has it.
    Tools,
    /// Pages below the tool `sessions`, on the memory store.
    Sessions,
}

/// The most that a request may cost.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Instructions in user space.
    pub instructions: u32,
    /// Blocks taken from the heap.
    pub allocations: u32,
}

/// Every endpoint that is measured.
pub const ENDPOINTS: [Endpoint; 18] = [
    Endpoint {
        name: "plaintext",
        title: "plaintext",
        path: "/plaintext",
        answer: Some("Hello, World!"),
        budget: Budget::of(10_700, 8),
        ..PAGE
    },
    Endpoint {
        name: "json",
        title: "json",
        path: "/json",
        answer: Some(r#"{"message":"Hello, World!"}"#),
        budget: Budget::of(11_300, 10),
        ..PAGE
    },
    Endpoint {
        name: "parameters",
        title: "two path parameters",
        path: "/user/42/post/hello-world",
        answer: Some("42 hello-world"),
        budget: Budget::of(13_000, 11),
        ..PAGE
    },
    Endpoint {
        name: "query",
        title: "typed query",
        path: "/query?a=1&b=2",
        answer: Some("1 2"),
        budget: Budget::of(12_600, 10),
        ..PAGE
    },
    Endpoint {
        name: "echo",
        title: "small json in and out",
        method: "POST",
        path: "/echo",
        body: ECHO,
        answer: Some(ECHO),
        budget: Budget::of(21_200, 19),
        ..PAGE
    },
    Endpoint {
        name: "first-static",
        title: "first of 500 static routes",
        site: Site {
            part: Statics,
            log: false,
        },
        path: "/s0/r0",
        answer: Some("s0 r0"),
        budget: Budget::of(10_750, 8),
        ..PAGE
    },
    Endpoint {
        name: "last-static",
        title: "last of 500 static routes",
        site: Site {
            part: Statics,
            log: false,
        },
        path: "/s24/r19",
        answer: Some("s24 r19"),
        budget: Budget::of(10_750, 8),
        ..PAGE
    },
    Endpoint {
        name: "first-capture",
        title: "first of 500 routes with captures",
        site: Site {
            part: Captures,
            log: false,
        },
        path: "/d0/42/r0",
        answer: Some("42"),
        budget: Budget::of(12_000, 10),
        ..PAGE
    },
    Endpoint {
        name: "last-capture",
        title: "last of 500 routes with captures",
        site: Site {
            part: Captures,
            log: false,
        },
        path: "/d24/42/r19",
        answer: Some("42"),
        budget: Budget::of(12_000, 10),
        ..PAGE
    },
    Endpoint {
        name: "not-found",
        title: "not found (of 500 static)",
        site: Site {
            part: Statics,
            log: false,
        },
        path: "/no/such/page",
        status: 404,
        answer: None,
        budget: Budget::of(12_200, 8),
        ..PAGE
    },
    Endpoint {
        name: "access-log",
        title: "access log on",
        site: Site {
            part: Small,
            log: true,
        },
        path: "/plaintext",
        answer: Some("Hello, World!"),
        budget: Budget::of(13_500, 10),
        ..PAGE
    },
    Endpoint {
        name: "no-tool",
        title: "no tool",
        path: "/none",
        budget: Budget::of(10_700, 8),
        ..TOOLS
    },
    Endpoint {
        name: "one-tool",
        title: "1 tool with nothing to do",
        path: "/one",
        budget: Budget::of(10_400, 8),
        ..TOOLS
    },
    Endpoint {
        name: "five-tools",
        title: "5 tools with nothing to do",
        path: "/five",
        budget: Budget::of(10_600, 8),
        ..TOOLS
    },
    Endpoint {
        name: "fifteen-tools",
        title: "15 tools with nothing to do",
        path: "/fifteen",
        budget: Budget::of(11_100, 8),
        ..TOOLS
    },
    Endpoint {
        name: "session",
        title: "session: read, increment, save (memory)",
        path: "/counter",
        answer: None,
        budget: Budget::of(20_000, 20),
        ..SESSIONS
    },
    Endpoint {
        name: "session-read",
        title: "session: read, without a lock (memory)",
        path: "/look",
        answer: None,
        budget: Budget::of(16_700, 14),
        ..SESSIONS
    },
    Endpoint {
        name: "no-session",
        title: "no session under the tool",
        path: "/none",
        budget: Budget::of(10_700, 8),
        ..SESSIONS
    },
];

/// What the pages below the tool `sessions` have in common.
const SESSIONS: Endpoint = Endpoint {
    site: Site {
        part: Sessions,
        log: false,
    },
    answer: Some("Hello, World!"),
    ..PAGE
};

/// What the pages with tools have in common.
const TOOLS: Endpoint = Endpoint {
    site: Site {
        part: Tools,
        log: false,
    },
    answer: Some("Hello, World!"),
    ..PAGE
};

/// What most endpoints have in common.
const PAGE: Endpoint = Endpoint {
    name: "",
    title: "",
    site: Site {
        part: Small,
        log: false,
    },
    method: "GET",
    path: "/",
    body: "",
    status: 200,
    answer: None,
    budget: Budget::of(0, 0),
};

const ECHO: &str = r#"{"id":7,"name":"Kirsch","tags":["a","b"]}"#;

impl Endpoint {
    /// The other frameworks serve it as well.
    pub fn is_everybodys(&self) -> bool {
        !matches!(self.site.part, Tools | Sessions)
    }

    /// The request as it goes over the wire to the server at this port.
    pub fn request(&self, port: u16, cookie: Option<&str>) -> Vec<u8> {
        let Self {
            method, path, body, ..
        } = self;
        let about_body = match body.len() {
            0 => String::new(),
            length => format!("Content-Type: application/json\r\nContent-Length: {length}\r\n"),
        };
        let cookie = cookie.map(|cookie| format!("Cookie: {cookie}\r\n"));
        let cookie = cookie.unwrap_or_default();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{cookie}{about_body}\r\n{body}"
        )
        .into_bytes()
    }
}

impl Site {
    /// The arguments that ask a server for it; the port comes before them.
    pub fn arguments(self) -> Vec<&'static str> {
        let part = self.part.argument();
        if self.log {
            vec![part, "--log"]
        } else {
            vec![part]
        }
    }
}

impl Part {
    /// What the command line of a server calls it.
    pub fn argument(self) -> &'static str {
        match self {
            Small => "small",
            Statics => "static",
            Captures => "captures",
            Tools => "tools",
            Sessions => "sessions",
        }
    }
}

impl Budget {
    const fn of(instructions: u32, allocations: u32) -> Self {
        Self {
            instructions,
            allocations,
        }
    }
}

/// The endpoints of these names; none named means all.
///
/// # Errors
/// A name that no endpoint has.
pub fn named<S: AsRef<str>>(
    names: impl Iterator<Item = S>,
) -> crate::Result<Vec<&'static Endpoint>> {
    let chosen = names
        .map(|name| find(name.as_ref()))
        .collect::<crate::Result<Vec<_>>>()?;
    Ok(if chosen.is_empty() {
        ENDPOINTS.iter().collect()
    } else {
        chosen
    })
}

fn find(name: &str) -> crate::Result<&'static Endpoint> {
    let known = || ENDPOINTS.map(|endpoint| endpoint.name).join(", ");
    let found = ENDPOINTS.iter().find(|endpoint| endpoint.name == name);
    found.ok_or_else(|| format!("no endpoint is called `{name}`; there are {}", known()).into())
}
