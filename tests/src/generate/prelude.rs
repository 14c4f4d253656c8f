//! The prelude of generated programs: the serialiser and all that keeps what depends on the
//! machine out of their observations. `prelude.lua` says what and how.

use std::sync::LazyLock;

/// The prelude as it is put before a body: one line without its end.
///
/// Afterwards a global function `run` is there. A program goes on with [`wrap_body`], in the same
/// chunk or in another one.
pub static SOURCE: LazyLock<String> = LazyLock::new(|| {
    include_str!("prelude.lua")
        .lines()
        .filter(|line| !line.starts_with("--"))
        .collect::<Vec<_>>()
        .join(" ")
});

/// What a run ends with that came to its end without an error.
pub const END: &[u8] = b"end\n";

/// Prelude and body as one chunk, which writes its observations to standard output at its end.
pub fn wrap(body: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(SOURCE.len() + body.len() + 64);
    text.extend_from_slice(SOURCE.as_bytes());
    text.push(b' ');
    text.extend_from_slice(&wrap_body(body));
    text
}

/// The prelude as a chunk of its own.
pub fn source() -> Vec<u8> {
    SOURCE.as_bytes().to_vec()
}

/// A body as a chunk that wants the prelude to have been run in the same state. Its lines have
/// the same numbers as in [`wrap`].
pub fn wrap_body(body: &[u8]) -> Vec<u8> {
    let mut text = b"return run(function(...)\n".to_vec();
    text.extend_from_slice(body);
    if body.last().is_some_and(|&byte| byte != b'\n') {
        text.push(b'\n');
    }
    text.extend_from_slice(b"end)\n");
    text
}
