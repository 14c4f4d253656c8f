//! PUC-Rio Lua 5.1.1.
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(clippy::undocumented_unsafe_blocks)]

/// What the C side was built from.
pub const PROVENANCE: &str = env!("ORACLE_PROVENANCE");
