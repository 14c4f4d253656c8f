//! From text to syntax tree: source, lexer, tree, parser. Knows neither the
//! virtual machine nor its heap; strings are interned per chunk.

pub mod ast;
mod bytes;
pub mod chunk_id;
pub mod lexer;
pub mod parser;
pub mod source;
pub mod strings;
pub mod token;

pub use chunk_id::chunk_id;
pub use parser::{Parser, SyntaxError};
pub use source::{SliceSource, Source};
pub use strings::{StringId, StringTable, lua_hash};
