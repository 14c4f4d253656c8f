//! The code checker, and the search for the instruction that set a register,
//! which walks code in the same way. Mirrors `symbexec` of `ldebug.c`.

use super::view::FunctionView;

/// Is this code sound enough to run?
#[must_use]
pub fn is_sound<F: FunctionView>(function: &F) -> bool {
    let _ = function;
    false
}

/// Index of the last instruction before `pc` that set `register`, as 5.1.1's
/// symbolic execution finds it: it follows forward jumps and takes the
/// pseudo-instructions after `CLOSURE` for real ones. When nothing set it, the
/// index of the final `RETURN`; nothing when the walk meets code that it refuses.
#[must_use]
pub fn find_setter<F: FunctionView>(function: &F, pc: usize, register: u32) -> Option<usize> {
    let _ = (function, pc, register);
    None
}
