//! Histories: files with one line for each report, from which trends are drawn: `history.jsonl`
//! has [`Point`]s, `bench-history.jsonl` those of [`crate::bench`].
//!
//! A line is only ever appended. A run that was killed, or a full disk, can leave the last line
//! unfinished; such a line is passed over with a remark, and the next one starts on a line of its own.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The figures of one report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// When its first part began, UTC.
    pub started: String,
    /// What was examined, as the version control names it.
    pub revision: String,
    /// How long all parts took, in seconds.
    pub seconds: f64,
    /// Programs that were examined, mutants and generated ones included.
    pub programs: u64,
    /// Programs that could not be compared.
    pub not_compared: u64,
    /// Signatures that were met and aren't allowed.
    pub signatures: Vec<String>,
}

/// The points of a file, the oldest first, and a remark for each line that makes no sense. A
/// file that isn't there has none.
///
/// # Errors
///
/// When the file can't be read.
pub fn read<P: DeserializeOwned>(path: &Path) -> Result<(Vec<P>, Vec<String>)> {
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let (mut points, mut remarks) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(line) {
            Ok(point) => points.push(point),
            Err(error) => remarks.push(format!(
                "{}:{}: passed over, the line is damaged or unfinished: {error}",
                path.display(),
                index + 1
            )),
        }
    }
    Ok((points, remarks))
}

/// Appends a point.
///
/// # Errors
///
/// When the file can't be written; what is in it stays.
pub fn append<P: Serialize>(path: &Path, point: &P) -> Result<()> {
    let write = || -> Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(path)?;
        let mut last = [b'\n'];
        if file.metadata()?.len() > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        let mut line = Vec::new();
        if last != [b'\n'] {
            line.push(b'\n');
        }
        serde_json::to_writer(&mut line, point)?;
        line.push(b'\n');
        // One call, so that a line is either there or cut, but never mixed with another.
        file.write_all(&line)?;
        Ok(())
    };
    write().with_context(|| format!("cannot append to {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(revision: &str) -> Point {
        Point {
            started: "2026-03-01T00:00:00Z".into(),
            revision: revision.into(),
            seconds: 1.5,
            programs: 3,
            not_compared: 0,
            signatures: vec!["0123abcd".into()],
        }
    }

    #[test]
    fn an_unfinished_last_line_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.jsonl");
        assert_eq!(read::<Point>(&path).unwrap(), (Vec::new(), Vec::new()));
        append(&path, &point("a")).unwrap();
        let mut text = fs::read(&path).unwrap();
        text.extend_from_slice(b"{\"started\": \"20");
        fs::write(&path, text).unwrap();
        append(&path, &point("b")).unwrap();
        let (points, remarks) = read::<Point>(&path).unwrap();
        assert_eq!(points, [point("a"), point("b")]);
        assert_eq!(remarks.len(), 1);
        assert!(remarks[0].contains("history.jsonl:2"), "{remarks:?}");
    }

    #[test]
    fn a_full_disk_is_said() {
        let error = append(Path::new("/dev/full"), &point("a")).unwrap_err();
        assert!(format!("{error:#}").contains("/dev/full"));
    }
}
