//! The changes that make a mutant.

use std::ops::Range;

use super::palette::{self, AROUND_EXPRESSIONS, AROUND_STATEMENTS};
use super::random::Random;
use super::tokens::{self, KEYWORDS, Kind, Token};
use super::{Stock, token};

/// Tokens that are moved or repeated as one.
const MOST_IN_RANGE: usize = 40;
/// Bytes that a repetition may add.
const MOST_REPEATED: usize = 64 << 10;
/// Lines taken from another program.
const MOST_SPLICED: usize = 20;

/// Makes one change.
pub(super) fn change<'a>(tokens: &mut Vec<Token<'a>>, stock: &Stock<'a>, random: &mut Random) {
    let at = random.below(tokens.len());
    match random.below(42) {
        0..=3 => remove(tokens, at..at + 1),
        4 => {
            let range = range(tokens, random);
            remove(tokens, range);
        }
        5..=7 => insert(tokens, at, vec![any_token(stock, random)]),
        8 | 9 => {
            let other = if random.once_in(2) {
                (at + 2).min(tokens.len().saturating_sub(1))
            } else {
                random.below(tokens.len())
            };
            if other < tokens.len() {
                tokens.swap(at, other);
            }
        }
        10 | 11 => {
            let copy = tokens
                .get(range(tokens, random))
                .unwrap_or_default()
                .to_vec();
            insert(tokens, at, copy);
        }
        12..=16 => replace_by_same_kind(tokens, stock, random),
        17 | 18 => replace(tokens, at, any_token(stock, random)),
        19..=22 => replace_literal(tokens, random),
        23..=25 => replace_operator(tokens, random),
        26..=28 => {
            if let Some(at) = find(tokens, random, is_operand) {
                let text = palette::expression(random, 4);
                replace(tokens, at, token(Kind::Name, text));
            }
        }
        29 | 30 => {
            let text = palette::statement(random, 4) + random.text(&["\n", " ", ";", ""]);
            let line = random.pick(&line_starts(tokens)).copied();
            insert(tokens, line.unwrap_or(0), vec![token(Kind::Name, text)]);
        }
        31 | 32 => splice(tokens, stock, random),
        33 => repeat(tokens, random),
        34 => nest_expression(tokens, random),
        35 => nest_statements(tokens, random),
        36..=38 => {
            let text = if random.once_in(60) {
                palette::huge(random)
            } else {
                palette::many(random)
            };
            let line = random.pick(&line_starts(tokens)).copied();
            insert(
                tokens,
                line.unwrap_or(0),
                vec![token(Kind::Name, text + "\n")],
            );
        }
        39 => insert(
            tokens,
            at,
            vec![token(Kind::Comment, random.text(&palette::COMMENTS))],
        ),
        40 => change_line_ends(tokens, random),
        _ => tokens.truncate(at),
    }
}

/// Makes one change after which most programs still are programs.
pub(super) fn change_gently(tokens: &mut Vec<Token<'_>>, random: &mut Random) {
    match random.below(8) {
        0..=2 => replace_operator(tokens, random),
        3 | 4 => {
            // In brackets it can stand wherever the literal did.
            let is_literal = |token: &Token<'_>| token.kind == Kind::Number;
            if let Some(at) = find(tokens, random, is_literal) {
                let text = format!("({})", palette::expression(random, 5));
                replace(tokens, at, token(Kind::Number, text));
            }
        }
        5 => {
            let is_name = |token: &Token<'_>| token.kind == Kind::Name;
            let new = find(tokens, random, is_name).and_then(|at| tokens.get(at).cloned());
            if let (Some(at), Some(new)) = (find(tokens, random, is_name), new) {
                replace(tokens, at, new);
            }
        }
        _ => {
            let text = palette::statement(random, 5) + " ";
            let line = random.pick(&line_starts(tokens)).copied();
            insert(tokens, line.unwrap_or(0), vec![token(Kind::Name, text)]);
        }
    }
}

/// Changes bytes without regard for what they belong to.
pub(super) fn change_bytes(text: &mut Vec<u8>, random: &mut Random) {
    const TELLING: &[u8] = b"\0\x01\x08\x0b\x0c\r\n\x1a\x1b\x7f\x80\xa0\xff\"'\\[]=-.0eE";
    for _ in 0..=random.below(3) {
        let at = random.below(text.len());
        let byte = if random.once_in(2) {
            random.byte()
        } else {
            random.pick(TELLING).copied().unwrap_or_default()
        };
        match random.below(4) {
            0 if at < text.len() => {
                text.remove(at);
            }
            1 if at < text.len() => {
                text.splice(at..=at, [byte]);
            }
            2 => text.truncate(at),
            _ => text.insert(at, byte),
        }
    }
}

/// Where lines begin: the first token of each.
pub(super) fn line_starts(tokens: &[Token<'_>]) -> Vec<usize> {
    let ends = tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| token.text.as_ref() == b"\n");
    std::iter::once(0)
        .chain(ends.map(|(at, _)| at + 1))
        .collect()
}

/// Is it, or may it be, an expression by itself?
fn is_operand(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Name | Kind::Number | Kind::String => true,
        Kind::Keyword => matches!(token.text.as_ref(), b"nil" | b"true" | b"false"),
        _ => false,
    }
}

/// A token that fits, the first from a place anywhere on.
fn find(
    tokens: &[Token<'_>],
    random: &mut Random,
    fits: impl Fn(&Token<'_>) -> bool,
) -> Option<usize> {
    let start = random.below(tokens.len());
    let places = (start..tokens.len()).chain(0..start);
    places
        .into_iter()
        .find(|&at| tokens.get(at).is_some_and(&fits))
}

/// Some tokens in a row, or a line.
fn range(tokens: &[Token<'_>], random: &mut Random) -> Range<usize> {
    if random.once_in(2) {
        let lines = line_starts(tokens);
        let line = random.below(lines.len());
        let start = lines.get(line).copied().unwrap_or(0);
        return start..lines.get(line + 1).copied().unwrap_or(tokens.len());
    }
    let start = random.below(tokens.len());
    start..tokens.len().min(start + 1 + random.below(MOST_IN_RANGE))
}

fn remove(tokens: &mut Vec<Token<'_>>, range: Range<usize>) {
    if range.end <= tokens.len() {
        tokens.drain(range);
    }
}

fn insert<'a>(tokens: &mut Vec<Token<'a>>, at: usize, new: Vec<Token<'a>>) {
    let at = at.min(tokens.len());
    tokens.splice(at..at, new);
}

fn replace<'a>(tokens: &mut [Token<'a>], at: usize, new: Token<'a>) {
    if let Some(token) = tokens.get_mut(at) {
        *token = new;
    }
}

/// A token from a program or from the palette.
fn any_token<'a>(stock: &Stock<'a>, random: &mut Random) -> Token<'a> {
    match random.below(8) {
        0 => token(Kind::Keyword, random.text(&KEYWORDS)),
        1 | 2 => token(Kind::Symbol, random.text(&palette::SYMBOLS)),
        3 => token(Kind::Number, random.text(&palette::NUMBERS)),
        4 => token(Kind::String, random.text(&palette::STRINGS)),
        5 => token(Kind::Symbol, random.text(&palette::STRANGE)),
        6 => token(Kind::Space, random.text(&[" ", "\n", "\r\n", "\t", "\x0c"])),
        _ => random
            .pick(&stock.programs)
            .and_then(|program| random.pick(program).cloned())
            .unwrap_or_else(|| token(Kind::Name, palette::name(random))),
    }
}

fn replace_by_same_kind<'a>(tokens: &mut [Token<'a>], stock: &Stock<'a>, random: &mut Random) {
    let Some(at) = find(tokens, random, |token| token.kind != Kind::Space) else {
        return;
    };
    let Some(kind) = tokens.get(at).map(|token| token.kind) else {
        return;
    };
    let own = random.once_in(2);
    let from = if own {
        Some(&*tokens)
    } else {
        random.pick(&stock.programs).map(Vec::as_slice)
    };
    let Some(from) = from else { return };
    let found = find(from, random, |token| token.kind == kind);
    if let Some(new) = found.and_then(|found| from.get(found)).cloned() {
        replace(tokens, at, new);
    }
}

fn replace_literal(tokens: &mut [Token<'_>], random: &mut Random) {
    let is_literal =
        |token: &Token<'_>| matches!(token.kind, Kind::Number | Kind::String | Kind::Comment);
    let Some(at) = find(tokens, random, is_literal) else {
        return;
    };
    let Some(old) = tokens.get(at) else { return };
    let new = match old.kind {
        Kind::Comment => token(Kind::Comment, random.text(&palette::COMMENTS)),
        Kind::Number if !random.once_in(8) => token(Kind::Number, random.text(&palette::NUMBERS)),
        Kind::String if random.once_in(6) => {
            // Long ones, whose end the message may quote.
            let length = 60 + random.below(60);
            token(Kind::String, ["'", &"s".repeat(length), "'"].concat())
        }
        _ => token(Kind::String, random.text(&palette::STRINGS)),
    };
    replace(tokens, at, new);
}

fn replace_operator(tokens: &mut [Token<'_>], random: &mut Random) {
    let is_operator = |token: &Token<'_>| {
        let text = token.text.as_ref();
        palette::BINARY
            .iter()
            .any(|operator| operator.trim().as_bytes() == text)
    };
    if let Some(at) = find(tokens, random, is_operator) {
        replace(
            tokens,
            at,
            token(Kind::Symbol, random.text(&palette::BINARY)),
        );
    }
}

/// Lines of another program in the middle, or its end in place of the own one.
fn splice<'a>(tokens: &mut Vec<Token<'a>>, stock: &Stock<'a>, random: &mut Random) {
    let Some(other) = random.pick(&stock.programs) else {
        return;
    };
    let lines = line_starts(other);
    let line = random.below(lines.len());
    let start = lines.get(line).copied().unwrap_or(0);
    let last = line + 1 + random.below(MOST_SPLICED);
    let end = lines.get(last).copied().unwrap_or(other.len());
    let part = other.get(start..end).unwrap_or_default().to_vec();
    let at = random.below(tokens.len() + 1);
    if random.once_in(3) {
        tokens.truncate(at);
    }
    insert(tokens, at, part);
}

fn repeat(tokens: &mut Vec<Token<'_>>, random: &mut Random) {
    let range = range(tokens, random);
    let part = tokens.get(range.clone()).unwrap_or_default();
    let text = tokens::join(part);
    let count = palette::count(random).min(MOST_REPEATED / text.len().max(1));
    let separator = random.text(&["", " ", "\n", ",", ";", "+", "..", " and ", ".", "="]);
    let mut repeated = text.clone();
    for _ in 1..count {
        repeated.extend_from_slice(separator.as_bytes());
        repeated.extend_from_slice(&text);
    }
    tokens.splice(range, [token(Kind::Name, repeated)]);
}

fn nest_expression(tokens: &mut [Token<'_>], random: &mut Random) {
    let Some(at) = find(tokens, random, is_operand) else {
        return;
    };
    if let Some(old) = tokens.get(at) {
        let inner = old.text.to_vec();
        let text = nested(inner, &AROUND_EXPRESSIONS, random);
        replace(tokens, at, token(Kind::Name, text));
    }
}

fn nest_statements(tokens: &mut Vec<Token<'_>>, random: &mut Random) {
    let lines = line_starts(tokens);
    let first = random.below(lines.len());
    let start = lines.get(first).copied().unwrap_or(0);
    let last = first + 1 + random.below(3);
    let end = lines.get(last).copied().unwrap_or(tokens.len());
    let inner = tokens::join(tokens.get(start..end).unwrap_or_default());
    let text = nested(inner, &AROUND_STATEMENTS, random);
    tokens.splice(start..end, [token(Kind::Name, text)]);
}

fn nested(inner: Vec<u8>, around: &[(&str, &str)], random: &mut Random) -> Vec<u8> {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let count = palette::count(random);
    let mixed = random.once_in(2);
    let mut pair = random.pick(around);
    for _ in 0..count {
        if mixed {
            pair = random.pick(around);
        }
        if let Some((opening, closing)) = pair {
            before.push(opening.as_bytes());
            after.push(closing.as_bytes());
        }
    }
    after.reverse();
    [before.concat(), inner, after.concat()].concat()
}

fn change_line_ends(tokens: &mut [Token<'_>], random: &mut Random) {
    let end = random.text(&["\r", "\r\n", "\n\r", "\n\n", "\r\r", " "]);
    let all = random.once_in(2);
    for line_end in tokens
        .iter_mut()
        .filter(|token| token.text.as_ref() == b"\n")
    {
        if all || random.once_in(3) {
            *line_end = token(Kind::Space, end);
        }
    }
}
