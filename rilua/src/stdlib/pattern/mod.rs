//! Lua's patterns (manual 5.4.1) and plain text search, over byte slices and
//! without a VM. Mirrors the matching half of `lstrlib.c`.
//!
//! A pattern is compiled to a flat list of items ([`Pattern`]) and run against a
//! subject by a [`Matcher`]. Three facts of the language carry the design:
//!
//! 1. Matching visits the items strictly in order, whatever the subject. So the
//!    captures that are open or closed at an item, the index a `)` closes and
//!    whether a back reference is valid are known without a subject. An error is
//!    itself an item, and so is raised only when matching reaches it, as in C.
//! 2. A capture written behind a choice point is written again before anything
//!    reads it, so backtracking never has to restore captures.
//! 3. At most one choice point per quantified item is alive at a time. The
//!    explicit stack of choices is therefore bounded by the pattern's length,
//!    where C recurses once per item and can overflow its stack.

mod ahead;
mod class;
mod compile;
mod matcher;
mod search;

use std::fmt;

pub use class::ByteSet;
pub use compile::{Anchor, Pattern, PatternCache};
pub use matcher::{Capture, Matcher};
pub use search::{find_byte, find_plain};

/// What can go wrong while a pattern is matched or a capture is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// The pattern ends with `%`.
    EndsWithPercent,
    /// A set has no closing bracket.
    MissingBracket,
    /// `%f` without a set.
    MissingFrontierSet,
    /// `%b` without two characters.
    Unbalanced,
    /// `)` without an open capture.
    InvalidPatternCapture,
    /// A back reference, or a `%n` of a replacement, to a capture that is
    /// missing or still open.
    InvalidCaptureIndex,
    /// A capture is asked for that the pattern never closes.
    UnfinishedCapture,
    /// More than [`MAX_CAPTURES`](crate::limits::MAX_CAPTURES) captures.
    TooManyCaptures,
    /// The matcher's budget of steps is used up.
    OutOfSteps,
    /// The function that is asked from time to time has said to stop.
    Interrupted,
}

impl PatternError {
    /// The text of the Lua error, without position.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::EndsWithPercent => "malformed pattern (ends with '%')",
            Self::MissingBracket => "malformed pattern (missing ']')",
            Self::MissingFrontierSet => "missing '[' after '%f' in pattern",
            Self::Unbalanced => "unbalanced pattern",
            Self::InvalidPatternCapture => "invalid pattern capture",
            Self::InvalidCaptureIndex => "invalid capture index",
            Self::UnfinishedCapture => "unfinished capture",
            Self::TooManyCaptures => "too many captures",
            Self::OutOfSteps => "pattern matching takes too many steps",
            Self::Interrupted => "pattern matching interrupted",
        }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for PatternError {}

/// The part of a pattern that C sees: everything before the first zero byte.
fn visible(pattern: &[u8]) -> &[u8] {
    match find_byte(pattern, 0) {
        Some(end) => pattern.get(..end).unwrap_or(pattern),
        None => pattern,
    }
}

/// The characters that keep `string.find` from searching for a pattern as plain text.
const SPECIALS: ByteSet = {
    let mut set = ByteSet::EMPTY;
    let mut rest: &[u8] = b"^$*+?.([%-";
    while let [byte, after @ ..] = rest {
        set.insert(*byte);
        rest = after;
    }
    set
};

/// Whether a pattern contains one of the characters that keep `string.find`
/// from searching for it as plain text. Looks only at what precedes a zero byte.
#[inline]
#[must_use]
pub fn has_specials(pattern: &[u8]) -> bool {
    pattern
        .iter()
        .take_while(|&&byte| byte != 0)
        .any(|&byte| SPECIALS.contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specials_end_at_a_zero_byte() {
        assert!(has_specials(b"a.b"));
        assert!(has_specials(b"a-"));
        assert!(!has_specials(b"a]b){}"));
        assert!(!has_specials(b"a\0.b"));
        assert!(!has_specials(b""));
    }
}
