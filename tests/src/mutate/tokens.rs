//! A Lua text as a sequence of pieces, from which it can be put together again. Any bytes are
//! such a text: what is no token of Lua is a piece as well.

use std::borrow::Cow;

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Blanks and line ends.
    Space,
    /// A comment without the line end behind a short one.
    Comment,
    /// An identifier.
    Name,
    /// A reserved word.
    Keyword,
    /// A numeral, well formed or not.
    Number,
    /// A string in quotes or long brackets.
    String,
    /// Anything else.
    Symbol,
}

/// A piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub text: Cow<'a, [u8]>,
}

/// The reserved words.
pub const KEYWORDS: [&str; 21] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local",
    "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];

const LONG_SYMBOLS: [&[u8]; 6] = [b"...", b"..", b"==", b"~=", b"<=", b">="];

/// Splits a text.
pub fn split(text: &[u8]) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (kind, length) = first(rest);
        // Never empty, whatever `first` says.
        let (token, after) = rest.split_at(length.clamp(1, rest.len()));
        tokens.push(Token {
            kind,
            text: Cow::Borrowed(token),
        });
        rest = after;
    }
    tokens
}

/// Puts a text together.
pub fn join(tokens: &[Token<'_>]) -> Vec<u8> {
    let pieces: Vec<&[u8]> = tokens.iter().map(|token| token.text.as_ref()).collect();
    pieces.concat()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn length_while(text: &[u8], accept: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|&&byte| accept(byte)).count()
}

/// Kind and length of the first piece.
fn first(text: &[u8]) -> (Kind, usize) {
    match *text {
        [b' ' | b'\t' | 0x0b | 0x0c, ..] => (
            Kind::Space,
            length_while(text, |byte| matches!(byte, b' ' | b'\t' | 0x0b | 0x0c)),
        ),
        // One by one: a line ends here.
        [b'\n' | b'\r', ..] => (Kind::Space, 1),
        [b'-', b'-', ref rest @ ..] => {
            let length = long_bracket(rest)
                .unwrap_or_else(|| length_while(rest, |byte| byte != b'\n' && byte != b'\r'));
            (Kind::Comment, 2 + length)
        }
        [b'[', ..] => match long_bracket(text) {
            Some(length) => (Kind::String, length),
            None => (Kind::Symbol, 1),
        },
        [quote @ (b'"' | b'\''), ..] => (Kind::String, quoted(text, quote)),
        [b'.', digit, ..] if digit.is_ascii_digit() => (Kind::Number, numeral(text)),
        [byte, ..] if byte.is_ascii_digit() => (Kind::Number, numeral(text)),
        [byte, ..] if is_word(byte) => {
            let length = length_while(text, is_word);
            let word = text.get(..length).unwrap_or_default();
            let is_keyword = KEYWORDS.iter().any(|keyword| keyword.as_bytes() == word);
            (
                if is_keyword {
                    Kind::Keyword
                } else {
                    Kind::Name
                },
                length,
            )
        }
        _ => {
            let long = LONG_SYMBOLS.iter().find(|symbol| text.starts_with(symbol));
            (Kind::Symbol, long.map_or(1, |symbol| symbol.len()))
        }
    }
}

/// Length of a numeral with all that the lexer takes for a part of it.
fn numeral(text: &[u8]) -> usize {
    let digits = length_while(text, |byte| byte.is_ascii_digit() || byte == b'.');
    let exponent = match text.get(digits..) {
        Some([b'e' | b'E', b'+' | b'-', ..]) => 2,
        _ => 0,
    };
    let rest = text.get(digits + exponent..).unwrap_or_default();
    digits + exponent + length_while(rest, is_word)
}

fn quoted(text: &[u8], quote: u8) -> usize {
    let mut escaped = true;
    for (index, &byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'\n' => return index,
            byte if byte == quote => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Length of a long bracket with its contents, if the text begins with one.
fn long_bracket(text: &[u8]) -> Option<usize> {
    let inner = text.strip_prefix(b"[")?;
    let level = length_while(inner, |byte| byte == b'=');
    inner.get(level..)?.strip_prefix(b"[")?;
    let closing = [b"]", vec![b'='; level].as_slice(), b"]"].concat();
    let start = level + 2;
    let found = text
        .get(start..)?
        .windows(closing.len())
        .position(|window| window == closing);
    Some(found.map_or(text.len(), |at| start + at + closing.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{corpus, workspace};

    fn shown(text: &str) -> Vec<(Kind, String)> {
        split(text.as_bytes())
            .into_iter()
            .map(|token| (token.kind, String::from_utf8(token.text.into()).unwrap()))
            .collect()
    }

    #[test]
    fn pieces_are_tokens() {
        let kinds =
            |text: &str| -> Vec<Kind> { shown(text).into_iter().map(|(kind, _)| kind).collect() };
        assert_eq!(
            kinds("local x=1.5e+3x--[==[]]\n]==]\n"),
            [
                Kind::Keyword,
                Kind::Space,
                Kind::Name,
                Kind::Symbol,
                Kind::Number,
                Kind::Comment,
                Kind::Space
            ]
        );
        assert_eq!(kinds("[[a]]'\\''[=").len(), 4);
        assert_eq!(shown("a...b")[1].1, "...");
        assert_eq!(shown("'a\nb").len(), 3);
        assert_eq!(shown("--[[x").len(), 1);
    }

    #[test]
    fn whatever_is_split_can_be_joined() {
        let (entries, _) = corpus::whole(&workspace::built_root()).unwrap();
        for entry in entries {
            let text = std::fs::read(entry.path).unwrap();
            assert_eq!(join(&split(&text)), text, "{}", entry.id);
        }
        let bytes: Vec<u8> = (0..=255).rev().collect();
        assert_eq!(join(&split(&bytes)), bytes);
    }
}
