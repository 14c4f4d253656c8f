//! From bytes to tokens; mirrors `llex.c`, in the C locale.
//!
//! The text is scanned in place, in a buffer to which the source appends. Like
//! 5.1.1, which always holds the next character, the lexer asks for more as soon
//! as the last byte of a piece has been used, not when the next token is wanted.

use super::bytes::{DIGIT, LETTER, SPACE, SPECIAL, find_newline, is, is_newline, plain_numeral};
use super::source::{SliceSource, Source};
use super::strings::{StringId, StringTable};
use super::token::Token;
use crate::number;

/// Why there is no next token.
#[derive(Debug)]
pub enum LexError<E> {
    /// The text is malformed here.
    Syntax {
        /// What is wrong.
        message: &'static str,
        /// The text to quote after `near`, if any is quoted.
        near: Option<Vec<u8>>,
    },
    /// The reader failed.
    Source(E),
}

/// Where a part of the text begins that may have to be read a second time.
#[derive(Debug, Clone, Copy)]
struct Restart {
    position: usize,
    line: u32,
}

/// Splits a text into tokens.
#[derive(Debug)]
pub struct Lexer<S: Source> {
    source: S,
    /// Text from `restart` on, and perhaps some before.
    text: Vec<u8>,
    /// First byte not used yet.
    position: usize,
    /// The source has no more.
    ended: bool,
    failure: Option<S::Error>,
    line: u32,
    /// The last token and the line on which it begins.
    start: usize,
    start_line: u32,
    end: usize,
    restart: Restart,
    /// Value of a string whose text can't be taken as it stands.
    value: Vec<u8>,
}

/// Lines a chunk may have: one less than the largest C `int`.
const MAX_LINES: u32 = 0x7fff_ffff;

type Scan<T, E> = Result<T, LexError<E>>;

impl<S: Source> Lexer<S> {
    /// Starts at the beginning of a text and asks for its first piece.
    pub fn new(source: S) -> Self {
        let mut lexer = Self {
            source,
            text: Vec::new(),
            position: 0,
            ended: false,
            failure: None,
            line: 1,
            start: 0,
            start_line: 1,
            end: 0,
            restart: Restart {
                position: 0,
                line: 1,
            },
            value: Vec::new(),
        };
        lexer.refill();
        lexer
    }

    /// Tells the source that a function begins, for which slots are held.
    pub fn hold(&mut self, slots: usize) {
        self.source.hold(slots);
    }

    /// Tells the source that a function has ended.
    pub fn give_back(&mut self, slots: usize) {
        self.source.give_back(slots);
    }

    /// Tells the source how many syntax levels are open.
    #[inline]
    pub fn set_levels(&mut self, levels: u32) {
        self.source.set_levels(levels);
    }

    /// Number of the line that has been reached.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// Forgets the text before the last token.
    pub const fn set_restart(&mut self) {
        self.restart = Restart {
            position: self.start,
            line: self.start_line,
        };
    }

    /// Reads the text again from the token where [`set_restart`](Self::set_restart)
    /// was called up to the `index`-th after it: that token, the line it ends on,
    /// and its text.
    pub fn reread(&self, index: u32, strings: &mut StringTable) -> Option<(Token, u32, Vec<u8>)> {
        let text = self.text.get(self.restart.position..)?;
        let mut lexer = Lexer::new(SliceSource::new(text));
        lexer.line = self.restart.line;
        let mut token = Token::Eof;
        for _ in 0..=index {
            token = lexer.next_token(strings).ok()?;
        }
        let near = lexer.token_text(token, strings);
        Some((token, lexer.line, near))
    }

    /// The text of the last token as messages quote it: escape sequences of a
    /// string are replaced by what they mean.
    #[must_use]
    pub fn token_text(&self, token: Token, strings: &StringTable) -> Vec<u8> {
        let text = self.text.get(self.start..self.end).unwrap_or(&[]);
        match token {
            Token::Number(_) | Token::Name(_) => text.to_vec(),
            Token::String(value) => {
                let delimiter = match text.split_first() {
                    Some((b'[', rest)) => {
                        let level = rest.iter().take_while(|&&byte| byte == b'=').count();
                        text.get(..level + 2).unwrap_or(text)
                    }
                    _ => text.get(..1).unwrap_or(text),
                };
                let closing: Vec<u8> = delimiter
                    .iter()
                    .map(|&byte| if byte == b'[' { b']' } else { byte })
                    .collect();
                [delimiter, strings.get(value), &closing].concat()
            }
            _ => token.description().unwrap_or_default(),
        }
    }

    /// Reads the next token; strings and names go to `strings`.
    ///
    /// # Errors
    ///
    /// What can't be a token, and failures of the reader.
    pub fn next_token(&mut self, strings: &mut StringTable) -> Scan<Token, S::Error> {
        let mut token = Token::Eof;
        self.read_token(strings, &mut token)?;
        Ok(token)
    }

    /// The same, with the token written once and to where it stays: a copy would be read in
    /// larger pieces than those that were just written, and the processor would wait for it.
    ///
    /// # Errors
    ///
    /// As above; then `token` is of no use.
    #[inline]
    pub fn read_token(
        &mut self,
        strings: &mut StringTable,
        token: &mut Token,
    ) -> Scan<(), S::Error> {
        let scanned = self.scan(strings, token);
        if self.position < self.text.len() {
            return scanned;
        }
        match self.look_beyond() {
            Some(error) => Err(LexError::Source(error)),
            None => scanned,
        }
    }

    /// Asks for more after a token that ends with the text; how the source has failed,
    /// then or before. (When it has, nothing is left of the text.)
    #[cold]
    #[inline(never)]
    fn look_beyond(&mut self) -> Option<S::Error> {
        self.refill();
        self.failure.take()
    }

    /// Asks the source for more; false when there is none.
    #[cold]
    #[inline(never)]
    fn refill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let used = self.restart.position;
        if used > 0 {
            self.text.drain(..used);
            self.restart.position = 0;
            self.position -= used;
            self.start = self.start.saturating_sub(used);
            self.end = self.end.saturating_sub(used);
        }
        let before = self.text.len();
        match self.source.refill(&mut self.text) {
            Ok(true) if self.text.len() > before => true,
            Ok(_) => {
                self.ended = true;
                false
            }
            Err(error) => {
                self.failure = Some(error);
                self.ended = true;
                false
            }
        }
    }

    /// The byte at the current position, or nothing at the end.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        if let Some(&byte) = self.text.get(self.position) {
            return Some(byte);
        }
        self.refill();
        self.text.get(self.position).copied()
    }

    #[inline]
    const fn advance(&mut self) {
        self.position += 1;
    }

    /// Skips the next byte if it is this one.
    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.advance();
        }
        found
    }

    /// Skips the next byte if it is one of these or, as `strchr` finds the end of
    /// its string too, zero.
    fn accept_in_c_string(&mut self, set: &[u8]) -> bool {
        let found = self
            .peek()
            .is_some_and(|byte| byte == 0 || set.contains(&byte));
        if found {
            self.advance();
        }
        found
    }

    /// Skips bytes of these classes.
    #[inline]
    fn skip_while(&mut self, classes: u8) {
        loop {
            let rest = self.text.get(self.position..).unwrap_or(&[]);
            match rest.iter().position(|&byte| !is(byte, classes)) {
                Some(count) => {
                    self.position += count;
                    return;
                }
                None => {
                    self.position += rest.len();
                    if !self.refill() {
                        return;
                    }
                }
            }
        }
    }

    /// Skips a line end: `\n`, `\r`, or both in any order.
    #[inline]
    fn skip_newline(&mut self) -> Scan<(), S::Error> {
        let first = self.peek();
        self.advance();
        let second = self.peek();
        if second.is_some_and(is_newline) && second != first && !fault!(NewlinePair) {
            self.advance();
        }
        self.line += 1;
        if self.line >= MAX_LINES {
            return Err(self.error("chunk has too many lines", None));
        }
        Ok(())
    }

    #[cold]
    fn error(&self, message: &'static str, near: Option<Vec<u8>>) -> LexError<S::Error> {
        LexError::Syntax { message, near }
    }

    #[inline]
    fn scan(&mut self, strings: &mut StringTable, token: &mut Token) -> Scan<(), S::Error> {
        loop {
            let Some(byte) = self.peek() else {
                self.start = self.position;
                self.start_line = self.line;
                self.end = self.position;
                *token = Token::Eof;
                return Ok(());
            };
            self.start = self.position;
            self.start_line = self.line;
            *token = match byte {
                b' ' | b'\t' | 0x0b | 0x0c => {
                    self.advance();
                    self.skip_while(SPACE);
                    continue;
                }
                b'\n' | b'\r' => {
                    self.skip_newline()?;
                    continue;
                }
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                    self.name(strings, token);
                    return Ok(());
                }
                b'0'..=b'9' => {
                    *token = Token::Number(self.numeral()?);
                    return Ok(());
                }
                b'"' | b'\'' => {
                    *token = Token::String(self.short_string(byte, strings)?);
                    return Ok(());
                }
                b'-' => {
                    self.advance();
                    if !self.accept(b'-') {
                        Token::Char(b'-')
                    } else {
                        self.comment()?;
                        continue;
                    }
                }
                b'[' => match self.long_bracket(b'[') {
                    Bracket::Level(level) => {
                        *token = self.long_string(level, strings)?;
                        return Ok(());
                    }
                    Bracket::None => Token::Char(b'['),
                    Bracket::Incomplete => {
                        let near = self.text.get(self.start..self.position).map(<[u8]>::to_vec);
                        return Err(self.error("invalid long string delimiter", near));
                    }
                },
                b'=' => self.with_equal(Token::Char(byte), Token::Equal),
                b'<' => self.with_equal(Token::Char(byte), Token::LessEqual),
                b'>' => self.with_equal(Token::Char(byte), Token::GreaterEqual),
                b'~' => self.with_equal(Token::Char(byte), Token::NotEqual),
                b'.' => {
                    self.advance();
                    if self.accept_in_c_string(b".") {
                        if self.accept_in_c_string(b".") {
                            Token::Dots
                        } else {
                            Token::Concat
                        }
                    } else if self.peek().is_some_and(|byte| is(byte, DIGIT)) {
                        *token = Token::Number(self.numeral()?);
                        return Ok(());
                    } else {
                        Token::Char(b'.')
                    }
                }
                _ => {
                    self.advance();
                    Token::Char(byte)
                }
            };
            self.end = self.position;
            return Ok(());
        }
    }

    fn with_equal(&mut self, alone: Token, with: Token) -> Token {
        self.advance();
        if self.accept(b'=') { with } else { alone }
    }

    /// An identifier or reserved word.
    #[inline]
    fn name(&mut self, strings: &mut StringTable, token: &mut Token) {
        self.skip_while(LETTER | DIGIT);
        self.end = self.position;
        let name = self.text.get(self.start..self.end).unwrap_or(&[]);
        *token = match Token::reserved(name) {
            Some(word) => word,
            None => Token::Name(intern(strings, name)),
        };
    }

    /// A numeral: digits and dots, an exponent, and whatever letters and digits
    /// follow.
    fn numeral(&mut self) -> Scan<f64, S::Error> {
        let text = self.text.get(self.position..).unwrap_or(&[]);
        if let Some((value, length)) = plain_numeral(text)
            && self.position == self.start
        {
            self.position += length;
            self.end = self.position;
            return Ok(value);
        }
        while self
            .peek()
            .is_some_and(|byte| is(byte, DIGIT) || byte == b'.')
        {
            self.advance();
        }
        if self.accept_in_c_string(b"Ee") {
            self.accept_in_c_string(b"+-");
        }
        self.skip_while(LETTER | DIGIT);
        self.end = self.position;
        let text = c_string(self.text.get(self.start..self.end).unwrap_or(&[]));
        match number::str_to_number(text) {
            Some(value) => Ok(value),
            None => {
                let near = Some(text.to_vec());
                Err(self.error("malformed number", near))
            }
        }
    }

    /// A string between quotes.
    fn short_string(&mut self, quote: u8, strings: &mut StringTable) -> Scan<StringId, S::Error> {
        self.advance();
        self.value.clear();
        let mut plain = self.position - self.start;
        loop {
            let rest = self.text.get(self.position..).unwrap_or(&[]);
            let special = rest.iter().position(|&byte| is(byte, SPECIAL));
            self.position += special.unwrap_or(rest.len());
            let Some(byte) = self.peek() else {
                return Err(self.error("unfinished string", Some(b"<eof>".to_vec())));
            };
            if special.is_none() {
                continue;
            }
            if byte != quote && matches!(byte, b'"' | b'\'') {
                self.advance();
                continue;
            }
            // What comes before `plain` is in `value` already.
            let piece = self
                .text
                .get(self.start + plain..self.position)
                .unwrap_or(&[]);
            if byte == quote {
                let value = if self.value.is_empty() {
                    intern(strings, piece)
                } else {
                    self.value.extend_from_slice(piece);
                    intern(strings, &self.value)
                };
                self.advance();
                self.end = self.position;
                return Ok(value);
            }
            self.value.extend_from_slice(piece);
            if byte != b'\\' {
                let near = [&[quote], self.value.as_slice()].concat();
                return Err(self.error("unfinished string", Some(near)));
            }
            self.advance();
            self.escape(quote)?;
            plain = self.position - self.start;
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, quote: u8) -> Scan<(), S::Error> {
        // At the end of the text the caller finds out.
        let Some(byte) = self.peek() else {
            return Ok(());
        };
        let meaning = match byte {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'\n' | b'\r' => {
                self.skip_newline()?;
                self.value.push(b'\n');
                return Ok(());
            }
            b'0'..=b'9' => {
                let mut code = 0u32;
                for _ in 0..3 - u32::from(fault!(DecimalEscape)) {
                    match self.peek() {
                        Some(digit) if is(digit, DIGIT) => {
                            code = code * 10 + u32::from(digit - b'0');
                            self.advance();
                        }
                        _ => break,
                    }
                }
                let Ok(byte) = u8::try_from(code) else {
                    let near = [&[quote], self.value.as_slice()].concat();
                    return Err(self.error("escape sequence too large", Some(near)));
                };
                self.value.push(byte);
                return Ok(());
            }
            other => other,
        };
        self.value.push(meaning);
        self.advance();
        Ok(())
    }

    /// Reads `[`, `=` signs and a second `[`, or the same with `]`. The second
    /// bracket isn't used up.
    fn long_bracket(&mut self, bracket: u8) -> Bracket {
        self.advance();
        let mut level = 0;
        while self.accept(b'=') {
            level += 1;
        }
        if self.peek() == Some(bracket) {
            Bracket::Level(level)
        } else if level == 0 {
            Bracket::None
        } else {
            Bracket::Incomplete
        }
    }

    /// A comment, after its `--`.
    fn comment(&mut self) -> Scan<(), S::Error> {
        if self.peek() == Some(b'[')
            && let Bracket::Level(level) = self.long_bracket(b'[')
        {
            return self.long_text(level, None).map(|_| ());
        }
        loop {
            let rest = self.text.get(self.position..).unwrap_or(&[]);
            match find_newline(rest) {
                Some(count) => {
                    self.position += count;
                    return Ok(());
                }
                None => {
                    self.position += rest.len();
                    if !self.refill() {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn long_string(&mut self, level: usize, strings: &mut StringTable) -> Scan<Token, S::Error> {
        let value = self.long_text(level, Some(strings))?;
        self.end = self.position;
        Ok(value.map_or(Token::Eof, Token::String))
    }

    /// The text of a long string, or with no `strings` of a long comment, from
    /// its second `[` on.
    fn long_text(
        &mut self,
        level: usize,
        strings: Option<&mut StringTable>,
    ) -> Scan<Option<StringId>, S::Error> {
        self.advance();
        if self.peek().is_some_and(is_newline) && !fault!(FirstNewline) {
            self.skip_newline()?;
        }
        self.value.clear();
        loop {
            let rest = self.text.get(self.position..).unwrap_or(&[]);
            let special = rest
                .iter()
                .position(|&byte| byte == b']' || byte == b'[' || is_newline(byte));
            let plain = rest.get(..special.unwrap_or(rest.len())).unwrap_or(rest);
            if strings.is_some() {
                self.value.extend_from_slice(plain);
            }
            self.position += plain.len();
            let Some(byte) = self.peek() else {
                let message = if strings.is_some() {
                    "unfinished long string"
                } else {
                    "unfinished long comment"
                };
                return Err(self.error(message, Some(b"<eof>".to_vec())));
            };
            if special.is_none() {
                continue;
            }
            if is_newline(byte) {
                self.value.push(b'\n');
                self.skip_newline()?;
                if strings.is_none() {
                    self.value.clear();
                }
                continue;
            }
            let from = self.position - self.start;
            let found = matches!(self.long_bracket(byte), Bracket::Level(found) if found == level);
            if found && byte == b']' {
                self.advance();
                return Ok(strings.map(|strings| intern(strings, &self.value)));
            }
            if found && level == 0 {
                let near = Some(b"[".to_vec());
                self.advance();
                self.peek();
                return Err(self.error("nesting of [[...]] is deprecated", near));
            }
            if found {
                self.advance();
            }
            if strings.is_some() {
                let brackets = self
                    .text
                    .get(self.start + from..self.position)
                    .unwrap_or(&[]);
                self.value.extend_from_slice(brackets);
            }
        }
    }
}

/// What [`Lexer::long_bracket`] found.
enum Bracket {
    /// Both brackets, with this many `=` between them.
    Level(usize),
    /// A single bracket.
    None,
    /// A bracket and `=` signs only.
    Incomplete,
}

/// The one place where a name or string of the text becomes a string.
#[inline]
fn intern(strings: &mut StringTable, bytes: &[u8]) -> StringId {
    strings.intern(bytes)
}

/// `bytes` up to the first zero, where C takes them to end.
#[must_use]
pub fn c_string(bytes: &[u8]) -> &[u8] {
    match bytes.iter().position(|&byte| byte == 0) {
        Some(end) => bytes.get(..end).unwrap_or(bytes),
        None => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// Gives a text byte by byte.
    struct Bytes<'a>(&'a [u8]);

    impl Source for Bytes<'_> {
        type Error = Infallible;

        fn refill(&mut self, buffer: &mut Vec<u8>) -> Result<bool, Infallible> {
            let Some((first, rest)) = self.0.split_first() else {
                return Ok(false);
            };
            buffer.push(*first);
            self.0 = rest;
            Ok(true)
        }
    }

    fn tokens<S: Source>(source: S) -> (Vec<(Token, u32, Vec<u8>)>, StringTable) {
        let mut strings = StringTable::new();
        let mut lexer = Lexer::new(source);
        let mut tokens = Vec::new();
        while let Ok(token) = lexer.next_token(&mut strings) {
            let text = lexer.token_text(token, &strings);
            tokens.push((token, lexer.line(), text));
            if token == Token::Eof {
                break;
            }
        }
        (tokens, strings)
    }

    #[test]
    fn pieces_make_no_difference() {
        let text = b"x1 = 'a\\065\\n\\\r\n\\z' --[==[ ]] ]==] .. [=[\n\r]]\r]=] -- end\n\
            ~= <= 0x1F 1e-2 .5 3. ... if end_ [ == > \xff \t\x0b1\0";
        let (whole, strings) = tokens(SliceSource::new(text));
        let (pieces, _) = tokens(Bytes(text));
        assert_eq!(whole, pieces);
        let texts: Vec<_> = whole
            .iter()
            .map(|(_, _, text)| text.escape_ascii().to_string())
            .collect();
        let expected = [
            "x1",
            "=",
            "\\'aA\\n\\nz\\'",
            "..",
            "[=[]]\\n]=]",
            "~=",
            "<=",
            "0x1F",
            "1e-2",
            ".5",
            "3.",
            "...",
            "if",
            "end_",
            "[",
            "==",
            ">",
            "\\xff",
            "1\\x00",
            "<eof>",
        ];
        assert_eq!(texts, expected);
        assert_eq!(whole.last().unwrap().1, 5);
        assert_eq!(strings.len(), 4);
        assert!(whole.contains(&(Token::Number(31.0), 5, b"0x1F".to_vec())));
        assert!(whole.contains(&(Token::Number(1.0), 5, b"1\0".to_vec())));
    }

    #[test]
    fn zero_ends_the_sets_of_c() {
        let (found, _) = tokens(SliceSource::new(b"a .\0 b ..\0 .\0\0"));
        let found: Vec<_> = found.into_iter().map(|(token, _, _)| token).collect();
        assert_eq!(found[1], Token::Concat);
        assert_eq!(found[3..5], [Token::Dots, Token::Dots]);
    }
}
