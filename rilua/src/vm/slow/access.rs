//! Access to tables where the loop leaves it: absent keys, new ones, handlers; and new
//! tables.

use super::super::State;
use super::super::error::Result;
use super::super::fast;
use super::super::frame::{MODEST_TABLE, floating_byte};
use super::Flow;
use crate::heap::code::{Instr, Op};
use crate::heap::object::FunctionProto;
use crate::heap::value::Value;

impl State {
    /// GETTABLE, SELF and GETGLOBAL.
    #[inline(never)]
    pub(super) fn finish_get<const HOOKS: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
        proto: &FunctionProto,
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
    pub(super) fn finish_set_field<const HOOKS: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
        proto: &FunctionProto,
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
        self.finish_set::<HOOKS>(i, pc, base, proto)
    }

    /// SETTABLE and SETGLOBAL.
    #[inline(never)]
    pub(super) fn finish_set<const HOOKS: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
        proto: &FunctionProto,
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
    pub(super) fn finish_new_table<const HOOKS: bool>(
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
}
