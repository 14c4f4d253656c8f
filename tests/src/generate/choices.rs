//! Where the generator's decisions come from: a seed, or the bytes of a fuzzer.

use arbitrary::Unstructured;

use crate::mutate::random::Random;

/// A sequence of decisions.
///
/// A fuzzer's bytes come to an end; from there on every decision is the first, simplest one, which
/// makes a small program of few bytes.
#[derive(Debug)]
pub enum Choices<'a> {
    /// They follow from a seed.
    Random(Random),
    /// They are read from bytes.
    Bytes(Unstructured<'a>),
}

impl<'a> Choices<'a> {
    /// The decisions that belong to a seed.
    pub fn from_seed(seed: u64) -> Self {
        // A stream of its own, not that of the mutants of sources.
        Self::Random(Random::new(seed, 0x6c75_6135))
    }

    /// The decisions in some bytes.
    pub fn from_bytes(bytes: &'a [u8]) -> Self {
        Self::Bytes(Unstructured::new(bytes))
    }

    /// A number below `limit`; 0 when there is none.
    pub fn below(&mut self, limit: usize) -> usize {
        match self {
            Self::Random(random) => random.below(limit),
            Self::Bytes(bytes) => {
                let most = limit.saturating_sub(1);
                bytes.int_in_range(0..=most).unwrap_or(0)
            }
        }
    }

    /// A number from `low` to `high`, `low` when there is none between.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, share: usize) -> bool {
        // The first choice is no.
        self.below(100) + share >= 100
    }

    /// One of two that are as likely; false first.
    pub fn coin(&mut self) -> bool {
        self.below(2) == 1
    }

    /// Any of some items; nothing when there are none.
    pub fn pick<'b, T>(&mut self, items: &'b [T]) -> Option<&'b T> {
        items.get(self.below(items.len()))
    }

    /// Any of some texts; the empty one when there are none.
    pub fn text(&mut self, texts: &[&'static str]) -> &'static str {
        self.pick(texts).copied().unwrap_or_default()
    }

    /// The position of one of some weights, each as likely as it is heavy; nothing when all
    /// are 0.
    pub fn weighted(&mut self, weights: &[u32]) -> Option<usize> {
        let total: usize = weights.iter().map(|&weight| weight as usize).sum();
        if total == 0 {
            return None;
        }
        let mut left = self.below(total);
        for (position, &weight) in weights.iter().enumerate() {
            if left < weight as usize {
                return Some(position);
            }
            left -= weight as usize;
        }
        None
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        match self {
            Self::Random(random) => random.draw(),
            Self::Bytes(bytes) => bytes.arbitrary().unwrap_or(0),
        }
    }

    /// Have a fuzzer's bytes come to an end?
    pub fn is_exhausted(&self) -> bool {
        matches!(self, Self::Bytes(bytes) if bytes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_bytes_everything_is_the_first() {
        let mut choices = Choices::from_bytes(&[]);
        assert_eq!(choices.below(9), 0);
        assert_eq!(choices.between(3, 9), 3);
        assert!(!choices.percent(99));
        assert!(!choices.coin());
        assert_eq!(choices.weighted(&[0, 5, 7]), Some(1));
        assert!(choices.is_exhausted());
    }

    #[test]
    fn weights_decide() {
        let mut choices = Choices::from_seed(1);
        let mut counts = [0; 3];
        for _ in 0..3000 {
            if let Some(count) = choices
                .weighted(&[1, 0, 2])
                .and_then(|at| counts.get_mut(at))
            {
                *count += 1;
            }
        }
        assert_eq!(counts[1], 0);
        assert!(counts[2] > counts[0] && counts[0] > 500, "{counts:?}");
        assert_eq!(choices.weighted(&[0, 0]), None);
    }
}
