//! How fast the harness itself is: `conformance bench harness`.
//!
//! Figures, not a test: they depend on the machine and on what else it does.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::campaign::Workshop as _;
use crate::campaign::in_process::Generated;
use crate::channel::{ChannelName, Stream};
use crate::compile::Depth;
use crate::compile::worker::{self, Request};
use crate::divergence::{Cause, Signature};
use crate::generate::exhaust::Exhaust;
use crate::generate::prelude;
use crate::pair::{Pair, PairOptions};
use crate::program::{Origin, Program};
use crate::reduce::parse::parse;
use crate::reduce::tree::{Block, Expression, Visitor};
use crate::reduce::{self, Bounds, Examine, Finest};
use crate::verdict::VerdictKind;

/// What the programs follow from.
const SEED: u64 = 1;
/// Programs that one process compiles.
const BATCH: usize = 256;
/// One program in so many is traced.
const LOCKSTEP_SHARE: usize = 10;
/// Nodes of the largest of the small programs.
const SMALL: usize = 4;
/// Instructions for a small program. Some loop for ever; those that don't take far less.
const SMALL_FUEL: u64 = 20_000;
/// Lines of the program that is reduced, at least.
const LINES: usize = 200;

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Programs in each measurement.
    pub programs: usize,
    /// Generated programs through both implementations in this process, each second.
    pub in_process: f64,
    /// Of these, the ones that could not be compared.
    pub not_compared: usize,
    /// Programs of a statement or two through both implementations in this process, each second.
    pub small: f64,
    /// Programs through both compilers in a process of their own, each second.
    pub isolated: f64,
    /// How many times as long a program takes when both virtual machines are traced.
    pub lockstep: f64,
    /// Lines of a program in which a difference is planted.
    pub lines: usize,
    /// Lines of what is left of it.
    pub reduced_lines: usize,
    /// Programs that were looked at for that.
    pub examined: usize,
    /// How long that took.
    pub reduction: Duration,
}

/// Measures with so many programs, on one thread.
///
/// # Errors
///
/// When an engine can't be had, or a reduction gives nothing.
pub fn measure(programs: usize) -> Result<Figures> {
    let workshop = Generated::new();
    let mut bodies = Vec::new();
    for number in (0u64..).take(programs) {
        bodies.push(workshop.program(SEED.wrapping_add(number), number).body);
    }
    let mut judge = workshop
        .judge()
        .map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let start = Instant::now();
    let mut not_compared = 0;
    for body in &bodies {
        let kind = judge.judge_body(body, None).verdict.kind();
        not_compared += usize::from(kind != VerdictKind::Agree);
    }
    let in_process = rate(programs, start.elapsed());

    let small = small_programs(programs)?;

    let traced = bodies.len() / LOCKSTEP_SHARE;
    let time = |channels: &[ChannelName]| -> Result<f64> {
        let options = PairOptions {
            channels: channels.to_vec(),
            ..PairOptions::default()
        };
        let mut pair = Pair::new(options).map_err(|fault| anyhow::anyhow!("{fault}"))?;
        let start = Instant::now();
        for body in bodies.iter().take(traced) {
            let text = prelude::wrap(body);
            pair.compare(&Program::from_source("program.lua", Origin::Text, text));
        }
        Ok(start.elapsed().as_secs_f64())
    };
    // What is traced is run plainly as well.
    let plain = time(&[ChannelName::Output])?;
    let lockstep = (time(&[ChannelName::Lockstep])? - plain) / plain.max(1e-9);

    let requests: Vec<Request> = bodies
        .iter()
        .map(|body| Request {
            name: b"@program.lua".to_vec(),
            text: prelude::wrap_body(body),
            depth: Depth::Whole,
        })
        .collect();
    let start = Instant::now();
    for batch in requests.chunks(BATCH) {
        worker::compare(batch)?;
    }
    let isolated = rate(programs, start.elapsed());

    let (text, reduction) = reduction(&workshop)?;
    Ok(Figures {
        programs,
        in_process,
        not_compared,
        small,
        isolated,
        lockstep,
        lines: lines(&text),
        reduced_lines: lines(&reduction.text),
        examined: reduction.examined,
        reduction: reduction.time,
    })
}

/// How many of the programs that the verb `exhaust` runs are compared each second. They are taken
/// at even distances.
fn small_programs(count: usize) -> Result<f64> {
    let all = Exhaust::new(SMALL);
    let step = all.count() / u64::try_from(count.max(1)).unwrap_or(u64::MAX);
    let numbers = (0..all.count()).step_by(usize::try_from(step.max(1))?);
    let programs: Vec<Program> = numbers
        .take(count)
        .filter_map(|number| all.program(number))
        .map(|small| Program::from_source("program.lua", Origin::Text, small.chunk()))
        .collect();
    let options = PairOptions {
        fuel: NonZeroU64::new(SMALL_FUEL),
        prelude: Some(prelude::source()),
        ..PairOptions::default()
    };
    let mut pair = Pair::new(options).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let start = Instant::now();
    for program in &programs {
        pair.compare(program);
    }
    Ok(rate(programs.len(), start.elapsed()))
}

fn rate(count: usize, time: Duration) -> f64 {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    f64::from(count) / time.as_secs_f64().max(1e-9)
}

fn lines(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte == b'\n').count()
}

/// Reduces a long generated program; every candidate is run by both implementations, and the
/// difference is a call that stands in its middle.
fn reduction(workshop: &Generated) -> Result<(Vec<u8>, reduce::Reduction)> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut number = 0;
    while parts.iter().map(|part| lines(part)).sum::<usize>() < LINES {
        // Total programs only: the other modes are meant to fail early.
        let body = workshop.program(SEED.wrapping_add(number), number * 3).body;
        parts.push([b"do\n".as_slice(), &body, b"end\n"].concat());
        number += 1;
    }
    let middle = parts.len() / 2;
    parts.insert(
        middle,
        b"for i = 1, 3 do\n  local planted = string.rep('x', 262143)\nend\n".to_vec(),
    );
    let text = parts.concat();
    let mut examiner = Planted {
        judge: workshop
            .judge()
            .map_err(|fault| anyhow::anyhow!("{fault}"))?,
    };
    let bounds = Bounds {
        candidates: usize::MAX,
        time: Duration::from_secs(120),
    };
    let reduction = reduce::reduce(&text, None, Finest::Tree, bounds, &mut examiner)?;
    ensure!(
        shows(&reduction.text),
        "the reduced program lost its difference"
    );
    Ok((text, reduction))
}

/// Runs every candidate as a campaign does, and says that it differs where the planted call is.
struct Planted {
    judge: Box<dyn crate::campaign::Judge>,
}

impl Examine for Planted {
    fn examine(&mut self, texts: &[&[u8]]) -> Result<Vec<Vec<Signature>>> {
        let look = |text: &&[u8]| {
            self.judge.judge_body(text, None);
            let signature = Signature::new(
                ChannelName::Output,
                Stream::Stdout,
                Cause::Differs,
                Some("planted"),
                None,
            );
            if shows(text) {
                vec![signature]
            } else {
                Vec::new()
            }
        };
        Ok(texts.iter().map(look).collect())
    }
}

/// Whether a program calls `rep` of something with a large literal.
fn shows(text: &[u8]) -> bool {
    struct Finder(bool);
    impl Visitor for Finder {
        fn block(&mut self, _: &mut Block) {}
        fn expression(&mut self, expression: &mut Expression) {
            if let Expression::Call {
                callee, arguments, ..
            } = expression
            {
                let is_rep = matches!(&**callee, Expression::Field { name, .. } if name == b"rep");
                let mut arguments = arguments.iter();
                self.0 |= is_rep
                    && arguments
                        .any(|argument| matches!(argument, Expression::Number(n) if *n >= 1e5));
            }
        }
    }
    let mut finder = Finder(false);
    if let Some(mut tree) = parse(text) {
        tree.walk(&mut finder);
    }
    finder.0
}
