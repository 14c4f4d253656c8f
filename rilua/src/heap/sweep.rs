//! Sweeping: frees the objects that marking did not reach and whitens the others, in the
//! order of 5.1.1: strings bucket by bucket, then all objects from the newest on,
//! userdata last. Also what is made smaller at the end of it. Mirrors `sweeplist`,
//! `sweepstrings` and `checkSizes` of `lgc.c`.

use super::collect::{WHITES, color};
use super::object::{INLINE_UPVALUES, LuaClosure, NativeClosure, Object, ObjectKind, UserData};
use super::sharing::Shared as Rc;
use super::value::{ThreadRef, UpvalueRef, Value};
use super::{Heap, MIN_BUFFER, string};

/// Objects that one step sweeps.
pub(super) const SWEEP_MAX: usize = 40;
/// Free slots from which on their order counts: fewer stay in the processor's cache.
const ORDERED: usize = 1 << 15;
/// Ended coroutines whose stacks are kept for new ones.
const SPARE_THREADS: usize = 512;

/// Makes what was reached white again; false if it was not.
#[inline(always)]
fn whiten(mark: &mut u8, dead_mask: u8, white: u8) -> bool {
    let is_alive = (*mark ^ WHITES) & dead_mask != 0;
    if is_alive {
        *mark = color(*mark, white);
    }
    is_alive
}

/// Puts numbers of free slots, of which the last one is taken first, in descending order, in one
/// go. Without memory for that they stay as they are.
fn put_in_order(free: &mut Vec<u32>, slots: usize) {
    if free.len() < ORDERED {
        return;
    }
    let words = slots.div_ceil(64);
    let mut is_free: Vec<u64> = Vec::new();
    if is_free.try_reserve_exact(words).is_err() {
        return;
    }
    is_free.resize(words, 0);
    for &i in free.iter() {
        if let Some(word) = is_free.get_mut(i as usize / 64) {
            *word |= 1 << (i % 64);
        }
    }
    free.clear();
    for (n, &word) in is_free.iter().enumerate().rev() {
        let mut word = word;
        while word != 0 {
            let highest = word.ilog2();
            word ^= 1 << highest;
            free.push(n as u32 * 64 + highest);
        }
    }
}

impl Heap {
    /// Sees to it that new objects lie one after the other, and so in the order in which they
    /// will be swept: processors read ahead.
    pub(super) fn order_free_slots(&mut self) {
        put_in_order(&mut self.free_tables, self.tables.len());
        put_in_order(&mut self.free_closures, self.closures.len());
        put_in_order(&mut self.free_upvalues, self.upvalues.len());
        put_in_order(&mut self.userdata.free, self.userdata.items.len());
    }

    pub(super) fn begin_sweep(&mut self) {
        let (dead_mask, white) = (self.collector.other_white(), self.collector.white());
        self.strings.begin_sweep(dead_mask, white);
        self.collector.swept_buckets = 0;
        self.order.begin();
        self.collector.main_thread_swept = false;
        self.collector.userdata_begun = false;
    }

    /// The colour bits of any object.
    pub(crate) fn object_mark_mut(&mut self, object: Object) -> &mut u8 {
        let i = object.index() as usize;
        match object.kind() {
            ObjectKind::Table => &mut self.tables[i].mark,
            ObjectKind::Closure => &mut self.closures[i].mark,
            ObjectKind::Native => &mut self.natives.items[i].mark,
            ObjectKind::Upvalue => &mut self.upvalues[i].mark,
            ObjectKind::Proto => &mut self.protos.items[i].mark,
            ObjectKind::Thread => &mut self.threads.items[i].mark,
            ObjectKind::UserData | ObjectKind::Free => &mut self.userdata.items[i].mark,
        }
    }

    /// Judges one object: whitens it (true) or frees it.
    #[inline]
    fn sweep_object(&mut self, object: Object, dead_mask: u8, white: u8) -> bool {
        let index = object.index();
        // The most common kinds first, and the many natives of the libraries, which live on.
        match object.kind() {
            ObjectKind::Table => {
                if whiten(&mut self.tables[index as usize].mark, dead_mask, white) {
                    return true;
                }
                self.free_table(index);
                false
            }
            ObjectKind::Native
                if whiten(
                    &mut self.natives.items[index as usize].mark,
                    dead_mask,
                    white,
                ) =>
            {
                true
            }
            _ => self.sweep_other(object, dead_mask, white),
        }
    }

    #[inline(never)]
    fn sweep_other(&mut self, object: Object, dead_mask: u8, white: u8) -> bool {
        if object.kind() == ObjectKind::Thread {
            self.sweep_open_upvalues(ThreadRef(object.index()), dead_mask, white);
        }
        if whiten(self.object_mark_mut(object), dead_mask, white) {
            return true;
        }
        self.free(object);
        false
    }

    #[inline]
    fn free_table(&mut self, index: u32) {
        let t = &mut self.tables[index as usize];
        self.memory.total -= t.bytes();
        t.release(&mut self.memory);
        self.free_tables.push(index);
    }

    fn free(&mut self, object: Object) {
        let i = object.index() as usize;
        match object.kind() {
            ObjectKind::Table => self.free_table(i as u32),
            ObjectKind::Closure => {
                let c = &mut self.closures[i];
                self.memory.total -= LuaClosure::bytes(c.count as usize);
                if c.count as usize > INLINE_UPVALUES {
                    let block = c.upvalues[0];
                    self.memory.remove_part(4 * c.count as usize);
                    self.upvalue_blocks.items[block as usize] = Box::default();
                    self.upvalue_blocks.free.push(block);
                }
                c.proto = Rc::clone(&self.no_proto);
                c.count = 0;
                self.free_closures.push(i as u32);
            }
            ObjectKind::Native => {
                let n = &mut self.natives.items[i];
                self.memory.total -= NativeClosure::bytes(n.upvalues.len());
                self.memory.remove_part(size_of_val(&*n.upvalues));
                n.upvalues = Box::default();
                n.data = None;
                self.natives.free.push(i as u32);
            }
            ObjectKind::Upvalue => self.free_upvalue(UpvalueRef(i as u32)),
            ObjectKind::Proto => {
                if let Some(p) = self.protos.items[i].proto.take() {
                    self.memory.total -= p.bytes();
                    self.memory.remove_part(p.real_bytes());
                }
                self.protos.free.push(i as u32);
            }
            ObjectKind::Thread => self.free_thread(ThreadRef(i as u32)),
            ObjectKind::UserData => self.free_userdata(i as u32),
            ObjectKind::Free => {}
        }
    }

    /// The same for a userdata.
    #[inline]
    fn sweep_userdata(&mut self, object: Object, dead_mask: u8, white: u8) -> bool {
        let u = &mut self.userdata.items[object.index() as usize];
        if whiten(&mut u.mark, dead_mask, white) {
            return true;
        }
        self.free_userdata(object.index());
        false
    }

    #[inline]
    fn free_userdata(&mut self, index: u32) {
        let u = &mut self.userdata.items[index as usize];
        self.memory.total -= UserData::bytes(u.size);
        self.memory.remove_part(u.size);
        u.data = None;
        self.userdata.free.push(index);
    }

    fn free_thread(&mut self, t: ThreadRef) {
        let thread = &mut self.threads.items[t.index()].thread;
        self.memory.total -= thread.bytes();
        let open = core::mem::take(&mut thread.open);
        for &u in open.iter().rev() {
            let slot = self.upvalue(u).slot as usize;
            let stack = &self.threads.items[t.index()].thread.stack;
            let value = stack.get(slot).copied().unwrap_or(Value::NIL);
            self.close_upvalue(u, value);
        }
        let thread = &mut self.threads.items[t.index()].thread;
        thread.end(self.spare_threads < SPARE_THREADS);
        self.spare_threads += usize::from(!thread.stack.is_empty());
        self.threads.free.push(t.0);
    }

    fn sweep_open_upvalues(&mut self, t: ThreadRef, dead_mask: u8, white: u8) {
        if self.thread_ref(t).open.is_empty() {
            return;
        }
        let mut open = core::mem::take(&mut self.thread_mut(t).open);
        open.retain(|&u| {
            if whiten(&mut self.upvalues[u.index()].mark, dead_mask, white) {
                return true;
            }
            self.free_upvalue(u);
            false
        });
        let highest = open.last().map_or(0, |&u| self.upvalue(u).slot + 1);
        let thread = self.thread_mut(t);
        thread.open = open;
        thread.open_top = highest;
    }

    /// Sweeps up to 40 objects; true when all have been swept.
    pub(super) fn sweep_some(&mut self) -> bool {
        let (dead_mask, white) = (self.collector.other_white(), self.collector.white());
        let mut left = SWEEP_MAX;
        self.order.resume();
        while left > 0
            && let Some(object) = self.order.take()
        {
            left -= 1;
            if self.sweep_object(object, dead_mask, white) {
                self.order.keep(object);
            }
        }
        if left > 0 && !self.collector.main_thread_swept {
            left -= 1;
            self.collector.main_thread_swept = true;
            let main = Object::new(ObjectKind::Thread, self.main_thread.0);
            self.sweep_object(main, dead_mask, white);
        }
        if !self.collector.main_thread_swept {
            return false;
        }
        if !self.collector.userdata_begun {
            if left == 0 {
                return self.userdata_order.len() == 0 && self.end_sweep();
            }
            self.collector.userdata_begun = true;
            self.userdata_order.begin();
        }
        self.userdata_order.resume();
        while left > 0
            && let Some(object) = self.userdata_order.take()
        {
            left -= 1;
            if self.sweep_userdata(object, dead_mask, white) {
                self.userdata_order.keep(object);
            }
        }
        self.userdata_order.is_done() && self.end_sweep()
    }

    fn end_sweep(&mut self) -> bool {
        self.order.finish();
        if self.collector.userdata_begun {
            self.userdata_order.finish();
        }
        true
    }

    /// Shrinks the string table and the concatenation buffer by half when they
    /// are far too big.
    pub(super) fn shrink_tables(&mut self) {
        let buckets = self.strings.bucket_count();
        if self.strings.used() < buckets / (4 >> u32::from(fault!(StringBuckets)))
            && buckets > string::MIN_BUCKETS * 2
        {
            self.resize_strings(buckets / 2);
        }
        if self.concat_buffer > MIN_BUFFER * 2 {
            let size = self.concat_buffer / 2;
            self.memory.total -= self.concat_buffer - size;
            self.concat_buffer = size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ORDERED, put_in_order};

    #[test]
    fn many_free_slots_are_taken_from_the_lowest_on() {
        let slots = 3 * ORDERED as u32;
        // Every slot that is no multiple of three, in an order of no kind.
        let mut free: Vec<u32> = (0..slots).map(|i| i * 5 % slots).collect();
        free.retain(|i| i % 3 != 0);
        put_in_order(&mut free, slots as usize);
        let expected: Vec<u32> = (0..slots).rev().filter(|i| i % 3 != 0).collect();
        assert_eq!(free, expected);
    }

    #[test]
    fn few_free_slots_stay_as_they_are() {
        let mut free = vec![3, 1, 2];
        put_in_order(&mut free, 4);
        assert_eq!(free, [3, 1, 2]);
    }
}
