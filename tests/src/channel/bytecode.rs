//! What the stand-alone compiler makes of a program: its listing and its stripped output.

use super::{Channel, ChannelName, Findings, Outcome, Stream};
use crate::observation::Observation;

/// See the file's description.
#[derive(Debug)]
pub(super) struct BytecodeFiles;

impl Channel for BytecodeFiles {
    fn name(&self) -> ChannelName {
        ChannelName::Bytecode
    }

    fn compare(&self, left: &Observation, right: &Observation) -> Outcome {
        let (Some(left), Some(right)) = (&left.bytecode, &right.bytecode) else {
            return Outcome::NotComparable;
        };
        let mut findings = Findings::new(self.name());
        if !right.end.is_normal() {
            findings.compare_end(Stream::Listing, left.end, right.end);
            return findings.finish();
        }
        if let (Some(left), Some(right)) = (&left.listing, &right.listing) {
            findings.compare_text(Stream::Listing, left, right);
        }
        if let (Some(left), Some(right)) = (&left.binary, &right.binary) {
            findings.compare_text(Stream::Binary, left.as_bytes(), right.as_bytes());
        }
        findings.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Bytecode, Termination};

    fn observation(bytecode: Option<(&str, &str)>) -> Observation {
        Observation {
            end: Termination::Exit(0),
            stdout: Vec::new(),
            stderr: Vec::new(),
            bytecode: bytecode.map(|(listing, binary)| Bytecode {
                end: Termination::Exit(0),
                listing: Some(listing.into()),
                binary: Some(binary.into()),
            }),
            inside: None,
        }
    }

    #[test]
    fn compares_only_what_both_have() {
        let whole = observation(Some(("x", "y")));
        assert_eq!(
            BytecodeFiles.compare(&whole, &observation(None)),
            Outcome::NotComparable
        );
        let mut unlisted = observation(Some(("", "y")));
        if let Some(bytecode) = &mut unlisted.bytecode {
            bytecode.listing = None;
        }
        assert!(matches!(
            BytecodeFiles.compare(&unlisted, &whole),
            Outcome::Compared { divergences, .. } if divergences.is_empty()
        ));
    }

    #[test]
    fn listing_and_binary_are_told_apart() {
        let left = observation(Some(("main <a.lua:0,0> at 0xADDR", "aa")));
        let right = observation(Some(("main <a.lua:0,0> at 0x55d0c8a4e2b0", "bb")));
        let Outcome::Compared { divergences, masks } = BytecodeFiles.compare(&left, &right) else {
            panic!("both have bytecode");
        };
        assert_eq!(
            divergences
                .iter()
                .map(|found| found.stream)
                .collect::<Vec<_>>(),
            [Stream::Binary]
        );
        assert_eq!(masks.len(), 1);
    }
}
