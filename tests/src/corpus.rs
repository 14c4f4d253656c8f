//! Which programs there are.
//!
//! A program is every `*.lua` below the [`FOLDERS`] that isn't a module (`mod_*.lua`), in the
//! order of the folders and then of the names.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use walkdir::WalkDir;

use crate::record;

pub mod header;
pub mod minimum;

/// Folders of the corpus, below the root of the workspace.
pub const FOLDERS: [&str; 4] = [
    "corpus/golden",
    "corpus/regressions",
    "corpus/programs",
    "corpus/bench",
];

/// A program that was found but not yet read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// See [`crate::program::Program::id`].
    pub id: String,
    /// The folder, for counting: as in the id, without `corpus/`.
    pub group: String,
    /// The file, absolute.
    pub path: PathBuf,
}

/// All programs of the corpus below `root`, and remarks on what isn't there.
///
/// # Errors
///
/// When `corpus/golden` is missing or a folder can't be read.
pub fn whole(root: &Path) -> Result<(Vec<Entry>, Vec<String>)> {
    let mut entries = Vec::new();
    let mut remarks = Vec::new();
    for (index, name) in FOLDERS.into_iter().enumerate() {
        let folder = root.join(name);
        if index > 0 && !folder.exists() {
            remarks.push(format!("{name}: no such folder, so no programs from there"));
        } else {
            walk(root, &folder, &mut entries)?;
        }
    }
    Ok((entries, remarks))
}

/// The programs that are named by paths of files and folders, each once.
///
/// A relative path is looked up from the current folder and then from `root`, so that a
/// command line from a report works everywhere.
///
/// # Errors
///
/// When a path names nothing, names what isn't a program, or names a folder without programs.
pub fn named(root: &Path, paths: &[PathBuf]) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for path in paths {
        let found = [path.clone(), root.join(path)]
            .into_iter()
            .find(|path| path.exists());
        let Some(found) = found else {
            bail!(
                "{}: no such file or folder (looked here and in {})",
                path.display(),
                root.display()
            );
        };
        let found = found
            .canonicalize()
            .with_context(|| found.display().to_string())?;
        if found.is_dir() {
            let before = entries.len();
            walk(root, &found, &mut entries)?;
            if entries.len() == before {
                bail!("{}: no programs in this folder", path.display());
            }
        } else if is_program(&found) {
            entries.push(entry(root, &found)?);
        } else if is_lua(&found) {
            bail!("{}: a module (mod_*.lua), not a program", path.display());
        } else {
            bail!("{}: not a Lua program (*.lua)", path.display());
        }
    }
    let mut seen = HashSet::new();
    entries.retain(|entry| seen.insert(entry.path.clone()));
    Ok(entries)
}

fn walk(root: &Path, folder: &Path, entries: &mut Vec<Entry>) -> Result<()> {
    for item in WalkDir::new(folder).sort_by_file_name() {
        // The error names the path.
        let item = item.context("cannot read the corpus")?;
        let path = item.path();
        if is_program(path) {
            if item.file_type().is_dir() {
                bail!("{}: a folder where a program is expected", path.display());
            }
            entries.push(entry(root, path)?);
        } else if let Some(program) = recorded_program(path)
            && !program.exists()
        {
            bail!(
                "{}: a side file without its program {}",
                path.display(),
                program.display()
            );
        }
    }
    Ok(())
}

fn entry(root: &Path, path: &Path) -> Result<Entry> {
    let shown = path.strip_prefix(root).unwrap_or(path);
    let Some(id) = shown.to_str() else {
        bail!("{}: the name is not UTF-8", path.display());
    };
    let folder = shown.parent().and_then(Path::to_str).unwrap_or_default();
    let group = folder.strip_prefix("corpus/").unwrap_or(folder);
    let group = if group.is_empty() { "." } else { group };
    Ok(Entry {
        id: id.to_owned(),
        group: group.to_owned(),
        path: path.to_owned(),
    })
}

fn is_lua(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "lua")
}

fn is_program(path: &Path) -> bool {
    let name = path.file_name().map(std::ffi::OsStr::to_string_lossy);
    is_lua(path) && !name.is_some_and(|name| name.starts_with("mod_"))
}

/// The program that a side file belongs to; `None` for any other file.
fn recorded_program(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let suffixes = record::SUFFIXES.into_iter().chain(["args", "stdin"]);
    let stem = suffixes
        .into_iter()
        .find_map(|suffix| name.strip_suffix(suffix)?.strip_suffix('.'))
        .filter(|stem| !stem.is_empty())?;
    Some(path.with_file_name(format!("{stem}.lua")))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        root
    }

    fn ids(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.id.as_str()).collect()
    }

    #[test]
    fn finds_programs_in_order_and_leaves_modules_out() {
        let root = tree(&[
            "corpus/golden/b/2.lua",
            "corpus/golden/b/1.lua",
            "corpus/golden/b/1.stdout",
            "corpus/golden/b/1.bin.sha256",
            "corpus/golden/b/mod_1.lua",
            "corpus/golden/a/sub/3.lua",
            "corpus/golden/README.md",
            "corpus/programs/4.lua",
            "corpus/elsewhere/5.lua",
        ]);
        let (entries, remarks) = whole(root.path()).unwrap();
        assert_eq!(
            ids(&entries),
            [
                "corpus/golden/a/sub/3.lua",
                "corpus/golden/b/1.lua",
                "corpus/golden/b/2.lua",
                "corpus/programs/4.lua"
            ]
        );
        assert_eq!(entries[0].group, "golden/a/sub");
        assert_eq!(remarks.len(), 2, "{remarks:?}");
    }

    #[test]
    fn a_corpus_that_is_not_there_is_named() {
        let root = tempfile::tempdir().unwrap();
        let error = format!("{:#}", whole(root.path()).unwrap_err());
        assert!(error.contains("corpus/golden"), "{error}");
    }

    #[test]
    fn side_files_need_their_program() {
        let root = tree(&["corpus/golden/a/gone.stdout"]);
        let error = whole(root.path()).unwrap_err().to_string();
        assert!(
            error.contains("gone.stdout") && error.contains("gone.lua"),
            "{error}"
        );
    }

    #[test]
    fn named_programs_come_once_and_from_the_root_too() {
        let root = tree(&[
            "corpus/golden/a/1.lua",
            "corpus/golden/a/mod_x.lua",
            "empty/x.txt",
        ]);
        let base = root.path().canonicalize().unwrap();
        let paths = ["corpus/golden", "corpus/golden/a/1.lua"].map(PathBuf::from);
        assert_eq!(
            ids(&named(&base, &paths).unwrap()),
            ["corpus/golden/a/1.lua"]
        );
        for (path, message) in [
            ("corpus/golden/a/mod_x.lua", "a module"),
            ("corpus/nowhere", "no such file"),
            ("empty", "no programs"),
            ("empty/x.txt", "not a Lua program"),
        ] {
            let error = named(&base, &[path.into()]).unwrap_err().to_string();
            assert!(error.contains(message) && error.contains(path), "{error}");
        }
    }
}
