//! Runs the tests of `build/restore.rs`, which cargo does not run in a build script, and applies
//! the repository's own edits to sources they do not fit.

use std::path::PathBuf;
use std::{fmt, fs};

#[path = "../build/restore.rs"]
mod restore;

/// The build script's error, as far as `restore` needs it.
struct Failure {
    what: String,
    place: PathBuf,
    advice: String,
}

impl Failure {
    fn new(what: impl Into<String>, place: impl Into<PathBuf>, advice: impl Into<String>) -> Self {
        Failure {
            what: what.into(),
            place: place.into(),
            advice: advice.into(),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}): {}",
            self.what,
            self.place.display(),
            self.advice
        )
    }
}

#[test]
fn sources_of_another_release_are_refused() {
    let edits = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../lua-5.1.1/restore");
    let sources = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("other-release");
    fs::create_dir_all(&sources).unwrap();
    for entry in fs::read_to_string(edits.join("SHA256SUMS"))
        .unwrap()
        .lines()
    {
        let name = entry.split_ascii_whitespace().nth(1).unwrap();
        fs::write(sources.join(name), "/* not 5.1.5 */\n").unwrap();
    }
    let failure = restore::apply(&edits, &sources).unwrap_err();
    assert!(
        failure.what.contains("is not the 5.1.5 original"),
        "{failure:?}"
    );
}
