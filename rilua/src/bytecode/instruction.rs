//! Instructions of the virtual machine and the one table of their properties,
//! from which the listing, the code checker and statistics are derived. Mirrors
//! `lopcodes.h` and `lopcodes.c`.

use crate::limits::MAX_SBX;

/// Operand values from this bit on are constants: index + 256.
pub const RK_CONSTANT: u32 = 256;

/// What the operands of an instruction are packed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Three operands: A (8 bits), B and C (9 bits each).
    Abc,
    /// A and an unsigned operand of 18 bits.
    Abx,
    /// A and a signed operand of 18 bits.
    Asbx,
}

/// What an operand B or C means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentMode {
    /// Not used; zero.
    None,
    /// A number of some kind.
    Used,
    /// A register, or the distance of a jump.
    Register,
    /// A constant, or a register or constant where 9 bits wide.
    RegisterOrConstant,
}

/// One row of the table of opcodes.
#[derive(Debug, Clone, Copy)]
pub struct Properties {
    /// Name as the listing shows it.
    pub name: &'static str,
    /// How operands are packed.
    pub format: Format,
    /// Meaning of B (or of the wide operand).
    pub b: ArgumentMode,
    /// Meaning of C.
    pub c: ArgumentMode,
    /// Sets register A.
    pub sets_a: bool,
    /// A test: the next instruction is a jump, which it may skip.
    pub is_test: bool,
}

macro_rules! opcodes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $test:literal $sets:literal $b:ident $c:ident $format:ident;)*) => {
        /// The 38 opcodes, in the order of their numbers in 5.1.1.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum OpCode { $($(#[$doc])* $variant),* }

        impl OpCode {
            /// All opcodes by number.
            pub const ALL: [Self; 38] = [$(Self::$variant),*];
        }

        static PROPERTIES: [Properties; 38] = [$(Properties {
            name: $name,
            format: Format::$format,
            b: ArgumentMode::$b,
            c: ArgumentMode::$c,
            sets_a: $sets != 0,
            is_test: $test != 0,
        }),*];
    };
}

opcodes! {
    // opcode, name, is it a test, does it set A, B, C, format
    /// `R(A) := R(B)`
    Move "MOVE" 0 1 Register None Abc;
    /// `R(A) := K(Bx)`
    LoadK "LOADK" 0 1 RegisterOrConstant None Abx;
    /// `R(A) := B ~= 0; if C then skip the next instruction`
    LoadBool "LOADBOOL" 0 1 Used Used Abc;
    /// `R(A), …, R(B) := nil`
    LoadNil "LOADNIL" 0 1 Register None Abc;
    /// `R(A) := upvalue B`
    GetUpvalue "GETUPVAL" 0 1 Used None Abc;
    /// `R(A) := global K(Bx)`
    GetGlobal "GETGLOBAL" 0 1 RegisterOrConstant None Abx;
    /// `R(A) := R(B)[RK(C)]`
    GetTable "GETTABLE" 0 1 Register RegisterOrConstant Abc;
    /// `global K(Bx) := R(A)`
    SetGlobal "SETGLOBAL" 0 0 RegisterOrConstant None Abx;
    /// `upvalue B := R(A)`
    SetUpvalue "SETUPVAL" 0 0 Used None Abc;
    /// `R(A)[RK(B)] := RK(C)`
    SetTable "SETTABLE" 0 0 RegisterOrConstant RegisterOrConstant Abc;
    /// `R(A) := {}`; B and C are sizes as "floating point bytes"
    NewTable "NEWTABLE" 0 1 Used Used Abc;
    /// `R(A + 1) := R(B); R(A) := R(B)[RK(C)]`
    SelfOp "SELF" 0 1 Register RegisterOrConstant Abc;
    /// `R(A) := RK(B) + RK(C)`
    Add "ADD" 0 1 RegisterOrConstant RegisterOrConstant Abc;
    /// `R(A) := RK(B) - RK(C)`
    Sub "SUB" 0 1 RegisterOrConstant RegisterOrConstant Abc;
    /// `R(A) := RK(B) * RK(C)`
    Mul "MUL" 0 1 RegisterOrConstant RegisterOrConstant Abc;
    /// `R(A) := RK(B) / RK(C)`
    Div "DIV" 0 1 RegisterOrConstant RegisterOrConstant Abc;
    /// `R(A) := RK(B) % RK(C)`
    Mod "MOD" 0 1 RegisterOrConstant RegisterOrConstant Abc;
    /// `R(A) := RK(B) ^ RK(C)`
    Pow "POW" 0 1 RegisterOrConstant RegisterOrConstant Abc;
    /// `R(A) := -R(B)`; 5.1.1 also emits a constant operand here
    Unm "UNM" 0 1 Register None Abc;
    /// `R(A) := not R(B)`
    Not "NOT" 0 1 Register None Abc;
    /// `R(A) := #R(B)`
    Len "LEN" 0 1 Register None Abc;
    /// `R(A) := R(B) .. … .. R(C)`
    Concat "CONCAT" 0 1 Register Register Abc;
    /// `pc += sBx`
    Jmp "JMP" 0 0 Register None Asbx;
    /// `if (RK(B) == RK(C)) ~= A then skip the next instruction`
    Eq "EQ" 1 0 RegisterOrConstant RegisterOrConstant Abc;
    /// `if (RK(B) < RK(C)) ~= A then skip the next instruction`
    Lt "LT" 1 0 RegisterOrConstant RegisterOrConstant Abc;
    /// `if (RK(B) <= RK(C)) ~= A then skip the next instruction`
    Le "LE" 1 0 RegisterOrConstant RegisterOrConstant Abc;
    /// `if R(A) is not C then skip the next instruction`
    Test "TEST" 1 1 Register Used Abc;
    /// `if R(B) is C then R(A) := R(B) else skip the next instruction`
    TestSet "TESTSET" 1 1 Register Used Abc;
    /// `R(A), …, R(A + C - 2) := R(A)(R(A + 1), …, R(A + B - 1))`
    Call "CALL" 0 1 Used Used Abc;
    /// `return R(A)(R(A + 1), …, R(A + B - 1))`
    TailCall "TAILCALL" 0 1 Used Used Abc;
    /// `return R(A), …, R(A + B - 2)`
    Return "RETURN" 0 0 Used None Abc;
    /// `R(A) += R(A + 2); if R(A) <= R(A + 1) then pc += sBx; R(A + 3) := R(A)`
    ForLoop "FORLOOP" 0 1 Register None Asbx;
    /// `R(A) -= R(A + 2); pc += sBx`
    ForPrep "FORPREP" 0 1 Register None Asbx;
    /// `R(A + 3), …, R(A + 2 + C) := R(A)(R(A + 1), R(A + 2))`; ends the loop on nil
    TForLoop "TFORLOOP" 1 0 None Used Abc;
    /// `R(A)[(C - 1) * 50 + i] := R(A + i)` for i in 1..=B; C = 0: the next word is C
    SetList "SETLIST" 0 0 Used Used Abc;
    /// close all upvalues from R(A) on
    Close "CLOSE" 0 0 None None Abc;
    /// `R(A) := closure of function Bx`; one pseudo-instruction follows per upvalue
    Closure "CLOSURE" 0 1 Used None Abx;
    /// `R(A), …, R(A + B - 2) := ...`
    VarArg "VARARG" 0 1 Used None Abc;
}

impl OpCode {
    /// The opcode with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Its row in the table of properties.
    #[must_use]
    pub fn properties(self) -> &'static Properties {
        // The match is only there for a table shorter than the enumeration.
        match PROPERTIES.get(self as usize) {
            Some(row) => row,
            None => &PROPERTIES[0],
        }
    }

    /// Name as the listing shows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.properties().name
    }
}

/// One 32-bit word of code: opcode in bits 0–5, A in 6–13, C in 14–22, B in
/// 23–31, the wide operand in 14–31. Any word is allowed, as counts of `SETLIST`
/// stand between the instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Instruction(pub u32);

impl Instruction {
    /// Three operands; bits that don't fit are cut.
    #[must_use]
    pub const fn abc(op: OpCode, a: u32, b: u32, c: u32) -> Self {
        Self(op as u32 | (a & 0xff) << 6 | (c & 0x1ff) << 14 | (b & 0x1ff) << 23)
    }

    /// A and the wide operand; bits that don't fit are cut.
    #[must_use]
    pub const fn abx(op: OpCode, a: u32, bx: u32) -> Self {
        Self(op as u32 | (a & 0xff) << 6 | (bx & 0x3_ffff) << 14)
    }

    /// A and the signed wide operand, between -131071 and 131072.
    #[must_use]
    pub const fn asbx(op: OpCode, a: u32, sbx: i32) -> Self {
        Self::abx(op, a, sbx.wrapping_add(MAX_SBX as i32) as u32)
    }

    /// The opcode, or nothing for a number that isn't one.
    #[must_use]
    pub fn opcode(self) -> Option<OpCode> {
        OpCode::from_number((self.0 & 0x3f) as u8)
    }

    /// Is this the opcode?
    #[must_use]
    pub const fn is(self, op: OpCode) -> bool {
        self.0 & 0x3f == op as u32
    }

    /// Operand A, 0 to 255.
    #[must_use]
    pub const fn a(self) -> u32 {
        self.0 >> 6 & 0xff
    }

    /// Operand B, 0 to 511.
    #[must_use]
    pub const fn b(self) -> u32 {
        self.0 >> 23
    }

    /// Operand C, 0 to 511.
    #[must_use]
    pub const fn c(self) -> u32 {
        self.0 >> 14 & 0x1ff
    }

    /// Wide operand, 0 to 262143.
    #[must_use]
    pub const fn bx(self) -> u32 {
        self.0 >> 14
    }

    /// Signed wide operand, -131071 to 131072.
    #[must_use]
    pub const fn sbx(self) -> i32 {
        self.bx() as i32 - MAX_SBX as i32
    }

    /// The same instruction with another opcode.
    #[must_use]
    pub const fn with_opcode(self, op: OpCode) -> Self {
        Self(self.0 & !0x3f | op as u32)
    }

    /// The same instruction with another A.
    #[must_use]
    pub const fn with_a(self, a: u32) -> Self {
        Self(self.0 & !(0xff << 6) | (a & 0xff) << 6)
    }

    /// The same instruction with another B.
    #[must_use]
    pub const fn with_b(self, b: u32) -> Self {
        Self(self.0 & !(0x1ff << 23) | (b & 0x1ff) << 23)
    }

    /// The same instruction with another C.
    #[must_use]
    pub const fn with_c(self, c: u32) -> Self {
        Self(self.0 & !(0x1ff << 14) | (c & 0x1ff) << 14)
    }

    /// The same instruction with another signed wide operand.
    #[must_use]
    pub const fn with_sbx(self, sbx: i32) -> Self {
        let bx = sbx.wrapping_add(MAX_SBX as i32) as u32;
        Self(self.0 & 0x3fff | (bx & 0x3_ffff) << 14)
    }
}

/// Is this operand B or C a constant?
#[must_use]
pub const fn is_constant(operand: u32) -> bool {
    operand & RK_CONSTANT != 0
}

/// Index of the constant in an operand that [`is_constant`].
#[must_use]
pub const fn constant_index(operand: u32) -> u32 {
    operand & !RK_CONSTANT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_5_1_1() {
        // RETURN 0 1, LOADK 0 -1 and JMP -1 as luac writes them.
        assert_eq!(Instruction::abc(OpCode::Return, 0, 1, 0).0, 0x0080_001e);
        assert_eq!(Instruction::abx(OpCode::LoadK, 1, 1).0, 0x0000_4041);
        let jump = Instruction::asbx(OpCode::Jmp, 0, -1);
        assert_eq!((jump.0, jump.sbx()), (0x7fff_8016, -1));
        assert_eq!(jump.with_sbx(131_072).sbx(), 131_072);
    }

    #[test]
    fn numbers_follow_the_order() {
        for (number, op) in (0..).zip(OpCode::ALL) {
            assert_eq!(OpCode::from_number(number), Some(op));
        }
        assert_eq!(OpCode::from_number(38), None);
        assert_eq!(OpCode::VarArg.name(), "VARARG");
        assert_eq!(OpCode::VarArg as u8, 37);
    }
}
