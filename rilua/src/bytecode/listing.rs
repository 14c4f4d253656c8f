//! Lists code in readable form, as `luac -l` does; mirrors `print.c`.

use super::instruction::{ArgumentMode, Format, Instruction, OpCode, constant_index, is_constant};
use super::view::{ConstantView, FunctionView};
use crate::number::write_number;
use crate::syntax::lexer::c_string;

/// The listing of `function` and all functions inside; with `full` also their
/// constants, local variables and upvalues. `address` makes up the address of a
/// function from its position in the listing.
pub fn list<F: FunctionView>(function: F, full: bool, address: &dyn Fn(usize) -> u64) -> Vec<u8> {
    let mut listing = Listing {
        out: Vec::new(),
        full,
        address,
        position: 0,
    };
    listing.function(&function);
    listing.out
}

struct Listing<'a> {
    out: Vec<u8>,
    full: bool,
    address: &'a dyn Fn(usize) -> u64,
    /// Position of the next function.
    position: usize,
}

/// `s` for every number but one.
const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Number of functions in the listing of this one.
fn function_count<F: FunctionView>(function: &F) -> usize {
    let inner = (0..function.proto_count()).filter_map(|index| function.proto(index));
    inner.map(|inner| function_count(&inner)).sum::<usize>() + 1
}

/// An operand that may be a constant, which is shown as a negative number.
fn operand(operand: u32) -> i64 {
    if is_constant(operand) {
        -1 - i64::from(constant_index(operand))
    } else {
        i64::from(operand)
    }
}

impl Listing<'_> {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn function<F: FunctionView>(&mut self, function: &F) {
        let address = (self.address)(self.position);
        self.position += 1;
        self.header(function, address);
        self.code(function);
        if self.full {
            self.constants(function, address);
            self.locals(function, address);
            self.upvalues(function, address);
        }
        for inner in (0..function.proto_count()).filter_map(|index| function.proto(index)) {
            self.function(&inner);
        }
    }

    fn header<F: FunctionView>(&mut self, function: &F, address: u64) {
        let source = c_string(function.source().unwrap_or(b"=?"));
        let source = match source.split_first() {
            Some((b'@' | b'=', name)) => name,
            Some((0x1b, _)) => b"(bstring)",
            _ => b"(string)",
        };
        let is_main = function.line_defined() == 0;
        self.text(if is_main { "\nmain <" } else { "\nfunction <" });
        self.out.extend_from_slice(source);
        let code = function.code().len();
        self.text(&format!(
            ":{},{}> ({code} instruction{}, {} bytes at {address:#x})\n",
            function.line_defined(),
            function.last_line_defined(),
            plural(code),
            size_of_val(function.code()),
        ));
        let parameters = usize::from(function.parameter_count());
        let more = if function.vararg().0 == 0 { "" } else { "+" };
        self.text(&format!("{parameters}{more} param{}", plural(parameters)));
        let counts = [
            (usize::from(function.max_stack_size()), "slot"),
            (usize::from(function.upvalue_count()), "upvalue"),
            (function.local_count(), "local"),
            (function.constant_count(), "constant"),
            (function.proto_count(), "function"),
        ];
        for (count, what) in counts {
            self.text(&format!(", {count} {what}{}", plural(count)));
        }
        self.text("\n");
    }

    fn code<F: FunctionView>(&mut self, function: &F) {
        let mut words = function.code().iter().copied().enumerate();
        while let Some((pc, instruction)) = words.next() {
            let line = function.lines().get(pc).copied().unwrap_or(0);
            let line = if line > 0 {
                line.to_string()
            } else {
                "-".to_owned()
            };
            self.text(&format!("\t{}\t[{line}]\t", pc + 1));
            // Code that was checked has known opcodes only.
            if let Some(op) = instruction.opcode() {
                self.text(&format!("{:<9}\t", op.name()));
                self.operands(instruction, op);
                if op == OpCode::SetList {
                    let batch = match instruction.c() {
                        0 => words.next().map_or(0, |(_, count)| count.0.cast_signed()),
                        batch => batch.cast_signed(),
                    };
                    self.text(&format!("\t; {batch}"));
                } else {
                    self.comment(function, pc, instruction, op);
                }
            }
            self.text("\n");
        }
    }

    fn operands(&mut self, instruction: Instruction, op: OpCode) {
        let properties = op.properties();
        let a = instruction.a();
        match properties.format {
            Format::Abc => {
                self.text(&a.to_string());
                for (argument, mode) in [
                    (instruction.b(), properties.b),
                    (instruction.c(), properties.c),
                ] {
                    if mode != ArgumentMode::None {
                        self.text(&format!(" {}", operand(argument)));
                    }
                }
            }
            Format::Abx => {
                let bx = i64::from(instruction.bx());
                let is_constant = properties.b == ArgumentMode::RegisterOrConstant;
                self.text(&format!("{a} {}", if is_constant { -1 - bx } else { bx }));
            }
            Format::Asbx if op == OpCode::Jmp => self.text(&instruction.sbx().to_string()),
            Format::Asbx => self.text(&format!("{a} {}", instruction.sbx())),
        }
    }

    /// What stands after `;`.
    fn comment<F: FunctionView>(
        &mut self,
        function: &F,
        pc: usize,
        instruction: Instruction,
        op: OpCode,
    ) {
        let (b, c, bx) = (instruction.b(), instruction.c(), instruction.bx());
        match op {
            OpCode::LoadK => {
                self.text("\t; ");
                self.constant(function, bx);
            }
            OpCode::GetUpvalue | OpCode::SetUpvalue => {
                self.text("\t; ");
                let name: &[u8] = match function.upvalue_name_count() {
                    0 => b"-",
                    _ => function.upvalue_name(b as usize).unwrap_or_default(),
                };
                self.out.extend_from_slice(c_string(name));
            }
            OpCode::GetGlobal | OpCode::SetGlobal => {
                self.text("\t; ");
                if let Some(ConstantView::String(name)) = function.constant(bx as usize) {
                    self.out.extend_from_slice(c_string(name));
                }
            }
            OpCode::GetTable | OpCode::SelfOp if is_constant(c) => {
                self.text("\t; ");
                self.constant(function, constant_index(c));
            }
            OpCode::SetTable
            | OpCode::Add
            | OpCode::Sub
            | OpCode::Mul
            | OpCode::Div
            | OpCode::Pow
            | OpCode::Eq
            | OpCode::Lt
            | OpCode::Le
                if is_constant(b) || is_constant(c) =>
            {
                for (before, argument) in [("\t; ", b), (" ", c)] {
                    self.text(before);
                    if is_constant(argument) {
                        self.constant(function, constant_index(argument));
                    } else {
                        self.text("-");
                    }
                }
            }
            OpCode::Jmp | OpCode::ForLoop | OpCode::ForPrep => {
                let target = i64::from(instruction.sbx()) + pc as i64 + 2;
                self.text(&format!("\t; to {target}"));
            }
            OpCode::Closure => {
                // Functions before this one in the listing: those directly inside
                // that come first, with all that is inside them.
                let before: usize = (0..bx as usize)
                    .map_while(|index| function.proto(index))
                    .map(|inner| function_count(&inner))
                    .sum();
                let address = (self.address)(self.position + before);
                self.text(&format!("\t; {address:#x}"));
            }
            _ => {}
        }
    }

    fn constant<F: FunctionView>(&mut self, function: &F, index: u32) {
        match function.constant(index as usize) {
            None => self.text("?"),
            Some(ConstantView::Nil) => self.text("nil"),
            Some(ConstantView::Boolean(value)) => self.text(if value { "true" } else { "false" }),
            Some(ConstantView::Number(value)) => write_number(value, &mut self.out),
            Some(ConstantView::String(value)) => self.quoted(value),
        }
    }

    fn quoted(&mut self, text: &[u8]) {
        self.out.push(b'"');
        for &byte in text {
            match byte {
                b'"' => self.text("\\\""),
                b'\\' => self.text("\\\\"),
                0x07 => self.text("\\a"),
                0x08 => self.text("\\b"),
                0x0c => self.text("\\f"),
                b'\n' => self.text("\\n"),
                b'\r' => self.text("\\r"),
                b'\t' => self.text("\\t"),
                0x0b => self.text("\\v"),
                b' '..=b'~' => self.out.push(byte),
                _ => self.text(&format!("\\{byte:03}")),
            }
        }
        self.out.push(b'"');
    }

    fn constants<F: FunctionView>(&mut self, function: &F, address: u64) {
        let count = function.constant_count();
        self.text(&format!("constants ({count}) for {address:#x}:\n"));
        for index in 0..u32::try_from(count).unwrap_or(u32::MAX) {
            self.text(&format!("\t{}\t", index + 1));
            self.constant(function, index);
            self.text("\n");
        }
    }

    fn locals<F: FunctionView>(&mut self, function: &F, address: u64) {
        let count = function.local_count();
        self.text(&format!("locals ({count}) for {address:#x}:\n"));
        for index in 0..count {
            let Some(local) = function.local(index) else {
                break;
            };
            self.text(&format!("\t{index}\t"));
            self.out
                .extend_from_slice(c_string(local.name.unwrap_or_default()));
            self.text(&format!("\t{}\t{}\n", local.start_pc + 1, local.end_pc + 1));
        }
    }

    fn upvalues<F: FunctionView>(&mut self, function: &F, address: u64) {
        let count = function.upvalue_name_count();
        self.text(&format!("upvalues ({count}) for {address:#x}:\n"));
        for index in 0..count {
            self.text(&format!("\t{index}\t"));
            self.out
                .extend_from_slice(c_string(function.upvalue_name(index).unwrap_or_default()));
            self.text("\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::undump::undump;
    use crate::syntax::source::SliceSource;

    /// What luac 5.1.1 makes of
    /// `local a = ...`, `a.b(1, "x\n")`, `return function() a = nil end`.
    const CHUNK: &str = "\
        1b4c75615100010408040800070000000000000040712e6c7561000000000000\
        0000000000020409000000250000014600400081400000c18000005c40800164\
        000000000000005e0000011e0080000300000004020000000000000062000300\
        0000000000f03f040300000000000000780a0001000000000000000000000003\
        000000030000000100000202000000080000001e008000000000000000000002\
        0000000300000003000000000000000100000002000000000000006100090000\
        0001000000020000000200000002000000020000000300000003000000030000\
        00030000000100000002000000000000006100010000000800000000000000";

    #[test]
    fn listing_is_that_of_luac() {
        let bytes: Vec<u8> = (0..CHUNK.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&CHUNK[at..at + 2], 16).unwrap())
            .collect();
        let chunk = undump(SliceSource::new(&bytes), b"=c", 1).unwrap();
        let listing = list(chunk.view(), true, &|position| 0x10 + position as u64);
        let expected = "
main <q.lua:0,0> (9 instructions, 36 bytes at 0x10)
0+ params, 4 slots, 0 upvalues, 1 local, 3 constants, 1 function
	1	[1]	VARARG   	0 2
	2	[2]	GETTABLE 	1 0 -1	; \"b\"
	3	[2]	LOADK    	2 -2	; 1
	4	[2]	LOADK    	3 -3	; \"x\\n\"
	5	[2]	CALL     	1 3 1
	6	[3]	CLOSURE  	1 0	; 0x11
	7	[3]	MOVE     	0 0
	8	[3]	RETURN   	1 2
	9	[3]	RETURN   	0 1
constants (3) for 0x10:
	1	\"b\"
	2	1
	3	\"x\\n\"
locals (1) for 0x10:
	0	a	2	9
upvalues (0) for 0x10:

function <q.lua:3,3> (2 instructions, 8 bytes at 0x11)
0 params, 2 slots, 1 upvalue, 0 locals, 0 constants, 0 functions
	1	[3]	SETUPVAL 	0 0	; a
	2	[3]	RETURN   	0 1
constants (0) for 0x11:
locals (0) for 0x11:
upvalues (1) for 0x11:
	0	a
";
        assert_eq!(String::from_utf8(listing).unwrap(), expected);
    }
}
