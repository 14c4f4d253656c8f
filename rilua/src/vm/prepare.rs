//! From a compiled chunk to prototypes of the heap: strings are interned, and
//! each instruction is decoded once into the internal form, specialised by what
//! its operands are. The internal code has the same length and the same `pc`s.
//!
//! Mirrors nothing of 5.1.1 but the order in which objects are made: a function's
//! prototype before those inside it.

use crate::bytecode::{Chunk, Constant, Instruction, OpCode, Proto};
use crate::compiler::Remains;
use crate::heap::Heap;
use crate::heap::code::{Instr, Op};
use crate::heap::object::{FunctionProto, INLINE_UPVALUES, LocalName};
use crate::heap::sharing::Shared as Rc;
use crate::heap::table::INDEX_HASH;
use crate::heap::value::{ProtoRef, StringRef, TableRef, Value};
use crate::number::exact_i32;
use crate::syntax::source::{COMPILED_SLOTS, UNDUMPED_SLOTS};
use crate::syntax::strings::StringId;
use core::slice;

/// Where 5.1.1's compiler works: nothing takes away what is there above its result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The slot of the stack from which on it has the functions it compiles.
    pub(crate) base: usize,
    /// The slot of the result or the message.
    pub(crate) result: usize,
}

/// The internal code of a chunk's functions in the order in which they are made, or of none of
/// them. It holds no reference to a heap, so what one decodes serves all.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadyCode(Vec<Box<[Instr]>>);

impl ReadyCode {
    /// That of a chunk.
    pub(crate) fn of(chunk: &Chunk) -> ReadyCode {
        fn collect(function: &FunctionProto, code: &mut Vec<Box<[Instr]>>) {
            code.push(function.code.clone());
            for inner in &function.protos {
                collect(inner, code);
            }
        }
        let mut ready = ReadyCode::default();
        let place = Place { base: 0, result: 0 };
        let main = prepare(
            &mut Heap::new(),
            chunk.clone(),
            place,
            &ReadyCode::default(),
            &|| false,
        );
        if let Some(main) = main {
            collect(&main, &mut ready.0);
        }
        ready
    }
}

/// Makes a chunk's functions objects of the heap (no collection runs). What is `ready` of their
/// code is not decoded again. `watch` is asked from time to time whether to stop: then what is
/// made has no code, and there is no result.
pub(crate) fn prepare(
    heap: &mut Heap,
    chunk: Chunk,
    place: Place,
    ready: &ReadyCode,
    watch: &dyn Fn() -> bool,
) -> Option<Rc<FunctionProto>> {
    let strings = Vec::with_capacity(chunk.strings.len());
    let mut preparation = Preparation::new(heap, strings, watch);
    preparation.ready = ready.0.iter();
    for (_, text, hash) in chunk.strings.iter() {
        if preparation.is_stopped(FUNCTION_WORK + text.len()) {
            break;
        }
        let s = preparation.heap.string_with_hash(text, hash);
        preparation.strings.push(Some(s));
    }
    let is_text = chunk.main.scanner_table.is_some();
    let main = preparation.function(chunk.main, 0, 0);
    if preparation.stopped {
        return None;
    }
    preparation.leave_in_stack(place, is_text, &chunk.last_read);
    Some(main)
}

/// Instructions that are decoded without asking whether to stop: well under a millisecond.
const STRETCH: usize = 1 << 15;
/// What takes as long as making a function without code, or a short string.
const FUNCTION_WORK: usize = 1 << 7;

/// Makes what a failed compilation leaves behind: garbage, made for what it is charged
/// (no collection runs).
pub(crate) fn abandon(heap: &mut Heap, remains: Remains, place: Place) {
    let strings = remains.strings.iter().map(|_| None).collect();
    let mut preparation = Preparation::new(heap, strings, &|| false);
    for id in remains.read {
        let (text, hash) = (remains.strings.get(id), remains.strings.hash(id));
        if let Some(slot) = preparation.strings.get_mut(id.index()) {
            *slot = Some(preparation.heap.string_with_hash(text, hash));
        }
    }
    let is_text = remains.last_read.is_some();
    for (depth, unfinished) in remains.functions.into_iter().enumerate() {
        let depth = if is_text { depth } else { 0 };
        preparation.function(unfinished.proto, unfinished.spare, depth);
    }
    if let Some(last_read) = remains.last_read {
        preparation.leave_in_stack(place, true, &last_read);
    }
}

struct Preparation<'a> {
    heap: &'a mut Heap,
    /// By id; `None` for those of a text that have not been read.
    strings: Vec<Option<StringRef>>,
    /// The last function of each depth, with its scanner's table.
    last: Vec<(Option<TableRef>, ProtoRef)>,
    /// Code of the functions to come, where it was decoded before.
    ready: slice::Iter<'a, Box<[Instr]>>,
    watch: &'a dyn Fn() -> bool,
    /// It has answered with yes.
    stopped: bool,
    /// What was done since it was asked, in instructions.
    work: usize,
}

impl<'a> Preparation<'a> {
    fn new(
        heap: &'a mut Heap,
        strings: Vec<Option<StringRef>>,
        watch: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            heap,
            strings,
            last: Vec::new(),
            ready: [].iter(),
            watch,
            stopped: false,
            work: 0,
        }
    }

    /// Before something that takes as long as so many instructions: is it to be left out?
    #[inline]
    fn is_stopped(&mut self, work: usize) -> bool {
        self.work += work;
        if self.work >= STRETCH {
            self.work = 0;
            self.stopped = self.stopped || (self.watch)();
        }
        self.stopped
    }

    /// The last function of each depth stays in the stack, and with it, if it was a text that was
    /// compiled, the table of names and strings that were `read`. A slot that isn't free has been
    /// used since by what gave the chunk its text.
    fn leave_in_stack(&mut self, place: Place, is_text: bool, read: &[Vec<StringId>]) {
        let Place { base, result } = place;
        let slots = if is_text {
            COMPILED_SLOTS
        } else {
            UNDUMPED_SLOTS
        };
        let last = core::mem::take(&mut self.last);
        for (depth, (table, proto)) in last.into_iter().enumerate() {
            let first = base + depth * slots;
            let texts = read.get(depth).filter(|_| first != result);
            let table = table.zip(texts).map(|(table, texts)| {
                for &text in texts {
                    if let Some(string) = self.string(text) {
                        // There is room: the table has the size for them all.
                        let _full = self.heap.raw_set(table, Value::string(string), Value::TRUE);
                    }
                }
                Value::table(table)
            });
            let left = [table, Some(Value::proto(proto))];
            let left = left.get(left.len() - slots..).unwrap_or(&[]);
            let stack = self.heap.thread.stack.iter_mut().skip(first);
            for (slot, value) in stack.zip(left) {
                if let Some(value) = *value
                    && slot.is_nil()
                {
                    *slot = value;
                }
            }
        }
    }

    fn string(&self, id: StringId) -> Option<StringRef> {
        self.strings.get(id.index()).copied().flatten()
    }

    /// A function for which `spare` bytes are charged beyond what it holds.
    /// It is inside `depth` others.
    fn function(&mut self, mut proto: Proto, spare: usize, depth: usize) -> Rc<FunctionProto> {
        if self.is_stopped(FUNCTION_WORK + proto.constants.len()) {
            proto = Proto::default();
        }
        let id = self.heap.reserve_proto();
        let table = proto.scanner_table.map(|size| {
            let (array, nodes) = (size.array as usize, size.nodes as usize);
            self.heap.new_table(array, nodes)
        });
        match self.last.get_mut(depth) {
            Some(last) => *last = (table, id),
            None => self.last.push((table, id)),
        }
        let constants: Box<[Value]> = proto
            .constants
            .iter()
            .map(|k| match *k {
                Constant::Nil => Value::NIL,
                Constant::Boolean(b) => Value::boolean(b),
                Constant::Number(n) => Value::number(n),
                Constant::String(s) => self.string(s).map_or(Value::NIL, Value::string),
            })
            .collect();
        let code = match self.ready.next() {
            Some(code) => code.clone(),
            None => self.code(&proto, &constants),
        };
        let protos = proto
            .protos
            .into_iter()
            .map_while(|p| (!self.stopped).then(|| self.function(p, 0, depth + 1)))
            .collect();
        let locals = proto
            .locals
            .iter()
            .map(|l| LocalName {
                name: l.name.and_then(|n| self.string(n)),
                start_pc: l.start_pc,
                end_pc: l.end_pc,
            })
            .collect();
        let upvalue_names = proto
            .upvalue_names
            .iter()
            .map(|n| n.and_then(|n| self.string(n)))
            .collect();
        let source = proto.source.and_then(|s| self.string(s));
        self.heap.set_proto(FunctionProto {
            id,
            code,
            raw: proto.code.into_boxed_slice(),
            constants,
            protos,
            lines: proto.lines.into_boxed_slice(),
            locals,
            upvalue_names,
            source,
            line_defined: proto.line_defined,
            last_line_defined: proto.last_line_defined,
            upvalue_count: proto.upvalue_count,
            parameters: proto.parameter_count,
            vararg: proto.vararg,
            max_stack: proto.max_stack_size,
            spare,
        })
    }

    fn code(&mut self, proto: &Proto, constants: &[Value]) -> Box<[Instr]> {
        let mut code = Vec::with_capacity(proto.code.len());
        let mut is_count = false;
        for (pc, &i) in proto.code.iter().enumerate() {
            if pc % STRETCH == STRETCH - 1 && self.is_stopped(STRETCH) {
                break;
            }
            if is_count {
                // The word after an extended SETLIST is a number, not an instruction.
                code.push(Instr {
                    op: Op::Move,
                    a: 0,
                    b: 0,
                    c: 0,
                    d: i.0,
                });
                is_count = false;
                continue;
            }
            is_count = i.opcode() == Some(OpCode::SetList) && i.c() == 0;
            let decoder = Decoder {
                heap: self.heap,
                proto,
                constants,
                pc,
                i,
            };
            code.push(decoder.decode());
        }
        code.into_boxed_slice()
    }
}

/// Is this nine-bit operand a constant?
fn is_constant(operand: u32) -> bool {
    operand & 256 != 0
}

struct Decoder<'a> {
    heap: &'a Heap,
    proto: &'a Proto,
    constants: &'a [Value],
    pc: usize,
    i: Instruction,
}

impl Decoder<'_> {
    fn constant(&self, operand: u32) -> Option<Value> {
        if is_constant(operand) {
            self.constants.get((operand & 255) as usize).copied()
        } else {
            None
        }
    }

    /// The hash of a constant string operand.
    fn name_hash(&self, operand: u32) -> Option<u32> {
        let name = self.constant(operand)?.as_string()?;
        Some(self.heap.strings.hash(name))
    }

    fn is_number(&self, operand: u32) -> bool {
        self.constant(operand).is_some_and(Value::is_number)
    }

    /// Where the jump that follows this instruction goes.
    fn target_of_next(&self) -> u32 {
        let jump = self.proto.code.get(self.pc + 1).map_or(0, |j| j.sbx());
        (self.pc as i64 + 2 + i64::from(jump)) as u32
    }

    /// Where a fused comparison or test goes: to the jump's target, but backwards only
    /// through the jump itself, which is where the loop looks for interrupts.
    fn branch_target(&self) -> u32 {
        let target = self.target_of_next();
        if target as usize > self.pc {
            target
        } else {
            self.pc as u32 + 1
        }
    }

    fn own_target(&self) -> u32 {
        (self.pc as i64 + 1 + i64::from(self.i.sbx())) as u32
    }

    fn decode(&self) -> Instr {
        let (b, c) = (self.i.b(), self.i.c());
        let general = |op| Instr {
            op,
            a: self.i.a() as u8,
            b: b as u8,
            c: c as u8,
            d: b | c << 16,
        };
        let with = |op, d| Instr { d, ..general(op) };
        match self.i.opcode() {
            None | Some(OpCode::Move) => general(Op::Move),
            Some(OpCode::LoadK) => with(Op::LoadK, self.i.bx()),
            Some(OpCode::LoadBool) => Instr {
                b: u8::from(b != 0),
                c: u8::from(c != 0),
                ..general(Op::LoadBool)
            },
            // 5.1.1 clears downwards from `b`, which is the first even if it is below `a`.
            Some(OpCode::LoadNil) => Instr {
                a: self.i.a().min(b) as u8,
                ..general(Op::LoadNil)
            },
            Some(OpCode::GetUpvalue) => general(self.upvalue_op(Op::GetUpvalN, Op::GetUpval)),
            Some(OpCode::SetUpvalue) => general(self.upvalue_op(Op::SetUpvalN, Op::SetUpval)),
            Some(OpCode::GetGlobal) => self.global(Op::GetGlobalS, Op::GetGlobal),
            Some(OpCode::SetGlobal) => self.global(Op::SetGlobalS, Op::SetGlobal),
            Some(OpCode::GetTable) => match self.name_hash(c) {
                Some(hash) => with(Op::GetField, hash),
                None if is_constant(c) => match self.item_index(c) {
                    Some(index) => with(Op::GetItem, index),
                    None => general(Op::GetTable),
                },
                None => general(Op::GetIndex),
            },
            Some(OpCode::SetTable) => self.set_table(b, c),
            Some(OpCode::NewTable) => general(Op::NewTable),
            Some(OpCode::SelfOp) => match self.name_hash(c) {
                Some(hash) => with(Op::SelfK, hash),
                None => general(Op::SelfGet),
            },
            Some(OpCode::Add) => general(self.arithmetic(Op::Add, Op::AddRR, Op::AddRK, Op::AddKR)),
            Some(OpCode::Sub) => general(self.arithmetic(Op::Sub, Op::SubRR, Op::SubRK, Op::SubKR)),
            Some(OpCode::Mul) => general(self.arithmetic(Op::Mul, Op::MulRR, Op::MulRK, Op::MulKR)),
            Some(OpCode::Div) => general(self.arithmetic(Op::Div, Op::DivRR, Op::DivRK, Op::DivKR)),
            Some(OpCode::Mod) => general(self.arithmetic(Op::Mod, Op::ModRR, Op::ModRK, Op::Mod)),
            Some(OpCode::Pow) => general(self.arithmetic(Op::Pow, Op::PowRR, Op::PowRK, Op::Pow)),
            Some(OpCode::Unm) => general(Op::Unm),
            Some(OpCode::Not) => general(Op::Not),
            Some(OpCode::Len) => general(Op::Len),
            Some(OpCode::Concat) => general(Op::Concat),
            Some(OpCode::Jmp) => with(Op::Jmp, self.own_target()),
            Some(OpCode::Eq) => self.comparison(Op::Eq, Op::EqRR, Op::EqRK, Op::EqRK),
            Some(OpCode::Lt) => self.comparison(Op::Lt, Op::LtRR, Op::LtRK, Op::LtKR),
            Some(OpCode::Le) => self.comparison(Op::Le, Op::LeRR, Op::LeRK, Op::LeKR),
            // A condition other than 0 and 1 is never met: the jump is always taken.
            Some(OpCode::Test) if c > 1 => with(Op::Jmp, self.branch_target()),
            Some(OpCode::TestSet) if c > 1 => general(Op::Move),
            Some(OpCode::Test) => with(Op::Test, self.branch_target()),
            Some(OpCode::TestSet) => with(Op::TestSet, self.branch_target()),
            Some(OpCode::Call) => general(Op::Call),
            Some(OpCode::TailCall) => general(Op::TailCall),
            Some(OpCode::Return) => general(match b {
                1 => Op::Return0,
                2 => Op::Return1,
                _ => Op::Return,
            }),
            Some(OpCode::ForLoop) => with(Op::ForLoop, self.own_target()),
            Some(OpCode::ForPrep) => with(Op::ForPrep, self.own_target()),
            Some(OpCode::TForLoop) => with(Op::TForLoop, self.target_of_next()),
            // `c` says that the block's number is in the next word.
            Some(OpCode::SetList) if c == 0 => Instr {
                c: 1,
                d: self.proto.code.get(self.pc + 1).map_or(0, |w| w.0),
                ..general(Op::SetList)
            },
            Some(OpCode::SetList) => Instr {
                c: 0,
                d: c,
                ..general(Op::SetList)
            },
            Some(OpCode::Close) => general(Op::Close),
            Some(OpCode::Closure) => with(Op::Closure, self.i.bx()),
            Some(OpCode::VarArg) => general(Op::Vararg),
        }
    }

    fn upvalue_op(&self, near: Op, far: Op) -> Op {
        if usize::from(self.proto.upvalue_count) <= INLINE_UPVALUES {
            near
        } else {
            far
        }
    }

    /// GETGLOBAL and SETGLOBAL: the name's index in `b` and `c` if it fits and the name isn't
    /// `__index`.
    fn global(&self, short: Op, long: Op) -> Instr {
        let bx = self.i.bx();
        let name = self.constants.get(bx as usize).and_then(|k| k.as_string());
        let hash = name.map(|name| self.heap.strings.hash(name));
        let a = self.i.a() as u8;
        match hash {
            Some(hash) if bx <= 0xffff && hash != INDEX_HASH => Instr {
                op: short,
                a,
                b: bx as u8,
                c: (bx >> 8) as u8,
                d: hash,
            },
            _ => Instr {
                op: long,
                a,
                b: 0,
                c: 0,
                d: bx,
            },
        }
    }

    /// Where the array part has the item of a constant key, if that is a positive integer.
    fn item_index(&self, operand: u32) -> Option<u32> {
        let Some(Constant::Number(n)) = self.proto.constants.get((operand & 255) as usize) else {
            return None;
        };
        u32::try_from(exact_i32(*n)?.checked_sub(1)?).ok()
    }

    fn set_table(&self, b: u32, c: u32) -> Instr {
        let value_is_constant = is_constant(c);
        let mut instr = Instr {
            op: Op::SetTable,
            a: self.i.a() as u8,
            b: b as u8,
            c: c as u8,
            d: b | c << 16,
        };
        if let Some(hash) = self.name_hash(b) {
            // Who stores `__index` has more to do.
            if hash != INDEX_HASH {
                instr.op = if value_is_constant {
                    Op::SetFieldK
                } else {
                    Op::SetFieldR
                };
                instr.d = hash;
            }
        } else if !is_constant(b) {
            instr.op = if value_is_constant {
                Op::SetIndexK
            } else {
                Op::SetIndexR
            };
        } else if !value_is_constant && let Some(index) = self.item_index(b) {
            instr.op = Op::SetItem;
            instr.d = index;
        }
        instr
    }

    fn arithmetic(&self, general: Op, rr: Op, rk: Op, kr: Op) -> Op {
        let (b, c) = (self.i.b(), self.i.c());
        match (is_constant(b), is_constant(c)) {
            (false, false) => rr,
            (false, true) if self.is_number(c) => rk,
            (true, false) if self.is_number(b) => kr,
            _ => general,
        }
    }

    /// A comparison with its jump. `==` doesn't care for the order of its operands
    /// unless a metamethod runs, and none does for constants.
    fn comparison(&self, general: Op, rr: Op, rk: Op, kr: Op) -> Instr {
        let (b, c) = (self.i.b(), self.i.c());
        let (op, b, c) = match (is_constant(b), is_constant(c)) {
            (false, false) => (rr, b, c),
            (false, true) => (rk, b, c),
            (true, false) if general == Op::Eq => (rk, c, b),
            (true, false) => (kr, b, c),
            (true, true) => {
                return Instr {
                    op: general,
                    a: self.i.a() as u8,
                    b: 0,
                    c: 0,
                    d: b | c << 16,
                };
            }
        };
        Instr {
            op,
            a: self.i.a() as u8,
            b: b as u8,
            c: c as u8,
            // No result equals a condition other than 0 and 1: never the jump.
            d: match self.i.a() {
                0 | 1 => self.branch_target(),
                _ => self.pc as u32 + 2,
            },
        }
    }
}
