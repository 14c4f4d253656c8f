//! `string.find`, `match`, `gmatch` and `gsub` (manual §5.4). Mirrors the pattern
//! functions of `lstrlib.c`; matching itself is in `pattern/`.

use crate::heap::sharing::Shared as Rc;
use std::ops::Range;

use super::super::buffer::{Buffer, push_part};
use super::super::library;
use super::super::pattern::{
    Anchor, Capture, Matcher, Pattern, PatternError, find_byte, find_plain, has_specials,
};
use super::relative;
use crate::heap::value::{StringRef, Value};
use crate::limits::MAX_C_STACK;
use crate::vm::State;
use crate::vm::budget::BYTES_PER_UNIT;
use crate::vm::error::{Error, Result, Stop};

/// Makes the iterator of `gmatch` known.
pub(super) fn open(state: &mut State) {
    let id = state.register_native("(gmatch iterator)", gmatch_step);
    library(&mut state.global.library).gmatch_step = Some(id);
}

#[cold]
fn pattern_error(state: &mut State, error: PatternError) -> Error {
    match error {
        PatternError::OutOfSteps => return state.out_of_budget(),
        PatternError::Interrupted => return state.stopped(Stop::Interrupt),
        _ => {}
    }
    // A `%` of the text stands for itself in C's format, but is a piece of its own.
    let text = error.message().as_bytes();
    match find_byte(text, b'%').and_then(|at| text.split_at_checked(at)) {
        Some((before, [percent, after @ ..])) => {
            state.position_error_format(&[before, &[*percent], after])
        }
        _ => state.position_error_format(&[text]),
    }
}

#[inline]
fn compiled(state: &mut State, text: StringRef, anchor: Anchor) -> Result<Rc<Pattern>> {
    let length = state.heap.bytes(text).len();
    if length >= LONG_PATTERN {
        state.charge(length)?;
        state.ask_for_room(length.saturating_mul(BYTES_PER_ITEM))?;
    }
    let hash = state.heap.strings.hash(text);
    let patterns = &mut library(&mut state.global.library).patterns;
    Ok(patterns.get(state.heap.bytes(text), hash, anchor))
}

/// Patterns shorter than this are compiled for the call itself.
const LONG_PATTERN: usize = 256;
/// Bytes that a byte of a pattern takes at most: an item, a set, a choice while matching.
const BYTES_PER_ITEM: usize = 160;

/// The first arguments, nil where they were not given.
#[inline(always)]
fn arguments<const N: usize>(state: &State) -> [Value; N] {
    let thread = &state.heap.thread;
    let given = thread.stack.get(state.base()..thread.top);
    let mut given = given.unwrap_or_default().iter().copied();
    [(); N].map(|()| given.next().unwrap_or(Value::NIL))
}

/// A match in a subject, with the matcher that knows its captures.
struct Found<'m, 'p> {
    subject: StringRef,
    range: Range<usize>,
    matcher: &'m Matcher<'p>,
}

impl Found<'_, '_> {
    /// Pushes capture `index`, from 0; the whole match if there are none and 0 is
    /// asked for.
    fn push_capture(&self, state: &mut State, index: usize) -> Result<()> {
        match self.matcher.capture(index) {
            Ok(Capture::Bytes(range)) => push_part(state, self.subject, range),
            Ok(Capture::Position(at)) => {
                let at = at + usize::from(!fault!(PositionCapture));
                state.push(Value::number(at as f64));
                Ok(())
            }
            Err(error) => Err(pattern_error(state, error)),
        }
    }

    /// Pushes all captures, or the whole match if there are none and it `stands_in`.
    fn push_captures(&self, state: &mut State, stands_in: bool) -> Result<usize> {
        let count = match self.matcher.capture_count() {
            0 if stands_in => 1,
            count => count,
        };
        // A native has room for a few values from the beginning.
        let call = state.current_call();
        let (base, end) = (call.base as usize, call.top as usize);
        let top = state.heap.thread.top + count;
        if top > end || top - base > MAX_C_STACK {
            state.need_native_stack(count, "too many captures")?;
        }
        for index in 0..count {
            self.push_capture(state, index)?;
        }
        Ok(count)
    }
}

/// The first match at or after `from`.
#[inline]
fn search<'m, 'p>(
    state: &mut State,
    subject: StringRef,
    matcher: &'m mut Matcher<'p>,
    from: usize,
) -> Result<Option<Found<'m, 'p>>> {
    let budget = state.global.budget.left.cast_unsigned();
    matcher.set_budget(budget);
    let result = matcher.find(state.heap.bytes(subject), from);
    state.global.budget.left = matcher.budget().cast_signed();
    match result {
        Ok(Some(range)) => Ok(Some(Found {
            subject,
            range,
            matcher,
        })),
        Ok(None) => Ok(None),
        Err(error) => Err(pattern_error(state, error)),
    }
}

pub(super) fn find(state: &mut State) -> Result<usize> {
    find_or_match(state, true)
}

pub(super) fn match_(state: &mut State) -> Result<usize> {
    find_or_match(state, false)
}

#[inline(always)]
fn find_or_match(state: &mut State, positions: bool) -> Result<usize> {
    let [s, p, init, plain] = arguments(state);
    // What isn't a string yet is turned into one in its place.
    let s = match s.as_string() {
        Some(s) => s,
        None => state.check_string(1)?,
    };
    let p = match p.as_string() {
        Some(p) => p,
        None => state.check_string(2)?,
    };
    let length = state.heap.bytes(s).len();
    let init = if init.is_nil() {
        0
    } else {
        let init = relative(state.check_integer(3)?, length);
        usize::try_from(init.saturating_sub(1)).map_or(0, |init| init.min(length))
    };
    if positions {
        let text = state.heap.bytes(p);
        if !plain.is_false() || !has_specials(text) {
            let needle = text.len();
            let found = find_plain(state.heap.bytes(s), text, init);
            let end = found.map_or(length, |at| at + needle);
            state.charge(end.saturating_sub(init) / BYTES_PER_UNIT)?;
            let Some(at) = found else {
                return state.return_value(Value::NIL);
            };
            state.push(Value::number((at + 1) as f64));
            state.push(Value::number(end as f64));
            return Ok(2);
        }
    }
    let pattern = compiled(state, p, Anchor::Honoured)?;
    let stop = state.global.interrupts.watch();
    let mut matcher = Matcher::watched(&pattern, &stop);
    let Some(found) = search(state, s, &mut matcher, init)? else {
        return state.return_value(Value::NIL);
    };
    let mut count = 0;
    if positions {
        state.push(Value::number((found.range.start + 1) as f64));
        state.push(Value::number(found.range.end as f64));
        count = 2;
        if found.matcher.capture_count() == 0 {
            return Ok(count);
        }
    }
    count += found.push_captures(state, !positions)?;
    Ok(count)
}

pub(super) fn gmatch(state: &mut State) -> Result<usize> {
    let s = state.check_string(1)?;
    let p = state.check_string(2)?;
    state.set_argument_count(2);
    let id = match library(&mut state.global.library).gmatch_step {
        Some(id) => id,
        None => state.find_native("(gmatch iterator)", gmatch_step),
    };
    let upvalues = [Value::string(s), Value::string(p), Value::number(0.0)];
    state.push(upvalues[2]);
    state.check_gc()?;
    let env = state.current_environment();
    let function = state.heap.new_native(id, env, upvalues.into());
    // The three are popped: the function takes the first one's slot.
    state.set_argument_count(0);
    state.return_value(Value::native(function))
}

/// The function that `gmatch` returns; its third upvalue is where it goes on.
fn gmatch_step(state: &mut State) -> Result<usize> {
    let (Some(s), Some(p)) = (
        state.native_upvalue(1).as_string(),
        state.native_upvalue(2).as_string(),
    ) else {
        return Ok(0);
    };
    let from = state.native_upvalue(3).as_number().unwrap_or(0.0) as usize;
    let pattern = compiled(state, p, Anchor::Literal)?;
    let stop = state.global.interrupts.watch();
    let mut matcher = Matcher::watched(&pattern, &stop);
    let Some(found) = search(state, s, &mut matcher, from)? else {
        return Ok(0);
    };
    // After an empty match it goes on one position further.
    let next = found.range.end.max(found.range.start + 1);
    state.set_native_upvalue(3, Value::number(next as f64));
    let count = found.push_captures(state, true)?;
    Ok(count)
}

pub(super) fn gsub(state: &mut State) -> Result<usize> {
    let given = state.has_argument(3);
    let s = state.check_string(1)?;
    let p = state.check_string(2)?;
    let length = state.heap.bytes(s).len();
    let limit = state.optional_int(4, i32::try_from(length + 1).unwrap_or(i32::MAX))?;
    let pattern = compiled(state, p, Anchor::Honoured)?;
    let stop = state.global.interrupts.watch();
    let mut matcher = Matcher::watched(&pattern, &stop);
    // Most replacements are strings without escapes.
    let literal = state
        .argument(3)
        .as_string()
        .filter(|&text| given && find_byte(state.heap.bytes(text), b'%').is_none());
    let mut buffer = Buffer::new(state);
    let mut at = 0;
    let mut count = 0;
    while count < limit.saturating_add(i32::from(fault!(GsubLimit))) {
        let Some(found) = search(state, s, &mut matcher, at)? else {
            break;
        };
        buffer.add_part(state, s, at..found.range.start)?;
        count += 1;
        match literal {
            Some(text) => buffer.add_string(state, text)?,
            None => add_replacement(state, &mut buffer, &found, given)?,
        }
        at = found.range.end;
        if found.range.is_empty() {
            if at >= length {
                break;
            }
            buffer.add_part(state, s, at..at + 1)?;
            at += 1;
        }
        if pattern.is_anchored() && !fault!(GsubAnchor) {
            break;
        }
    }
    buffer.add_part(state, s, at..length)?;
    buffer.push_result(state)?;
    state.push(Value::number(f64::from(count)));
    Ok(2)
}

/// Appends what takes the place of a match. The type of the replacement is looked at
/// each time (D33): where it was not given, a piece of the result may have come to
/// lie in its slot (D66).
fn add_replacement(
    state: &mut State,
    buffer: &mut Buffer,
    found: &Found<'_, '_>,
    given: bool,
) -> Result<()> {
    let replacement = state.argument(3);
    if replacement.is_string() || replacement.is_number() {
        let text = state.check_string(3)?;
        if given {
            return add_expanded(state, buffer, found, &Template::Interned(text));
        }
        // The piece may be joined with others and collected in the meantime.
        let copy = state.heap.bytes(text).to_vec();
        return add_expanded(state, buffer, found, &Template::Copied(copy));
    }
    if replacement.is_function() {
        state.push(replacement);
        let count = found.push_captures(state, true)?;
        state.call(count, 1)?;
    } else if replacement.is_table() {
        found.push_capture(state, 0)?;
        let slot = state.heap.thread.top - 1;
        let key = state.heap.thread.stack[slot];
        let v = state.get_index(replacement, key, None)?;
        state.heap.thread.stack[slot] = v;
    } else {
        return Err(state.argument_error(3, "string/function/table expected"));
    }
    let v = state.heap.thread.stack[state.heap.thread.top - 1];
    if v.is_false() {
        state.pop();
        push_part(state, found.subject, found.range.clone())?;
    } else if !v.is_string() && !v.is_number() {
        let kind = v.kind().name().as_bytes();
        return Err(state.position_error_format(&[b"invalid replacement value (a ", kind, b")"]));
    }
    buffer.add_value(state)
}

/// The text of a replacement with its `%1` and so on.
enum Template {
    Interned(StringRef),
    Copied(Vec<u8>),
}

impl Template {
    fn rest<'a>(&'a self, state: &'a State, at: usize) -> &'a [u8] {
        let bytes = match self {
            Template::Interned(s) => state.heap.bytes(*s),
            Template::Copied(bytes) => bytes,
        };
        bytes.get(at..).unwrap_or_default()
    }
}

fn add_expanded(
    state: &mut State,
    buffer: &mut Buffer,
    found: &Found<'_, '_>,
    template: &Template,
) -> Result<()> {
    let mut at = 0;
    loop {
        let rest = template.rest(state, at);
        let Some(escape) = find_byte(rest, b'%') else {
            buffer.text().extend_from_slice(rest);
            return buffer.settle(state);
        };
        // A `%` at the end is followed by the zero byte that ends a C string.
        let escaped = rest.get(escape + 1).copied().unwrap_or(0);
        buffer
            .text()
            .extend_from_slice(rest.get(..escape).unwrap_or_default());
        at += escape + 2;
        buffer.settle(state)?;
        match escaped {
            b'0' => buffer.add_part(state, found.subject, found.range.clone())?,
            b'1'..=b'9' => {
                found.push_capture(state, usize::from(escaped - b'1'))?;
                buffer.add_value(state)?;
            }
            _ => {
                buffer.text().push(escaped);
                buffer.settle(state)?;
            }
        }
    }
}
