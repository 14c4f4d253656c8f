//! What the lexer does with bytes alone: their classes in the C locale, the search for
//! line ends, and the numerals of which most programs are full.

/// Letters and `_`.
pub(super) const LETTER: u8 = 1;
/// Decimal digits.
pub(super) const DIGIT: u8 = 2;
/// White space within a line.
pub(super) const SPACE: u8 = 4;
/// What a string between quotes can't hold just so.
pub(super) const SPECIAL: u8 = 8;

/// What a byte can be part of: letters and `_`, digits, white space; what ends the
/// plain part of a string.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0u8;
    loop {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => LETTER,
            b'0'..=b'9' => DIGIT,
            b' ' | b'\t' | 0x0b | 0x0c => SPACE,
            b'"' | b'\'' | b'\\' | b'\n' | b'\r' => SPECIAL,
            _ => 0,
        };
        if byte == 255 {
            break;
        }
        byte += 1;
    }
    classes
};

pub(super) const fn is(byte: u8, classes: u8) -> bool {
    CLASSES[byte as usize] & classes != 0
}

pub(super) const fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// The first line end.
pub(super) fn find_newline(text: &[u8]) -> Option<usize> {
    let any = |block: &[u8; 32]| {
        let found = |found, &byte| found | (byte == b'\n') | (byte == b'\r');
        block.iter().fold(false, found)
    };
    let (blocks, _) = text.as_chunks();
    let before = blocks.iter().take_while(|&block| !any(block)).count() * 32;
    let rest = text.get(before..).unwrap_or(&[]);
    let count = rest.iter().position(|&byte| is_newline(byte))?;
    Some(before + count)
}

/// The value of a numeral of few digits, perhaps with a point among them, and its
/// length; nothing for others, and where it isn't sure that the numeral ends.
pub(super) fn plain_numeral(text: &[u8]) -> Option<(f64, usize)> {
    /// The powers of ten that are exact, up to the number of digits that are.
    const POWERS: [f64; 16] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ];
    let mut digits = 0u64;
    let mut point = None;
    for (length, &byte) in text.iter().take(17).enumerate() {
        if is(byte, DIGIT) {
            digits = digits * 10 + u64::from(byte - b'0');
        } else if byte == b'.' && point.is_none() {
            point = Some(length);
        } else if is(byte, LETTER) || byte == b'.' || byte == 0 {
            return None;
        } else {
            // At most 16 bytes, so at most 16 digits; 16 of them may not be exact.
            let value = match point {
                // Both are exact, so that the quotient is the nearest double.
                Some(point) => digits as f64 / POWERS.get(length - point - 1)?,
                None if length < 16 => digits as f64,
                None => return None,
            };
            return (length > usize::from(point.is_some())).then_some((value, length));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number;

    #[test]
    fn plain_numerals_are_what_they_are_elsewhere() {
        let mut read = 0;
        for digits in [
            "0",
            "7",
            "007",
            "123456789012345",
            "999999999999999",
            "31415926535",
        ] {
            for point in 0..=digits.len() {
                let (whole, fraction) = digits.split_at(point);
                for text in [digits.to_owned(), format!("{whole}.{fraction}")] {
                    for end in [" ", "+", "..", "e1", "x", "\0", ""] {
                        let found = plain_numeral(format!("{text}{end}").as_bytes());
                        if let Some((value, length)) = found {
                            assert_eq!(length, text.len());
                            assert_eq!(number::str_to_number(text.as_bytes()), Some(value));
                            read += 1;
                        }
                        assert_eq!(found.is_some(), matches!(end, " " | "+") && text != ".");
                    }
                }
            }
        }
        assert!(read > 200);
        assert_eq!(plain_numeral(b"1234567890123456 "), None);
        assert_eq!(plain_numeral(b". "), None);
    }

    #[test]
    fn line_ends_are_found_at_any_place() {
        for before in 0..70 {
            for end in [b'\n', b'\r'] {
                let mut text = vec![b'x'; before];
                assert_eq!(find_newline(&text), None);
                text.push(end);
                text.extend_from_slice(b"yyy\n");
                assert_eq!(find_newline(&text), Some(before));
            }
        }
    }
}
