//! Reductions of texts whose faults are planted: what is to be kept is known exactly.

use super::parse::parse;
use super::tree::{Block, Expression, Statement, Visitor};
use super::*;
use crate::channel::{ChannelName, Stream};
use crate::divergence::Cause;

const BOUNDS: Bounds = Bounds {
    candidates: 50_000,
    time: Duration::from_secs(60),
};

fn signature(what: &str) -> Signature {
    let (channel, stream) = (ChannelName::Output, Stream::Stdout);
    Signature::new(channel, stream, Cause::Differs, Some(what), None)
}

type Predicate<'a> = &'a dyn Fn(&[u8]) -> bool;

/// Shows a signature for every predicate that holds.
struct Planted<'a> {
    faults: Vec<(&'a str, Predicate<'a>)>,
    examined: Vec<Vec<u8>>,
    batch: usize,
}

impl Examine for Planted<'_> {
    fn examine(&mut self, texts: &[&[u8]]) -> Result<Vec<Vec<Signature>>> {
        let mut all = Vec::new();
        for text in texts {
            self.examined.push(text.to_vec());
            let faults = self.faults.iter().filter(|(_, shows)| shows(text));
            all.push(faults.map(|(name, _)| signature(name)).collect());
        }
        Ok(all)
    }

    fn batch(&self) -> usize {
        self.batch
    }
}

fn planted(shows: Predicate<'_>) -> Planted<'_> {
    Planted {
        faults: vec![("planted", shows)],
        examined: Vec::new(),
        batch: 1,
    }
}

fn smallest(text: &str, finest: Finest, shows: impl Fn(&[u8]) -> bool) -> String {
    let mut results = [1, 64].map(|batch| {
        let mut examiner = planted(&shows);
        examiner.batch = batch;
        let reduction = reduce(text.as_bytes(), None, finest, BOUNDS, &mut examiner).unwrap();
        assert!(reduction.is_complete);
        assert_eq!(reduction.signature, signature("planted"));
        String::from_utf8(reduction.text).unwrap()
    });
    assert_eq!(results[0], results[1], "the batch changes the result");
    std::mem::take(&mut results[0])
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Whether a program calls `string.rep` with a literal of at least 100 inside a loop.
fn repeats_in_a_loop(text: &[u8]) -> bool {
    struct Finder {
        is_inside: bool,
        found: bool,
    }
    impl Visitor for Finder {
        fn block(&mut self, block: &mut Block) {
            for statement in &mut block.statements {
                if let Statement::NumericFor { body, .. } | Statement::While { body, .. } =
                    statement
                {
                    let mut inner = Finder {
                        is_inside: true,
                        found: false,
                    };
                    if !self.is_inside {
                        body.clone().walk(&mut inner);
                    }
                    self.found |= inner.found;
                }
            }
        }
        fn expression(&mut self, expression: &mut Expression) {
            let Expression::Call {
                callee, arguments, ..
            } = expression
            else {
                return;
            };
            let is_rep = matches!(&**callee, Expression::Field { name, .. } if name == b"rep");
            let is_large = arguments
                .iter()
                .any(|argument| matches!(argument, Expression::Number(n) if *n >= 100.0));
            self.found |= self.is_inside && is_rep && is_large;
        }
    }
    let Some(mut tree) = parse(text) else {
        return false;
    };
    let mut finder = Finder {
        is_inside: false,
        found: false,
    };
    tree.walk(&mut finder);
    finder.found
}

/// A program of 200 lines in which one of them matters.
fn long_program() -> String {
    let mut text = String::from("local unused, kept = {}, 'kept'\n");
    for number in 0..24 {
        text.push_str(&format!(
            "local function work_{number}(first, ...)\n  local sum = first or {number}\n  \
             for index = 1, select('#', ...) do\n    sum = sum + select(index, ...) * 2 ^ -index\n  end\n  \
             unused[#unused + 1] = {{sum, name = 'work' .. {number}}}\n  return sum, unused\nend\n"
        ));
        if number == 13 {
            text.push_str(
                "if kept then\n  pcall(function(...)\n    while true do\n      \
                 local text = string.rep(kept, 262143, 'x') .. tostring(...)\n      \
                 if #text > 3 then break end\n    end\n  end, 1)\nend\n",
            );
        }
    }
    text
}

#[test]
fn a_long_program_becomes_the_lines_that_matter() {
    let text = long_program();
    assert_eq!(text.lines().count(), 201);
    let small = smallest(&text, Finest::Tree, repeats_in_a_loop);
    assert_eq!(small, "while true do\n  (0).rep(100)\nend\n");
}

#[test]
fn what_matters_stays_and_the_rest_goes() {
    let text = "local t = {}\nfor i = 1, 10 do\n  t[i] = function(x) return x .. 'abc' end\nend\n\
                print(t[1](5), #t, t)\n";
    let has = |part: &'static str| move |text: &[u8]| contains(text, part.as_bytes());
    let tree = |part| {
        smallest(text, Finest::Tree, |text: &[u8]| {
            parse(text).is_some() && has(part)(text)
        })
    };
    assert_eq!(tree("for"), "for a = 0, 0 do\nend\n");
    assert_eq!(tree("return"), "return\n");
    assert_eq!(tree(".."), "return 0 .. \"\"\n");
    assert_eq!(tree("print"), "print()\n");
    assert_eq!(tree("abc"), "return \"abc\"\n");
}

#[test]
fn texts_become_as_short_as_can_be() {
    let text = "local a = 1\nprint(a)\nfor i = 1, 2 do x = not y end\nreturn\n".repeat(20);
    let bytes = |shows: Predicate<'_>| smallest(&text, Finest::Bytes, shows);
    assert_eq!(bytes(&|text| contains(text, b"not")), "not");
    let both = |text: &[u8]| contains(text, b"for") && contains(text, b"return");
    assert_eq!(bytes(&both), "foreturn");
    let many = |text: &[u8]| text.iter().filter(|&&byte| byte == b'1').count() >= 30;
    assert_eq!(bytes(&many), "1".repeat(30));
}

#[test]
fn a_program_that_depends_on_its_layout_keeps_it() {
    let text = "local x = 1 -- why\n\n\n\nprint(x)   print(2)\n";
    let shows = |text: &[u8]| contains(text, b"\n\n") && contains(text, b"print(x)");
    assert_eq!(smallest(text, Finest::Tree, shows), "\n\nprint(x)");
}

#[test]
fn what_is_not_shown_is_not_reduced() {
    let never = |_: &[u8]| false;
    let mut examiner = planted(&never);
    let refusal = reduce(b"x = 1", None, Finest::Tree, BOUNDS, &mut examiner).unwrap_err();
    assert!(refusal.to_string().contains("both sides agree"));
    let always = |_: &[u8]| true;
    let mut examiner = planted(&always);
    let refusal = reduce(b"x = 1", None, Finest::Tree, BOUNDS, &mut examiner).unwrap_err();
    assert!(refusal.to_string().contains("the empty program"));
    let refusal = reduce(
        b"x = 1",
        Some("00000000"),
        Finest::Tree,
        BOUNDS,
        &mut examiner,
    );
    let message = refusal.unwrap_err().to_string();
    assert!(message.contains(&signature("planted").id), "{message}");
}

#[test]
fn other_signatures_are_handed_back_and_do_not_take_over() {
    let text = "local a = f(1)\nlocal b = g(2)\nprint(a, b)\n";
    let first = |text: &[u8]| contains(text, b"f(") && contains(text, b"g(");
    let second = |text: &[u8]| contains(text, b"g(") && !contains(text, b"f(");
    let mut examiner = planted(&first);
    examiner.faults.push(("second", &second));
    let wanted = signature("planted").id;
    let reduction = reduce(
        text.as_bytes(),
        Some(&wanted),
        Finest::Tree,
        BOUNDS,
        &mut examiner,
    )
    .unwrap();
    assert!(first(&reduction.text));
    let [(other, shown_by)] = reduction.others.as_slice() else {
        panic!("{:?}", reduction.others);
    };
    assert_eq!(*other, signature("second"));
    assert!(second(shown_by));
}

#[test]
fn no_text_is_looked_at_twice_and_bounds_are_kept() {
    let text = long_program();
    let mut examiner = planted(&repeats_in_a_loop);
    let reduction = reduce(text.as_bytes(), None, Finest::Tree, BOUNDS, &mut examiner).unwrap();
    // The first look is at whether there is anything to reduce.
    assert_eq!(reduction.examined + 1, examiner.examined.len());
    let mut texts = examiner.examined.split_off(1);
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), reduction.examined);

    let few = Bounds {
        candidates: 10,
        ..BOUNDS
    };
    let mut examiner = planted(&repeats_in_a_loop);
    let reduction = reduce(text.as_bytes(), None, Finest::Tree, few, &mut examiner).unwrap();
    assert!(!reduction.is_complete);
    assert_eq!(reduction.examined, 10);
    assert!(repeats_in_a_loop(&reduction.text));
    let no_time = Bounds {
        time: Duration::ZERO,
        ..BOUNDS
    };
    let mut examiner = planted(&repeats_in_a_loop);
    let reduction = reduce(text.as_bytes(), None, Finest::Tree, no_time, &mut examiner).unwrap();
    assert_eq!(reduction.text, text.as_bytes());
}

#[test]
fn a_fault_of_the_harness_is_no_refusal_of_the_program() {
    struct Broken;
    impl Examine for Broken {
        fn examine(&mut self, _: &[&[u8]]) -> Result<Vec<Vec<Signature>>> {
            anyhow::bail!("the worker is gone")
        }
    }
    let refusal = reduce(b"x", None, Finest::Tree, BOUNDS, &mut Broken).unwrap_err();
    assert!(matches!(refusal, Refusal::Fault(_)));
    assert_eq!(refusal.to_string(), "the worker is gone");
}
