//! What a message calls a value: the variable, field or method it came from,
//! found in the code of the running function; and error messages that say so.
//! Mirrors `getobjname` and `luaG_typeerror` of `ldebug.c`.

use super::State;
use super::error::Error;
use crate::bytecode::verify::find_setter;
use crate::bytecode::view::LocalView;
use crate::bytecode::{ConstantView, FunctionView, Instruction, OpCode, VarargFlags};
use crate::heap::Heap;
use crate::heap::object::FunctionProto;
use crate::heap::sharing::Shared as Rc;
use crate::heap::thread::{CallInfo, CallKind};
use crate::heap::value::{StringRef, Unpacked, Value};

/// A prototype of the heap as dump, verifier and symbolic execution read it.
#[derive(Clone, Copy)]
pub(crate) struct HeapFunction<'a> {
    pub(crate) heap: &'a Heap,
    pub(crate) proto: &'a FunctionProto,
}

impl<'a> HeapFunction<'a> {
    fn text(&self, s: Option<StringRef>) -> Option<&'a [u8]> {
        s.map(|s| self.heap.bytes(s))
    }
}

impl FunctionView for HeapFunction<'_> {
    fn source(&self) -> Option<&[u8]> {
        self.text(self.proto.source)
    }
    fn line_defined(&self) -> i32 {
        self.proto.line_defined
    }
    fn last_line_defined(&self) -> i32 {
        self.proto.last_line_defined
    }
    fn upvalue_count(&self) -> u8 {
        self.proto.upvalue_count
    }
    fn parameter_count(&self) -> u8 {
        self.proto.parameters
    }
    fn vararg(&self) -> VarargFlags {
        self.proto.vararg
    }
    fn max_stack_size(&self) -> u8 {
        self.proto.max_stack
    }
    fn code(&self) -> &[Instruction] {
        &self.proto.raw
    }
    fn constant_count(&self) -> usize {
        self.proto.constants.len()
    }
    fn constant(&self, index: usize) -> Option<ConstantView<'_>> {
        Some(match self.proto.constants.get(index)?.unpack() {
            Unpacked::Boolean(b) => ConstantView::Boolean(b),
            Unpacked::Number(n) => ConstantView::Number(n),
            Unpacked::String(s) => ConstantView::String(self.heap.bytes(s)),
            _ => ConstantView::Nil,
        })
    }
    fn proto_count(&self) -> usize {
        self.proto.protos.len()
    }
    fn proto(&self, index: usize) -> Option<Self> {
        let proto = self.proto.protos.get(index)?;
        Some(HeapFunction {
            heap: self.heap,
            proto,
        })
    }
    fn lines(&self) -> &[i32] {
        &self.proto.lines
    }
    fn local_count(&self) -> usize {
        self.proto.locals.len()
    }
    fn local(&self, index: usize) -> Option<LocalView<'_>> {
        let l = self.proto.locals.get(index)?;
        Some(LocalView {
            name: self.text(l.name),
            start_pc: l.start_pc,
            end_pc: l.end_pc,
        })
    }
    fn upvalue_name_count(&self) -> usize {
        self.proto.upvalue_names.len()
    }
    fn upvalue_name(&self, index: usize) -> Option<&[u8]> {
        self.text(*self.proto.upvalue_names.get(index)?)
    }
}

/// A name as C sees it: up to a zero byte.
fn text(heap: &Heap, s: StringRef) -> Vec<u8> {
    let bytes = heap.bytes(s);
    bytes
        .split(|&byte| byte == 0)
        .next()
        .unwrap_or(&[])
        .to_vec()
}

/// The name of the `n`-th (from 1) local variable that is active at `pc`.
pub(crate) fn local_name(
    heap: &Heap,
    proto: &FunctionProto,
    n: usize,
    pc: usize,
) -> Option<Vec<u8>> {
    let mut left = n;
    for l in &proto.locals {
        if l.start_pc as usize > pc {
            break;
        }
        if pc < l.end_pc as usize {
            left = left.checked_sub(1)?;
            if left == 0 {
                return l.name.map(|s| text(heap, s));
            }
        }
    }
    None
}

/// The name of a key operand: a constant string's text, else `?`.
fn key_name(heap: &Heap, proto: &FunctionProto, operand: u32) -> Vec<u8> {
    let constant = if operand & 256 != 0 {
        proto
            .constants
            .get((operand & 255) as usize)
            .and_then(|k| k.as_string())
    } else {
        None
    };
    constant.map_or_else(|| b"?".to_vec(), |s| text(heap, s))
}

/// The kind and name of what a register holds before the instruction at `pc`.
fn object_name(
    heap: &Heap,
    proto: &FunctionProto,
    register: u32,
    pc: usize,
) -> Option<(&'static str, Vec<u8>)> {
    let mut register = register;
    loop {
        if let Some(name) = local_name(heap, proto, register as usize + 1, pc) {
            return Some(("local", name));
        }
        let from = pc - usize::from(fault!(NameBeforeSetter) && pc > 0);
        let setter = find_setter(&HeapFunction { heap, proto }, from, register)?;
        let i = *proto.raw.get(setter)?;
        match i.opcode()? {
            OpCode::GetGlobal => {
                let name = proto.constants.get(i.bx() as usize)?.as_string()?;
                return Some(("global", text(heap, name)));
            }
            OpCode::Move if i.b() < i.a() => register = i.b(),
            OpCode::GetTable => return Some(("field", key_name(heap, proto, i.c()))),
            OpCode::GetUpvalue => {
                let name = match proto.upvalue_names.get(i.b() as usize) {
                    Some(&name) => name.map_or_else(Vec::new, |s| text(heap, s)),
                    None => b"?".to_vec(),
                };
                let kind = if fault!(UpvalueNamedLocal) {
                    "local"
                } else {
                    "upvalue"
                };
                return Some((kind, name));
            }
            OpCode::SelfOp => return Some(("method", key_name(heap, proto, i.c()))),
            _ => return None,
        }
    }
}

impl State {
    /// The prototype of the Lua function of a call record of the running thread.
    pub(crate) fn call_proto(&self, call: &CallInfo) -> Option<Rc<FunctionProto>> {
        if call.kind != CallKind::Lua {
            return None;
        }
        let f = self
            .heap
            .thread
            .stack
            .get(call.func as usize)?
            .as_closure()?;
        Some(Rc::clone(&self.heap.closure(f).proto))
    }

    /// The kind and name of the value in a stack slot, if the running function is a
    /// Lua function and the slot is in its frame.
    fn slot_name(&self, slot: usize) -> Option<(&'static str, Vec<u8>)> {
        let call = self.current_call();
        let proto = self.call_proto(call)?;
        if !(call.base as usize..call.top as usize).contains(&slot) {
            return None;
        }
        let register = slot - call.base as usize;
        let pc = (call.pc as usize).checked_sub(1)?;
        object_name(&self.heap, &proto, register as u32, pc)
    }

    /// The name under which the `index`-th call record's function was called.
    pub(crate) fn call_name(&self, index: usize) -> Option<(&'static str, Vec<u8>)> {
        let call = self.heap.thread.calls.get(index)?;
        if call.kind == CallKind::Lua && call.tail_calls > 0 {
            return None;
        }
        let caller = self.heap.thread.calls.get(index.checked_sub(1)?)?;
        let proto = self.call_proto(caller)?;
        let pc = (caller.pc as usize).checked_sub(1)?;
        let i = *proto.raw.get(pc)?;
        match i.opcode()? {
            OpCode::Call | OpCode::TailCall | OpCode::TForLoop => {
                object_name(&self.heap, &proto, i.a(), pc)
            }
            _ => None,
        }
    }

    /// The kind and name of the running function, by the instruction that called it.
    pub(crate) fn running_function_name(&self) -> Option<(&'static str, Vec<u8>)> {
        self.call_name(self.heap.thread.calls.len() - 1)
    }

    /// The slot of an operand of the arithmetic instruction that is being executed;
    /// none for a constant, or outside Lua code.
    pub(crate) fn operand_slot(&self, second: bool) -> Option<usize> {
        let call = self.current_call();
        let proto = self.call_proto(call)?;
        let i = *proto.raw.get((call.pc as usize).checked_sub(1)?)?;
        let operand = match i.opcode()? {
            OpCode::Unm => i.b(),
            _ if second => i.c(),
            _ => i.b(),
        };
        if operand & 256 != 0 {
            None
        } else {
            Some(call.base as usize + operand as usize)
        }
    }

    /// `attempt to <what> <variable> (a <type> value)`.
    #[cold]
    #[inline(never)]
    pub(crate) fn type_error(&mut self, v: Value, slot: Option<usize>, what: &str) -> Error {
        let type_name = v.kind().name();
        let (what, type_name) = (what.as_bytes(), type_name.as_bytes());
        match slot.and_then(|slot| self.slot_name(slot)) {
            Some((kind, name)) => self.runtime_error_format(&[
                b"attempt to ",
                what,
                b" ",
                kind.as_bytes(),
                b" '",
                &name,
                b"' (a ",
                type_name,
                b" value)",
            ]),
            None => {
                self.runtime_error_format(&[b"attempt to ", what, b" a ", type_name, b" value"])
            }
        }
    }
}
