//! What the chunk returned, or the value and the traceback of the error that ended it. Only
//! engines in this process see it as it is; of a program's error, the text on standard error is
//! all there is, and that is in the output.

use super::{Channel, ChannelName, Findings, Outcome, Stream};
use crate::observation::{self, Observation};

/// See the file's description.
#[derive(Debug)]
pub(super) struct Errors;

impl Channel for Errors {
    fn name(&self) -> ChannelName {
        ChannelName::Error
    }

    fn compare(&self, left: &Observation, right: &Observation) -> Outcome {
        let (Some(left), Some(right)) = (&left.inside, &right.inside) else {
            return Outcome::NotComparable;
        };
        let mut findings = Findings::new(self.name());
        let (left, left_traceback) = texts(&left.outcome);
        let (right, right_traceback) = texts(&right.outcome);
        findings.compare_text(Stream::Result, &left, &right);
        findings.compare_text(Stream::Traceback, left_traceback, right_traceback);
        findings.finish()
    }
}

/// The outcome as lines, and the traceback.
fn texts(outcome: &observation::Outcome) -> (Vec<u8>, &[u8]) {
    match outcome {
        observation::Outcome::Returned(values) => {
            let mut lines = b"returned\n".to_vec();
            for value in values {
                lines.extend_from_slice(value);
                lines.push(b'\n');
            }
            (lines, b"")
        }
        observation::Outcome::Failed {
            kind,
            value,
            traceback,
        } => {
            let lines = [b"failed: ", kind.as_bytes(), b": ", value, b"\n"].concat();
            (lines, traceback.as_deref().unwrap_or(b"(none)"))
        }
        observation::Outcome::Exited => (b"exited\n".to_vec(), b""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Inside, Termination};

    fn observation(value: &str, traceback: Option<&str>) -> Observation {
        Observation {
            inside: Some(Box::new(Inside {
                outcome: observation::Outcome::Failed {
                    kind: "runtime",
                    value: value.into(),
                    traceback: traceback.map(Into::into),
                },
                ..Inside::default()
            })),
            ..Observation::new(Termination::Exit(1))
        }
    }

    fn streams(left: &Observation, right: &Observation) -> Vec<Stream> {
        match Errors.compare(left, right) {
            Outcome::Compared { divergences, .. } => {
                divergences.iter().map(|found| found.stream).collect()
            }
            Outcome::NotComparable => panic!("both were seen from inside"),
        }
    }

    #[test]
    fn value_and_traceback_are_told_apart() {
        let left = observation("string a.lua:1: x", Some("stack traceback:\n\t[C]: ?"));
        assert_eq!(streams(&left, &left.clone()), []);
        let other = observation("string a.lua:2: x", Some("stack traceback:\n\t[C]: ?"));
        assert_eq!(streams(&left, &other), [Stream::Result]);
        let other = observation("string a.lua:1: x", None);
        assert_eq!(streams(&left, &other), [Stream::Traceback]);
    }

    #[test]
    fn a_program_is_not_seen_from_inside() {
        let outside = Observation::new(Termination::Exit(1));
        assert_eq!(
            Errors.compare(&observation("", None), &outside),
            Outcome::NotComparable
        );
    }
}
