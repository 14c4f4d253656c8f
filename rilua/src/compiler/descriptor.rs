//! What is known of an expression before its value is in a register. Mirrors
//! `expdesc` of `lparser.h`.

/// No instruction; ends a list of jumps.
pub(super) const NO_JUMP: i32 = -1;

/// A list of jumps to a place that isn't known yet. Each jump holds the distance
/// to the next one until it is patched. The last one is remembered, so that lists
/// are joined without a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JumpList {
    pub(super) head: i32,
    pub(super) tail: i32,
}

impl Default for JumpList {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl JumpList {
    pub(super) const EMPTY: Self = Self {
        head: NO_JUMP,
        tail: NO_JUMP,
    };

    pub(super) const fn single(pc: i32) -> Self {
        Self { head: pc, tail: pc }
    }

    pub(super) const fn is_empty(self) -> bool {
        self.head == NO_JUMP
    }
}

/// Where a value is or how it is got.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// There is none.
    Void,
    Nil,
    True,
    False,
    /// A constant of the function.
    Constant(u32),
    /// A numeral that isn't in the constant table yet.
    Number(f64),
    /// A local variable, by register.
    Local(u32),
    /// An upvalue, by index.
    Upvalue(u32),
    /// A global variable, by the constant that is its name.
    Global(u32),
    /// A field: register of the table, register or constant of the key.
    Indexed {
        table: u32,
        key: u32,
    },
    /// The outcome of a comparison: the jump taken when it is true.
    Jump(i32),
    /// The result of this instruction, whose register A is still to be chosen.
    Relocatable(i32),
    /// In this register.
    Register(u32),
    /// The results of this call.
    Call(i32),
    /// The results of this `VARARG`.
    VarArg(i32),
}

/// An expression on its way into a register.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descriptor {
    pub(super) kind: Kind,
    /// Jumps that leave when the value is true.
    pub(super) exit_true: JumpList,
    /// Jumps that leave when the value is false.
    pub(super) exit_false: JumpList,
}

impl Descriptor {
    /// That of nothing; a place for what is found out.
    pub(super) const VOID: Self = Self::new(Kind::Void);

    pub(super) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            exit_true: JumpList::EMPTY,
            exit_false: JumpList::EMPTY,
        }
    }

    pub(super) fn has_jumps(&self) -> bool {
        self.exit_true.head != self.exit_false.head
    }

    /// The number, if this is a numeral and nothing else.
    pub(super) const fn numeral(&self) -> Option<f64> {
        match self.kind {
            Kind::Number(value) if self.exit_true.is_empty() && self.exit_false.is_empty() => {
                Some(value)
            }
            _ => None,
        }
    }

    /// Can this give more or less than one value?
    pub(super) const fn is_multiple(&self) -> bool {
        matches!(self.kind, Kind::Call(_) | Kind::VarArg(_))
    }
}
