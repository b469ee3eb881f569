//! Kirsch's own site on the endpoints that the peers serve; `peers/course` says which, and what the arguments mean.
//! It serves one part at a time. `site start` serves nothing: it says how long it takes to make a site of 1,000 pages and 15 tools
//! ready.
//!
//! After `sessions` come options of that tool, such as `storage=file storage_path=FOLDER fsync=false`; with `storage=postgres`,
//! which needs the feature `postgres` (as does `by-hand`, the same without the tool), `DATABASE_URL` names the database.

#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::time::Instant;

use kirsch::config::Raw;
use kirsch::prelude::*;
use kirsch::{Address, ServerOptions, Site};
use kirsch_benches::endpoints::Part;
use serde::{Deserialize, Serialize};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let number = arguments.next().unwrap_or_default();
    if number == "start" {
        return say_start();
    }
    let arguments: Vec<String> = arguments.collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);

    let part = [
        Part::Small,
        Part::Statics,
        Part::Captures,
        Part::Tools,
        Part::Sessions,
    ]
    .into_iter()
    .find(|part| has(part.argument()));
    let site = match part {
        Some(Part::Statics) => Site::new(Statics::default()),
        Some(Part::Captures) => Site::new(Captures::default()),
        Some(Part::Tools) => Site::new(Tools),
        #[cfg(feature = "postgres")]
        Some(Part::Sessions) if has("by-hand") => Site::new(ByHand::new()?),
        Some(Part::Sessions) => with_options(Site::new(Visits), &arguments),
        _ => Site::new(Small),
    };
    let address: Address = format!("127.0.0.1:{number}").parse()?;
    // The peers keep a connection for as long as it is used, and so does this site.
    let options = ServerOptions::new()
        .listen(address)
        .workers(1)
        .requests_per_connection(0);
    let site = site.server(options);
    if has("--log") {
        site.serve()
    } else {
        site.without_access_log().serve()
    }
}

/// A secret of 32 bytes: cookies of one run are worth nothing to anybody.
const SECRET: &str = "the benches encrypt cookies too..";

/// The site with options of the tool `sessions`, and with a secret, as an operator writes one.
fn with_options(site: Site, arguments: &[String]) -> Site {
    let set = |site: Site, name: &str, value: Raw| {
        site.config_key("/", &format!("tools.sessions.{name}"), value)
    };
    let options = arguments.iter().filter_map(|option| option.split_once('='));
    let mut site = set(site, "secret", SECRET.into());
    if let Ok(url) = std::env::var("DATABASE_URL") {
        site = set(site, "database_url", url.into());
    }
    options.fold(site, |site, (name, value)| {
        let yes_or_no = value.parse::<bool>().map(Raw::from);
        set(site, name, yes_or_no.unwrap_or_else(|_| value.into()))
    })
}

/// Every page of the other sites, with 15 tools for each.
#[expose]
#[derive(Default)]
#[tools(ta, tb, tc, td, te, tf, tg, th, ti, tj, tk, tl, tm, tn, to)]
struct Everything {
    #[child]
    statics: Statics,
    #[child]
    captures: Captures,
}

#[expose]
impl Everything {}

/// How often the start is timed.
const STARTS: usize = 21;

/// Says the median time that it takes to make a site of 1,000 pages ready: routes planned, belts composed, everything checked. Every
/// second page is spoken of in a configuration, so that belts are not all the same.
#[expect(clippy::print_stdout, reason = "the figure is what this is for")]
fn say_start() -> Result<()> {
    let mut file = String::new();
    for node in 0..25 {
        for page in (0..20).step_by(2) {
            // Writing to a `String` cannot fail.
            _ = writeln!(
                file,
                "[\"/statics/s{node}/r{page}\"]\ntools.ta.header = \"x-{page}\""
            );
            _ = writeln!(
                file,
                "[\"/captures/d{node}/{{id}}/r{page}\"]\ntools.tb.on = false"
            );
        }
    }
    for (title, file) in [
        ("without a file", ""),
        ("with a file of 500 sections", &file),
    ] {
        let mut times: Vec<_> = (0..STARTS)
            .map(|_| {
                let site = Site::new(Everything::default());
                let began = Instant::now();
                let ready = site.config_text("bench.toml", file).ready()?;
                let time = began.elapsed();
                assert_eq!(ready.routes().len(), 1_000);
                Ok(time)
            })
            .collect::<Result<_>>()?;
        times.sort_unstable();
        println!(
            "1,000 routes and 15 tools, {title}: ready in {:.1?}",
            times[STARTS / 2]
        );
    }
    Ok(())
}

/// The small site: five pages.
#[expose]
struct Small;

/// The answer of `/json`.
#[derive(Serialize)]
struct Message {
    message: &'static str,
}

/// What `/echo` takes and gives.
#[derive(Deserialize, Serialize)]
struct Echo {
    id: u64,
    name: String,
    tags: Vec<String>,
}

const HELLO: &str = "Hello, World!";

#[expose]
impl Small {
    fn plaintext(&self) -> &'static str {
        HELLO
    }

    fn json(&self) -> Json<Message> {
        Json(Message { message: HELLO })
    }

    #[get(path = "user/{id}/post/{slug}")]
    fn user_post(&self, id: u64, slug: String) -> String {
        format!("{id} {slug}")
    }

    fn query(&self, a: u64, b: u64) -> String {
        format!("{a} {b}")
    }

    #[post]
    fn echo(&self, body: Json<Echo>) -> Json<Echo> {
        body
    }
}

/// A site of many nodes, each made by the macro of this name.
macro_rules! site_of {
    ($node:ident: $(#[$about:meta])* $site:ident { $($field:ident: $branch:ident,)* }) => {
        $(#[$about])*
        #[expose]
        #[derive(Default)]
        struct $site {
            $(
                /// 20 pages.
                #[child]
                $field: $branch,
            )*
        }

        #[expose]
        impl $site {}

        $($node! { $branch $field })*
    };
}

/// A node of 20 pages without captures.
macro_rules! static_node {
    ($node:ident $name:ident) => {
        static_node! { $node $name: r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r11 r12 r13 r14 r15 r16 r17 r18 r19 }
    };
    ($node:ident $name:ident: $($page:ident)*) => {
        #[expose]
        #[derive(Default)]
        struct $node;

        #[expose]
        impl $node {
            $(fn $page(&self) -> &'static str {
                concat!(stringify!($name), " ", stringify!($page))
            })*
        }
    };
}

/// A node of 20 pages with a capture.
macro_rules! capture_node {
    ($node:ident $name:ident) => {
        capture_node! {
            $node:
            r0 "{id}/r0", r1 "{id}/r1", r2 "{id}/r2", r3 "{id}/r3", r4 "{id}/r4",
            r5 "{id}/r5", r6 "{id}/r6", r7 "{id}/r7", r8 "{id}/r8", r9 "{id}/r9",
            r10 "{id}/r10", r11 "{id}/r11", r12 "{id}/r12", r13 "{id}/r13", r14 "{id}/r14",
            r15 "{id}/r15", r16 "{id}/r16", r17 "{id}/r17", r18 "{id}/r18", r19 "{id}/r19",
        }
    };
    ($node:ident: $($page:ident $path:literal,)*) => {
        #[expose]
        #[derive(Default)]
        struct $node;

        #[expose]
        impl $node {
            $(#[get(path = $path)]
            fn $page(&self, id: u64) -> String {
                id.to_string()
            })*
        }
    };
}

site_of! {
    static_node:
    /// 500 pages without captures, `/s0/r0` to `/s24/r19`.
    Statics {
        s0: S0, s1: S1, s2: S2, s3: S3, s4: S4, s5: S5, s6: S6, s7: S7, s8: S8, s9: S9, s10: S10, s11: S11, s12: S12,
        s13: S13, s14: S14, s15: S15, s16: S16, s17: S17, s18: S18, s19: S19, s20: S20, s21: S21, s22: S22, s23: S23,
        s24: S24,
    }
}

site_of! {
    capture_node:
    /// 500 pages with a capture, `/d0/{id}/r0` to `/d24/{id}/r19`.
    Captures {
        d0: D0, d1: D1, d2: D2, d3: D3, d4: D4, d5: D5, d6: D6, d7: D7, d8: D8, d9: D9, d10: D10, d11: D11, d12: D12,
        d13: D13, d14: D14, d15: D15, d16: D16, d17: D17, d18: D18, d19: D19, d20: D20, d21: D21, d22: D22, d23: D23,
        d24: D24,
    }
}

/// Declares tools that are asked before and after the page, and have nothing to do.
macro_rules! idle_tools {
    ($($tool:ident)*) => {$(
        /// Has nothing to do.
        #[tool]
        struct $tool {
            /// What it would wait for.
            #[option(default = "x-never-sent")]
            header: String,
        }

        #[tool]
        impl $tool {
            fn before_handler(&self, _: &mut Exchange) -> Result<()> {
                if self.header.is_empty() {
                    return Err(Error::forbidden());
                }
                Ok(())
            }
        }
    )*};
}

idle_tools! { Ta Tb Tc Td Te Tf Tg Th Ti Tj Tk Tl Tm Tn To }

/// Pages that remember a visitor, and one that does not.
#[expose]
#[tools(sessions)]
struct Visits;

#[expose]
impl Visits {
    fn none(&self) -> &'static str {
        HELLO
    }

    fn counter(&self, session: Session) -> Result<String> {
        let count = session.get::<u64>("counter")?.unwrap_or_default() + 1;
        session.insert("counter", count)?;
        Ok(count.to_string())
    }

    fn look(&self, session: ReadSession) -> Result<String> {
        let count = session.get::<u64>("counter")?.unwrap_or_default();
        Ok(count.to_string())
    }
}

/// A visitor's number by SQL written by hand, in the table of `peers/sessions`, through the same pool as the sessions: with the same limits, and
/// with the same thread for its connections.
#[cfg(feature = "postgres")]
#[expose]
struct ByHand {
    pool: kirsch::postgres::Pool,
}

#[cfg(feature = "postgres")]
impl ByHand {
    fn new() -> Result<Self> {
        let pool = kirsch::postgres::pool(&std::env::var("DATABASE_URL")?)?;
        Ok(Self { pool })
    }
}

#[cfg(feature = "postgres")]
#[expose]
impl ByHand {
    async fn counter(&self, cookies: kirsch::Cookies) -> Result<HttpResponse> {
        let client = self.pool.get().await?;
        let id = cookies.get("visitor").unwrap_or_default();
        let select = "SELECT (data->>'counter')::bigint FROM peer_sessions WHERE id = $1 AND expires_at > now()";
        let select = client.prepare_cached(select).await?;
        if let Some(row) = client.query_opt(&select, &[&id]).await? {
            let counter = row.try_get::<_, i64>(0)? + 1;
            let update = "UPDATE peer_sessions SET data = jsonb_build_object('counter', $2::bigint), expires_at = now() + interval '1 hour' WHERE id = $1";
            let update = client.prepare_cached(update).await?;
            client.execute(&update, &[&id, &counter]).await?;
            return Ok(HttpResponse::Ok().body(counter.to_string()));
        }
        let insert = "INSERT INTO peer_sessions VALUES (gen_random_uuid()::text, '{\"counter\": 1}', now() + interval '1 hour') RETURNING id";
        let insert = client.prepare_cached(insert).await?;
        let id: String = client.query_one(&insert, &[]).await?.try_get(0)?;
        let cookie = format!("visitor={id}; Path=/; HttpOnly");
        let mut welcome = HttpResponse::Ok();
        Ok(welcome.insert_header(("set-cookie", cookie)).body("1"))
    }
}

/// Pages with many tools, and with few.
#[expose]
struct Tools;

#[expose]
impl Tools {
    fn none(&self) -> &'static str {
        HELLO
    }

    #[tools(ta)]
    fn one(&self) -> &'static str {
        HELLO
    }

    #[tools(ta, tb, tc, td, te)]
    fn five(&self) -> &'static str {
        HELLO
    }

    #[tools(ta, tb, tc, td, te, tf, tg, th, ti, tj, tk, tl, tm, tn, to)]
    fn fifteen(&self) -> &'static str {
        HELLO
    }
}
