//! The short form of a chunk's name that messages begin with; mirrors
//! `luaO_chunkid` of `lobject.c`.

/// Short form of `name` for a buffer of `size` bytes, terminator included (60 in
/// run-time messages, 80 in syntax errors).
///
/// `=name` is cut to fit; `@file` keeps its last bytes after `...` when it is too
/// long; anything else becomes `[string "first line"]`. Like a C string, the
/// name ends at its first zero byte.
#[must_use]
pub fn chunk_id(name: &[u8], size: usize) -> Vec<u8> {
    let name = match name.iter().position(|&byte| byte == 0) {
        Some(end) => name.get(..end).unwrap_or(name),
        None => name,
    };
    match name.split_first() {
        Some((b'=', rest)) => rest.get(..size.saturating_sub(1)).unwrap_or(rest).to_vec(),
        Some((b'@', rest)) => {
            let room = size.saturating_sub(8);
            let cut = rest.len().saturating_sub(room);
            let mut id = Vec::with_capacity(size);
            if cut > 0 {
                id.extend_from_slice(b"...");
            }
            id.extend_from_slice(rest.get(cut..).unwrap_or(rest));
            id
        }
        _ => {
            let line = name
                .split(|&byte| byte == b'\n' || byte == b'\r')
                .next()
                .unwrap_or(name);
            let shown = line
                .get(..size.saturating_sub(17 + usize::from(fault!(ChunkNameShort))))
                .unwrap_or(line);
            let mut id = b"[string \"".to_vec();
            id.extend_from_slice(shown);
            if shown.len() < name.len() {
                id.extend_from_slice(b"...");
            }
            id.extend_from_slice(b"\"]");
            id
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_to_the_buffer() {
        assert_eq!(
            chunk_id(&[b"=".as_slice(), &[b'n'; 80]].concat(), 60),
            [b'n'; 59]
        );
        assert_eq!(
            chunk_id(&[b"@".as_slice(), &[b'd'; 52]].concat(), 60),
            [b'd'; 52]
        );
        assert_eq!(
            chunk_id(&[b"@".as_slice(), &[b'd'; 53]].concat(), 60),
            [b"...".as_slice(), &[b'd'; 52]].concat()
        );
        let text = |n| [b"[string \"".as_slice(), &vec![b'q'; n], b"\"]"].concat();
        assert_eq!(chunk_id(&[b'q'; 43], 60), text(43));
        assert_eq!(
            chunk_id(&[b'q'; 44], 60),
            [b"[string \"".as_slice(), &[b'q'; 43], b"...\"]"].concat()
        );
        assert_eq!(chunk_id(b"a\nb", 60), b"[string \"a...\"]");
        assert_eq!(chunk_id(b"", 80), b"[string \"\"]");
        assert_eq!(chunk_id(b"ab\0cd", 80), b"[string \"ab\"]");
    }
}
