//! The one place where addresses are made comparable.
//!
//! What `tostring` gives for a table and what `luac -l` gives for a function contains an
//! address, which no two runs share. It is replaced by `0xADDR`, as in the golden records.

use std::borrow::Cow;

/// What stands in place of an address.
pub const PLACEHOLDER: &[u8] = b"0xADDR";

/// Fewer hexadecimal digits than this are a number of the program's, not an address.
const SHORTEST_ADDRESS: usize = 6;

/// A text without addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked<'a> {
    /// The text, every address replaced by [`PLACEHOLDER`].
    pub bytes: Cow<'a, [u8]>,
    /// How many addresses were replaced.
    pub count: usize,
}

/// Replaces every `0x` that six or more hexadecimal digits follow, digits included.
pub fn addresses(text: &[u8]) -> Masked<'_> {
    let mut bytes = Vec::new();
    let mut count = 0;
    let mut rest = text;
    while let Some((before, after)) = next_address(rest) {
        bytes.extend_from_slice(before);
        bytes.extend_from_slice(PLACEHOLDER);
        count += 1;
        rest = after;
    }
    if count == 0 {
        return Masked {
            bytes: Cow::Borrowed(text),
            count,
        };
    }
    bytes.extend_from_slice(rest);
    Masked {
        bytes: Cow::Owned(bytes),
        count,
    }
}

/// What stands before and what stands after the first address of `text`.
fn next_address(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.windows(2).position(|pair| pair == b"0x") {
        let start = from + found;
        let digits = text.get(start + 2..)?;
        let length = digits
            .iter()
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count();
        if length >= SHORTEST_ADDRESS {
            return Some((text.get(..start)?, digits.get(length..)?));
        }
        from = start + 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> (String, usize) {
        let masked = addresses(text.as_bytes());
        (
            String::from_utf8(masked.bytes.into_owned()).unwrap(),
            masked.count,
        )
    }

    #[test]
    fn replaces_addresses_and_counts_them() {
        assert_eq!(
            masked("table: 0x55d0c8a4e2b0\n"),
            ("table: 0xADDR\n".into(), 1)
        );
        assert_eq!(
            masked("0xabcdef 0xABCDEF:0x123456"),
            ("0xADDR 0xADDR:0xADDR".into(), 3)
        );
        assert_eq!(masked("00x1234567z"), ("00xADDRz".into(), 1));
    }

    #[test]
    fn leaves_short_numbers_alone() {
        for text in [
            "",
            "0",
            "0x",
            "0xff",
            "0x12345",
            "0x0x12345",
            "x123456",
            "0X123456",
            "0xADDR",
        ] {
            assert_eq!(masked(text), (text.into(), 0));
        }
    }

    #[test]
    fn a_short_number_does_not_hide_the_address_after_it() {
        assert_eq!(masked("0x1 0x0x123456"), ("0x1 0x0xADDR".into(), 1));
    }
}
