//! The memory of tables' parts: pools of recycled parts by size, the test whether a
//! large part can be had, and the count of the bytes 5.1.1 would have allocated for all
//! objects.

use super::table::{EMPTY, KeyError, Node};
use super::value::Value;

/// Recycled parts of tables by size, and the bytes charged for all objects.
pub(crate) struct Memory {
    /// Bytes 5.1.1 would have allocated.
    pub(crate) total: usize,
    /// Bytes held outside slots; see `accounting.rs` for this and the following.
    pub(super) parts: usize,
    /// Bytes of slots at the last look.
    pub(super) slots: usize,
    /// The most that may be held, `usize::MAX` for no limit.
    pub(super) limit: usize,
    /// The next look is due when `total` has reached this.
    pub(crate) look_at: usize,
    /// After so many questions all are answered with no.
    #[cfg(test)]
    pub(crate) refuse_after: core::cell::Cell<Option<u64>>,
    arrays: [Vec<Box<[Value]>>; ARRAY_CLASSES],
    nodes: [Vec<Box<[Node]>>; NODE_CLASSES],
    /// Has somebody asked for the end of the run? Once the answer is yes, the run ends.
    pub(crate) watch: Option<Watch>,
}

/// Answers that.
pub(crate) type Watch = Box<dyn Fn() -> bool + Send>;

/// Array parts up to this length (exclusive) are recycled.
const ARRAY_CLASSES: usize = 17;
/// Hash parts of 1, 2, 4, … 32 nodes are recycled.
const NODE_CLASSES: usize = 6;
/// Parts up to this length are made without asking for the memory first.
const MODEST: usize = 1 << 16;
/// Parts of one size kept for later use.
const POOL_LIMIT: usize = 1 << 14;

/// Are array parts of this length recycled?
#[inline(always)]
pub(super) fn is_pooled_array(len: usize) -> bool {
    len < ARRAY_CLASSES
}

/// Are hash parts of this length recycled?
#[inline(always)]
pub(super) fn is_pooled_hash(len: usize) -> bool {
    len < 1 << NODE_CLASSES
}

impl Memory {
    pub(crate) fn new() -> Memory {
        Memory {
            total: 0,
            parts: 0,
            slots: 0,
            limit: usize::MAX,
            look_at: usize::MAX,
            #[cfg(test)]
            refuse_after: core::cell::Cell::new(None),
            arrays: Default::default(),
            nodes: Default::default(),
            watch: None,
        }
    }

    /// Has somebody asked for the end of the run? If so, it has to end.
    #[inline]
    pub(super) fn is_stopped(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch())
    }

    /// The same in the middle of work on a table, if enough has been done since the last
    /// time.
    #[inline(always)]
    pub(super) fn go_on(&self, is_due: bool) -> Result<(), KeyError> {
        if is_due && self.is_stopped() {
            return Err(KeyError::Stopped);
        }
        Ok(())
    }

    #[inline]
    pub(super) fn take_array(&mut self, len: usize) -> Box<[Value]> {
        if let Some(mut a) = self.arrays.get_mut(len).and_then(Vec::pop) {
            a.fill(Value::NIL);
            return a;
        }
        self.add_part(len * size_of::<Value>());
        vec![Value::NIL; len].into_boxed_slice()
    }

    #[inline]
    pub(super) fn give_array(&mut self, a: Box<[Value]>) {
        if !a.is_empty()
            && let Some(pool) = self.arrays.get_mut(a.len())
            && pool.len() < POOL_LIMIT
        {
            pool.push(a);
        } else {
            self.remove_part(size_of_val(&*a));
        }
    }

    /// `len` is a power of two.
    #[inline]
    pub(super) fn take_nodes(&mut self, len: usize) -> Box<[Node]> {
        if let Some(mut n) = self
            .nodes
            .get_mut(len.trailing_zeros() as usize)
            .and_then(Vec::pop)
        {
            n.fill(EMPTY);
            return n;
        }
        self.add_part(len * size_of::<Node>());
        vec![EMPTY; len].into_boxed_slice()
    }

    /// Lets go of the parts kept for reuse.
    pub(super) fn drain(&mut self) {
        for pool in &mut self.arrays {
            for a in pool.drain(..) {
                self.parts = self.parts.saturating_sub(size_of_val(&*a));
            }
            pool.shrink_to_fit();
        }
        for pool in &mut self.nodes {
            for n in pool.drain(..) {
                self.parts = self.parts.saturating_sub(size_of_val(&*n));
            }
            pool.shrink_to_fit();
        }
    }

    /// Can a table get parts of these sizes? Asked before large ones are made, so that
    /// there is an error instead of the end of the process.
    #[inline]
    pub(crate) fn has_room(array: usize, hash: usize) -> bool {
        (array <= MODEST || Vec::<Value>::new().try_reserve_exact(array).is_ok())
            && (hash <= MODEST
                || Vec::<Node>::new()
                    .try_reserve_exact(hash.next_power_of_two())
                    .is_ok())
    }

    /// Does the limit leave room for them?
    #[inline]
    pub(crate) fn allows_parts(&self, array: usize, hash: usize) -> bool {
        let nodes = hash.next_power_of_two().saturating_mul(size_of::<Node>());
        self.limit == usize::MAX || self.allows(array * size_of::<Value>() + nodes)
    }

    #[inline]
    pub(super) fn give_nodes(&mut self, n: Box<[Node]>) {
        if !n.is_empty()
            && let Some(pool) = self.nodes.get_mut(n.len().trailing_zeros() as usize)
            && pool.len() < POOL_LIMIT
        {
            pool.push(n);
        } else {
            self.remove_part(size_of_val(&*n));
        }
    }
}
