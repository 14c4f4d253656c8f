//! Builds PUC-Rio Lua 5.1.1 for the crate.
//!
//! Three steps, a module each: find the C sources ([`sources`]), give them the behaviour of
//! 5.1.1 where they are those of 5.1.5 ([`restore`]), compile them ([`compile`]). What was
//! built is told to the crate through the variable `ORACLE_PROVENANCE`.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod compile;
mod restore;
mod sources;

use sources::Origin;

/// Why the oracle can't be built: what is wrong, where, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) what: String,
    pub(crate) place: PathBuf,
    pub(crate) advice: String,
}

impl Failure {
    pub(crate) fn new(
        what: impl Into<String>,
        place: impl Into<PathBuf>,
        advice: impl Into<String>,
    ) -> Self {
        Failure {
            what: what.into(),
            place: place.into(),
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "the oracle (PUC-Rio Lua 5.1.1) can't be built: {}",
            self.what
        )?;
        writeln!(f, "  where: {}", self.place.display())?;
        write!(f, "  what to do: {}", self.advice)
    }
}

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Failure> {
    let manifest = folder_from_cargo("CARGO_MANIFEST_DIR")?;
    let out = folder_from_cargo("OUT_DIR")?;
    let lua_folder = manifest.join("../lua-5.1.1");

    // The folder and not `src` inside it: cargo takes a missing path for a changed one.
    println!("cargo:rerun-if-changed={}", lua_folder.display());
    for own in [
        "build",
        "src/coverage.c",
        "src/coverage.h",
        "src/graph.c",
        "src/memory.c",
        "src/memory.h",
        "src/sealed_main.c",
        "src/shim.c",
        "src/shim.h",
        "src/state.h",
        "src/trace.c",
        "src/world.c",
        "src/world.h",
    ] {
        println!("cargo:rerun-if-changed={}", manifest.join(own).display());
    }
    println!("cargo:rerun-if-env-changed={}", sources::OVERRIDE);

    let origin = sources::find(&manifest, &lua_folder)?;
    let work = out.join("lua");
    let provenance = match &origin {
        Origin::Official(folder) => {
            println!("cargo:rerun-if-changed={}", folder.display());
            sources::copy(folder, &work)?;
            "Lua 5.1.1 built from the official sources".to_owned()
        }
        Origin::Package(folder) => {
            sources::copy(folder, &work)?;
            let applied = restore::apply(&lua_folder.join("restore"), &work)?;
            format!(
                "Lua 5.1.1 built from the sources of 5.1.5 ({} {}) with {applied} edits",
                sources::PACKAGE,
                sources::PACKAGE_VERSION,
            )
        }
    };
    sources::check_version(&work, &origin)?;
    println!("cargo:rustc-env=ORACLE_PROVENANCE={provenance}");
    let own = manifest.join("src");
    compile::compile(&work, &own, &out)?;
    match compile::compile_voter(&work, &own, &out) {
        Some(program) => println!("cargo:rustc-env=ORACLE_UBSAN={}", program.display()),
        None => println!(
            "cargo:warning=the C compiler has no -fsanitize=undefined (libubsan), so there is no \
             third voter: where rilua and the oracle part, both are believed"
        ),
    }
    Ok(())
}

fn folder_from_cargo(variable: &str) -> Result<PathBuf, Failure> {
    env::var_os(variable).map(PathBuf::from).ok_or_else(|| {
        Failure::new(
            format!("the variable {variable} is not set"),
            Path::new("build script"),
            "let cargo run the build script",
        )
    })
}
