//! The standard libraries and the machinery under them.

pub mod date;
pub mod host;
pub mod pattern;
pub mod stdio;
