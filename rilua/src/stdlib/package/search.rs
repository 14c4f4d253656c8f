//! Finding the file of a module in a path of templates.

use super::{push_package_field, top};
use crate::stdlib::{standard, text_in_place};
use crate::vm::State;
use crate::vm::error::Result;

/// The text with each occurrence of `pattern` replaced (`luaL_gsub`).
pub(super) fn replace(text: &[u8], pattern: &[u8], with: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(pattern) {
            result.extend_from_slice(with);
            rest = after;
        } else if let Some((first, after)) = rest.split_first() {
            result.push(*first);
            rest = after;
        }
    }
    result
}

/// The first file that a module may be in and that can be read, by a path in the
/// package table. If there is none the complaint about all that were tried is left
/// on top.
pub(super) fn find_file(state: &mut State, name: &[u8], field: &str) -> Result<Option<Vec<u8>>> {
    let name = replace(name, b".", b"/");
    state.push_bytes(&name)?;
    push_package_field(state, field)?;
    let slot = state.heap.thread.top - 1;
    let Some(path) = text_in_place(state, slot)? else {
        let pieces: [&[u8]; 3] = [b"'package.", field.as_bytes(), b"' must be a string"];
        return Err(state.position_error_format(&pieces));
    };
    state.push_bytes(b"")?;
    for template in path.split(|&byte| byte == b';') {
        if template.is_empty() {
            continue;
        }
        state.push_bytes(template)?;
        let file = replace(template, b"?", &name);
        state.push_bytes(&file)?;
        if standard::is_readable(state, &file) {
            return Ok(Some(file));
        }
        // D53: the template and the name go before the complaint is made.
        state.pop();
        state.pop();
        state.push_format_unchecked(&[b"\n\tno file '", &file, b"'"])?;
        state.concat_top(2)?;
    }
    debug_assert!(top(state).is_string());
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing_starts_again_after_what_was_replaced() {
        assert_eq!(replace(b"a.b.c", b".", b"/"), b"a/b/c");
        assert_eq!(replace(b";;;x;;", b";;", b";\x01;"), b";\x01;;x;\x01;");
        assert_eq!(replace(b"??", b"?", b"a?"), b"a?a?");
        assert_eq!(replace(b"", b"?", b"x"), b"");
    }
}
