//! Runs a compiled pattern against a subject, with an explicit stack of choices
//! and a budget of steps. Mirrors `match`, `max_expand`, `min_expand` and
//! `matchbalance` of `lstrlib.c`.

use std::fmt;
use std::ops::Range;

use super::ahead::Ahead;
use super::compile::{CaptureKind, Choice, First, Item, Pattern, Room, Test};
use super::{PatternError, find_byte};

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
/// Every step costs one unit of a budget, which [`Matcher::set_budget`] sets. The
/// function given to [`Matcher::watched`] is asked from time to time whether to stop.
pub struct Matcher<'a> {
    pattern: &'a Pattern,
    captures: Vec<(usize, usize)>,
    /// The last successful match.
    whole: Range<usize>,
    choices: Vec<Choice>,
    /// Steps until it is time to look around.
    slice: u64,
    /// Steps that may be taken after those.
    rest: u64,
    stop: Option<&'a dyn Fn() -> bool>,
}

/// Steps between two looks around: well under a millisecond.
const SLICE: u64 = 1 << 14;
/// Bytes that are looked at in one stretch before they are paid for.
const STRETCH: usize = 1 << 16;
/// Bytes for one step where there is nothing to do but to pass them.
const BYTES_PER_STEP: usize = 16;

impl fmt::Debug for Matcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher")
            .field("pattern", &self.pattern)
            .field("budget", &self.budget())
            .finish_non_exhaustive()
    }
}

impl Drop for Matcher<'_> {
    #[inline]
    fn drop(&mut self) {
        // The next matcher of this pattern need not allocate.
        if self.captures.capacity() != 0 || self.choices.capacity() != 0 {
            self.pattern.scratch.0.put(Room {
                captures: std::mem::take(&mut self.captures),
                choices: std::mem::take(&mut self.choices),
            });
        }
    }
}

impl<'a> Matcher<'a> {
    /// A matcher without a bound on its steps.
    #[inline]
    #[must_use]
    pub fn new(pattern: &'a Pattern) -> Self {
        let mut matcher = Self {
            pattern,
            captures: Vec::new(),
            whole: 0..0,
            choices: Vec::new(),
            slice: SLICE,
            rest: u64::MAX - SLICE,
            stop: None,
        };
        // Most often what has no captures needs no room either.
        if pattern.straight.is_empty() || pattern.capture_count() > 0 {
            matcher.take_room();
        }
        matcher
    }

    #[inline(never)]
    fn take_room(&mut self) {
        let room = self.pattern.scratch.0.take().unwrap_or_default();
        self.captures = room.captures;
        self.captures.resize(self.pattern.capture_count(), (0, 0));
        self.choices = room.choices;
    }

    /// A matcher that asks `stop` now and then, at least every millisecond, and ends
    /// with [`PatternError::Interrupted`] when it says so.
    #[inline]
    #[must_use]
    pub fn watched(pattern: &'a Pattern, stop: &'a dyn Fn() -> bool) -> Self {
        let mut matcher = Self::new(pattern);
        matcher.stop = Some(stop);
        matcher
    }

    /// Sets the number of steps that may still be taken; the next one ends with
    /// [`PatternError::OutOfSteps`]. A step is an item of the pattern, a byte taken by a
    /// repetition, or 16 bytes where no match can begin.
    #[inline]
    pub const fn set_budget(&mut self, steps: u64) {
        self.slice = if steps < SLICE { steps } else { SLICE };
        self.rest = steps - self.slice;
    }

    /// Finds the first match that starts at `from` or later (only at `from` when
    /// the pattern is anchored). `None` when there is none, or `from` lies beyond
    /// the end of the subject.
    ///
    /// # Errors
    /// What is wrong with the pattern, if matching reaches it.
    #[inline]
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
            let Some(candidate) = self.next_start(subject, start)? else {
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
    #[inline]
    pub fn match_at(
        &mut self,
        subject: &[u8],
        start: usize,
    ) -> Result<Option<usize>, PatternError> {
        if start > subject.len() {
            return Ok(None);
        }
        // The matcher has the faults.
        if !self.pattern.straight.is_empty() && !cfg!(feature = "faults") {
            let pattern = self.pattern;
            match pattern.match_ahead(subject, start, &mut self.captures) {
                Ahead::Match(end, steps) if steps <= self.slice => {
                    self.slice -= steps;
                    self.whole = start..end;
                    return Ok(Some(end));
                }
                Ahead::Fails(steps) if steps <= self.slice => {
                    self.slice -= steps;
                    return Ok(None);
                }
                // Once more, with looks around in between.
                Ahead::Match(..) | Ahead::Fails(_) | Ahead::Long => {}
            }
            if self.choices.capacity() == 0 && self.captures.is_empty() {
                self.take_room();
            }
        }
        self.match_with_choices(subject, start)
    }

    #[inline(never)]
    fn match_with_choices(
        &mut self,
        subject: &[u8],
        start: usize,
    ) -> Result<Option<usize>, PatternError> {
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
        self.slice.saturating_add(self.rest)
    }

    /// The first position from `start` on where a match can begin.
    #[inline(always)]
    fn next_start(&mut self, subject: &[u8], start: usize) -> Result<Option<usize>, PatternError> {
        let Some(&byte) = subject.get(start) else {
            // Only what can match nothing begins at the end.
            let anything = self.pattern.first == First::Anything && start == subject.len();
            return Ok(anything.then_some(start));
        };
        let at_once = match &self.pattern.first {
            First::Anything => true,
            First::Byte(first) => byte == *first,
            First::Set(set) => set.contains(byte),
        };
        if at_once {
            return Ok(Some(start));
        }
        self.seek_start(subject, start)
    }

    #[inline(never)]
    fn seek_start(
        &mut self,
        subject: &[u8],
        mut start: usize,
    ) -> Result<Option<usize>, PatternError> {
        let pattern = self.pattern;
        loop {
            let Some(tail) = subject.get(start..) else {
                return Ok(None);
            };
            let stretch = tail.get(..STRETCH).unwrap_or(tail);
            let found = match &pattern.first {
                First::Anything => return Ok(Some(start)),
                First::Byte(byte) => find_byte(stretch, *byte),
                First::Set(set) => stretch.iter().position(|&byte| set.contains(byte)),
            };
            let passed = found.unwrap_or(stretch.len());
            if passed >= BYTES_PER_STEP {
                self.pay(passed / BYTES_PER_STEP)?;
            }
            start += passed;
            if found.is_some() {
                return Ok(Some(start));
            }
            if stretch.len() == tail.len() {
                return Ok(None);
            }
        }
    }

    /// Pays for `steps` steps.
    #[inline]
    fn pay(&mut self, steps: usize) -> Result<(), PatternError> {
        let steps = steps as u64;
        if self.slice >= steps {
            self.slice -= steps;
            return Ok(());
        }
        self.renew(steps)
    }

    #[cold]
    #[inline(never)]
    fn renew(&mut self, steps: u64) -> Result<(), PatternError> {
        let owed = steps - self.slice;
        self.slice = 0;
        if self.rest < owed {
            self.rest = 0;
            return Err(PatternError::OutOfSteps);
        }
        self.rest -= owed;
        self.slice = self.rest.min(SLICE);
        self.rest -= self.slice;
        if self.stop.is_some_and(|stop| stop()) {
            return Err(PatternError::Interrupted);
        }
        Ok(())
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

    /// How many bytes from `at` on pass the test, which is paid for.
    #[inline]
    fn count(&mut self, subject: &[u8], test: Test, at: usize) -> Result<usize, PatternError> {
        let pattern = self.pattern;
        let tail = subject.get(at..).unwrap_or_default();
        let mut count = 0;
        loop {
            let rest = tail.get(count..).unwrap_or_default();
            let stretch = rest.get(..STRETCH).unwrap_or(rest);
            let end = match test {
                Test::Any => None,
                Test::Byte(wanted) => stretch.iter().position(|&byte| byte != wanted),
                Test::Set(set) => match pattern.sets.get(set as usize) {
                    Some(set) => stretch.iter().position(|&byte| !set.contains(byte)),
                    None => Some(0),
                },
            };
            let passed = end.unwrap_or(stretch.len());
            self.pay(passed)?;
            count += passed;
            if end.is_some() || stretch.len() == rest.len() {
                return Ok(count);
            }
        }
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
                    let count = self.count(subject, test, at)?;
                    let low = at + usize::from(min);
                    let end = at + count;
                    if low < end {
                        self.choices.push(Choice::Longest {
                            item: index,
                            low,
                            high: end - usize::from(fault!(GreedyOneShort)),
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
                    let end = if fault!(FrontierAtEnd) { b'a' } else { 0 };
                    let after = subject.get(at).copied().unwrap_or(end);
                    let test = Test::Set(set);
                    (!self.passes(test, before) && self.passes(test, after)).then_some(at)
                }
                Item::AtEnd => (at == subject.len() || fault!(EndAnchor)).then_some(at),
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
                            // In long ranges one stretch after the other is searched.
                            let start = low.max(end.saturating_sub(STRETCH));
                            let range = subject.get(start..end).unwrap_or_default();
                            let found = range.iter().rposition(|&byte| byte == wanted);
                            if found.is_none() && start > low {
                                self.pay(end - start)?;
                                if let Some(last) = self.choices.last_mut() {
                                    let high = start - 1;
                                    *last = Choice::Longest {
                                        item,
                                        low,
                                        high,
                                        next,
                                    };
                                }
                                continue;
                            }
                            found.map(|at| start + at)
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
                    let found = self.stretch(subject, at, test, next)?;
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
    /// it is known, under the position returned. Each byte taken is paid for.
    fn stretch(
        &mut self,
        subject: &[u8],
        at: usize,
        test: Test,
        next: Option<u8>,
    ) -> Result<Option<usize>, PatternError> {
        let tail = subject.get(at..).unwrap_or_default();
        let Some(wanted) = next else {
            self.pay(1)?;
            let passes = tail.first().is_some_and(|&byte| self.passes(test, byte));
            return Ok(passes.then_some(at + 1));
        };
        let mut taken = 0;
        loop {
            let rest = tail.get(taken..).unwrap_or_default();
            let part = rest.get(..=STRETCH).unwrap_or(rest);
            let found = self.stretch_within(part, test, wanted);
            let passed = match found {
                Taken::Up(count) => count,
                _ => part.len().saturating_sub(1).max(1),
            };
            self.pay(passed)?;
            taken += passed;
            match found {
                Taken::Up(_) => return Ok(Some(at + taken)),
                Taken::All if part.len() < rest.len() => {}
                _ => return Ok(None),
            }
        }
    }

    /// The same within a part of the subject.
    #[inline]
    fn stretch_within(&self, part: &[u8], test: Test, wanted: u8) -> Taken {
        if test == Test::Any {
            let found = find_byte(part.get(1..).unwrap_or_default(), wanted);
            return found.map_or(Taken::All, |skip| Taken::Up(skip + 1));
        }
        // A repetition that takes the byte before every candidate.
        for (skip, pair) in part.windows(2).enumerate() {
            let [taken, following] = *pair else {
                return Taken::Refused;
            };
            if !self.passes(test, taken) {
                return Taken::Refused;
            }
            if following == wanted {
                return Taken::Up(skip + 1);
            }
        }
        Taken::All
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
            if skip % STRETCH == 0 {
                self.pay(STRETCH)?;
            }
            if byte == close {
                depth -= 1;
                if depth == 0 {
                    self.pay(skip % STRETCH)?;
                    return Ok(Some(at + skip + 1));
                }
            } else if byte == open && !fault!(BalanceNesting) {
                depth += 1;
            }
        }
        self.pay(tail.len() % STRETCH)?;
        Ok(None)
    }
}

/// What came of taking bytes up to a wanted one.
#[derive(Clone, Copy)]
enum Taken {
    /// It comes after so many bytes.
    Up(usize),
    /// All bytes could be taken.
    All,
    /// One could not.
    Refused,
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
    fn it_stops_when_it_is_told() {
        let subject = b"a".repeat(200);
        let pattern = Pattern::new(b"a-a-a-a-a-a-a-a-b", Anchor::Honoured);
        let asked = std::cell::Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) == 4;
        let mut matcher = Matcher::watched(&pattern, &stop);
        assert_eq!(matcher.find(&subject, 0), Err(PatternError::Interrupted));
        drop(matcher);
        assert_eq!(asked.get(), 5);
    }

    #[test]
    fn the_budget_is_exact() {
        let subject = [b"x".repeat(2000), b"aab(c(d)e)f".to_vec()].concat();
        for text in [
            &b"a+b%b()f$"[..],
            b".-f",
            b"x*a",
            b"(x-)a",
            b".*y",
            b"[^q]*q",
            b"%b((",
        ] {
            let pattern = Pattern::new(text, Anchor::Honoured);
            let mut matcher = Matcher::new(&pattern);
            matcher.set_budget(u64::MAX / 2);
            let found = matcher.find(&subject, 0);
            let steps = u64::MAX / 2 - matcher.budget();
            matcher.set_budget(steps);
            assert_eq!(matcher.find(&subject, 0), found);
            assert_eq!(matcher.budget(), 0);
            matcher.set_budget(steps - 1);
            assert_eq!(matcher.find(&subject, 0), Err(PatternError::OutOfSteps));
            assert_eq!(matcher.budget(), 0);
        }
    }

    /// A subject longer than a stretch gives what a shorter one gives.
    #[test]
    fn long_ranges_are_searched_in_stretches() {
        let subject = [b"<".to_vec(), b"a".repeat(3 * STRETCH + 7), b">b".to_vec()].concat();
        let end = subject.len();
        for text in [
            &b"<a*>b"[..],
            b"<.->b",
            b"<[a-z]->b",
            b"<.*>b",
            b"^<%l*>b",
            b"%b<>b",
        ] {
            assert_eq!(find(&subject, text), Ok(Some(0..end)), "{text:?}");
        }
        assert_eq!(find(&subject, b"<[a-z]-<"), Ok(None));
        assert_eq!(find(&subject, b"<(a*)a>b$"), Ok(Some(0..end)));
        assert_eq!(find(&subject, b"<.*<"), Ok(None));
        assert_eq!(find(&subject, b"b$"), Ok(Some(end - 1..end)));
        assert_eq!(find(&subject, b"[b]"), Ok(Some(end - 1..end)));
    }
}
