//! The kinds of an instruction's operands as a small number, and the names of those.

use rilua::bytecode::instruction::{ArgumentMode, Format, constant_index, is_constant};
use rilua::bytecode::{ConstantView, FunctionView, Instruction, OpCode};

/// More than any number that [`kind`] gives.
pub(super) const KINDS: usize = 2 * RK_KINDS * RK_KINDS;

/// What a register or constant can be; [`RK`] has the names.
const RK_KINDS: usize = 5;
const RK: [&str; RK_KINDS] = ["R", "K(number)", "K(string)", "K(boolean)", "K(nil)"];
const COUNTS: [&str; 4] = ["open", "none", "one", "some"];
const BITS: [&str; 2] = ["0", "1"];
const DIRECTIONS: [&str; 2] = ["on", "back"];
const SIZES: [&str; 2] = ["empty", "sized"];
const BATCHES: [&str; 2] = ["later", "first"];

/// The names of the kinds that each operand of an opcode can have.
fn names(op: OpCode) -> [&'static [&'static str]; 3] {
    const ABSENT: &[&str] = &[];
    match op {
        OpCode::LoadK => [&RK, ABSENT, ABSENT],
        OpCode::Call | OpCode::TailCall => [&COUNTS, &COUNTS, ABSENT],
        OpCode::Return | OpCode::VarArg => [&COUNTS, ABSENT, ABSENT],
        OpCode::Eq | OpCode::Lt | OpCode::Le => [&BITS, &RK, &RK],
        OpCode::LoadBool => [&BITS, &BITS, ABSENT],
        OpCode::Test | OpCode::TestSet => [&BITS, ABSENT, ABSENT],
        OpCode::Jmp => [&DIRECTIONS, ABSENT, ABSENT],
        OpCode::NewTable => [&SIZES, &SIZES, ABSENT],
        OpCode::SetList => [&COUNTS, &BATCHES, ABSENT],
        _ => {
            let properties = op.properties();
            let of = |mode| match (mode, properties.format) {
                (ArgumentMode::RegisterOrConstant, Format::Abc) => RK.as_slice(),
                _ => ABSENT,
            };
            [of(properties.b), of(properties.c), ABSENT]
        }
    }
}

/// The kinds of an instruction's operands, as a number below [`KINDS`].
pub(super) fn kind<F: FunctionView>(function: &F, instruction: Instruction, op: OpCode) -> usize {
    let (b, c) = (instruction.b(), instruction.c());
    let count = |operand: u32| operand.min(3) as usize;
    let values = match op {
        OpCode::LoadK => [constant(function, instruction.bx()), 0, 0],
        OpCode::Call | OpCode::TailCall => [count(b), count(c), 0],
        OpCode::Return | OpCode::VarArg => [count(b), 0, 0],
        OpCode::Eq | OpCode::Lt | OpCode::Le => {
            let wanted = (instruction.a() & 1) as usize;
            [wanted, operand(function, b), operand(function, c)]
        }
        OpCode::LoadBool => [(b & 1) as usize, (c & 1) as usize, 0],
        OpCode::Test | OpCode::TestSet => [(c & 1) as usize, 0, 0],
        OpCode::Jmp => [usize::from(instruction.sbx() < 0), 0, 0],
        OpCode::NewTable => [usize::from(b > 0), usize::from(c > 0), 0],
        // An item counts as one result would.
        OpCode::SetList => {
            let items = count(b.min(3) + u32::from(b > 0));
            [items, usize::from(c == 1), 0]
        }
        _ => [operand(function, b), operand(function, c), 0],
    };
    let kinds = names(op).into_iter().zip(values);
    // An operand that has no kinds has no part in the number.
    kinds.fold(0, |number, (names, value)| match names.len() {
        0 => number,
        kinds => number * kinds + value.min(kinds - 1),
    })
}

/// An opcode with a number of [`kind`], as in `ADD R K(number)`.
pub(super) fn name(op: OpCode, mut kind: usize) -> String {
    let mut words = Vec::new();
    for names in names(op)
        .into_iter()
        .rev()
        .filter(|names| !names.is_empty())
    {
        words.extend(names.get(kind % names.len()).copied());
        kind /= names.len();
    }
    words.push(op.name());
    words.reverse();
    words.join(" ")
}

fn operand<F: FunctionView>(function: &F, value: u32) -> usize {
    if is_constant(value) {
        constant(function, constant_index(value))
    } else {
        0
    }
}

/// A constant's position in [`RK`].
fn constant<F: FunctionView>(function: &F, index: u32) -> usize {
    match function.constant(index as usize) {
        Some(ConstantView::Number(_)) => 1,
        Some(ConstantView::String(_)) => 2,
        Some(ConstantView::Boolean(_)) => 3,
        Some(ConstantView::Nil) | None => 4,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_and_names_are_one_to_one() {
        for op in OpCode::ALL {
            let kinds: usize = names(op).iter().map(|names| names.len().max(1)).product();
            assert!(kinds <= KINDS, "{op:?}");
            let named: BTreeSet<String> = (0..kinds).map(|kind| name(op, kind)).collect();
            assert_eq!(named.len(), kinds, "{named:?}");
        }
    }
}
