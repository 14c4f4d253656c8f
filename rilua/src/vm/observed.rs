//! What someone who watches a program from outside gets to know (see `inspect`). The
//! program does not see that it is watched.

use super::State;
use super::error::Result;
use crate::heap::Heap;
use crate::heap::value::{Unpacked, Value};

/// A value outside the interpreter.
#[derive(Clone, Debug, PartialEq)]
pub enum OutsideValue {
    /// `nil`.
    Nil,
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A string: any bytes.
    String(Vec<u8>),
    /// Anything else, of which only the type's name is told.
    Object(&'static str),
}

impl OutsideValue {
    pub(crate) fn of(heap: &Heap, value: Value) -> OutsideValue {
        match value.unpack() {
            Unpacked::Nil => OutsideValue::Nil,
            Unpacked::Boolean(b) => OutsideValue::Boolean(b),
            Unpacked::Number(n) => OutsideValue::Number(n),
            Unpacked::String(s) => OutsideValue::String(heap.bytes(s).to_vec()),
            _ => OutsideValue::Object(value.kind().name()),
        }
    }

    /// Pushes the value; an object becomes nil.
    pub(crate) fn push(&self, state: &mut State) -> Result<()> {
        state.push(match self {
            OutsideValue::String(text) => return state.push_bytes(text),
            OutsideValue::Nil | OutsideValue::Object(_) => Value::NIL,
            OutsideValue::Boolean(b) => Value::boolean(*b),
            OutsideValue::Number(n) => Value::number(*n),
        });
        Ok(())
    }
}

/// What was seen.
#[derive(Default)]
pub(crate) struct Observed {
    /// What `debug.traceback` made of the last error that nothing in the program caught.
    pub(crate) report: Option<OutsideValue>,
}
