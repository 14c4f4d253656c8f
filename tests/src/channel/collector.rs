//! The collector's books when a chunk had ended: how much memory there is, when the next step is
//! due, what phase it is in. A single object that one side makes and the other doesn't, at any
//! time in the run, is seen here. What a program sees of the collector itself (weak tables,
//! finalizers, `collectgarbage`) it prints, so that is in the output.

use super::{Channel, ChannelName, Findings, Outcome, Stream};
use crate::observation::{self, Observation};

/// See the file's description.
#[derive(Debug)]
pub(super) struct Collector;

impl Channel for Collector {
    fn name(&self) -> ChannelName {
        ChannelName::Collector
    }

    fn compare(&self, left: &Observation, right: &Observation) -> Outcome {
        let (Some(left), Some(right)) = (&left.inside, &right.inside) else {
            return Outcome::NotComparable;
        };
        // A program that ends itself leaves nothing to be counted, and some books are not kept.
        if [left, right]
            .iter()
            .any(|side| side.outcome == observation::Outcome::Exited || side.accounts.is_empty())
        {
            return Outcome::NotComparable;
        }
        let mut findings = Findings::new(self.name());
        findings.compare_text(
            Stream::Accounts,
            left.accounts.as_bytes(),
            right.accounts.as_bytes(),
        );
        findings.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Inside, Termination};

    fn observation(total: usize) -> Observation {
        Observation {
            inside: Some(Box::new(Inside {
                accounts: format!("total {total}\n"),
                ..Inside::default()
            })),
            ..Observation::new(Termination::Exit(0))
        }
    }

    #[test]
    fn a_byte_is_seen() {
        let compared = |left: usize, right: usize| match Collector
            .compare(&observation(left), &observation(right))
        {
            Outcome::Compared { divergences, .. } => divergences.len(),
            Outcome::NotComparable => panic!("both were seen from inside"),
        };
        assert_eq!(compared(20_480, 20_480), 0);
        assert_eq!(compared(20_480, 20_481), 1);
    }
}
