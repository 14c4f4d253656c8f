//! Closures and the variables they share: making and reading them, opening and closing
//! upvalues. Mirrors `lfunc.c`.

use super::Heap;
use super::code::{Instr, Op};
use super::collect;
use super::object::{FunctionProto, INLINE_UPVALUES, LuaClosure, Object, ObjectKind, Upvalue};
use super::sharing::Shared as Rc;
use super::value::{ClosureRef, TableRef, UpvalueRef, Value};

impl Heap {
    /// A new Lua closure over `upvalues`.
    pub(crate) fn new_closure(
        &mut self,
        proto: Rc<FunctionProto>,
        env: TableRef,
        upvalues: &[UpvalueRef],
    ) -> ClosureRef {
        let mut inline = [0; INLINE_UPVALUES];
        if upvalues.len() <= INLINE_UPVALUES {
            for (slot, u) in inline.iter_mut().zip(upvalues) {
                *slot = u.0;
            }
        } else {
            let block = upvalues.iter().map(|u| u.0).collect();
            self.memory.add_part(4 * upvalues.len());
            inline[0] = self.upvalue_blocks.add(block);
        }
        self.add_closure(proto, env, inline, upvalues.len() as u8)
    }

    /// The closure that CLOSURE makes: each of `words` names a register of the running
    /// function or one of its own upvalues.
    #[inline(never)]
    pub(crate) fn capture(
        &mut self,
        proto: &Rc<FunctionProto>,
        words: &[Instr],
        owner: ClosureRef,
        base: usize,
    ) -> ClosureRef {
        let env = self.closure(owner).env;
        if words.len() <= INLINE_UPVALUES {
            let mut inline = [0; INLINE_UPVALUES];
            for (slot, word) in inline.iter_mut().zip(words) {
                *slot = self.captured(word, owner, base).0;
            }
            self.add_closure(Rc::clone(proto), env, inline, words.len() as u8)
        } else {
            let upvalues: Vec<UpvalueRef> = words
                .iter()
                .map(|word| self.captured(word, owner, base))
                .collect();
            self.new_closure(Rc::clone(proto), env, &upvalues)
        }
    }

    #[inline(always)]
    fn captured(&mut self, word: &Instr, owner: ClosureRef, base: usize) -> UpvalueRef {
        if word.op == Op::Move {
            return self.find_upvalue((base + word.b as usize) as u32);
        }
        self.closure_upvalue(owner, word.b as usize)
            .unwrap_or(UpvalueRef(0))
    }

    #[inline(always)]
    fn add_closure(
        &mut self,
        proto: Rc<FunctionProto>,
        env: TableRef,
        upvalues: [u32; INLINE_UPVALUES],
        count: u8,
    ) -> ClosureRef {
        self.memory.total += LuaClosure::bytes(count as usize);
        let c = LuaClosure {
            proto,
            upvalues,
            env,
            count,
            mark: self.collector.white(),
        };
        let i = match self.free_closures.pop() {
            Some(i) => {
                self.closures[i as usize] = c;
                i
            }
            None => {
                self.closures.push(c);
                (self.closures.len() - 1) as u32
            }
        };
        self.order.push(Object::new(ObjectKind::Closure, i));
        ClosureRef(i)
    }

    #[inline(always)]
    pub(crate) fn closure(&self, c: ClosureRef) -> &LuaClosure {
        &self.closures[c.index()]
    }

    /// The `n`-th upvalue (from 0) of a closure, if it has that many.
    #[inline]
    pub(crate) fn closure_upvalue(&self, c: ClosureRef, n: usize) -> Option<UpvalueRef> {
        let c = self.closure(c);
        if n >= c.count as usize {
            return None;
        }
        if c.count as usize <= INLINE_UPVALUES {
            c.upvalues.get(n).map(|&u| UpvalueRef(u))
        } else {
            let block = self.upvalue_blocks.items.get(c.upvalues[0] as usize)?;
            block.get(n).map(|&u| UpvalueRef(u))
        }
    }

    #[inline]
    fn add_upvalue(&mut self, u: Upvalue) -> UpvalueRef {
        self.memory.total += Upvalue::BYTES;
        match self.free_upvalues.pop() {
            Some(i) => {
                self.upvalues[i as usize] = u;
                UpvalueRef(i)
            }
            None => {
                self.upvalues.push(u);
                UpvalueRef((self.upvalues.len() - 1) as u32)
            }
        }
    }

    /// The function of a chunk that was loaded: its upvalues, if it has any, are closed and hold
    /// nil. They are younger than the function, and swept before it.
    pub(crate) fn new_loaded_closure(
        &mut self,
        proto: Rc<FunctionProto>,
        env: TableRef,
    ) -> ClosureRef {
        let mark = self.collector.white();
        let upvalues: Vec<_> = (0..proto.upvalue_count)
            .map(|_| {
                self.add_upvalue(Upvalue {
                    value: Value::NIL,
                    slot: Upvalue::CLOSED,
                    thread: self.running,
                    mark,
                })
            })
            .collect();
        let c = self.new_closure(proto, env, &upvalues);
        for u in upvalues {
            self.order.push(Object::upvalue(u));
        }
        c
    }

    #[inline(always)]
    pub(crate) fn upvalue(&self, u: UpvalueRef) -> &Upvalue {
        &self.upvalues[u.index()]
    }

    /// The current value of a variable, wherever it lives.
    #[inline]
    pub(crate) fn upvalue_get(&self, u: UpvalueRef) -> Value {
        let up = self.upvalue(u);
        if !up.is_open() {
            return up.value;
        }
        let stack = &self.thread_ref(up.thread).stack;
        stack.get(up.slot as usize).copied().unwrap_or(Value::NIL)
    }

    /// Assigns a variable, with the barrier a closed one needs.
    #[inline]
    pub(crate) fn upvalue_set(&mut self, u: UpvalueRef, value: Value) {
        let up = &mut self.upvalues[u.index()];
        if up.is_open() {
            let (thread, slot) = (up.thread, up.slot as usize);
            if let Some(v) = self.thread_mut(thread).stack.get_mut(slot) {
                *v = value;
            }
        } else {
            up.value = value;
            self.barrier_upvalue(u, value);
        }
    }

    /// The open upvalue of a slot of the running thread, made if there is none.
    pub(crate) fn find_upvalue(&mut self, slot: u32) -> UpvalueRef {
        let mut at = self.thread.open.len();
        while at > 0 {
            let u = self.thread.open[at - 1];
            let up = &mut self.upvalues[u.index()];
            if up.slot == slot && !fault!(UpvalueNotShared) {
                if self.collector.is_dead(up.mark) {
                    up.mark ^= collect::WHITES;
                }
                return u;
            }
            if up.slot < slot {
                break;
            }
            at -= 1;
        }
        let mark = self.collector.white();
        let u = self.add_upvalue(Upvalue {
            value: Value::NIL,
            slot,
            thread: self.running,
            mark,
        });
        self.thread.open.insert(at, u);
        self.thread.open_top = self.thread.open_top.max(slot + 1);
        u
    }

    /// Closes the running thread's upvalues at and above a slot.
    pub(crate) fn close_upvalues(&mut self, slot: u32) {
        while let Some(&u) = self.thread.open.last() {
            let up = &self.upvalues[u.index()];
            if up.slot < slot + u32::from(fault!(UpvalueLeftOpen)) {
                break;
            }
            self.thread.open.pop();
            let value = self
                .thread
                .stack
                .get(up.slot as usize)
                .copied()
                .unwrap_or(Value::NIL);
            self.close_upvalue(u, value);
        }
        let upvalues = &self.upvalues;
        self.thread.refresh_open_top(|u| upvalues[u.index()].slot);
    }

    /// Ends the life of an upvalue in a stack: it is freed if nothing reaches it.
    pub(super) fn close_upvalue(&mut self, u: UpvalueRef, value: Value) {
        let up = &mut self.upvalues[u.index()];
        if self.collector.is_dead(up.mark) {
            self.free_upvalue(u);
            return;
        }
        up.value = value;
        up.slot = Upvalue::CLOSED;
        self.order.push(Object::upvalue(u));
        self.barrier_closed_upvalue(u);
    }

    pub(super) fn free_upvalue(&mut self, u: UpvalueRef) {
        self.memory.total -= Upvalue::BYTES;
        self.upvalues[u.index()].value = Value::NIL;
        self.upvalues[u.index()].slot = Upvalue::CLOSED;
        self.free_upvalues.push(u.0);
    }
}
