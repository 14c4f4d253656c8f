//! A stricter check than 5.1.1's: along every path through a function, no instruction reads
//! what a call has left behind in the function's registers, or shares registers with a call
//! by an open upvalue. Such code can see values of functions that it was never given;
//! no compiler writes it.
//!
//! A function's registers are `nil` when it begins, beside its arguments. A call leaves the
//! registers above its results dirty, until they are written. The check follows dirty
//! registers, registers with open upvalues, and open lists of values from label to label
//! until nothing changes; where paths meet, what holds on one of them counts. It takes
//! code that [`is_sound`](super::verify::is_sound).

use super::instruction::{ArgumentMode, Instruction, OpCode, is_constant};
use super::proto::VarargFlags;
use super::view::FunctionView;
use std::collections::BTreeMap;

/// Instructions after which the check says what it has cost.
const PAYMENT: usize = 256;

/// Why the check ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal<E> {
    /// The code does what no compiler writes.
    Undisciplined,
    /// Whoever pays doesn't go on.
    Unpaid(E),
}

/// Does a function, with all inside it, use its registers as a compiler would? `pay` is told
/// how many instructions were looked at since it was last asked.
///
/// # Errors
///
/// If it doesn't, or `pay` fails.
pub fn check<F: FunctionView, E>(
    function: F,
    pay: &mut impl FnMut(usize) -> Result<(), E>,
) -> Result<(), Refusal<E>> {
    let mut functions = vec![function];
    while let Some(function) = functions.pop() {
        check_one(&function, pay)?;
        functions.extend((0..function.proto_count()).filter_map(|index| function.proto(index)));
    }
    Ok(())
}

/// A set of registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Registers([u64; 4]);

impl Registers {
    fn place(register: u32) -> (usize, u64) {
        ((register >> 6) as usize & 3, 1 << (register & 63))
    }

    fn has(&self, register: u32) -> bool {
        let (word, bit) = Self::place(register);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    fn insert(&mut self, register: u32) {
        let (word, bit) = Self::place(register);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    fn remove(&mut self, register: u32) {
        let (word, bit) = Self::place(register);
        if let Some(word) = self.0.get_mut(word) {
            *word &= !bit;
        }
    }

    /// All registers from one on.
    fn from(first: u32) -> Self {
        let word = |index: u32| match first.saturating_sub(index * 64) {
            shift @ 0..64 => u64::MAX << shift,
            _ => 0,
        };
        Self([word(0), word(1), word(2), word(3)])
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }

    fn subtract(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word &= !other;
        }
    }

    fn union(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
        }
    }
}

/// What is known before an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Known {
    /// Calls have left something there.
    dirty: Registers,
    /// Upvalues are open there.
    open: Registers,
    /// The instruction before has left a list of values from here on.
    list: Option<u32>,
}

impl Known {
    fn reads(&self, register: u32) -> Option<()> {
        (!self.dirty.has(register)).then_some(())
    }

    fn reads_range(&self, first: u32, count: u32) -> Option<()> {
        (first..first.saturating_add(count)).try_for_each(|register| self.reads(register))
    }

    fn writes(&mut self, register: u32) {
        self.dirty.remove(register);
    }

    fn writes_range(&mut self, first: u32, count: u32) {
        for register in first..first.saturating_add(count) {
            self.writes(register);
        }
    }

    /// Values from `first` on: a fixed number, or up to the end of the open list.
    fn reads_list(&self, first: u32, count: Option<u32>) -> Option<()> {
        match count {
            Some(count) => self.reads_range(first, count),
            None => {
                let list = self.list?;
                self.reads_range(first, list.checked_sub(first)?)
            }
        }
    }

    /// A call whose frame begins at `first` and that leaves this many values there.
    fn calls(&mut self, first: u32, results: Option<u32>) -> Option<()> {
        let frame = Registers::from(first);
        if self.open.meets(&frame) {
            return None;
        }
        self.dirty.union(&frame);
        self.gets(first, results);
        Some(())
    }

    /// Values arrive from `first` on.
    fn gets(&mut self, first: u32, count: Option<u32>) {
        match count {
            Some(count) => self.writes_range(first, count),
            None => self.list = Some(first),
        }
    }

    /// What holds on one of two paths; nothing if one has an open list and the other hasn't.
    fn joins(&mut self, other: &Self) -> Option<()> {
        self.dirty.union(&other.dirty);
        self.open.union(&other.open);
        (self.list == other.list).then_some(())
    }
}

/// Where an instruction leads to: the next one, or others, or none.
struct Next {
    falls: Option<(usize, Known)>,
    jumps: Option<(usize, Known)>,
}

fn check_one<F: FunctionView, E>(
    function: &F,
    pay: &mut impl FnMut(usize) -> Result<(), E>,
) -> Result<(), Refusal<E>> {
    let mut labels = BTreeMap::from([(0, Known::default())]);
    let mut waiting = vec![0];
    let targets = targets(function);
    let mut unpaid = 0;
    while let Some(label) = waiting.pop() {
        let Some(&known) = labels.get(&label) else {
            continue;
        };
        let mut here = Some((label, known));
        while let Some((pc, known)) = here {
            unpaid += 1;
            if unpaid == PAYMENT {
                pay(PAYMENT).map_err(Refusal::Unpaid)?;
                unpaid = 0;
            }
            let next = step(function, pc, known).ok_or(Refusal::Undisciplined)?;
            here = None;
            for (target, known) in next.jumps.into_iter().chain(next.falls) {
                let jumped = next.jumps.is_some_and(|(jump, _)| jump == target);
                if !jumped && !is_target(&targets, target) {
                    here = Some((target, known));
                    continue;
                }
                let mut merged = known;
                if let Some(before) = labels.get(&target) {
                    merged.joins(before).ok_or(Refusal::Undisciplined)?;
                    if merged == *before {
                        continue;
                    }
                }
                labels.insert(target, merged);
                waiting.push(target);
            }
        }
    }
    pay(unpaid).map_err(Refusal::Unpaid)
}

/// Is the instruction reached from elsewhere than the one before it?
fn is_target(targets: &[bool], pc: usize) -> bool {
    targets.get(pc).copied().unwrap_or(false)
}

fn targets<F: FunctionView>(function: &F) -> Vec<bool> {
    let code = function.code();
    let mut targets = vec![false; code.len()];
    for (pc, &instruction) in code.iter().enumerate() {
        // Words that are no instructions may name targets, too: that does no harm.
        let target = match instruction.opcode() {
            Some(OpCode::Jmp | OpCode::ForLoop | OpCode::ForPrep) => jump(pc, instruction),
            Some(op) if op.properties().is_test || op == OpCode::LoadBool => Some(pc + 2),
            _ => None,
        };
        if let Some(target) = target.and_then(|pc| targets.get_mut(pc)) {
            *target = true;
        }
    }
    targets
}

fn jump(pc: usize, instruction: Instruction) -> Option<usize> {
    usize::try_from(i64::try_from(pc).ok()? + 1 + i64::from(instruction.sbx())).ok()
}

/// What one instruction makes of what is known; nothing if it may not be there.
fn step<F: FunctionView>(function: &F, pc: usize, known: Known) -> Option<Next> {
    let code = function.code();
    let instruction = *code.get(pc)?;
    let op = instruction.opcode()?;
    let (a, b, c) = (instruction.a(), instruction.b(), instruction.c());
    let mut after = known;
    after.list = None;
    let takes_list = matches!(
        op,
        OpCode::Call | OpCode::TailCall | OpCode::Return | OpCode::SetList
    ) && b == 0;
    if takes_list != known.list.is_some() {
        return None;
    }
    let falls = |known| {
        Some(Next {
            falls: Some((pc + 1, known)),
            jumps: None,
        })
    };
    let branches = |falls, jumps| {
        Some(Next {
            falls: Some((pc + 1, falls)),
            jumps: Some((pc + 2, jumps)),
        })
    };
    let properties = op.properties();
    for (operand, mode) in [(b, properties.b), (c, properties.c)] {
        let is_register = match mode {
            ArgumentMode::Register => properties.format == super::instruction::Format::Abc,
            ArgumentMode::RegisterOrConstant => {
                properties.format == super::instruction::Format::Abc && !is_constant(operand)
            }
            ArgumentMode::None | ArgumentMode::Used => false,
        };
        if is_register && !matches!(op, OpCode::LoadNil | OpCode::Concat | OpCode::Test) {
            known.reads(operand)?;
        }
    }
    match op {
        OpCode::LoadNil => after.writes_range(a, b.saturating_sub(a) + 1),
        OpCode::LoadBool => {
            after.writes(a);
            if c != 0 {
                return Some(Next {
                    falls: None,
                    jumps: Some((pc + 2, after)),
                });
            }
        }
        OpCode::SetGlobal | OpCode::SetUpvalue | OpCode::SetTable => known.reads(a)?,
        OpCode::SelfOp => after.writes_range(a, 2),
        OpCode::Concat => {
            known.reads_range(b, c - b + 1)?;
            after.writes(a);
        }
        OpCode::Jmp => {
            return Some(Next {
                falls: None,
                jumps: Some((jump(pc, instruction)?, after)),
            });
        }
        OpCode::Eq | OpCode::Lt | OpCode::Le => return branches(after, after),
        OpCode::Test => {
            known.reads(a)?;
            return branches(after, after);
        }
        OpCode::TestSet => {
            let not_set = after;
            after.writes(a);
            return branches(after, not_set);
        }
        OpCode::Call => {
            known.reads_list(a, b.checked_sub(1).map(|arguments| arguments + 1))?;
            after.calls(a, c.checked_sub(1))?;
        }
        OpCode::TailCall => {
            known.reads_list(a, b.checked_sub(1).map(|arguments| arguments + 1))?;
            // What follows is the RETURN that a function of Rust needs.
            after.calls(a, None)?;
        }
        OpCode::Return => {
            known.reads_list(a, b.checked_sub(1))?;
            return Some(Next {
                falls: None,
                jumps: None,
            });
        }
        OpCode::ForPrep => {
            known.reads_range(a, 3)?;
            return Some(Next {
                falls: None,
                jumps: Some((jump(pc, instruction)?, after)),
            });
        }
        OpCode::ForLoop => {
            known.reads_range(a, 3)?;
            let ended = after;
            after.writes(a + 3);
            return Some(Next {
                falls: Some((pc + 1, ended)),
                jumps: Some((jump(pc, instruction)?, after)),
            });
        }
        OpCode::TForLoop => {
            known.reads_range(a, 3)?;
            after.calls(a + 3, Some(c))?;
            return branches(after, after);
        }
        OpCode::SetList => {
            known.reads(a)?;
            known.reads_list(a + 1, (b != 0).then_some(b))?;
            if c == 0 {
                return Some(Next {
                    falls: Some((pc + 2, after)),
                    jumps: None,
                });
            }
        }
        OpCode::Close => {
            after.open.subtract(&Registers::from(a));
        }
        OpCode::Closure => {
            let upvalues = function.proto(instruction.bx() as usize)?.upvalue_count();
            let upvalues = usize::from(upvalues);
            for captured in code.get(pc + 1..=pc + upvalues)? {
                if captured.is(OpCode::Move) {
                    // A local function may be its own upvalue: it is put there now.
                    if captured.b() != a {
                        known.reads(captured.b())?;
                    }
                    after.open.insert(captured.b());
                }
            }
            after.writes(a);
            return Some(Next {
                falls: Some((pc + 1 + upvalues, after)),
                jumps: None,
            });
        }
        OpCode::VarArg => {
            debug_assert!(function.vararg().has(VarargFlags::IS_VARARG));
            after.gets(a, b.checked_sub(1));
        }
        _ => after.writes(a),
    }
    falls(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::proto::{Chunk, Proto};
    use crate::syntax::strings::StringTable;

    const END: Instruction = Instruction::abc(OpCode::Return, 0, 1, 0);

    fn is_disciplined(code: Vec<Instruction>) -> bool {
        let chunk = Chunk {
            strings: StringTable::new(),
            last_read: Vec::new(),
            main: Proto {
                code,
                max_stack_size: 10,
                protos: vec![Proto {
                    code: vec![END],
                    upvalue_count: 1,
                    ..Proto::default()
                }],
                ..Proto::default()
            },
        };
        check(chunk.view(), &mut |_| Ok::<(), ()>(())).is_ok()
    }

    #[test]
    fn registers_are_clean_until_a_call_and_after_a_write() {
        let call = Instruction::abc(OpCode::Call, 2, 1, 2);
        let reads = |register| Instruction::abc(OpCode::Move, 0, register, 0);
        assert!(is_disciplined(vec![reads(9), END]));
        assert!(is_disciplined(vec![call, reads(2), reads(1), END]));
        assert!(!is_disciplined(vec![call, reads(3), END]));
        let nil = Instruction::abc(OpCode::LoadNil, 3, 3, 0);
        assert!(is_disciplined(vec![call, nil, reads(3), END]));
        // Written on one of two ways.
        let test = Instruction::abc(OpCode::Test, 0, 0, 0);
        let jump = Instruction::asbx(OpCode::Jmp, 0, 1);
        assert!(!is_disciplined(vec![call, test, jump, nil, reads(3), END]));
        // Only the second time round.
        let back = Instruction::asbx(OpCode::Jmp, 0, -4);
        assert!(!is_disciplined(vec![reads(3), test, back, call, back, END]));
    }

    #[test]
    fn open_lists_come_from_right_before() {
        let returns = |from| Instruction::abc(OpCode::Return, from, 0, 0);
        let call = Instruction::abc(OpCode::Call, 2, 1, 0);
        assert!(is_disciplined(vec![call, returns(2), END]));
        assert!(is_disciplined(vec![call, returns(1), END]));
        assert!(!is_disciplined(vec![call, returns(3), END]));
        assert!(!is_disciplined(vec![returns(2), END]));
    }

    #[test]
    fn open_upvalues_share_nothing_with_calls() {
        let closure = Instruction::abx(OpCode::Closure, 0, 0);
        let captured = Instruction::abc(OpCode::Move, 0, 3, 0);
        let call = Instruction::abc(OpCode::Call, 1, 1, 1);
        let close = Instruction::abc(OpCode::Close, 3, 0, 0);
        assert!(!is_disciplined(vec![closure, captured, call, END]));
        assert!(is_disciplined(vec![closure, captured, close, call, END]));
        assert!(!is_disciplined(vec![call, closure, captured, END]));
    }
}
