//! Function prototypes: what the compiler produces and a precompiled chunk
//! holds. Mirrors `Proto` of `lobject.h`.

use super::instruction::Instruction;
use crate::syntax::strings::{StringId, StringTable};

/// A constant of a function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Constant {
    /// `nil`, when it is an operand.
    Nil,
    /// `true` or `false`, when it is an operand.
    Boolean(bool),
    /// A number; code from the compiler never has a NaN here.
    Number(f64),
    /// A string of the chunk's table.
    String(StringId),
}

/// Debug information about a local variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalVariable {
    /// Its name; a damaged chunk may have none.
    pub name: Option<StringId>,
    /// First instruction for which the variable is active.
    pub start_pc: u32,
    /// First instruction for which it no longer is.
    pub end_pc: u32,
}

/// Whether and how a function takes extra arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VarargFlags(pub u8);

impl VarargFlags {
    /// A slot is reserved for the table `arg`.
    pub const HAS_ARG: u8 = 1;
    /// Takes extra arguments.
    pub const IS_VARARG: u8 = 2;
    /// The table `arg` is built on entry, as `...` itself isn't used.
    pub const NEEDS_ARG: u8 = 4;

    /// Is this flag set?
    #[must_use]
    pub const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// Room in a table of Lua.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableSize {
    /// Items of the array part.
    pub array: u32,
    /// Nodes of the hash part: none, or a power of two.
    pub nodes: u32,
}

/// A function as compiled: code, constants, nested functions, debug information.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Proto {
    /// Name of the chunk as it was given to the compiler (`@file`, `=name` or text).
    pub source: Option<StringId>,
    /// Line of `function`; 0 for the main function.
    pub line_defined: i32,
    /// Line of the closing `end`; 0 for the main function.
    pub last_line_defined: i32,
    /// Number of upvalues.
    pub upvalue_count: u8,
    /// Number of fixed parameters.
    pub parameter_count: u8,
    /// Extra arguments.
    pub vararg: VarargFlags,
    /// Registers of its frame.
    pub max_stack_size: u8,
    /// The instructions.
    pub code: Vec<Instruction>,
    /// Constants used by them.
    pub constants: Vec<Constant>,
    /// Functions defined directly inside.
    pub protos: Vec<Proto>,
    /// Line of each instruction, or empty when stripped.
    pub lines: Vec<i32>,
    /// Local variables in the order of their declaration; empty when stripped.
    pub locals: Vec<LocalVariable>,
    /// Names of upvalues; empty when stripped.
    pub upvalue_names: Vec<Option<StringId>>,
    /// Size of the table in which 5.1.1's compiler would have kept the names and
    /// strings it read in this function, and constants. It is garbage afterwards, but
    /// it counts as memory in use until it is collected. `None` for a function of a
    /// precompiled chunk.
    pub scanner_table: Option<TableSize>,
}

/// A compiled chunk: the main function and the strings that it and the functions
/// inside it refer to.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// Strings by [`StringId`].
    pub strings: StringTable,
    /// The main function.
    pub main: Proto,
    /// Of a text: the names and strings that the last function of each depth has read, from
    /// the main function on. 5.1.1's compiler leaves them in the stack.
    pub last_read: Vec<Vec<StringId>>,
}
