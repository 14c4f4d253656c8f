//! What someone who watches a program from outside gets to know (see `inspect`). The
//! program does not see that it is watched.

use super::State;
use super::error::Result;
use crate::bytecode::instruction::{constant_index, is_constant};
use crate::bytecode::{Instruction, OpCode};
use crate::heap::Heap;
use crate::heap::object::FunctionProto;
use crate::heap::value::{ClosureRef, Unpacked, Value};

/// A value outside the interpreter.
#[derive(Clone, Debug, PartialEq)]
pub enum OutsideValue {
    /// `nil`.
    Nil,
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A string: any bytes.
    String(Vec<u8>),
    /// Anything else, of which only the type's name is told.
    Object(&'static str),
}

impl OutsideValue {
    pub(crate) fn of(heap: &Heap, value: Value) -> OutsideValue {
        match value.unpack() {
            Unpacked::Nil => OutsideValue::Nil,
            Unpacked::Boolean(b) => OutsideValue::Boolean(b),
            Unpacked::Number(n) => OutsideValue::Number(n),
            Unpacked::String(s) => OutsideValue::String(heap.bytes(s).to_vec()),
            _ => OutsideValue::Object(value.kind().name()),
        }
    }

    /// Pushes the value; an object becomes nil.
    pub(crate) fn push(&self, state: &mut State) -> Result<()> {
        state.push(match self {
            OutsideValue::String(text) => return state.push_bytes(text),
            OutsideValue::Nil | OutsideValue::Object(_) => Value::NIL,
            OutsideValue::Boolean(b) => Value::boolean(*b),
            OutsideValue::Number(n) => Value::number(*n),
        });
        Ok(())
    }
}

/// Told of every instruction before it is executed; false: the program is to be stopped.
#[cfg(not(feature = "send"))]
pub type Observer = Box<dyn FnMut(&Moment<'_>) -> bool>;
/// Told of every instruction before it is executed; false: the program is to be stopped.
#[cfg(feature = "send")]
pub type Observer = Box<dyn FnMut(&Moment<'_>) -> bool + Send>;

/// What was seen, and who looks.
#[derive(Default)]
pub(crate) struct Observed {
    /// What `debug.traceback` made of the last error that nothing in the program caught.
    pub(crate) report: Option<OutsideValue>,
    /// Who is told of every instruction. The plain loop runs only while there is nobody.
    pub(crate) observer: Option<Observer>,
    /// The observer wants the program to end: every instruction raises an error.
    pub(crate) stopped: bool,
    /// What the collector finds is no longer what 5.1.1's would. Either it worked, here or there,
    /// while the compiler waited for a function to give it more of a text: 5.1.1 counts what
    /// its compiler has made until then, which is made later here. Or a precompiled chunk was
    /// refused that has functions inside each other: in 5.1.1 they stay in the stack, above what
    /// calls the compiler, where a function with many registers keeps them alive.
    pub(crate) out_of_step: bool,
    /// Unless it is 0, it decides when the collector's next step is due where it gets out of step.
    pub(crate) variation: u32,
    /// Such a function has just been called, so that the collector could work.
    pub(crate) reader_called: bool,
    /// Texts of which a part is compiled and more is asked for.
    pub(crate) reading: u32,
}

/// An instruction that is about to be executed.
pub struct Moment<'a> {
    state: &'a State,
    closure: ClosureRef,
    base: usize,
    /// Index of the instruction.
    pc: usize,
}

impl core::fmt::Debug for Moment<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Moment")
            .field("pc", &self.pc)
            .finish_non_exhaustive()
    }
}

/// What an instruction reads: where it is, and the value.
type Visit<'v> = &'v mut dyn FnMut(char, usize, Value);

const fn mix(number: u64, with: u64) -> u64 {
    let number = (number ^ with).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    number ^ number >> 29
}

fn number_bits(n: f64) -> u64 {
    match (n.is_nan(), n.is_sign_negative()) {
        (true, true) => 0xFFF8_0000_0000_0000,
        (true, false) => 0x7FF8_0000_0000_0000,
        _ => n.to_bits(),
    }
}

impl State {
    /// Notes that the collector is out of step if it is, for the first time or once more.
    pub(crate) fn note_out_of_step(&mut self, is_out: bool) {
        if !is_out {
            return;
        }
        let observed = &mut self.global.observed;
        observed.out_of_step = true;
        if observed.variation != 0 {
            let soon = observed.variation % 64 * 128;
            let due = self.heap.memory.total.saturating_add(soon as usize);
            self.heap.set_due(due);
        }
    }
}

impl Moment<'_> {
    fn proto(&self) -> &FunctionProto {
        &self.state.heap.closure(self.closure).proto
    }

    /// The instruction, as 5.1.1's bytecode has it.
    #[must_use]
    pub fn instruction(&self) -> Instruction {
        let code = &self.proto().raw;
        code.get(self.pc).copied().unwrap_or(Instruction(0))
    }

    /// Is the collector where 5.1.1's would be, and the memory in use what it would be? Not while
    /// a text is being compiled, and perhaps not after that.
    #[must_use]
    pub fn is_comparable(&self) -> bool {
        let observed = &self.state.global.observed;
        observed.reading == 0 && !observed.out_of_step
    }

    /// A number made from the function, the place in it, the values that the instruction is
    /// about to read and the local variables that are active: all that is alive for certain.
    /// Objects count by their kind, whether they have a metatable, and where a function was
    /// written. The oracle's trace has the same numbers (`oracle/src/trace.c`).
    ///
    /// If it is `whole`, also all other registers of the function, which hold what an earlier use
    /// left there, and the memory in use.
    #[must_use]
    pub fn number(&self, whole: bool) -> u64 {
        let heap = &self.state.heap;
        let proto = self.proto();
        let source = proto.source.map_or(0, |source| heap.strings.hash(source));
        let mut number = mix(u64::from(source), proto.line_defined as i64 as u64);
        number = mix(number, proto.raw.len() as u64);
        number = mix(number, self.pc as u64);
        let mut take = |_, _, v| number = mix(number, self.value_number(v));
        let active = self.visit(&mut take);
        if whole {
            self.visit_rest(active, &mut take);
            let collector = &heap.collector;
            let phase = collector.phase as usize;
            for part in [heap.memory.total, collector.due, phase, self.base] {
                number = mix(number, part as u64);
            }
        }
        number
    }

    /// A line for the instruction, which is the `index`th of the run, and one for each value
    /// that it reads (`R`), of a constant (`K`), an upvalue (`U`) and a local variable (`L`); if
    /// it is `whole`, also for each of the other registers (`S`) and for the memory in use.
    #[must_use]
    pub fn describe(&self, index: usize, whole: bool) -> String {
        let proto = self.proto();
        let i = self.instruction();
        let mut text = format!(
            "{index}: function of line {}, pc {}, line {}: {} {} {} {}\n",
            proto.line_defined,
            self.pc,
            proto.lines.get(self.pc).copied().unwrap_or_default(),
            i.opcode().map_or("?", OpCode::name),
            i.a(),
            i.b(),
            i.c()
        );
        let mut take = |kind, index, v| {
            text.push_str(&format!("    {kind}{index} = {}\n", self.value_text(v)));
        };
        let active = self.visit(&mut take);
        if whole {
            self.visit_rest(active, &mut take);
            let (heap, collector) = (&self.state.heap, &self.state.heap.collector);
            text.push_str(&format!(
                "    memory = {}, threshold {}, phase {}, slot {}\n",
                heap.memory.total, collector.due, collector.phase as u8, self.base
            ));
        }
        text
    }

    fn value_number(&self, v: Value) -> u64 {
        let heap = &self.state.heap;
        match v.unpack() {
            Unpacked::Nil | Unpacked::Proto(_) => 1,
            Unpacked::Boolean(false) => 2,
            Unpacked::Boolean(true) => 3,
            Unpacked::LightUserData(_) => 4,
            Unpacked::Number(n) => mix(5, number_bits(n)),
            Unpacked::String(s) => mix(
                mix(6, heap.bytes(s).len() as u64),
                u64::from(heap.strings.hash(s)),
            ),
            Unpacked::Table(_) => mix(7, u64::from(!heap.metatable(v).is_none())),
            Unpacked::Closure(c) => {
                let c = heap.closure(c);
                let line = c.proto.line_defined as i64 as u64;
                mix(mix(8, line), u64::from(c.count))
            }
            Unpacked::Native(_) => 9,
            Unpacked::UserData(_) => mix(10, u64::from(!heap.metatable(v).is_none())),
            Unpacked::Thread(_) => 11,
        }
    }

    fn value_text(&self, v: Value) -> String {
        let heap = &self.state.heap;
        let with_metatable = |name: &str| match heap.metatable(v).is_none() {
            true => name.to_owned(),
            false => format!("{name} with metatable"),
        };
        match v.unpack() {
            Unpacked::Nil | Unpacked::Proto(_) => "nil".to_owned(),
            Unpacked::Boolean(truth) => truth.to_string(),
            Unpacked::LightUserData(_) => "light".to_owned(),
            Unpacked::Number(n) => format!("number {:016x}", number_bits(n)),
            Unpacked::String(s) => {
                let bytes = heap.bytes(s);
                let mut text = format!("string({}) ", bytes.len());
                for &byte in bytes.iter().take(24) {
                    if (b' '..127).contains(&byte) {
                        text.push(char::from(byte));
                    } else {
                        text.push_str(&format!("\\{byte:02x}"));
                    }
                }
                text
            }
            Unpacked::Table(_) => with_metatable("table"),
            Unpacked::Closure(c) => {
                let c = heap.closure(c);
                let line = c.proto.line_defined;
                format!("function of line {line} with {} upvalues", c.count)
            }
            Unpacked::Native(_) => "native".to_owned(),
            Unpacked::UserData(_) => with_metatable("userdata"),
            Unpacked::Thread(_) => "thread".to_owned(),
        }
    }

    /// The registers from this one on.
    fn visit_rest(&self, first: usize, take: Visit<'_>) {
        for index in first..usize::from(self.proto().max_stack) {
            take('S', index, self.register(index));
        }
    }

    fn register(&self, index: usize) -> Value {
        let slot = self.state.heap.thread.stack.get(self.base + index);
        slot.copied().unwrap_or_default()
    }

    /// The values that the instruction reads, then the local variables; how many of these.
    fn visit(&self, take: Visit<'_>) -> usize {
        let proto = self.proto();
        let register = |index: usize| self.register(index);
        self.visit_operands(take, &register);
        let pc = self.pc as u32;
        let mut active = 0;
        for local in proto.locals.iter().take_while(|local| local.start_pc <= pc) {
            if pc < local.end_pc {
                take('L', active, register(active));
                active += 1;
            }
        }
        active
    }

    fn visit_operands(&self, take: Visit<'_>, register: &dyn Fn(usize) -> Value) {
        let heap = &self.state.heap;
        let i = self.instruction();
        let [a, b, c] = [i.a(), i.b(), i.c()].map(|operand| operand as usize);
        let to_top = heap.thread.top.saturating_sub(self.base);
        fn range(take: Visit<'_>, register: &dyn Fn(usize) -> Value, from: usize, to: usize) {
            for index in from..to {
                take('R', index, register(index));
            }
        }
        let operand = |take: Visit<'_>, operand: usize| {
            if is_constant(operand as u32) {
                let index = constant_index(operand as u32) as usize;
                let constant = self.proto().constants.get(index);
                take('K', index, constant.copied().unwrap_or_default());
            } else {
                take('R', operand, register(operand));
            }
        };
        let Some(op) = i.opcode() else { return };
        match op {
            OpCode::Move | OpCode::Unm | OpCode::Not | OpCode::Len | OpCode::TestSet => {
                operand(take, b);
            }
            OpCode::GetUpvalue => {
                let upvalue = heap.closure_upvalue(self.closure, b);
                let value = upvalue.map(|upvalue| heap.upvalue_get(upvalue));
                take('U', b, value.unwrap_or_default());
            }
            OpCode::GetTable | OpCode::SelfOp => {
                range(take, register, b, b + 1);
                operand(take, c);
            }
            OpCode::SetGlobal | OpCode::SetUpvalue | OpCode::Test => {
                range(take, register, a, a + 1);
            }
            OpCode::SetTable => {
                range(take, register, a, a + 1);
                operand(take, b);
                operand(take, c);
            }
            OpCode::Add
            | OpCode::Sub
            | OpCode::Mul
            | OpCode::Div
            | OpCode::Mod
            | OpCode::Pow
            | OpCode::Eq
            | OpCode::Lt
            | OpCode::Le => {
                operand(take, b);
                operand(take, c);
            }
            OpCode::Concat => range(take, register, b, c + 1),
            OpCode::Call | OpCode::TailCall => {
                range(take, register, a, if b == 0 { to_top } else { a + b });
            }
            OpCode::Return => range(take, register, a, if b == 0 { to_top } else { a + b - 1 }),
            OpCode::ForLoop | OpCode::ForPrep | OpCode::TForLoop => {
                range(take, register, a, a + 3);
            }
            OpCode::SetList => {
                range(take, register, a, a + 1);
                range(
                    take,
                    register,
                    a + 1,
                    if b == 0 { to_top } else { a + 1 + b },
                );
            }
            _ => {}
        }
    }
}

impl State {
    /// Tells the observer of the instruction before `pc`.
    pub(crate) fn observe_instruction(&mut self, pc: usize) -> Result<()> {
        if let Some(mut observer) = self.global.observed.observer.take() {
            let call = self.current_call();
            let moment = Moment {
                closure: call.closure,
                base: call.base as usize,
                pc: pc.saturating_sub(1),
                state: self,
            };
            self.global.observed.stopped |= !observer(&moment);
            self.global.observed.observer = Some(observer);
        }
        if self.global.observed.stopped {
            return Err(self.runtime_error("stopped by the observer"));
        }
        Ok(())
    }
}
