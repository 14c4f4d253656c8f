//! Properties of generated programs: they follow from their seed, are Lua, keep their scopes
//! whatever is done to them, and run to their end where they promise to.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::HashMap;

use conformance::generate::ast::{Kind, Node};
use conformance::generate::print::{Layout, print};
use conformance::generate::{Generated, Mode, Weights, from_bytes, from_seed, parse, prelude};
use conformance::mutate::random::Random;
use conformance::pair::{Pair, PairOptions};
use conformance::program::{Origin, Program};
use conformance::verdict::Verdict;

const MODES: [Mode; 3] = [Mode::Total, Mode::Erring, Mode::Limits];

/// What each name in a tree stands for, in the order of the text: the position of its declaration
/// among all declarations, or its name if it is global.
fn meanings(tree: &Node) -> Vec<Result<usize, String>> {
    let mut positions = HashMap::new();
    let mut count = 0;
    let mut meanings = Vec::new();
    for (_, node) in tree.walk() {
        for binder in node.binders() {
            // Copies of a part may declare a number more than once; the printed name is the
            // same, so the innermost is meant either way.
            positions.insert(binder.id, count);
            count += 1;
        }
        match &node.kind {
            Kind::Reference(id) => meanings.push(Ok(positions[id])),
            Kind::Global(name) => meanings.push(Err(name.clone())),
            _ => {}
        }
    }
    meanings
}

fn assert_keeps_its_meaning(tree: &Node, layout: Layout) {
    let text = print(tree, layout);
    let again = parse::parse(&text, 1);
    let shown = String::from_utf8_lossy(&text);
    let again = again.as_ref().map(meanings);
    assert_eq!(again.as_ref(), Ok(&meanings(tree)), "{shown}");
}

#[test]
fn a_seed_gives_one_program() {
    let weights = Weights::default();
    for mode in MODES {
        for seed in 0..20 {
            let program = from_seed(seed, mode, &weights);
            assert_eq!(program, from_seed(seed, mode, &weights));
            assert_eq!(program.seed, Some(seed));
            assert_ne!(program.source, from_seed(seed + 1, mode, &weights).source);
        }
    }
}

#[test]
fn bytes_give_one_program() {
    let mut random = Random::new(5, 0);
    for mode in MODES {
        for length in [0, 1, 10, 100, 1000] {
            let bytes: Vec<u8> = (0..length).map(|_| random.byte()).collect();
            let program = from_bytes(&bytes, mode);
            assert_eq!(program, from_bytes(&bytes, mode));
            assert_keeps_its_meaning(&program.tree, Layout::Plain);
        }
        let tiny = from_bytes(&[], mode).tree.size();
        assert!(tiny < 60, "{tiny} nodes from no bytes");
    }
}

#[test]
fn what_is_printed_reads_the_same() {
    for mode in MODES {
        for seed in 0..150 {
            let tree = from_seed(seed, mode, &Weights::default()).tree;
            assert_keeps_its_meaning(&tree, Layout::Plain);
            assert_keeps_its_meaning(&tree, Layout::Reformatted { seed });
        }
    }
}

#[test]
fn reformatting_keeps_tokens_and_lines() {
    for seed in 0..100 {
        let tree = from_seed(seed, Mode::Total, &Weights::default()).tree;
        let plain = print(&tree, Layout::Plain);
        let other = print(&tree, Layout::Reformatted { seed });
        assert_ne!(plain, other);
        let compiled = |text: &[u8]| conformance::compile::rilua(text, b"=body", false).unwrap();
        assert_eq!(compiled(&plain), compiled(&other));
    }
}

#[test]
fn edits_leave_every_name_in_scope() {
    let mut random = Random::new(11, 0);
    let mut edits = 0;
    for seed in 0..60 {
        let mut tree = from_seed(seed, Mode::Total, &Weights::default()).tree;
        let other = from_seed(seed + 1000, Mode::Erring, &Weights::default()).tree;
        for _ in 0..12 {
            let place = random.below(tree.size());
            let donor = if random.once_in(2) { &other } else { &tree };
            let part = donor.get(random.below(donor.size())).unwrap().clone();
            // A part of a program, not nearly all of it, or programs would double.
            let small = part.size() < 200;
            edits += usize::from(if random.once_in(2) || !small {
                tree.delete(place)
            } else if random.once_in(2) {
                tree.insert(place, 0, part)
            } else {
                tree.replace(place, part)
            });
        }
        assert_keeps_its_meaning(&tree, Layout::Plain);
    }
    assert!(edits > 100, "only {edits} edits were possible");
}

#[test]
fn the_prelude_is_one_line() {
    assert_eq!(prelude::SOURCE.lines().count(), 1);
    let text = String::from_utf8(prelude::wrap(b"show(1)")).unwrap();
    assert_eq!(text.lines().nth(1), Some("show(1)"));
}

/// What rilua observes of a program of a mode, in this process and beside the oracle.
fn run(pair: &mut Pair, program: &Generated) -> (Verdict, String) {
    let program = Program::from_source("generated.lua", Origin::File, program.chunk());
    let judged = pair.compare(&program);
    let output = String::from_utf8_lossy(&judged.right.stdout).into_owned();
    (judged.verdict, output)
}

fn pair() -> Pair {
    let options = PairOptions {
        prelude: Some(prelude::SOURCE.as_bytes().to_vec()),
        ..PairOptions::default()
    };
    Pair::new(options).unwrap()
}

#[test]
fn total_programs_run_to_their_end() {
    let mut pair = pair();
    for seed in 0..300 {
        let program = from_seed(seed, Mode::Total, &Weights::default());
        let (verdict, output) = run(&mut pair, &program);
        assert!(
            output.as_bytes().ends_with(prelude::END),
            "seed {seed}: {verdict:?}\n{output}"
        );
    }
}

#[test]
fn most_erring_programs_get_somewhere() {
    let mut pair = pair();
    let weights = Weights::default();
    let started = (0..200)
        .filter(|&seed| {
            let program = from_seed(seed, Mode::Erring, &weights);
            run(&mut pair, &program).1.lines().count() > 1
        })
        .count();
    assert!(started >= 160, "{started} of 200 show anything");
}
