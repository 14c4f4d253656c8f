//! Local variables, upvalues and blocks. Mirrors the first part of `lparser.c`.

use super::descriptor::{JumpList, Kind};
use super::failure::{Counted, Failure};
use super::function::FunctionState;
use super::generator::Generator;
use crate::bytecode::instruction::OpCode;
use crate::bytecode::proto::{Constant, LocalVariable};
use crate::limits::{MAX_LOCALS, MAX_UPVALUES};
use crate::syntax::strings::StringId;

/// Debug entries of local variables that a function may have, in scope or not.
pub(super) const MAX_LOCAL_ENTRIES: usize = 32_767;

/// A local variable; its register is its position among the active ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct ActiveVariable {
    name: StringId,
    /// Its entry in the debug information.
    entry: usize,
}

/// A block that is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockScope {
    /// Jumps of `break` statements.
    pub(super) breaks: JumpList,
    /// Variables in scope before the block.
    pub(super) active: usize,
    /// Some variable of the block is an upvalue of a closure.
    pub(super) has_upvalue: bool,
    pub(super) is_loop: bool,
}

/// Where a closure takes an upvalue from when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UpvalueSource {
    /// Register of the enclosing function.
    Local(u32),
    /// Upvalue of the enclosing function.
    Upvalue(u32),
}

impl FunctionState {
    /// Declares a variable, which is in scope only after [`activate`](Self::activate).
    pub(super) fn declare(&mut self, name: StringId) -> Result<(), Failure> {
        if self.variables.len() >= MAX_LOCALS + usize::from(fault!(LocalsLimit)) {
            return Err(Failure::Function(Counted::Locals, self.proto.line_defined));
        }
        if self.proto.locals.len() >= MAX_LOCAL_ENTRIES {
            return Err(Failure::Overflow("too many local variables"));
        }
        self.variables.push(ActiveVariable {
            name,
            entry: self.proto.locals.len(),
        });
        self.proto.locals.push(LocalVariable {
            name: Some(name),
            start_pc: 0,
            end_pc: 0,
        });
        Ok(())
    }

    /// Brings the next `count` declared variables in scope.
    pub(super) fn activate(&mut self, count: usize) {
        let pc = self.pc().unsigned_abs();
        let from = self.active;
        self.active += count;
        for variable in self.variables.iter().skip(from).take(count) {
            if let Some(entry) = self.proto.locals.get_mut(variable.entry) {
                entry.start_pc = pc;
            }
        }
    }

    /// Lets the newest variable start here as far as debug information goes.
    pub(super) fn restart_newest(&mut self) {
        let pc = self.pc().unsigned_abs();
        let newest = self
            .active
            .checked_sub(1)
            .and_then(|index| self.variables.get(index));
        if let Some(entry) = newest.and_then(|newest| self.proto.locals.get_mut(newest.entry)) {
            entry.start_pc = pc;
        }
    }

    /// Ends the scope of all variables but the first `count`.
    pub(super) fn deactivate(&mut self, count: usize) {
        let pc = self.pc().unsigned_abs();
        for variable in self.variables.drain(count.min(self.active)..) {
            if let Some(entry) = self.proto.locals.get_mut(variable.entry) {
                entry.end_pc = pc + u32::from(fault!(ScopeOneLong));
            }
        }
        self.active = self.active.min(count);
    }

    pub(super) fn enter_block(&mut self, is_loop: bool) {
        self.blocks.push(BlockScope {
            breaks: JumpList::EMPTY,
            active: self.active,
            has_upvalue: false,
            is_loop,
        });
    }

    pub(super) fn leave_block(&mut self) -> Result<(), Failure> {
        let Some(block) = self.blocks.pop() else {
            return Ok(());
        };
        self.deactivate(block.active);
        let first = self.active_count();
        if block.has_upvalue && !fault!(BlockNotClosed) {
            self.emit_abc(OpCode::Close, first, 0, 0)?;
        }
        self.free_register = first;
        self.patch_to_here(block.breaks)
    }

    /// Jumps out of the innermost loop.
    pub(super) fn break_loop(&mut self) -> Result<(), Failure> {
        let Some(index) = self.blocks.iter().rposition(|block| block.is_loop) else {
            return Ok(());
        };
        let inner = self.blocks.get(index + 1..).unwrap_or(&[]);
        let has_upvalue = inner.iter().any(|block| block.has_upvalue);
        let Some(&BlockScope {
            mut breaks, active, ..
        }) = self.blocks.get(index)
        else {
            return Ok(());
        };
        if has_upvalue && !fault!(BreakNotClosed) {
            self.emit_abc(
                OpCode::Close,
                u32::try_from(active).unwrap_or(u32::MAX),
                0,
                0,
            )?;
        }
        let jump = self.jump()?;
        self.join(&mut breaks, jump)?;
        if let Some(block) = self.blocks.get_mut(index) {
            block.breaks = breaks;
        }
        Ok(())
    }

    /// Register of the variable with this name that is in scope.
    fn find_local(&self, name: StringId) -> Option<usize> {
        let active = self.variables.get(..self.active)?;
        active.iter().rposition(|variable| variable.name == name)
    }

    /// The block that declares the variable has to close its upvalue.
    fn mark_upvalue(&mut self, register: usize) {
        let block = self
            .blocks
            .iter_mut()
            .rev()
            .find(|block| block.active <= register);
        if let Some(block) = block {
            block.has_upvalue = true;
        }
    }

    /// Index of an upvalue, which is added when it is new.
    fn upvalue(&mut self, name: StringId, source: UpvalueSource) -> Result<u32, Failure> {
        let index = match self.upvalues.iter().position(|&known| known == source) {
            Some(index) => index,
            None if self.upvalues.len() >= MAX_UPVALUES => {
                return Err(Failure::Function(
                    Counted::Upvalues,
                    self.proto.line_defined,
                ));
            }
            None => {
                self.upvalues.push(source);
                self.proto.upvalue_names.push(Some(name));
                self.proto.upvalue_count += 1;
                self.upvalues.len() - 1
            }
        };
        Ok(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

impl Generator<'_> {
    /// Finds a variable: local, upvalue or global.
    pub(super) fn variable(&mut self, name: StringId) -> Result<Kind, Failure> {
        if let Some(register) = self.function.find_local(name) {
            return Ok(Kind::Local(u32::try_from(register).unwrap_or(u32::MAX)));
        }
        let found = self
            .outer
            .iter_mut()
            .enumerate()
            .rev()
            .find_map(|(level, function)| {
                let register = function.find_local(name)?;
                function.mark_upvalue(register);
                Some((level, register))
            });
        let Some((level, register)) = found else {
            let name = self.function.constant(Constant::String(name))?;
            return Ok(Kind::Global(name));
        };
        // Every function in between gets an upvalue, from the outside in.
        let mut source = UpvalueSource::Local(u32::try_from(register).unwrap_or(u32::MAX));
        for function in self.outer.iter_mut().skip(level + 1) {
            source = UpvalueSource::Upvalue(function.upvalue(name, source)?);
        }
        Ok(Kind::Upvalue(self.function.upvalue(name, source)?))
    }
}
