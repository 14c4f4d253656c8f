//! Where the C sources come from.
//!
//! In this order: the folder that the variable `LUA_5_1_1_SRC` names, `lua-5.1.1/src` of the
//! repository (both: the official 5.1.1 release, used as it is), the registry package
//! `rlua-lua51-sys` (5.1.5 byte for byte, to be restored).
//!
//! The package is a dependency under a condition that never holds, so `cargo build` does not
//! fetch it; `cargo metadata`, which answers for every target, does, and checks it against
//! Cargo.lock. It uses no network when the packages are there already (`cargo fetch`, a vendored
//! tree, an earlier build).

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;

/// The variable that names a folder with the official sources.
pub(crate) const OVERRIDE: &str = "LUA_5_1_1_SRC";
pub(crate) const PACKAGE: &str = "rlua-lua51-sys";
pub(crate) const PACKAGE_VERSION: &str = "0.1.7";
const FOLDER_IN_PACKAGE: &str = "lua-5.1.5/src";
const RELEASE: &str = "\"Lua 5.1.1\"";

/// A folder of C sources, and whether they are 5.1.1's own.
#[derive(Debug)]
pub(crate) enum Origin {
    /// The official 5.1.1 release: nothing to restore.
    Official(PathBuf),
    /// 5.1.5, as the registry package carries it.
    Package(PathBuf),
}

impl Origin {
    /// The folder, whichever it is.
    pub(crate) fn folder(&self) -> &Path {
        match self {
            Origin::Official(folder) | Origin::Package(folder) => folder,
        }
    }
}

/// Chooses the sources; `lua_folder` is the repository's `lua-5.1.1`.
pub(crate) fn find(manifest: &Path, lua_folder: &Path) -> Result<Origin, Failure> {
    if let Some(named) = env::var_os(OVERRIDE).filter(|value| !value.is_empty()) {
        let named = PathBuf::from(named);
        if named.join("lua.h").is_file() {
            return Ok(Origin::Official(named));
        }
        return Err(Failure::new(
            format!("{OVERRIDE} names a folder without lua.h"),
            named,
            "name the folder `src` of the unpacked lua-5.1.1.tar.gz, or unset the variable",
        ));
    }
    let dropped_in = lua_folder.join("src");
    if dropped_in.join("lua.h").is_file() {
        return Ok(Origin::Official(dropped_in));
    }
    package_folder(manifest).map(Origin::Package)
}

/// Asks cargo where the package was unpacked.
fn package_folder(manifest: &Path) -> Result<PathBuf, Failure> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let fetch = "run `cargo fetch --locked` once with access to the registry";
    let answer = Command::new(&cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--manifest-path",
        ])
        .arg(manifest.join("Cargo.toml"))
        .output()
        .map_err(|error| Failure::new(format!("cargo does not start: {error}"), &cargo, fetch))?;
    if !answer.status.success() {
        return Err(Failure::new(
            format!(
                "`cargo metadata --locked` failed:\n{}",
                String::from_utf8_lossy(&answer.stderr).trim_end()
            ),
            manifest,
            fetch,
        ));
    }
    let metadata: serde_json::Value = serde_json::from_slice(&answer.stdout).map_err(|error| {
        Failure::new(
            format!("the answer of `cargo metadata` is not JSON: {error}"),
            manifest,
            "check that the variable CARGO names a cargo",
        )
    })?;
    let folder = metadata
        .get("packages")
        .and_then(|packages| packages.as_array())
        .into_iter()
        .flatten()
        .find(|package| {
            let field = |name| package.get(name).and_then(|value| value.as_str());
            field("name") == Some(PACKAGE) && field("version") == Some(PACKAGE_VERSION)
        })
        .and_then(|package| package.get("manifest_path"))
        .and_then(|path| path.as_str())
        .and_then(|path| Path::new(path).parent())
        .map(|package| package.join(FOLDER_IN_PACKAGE))
        .ok_or_else(|| {
            Failure::new(
                format!("cargo knows no package {PACKAGE} {PACKAGE_VERSION}"),
                manifest.join("Cargo.toml"),
                "restore the entry in [target.'cfg(any())'.build-dependencies]",
            )
        })?;
    if folder.join("lua.h").is_file() {
        Ok(folder)
    } else {
        Err(Failure::new(
            format!("{PACKAGE} {PACKAGE_VERSION} has no C sources in {FOLDER_IN_PACKAGE}"),
            folder,
            "delete the package's folder and run `cargo fetch --locked`",
        ))
    }
}

/// Copies the `.c` and `.h` files of `from` to the folder `to`, which is emptied first.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let failed = |place: &Path| {
        let place = place.to_path_buf();
        move |error: std::io::Error| {
            Failure::new(
                format!("the C sources can't be copied: {error}"),
                place,
                "check the permissions and the free space of cargo's target folder",
            )
        }
    };
    if to.exists() {
        fs::remove_dir_all(to).map_err(failed(to))?;
    }
    fs::create_dir_all(to).map_err(failed(to))?;
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let path = entry.map_err(failed(from))?.path();
        let is_source = path
            .extension()
            .is_some_and(|kind| kind == "c" || kind == "h");
        if let (true, Some(name)) = (is_source, path.file_name()) {
            // Contents only: a registry's files may be read-only, and these will be edited.
            let text = fs::read(&path).map_err(failed(&path))?;
            let target = to.join(name);
            fs::write(&target, text).map_err(failed(&target))?;
        }
    }
    Ok(())
}

/// Checks that the sources about to be compiled, which came from `origin`, call themselves 5.1.1.
pub(crate) fn check_version(folder: &Path, origin: &Origin) -> Result<(), Failure> {
    let text = fs::read(folder.join("lua.h")).unwrap_or_default();
    let says_release = String::from_utf8_lossy(&text)
        .lines()
        .any(|line| line.starts_with("#define LUA_RELEASE") && line.contains(RELEASE));
    if says_release {
        Ok(())
    } else {
        Err(Failure::new(
            format!("LUA_RELEASE in lua.h is not {RELEASE}"),
            origin.folder(),
            "give it the sources of 5.1.1 (lua-5.1.1/README.md says which file that is)",
        ))
    }
}
