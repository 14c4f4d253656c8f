//! The function that is being compiled: its instructions, registers, constants
//! and lists of jumps. Mirrors the lower half of `lcode.c`.

use super::Unfinished;
use super::constants::ConstantIndex;
use super::descriptor::{JumpList, NO_JUMP};
use super::failure::Failure;
use super::scanner::ScannerTable;
use super::scope::{ActiveVariable, BlockScope, MAX_LOCAL_ENTRIES, UpvalueSource};
use crate::bytecode::instruction::{Instruction, OpCode, is_constant};
use crate::bytecode::proto::{Constant, Proto, VarargFlags};
use crate::limits::{MAX_BX, MAX_SBX, MAX_STACK_SIZE};
use crate::syntax::strings::StringId;

/// Smallest size of a vector of 5.1.1's compiler.
const MIN_VECTOR: usize = 4;
/// Register operand that means none.
pub(super) const NO_REGISTER: u32 = 255;

/// Instructions that there is room for from the beginning.
const FEW: usize = 32;

/// A function that is being compiled.
#[derive(Debug, Default)]
pub(super) struct FunctionState {
    pub(super) proto: Proto,
    pub(super) scanner_table: ScannerTable,
    constants: ConstantIndex,
    /// Line that the next instruction gets.
    pub(super) line: i32,
    /// Last instruction that jumps go to.
    last_target: i32,
    /// Jumps to the next instruction.
    pending: JumpList,
    /// First register that isn't in use.
    pub(super) free_register: u32,
    /// Variables in scope, and then those that are declared but not in scope yet.
    pub(super) variables: Vec<ActiveVariable>,
    /// How many of `variables` are in scope.
    pub(super) active: usize,
    pub(super) blocks: Vec<BlockScope>,
    pub(super) upvalues: Vec<UpvalueSource>,
    /// Most instructions there were when one was removed.
    most_code: usize,
}

impl FunctionState {
    /// Starts anew with a function.
    pub(super) fn begin(
        &mut self,
        source: Option<StringId>,
        line_defined: i32,
        scanner_table: ScannerTable,
    ) {
        let proto = &mut self.proto;
        proto.source = source;
        proto.line_defined = line_defined;
        proto.last_line_defined = 0;
        proto.upvalue_count = 0;
        proto.parameter_count = 0;
        proto.vararg = VarargFlags::default();
        proto.max_stack_size = 2;
        proto.code.reserve(FEW);
        proto.lines.reserve(FEW);
        self.scanner_table = scanner_table;
        self.constants.clear();
        self.line = 0;
        self.last_target = -1;
        self.pending = JumpList::EMPTY;
        self.free_register = 0;
        self.variables.clear();
        self.active = 0;
        self.blocks.clear();
        self.upvalues.clear();
        self.most_code = 0;
    }

    /// The function as compiled; what it was compiled in is kept for the next one.
    pub(super) fn take_proto(&mut self) -> Proto {
        let proto = &mut self.proto;
        Proto {
            code: take_exact(&mut proto.code),
            constants: take_exact(&mut proto.constants),
            protos: match proto.protos.len() {
                0 => Vec::new(),
                _ => proto.protos.drain(..).collect(),
            },
            lines: take_exact(&mut proto.lines),
            locals: take_exact(&mut proto.locals),
            upvalue_names: take_exact(&mut proto.upvalue_names),
            scanner_table: Some(self.scanner_table.size()),
            ..*proto
        }
    }

    /// What is left of the function when its compilation fails.
    pub(super) fn abandon(mut self: Box<Self>) -> Unfinished {
        let proto = self.take_proto();
        let code = self.most_code.max(proto.code.len());
        let unbounded = usize::MAX;
        // A vector keeps the size to which it has grown; only finished functions get
        // vectors that fit.
        let spare = 4 * (2 * grown(code, unbounded) - proto.code.len() - proto.lines.len())
            + 16 * (grown(proto.constants.len(), MAX_BX) - proto.constants.len())
            + 8 * (grown(proto.protos.len(), MAX_BX) - proto.protos.len())
            + 16 * (grown(proto.locals.len(), MAX_LOCAL_ENTRIES) - proto.locals.len())
            + 8 * (grown(proto.upvalue_names.len(), unbounded) - proto.upvalue_names.len());
        Unfinished { proto, spare }
    }

    // ----- instructions -----

    /// Position of the next instruction.
    pub(super) fn pc(&self) -> i32 {
        // Code of 2^31 instructions would take 16 GiB.
        i32::try_from(self.proto.code.len()).unwrap_or(i32::MAX)
    }

    pub(super) fn instruction(&self, pc: i32) -> Instruction {
        usize::try_from(pc)
            .ok()
            .and_then(|pc| self.proto.code.get(pc))
            .copied()
            .unwrap_or(Instruction(0))
    }

    /// Replaces an instruction.
    pub(super) fn change(&mut self, pc: i32, change: impl FnOnce(Instruction) -> Instruction) {
        if let Some(slot) = usize::try_from(pc)
            .ok()
            .and_then(|pc| self.proto.code.get_mut(pc))
        {
            *slot = change(*slot);
        }
    }

    /// Adds an instruction; jumps to here are patched first.
    pub(super) fn emit(&mut self, instruction: Instruction) -> Result<i32, Failure> {
        if !self.pending.is_empty() {
            let pc = self.pc();
            let pending = std::mem::replace(&mut self.pending, JumpList::EMPTY);
            self.patch(pending, pc, NO_REGISTER, pc)?;
        }
        let pc = self.pc();
        self.proto.code.push(instruction);
        self.proto.lines.push(self.line);
        Ok(pc)
    }

    pub(super) fn emit_abc(&mut self, op: OpCode, a: u32, b: u32, c: u32) -> Result<i32, Failure> {
        self.emit(Instruction::abc(op, a, b, c))
    }

    pub(super) fn emit_abx(&mut self, op: OpCode, a: u32, bx: u32) -> Result<i32, Failure> {
        self.emit(Instruction::abx(op, a, bx))
    }

    /// Removes the last instruction.
    pub(super) fn remove_last(&mut self) {
        self.most_code = self.most_code.max(self.proto.code.len());
        self.proto.code.pop();
        self.proto.lines.pop();
    }

    /// Gives the last instruction another line.
    pub(super) fn fix_line(&mut self, line: u32) {
        if let Some(last) = self.proto.lines.last_mut() {
            *last = line_number(line);
        }
    }

    pub(super) fn emit_return(&mut self, first: u32, operand: u32) -> Result<(), Failure> {
        self.emit_abc(OpCode::Return, first, operand, 0)?;
        Ok(())
    }

    /// Sets `count` registers to nil. An instruction before that does the same
    /// to neighbours is extended, and at the very start of a function nothing is
    /// done at all, not even for parameters.
    pub(super) fn emit_nil(&mut self, from: u32, count: u32) -> Result<(), Failure> {
        let to = from + count - 1;
        if self.pc() > self.last_target {
            let Some(previous) = self.proto.code.last_mut() else {
                return Ok(());
            };
            if previous.is(OpCode::LoadNil)
                && previous.a() <= from
                && from <= previous.b() + u32::from(!fault!(NilsNotMerged))
            {
                if to > previous.b() {
                    *previous = previous.with_b(to);
                }
                return Ok(());
            }
        }
        self.emit_abc(OpCode::LoadNil, from, to, 0)?;
        Ok(())
    }

    // ----- registers -----

    /// Makes sure that the frame has room for `count` more registers.
    pub(super) fn check_stack(&mut self, count: u32) -> Result<(), Failure> {
        let size = self.free_register.saturating_add(count);
        if size > u32::from(self.proto.max_stack_size) {
            match u8::try_from(size) {
                Ok(size) if usize::from(size) < MAX_STACK_SIZE => self.proto.max_stack_size = size,
                _ => return Err(Failure::Registers),
            }
        }
        Ok(())
    }

    pub(super) fn reserve(&mut self, count: u32) -> Result<(), Failure> {
        self.check_stack(count)?;
        self.free_register += count;
        Ok(())
    }

    /// Gives back a register unless it holds a variable. Only a counter: the last
    /// register is freed, whichever is meant, as in 5.1.1.
    pub(super) fn free(&mut self, register: u32) {
        if !is_constant(register) && register >= self.active_count() {
            self.free_register = self.free_register.saturating_sub(1);
        }
    }

    /// Number of variables in scope, which is also the first register after them.
    pub(super) fn active_count(&self) -> u32 {
        u32::try_from(self.active).unwrap_or(u32::MAX)
    }

    // ----- constants -----

    /// The one place where constants are added.
    pub(super) fn constant(&mut self, value: Constant) -> Result<u32, Failure> {
        let constants = &mut self.proto.constants;
        let position = match self.constants.find(constants, value) {
            Some(position) => position,
            None if constants.len() >= MAX_BX => {
                return Err(Failure::Overflow("constant table overflow"));
            }
            None => {
                constants.push(value);
                self.constants.added(constants);
                let position = constants.len() - 1;
                if !matches!(value, Constant::String(_)) {
                    self.scanner_table.add_constant(value, constants);
                }
                position
            }
        };
        u32::try_from(position).map_err(|_| Failure::Overflow("constant table overflow"))
    }

    // ----- jumps -----

    /// Adds a jump to a place that isn't known yet. Jumps to here are put on its
    /// list: they need not go through it.
    pub(super) fn jump(&mut self) -> Result<JumpList, Failure> {
        let pending = std::mem::replace(&mut self.pending, JumpList::EMPTY);
        let pc = self.emit(Instruction::asbx(OpCode::Jmp, 0, NO_JUMP))?;
        let mut list = JumpList::single(pc);
        self.join(&mut list, pending)?;
        Ok(list)
    }

    /// A test followed by a jump.
    pub(super) fn conditional_jump(
        &mut self,
        op: OpCode,
        a: u32,
        b: u32,
        c: u32,
    ) -> Result<JumpList, Failure> {
        self.emit_abc(op, a, b, c)?;
        self.jump()
    }

    fn set_target(&mut self, pc: i32, target: i32) -> Result<(), Failure> {
        let distance = target - (pc + 1);
        if distance.unsigned_abs() as usize > MAX_SBX {
            return Err(Failure::JumpDistance);
        }
        self.change(pc, |jump| jump.with_sbx(distance));
        Ok(())
    }

    /// Marks the next instruction as target of jumps, so that no optimisation
    /// reaches across.
    pub(super) fn label(&mut self) -> i32 {
        self.last_target = self.pc();
        self.last_target
    }

    /// The jump after `pc` in its list.
    fn next_jump(&self, pc: i32) -> i32 {
        match self.instruction(pc).sbx() {
            NO_JUMP => NO_JUMP,
            distance => pc + 1 + distance,
        }
    }

    /// The instruction that decides whether a jump is taken: a test before it, or
    /// the jump itself.
    pub(super) fn control(&self, pc: i32) -> i32 {
        let before = self.instruction(pc - 1);
        let is_test = pc >= 1 && before.opcode().is_some_and(|op| op.properties().is_test);
        if is_test { pc - 1 } else { pc }
    }

    /// Does a jump of the list come without a value, or with an inverted one?
    pub(super) fn needs_value(&self, list: JumpList) -> bool {
        let mut pc = list.head;
        while pc != NO_JUMP {
            if !self.instruction(self.control(pc)).is(OpCode::TestSet) {
                return true;
            }
            pc = self.next_jump(pc);
        }
        false
    }

    /// Lets the test before a jump put its value in `register`, or drop it.
    /// False if that test doesn't give a value.
    fn patch_test(&mut self, pc: i32, register: u32) -> bool {
        let control = self.control(pc);
        let test = self.instruction(control);
        if !test.is(OpCode::TestSet) {
            return false;
        }
        self.change(control, |test| {
            if register != NO_REGISTER && register != test.b() {
                test.with_a(register)
            } else {
                Instruction::abc(OpCode::Test, test.b(), 0, test.c())
            }
        });
        true
    }

    /// No test of the list gives its value.
    pub(super) fn drop_values(&mut self, list: JumpList) {
        let mut pc = list.head;
        while pc != NO_JUMP {
            self.patch_test(pc, NO_REGISTER);
            pc = self.next_jump(pc);
        }
    }

    /// Lets the jumps that bring a value go to `value_target`, with the value in
    /// `register`, and the others to `target`.
    pub(super) fn patch(
        &mut self,
        list: JumpList,
        value_target: i32,
        register: u32,
        target: i32,
    ) -> Result<(), Failure> {
        let mut pc = list.head;
        while pc != NO_JUMP {
            let next = self.next_jump(pc);
            let brings_value = self.patch_test(pc, register);
            self.set_target(pc, if brings_value { value_target } else { target })?;
            pc = next;
        }
        Ok(())
    }

    /// Lets all jumps of the list go to `target`, which isn't after here.
    pub(super) fn patch_to(&mut self, list: JumpList, target: i32) -> Result<(), Failure> {
        if target == self.pc() {
            self.patch_to_here(list)
        } else {
            self.patch(list, target, NO_REGISTER, target)
        }
    }

    /// Lets all jumps of the list go to the next instruction.
    pub(super) fn patch_to_here(&mut self, list: JumpList) -> Result<(), Failure> {
        self.label();
        let mut pending = self.pending;
        self.join(&mut pending, list)?;
        self.pending = pending;
        Ok(())
    }

    /// Appends the second list to the first.
    pub(super) fn join(&mut self, list: &mut JumpList, other: JumpList) -> Result<(), Failure> {
        if other.is_empty() {
            return Ok(());
        }
        if list.is_empty() {
            *list = other;
        } else {
            self.set_target(list.tail, other.head)?;
            list.tail = other.tail;
        }
        Ok(())
    }
}

/// Takes what is in a vector. One of ordinary size is copied, and keeps its room.
fn take_exact<T: Copy>(items: &mut Vec<T>) -> Vec<T> {
    const ORDINARY: usize = 4096;
    if items.len() <= ORDINARY {
        let exact = items.as_slice().to_vec();
        items.clear();
        return exact;
    }
    let mut taken = std::mem::take(items);
    taken.shrink_to_fit();
    taken
}

/// Items that 5.1.1's vector has room for when it has come to hold `count`
/// (`luaM_growvector`).
fn grown(count: usize, limit: usize) -> usize {
    let mut size = 0;
    while size < count {
        size = if size >= limit / 2 {
            limit.max(count)
        } else {
            (2 * size).max(MIN_VECTOR)
        };
    }
    size
}

/// A line as instructions carry it; the lexer stays within the range of a C `int`.
pub(super) fn line_number(line: u32) -> i32 {
    i32::try_from(line).unwrap_or(i32::MAX)
}
