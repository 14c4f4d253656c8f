//! Brings the value of an expression into a register, an operand or a variable.
//! Mirrors the middle of `lcode.c`, decision by decision, as these decisions make
//! up the bytecode.

use super::descriptor::{Descriptor, JumpList, Kind};
use super::failure::Failure;
use super::function::FunctionState;
use crate::bytecode::instruction::{OpCode, RK_CONSTANT};
use crate::bytecode::proto::Constant;
use crate::limits::MAX_RK_INDEX;

impl FunctionState {
    pub(super) fn free_expression(&mut self, e: &Descriptor) {
        if let Kind::Register(register) = e.kind {
            self.free(register);
        }
    }

    /// Asks an open call or `...` for a number of results, given as operand:
    /// one more than the number, 0 for all.
    pub(super) fn set_results(&mut self, e: &Descriptor, operand: u32) -> Result<(), Failure> {
        match e.kind {
            Kind::Call(pc) => self.change(pc, |call| call.with_c(operand)),
            Kind::VarArg(pc) => {
                let register = self.free_register;
                self.change(pc, |vararg| vararg.with_b(operand).with_a(register));
                self.reserve(1)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Adjusts an open call or `...` to one result.
    pub(super) fn set_one_result(&mut self, e: &mut Descriptor) {
        match e.kind {
            Kind::Call(pc) => e.kind = Kind::Register(self.instruction(pc).a()),
            Kind::VarArg(pc) => {
                self.change(pc, |vararg| vararg.with_b(2));
                e.kind = Kind::Relocatable(pc);
            }
            _ => {}
        }
    }

    /// Reads a variable; adjusts to one result.
    pub(super) fn discharge(&mut self, e: &mut Descriptor) -> Result<(), Failure> {
        match e.kind {
            Kind::Local(register) => e.kind = Kind::Register(register),
            Kind::Upvalue(index) => {
                let pc = self.emit_abc(OpCode::GetUpvalue, 0, index, 0)?;
                e.kind = Kind::Relocatable(pc);
            }
            Kind::Global(name) => {
                let pc = self.emit_abx(OpCode::GetGlobal, 0, name)?;
                e.kind = Kind::Relocatable(pc);
            }
            Kind::Indexed { table, key } => {
                self.free(key);
                self.free(table);
                let pc = self.emit_abc(OpCode::GetTable, 0, table, key)?;
                e.kind = Kind::Relocatable(pc);
            }
            Kind::Call(_) | Kind::VarArg(_) => self.set_one_result(e),
            _ => {}
        }
        Ok(())
    }

    /// Puts the value in a register; jumps stay open.
    fn discharge_to(&mut self, e: &mut Descriptor, register: u32) -> Result<(), Failure> {
        self.discharge(e)?;
        match e.kind {
            Kind::Nil => self.emit_nil(register, 1)?,
            Kind::False | Kind::True => {
                let value = u32::from(e.kind == Kind::True);
                self.emit_abc(OpCode::LoadBool, register, value, 0)?;
            }
            Kind::Constant(index) => {
                self.emit_abx(OpCode::LoadK, register, index)?;
            }
            Kind::Number(value) => {
                let index = self.constant(Constant::Number(value))?;
                self.emit_abx(OpCode::LoadK, register, index)?;
            }
            Kind::Relocatable(pc) => self.change(pc, |setter| setter.with_a(register)),
            Kind::Register(from) => {
                if from != register {
                    self.emit_abc(OpCode::Move, register, from, 0)?;
                }
            }
            _ => return Ok(()),
        }
        e.kind = Kind::Register(register);
        Ok(())
    }

    /// Puts the value in some register, jumps stay open. The register, where
    /// there is one.
    pub(super) fn discharge_to_any(&mut self, e: &mut Descriptor) -> Result<u32, Failure> {
        if let Kind::Register(register) = e.kind {
            return Ok(register);
        }
        self.reserve(1)?;
        let register = self.free_register - 1;
        self.discharge_to(e, register)?;
        Ok(register)
    }

    /// Puts the value in a register and closes all jumps.
    pub(super) fn put_in(&mut self, e: &mut Descriptor, register: u32) -> Result<(), Failure> {
        self.discharge_to(e, register)?;
        if let Kind::Jump(pc) = e.kind {
            self.join(&mut e.exit_true, JumpList::single(pc))?;
        }
        if e.has_jumps() {
            let mut load_false = -1;
            let mut load_true = -1;
            if self.needs_value(e.exit_true) || self.needs_value(e.exit_false) {
                let over = match e.kind {
                    Kind::Jump(_) => JumpList::EMPTY,
                    _ => self.jump()?,
                };
                self.label();
                load_false = self.emit_abc(OpCode::LoadBool, register, 0, 1)?;
                self.label();
                load_true = self.emit_abc(OpCode::LoadBool, register, 1, 0)?;
                self.patch_to_here(over)?;
            }
            let end = self.label();
            self.patch(e.exit_false, end, register, load_false)?;
            self.patch(e.exit_true, end, register, load_true)?;
        }
        *e = Descriptor::new(Kind::Register(register));
        Ok(())
    }

    /// Puts the value in the first free register.
    pub(super) fn put_in_next(&mut self, e: &mut Descriptor) -> Result<(), Failure> {
        self.discharge(e)?;
        self.free_expression(e);
        self.reserve(1)?;
        self.put_in(e, self.free_register - 1)
    }

    /// Puts the value in some register.
    pub(super) fn put_anywhere(&mut self, e: &mut Descriptor) -> Result<u32, Failure> {
        self.discharge(e)?;
        if let Kind::Register(register) = e.kind {
            if !e.has_jumps() {
                return Ok(register);
            }
            if register >= self.active_count() {
                self.put_in(e, register)?;
                return Ok(register);
            }
        }
        self.put_in_next(e)?;
        Ok(self.register_of(e))
    }

    /// The register of an expression that has just been put in one.
    pub(super) fn register_of(&self, e: &Descriptor) -> u32 {
        match e.kind {
            Kind::Register(register) => register,
            _ => 0,
        }
    }

    /// Gets one value, which may stay a constant.
    pub(super) fn make_value(&mut self, e: &mut Descriptor) -> Result<(), Failure> {
        if e.has_jumps() {
            self.put_anywhere(e)?;
            Ok(())
        } else {
            self.discharge(e)
        }
    }

    /// Makes the value an operand: a register or, among the first 256, a constant.
    pub(super) fn make_operand(&mut self, e: &mut Descriptor) -> Result<u32, Failure> {
        self.make_value(e)?;
        let constant = match e.kind {
            Kind::Nil => Some(Constant::Nil),
            Kind::True => Some(Constant::Boolean(true)),
            Kind::False => Some(Constant::Boolean(false)),
            Kind::Number(value) => Some(Constant::Number(value)),
            _ => None,
        };
        if let Some(constant) = constant {
            if self.proto.constants.len() <= MAX_RK_INDEX {
                let index = self.constant(constant)?;
                e.kind = Kind::Constant(index);
                return Ok(index | RK_CONSTANT);
            }
        } else if let Kind::Constant(index) = e.kind
            && (index as usize) < MAX_RK_INDEX + usize::from(!fault!(ConstantOperandLimit))
        {
            return Ok(index | RK_CONSTANT);
        }
        self.put_anywhere(e)
    }

    /// Assigns the value to a variable.
    pub(super) fn store(&mut self, variable: Kind, e: &mut Descriptor) -> Result<(), Failure> {
        match variable {
            Kind::Local(register) => {
                self.free_expression(e);
                return self.put_in(e, register);
            }
            Kind::Upvalue(index) => {
                let value = self.put_anywhere(e)?;
                self.emit_abc(OpCode::SetUpvalue, value, index, 0)?;
            }
            Kind::Global(name) => {
                let value = self.put_anywhere(e)?;
                self.emit_abx(OpCode::SetGlobal, value, name)?;
            }
            Kind::Indexed { table, key } => {
                let value = self.make_operand(e)?;
                self.emit_abc(OpCode::SetTable, table, key, value)?;
            }
            _ => {}
        }
        self.free_expression(e);
        Ok(())
    }

    /// Makes `table[key]` of a table in a register.
    pub(super) fn index(
        &mut self,
        e: &mut Descriptor,
        key: &mut Descriptor,
    ) -> Result<(), Failure> {
        let table = self.register_of(e);
        let key = self.make_operand(key)?;
        e.kind = Kind::Indexed { table, key };
        Ok(())
    }

    /// Fetches a method: function and object go to two fresh registers.
    pub(super) fn method(
        &mut self,
        e: &mut Descriptor,
        key: &mut Descriptor,
    ) -> Result<(), Failure> {
        let object = self.put_anywhere(e)?;
        self.free_expression(e);
        let function = self.free_register;
        self.reserve(2)?;
        let name = self.make_operand(key)?;
        self.emit_abc(OpCode::SelfOp, function, object, name)?;
        self.free_expression(key);
        e.kind = Kind::Register(function);
        Ok(())
    }
}
