//! `table.sort` (manual §5.5): the quicksort of `ltablib.c`, comparison by
//! comparison. The order of equal elements, and what an inconsistent order function
//! leads to, follow from it.
//!
//! Invariants of a step on the elements from `low` to `high`, if the order is one:
//!
//! 1. After the first comparisons `a[low] <= pivot <= a[high]`, and the pivot lies
//!    at `high - 1`.
//! 2. While partitioning, `a[low..=i] <= pivot <= a[j..=high]`; so neither `i` nor
//!    `j` can leave the range. One that does betrays an invalid order.

use core::cmp::Ordering;

use super::{get, length};
use crate::heap::string::Strings;
use crate::heap::value::{TableRef, Type, Value};
use crate::vm::State;
use crate::vm::budget::{Budget, FREE_BYTES};
use crate::vm::error::{Error, Result, Stop};
use crate::vm::interrupt::Interrupts;

/// What is sorted, and by which order.
trait Elements {
    type Error;

    /// An element, which stays in a working slot of the stack: in C there are three above the
    /// arguments, for what is compared and for the pivot.
    fn get(&mut self, slot: usize, i: i32) -> Value;
    fn set(&mut self, i: i32, v: Value) -> core::result::Result<(), Self::Error>;
    /// Compares while so many of the working slots are in use.
    fn less(
        &mut self,
        x: Value,
        y: Value,
        in_use: usize,
    ) -> core::result::Result<bool, Self::Error>;
    /// The order is none.
    fn invalid(&mut self, in_use: usize) -> Self::Error;
    /// Pays for so many comparisons.
    fn pay(&mut self, comparisons: usize) -> core::result::Result<(), Self::Error>;
    /// Asked for each comparison of a long range.
    fn look_around(&mut self, i: i32) -> core::result::Result<(), Self::Error>;

    fn set_both(
        &mut self,
        (i, x): (i32, Value),
        (j, y): (i32, Value),
    ) -> core::result::Result<(), Self::Error> {
        self.set(i, x)?;
        self.set(j, y)
    }
}

fn quicksort<E: Elements>(
    a: &mut E,
    mut low: i32,
    mut high: i32,
) -> core::result::Result<(), E::Error> {
    while low < high {
        let (x, y) = (a.get(0, low), a.get(1, high));
        if a.less(y, x, 2)? {
            a.set_both((low, y), (high, x))?;
        }
        if high - low == 1 {
            break;
        }
        let middle = low.wrapping_add(high) / 2 + i32::from(fault!(SortPivot));
        let (x, y) = (a.get(0, middle), a.get(1, low));
        if a.less(x, y, 2)? {
            a.set_both((middle, y), (low, x))?;
        } else {
            let y = a.get(1, high);
            if a.less(y, x, 2)? {
                a.set_both((middle, y), (high, x))?;
            }
        }
        if high - low == 2 {
            break;
        }
        let (pivot, _) = (a.get(0, middle), a.get(1, middle));
        let y = a.get(2, high - 1);
        a.set_both((middle, y), (high - 1, pivot))?;
        a.pay(usize::try_from(high - low).unwrap_or(0))?;
        let i = partition(a, low, high, pivot)?;
        let (x, y) = (a.get(0, high - 1), a.get(1, i));
        a.set_both((high - 1, y), (i, x))?;
        // The smaller part is sorted by a call of its own, the larger one here: so
        // calls nest no deeper than the logarithm of the length.
        let smaller = if i - low < high - i {
            let smaller = (low, i - 1);
            low = i + 1;
            smaller
        } else {
            let smaller = (i + 1, high);
            high = i - 1;
            smaller
        };
        quicksort(a, smaller.0, smaller.1)?;
    }
    Ok(())
}

/// Brings what is less than the pivot before what is greater; the first index of
/// the latter.
fn partition<E: Elements>(
    a: &mut E,
    low: i32,
    high: i32,
    pivot: Value,
) -> core::result::Result<i32, E::Error> {
    let (mut i, mut j) = (low, high - 1);
    loop {
        i += 1;
        let mut x = a.get(1, i);
        while a.less(x, pivot, 2)? {
            if i > high {
                return Err(a.invalid(2));
            }
            a.look_around(i)?;
            i += 1;
            x = a.get(1, i);
        }
        j -= 1;
        let mut y = a.get(2, j);
        while a.less(pivot, y, 3)? {
            if j < low {
                return Err(a.invalid(3));
            }
            a.look_around(j)?;
            j -= 1;
            y = a.get(2, j);
        }
        if j < i {
            return Ok(i);
        }
        a.set_both((i, y), (j, x))?;
    }
}

/// The elements of any table, compared by `<` or by a function.
struct General<'a> {
    state: &'a mut State,
    table: TableRef,
    function: Option<Value>,
    /// The first working slot.
    base: usize,
}

impl Elements for General<'_> {
    type Error = Error;

    #[inline]
    fn get(&mut self, slot: usize, i: i32) -> Value {
        let v = get(self.state, self.table, i);
        if let Some(slot) = self.state.heap.thread.stack.get_mut(self.base + slot) {
            *slot = v;
        }
        v
    }

    #[inline]
    fn set(&mut self, i: i32, v: Value) -> Result<()> {
        self.state.set_integer_raw(self.table, i, v)
    }

    fn less(&mut self, x: Value, y: Value, in_use: usize) -> Result<bool> {
        let state = &mut *self.state;
        if self.function.is_none() && (x.is_number() && y.is_number()) {
            return Ok(x.number_bits() < y.number_bits());
        }
        // The program that runs now may take the elements out of the table.
        state.heap.thread.top = self.base + in_use;
        match self.function {
            Some(f) => {
                state.push(f);
                state.push(x);
                state.push(y);
                state.call(2, 1)?;
                Ok(!state.pop().is_false())
            }
            None => state.less_than(x, y),
        }
    }

    #[cold]
    fn invalid(&mut self, in_use: usize) -> Error {
        self.state.heap.thread.top = self.base + in_use;
        self.state
            .position_error("invalid order function for sorting")
    }

    #[inline]
    fn pay(&mut self, comparisons: usize) -> Result<()> {
        self.state.charge(comparisons)
    }

    #[inline]
    fn look_around(&mut self, i: i32) -> Result<()> {
        if i & (LOOK_AROUND - 1) == 0 {
            self.state.charge(0)?;
        }
        Ok(())
    }
}

/// Elements that all lie in the array part and are compared without running a
/// program: all numbers (no NaN), or all strings. Their order is total, so that
/// sorting can't fail. No barrier is needed: what the table refers to stays the same.
///
/// `LONG` ranges take so long that someone may want to interrupt them.
struct Plain<'a, F, const LONG: bool> {
    values: &'a mut [Value],
    /// What C has in its working slots.
    slots: [Value; SLOTS],
    less: F,
    budget: &'a mut Budget,
    interrupts: &'a Interrupts,
}

/// Working slots of the stack.
const SLOTS: usize = 3;

/// Why sorting [`Plain`] elements ends early.
#[derive(Clone, Copy, Debug)]
enum Refused {
    Unpaid,
    Interrupted,
}

impl<F: Fn(Value, Value) -> bool, const LONG: bool> Elements for Plain<'_, F, LONG> {
    type Error = Refused;

    #[inline(always)]
    fn get(&mut self, slot: usize, i: i32) -> Value {
        let index = (i as u32).wrapping_sub(1) as usize;
        let v = self.values.get(index).copied().unwrap_or_default();
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = v;
        }
        v
    }

    #[inline(always)]
    fn set(&mut self, i: i32, v: Value) -> core::result::Result<(), Refused> {
        let index = (i as u32).wrapping_sub(1) as usize;
        if let Some(slot) = self.values.get_mut(index) {
            *slot = v;
        }
        Ok(())
    }

    #[inline(always)]
    fn less(&mut self, x: Value, y: Value, _: usize) -> core::result::Result<bool, Refused> {
        Ok((self.less)(x, y))
    }

    /// Never met: the order is total.
    fn invalid(&mut self, _: usize) -> Refused {
        Refused::Unpaid
    }

    #[inline]
    fn pay(&mut self, comparisons: usize) -> core::result::Result<(), Refused> {
        self.budget.left -= comparisons as i64;
        if self.budget.left < 0 {
            return Err(Refused::Unpaid);
        }
        Ok(())
    }

    #[inline(always)]
    fn look_around(&mut self, i: i32) -> core::result::Result<(), Refused> {
        if LONG && i & (LOOK_AROUND - 1) == 0 && self.interrupts.take() {
            return Err(Refused::Interrupted);
        }
        Ok(())
    }
}

pub(super) fn sort(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    let count = length(state, t);
    state.need_native_stack(40, "")?;
    let function = if state.argument(2).is_nil() {
        None
    } else {
        Some(state.check_type(2, Type::Function)?)
    };
    state.set_argument_count(2);
    if function.is_none() {
        match sort_plain(state, t, count) {
            Ok(true) => return Ok(0),
            Ok(false) => {}
            Err(Refused::Unpaid) => return Err(state.out_of_budget()),
            Err(Refused::Interrupted) => return Err(state.stopped(Stop::Interrupt)),
        }
    }
    let base = state.heap.thread.top;
    let mut elements = General {
        state,
        table: t,
        function,
        base,
    };
    quicksort(&mut elements, 1, count)?;
    Ok(0)
}

/// Elements between two looks around, a power of two: well under a millisecond.
const LOOK_AROUND: i32 = 1 << 14;
/// Longer strings are compared where their bytes are paid for.
const LONG_STRING: usize = FREE_BYTES;

/// Sorts numbers or strings in place; false if that can't be done.
fn sort_plain(state: &mut State, t: TableRef, count: i32) -> core::result::Result<bool, Refused> {
    let (budget, interrupts) = (&mut state.global.budget, &state.global.interrupts);
    let heap = &mut state.heap;
    let top = heap.thread.top;
    let Some(above) = heap.thread.stack.get_mut(top..top + SLOTS) else {
        return Ok(false);
    };
    let mut slots = [Value::NIL; SLOTS];
    slots.copy_from_slice(above);
    let Some(table) = heap.tables.get_mut(t.index()) else {
        return Ok(false);
    };
    let Some(values) = table.array.get_mut(..count as usize) else {
        return Ok(false);
    };
    if values
        .iter()
        .all(|v| v.as_number().is_some_and(|n| !n.is_nan()))
    {
        let less = |x: Value, y: Value| x.number_bits() < y.number_bits();
        sort_values(values, &mut slots, less, budget, interrupts)?;
        above.copy_from_slice(&slots);
        return Ok(true);
    }
    let strings = &heap.strings;
    let is_short = |s| strings.get(s).len() < LONG_STRING;
    if values.iter().all(|v| v.as_string().is_some_and(is_short)) {
        let less = |x: Value, y: Value| compare(strings, x, y) == Ordering::Less;
        sort_values(values, &mut slots, less, budget, interrupts)?;
        above.copy_from_slice(&slots);
        return Ok(true);
    }
    Ok(false)
}

fn sort_values(
    values: &mut [Value],
    slots: &mut [Value; SLOTS],
    less: impl Fn(Value, Value) -> bool,
    budget: &mut Budget,
    interrupts: &Interrupts,
) -> core::result::Result<(), Refused> {
    let count = values.len() as i32;
    if count < 2 * LOOK_AROUND {
        let mut elements = Plain::<_, false> {
            values,
            slots: *slots,
            less,
            budget,
            interrupts,
        };
        quicksort(&mut elements, 1, count)?;
        *slots = elements.slots;
        return Ok(());
    }
    let mut elements = Plain::<_, true> {
        values,
        slots: *slots,
        less,
        budget,
        interrupts,
    };
    quicksort(&mut elements, 1, count)?;
    *slots = elements.slots;
    Ok(())
}

fn compare(strings: &Strings, x: Value, y: Value) -> Ordering {
    match (x.as_string(), y.as_string()) {
        (Some(x), Some(y)) => strings.get(x).cmp(strings.get(y)),
        _ => Ordering::Equal,
    }
}
