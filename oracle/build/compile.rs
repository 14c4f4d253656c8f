//! Compiles the C sources and the shim into one static library.
//!
//! The settings are those that `lua-5.1.1/restore/README.md` documents, whatever cargo's
//! profile: `-O2`, POSIX and dlopen, no readline. Crate `cc`'s own defaults are left out because
//! they would change the code (`-fPIC` forbids inlining of exported functions, debug builds
//! keep the frame pointer), and the oracle's speed is what speeds are measured against.
//!
//! `lua.c` and `luac.c` define `main`; each gets another name, so that all objects fit one
//! archive, from which the linker takes what a program refers to.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Failure;

/// Sources of a stand-alone program: not part of the library proper.
const PROGRAMS: [(&str, &str); 2] = [("lua.c", "oracle_lua_main"), ("luac.c", "oracle_luac_main")];
/// Our own C, which calls Lua where Rust must not (see the first lines of each).
const OWN: [&str; 5] = ["graph.c", "memory.c", "shim.c", "trace.c", "world.c"];
/// Sources whose files, clocks, random numbers and ends of the process go through `world.c`.
const LIBRARIES: [&str; 7] = [
    "lauxlib.c",
    "lbaselib.c",
    "ldblib.c",
    "liolib.c",
    "lmathlib.c",
    "loadlib.c",
    "loslib.c",
];
/// Sources in which a function has another name: how the interpreter loop calls a hook, and
/// what programs see of one (see `shim.c`).
const RENAMED: [(&str, &[(&str, &str)]); 3] = [
    // Only what `graph.c` asks of a table depends on it.
    ("ltable.c", &[("LUA_DEBUG", "1")]),
    ("lvm.c", &[("luaD_callhook", "oracle_loop_hook")]),
    (
        "ldblib.c",
        &[
            ("lua_sethook", "oracle_program_set_hook"),
            ("lua_gethook", "oracle_program_hook"),
            ("lua_gethookmask", "oracle_program_hook_mask"),
            ("lua_gethookcount", "oracle_program_hook_count"),
        ],
    ),
];
/// What the libraries include before anything else.
const WORLD: &str = "world.h";
/// The counters of the feature `coverage`.
const COVERAGE: &str = "coverage.c";
/// What sources that are counted include before anything else.
const COVERAGE_HEADER: &str = "coverage.h";
/// The archive, without `lib` and `.a`.
const LIBRARY: &str = "oracle511";

/// The third voter: `sealed_main.c` with all the rest, unoptimised and with checks.
const VOTER: &str = "oracle-ubsan";
const VOTER_MAIN: &str = "sealed_main.c";

/// How the C is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// As the oracle.
    Optimised,
    /// As the third voter.
    Checked,
}

/// Compiles everything in `lua`, and the shim in `own`, and tells cargo how to link it.
pub(crate) fn compile(lua: &Path, own: &Path, out: &Path) -> Result<(), Failure> {
    let mut library = settings(lua, out, Mode::Optimised);
    library.objects(library_objects(lua, own, out, Mode::Optimised)?);
    if is_covered() {
        let mut plain = plain_settings(lua, out, Mode::Optimised);
        library.objects(objects(plain.file(own.join(COVERAGE)), lua)?);
    }
    for (program, main) in PROGRAMS {
        let mut settings = settings(lua, out, Mode::Optimised);
        settings.file(lua.join(program)).define("main", main);
        library.objects(objects(&settings, lua)?);
    }
    library
        .try_compile(LIBRARY)
        .map_err(|error| compiler_failure(&error, lua))?;
    println!("cargo:rustc-link-lib=dylib=m");
    println!("cargo:rustc-link-lib=dylib=dl");
    // The stand-alone programs don't use the crate: they take the archive itself.
    for program in ["oracle-lua", "oracle-luac"] {
        let archive = out.join(format!("lib{LIBRARY}.a"));
        for argument in [&archive.display().to_string(), "-lm", "-ldl"] {
            println!("cargo:rustc-link-arg-bin={program}={argument}");
        }
    }
    // C modules find the API in the program, as PUC-Rio's makefile links it.
    println!("cargo:rustc-link-arg-bin=oracle-lua=-Wl,-E");
    Ok(())
}

/// Builds the third voter and tells its path. Not every toolchain has what it needs: without
/// it the harness has two voices only, and says so.
pub(crate) fn compile_voter(lua: &Path, own: &Path, out: &Path) -> Option<PathBuf> {
    let folder = out.join("checked");
    fs::create_dir_all(&folder).ok()?;
    let objects = library_objects(lua, own, &folder, Mode::Checked).ok()?;
    let mut settings = settings(lua, &folder, Mode::Checked);
    settings.file(own.join(VOTER_MAIN)).include(own);
    let main = self::objects(&settings, lua).ok()?;
    let program = out.join(VOTER);
    let linked = settings
        .try_get_compiler()
        .ok()?
        .to_command()
        .arg("-o")
        .arg(&program)
        .args(objects)
        .args(main)
        .args(["-lm", "-ldl"])
        .output()
        .ok()?;
    linked.status.success().then_some(program)
}

/// Compiles all of Lua but its programs, and our own C.
fn library_objects(
    lua: &Path,
    own: &Path,
    out: &Path,
    mode: Mode,
) -> Result<Vec<PathBuf>, Failure> {
    let mut plain = settings(lua, out, mode);
    let mut all = Vec::new();
    for source in c_sources(lua)? {
        let name = source.file_name().unwrap_or_default();
        if PROGRAMS.iter().any(|(program, _)| name == *program) {
            continue;
        }
        let names = RENAMED.iter().find(|(renamed, _)| name == *renamed);
        let sealed = LIBRARIES.iter().any(|library| name == *library);
        if names.is_none() && !sealed {
            plain.file(source);
            continue;
        }
        let mut settings = settings(lua, out, mode);
        settings.file(&source);
        if sealed {
            settings.flag("-include").flag(own.join(WORLD));
        }
        for (old, new) in names.into_iter().flat_map(|(_, names)| names.iter()) {
            settings.define(old, *new);
        }
        all.extend(objects(&settings, lua)?);
    }
    for file in OWN {
        plain.file(own.join(file));
    }
    all.extend(objects(&plain, lua)?);
    Ok(all)
}

fn objects(settings: &cc::Build, lua: &Path) -> Result<Vec<PathBuf>, Failure> {
    settings
        .try_compile_intermediates()
        .map_err(|error| compiler_failure(&error, lua))
}

/// Whether every edge of the C code is counted: the feature `coverage`, as cargo names it.
fn is_covered() -> bool {
    std::env::var_os("CARGO_FEATURE_COVERAGE").is_some()
}

fn settings(lua: &Path, out: &Path, mode: Mode) -> cc::Build {
    let mut build = plain_settings(lua, out, mode);
    if is_covered() && mode == Mode::Optimised {
        build.flag("-fsanitize-coverage=trace-pc");
        if let Some(manifest) = std::env::var_os("CARGO_MANIFEST_DIR") {
            let header = Path::new(&manifest).join("src").join(COVERAGE_HEADER);
            build.flag("-include").flag(header);
        }
    }
    build
}

fn plain_settings(lua: &Path, out: &Path, mode: Mode) -> cc::Build {
    let mut build = cc::Build::new();
    build
        .no_default_flags(true)
        .inherit_rustflags(false)
        .out_dir(out)
        .include(lua)
        // Position independent as an executable is, which Rust's are.
        .flag("-fPIE")
        .define("LUA_USE_POSIX", None)
        .define("LUA_USE_DLOPEN", None)
        .warnings(false)
        .flag("-w");
    match mode {
        Mode::Optimised => build.flag("-O2"),
        Mode::Checked => build
            .flag("-O0")
            .flag("-fsanitize=undefined")
            // 5.1 makes pointers out of what is none yet in many places, harmlessly.
            .flag("-fno-sanitize=pointer-overflow"),
    };
    build
}

fn c_sources(lua: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(
            format!("unreadable: {error}"),
            lua,
            "run `cargo clean -p oracle`",
        )
    };
    let mut sources = Vec::new();
    for entry in fs::read_dir(lua).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|kind| kind == "c") {
            sources.push(path);
        }
    }
    sources.sort();
    Ok(sources)
}

fn compiler_failure(error: &cc::Error, place: &Path) -> Failure {
    Failure::new(
        format!("the C compiler failed: {error}"),
        place,
        "install a C compiler (gcc or clang) and an archiver, or name them in CC and AR",
    )
}
