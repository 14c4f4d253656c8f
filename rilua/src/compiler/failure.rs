//! Why code generation stops.

use crate::limits::{MAX_BX, MAX_LOCALS, MAX_UPVALUES};

/// Why code generation stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// It has arrived at the syntax error that ends the text.
    SyntaxError,
    /// A limit of the function that begins on the given line (0: main).
    Function(Counted, i32),
    /// The frame would get too large.
    Registers,
    /// A jump would go too far.
    JumpDistance,
    /// A table of the function is full.
    Overflow(&'static str),
    /// Somebody asked for it.
    Stopped,
}

/// What a function has a limited number of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Locals,
    Upvalues,
    ConstructorItems,
}

impl Counted {
    /// The limit and the words of its message.
    pub(super) const fn limit(self) -> (usize, &'static str) {
        match self {
            Self::Locals => (MAX_LOCALS, "local variables"),
            Self::Upvalues => (MAX_UPVALUES, "upvalues"),
            Self::ConstructorItems => (MAX_BX, "items in a constructor"),
        }
    }
}

impl Failure {
    /// Text of the message without position, and whether it quotes a token.
    pub(super) fn text(self) -> (String, bool) {
        match self {
            Self::SyntaxError | Self::Stopped => (String::new(), false),
            Self::Function(counted, line) => {
                let (limit, what) = counted.limit();
                let function = if line == 0 {
                    "main function".to_owned()
                } else {
                    format!("function at line {line}")
                };
                (format!("{function} has more than {limit} {what}"), false)
            }
            Self::Registers => ("function or expression too complex".to_owned(), true),
            Self::JumpDistance => ("control structure too long".to_owned(), true),
            Self::Overflow(text) => (text.to_owned(), false),
        }
    }
}
