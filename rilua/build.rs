//! Makes the programs start faster and smaller: they contain the C library, its mathematics and
//! the unwinder, so that there are no shared libraries to find, map and relocate, and they lie
//! at a fixed address (stack and heap don't). What a program of Lua sees is the same; of the C
//! library only files, processes, memory and mathematics are used, nothing that loads more at
//! run time.
//!
//! It concerns the programs of this package alone, not what links the library, and only
//! where the compiler's own C toolchain links for the machine it runs on and has those
//! libraries. Otherwise nothing is changed.

#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The shared libraries that the linker is asked for, and the static ones it is to find instead.
const LIBRARIES: [(&str, &[&str]); 7] = [
    ("libc.so", &["libc.a"]),
    ("libm.so", &["libm.a"]),
    ("libdl.so", &["libdl.a"]),
    ("librt.so", &["librt.a"]),
    ("libpthread.so", &["libpthread.a"]),
    ("libutil.so", &["libutil.a"]),
    // The C library asks for more of the compiler's own, and the unwinder for more of the C library.
    ("libgcc_s.so", &["libgcc_eh.a", "libgcc.a", "libc.a"]),
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|v| v == value);
    let native = env::var("HOST").ok() == env::var("TARGET").ok();
    if !native || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    if let Some(folder) = env::var_os("OUT_DIR").map(|folder| PathBuf::from(folder).join("static"))
        && let Some(scripts) = scripts()
        && prefer(&scripts, &folder).is_ok()
    {
        println!("cargo:rustc-link-arg-bins=-L{}", folder.display());
        println!("cargo:rustc-link-arg-bins=-static");
        // At a fixed address nothing is relocated at the start either, which would touch a dozen
        // pages more.
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}

/// Scripts for the linker in the place of the shared libraries; `None` if a static one is not
/// installed.
fn scripts() -> Option<Vec<(&'static str, String)>> {
    let script = |names: &[&str]| {
        let paths = names
            .iter()
            .map(|name| Some(format!("\"{}\"", find(name)?.display())));
        Some(format!(
            "INPUT({})\n",
            paths.collect::<Option<Vec<_>>>()?.join(" ")
        ))
    };
    LIBRARIES
        .iter()
        .map(|(name, names)| Some((*name, script(names)?)))
        .collect()
}

/// Where the C compiler finds a library or an object file.
fn find(name: &str) -> Option<PathBuf> {
    let answer = Command::new("cc")
        .arg(format!("-print-file-name={name}"))
        .output()
        .ok()?;
    let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim_end());
    // A name without a folder says that there is none.
    (path.is_absolute() && path.is_file()).then_some(path)
}

/// A folder with the scripts, to be searched first.
fn prefer(scripts: &[(&str, String)], folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    scripts
        .iter()
        .try_for_each(|(name, script)| fs::write(folder.join(name), script))
}
