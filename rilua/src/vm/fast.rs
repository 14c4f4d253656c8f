//! The fast paths of table access, as the loop takes them: for plain tables,
//! present keys and values that need no barrier. They answer "not here" in every
//! other case, and `operations.rs` does the rest.

use crate::heap::collect::BLACK;
use crate::heap::table::Table;
use crate::heap::value::{TableRef, Value};
use crate::number::exact_i32;

/// Storing this value into this table needs no barrier.
#[inline(always)]
fn is_unguarded(t: &Table, value: Value) -> bool {
    t.mark & BLACK == 0 || !value.is_collectable()
}

/// Classes above each other that a method is looked for in.
const CLASSES: usize = 8;

/// `object[name]` for a string with a known hash.
#[inline(always)]
pub(super) fn get_field(tables: &[Table], object: Value, name: Value, hash: u32) -> Option<Value> {
    let t = &tables[object.as_table()?.index()];
    let v = t.get_string(name, hash);
    if !v.is_nil() || t.metatable.is_none() {
        Some(v)
    } else {
        None
    }
}

/// `object:name` as methods are kept: in the object, or in tables that are the `__index` of
/// each other. `of_strings` is the metatable of strings.
#[inline(always)]
pub(super) fn get_method(
    tables: &[Table],
    object: Value,
    name: Value,
    hash: u32,
    of_strings: TableRef,
) -> Option<Value> {
    let mut t = match object.as_table() {
        Some(t) => &tables[t.index()],
        None if object.is_string() => &tables[known_class(tables, of_strings)?.index()],
        None => return None,
    };
    for _ in 0..CLASSES {
        let v = t.get_string(name, hash);
        if !v.is_nil() || t.metatable.is_none() {
            return Some(v);
        }
        t = &tables[known_class(tables, t.metatable)?.index()];
    }
    None
}

/// The `__index` of a metatable, if it is a table, and known.
#[inline(always)]
fn known_class(tables: &[Table], metatable: TableRef) -> Option<TableRef> {
    tables.get(metatable.index())?.class.some()
}

/// `object[name] = value` for a field that is there; true if it was done. The name isn't
/// `__index`, which is for [`Table::forget`] to see.
#[inline(always)]
pub(super) fn set_field(
    tables: &mut [Table],
    object: Value,
    name: Value,
    hash: u32,
    value: Value,
) -> bool {
    let Some(t) = object.as_table() else {
        return false;
    };
    let t = &mut tables[t.index()];
    let unguarded = is_unguarded(t, value);
    match t.find_string_mut(name, hash) {
        Some(v) if unguarded && !v.is_nil() => {
            *v = value;
            t.absent = 0;
            true
        }
        _ => false,
    }
}

/// The same for a name whose place in the hash part was never used, so that it is new.
#[inline(always)]
pub(super) fn insert_field(
    tables: &mut [Table],
    object: Value,
    name: Value,
    hash: u32,
    value: Value,
) -> bool {
    let Some(t) = object.as_table() else {
        return false;
    };
    let t = &mut tables[t.index()];
    if t.mark & BLACK != 0 || !t.metatable.is_none() {
        return false;
    }
    let place = hash as usize & t.nodes.len().wrapping_sub(1);
    match t.nodes.get_mut(place) {
        Some(node) if node.key.is_nil() => {
            node.key = name;
            node.value = value;
            t.absent = 0;
            true
        }
        _ => false,
    }
}

/// `object[key]` for a number that is in the array part.
#[inline(always)]
pub(super) fn get_item(tables: &[Table], object: Value, key: Value) -> Option<Value> {
    let n = exact_i32(key.number_bits())?;
    get_at(tables, object, (n as u32).wrapping_sub(1))
}

/// What is at this index of a table's array part.
#[inline(always)]
pub(super) fn get_at(tables: &[Table], object: Value, index: u32) -> Option<Value> {
    let t = &tables[object.as_table()?.index()];
    let v = *t.array.get(index as usize)?;
    if !v.is_nil() || t.metatable.is_none() {
        Some(v)
    } else {
        None
    }
}

/// `object[key] = value` for a number that is in the array part; true if it was done.
#[inline(always)]
pub(super) fn set_item(tables: &mut [Table], object: Value, key: Value, value: Value) -> bool {
    match exact_i32(key.number_bits()) {
        Some(n) => set_at(tables, object, (n as u32).wrapping_sub(1), value),
        None => false,
    }
}

/// Sets what is at this index of a table's array part; true if it was done.
#[inline(always)]
pub(super) fn set_at(tables: &mut [Table], object: Value, index: u32, value: Value) -> bool {
    let Some(t) = object.as_table() else {
        return false;
    };
    let t = &mut tables[t.index()];
    if !is_unguarded(t, value) || !t.metatable.is_none() {
        return false;
    }
    match t.array.get_mut(index as usize) {
        Some(v) => {
            *v = value;
            t.absent = 0;
            true
        }
        None => false,
    }
}

/// `x % y` for integers of 32 bits.
#[inline(always)]
pub(super) fn modulo(x: Value, y: Value) -> Option<Value> {
    if !x.is_number() || !y.is_number() {
        return None;
    }
    let (x, y) = (exact_i32(x.number_bits())?, exact_i32(y.number_bits())?);
    let remainder = x.checked_rem(y)?;
    let other_sign = remainder != 0 && (remainder ^ y) < 0;
    let result = if other_sign { remainder + y } else { remainder };
    Some(Value::arithmetic(f64::from(result)))
}
