//! `string.format` (manual §5.4). Mirrors `str_format` of `lstrlib.c`; single
//! conversions are in `number/spec.rs`.

use super::super::buffer::{Buffer, ask_for_memory};
use super::super::pattern::find_byte;
use crate::number::{Spec, to_i32, to_i64, to_u64};
use crate::stdlib::c_text;
use crate::vm::State;
use crate::vm::error::{Error, Result};
use crate::vm::text::STRETCH;

/// From this length on a string without precision is added whole by `%s`.
const LONG_TEXT: usize = 100;

pub(super) fn format(state: &mut State) -> Result<usize> {
    let text = state.check_string(1)?;
    let mut buffer = Buffer::new(state);
    // Arguments are read by position however many there are (D34, D66).
    let mut argument = 1;
    let mut at = 0;
    loop {
        let rest = state.heap.bytes(text).get(at..).unwrap_or_default();
        let Some(escape) = find_byte(rest, b'%') else {
            buffer.text().extend_from_slice(rest);
            break;
        };
        let (literal, item) = rest.split_at_checked(escape).unwrap_or_default();
        buffer.text().extend_from_slice(literal);
        let item = item.get(1..).unwrap_or_default();
        at += escape + 1;
        if item.first() == Some(&b'%') {
            buffer.text().push(b'%');
            at += 1;
            continue;
        }
        let parsed = Spec::parse(item);
        buffer.settle(state)?;
        match parsed {
            Ok((spec, length)) => {
                at += length;
                argument += 1;
                add_item(state, &mut buffer, &spec, argument)?;
            }
            Err(error) => return Err(state.position_error(&error.to_string())),
        }
    }
    buffer.settle(state)?;
    buffer.push_result(state)?;
    Ok(1)
}

/// Appends argument `n` as `spec` says.
fn add_item(state: &mut State, buffer: &mut Buffer, spec: &Spec, n: usize) -> Result<()> {
    match spec.conversion {
        b'd' | b'i' => {
            let value = to_i64(state.check_number(n)?);
            spec.write_int(value, buffer.text());
        }
        b's' => {
            let s = state.check_string(n)?;
            let bytes = state.heap.bytes(s);
            if spec.precision.is_none() && bytes.len() >= LONG_TEXT {
                let v = state.argument(n);
                state.push(v);
                return buffer.add_value(state);
            }
            spec.write_str(bytes, buffer.text());
        }
        b'e' | b'E' | b'f' | b'g' | b'G' => {
            let value = state.check_number(n)?;
            spec.write_float(value, buffer.text());
        }
        b'o' | b'u' | b'x' | b'X' => {
            let value = to_u64(state.check_number(n)?);
            spec.write_unsigned(value, buffer.text());
        }
        b'c' => {
            let [byte, ..] = to_i32(state.check_number(n)?).to_le_bytes();
            spec.write_char(byte, buffer.text());
        }
        b'q' => {
            let s = state.check_string(n)?;
            let length = state.heap.bytes(s).len();
            state.charge_bytes(length)?;
            ask_for_memory(state, 2 * length)?;
            buffer.text().reserve(length + 2);
            buffer.text().push(b'"');
            for at in (0..length).step_by(STRETCH) {
                state.charge(0)?;
                let end = length.min(at + STRETCH);
                let stretch = state.heap.bytes(s).get(at..end);
                quote(stretch.unwrap_or_default(), buffer.text());
            }
            buffer.text().push(b'"');
        }
        other => return Err(invalid_option(state, other)),
    }
    buffer.settle(state)
}

#[cold]
fn invalid_option(state: &mut State, conversion: u8) -> Error {
    let conversion = [conversion];
    let conversion = c_text(&conversion);
    // The format has `%%` there.
    state.position_error_format(&[b"invalid option '", b"%", b"", conversion, b"' to 'format'"])
}

/// Writes what stands between the quotes so that the compiler can read it back.
fn quote(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'"' | b'\\' | b'\n' => out.extend_from_slice(&[b'\\', byte]),
            b'\r' if !fault!(QuotedReturn) => out.extend_from_slice(b"\\r"),
            0 => out.extend_from_slice(b"\\000"),
            _ => out.push(byte),
        }
    }
}
