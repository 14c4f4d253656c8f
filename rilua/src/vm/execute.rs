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
//! 4. Whatever may run Lua code, grow the stack or change an environment ends
//!    the borrow of the window; `refresh!` makes a new one.
//! 5. A prototype's code outlives the loop's use of it: the loop owns an `Rc`.
//! 6. The plain instantiation runs only while the thread has no hooks; whoever sets
//!    one sets `attention`, at which the loop leaves to the driver.

use super::call::{ALL, Entered, Finish, SPECIAL};
use super::driver::Next;
use super::error::Result;
use super::frame::{Frame, MODEST_TABLE, broken_frame, floating_byte, window};
use super::iterate::Iteration;
use super::{State, fast, interrupt};
use crate::heap::Event;
use crate::heap::code::{Instr, Op};
use crate::heap::collect::BLACK;
use crate::heap::sharing::Shared as Rc;
use crate::heap::thread::{CallInfo, CallKind, WINDOW};
use crate::heap::value::{UpvalueRef, Value};
use core::hint::cold_path;

/// Runs the function on top, and those it calls, until something needs the driver.
#[inline(never)]
pub(crate) fn run<const HOOKS: bool, const METERED: bool>(state: &mut State) -> Result<Next> {
    let Some(Frame {
        mut proto,
        mut closure,
        mut env,
        mut upvalues,
        mut base,
        mut pc,
    }) = Frame::load(state)
    else {
        return Err(broken_frame(state));
    };
    let mut code: &[Instr] = &proto.code;
    let mut k: &[Value] = &proto.constants;
    let Some(mut frame) = window(&mut state.heap.thread.stack, base) else {
        return Err(broken_frame(state));
    };

    // A register.
    macro_rules! r {
        ($i:expr) => {
            frame[$i as usize]
        };
    }
    // Invariant 4.
    macro_rules! rewindow {
        () => {
            match window(&mut state.heap.thread.stack, base) {
                Some(w) => frame = w,
                None => return Err(broken_frame(state)),
            }
        };
    }
    // After something that may have run Lua code.
    macro_rules! refresh {
        () => {
            if state.attention && state.must_leave(HOOKS) {
                cold_path();
                state.save_pc(pc);
                return Ok(Next::Run);
            }
            env = state.heap.closures[closure.index()].env;
            rewindow!();
        };
    }
    // Runs another prototype's code. A function that calls itself keeps its own: the
    // counts of references would be touched once per call for nothing.
    macro_rules! switch_proto {
        ($p:expr) => {
            if !Rc::ptr_eq(&proto, $p) {
                proto = Rc::clone($p);
                code = &proto.code;
                k = &proto.constants;
            }
        };
    }
    // Continues with the function on top.
    macro_rules! reload {
        () => {
            match state.heap.thread.calls.last() {
                Some(call) => {
                    base = call.base as usize;
                    pc = call.pc as usize;
                    closure = call.closure;
                    let c = &state.heap.closures[closure.index()];
                    env = c.env;
                    upvalues = c.upvalues;
                    switch_proto!(&c.proto);
                    rewindow!();
                }
                None => return Err(broken_frame(state)),
            }
        };
    }
    // A nine-bit operand: register or constant.
    macro_rules! rk {
        ($operand:expr) => {{
            let operand = $operand;
            if operand & 256 != 0 {
                k[(operand & 255) as usize]
            } else {
                r!(operand as u8)
            }
        }};
    }

    loop {
        // A reference: each arm reads the fields it needs, and no others.
        let i = &code[pc];
        pc += 1;
        if METERED
            && state
                .global
                .budget
                .is_exceeded(state.heap.thread.calls.len())
        {
            return Err(state.refuse_instruction(pc));
        }
        if HOOKS {
            state.trace_instruction(pc)?;
            env = state.heap.closures[closure.index()].env;
            rewindow!();
        }
        // A slow path that leaves its result in register A.
        macro_rules! slow_result {
            ($method:ident ( $($argument:expr),* )) => {{
                state.save_pc(pc);
                state.$method($($argument,)* base + i.a as usize)?;
                refresh!();
            }};
        }
        macro_rules! arithmetic {
            ($b:expr, $c:expr, |$x:ident, $y:ident| $test:expr, $result:expr, $event:ident) => {{
                let ($x, $y) = ($b, $c);
                if $test {
                    let ($x, $y) = ($x.number_bits(), $y.number_bits());
                    r!(i.a) = $result;
                } else {
                    cold_path();
                    slow_result!(arithmetic(Event::$event, $x, $y));
                }
            }};
        }
        macro_rules! rr {
            (|$x:ident, $y:ident| $result:expr, $event:ident) => {{
                let (b, c) = (r!(i.b), r!(i.c));
                arithmetic!(
                    b,
                    c,
                    |$x, $y| $x.is_number() && $y.is_number(),
                    $result,
                    $event
                )
            }};
        }
        macro_rules! rk_number {
            (|$x:ident, $y:ident| $result:expr, $event:ident) => {{
                let (b, c) = (r!(i.b), k[i.c as usize]);
                arithmetic!(b, c, |$x, $y| $x.is_number(), $result, $event)
            }};
        }
        macro_rules! kr_number {
            (|$x:ident, $y:ident| $result:expr, $event:ident) => {{
                let (b, c) = (k[i.b as usize], r!(i.c));
                arithmetic!(b, c, |$x, $y| $y.is_number(), $result, $event)
            }};
        }
        macro_rules! general_arithmetic {
            ($event:ident) => {{
                let (x, y) = (rk!(i.d & 0xffff), rk!(i.d >> 16));
                slow_result!(arithmetic(Event::$event, x, y));
            }};
        }
        // On every way back, when `pc` is the next instruction's: shall it stop?
        macro_rules! poll {
            () => {
                if interrupt::is_pending() {
                    cold_path();
                    state.save_pc(pc + 1);
                    state.take_interrupt()?;
                    state.save_pc(pc);
                    return Ok(Next::Run);
                }
            };
        }
        // Goes where a test says. Backwards that is the jump itself, which is no
        // instruction of its own for hooks.
        macro_rules! take_branch {
            () => {
                if METERED && i.d as usize == pc {
                    pc = code[pc].d as usize;
                    poll!();
                } else {
                    pc = i.d as usize;
                }
            };
        }
        // A comparison with the jump that follows it.
        macro_rules! branch {
            ($holds:expr) => {
                if ($holds) == (i.a != 0) {
                    cold_path();
                    take_branch!();
                } else {
                    pc += 1;
                }
            };
        }
        macro_rules! compare {
            ($x:expr, $y:expr, $op:tt, $method:ident) => {{
                let (x, y) = ($x, $y);
                if x.is_number() && y.is_number() {
                    branch!(x.number_bits() $op y.number_bits());
                } else {
                    cold_path();
                    state.save_pc(pc);
                    let holds = state.$method(x, y)?;
                    if holds == (i.a != 0) {
                        take_branch!();
                    } else {
                        pc += 1;
                    }
                    refresh!();
                }
            }};
        }
        // Both operands are constants: the jump is read from the next instruction.
        macro_rules! general_compare {
            ($method:ident) => {{
                let (x, y) = (rk!(i.d & 0xffff), rk!(i.d >> 16));
                state.save_pc(pc);
                if u8::from(state.$method(x, y)?) == i.a {
                    pc = code[pc].d as usize;
                } else {
                    pc += 1;
                }
                refresh!();
            }};
        }
        // `o[name]` for a constant name, with the name's hash in `d`.
        macro_rules! get_field {
            ($object:expr, $key:expr) => {{
                let (object, key) = ($object, $key);
                match fast::get_field(&state.heap.tables, object, key, i.d) {
                    Some(v) => r!(i.a) = v,
                    None => slow_result!(index(object, key, i.b)),
                }
            }};
        }
        macro_rules! set_slow {
            ($object:expr, $key:expr, $value:expr, $slot:expr) => {{
                cold_path();
                let (object, key, value, slot) = ($object, $key, $value, $slot);
                state.save_pc(pc);
                state.set_index(object, key, value, slot)?;
                refresh!();
            }};
        }
        macro_rules! set_field {
            ($object:expr, $key:expr, $value:expr, $slot:expr) => {{
                let (object, key, value) = ($object, $key, $value);
                if !fast::set_field(&mut state.heap.tables, object, key, i.d, value) {
                    set_slow!(object, key, value, $slot);
                }
            }};
        }
        macro_rules! set_item {
            ($value:expr) => {{
                let (object, key, value) = (r!(i.a), r!(i.b), $value);
                let done = if key.is_number() {
                    fast::set_item(&mut state.heap.tables, object, key, value)
                } else if let Some(name) = key.as_string() {
                    let hash = state.heap.strings.hash(name);
                    fast::set_field(&mut state.heap.tables, object, key, hash, value)
                } else {
                    false
                };
                if !done {
                    set_slow!(object, key, value, Some(base + i.a as usize));
                }
            }};
        }
        // Ends the running function with results from register A to the top.
        macro_rules! leave {
            ($count:expr) => {{
                let first = base + i.a as usize;
                let count: usize = $count;
                state.heap.thread.top = first + count;
                state.save_pc(pc);
                let inline = !HOOKS && state.current_call().inline;
                let finish = state.finish_call(first)?;
                if !inline {
                    let next = state.settle(Next::Ended(finish))?;
                    if HOOKS || next != Next::Run || state.attention {
                        return Ok(next);
                    }
                    reload!();
                    continue;
                }
                if finish == Finish::Fixed {
                    state.heap.thread.top = state.current_call().top as usize;
                }
                reload!();
            }};
        }
        // Ends the running function with one value or none, which is what nearly every
        // call wants.
        macro_rules! return_few {
            ($value:expr, $count:expr) => {{
                let value = $value;
                close_from!(base);
                let thread = &mut state.heap.thread;
                if let [.., caller, call] = thread.calls.as_slice()
                    && call.inline
                    && (call.expected as u32) <= 1
                    && !HOOKS
                {
                    let (func, wanted) = (call.func as usize, call.expected != 0);
                    base = caller.base as usize;
                    pc = caller.pc as usize;
                    closure = caller.closure;
                    thread.top = caller.top as usize;
                    thread.calls.pop();
                    let c = &state.heap.closures[closure.index()];
                    env = c.env;
                    upvalues = c.upvalues;
                    switch_proto!(&c.proto);
                    rewindow!();
                    if wanted {
                        r!((func - base) as u8) = value;
                    }
                } else {
                    leave!($count)
                }
            }};
        }
        macro_rules! close_from {
            ($slot:expr) => {
                if state.heap.thread.open_top as usize > $slot {
                    state.heap.close_upvalues($slot as u32);
                }
            };
        }

        match i.op {
            Op::Move => r!(i.a) = r!(i.b),
            Op::LoadK => r!(i.a) = k[i.d as usize],
            Op::LoadBool => {
                r!(i.a) = Value::boolean(i.b != 0);
                pc += usize::from(i.c != 0);
            }
            Op::LoadNil => {
                for j in i.a..=i.b {
                    r!(j) = Value::NIL;
                }
            }
            Op::GetUpvalN => {
                let u = &state.heap.upvalues[upvalues[(i.b & 3) as usize] as usize];
                if !u.is_open() {
                    r!(i.a) = u.value;
                } else {
                    let v = state
                        .heap
                        .upvalue_get(UpvalueRef(upvalues[(i.b & 3) as usize]));
                    rewindow!();
                    r!(i.a) = v;
                }
            }
            Op::GetUpval => {
                let v = state.get_upvalue(closure, i.b);
                rewindow!();
                r!(i.a) = v;
            }
            Op::SetUpvalN => {
                let v = r!(i.a);
                let u = &mut state.heap.upvalues[upvalues[(i.b & 3) as usize] as usize];
                if !u.is_open() && u.mark & BLACK == 0 {
                    u.value = v;
                } else {
                    state
                        .heap
                        .upvalue_set(UpvalueRef(upvalues[(i.b & 3) as usize]), v);
                    rewindow!();
                }
            }
            Op::SetUpval => {
                let v = r!(i.a);
                state.set_upvalue(closure, i.b, v);
                rewindow!();
            }
            Op::GetGlobalS => {
                let key = k[usize::from(i.b) | usize::from(i.c) << 8];
                match fast::get_field(&state.heap.tables, Value::table(env), key, i.d) {
                    Some(v) => r!(i.a) = v,
                    None => slow_result!(index_global(env, key)),
                }
            }
            Op::GetGlobal => slow_result!(index_global(env, k[i.d as usize])),
            Op::SetGlobalS => {
                let key = k[usize::from(i.b) | usize::from(i.c) << 8];
                set_field!(Value::table(env), key, r!(i.a), None);
            }
            Op::SetGlobal => set_slow!(Value::table(env), k[i.d as usize], r!(i.a), None),
            Op::GetField => get_field!(r!(i.b), k[i.c as usize]),
            Op::SelfK => {
                let object = r!(i.b);
                r!(i.a.wrapping_add(1)) = object;
                let key = k[i.c as usize];
                let index = state.heap.event_names[Event::Index as usize];
                let index = (index, state.heap.strings.hash(index));
                match fast::get_method(&state.heap.tables, object, key, i.d, index) {
                    Some(v) => r!(i.a) = v,
                    None => slow_result!(index(object, key, i.b)),
                }
            }
            Op::SelfGet => {
                let object = r!(i.b);
                r!(i.a.wrapping_add(1)) = object;
                // Only now: the key's register can be the one just written.
                let key = rk!(i.d >> 16);
                slow_result!(index(object, key, i.b));
            }
            Op::GetIndex => {
                let (object, key) = (r!(i.b), r!(i.c));
                let found = if key.is_number() {
                    fast::get_item(&state.heap.tables, object, key)
                } else if let Some(name) = key.as_string() {
                    let hash = state.heap.strings.hash(name);
                    fast::get_field(&state.heap.tables, object, key, hash)
                } else {
                    None
                };
                match found {
                    Some(v) => r!(i.a) = v,
                    None => slow_result!(index(object, key, i.b)),
                }
            }
            Op::GetTable => {
                let (object, key) = (r!(i.b), rk!(i.d >> 16));
                slow_result!(index(object, key, i.b));
            }
            Op::SetFieldR => {
                set_field!(r!(i.a), k[i.b as usize], r!(i.c), Some(base + i.a as usize))
            }
            Op::SetFieldK => {
                set_field!(
                    r!(i.a),
                    k[i.b as usize],
                    k[i.c as usize],
                    Some(base + i.a as usize)
                )
            }
            Op::SetIndexR => set_item!(r!(i.c)),
            Op::SetIndexK => set_item!(k[i.c as usize]),
            Op::SetTable => {
                let (object, key, value) = (r!(i.a), rk!(i.d & 0xffff), rk!(i.d >> 16));
                set_slow!(object, key, value, Some(base + i.a as usize));
            }
            Op::NewTable => {
                let (array, hash) = (floating_byte(i.d & 0xffff), floating_byte(i.d >> 16));
                let t = if (array | hash) as u32 <= MODEST_TABLE {
                    state.heap.new_table(array as usize, hash as usize)
                } else {
                    cold_path();
                    state.save_pc(pc);
                    state.new_sized_table(array, hash)?
                };
                rewindow!();
                r!(i.a) = Value::table(t);
                if state.heap.memory.total >= state.heap.collector.threshold {
                    cold_path();
                    state.save_pc(pc);
                    state.collect_step()?;
                    refresh!();
                }
            }
            Op::AddRR => rr!(|x, y| Value::commutative(x + y, x), Add),
            Op::SubRR => rr!(|x, y| Value::arithmetic(x - y), Sub),
            Op::MulRR => rr!(|x, y| Value::commutative(x * y, x), Mul),
            Op::DivRR => rr!(|x, y| Value::arithmetic(x / y), Div),
            Op::ModRR => rr!(|x, y| Value::number(crate::number::modulo(x, y)), Mod),
            Op::PowRR => rr!(|x, y| Value::number(x.powf(y)), Pow),
            Op::AddRK => rk_number!(|x, y| Value::arithmetic(x + y), Add),
            Op::SubRK => rk_number!(|x, y| Value::arithmetic(x - y), Sub),
            Op::MulRK => rk_number!(|x, y| Value::arithmetic(x * y), Mul),
            Op::DivRK => rk_number!(|x, y| Value::arithmetic(x / y), Div),
            Op::ModRK => rk_number!(|x, y| Value::number(crate::number::modulo(x, y)), Mod),
            Op::PowRK => rk_number!(|x, y| Value::number(x.powf(y)), Pow),
            Op::AddKR => kr_number!(|x, y| Value::arithmetic(x + y), Add),
            Op::SubKR => kr_number!(|x, y| Value::arithmetic(x - y), Sub),
            Op::MulKR => kr_number!(|x, y| Value::arithmetic(x * y), Mul),
            Op::DivKR => kr_number!(|x, y| Value::arithmetic(x / y), Div),
            Op::Add => general_arithmetic!(Add),
            Op::Sub => general_arithmetic!(Sub),
            Op::Mul => general_arithmetic!(Mul),
            Op::Div => general_arithmetic!(Div),
            Op::Mod => general_arithmetic!(Mod),
            Op::Pow => general_arithmetic!(Pow),
            Op::Unm => {
                // D06: the operand can be a constant.
                let v = rk!(i.d & 0xffff);
                if v.is_number() {
                    r!(i.a) = Value::arithmetic(-v.number_bits());
                } else {
                    slow_result!(arithmetic(Event::Unm, v, v));
                }
            }
            Op::Not => r!(i.a) = Value::boolean(r!(i.b).is_false()),
            Op::Len => {
                let v = r!(i.b);
                if let Some(t) = v.as_table() {
                    r!(i.a) = Value::number(state.heap.tables[t.index()].length() as f64);
                } else {
                    slow_result!(length(v, i.b));
                }
            }
            Op::Concat => {
                state.save_pc(pc);
                state.concat(base + i.b as usize, base + i.c as usize + 1)?;
                // What the result replaces is alive in this step.
                if state.heap.memory.total >= state.heap.collector.threshold {
                    cold_path();
                    state.collect_step()?;
                }
                rewindow!();
                r!(i.a) = r!(i.b);
                refresh!();
            }
            Op::Jmp => {
                pc = i.d as usize;
                poll!();
            }
            Op::EqRR => {
                let (x, y) = (r!(i.b), r!(i.c));
                if x.raw_equals(y) {
                    branch!(true);
                } else if !(x.is_table() && y.is_table() || x.is_userdata() && y.is_userdata()) {
                    branch!(false);
                } else {
                    cold_path();
                    state.save_pc(pc);
                    let holds = state.equals(x, y)?;
                    branch!(holds);
                    refresh!();
                }
            }
            Op::EqRK => {
                let holds = r!(i.b).raw_equals(k[i.c as usize]);
                branch!(holds);
            }
            Op::Eq => general_compare!(equals),
            Op::LtRR => compare!(r!(i.b), r!(i.c), <, less_than),
            Op::LtRK => compare!(r!(i.b), k[i.c as usize], <, less_than),
            Op::LtKR => compare!(k[i.b as usize], r!(i.c), <, less_than),
            Op::LeRR => compare!(r!(i.b), r!(i.c), <=, less_equal),
            Op::LeRK => compare!(r!(i.b), k[i.c as usize], <=, less_equal),
            Op::LeKR => compare!(k[i.b as usize], r!(i.c), <=, less_equal),
            Op::Lt => general_compare!(less_than),
            Op::Le => general_compare!(less_equal),
            Op::Test => {
                if r!(i.a).is_false() == (i.c != 0) {
                    pc += 1;
                } else {
                    cold_path();
                    take_branch!();
                }
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
            }
            Op::Call => {
                let func = base + i.a as usize;
                state.set_call_top(func, i.b);
                rewindow!();
                let expected = i32::from(i.c) - 1;
                let f = r!(i.a);
                if let Some(c) = f.as_closure() {
                    let callee = &state.heap.closures[c.index()];
                    let p = &callee.proto;
                    let max = p.max_stack as usize;
                    let thread = &mut state.heap.thread;
                    if !HOOKS
                        && p.vararg.0 == 0
                        && thread.top + max < thread.stack_last
                        && thread.calls.len() < thread.call_capacity
                        && !interrupt::is_pending()
                    {
                        let arguments = thread.top - func - 1;
                        let parameters = p.parameters as usize;
                        if let Some(call) = thread.calls.last_mut() {
                            call.pc = pc as u32;
                        }
                        switch_proto!(p);
                        closure = c;
                        env = callee.env;
                        upvalues = callee.upvalues;
                        base = func + 1;
                        pc = 0;
                        thread.top = base + max;
                        thread.calls.push(CallInfo {
                            closure: c,
                            func: func as u32,
                            base: base as u32,
                            top: (base + max) as u32,
                            pc: 0,
                            expected,
                            tail_calls: 0,
                            kind: CallKind::Lua,
                            fresh: false,
                            inline: true,
                            iterator: false,
                        });
                        rewindow!();
                        if let Some(free) = frame.get_mut(arguments.min(parameters)..max) {
                            for slot in free {
                                *slot = Value::NIL;
                            }
                        }
                    } else {
                        if interrupt::is_pending() {
                            state.save_pc(pc);
                            state.take_interrupt()?;
                        }
                        state.save_pc(pc);
                        state.enter_lua(c, func, expected)?;
                        state.current_call_mut().inline = true;
                        reload!();
                    }
                } else if let Some(n) = f.as_native()
                    && !HOOKS
                    && state.push_native_record(pc, func, expected)
                {
                    let function = state.native_function(n);
                    let results = function(state)?;
                    if results == SPECIAL && !state.attention && state.switch_at_once()? {
                        reload!();
                        continue;
                    }
                    if state.attention || results >= WINDOW || interrupt::is_pending() {
                        let next = state.after_native(results)?;
                        if next != Next::Run || state.attention {
                            return Ok(next);
                        }
                        reload!();
                        continue;
                    }
                    let frame_top = base + proto.max_stack as usize;
                    state.take_native_results(results, func, expected, frame_top);
                    env = state.heap.closures[closure.index()].env;
                    rewindow!();
                } else {
                    state.save_pc(pc);
                    return Ok(match state.precall(func, expected)? {
                        Entered::Finished if expected >= 0 => Next::Ended(Finish::Fixed),
                        entered => Next::from(entered),
                    });
                }
            }
            Op::TailCall => {
                let func = base + i.a as usize;
                state.set_call_top(func, i.b);
                state.save_pc(pc);
                if interrupt::is_pending() {
                    state.take_interrupt()?;
                }
                match state.precall(func, ALL)? {
                    Entered::Lua => {
                        state.replace_caller();
                        reload!();
                    }
                    Entered::Finished => {
                        refresh!();
                    }
                    Entered::Special => return Ok(Next::Special),
                }
            }
            Op::Return => {
                close_from!(base);
                let count = if i.b != 0 {
                    i.b as usize - 1
                } else {
                    state.heap.thread.top.saturating_sub(base + i.a as usize)
                };
                leave!(count);
            }
            Op::Return0 => return_few!(Value::NIL, 0),
            Op::Return1 => return_few!(r!(i.a), 1),
            Op::ForLoop => {
                // FORPREP made these numbers; anything else in damaged code acts as a
                // NaN, which ends the loop and is not stored.
                let step = r!(i.a.wrapping_add(2)).number_bits();
                let index = r!(i.a).number_bits() + step;
                let limit = r!(i.a.wrapping_add(1)).number_bits();
                let goes_on = if step > 0.0 {
                    index <= limit && !(fault!(ForLimitExclusive) && index == limit)
                } else {
                    cold_path();
                    limit <= index
                };
                if goes_on {
                    pc = i.d as usize;
                    r!(i.a) = Value::arithmetic(index);
                    r!(i.a.wrapping_add(3)) = Value::arithmetic(index);
                    poll!();
                }
            }
            Op::ForPrep => {
                let a = i.a;
                let (start, limit, step) = (r!(a), r!(a.wrapping_add(1)), r!(a.wrapping_add(2)));
                if start.is_number() && limit.is_number() && step.is_number() {
                    r!(a) = Value::arithmetic(start.number_bits() - step.number_bits());
                } else {
                    state.save_pc(pc);
                    state.prepare_loop(base + a as usize)?;
                    rewindow!();
                }
                pc = i.d as usize;
            }
            Op::TForLoop => {
                let a = i.a;
                let (f, s, v) = (r!(a), r!(a.wrapping_add(1)), r!(a.wrapping_add(2)));
                r!(a.wrapping_add(3)) = f;
                r!(a.wrapping_add(4)) = s;
                r!(a.wrapping_add(5)) = v;
                let func = base + a as usize + 3;
                state.heap.thread.top = func + 3;
                let plain = !HOOKS && !interrupt::is_pending();
                let goes_on = match state.iterate(pc, func, i.c, plain)? {
                    Iteration::Ran(goes_on) => goes_on,
                    Iteration::Entered(next) => {
                        if next != Next::Run || state.attention {
                            return Ok(next);
                        }
                        reload!();
                        continue;
                    }
                };
                state.heap.thread.top = base + proto.max_stack as usize;
                pc = if goes_on { i.d as usize } else { pc + 1 };
                refresh!();
                poll!();
            }
            Op::SetList => {
                let a = base + i.a as usize;
                let mut count = i.b as usize;
                if count == 0 {
                    count = state.heap.thread.top.saturating_sub(a + 1);
                    state.heap.thread.top = base + proto.max_stack as usize;
                }
                pc += usize::from(i.c != 0);
                state.save_pc(pc);
                state.set_list(a, count, i.d)?;
                rewindow!();
            }
            Op::Close => {
                close_from!(base + i.a as usize);
                rewindow!();
            }
            Op::Closure => {
                let Some(p) = proto.protos.get(i.d as usize) else {
                    return Err(broken_frame(state));
                };
                let end = pc + p.upvalue_count as usize;
                let Some(words) = code.get(pc..end) else {
                    return Err(broken_frame(state));
                };
                pc = end;
                let c = state.heap.capture(p, words, closure, base);
                rewindow!();
                r!(i.a) = Value::closure(c);
                if state.heap.memory.total >= state.heap.collector.threshold {
                    cold_path();
                    state.save_pc(pc);
                    state.collect_step()?;
                    refresh!();
                }
            }
            Op::Vararg => {
                state.save_pc(pc);
                state.vararg(&proto, i.a as usize, i.b as i32 - 1)?;
                rewindow!();
            }
        }
    }
}
