//! Runs a compiled pattern against a subject, with an explicit stack of choices
//! and a budget of steps. Mirrors `match`, `max_expand`, `min_expand` and
//! `matchbalance` of `lstrlib.c`.

use std::fmt;
use std::ops::Range;

use super::compile::{CaptureKind, First, Item, Pattern, Room, Test};
use super::{PatternError, find_byte};

/// Where matching can go on after a failure. `item` is the repetition itself, and
/// `next` the byte that has to follow it, when that is known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Choice {
    /// What follows may be tried at `high`, `high - 1`, … `low`.
    Longest {
        item: usize,
        low: usize,
        high: usize,
        next: Option<u8>,
    },
    /// One more byte at `at` may be taken.
    Shortest {
        item: usize,
        at: usize,
        test: Test,
        next: Option<u8>,
    },
}

/// A capture of a successful match; positions are byte offsets from the start of
/// the subject, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capture {
    /// A piece of the subject.
    Bytes(Range<usize>),
    /// `()`: a position.
    Position(usize),
}

/// Matches one pattern against subjects.
///
/// A matcher borrows no subject: it is given to each search, so that the owner of
/// the subject can do other things between two matches, and still ask for captures.
///
/// Every step costs one unit of a budget; when it runs out, the `refill` function
/// given to [`Matcher::metered`] decides whether to go on.
pub struct Matcher<'a> {
    pattern: &'a Pattern,
    captures: Vec<(usize, usize)>,
    /// The last successful match.
    whole: Range<usize>,
    choices: Vec<Choice>,
    budget: u64,
    refill: Option<&'a mut dyn FnMut() -> Option<u64>>,
}

impl fmt::Debug for Matcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher")
            .field("pattern", &self.pattern)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

impl Drop for Matcher<'_> {
    fn drop(&mut self) {
        // The next matcher of this pattern need not allocate.
        self.pattern.scratch.0.put(Room {
            captures: std::mem::take(&mut self.captures),
            choices: std::mem::take(&mut self.choices),
        });
    }
}

impl<'a> Matcher<'a> {
    /// A matcher without a bound on its steps.
    #[must_use]
    pub fn new(pattern: &'a Pattern) -> Self {
        let Room {
            mut captures,
            choices,
        } = pattern.scratch.0.take().unwrap_or_default();
        captures.resize(pattern.capture_count(), (0, 0));
        Self {
            pattern,
            captures,
            whole: 0..0,
            choices,
            budget: u64::MAX,
            refill: None,
        }
    }

    /// A matcher that calls `refill` after `budget` steps: `Some(n)` allows `n`
    /// more (at least one), `None` ends with [`PatternError::Interrupted`]. A step
    /// is an item of the pattern or a byte taken by a repetition.
    #[must_use]
    pub fn metered(
        pattern: &'a Pattern,
        budget: u64,
        refill: &'a mut dyn FnMut() -> Option<u64>,
    ) -> Self {
        let mut matcher = Self::new(pattern);
        matcher.budget = budget;
        matcher.refill = Some(refill);
        matcher
    }

    /// Finds the first match that starts at `from` or later (only at `from` when
    /// the pattern is anchored). `None` when there is none, or `from` lies beyond
    /// the end of the subject.
    ///
    /// # Errors
    /// What is wrong with the pattern, if matching reaches it.
    pub fn find(
        &mut self,
        subject: &[u8],
        from: usize,
    ) -> Result<Option<Range<usize>>, PatternError> {
        if self.pattern.anchored {
            return Ok(self.match_at(subject, from)?.map(|end| from..end));
        }
        let mut start = from;
        while start <= subject.len() {
            let Some(candidate) = self.next_start(subject, start) else {
                return Ok(None);
            };
            if let Some(end) = self.match_at(subject, candidate)? {
                return Ok(Some(candidate..end));
            }
            start = candidate + 1;
        }
        Ok(None)
    }

    /// Matches at `start` only and returns the end of the match.
    ///
    /// # Errors
    /// What is wrong with the pattern, if matching reaches it.
    pub fn match_at(
        &mut self,
        subject: &[u8],
        start: usize,
    ) -> Result<Option<usize>, PatternError> {
        if start > subject.len() {
            return Ok(None);
        }
        self.choices.clear();
        let end = self.run(subject, start)?;
        if let Some(end) = end {
            self.whole = start..end;
        }
        Ok(end)
    }

    /// The number of captures of the last successful match.
    #[must_use]
    pub const fn capture_count(&self) -> usize {
        self.pattern.capture_count()
    }

    /// Capture `index`, counted from 0, of the last successful match. Index 0 of a
    /// pattern without captures is the whole match.
    ///
    /// # Errors
    /// `InvalidCaptureIndex` for a capture that does not exist, `UnfinishedCapture`
    /// for one that was never closed.
    pub fn capture(&self, index: usize) -> Result<Capture, PatternError> {
        let kind = self.pattern.captures.get(index);
        let (Some(kind), Some(&(start, end))) = (kind, self.captures.get(index)) else {
            return if index == 0 {
                Ok(Capture::Bytes(self.whole.clone()))
            } else {
                Err(PatternError::InvalidCaptureIndex)
            };
        };
        match kind {
            CaptureKind::Bytes => Ok(Capture::Bytes(start..end)),
            CaptureKind::Position => Ok(Capture::Position(start)),
            CaptureKind::Unfinished => Err(PatternError::UnfinishedCapture),
        }
    }

    /// The text of capture `index` in the subject of the last match; `None` for a
    /// position capture.
    ///
    /// # Errors
    /// As [`Matcher::capture`].
    pub fn captured_bytes<'s>(
        &self,
        subject: &'s [u8],
        index: usize,
    ) -> Result<Option<&'s [u8]>, PatternError> {
        match self.capture(index)? {
            Capture::Bytes(range) => Ok(subject.get(range)),
            Capture::Position(_) => Ok(None),
        }
    }

    /// What is left of the budget, so that a caller can account for the steps.
    #[must_use]
    pub const fn budget(&self) -> u64 {
        self.budget
    }

    /// The first position from `start` on where a match can begin.
    #[inline]
    fn next_start(&self, subject: &[u8], start: usize) -> Option<usize> {
        let tail = subject.get(start..)?;
        match &self.pattern.first {
            First::Anything => Some(start),
            First::Byte(byte) => find_byte(tail, *byte).map(|skip| start + skip),
            First::Set(set) => tail
                .iter()
                .position(|&byte| set.contains(byte))
                .map(|skip| start + skip),
        }
    }

    /// Pays for `steps` steps.
    #[inline]
    fn pay(&mut self, steps: usize) -> Result<(), PatternError> {
        let steps = steps as u64;
        if self.budget > steps {
            self.budget -= steps;
            return Ok(());
        }
        self.renew(steps)
    }

    #[cold]
    #[inline(never)]
    fn renew(&mut self, steps: u64) -> Result<(), PatternError> {
        let mut owed = steps;
        loop {
            owed -= self.budget.min(owed);
            self.budget = match &mut self.refill {
                None => u64::MAX,
                Some(refill) => refill().ok_or(PatternError::Interrupted)?.max(1),
            };
            if self.budget > owed {
                self.budget -= owed;
                return Ok(());
            }
        }
    }

    #[inline]
    fn passes(&self, test: Test, byte: u8) -> bool {
        match test {
            Test::Any => true,
            Test::Byte(wanted) => byte == wanted,
            Test::Set(set) => self
                .pattern
                .sets
                .get(set as usize)
                .is_some_and(|set| set.contains(byte)),
        }
    }

    /// How many bytes from `at` on pass the test.
    #[inline]
    fn count(&self, subject: &[u8], test: Test, at: usize) -> usize {
        let tail = subject.get(at..).unwrap_or_default();
        let end = match test {
            Test::Any => None,
            Test::Byte(wanted) => tail.iter().position(|&byte| byte != wanted),
            Test::Set(set) => match self.pattern.sets.get(set as usize) {
                Some(set) => tail.iter().position(|&byte| !set.contains(byte)),
                None => Some(0),
            },
        };
        end.unwrap_or(tail.len())
    }

    fn run(&mut self, subject: &[u8], start: usize) -> Result<Option<usize>, PatternError> {
        let pattern = self.pattern;
        let mut at = start;
        let mut index = 0;
        loop {
            let Some(item) = pattern.items.get(index) else {
                return Ok(Some(at));
            };
            self.pay(1)?;
            // The position behind the item, or `None` when it does not match.
            let next = match *item {
                Item::One(test) => match subject.get(at) {
                    Some(&byte) if self.passes(test, byte) => Some(at + 1),
                    _ => None,
                },
                Item::Literal { start, len } => {
                    self.pay(len / 16)?;
                    let literal = pattern.literals.get(start..start + len);
                    (subject.get(at..at.saturating_add(len)) == literal).then_some(at + len)
                }
                Item::Longest { test, min, next } => {
                    let count = self.count(subject, test, at);
                    self.pay(count)?;
                    let low = at + usize::from(min);
                    let end = at + count;
                    if low < end {
                        self.choices.push(Choice::Longest {
                            item: index,
                            low,
                            high: end,
                            next,
                        });
                        None // the first attempt is a retry like the others
                    } else {
                        (low == end).then_some(end)
                    }
                }
                Item::Optional(test) => match subject.get(at) {
                    Some(&byte) if self.passes(test, byte) => {
                        let (low, high) = (at, at);
                        self.choices.push(Choice::Longest {
                            item: index,
                            low,
                            high,
                            next: None,
                        });
                        Some(at + 1)
                    }
                    _ => Some(at),
                },
                Item::Shortest { test, next } => {
                    self.choices.push(Choice::Shortest {
                        item: index,
                        at,
                        test,
                        next,
                    });
                    Some(at)
                }
                Item::OpenCapture(capture) | Item::PositionCapture(capture) => {
                    if let Some(slot) = self.captures.get_mut(usize::from(capture)) {
                        slot.0 = at;
                    }
                    Some(at)
                }
                Item::CloseCapture(capture) => {
                    if let Some(slot) = self.captures.get_mut(usize::from(capture)) {
                        slot.1 = at;
                    }
                    Some(at)
                }
                Item::BackReference(capture) => {
                    let captured = self
                        .captures
                        .get(usize::from(capture))
                        .and_then(|&(start, end)| subject.get(start..end));
                    match (captured, subject.get(at..)) {
                        (Some(captured), Some(tail)) if tail.starts_with(captured) => {
                            self.pay(captured.len() / 16)?;
                            Some(at + captured.len())
                        }
                        _ => None,
                    }
                }
                Item::Never => None,
                Item::Balance { open, close } => self.balance(subject, at, open, close)?,
                Item::Frontier(set) => {
                    // Outside the subject C sees zero bytes.
                    let before = at.checked_sub(1).and_then(|before| subject.get(before));
                    let before = before.copied().unwrap_or(0);
                    let after = subject.get(at).copied().unwrap_or(0);
                    let test = Test::Set(set);
                    (!self.passes(test, before) && self.passes(test, after)).then_some(at)
                }
                Item::AtEnd => (at == subject.len()).then_some(at),
                Item::Error(error) => return Err(error),
            };
            if let Some(next) = next {
                at = next;
                index += 1;
            } else {
                let Some((item, position)) = self.retry(subject)? else {
                    return Ok(None);
                };
                index = item + 1;
                at = position;
            }
        }
    }

    /// Takes the latest choice that is left: the repetition and the position where
    /// what follows it is to be tried.
    fn retry(&mut self, subject: &[u8]) -> Result<Option<(usize, usize)>, PatternError> {
        while let Some(&choice) = self.choices.last() {
            match choice {
                Choice::Longest {
                    item,
                    low,
                    high,
                    next,
                } => {
                    let position = match next {
                        None => Some(high),
                        Some(wanted) => {
                            let end = subject.len().min(high + 1);
                            let range = subject.get(low..end).unwrap_or_default();
                            range
                                .iter()
                                .rposition(|&byte| byte == wanted)
                                .map(|at| low + at)
                        }
                    };
                    match position {
                        Some(position) if position > low => {
                            let high = position - 1;
                            if let Some(last) = self.choices.last_mut() {
                                *last = Choice::Longest {
                                    item,
                                    low,
                                    high,
                                    next,
                                };
                            }
                        }
                        _ => {
                            self.choices.pop();
                        }
                    }
                    self.pay(high - position.unwrap_or(low))?;
                    if let Some(position) = position {
                        return Ok(Some((item, position)));
                    }
                }
                Choice::Shortest {
                    item,
                    at,
                    test,
                    next,
                } => {
                    let found = self.stretch(subject, at, test, next);
                    self.pay(found.unwrap_or(subject.len()) - at)?;
                    let Some(position) = found else {
                        self.choices.pop();
                        continue;
                    };
                    if let Some(last) = self.choices.last_mut() {
                        *last = Choice::Shortest {
                            item,
                            at: position,
                            test,
                            next,
                        };
                    }
                    return Ok(Some((item, position)));
                }
            }
        }
        Ok(None)
    }

    /// Takes at least one more byte from `at` on, then as few as bring `next`, if
    /// it is known, under the position returned.
    fn stretch(&self, subject: &[u8], at: usize, test: Test, next: Option<u8>) -> Option<usize> {
        let tail = subject.get(at..)?;
        let Some(wanted) = next else {
            return self.passes(test, *tail.first()?).then_some(at + 1);
        };
        if test == Test::Any {
            return find_byte(tail.get(1..)?, wanted).map(|skip| at + 1 + skip);
        }
        // A repetition that takes the byte before every candidate.
        for (skip, pair) in tail.windows(2).enumerate() {
            let [taken, following] = *pair else {
                return None;
            };
            if !self.passes(test, taken) {
                return None;
            }
            if following == wanted {
                return Some(at + skip + 1);
            }
        }
        None
    }

    /// `%b`: from an `open` at `at` to the `close` that balances it. A byte that is
    /// both counts as `close`.
    fn balance(
        &mut self,
        subject: &[u8],
        at: usize,
        open: u8,
        close: u8,
    ) -> Result<Option<usize>, PatternError> {
        let tail = subject.get(at..).unwrap_or_default();
        if tail.first() != Some(&open) {
            return Ok(None);
        }
        let mut depth = 1_usize;
        for (skip, &byte) in tail.iter().enumerate().skip(1) {
            if byte == close {
                depth -= 1;
                if depth == 0 {
                    self.pay(skip)?;
                    return Ok(Some(at + skip + 1));
                }
            } else if byte == open {
                depth += 1;
            }
        }
        self.pay(tail.len())?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdlib::pattern::Anchor;

    fn find(subject: &[u8], text: &[u8]) -> Result<Option<Range<usize>>, PatternError> {
        let pattern = Pattern::new(text, Anchor::Honoured);
        Matcher::new(&pattern).find(subject, 0)
    }

    #[test]
    fn repetitions() {
        assert_eq!(find(b"aaab", b"a*ab"), Ok(Some(0..4)));
        assert_eq!(find(b"aaab", b"a-b"), Ok(Some(0..4)));
        assert_eq!(find(b"key = value", b"(%w+)%s*=%s*(%w+)"), Ok(Some(0..11)));
        assert_eq!(find(b"xyz", b"y?z"), Ok(Some(1..3)));
        assert_eq!(find(b"abc", b".-$"), Ok(Some(0..3)));
        assert_eq!(find(b"", b"a*"), Ok(Some(0..0)));
        assert_eq!(find(b"a,b", b"[^,]*,"), Ok(Some(0..2)));
        assert_eq!(find(b"aXb", b"%l-b"), Ok(Some(2..3)));
    }

    #[test]
    fn errors_are_raised_only_when_reached() {
        assert_eq!(find(b"abc", b"x("), Ok(None));
        assert_eq!(find(b"abc", b"x%"), Ok(None));
        assert_eq!(find(b"abc", b"a%"), Err(PatternError::EndsWithPercent));
        assert_eq!(find(b"abc", b"[a"), Err(PatternError::MissingBracket));
        assert_eq!(find(b"abc", b"^b%1"), Ok(None));
    }

    #[test]
    fn captures() {
        let pattern = Pattern::new(b"()(a(b*))(", Anchor::Honoured);
        let mut matcher = Matcher::new(&pattern);
        let subject = b"xabb";
        assert_eq!(matcher.find(subject, 0), Ok(Some(1..4)));
        assert_eq!(matcher.capture(0), Ok(Capture::Position(1)));
        assert_eq!(matcher.captured_bytes(subject, 1), Ok(Some(&b"abb"[..])));
        assert_eq!(matcher.captured_bytes(subject, 2), Ok(Some(&b"bb"[..])));
        assert_eq!(matcher.capture(3), Err(PatternError::UnfinishedCapture));
        assert_eq!(matcher.capture(4), Err(PatternError::InvalidCaptureIndex));
        assert_eq!(find(b"abab", b"(ab)%1"), Ok(Some(0..4)));
        // A back reference to a position is valid and never matches.
        assert_eq!(find(b"abab", b"()%1"), Ok(None));
    }

    #[test]
    fn balance_and_frontier() {
        assert_eq!(find(b"f(a(b)c)d", b"%b()"), Ok(Some(1..8)));
        assert_eq!(find(b"((", b"%b()"), Ok(None));
        assert_eq!(find(b"'a'", b"%b''"), Ok(Some(0..3)));
        assert_eq!(find(b"THE (quick) fox", b"%f[%a]%a+%f[%A]"), Ok(Some(0..3)));
        assert_eq!(find(b"ab", b"%f[%z]"), Ok(Some(2..2)));
    }

    #[test]
    fn long_patterns_and_subjects_need_no_stack() {
        let subject = b"a".repeat(100_000);
        let pattern = b"a?".repeat(100_000);
        assert_eq!(find(&subject, &pattern), Ok(Some(0..100_000)));
        assert_eq!(find(&subject[..500], b"(.-)%1b"), Ok(None));
    }

    #[test]
    fn the_budget_interrupts() {
        let subject = b"a".repeat(200);
        let pattern = Pattern::new(b"a-a-a-a-a-a-a-a-b", Anchor::Honoured);
        let mut slices = 0;
        let mut refill = || {
            slices += 1;
            (slices < 5).then_some(1000)
        };
        let mut matcher = Matcher::metered(&pattern, 1000, &mut refill);
        assert_eq!(matcher.find(&subject, 0), Err(PatternError::Interrupted));
        drop(matcher);
        assert_eq!(slices, 5);
    }
}
