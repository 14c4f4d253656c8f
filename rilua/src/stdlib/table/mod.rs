//! The table library (manual §5.5) without sorting. Mirrors `ltablib.c`. Elements
//! are read and written without metamethods.

mod sort;

use super::buffer::Buffer;
use super::{Entry, direct, leave_behind, register};
use crate::heap::collect::BLACK;
use crate::heap::value::{TableRef, Type, Value};
use crate::vm::State;
use crate::vm::budget::ITEMS_PER_UNIT;
use crate::vm::error::Result;

const FUNCTIONS: [Entry; 9] = [
    ("concat", concat),
    ("foreach", foreach),
    ("foreachi", foreachi),
    ("getn", getn),
    ("maxn", maxn),
    ("insert", insert),
    ("remove", remove),
    ("setn", setn),
    ("sort", sort::sort),
];

/// Items that are paid for at once, a power of two.
const ITEMS_AT_ONCE: i32 = 64;

pub(crate) fn open(state: &mut State) -> Result<usize> {
    let before = state.natives.len();
    register(state, "table", &FUNCTIONS)?;
    state.set_shortcuts(before, &direct::TABLE);
    Ok(1)
}

/// The length of a table as a C int.
#[inline]
fn length(state: &State, t: TableRef) -> i32 {
    // A border is the key of an element, so that it is at most 2^31 - 1.
    i32::try_from(state.heap.table(t).length()).unwrap_or(i32::MAX)
}

#[inline]
fn get(state: &State, t: TableRef, i: i32) -> Value {
    state.heap.table(t).get_integer(i)
}

fn concat(state: &mut State) -> Result<usize> {
    let separator = state.optional_string(2)?;
    let t = state.check_table(1)?;
    let first = state.optional_int(3, 1)?;
    let last = if state.argument(4).is_nil() {
        length(state, t)
    } else {
        state.check_int(4)?
    };
    let mut buffer = Buffer::new(state);
    // The range ends without an overflow at 2^31 - 1, too (D38).
    for i in first..=last {
        if i & (ITEMS_AT_ONCE - 1) == 0 {
            state.charge(ITEMS_AT_ONCE as usize)?;
        }
        let v = get(state, t, i);
        if !v.is_string() && !v.is_number() {
            state.push(v);
            return Err(state.argument_error(1, "table contains non-strings"));
        }
        if !buffer.add_short(state, v) {
            state.push(v);
            buffer.add_value(state)?;
        }
        if let Some(separator) = separator
            && (i != last || fault!(LastSeparator))
        {
            buffer.add_string(state, separator)?;
        }
    }
    buffer.push_result(state)?;
    Ok(1)
}

fn foreachi(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    let count = length(state, t);
    let f = state.check_type(2, Type::Function)?;
    for i in 1..=count {
        state.charge(0)?;
        state.push(f);
        state.push(Value::number(f64::from(i)));
        let v = get(state, t, i);
        state.push(v);
        state.call(2, 1)?;
        let result = state.pop();
        if !result.is_nil() {
            return state.return_value(result);
        }
    }
    Ok(0)
}

fn foreach(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    let f = state.check_type(2, Type::Function)?;
    state.push(Value::NIL);
    loop {
        let key = state.pop();
        let table = state.heap.table(t);
        let Some(position) = table.position_after(key, &state.heap.strings) else {
            return Err(state.runtime_error("invalid key to 'next'"));
        };
        let Some((key, v, end)) = table.entry_from(position) else {
            return Ok(0);
        };
        state.charge_skipped(position, end)?;
        state.charge(0)?;
        state.push(key);
        state.push(v);
        state.push(f);
        state.push(key);
        state.push(v);
        state.call(2, 1)?;
        let result = state.pop();
        if !result.is_nil() {
            return state.return_value(result);
        }
        state.pop();
    }
}

fn maxn(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    let table = state.heap.table(t);
    let size = table.array.len() + table.nodes.len();
    state.charge(size / ITEMS_PER_UNIT)?;
    let table = state.heap.table(t);
    let last = table.array.iter().rposition(|v| !v.is_nil());
    let mut max = last.map_or(0.0, |i| (i + 1) as f64);
    let mut last = last.and_then(|i| table.array.get(i));
    for node in table.nodes.iter().filter(|node| !node.value.is_nil()) {
        last = Some(&node.value);
        if let Some(n) = node.key.as_number()
            && n > max
        {
            max = n;
        }
    }
    let last = last.copied();
    state.push(Value::number(max));
    if let Some(last) = last {
        leave_behind(state, last);
    }
    Ok(1)
}

fn getn(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    state.return_number(f64::from(length(state, t)))
}

fn setn(state: &mut State) -> Result<usize> {
    state.check_table(1)?;
    Err(state.position_error("'setn' is obsolete"))
}

fn insert(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    let end = length(state, t).wrapping_add(1);
    let position = match state.argument_count() {
        2 => end,
        3 => {
            let position = state.check_int(2)?;
            move_up(
                state,
                t,
                position.saturating_add(i32::from(fault!(InsertPosition))),
                end,
            )?;
            position
        }
        _ => return Err(state.position_error("wrong number of arguments to 'insert'")),
    };
    let v = state.argument(state.argument_count());
    state.set_integer_raw(t, position, v)?;
    Ok(0)
}

/// Moves the elements from `first` to before `end` one place up, last one first.
fn move_up(state: &mut State, t: TableRef, first: i32, end: i32) -> Result<()> {
    let mut to = end;
    while to > first {
        let array = &state.heap.table(t).array;
        if first >= 1 && to as usize <= array.len() {
            // The rest lies in the array part.
            let (from, to) = (first as usize - 1, to as usize - 1);
            state.charge((to - from) / ITEMS_PER_UNIT)?;
            let array = &mut state.heap.table_mut(t).array;
            let last = array.get(from).copied();
            array.copy_within(from..to, from + 1);
            leave_behind(state, last.unwrap_or_default());
            barrier_for(state, t, from + 1, to);
            return Ok(());
        }
        state.charge(1)?;
        let v = get(state, t, to - 1);
        leave_behind(state, v);
        state.set_integer_raw(t, to, v)?;
        to -= 1;
    }
    Ok(())
}

/// D36: any position will do, unless the table is empty.
fn remove(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    let end = length(state, t);
    let mut to = state.optional_int(2, end)?;
    if end == 0 {
        return Ok(0);
    }
    let removed = get(state, t, to);
    state.push(removed);
    while to < end {
        let array = &state.heap.table(t).array;
        if to >= 1 && end as usize <= array.len() {
            let (first, end) = (to as usize - 1, end as usize - 1);
            state.charge((end - first) / ITEMS_PER_UNIT)?;
            let array = &mut state.heap.table_mut(t).array;
            array.copy_within(first + 1..end + 1, first);
            barrier_for(state, t, first, end);
            break;
        }
        state.charge(1)?;
        let v = get(state, t, to + 1);
        state.set_integer_raw(t, to, v)?;
        to += 1;
    }
    if !fault!(RemoveLeavesLast) {
        state.set_integer_raw(t, end, Value::NIL)?;
    }
    // 5.1.1 moves everything by the slot above, the nil at last.
    state.push(Value::NIL);
    state.pop();
    Ok(1)
}

/// The barrier for what was moved within the array part, to the indices from
/// `first` to before `end`.
fn barrier_for(state: &mut State, t: TableRef, first: usize, end: usize) {
    for i in first..end {
        let table = state.heap.table(t);
        if table.mark & BLACK == 0 {
            break;
        }
        let v = table.array.get(i).copied().unwrap_or_default();
        state.heap.barrier_table(t, v);
    }
}
