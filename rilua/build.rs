//! Makes the programs start faster: what the standard library needs of `libgcc_s`, the
//! unwinder for backtraces, comes from the static `libgcc_eh`, so that there is one shared
//! library less to find, map and relocate.
//!
//! It concerns the programs of this package alone, not what links the library, and only
//! where the compiler's own C toolchain links for the machine it runs on and has that
//! library. Otherwise nothing is changed.

#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|v| v == value);
    let native = env::var("HOST").ok() == env::var("TARGET").ok();
    if !native || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    if let (Some(library), Some(folder)) = (static_unwinder(), env::var_os("OUT_DIR")) {
        prefer(&library, Path::new(&folder));
    }
}

/// Where the C compiler finds it.
fn static_unwinder() -> Option<PathBuf> {
    let answer = Command::new("cc")
        .arg("-print-file-name=libgcc_eh.a")
        .output()
        .ok()?;
    let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim_end());
    // A name without a folder says that there is none.
    (path.is_absolute() && path.is_file()).then_some(path)
}

/// A script for the linker in the place of the shared library.
fn prefer(library: &Path, folder: &Path) {
    let script = format!("INPUT(\"{}\")\n", library.display());
    if fs::write(folder.join("libgcc_s.so"), script).is_ok() {
        println!("cargo:rustc-link-arg-bins=-L{}", folder.display());
    }
}
