//! Channels: the aspects in which two observations are compared, one file each.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::divergence::{Cause, Divergence, Signature};
use crate::observation::{Observation, Termination};
use crate::{mask, text};

mod bytecode;
mod collector;
mod error;
mod heap;
mod output;

/// Every channel of `run`, in the order in which they are compared.
pub const ALL: &[&dyn Channel] = &[
    &output::Output,
    &error::Errors,
    &bytecode::BytecodeFiles,
    &collector::Collector,
    &heap::HeapGraph,
];

/// The names of the channels, as in `corpus/allow.toml` and in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelName {
    /// Standard output, standard error and exit status.
    Output,
    /// Listing and stripped binary of the stand-alone compiler.
    Bytecode,
    /// What a chunk returned, or the value and the traceback of its error.
    Error,
    /// The collector's books when a chunk had ended.
    Collector,
    /// The heaps as graphs when a chunk had ended.
    Heap,
    /// The virtual machines, instruction by instruction (see [`crate::lockstep`]).
    Lockstep,
    /// Other forms of the program (see [`crate::metamorphic`]).
    Metamorphic,
    /// Chunks and error messages of the compilers as libraries (see [`crate::compile`]).
    Compiler,
    /// What the oracle does with a chunk that rilua has compiled.
    Exported,
    /// What rilua does with a chunk that the oracle has compiled.
    Imported,
}

/// What of a channel can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// How the process ended.
    Exit,
    /// The compiler's listing.
    Listing,
    /// The digest of the compiler's stripped output.
    Binary,
    /// What a chunk returned, or that it failed and how.
    Result,
    /// What `debug.traceback` made of an error.
    Traceback,
    /// Figures of the collector.
    Accounts,
    /// The heap as a text.
    Graph,
    /// An instruction that is about to be executed.
    Event,
    /// Whether a text compiles, and if not, the message.
    Message,
    /// A chunk as a whole: one that can't be read, or that changes when it is read and written.
    Chunk,
    /// Of a function in a chunk: parameters, frame size, upvalues, first and last line.
    Properties,
    /// Of a function in a chunk: its instructions.
    Code,
    /// Of a function in a chunk: its constants.
    Constants,
    /// Of a function in a chunk: the functions inside it.
    Functions,
    /// Of a function in a chunk: the lines of its instructions.
    Lines,
    /// Of a function in a chunk: names and extents of its local variables.
    Locals,
    /// Of a function in a chunk: the names of its upvalues.
    Upvalues,
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Output => "output",
            Self::Bytecode => "bytecode",
            Self::Error => "error",
            Self::Collector => "collector",
            Self::Heap => "heap",
            Self::Lockstep => "lockstep",
            Self::Metamorphic => "metamorphic",
            Self::Compiler => "compiler",
            Self::Exported => "exported",
            Self::Imported => "imported",
        })
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Exit => "exit",
            Self::Listing => "listing",
            Self::Binary => "binary",
            Self::Result => "result",
            Self::Traceback => "traceback",
            Self::Accounts => "accounts",
            Self::Graph => "graph",
            Self::Event => "event",
            Self::Message => "message",
            Self::Chunk => "chunk",
            Self::Properties => "properties",
            Self::Code => "code",
            Self::Constants => "constants",
            Self::Functions => "functions",
            Self::Lines => "lines",
            Self::Locals => "locals",
            Self::Upvalues => "upvalues",
        })
    }
}

/// A stream whose sides are the same only because addresses are masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mask {
    /// The stream.
    pub stream: Stream,
    /// How many addresses were masked on the right.
    pub count: usize,
}

/// What a channel has to say about two observations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// They were compared; the same when there is no divergence.
    Compared {
        /// Every place where they part.
        divergences: Vec<Divergence>,
        /// Where a mask made them equal.
        masks: Vec<Mask>,
    },
    /// One of them lacks what this channel compares.
    NotComparable,
}

/// One aspect in which observations are compared.
pub trait Channel: Sync {
    /// Its name.
    fn name(&self) -> ChannelName;

    /// Compares `right` with `left`, which is taken as right and must have ended normally.
    fn compare(&self, left: &Observation, right: &Observation) -> Outcome;
}

/// Compares what two runs showed, as the channel of this name.
pub fn compare_output(name: ChannelName, left: &Observation, right: &Observation) -> Outcome {
    let mut findings = Findings::new(name);
    // A crash explains the missing output, so it comes before it.
    findings.compare_end(Stream::Exit, left.end, right.end);
    findings.compare_text(Stream::Stdout, &left.stdout, &right.stdout);
    findings.compare_text(Stream::Stderr, &left.stderr, &right.stderr);
    findings.finish()
}

/// Collects what a channel finds, stream by stream.
#[derive(Debug)]
struct Findings {
    channel: ChannelName,
    divergences: Vec<Divergence>,
    masks: Vec<Mask>,
}

impl Findings {
    fn new(channel: ChannelName) -> Self {
        Self {
            channel,
            divergences: Vec::new(),
            masks: Vec::new(),
        }
    }

    /// Compares two texts byte for byte and, only where they differ so, with their addresses masked.
    fn compare_text(&mut self, stream: Stream, left: &[u8], right: &[u8]) {
        if left == right {
            return;
        }
        let (left, right) = (mask::addresses(left), mask::addresses(right));
        let Some(found) = text::difference(&left.bytes, &right.bytes) else {
            self.masks.push(Mask {
                stream,
                count: right.count,
            });
            return;
        };
        let signature = Signature::new(
            self.channel,
            stream,
            Cause::Differs,
            found.left.as_deref(),
            found.right.as_deref(),
        );
        self.divergences.push(Divergence {
            channel: self.channel,
            stream,
            cause: Cause::Differs,
            line: Some(found.line),
            left: found.left,
            right: found.right,
            excerpt: found.excerpt,
            signature,
        });
    }

    /// Compares how two processes ended.
    fn compare_end(&mut self, stream: Stream, left: Termination, right: Termination) {
        if left == right {
            return;
        }
        let cause = match right {
            Termination::Exit(_) => Cause::Differs,
            Termination::Signal(_) => Cause::Crash,
            Termination::TimedOut => Cause::TimeOut,
            Termination::OutputLimit => Cause::OutputLimit,
            Termination::OutOfFuel | Termination::OutOfMemory => Cause::Budget,
        };
        let (left, right) = (left.to_string(), right.to_string());
        self.divergences.push(Divergence {
            channel: self.channel,
            stream,
            cause,
            line: None,
            excerpt: vec![format!("- {left}"), format!("+ {right}")],
            signature: Signature::new(self.channel, stream, cause, Some(&left), Some(&right)),
            left: Some(left),
            right: Some(right),
        });
    }

    fn finish(self) -> Outcome {
        Outcome::Compared {
            divergences: self.divergences,
            masks: self.masks,
        }
    }
}
