//! Where two texts part, shown to a reader.
//!
//! Outputs are bytes, not text: what a terminal could act on is escaped. They may also be
//! large, so only a window behind the first difference is ever aligned.

use std::fmt::Write as _;

use similar::{Algorithm, ChangeTag, capture_diff_slices};

/// Lines shown before the first difference.
const CONTEXT: usize = 2;
/// Lines of either side that are aligned.
const WINDOW: usize = 40;
/// Lines shown in all.
const EXCERPT: usize = 14;
/// Characters shown of a line.
const WIDTH: usize = 240;

/// The first place where two texts part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Number of the first line that differs, from 1.
    pub line: usize,
    /// That line on the left, escaped; absent where the left text has ended.
    pub left: Option<String>,
    /// That line on the right, escaped; absent where the right text has ended.
    pub right: Option<String>,
    /// The lines around it: `-` left only, `+` right only, two spaces both.
    pub excerpt: Vec<String>,
}

/// The first difference of two texts, `None` when they are equal.
pub fn difference(left: &[u8], right: &[u8]) -> Option<Difference> {
    if left == right {
        return None;
    }
    let left: Vec<&[u8]> = left.split_inclusive(|&byte| byte == b'\n').collect();
    let right: Vec<&[u8]> = right.split_inclusive(|&byte| byte == b'\n').collect();
    let first = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let (left_line, right_line) = (left.get(first).copied(), right.get(first).copied());
    // In long lines the interesting part is where they part, not where they begin.
    let equal = common_prefix(
        left_line.unwrap_or_default(),
        right_line.unwrap_or_default(),
    );
    let skip = if equal > WIDTH / 2 {
        equal - WIDTH / 4
    } else {
        0
    };
    Some(Difference {
        line: first + 1,
        left: left_line.map(|line| escape_from(line, skip)),
        right: right_line.map(|line| escape_from(line, skip)),
        excerpt: excerpt(&left, &right, first, skip),
    })
}

fn common_prefix(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).take_while(|(a, b)| a == b).count()
}

fn excerpt(left: &[&[u8]], right: &[&[u8]], first: usize, skip: usize) -> Vec<String> {
    let start = first.saturating_sub(CONTEXT);
    let left = window(left, start);
    let right = window(right, start);
    let mut lines = Vec::new();
    'all: for operation in capture_diff_slices(Algorithm::Myers, left, right) {
        for change in operation.iter_changes(left, right) {
            if lines.len() >= EXCERPT {
                lines.push("  …".to_owned());
                break 'all;
            }
            let line = change.value();
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("{sign} {}", escape_from(line, skip)));
            if !line.ends_with(b"\n") {
                lines.push("\\ no newline at the end".to_owned());
            }
        }
    }
    lines
}

fn window<'a, 'b>(lines: &'b [&'a [u8]], start: usize) -> &'b [&'a [u8]] {
    let end = lines.len().min(start + WINDOW);
    lines.get(start..end).unwrap_or_default()
}

/// The beginning of a text, as part of an excerpt.
pub fn excerpt_of(text: &[u8]) -> Vec<String> {
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    let mut shown: Vec<String> = lines
        .take(EXCERPT)
        .map(|line| format!("| {}", escape(line)))
        .collect();
    if text.split_inclusive(|&byte| byte == b'\n').count() > EXCERPT {
        shown.push("| …".to_owned());
    }
    shown
}

/// Bytes as two hexadecimal digits each.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// One line without its newline: control bytes, a backslash and what is no UTF-8 escaped, cut when long.
pub fn escape(line: &[u8]) -> String {
    escape_from(line, 0)
}

fn escape_from(line: &[u8], skip: usize) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let mut text = String::new();
    // A short neighbour of a long line is shown from its beginning.
    let shown = match line.get(skip..) {
        Some(tail) if skip > 0 && !tail.is_empty() => {
            text.push('…');
            tail
        }
        _ => line,
    };
    let mut width = 0;
    for chunk in shown.utf8_chunks() {
        for c in chunk.valid().chars() {
            if width >= WIDTH {
                let _ = write!(text, "… ({} bytes in all)", line.len());
                return text;
            }
            width += 1;
            match c {
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                '\\' => text.push_str("\\\\"),
                c if c.is_control() => {
                    let mut buffer = [0; 4];
                    for byte in c.encode_utf8(&mut buffer).bytes() {
                        let _ = write!(text, "\\x{byte:02x}");
                    }
                }
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            width += 1;
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(difference(b"", b""), None);
        assert_eq!(difference(b"a\nb", b"a\nb"), None);
    }

    #[test]
    fn shows_the_first_differing_line_in_context() {
        let found = difference(b"1\n2\n3\nx\n5\n", b"1\n2\n3\ny\n5\n").unwrap();
        assert_eq!(
            (found.line, found.left.as_deref(), found.right.as_deref()),
            (4, Some("x"), Some("y"))
        );
        assert_eq!(found.excerpt, ["  2", "  3", "- x", "+ y", "  5"]);
    }

    #[test]
    fn shows_missing_lines_and_newlines() {
        let found = difference(b"1\n", b"1\n2").unwrap();
        assert_eq!(
            (found.line, found.left, found.right),
            (2, None, Some("2".into()))
        );
        assert_eq!(found.excerpt, ["  1", "+ 2", "\\ no newline at the end"]);
        let found = difference(b"1\n", b"1").unwrap();
        assert_eq!(found.excerpt, ["- 1", "+ 1", "\\ no newline at the end"]);
    }

    #[test]
    fn escapes_what_a_terminal_would_act_on() {
        assert_eq!(
            escape(b"a\tb\x1b[1m\0\\\xff\xc3\xa9\n"),
            "a\\tb\\x1b[1m\\x00\\\\\\xffé"
        );
        assert_eq!(escape("\u{9b}".as_bytes()), "\\xc2\\x9b");
    }

    #[test]
    fn long_lines_are_shown_where_they_part() {
        let mut left = vec![b'a'; 10_000];
        let mut right = left.clone();
        left.push(b'1');
        right.push(b'2');
        let found = difference(&left, &right).unwrap();
        assert!(
            found
                .left
                .as_deref()
                .is_some_and(|line| line.ends_with("a1") && line.len() < 100)
        );
        assert!(found.right.is_some_and(|line| line.ends_with("a2")));
        assert!(escape(&left).ends_with("… (10001 bytes in all)"));
    }
}
