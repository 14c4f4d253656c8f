//! Matching straight ahead: patterns with which no repetition ever has to give back a
//! byte, because what follows it can't match there. That is said beforehand of a pattern
//! as a whole, and most patterns are of this kind: nothing is noted for a retry then.
//!
//! A match found so is the one that [`Matcher`](super::Matcher) would find, and it is paid
//! for with as many steps: those of the retries that would all fail are added when a match
//! fails.

use super::class::ByteSet;
use super::compile::{Item, Pattern, Test};

/// Bytes that one repetition may take here.
const STRETCH: usize = 1 << 10;

/// Items of a pattern that is asked whether it is straight; it takes the square of that.
const LONGEST: usize = 32;

/// What came of it, with the steps that the matcher would have taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ahead {
    /// The end of the match.
    Match(usize, u64),
    Fails(u64),
    /// There is more to look at than is good to do without looking around.
    Long,
}

/// Steps of a retry with one byte less, which fails: items that are looked at. 0 for items
/// that can't give back anything, or after which nothing can fail.
pub(super) type Cost = u32;

impl Pattern {
    fn set_of(&self, test: Test) -> ByteSet {
        match test {
            Test::Any => ByteSet::EMPTY.complement(),
            Test::Byte(byte) => {
                let mut set = ByteSet::EMPTY;
                set.insert(byte);
                set
            }
            Test::Set(set) => match self.sets.get(set as usize) {
                Some(set) => *set,
                None => ByteSet::EMPTY,
            },
        }
    }

    /// The costs of all items; `None` if giving back may help, or if there are other items
    /// than can be matched straight ahead.
    pub(super) fn costs(&self) -> Option<Vec<Cost>> {
        if self.items.len() > LONGEST {
            return None;
        }
        let costs = self.items.iter().enumerate().map(|(index, item)| {
            let rest = self.items.get(index + 1..).unwrap_or_default();
            match *item {
                Item::One(_)
                | Item::Literal { .. }
                | Item::OpenCapture(_)
                | Item::PositionCapture(_)
                | Item::CloseCapture(_)
                | Item::AtEnd => Some(0),
                Item::Optional(test) | Item::Longest { test, .. } => {
                    let can_fail = rest.iter().any(|item| {
                        matches!(
                            item,
                            Item::One(_)
                                | Item::Literal { .. }
                                | Item::Longest { min: 1.., .. }
                                | Item::AtEnd
                        )
                    });
                    if can_fail {
                        self.cost_of_retry(&self.set_of(test), rest)
                    } else {
                        Some(0)
                    }
                }
                _ => None,
            }
        });
        costs.collect()
    }

    /// Steps until `rest` fails at a byte of the set, if it does whatever comes after it.
    fn cost_of_retry(&self, set: &ByteSet, rest: &[Item]) -> Option<Cost> {
        let mut cost = 0;
        for item in rest {
            cost += 1;
            let (test, ends) = match *item {
                Item::OpenCapture(_) | Item::PositionCapture(_) | Item::CloseCapture(_) => continue,
                Item::AtEnd => return Some(cost),
                Item::One(test) | Item::Longest { test, min: 1.., .. } => (test, true),
                Item::Longest { test, .. } | Item::Optional(test) => (test, false),
                Item::Literal { start, len } => {
                    cost += Cost::try_from(len / 16).ok()?;
                    (Test::Byte(*self.literals.get(start)?), true)
                }
                _ => return None,
            };
            if set.meets(&self.set_of(test)) {
                return None;
            }
            if ends {
                return Some(cost);
            }
        }
        None
    }

    #[inline(always)]
    fn passes(&self, test: Test, byte: u8) -> bool {
        match test {
            Test::Any => true,
            Test::Byte(wanted) => byte == wanted,
            Test::Set(set) => self
                .sets
                .get(set as usize)
                .is_some_and(|set| set.contains(byte)),
        }
    }

    /// How many bytes pass the test.
    #[inline(always)]
    fn count(&self, test: Test, bytes: &[u8]) -> usize {
        let end = match test {
            Test::Any => None,
            Test::Byte(wanted) => bytes.iter().position(|&byte| byte != wanted),
            Test::Set(set) => match self.sets.get(set as usize) {
                Some(set) => bytes.iter().position(|&byte| !set.contains(byte)),
                None => Some(0),
            },
        };
        end.unwrap_or(bytes.len())
    }

    /// Matches at `start` only. The pattern is straight.
    #[inline]
    pub(super) fn match_ahead(
        &self,
        subject: &[u8],
        start: usize,
        captures: &mut [(usize, usize)],
    ) -> Ahead {
        let mut at = start;
        let mut steps = 0;
        // What the retries cost if something fails from here on.
        let mut owed = 0;
        for (item, &cost) in self.items.iter().zip(&self.straight) {
            steps += 1;
            let next = match *item {
                Item::One(test) => match subject.get(at) {
                    Some(&byte) if self.passes(test, byte) => Some(at + 1),
                    _ => None,
                },
                Item::Literal { start, len } => {
                    steps += len as u64 / 16;
                    let literal = self.literals.get(start..start + len);
                    (subject.get(at..at.saturating_add(len)) == literal).then_some(at + len)
                }
                Item::Optional(test) => match subject.get(at) {
                    Some(&byte) if self.passes(test, byte) => {
                        owed += u64::from(cost);
                        Some(at + 1)
                    }
                    _ => Some(at),
                },
                Item::Longest { test, min, next } => {
                    let tail = subject.get(at..).unwrap_or_default();
                    let count = self.count(test, tail.get(..STRETCH).unwrap_or(tail));
                    if count == STRETCH {
                        return Ahead::Long;
                    }
                    steps += count as u64;
                    let min = usize::from(min);
                    if let Some(more) = count.checked_sub(min + 1) {
                        if next.is_none() {
                            owed += (more as u64 + 1) * u64::from(cost);
                        } else if tail.get(count) == next.as_ref() {
                            // The bytes are looked through for this one.
                            owed += more as u64;
                        } else {
                            return Ahead::Fails(steps + owed + more as u64 + 1);
                        }
                    }
                    (count >= min).then_some(at + count)
                }
                Item::OpenCapture(capture) | Item::PositionCapture(capture) => {
                    if let Some(slot) = captures.get_mut(usize::from(capture)) {
                        slot.0 = at;
                    }
                    Some(at)
                }
                Item::CloseCapture(capture) => {
                    if let Some(slot) = captures.get_mut(usize::from(capture)) {
                        slot.1 = at;
                    }
                    Some(at)
                }
                Item::AtEnd => (at == subject.len()).then_some(at),
                _ => return Ahead::Long,
            };
            match next {
                Some(next) => at = next,
                None => return Ahead::Fails(steps + owed),
            }
        }
        Ahead::Match(at, steps)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Anchor, Matcher};
    use super::*;

    /// What a straight pattern gives is what it gives with choices, steps and captures
    /// included, at every position of many subjects.
    #[test]
    fn it_agrees_with_the_matcher() {
        let patterns: [&[u8]; 15] = [
            b"a+b",
            b"^(a*)b$",
            b"[ab]+c*d",
            b"(a+)()c?(d*)b",
            b"a?b+c",
            b"a*",
            b"^%d*",
            b"abcdabcdabcdabcdd*",
            b"[^b]+b",
            b"a+[^a]b?c*$",
            b"(a*(b+))c*[d ]",
            b"%l+ ",
            b"[abc]*d()",
            b"a+%s*b",
            b"d-a",
        ];
        let mut seed = 99_u32;
        let mut straight = 0;
        for text in patterns {
            let pattern = Pattern::new(text, Anchor::Honoured);
            let plain = Pattern {
                straight: Vec::new(),
                ..Pattern::new(text, Anchor::Honoured)
            };
            straight += usize::from(!pattern.straight.is_empty());
            for _ in 0..300 {
                let subject: Vec<u8> = (0..20)
                    .map(|_| {
                        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        b"aaabbcd "[seed as usize >> 16 & 7]
                    })
                    .collect();
                for from in 0..=subject.len() {
                    let (mut one, mut other) = (Matcher::new(&pattern), Matcher::new(&plain));
                    let found = one.find(&subject, from);
                    assert_eq!(found, other.find(&subject, from));
                    let shown = || format!("{:?} {:?} {from}", text, subject.escape_ascii());
                    assert_eq!(one.budget(), other.budget(), "{}", shown());
                    for index in 0..if matches!(found, Ok(Some(_))) { 4 } else { 0 } {
                        assert_eq!(one.capture(index), other.capture(index), "{}", shown());
                    }
                }
            }
        }
        assert_eq!(straight, 14);
    }
}
