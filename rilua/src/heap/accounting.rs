//! Real memory: what the heap holds from the allocator, in bytes, beside the exact
//! accounting of 5.1.1 (`memory.total`). An embedder's limit is about this figure.
//!
//! Invariants, cited by number:
//!
//! 1. [`Memory::parts`] counts what objects keep outside their slots where it is
//!    allocated and freed: parts of tables (those kept for reuse included), bytes of
//!    strings, prototypes, blocks of upvalues, userdata, and what is being built.
//! 2. Slots are counted by the capacity of their arenas, stacks of coroutines by theirs,
//!    whenever someone looks. While there is a limit, arenas don't grow between two
//!    looks: each look makes room for all that can be charged before the next one.
//! 3. A look is due when `memory.total` has reached `look_at`; the collector's threshold
//!    never is above that, so that looks cost nothing when there is no limit.
//! 4. What may be large asks for room before it is allocated, and what is refused was
//!    not begun.

use super::memory::Memory;
use super::thread::{CallInfo, Thread};
use super::value::Value;
use super::{Arena, Heap};

/// Bytes of charges between two looks, at least and at most.
const SHORTEST_INTERVAL: usize = 2 << 10;
const LONGEST_INTERVAL: usize = 1 << 20;

/// Bytes that an interval can take for each byte charged in it: room is made for slots of
/// all kinds of objects (tables of 64 bytes that are charged 64, strings of 40 charged 25,
/// …, eight bytes together), and coroutines have twice what they are charged beside theirs.
const BYTES_PER_CHARGE: usize = 16;

impl Memory {
    /// More is held outside slots.
    #[inline(always)]
    pub(crate) fn add_part(&mut self, bytes: usize) {
        self.parts += bytes;
    }

    /// Less is.
    #[inline(always)]
    pub(crate) fn remove_part(&mut self, bytes: usize) {
        self.parts = self.parts.saturating_sub(bytes);
    }

    /// Slots were made since the last look.
    pub(crate) fn add_slots(&mut self, bytes: usize) {
        self.slots += bytes;
    }

    /// May so many bytes more be allocated? (Invariant 4.)
    #[inline]
    pub(crate) fn allows(&self, bytes: usize) -> bool {
        self.limit == usize::MAX
            || self.slots.saturating_add(self.parts).saturating_add(bytes) <= self.limit
                && !self.is_refused()
    }

    #[cfg(not(test))]
    #[inline(always)]
    fn is_refused(&self) -> bool {
        false
    }

    /// Tests have everything refused from some question on.
    #[cfg(test)]
    fn is_refused(&self) -> bool {
        match self.refuse_after.get() {
            Some(0) => true,
            Some(n) => {
                self.refuse_after.set(Some(n - 1));
                false
            }
            None => false,
        }
    }
}

/// Lets go of free slots at the end of an arena.
pub(super) fn trim<T>(items: &mut Vec<T>, free: &mut Vec<u32>) {
    let mut is_free = vec![false; items.len()];
    for &i in &*free {
        if let Some(flag) = is_free.get_mut(i as usize) {
            *flag = true;
        }
    }
    let last = is_free.iter().rposition(|free| !free);
    items.truncate(last.map_or(0, |last| last + 1));
    free.retain(|&i| (i as usize) < items.len());
    items.shrink_to_fit();
    free.shrink_to_fit();
}

/// Makes room for `more` items beyond the free ones, and for slots that become free.
pub(super) fn make_room<T>(items: &mut Vec<T>, free: &mut Vec<u32>, more: usize) {
    let wanted = more.saturating_sub(free.len());
    if items.capacity() - items.len() < wanted {
        items.reserve_exact(wanted);
    }
    if free.capacity() < items.capacity() {
        free.reserve_exact(items.capacity() - free.len());
    }
}

impl<T> Arena<T> {
    fn slot_bytes(&self) -> usize {
        self.items.capacity() * size_of::<T>() + self.free.capacity() * 4
    }
}

fn slot_bytes<T>(items: &Vec<T>, free: &Vec<u32>) -> usize {
    items.capacity() * size_of::<T>() + free.capacity() * 4
}

impl Thread {
    /// Bytes of a coroutine outside its slot.
    fn real_bytes(&self) -> usize {
        self.stack.capacity() * size_of::<Value>()
            + self.calls.capacity() * size_of::<CallInfo>()
            + self.open.capacity() * 4
    }
}

impl Heap {
    /// Bytes held from the allocator.
    pub(crate) fn real_bytes(&self) -> usize {
        self.slot_bytes() + self.memory.parts
    }

    fn slot_bytes(&self) -> usize {
        let threads = self.threads.items.iter();
        let threads: usize = threads
            .map(|slot| size_of::<Thread>() + slot.thread.real_bytes())
            .sum();
        size_of::<Heap>()
            + self.strings.slot_bytes()
            + slot_bytes(&self.tables, &self.free_tables)
            + slot_bytes(&self.closures, &self.free_closures)
            + slot_bytes(&self.upvalues, &self.free_upvalues)
            + self.upvalue_blocks.slot_bytes()
            + self.natives.slot_bytes()
            + self.protos.slot_bytes()
            + self.userdata.slot_bytes()
            + self.threads.slot_bytes()
            + threads
            + self.thread.real_bytes()
            + self.order.real_bytes()
            + self.userdata_order.real_bytes()
            + self.collector.real_bytes()
    }

    /// Sets the most bytes that may be held; `usize::MAX` for no limit.
    pub(crate) fn limit_memory(&mut self, bytes: usize) {
        self.memory.limit = bytes;
        self.memory.look_at = if bytes == usize::MAX { bytes } else { 0 };
        self.set_gate();
    }

    /// The most bytes that may be held.
    pub(crate) fn memory_limit(&self) -> usize {
        self.memory.limit
    }

    /// When a step or a look is due (invariant 3).
    pub(crate) fn set_gate(&mut self) {
        self.collector.threshold = self.collector.due.min(self.memory.look_at);
    }

    /// Sets when the next step is due.
    pub(crate) fn set_due(&mut self, total: usize) {
        self.collector.due = total;
        self.set_gate();
    }

    /// Looks at the memory in use, and makes room for the next interval (invariant 2).
    /// False if the limit is reached, or would be.
    #[cold]
    #[inline(never)]
    pub(crate) fn look_at_memory(&mut self) -> bool {
        if self.memory.limit == usize::MAX {
            self.memory.look_at = usize::MAX;
            self.set_gate();
            return true;
        }
        let room = self.memory.limit.saturating_sub(self.real_bytes());
        let interval = room / BYTES_PER_CHARGE;
        if interval < SHORTEST_INTERVAL {
            // The rest of the limit may be filled by what is asked for beforehand.
            self.memory.slots = self.slot_bytes();
            self.memory.look_at = self.memory.total;
            self.set_gate();
            return false;
        }
        let interval = interval.min(LONGEST_INTERVAL);
        let slots = |charge: usize| interval / charge + 1;
        self.strings.make_room(slots(25));
        make_room(&mut self.tables, &mut self.free_tables, slots(64));
        make_room(&mut self.closures, &mut self.free_closures, slots(40));
        make_room(&mut self.upvalues, &mut self.free_upvalues, slots(40));
        let Arena { items, free } = &mut self.upvalue_blocks;
        make_room(items, free, slots(40));
        let Arena { items, free } = &mut self.natives;
        make_room(items, free, slots(40));
        let Arena { items, free } = &mut self.userdata;
        make_room(items, free, slots(40));
        let Arena { items, free } = &mut self.threads;
        make_room(items, free, slots(1224));
        let Arena { items, free } = &mut self.protos;
        make_room(items, free, slots(120));
        self.order.make_room(slots(40));
        self.userdata_order.make_room(slots(40));
        self.memory.slots = self.slot_bytes();
        self.memory.look_at = self.memory.total.saturating_add(interval);
        #[cfg(test)]
        if self.memory.refuse_after.get().is_some() {
            // Every check asks.
            self.memory.look_at = self.memory.total;
        }
        self.set_gate();
        self.memory.allows(0)
    }

    /// Makes room for what the libraries are made of, so that arenas don't grow step by
    /// step while they are opened.
    pub(crate) fn make_room_for_libraries(&mut self) {
        const NATIVES: usize = 160;
        const STRINGS: usize = 256;
        const OBJECTS: usize = 256;
        let natives = NATIVES.saturating_sub(self.natives.items.len());
        self.natives.items.reserve_exact(natives);
        let strings = STRINGS.saturating_sub(self.strings.used());
        self.strings.reserve(strings);
        self.order.make_room(OBJECTS);
    }

    /// Is an eighth of the limit free?
    pub(crate) fn has_slack(&self) -> bool {
        self.memory.allows(self.memory.limit / 8)
    }

    /// Gives what is kept for reuse back to the allocator. A full collection should have
    /// run.
    pub(crate) fn give_back(&mut self) {
        for &i in &self.free_tables {
            if let Some(t) = self.tables.get_mut(i as usize) {
                t.drop_parts(&mut self.memory);
            }
        }
        self.memory.drain();
        self.strings.trim();
        trim(&mut self.tables, &mut self.free_tables);
        trim(&mut self.closures, &mut self.free_closures);
        trim(&mut self.upvalues, &mut self.free_upvalues);
        trim(
            &mut self.upvalue_blocks.items,
            &mut self.upvalue_blocks.free,
        );
        trim(&mut self.natives.items, &mut self.natives.free);
        trim(&mut self.protos.items, &mut self.protos.free);
        trim(&mut self.userdata.items, &mut self.userdata.free);
        for &i in &self.threads.free {
            if let Some(slot) = self.threads.items.get_mut(i as usize) {
                *slot.thread = Thread::absent();
            }
        }
        self.spare_threads = 0;
        trim(&mut self.threads.items, &mut self.threads.free);
        self.order.shrink();
        self.userdata_order.shrink();
        self.collector.shrink();
        self.memory.slots = self.slot_bytes();
    }
}
