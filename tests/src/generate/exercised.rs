//! What programs have exercised, counted: opcodes by their kinds of operands, pairs of opcodes,
//! library functions by kinds of arguments, error messages. From it come the weights of the next programs,
//! the choice of what a corpus keeps, and the report's heat map.

use std::collections::BTreeMap;

use rilua::bytecode::instruction::{ArgumentMode, RK_CONSTANT, constant_index, is_constant};
use rilua::bytecode::{Chunk, ConstantView, FunctionView, Instruction, OpCode};
use rilua::compiler::{CompileOptions, load};
use rilua::syntax::source::SliceSource;
use serde::{Deserialize, Serialize};

use super::library::FUNCTIONS;
use super::weights::{Feature, Weights};

/// How often each thing was met, by its name.
type Counts = BTreeMap<String, u64>;

/// Counts of what was exercised. Names sort by opcode, function or message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercised {
    /// Opcode and kinds of its operands, as in `ADD R K(number)`.
    pub operands: Counts,
    /// Two opcodes one after the other in the code, as in `LOADK RETURN`.
    pub pairs: Counts,
    /// Library function and kinds of its arguments, as in `string.rep(string, number)`.
    pub functions: Counts,
    /// Error messages, with names and numbers masked.
    pub messages: Counts,
}

impl Exercised {
    /// Adds all that another count has.
    pub fn merge(&mut self, other: &Self) {
        for (own, more) in [
            (&mut self.operands, &other.operands),
            (&mut self.pairs, &other.pairs),
            (&mut self.functions, &other.functions),
            (&mut self.messages, &other.messages),
        ] {
            for (name, count) in more {
                *own.entry(name.clone()).or_default() += count;
            }
        }
    }

    /// Every feature met, as one name each: what a smallest corpus has to keep.
    pub fn features(&self) -> impl Iterator<Item = String> + '_ {
        [
            ("operands", &self.operands),
            ("pair", &self.pairs),
            ("function", &self.functions),
            ("message", &self.messages),
        ]
        .into_iter()
        .flat_map(|(group, counts)| counts.keys().map(move |name| format!("{group} {name}")))
    }

    /// Counts what a program's code has. A program that doesn't compile adds the message.
    pub fn add_source(&mut self, text: &[u8]) {
        let options = CompileOptions {
            chunk_name: b"=program",
            c_depth: 0,
        };
        match load(SliceSource::new(text), &options) {
            Ok(chunk) => self.add_chunk(&chunk),
            Err(failed) => {
                if let rilua::compiler::CompileError::Syntax(message) = failed.error {
                    self.add_message(&message);
                }
            }
        }
    }

    /// Counts what compiled code has, functions inside it included.
    pub fn add_chunk(&mut self, chunk: &Chunk) {
        self.add_function(&chunk.view());
    }

    fn add_function<F: FunctionView>(&mut self, function: &F) {
        let mut last: Option<OpCode> = None;
        let mut registers = Registers::default();
        let mut skipped = 0;
        for &instruction in function.code() {
            if skipped > 0 {
                skipped -= 1;
                continue;
            }
            let Some(op) = instruction.opcode() else {
                continue;
            };
            *self
                .operands
                .entry(operands(function, instruction, op))
                .or_default() += 1;
            if let Some(last) = last {
                let pair = format!("{} {}", last.name(), op.name());
                *self.pairs.entry(pair).or_default() += 1;
            }
            last = Some(op);
            if let Some(called) = registers.follow(function, instruction, op) {
                *self.functions.entry(called).or_default() += 1;
            }
            // Words that are no instructions of their own.
            skipped = match op {
                OpCode::Closure => function
                    .proto(instruction.bx() as usize)
                    .map_or(0, |inner| usize::from(inner.upvalue_count())),
                OpCode::SetList if instruction.c() == 0 => 1,
                _ => 0,
            };
        }
        for position in 0..function.proto_count() {
            if let Some(inner) = function.proto(position) {
                self.add_function(&inner);
            }
        }
    }

    /// Counts an error message.
    pub fn add_message(&mut self, message: &[u8]) {
        *self.messages.entry(mask(message)).or_default() += 1;
    }
}

/// Counts below this are rare enough to be favoured.
const RARE: u64 = 20;

impl From<&Exercised> for Weights {
    /// Weights that favour library functions and parts of the language that were exercised
    /// rarely or not at all.
    fn from(exercised: &Exercised) -> Self {
        let mut weights = Self::default();
        for (position, function) in FUNCTIONS.iter().enumerate() {
            let prefix = format!("{}(", function.name);
            let named = exercised.functions.range(prefix.clone()..);
            let met: u64 = named
                .take_while(|(name, _)| name.starts_with(&prefix))
                .map(|(_, count)| count)
                .sum();
            weights.favour_function(position, times(met));
        }
        for (feature, opcodes) in OPCODES_OF {
            let least = opcodes.iter().map(|op| {
                let prefix = op.name();
                let named = exercised.operands.range(prefix.to_owned()..);
                let own = named.take_while(|(name, _)| name.split(' ').next() == Some(prefix));
                own.map(|(_, count)| count).sum::<u64>()
            });
            weights.favour(*feature, times(least.min().unwrap_or(RARE)));
        }
        weights
    }
}

/// How many times as likely something is made that was met so often.
fn times(met: u64) -> u32 {
    match met {
        0 => 6,
        1..RARE => 3,
        _ => 1,
    }
}

/// Which parts of the language lead to an opcode.
const OPCODES_OF: &[(Feature, &[OpCode])] = &[
    (
        Feature::Arithmetic,
        &[
            OpCode::Add,
            OpCode::Sub,
            OpCode::Mul,
            OpCode::Div,
            OpCode::Mod,
            OpCode::Pow,
            OpCode::Unm,
        ],
    ),
    (Feature::Comparison, &[OpCode::Eq, OpCode::Lt, OpCode::Le]),
    (
        Feature::Logic,
        &[OpCode::Test, OpCode::TestSet, OpCode::Not],
    ),
    (Feature::Concat, &[OpCode::Concat]),
    (Feature::Length, &[OpCode::Len]),
    (Feature::Field, &[OpCode::GetTable]),
    (Feature::Store, &[OpCode::SetTable]),
    (Feature::Global, &[OpCode::GetGlobal, OpCode::SetGlobal]),
    (Feature::NumericFor, &[OpCode::ForLoop, OpCode::ForPrep]),
    (Feature::GenericFor, &[OpCode::TForLoop]),
    (Feature::Closures, &[OpCode::Close, OpCode::SetUpvalue]),
    (Feature::Vararg, &[OpCode::VarArg]),
    (Feature::Method, &[OpCode::SelfOp]),
    (Feature::Constructor, &[OpCode::SetList, OpCode::NewTable]),
    (Feature::LocalFunction, &[OpCode::TailCall]),
];

/// An instruction by its opcode and the kinds of its operands.
fn operands<F: FunctionView>(function: &F, instruction: Instruction, op: OpCode) -> String {
    let mut name = op.name().to_owned();
    let count = |operand: u32| match operand {
        0 => "open",
        1 => "none",
        2 => "one",
        _ => "some",
    };
    match op {
        OpCode::LoadK => {
            name.push(' ');
            name.push_str(constant(function, instruction.bx()));
        }
        OpCode::Call | OpCode::TailCall => {
            name.push_str(&format!(
                " {} {}",
                count(instruction.b()),
                count(instruction.c())
            ));
        }
        OpCode::Return | OpCode::VarArg => name.push_str(&format!(" {}", count(instruction.b()))),
        OpCode::Eq | OpCode::Lt | OpCode::Le => {
            let (left, right) = (instruction.b(), instruction.c());
            let wanted = instruction.a() & 1;
            name.push_str(&format!(
                " {wanted} {} {}",
                operand(function, left),
                operand(function, right)
            ));
        }
        OpCode::LoadBool => {
            name.push_str(&format!(" {} {}", instruction.b() & 1, instruction.c() & 1))
        }
        OpCode::Test | OpCode::TestSet => name.push_str(&format!(" {}", instruction.c() & 1)),
        OpCode::Jmp => name.push_str(if instruction.sbx() < 0 {
            " back"
        } else {
            " on"
        }),
        OpCode::NewTable => {
            let size = |operand: u32| if operand == 0 { "empty" } else { "sized" };
            name.push_str(&format!(
                " {} {}",
                size(instruction.b()),
                size(instruction.c())
            ));
        }
        OpCode::SetList => name.push_str(&format!(
            " {} {}",
            count(instruction.b().min(3) + u32::from(instruction.b() > 0)),
            if instruction.c() == 1 {
                "first"
            } else {
                "later"
            }
        )),
        _ => {
            let properties = op.properties();
            for (mode, value) in [
                (properties.b, instruction.b()),
                (properties.c, instruction.c()),
            ] {
                if mode == ArgumentMode::RegisterOrConstant
                    && properties.format == rilua::bytecode::instruction::Format::Abc
                {
                    name.push(' ');
                    name.push_str(operand(function, value));
                }
            }
        }
    }
    name
}

/// A register or the type of a constant.
fn operand<F: FunctionView>(function: &F, value: u32) -> &'static str {
    if is_constant(value) {
        constant(function, constant_index(value))
    } else {
        "R"
    }
}

fn constant<F: FunctionView>(function: &F, index: u32) -> &'static str {
    match function.constant(index as usize) {
        Some(ConstantView::Number(_)) => "K(number)",
        Some(ConstantView::String(_)) => "K(string)",
        Some(ConstantView::Boolean(_)) => "K(boolean)",
        Some(ConstantView::Nil) | None => "K(nil)",
    }
}

/// What is known about registers, following the code as it stands, jumps ignored: good enough to
/// tell what a call's function and arguments are.
#[derive(Default)]
struct Registers {
    known: BTreeMap<u32, Content>,
}

#[derive(Clone)]
enum Content {
    /// A kind of value.
    Kind(&'static str),
    /// A global variable or a field of one.
    Path(String),
}

impl Registers {
    /// Takes one instruction. The result names the call it makes, if of a library function.
    fn follow<F: FunctionView>(
        &mut self,
        function: &F,
        instruction: Instruction,
        op: OpCode,
    ) -> Option<String> {
        let a = instruction.a();
        let text = |index: u32| match function.constant(index as usize) {
            Some(ConstantView::String(bytes)) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        };
        let content = match op {
            OpCode::GetGlobal => text(instruction.bx()).map(Content::Path),
            OpCode::GetTable => {
                let key = is_constant(instruction.c())
                    .then(|| text(instruction.c() - RK_CONSTANT))
                    .flatten();
                match (self.known.get(&instruction.b()), key) {
                    (Some(Content::Path(path)), Some(key)) => {
                        Some(Content::Path(format!("{path}.{key}")))
                    }
                    _ => None,
                }
            }
            OpCode::Move => self.known.get(&instruction.b()).cloned(),
            OpCode::LoadK => Some(Content::Kind(
                match function.constant(instruction.bx() as usize) {
                    Some(ConstantView::Number(_)) => "number",
                    _ => "string",
                },
            )),
            OpCode::LoadBool => Some(Content::Kind("boolean")),
            OpCode::LoadNil => {
                for register in a..=instruction.b() {
                    self.known.insert(register, Content::Kind("nil"));
                }
                return None;
            }
            OpCode::NewTable => Some(Content::Kind("table")),
            OpCode::Closure => Some(Content::Kind("function")),
            OpCode::Concat => Some(Content::Kind("string")),
            OpCode::Not => Some(Content::Kind("boolean")),
            OpCode::Add
            | OpCode::Sub
            | OpCode::Mul
            | OpCode::Div
            | OpCode::Mod
            | OpCode::Pow
            | OpCode::Unm
            | OpCode::Len => Some(Content::Kind("number")),
            OpCode::SelfOp => {
                let name = is_constant(instruction.c())
                    .then(|| text(instruction.c() - RK_CONSTANT))
                    .flatten();
                let object = self.known.get(&instruction.b()).cloned();
                let of_string = name.filter(|name| {
                    FUNCTIONS
                        .iter()
                        .any(|row| row.name.strip_prefix("string.") == Some(name))
                });
                self.set(a + 1, object);
                of_string.map(|name| Content::Path(format!("string.{name}")))
            }
            OpCode::Call | OpCode::TailCall => {
                let called = self.called(instruction);
                // Whatever it returns is above.
                self.known.retain(|&register, _| register < a);
                return called;
            }
            _ if op.properties().sets_a => None,
            _ => return None,
        };
        self.set(a, content);
        None
    }

    fn set(&mut self, register: u32, content: Option<Content>) {
        match content {
            Some(content) => self.known.insert(register, content),
            None => self.known.remove(&register),
        };
    }

    fn called(&self, call: Instruction) -> Option<String> {
        let Some(Content::Path(path)) = self.known.get(&call.a()) else {
            return None;
        };
        if !FUNCTIONS.iter().any(|row| row.name == path) {
            return None;
        }
        let mut kinds = Vec::new();
        for position in 1..call.b() {
            kinds.push(match self.known.get(&(call.a() + position)) {
                Some(Content::Kind(kind)) => kind,
                Some(Content::Path(_)) => "global",
                None => "value",
            });
        }
        if call.b() == 0 {
            kinds.push("...");
        }
        Some(format!("{path}({})", kinds.join(", ")))
    }
}

/// A message without what belongs to the program: its position, what stands in quotes, numbers.
fn mask(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let first = text.lines().next().unwrap_or_default();
    // `name:12: message`
    let position = first.match_indices(": ").find_map(|(at, found)| {
        let (_, line) = first.get(..at)?.rsplit_once(':')?;
        let is_line = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
        is_line.then_some(at + found.len())
    });
    let rest = position.and_then(|at| first.get(at..)).unwrap_or(first);
    let mut masked = String::new();
    let mut quoted = false;
    for c in rest.chars().take(200) {
        match c {
            '\'' => {
                quoted = !quoted;
                masked.push_str(if quoted { "'" } else { "…'" });
            }
            _ if quoted => {}
            c if c.is_ascii_digit() => {
                if !masked.ends_with('N') {
                    masked.push('N');
                }
            }
            c => masked.push(c),
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Exercised {
        let mut exercised = Exercised::default();
        exercised.add_source(text.as_bytes());
        exercised
    }

    #[test]
    fn operands_and_pairs_are_counted() {
        let met = of("local a = ... return a + 1, 'x' .. a");
        for name in [
            "ADD R K(number)",
            "LOADK K(string)",
            "VARARG one",
            "RETURN some",
        ] {
            assert!(
                met.operands.contains_key(name),
                "{name}: {:?}",
                met.operands
            );
        }
        assert_eq!(met.pairs.get("VARARG ADD"), Some(&1));
    }

    #[test]
    fn calls_are_counted_by_kinds_of_arguments() {
        let met = of(
            "local s = ... show(string.rep('x', 3), s:upper(), type(nil), pcall(type, {}), print(...))",
        );
        for name in [
            "string.rep(string, number)",
            "string.upper(value)",
            "type(nil)",
            "pcall(global, table)",
        ] {
            assert!(
                met.functions.contains_key(name),
                "{name}: {:?}",
                met.functions
            );
        }
    }

    #[test]
    fn words_after_closures_are_no_instructions() {
        let met = of("local a = 1 return function() return a end");
        assert_eq!(met.operands.get("MOVE"), None, "{:?}", met.operands);
    }

    #[test]
    fn messages_are_masked() {
        let mut met = of("x = = 1");
        met.add_message(b"a.lua:12: attempt to index field 'b' (a nil value)");
        met.add_message(b"c.lua:7: attempt to index field 'd' (a nil value)");
        let names: Vec<&str> = met.messages.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "attempt to index field '…' (a nil value)",
                "unexpected symbol near '…'"
            ]
        );
        assert_eq!(met.messages.values().max(), Some(&2));
    }

    #[test]
    fn counts_merge_and_survive_json() {
        let mut all = of("return 1 + x");
        all.merge(&of("return 2 + x, type(x)"));
        assert_eq!(all.operands.get("ADD K(number) R"), Some(&2));
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Exercised>(&text).unwrap(), all);
        assert!(all.features().any(|name| name == "function type(global)"));
    }

    #[test]
    fn what_is_rare_is_favoured() {
        let none = Weights::from(&Exercised::default());
        assert!(none.of(Feature::Concat) > Weights::default().of(Feature::Concat));
        let text = "x = type(x) .. x ".repeat(30);
        let some = Weights::from(&of(&text));
        assert_eq!(
            some.of(Feature::Concat),
            Weights::default().of(Feature::Concat)
        );
        let position = FUNCTIONS.iter().position(|row| row.name == "type").unwrap();
        assert_eq!(some.library().get(position), Some(&Weights::ONE));
        assert_ne!(none.library().get(position), Some(&Weights::ONE));
    }
}
