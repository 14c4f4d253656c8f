//! Plain text search: the part of `string.find` that does not look at patterns.
//! Mirrors `lmemfind` of `lstrlib.c`, with a bound on the time it takes.

/// Bytes examined at once; wide enough for the compiler to use vectors.
const LANES: usize = 32;

/// The index of the first `byte` in `haystack`.
#[inline]
#[must_use]
pub fn find_byte(haystack: &[u8], byte: u8) -> Option<usize> {
    let mut base = 0;
    let mut chunks = haystack.chunks_exact(LANES);
    for chunk in chunks.by_ref() {
        // No early exit inside the chunk: that is what makes it vectorisable.
        let found = chunk.iter().fold(false, |found, &b| found | (b == byte));
        if found {
            return chunk.iter().position(|&b| b == byte).map(|at| base + at);
        }
        base += LANES;
    }
    let rest = chunks.remainder();
    rest.iter().position(|&b| b == byte).map(|at| base + at)
}

/// The index, from the start of `haystack`, of the first occurrence of `needle`
/// at or after `init`. An empty needle is found at `init`; nothing is found
/// beyond the end.
///
/// Takes time linear in the two lengths, whatever they contain.
#[must_use]
pub fn find_plain(haystack: &[u8], needle: &[u8], init: usize) -> Option<usize> {
    let tail = haystack.get(init..)?;
    let Some((&first, rest)) = needle.split_first() else {
        return Some(init);
    };
    // The first byte of a match lies in this part.
    let starts = tail.get(..(tail.len() + 1).checked_sub(needle.len())?)?;
    // Comparisons that failed late. When they outweigh the scan, the texts are
    // repetitive and the linear algorithm takes over.
    let mut wasted = 0_usize;
    let mut at = 0;
    while let Some(skip) = find_byte(starts.get(at..)?, first) {
        at += skip;
        let candidate = tail.get(at + 1..at + needle.len())?;
        if candidate == rest {
            return Some(init + at);
        }
        at += 1;
        if needle.len() > LANES {
            wasted += candidate
                .iter()
                .zip(rest)
                .take_while(|(a, b)| a == b)
                .count();
            if wasted > 8 * (at + LANES) {
                return two_way(tail.get(at..)?, needle).map(|found| init + at + found);
            }
        }
    }
    None
}

/// Crochemore and Perrin's two-way search: linear time, no table. The needle is
/// cut at a critical position; its right part is compared left to right, then its
/// left part right to left.
#[cold]
fn two_way(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let (cut_less, period_less) = maximal_suffix(needle, |a, b| a < b);
    let (cut_greater, period_greater) = maximal_suffix(needle, |a, b| a > b);
    let (cut, period) = if cut_less > cut_greater {
        (cut_less, period_less)
    } else {
        (cut_greater, period_greater)
    };
    let (left, right) = needle.split_at_checked(cut)?;
    let periodic = needle.get(period..period + cut) == Some(left);
    // A match of the left part known from the previous window (periodic needles only).
    let mut known = 0;
    let step = if periodic {
        period
    } else {
        cut.max(needle.len() - cut) + 1
    };
    let mut at = 0;
    while let Some(window) = haystack.get(at..at + needle.len()) {
        let skip = known.max(cut) - cut;
        let tail = window.get(cut + skip..)?;
        let equal = tail
            .iter()
            .zip(right.get(skip..)?)
            .take_while(|(a, b)| a == b)
            .count();
        if equal < tail.len() {
            at += skip + equal + 1;
            known = 0;
        } else if window.get(known.min(cut)..cut) == left.get(known.min(cut)..) {
            return Some(at);
        } else {
            at += step;
            known = if periodic { needle.len() - period } else { 0 };
        }
    }
    None
}

/// The start of the greatest suffix of `needle` under `before`, and its period.
fn maximal_suffix(needle: &[u8], before: impl Fn(u8, u8) -> bool) -> (usize, usize) {
    let (mut start, mut candidate, mut offset, mut period) = (0, 1, 0, 1);
    while let (Some(&new), Some(&old)) =
        (needle.get(candidate + offset), needle.get(start + offset))
    {
        if before(new, old) {
            candidate += offset + 1;
            offset = 0;
            period = candidate - start;
        } else if new == old {
            if offset + 1 == period {
                candidate += period;
                offset = 0;
            } else {
                offset += 1;
            }
        } else {
            start = candidate;
            candidate += 1;
            offset = 0;
            period = 1;
        }
    }
    (start, period)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(haystack: &[u8], needle: &[u8], init: usize) -> Option<usize> {
        (init..=haystack.len()).find(|&at| haystack[at..].starts_with(needle))
    }

    #[test]
    fn edges() {
        assert_eq!(find_plain(b"abc", b"", 3), Some(3));
        assert_eq!(find_plain(b"abc", b"", 4), None);
        assert_eq!(find_plain(b"abc", b"abcd", 0), None);
        assert_eq!(find_plain(b"abcabc", b"bc", 2), Some(4));
        assert_eq!(find_plain(b"a\0b", b"\0b", 0), Some(1));
        assert_eq!(find_byte(&[b'x'; 100], b'y'), None);
    }

    #[test]
    fn agrees_with_the_naive_search() {
        let mut seed = 12345_u32;
        let mut next = |bound: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % bound
        };
        for round in 0..4000 {
            let letters = 1 + round % 3;
            let mut text = |length| -> Vec<u8> {
                (0..length)
                    .map(|_| b'a' + u8::try_from(next(letters)).unwrap())
                    .collect()
            };
            let haystack = text(90);
            let mut needle = text(1 + round % 45);
            if round % 5 == 0 {
                needle = haystack[40..usize::try_from(41 + round % 45).unwrap()].to_vec();
            }
            let expected = naive(&haystack, &needle, 3);
            assert_eq!(find_plain(&haystack, &needle, 3), expected);
            assert_eq!(two_way(&haystack[3..], &needle).map(|at| at + 3), expected);
        }
    }

    #[test]
    fn repetitive_texts_take_linear_time() {
        let haystack = vec![b'a'; 1 << 20];
        let mut needle = vec![b'a'; 1 << 19];
        needle.push(b'b');
        assert_eq!(find_plain(&haystack, &needle, 0), None);
        needle.pop();
        needle.insert(1 << 18, b'b');
        assert_eq!(find_plain(&haystack, &needle, 0), None);
    }
}
