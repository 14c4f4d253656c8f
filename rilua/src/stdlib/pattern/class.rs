//! Sets of bytes: the character classes of the C locale (`%a`, `%d`, …) and the
//! bracketed sets of patterns. A test is one load, one shift and one mask.

/// A set of byte values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    /// No byte at all.
    pub const EMPTY: Self = Self([0; 4]);

    /// The bytes for which the bit of their own value is set by `insert`.
    #[inline]
    #[must_use]
    pub const fn contains(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 != 0
    }

    /// Adds one byte.
    pub const fn insert(&mut self, byte: u8) {
        self.0[(byte >> 6) as usize] |= 1 << (byte & 63);
    }

    /// Adds `first` to `last`, both included; nothing when they are out of order.
    pub fn insert_range(&mut self, first: u8, last: u8) {
        for byte in first..=last {
            self.insert(byte);
        }
    }

    /// Adds every byte of another set.
    pub const fn insert_all(&mut self, other: &Self) {
        self.0[0] |= other.0[0];
        self.0[1] |= other.0[1];
        self.0[2] |= other.0[2];
        self.0[3] |= other.0[3];
    }

    /// Every byte that is not in this set.
    #[must_use]
    pub const fn complement(&self) -> Self {
        Self([!self.0[0], !self.0[1], !self.0[2], !self.0[3]])
    }

    /// Is there a byte in both sets?
    #[must_use]
    pub const fn meets(&self, other: &Self) -> bool {
        (self.0[0] & other.0[0])
            | (self.0[1] & other.0[1])
            | (self.0[2] & other.0[2])
            | (self.0[3] & other.0[3])
            != 0
    }

    /// The set with exactly one byte, if it is one.
    #[must_use]
    pub fn single(&self) -> Option<u8> {
        let members = self.0.iter().map(|word| word.count_ones()).sum::<u32>();
        if members == 1 {
            (0..=u8::MAX).find(|&byte| self.contains(byte))
        } else {
            None
        }
    }

    /// What `%letter` stands for: a class, the complement of one for a capital
    /// letter, or the character itself for anything else.
    #[must_use]
    pub const fn of_escape(letter: u8) -> Self {
        let class = match letter.to_ascii_lowercase() {
            b'a' => ALPHA,
            b'c' => CONTROL,
            b'd' => DIGIT,
            b'l' => LOWER,
            b'p' => PUNCTUATION,
            b's' => SPACE,
            b'u' => UPPER,
            b'w' => ALPHANUMERIC,
            b'x' => HEXADECIMAL,
            b'z' => ZERO,
            _ => {
                let mut set = Self::EMPTY;
                set.insert(letter);
                return set;
            }
        };
        if letter.is_ascii_uppercase() {
            class.complement()
        } else {
            class
        }
    }
}

/// Builds a class from a test written as an expression over `$byte`.
macro_rules! class {
    ($byte:ident, $test:expr) => {{
        let mut set = ByteSet::EMPTY;
        let mut $byte = 0_u8;
        loop {
            if $test {
                set.insert($byte);
            }
            if $byte == u8::MAX {
                break set;
            }
            $byte += 1;
        }
    }};
}

const ALPHA: ByteSet = class!(byte, byte.is_ascii_alphabetic());
const CONTROL: ByteSet = class!(byte, byte.is_ascii_control());
const DIGIT: ByteSet = class!(byte, byte.is_ascii_digit());
const LOWER: ByteSet = class!(byte, byte.is_ascii_lowercase());
const PUNCTUATION: ByteSet = class!(byte, byte.is_ascii_punctuation());
/// C's `isspace`, which has the vertical tab that Rust's own test leaves out.
const SPACE: ByteSet = class!(byte, matches!(byte, b'\t'..=b'\r' | b' '));
const UPPER: ByteSet = class!(byte, byte.is_ascii_uppercase());
const ALPHANUMERIC: ByteSet = class!(byte, byte.is_ascii_alphanumeric());
const HEXADECIMAL: ByteSet = class!(byte, byte.is_ascii_hexdigit());
const ZERO: ByteSet = class!(byte, byte == 0);

#[cfg(test)]
mod tests {
    use super::*;

    fn count(letter: u8) -> usize {
        let set = ByteSet::of_escape(letter);
        (0..=u8::MAX).filter(|&byte| set.contains(byte)).count()
    }

    #[test]
    fn classes_have_the_sizes_of_the_c_locale() {
        for (letter, size) in [
            (b'a', 52),
            (b'c', 33),
            (b'd', 10),
            (b'l', 26),
            (b'p', 32),
            (b's', 6),
            (b'u', 26),
            (b'w', 62),
            (b'x', 22),
            (b'z', 1),
        ] {
            assert_eq!(count(letter), size, "%{}", char::from(letter));
            assert_eq!(count(letter.to_ascii_uppercase()), 256 - size);
        }
        assert_eq!(ByteSet::of_escape(b'.').single(), Some(b'.'));
        assert_eq!(ByteSet::of_escape(b'b').single(), Some(b'b'));
        assert_eq!(ByteSet::of_escape(b'd').single(), None);
    }

    #[test]
    fn ranges_out_of_order_are_empty() {
        let mut set = ByteSet::EMPTY;
        set.insert_range(b'z', b'a');
        assert_eq!(set, ByteSet::EMPTY);
        set.insert_range(250, 255);
        assert!(set.contains(255) && set.contains(250) && !set.contains(249));
    }
}
