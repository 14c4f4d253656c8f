//! Values that code outside the interpreter holds: roots of the collector, counted by
//! their holders. They are charged nothing, and no program sees them.
//!
//! Holders come and go while the heap is in use elsewhere (a value of Rust that is
//! dropped in a sweep may hold one), so the roots are shared and have a lock of their own,
//! which nobody keeps while code of others runs.

use super::Heap;
use super::sharing::{Lock, Shared};
use super::value::Value;

/// End of the list of free slots.
const END: u32 = u32::MAX;

struct Root {
    value: Value,
    /// Holders; of a free slot, the next free one.
    count: u32,
}

struct Slots {
    items: Vec<Root>,
    free: u32,
}

/// The roots of one heap.
pub(crate) struct Roots(Lock<Slots>);

impl Roots {
    pub(crate) fn new() -> Shared<Roots> {
        Shared::new(Roots(Lock::new(Slots {
            items: Vec::new(),
            free: END,
        })))
    }

    /// Keeps a value for one holder, who has to release the slot.
    #[inline]
    pub(crate) fn add(&self, value: Value) -> u32 {
        let added = self.0.with(|slots| {
            let index = slots.free;
            if let Some(root) = slots.items.get_mut(index as usize) {
                slots.free = root.count;
                *root = Root { value, count: 1 };
                index
            } else {
                slots.items.push(Root { value, count: 1 });
                (slots.items.len() - 1) as u32
            }
        });
        added.unwrap_or(END)
    }

    /// The value in a slot.
    #[inline]
    pub(crate) fn get(&self, slot: u32) -> Value {
        let value = self
            .0
            .with(|slots| slots.items.get(slot as usize).map(|root| root.value));
        value.flatten().unwrap_or(Value::NIL)
    }

    /// Counts one more holder.
    #[inline]
    pub(crate) fn retain(&self, slot: u32) {
        self.0.with(|slots| {
            if let Some(root) = slots.items.get_mut(slot as usize) {
                root.count += 1;
            }
        });
    }

    /// One holder less; the last one frees the slot.
    #[inline]
    pub(crate) fn release(&self, slot: u32) {
        self.0.with(|slots| {
            if let Some(root) = slots.items.get_mut(slot as usize) {
                root.count -= 1;
                if root.count == 0 {
                    root.value = Value::NIL;
                    root.count = slots.free;
                    slots.free = slot;
                }
            }
        });
    }
}

impl Heap {
    /// Marks what is held from outside.
    pub(crate) fn mark_held(&mut self) {
        let roots = Shared::clone(&self.roots);
        roots.0.with(|slots| {
            for root in &slots.items {
                if root.value.is_collectable() {
                    self.mark_value(root.value);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_counted_and_used_again() {
        let roots = Roots::new();
        let (a, b) = (roots.add(Value::number(1.0)), roots.add(Value::number(2.0)));
        roots.retain(a);
        roots.release(a);
        assert_eq!(roots.get(a), Value::number(1.0));
        roots.release(a);
        assert_eq!(roots.get(a), Value::NIL);
        assert_eq!(roots.add(Value::TRUE), a);
        assert_eq!(roots.get(b), Value::number(2.0));
        assert_eq!(roots.get(77), Value::NIL);
    }
}
