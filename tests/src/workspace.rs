//! Where things are: the root of the workspace, the folder of built programs, and how they
//! come to be there.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// The root of the workspace this harness was built in.
pub fn built_root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// Cargo's target folder: the one that the running program lies in.
///
/// # Errors
///
/// When the running program's path is unknown or isn't of Cargo's making.
pub fn target_folder() -> Result<PathBuf> {
    let program = env::current_exe().context("where is this program?")?;
    // TARGET/PROFILE/conformance, or TARGET/PROFILE/deps/test-0123 for a test.
    let profile = program.parent().map(|folder| match folder.file_name() {
        Some(name) if name == "deps" => folder.parent().unwrap_or(folder),
        _ => folder,
    });
    match profile.and_then(Path::parent) {
        Some(target) => Ok(target.to_owned()),
        None => bail!("{}: not in a target folder of Cargo", program.display()),
    }
}

/// The folder of the programs that Cargo builds with a profile.
pub fn program_folder(target: &Path, profile: &str) -> PathBuf {
    target.join(if profile == "dev" { "debug" } else { profile })
}

/// Builds all programs of some packages.
///
/// # Errors
///
/// When Cargo can't be started, or fails; the message then has what it said.
pub fn build(root: &Path, target: &Path, profile: &str, packages: &[&str]) -> Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command
        .current_dir(root)
        .args(["build", "--bins", "--profile", profile]);
    command.arg("--target-dir").arg(target);
    for package in packages {
        command.args(["--package", package]);
    }
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", cargo.display()))?;
    if !output.status.success() {
        bail!(
            "building {} in {} failed ({}):\n{}{}",
            packages.join(" and "),
            root.display(),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_itself() {
        assert!(built_root().join("corpus").is_dir());
        assert!(target_folder().unwrap().is_dir());
        assert_eq!(
            program_folder(Path::new("/t"), "dev"),
            Path::new("/t/debug")
        );
        assert_eq!(
            program_folder(Path::new("/t"), "release"),
            Path::new("/t/release")
        );
    }
}
