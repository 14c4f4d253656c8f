//! What the compiler makes and the virtual machine runs: instructions and
//! function prototypes, their binary form, the code checker and the listing.

pub mod dump;
pub mod flow;
pub mod instruction;
pub mod listing;
pub mod proto;
pub mod undump;
pub mod verify;
pub mod view;

/// The string table of a chunk lives with the lexer, which fills it.
pub use crate::syntax::strings;

pub use instruction::{Instruction, OpCode};
pub use proto::{Chunk, Constant, LocalVariable, Proto, VarargFlags};
pub use view::{ConstantView, FunctionView, ProtoView};
