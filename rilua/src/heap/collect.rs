//! The incremental collector: mark, then sweep, in steps. Mirrors `lgc.c` in what
//! each step does and what it counts as work, because the memory in use, the
//! results of `collectgarbage("step")` and the moment a finalizer runs follow.
//!
//! Colours live in the objects' `mark`: two whites that swap roles each cycle,
//! black for "done", neither for gray. A cycle: mark the roots; propagate gray
//! objects one by one; in one atomic step finish marking, separate userdata to be
//! finalized, clear weak tables and swap the whites; sweep strings bucket by
//! bucket; sweep other objects 40 at a time; run finalizers one by one.
//!
//! The collector itself runs no Lua code: [`Heap::single_step`] hands a userdata
//! whose turn has come to the virtual machine.

use super::object::{LuaClosure, NativeClosure, Object, ObjectKind, UserData};
use super::sweep::SWEEP_MAX;
use super::table::Node;
use super::thread::{BASIC_CALLS, BASIC_STACK, EXTRA_STACK};
use super::value::{
    ClosureRef, ProtoRef, StringRef, TableRef, ThreadRef, Unpacked, UpvalueRef, UserDataRef, Value,
};
use super::{Event, Heap};
use crate::heap::sharing::Shared as Rc;
use crate::limits::MAX_CALLS;
use std::collections::VecDeque;

pub(crate) const WHITE0: u8 = 1;
const WHITE1: u8 = 2;
pub(crate) const WHITES: u8 = WHITE0 | WHITE1;
pub(crate) const BLACK: u8 = 4;
/// Of a userdata: its finalizer was called, or it has none.
const FINALIZED: u8 = 8;
/// Of a table.
const WEAK_KEYS: u8 = 8;
const WEAK_VALUES: u8 = 16;
/// Never collected.
pub(crate) const FIXED: u8 = 32;
/// Of the main thread.
pub(crate) const SFIXED: u8 = 64;

const STEP_SIZE: usize = 1024;
const SWEEP_COST: usize = 10;
const FINALIZE_COST: usize = 100;

/// A mark with the colour replaced by a white.
#[inline(always)]
pub(crate) fn color(mark: u8, white: u8) -> u8 {
    mark & !(WHITES | BLACK) | white
}

/// Where in a cycle the collector is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug)]
pub(crate) enum Phase {
    Pause,
    Propagate,
    SweepStrings,
    Sweep,
    Finalize,
}

/// What one step did.
pub(crate) enum Step {
    /// None, as somebody asked for the end of the run.
    Stopped,
    /// Work in the units of 5.1.1.
    Work(usize),
    /// The finalizer of this userdata is due.
    Finalize(UserDataRef),
}

pub(crate) struct Collector {
    pub(crate) phase: Phase,
    /// The current white, with [`FIXED`] set so that fixed objects look alive.
    current: u8,
    /// A check fires when `memory.total` has reached this: `due`, or less where the memory
    /// is looked at.
    pub(crate) threshold: usize,
    /// The next step is due when `memory.total` has reached this (`GCthreshold`). Set by
    /// [`Heap::set_due`].
    pub(crate) due: usize,
    pub(crate) estimate: usize,
    pub(crate) debt: usize,
    /// Percent of growth before the next cycle.
    pub(crate) pause: i32,
    /// Speed relative to allocation, in percent.
    pub(crate) step_multiplier: i32,
    gray: Vec<Object>,
    pub(crate) gray_again: Vec<Object>,
    weak: Vec<TableRef>,
    /// Userdata whose finalizer is due, first one first.
    pub(crate) to_finalize: VecDeque<UserDataRef>,
    pub(super) swept_buckets: usize,
    /// Work left of the step that runs, as far as it is known.
    step_left: isize,
    pub(super) main_thread_swept: bool,
    pub(super) userdata_begun: bool,
    /// Marking may be left half done.
    may_stop: bool,
}

/// Work in bytes, and items of a table, after which it is asked whether somebody wants the
/// run to end: well under a millisecond, mostly.
const LOOK_COST: usize = 1 << 20;
const LOOK_ITEMS: usize = 1 << 14;

/// Somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stopped;

impl Collector {
    pub(crate) fn new() -> Collector {
        Collector {
            phase: Phase::Pause,
            current: WHITE0 | FIXED,
            threshold: 0,
            due: 0,
            estimate: 0,
            debt: 0,
            pause: 200,
            step_multiplier: 200,
            gray: Vec::new(),
            gray_again: Vec::new(),
            weak: Vec::new(),
            to_finalize: VecDeque::new(),
            swept_buckets: 0,
            step_left: 0,
            main_thread_swept: false,
            userdata_begun: false,
            may_stop: true,
        }
    }

    /// The colour of new objects.
    #[inline(always)]
    pub(crate) fn white(&self) -> u8 {
        self.current & WHITES
    }

    /// The white of objects that were not reached (and bits that only the dead lack).
    #[inline(always)]
    pub(crate) fn other_white(&self) -> u8 {
        self.current ^ WHITES
    }

    #[inline(always)]
    pub(crate) fn is_dead(&self, mark: u8) -> bool {
        mark & self.other_white() & WHITES != 0
    }

    pub(crate) fn is_sweeping_strings(&self) -> bool {
        self.phase == Phase::SweepStrings
    }

    /// Must no black object refer to a white one at the moment?
    #[inline(always)]
    pub(crate) fn keeps_invariant(&self) -> bool {
        self.phase == Phase::Propagate
    }

    /// When a new cycle is due.
    fn next_cycle(&self) -> usize {
        {
            let estimate = self.estimate + 100 * usize::from(fault!(PauseEstimate));
            (estimate / 100).wrapping_mul(self.pause as usize)
        }
    }

    /// Bytes of the collector's own lists.
    pub(super) fn real_bytes(&self) -> usize {
        4 * (self.gray.capacity() + self.gray_again.capacity() + self.weak.capacity())
            + 4 * self.to_finalize.capacity()
    }

    /// Gives back what the lists don't need.
    pub(super) fn shrink(&mut self) {
        self.gray.shrink_to_fit();
        self.gray_again.shrink_to_fit();
        self.weak.shrink_to_fit();
        self.to_finalize.shrink_to_fit();
    }
}

/// Marking.
impl Heap {
    #[inline]
    pub(crate) fn mark_value(&mut self, v: Value) {
        // The most common kinds without the jump.
        if let Some(s) = v.as_string() {
            self.strings.set_marked(s);
            return;
        }
        if let Some(t) = v.as_table() {
            self.mark_table(t);
            return;
        }
        let (kind, index, mark) = match v.unpack() {
            Unpacked::Closure(c) => (ObjectKind::Closure, c.0, &mut self.closures[c.index()].mark),
            Unpacked::Native(n) => (
                ObjectKind::Native,
                n.0,
                &mut self.natives.items[n.index()].mark,
            ),
            Unpacked::Thread(t) => (
                ObjectKind::Thread,
                t.0,
                &mut self.threads.items[t.index()].mark,
            ),
            Unpacked::UserData(u) => return self.mark_userdata(u),
            Unpacked::Proto(p) => return self.mark_proto(p),
            _ => return,
        };
        if *mark & WHITES != 0 {
            *mark &= !WHITES;
            self.collector.gray.push(Object::new(kind, index));
        }
    }

    #[inline]
    fn mark_table(&mut self, t: TableRef) {
        if let Some(table) = self.tables.get_mut(t.index())
            && table.mark & WHITES != 0
        {
            table.mark &= !WHITES;
            self.collector.gray.push(Object::table(t));
        }
    }

    fn mark_proto(&mut self, p: ProtoRef) {
        if let Some(slot) = self.protos.items.get_mut(p.index())
            && slot.mark & WHITES != 0
        {
            slot.mark &= !WHITES;
            self.collector
                .gray
                .push(Object::new(ObjectKind::Proto, p.0));
        }
    }

    fn mark_userdata(&mut self, u: UserDataRef) {
        let data = &mut self.userdata.items[u.index()];
        if data.mark & WHITES != 0 {
            // Userdata are never gray.
            data.mark = data.mark & !WHITES | BLACK;
            let (metatable, env) = (data.metatable, data.env);
            self.mark_table(metatable);
            self.mark_table(env);
        }
    }

    pub(crate) fn mark_upvalue(&mut self, u: UpvalueRef) {
        let up = &mut self.upvalues[u.index()];
        if up.mark & WHITES != 0 {
            up.mark &= !WHITES;
            if !up.is_open() {
                up.mark |= BLACK;
            }
            let value = self.upvalue_get(u);
            self.mark_value(value);
        }
    }

    fn mark_thread(&mut self, t: ThreadRef) {
        self.mark_value(Value::thread(t));
    }

    fn mark_type_metatables(&mut self) {
        for t in self.type_metatables {
            self.mark_table(t);
        }
    }

    fn mark_roots(&mut self) {
        self.collector.gray.clear();
        self.collector.gray_again.clear();
        self.collector.weak.clear();
        self.mark_thread(self.main_thread);
        let globals = self.thread_ref(self.main_thread).globals;
        self.mark_table(globals);
        self.mark_table(self.registry);
        self.mark_type_metatables();
        self.mark_held();
        self.collector.phase = Phase::Propagate;
    }

    /// Traverses one gray object; the work done, in bytes.
    ///
    /// A large table stays gray if somebody asks for the end of the run meanwhile.
    fn propagate(&mut self, object: Object) -> Result<usize, Stopped> {
        let index = object.index();
        Ok(match object.kind() {
            ObjectKind::Table => {
                let t = TableRef(index);
                self.tables[t.index()].mark |= BLACK;
                let traversed = self.traverse_table(t);
                if traversed != Ok(false) {
                    self.tables[t.index()].mark &= !BLACK;
                }
                if traversed.is_err() {
                    self.collector.gray.push(object);
                    return Err(Stopped);
                }
                self.table(t).traversal_cost()
            }
            ObjectKind::Closure => self.traverse_closure(ClosureRef(index)),
            ObjectKind::Native => {
                let n = &mut self.natives.items[index as usize];
                n.mark |= BLACK;
                let env = n.env;
                let upvalues = core::mem::take(&mut n.upvalues);
                self.mark_table(env);
                for &v in &upvalues {
                    self.mark_value(v);
                }
                let work = NativeClosure::bytes(upvalues.len());
                self.natives.items[index as usize].upvalues = upvalues;
                work
            }
            ObjectKind::Thread => {
                self.collector.gray_again.push(object);
                self.traverse_thread(ThreadRef(index))
            }
            ObjectKind::Proto => self.traverse_proto(ProtoRef(index)),
            ObjectKind::Upvalue | ObjectKind::UserData | ObjectKind::Free => 0,
        })
    }

    /// Traverses all gray objects; the work done, in bytes. What is gray stays so if
    /// somebody asks for the end of the run.
    fn propagate_all(&mut self) -> Result<usize, Stopped> {
        let (mut work, mut look) = (0, LOOK_COST);
        while let Some(object) = self.collector.gray.pop() {
            work += self.propagate(object)?;
            if work >= look {
                self.look_around()?;
                look = work + LOOK_COST;
            }
        }
        Ok(work)
    }

    #[cold]
    fn look_around(&self) -> Result<(), Stopped> {
        if self.collector.may_stop && self.memory.is_stopped() {
            return Err(Stopped);
        }
        Ok(())
    }

    #[inline(always)]
    fn mark_items(&mut self, values: &[Value]) {
        for &v in values.iter().rev() {
            if v.is_collectable() {
                self.mark_value(v);
            }
        }
    }

    #[inline(always)]
    fn mark_nodes(&mut self, nodes: &mut [Node], weak_keys: bool, weak_values: bool) {
        for n in nodes.iter_mut().rev() {
            if n.value.is_nil() {
                if n.key.is_collectable() {
                    n.key = n.key.as_dead_key();
                }
            } else {
                if !weak_keys && n.key.is_collectable() {
                    self.mark_value(n.key);
                }
                if !weak_values && n.value.is_collectable() {
                    self.mark_value(n.value);
                }
            }
        }
    }

    /// Marks what a table refers to; true if it is weak and so must stay gray.
    fn traverse_table(&mut self, t: TableRef) -> Result<bool, Stopped> {
        let metatable = self.table(t).metatable;
        self.mark_table(metatable);
        let (mut weak_keys, mut weak_values) = (false, false);
        if let Some(mode) = self.fast_handler(metatable, Event::Mode).as_string() {
            // 5.1.1 looks for the letters with strchr, so up to a zero byte.
            let mode = self.bytes(mode).split(|&b| b == 0).next().unwrap_or(&[]);
            weak_keys = mode.contains(&b'k') && !fault!(WeakKeys);
            weak_values = mode.contains(&b'v');
            if weak_keys || weak_values {
                let mark = &mut self.tables[t.index()].mark;
                *mark &= !(WEAK_KEYS | WEAK_VALUES);
                *mark |= (u8::from(weak_keys) * WEAK_KEYS) | (u8::from(weak_values) * WEAK_VALUES);
                self.collector.weak.push(t);
            }
        }
        if weak_keys && weak_values {
            return Ok(true);
        }
        let mut stopped = Ok(());
        // The parts leave the table while their values are marked: marking touches
        // only marks, never the parts of a table.
        if !weak_values && !self.tables[t.index()].array.is_empty() {
            let array = core::mem::take(&mut self.tables[t.index()].array);
            if array.len() < LOOK_ITEMS {
                self.mark_items(&array);
            } else {
                for values in array.rchunks(LOOK_ITEMS) {
                    self.mark_items(values);
                    stopped = self.look_around();
                    if stopped.is_err() {
                        break;
                    }
                }
            }
            self.tables[t.index()].array = array;
        }
        stopped?;
        if !self.tables[t.index()].nodes.is_empty() {
            let mut nodes = core::mem::take(&mut self.tables[t.index()].nodes);
            if nodes.len() < LOOK_ITEMS {
                self.mark_nodes(&mut nodes, weak_keys, weak_values);
            } else {
                for nodes in nodes.rchunks_mut(LOOK_ITEMS) {
                    self.mark_nodes(nodes, weak_keys, weak_values);
                    stopped = self.look_around();
                    if stopped.is_err() {
                        break;
                    }
                }
            }
            self.tables[t.index()].nodes = nodes;
        }
        stopped?;
        Ok(weak_keys || weak_values)
    }

    fn traverse_closure(&mut self, c: ClosureRef) -> usize {
        let closure = &mut self.closures[c.index()];
        closure.mark |= BLACK;
        let (env, proto, count) = (closure.env, closure.proto.id, closure.count as usize);
        self.mark_table(env);
        self.mark_proto(proto);
        for n in 0..count {
            if let Some(u) = self.closure_upvalue(c, n) {
                self.mark_upvalue(u);
            }
        }
        LuaClosure::bytes(count)
    }

    fn traverse_proto(&mut self, p: ProtoRef) -> usize {
        let slot = &mut self.protos.items[p.index()];
        slot.mark |= BLACK;
        let Some(proto) = slot.proto.as_ref().map(Rc::clone) else {
            return 0;
        };
        let mut name = |s: Option<StringRef>| {
            if let Some(s) = s {
                self.strings.set_marked(s);
            }
        };
        name(proto.source);
        proto.upvalue_names.iter().for_each(|&n| name(n));
        proto.locals.iter().for_each(|l| name(l.name));
        for &k in &proto.constants {
            self.mark_value(k);
        }
        for inner in &proto.protos {
            self.mark_proto(inner.id);
        }
        proto.bytes()
    }

    fn traverse_thread(&mut self, t: ThreadRef) -> usize {
        // The stack leaves the thread while its values are marked: marking touches only
        // marks.
        let thread = self.thread_mut(t);
        let globals = thread.globals;
        let mut stack = core::mem::take(&mut thread.stack);
        let mut limit = thread.top;
        for call in &thread.calls {
            limit = limit.max(call.top as usize);
        }
        let top = thread.top.min(stack.len());
        self.mark_table(globals);
        let (live, free) = stack.split_at_mut(top);
        for &v in &*live {
            if v.is_collectable() {
                self.mark_value(v);
            }
        }
        let end = (limit + 1 - top).min(free.len());
        free[..end].fill(Value::NIL);
        let thread = self.thread_mut(t);
        thread.stack = stack;
        let change = shrink_stacks(thread, limit);
        let work = thread.bytes();
        self.memory.total = self.memory.total.wrapping_add_signed(change);
        work
    }

    /// Marks values of open upvalues whose thread may be dead.
    fn remark_upvalues(&mut self) {
        for i in 0..self.threads.items.len() {
            let t = ThreadRef(i as u32);
            if self.thread_ref(t).open.is_empty() {
                continue;
            }
            let open = core::mem::take(&mut self.thread_mut(t).open);
            for &u in open.iter().rev() {
                let up = self.upvalue(u);
                if up.mark & (WHITES | BLACK) == 0 {
                    let value = self
                        .thread_ref(t)
                        .stack
                        .get(up.slot as usize)
                        .copied()
                        .unwrap_or(Value::NIL);
                    self.mark_value(value);
                }
            }
            self.thread_mut(t).open = open;
        }
    }

    /// What has to be done without the program in between. It can be left, and begun anew
    /// later, until userdata are looked at: marks then are those of the phase before.
    fn atomic(&mut self) -> Result<(), Stopped> {
        self.remark_upvalues();
        self.propagate_all()?;
        let weak = core::mem::take(&mut self.collector.weak);
        self.collector
            .gray
            .extend(weak.into_iter().map(Object::table));
        self.mark_thread(self.running);
        self.mark_held();
        self.mark_type_metatables();
        self.propagate_all()?;
        self.collector.gray = core::mem::take(&mut self.collector.gray_again);
        self.propagate_all()?;
        let mut userdata = self.separate_userdata(false);
        let due: Vec<UserDataRef> = self.collector.to_finalize.iter().copied().collect();
        for u in due {
            // It may be black already, if it was left over from the cycle before.
            let white = self.collector.white();
            let mark = &mut self.userdata.items[u.index()].mark;
            *mark = color(*mark, white);
            self.mark_userdata(u);
        }
        self.collector.may_stop = false;
        userdata += self.propagate_all().unwrap_or(0);
        self.collector.may_stop = true;
        let weak = core::mem::take(&mut self.collector.weak);
        for &t in weak.iter().rev() {
            self.clear_weak_table(t);
        }
        self.collector.current = self.collector.other_white();
        self.collector.phase = Phase::SweepStrings;
        self.begin_sweep();
        self.collector.estimate = self.memory.total.wrapping_sub(userdata);
        Ok(())
    }

    /// Moves userdata that nothing reaches (or all of them) and that have a
    /// finalizer to the queue; the bytes they hold.
    pub(crate) fn separate_userdata(&mut self, all: bool) -> usize {
        let mut bytes = 0;
        let mut order = core::mem::replace(&mut self.userdata_order, super::Order::new());
        order.retain_from_newest(|object| {
            let i = object.index() as usize;
            let data = &self.userdata.items[i];
            if (data.mark & WHITES == 0 && !all) || data.mark & FINALIZED != 0 {
                return true;
            }
            let handler = self.fast_handler(data.metatable, Event::Gc);
            let data = &mut self.userdata.items[i];
            data.mark |= FINALIZED;
            if handler.is_nil() {
                return true;
            }
            bytes += UserData::bytes(data.size);
            let due = UserDataRef(object.index());
            if fault!(FinalizerOrder) {
                self.collector.to_finalize.push_front(due);
            } else {
                self.collector.to_finalize.push_back(due);
            }
            false
        });
        self.userdata_order = order;
        bytes
    }

    /// Takes the next userdata to finalize off the queue and makes it an
    /// ordinary one again.
    pub(crate) fn next_to_finalize(&mut self) -> Option<UserDataRef> {
        let u = self.collector.to_finalize.pop_front()?;
        self.userdata_order
            .push(Object::new(ObjectKind::UserData, u.0));
        let white = self.collector.white();
        let mark = &mut self.userdata.items[u.index()].mark;
        *mark = color(*mark, white);
        if fault!(FinalizedTwice) {
            *mark &= !FINALIZED;
        }
        Some(u)
    }

    /// Is this key or value of a weak table to be removed?
    fn is_cleared(&mut self, v: Value, is_key: bool) -> bool {
        match v.unpack() {
            Unpacked::String(s) => {
                self.strings.set_marked(s);
                false
            }
            Unpacked::UserData(u) => {
                let mark = self.userdata(u).mark;
                mark & WHITES != 0 || ((!is_key || fault!(ResurrectedKey)) && mark & FINALIZED != 0)
            }
            _ => self.mark_of(v) & WHITES != 0,
        }
    }

    fn clear_weak_table(&mut self, t: TableRef) {
        let table = &mut self.tables[t.index()];
        let weak_values = table.mark & WEAK_VALUES != 0;
        let mut array = core::mem::take(&mut table.array);
        let mut nodes = core::mem::take(&mut table.nodes);
        if weak_values {
            for v in array.iter_mut().rev() {
                if self.is_cleared(*v, false) {
                    *v = Value::NIL;
                }
            }
        }
        for n in nodes.iter_mut().rev() {
            if !n.value.is_nil()
                && (self.is_cleared(n.key, true) || self.is_cleared(n.value, false))
            {
                n.value = Value::NIL;
                if n.key.is_collectable() {
                    n.key = n.key.as_dead_key();
                }
            }
        }
        let table = &mut self.tables[t.index()];
        table.array = array;
        table.nodes = nodes;
        table.class = TableRef::NONE;
    }
}

/// Sets the charged sizes of a thread's stack and records down by half when
/// little of them is in use; the change in bytes.
fn shrink_stacks(thread: &mut super::Thread, limit: usize) -> isize {
    if thread.call_capacity > MAX_CALLS {
        return 0;
    }
    let calls = thread.calls.len() - usize::from(!thread.calls.is_empty());
    let mut change = 0;
    if 4 * calls < thread.call_capacity && 2 * BASIC_CALLS < thread.call_capacity {
        change += thread.set_call_capacity(thread.call_capacity / 2);
    }
    let size = thread.stack_size();
    if 4 * limit < size && 2 * (BASIC_STACK + EXTRA_STACK) < size {
        change += thread.set_stack_limit(size / 2);
    }
    change
}

/// Steps.
impl Heap {
    /// Counts work against what is left of the step.
    #[inline(always)]
    fn work(&mut self, work: usize) -> Step {
        let left = self.collector.step_left;
        self.collector.step_left = left.saturating_sub_unsigned(work);
        Step::Work(work)
    }

    /// One unit of the collector's work, or several where nothing can come between.
    pub(crate) fn single_step(&mut self) -> Step {
        match self.collector.phase {
            Phase::Pause => {
                self.mark_roots();
                Step::Work(0)
            }
            Phase::Propagate => match self.collector.gray.pop() {
                Some(object) => match self.propagate(object) {
                    Ok(work) => self.work(work),
                    Err(Stopped) => Step::Stopped,
                },
                None => match self.atomic() {
                    Ok(()) => Step::Work(0),
                    Err(Stopped) => Step::Stopped,
                },
            },
            Phase::SweepStrings => {
                let (dead_mask, white) = (self.collector.other_white(), self.collector.white());
                let bucket = self.collector.swept_buckets;
                // As many buckets as single steps would come to, if they are clean.
                let most = self.collector.step_left.max(0) as usize / SWEEP_COST;
                let clean = self.strings.clean_buckets(bucket, most);
                if clean > 0 {
                    self.collector.swept_buckets += clean;
                    if self.collector.swept_buckets >= self.strings.bucket_count() {
                        self.collector.phase = Phase::Sweep;
                    }
                    return self.work(clean * SWEEP_COST);
                }
                let (freed, blocks) = self.strings.sweep_bucket(bucket, dead_mask, white);
                self.memory.remove_part(blocks);
                self.memory.total -= freed;
                self.collector.swept_buckets += 1;
                if self.collector.swept_buckets >= self.strings.bucket_count() {
                    self.collector.phase = Phase::Sweep;
                }
                self.collector.estimate = self.collector.estimate.wrapping_sub(freed);
                self.work(SWEEP_COST)
            }
            Phase::Sweep => {
                let before = self.memory.total;
                if self.sweep_some() {
                    self.shrink_tables();
                    self.order_free_slots();
                    self.collector.phase = Phase::Finalize;
                }
                let freed = before.wrapping_sub(self.memory.total);
                let freed = if fault!(SweepNotCounted) { 0 } else { freed };
                self.collector.estimate = self.collector.estimate.wrapping_sub(freed);
                self.work(SWEEP_MAX * SWEEP_COST)
            }
            Phase::Finalize => match self.next_to_finalize() {
                Some(u) => Step::Finalize(u),
                None => {
                    self.collector.phase = Phase::Pause;
                    self.collector.debt = 0;
                    Step::Work(0)
                }
            },
        }
    }

    /// After the finalizer that [`Step::Finalize`] asked for has run; the work done.
    pub(crate) fn finalizer_done(&mut self) -> usize {
        if self.collector.estimate > FINALIZE_COST {
            self.collector.estimate -= FINALIZE_COST;
        }
        // The finalizer may have taken steps of its own: from here on one by one.
        self.collector.step_left = 0;
        FINALIZE_COST
    }

    /// Begins a step: the work it may do, in bytes.
    pub(crate) fn begin_step(&mut self) -> isize {
        let c = &mut self.collector;
        let excess = self.memory.total.wrapping_sub(c.due);
        c.debt = c.debt.wrapping_add(excess);
        c.step_left = match (STEP_SIZE as isize / 100).wrapping_mul(c.step_multiplier as isize) {
            0 => isize::MAX,
            limit => limit,
        };
        c.step_left
    }

    /// Ends a step: sets when the next one is due.
    pub(crate) fn end_step(&mut self) {
        let total = self.memory.total;
        let c = &mut self.collector;
        let due = if c.phase == Phase::Pause {
            c.next_cycle()
        } else if c.debt < STEP_SIZE {
            total + STEP_SIZE
        } else {
            c.debt -= STEP_SIZE;
            total
        };
        self.set_due(due);
    }

    /// Prepares a full cycle: what was marked so far is swept back to white.
    /// Steps until [`Phase::Finalize`], then [`Heap::restart_marking`] follow.
    pub(crate) fn begin_full(&mut self) {
        self.collector.step_left = isize::MAX;
        if self.collector.phase <= Phase::Propagate {
            self.begin_sweep();
            self.collector.gray.clear();
            self.collector.gray_again.clear();
            self.collector.weak.clear();
            self.collector.phase = Phase::SweepStrings;
        }
    }

    pub(crate) fn restart_marking(&mut self) {
        self.mark_roots();
    }

    pub(crate) fn end_full(&mut self) {
        self.set_due(self.collector.next_cycle());
    }
}
