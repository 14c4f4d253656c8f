//! The internal form of code: one [`Instr`] for each instruction of 5.1.1, at the
//! same `pc`, decoded and specialised. `vm/prepare.rs` makes it, `vm/execute.rs`
//! runs it.
//!
//! ORDER: the first 38 opcodes are those of 5.1.1 and stand for the general
//! form of the instruction; the specialised ones follow.

/// An opcode of the internal code. Every value is in use, so that a `match` is a
/// jump table without a check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Op {
    Move,
    LoadK,
    LoadBool,
    LoadNil,
    GetUpval,
    GetGlobal,
    GetTable,
    SetGlobal,
    SetUpval,
    SetTable,
    NewTable,
    SelfGet,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Unm,
    Not,
    Len,
    Concat,
    Jmp,
    Eq,
    Lt,
    Le,
    Test,
    TestSet,
    Call,
    TailCall,
    Return,
    ForLoop,
    ForPrep,
    TForLoop,
    SetList,
    Close,
    Closure,
    Vararg,
    // Arithmetic with both operands in registers, or one a numeric constant.
    AddRR,
    SubRR,
    MulRR,
    DivRR,
    ModRR,
    PowRR,
    AddRK,
    SubRK,
    MulRK,
    DivRK,
    ModRK,
    PowRK,
    AddKR,
    SubKR,
    MulKR,
    DivKR,
    // A constant string as key; `d` is its hash.
    GetField,
    SetFieldR,
    SetFieldK,
    SelfK,
    // A constant integer as key; `d` is its index in the array part.
    GetItem,
    SetItem,
    // A key in a register.
    GetIndex,
    SetIndexR,
    SetIndexK,
    // Comparisons fused with the jump that follows; `d` is the target.
    LtRR,
    LtRK,
    LtKR,
    LeRR,
    LeRK,
    LeKR,
    EqRR,
    EqRK,
    // Globals whose name's index fits sixteen bits (in `b` and `c`); `d` is the hash.
    GetGlobalS,
    SetGlobalS,
    // Upvalues of a closure that has at most four of them.
    GetUpvalN,
    SetUpvalN,
    // Fixed counts.
    Return0,
    Return1,
}

/// One instruction. What the fields mean depends on the opcode: `a`, `b`, `c`
/// are registers or constant indices, `d` holds `Bx`, an absolute jump target,
/// the packed nine-bit `B | C << 16` of a general form, or a constant's hash.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(8))]
pub(crate) struct Instr {
    pub(crate) op: Op,
    pub(crate) a: u8,
    pub(crate) b: u8,
    pub(crate) c: u8,
    pub(crate) d: u32,
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_instruction_is_eight_bytes() {
        assert_eq!(size_of::<super::Instr>(), 8);
    }
}
