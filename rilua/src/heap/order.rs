//! The order in which objects were created, as the sweep needs it: newest first.
//!
//! 5.1.1 threads all objects on one list, new ones at its head, and sweeps from
//! the head on. Here the list is a ring of four-byte references, new ones at
//! the back. A sweep walks from the back to the front and moves the survivors up
//! as it goes, so that the dead leave one gap at the front, cut off at the end.

use super::object::Object;
use std::collections::VecDeque;

pub(crate) struct Order {
    items: VecDeque<Object>,
    /// Next to visit is the item before this one.
    read: usize,
    /// Survivors are moved to just before this one.
    write: usize,
    /// Where the walk began; equal to `write` until something survives.
    start: usize,
}

impl Order {
    pub(crate) fn new() -> Order {
        Order {
            items: VecDeque::new(),
            read: 0,
            write: 0,
            start: 0,
        }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, object: Object) {
        self.items.push_back(object);
    }

    /// Bytes held.
    pub(super) fn real_bytes(&self) -> usize {
        self.items.capacity() * size_of::<Object>()
    }

    /// Makes room for more objects.
    pub(super) fn make_room(&mut self, more: usize) {
        self.items.reserve_exact(more);
    }

    /// Gives back what is not needed.
    pub(super) fn shrink(&mut self) {
        self.items.shrink_to_fit();
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Keeps the objects for which `keep` is true, asked from the newest on.
    pub(crate) fn retain_from_newest(&mut self, mut keep: impl FnMut(Object) -> bool) {
        let items = self.items.make_contiguous();
        let mut write = items.len();
        for read in (0..items.len()).rev() {
            let object = items[read];
            if keep(object) {
                write -= 1;
                items[write] = object;
            }
        }
        if write > 0 {
            self.items.drain(..write);
        }
    }

    /// Begins a sweep.
    pub(crate) fn begin(&mut self) {
        self.restart();
    }

    fn restart(&mut self) {
        self.read = self.items.len();
        self.write = self.read;
        self.start = self.read;
    }

    /// Called before a run of [`Order::take`]: as long as nothing survived, 5.1.1's
    /// sweep stands at the list's head and so meets what was created since.
    pub(crate) fn resume(&mut self) {
        if self.write == self.start {
            self.items.drain(self.read..self.start);
            self.restart();
        }
    }

    /// The next object to judge, or `None` at the end.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> Option<Object> {
        self.read = self.read.checked_sub(1)?;
        self.items.get(self.read).copied()
    }

    /// The object taken last survives.
    #[inline(always)]
    pub(crate) fn keep(&mut self, object: Object) {
        self.write -= 1;
        if let Some(slot) = self.items.get_mut(self.write) {
            *slot = object;
        }
    }

    /// Nothing is left to visit?
    pub(crate) fn is_done(&self) -> bool {
        self.read == 0
    }

    /// Ends a sweep that has visited everything.
    pub(crate) fn finish(&mut self) {
        self.items.drain(..self.write);
        self.read = 0;
        self.write = 0;
        self.start = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::object::ObjectKind;
    use super::*;

    fn object(i: u32) -> Object {
        Object::new(ObjectKind::Table, i)
    }

    fn left(order: &Order) -> Vec<u32> {
        order.items.iter().map(|o| o.index()).collect()
    }

    fn step(order: &mut Order, count: usize, alive: impl Fn(u32) -> bool) -> Vec<u32> {
        order.resume();
        let mut seen = Vec::new();
        for _ in 0..count {
            let Some(o) = order.take() else { break };
            seen.push(o.index());
            if alive(o.index()) {
                order.keep(o);
            }
        }
        seen
    }

    #[test]
    fn survivors_keep_their_order_and_new_objects_are_not_met() {
        let mut order = Order::new();
        (0..6).for_each(|i| order.push(object(i)));
        order.begin();
        assert_eq!(step(&mut order, 2, |i| i % 2 == 1), [5, 4]);
        order.push(object(9));
        assert_eq!(step(&mut order, 10, |i| i % 2 == 1), [3, 2, 1, 0]);
        assert!(order.is_done());
        order.finish();
        assert_eq!(left(&order), [1, 3, 5, 9]);
    }

    #[test]
    fn before_the_first_survivor_new_objects_are_met() {
        let mut order = Order::new();
        (0..4).for_each(|i| order.push(object(i)));
        order.begin();
        assert_eq!(step(&mut order, 2, |_| false), [3, 2]);
        order.push(object(8));
        assert_eq!(step(&mut order, 2, |_| true), [8, 1]);
        order.push(object(9));
        assert_eq!(step(&mut order, 2, |_| true), [0]);
        order.finish();
        assert_eq!(left(&order), [0, 1, 8, 9]);
    }
}
