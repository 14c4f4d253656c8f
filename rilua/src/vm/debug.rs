//! Call levels: where each active function is, what it is, and its local
//! variables. Mirrors the public part of `ldebug.c`.

use super::State;
use super::names::local_name;
use crate::heap::object::FunctionProto;
use crate::heap::sharing::Shared as Rc;
use crate::heap::thread::{CallKind, Thread};
use crate::heap::value::{ThreadRef, Value};
use crate::limits::ID_SIZE;
use crate::syntax::chunk_id;

/// An active call, as `lua_getstack` finds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    /// Index of a call record.
    Call(usize),
    /// A call whose record was replaced by a tail call.
    TailCall,
}

/// What `lua_getinfo` tells about a function.
pub(crate) struct FunctionInfo {
    pub(crate) source: Vec<u8>,
    pub(crate) short_source: Vec<u8>,
    pub(crate) what: &'static str,
    pub(crate) line_defined: i32,
    pub(crate) last_line_defined: i32,
}

impl FunctionInfo {
    fn new(source: &[u8], what: &'static str, first: i32, last: i32) -> FunctionInfo {
        FunctionInfo {
            source: source.to_vec(),
            short_source: chunk_id(source, ID_SIZE),
            what,
            line_defined: first,
            last_line_defined: last,
        }
    }

    pub(crate) fn tail_call() -> FunctionInfo {
        FunctionInfo::new(b"=(tail call)", "tail", -1, -1)
    }
}

/// The level of a thread's stack: 0 is the running function.
pub(crate) fn find_level(thread: &Thread, level: i32) -> Option<Level> {
    let mut left = i64::from(level);
    let mut index = thread.calls.len() - 1;
    while left > 0 && index > 0 {
        left -= 1;
        let call = &thread.calls[index];
        if call.kind == CallKind::Lua {
            left -= i64::from(call.tail_calls);
        }
        index -= 1;
    }
    if left == 0 && index > 0 {
        Some(Level::Call(index))
    } else if left < 0 {
        Some(Level::TailCall)
    } else {
        None
    }
}

impl State {
    /// Runs a query on another thread as if it were the running one.
    pub(crate) fn with_thread<T>(
        &mut self,
        t: ThreadRef,
        query: impl FnOnce(&mut State) -> T,
    ) -> T {
        let running = self.heap.running;
        if t == running {
            return query(self);
        }
        self.heap.switch_to(t);
        let result = query(self);
        self.heap.switch_to(running);
        result
    }

    /// The function of a call record.
    pub(crate) fn call_function(&self, index: usize) -> Value {
        let func = self
            .heap
            .thread
            .calls
            .get(index)
            .map_or(0, |c| c.func as usize);
        self.heap
            .thread
            .stack
            .get(func)
            .copied()
            .unwrap_or(Value::NIL)
    }

    /// Index of the instruction a call is at, if it is a Lua function's.
    fn current_pc(&self, index: usize) -> Option<(Rc<FunctionProto>, usize)> {
        let call = self.heap.thread.calls.get(index)?;
        let proto = self.call_proto(call)?;
        // Before the first instruction (5.1.1 has -1 there) line and locals are unknown.
        Some((proto, (call.pc as usize).wrapping_sub(1)))
    }

    /// The line a call is at; -1 for natives.
    pub(crate) fn current_line(&self, index: usize) -> i32 {
        match self.current_pc(index) {
            Some((proto, pc)) if pc != usize::MAX => {
                let pc = pc + usize::from(fault!(LineOfNext));
                proto.lines.get(pc).copied().unwrap_or(0)
            }
            _ => -1,
        }
    }

    /// What is known about a function.
    pub(crate) fn function_info(&self, f: Value) -> FunctionInfo {
        let Some(c) = f.as_closure() else {
            return FunctionInfo::new(b"=[C]", "C", -1, -1);
        };
        let proto = &self.heap.closure(c).proto;
        let source = proto.source.map_or(&b"=?"[..], |s| self.heap.bytes(s));
        let what = if proto.line_defined == 0 && !fault!(MainIsLua) {
            "main"
        } else {
            "Lua"
        };
        FunctionInfo::new(source, what, proto.line_defined, proto.last_line_defined)
    }

    /// The name and slot of the `n`-th local variable or temporary of a call.
    pub(crate) fn find_local(&self, index: usize, n: i32) -> Option<(Vec<u8>, usize)> {
        let thread = &self.heap.thread;
        let call = thread.calls.get(index)?;
        let base = call.base as usize;
        let n = usize::try_from(n).ok()?;
        let slot = (base + n).checked_sub(1)?;
        if let Some((proto, pc)) = self.current_pc(index)
            && let Some(name) = local_name(&self.heap, &proto, n, pc)
        {
            return Some((name, slot));
        }
        let limit = match thread.calls.get(index + 1) {
            Some(next) => next.func as usize,
            None => thread.top,
        };
        if n > 0 && limit >= base + n {
            Some((b"(*temporary)".to_vec(), slot))
        } else {
            None
        }
    }
}
