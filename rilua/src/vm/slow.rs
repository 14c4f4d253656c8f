//! Instructions that the loop of `execute.rs` doesn't do itself: general forms, what
//! allocates, calls natives, runs metamethods or fails.
//!
//! The instruction is done as a whole, from its beginning.

use super::State;
use super::call::{ALL, Entered, Finish, SPECIAL};
use super::driver::Next;
use super::error::Result;
use super::fast;
use super::frame::{MODEST_TABLE, broken_frame, floating_byte};
use super::interrupt;
use super::iterate::Iteration;
use super::operations::Relation;
use super::shortcut::{Arguments, NativeCall, Shortcut};
use crate::bytecode::VarargFlags;
use crate::heap::Event;
use crate::heap::code::{Instr, Op};
use crate::heap::object::FunctionProto;
use crate::heap::sharing::Shared as Rc;
use crate::heap::thread::{CallInfo, CallKind, Ending, WINDOW};
use crate::heap::value::{ClosureRef, NativeRef, Value};

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
        proto: &Rc<FunctionProto>,
        i: &Instr,
        pc: usize,
        base: usize,
    ) -> Result<Flow> {
        match i.op {
            Op::Call => self.finish_call_instruction::<HOOKS>(i, pc, base),
            Op::TForLoop => self.generic_for::<HOOKS>(proto, i, pc, base),
            Op::Return | Op::Return0 | Op::Return1 => self.finish_return::<HOOKS>(i, pc, base),
            Op::GetField
            | Op::GetItem
            | Op::GetIndex
            | Op::GetTable
            | Op::SelfK
            | Op::SelfGet
            | Op::GetGlobalS
            | Op::GetGlobal => self.finish_get::<HOOKS>(proto, i, pc, base),
            Op::SetFieldR | Op::SetFieldK => self.finish_set_field::<HOOKS>(proto, i, pc, base),
            Op::SetItem
            | Op::SetIndexR
            | Op::SetIndexK
            | Op::SetTable
            | Op::SetGlobalS
            | Op::SetGlobal => self.finish_set::<HOOKS>(proto, i, pc, base),
            Op::NewTable => self.finish_new_table::<HOOKS>(i, pc, base),
            Op::Vararg => self.finish_vararg::<HOOKS>(proto, i, pc, base),
            _ => self.finish_other::<HOOKS, METERED>(proto, i, pc, base),
        }
    }

    /// RETURN in the cases that the loop leaves.
    #[inline(never)]
    fn finish_return<const HOOKS: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
    ) -> Result<Flow> {
        let first = base + i.a as usize;
        if self.heap.thread.open_top as usize > base {
            self.heap.close_upvalues(base as u32);
        }
        let t = &mut self.heap.thread;
        let end = if i.b != 0 {
            first + i.b as usize - 1
        } else {
            t.top.max(first)
        };
        if !HOOKS
            && let [.., caller, call] = t.calls.as_slice()
            && call.ending >= Ending::Caller
        {
            let (call, frame_top) = (*call, caller.top as usize);
            t.calls.pop();
            t.place_results(&call, first, end);
            if call.ending > Ending::Caller {
                self.finish_for_instruction(call.ending)?;
                if call.ending == Ending::Iterator {
                    self.heap.thread.top = frame_top;
                }
                // What was done for the instruction may have set hooks.
                return Ok(self.unless_plain(Next::Run));
            }
            if call.expected >= 0 {
                t.top = frame_top;
            }
            return Ok(Flow::RELOAD);
        }
        t.top = end;
        self.save_pc(pc);
        let finish = self.finish_call(first)?;
        if finish == Finish::Fresh {
            return Ok(Flow::FRESH);
        }
        let next = self.settle(Next::Ended(finish))?;
        Ok(if HOOKS {
            Flow::leave(next)
        } else {
            self.unless_plain(next)
        })
    }

    /// GETTABLE, SELF and GETGLOBAL.
    #[inline(never)]
    fn finish_get<const HOOKS: bool>(
        &mut self,
        proto: &FunctionProto,
        i: &Instr,
        pc: usize,
        base: usize,
    ) -> Result<Flow> {
        self.save_pc(pc);
        let to = base + i.a as usize;
        let stack = &mut self.heap.thread.stack;
        let k = &proto.constants;
        let object = match i.op {
            Op::GetGlobal | Op::GetGlobalS => self.environment(),
            Op::SelfK | Op::SelfGet => {
                let object = stack[base + i.b as usize];
                // Before the key is read, whose register can be this one.
                stack[base + i.a.wrapping_add(1) as usize] = object;
                object
            }
            _ => stack[base + i.b as usize],
        };
        let key = match i.op {
            Op::GetGlobal => k[i.d as usize],
            Op::GetGlobalS => k[usize::from(i.b) | usize::from(i.c) << 8],
            Op::GetField | Op::GetItem | Op::SelfK => k[i.c as usize],
            Op::GetIndex => self.heap.thread.stack[base + i.c as usize],
            _ => self.operand(proto, base, i.d >> 16),
        };
        let global = matches!(i.op, Op::GetGlobal | Op::GetGlobalS);
        let register = (!global).then_some(i.b);
        if self.index(object, key, register, to, !HOOKS)? {
            return Ok(Flow::RELOAD);
        }
        self.go_on::<HOOKS>(pc)
    }

    /// SETTABLE with a constant name, most often one that the table doesn't have yet.
    #[inline(never)]
    fn finish_set_field<const HOOKS: bool>(
        &mut self,
        proto: &FunctionProto,
        i: &Instr,
        pc: usize,
        base: usize,
    ) -> Result<Flow> {
        if !HOOKS {
            let stack = &self.heap.thread.stack;
            let object = stack[base + i.a as usize];
            let name = proto.constants[i.b as usize];
            let value = if i.op == Op::SetFieldR {
                stack[base + i.c as usize]
            } else {
                proto.constants[i.c as usize]
            };
            if fast::insert_field(&mut self.heap.tables, object, name, i.d, value) {
                return Ok(Flow::to(pc));
            }
        }
        self.finish_set::<HOOKS>(proto, i, pc, base)
    }

    /// SETTABLE and SETGLOBAL.
    #[inline(never)]
    fn finish_set<const HOOKS: bool>(
        &mut self,
        proto: &FunctionProto,
        i: &Instr,
        pc: usize,
        base: usize,
    ) -> Result<Flow> {
        self.save_pc(pc);
        let stack = &self.heap.thread.stack;
        let k = &proto.constants;
        let at_a = stack[base + i.a as usize];
        let (object, key, value) = match i.op {
            Op::SetFieldR | Op::SetItem => (at_a, k[i.b as usize], stack[base + i.c as usize]),
            Op::SetFieldK => (at_a, k[i.b as usize], k[i.c as usize]),
            Op::SetIndexR => (at_a, stack[base + i.b as usize], stack[base + i.c as usize]),
            Op::SetIndexK => (at_a, stack[base + i.b as usize], k[i.c as usize]),
            Op::SetTable => (
                at_a,
                self.operand(proto, base, i.d & 0xffff),
                self.operand(proto, base, i.d >> 16),
            ),
            Op::SetGlobalS => {
                let key = k[usize::from(i.b) | usize::from(i.c) << 8];
                (self.environment(), key, at_a)
            }
            _ => (self.environment(), k[i.d as usize], at_a),
        };
        let global = matches!(i.op, Op::SetGlobal | Op::SetGlobalS);
        let slot = (!global).then_some(base + i.a as usize);
        if self.set((object, key, value), slot, !HOOKS)? {
            return Ok(Flow::RELOAD);
        }
        self.go_on::<HOOKS>(pc)
    }

    /// The table of globals of the running function.
    #[inline(always)]
    fn environment(&self) -> Value {
        Value::table(self.heap.closure(self.current_call().closure).env)
    }

    /// A nine-bit operand: register or constant.
    #[inline(always)]
    fn operand(&self, proto: &FunctionProto, base: usize, operand: u32) -> Value {
        if operand & 256 != 0 {
            proto.constants[(operand & 255) as usize]
        } else {
            self.heap.thread.stack[base + (operand & 255) as usize]
        }
    }

    #[inline(never)]
    fn finish_new_table<const HOOKS: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
    ) -> Result<Flow> {
        self.save_pc(pc);
        let (array, hash) = (floating_byte(i.d & 0xffff), floating_byte(i.d >> 16));
        let t = if (array | hash) as u32 <= MODEST_TABLE {
            self.heap.new_table(array as usize, hash as usize)
        } else {
            self.new_sized_table(array, hash)?
        };
        self.heap.thread.stack[base + i.a as usize] = Value::table(t);
        self.check_gc()?;
        self.go_on::<HOOKS>(pc)
    }

    #[inline(never)]
    fn finish_vararg<const HOOKS: bool>(
        &mut self,
        proto: &FunctionProto,
        i: &Instr,
        pc: usize,
        base: usize,
    ) -> Result<Flow> {
        self.save_pc(pc);
        self.vararg(proto, (base, i.a as usize), i32::from(i.b) - 1)?;
        self.go_on::<HOOKS>(pc)
    }

    /// Does what has no function of its own.
    #[inline(never)]
    fn finish_other<const HOOKS: bool, const METERED: bool>(
        &mut self,
        proto: &Rc<FunctionProto>,
        i: &Instr,
        pc: usize,
        base: usize,
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
            if interrupt::is_pending() {
                self.stop_on_the_way(target)?;
                return Ok(Flow::RUN);
            }
            return self.go_on::<HOOKS>(target);
        }
        self.go_on::<HOOKS>(i.d as usize)
    }

    /// An interrupt that is pending is taken on the way back to `pc`.
    #[cold]
    #[inline(never)]
    pub(super) fn stop_on_the_way(&mut self, pc: usize) -> Result<()> {
        self.save_pc(pc + 1);
        self.take_interrupt()?;
        self.save_pc(pc);
        Ok(())
    }

    /// CALL of what the loop doesn't enter itself: natives, vararg functions, values with a
    /// handler, and what something has to grow for.
    #[inline(never)]
    pub(super) fn finish_call_instruction<const HOOKS: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
    ) -> Result<Flow> {
        let func = base + i.a as usize;
        let t = &self.heap.thread;
        let call = NativeCall {
            pc,
            func,
            top: if i.b != 0 {
                func + i.b as usize
            } else {
                // In damaged code it may be below the function.
                t.top.max(func + 1)
            },
            expected: i32::from(i.c) - 1,
            iterator: false,
        };
        let f = t.stack[func];
        if let Some(n) = f.as_native()
            && !HOOKS
            && self.has_room_for_native(call.top)
        {
            return self.call_native(n, call);
        }
        if let Some(c) = f.as_closure()
            && !HOOKS
            && self.enter_vararg_at_once(c, call)
        {
            return Ok(Flow::RELOAD);
        }
        self.heap.thread.top = call.top;
        self.save_pc(pc);
        if let Some(c) = f.as_closure() {
            if interrupt::is_pending() {
                self.take_interrupt()?;
                self.save_pc(pc);
            }
            self.enter_lua(c, func, call.expected)?;
            self.current_call_mut().ending = Ending::Caller;
            return Ok(Flow::RELOAD);
        }
        Ok(Flow::leave(match self.precall(func, call.expected)? {
            Entered::Finished if call.expected >= 0 => Next::Ended(Finish::Fixed),
            entered => Next::from(entered),
        }))
    }

    /// Enters a vararg function that has no table `arg`, if nothing has to grow; false, and
    /// nothing done, in other cases.
    #[inline(always)]
    fn enter_vararg_at_once(&mut self, c: ClosureRef, call: NativeCall) -> bool {
        let p = &self.heap.closures[c.index()].proto;
        let (max, fixed) = (p.max_stack as usize, p.parameters as usize);
        let t = &mut self.heap.thread;
        // D62: room for the parameters beside the frame itself.
        if p.vararg.0 == 0
            || p.vararg.has(VarargFlags::NEEDS_ARG)
            || call.top + max + fixed >= t.stack_last
            || t.calls.len() >= t.call_capacity
            || interrupt::is_pending()
        {
            return false;
        }
        let first = call.func + 1;
        let base = call.top.max(first + fixed);
        let Some(slots) = t.stack.get_mut(first..base + max) else {
            return false;
        };
        let (arguments, registers) = slots.split_at_mut(base - first);
        if call.top < first + fixed {
            arguments[call.top - first..].fill(Value::NIL);
        }
        let (parameters, rest) = registers.split_at_mut(fixed.min(max));
        if fixed > 0 {
            for (to, from) in parameters.iter_mut().zip(arguments) {
                *to = core::mem::take(from);
            }
        }
        for slot in rest {
            *slot = Value::NIL;
        }
        if let Some(caller) = t.calls.last_mut() {
            caller.pc = call.pc as u32;
        }
        t.top = base + max;
        t.calls.push(CallInfo {
            closure: c,
            func: call.func as u32,
            base: base as u32,
            top: (base + max) as u32,
            pc: 0,
            expected: call.expected,
            tail_calls: 0,
            kind: CallKind::Lua,
            ending: Ending::Caller,
        });
        true
    }

    /// Calls a native from the loop, or does what comes to the same.
    #[inline(always)]
    fn call_native(&mut self, n: NativeRef, call: NativeCall) -> Result<Flow> {
        let entry = self.native_entry(n);
        let function = entry.function;
        match entry.shortcut {
            Some(Shortcut::Direct(direct)) => {
                if let Some(v) = direct(&mut self.heap, Arguments::of(call)) {
                    self.take_direct_result(call, v);
                    return Ok(Flow::to(call.pc));
                }
            }
            Some(Shortcut::Yield) => {
                if self.yield_at_once(call)? {
                    return Ok(Flow::RELOAD);
                }
            }
            Some(Shortcut::Wrapped) => {
                if self.resume_wrapped_at_once(n, call) {
                    return Ok(Flow::RELOAD);
                }
            }
            Some(Shortcut::Resume) => {
                let first = call.func + 1;
                if first < call.top
                    && let Some(thread) = self.heap.thread.stack[first].as_thread()
                    && self.resume_at_once(call, thread, first + 1, false)
                {
                    return Ok(Flow::RELOAD);
                }
            }
            Some(Shortcut::Next | Shortcut::Ipairs) | None => {}
        }
        let t = &mut self.heap.thread;
        t.top = call.top;
        t.push_native(call, CallKind::Native, 0);
        let results = function(self)?;
        if results == SPECIAL && !self.attention && self.switch_at_once()? {
            return Ok(Flow::RELOAD);
        }
        if self.attention || results >= WINDOW || interrupt::is_pending() {
            let next = self.after_native(results)?;
            return Ok(self.unless_plain(next));
        }
        self.take_native_results(results, call.func, call.expected);
        Ok(Flow::to(call.pc))
    }

    /// Puts the one result of a direct function to where the function was.
    #[inline(always)]
    fn take_direct_result(&mut self, call: NativeCall, v: Value) {
        let t = &mut self.heap.thread;
        t.top = if call.expected == ALL {
            call.func + 1
        } else {
            t.calls.last().map_or(0, |caller| caller.top as usize)
        };
        match call.expected {
            0 => {}
            ALL | 1 => t.stack[call.func] = v,
            wanted => {
                let results = &mut t.stack[call.func..call.func + wanted as usize];
                results.fill(Value::NIL);
                results[0] = v;
            }
        }
    }

    /// The loop goes on only with a Lua function, and if nothing wants its attention.
    #[inline(always)]
    fn unless_plain(&self, next: Next) -> Flow {
        if next != Next::Run || self.attention {
            Flow::leave(next)
        } else {
            Flow::RELOAD
        }
    }

    /// TFORLOOP.
    #[inline(never)]
    fn generic_for<const HOOKS: bool>(
        &mut self,
        proto: &FunctionProto,
        i: &Instr,
        pc: usize,
        base: usize,
    ) -> Result<Flow> {
        let func = base + i.a as usize + 3;
        let plain = !HOOKS && !interrupt::is_pending();
        // In damaged code registers wrap around.
        if plain
            && i.a < u8::MAX - 2
            && let Some(goes_on) = self.iterate_at_once(func - 3, i.c)
        {
            return Ok(Flow::to(if goes_on { i.d as usize } else { pc + 1 }));
        }
        let t = &mut self.heap.thread;
        // In damaged code registers wrap around.
        for offset in 0..3u8 {
            t.stack[base + i.a.wrapping_add(offset + 3) as usize] =
                t.stack[base + i.a.wrapping_add(offset) as usize];
        }
        t.top = func + 3;
        let goes_on = match self.iterate(pc, func, i.c, plain)? {
            Iteration::Ran(goes_on) => goes_on,
            Iteration::Entered(next) => return Ok(self.unless_plain(next)),
        };
        self.heap.thread.top = base + proto.max_stack as usize;
        let pc = if goes_on { i.d as usize } else { pc + 1 };
        if self.attention && self.must_leave(HOOKS) {
            self.save_pc(pc);
            return Ok(Flow::RUN);
        }
        if interrupt::is_pending() {
            self.stop_on_the_way(pc)?;
            return Ok(Flow::RUN);
        }
        Ok(Flow::to(pc))
    }
}
