//! Where program text and precompiled chunks come from. A reader is asked for
//! more only when everything it gave before has been used, as `lzio.c` does, so
//! that a reader with side effects sees the same calls as in 5.1.1.

use std::convert::Infallible;

/// Gives a chunk piece by piece.
pub trait Source {
    /// What can go wrong while reading; passed on to the caller unchanged.
    type Error;

    /// Appends the next piece to `buffer`, without touching what is there.
    /// Returns `false`, and appends nothing, at the end of the chunk; `true` with
    /// nothing appended is the end as well. Asked again after that only where 5.1.1
    /// asks again, before the first token.
    ///
    /// # Errors
    ///
    /// Whatever the reader fails with; it isn't asked again afterwards.
    fn refill(&mut self, buffer: &mut Vec<u8>) -> Result<bool, Self::Error>;

    /// Tells how many syntax levels are open, those of the caller included. In 5.1.1
    /// they are nested C calls, which count for a reader that runs Lua code.
    fn set_levels(&mut self, _levels: u32) {}

    /// 5.1.1 keeps what it makes of a function in slots of the stack, from now on until
    /// they are given back. A reader that runs Lua code runs above them.
    fn hold(&mut self, _slots: usize) {}

    /// Gives slots back; not done after an error.
    fn give_back(&mut self, _slots: usize) {}

    /// What tells a compiler that is at work between two pieces to stop. Whatever has
    /// answered with yes isn't asked again.
    fn watch(&self) -> Option<Watch> {
        None
    }
}

/// Says that somebody asked for the end of what is going on.
pub type Watch = Box<dyn Fn() -> bool>;

/// Slots that 5.1.1 holds while it compiles a function: for its table of constants and
/// for itself.
pub const COMPILED_SLOTS: usize = 2;
/// Slots that it holds while it reads a precompiled function.
pub const UNDUMPED_SLOTS: usize = 1;

/// A chunk that is in memory as a whole.
#[derive(Debug, Clone, Copy)]
pub struct SliceSource<'a> {
    rest: &'a [u8],
}

impl<'a> SliceSource<'a> {
    /// Reads `bytes` as one piece.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl Source for SliceSource<'_> {
    type Error = Infallible;

    fn refill(&mut self, buffer: &mut Vec<u8>) -> Result<bool, Infallible> {
        let piece = std::mem::take(&mut self.rest);
        buffer.extend_from_slice(piece);
        Ok(!piece.is_empty())
    }
}
