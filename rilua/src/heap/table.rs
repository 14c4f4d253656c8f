//! Tables: an array part, a hash part, and the rules by which keys move between
//! them. Mirrors `ltable.c` exactly, because the order of `pairs`, the result of
//! `#` and the memory a table is charged for follow from it.
//!
//! The hash part is a chained scatter table with Brent's variation: a key that
//! is not in its main position is only there because that position is held by
//! another key whose main position it is. `last_free` only goes down between two
//! rehashes.
//!
//! Nothing here knows metatables or the collector's barriers; callers do.

pub(crate) use super::memory::Memory;
use super::memory::{is_pooled_array, is_pooled_hash};
use super::string::Strings;
use super::value::{TableRef, Unpacked, Value};
use crate::number::exact_i32;

/// End of a chain of nodes.
pub(crate) const END: u32 = u32::MAX;

#[derive(Clone, Copy)]
pub(crate) struct Node {
    pub(crate) key: Value,
    pub(crate) value: Value,
    pub(crate) next: u32,
}

pub(super) const EMPTY: Node = Node {
    key: Value::NIL,
    value: Value::NIL,
    next: END,
};

/// Bytes 5.1.1 allocates.
pub(crate) const TABLE_BYTES: usize = 64;
pub(crate) const SLOT_BYTES: usize = 16;
pub(crate) const NODE_BYTES: usize = 40;

pub(crate) struct Table {
    pub(crate) array: Box<[Value]>,
    /// Empty, or a power of two of nodes.
    pub(crate) nodes: Box<[Node]>,
    pub(crate) metatable: TableRef,
    pub(super) last_free: u32,
    /// What the field `__index` is, if that is known and a table.
    pub(crate) class: TableRef,
    /// Bit `e` set: this table, as a metatable, has no field for event `e`. Whatever stores
    /// something clears these.
    pub(crate) absent: u8,
    pub(crate) mark: u8,
}

/// The hash of `__index`.
pub(crate) const INDEX_HASH: u32 = 0x761d_f46e;

/// A place in a table: an index into the array part, or into the nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slot(u32);

const NODE_SLOT: u32 = 1 << 31;

/// Why a key can't be stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum KeyError {
    Nil,
    NaN,
    /// More than 2^26 nodes.
    Overflow,
    /// The table can't grow.
    Memory,
    /// It may not.
    Limit,
    /// Somebody asked for the end of the run while it grew; it is as it was.
    Stopped,
}

/// The hash of a number before the remainder: 5.1.1 adds 1 so that 0 and -0 meet (D39).
#[inline(always)]
fn hash_number(n: f64) -> u32 {
    let bits = (n + f64::from(u8::from(!fault!(NumberHash)))).to_bits();
    (bits as u32).wrapping_add((bits >> 32) as u32)
}

/// The integer a number key stands for in the array part, if it is one.
#[inline(always)]
pub(crate) fn array_index(key: Value) -> Option<i32> {
    if key.is_number() {
        exact_i32(key.number_bits())
    } else {
        None
    }
}

impl Table {
    /// A table with room for `array` items and `hash` keys; the caller charges
    /// [`Table::bytes`].
    #[inline]
    pub(crate) fn new(array: usize, hash: usize, mark: u8, memory: &mut Memory) -> Table {
        let array = if array == 0 {
            Box::default()
        } else {
            memory.take_array(array)
        };
        let nodes: Box<[Node]> = if hash == 0 {
            Box::default()
        } else {
            memory.take_nodes(hash.next_power_of_two())
        };
        Table {
            last_free: nodes.len() as u32,
            array,
            nodes,
            metatable: TableRef::NONE,
            class: TableRef::NONE,
            absent: u8::MAX,
            mark,
        }
    }

    /// The node before which the search for a free one starts.
    pub(crate) fn last_free(&self) -> u32 {
        self.last_free
    }

    /// Bytes charged for the table and its parts.
    pub(crate) fn bytes(&self) -> usize {
        TABLE_BYTES + SLOT_BYTES * self.array.len() + NODE_BYTES * self.nodes.len()
    }

    /// What the collector counts as work for traversing the table; 5.1.1 counts
    /// the shared dummy node of an empty hash part too.
    pub(crate) fn traversal_cost(&self) -> usize {
        TABLE_BYTES + SLOT_BYTES * self.array.len() + NODE_BYTES * self.nodes.len().max(1)
    }

    /// Ends the table. Small parts stay where they are, for the next table in this slot
    /// of the arena is mostly one of the same shape; [`Table::begin`] finds them.
    #[inline]
    pub(crate) fn release(&mut self, memory: &mut Memory) {
        if !is_pooled_array(self.array.len()) {
            memory.give_array(core::mem::take(&mut self.array));
        }
        if !is_pooled_hash(self.nodes.len()) {
            memory.give_nodes(core::mem::take(&mut self.nodes));
        }
    }

    /// Lets go of the parts that a released table has kept.
    #[cold]
    pub(super) fn drop_parts(&mut self, memory: &mut Memory) {
        memory.give_array(core::mem::take(&mut self.array));
        memory.give_nodes(core::mem::take(&mut self.nodes));
    }

    /// Makes a released table a new one; the caller charges [`Table::bytes`].
    #[inline]
    pub(crate) fn begin(&mut self, array: usize, hash: usize, mark: u8, memory: &mut Memory) {
        if self.array.len() == array {
            self.array.fill(Value::NIL);
        } else {
            memory.give_array(core::mem::take(&mut self.array));
            if array != 0 {
                self.array = memory.take_array(array);
            }
        }
        let hash = if hash == 0 {
            0
        } else {
            hash.next_power_of_two()
        };
        if self.nodes.len() == hash {
            self.nodes.fill(EMPTY);
        } else {
            memory.give_nodes(core::mem::take(&mut self.nodes));
            if hash != 0 {
                self.nodes = memory.take_nodes(hash);
            }
        }
        self.last_free = hash as u32;
        self.metatable = TableRef::NONE;
        self.class = TableRef::NONE;
        self.absent = u8::MAX;
        self.mark = mark;
    }

    #[inline(always)]
    fn main_position(&self, key: Value, strings: &Strings) -> usize {
        let n = self.nodes.len();
        match key.unpack() {
            Unpacked::String(s) => strings.hash(s) as usize & n.wrapping_sub(1),
            Unpacked::Number(x) => hash_number(x) as usize % (n.wrapping_sub(1) | 1),
            Unpacked::Boolean(b) => usize::from(b) & n.wrapping_sub(1),
            _ => {
                let number = key.identity().wrapping_mul(strings.spread);
                number as usize % (n.wrapping_sub(1) | 1)
            }
        }
    }

    #[inline(always)]
    fn find_from(&self, position: usize, key: Value) -> Option<u32> {
        let mut i = position as u32;
        while let Some(n) = self.nodes.get(i as usize) {
            if n.key.raw_equals(key) {
                return Some(i);
            }
            i = n.next;
        }
        None
    }

    /// The place of a string key whose hash is known.
    #[inline(always)]
    pub(crate) fn find_string(&self, key: Value, hash: u32) -> Option<&Node> {
        let mut i = hash as usize & self.nodes.len().wrapping_sub(1);
        loop {
            let n = self.nodes.get(i)?;
            if n.key == key {
                return Some(n);
            }
            i = n.next as usize;
        }
    }

    /// The same for writing.
    #[inline(always)]
    pub(crate) fn find_string_mut(&mut self, key: Value, hash: u32) -> Option<&mut Value> {
        let mut i = hash as usize & self.nodes.len().wrapping_sub(1);
        loop {
            let n = self.nodes.get(i)?;
            if n.key == key {
                break;
            }
            i = n.next as usize;
        }
        self.nodes.get_mut(i).map(|n| &mut n.value)
    }

    /// `t[key]` without metamethods, for a string key whose hash is known.
    #[inline(always)]
    pub(crate) fn get_string(&self, key: Value, hash: u32) -> Value {
        self.find_string(key, hash).map_or(Value::NIL, |n| n.value)
    }

    /// Something is stored under any key, `__index` maybe.
    #[inline(always)]
    pub(crate) fn forget(&mut self) {
        self.class = TableRef::NONE;
        self.absent = 0;
    }

    /// The field `__index`, whose name and hash are given, if it is a table.
    #[inline(always)]
    pub(crate) fn class(&mut self, index: (Value, u32)) -> Option<TableRef> {
        if self.class.is_none() {
            self.class = self.get_string(index.0, index.1).as_table()?;
        }
        self.class.some()
    }

    /// `t[key]` without metamethods, for an integer key.
    #[inline]
    pub(crate) fn get_integer(&self, key: i32) -> Value {
        if let Some(v) = self.array.get((key as u32).wrapping_sub(1) as usize) {
            return *v;
        }
        if self.nodes.is_empty() {
            return Value::NIL;
        }
        let n = f64::from(key);
        let position = hash_number(n) as usize % ((self.nodes.len() - 1) | 1);
        match self.find_from(position, Value::number(n)) {
            Some(i) => self.nodes[i as usize].value,
            None => Value::NIL,
        }
    }

    /// `t[key]` without metamethods.
    #[inline]
    pub(crate) fn get(&self, key: Value, strings: &Strings) -> Value {
        match self.find(key, strings) {
            Some(slot) => self.value(slot),
            None => Value::NIL,
        }
    }

    /// Where a key is stored, if it is.
    #[inline]
    pub(crate) fn find(&self, key: Value, strings: &Strings) -> Option<Slot> {
        if let Some(i) = array_index(key) {
            let i = (i as u32).wrapping_sub(1);
            if (i as usize) < self.array.len() {
                return Some(Slot(i));
            }
        } else if key.is_nil() {
            return None;
        }
        self.find_from(self.main_position(key, strings), key)
            .map(|i| Slot(i | NODE_SLOT))
    }

    #[inline(always)]
    pub(crate) fn value(&self, slot: Slot) -> Value {
        if slot.0 & NODE_SLOT == 0 {
            self.array
                .get(slot.0 as usize)
                .copied()
                .unwrap_or(Value::NIL)
        } else {
            self.nodes
                .get((slot.0 ^ NODE_SLOT) as usize)
                .map_or(Value::NIL, |n| n.value)
        }
    }

    #[inline(always)]
    pub(crate) fn put(&mut self, slot: Slot, value: Value) {
        if slot.0 & NODE_SLOT == 0 {
            if let Some(v) = self.array.get_mut(slot.0 as usize) {
                *v = value;
            }
        } else if let Some(n) = self.nodes.get_mut((slot.0 ^ NODE_SLOT) as usize) {
            n.value = value;
        }
    }

    /// The place of a key, made if it isn't there (its value is then nil).
    /// The `bool` says that the key is new, for the collector's barrier.
    pub(crate) fn slot_for(
        &mut self,
        key: Value,
        strings: &Strings,
        memory: &mut Memory,
    ) -> Result<(Slot, bool), KeyError> {
        if let Some(slot) = self.find(key, strings) {
            return Ok((slot, false));
        }
        match key.unpack() {
            Unpacked::Nil => return Err(KeyError::Nil),
            Unpacked::Number(n) if n.is_nan() => return Err(KeyError::NaN),
            _ => {}
        }
        self.new_key(key, strings, memory).map(|slot| (slot, true))
    }

    fn free_position(&mut self) -> Option<usize> {
        if fault!(FreeNode) {
            return self.nodes.iter().position(|node| node.key.is_nil());
        }
        while self.last_free > 0 {
            self.last_free -= 1;
            if self.nodes[self.last_free as usize].key.is_nil() {
                return Some(self.last_free as usize);
            }
        }
        None
    }

    /// Inserts a key that is not there.
    pub(super) fn new_key(
        &mut self,
        key: Value,
        strings: &Strings,
        memory: &mut Memory,
    ) -> Result<Slot, KeyError> {
        let mut place = self.main_position(key, strings);
        if self.nodes.get(place).is_none_or(|n| !n.value.is_nil()) {
            let Some(free) = self.free_position() else {
                self.rehash(key, strings, memory)?;
                return match self.find(key, strings) {
                    Some(slot) => Ok(slot),
                    None => self.new_key(key, strings, memory),
                };
            };
            let mut other = self.main_position(self.nodes[place].key, strings);
            if other == place || fault!(GuestStays) {
                // The colliding key is at home: the new one goes to the free node.
                self.nodes[free].next = self.nodes[place].next;
                self.nodes[place].next = free as u32;
                place = free;
            } else {
                // It is a guest: it moves to the free node.
                while let Some(n) = self.nodes.get(other) {
                    if n.next as usize == place {
                        break;
                    }
                    other = n.next as usize;
                }
                if let Some(n) = self.nodes.get_mut(other) {
                    n.next = free as u32;
                }
                self.nodes[free] = self.nodes[place];
                self.nodes[place].next = END;
                self.nodes[place].value = Value::NIL;
            }
        }
        self.nodes[place].key = key;
        Ok(Slot(place as u32 | NODE_SLOT))
    }

    /// A border of the table (manual §2.5.5): the one 5.1.1 finds.
    #[inline]
    pub(crate) fn length(&self) -> usize {
        let size = self.array.len();
        match self.array.last() {
            Some(v) if v.is_nil() => {
                let (mut low, mut high) = (0, size);
                while high - low > 1 {
                    let middle = (low + high) / 2;
                    if self.array[middle - 1].is_nil() {
                        high = middle;
                    } else {
                        low = middle;
                    }
                }
                low
            }
            _ if self.nodes.is_empty() || fault!(LengthOfArray) => size,
            _ => self.unbound_search(size as u32),
        }
    }

    /// The same for an array part that is full, or ends with the last of the values in it,
    /// without keys beyond.
    #[inline(always)]
    pub(crate) fn plain_length(&self) -> Option<usize> {
        match self.array.last() {
            Some(v) if v.is_nil() => None,
            _ if self.nodes.is_empty() => Some(self.array.len()),
            _ => None,
        }
    }

    #[cold]
    #[inline(never)]
    fn unbound_search(&self, start: u32) -> usize {
        let mut low = start;
        let mut high = start + 1;
        while !self.get_integer(high as i32).is_nil() {
            low = high;
            high = high.wrapping_mul(2);
            if high > i32::MAX as u32 {
                // Built to defeat doubling: search one by one.
                let mut i = 1;
                while !self.get_integer(i).is_nil() {
                    i += 1;
                }
                return (i - 1) as usize;
            }
        }
        while high - low > 1 {
            let middle = (low + high) / 2;
            if self.get_integer(middle as i32).is_nil() {
                high = middle;
            } else {
                low = middle;
            }
        }
        low as usize
    }

    /// The position after `key` in traversal order; `None` for an unknown key.
    /// Positions count the array part first, then the nodes.
    pub(crate) fn position_after(&self, key: Value, strings: &Strings) -> Option<usize> {
        if key.is_nil() {
            return Some(0);
        }
        if let Some(i) = array_index(key)
            && i > 0
            && i as usize <= self.array.len()
        {
            return Some(i as usize);
        }
        let mut i = self.main_position(key, strings) as u32;
        let dead = if key.is_collectable() {
            key.as_dead_key()
        } else {
            Value::NIL
        };
        while let Some(n) = self.nodes.get(i as usize) {
            if n.key.raw_equals(key) || (n.key == dead && key.is_collectable()) {
                return Some(self.array.len() + i as usize + 1);
            }
            i = n.next;
        }
        None
    }

    /// The first entry at or after a position, and the position that follows it.
    #[inline]
    pub(crate) fn entry_from(&self, mut position: usize) -> Option<(Value, Value, usize)> {
        while let Some(v) = self.array.get(position) {
            position += 1;
            if !v.is_nil() {
                return Some((Value::number(position as f64), *v, position));
            }
        }
        let mut i = position - self.array.len();
        while let Some(n) = self.nodes.get(i) {
            i += 1;
            if !n.value.is_nil() {
                return Some((n.key, n.value, self.array.len() + i));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct World {
        strings: Strings,
        memory: Memory,
        table: Table,
    }

    impl World {
        fn new(array: usize, hash: usize) -> World {
            let mut memory = Memory::new();
            let table = Table::new(array, hash, 0, &mut memory);
            World {
                strings: Strings::new(),
                memory,
                table,
            }
        }
        fn set(&mut self, key: Value, value: f64) {
            let (slot, _) = self
                .table
                .slot_for(key, &self.strings, &mut self.memory)
                .unwrap();
            self.table.put(slot, Value::number(value));
        }
        fn set_number(&mut self, key: f64) {
            self.set(Value::number(key), key);
        }
        fn name(&mut self, s: &str) -> Value {
            let (r, _) = self
                .strings
                .add(s.as_bytes(), Strings::hash_of(s.as_bytes()), 0);
            Value::string(r)
        }
        fn keys(&self) -> Vec<f64> {
            let mut at = 0;
            let mut keys = Vec::new();
            while let Some((k, _, next)) = self.table.entry_from(at) {
                keys.push(k.as_number().unwrap());
                at = next;
            }
            keys
        }
    }

    #[test]
    fn the_hash_of_index() {
        assert_eq!(crate::syntax::lua_hash(b"__index"), INDEX_HASH);
    }

    // DIFFERENCES.md 2.2: the hash of numbers before the remainder.
    #[test]
    fn number_hash() {
        for (n, hash) in [
            (0.0, 0x3ff0_0000),
            (-0.0, 0x3ff0_0000),
            (-1.0, 0),
            (1.0, 0x4000_0000),
            (2.0, 0x4008_0000),
            (0.5, 0x3ff8_0000),
            (-2.0, 0xbff0_0000),
            (100.0, 0x4059_4000),
            (1e15, 0x6940_6bfd),
            (1e300, 0x0638_59d8),
            (f64::INFINITY, 0x7ff0_0000),
        ] {
            assert_eq!(hash_number(n), hash, "{n}");
        }
    }

    // D39: the three orders that 5.1.1 prints.
    #[test]
    fn traversal_order_of_numbers() {
        let mut w = World::new(0, 0);
        (1..=10).for_each(|i| w.set_number(f64::from(-i)));
        assert_eq!(
            w.keys(),
            [-1., -10., -6., -4., -7., -8., -2., -3., -5., -9.]
        );
        let mut w = World::new(0, 0);
        (1..=10).for_each(|i| w.set_number(f64::from(i * 10)));
        assert_eq!(
            w.keys(),
            [60., 80., 40., 70., 50., 100., 20., 90., 10., 30.]
        );
        let mut w = World::new(0, 0);
        (1..=8).for_each(|i| w.set_number(f64::from(i) + 0.5));
        assert_eq!(w.keys(), [7.5, 8.5, 3.5, 4.5, 2.5, 6.5, 5.5, 1.5]);
    }

    // DIFFERENCES.md 2.2: `#` after erasing, and of {1, 2, [4] = 4} filled one by one.
    #[test]
    fn borders() {
        let mut w = World::new(0, 0);
        (1..=16).for_each(|i| w.set_number(f64::from(i)));
        let erase = |w: &mut World, i: usize| w.table.array[i - 1] = Value::NIL;
        erase(&mut w, 8);
        assert_eq!(w.table.length(), 16);
        erase(&mut w, 16);
        assert_eq!(w.table.length(), 7);
        erase(&mut w, 15);
        assert_eq!(w.table.length(), 7);
        let mut w = World::new(0, 0);
        [1., 2., 4.].iter().for_each(|&i| w.set_number(i));
        assert_eq!(w.table.length(), 4);
    }

    #[test]
    fn growth_moves_integers_to_the_array_part() {
        let mut w = World::new(0, 0);
        w.set_number(1.0);
        assert_eq!((w.table.array.len(), w.table.nodes.len()), (1, 0));
        w.set_number(2.0);
        w.set_number(3.0);
        assert_eq!((w.table.array.len(), w.table.nodes.len()), (4, 0));
        assert_eq!(w.memory.total, 4 * SLOT_BYTES);
        w.set_number(1000.0);
        assert_eq!((w.table.array.len(), w.table.nodes.len()), (4, 1));
    }

    #[test]
    fn keys_that_cannot_be() {
        let mut w = World::new(0, 0);
        let strings = Strings::new();
        let mut set = |k| w.table.slot_for(k, &strings, &mut w.memory).map(|_| ());
        assert_eq!(set(Value::NIL), Err(KeyError::Nil));
        assert_eq!(set(Value::number(f64::NAN)), Err(KeyError::NaN));
        assert_eq!(set(Value::number(-0.0)), Ok(()));
    }

    #[test]
    fn zero_and_minus_zero_are_one_key() {
        let mut w = World::new(0, 0);
        w.set_number(0.0);
        w.set_number(-0.0);
        assert_eq!(w.keys().len(), 1);
    }

    #[test]
    fn strings_are_found_by_hash() {
        let mut w = World::new(0, 0);
        let names: Vec<Value> = (0..100).map(|i| w.name(&format!("name{i}"))).collect();
        for (i, &k) in names.iter().enumerate() {
            w.set(k, i as f64);
        }
        for (i, &k) in names.iter().enumerate() {
            let s = k.as_string().unwrap();
            let v = w.table.get_string(k, w.strings.hash(s));
            assert_eq!(v.as_number(), Some(i as f64));
        }
        assert_eq!(w.table.nodes.len(), 128);
    }

    #[test]
    fn a_dead_key_is_found_by_next() {
        let mut w = World::new(0, 2);
        let key = Value::table(TableRef(5));
        w.set(key, 1.0);
        let at = w.table.position_after(key, &w.strings).unwrap();
        let node = w.table.nodes.iter_mut().find(|n| n.key == key).unwrap();
        node.value = Value::NIL;
        node.key = key.as_dead_key();
        assert_eq!(w.table.position_after(key, &w.strings), Some(at));
        assert_eq!(w.table.find(key, &w.strings), None);
    }

    #[test]
    fn tables_are_small() {
        assert_eq!(size_of::<Table>(), 48);
        assert_eq!(size_of::<Node>(), 24);
    }
}
