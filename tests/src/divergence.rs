//! One place where two observations part, and the short name of its cause.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::channel::{ChannelName, Stream};
use crate::text;

/// Digits of a signature.
pub const ID_LENGTH: usize = 8;

/// The way in which two observations part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Both are whole and they aren't the same.
    Differs,
    /// The right one was ended by a signal.
    Crash,
    /// The right one did not end in its time.
    TimeOut,
    /// The right one wrote more than it may.
    OutputLimit,
    /// The right one took more instructions or memory than it may.
    Budget,
}

/// One place where the observation on the right parts from the one on the left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// The channel that found it.
    pub channel: ChannelName,
    /// What of that channel differs.
    pub stream: Stream,
    /// In which way.
    pub cause: Cause,
    /// First line that differs, from 1 (of the source, where chunks differ); absent where
    /// lines make no sense.
    pub line: Option<usize>,
    /// What the left has there, escaped; absent where it has ended.
    pub left: Option<String>,
    /// What the right has there, escaped; absent where it has ended.
    pub right: Option<String>,
    /// The lines around the place: `-` left only, `+` right only, two spaces both.
    pub excerpt: Vec<String>,
    /// The name of the cause.
    pub signature: Signature,
}

/// The short name of a cause. It is made from what differs, never from the program, so that
/// two programs with one cause share a bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signature {
    /// Eight hexadecimal digits.
    pub id: String,
    /// What the digits stand for: stream, the words around the difference, and both sides of it,
    /// without file names, numbers and quotations.
    pub message: String,
}

impl Signature {
    /// The signature of a difference between two lines of a stream.
    pub fn new(
        channel: ChannelName,
        stream: Stream,
        cause: Cause,
        left: Option<&str>,
        right: Option<&str>,
    ) -> Self {
        let (left, right) = (left.map(tokens), right.map(tokens));
        let side = |line: Option<&[Token<'_>]>, most: usize| match line {
            Some(line) => general_text(line, most),
            None => "(end)".to_owned(),
        };
        let what = match (cause, &left, &right) {
            // Two programs that crash differ in all they would have printed.
            (Cause::Crash | Cause::TimeOut | Cause::OutputLimit | Cause::Budget, ..) => {
                side(right.as_deref(), usize::MAX)
            }
            (Cause::Differs, Some(left), Some(right)) => difference(left, right),
            (Cause::Differs, ..) => {
                let sides = [left, right].map(|line| side(line.as_deref(), MOST_TOKENS));
                sides.join(" | ")
            }
        };
        Self::named(channel, stream, &what)
    }

    /// The signature of a difference whose sides name its cause already: kinds of instructions, or
    /// the text of a message without what belongs to the program.
    pub fn of_causes(channel: ChannelName, stream: Stream, left: &str, right: &str) -> Self {
        let sides = [left, right].map(|side| general_text(&tokens(side), usize::MAX));
        Self::named(channel, stream, &sides.join(" | "))
    }

    fn named(channel: ChannelName, stream: Stream, what: &str) -> Self {
        let message = format!("{channel}/{stream}: {what}");
        let mut id = text::hexadecimal(&Sha256::digest(message.as_bytes()));
        id.truncate(ID_LENGTH);
        Self { id, message }
    }
}

/// Words that are kept before a difference: those of a message say what it is about.
const WORDS_BEFORE: usize = 4;
/// Words that are kept behind it.
const WORDS_BEHIND: usize = 2;
/// Tokens of a side that are kept; a line can show a whole table.
const MOST_TOKENS: usize = 24;

/// A piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// A name, number or path.
    Word(&'a str),
    /// Something in quotes, which are part of it.
    Quotation(&'a str),
    /// Any other character.
    Other(&'a str),
}

impl Token<'_> {
    /// Adds the token to a text without what belongs to the one program: names of Lua files
    /// become `FILE`, digits `N`, quotations `'…'`.
    fn add_general(self, general: &mut String) {
        match self {
            Self::Word(word) if word.ends_with(".lua") => general.push_str("FILE"),
            Self::Word(word) => {
                let mut in_number = false;
                for c in word.chars() {
                    let is_digit = c.is_ascii_digit();
                    match (is_digit, in_number) {
                        (true, true) => {}
                        (true, false) => general.push('N'),
                        (false, _) => general.push(c),
                    }
                    in_number = is_digit;
                }
            }
            Self::Quotation(_) => general.push_str("'…'"),
            Self::Other(text) => general.push_str(text),
        }
    }

    fn is_plain_word(self) -> bool {
        matches!(self, Self::Word(word) if word.bytes().all(|byte| byte.is_ascii_alphabetic()))
    }
}

/// A line in pieces.
fn tokens(line: &str) -> Vec<Token<'_>> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let mut tokens = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        // As in "it's": no quotation begins there.
        let is_apostrophe = first == '\'' && matches!(tokens.last(), Some(Token::Word(_)));
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if is_apostrophe {
            first.len_utf8()
        } else {
            quotation(rest).unwrap_or(first.len_utf8())
        };
        let (token, behind) = rest.split_at(length);
        rest = behind;
        tokens.push(match first {
            _ if is_word(first) => Token::Word(token),
            '"' | '\'' if token.len() > 1 => Token::Quotation(token),
            _ => Token::Other(token),
        });
    }
    tokens
}

/// The length of the quotation that a text begins with, if it does and the quotation ends.
fn quotation(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| "\"'".contains(*c))?;
    let mut is_escaped = false;
    for (position, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return Some(position + 1),
            _ => {}
        }
    }
    None
}

fn general_text(tokens: &[Token<'_>], most: usize) -> String {
    let mut general = String::new();
    for token in tokens.iter().take(most) {
        token.add_general(&mut general);
    }
    if tokens.len() > most {
        general.push('…');
    }
    general
}

/// Two lines where they differ, with a few words of what they have in common.
fn difference(left: &[Token<'_>], right: &[Token<'_>]) -> String {
    if left == right {
        // They differ in something that is not in these lines.
        return general_text(left, MOST_TOKENS);
    }
    let common = |pair: &(&Token<'_>, &Token<'_>)| pair.0 == pair.1;
    let before = left.iter().zip(right).take_while(common).count();
    let rest = |side: &[Token<'_>]| side.len().saturating_sub(before);
    let backwards = left.iter().rev().zip(right.iter().rev());
    let behind = backwards
        .take(rest(left).min(rest(right)))
        .take_while(common)
        .count();
    let words = |tokens: &[Token<'_>]| -> Vec<String> {
        let plain = tokens.iter().filter(|token| token.is_plain_word());
        let word = |token: &Token<'_>| {
            let mut word = String::new();
            token.add_general(&mut word);
            word
        };
        plain.map(word).collect()
    };
    let middle = |side: &[Token<'_>]| {
        let end = side.len().saturating_sub(behind);
        general_text(side.get(before..end).unwrap_or_default(), MOST_TOKENS)
    };
    let mut parts = words(left.get(..before).unwrap_or_default());
    parts.drain(..parts.len().saturating_sub(WORDS_BEFORE));
    let end = left.len().saturating_sub(behind);
    let following = words(left.get(end..).unwrap_or_default());
    let sides = format!("{} | {}", middle(left), middle(right));
    if parts.is_empty() && following.is_empty() {
        return sides;
    }
    parts.push(format!("[{sides}]"));
    parts.extend(following.into_iter().take(WORDS_BEHIND));
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(left: &str, right: &str) -> Signature {
        Signature::new(
            ChannelName::Output,
            Stream::Stderr,
            Cause::Differs,
            Some(left),
            Some(right),
        )
    }

    #[test]
    fn programs_with_one_cause_share_a_signature() {
        let one = signature(
            "lua: a.lua:12: attempt to call nil",
            "lua: a.lua:13: attempt to call nil",
        );
        let two = signature(
            "lua: dir/b_2.lua:7: attempt to call nil",
            "lua: dir/b_2.lua:108: attempt to call nil",
        );
        assert_eq!(one, two);
        assert_eq!(one.id.len(), 8);
        assert_ne!(
            one,
            signature(
                "lua: a.lua:12: attempt to call nil",
                "lua: a.lua:12: attempt to index nil"
            )
        );
        assert_eq!(one.message, "output/stderr: lua [N | N] attempt to");
    }

    #[test]
    fn what_belongs_to_the_program_is_left_out() {
        let one = signature(
            "a.lua:2: attempt to index field 'b' (a nil value)",
            "a.lua:2: attempt to call field 'b' (a nil value)",
        );
        let two = signature(
            "c.lua:44: attempt to index field 'other' (a nil value)",
            "c.lua:44: attempt to call field 'other' (a nil value)",
        );
        assert_eq!(one, two);
        assert_eq!(
            one.message,
            "output/stderr: attempt to [index | call] field a"
        );
        let shown = signature(
            r#"table#1{1,["x\""]="don't",} 7"#,
            r#"table#1{1,["x\""]=true,} 7"#,
        );
        assert_eq!(shown.message, "output/stderr: table ['…' | true]");
        let long = "x,".repeat(1000);
        let cut = signature(&format!("{long}1"), "");
        assert!(cut.message.len() < 100, "{}", cut.message);
    }

    #[test]
    fn an_end_has_nothing_in_common() {
        let cause = (ChannelName::Output, Stream::Stdout, Cause::Differs);
        let ended = Signature::new(cause.0, cause.1, cause.2, Some("it's '12' 12"), None);
        assert_eq!(ended.message, "output/stdout: it's '…' N | (end)");
        let crashed = Signature::new(cause.0, cause.1, Cause::Crash, Some("x"), Some("signal 6"));
        assert_eq!(crashed.message, "output/stdout: signal N");
    }
}
