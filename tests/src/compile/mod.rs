//! Both compilers as libraries: a text through rilua's and the oracle's, and what comes out
//! compared byte for byte.
//!
//! A compiler can crash or never end on what it is given, so all this happens in a
//! [`worker`], a process of its own; [`diff`] says where two chunks part.

use std::convert::Infallible;

use oracle::{FailureKind, Limits, State, Value};
use rilua::bytecode::dump::dump;
use rilua::bytecode::undump::undump;
use rilua::compiler::{CompileError, CompileOptions, load};
use rilua::syntax::SliceSource;
use serde::{Deserialize, Serialize};

use crate::channel::{ChannelName, Stream};
use crate::divergence::{Cause, Divergence, Signature};
use crate::text;

pub mod diff;
mod message;
pub mod programs;
pub mod worker;

/// C calls around a compiler that the stand-alone interpreter, `luac` or [`State::dump`] runs:
/// the one `lua_cpcall`. They count against the syntax levels.
const C_DEPTH: u32 = 1;
/// Bytes that the oracle's state may have. No text the harness makes needs a tenth of it.
const ORACLE_MEMORY: usize = 512 << 20;

/// Why a compiler takes no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whether it is a syntax error; otherwise one that is raised like a run-time error.
    pub is_syntax: bool,
    /// The message.
    pub message: Vec<u8>,
}

/// A chunk, or why there is none.
pub type Compiled = Result<Vec<u8>, Refusal>;

/// What a text is compiled to by both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// To the same chunk.
    SameChunk,
    /// To nothing, with the same message.
    SameMessage,
    /// Not to the same.
    Differs {
        /// Every place where they part.
        divergences: Vec<Divergence>,
    },
    /// There is nothing to compare with.
    NotCompared {
        /// Why not.
        reason: String,
        /// Whether that is because the oracle crashed.
        is_crash: bool,
    },
}

/// What a compiler is about to do, for the case that it never comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The oracle compiles.
    Oracle,
    /// rilua compiles.
    Rilua,
    /// rilua reads its own chunk and writes it again.
    RoundTrip,
}

/// How much is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The chunk with debug information, which has all there is.
    Whole,
    /// Also the stripped one.
    WithStripped,
}

/// Both compilers.
#[derive(Debug)]
pub struct Compilers {
    /// Absent when there is no memory for it.
    oracle: Option<State>,
}

impl Default for Compilers {
    fn default() -> Self {
        Self::new()
    }
}

impl Compilers {
    /// Opens the oracle.
    pub fn new() -> Self {
        let limits = Limits {
            memory: Some(ORACLE_MEMORY),
            ..Limits::default()
        };
        Self {
            oracle: State::new(limits),
        }
    }

    /// What the oracle makes of a text.
    ///
    /// # Errors
    ///
    /// When that is no answer: the memory doesn't suffice.
    pub fn oracle(&mut self, text: &[u8], name: &[u8], strip: bool) -> Result<Compiled, String> {
        let no_memory = || "the oracle's memory does not suffice".to_owned();
        let state = self.oracle.as_mut().ok_or_else(no_memory)?;
        let failure = match state.dump(oracle::Source::Bytes { text, name }, strip) {
            Ok(chunk) => return Ok(Ok(chunk)),
            Err(failure) => failure,
        };
        if failure.kind == FailureKind::Memory {
            // The next text gets a state without this one's remains.
            *self = Self::new();
            return Err(no_memory());
        }
        let Value::String(message) = failure.value else {
            return Err(format!("the oracle's error is no message: {failure}"));
        };
        Ok(Err(Refusal {
            is_syntax: failure.kind == FailureKind::Syntax,
            message,
        }))
    }

    /// Compiles a text under a name with both and compares. `on_stage` is told what comes next.
    pub fn compare(
        &mut self,
        text: &[u8],
        name: &[u8],
        depth: Depth,
        mut on_stage: impl FnMut(Stage),
    ) -> Outcome {
        let text = without_first_line(text);
        let mut is_chunk = false;
        let mut divergences = Vec::new();
        for strip in [false, true] {
            if strip && depth == Depth::Whole {
                break;
            }
            on_stage(Stage::Oracle);
            let left = match self.oracle(text, name, strip) {
                Ok(left) => left,
                Err(reason) => {
                    return Outcome::NotCompared {
                        reason,
                        is_crash: false,
                    };
                }
            };
            on_stage(Stage::Rilua);
            let right = rilua(text, name, strip);
            divergences.extend(compare_compiled(&left, &right));
            if let Ok(chunk) = &right {
                is_chunk = true;
                on_stage(Stage::RoundTrip);
                if let Some(changed) = round_trip(chunk, name, strip) {
                    // 5.1.1 refuses some of its own chunks too, and so must rilua.
                    on_stage(Stage::Oracle);
                    let is_same = self.oracle(chunk, name, strip) == Ok(rilua(chunk, name, strip));
                    divergences.extend((!is_same).then_some(changed));
                }
            }
            if !divergences.is_empty() {
                // The stripped chunk would show the same once more.
                return Outcome::Differs { divergences };
            }
        }
        if is_chunk {
            Outcome::SameChunk
        } else {
            Outcome::SameMessage
        }
    }
}

/// Every place where the chunks part that a text is compiled to, in this process.
pub fn divergences(text: &[u8], name: &[u8]) -> Vec<Divergence> {
    match Compilers::new().compare(text, name, Depth::WithStripped, |_| {}) {
        Outcome::Differs { divergences } => divergences,
        Outcome::SameChunk | Outcome::SameMessage | Outcome::NotCompared { .. } => Vec::new(),
    }
}

/// What rilua makes of a text.
pub fn rilua(text: &[u8], name: &[u8], strip: bool) -> Compiled {
    let options = CompileOptions {
        chunk_name: name,
        c_depth: C_DEPTH,
    };
    match load(SliceSource::new(text), &options) {
        Ok(chunk) => Ok(dump(chunk.view(), strip)),
        Err(failed) => Err(refusal(failed.error)),
    }
}

fn refusal(error: CompileError<Infallible>) -> Refusal {
    let (is_syntax, message) = match error {
        CompileError::Syntax(message) => (true, message),
        CompileError::Overflow(message) => (false, message),
        CompileError::Source(never) => match never {},
        CompileError::Memory => (false, b"not enough memory".to_vec()),
        CompileError::Stopped => (false, b"stopped".to_vec()),
    };
    Refusal { is_syntax, message }
}

/// A file's text without a first line that begins with `#`, as it is loaded. The line's end
/// stays, and with it the numbers of the other lines.
pub fn without_first_line(text: &[u8]) -> &[u8] {
    if text.first() != Some(&b'#') {
        return text;
    }
    let end = text.iter().position(|&byte| byte == b'\n');
    end.and_then(|end| text.get(end..)).unwrap_or_default()
}

fn compare_compiled(left: &Compiled, right: &Compiled) -> Vec<Divergence> {
    match (left, right) {
        (Ok(left), Ok(right)) if left == right => Vec::new(),
        (Ok(left), Ok(right)) => diff::chunks(left, right),
        (left, right) => message::compare(left, right).into_iter().collect(),
    }
}

/// What becomes of a chunk when rilua reads it and writes it again.
fn round_trip(chunk: &[u8], name: &[u8], strip: bool) -> Option<Divergence> {
    let again = match undump(SliceSource::new(chunk), name, C_DEPTH) {
        Ok(read) => dump(read.view(), strip),
        Err(refused) => {
            let message = refusal(refused.error.into()).message;
            let message = format!("its own chunk is refused: {}", text::escape(&message));
            return Some(divergence(Stream::Chunk, None, "chunk", &message));
        }
    };
    if again == chunk {
        return None;
    }
    let found = diff::chunks(chunk, &again).into_iter().next();
    let message = "its own chunk changes when it is read and written";
    let mut round = divergence(Stream::Chunk, None, "chunk", message);
    round
        .excerpt
        .extend(found.into_iter().flat_map(|found| found.excerpt));
    Some(round)
}

/// A divergence whose sides are its signature as well.
fn divergence(stream: Stream, line: Option<usize>, left: &str, right: &str) -> Divergence {
    let (channel, cause) = (ChannelName::Compiler, Cause::Differs);
    Divergence {
        channel,
        stream,
        cause,
        line,
        excerpt: vec![format!("- {left}"), format!("+ {right}")],
        signature: Signature::of_causes(channel, stream, left, right),
        left: Some(left.to_owned()),
        right: Some(right.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(text: &str) -> Outcome {
        let mut stages = Vec::new();
        let outcome =
            Compilers::new().compare(text.as_bytes(), b"@a.lua", Depth::WithStripped, |stage| {
                stages.push(stage)
            });
        assert_eq!(stages[..2], [Stage::Oracle, Stage::Rilua]);
        outcome
    }

    #[test]
    fn compilers_agree_on_simple_texts() {
        assert_eq!(compare("print(1, ...)"), Outcome::SameChunk);
        assert_eq!(compare("#!/bin/lua\nprint(1)"), Outcome::SameChunk);
        assert_eq!(compare("x ="), Outcome::SameMessage);
        assert_eq!(compare("#"), Outcome::SameChunk);
    }

    #[test]
    fn compilers_have_the_same_levels() {
        for (count, outcome) in [(198, Outcome::SameChunk), (199, Outcome::SameMessage)] {
            let text = ["do ".repeat(count), "end ".repeat(count)].concat();
            assert_eq!(compare(&text), outcome, "{count} levels");
        }
    }

    #[test]
    fn what_5_1_1_refuses_of_its_own_is_no_finding() {
        assert_eq!(compare("return -true"), Outcome::SameChunk);
        let chunk = rilua(b"return -true", b"=x", false).unwrap();
        assert!(round_trip(&chunk, b"=x", false).is_some());
    }

    #[test]
    fn a_small_state_is_no_finding() {
        let mut compilers = Compilers {
            oracle: State::new(Limits {
                memory: Some(50_000),
                ..Limits::default()
            }),
        };
        let text = ["x = '", &"a".repeat(100_000), "'"].concat();
        let mut compare = || compilers.compare(text.as_bytes(), b"=x", Depth::Whole, |_| {});
        assert!(matches!(
            compare(),
            Outcome::NotCompared {
                is_crash: false,
                ..
            }
        ));
        assert_eq!(compare(), Outcome::SameChunk);
    }

    #[test]
    fn messages_and_chunks_are_told_apart() {
        let refused = |message: &str| {
            Err(Refusal {
                is_syntax: true,
                message: message.into(),
            })
        };
        let found = compare_compiled(&rilua(b"x = 1", b"=x", false), &refused("x:1: no"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].stream, Stream::Message);
        assert!(compare_compiled(&refused("a"), &refused("a")).is_empty());
        assert_eq!(compare_compiled(&refused("a"), &refused("b")).len(), 1);
    }
}
