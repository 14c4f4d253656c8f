//! Instructions that the loop of `execute.rs` doesn't do itself: general forms, what
//! allocates, calls natives, runs metamethods or fails.
//!
//! The instruction is done as a whole, from its beginning.

mod access;
mod calls;
mod natives;

use super::State;
use super::call::{ALL, Entered, Finish};
use super::driver::Next;
use super::error::Result;
use super::frame::broken_frame;
use super::interrupt;
use super::operations::Relation;
use crate::heap::Event;
use crate::heap::code::{Instr, Op};
use crate::heap::object::FunctionProto;
use crate::heap::thread::Ending;
use crate::heap::value::Value;
use crate::number::modulo;
use core::hint::cold_path;

/// How the loop goes on. A number, so that it comes back in a register.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Flow(usize);

impl Flow {
    /// With the function on top, as its call record says.
    pub(super) const RELOAD: Flow = Flow(0);
    const RUN: Flow = Flow(1);
    const SPECIAL: Flow = Flow(2);
    const FRESH: Flow = Flow(3);
    const ALL: Flow = Flow(4);
    const FIXED: Flow = Flow(5);
    const FIRST_TARGET: usize = 6;

    /// With the same function's instruction at `pc`. The record doesn't get it: what is
    /// there decides about the next line event.
    #[inline(always)]
    fn to(pc: usize) -> Flow {
        Flow(pc + Flow::FIRST_TARGET)
    }

    /// The `pc` of [`Flow::to`].
    #[inline(always)]
    pub(super) fn target(self) -> Option<usize> {
        self.0.checked_sub(Flow::FIRST_TARGET)
    }

    /// What the driver has to do, to which the loop leaves.
    pub(super) fn next(self) -> Next {
        match self {
            Flow::SPECIAL => Next::Special,
            Flow::FRESH => Next::Ended(Finish::Fresh),
            Flow::ALL => Next::Ended(Finish::All),
            Flow::FIXED => Next::Ended(Finish::Fixed),
            _ => Next::Run,
        }
    }

    fn leave(next: Next) -> Flow {
        match next {
            Next::Run => Flow::RUN,
            Next::Special => Flow::SPECIAL,
            Next::Ended(Finish::Fresh) => Flow::FRESH,
            Next::Ended(Finish::All) => Flow::ALL,
            Next::Ended(Finish::Fixed) => Flow::FIXED,
        }
    }
}

impl State {
    /// Does an instruction of the function on top. `pc` is the next instruction's.
    ///
    /// It only chooses, so that it needs no frame: the most common ones go straight to
    /// functions of their own.
    #[inline(never)]
    pub(super) fn finish_instruction<const HOOKS: bool, const METERED: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
        proto: &FunctionProto,
    ) -> Result<Flow> {
        // Calls of natives come this way: without the table's jump.
        if i.op == Op::Call {
            return self.finish_call_instruction::<HOOKS>(i, pc, base);
        }
        cold_path();
        match i.op {
            Op::TailCall => self.finish_tail_call::<HOOKS, METERED>(i, pc, base, proto),
            Op::TForLoop => self.generic_for::<HOOKS>(i, pc, base, proto),
            Op::Return | Op::Return0 | Op::Return1 => self.finish_return::<HOOKS>(i, pc, base),
            Op::GetField
            | Op::GetItem
            | Op::GetIndex
            | Op::GetTable
            | Op::SelfK
            | Op::SelfGet
            | Op::GetGlobalS
            | Op::GetGlobal => self.finish_get::<HOOKS>(i, pc, base, proto),
            Op::SetFieldR | Op::SetFieldK => self.finish_set_field::<HOOKS>(i, pc, base, proto),
            Op::SetItem
            | Op::SetIndexR
            | Op::SetIndexK
            | Op::SetTable
            | Op::SetGlobalS
            | Op::SetGlobal => self.finish_set::<HOOKS>(i, pc, base, proto),
            Op::ModRR | Op::ModRK | Op::PowRR | Op::PowRK => {
                self.finish_power::<HOOKS, METERED>(i, pc, base, proto)
            }
            Op::NewTable => self.finish_new_table::<HOOKS>(i, pc, base),
            Op::Vararg => self.finish_vararg::<HOOKS>(i, pc, base, proto),
            Op::Len => self.finish_length::<HOOKS, METERED>(i, pc, base, proto),
            _ => self.finish_other::<HOOKS, METERED>(i, pc, base, proto),
        }
    }

    /// MOD of fractions, and POW.
    #[inline(never)]
    fn finish_power<const HOOKS: bool, const METERED: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
        proto: &FunctionProto,
    ) -> Result<Flow> {
        let stack = &mut self.heap.thread.stack;
        let x = stack[base + i.b as usize];
        let y = match i.op {
            Op::ModRR | Op::PowRR => stack[base + i.c as usize],
            _ => proto.constants[i.c as usize],
        };
        if !HOOKS && let (Some(x), Some(y)) = (x.as_number(), y.as_number()) {
            stack[base + i.a as usize] = Value::number(match i.op {
                Op::ModRR | Op::ModRK => modulo(x, y),
                _ => x.powf(y),
            });
            return Ok(Flow::to(pc));
        }
        self.finish_other::<HOOKS, METERED>(i, pc, base, proto)
    }

    /// LEN: a userdata has nothing but its handler.
    #[inline(never)]
    fn finish_length<const HOOKS: bool, const METERED: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
        proto: &FunctionProto,
    ) -> Result<Flow> {
        let v = self.heap.thread.stack[base + i.b as usize];
        if !HOOKS && !cfg!(feature = "faults") && v.is_userdata() {
            self.save_pc(pc);
            let handler = self.heap.handler(v, Event::Len);
            if self.enter_handler(handler, [v, Value::NIL], Ending::Result)? {
                return Ok(Flow::RELOAD);
            }
        }
        self.finish_other::<HOOKS, METERED>(i, pc, base, proto)
    }

    /// Does what has no function of its own.
    #[inline(never)]
    pub(super) fn finish_other<const HOOKS: bool, const METERED: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
        proto: &FunctionProto,
    ) -> Result<Flow> {
        self.save_pc(pc);
        let to = base + i.a as usize;
        macro_rules! r {
            ($register:expr) => {
                self.heap.thread.stack[base + $register as usize]
            };
        }
        macro_rules! k {
            ($index:expr) => {
                proto.constants[$index as usize]
            };
        }
        // A nine-bit operand: register or constant.
        macro_rules! rk {
            ($operand:expr) => {{
                let operand = $operand;
                if operand & 256 != 0 {
                    k!(operand & 255)
                } else {
                    r!(operand & 255)
                }
            }};
        }
        macro_rules! arithmetic {
            ($event:ident, $x:expr, $y:expr) => {{
                let (x, y) = ($x, $y);
                if self.arithmetic(Event::$event, (x, y), to, !HOOKS)? {
                    return Ok(Flow::RELOAD);
                }
            }};
        }
        macro_rules! compare {
            ($method:ident, $x:expr, $y:expr) => {{
                let (x, y) = ($x, $y);
                let relation = self.$method(x, y)?;
                return self.branch_on::<HOOKS, METERED>(proto, i, pc, relation);
            }};
        }
        // Both operands are constants: the jump is read from the next instruction.
        macro_rules! general_compare {
            ($method:ident) => {{
                let (x, y) = (rk!(i.d & 0xffff), rk!(i.d >> 16));
                let relation = self.$method(x, y)?;
                let holds = self.decide(relation)?;
                return self.go_on::<HOOKS>(if u8::from(holds) == i.a {
                    proto.code[pc].d as usize
                } else {
                    pc + 1
                });
            }};
        }
        match i.op {
            Op::TailCall => {
                self.set_call_top(to, i.b);
                if interrupt::is_pending() {
                    self.take_interrupt()?;
                }
                match self.precall(to, ALL)? {
                    Entered::Lua => {
                        self.replace_caller();
                        return Ok(Flow::RELOAD);
                    }
                    Entered::Finished => {}
                    Entered::Special => return Ok(Flow::SPECIAL),
                }
            }
            Op::GetUpval | Op::GetUpvalN => {
                let v = self.get_upvalue(self.current_call().closure, i.b);
                r!(i.a) = v;
            }
            Op::SetUpval | Op::SetUpvalN => {
                self.set_upvalue(self.current_call().closure, i.b, r!(i.a));
            }
            Op::Closure => {
                let Some(p) = proto.protos.get(i.d as usize) else {
                    return Err(broken_frame(self));
                };
                let end = pc + p.upvalue_count as usize;
                let Some(words) = proto.code.get(pc..end) else {
                    return Err(broken_frame(self));
                };
                let owner = self.current_call().closure;
                let c = self.heap.capture(p, words, owner, base);
                r!(i.a) = Value::closure(c);
                if self.heap.memory.total >= self.heap.collector.threshold {
                    self.save_pc(end);
                    self.collect_step()?;
                }
                return self.go_on::<HOOKS>(end);
            }
            Op::Concat => {
                self.concat(base + i.b as usize, base + i.c as usize + 1)?;
                // What the result replaces is alive in this step.
                self.check_gc()?;
                r!(i.a) = r!(i.b);
            }
            Op::SetList => {
                let mut count = i.b as usize;
                if count == 0 {
                    let t = &mut self.heap.thread;
                    count = t.top.saturating_sub(to + 1);
                    t.top = base + proto.max_stack as usize;
                }
                let pc = pc + usize::from(i.c != 0);
                self.save_pc(pc);
                self.set_list(to, count, i.d)?;
                return Ok(Flow::to(pc));
            }
            Op::Len => {
                let v = r!(i.b);
                if let Some(t) = v.as_table() {
                    r!(i.a) = Value::number(self.heap.table(t).length() as f64);
                } else {
                    if self.length(v, i, to, !HOOKS)? {
                        return Ok(Flow::RELOAD);
                    }
                }
            }
            Op::Close => self.heap.close_upvalues(to as u32),
            Op::ForPrep => {
                self.prepare_loop(to)?;
                return Ok(Flow::to(i.d as usize));
            }
            Op::AddRR => arithmetic!(Add, r!(i.b), r!(i.c)),
            Op::SubRR => arithmetic!(Sub, r!(i.b), r!(i.c)),
            Op::MulRR => arithmetic!(Mul, r!(i.b), r!(i.c)),
            Op::DivRR => arithmetic!(Div, r!(i.b), r!(i.c)),
            Op::ModRR => arithmetic!(Mod, r!(i.b), r!(i.c)),
            Op::PowRR => arithmetic!(Pow, r!(i.b), r!(i.c)),
            Op::AddRK => arithmetic!(Add, r!(i.b), k!(i.c)),
            Op::SubRK => arithmetic!(Sub, r!(i.b), k!(i.c)),
            Op::MulRK => arithmetic!(Mul, r!(i.b), k!(i.c)),
            Op::DivRK => arithmetic!(Div, r!(i.b), k!(i.c)),
            Op::ModRK => arithmetic!(Mod, r!(i.b), k!(i.c)),
            Op::PowRK => arithmetic!(Pow, r!(i.b), k!(i.c)),
            Op::AddKR => arithmetic!(Add, k!(i.b), r!(i.c)),
            Op::SubKR => arithmetic!(Sub, k!(i.b), r!(i.c)),
            Op::MulKR => arithmetic!(Mul, k!(i.b), r!(i.c)),
            Op::DivKR => arithmetic!(Div, k!(i.b), r!(i.c)),
            Op::Add => arithmetic!(Add, rk!(i.d & 0xffff), rk!(i.d >> 16)),
            Op::Sub => arithmetic!(Sub, rk!(i.d & 0xffff), rk!(i.d >> 16)),
            Op::Mul => arithmetic!(Mul, rk!(i.d & 0xffff), rk!(i.d >> 16)),
            Op::Div => arithmetic!(Div, rk!(i.d & 0xffff), rk!(i.d >> 16)),
            Op::Mod => arithmetic!(Mod, rk!(i.d & 0xffff), rk!(i.d >> 16)),
            Op::Pow => arithmetic!(Pow, rk!(i.d & 0xffff), rk!(i.d >> 16)),
            Op::Unm => {
                let v = rk!(i.d & 0xffff);
                arithmetic!(Unm, v, v);
            }
            Op::EqRR => compare!(equality, r!(i.b), r!(i.c)),
            Op::LtRR => compare!(less, r!(i.b), r!(i.c)),
            Op::LtRK => compare!(less, r!(i.b), k!(i.c)),
            Op::LtKR => compare!(less, k!(i.b), r!(i.c)),
            Op::LeRR => compare!(less_or_equal, r!(i.b), r!(i.c)),
            Op::LeRK => compare!(less_or_equal, r!(i.b), k!(i.c)),
            Op::LeKR => compare!(less_or_equal, k!(i.b), r!(i.c)),
            Op::Eq => general_compare!(equality),
            Op::Lt => general_compare!(less),
            Op::Le => general_compare!(less_or_equal),
            // Done by the loop in every case, or by functions of their own.
            _ => {}
        }
        self.go_on::<HOOKS>(pc)
    }

    /// Goes on at `pc`, unless something wants the loop's attention.
    #[inline(always)]
    fn go_on<const HOOKS: bool>(&mut self, pc: usize) -> Result<Flow> {
        if self.attention && self.must_leave(HOOKS) {
            self.save_pc(pc);
            return Ok(Flow::RUN);
        }
        Ok(Flow::to(pc))
    }

    /// Goes on after a comparison, or with the handler that decides it.
    #[inline]
    fn branch_on<const HOOKS: bool, const METERED: bool>(
        &mut self,
        proto: &FunctionProto,
        i: &Instr,
        pc: usize,
        relation: Relation,
    ) -> Result<Flow> {
        if let Relation::Handler {
            handler,
            x,
            y,
            negated,
        } = relation
            && !HOOKS
        {
            let ending = if negated {
                Ending::HoldsNot
            } else {
                Ending::Holds
            };
            if self.enter_handler(handler, [x, y], ending)? {
                return Ok(Flow::RELOAD);
            }
        }
        let holds = self.decide(relation)?;
        self.branch::<HOOKS, METERED>(proto, i, pc, holds)
    }

    /// Goes on after a comparison. Backwards the target is the jump itself, which is no
    /// instruction of its own for hooks.
    #[inline]
    fn branch<const HOOKS: bool, const METERED: bool>(
        &mut self,
        proto: &FunctionProto,
        i: &Instr,
        pc: usize,
        holds: bool,
    ) -> Result<Flow> {
        if holds != (i.a != 0) {
            return self.go_on::<HOOKS>(pc + 1);
        }
        if METERED && i.d as usize == pc {
            let target = proto.code[pc].d as usize;
            if interrupt::is_pending() && self.stop_on_the_way::<HOOKS>(target)? {
                return Ok(Flow::RUN);
            }
            return self.go_on::<HOOKS>(target);
        }
        self.go_on::<HOOKS>(i.d as usize)
    }

    /// An interrupt that is pending is taken on the way back to `pc`. It may be another state's:
    /// then nothing has happened, and line events must not tell. True if the loop has to be
    /// left, to go on at `pc`.
    #[cold]
    #[inline(never)]
    pub(super) fn stop_on_the_way<const HOOKS: bool>(&mut self, pc: usize) -> Result<bool> {
        let before = self.current_call().pc;
        self.save_pc(pc + 1);
        self.take_interrupt()?;
        let leaves = !HOOKS || self.attention;
        self.save_pc(if leaves { pc } else { before as usize });
        Ok(leaves)
    }
}
