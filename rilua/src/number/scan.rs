//! `fscanf("%lf")`, which is what `read("*n")` does (`read_number` of `liolib.c`).
//!
//! `scanf` decides byte by byte and can put back only the last one it looked at.
//! So it reads more than the number where a text only begins like one (`1e+`,
//! `0x`, `infin`), and what it has taken is gone even if there is no number then.

use super::parse::{is_space, strtod};

/// Reads one number from a stream, byte by byte.
///
/// ```
/// use rilua::number::{NumberScanner, ScanStep};
///
/// let mut scanner = NumberScanner::new();
/// let mut input = b" 12e+ x".iter();
/// let unread = input.by_ref().find(|&&byte| scanner.feed(byte) != ScanStep::More);
/// assert_eq!(unread, Some(&b' '));
/// assert_eq!(scanner.finish(), Some(12.0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct NumberScanner {
    state: State,
    /// What has been read, without leading white space.
    text: Vec<u8>,
}

/// What [`NumberScanner::feed`] did with a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanStep {
    /// It was taken, and another one is needed: feed it, or finish at the end of the
    /// stream.
    More,
    /// It was taken, and nothing more is read.
    Last,
    /// It must be put back: it stays in the stream, and nothing more is read.
    Unread,
}

#[derive(Clone, Debug, Default)]
enum State {
    /// Before the first byte that is no white space.
    #[default]
    Start,
    /// After a sign.
    Signed,
    /// Inside a word, of which this is missing.
    Word(&'static [u8]),
    /// After `inf`, which may go on.
    Infinity,
    /// After a zero that may begin `0x`.
    Zero,
    Digits(Digits),
    /// Nothing more is read; the text may be a number.
    Complete,
    /// Nothing more is read, and there is no number.
    Failed,
}

#[derive(Clone, Copy, Debug, Default)]
struct Digits {
    hexadecimal: bool,
    digit: bool,
    point: bool,
    exponent: bool,
}

impl NumberScanner {
    /// A scanner at the place where `read("*n")` begins.
    #[must_use]
    pub fn new() -> NumberScanner {
        NumberScanner::default()
    }

    /// Offers the next byte of the stream. After anything but [`ScanStep::More`]
    /// the scanner takes no more bytes.
    pub fn feed(&mut self, byte: u8) -> ScanStep {
        match self.state {
            State::Start if is_space(byte) => ScanStep::More,
            State::Start if matches!(byte, b'+' | b'-') => self.take(byte, State::Signed),
            State::Start | State::Signed => match byte {
                b'n' | b'N' => self.take(byte, State::Word(b"an")),
                b'i' | b'I' => self.take(byte, State::Word(b"nf")),
                b'0' => self.take(byte, State::Zero),
                _ => self.feed_digits(byte, Digits::default()),
            },
            State::Word(missing) => self.feed_word(byte, missing),
            State::Infinity if byte | 32 == b'i' => self.take(byte, State::Word(b"nity")),
            State::Infinity => self.end(),
            State::Zero if byte | 32 == b'x' => {
                let digits = Digits {
                    hexadecimal: true,
                    ..Digits::default()
                };
                self.take(byte, State::Digits(digits))
            }
            State::Zero => self.feed_digits(
                byte,
                Digits {
                    digit: true,
                    ..Digits::default()
                },
            ),
            State::Digits(digits) => self.feed_digits(byte, digits),
            State::Complete | State::Failed => ScanStep::Unread,
        }
    }

    /// The number that was read, if the bytes fed so far make one. To be called
    /// when nothing more is read, or at the end of the stream.
    #[must_use]
    pub fn finish(&self) -> Option<f64> {
        if matches!(self.state, State::Word(_) | State::Failed) {
            return None;
        }
        // `strtod` would read the zero of a lone `0x`.
        if let [b'0', b'x' | b'X'] | [_, b'0', b'x' | b'X'] = self.text.as_slice() {
            return None;
        }
        let (number, length) = strtod(&self.text);
        (length > 0).then_some(number)
    }

    fn take(&mut self, byte: u8, next: State) -> ScanStep {
        self.text.push(byte);
        self.state = next;
        ScanStep::More
    }

    fn end(&mut self) -> ScanStep {
        self.state = State::Complete;
        ScanStep::Unread
    }

    fn feed_word(&mut self, byte: u8, missing: &'static [u8]) -> ScanStep {
        let Some((&expected, rest)) = missing.split_first() else {
            return self.end();
        };
        self.text.push(byte);
        if byte | 32 != expected {
            // Not put back: scanf gives up where it stands.
            self.state = State::Failed;
            ScanStep::Last
        } else if !rest.is_empty() {
            self.state = State::Word(rest);
            ScanStep::More
        } else if expected == b'f' {
            self.state = State::Infinity;
            ScanStep::More
        } else {
            self.state = State::Complete;
            ScanStep::Last
        }
    }

    fn feed_digits(&mut self, byte: u8, mut digits: Digits) -> ScanStep {
        let mark = if digits.hexadecimal { b'p' } else { b'e' };
        if byte.is_ascii_digit()
            || (digits.hexadecimal && !digits.exponent && byte.is_ascii_hexdigit())
        {
            digits.digit = true;
        } else if digits.exponent && matches!(byte, b'+' | b'-') {
            if self.text.last().is_none_or(|last| last | 32 != mark) {
                return self.end();
            }
        } else if digits.digit && !digits.exponent && byte | 32 == mark {
            digits.exponent = true;
            digits.point = true;
        } else if byte == b'.' && !digits.point {
            digits.point = true;
        } else {
            return self.end();
        }
        self.take(byte, State::Digits(digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::NAN;

    /// The number, and what is left of the stream.
    fn scan(stream: &[u8]) -> (Option<f64>, &[u8]) {
        let mut scanner = NumberScanner::new();
        let mut rest = stream;
        while let Some((&byte, behind)) = rest.split_first() {
            match scanner.feed(byte) {
                ScanStep::More => rest = behind,
                ScanStep::Last => {
                    rest = behind;
                    break;
                }
                ScanStep::Unread => break,
            }
        }
        (scanner.finish(), rest)
    }

    /// Recorded with `read("*n")` and then `read("*a")`.
    #[test]
    fn recorded_streams() {
        let recorded: &[(&[u8], Option<f64>, &[u8])] = &[
            (b"12 rest", Some(12.0), b" rest"),
            (b" \n\t-7.5e3x", Some(-7500.0), b"x"),
            (b"0x", None, b""),
            (b"0xg", None, b"g"),
            (b"-0Xg", None, b"g"),
            (b"0x.", Some(0.0), b""),
            (b"0x1p+", Some(1.0), b""),
            (b"0x1F.8p1 ", Some(63.0), b" "),
            (b"1e+", Some(1.0), b""),
            (b"1e+-", Some(1.0), b"-"),
            (b"1e5e", Some(100_000.0), b"e"),
            (b"1.2.3", Some(1.2), b".3"),
            (b"--1", None, b"-1"),
            (b"-", None, b""),
            (b"+.", None, b""),
            (b"-.5", Some(-0.5), b""),
            (b"nan(12)", Some(NAN), b"(12)"),
            (b"nax", None, b""),
            (b"-NaN1", Some(-NAN), b"1"),
            (b"infin", None, b""),
            (b"inf", Some(f64::INFINITY), b""),
            (b"infx", Some(f64::INFINITY), b"x"),
            (b"infix", None, b""),
            (b"-infinityx", Some(f64::NEG_INFINITY), b"x"),
            (b"i", None, b""),
            (b"0", Some(0.0), b""),
            (b"00x1", Some(0.0), b"x1"),
            (b"0e", Some(0.0), b""),
            (b"1..2", Some(1.0), b".2"),
            (b"", None, b""),
            (b"  ", None, b""),
            (b"x", None, b"x"),
            (b"5\0 6", Some(5.0), b"\0 6"),
            (b"1,2", Some(1.0), b",2"),
            (b"1e400 ", Some(f64::INFINITY), b" "),
            (b"12e+ x", Some(12.0), b" x"),
        ];
        for &(stream, number, rest) in recorded {
            let (found, left) = scan(stream);
            let name = String::from_utf8_lossy(stream);
            assert_eq!(
                found.map(f64::to_bits),
                number.map(f64::to_bits),
                "{name:?}"
            );
            assert_eq!(left, rest, "{name:?}");
        }
    }

    #[test]
    fn takes_nothing_after_the_end() {
        let mut scanner = NumberScanner::new();
        assert_eq!(scanner.feed(b'1'), ScanStep::More);
        assert_eq!(scanner.feed(b' '), ScanStep::Unread);
        assert_eq!(scanner.feed(b'2'), ScanStep::Unread);
        assert_eq!(scanner.finish(), Some(1.0));
    }
}
