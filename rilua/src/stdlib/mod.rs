//! The standard libraries and the machinery under them.

pub mod host;
pub mod pattern;
