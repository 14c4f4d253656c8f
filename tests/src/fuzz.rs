//! What the fuzz targets in `fuzz/` do with an input, a function each.
//!
//! | target | an input is | what is looked for |
//! |---|---|---|
//! | `differential` | the body of a program | any difference between the two sides |
//! | `gc` | the same | a difference, with the collector run all the time |
//! | `bytecode` | the same | chunks that differ |
//! | `lexer_parser` | any text | chunks or messages that differ |
//! | `undump` | a precompiled chunk, or bytes that change one of a generated program | that reading, checking and writing it can't fail badly |
//! | `patterns` | a pattern and a subject | results that differ |
//! | `format` | a format and its arguments | results that differ |
//!
//! Where a body is wanted and the bytes are none, they are taken for the decisions of the
//! generator. What isn't comparable (too slow, undefined in C) is no finding.

use std::cell::RefCell;
use std::fmt;
use std::num::NonZeroU64;

use arbitrary::Unstructured;
use rilua::bytecode::dump::dump;
use rilua::bytecode::undump;
use rilua::syntax::SliceSource;

use crate::channel::ChannelName;
use crate::compile::{self, Compilers, Depth};
use crate::divergence::{Divergence, Signature};
use crate::generate::choices::Choices;
use crate::generate::print::Layout;
use crate::generate::{self, Generated, Mode, prelude};
use crate::pair::{Pair, PairOptions};
use crate::program::{Origin, Program};
use crate::verdict::Verdict;

/// Instructions for a run: few, because a fuzzer wants many runs.
const FUEL: u64 = 200_000;
/// Bytes of an input that change a chunk: two for the place, one for how.
const CHANGES: usize = 4 * 3;
/// The longest pattern and the longest subject, in bytes. Matching takes exponential time in the
/// first and can't be interrupted in C.
const LONGEST_PATTERN: usize = 16;
const LONGEST_SUBJECT: usize = 24;

/// What came out of an input.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing that is looked for.
    Fine,
    /// Something that is looked for.
    Finding(Finding),
}

/// What a fuzzer stops for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of its cause, where the two sides part.
    pub signature: Option<Signature>,
    /// What there is to be seen.
    pub lines: Vec<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(signature) = &self.signature {
            writeln!(f, "{} {}", signature.id, signature.message)?;
        }
        write!(f, "{}", self.lines.join("\n"))
    }
}

impl Outcome {
    /// A finding without two sides.
    fn remark(line: String) -> Self {
        Self::Finding(Finding {
            signature: None,
            lines: vec![line],
        })
    }

    /// Ends the process for a finding, which is how a fuzzer learns of it.
    pub fn or_stop(self) {
        if let Self::Finding(what) = self {
            eprintln!("{what}");
            std::process::abort();
        }
    }
}

/// What a target does with an input.
pub type Target = fn(&[u8]) -> Outcome;

/// All targets, by the names of their files.
pub const TARGETS: [(&str, Target); 7] = [
    ("differential", differential),
    ("gc", gc),
    ("bytecode", bytecode),
    ("lexer_parser", lexer_parser),
    ("undump", undump),
    ("patterns", patterns),
    ("format", format),
];

thread_local! {
    static PAIR: RefCell<Option<Pair>> = const { RefCell::new(None) };
    static COMPILERS: RefCell<Compilers> = RefCell::new(Compilers::new());
}

/// The program that an input stands for.
fn program(input: &[u8], mode: Mode) -> Generated {
    match generate::parse::parse(input, 0) {
        Ok(tree) if !input.is_empty() => {
            let mut tree = tree;
            generate::repair::repair(&mut tree);
            Generated::new(tree, mode, None)
        }
        _ => generate::from_bytes(input, mode),
    }
}

/// Compares a text on both sides.
fn compare(text: Vec<u8>) -> Outcome {
    let judged = PAIR.with_borrow_mut(|pair| {
        let options = PairOptions {
            channels: vec![
                ChannelName::Output,
                ChannelName::Error,
                ChannelName::Collector,
            ],
            fuel: NonZeroU64::new(FUEL),
            prelude: Some(prelude::SOURCE.as_bytes().to_vec()),
            ..PairOptions::default()
        };
        let pair = match pair {
            Some(pair) => pair,
            None => pair.insert(Pair::new(options).ok()?),
        };
        Some(pair.compare(&Program::from_source("fuzz.lua", Origin::File, text)))
    });
    match judged.map(|judged| judged.verdict) {
        Some(Verdict::Diverge { divergences }) => describe(&divergences),
        _ => Outcome::Fine,
    }
}

/// The first place is the cause; the others are told below it.
fn describe(divergences: &[Divergence]) -> Outcome {
    let mut lines = Vec::new();
    for (position, found) in divergences.iter().enumerate() {
        if position > 0 {
            lines.push(format!(
                "{} {}",
                found.signature.id, found.signature.message
            ));
        }
        lines.extend(found.excerpt.iter().cloned());
    }
    Outcome::Finding(Finding {
        signature: divergences.first().map(|found| found.signature.clone()),
        lines,
    })
}

/// A program on both sides.
pub fn differential(input: &[u8]) -> Outcome {
    compare(program(input, Mode::Erring).chunk())
}

/// A program on both sides, with a small pause and large steps of the collector.
pub fn gc(input: &[u8]) -> Outcome {
    let body = program(input, Mode::Total).source;
    let mut text = b"collectgarbage('setpause', 100) collectgarbage('setstepmul', 1000)\n".to_vec();
    text.extend_from_slice(&body);
    compare(prelude::wrap_body(&text))
}

/// A program through both compilers.
pub fn bytecode(input: &[u8]) -> Outcome {
    compile_both(&program(input, Mode::Limits).source)
}

/// Any text through both compilers.
pub fn lexer_parser(input: &[u8]) -> Outcome {
    // What begins with this byte is a precompiled chunk, which C reads without care.
    if input.first() == Some(&0x1b) {
        return Outcome::Fine;
    }
    compile_both(input)
}

fn compile_both(text: &[u8]) -> Outcome {
    let outcome =
        COMPILERS.with_borrow_mut(|both| both.compare(text, b"=fuzz", Depth::Whole, |_| {}));
    match outcome {
        compile::Outcome::Differs { divergences } => describe(&divergences),
        _ => Outcome::Fine,
    }
}

/// The chunk that an input stands for: itself if it begins like one. Else a generated program's, which
/// follows from the bytes behind the first ones; those change single bytes of it.
fn chunk(input: &[u8]) -> Vec<u8> {
    if input.first() == Some(&0x1b) {
        return input.to_vec();
    }
    let (changes, decisions) = input.split_at(input.len().min(CHANGES));
    let program = generate::from_bytes(decisions, Mode::Total);
    let mut chunk = compile::rilua(&program.source, b"=fuzz", false).unwrap_or_default();
    let length = chunk.len().max(1);
    for change in changes.chunks_exact(3) {
        if let &[low, high, by] = change
            && let Some(byte) = chunk.get_mut(usize::from(u16::from_le_bytes([low, high])) % length)
        {
            *byte ^= by;
        }
    }
    chunk
}

/// Reads a chunk, and writes what was read: the second reading gives the same.
pub fn undump(input: &[u8]) -> Outcome {
    let input = &*chunk(input);
    let rewritten = |chunk: &[u8]| {
        let read = undump::undump(SliceSource::new(chunk), b"=fuzz", 0);
        read.map(|chunk| dump(chunk.view(), false))
    };
    let Ok(written) = rewritten(input) else {
        return Outcome::Fine;
    };
    match rewritten(&written) {
        Ok(again) if again == written => Outcome::Fine,
        Ok(_) => Outcome::remark("written again, the chunk is another".into()),
        Err(error) => Outcome::remark(format!("what was written can't be read: {error:?}")),
    }
}

/// A pattern applied to a subject by every function that takes one.
pub fn patterns(input: &[u8]) -> Outcome {
    let (pattern, subject) = input.split_at(input.len().min(LONGEST_PATTERN));
    let subject = subject.get(..LONGEST_SUBJECT).unwrap_or(subject);
    compare(prelude::wrap_body(
        format!(
            "local p, s = {}, {}\n\
             print(pcall(string.find, s, p)) print(pcall(string.match, s, p, 2))\n\
             print(pcall(string.gsub, s, p, '<%0>')) print(pcall(string.gsub, s, p, '%1', 2))\n\
             print(pcall(function() for a, b in s:gmatch(p) do print(a, b) end end))\n",
            quote(pattern),
            quote(subject)
        )
        .as_bytes(),
    ))
}

/// A format with arguments of all kinds.
pub fn format(input: &[u8]) -> Outcome {
    let mut source = Unstructured::new(input);
    let number = source.arbitrary::<f64>().unwrap_or_default();
    let small = source.arbitrary::<i32>().unwrap_or_default();
    let format = source.take_rest();
    compare(prelude::wrap_body(
        format!(
            "local f = {}\nfor _, a in ipairs {{ {}, {small}, 'x\\0y', false }} do\n\
             print(pcall(string.format, f, a)) print(pcall(string.format, f, a, a, a, a)) end\n",
            quote(format.get(..64).unwrap_or(format)),
            numeral(number)
        )
        .as_bytes(),
    ))
}

/// A literal of Lua for any bytes.
fn quote(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("\\{byte:03}")).collect();
    format!("\"{digits}\"")
}

/// An expression of Lua for any number.
fn numeral(number: f64) -> String {
    if number.is_nan() {
        "0/0".into()
    } else if number.is_infinite() {
        format!("{}1/0", if number < 0.0 { "-" } else { "" })
    } else {
        format!("{number:e}")
    }
}

/// Changes a program as a tree, in place: what a fuzzer calls instead of changing bytes. Returns
/// the new size, `max_size` at most.
pub fn change(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let input = data.get(..size).unwrap_or(data);
    let tree = program(input, Mode::Erring).tree;
    let mut choices = Choices::from_seed(u64::from(seed));
    let changed = generate::mutate::mutate(tree, &mut choices);
    let text = generate::print::print(&changed, Layout::Plain);
    match data.get_mut(..text.len()) {
        Some(place) if text.len() <= max_size => {
            place.copy_from_slice(&text);
            text.len()
        }
        _ => size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_takes_any_input() {
        for (name, target) in TARGETS {
            for input in [&b""[..], b"print(1)", b"%b()x(", &[0xff; 40], b"\x1bLuaQ\0"] {
                assert_eq!(target(input), Outcome::Fine, "{name}");
            }
        }
    }

    #[test]
    fn bytes_are_a_chunk_with_changes() {
        let untouched = chunk(&[0; 40]);
        assert!(untouched.starts_with(b"\x1bLua"));
        let mut input = [0; 40];
        input[0] = 7;
        input[2] = 0xff;
        let touched = chunk(&input);
        let differ = (0..untouched.len()).filter(|&at| untouched[at] != touched[at]);
        assert_eq!(differ.collect::<Vec<_>>(), [7]);
        assert_eq!(chunk(b"\x1bLuaQ"), b"\x1bLuaQ");
    }

    #[test]
    fn a_changed_program_is_a_program_again() {
        let mut data = vec![0; 4096];
        let mut size = 0;
        for seed in 0..50 {
            size = change(&mut data, size, 4096, seed);
            assert!(generate::parse::parse(&data[..size], 0).is_ok());
        }
        assert!(size > 0);
    }

    #[test]
    fn a_finding_tells_what_differs() {
        let text = "return {1, 2, 3";
        assert_eq!(compile_both(text.as_bytes()), Outcome::Fine);
        let divergence = Divergence {
            channel: ChannelName::Output,
            stream: crate::channel::Stream::Stdout,
            cause: crate::divergence::Cause::Differs,
            line: None,
            left: None,
            right: None,
            excerpt: vec!["- 1".into(), "+ 2".into()],
            signature: Signature {
                id: "12345678".into(),
                message: "m".into(),
            },
        };
        let Outcome::Finding(found) = describe(&[divergence.clone(), divergence]) else {
            panic!("no finding");
        };
        assert_eq!(
            found.to_string(),
            "12345678 m\n- 1\n+ 2\n12345678 m\n- 1\n+ 2"
        );
    }
}
