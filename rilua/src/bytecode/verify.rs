//! The code checker, and the search for the instruction that set a register,
//! which walks code in the same way. Mirrors `symbexec` of `ldebug.c`.
//!
//! The walk goes once over the code from its beginning. 5.1.1 has one procedure
//! for both purposes, and what its checks refuse has no names either: a `SETLIST`
//! count that looks like another `SETLIST` before the target of a jump, or a
//! constant operand of unary minus. Checks that 5.1.1 lacks and that keep the
//! virtual machine safe are made too; the compiler never produces what they refuse.

use super::instruction::{ArgumentMode, Format, Instruction, OpCode, constant_index, is_constant};
use super::proto::VarargFlags;
use super::view::{ConstantView, FunctionView};
use crate::limits::MAX_STACK_SIZE;

/// Is this code sound enough to run?
#[must_use]
pub fn is_sound<F: FunctionView>(function: &F) -> bool {
    walk(function, function.code().len(), None).is_some()
}

/// Index of the last instruction before `pc` that set `register`, as 5.1.1's
/// symbolic execution finds it: it follows forward jumps and takes the
/// pseudo-instructions after `CLOSURE` for real ones. When nothing set it, the
/// index of the final `RETURN`; nothing when the walk meets code that it refuses.
#[must_use]
pub fn find_setter<F: FunctionView>(function: &F, pc: usize, register: u32) -> Option<usize> {
    walk(function, pc, Some(register))
}

/// Goes on if the condition holds.
fn require(condition: bool) -> Option<()> {
    condition.then_some(())
}

fn precheck<F: FunctionView>(function: &F) -> Option<()> {
    let size = usize::from(function.max_stack_size());
    let vararg = function.vararg();
    let has_arg = vararg.has(VarargFlags::HAS_ARG);
    let code = function.code().len();
    let lines = function.lines().len();
    require(size <= MAX_STACK_SIZE)?;
    require(usize::from(function.parameter_count()) + usize::from(has_arg) <= size)?;
    require(!vararg.has(VarargFlags::NEEDS_ARG) || has_arg)?;
    require(function.upvalue_name_count() <= usize::from(function.upvalue_count()))?;
    require(lines == code || lines == 0)?;
    require(
        function
            .code()
            .last()
            .is_some_and(|last| last.is(OpCode::Return)),
    )
}

struct Walk<'a, F> {
    function: &'a F,
    code: &'a [Instruction],
    /// Registers of the frame.
    registers: u32,
}

/// Walks up to `end`. The last instruction that set `register`, if one is asked
/// for; nothing if some instruction is bad.
fn walk<F: FunctionView>(function: &F, end: usize, register: Option<u32>) -> Option<usize> {
    precheck(function)?;
    let code = function.code();
    let walk = Walk {
        function,
        code,
        registers: u32::from(function.max_stack_size()),
    };
    let mut setter = code.len() - 1;
    let mut pc = 0;
    while pc < end {
        let instruction = *code.get(pc)?;
        let op = instruction.opcode()?;
        walk.operands(pc, instruction, op)?;
        walk.rules(pc, instruction, op)?;
        if register.is_some_and(|register| sets(instruction, op, register)) {
            setter = pc;
        }
        match op {
            OpCode::ForLoop | OpCode::ForPrep | OpCode::Jmp if register.is_some() => {
                // Forward jumps are taken unless they go beyond the end.
                let target = walk.target(pc, instruction)?;
                if pc < target && target <= end {
                    pc = target - 1;
                }
            }
            OpCode::SetList if instruction.c() == 0 => pc += 1,
            _ => {}
        }
        pc += 1;
    }
    Some(setter)
}

/// Does the instruction change the register?
fn sets(instruction: Instruction, op: OpCode, register: u32) -> bool {
    let a = instruction.a();
    match op {
        OpCode::LoadNil => a <= register && register <= instruction.b() || a == register,
        OpCode::SelfOp => register == a || register == a + 1,
        OpCode::TForLoop => register >= a + 2,
        OpCode::Call | OpCode::TailCall => register >= a,
        _ => op.properties().sets_a && a == register,
    }
}

impl<F: FunctionView> Walk<'_, F> {
    fn register(&self, register: u32) -> Option<()> {
        require(register < self.registers)
    }

    /// The last of `count` registers from `first`, if there are any.
    fn range(&self, first: u32, count: u32) -> Option<()> {
        match count {
            0 => Some(()),
            _ => self.register(first + count - 1),
        }
    }

    fn constant(&self, index: u32) -> Option<()> {
        require((index as usize) < self.function.constant_count())
    }

    /// Where a jump goes.
    fn target(&self, pc: usize, instruction: Instruction) -> Option<usize> {
        let target = i64::try_from(pc).ok()? + 1 + i64::from(instruction.sbx());
        let target = usize::try_from(target).ok()?;
        (target < self.code.len()).then_some(target)
    }

    /// Are the operands what the table of opcodes says?
    fn operands(&self, pc: usize, instruction: Instruction, op: OpCode) -> Option<()> {
        let properties = op.properties();
        self.register(instruction.a())?;
        match properties.format {
            Format::Abc => {
                self.argument(instruction.b(), properties.b)?;
                self.argument(instruction.c(), properties.c)?;
            }
            Format::Abx => {
                if properties.b == ArgumentMode::RegisterOrConstant {
                    self.constant(instruction.bx())?;
                }
            }
            Format::Asbx => {
                let target = self.target(pc, instruction)?;
                if let Some(before) = target.checked_sub(1).and_then(|pc| self.code.get(pc)) {
                    // The target must not be the count of a SETLIST.
                    require(!before.is(OpCode::SetList) || before.c() != 0)?;
                }
            }
        }
        if properties.is_test {
            require(pc + 2 < self.code.len())?;
            require(self.code.get(pc + 1)?.is(OpCode::Jmp))?;
        }
        Some(())
    }

    fn argument(&self, argument: u32, mode: ArgumentMode) -> Option<()> {
        match mode {
            ArgumentMode::None => require(argument == 0),
            ArgumentMode::Used => Some(()),
            ArgumentMode::Register => self.register(argument),
            ArgumentMode::RegisterOrConstant if is_constant(argument) => {
                self.constant(constant_index(argument))
            }
            ArgumentMode::RegisterOrConstant => self.register(argument),
        }
    }

    /// What single opcodes demand beyond that.
    fn rules(&self, pc: usize, instruction: Instruction, op: OpCode) -> Option<()> {
        let (a, b, c) = (instruction.a(), instruction.b(), instruction.c());
        match op {
            // Whatever is not 0 skips; 5.1.1 looks only at those with 1.
            OpCode::LoadBool if c != 0 => {
                require(pc + 2 < self.code.len())?;
                let skipped = self.code.get(pc + 1)?;
                require(!skipped.is(OpCode::SetList) || skipped.c() != 0)
            }
            OpCode::GetUpvalue | OpCode::SetUpvalue => {
                require(b < u32::from(self.function.upvalue_count()))
            }
            OpCode::GetGlobal | OpCode::SetGlobal => {
                let name = self.function.constant(instruction.bx() as usize);
                require(matches!(name, Some(ConstantView::String(_))))
            }
            OpCode::SelfOp => self.register(a + 1),
            OpCode::Concat => require(b < c),
            OpCode::TForLoop => {
                require(c >= 1)?;
                self.register(a + 2 + c)
            }
            OpCode::ForLoop | OpCode::ForPrep => self.register(a + 3),
            OpCode::Call | OpCode::TailCall => {
                self.range(a, b)?;
                match c.checked_sub(1) {
                    None => self.open_results(pc),
                    Some(results) => self.range(a, results),
                }
            }
            OpCode::Return => self.range(a, b.saturating_sub(1)),
            OpCode::SetList => {
                if b > 0 {
                    self.register(a + b)?;
                }
                require(c != 0 || pc + 2 < self.code.len())
            }
            OpCode::Closure => {
                let upvalues = self
                    .function
                    .proto(instruction.bx() as usize)?
                    .upvalue_count();
                let upvalues = usize::from(upvalues);
                require(pc + upvalues < self.code.len())?;
                let pseudo = self.code.get(pc + 1..=pc + upvalues)?;
                require(
                    pseudo
                        .iter()
                        .all(|i| i.is(OpCode::GetUpvalue) || i.is(OpCode::Move)),
                )
            }
            OpCode::VarArg => {
                let vararg = self.function.vararg();
                require(vararg.has(VarargFlags::IS_VARARG))?;
                require(!vararg.has(VarargFlags::NEEDS_ARG))?;
                match b.checked_sub(1) {
                    None => self.open_results(pc),
                    Some(results) => self.range(a, results),
                }
            }
            _ => Some(()),
        }
    }

    /// An open number of results has to be used by the next instruction.
    fn open_results(&self, pc: usize) -> Option<()> {
        let next = self.code.get(pc + 1)?;
        require(
            matches!(
                next.opcode(),
                Some(OpCode::Call | OpCode::TailCall | OpCode::Return | OpCode::SetList)
            ) && next.b() == 0,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::proto::{Chunk, Proto};
    use crate::syntax::strings::StringTable;

    fn check<T>(proto: Proto, check: impl FnOnce(&super::super::view::ProtoView<'_>) -> T) -> T {
        let chunk = Chunk {
            strings: StringTable::new(),
            main: proto,
            last_read: Vec::new(),
        };
        check(&chunk.view())
    }

    fn proto(code: Vec<Instruction>) -> Proto {
        Proto {
            code,
            max_stack_size: 3,
            ..Proto::default()
        }
    }

    const END: Instruction = Instruction::abc(OpCode::Return, 0, 1, 0);

    #[test]
    fn operands_have_to_be_in_range() {
        let sound = |code| check(proto(code), |view| is_sound(view));
        let nil = |a, b| Instruction::abc(OpCode::LoadNil, a, b, 0);
        assert!(sound(vec![nil(0, 2), END]));
        assert!(!sound(vec![nil(0, 3), END]));
        assert!(!sound(vec![nil(0, 2)]));
        assert!(!sound(vec![]));
        assert!(!sound(vec![Instruction(38), END]));
        assert!(!sound(vec![Instruction::abx(OpCode::LoadK, 0, 0), END]));
        // The constant operand that the compiler gives unary minus.
        assert!(!sound(vec![Instruction::abc(OpCode::Unm, 0, 256, 0), END]));
        assert!(!sound(vec![Instruction::asbx(OpCode::Jmp, 0, 1), END]));
        assert!(sound(vec![Instruction::asbx(OpCode::Jmp, 0, 0), END]));
        // Open results have to be used at once.
        let call = Instruction::abc(OpCode::Call, 0, 1, 0);
        assert!(!sound(vec![call, nil(0, 0), END]));
        assert!(sound(vec![
            call,
            Instruction::abc(OpCode::Return, 0, 0, 0),
            END
        ]));
        // A jump to the count of a SETLIST.
        let list = Instruction::abc(OpCode::SetList, 0, 1, 0);
        let jump = |to| Instruction::asbx(OpCode::Jmp, 0, to);
        assert!(sound(vec![jump(0), list, Instruction(600), END]));
        assert!(!sound(vec![jump(1), list, Instruction(600), END]));
        // A count that looks like a SETLIST before the target of a jump.
        assert!(sound(vec![jump(2), list, Instruction(600), END]));
        assert!(!sound(vec![jump(2), list, Instruction(546), END]));
    }

    #[test]
    fn pseudo_instructions_are_taken_for_real_ones() {
        // Function "f" of
        //   local x; function f() g(function() return x end) end
        let code = vec![
            Instruction::abx(OpCode::LoadK, 0, 0),
            Instruction::abx(OpCode::Closure, 1, 0),
            Instruction::abc(OpCode::GetUpvalue, 0, 0, 0),
            Instruction::abc(OpCode::Call, 0, 2, 1),
            END,
        ];
        let mut function = proto(code);
        function.upvalue_count = 1;
        function.constants = vec![crate::bytecode::Constant::Nil];
        function.protos = vec![Proto {
            upvalue_count: 1,
            ..Proto::default()
        }];
        check(function, |view| {
            assert_eq!(find_setter(view, 1, 0), Some(0));
            assert_eq!(find_setter(view, 3, 0), Some(2));
            assert_eq!(find_setter(view, 3, 1), Some(1));
            // Nothing sets it: the final RETURN.
            assert_eq!(find_setter(view, 3, 2), Some(4));
            // A call sets all registers from its own on.
            assert_eq!(find_setter(view, 4, 2), Some(3));
        });
    }

    #[test]
    fn forward_jumps_are_followed() {
        let code = vec![
            Instruction::abc(OpCode::LoadNil, 0, 1, 0),
            Instruction::asbx(OpCode::Jmp, 0, 1),
            Instruction::abc(OpCode::LoadBool, 0, 1, 0),
            Instruction::abc(OpCode::Move, 1, 0, 0),
            END,
        ];
        check(proto(code), |view| {
            assert_eq!(find_setter(view, 4, 0), Some(0));
            assert_eq!(find_setter(view, 4, 1), Some(3));
            // A jump beyond the place in question isn't.
            assert_eq!(find_setter(view, 2, 0), Some(0));
        });
    }
}
