//! Hook events: when the debug hook of a thread is called, and with what.
//! Mirrors `luaD_callhook`, `traceexec` and `callrethooks`.

use super::State;
use super::error::Result;
use crate::heap::thread::{CallKind, hook_mask};
use crate::heap::value::{ThreadRef, Value};
use crate::limits::MIN_STACK;

/// Names of events as the hook function gets them.
const TAIL_RETURN: &str = "tail return";

impl State {
    /// Sets or removes the hook of a thread: `mask` 0 removes it.
    pub(crate) fn set_hook(&mut self, t: ThreadRef, mask: u8, count: i32) {
        let thread = self.heap.thread_mut(t);
        thread.hook_mask = mask;
        thread.hook_base_count = count;
        thread.hook_count = count;
        self.attention = true;
    }

    /// Calls the hook for an event, unless one is running.
    pub(crate) fn call_hook(&mut self, event: u8, line: Option<i32>) -> Result<()> {
        self.call_hook_named(
            match event {
                hook_mask::CALL => "call",
                hook_mask::RETURN => "return",
                hook_mask::LINE => "line",
                _ => "count",
            },
            line,
        )
    }

    fn call_hook_named(&mut self, event: &str, line: Option<i32>) -> Result<()> {
        if self.heap.thread.hook_mask == 0 || !self.heap.thread.allow_hook {
            return Ok(());
        }
        let top = self.heap.thread.top;
        let frame_top = self.current_call().top;
        self.ensure_stack(MIN_STACK);
        self.current_call_mut().top = (top + MIN_STACK) as u32;
        self.heap.thread.allow_hook = false;
        self.run_hook(event, line)?;
        self.heap.thread.allow_hook = true;
        self.current_call_mut().top = frame_top;
        self.heap.thread.top = top;
        Ok(())
    }

    /// Calls the Lua function that was registered for the running thread. The table
    /// it comes from is below it, where `debug.getlocal` can see it.
    fn run_hook(&mut self, event: &str, line: Option<i32>) -> Result<()> {
        if self.heap.thread.hook_mask & hook_mask::INTERRUPT != 0 {
            return self.raise_interrupt();
        }
        let table = self
            .heap
            .raw_get(self.heap.registry, State::hook_table_key());
        let key = State::hook_key(self.heap.running);
        let function = match table.as_table() {
            Some(t) => self.heap.raw_get(t, key),
            None => Value::NIL,
        };
        self.push(table);
        self.push(function);
        if !function.is_function() {
            return Ok(());
        }
        self.push_bytes(event.as_bytes())?;
        let line = line.filter(|&line| line >= 0);
        self.push(line.map_or(Value::NIL, |n| Value::number(f64::from(n))));
        self.call(2, 0)
    }

    /// Removes what is left of the hook of a thread that was collected and whose
    /// place, and so whose key, a new one has.
    pub(crate) fn forget_hook(&mut self, t: ThreadRef) {
        let functions = self
            .heap
            .raw_get(self.heap.registry, State::hook_table_key());
        if let Some(functions) = functions.as_table()
            && !self.heap.raw_get(functions, State::hook_key(t)).is_nil()
        {
            // The key is there, so that nothing can fail.
            let _stored = self.heap.raw_set(functions, State::hook_key(t), Value::NIL);
        }
    }

    /// The key of a thread in the table of hook functions.
    pub(crate) fn hook_key(t: ThreadRef) -> Value {
        Value::light(t.0)
    }

    /// The registry's key for the table of hook functions, which is keyed by threads.
    pub(crate) fn hook_table_key() -> Value {
        Value::light(u32::from_le_bytes(*b"hook"))
    }

    /// Before an instruction: count and line events. `pc` is past the instruction.
    #[inline(never)]
    pub(crate) fn trace_instruction(&mut self, pc: usize) -> Result<()> {
        if self.global.observed.observer.is_some() {
            self.observe_instruction(pc)?;
        }
        let thread = &mut self.heap.thread;
        let mask = thread.hook_mask;
        if mask & (hook_mask::LINE | hook_mask::COUNT) == 0 {
            return Ok(());
        }
        thread.hook_count = thread.hook_count.wrapping_sub(1);
        let counted = thread.hook_count == 0;
        if !counted && mask & hook_mask::LINE == 0 {
            return Ok(());
        }
        let call = self.current_call_mut();
        let old = call.pc as usize;
        call.pc = pc as u32;
        if mask & hook_mask::COUNT != 0 && counted {
            self.heap.thread.hook_count = self.heap.thread.hook_base_count;
            self.call_hook(hook_mask::COUNT, None)?;
        }
        if mask & hook_mask::LINE != 0 {
            let Some(proto) = self.call_proto(self.current_call()) else {
                return Ok(());
            };
            let line = |pc: usize| {
                pc.checked_sub(1)
                    .and_then(|i| proto.lines.get(i))
                    .copied()
                    .unwrap_or(0)
            };
            if pc == 1 || pc <= old || line(pc) != line(old) {
                self.call_hook(hook_mask::LINE, Some(line(pc)))?;
            }
        }
        Ok(())
    }

    /// The return event of the running function, and one for each tail call lost
    /// under it (D17: the mask is not looked at again).
    #[cold]
    #[inline(never)]
    pub(crate) fn return_hooks(&mut self, first: usize) -> Result<usize> {
        self.call_hook(hook_mask::RETURN, None)?;
        while self.current_call().kind == CallKind::Lua && self.current_call().tail_calls > 0 {
            self.current_call_mut().tail_calls -= 1;
            self.call_hook_named(TAIL_RETURN, None)?;
        }
        Ok(first)
    }
}
