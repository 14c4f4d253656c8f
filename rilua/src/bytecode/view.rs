//! How dump, checker and listing see a function, whoever keeps it: the compiler
//! as [`Proto`] with a table of strings, the virtual machine in its heap.

use super::instruction::Instruction;
use super::proto::{Chunk, Constant, Proto, VarargFlags};
use crate::syntax::strings::{StringId, StringTable};

/// A constant with the bytes of its string.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ConstantView<'a> {
    /// `nil`.
    Nil,
    /// A boolean.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A string.
    String(&'a [u8]),
}

/// A local variable with the bytes of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalView<'a> {
    /// Its name, if it has one.
    pub name: Option<&'a [u8]>,
    /// See [`LocalVariable`](super::proto::LocalVariable).
    pub start_pc: u32,
    /// See [`LocalVariable`](super::proto::LocalVariable).
    pub end_pc: u32,
}

/// A function prototype to read. Implementations are small references that can
/// be copied; every index may be out of range.
pub trait FunctionView: Copy {
    /// Name of the chunk.
    fn source(&self) -> Option<&[u8]>;
    /// Line of `function`; 0 for the main function.
    fn line_defined(&self) -> i32;
    /// Line of the closing `end`.
    fn last_line_defined(&self) -> i32;
    /// Number of upvalues.
    fn upvalue_count(&self) -> u8;
    /// Number of fixed parameters.
    fn parameter_count(&self) -> u8;
    /// Extra arguments.
    fn vararg(&self) -> VarargFlags;
    /// Registers of its frame.
    fn max_stack_size(&self) -> u8;
    /// The instructions.
    fn code(&self) -> &[Instruction];
    /// Number of constants.
    fn constant_count(&self) -> usize;
    /// A constant.
    fn constant(&self, index: usize) -> Option<ConstantView<'_>>;
    /// Number of functions directly inside.
    fn proto_count(&self) -> usize;
    /// A function directly inside.
    fn proto(&self, index: usize) -> Option<Self>;
    /// Lines of the instructions; empty when stripped.
    fn lines(&self) -> &[i32];
    /// Number of local variables with debug information.
    fn local_count(&self) -> usize;
    /// A local variable.
    fn local(&self, index: usize) -> Option<LocalView<'_>>;
    /// Number of upvalues with a name.
    fn upvalue_name_count(&self) -> usize;
    /// Name of an upvalue.
    fn upvalue_name(&self, index: usize) -> Option<&[u8]>;
}

/// A [`Proto`] together with the strings of its chunk.
#[derive(Debug, Clone, Copy)]
pub struct ProtoView<'a> {
    /// Strings the function refers to.
    pub strings: &'a StringTable,
    /// The function.
    pub proto: &'a Proto,
}

impl Chunk {
    /// The main function, to dump, check or list.
    #[must_use]
    pub const fn view(&self) -> ProtoView<'_> {
        ProtoView {
            strings: &self.strings,
            proto: &self.main,
        }
    }
}

impl<'a> ProtoView<'a> {
    /// The same function with its strings in another table.
    #[must_use]
    pub fn copy_to(&self, strings: &mut StringTable) -> Proto {
        let mut copy = |id: StringId| strings.intern(self.strings.get(id));
        let proto = self.proto;
        let mut moved = Proto {
            source: proto.source.map(&mut copy),
            constants: proto.constants.clone(),
            locals: proto.locals.clone(),
            upvalue_names: proto.upvalue_names.clone(),
            code: proto.code.clone(),
            lines: proto.lines.clone(),
            protos: Vec::new(),
            scanner_table: None,
            ..*proto
        };
        for constant in &mut moved.constants {
            if let Constant::String(id) = constant {
                *id = copy(*id);
            }
        }
        let names = moved.locals.iter_mut().map(|local| &mut local.name);
        for id in names.chain(&mut moved.upvalue_names).flatten() {
            *id = copy(*id);
        }
        for inner in &proto.protos {
            let inner = Self {
                proto: inner,
                ..*self
            };
            moved.protos.push(inner.copy_to(strings));
        }
        moved
    }

    fn string(&self, id: Option<StringId>) -> Option<&'a [u8]> {
        id.map(|id| self.strings.get(id))
    }
}

impl FunctionView for ProtoView<'_> {
    fn source(&self) -> Option<&[u8]> {
        self.string(self.proto.source)
    }
    fn line_defined(&self) -> i32 {
        self.proto.line_defined
    }
    fn last_line_defined(&self) -> i32 {
        self.proto.last_line_defined
    }
    fn upvalue_count(&self) -> u8 {
        self.proto.upvalue_count
    }
    fn parameter_count(&self) -> u8 {
        self.proto.parameter_count
    }
    fn vararg(&self) -> VarargFlags {
        self.proto.vararg
    }
    fn max_stack_size(&self) -> u8 {
        self.proto.max_stack_size
    }
    fn code(&self) -> &[Instruction] {
        &self.proto.code
    }
    fn constant_count(&self) -> usize {
        self.proto.constants.len()
    }
    fn constant(&self, index: usize) -> Option<ConstantView<'_>> {
        Some(match *self.proto.constants.get(index)? {
            Constant::Nil => ConstantView::Nil,
            Constant::Boolean(value) => ConstantView::Boolean(value),
            Constant::Number(value) => ConstantView::Number(value),
            Constant::String(id) => ConstantView::String(self.strings.get(id)),
        })
    }
    fn proto_count(&self) -> usize {
        self.proto.protos.len()
    }
    fn proto(&self, index: usize) -> Option<Self> {
        let proto = self.proto.protos.get(index)?;
        Some(Self { proto, ..*self })
    }
    fn lines(&self) -> &[i32] {
        &self.proto.lines
    }
    fn local_count(&self) -> usize {
        self.proto.locals.len()
    }
    fn local(&self, index: usize) -> Option<LocalView<'_>> {
        let local = self.proto.locals.get(index)?;
        Some(LocalView {
            name: self.string(local.name),
            start_pc: local.start_pc,
            end_pc: local.end_pc,
        })
    }
    fn upvalue_name_count(&self) -> usize {
        self.proto.upvalue_names.len()
    }
    fn upvalue_name(&self, index: usize) -> Option<&[u8]> {
        self.string(*self.proto.upvalue_names.get(index)?)
    }
}
