//! What programs have exercised, counted: opcodes by their kinds of operands, pairs of opcodes,
//! library functions by kinds of arguments, error messages. From it come the weights of the next programs,
//! the choice of what a corpus keeps, and the report's heat map.
//!
//! Campaigns count every instruction of every program, so counting takes numbers; names are made
//! when somebody asks for them.

mod operands;
mod registers;

use std::collections::{BTreeMap, HashMap};

use rilua::bytecode::{Chunk, FunctionView, OpCode};
use rilua::compiler::{CompileOptions, load};
use rilua::syntax::source::SliceSource;

use self::registers::{Registers, call_name};
use super::library::FUNCTIONS;
use super::weights::{Feature, Weights};

/// How often each thing was met, by its name.
pub type Counts = BTreeMap<String, u64>;

/// How many opcodes there are.
const OPCODE_COUNT: usize = OpCode::ALL.len();

/// Counts of what was exercised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercised {
    /// By opcode, then by the kinds of its operands.
    operands: Vec<[u64; operands::KINDS]>,
    /// By an opcode, then by the one behind it.
    pairs: Vec<[u64; OPCODE_COUNT]>,
    /// By function and kinds of arguments, as [`registers::Call`] has them.
    functions: HashMap<Vec<u8>, u64>,
    messages: Counts,
}

impl Default for Exercised {
    fn default() -> Self {
        Self {
            operands: vec![[0; operands::KINDS]; OPCODE_COUNT],
            pairs: vec![[0; OPCODE_COUNT]; OPCODE_COUNT],
            functions: HashMap::new(),
            messages: Counts::new(),
        }
    }
}

impl Exercised {
    /// Opcodes and kinds of their operands, as in `ADD R K(number)`.
    pub fn operands(&self) -> Counts {
        let mut named = Counts::new();
        for (op, counts) in OpCode::ALL.into_iter().zip(&self.operands) {
            for (kind, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                named.insert(operands::name(op, kind), count);
            }
        }
        named
    }

    /// Two opcodes one after the other in the code, as in `LOADK RETURN`.
    pub fn pairs(&self) -> Counts {
        let mut named = Counts::new();
        for (first, counts) in OpCode::ALL.into_iter().zip(&self.pairs) {
            for (second, &count) in OpCode::ALL.into_iter().zip(counts) {
                if count > 0 {
                    named.insert(format!("{} {}", first.name(), second.name()), count);
                }
            }
        }
        named
    }

    /// Library functions and kinds of their arguments, as in `string.rep(string, number)`.
    pub fn functions(&self) -> Counts {
        let counts = self.functions.iter();
        counts
            .map(|(call, &count)| (call_name(call), count))
            .collect()
    }

    /// Error messages, with names and numbers masked.
    pub fn messages(&self) -> &Counts {
        &self.messages
    }

    /// How often each feature was met, by one name each: what a smallest corpus has to keep.
    pub fn features(&self) -> Counts {
        let groups = [
            ("operands", self.operands()),
            ("pair", self.pairs()),
            ("function", self.functions()),
            ("message", self.messages.clone()),
        ];
        let named = groups.into_iter().flat_map(|(group, counts)| {
            let counts = counts.into_iter();
            counts.map(move |(name, count)| (format!("{group} {name}"), count))
        });
        named.collect()
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
            let kind = operands::kind(function, instruction, op);
            let counts = self.operands.get_mut(op as usize);
            if let Some(count) = counts.and_then(|counts| counts.get_mut(kind)) {
                *count += 1;
            }
            if let Some(last) = last {
                let counts = self.pairs.get_mut(last as usize);
                if let Some(count) = counts.and_then(|counts| counts.get_mut(op as usize)) {
                    *count += 1;
                }
            }
            last = Some(op);
            if let Some(call) = registers.follow(function, instruction, op) {
                match self.functions.get_mut(call) {
                    Some(count) => *count += 1,
                    None => {
                        self.functions.insert(call.to_vec(), 1);
                    }
                }
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
        let mut calls: HashMap<&str, u64> = HashMap::new();
        for (call, count) in &exercised.functions {
            if let Some(row) = registers::function(call) {
                *calls.entry(row.name).or_default() += count;
            }
        }
        for (position, row) in FUNCTIONS.iter().enumerate() {
            let met = calls.get(row.name).copied();
            weights.favour_function(position, times(met.unwrap_or(0)));
        }
        for (feature, opcodes) in OPCODES_OF {
            let least = opcodes.iter().map(|&op| {
                let counts = exercised.operands.get(op as usize);
                counts.map_or(0, |counts| counts.iter().sum::<u64>())
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
            let operands = met.operands();
            assert!(operands.contains_key(name), "{name}: {operands:?}");
        }
        assert_eq!(met.pairs().get("VARARG ADD"), Some(&1));
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
            let functions = met.functions();
            assert!(functions.contains_key(name), "{name}: {functions:?}");
        }
    }

    #[test]
    fn words_after_closures_are_no_instructions() {
        let met = of("local a = 1 return function() return a end");
        assert_eq!(met.operands().get("MOVE"), None);
    }

    #[test]
    fn messages_are_masked() {
        let mut met = of("x = = 1");
        met.add_message(b"a.lua:12: attempt to index field 'b' (a nil value)");
        met.add_message(b"c.lua:7: attempt to index field 'd' (a nil value)");
        let names: Vec<&str> = met.messages().keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "attempt to index field '…' (a nil value)",
                "unexpected symbol near '…'"
            ]
        );
        assert_eq!(met.messages().values().max(), Some(&2));
    }

    #[test]
    fn programs_are_counted_together() {
        let mut all = of("return 1 + x");
        all.add_source(b"return 2 + x, type(x)");
        assert_eq!(all.operands().get("ADD K(number) R"), Some(&2));
        assert_eq!(all.features().get("function type(global)"), Some(&1));
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
