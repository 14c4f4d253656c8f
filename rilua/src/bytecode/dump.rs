//! Writes a function as precompiled chunk; mirrors `ldump.c`.

use super::view::FunctionView;

/// The precompiled chunk of `function`, without debug information if `strip`.
#[must_use]
pub fn dump<F: FunctionView>(function: F, strip: bool) -> Vec<u8> {
    let _ = (function, strip);
    Vec::new()
}
