//! How long a build takes: the first lesson in Kirsch, and the same page in bare actix-web with the same features.
//!
//! ```text
//! cargo run --release -p kirsch-benches --bin compile
//! ```
//!
//! Debug builds, in a temporary folder: clean ones, then rebuilds after the page's text was changed. The two take
//! turns, and the medians of their ratios are printed. It keeps the machine busy for some minutes.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the ratios are what this program is for"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use clap::{Arg, value_parser};
use kirsch_benches::Result;
use kirsch_benches::table::{Table, median};

/// A package with one page, built over and over.
struct Package {
    folder: PathBuf,
    /// The program; a text in it that begins with `Hello` is the page's.
    source: String,
    rebuilds: u32,
}

/// The most that Kirsch may take of what actix-web takes.
const MOST: [(&str, f64); 2] = [("clean", 1.15), ("rebuild", 1.1)];

/// How the page's text begins: what a rebuild changes.
const GREETING: &str = "\"Hello";

const ACTIX: &str = r#"//! The first lesson's page in bare actix-web.

use actix_web::{App, HttpServer, get};

#[get("/")]
async fn index() -> &'static str {
    "Hello, World!"
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| App::new().service(index)).bind("127.0.0.1:8080")?.run().await
}
"#;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Builds and prints; `false` when Kirsch takes longer than it may.
fn run() -> Result<bool> {
    let arguments = clap::Command::new("compile")
        .about("Compares build times of one page in Kirsch and in bare actix-web")
        .args([
            number("clean", "3", "how many clean builds"),
            number("rebuilds", "9", "how many rebuilds"),
        ])
        .get_matches();
    let times = |name| arguments.get_one::<u32>(name).copied().unwrap_or(1);
    let folder = tempfile::tempdir()?;
    let [mut kirsch, mut actix] = packages(folder.path())?;
    let clean = ratios(
        times("clean"),
        &mut kirsch,
        &mut actix,
        Package::clean_build,
    )?;
    let rebuild = ratios(times("rebuilds"), &mut kirsch, &mut actix, Package::rebuild)?;

    let mut table = Table::new(["debug build", "at most", "kirsch / actix-web"]);
    let mut kept = true;
    for ((name, most), ratio) in MOST.into_iter().zip([clean, rebuild]) {
        table.row(vec![
            name.to_owned(),
            format!("{most:.2}"),
            format!("{ratio:.2}"),
        ]);
        kept &= ratio <= most;
    }
    print!("{table}");
    Ok(kept)
}

fn number(name: &'static str, default: &'static str, help: &'static str) -> Arg {
    let positive = value_parser!(u32).range(1..);
    Arg::new(name)
        .long(name)
        .value_parser(positive)
        .default_value(default)
        .help(help)
}

/// The lesson and its twin, with the very versions of the workspace.
fn packages(folder: &Path) -> Result<[Package; 2]> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()?;
    let lesson = fs::read_to_string(workspace.join("examples/lessons/01_hello.rs"))?;
    let ours = format!(
        "kirsch = {{ path = '{}' }}",
        workspace.join("framework").display()
    );
    let theirs = r#"actix-web = { version = "4.18", default-features = false, features = ["cookies", "macros"] }"#;
    let lock = fs::read_to_string(workspace.join("Cargo.lock"))?;
    let package = |name: &str, dependency: &str, source: String| {
        Package::create(folder.join(name), dependency, source, &lock)
    };
    Ok([
        package("hello-kirsch", &ours, lesson)?,
        package("hello-actix", theirs, ACTIX.to_owned())?,
    ])
}

/// The median, over the rounds, of what Kirsch takes divided by what actix-web takes.
fn ratios(
    rounds: u32,
    kirsch: &mut Package,
    actix: &mut Package,
    build: fn(&mut Package) -> Result<f64>,
) -> Result<f64> {
    let mut ratios = Vec::new();
    for round in 1..=rounds {
        let (kirsch, actix) = (build(kirsch)?, build(actix)?);
        eprintln!("round {round}: kirsch {kirsch:.2} s, actix-web {actix:.2} s");
        ratios.push(kirsch / actix);
    }
    median(ratios).ok_or_else(|| "no round was run".into())
}

impl Package {
    fn create(folder: PathBuf, dependency: &str, source: String, lock: &str) -> Result<Self> {
        if !source.contains(GREETING) {
            return Err(format!("the page of `{}` does not say Hello", folder.display()).into());
        }
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or("a folder without a name")?;
        let manifest = format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n\n[workspace]\n"
        );
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("Cargo.lock"), lock)?;
        fs::write(folder.join("src/main.rs"), &source)?;
        let package = Self {
            folder,
            source,
            rebuilds: 0,
        };
        // What must come over the network comes before the clock starts.
        package.cargo("fetch", &[])?;
        Ok(package)
    }

    /// The seconds of a build from nothing.
    fn clean_build(&mut self) -> Result<f64> {
        let target = self.folder.join("target");
        if target.exists() {
            fs::remove_dir_all(target)?;
        }
        self.build()
    }

    /// The seconds of a build after the page's text has changed.
    fn rebuild(&mut self) -> Result<f64> {
        self.rebuilds += 1;
        let greeting = format!("{GREETING} {}", self.rebuilds);
        fs::write(
            self.folder.join("src/main.rs"),
            self.source.replace(GREETING, &greeting),
        )?;
        self.build()
    }

    fn build(&self) -> Result<f64> {
        let begin = Instant::now();
        self.cargo("build", &["--offline", "--quiet"])?;
        Ok(begin.elapsed().as_secs_f64())
    }

    fn cargo(&self, command: &str, arguments: &[&str]) -> Result<()> {
        let mut cargo = Command::new("cargo");
        cargo.arg(command).args(arguments).current_dir(&self.folder);
        // The folder's own target: what is set for this build is not meant for that one.
        let output = cargo.env_remove("CARGO_TARGET_DIR").output()?;
        if output.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        Err(format!(
            "`cargo {command}` failed in `{}`: {words}",
            self.folder.display()
        )
        .into())
    }
}
