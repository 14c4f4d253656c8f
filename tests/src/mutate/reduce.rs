//! Makes a text small that shows something, without losing what it shows: parts are left out
//! as long as that is possible, first lines, then tokens, then bytes (Zeller's ddmin).

use anyhow::Result;

use super::tokens;

/// Texts of more bytes are not taken apart byte by byte.
const MOST_BYTES: usize = 300;
/// Texts looked at together.
const BATCH: usize = 64;

/// The smallest text found. `first_to_show` is given texts and says which is the first of
/// them that still shows it, if one does.
///
/// # Errors
///
/// Those of `first_to_show`.
pub fn reduce(
    text: &[u8],
    mut first_to_show: impl FnMut(&[Vec<u8>]) -> Result<Option<usize>>,
) -> Result<Vec<u8>> {
    let mut text = text.to_vec();
    loop {
        let before = text.len();
        let lines = text.split_inclusive(|&byte| byte == b'\n');
        text = without_parts(lines.map(<[u8]>::to_vec).collect(), &mut first_to_show)?;
        let pieces = tokens::split(&text);
        let pieces = pieces.iter().map(|token| token.text.to_vec());
        text = without_parts(pieces.collect(), &mut first_to_show)?;
        if text.len() <= MOST_BYTES {
            let bytes = text.iter().map(|&byte| vec![byte]);
            text = without_parts(bytes.collect(), &mut first_to_show)?;
        }
        if text.len() == before {
            return Ok(text);
        }
    }
}

/// The text without all parts that can be left out.
fn without_parts(
    mut parts: Vec<Vec<u8>>,
    first_to_show: &mut impl FnMut(&[Vec<u8>]) -> Result<Option<usize>>,
) -> Result<Vec<u8>> {
    let mut size = parts.len().div_ceil(2);
    let mut start = 0;
    while size > 0 && !parts.is_empty() {
        // Leaves out `size` parts from here on, or from one of the next places.
        let places: Vec<usize> = (start..parts.len()).step_by(size).take(BATCH).collect();
        let texts: Vec<Vec<u8>> = places
            .iter()
            .map(|&place| {
                let behind = parts.iter().skip(place + size);
                let kept: Vec<&[u8]> = parts
                    .iter()
                    .take(place)
                    .chain(behind)
                    .map(Vec::as_slice)
                    .collect();
                kept.concat()
            })
            .collect();
        if let Some(place) = first_to_show(&texts)?.and_then(|found| places.get(found)) {
            let end = parts.len().min(place + size);
            parts.drain(*place..end);
            start = *place;
        } else {
            start = places.last().map_or(parts.len(), |last| last + size);
        }
        if start >= parts.len() {
            start = 0;
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }
    Ok(parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smallest(text: &str, shows: impl Fn(&[u8]) -> bool) -> String {
        let reduced = reduce(text.as_bytes(), |texts| {
            Ok(texts.iter().position(|text| shows(text)))
        });
        String::from_utf8(reduced.unwrap()).unwrap()
    }

    fn contains(text: &[u8], part: &[u8]) -> bool {
        text.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn leaves_what_matters() {
        let text = "local a = 1\nprint(a)\nfor i = 1, 2 do x = not y end\nreturn a\n".repeat(20);
        assert_eq!(smallest(&text, |text| contains(text, b"not")), "not");
        let both = |text: &[u8]| contains(text, b"for") && contains(text, b"return");
        assert_eq!(smallest(&text, both), "foreturn");
        let many = |text: &[u8]| text.iter().filter(|&&byte| byte == b'1').count() >= 30;
        assert_eq!(smallest(&text, many), "1".repeat(30));
    }

    #[test]
    fn what_cannot_be_smaller_stays() {
        let text = "x = 1\ny = 2\n";
        assert_eq!(smallest(text, |found| found == text.as_bytes()), text);
        assert_eq!(smallest(text, |_| false), text);
        assert_eq!(smallest(text, |_| true), "");
    }
}
