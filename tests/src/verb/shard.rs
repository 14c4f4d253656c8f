//! Parts of a run that can be done apart, as in `--shard 2/8`.

use std::ops::Range;
use std::str::FromStr;

/// One of some parts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    /// From 0.
    pub(super) index: u64,
    /// How many parts there are, at least one.
    pub(super) of: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(index, of)| {
            let (index, of) = (index.parse::<u64>().ok()?, of.parse::<u64>().ok()?);
            (1..=of).contains(&index).then(|| Self {
                index: index - 1,
                of,
            })
        });
        parts.ok_or_else(|| format!("{text}: not a part like 1/4, the first of four"))
    }
}

impl Shard {
    /// The numbers of this part out of `count`.
    pub(super) fn range(self, count: u64) -> Range<u64> {
        let bound = |index: u64| {
            let bound = u128::from(count) * u128::from(index) / u128::from(self.of);
            u64::try_from(bound).unwrap_or(count)
        };
        bound(self.index)..bound(self.index + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_cover_everything_once() {
        let mut next = 0;
        for index in 0..7 {
            let range = Shard { index, of: 7 }.range(1000);
            assert_eq!(range.start, next);
            next = range.end;
        }
        assert_eq!(next, 1000);
    }

    #[test]
    fn a_shard_is_one_of_some() {
        assert_eq!("2/3".parse(), Ok(Shard { index: 1, of: 3 }));
        for wrong in ["0/3", "4/3", "1", "a/b", "1/0", "/", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
