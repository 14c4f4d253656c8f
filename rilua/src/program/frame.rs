//! A call record for the program itself. Mirrors `lua_cpcall`: what the program
//! runs is called by a native, which tracebacks show as `[C]: ?` and which counts
//! as one level of nested native calls.

use crate::heap::thread::{CallInfo, CallKind, Ending};
use crate::heap::value::{ClosureRef, Value};
use crate::limits::MIN_STACK;
use crate::vm::State;
use crate::vm::error::Result;

/// Runs Rust code as the body of a native function that was called without
/// arguments but for a pointer; no results are wanted.
pub(crate) fn call_with_record(
    state: &mut State,
    body: impl FnOnce(&mut State) -> Result<usize>,
) -> Result<()> {
    state.enter_native_level()?;
    let id = state.register_native("(program)", program);
    let env = state.globals();
    let function = state.heap.new_native(id, env, Box::default());
    let func = state.heap.thread.top;
    state.push(Value::native(function));
    state.push(Value::light(0));
    state.ensure_stack(MIN_STACK);
    let thread = &mut state.heap.thread;
    thread.calls.push(CallInfo {
        func: func as u32,
        base: func as u32 + 1,
        top: (thread.top + MIN_STACK) as u32,
        pc: 0,
        expected: 0,
        tail_calls: 0,
        kind: CallKind::Native,
        ending: Ending::Driver,
        closure: ClosureRef(u32::MAX),
    });
    let results = body(state)?;
    state.finish_call(state.heap.thread.top.saturating_sub(results))?;
    state.heap.thread.native_depth -= 1;
    state.check_gc()
}

/// What happens when a script finds the program's own function and calls it.
fn program(_state: &mut State) -> Result<usize> {
    Ok(0)
}
