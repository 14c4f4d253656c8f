//! Applies the edits of `lua-5.1.1/restore` to a copy of the 5.1.5 sources.
//!
//! The format is described in that folder's README: `@@ FILE FIRST LAST`, then `+` lines; line
//! numbers count in the original file, so all edits of a file are collected before any is
//! applied, from the end to the beginning. Digests are checked first: line numbers
//! mean nothing in any other text.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Failure;

const DIGESTS: &str = "SHA256SUMS";
const RESTORE_ADVICE: &str = "restore the folder lua-5.1.1/restore from the repository";

/// One place of one source: the lines `first..=last` (counted from 1; `last == first - 1` inserts
/// before `first`) give way to `lines`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) file: String,
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) lines: Vec<Vec<u8>>,
}

/// Applies every `*.edit` of `edits` to the sources in `sources` and returns how many
/// edit files there are.
pub(crate) fn apply(edits: &Path, sources: &Path) -> Result<usize, Failure> {
    let names = edit_files(edits)?;
    let mut by_file: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
    for path in &names {
        for edit in parse(&read(path)?).map_err(|what| Failure::new(what, path, RESTORE_ADVICE))? {
            by_file.entry(edit.file.clone()).or_default().push(edit);
        }
    }
    let sums = edits.join(DIGESTS);
    let digests =
        parse_digests(&read(&sums)?).map_err(|what| Failure::new(what, &sums, RESTORE_ADVICE))?;
    for (file, its_edits) in by_file {
        let path = sources.join(&file);
        let original = read(&path)?;
        let expected = digests.get(&file).ok_or_else(|| {
            Failure::new(
                format!("no digest for {file}, which is edited"),
                &sums,
                RESTORE_ADVICE,
            )
        })?;
        let found = digest(&original);
        if found != *expected {
            return Err(Failure::new(
                format!("{file} is not the 5.1.5 original: SHA-256 {found}, expected {expected}"),
                path,
                "delete the package's folder in cargo's registry and run `cargo fetch --locked`",
            ));
        }
        let edited = apply_to(&original, its_edits)
            .map_err(|what| Failure::new(format!("{file}: {what}"), edits, RESTORE_ADVICE))?;
        fs::write(&path, edited).map_err(|error| {
            Failure::new(
                format!("the edited source can't be written: {error}"),
                &path,
                "check the free space of cargo's target folder",
            )
        })?;
    }
    Ok(names.len())
}

/// The edit files in a fixed order, so that two builds say the same about the same fault.
fn edit_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(format!("unreadable: {error}"), folder, RESTORE_ADVICE)
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|kind| kind == "edit") {
            names.push(path);
        }
    }
    names.sort();
    if names.is_empty() {
        return Err(Failure::new("there are no edits", folder, RESTORE_ADVICE));
    }
    Ok(names)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path)
        .map_err(|error| Failure::new(format!("unreadable: {error}"), path, RESTORE_ADVICE))
}

/// Reads one edit file. The error names the line.
pub(crate) fn parse(text: &[u8]) -> Result<Vec<Edit>, String> {
    let mut edits: Vec<Edit> = Vec::new();
    for (number, line) in (1..).zip(lines_of(text)) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        match line.first() {
            Some(b'+') => {
                let edit = edits
                    .last_mut()
                    .ok_or_else(|| format!("line {number}: a `+` line before any `@@`"))?;
                edit.lines.push(line.get(1..).unwrap_or_default().to_vec());
            }
            Some(b'@') => edits.push(
                parse_header(&String::from_utf8_lossy(line))
                    .ok_or_else(|| format!("line {number}: not `@@ FILE FIRST LAST`"))?,
            ),
            None | Some(b'#') => {}
            Some(_) => return Err(format!("line {number}: starts with none of `#`, `@@`, `+`")),
        }
    }
    Ok(edits)
}

fn parse_header(line: &str) -> Option<Edit> {
    let mut words = line.split_ascii_whitespace();
    let (at, file) = (words.next()?, words.next()?);
    let first: usize = words.next()?.parse().ok()?;
    let last: usize = words.next()?.parse().ok()?;
    let plain_name = !file.contains(['/', '\\']);
    (at == "@@" && words.next().is_none() && plain_name && first >= 1 && last + 1 >= first).then(
        || Edit {
            file: file.to_owned(),
            first,
            last,
            lines: Vec::new(),
        },
    )
}

/// Applies all the edits of one source. The error says which lines clash.
pub(crate) fn apply_to(original: &[u8], mut edits: Vec<Edit>) -> Result<Vec<u8>, String> {
    let mut lines: Vec<Vec<u8>> = lines_of(original).map(<[u8]>::to_vec).collect();
    edits.sort_by_key(|edit| (edit.first, edit.last));
    for pair in edits.windows(2) {
        if let [earlier, later] = pair
            && (later.first <= earlier.last || later.first == earlier.first)
        {
            return Err(format!(
                "the edits of lines {}-{} and {}-{} overlap",
                earlier.first, earlier.last, later.first, later.last
            ));
        }
    }
    for edit in edits.into_iter().rev() {
        if edit.last > lines.len() || edit.first > lines.len() + 1 {
            return Err(format!(
                "an edit of lines {}-{} in a file of {} lines",
                edit.first,
                edit.last,
                lines.len()
            ));
        }
        let replacement = edit.lines.into_iter().map(|mut line| {
            line.push(b'\n');
            line
        });
        lines.splice(edit.first - 1..edit.last, replacement);
    }
    Ok(lines.concat())
}

/// Reads `SHA256SUMS`: a digest in hexadecimal, white space, a file name.
pub(crate) fn parse_digests(text: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let text = String::from_utf8_lossy(text);
    (1..)
        .zip(text.lines())
        .map(|(number, line)| {
            let mut words = line.split_ascii_whitespace();
            match (words.next(), words.next(), words.next()) {
                (Some(digest), Some(file), None) if digest.len() == 64 => {
                    Ok((file.to_owned(), digest.to_owned()))
                }
                _ => Err(format!("line {number}: not a digest and a file name")),
            }
        })
        .collect()
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn digest(text: &[u8]) -> String {
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The lines of a text, each with its line feed.
fn lines_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINAL: &[u8] = b"one\ntwo\nthree\nfour\n";

    fn edited(edits: &str) -> Result<String, String> {
        let text = apply_to(ORIGINAL, parse(edits.as_bytes())?)?;
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn replaces_inserts_and_deletes_by_original_line_numbers() {
        let edits = "# why\n\n@@ a.c 1 1\n+1\n+1b\n@@ a.c 3 2\n+before three\n@@ a.c 4 4\n";
        assert_eq!(edited(edits).unwrap(), "1\n1b\ntwo\nbefore three\nthree\n");
    }

    #[test]
    fn order_of_the_edits_does_not_matter() {
        let forwards = "@@ a.c 1 1\n+x\n+y\n@@ a.c 4 4\n+z\n";
        let backwards = "@@ a.c 4 4\n+z\n@@ a.c 1 1\n+x\n+y\n";
        assert_eq!(edited(forwards), edited(backwards));
    }

    #[test]
    fn inserts_behind_the_last_line() {
        assert_eq!(
            edited("@@ a.c 5 4\n+five\n").unwrap(),
            "one\ntwo\nthree\nfour\nfive\n"
        );
    }

    #[test]
    fn an_empty_replacement_line_stays() {
        assert_eq!(edited("@@ a.c 1 3\n+\n").unwrap(), "\nfour\n");
    }

    #[test]
    fn overlapping_edits_are_refused() {
        for edits in [
            "@@ a.c 1 2\n@@ a.c 2 3\n",
            "@@ a.c 2 2\n@@ a.c 2 2\n",
            "@@ a.c 2 1\n+x\n@@ a.c 2 1\n+y\n",
        ] {
            assert!(edited(edits).unwrap_err().contains("overlap"), "{edits}");
        }
    }

    #[test]
    fn neighbouring_edits_are_not_overlapping() {
        assert_eq!(
            edited("@@ a.c 1 2\n+x\n@@ a.c 3 4\n+y\n").unwrap(),
            "x\ny\n"
        );
    }

    #[test]
    fn lines_that_do_not_exist_are_refused() {
        assert!(
            edited("@@ a.c 4 5\n")
                .unwrap_err()
                .contains("file of 4 lines")
        );
        assert!(
            edited("@@ a.c 6 5\n+x\n")
                .unwrap_err()
                .contains("file of 4 lines")
        );
    }

    #[test]
    fn malformed_edits_name_their_line() {
        for edits in [
            "\n@@ a.c 1\n",
            "\n@@ a.c 1 2 3\n",
            "\n@@ a.c 0 0\n",
            "\n@@ a.c 4 2\n",
            "\n@@ ../a.c 1 1\n",
            "\n@x a.c 1 1\n",
            "\n+text\n",
            "\ntext\n",
        ] {
            assert!(
                parse(edits.as_bytes()).unwrap_err().starts_with("line 2:"),
                "{edits}"
            );
        }
    }

    #[test]
    fn digests_are_the_standard_ones() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(b"abc"), abc);
        let sums = parse_digests(format!("{abc}  a.c\n").as_bytes()).unwrap();
        assert_eq!(sums.get("a.c").unwrap(), abc);
        assert!(parse_digests(b"abc  a.c\n").is_err());
    }
}
