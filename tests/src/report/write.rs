//! Writing a report so that neither an interruption nor a full disk loses results.
//!
//! While programs run, `results.jsonl` grows by a line for each, flushed at once. At the end
//! `results.json` and `summary.md` are replaced as a whole: a reader finds the old one or the
//! new one, never a part.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;
use tempfile::NamedTempFile;

use super::{Header, ProgramResult, Report, summary};

/// Replaces a file by one with these contents, or leaves it as it is.
///
/// # Errors
///
/// When that isn't possible; the message names the file.
pub fn write_atomically(path: &Path, contents: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(contents)?;
        file.as_file().sync_all()?;
        // A temporary file is its owner's alone; these are for whoever may read the folder.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(mode)?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// The results of a run while it goes on.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Starts `results.jsonl` in a folder, which is made when it isn't there.
    ///
    /// # Errors
    ///
    /// When that isn't possible; the message names the folder or the file.
    pub fn start(folder: &Path, header: &Header) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let path = folder.join("results.jsonl");
        let file =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut journal = Self { path, file };
        journal.line(header)?;
        Ok(journal)
    }

    /// Adds a result.
    ///
    /// # Errors
    ///
    /// When that isn't possible; the message names the file.
    pub fn add(&mut self, result: &ProgramResult) -> Result<()> {
        self.line(result)
    }

    fn line(&mut self, value: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Writes `results.json` and `summary.md` into a folder.
///
/// # Errors
///
/// When one of them can't be written; the message names it.
pub fn finish(folder: &Path, report: &Report) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(report)?;
    json.push(b'\n');
    write_atomically(&folder.join("results.json"), &json)?;
    write_atomically(
        &folder.join("summary.md"),
        summary::markdown(report).as_bytes(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_whole_files_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn says_which_file_it_could_not_write() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("taken/inside")).unwrap();
        let error = write_atomically(&folder.path().join("taken"), b"x").unwrap_err();
        assert!(format!("{error:#}").contains("taken"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
