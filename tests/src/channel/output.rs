//! The channel that everybody sees: standard output, standard error, exit status.

use super::{Channel, ChannelName, Outcome, compare_output};
use crate::observation::Observation;

/// See the file's description.
#[derive(Debug)]
pub(super) struct Output;

impl Channel for Output {
    fn name(&self) -> ChannelName {
        ChannelName::Output
    }

    fn compare(&self, left: &Observation, right: &Observation) -> Outcome {
        compare_output(self.name(), left, right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Stream;
    use crate::divergence::{Cause, Divergence};
    use crate::observation::Termination;

    fn observation(end: Termination, stdout: &str, stderr: &str) -> Observation {
        Observation {
            end,
            stdout: stdout.into(),
            stderr: stderr.into(),
            bytecode: None,
            inside: None,
        }
    }

    fn compare(left: &Observation, right: &Observation) -> (Vec<Divergence>, usize) {
        match Output.compare(left, right) {
            Outcome::Compared { divergences, masks } => {
                (divergences, masks.iter().map(|mask| mask.count).sum())
            }
            Outcome::NotComparable => panic!("output is always there"),
        }
    }

    #[test]
    fn every_stream_is_compared() {
        let left = observation(Termination::Exit(0), "a\n", "");
        let (divergences, masks) = compare(&left, &observation(Termination::Exit(1), "b\n", "c\n"));
        let streams: Vec<Stream> = divergences.iter().map(|found| found.stream).collect();
        assert_eq!(streams, [Stream::Exit, Stream::Stdout, Stream::Stderr]);
        assert_eq!(masks, 0);
        assert!(compare(&left, &left.clone()).0.is_empty());
    }

    #[test]
    fn ends_have_different_causes() {
        let left = observation(Termination::Exit(0), "", "");
        for (end, cause) in [
            (Termination::Signal(11), Cause::Crash),
            (Termination::TimedOut, Cause::TimeOut),
            (Termination::OutputLimit, Cause::OutputLimit),
            (Termination::Exit(1), Cause::Differs),
        ] {
            let (divergences, _) = compare(&left, &observation(end, "", ""));
            assert_eq!(
                divergences
                    .iter()
                    .map(|found| found.cause)
                    .collect::<Vec<_>>(),
                [cause]
            );
        }
    }

    #[test]
    fn a_mask_counts_only_where_it_was_needed() {
        let left = observation(Termination::Exit(0), "table: 0x123456\n", "");
        assert_eq!(compare(&left, &left.clone()).1, 0);
        let right = observation(Termination::Exit(0), "table: 0x654321\n", "");
        assert_eq!(compare(&left, &right), (Vec::new(), 1));
    }
}
