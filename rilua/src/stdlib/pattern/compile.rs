//! From the text of a pattern to a list of items. Mirrors how `match`, `classend`
//! and `matchbracketclass` of `lstrlib.c` read a pattern while they match.

use crate::heap::sharing::{Place, Shared as Rc};
use std::fmt;

use super::ahead::Cost;
use super::class::ByteSet;
use super::{PatternError, visible};
use crate::limits::MAX_CAPTURES;

/// A test of one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Any,
    Byte(u8),
    /// Index into [`Pattern::sets`].
    Set(u32),
}

/// One step of matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// One byte that passes the test.
    One(Test),
    /// Two or more literal bytes: a range of [`Pattern::literals`].
    Literal {
        start: usize,
        len: usize,
    },
    /// `?`
    Optional(Test),
    /// `*` (minimum 0) and `+` (minimum 1).
    Longest {
        test: Test,
        min: u8,
        next: Option<u8>,
    },
    /// `-`
    Shortest {
        test: Test,
        next: Option<u8>,
    },
    OpenCapture(u8),
    PositionCapture(u8),
    CloseCapture(u8),
    /// `%1` … to a closed capture of bytes.
    BackReference(u8),
    /// Matches nothing: `%1` … to a position capture, whose length C takes for a
    /// number larger than any subject.
    Never,
    /// `%bxy`
    Balance {
        open: u8,
        close: u8,
    },
    /// `%f[set]`: index of the set.
    Frontier(u32),
    /// `$` at the end.
    AtEnd,
    /// Reading the pattern any further fails.
    Error(PatternError),
}

/// How a capture stands when the whole pattern has matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaptureKind {
    Unfinished,
    Bytes,
    Position,
}

/// What `^` at the start of a pattern means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The match must begin where the search begins (`find`, `match`, `gsub`).
    Honoured,
    /// It is an ordinary character (`gmatch`).
    Literal,
}

/// A compiled pattern. Compiling never fails: what is malformed is reported by
/// the match that reaches it.
///
/// ```
/// use rilua::stdlib::pattern::{Anchor, Matcher, Pattern};
///
/// let pattern = Pattern::new(b"(%a+)%s*=", Anchor::Honoured);
/// let mut matcher = Matcher::new(&pattern);
/// let subject = b"  key =1";
/// assert_eq!(matcher.find(subject, 0), Ok(Some(2..7)));
/// assert_eq!(matcher.captured_bytes(subject, 0), Ok(Some(&b"key"[..])));
/// ```
#[derive(Debug)]
pub struct Pattern {
    pub(super) items: Vec<Item>,
    pub(super) literals: Vec<u8>,
    pub(super) sets: Vec<ByteSet>,
    pub(super) captures: Vec<CaptureKind>,
    pub(super) anchored: bool,
    /// What a match must begin with, when that is known.
    pub(super) first: First,
    /// For each item what it costs to find out that nothing is won by giving back what it
    /// took; empty if that is not known of all, see `ahead.rs`.
    pub(super) straight: Vec<Cost>,
    pub(super) scratch: Scratch,
}

/// What the last matcher worked with, kept for its memory.
#[derive(Default)]
pub(super) struct Scratch(pub(super) Place<Room>);

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

/// The memory of a matcher.
#[derive(Default)]
pub(super) struct Room {
    /// Start and end of each capture, in bytes from the start of the subject.
    pub(super) captures: Vec<(usize, usize)>,
    pub(super) choices: Vec<Choice>,
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scratch")
    }
}

/// A condition on the first byte of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    Anything,
    Byte(u8),
    Set(ByteSet),
}

impl Pattern {
    /// Compiles `text`, of which only the part before a zero byte counts.
    #[must_use]
    pub fn new(text: &[u8], anchor: Anchor) -> Self {
        let mut pattern = Self {
            items: Vec::new(),
            literals: Vec::new(),
            sets: Vec::new(),
            captures: Vec::new(),
            anchored: false,
            first: First::Anything,
            straight: Vec::new(),
            scratch: Scratch::default(),
        };
        let mut text = visible(text);
        if anchor == Anchor::Honoured
            && let Some(rest) = text.strip_prefix(b"^")
        {
            pattern.anchored = true;
            text = rest;
        }
        let mut rest = text;
        while !rest.is_empty() {
            match pattern.item(rest) {
                Ok(after) => rest = after,
                Err(error) => {
                    pattern.items.push(Item::Error(error));
                    break;
                }
            }
        }
        pattern.look_ahead();
        pattern.straight = pattern.costs().unwrap_or_default();
        pattern
    }

    /// Whether the pattern began with an anchor that was honoured.
    #[must_use]
    pub const fn is_anchored(&self) -> bool {
        self.anchored
    }

    /// The number of captures a successful match has.
    #[must_use]
    pub const fn capture_count(&self) -> usize {
        self.captures.len()
    }

    /// Appends the first item of `text` (not empty) and returns what follows it.
    fn item<'t>(&mut self, text: &'t [u8]) -> Result<&'t [u8], PatternError> {
        match text {
            [b'(', b')', rest @ ..] => {
                let index = self.open(CaptureKind::Position)?;
                self.items.push(Item::PositionCapture(index));
                Ok(rest)
            }
            [b'(', rest @ ..] => {
                let index = self.open(CaptureKind::Unfinished)?;
                self.items.push(Item::OpenCapture(index));
                Ok(rest)
            }
            [b')', rest @ ..] => {
                let index = self.close()?;
                self.items.push(Item::CloseCapture(index));
                Ok(rest)
            }
            [b'%', b'b', open, close, rest @ ..] => {
                self.items.push(Item::Balance {
                    open: *open,
                    close: *close,
                });
                Ok(rest)
            }
            [b'%', b'b', ..] => Err(PatternError::Unbalanced),
            [b'%', b'f', rest @ ..] => {
                if rest.first() != Some(&b'[') {
                    return Err(PatternError::MissingFrontierSet);
                }
                let (set, rest) = bracket(rest)?;
                let set = self.set(set)?;
                self.items.push(Item::Frontier(set));
                Ok(rest)
            }
            [b'%', digit @ b'0'..=b'9', rest @ ..] => {
                let item = self.back_reference(*digit)?;
                self.items.push(item);
                Ok(rest)
            }
            [b'$'] => {
                self.items.push(Item::AtEnd);
                Ok(&[])
            }
            _ => self.single(text),
        }
    }

    /// A single-character class with the quantifier that may follow it.
    fn single<'t>(&mut self, text: &'t [u8]) -> Result<&'t [u8], PatternError> {
        let (test, rest) = self.test(text)?;
        let (item, rest) = match rest {
            [b'?', rest @ ..] => (Item::Optional(test), rest),
            [b'*', rest @ ..] => (
                Item::Longest {
                    test,
                    min: 0,
                    next: None,
                },
                rest,
            ),
            [b'+', rest @ ..] => (
                Item::Longest {
                    test,
                    min: 1,
                    next: None,
                },
                rest,
            ),
            [b'-', rest @ ..] => (Item::Shortest { test, next: None }, rest),
            _ => (Item::One(test), rest),
        };
        if let Item::One(Test::Byte(byte)) = item {
            self.literal(byte);
        } else {
            self.items.push(item);
        }
        Ok(rest)
    }

    /// Appends one literal byte, to the run before it if there is one.
    fn literal(&mut self, byte: u8) {
        match self.items.last_mut() {
            Some(Item::Literal { len, .. }) => {
                self.literals.push(byte);
                *len += 1;
            }
            Some(last @ Item::One(Test::Byte(_))) => {
                if let Item::One(Test::Byte(before)) = *last {
                    *last = Item::Literal {
                        start: self.literals.len(),
                        len: 2,
                    };
                    self.literals.extend([before, byte]);
                }
            }
            _ => self.items.push(Item::One(Test::Byte(byte))),
        }
    }

    /// The test at the start of `text` (not empty).
    fn test<'t>(&mut self, text: &'t [u8]) -> Result<(Test, &'t [u8]), PatternError> {
        match text {
            [b'.', rest @ ..] => Ok((Test::Any, rest)),
            [b'%', letter, rest @ ..] => Ok((self.set_test(ByteSet::of_escape(*letter))?, rest)),
            [b'%'] => Err(PatternError::EndsWithPercent),
            [b'[', ..] => {
                let (set, rest) = bracket(text)?;
                Ok((self.set_test(set)?, rest))
            }
            [byte, rest @ ..] => Ok((Test::Byte(*byte), rest)),
            [] => Ok((Test::Any, text)),
        }
    }

    fn set_test(&mut self, set: ByteSet) -> Result<Test, PatternError> {
        match set.single() {
            Some(byte) => Ok(Test::Byte(byte)),
            None => Ok(Test::Set(self.set(set)?)),
        }
    }

    /// The index of a set, which is shared with a recent equal one.
    fn set(&mut self, set: ByteSet) -> Result<u32, PatternError> {
        let known = self
            .sets
            .iter()
            .rev()
            .take(8)
            .position(|other| *other == set);
        let index = match known {
            Some(back) => self.sets.len() - 1 - back,
            None => {
                self.sets.push(set);
                self.sets.len() - 1
            }
        };
        // Only a pattern of more than 8 GiB has so many sets.
        u32::try_from(index).map_err(|_| PatternError::MissingBracket)
    }

    fn open(&mut self, kind: CaptureKind) -> Result<u8, PatternError> {
        let index = self.captures.len();
        if index >= MAX_CAPTURES {
            return Err(PatternError::TooManyCaptures);
        }
        self.captures.push(kind);
        u8::try_from(index).map_err(|_| PatternError::TooManyCaptures)
    }

    /// Closes the capture opened last among those still open.
    fn close(&mut self) -> Result<u8, PatternError> {
        let open = self
            .captures
            .iter()
            .rposition(|kind| *kind == CaptureKind::Unfinished);
        let index = open.ok_or(PatternError::InvalidPatternCapture)?;
        if let Some(kind) = self.captures.get_mut(index) {
            *kind = CaptureKind::Bytes;
        }
        u8::try_from(index).map_err(|_| PatternError::InvalidPatternCapture)
    }

    fn back_reference(&self, digit: u8) -> Result<Item, PatternError> {
        let index = digit
            .checked_sub(b'1')
            .ok_or(PatternError::InvalidCaptureIndex)?;
        match self.captures.get(usize::from(index)) {
            Some(CaptureKind::Bytes) => Ok(Item::BackReference(index)),
            Some(CaptureKind::Position) => Ok(Item::Never),
            Some(CaptureKind::Unfinished) | None => Err(PatternError::InvalidCaptureIndex),
        }
    }

    /// Tells every repetition which byte has to follow it, and the pattern what a
    /// match begins with. Captures consume nothing and cannot fail: they are
    /// looked through.
    fn look_ahead(&mut self) {
        let mut required = None;
        for item in self.items.iter_mut().rev() {
            match item {
                Item::OpenCapture(_) | Item::PositionCapture(_) | Item::CloseCapture(_) => {}
                Item::One(Test::Byte(byte)) => required = Some(*byte),
                Item::Literal { start, .. } => required = self.literals.get(*start).copied(),
                Item::Longest { next, .. } | Item::Shortest { next, .. } => {
                    *next = required;
                    required = None;
                }
                _ => required = None,
            }
        }
        let first = self.items.iter().find(|item| {
            !matches!(
                item,
                Item::OpenCapture(_) | Item::PositionCapture(_) | Item::CloseCapture(_)
            )
        });
        self.first = match first {
            Some(Item::One(test) | Item::Longest { test, min: 1, .. }) => match *test {
                Test::Any => First::Anything,
                Test::Byte(byte) => First::Byte(byte),
                Test::Set(set) => self.set_at(set).map_or(First::Anything, First::Set),
            },
            Some(Item::Literal { start, .. }) => self
                .literals
                .get(*start)
                .map_or(First::Anything, |byte| First::Byte(*byte)),
            Some(Item::Balance { open, .. }) => First::Byte(*open),
            _ => First::Anything,
        };
    }

    fn set_at(&self, index: u32) -> Option<ByteSet> {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.sets.get(index))
            .copied()
    }
}

/// Reads a set from its `[`; returns what follows its `]`.
///
/// The end is found first, as C does, and only then is the inside interpreted: a
/// `]` directly after `[` or `[^` belongs to the set, and so does one after `%`.
fn bracket(text: &[u8]) -> Result<(ByteSet, &[u8]), PatternError> {
    let inside = text.get(1..).unwrap_or_default();
    let (negated, inside) = match inside {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, inside),
    };
    let mut end = 0;
    loop {
        match inside.get(end) {
            None => return Err(PatternError::MissingBracket),
            Some(b'%') if end + 1 < inside.len() => end += 2,
            Some(_) => end += 1,
        }
        if inside.get(end) == Some(&b']') {
            break;
        }
    }
    let (mut members, rest) = inside.split_at_checked(end).unwrap_or((inside, &[]));
    let mut set = ByteSet::EMPTY;
    loop {
        members = match members {
            [] => break,
            [b'%', letter, rest @ ..] => {
                set.insert_all(&ByteSet::of_escape(*letter));
                rest
            }
            [first, b'-', last, rest @ ..] => {
                set.insert_range(*first, *last - u8::from(fault!(RangeEnd) && first < last));
                rest
            }
            [byte, rest @ ..] => {
                set.insert(*byte);
                rest
            }
        };
    }
    let set = if negated { set.complement() } else { set };
    Ok((set, rest.get(1..).unwrap_or_default()))
}

/// Remembers the patterns compiled last, because programs match with the same few
/// literal patterns over and over.
#[derive(Debug, Default)]
pub struct PatternCache {
    slots: [Option<CachedPattern>; Self::SLOTS],
}

#[derive(Debug)]
struct CachedPattern {
    hash: u32,
    anchor: Anchor,
    text: Box<[u8]>,
    pattern: Rc<Pattern>,
}

impl PatternCache {
    const SLOTS: usize = 32;
    /// Longer patterns are compiled anew: comparing and keeping them costs more.
    const MAX_LENGTH: usize = 64;

    /// The compiled form of `text`. `hash` is any number that depends on the text alone.
    #[inline]
    pub fn get(&mut self, text: &[u8], hash: u32, anchor: Anchor) -> Rc<Pattern> {
        if let Some(Some(cached)) = self.slots.get(Self::slot(hash))
            && cached.hash == hash
            && cached.anchor == anchor
            && *cached.text == *text
        {
            return Rc::clone(&cached.pattern);
        }
        self.compile(text, hash, anchor)
    }

    fn slot(hash: u32) -> usize {
        hash as usize % Self::SLOTS
    }

    #[cold]
    #[inline(never)]
    fn compile(&mut self, text: &[u8], hash: u32, anchor: Anchor) -> Rc<Pattern> {
        let pattern = Rc::new(Pattern::new(text, anchor));
        if text.len() <= Self::MAX_LENGTH
            && let Some(slot) = self.slots.get_mut(Self::slot(hash))
        {
            *slot = Some(CachedPattern {
                hash,
                anchor,
                text: text.into(),
                pattern: Rc::clone(&pattern),
            });
        }
        pattern
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &[u8]) -> Vec<Item> {
        Pattern::new(text, Anchor::Honoured).items
    }

    #[test]
    fn quantifiers_bind_to_the_last_byte_of_a_run() {
        assert_eq!(
            items(b"abc*"),
            [
                Item::Literal { start: 0, len: 2 },
                Item::Longest {
                    test: Test::Byte(b'c'),
                    min: 0,
                    next: None
                }
            ]
        );
        // A quantifier where an item is expected is that character.
        assert_eq!(
            items(b"**"),
            [Item::Longest {
                test: Test::Byte(b'*'),
                min: 0,
                next: None
            }]
        );
        assert_eq!(
            items(b"%b()*"),
            [
                Item::Balance {
                    open: b'(',
                    close: b')'
                },
                Item::One(Test::Byte(b'*'))
            ]
        );
        assert_eq!(items(b"$$"), [Item::One(Test::Byte(b'$')), Item::AtEnd]);
    }

    #[test]
    fn a_repetition_knows_the_byte_behind_captures() {
        let found = items(b"(.-)(),")[1];
        assert_eq!(
            found,
            Item::Shortest {
                test: Test::Any,
                next: Some(b',')
            }
        );
    }

    #[test]
    fn errors_are_items() {
        use PatternError as E;
        for (text, error) in [
            (&b"a%"[..], E::EndsWithPercent),
            (b"%\0a", E::EndsWithPercent),
            (b"[a", E::MissingBracket),
            (b"[", E::MissingBracket),
            (b"[]", E::MissingBracket),
            (b"[^]", E::MissingBracket),
            (b"[a%]", E::MissingBracket),
            (b"[a%", E::MissingBracket),
            (b"%f", E::MissingFrontierSet),
            (b"%fa", E::MissingFrontierSet),
            (b"%f[", E::MissingBracket),
            (b"%b", E::Unbalanced),
            (b"%bx", E::Unbalanced),
            (b"a)", E::InvalidPatternCapture),
            (b"())", E::InvalidPatternCapture),
            (b"%0", E::InvalidCaptureIndex),
            (b"%1", E::InvalidCaptureIndex),
            (b"(%1)", E::InvalidCaptureIndex),
            (&b"()".repeat(33), E::TooManyCaptures),
        ] {
            assert_eq!(
                items(text).last(),
                Some(&Item::Error(error)),
                "{}",
                text.escape_ascii()
            );
        }
    }

    #[test]
    fn sets_read_like_c_reads_them() {
        let members = |text: &[u8]| -> Vec<u8> {
            let (set, _) = bracket(text).unwrap();
            (1..=127).filter(|&byte| set.contains(byte)).collect()
        };
        assert_eq!(members(b"[]]"), b"]");
        assert_eq!(members(b"[]-a]"), b"]^_`a");
        assert_eq!(members(b"[a-]"), b"-a");
        assert_eq!(members(b"[-a]"), b"-a");
        assert_eq!(members(b"[a-%d]"), b"d"); // the range a..% is empty
        assert_eq!(members(b"[%a-z]").len(), 53);
        assert_eq!(members(b"[a-c-e]"), b"-abce");
        assert_eq!(members(b"[%]]"), b"]");
        assert_eq!(members(b"[^%z]").len(), 127);
    }

    #[test]
    fn the_cache_distinguishes_anchors() {
        let mut cache = PatternCache::default();
        let honoured = cache.get(b"^a", 7, Anchor::Honoured);
        let again = cache.get(b"^a", 7, Anchor::Honoured);
        assert!(Rc::ptr_eq(&honoured, &again));
        assert!(!cache.get(b"^a", 7, Anchor::Literal).is_anchored());
        // Texts of one hash are told apart.
        assert!(!cache.get(b"a", 7, Anchor::Honoured).is_anchored());
    }
}
