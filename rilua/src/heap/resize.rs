//! How the parts of tables grow and shrink: `rehash` and `resize` of `ltable.c`.
//!
//! Large parts take long to fill. In between it is asked whether somebody wants the run to
//! end; then the table becomes what it was.

use super::memory::{Memory, is_pooled_array};
use super::string::Strings;
use super::table::{KeyError, Node, Table, array_index};
use super::value::Value;
use crate::compiler::array_size;
use crate::limits::MAX_ARRAY_BITS;

/// Items or nodes between two such questions.
const STRETCH: usize = 1 << 15;

fn ceil_log2(x: u32) -> usize {
    (32 - (x - 1).leading_zeros()) as usize
}

impl Table {
    /// Makes room for one more key: counts what there is and chooses new sizes.
    #[cold]
    #[inline(never)]
    pub(super) fn rehash(
        &mut self,
        extra: Value,
        strings: &Strings,
        memory: &mut Memory,
    ) -> Result<(), KeyError> {
        let mut slices = [0u32; MAX_ARRAY_BITS as usize + 1];
        let mut count = |key: Value| match array_index(key) {
            Some(i) if 0 < i && i <= 1 << MAX_ARRAY_BITS => {
                slices[ceil_log2(i as u32)] += 1;
                1
            }
            _ => 0,
        };
        let mut integers = 0;
        let mut total = 0;
        for nodes in self.nodes.chunks(STRETCH) {
            for n in nodes.iter().filter(|n| !n.value.is_nil()) {
                integers += count(n.key);
                total += 1;
            }
            memory.go_on(nodes.len() == STRETCH)?;
        }
        integers += count(extra);
        total += 1 + u32::from(fault!(KeyCountedTwice));
        let mut start = 0;
        for (slice, counter) in slices.iter_mut().enumerate() {
            let end = (1usize << slice).min(self.array.len());
            if start >= end {
                break;
            }
            for values in self.array[start..end].chunks(STRETCH) {
                let used = values.iter().filter(|v| !v.is_nil()).count() as u32;
                *counter += used;
                integers += used;
                total += used;
                memory.go_on(values.len() == STRETCH)?;
            }
            start = end;
        }
        let (array, in_array) = array_size(&slices, integers);
        self.resize(array as usize, (total - in_array) as usize, strings, memory)
    }

    /// Grows the array part to exactly `array` items, keeping the hash part's size.
    pub(crate) fn resize_array(
        &mut self,
        array: usize,
        strings: &Strings,
        memory: &mut Memory,
    ) -> Result<(), KeyError> {
        self.resize(array, self.nodes.len(), strings, memory)
    }

    fn resize(
        &mut self,
        array: usize,
        hash: usize,
        strings: &Strings,
        memory: &mut Memory,
    ) -> Result<(), KeyError> {
        if hash > 1 << MAX_ARRAY_BITS {
            return Err(KeyError::Overflow);
        }
        let growth = if array > self.array.len() { array } else { 0 };
        if !Memory::has_room(growth, hash) {
            return Err(KeyError::Memory);
        }
        if !memory.allows_parts(growth, hash) {
            return Err(KeyError::Limit);
        }
        let before = self.bytes();
        let mut vanishing: Box<[Value]> = Box::default();
        let old_array = self.array.len();
        if array > old_array {
            self.grow_array(array, memory)?;
        } else if array < old_array {
            let mut kept = memory.take_array(array);
            kept.copy_from_slice(&self.array[..array]);
            vanishing = core::mem::replace(&mut self.array, kept);
        }
        let nodes: Box<[Node]> = if hash == 0 {
            Box::default()
        } else {
            memory.take_nodes(hash.next_power_of_two())
        };
        let old_free = core::mem::replace(&mut self.last_free, nodes.len() as u32);
        let old = core::mem::replace(&mut self.nodes, nodes);
        let moved = self.move_entries(array, &vanishing, &old, strings, memory);
        if moved == Err(KeyError::Stopped) {
            if array > old_array {
                self.cut_array(old_array, memory);
            } else if array < old_array {
                memory.give_array(core::mem::replace(&mut self.array, vanishing));
            }
            memory.give_nodes(core::mem::replace(&mut self.nodes, old));
            self.last_free = old_free;
            return moved;
        }
        memory.total = (memory.total + self.bytes()).saturating_sub(before);
        moved?;
        memory.give_array(vanishing);
        memory.give_nodes(old);
        Ok(())
    }

    /// Stores what was in the items of an array from `kept` on, and in nodes.
    fn move_entries(
        &mut self,
        kept: usize,
        vanishing: &[Value],
        nodes: &[Node],
        strings: &Strings,
        memory: &mut Memory,
    ) -> Result<(), KeyError> {
        for (i, v) in vanishing.iter().enumerate().skip(kept) {
            if !v.is_nil() {
                self.reinsert(Value::number((i + 1) as f64), *v, strings, memory)?;
            }
            memory.go_on(i % STRETCH == STRETCH - 1)?;
        }
        for nodes in nodes.rchunks(STRETCH) {
            for n in nodes.iter().rev() {
                if !n.value.is_nil() {
                    self.reinsert(n.key, n.value, strings, memory)?;
                }
            }
            memory.go_on(nodes.len() == STRETCH)?;
        }
        Ok(())
    }

    fn grow_array(&mut self, size: usize, memory: &mut Memory) -> Result<(), KeyError> {
        let old = core::mem::take(&mut self.array);
        if is_pooled_array(size) {
            let mut new = memory.take_array(size);
            new[..old.len()].copy_from_slice(&old);
            self.array = new;
            memory.give_array(old);
            return Ok(());
        }
        let before = old.len();
        let mut v = old.into_vec();
        memory.add_part((size - before) * size_of::<Value>());
        v.reserve_exact(size - before);
        let mut stopped = Ok(());
        while v.len() < size && stopped.is_ok() {
            let more = (size - v.len()).min(STRETCH);
            v.resize(v.len() + more, Value::NIL);
            stopped = memory.go_on(more == STRETCH);
        }
        if stopped.is_err() {
            v.truncate(before);
            memory.remove_part((size - before) * size_of::<Value>());
        }
        self.array = v.into_boxed_slice();
        stopped
    }

    /// Makes a grown array as long again as it was.
    #[cold]
    fn cut_array(&mut self, size: usize, memory: &mut Memory) {
        let mut v = core::mem::take(&mut self.array).into_vec();
        memory.remove_part((v.len() - size) * size_of::<Value>());
        v.truncate(size);
        self.array = v.into_boxed_slice();
    }

    fn reinsert(
        &mut self,
        key: Value,
        value: Value,
        strings: &Strings,
        memory: &mut Memory,
    ) -> Result<(), KeyError> {
        let slot = match self.find(key, strings) {
            Some(slot) => slot,
            None => self.new_key(key, strings, memory)?,
        };
        self.put(slot, value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// After so many questions the answer is yes.
    fn impatient(memory: &mut Memory, patience: usize) -> Arc<AtomicUsize> {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        memory.watch = Some(Box::new(move || {
            count.fetch_add(1, Ordering::Relaxed) >= patience
        }));
        asked
    }

    fn entries(table: &Table) -> Vec<(Value, Value)> {
        let mut at = 0;
        let mut entries = Vec::new();
        while let Some((key, value, next)) = table.entry_from(at) {
            entries.push((key, value));
            at = next;
        }
        entries
    }

    /// A table of 2^17 entries grows in many steps, and after none of them an end of the run
    /// changes anything in it, nor what is charged for it.
    #[test]
    fn a_growing_table_can_be_left() {
        const ENTRIES: u32 = 1 << 17;
        let strings = Strings::new();
        // Keys of the array part, of the hash part, and those that move to the array part.
        let kinds: [fn(u32) -> f64; 3] = [
            |i| f64::from(i + 1),
            |i| f64::from(i) + 0.5,
            |i| f64::from(ENTRIES - i),
        ];
        for (kind, key_of) in kinds.into_iter().enumerate() {
            let mut memory = Memory::new();
            let mut table = Table::new(0, 0, 0, &mut memory);
            let set = |table: &mut Table, memory: &mut Memory, i| {
                let key = Value::number(key_of(i));
                let slot = table.slot_for(key, &strings, memory).map(|(slot, _)| slot);
                slot.map(|slot| table.put(slot, key))
            };
            let mut i = 0;
            let full = loop {
                let grown = table.bytes();
                set(&mut table, &mut memory, i).unwrap();
                i += 1;
                if grown != table.bytes() && i > ENTRIES / 2 {
                    break table.bytes();
                }
                assert!(i < ENTRIES, "kind {kind} does not grow any more");
            };
            assert!(full > 1 << 20);
            // On to the last key that it has room for.
            loop {
                impatient(&mut memory, 0);
                if set(&mut table, &mut memory, i).is_err() {
                    break;
                }
                i += 1;
            }
            let before = (entries(&table), table.bytes(), memory.total, memory.parts);
            let mut patience = 0;
            loop {
                let asked = impatient(&mut memory, patience);
                let stopped = set(&mut table, &mut memory, i);
                if stopped.is_ok() {
                    assert_eq!(asked.load(Ordering::Relaxed), patience);
                    break;
                }
                assert_eq!(stopped, Err(KeyError::Stopped));
                let now = (entries(&table), table.bytes(), memory.total, memory.parts);
                assert!(before == now, "kind {kind} after {patience} questions");
                patience += 1;
            }
            assert!(patience >= 3, "kind {kind}: {patience} questions");
            assert_eq!(entries(&table).len(), i as usize + 1);
        }
    }
}
