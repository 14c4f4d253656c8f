//! What is known about registers, following the code as it stands, jumps ignored: good enough to
//! tell what a call's function and arguments are.

use std::collections::HashMap;
use std::sync::LazyLock;

use rilua::bytecode::instruction::{constant_index, is_constant};
use rilua::bytecode::{ConstantView, FunctionView, Instruction, OpCode};

use super::super::library::{FUNCTIONS, LibraryFunction};

/// Registers of a function, at most.
const REGISTERS: usize = 256;

/// Kinds of arguments; a call has their positions here.
const KINDS: [&str; 9] = [
    "value", "global", "nil", "boolean", "number", "string", "table", "function", "...",
];

/// What is in a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Unknown,
    /// A global variable or a field of one.
    Path(Path),
    Nil,
    Boolean,
    Number,
    String,
    Table,
    Function,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path {
    /// The library's function of this row of [`FUNCTIONS`].
    Function(u16),
    /// The library's table with this position in [`Paths::tables`].
    Table(u16),
    Other,
}

/// The names that lead to the library's functions.
struct Paths {
    /// By the position of the table in which they are, from 1, or 0, and their name.
    names: HashMap<(u16, &'static [u8]), Path>,
    /// The position of the table `string`.
    string: u16,
}

static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    let mut names = HashMap::new();
    let mut tables = 0;
    for (position, row) in (0..).zip(FUNCTIONS) {
        let mut parts = row.name.split('.').peekable();
        let mut within = 0;
        while let Some(part) = parts.next() {
            let key = (within, part.as_bytes());
            if parts.peek().is_none() {
                // Of rows with one name the first stands for all.
                names.entry(key).or_insert(Path::Function(position));
                break;
            }
            let path = *names.entry(key).or_insert_with(|| {
                tables += 1;
                Path::Table(tables)
            });
            match path {
                Path::Table(table) => within = table,
                // A function with fields; nothing of the library is one.
                Path::Function(_) | Path::Other => break,
            }
        }
    }
    let string = match names.get(&(0, b"string".as_slice())) {
        Some(&Path::Table(table)) => table,
        _ => 0,
    };
    Paths { names, string }
});

impl Paths {
    fn global(&self, name: &[u8]) -> Path {
        self.names.get(&(0, name)).copied().unwrap_or(Path::Other)
    }

    fn field(&self, path: Path, name: &[u8]) -> Path {
        match path {
            Path::Table(table) => self.names.get(&(table, name)).copied(),
            Path::Function(_) | Path::Other => None,
        }
        .unwrap_or(Path::Other)
    }
}

/// See the file's description.
pub(super) struct Registers {
    known: [Content; REGISTERS],
    /// All from here on are unknown.
    end: usize,
    /// The last call: two bytes for the function, one for each argument.
    call: Vec<u8>,
}

impl Default for Registers {
    fn default() -> Self {
        Self {
            known: [Content::Unknown; REGISTERS],
            end: 0,
            call: Vec::new(),
        }
    }
}

impl Registers {
    /// Takes one instruction. The result says which call it makes, if of a library function:
    /// equal for equal functions and kinds of arguments.
    pub(super) fn follow<F: FunctionView>(
        &mut self,
        function: &F,
        instruction: Instruction,
        op: OpCode,
    ) -> Option<&[u8]> {
        let a = instruction.a();
        let constant = |index: u32| function.constant(index as usize);
        let text = |index: u32| match constant(index) {
            Some(ConstantView::String(bytes)) => Some(bytes),
            _ => None,
        };
        let key = || {
            let index = is_constant(instruction.c()).then(|| constant_index(instruction.c()));
            index.and_then(text)
        };
        let content = match op {
            OpCode::GetGlobal => match text(instruction.bx()) {
                Some(name) => Content::Path(PATHS.global(name)),
                None => Content::Unknown,
            },
            OpCode::GetTable => match (self.get(instruction.b()), key()) {
                (Content::Path(path), Some(key)) => Content::Path(PATHS.field(path, key)),
                _ => Content::Unknown,
            },
            OpCode::Move => self.get(instruction.b()),
            OpCode::LoadK => match constant(instruction.bx()) {
                Some(ConstantView::Number(_)) => Content::Number,
                _ => Content::String,
            },
            OpCode::LoadBool | OpCode::Not => Content::Boolean,
            OpCode::LoadNil => {
                for register in a..=instruction.b() {
                    self.set(register, Content::Nil);
                }
                return None;
            }
            OpCode::NewTable => Content::Table,
            OpCode::Closure => Content::Function,
            OpCode::Concat => Content::String,
            OpCode::Add
            | OpCode::Sub
            | OpCode::Mul
            | OpCode::Div
            | OpCode::Mod
            | OpCode::Pow
            | OpCode::Unm
            | OpCode::Len => Content::Number,
            OpCode::SelfOp => {
                self.set(a + 1, self.get(instruction.b()));
                let method = key().map(|name| PATHS.field(Path::Table(PATHS.string), name));
                match method {
                    Some(path @ Path::Function(_)) => Content::Path(path),
                    _ => Content::Unknown,
                }
            }
            OpCode::Call | OpCode::TailCall => {
                let is_known = self.note_call(instruction);
                // Whatever it returns is above.
                for content in self.known.iter_mut().take(self.end).skip(a as usize) {
                    *content = Content::Unknown;
                }
                self.end = self.end.min(a as usize);
                return is_known.then_some(self.call.as_slice());
            }
            _ if op.properties().sets_a => Content::Unknown,
            _ => return None,
        };
        self.set(a, content);
        None
    }

    fn get(&self, register: u32) -> Content {
        let content = self.known.get(register as usize);
        content.copied().unwrap_or(Content::Unknown)
    }

    fn set(&mut self, register: u32, content: Content) {
        if let Some(known) = self.known.get_mut(register as usize) {
            *known = content;
            self.end = self.end.max(register as usize + 1);
        }
    }

    /// Notes a call in `call`, if it is known which.
    fn note_call(&mut self, call: Instruction) -> bool {
        let Content::Path(Path::Function(position)) = self.get(call.a()) else {
            return false;
        };
        self.call.clear();
        self.call.extend_from_slice(&position.to_le_bytes());
        for argument in 1..call.b() {
            let kind = match self.get(call.a() + argument) {
                Content::Unknown => 0,
                Content::Path(_) => 1,
                Content::Nil => 2,
                Content::Boolean => 3,
                Content::Number => 4,
                Content::String => 5,
                Content::Table => 6,
                Content::Function => 7,
            };
            self.call.push(kind);
        }
        if call.b() == 0 {
            self.call.push(8);
        }
        true
    }
}

/// The function of a call: the first row with its name.
pub(super) fn function(call: &[u8]) -> Option<&'static LibraryFunction> {
    let position = call.first_chunk().copied().map(u16::from_le_bytes)?;
    FUNCTIONS.get(usize::from(position))
}

/// A call as in `string.rep(string, number)`.
pub(super) fn call_name(call: &[u8]) -> String {
    let kinds: Vec<&str> = call
        .iter()
        .skip(2)
        .filter_map(|&kind| KINDS.get(usize::from(kind)).copied())
        .collect();
    let name = function(call).map_or("?", |row| row.name);
    format!("{name}({})", kinds.join(", "))
}
