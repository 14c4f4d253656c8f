//! The heap's objects other than strings, tables and threads: prototypes,
//! closures, upvalues, userdata. Each knows what 5.1.1 charges for it.

use super::code::Instr;
use super::sharing::AnyData;
use super::value::{ProtoRef, StringRef, TableRef, ThreadRef, UpvalueRef, Value};
use crate::bytecode::{Instruction, VarargFlags};
use crate::heap::sharing::Shared as Rc;

/// A local variable's name and the range of `pc` where it is active.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalName {
    pub(crate) name: Option<StringRef>,
    pub(crate) start_pc: u32,
    pub(crate) end_pc: u32,
}

/// A function prototype: code and everything it refers to. Immutable once made,
/// and shared by closures and call records through `Rc`; the collector's mark is in the
/// arena's slot.
pub(crate) struct FunctionProto {
    pub(crate) id: ProtoRef,
    pub(crate) code: Box<[Instr]>,
    /// The instructions as 5.1.1 has them, for names, lines and dumps.
    pub(crate) raw: Box<[Instruction]>,
    pub(crate) constants: Box<[Value]>,
    pub(crate) protos: Box<[Rc<FunctionProto>]>,
    pub(crate) lines: Box<[i32]>,
    pub(crate) locals: Box<[LocalName]>,
    pub(crate) upvalue_names: Box<[Option<StringRef>]>,
    pub(crate) source: Option<StringRef>,
    pub(crate) line_defined: i32,
    pub(crate) last_line_defined: i32,
    pub(crate) upvalue_count: u8,
    pub(crate) parameters: u8,
    pub(crate) vararg: VarargFlags,
    pub(crate) max_stack: u8,
    /// Bytes charged beyond what it holds.
    pub(crate) spare: usize,
}

impl FunctionProto {
    /// Bytes held for it.
    pub(crate) fn real_bytes(&self) -> usize {
        size_of::<FunctionProto>()
            + size_of_val(&*self.code)
            + size_of_val(&*self.raw)
            + size_of_val(&*self.constants)
            + size_of_val(&*self.protos)
            + size_of_val(&*self.lines)
            + size_of_val(&*self.locals)
            + size_of_val(&*self.upvalue_names)
    }

    /// Bytes of the binary form of the function and those inside it, roughly.
    pub(crate) fn dump_bytes(&self) -> usize {
        let inner: usize = self.protos.iter().map(|p| p.dump_bytes()).sum();
        self.bytes() + inner
    }

    /// Bytes charged, which is also the work of traversing it.
    pub(crate) fn bytes(&self) -> usize {
        120 + 4 * self.raw.len()
            + 8 * self.protos.len()
            + 16 * self.constants.len()
            + 4 * self.lines.len()
            + 16 * self.locals.len()
            + 8 * self.upvalue_names.len()
            + self.spare
    }
}

/// Upvalues kept in the closure itself; more of them go to a block of their own.
pub(crate) const INLINE_UPVALUES: usize = 4;

/// A function made by `CLOSURE`.
pub(crate) struct LuaClosure {
    pub(crate) proto: Rc<FunctionProto>,
    /// The upvalues if there are at most [`INLINE_UPVALUES`]; else the first
    /// number is an index into the heap's blocks of upvalues.
    pub(crate) upvalues: [u32; INLINE_UPVALUES],
    pub(crate) env: TableRef,
    pub(crate) count: u8,
    pub(crate) mark: u8,
}

impl LuaClosure {
    pub(crate) fn bytes(count: usize) -> usize {
        40 + 8 * count
    }
}

/// Index of a native function in the virtual machine's list of natives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NativeId(pub(crate) u32);

/// A function written in Rust, with its environment and values of its own.
pub(crate) struct NativeClosure {
    pub(crate) function: NativeId,
    pub(crate) env: TableRef,
    pub(crate) upvalues: Box<[Value]>,
    /// What a function of the embedder is, beside its values.
    pub(crate) data: Option<Box<AnyData>>,
    pub(crate) mark: u8,
}

impl NativeClosure {
    pub(crate) fn bytes(count: usize) -> usize {
        40 + 16 * count
    }
}

/// A variable that closures share: a stack slot while it is open, its own value
/// once it is closed.
pub(crate) struct Upvalue {
    pub(crate) value: Value,
    /// Stack slot, or [`Upvalue::CLOSED`].
    pub(crate) slot: u32,
    /// The thread whose stack that is.
    pub(crate) thread: ThreadRef,
    pub(crate) mark: u8,
}

impl Upvalue {
    pub(crate) const CLOSED: u32 = u32::MAX;
    pub(crate) const BYTES: usize = 40;

    #[inline(always)]
    pub(crate) fn is_open(&self) -> bool {
        self.slot != Upvalue::CLOSED
    }
}

/// A value of the host's, with a metatable and an environment.
pub(crate) struct UserData {
    pub(crate) metatable: TableRef,
    pub(crate) env: TableRef,
    pub(crate) mark: u8,
    /// Bytes that 5.1.1 would keep in the block, charged beside the header.
    pub(crate) size: usize,
    pub(crate) data: Option<Box<AnyData>>,
}

impl UserData {
    pub(crate) fn bytes(size: usize) -> usize {
        40 + size
    }
}

/// A reference to any object that the sweep visits, in 32 bits: three for the
/// kind, the rest an index.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Object(u32);

/// What an [`Object`] refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub(crate) enum ObjectKind {
    Table,
    Closure,
    Native,
    Upvalue,
    Proto,
    Thread,
    UserData,
    Free,
}

impl Object {
    const INDEX_BITS: u32 = 29;

    #[inline(always)]
    pub(crate) fn new(kind: ObjectKind, index: u32) -> Object {
        Object((kind as u32) << Object::INDEX_BITS | index & ((1 << Object::INDEX_BITS) - 1))
    }

    #[inline(always)]
    pub(crate) fn kind(self) -> ObjectKind {
        match self.0 >> Object::INDEX_BITS {
            0 => ObjectKind::Table,
            1 => ObjectKind::Closure,
            2 => ObjectKind::Native,
            3 => ObjectKind::Upvalue,
            4 => ObjectKind::Proto,
            5 => ObjectKind::Thread,
            6 => ObjectKind::UserData,
            _ => ObjectKind::Free,
        }
    }

    #[inline(always)]
    pub(crate) fn index(self) -> u32 {
        self.0 & ((1 << Object::INDEX_BITS) - 1)
    }

    pub(crate) fn table(t: TableRef) -> Object {
        Object::new(ObjectKind::Table, t.0)
    }

    pub(crate) fn upvalue(u: UpvalueRef) -> Object {
        Object::new(ObjectKind::Upvalue, u.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_small() {
        assert_eq!(size_of::<LuaClosure>(), 32);
        assert_eq!(size_of::<Upvalue>(), 24);
    }

    #[test]
    fn references_round_trip() {
        for kind in [ObjectKind::Table, ObjectKind::Proto, ObjectKind::UserData] {
            let o = Object::new(kind, 12345);
            assert_eq!((o.kind(), o.index()), (kind, 12345));
        }
    }
}
