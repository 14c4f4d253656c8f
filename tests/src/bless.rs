//! Recording: the oracle's result becomes the record of a program that has none.
//!
//! A record is a fact about 5.1.1, so only the oracle makes one, and none is ever overwritten.

use serde::{Deserialize, Serialize};

use crate::engine::{Engine, Limits, ORACLE};
use crate::mask;
use crate::observation::Observation;
use crate::program::Program;
use crate::record;
use crate::verdict::Fault;

/// What became of a program's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RecordState {
    /// It was there before.
    Present,
    /// There is none.
    Absent,
    /// It was written now.
    Written,
    /// The oracle gives nothing that could be recorded.
    Refused {
        /// Why not.
        reason: String,
    },
}

/// Records what the oracle does, unless there is a record.
///
/// `first` is what the oracle was seen to do; it is run again, because what differs from run
/// to run is no fact.
///
/// # Errors
///
/// What kept the oracle from being run again, or the record from being written.
pub fn bless(
    program: &mut Program,
    oracle: &dyn Engine,
    first: &Observation,
    limits: &Limits,
) -> Result<RecordState, Fault> {
    let refused = |reason: String| Ok(RecordState::Refused { reason });
    if let Some(record) = &program.record {
        return if masked(record) == masked(first) {
            Ok(RecordState::Present)
        } else {
            refused(format!(
                "another result is on record; if that is wrong, remove the files of {}'s record",
                program.id
            ))
        };
    }
    if oracle.name() != ORACLE {
        return refused(format!("{} is not the oracle", oracle.name()));
    }
    if !first.end.is_normal() {
        return refused(first.end.to_string());
    }
    let (first, second) = (masked(first), masked(&oracle.observe(program, limits)?));
    if first != second {
        return refused("two runs of the oracle differ".to_owned());
    }
    record::save(&program.path, &first)?;
    program.record = Some(first);
    Ok(RecordState::Written)
}

/// An observation as it is recorded: without addresses, which are nobody's to reproduce.
fn masked(observation: &Observation) -> Observation {
    Observation {
        end: observation.end,
        stdout: mask::addresses(&observation.stdout).bytes.into_owned(),
        stderr: mask::addresses(&observation.stderr).bytes.into_owned(),
        bytecode: None,
        inside: None,
    }
}
