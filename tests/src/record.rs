//! The recorded result of a program: what the real 5.1.1 does with it, in files beside it.
//!
//! | file | contents |
//! |---|---|
//! | `NAME.stdout` | standard output; a program without this file has no record |
//! | `NAME.stderr` | standard error; absent when empty |
//! | `NAME.exit` | exit status; absent when 0 |
//! | `NAME.luac` | listing of the compiler, addresses masked; absent when not recorded |
//! | `NAME.bin.sha256` | digest of the compiler's stripped output; absent when not recorded |

use std::path::Path;

use crate::observation::{Bytecode, Observation, Termination};
use crate::program::{bad, read_optional, side_file};
use crate::report::write::write_atomically;
use crate::verdict::{Fault, FaultCause};

/// The endings of the files of a record; the first is the one that makes it one.
pub const SUFFIXES: [&str; 5] = ["stdout", "stderr", "exit", "luac", "bin.sha256"];

/// The record of a program, `None` when it has none.
///
/// # Errors
///
/// A [`FaultCause::BadProgram`] when a file can't be read, makes no sense, or stands there
/// without `NAME.stdout`.
pub fn load(program: &Path) -> Result<Option<Observation>, Fault> {
    let file = |suffix| read_optional(&side_file(program, suffix));
    let Some(stdout) = file("stdout")? else {
        for suffix in SUFFIXES {
            let path = side_file(program, suffix);
            if path.exists() {
                return Err(bad(&path, "part of a record without its standard output"));
            }
        }
        return Ok(None);
    };
    let end = match file("exit")? {
        Some(text) => parse_status(&text)
            .ok_or_else(|| bad(&side_file(program, "exit"), "not an exit status"))?,
        None => 0,
    };
    let listing = file("luac")?;
    let binary = file("bin.sha256")?.map(|text| String::from_utf8_lossy(&text).trim().to_owned());
    let bytecode = (listing.is_some() || binary.is_some()).then_some(Bytecode {
        end: Termination::Exit(0),
        listing,
        binary,
    });
    let stderr = file("stderr")?.unwrap_or_default();
    Ok(Some(Observation {
        end: Termination::Exit(end),
        stdout,
        stderr,
        bytecode,
        inside: None,
    }))
}

fn parse_status(text: &[u8]) -> Option<i32> {
    let status: u8 = std::str::from_utf8(text).ok()?.trim().parse().ok()?;
    Some(status.into())
}

/// Writes a record beside a program that has none. Bytecode is not written.
///
/// # Errors
///
/// A [`FaultCause::Harness`] that names the file that can't be written.
pub fn save(program: &Path, observation: &Observation) -> Result<(), Fault> {
    let write = |suffix, contents: &[u8]| {
        let path = side_file(program, suffix);
        write_atomically(&path, contents)
            .map_err(|error| Fault::new(FaultCause::Harness, error.to_string()))
    };
    if !observation.stderr.is_empty() {
        write("stderr", &observation.stderr)?;
    }
    if let Termination::Exit(status @ 1..) = observation.end {
        write("exit", status.to_string().as_bytes())?;
    }
    // Last: from here on it is a record.
    write("stdout", &observation.stdout)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("a.lua");
        assert_eq!(load(&program), Ok(None));
        for (status, stderr) in [(0, ""), (7, "lua: no\n")] {
            let observation = Observation {
                end: Termination::Exit(status),
                stdout: b"x\0\n".into(),
                stderr: stderr.into(),
                bytecode: None,
                inside: None,
            };
            save(&program, &observation).unwrap();
            assert_eq!(load(&program), Ok(Some(observation)));
        }
    }

    #[test]
    fn half_a_record_is_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("a.lua");
        fs::write(folder.path().join("a.exit"), "1").unwrap();
        assert!(load(&program).unwrap_err().message.contains("a.exit"));
        fs::write(folder.path().join("a.stdout"), "").unwrap();
        assert!(load(&program).is_ok());
        fs::write(folder.path().join("a.exit"), "256").unwrap();
        assert!(
            load(&program)
                .unwrap_err()
                .message
                .contains("not an exit status")
        );
    }
}
