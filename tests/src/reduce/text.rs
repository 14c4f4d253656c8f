//! Reduction of a text that need not be a program: lines, pieces, blanks and bytes are left out.

use std::ops::Range;

use anyhow::Result;

use super::search::{Search, leave_out_parts};
use crate::mutate::tokens::{self, Kind};

/// Texts of more bytes are not taken apart byte by byte.
const MOST_BYTES: usize = 300;

/// Leaves out lines.
pub(super) fn lines(search: &mut Search<'_>, text: &mut Vec<u8>) -> Result<()> {
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    parts(search, text, lines.map(<[u8]>::to_vec).collect())
}

/// Leaves out tokens, blanks and comments.
pub(super) fn pieces(search: &mut Search<'_>, text: &mut Vec<u8>) -> Result<()> {
    let pieces = tokens::split(text);
    let pieces = pieces.iter().map(|token| token.text.to_vec());
    parts(search, text, pieces.collect())
}

/// Leaves out bytes of a short text.
pub(super) fn bytes(search: &mut Search<'_>, text: &mut Vec<u8>) -> Result<()> {
    if text.len() > MOST_BYTES {
        return Ok(());
    }
    let bytes = text.iter().map(|&byte| vec![byte]);
    parts(search, text, bytes.collect())
}

/// Leaves out comments and blanks but those that keep two words apart.
pub(super) fn layout(search: &mut Search<'_>, text: &mut Vec<u8>) -> Result<()> {
    let mut tidy = Vec::new();
    for token in tokens::split(text) {
        let is_blank = matches!(token.kind, Kind::Space | Kind::Comment);
        match tidy.last() {
            _ if !is_blank => tidy.extend_from_slice(&token.text),
            Some(b'\n') => {}
            Some(b' ') if token.text.contains(&b'\n') => {
                tidy.pop();
                tidy.push(b'\n');
            }
            Some(b' ') | None => {}
            Some(_) => tidy.push(if token.text.contains(&b'\n') {
                b'\n'
            } else {
                b' '
            }),
        }
    }
    if tidy.len() < text.len() && search.shows(&tidy)? {
        *text = tidy;
    }
    Ok(())
}

/// The text without all parts that can be left out.
fn parts(search: &mut Search<'_>, text: &mut Vec<u8>, mut parts: Vec<Vec<u8>>) -> Result<()> {
    let without = |parts: &Vec<Vec<u8>>, range: Range<usize>| {
        let behind = parts.iter().skip(range.end);
        let kept = parts.iter().take(range.start).chain(behind);
        Some(kept.flatten().copied().collect())
    };
    leave_out_parts(search, &mut parts, Vec::len, without, |parts, range| {
        parts.drain(range);
    })?;
    *text = parts.concat();
    Ok(())
}
