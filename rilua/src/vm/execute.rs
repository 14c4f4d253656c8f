//! The loop over internal code.
//!
//! Invariants, cited by number:
//!
//! 1. While a Lua function runs, `thread.top` is the end of its frame, but between
//!    an instruction that leaves an open number of values and the one that takes
//!    them.
//! 2. `pc` is the index of the next instruction. It is in a local variable, and in
//!    the call record only when something else may look: before every slow path.
//! 3. The stack has a window of 256 slots from the base of every frame on, so that
//!    a register, an eight-bit number, needs no check.
//! 4. Whatever may run Lua code or grow the stack ends the borrow of the window;
//!    `rewindow!` or `reload!` makes a new one.
//! 5. A prototype's code outlives the loop's use of it: the loop owns an `Rc`.
//! 6. The loop does what is quick and calls nothing that returns to it, so that what it
//!    works with stays in registers. An arm either ends with `continue`, or has done
//!    nothing that can't be done again and leaves the instruction to `slow/`; after
//!    that everything is taken from the call record anew.
//! 7. The plain instantiation runs only while the thread has no hooks; whoever sets
//!    one sets `attention`, at which the loop leaves to the driver.

use super::driver::Next;
use super::error::Result;
use super::frame::{Frame, broken_frame, clear, window};
use super::slow::Flow;
use super::{State, fast, interrupt};
use crate::heap::Heap;
use crate::heap::code::Op;
use crate::heap::collect::BLACK;
use crate::heap::sharing::Shared as Rc;
use crate::heap::table::INDEX_HASH;
use crate::heap::thread::{CallInfo, CallKind, Ending};
use crate::heap::value::{Type, Value};
use core::hint::cold_path;

/// Runs the function on top, and those it calls, until something needs the driver.
#[inline(never)]
pub(crate) fn run<const HOOKS: bool, const METERED: bool>(state: &mut State) -> Result<Next> {
    let Some(Frame {
        mut proto,
        mut closure,
        mut base,
        mut pc,
    }) = Frame::load(state)
    else {
        return Err(broken_frame(state));
    };
    // The code is read through the prototype: as a variable of its own it would be stored at
    // each call.
    let mut constants: &[Value] = &proto.constants;
    // Held by itself: through the state, each access would load it again.
    let mut heap: &mut Heap = &mut state.heap;
    let Some(mut frame) = window(&mut heap.thread.stack, base) else {
        return Err(broken_frame(state));
    };

    // A register.
    macro_rules! r {
        ($i:expr) => {
            frame[$i as usize]
        };
    }
    // A constant.
    macro_rules! k {
        ($i:expr) => {
            constants[$i as usize]
        };
    }
    // Invariant 4: after the heap alone was worked on.
    macro_rules! rewindow {
        () => {
            match window(&mut heap.thread.stack, base) {
                Some(w) => frame = w,
                None => return Err(broken_frame(state)),
            }
        };
    }
    // Runs another prototype's code. A function that calls itself keeps its own: the
    // counts of references would be touched once per call for nothing.
    macro_rules! switch_proto {
        ($p:expr) => {
            if !Rc::ptr_eq(&proto, $p) {
                proto = Rc::clone($p);
                constants = &proto.constants;
            }
        };
    }
    // Continues with the function on top, after anything was done.
    macro_rules! reload {
        () => {
            heap = &mut state.heap;
            match heap.thread.calls.last() {
                Some(call) => {
                    base = call.base as usize;
                    pc = call.pc as usize;
                    closure = call.closure;
                    switch_proto!(&heap.closures[closure.index()].proto);
                    rewindow!();
                }
                None => return Err(broken_frame(state)),
            }
        };
    }

    'next: loop {
        // A reference: each arm reads the fields it needs, and no others.
        let Some(i) = proto.code.get(pc) else {
            cold_path();
            return Err(broken_frame(state));
        };
        pc += 1;
        if METERED && state.global.budget.is_exceeded(heap.thread.calls.len()) {
            return Err(state.refuse_instruction(pc));
        }
        if HOOKS {
            state.trace_instruction(pc)?;
            heap = &mut state.heap;
            rewindow!();
        }
        macro_rules! arithmetic {
            ($b:expr, $c:expr, |$x:ident, $y:ident| $test:expr, $result:expr) => {{
                let ($x, $y) = ($b, $c);
                if $test {
                    let ($x, $y) = ($x.number_bits(), $y.number_bits());
                    r!(i.a) = $result;
                    continue 'next;
                }
            }};
        }
        macro_rules! rr {
            (|$x:ident, $y:ident| $result:expr) => {
                arithmetic!(
                    r!(i.b),
                    r!(i.c),
                    |$x, $y| $x.is_number() && $y.is_number(),
                    $result
                )
            };
        }
        macro_rules! rk_number {
            (|$x:ident, $y:ident| $result:expr) => {
                arithmetic!(r!(i.b), k!(i.c), |$x, $y| $x.is_number(), $result)
            };
        }
        macro_rules! kr_number {
            (|$x:ident, $y:ident| $result:expr) => {
                arithmetic!(k!(i.b), r!(i.c), |$x, $y| $y.is_number(), $result)
            };
        }
        // On every way back, when `pc` is the next instruction's: shall it stop?
        macro_rules! poll {
            () => {
                if interrupt::is_pending() {
                    cold_path();
                    if state.stop_on_the_way::<HOOKS>(pc)? {
                        return Ok(Next::Run);
                    }
                    heap = &mut state.heap;
                    rewindow!();
                }
            };
        }
        // Goes where a test says. Backwards that is the jump itself, which is no
        // instruction of its own for hooks.
        macro_rules! take_branch {
            () => {
                if METERED && i.d as usize == pc {
                    pc = proto.code[pc].d as usize;
                    poll!();
                } else {
                    pc = i.d as usize;
                }
            };
        }
        // A comparison with the jump that follows it.
        macro_rules! branch {
            ($holds:expr) => {{
                if ($holds) == (i.a != 0) {
                    cold_path();
                    take_branch!();
                } else {
                    pc += 1;
                }
                continue 'next;
            }};
        }
        macro_rules! compare {
            ($x:expr, $y:expr, $op:tt) => {{
                let (x, y) = ($x, $y);
                if x.is_number() && y.is_number() {
                    branch!(x.number_bits() $op y.number_bits());
                }
            }};
        }
        // `o[name]` for a constant name, with the name's hash in `d`.
        macro_rules! get_field {
            ($object:expr, $key:expr) => {
                if let Some(v) = fast::get_field(&heap.tables, $object, $key, i.d) {
                    r!(i.a) = v;
                    continue 'next;
                }
            };
        }
        macro_rules! set_field {
            ($object:expr, $key:expr, $value:expr) => {
                if fast::set_field(&mut heap.tables, $object, $key, i.d, $value) {
                    continue 'next;
                }
            };
        }
        macro_rules! set_item {
            ($value:expr) => {{
                let (object, key) = (r!(i.a), r!(i.b));
                let done = if key.is_number() {
                    fast::set_item(&mut heap.tables, object, key, $value)
                } else if let Some(name) = key.as_string() {
                    let hash = heap.strings.hash(name);
                    hash != INDEX_HASH
                        && fast::set_field(&mut heap.tables, object, key, hash, $value)
                } else {
                    false
                };
                if done {
                    continue 'next;
                }
            }};
        }
        // Ends the running function with one value or none, which is what nearly every
        // call wants.
        macro_rules! return_few {
            ($value:expr) => {{
                let value = $value;
                let thread = &mut heap.thread;
                if !HOOKS
                    && thread.open_top as usize <= base
                    && let [.., caller, call] = thread.calls.as_slice()
                    && call.ending == Ending::Caller
                    && (call.expected as u32) <= 1
                {
                    let (func, wanted) = (call.func as usize, call.expected != 0);
                    base = caller.base as usize;
                    pc = caller.pc as usize;
                    closure = caller.closure;
                    thread.top = caller.top as usize;
                    thread.calls.pop();
                    switch_proto!(&heap.closures[closure.index()].proto);
                    rewindow!();
                    if wanted {
                        r!((func - base) as u8) = value;
                    }
                    continue 'next;
                }
            }};
        }

        match i.op {
            Op::Move => {
                r!(i.a) = r!(i.b);
                continue 'next;
            }
            Op::LoadK => {
                r!(i.a) = k!(i.d);
                continue 'next;
            }
            Op::LoadBool => {
                r!(i.a) = Value::boolean(i.b != 0);
                pc += usize::from(i.c != 0);
                continue 'next;
            }
            Op::LoadNil => {
                for j in i.a..=i.b {
                    r!(j) = Value::NIL;
                }
                continue 'next;
            }
            Op::GetUpvalN => {
                let u = heap.closures[closure.index()].upvalues[(i.b & 3) as usize];
                let upvalue = &heap.upvalues[u as usize];
                if !upvalue.is_open() {
                    r!(i.a) = upvalue.value;
                    continue 'next;
                }
                let slot = upvalue.slot as usize;
                if upvalue.thread == heap.running {
                    if let Some(&v) = heap.thread.stack.get(slot) {
                        rewindow!();
                        r!(i.a) = v;
                        continue 'next;
                    }
                } else {
                    let other = &heap.threads.items[upvalue.thread.index()];
                    if let Some(&v) = other.thread.stack.get(slot) {
                        r!(i.a) = v;
                        continue 'next;
                    }
                }
            }
            Op::SetUpvalN => {
                let v = r!(i.a);
                let u = heap.closures[closure.index()].upvalues[(i.b & 3) as usize];
                let upvalue = &mut heap.upvalues[u as usize];
                if !upvalue.is_open() {
                    if upvalue.mark & BLACK == 0 || !v.is_collectable() {
                        upvalue.value = v;
                        continue 'next;
                    }
                } else if upvalue.thread == heap.running
                    && let Some(slot) = heap.thread.stack.get_mut(upvalue.slot as usize)
                {
                    *slot = v;
                    rewindow!();
                    continue 'next;
                }
            }
            Op::GetUpval => {
                if let Some(u) = heap.closure_upvalue(closure, i.b as usize) {
                    let v = heap.upvalue_get(u);
                    rewindow!();
                    r!(i.a) = v;
                    continue 'next;
                }
            }
            Op::SetUpval => {
                let v = r!(i.a);
                if let Some(u) = heap.closure_upvalue(closure, i.b as usize) {
                    heap.upvalue_set(u, v);
                    rewindow!();
                    continue 'next;
                }
            }
            Op::GetGlobalS => {
                let env = Value::table(heap.closures[closure.index()].env);
                get_field!(env, k!(usize::from(i.b) | usize::from(i.c) << 8));
            }
            Op::SetGlobalS => {
                let env = Value::table(heap.closures[closure.index()].env);
                let key = k!(usize::from(i.b) | usize::from(i.c) << 8);
                set_field!(env, key, r!(i.a));
            }
            Op::GetField => get_field!(r!(i.b), k!(i.c)),
            Op::SelfK => {
                let object = r!(i.b);
                let key = k!(i.c);
                let of_strings = heap.type_metatables[Type::String as usize];
                let v = fast::get_method(&heap.tables, object, key, i.d, of_strings);
                if let Some(v) = v {
                    r!(i.a.wrapping_add(1)) = object;
                    r!(i.a) = v;
                    continue 'next;
                }
            }
            Op::GetItem => {
                if let Some(v) = fast::get_at(&heap.tables, r!(i.b), i.d) {
                    r!(i.a) = v;
                    continue 'next;
                }
            }
            Op::GetIndex => {
                let (object, key) = (r!(i.b), r!(i.c));
                let found = if key.is_number() {
                    fast::get_item(&heap.tables, object, key)
                } else if let Some(name) = key.as_string() {
                    let hash = heap.strings.hash(name);
                    fast::get_field(&heap.tables, object, key, hash)
                } else {
                    None
                };
                if let Some(v) = found {
                    r!(i.a) = v;
                    continue 'next;
                }
            }
            Op::SetFieldR => set_field!(r!(i.a), k!(i.b), r!(i.c)),
            Op::SetFieldK => set_field!(r!(i.a), k!(i.b), k!(i.c)),
            Op::SetItem => {
                if fast::set_at(&mut heap.tables, r!(i.a), i.d, r!(i.c)) {
                    continue 'next;
                }
            }
            Op::SetIndexR => set_item!(r!(i.c)),
            Op::SetIndexK => set_item!(k!(i.c)),
            Op::AddRR => rr!(|x, y| Value::commutative(x + y, x)),
            Op::SubRR => rr!(|x, y| Value::arithmetic(x - y)),
            Op::MulRR => rr!(|x, y| Value::commutative(x * y, x)),
            Op::DivRR => rr!(|x, y| Value::arithmetic(x / y)),
            Op::AddRK => rk_number!(|x, y| Value::arithmetic(x + y)),
            Op::SubRK => rk_number!(|x, y| Value::arithmetic(x - y)),
            Op::MulRK => rk_number!(|x, y| Value::arithmetic(x * y)),
            Op::DivRK => rk_number!(|x, y| Value::arithmetic(x / y)),
            Op::AddKR => kr_number!(|x, y| Value::arithmetic(x + y)),
            Op::SubKR => kr_number!(|x, y| Value::arithmetic(x - y)),
            Op::MulKR => kr_number!(|x, y| Value::arithmetic(x * y)),
            Op::DivKR => kr_number!(|x, y| Value::arithmetic(x / y)),
            Op::ModRR => {
                if let Some(v) = fast::modulo(r!(i.b), r!(i.c)) {
                    r!(i.a) = v;
                    continue 'next;
                }
            }
            Op::ModRK => {
                if let Some(v) = fast::modulo(r!(i.b), k!(i.c)) {
                    r!(i.a) = v;
                    continue 'next;
                }
            }
            Op::Unm => {
                // D06: the operand can be a constant.
                let operand = i.d & 0xffff;
                if operand & 256 == 0 {
                    let v = r!(operand as u8);
                    if v.is_number() {
                        r!(i.a) = Value::arithmetic(-v.number_bits());
                        continue 'next;
                    }
                }
            }
            Op::Not => {
                r!(i.a) = Value::boolean(r!(i.b).is_false());
                continue 'next;
            }
            Op::Len => {
                if let Some(t) = r!(i.b).as_table()
                    && let Some(length) = heap.tables[t.index()].plain_length()
                {
                    r!(i.a) = Value::number(length as f64);
                    continue 'next;
                }
            }
            Op::Jmp => {
                pc = i.d as usize;
                poll!();
                continue 'next;
            }
            Op::EqRR => {
                let (x, y) = (r!(i.b), r!(i.c));
                if x.raw_equals(y) {
                    branch!(true);
                }
                if !(x.is_table() && y.is_table() || x.is_userdata() && y.is_userdata()) {
                    branch!(false);
                }
            }
            Op::EqRK => branch!(r!(i.b).raw_equals(k!(i.c))),
            Op::LtRR => compare!(r!(i.b), r!(i.c), <),
            Op::LtRK => compare!(r!(i.b), k!(i.c), <),
            Op::LtKR => compare!(k!(i.b), r!(i.c), <),
            Op::LeRR => compare!(r!(i.b), r!(i.c), <=),
            Op::LeRK => compare!(r!(i.b), k!(i.c), <=),
            Op::LeKR => compare!(k!(i.b), r!(i.c), <=),
            Op::Test => {
                if r!(i.a).is_false() == (i.c != 0) {
                    pc += 1;
                } else {
                    cold_path();
                    take_branch!();
                }
                continue 'next;
            }
            Op::TestSet => {
                let v = r!(i.b);
                if v.is_false() == (i.c != 0) {
                    pc += 1;
                } else {
                    cold_path();
                    r!(i.a) = v;
                    take_branch!();
                }
                continue 'next;
            }
            Op::Call => {
                if !HOOKS && let Some(c) = r!(i.a).as_closure() {
                    let func = base + i.a as usize;
                    let thread = &mut heap.thread;
                    let top = if i.b != 0 {
                        func + i.b as usize
                    } else {
                        // In damaged code it may be below the function.
                        thread.top.max(func + 1)
                    };
                    let p = &heap.closures[c.index()].proto;
                    let max = p.max_stack as usize;
                    if p.vararg.0 == 0
                        && top + max < thread.stack_last
                        && thread.calls.len() < thread.call_capacity
                        && !interrupt::is_pending()
                    {
                        let kept = (top - func - 1).min(p.parameters as usize);
                        let expected = i32::from(i.c) - 1;
                        if let Some(call) = thread.calls.last_mut() {
                            call.pc = pc as u32;
                        }
                        switch_proto!(p);
                        closure = c;
                        let begin = (func + 1) as u32;
                        base = begin as usize;
                        pc = 0;
                        thread.top = base + max;
                        thread.calls.push(CallInfo {
                            closure: c,
                            func: func as u32,
                            base: begin,
                            top: begin + max as u32,
                            pc: 0,
                            expected,
                            tail_calls: 0,
                            kind: CallKind::Lua,
                            ending: Ending::Caller,
                        });
                        rewindow!();
                        if let Some(slots) = frame.get_mut(kept..max) {
                            clear(slots);
                        }
                        continue 'next;
                    }
                }
            }
            Op::Return0 => return_few!(Value::NIL),
            Op::Return1 => return_few!(r!(i.a)),
            Op::ForLoop => {
                // FORPREP made these numbers; anything else in damaged code acts as a
                // NaN, which ends the loop and is not stored.
                let slots = frame
                    .get_mut(i.a as usize..)
                    .and_then(|f| f.first_chunk_mut());
                let Some([index, limit, step, variable]) = slots else {
                    cold_path();
                    return Err(broken_frame(state));
                };
                let (limit, step) = (limit.number_bits(), step.number_bits());
                let next = index.number_bits() + step;
                let goes_on = if step > 0.0 {
                    next <= limit && !(fault!(ForLimitExclusive) && next == limit)
                } else {
                    cold_path();
                    limit <= next
                };
                if goes_on {
                    pc = i.d as usize;
                    *index = Value::arithmetic(next);
                    *variable = *index;
                    poll!();
                }
                continue 'next;
            }
            Op::ForPrep => {
                let a = i.a;
                let (start, limit, step) = (r!(a), r!(a.wrapping_add(1)), r!(a.wrapping_add(2)));
                if start.is_number() && limit.is_number() && step.is_number() {
                    r!(a) = Value::arithmetic(start.number_bits() - step.number_bits());
                    pc = i.d as usize;
                    continue 'next;
                }
            }
            Op::Close => {
                if heap.thread.open_top as usize <= base + i.a as usize {
                    continue 'next;
                }
            }
            // None of these is plain. No arm for all the rest, which would cost a check.
            Op::GetGlobal
            | Op::GetTable
            | Op::SetGlobal
            | Op::SetTable
            | Op::NewTable
            | Op::SelfGet
            | Op::Add
            | Op::Sub
            | Op::Mul
            | Op::Div
            | Op::Mod
            | Op::Pow
            | Op::PowRR
            | Op::PowRK
            | Op::Concat
            | Op::Eq
            | Op::Lt
            | Op::Le
            | Op::TailCall
            | Op::Return
            | Op::TForLoop
            | Op::SetList
            | Op::Closure
            | Op::Vararg => {}
        }
        // Invariant 6.
        let flow = state.finish_instruction::<HOOKS, METERED>(i, pc, base, &proto)?;
        match flow.target() {
            Some(target) => {
                pc = target;
                heap = &mut state.heap;
                rewindow!();
            }
            None if flow == Flow::RELOAD => {
                reload!();
            }
            None => return Ok(flow.next()),
        }
    }
}
