//! Every limit of Lua 5.1.1 in one place, with the message it gives where it
//! has one. Mirrors `luaconf.h`, `llimits.h` and the constants of `lopcodes.h`.
//!
//! Units are items unless a name says bytes.

/// Active local variables of one function.
pub const MAX_LOCALS: usize = 200;
/// Upvalues of one function.
pub const MAX_UPVALUES: usize = 60;
/// Frame size of a Lua function must stay below this number of registers.
pub const MAX_STACK_SIZE: usize = 250;
/// Nested C calls, which are also the parser's syntax levels.
pub const MAX_C_CALLS: u32 = 200;
/// Coroutines that wait for one another. 5.1.1 has no such limit; its stack ends at
/// about this number.
pub const MAX_RESUMES: u32 = 10_500;
/// Call records of one thread before `stack overflow`.
pub const MAX_CALLS: usize = 20_000;
/// Stack slots one native function may use.
pub const MAX_C_STACK: usize = 2048;
/// Slots a native function finds free on entry (`LUA_MINSTACK`).
pub const MIN_STACK: usize = 20;
/// Captures of one pattern.
pub const MAX_CAPTURES: usize = 32;
/// Length of a chain of `__index` or `__newindex` handlers.
pub const MAX_TAG_LOOP: usize = 100;
/// Largest value of an instruction's 18-bit operand.
pub const MAX_BX: usize = 262_143;
/// Largest distance of a jump.
pub const MAX_SBX: usize = MAX_BX >> 1;
/// Constants with an index up to this one can be operands of their own.
pub const MAX_RK_INDEX: usize = 255;
/// Items one `SETLIST` stores.
pub const FIELDS_PER_FLUSH: usize = 50;
/// Largest array part of a table is 2 to this power.
pub const MAX_ARRAY_BITS: u32 = 26;
/// Bytes of a chunk's name in run-time messages, terminator included.
pub const ID_SIZE: usize = 60;
/// Bytes of a chunk's name in syntax errors, terminator included.
pub const SYNTAX_ID_SIZE: usize = 80;
/// Bytes in use that the collector waits for when it is stopped (`MAX_LUMEM`).
pub const MAX_MEMORY: usize = usize::MAX - 2;
/// Bytes a library buffer (`luaL_Buffer`) collects before it moves them to the stack.
pub const BUFFER_SIZE: usize = 8192;
