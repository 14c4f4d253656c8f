//! Mistakes that can be switched on, one at a time, to see whether the differential harness
//! finds them (`cargo conformance selfcheck`). Nothing else has a use for this.
//!
//! 1. A fault is a mistake that an implementation could really have: one condition, bound or
//!    order that is wrong in one place, `fault!(Name)` in the code.
//! 2. Without the feature `faults`, `fault!` is the literal `false`: what it guards isn't
//!    compiled. With it every place is a load and a comparison, so the feature is refused
//!    where there are no debug assertions: never in a release build.
//! 3. The fault that is on is the same for the whole process.

#[cfg(all(feature = "faults", not(debug_assertions)))]
compile_error!(
    "the feature `faults` makes an interpreter with mistakes; build it with debug assertions, \
     as the profile `selfcheck` has them"
);

/// Is this fault on?
#[cfg(not(feature = "faults"))]
macro_rules! fault {
    ($name:ident) => {
        false
    };
}

/// Is this fault on?
#[cfg(feature = "faults")]
macro_rules! fault {
    ($name:ident) => {
        $crate::faults::is_on($crate::faults::Fault::$name)
    };
}

#[cfg(feature = "faults")]
mod switch {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Fault;

    /// The number of the fault that is on, from 1; 0 for none.
    static ON: AtomicU8 = AtomicU8::new(0);

    /// Switches a fault on, or with `None` all of them off, for the whole process.
    pub fn set(fault: Option<Fault>) {
        ON.store(fault.map_or(0, |fault| fault as u8 + 1), Ordering::SeqCst);
    }

    /// Is this fault on?
    #[inline]
    #[must_use]
    pub fn is_on(fault: Fault) -> bool {
        ON.load(Ordering::Relaxed) == fault as u8 + 1
    }
}

#[cfg(feature = "faults")]
pub use switch::{is_on, set};

/// The list: name, part of the implementation, what goes wrong.
macro_rules! faults {
    ($($name:ident $part:literal $breaks:literal,)*) => {
        /// A mistake that can be switched on.
        #[cfg(feature = "faults")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Fault {
            $(#[doc = $breaks] $name,)*
        }

        /// Every fault, by the part of the implementation.
        #[cfg(feature = "faults")]
        pub const ALL: &[Fault] = &[$(Fault::$name,)*];

        #[cfg(feature = "faults")]
        impl Fault {
            /// Its name, as the command line of the harness takes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// The part of the implementation that it is in.
            #[must_use]
            pub const fn part(self) -> &'static str {
                match self {
                    $(Self::$name => $part,)*
                }
            }

            /// What goes wrong.
            #[must_use]
            pub const fn breaks(self) -> &'static str {
                match self {
                    $(Self::$name => $breaks,)*
                }
            }
        }
    };
}

faults! {
    // Text to tree.
    DecimalEscape "syntax" "`\\ddd` in a string reads two digits at most",
    FirstNewline "syntax" "a long string keeps the line break after its bracket",
    NewlinePair "syntax" "`\\r\\n` counts as two lines",
    ChunkNameShort "syntax" "the name of a chunk in messages is cut one byte too early",
    StringHash "syntax" "the hash of a string skips bytes from 16 on instead of from 32 on",
    // Tree to bytecode.
    LoopBackOneLate "compiler" "`while` jumps back one instruction too far down",
    FoldedOperands "compiler" "a difference of constants is folded the wrong way round",
    FoldedNan "compiler" "constants are folded although the result is no number",
    GreaterAsNotLess "compiler" "`a > b` is compiled as `not (a < b)`",
    NilsNotMerged "compiler" "LOADNIL of neighbouring registers is not merged",
    OperandNotFreed "compiler" "the register of a left operand is not given back",
    CallLine "compiler" "a call gets the line after its own",
    VarargKeepsArg "compiler" "a function that uses `...` makes the table `arg` as well",
    FlushOneEarly "compiler" "a constructor stores its items after 49 instead of 50",
    BlockNotClosed "compiler" "a block does not close its upvalues",
    BreakNotClosed "compiler" "`break` does not close the upvalues of the loop's body",
    ScopeOneLong "compiler" "debug information keeps a variable one instruction too long",
    NoTailCall "compiler" "`return f()` is no tail call",
    AssignedTooEarly "compiler" "`i, t[i] = …` uses the new value of `i` as key",
    NotKeepsValue "compiler" "`not (a or b)` keeps a value on one of its jumps",
    ConstantOperandLimit "compiler" "the last constant that can be an operand is put in a register",
    LocalsLimit "compiler" "201 local variables are accepted",
    ArrayHalfFull "compiler" "an array part is half full when it should be more than that",
    // Numbers and text.
    ModuloSign "number" "`%` has the sign of the dividend",
    FloorTruncates "number" "`math.floor` rounds towards zero",
    NegativeZero "number" "-0 is written as 0",
    NumberDigits "number" "numbers are written with 15 digits instead of 14",
    NanSign "number" "`-nan` is written as `nan`",
    LeadingZeros "number" "a zero too many after the point of small numbers",
    FormatWidth "number" "a field of `string.format` is one byte short",
    FormatPlus "number" "`string.format` ignores the flag `+`",
    NegativeInBase "number" "`tonumber(s, base)` ignores a minus",
    // Precompiled chunks.
    DumpedLastLine "bytecode" "a dumped function ends one line too early",
    UndumpedBoolean "bytecode" "boolean constants are turned round when a chunk is loaded",
    // The virtual machine.
    ForLimitExclusive "vm" "a numeric `for` leaves out its limit",
    HandlerOfSecond "vm" "of two handlers for an operator the second operand's is called",
    ConcatOperands "vm" "`__concat` gets its operands exchanged",
    NameOfOtherOperand "vm" "an error of arithmetic names the other operand",
    IndexOwner "vm" "an `__index` function at the end of a chain gets the first object",
    NewIndexSkipped "vm" "`__newindex` is not called",
    EqualityOfOne "vm" "`__eq` is called although the operands have different ones",
    LessEqualByLess "vm" "`a <= b` without `__le` is `not (a < b)`",
    StringOrder "vm" "shorter strings come first",
    VarargLost "vm" "`...` loses its first value",
    CalledValueLost "vm" "`__call` does not get the value that was called",
    TailCallNotCounted "vm" "tracebacks do not show tail calls",
    ArgCount "vm" "`arg.n` is one too large",
    DepthNotRestored "vm" "a caught error does not restore the number of nested C calls",
    WrapErrorPosition "vm" "an error out of a wrapped coroutine gets no position",
    MainIsLua "vm" "a main chunk is described as any other function",
    LineOfNext "vm" "a line is that of the next instruction",
    UpvalueNamedLocal "vm" "messages call an upvalue a local variable",
    NameBeforeSetter "vm" "names are looked for one instruction too early",
    MethodArgument "vm" "messages count `self` among a method's arguments",
    // Objects and tables.
    UpvalueNotShared "heap" "closures over the same variable do not share it",
    UpvalueLeftOpen "heap" "the lowest upvalue of a frame is not closed",
    NumberHash "heap" "numbers are hashed without adding one",
    FreeNode "heap" "a free node is looked for from the other end",
    GuestStays "heap" "a key that is not in its main position does not move",
    KeyCountedTwice "heap" "a rehash counts the new key twice",
    LengthOfArray "heap" "`#` ignores the hash part",
    // The collector.
    BackwardBarrier "collector" "a black table does not become gray again",
    ForwardBarrier "collector" "what is assigned to a black upvalue is not marked",
    ClosedUpvalueGray "collector" "an upvalue that is closed stays gray",
    WeakKeys "collector" "weak keys are strong",
    FinalizerOrder "collector" "finalizers run oldest first",
    FinalizedTwice "collector" "a finalizer runs again in the next cycle",
    ResurrectedKey "collector" "a userdata to be finalized is removed from weak keys, too",
    PauseEstimate "collector" "the next cycle begins a little late",
    StringCharge "collector" "strings are charged without their zero byte",
    SweepNotCounted "collector" "the estimate ignores what a sweep has freed",
    StringBuckets "collector" "the table of strings shrinks when it is half empty",
    // The libraries.
    ErrorLevel "stdlib" "`error(m, 2)` blames the function that calls it",
    EnvironmentLevel "stdlib" "`setfenv(1, t)` changes the caller's environment",
    ProtectedMetatable "stdlib" "`setmetatable` ignores `__metatable`",
    RawEqualCalls "stdlib" "`rawequal` calls `__eq`",
    SelectNegative "stdlib" "`select(-1, …)` returns two values",
    UnpackRange "stdlib" "`unpack` leaves out the last item",
    BaseLimit "stdlib" "`tonumber` refuses the base 36",
    StatusNormal "stdlib" "a coroutine that has resumed another is not `normal`",
    NegativePosition "stdlib" "negative positions in strings are one off",
    RepOneShort "stdlib" "`string.rep` makes one copy too few",
    QuotedReturn "stdlib" "`%q` does not escape a carriage return",
    GsubAnchor "stdlib" "`gsub` with `^` goes on after the first match",
    GsubLimit "stdlib" "`gsub` replaces one more than it may",
    PositionCapture "stdlib" "`()` counts from 0",
    GreedyOneShort "stdlib" "`*` and `+` give one byte back",
    FrontierAtEnd "stdlib" "`%f` sees a letter behind the subject",
    BalanceNesting "stdlib" "`%b` does not nest",
    EndAnchor "stdlib" "`$` matches anywhere",
    RangeEnd "stdlib" "a range in a set leaves out its end",
    SortPivot "stdlib" "`table.sort` takes the pivot one too far up",
    InsertPosition "stdlib" "`table.insert` in the middle moves one item too few",
    RemoveLeavesLast "stdlib" "`table.remove` leaves the last item in place",
    LastSeparator "stdlib" "`table.concat` puts the separator behind the last item, too",
    TracebackGap "stdlib" "a long traceback is abridged one level too late",
}
