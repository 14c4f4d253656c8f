//! Both virtual machines traced instruction by instruction, and the first one at which they part.
//!
//! The oracle runs first and keeps a number for every instruction, made from all that is alive
//! there for certain (`oracle/src/trace.c`, `rilua::inspect`); rilua makes the same numbers and
//! stops where one differs. Only then both run again, to describe the ten instructions before
//! and the values that the first one that differs is about to read.

use std::cell::Cell;
use std::rc::Rc;

use crate::channel::{ChannelName, Stream};
use crate::divergence::{Cause, Divergence, Signature};
use crate::engine::inside::{self, Budget, Prelude};
use crate::engine::{oracle_inside, rilua_inside};
use crate::observation::Termination;
use crate::program::Program;

/// Instructions that are compared; of a longer run, these are the first ones. A trace also ends
/// where the program sets a hook of its own (`debug.sethook`), because the oracle has room for one.
pub const MOST_INSTRUCTIONS: usize = 4_000_000;
/// Instructions that are shown before the one that differs.
const BEFORE: usize = 10;

/// What comes out of comparing two traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Traced {
    /// They are the same.
    Same {
        /// How many instructions there were.
        instructions: usize,
    },
    /// They part.
    Parts(Box<Parting>),
    /// The oracle did not come to its end within its budget.
    NotCompared {
        /// How it ended.
        end: Termination,
    },
}

/// Where two traces part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parting {
    /// The instruction's place in the run, from 0.
    pub index: usize,
    /// What the oracle did there, with what came before and the values that are read. Each
    /// instruction is a line, and a line with four spaces before it for each value.
    pub left: Vec<String>,
    /// The same of rilua.
    pub right: Vec<String>,
}

/// Traces both on this thread, which needs the stack that [`crate::engine::inside`] names. If
/// `whole` is asked for, what may be left over in registers is compared as well, and the memory
/// in use: the first moment at which two collectors see something else; but not if that is where
/// it is known that they do.
pub fn compare(
    program: &Program,
    prelude: Option<&Prelude>,
    budget: Budget,
    whole: bool,
) -> Traced {
    let left = oracle_inside::trace(program, prelude, budget, MOST_INSTRUCTIONS, 0..0, whole);
    if !left.observation.end.is_normal() {
        return Traced::NotCompared {
            end: left.observation.end,
        };
    }
    let numbers: Rc<[u64]> = left.numbers.into();
    let expected = Rc::clone(&numbers);
    let (count, is_cut) = (numbers.len(), left.is_cut);
    let next = Rc::new(Cell::new(0));
    let differs = Rc::new(Cell::new(false));
    let comparable = Rc::new(Cell::new(true));
    let own = Rc::new(Cell::new(None));
    let its_own = Rc::clone(&own);
    let (at, found) = (Rc::clone(&next), Rc::clone(&differs));
    let clear = Rc::clone(&comparable);
    rilua_inside::trace(
        program,
        prelude,
        budget,
        Box::new(move |moment| {
            let index = at.get();
            match expected.get(index) {
                Some(number) if *number == moment.number(whole) => {
                    at.set(index + 1);
                    true
                }
                // All that was to be compared is.
                None if is_cut => false,
                _ => {
                    // The program may be asked again before it has ended.
                    if !found.replace(true) {
                        its_own.set(Some(moment.number(whole)));
                        clear.set(moment.is_comparable());
                    }
                    false
                }
            }
        }),
    );
    let index = next.get();
    if index == count && !differs.get() {
        return Traced::Same {
            instructions: count,
        };
    }
    if whole && !comparable.get() {
        return compare(program, prelude, budget, false);
    }
    let before = numbers.get(..index).unwrap_or(&numbers);
    let [left, right] = [numbers.get(index).copied(), own.get()].map(|last| {
        let mut way = before.to_vec();
        way.extend(last);
        way
    });
    if is_open(program, prelude, budget, [&left, &right], whole) {
        return Traced::Same {
            instructions: index,
        };
    }
    Traced::Parts(Box::new(describe(program, prelude, budget, index, whole)))
}

/// Whether a side takes another way up to an instruction when objects that are keys lie elsewhere,
/// as it does where a table is traversed that has such keys: their order is nobody's fault. `ways`
/// are those of the oracle and of rilua, with the instruction.
fn is_open(
    program: &Program,
    prelude: Option<&Prelude>,
    budget: Budget,
    ways: [&[u64]; 2],
    whole: bool,
) -> bool {
    let [left, right] = ways;
    let oracle = || {
        let count = left.len();
        let again = oracle_inside::trace(program, prelude, budget, count, 0..0, whole);
        again.numbers.get(..count) != Some(left)
    };
    let rilua = || {
        let at = Rc::new(Cell::new(0));
        let (next, expected): (_, Rc<[u64]>) = (Rc::clone(&at), right.into());
        rilua_inside::trace(
            program,
            prelude,
            budget,
            Box::new(move |moment| {
                let is_same = expected.get(next.get()) == Some(&moment.number(whole));
                next.set(next.get() + usize::from(is_same));
                is_same
            }),
        );
        at.get() < right.len()
    };
    inside::otherwise(oracle, rilua)
}

/// Both runs at an instruction, and what comes before it.
pub(crate) fn describe(
    program: &Program,
    prelude: Option<&Prelude>,
    budget: Budget,
    index: usize,
    whole: bool,
) -> Parting {
    let from = index.saturating_sub(BEFORE);
    let window = from..index + 1;
    let end = index + 1;
    let left = oracle_inside::trace(program, prelude, budget, end, window.clone(), whole).text;
    let right = Rc::new(Cell::new(String::new()));
    let text = Rc::clone(&right);
    let mut at = 0;
    rilua_inside::trace(
        program,
        prelude,
        budget,
        Box::new(move |moment| {
            if window.contains(&at) {
                let before = text.take();
                text.set(before + &moment.describe(at, whole));
            }
            at += 1;
            at < window.end
        }),
    );
    let lines = |text: &str| text.lines().map(str::to_owned).collect();
    Parting {
        index,
        left: lines(&left),
        right: lines(&right.take()),
    }
}

impl Parting {
    /// The parting as a divergence. Its signature has the instruction and the kinds of the values
    /// that it reads on both sides.
    pub fn divergence(&self) -> Divergence {
        let (left, right) = (
            last_event(&self.left, self.index),
            last_event(&self.right, self.index),
        );
        let rest = first_rest(left, right);
        let kinds = |event: Option<&[String]>, rest: &str| {
            event.map_or("(end)".to_owned(), |event| kinds_of(event) + rest)
        };
        let (channel, stream, cause) = (ChannelName::Lockstep, Stream::Event, Cause::Differs);
        let mut excerpt = Vec::new();
        let before = common_prefix(&self.left, &self.right);
        excerpt.extend(
            self.left
                .iter()
                .take(before)
                .map(|line| format!("  {line}")),
        );
        excerpt.extend(
            self.left
                .iter()
                .skip(before)
                .map(|line| format!("- {line}")),
        );
        excerpt.extend(
            self.right
                .iter()
                .skip(before)
                .map(|line| format!("+ {line}")),
        );
        Divergence {
            channel,
            stream,
            cause,
            line: None,
            left: left.map(|event| event.join("; ")),
            right: right.map(|event| event.join("; ")),
            excerpt,
            signature: Signature::of_causes(
                channel,
                stream,
                &kinds(left, &rest.0),
                &kinds(right, &rest.1),
            ),
        }
    }
}

fn common_prefix(left: &[String], right: &[String]) -> usize {
    let pairs = left.iter().zip(right);
    pairs.take_while(|(left, right)| left == right).count()
}

/// The lines of the instruction with this index, which is the last one if it is there at all.
fn last_event(lines: &[String], index: usize) -> Option<&[String]> {
    let start = lines.iter().rposition(|line| !line.starts_with(' '))?;
    let event = lines.get(start..)?;
    let is_it = event.first()?.starts_with(&format!("{index}: "));
    is_it.then_some(event)
}

/// Is a line about what the instruction has nothing to do with?
fn is_rest(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("memory = ") || line.starts_with('S')
}

/// The first such line that differs, as far as it belongs into a signature.
fn first_rest(left: Option<&[String]>, right: Option<&[String]>) -> (String, String) {
    let rest = |event: Option<&[String]>| -> Vec<String> {
        let lines = event.unwrap_or_default().iter();
        let lines = lines.filter(|line| is_rest(line));
        lines.map(|line| line.trim_start().to_owned()).collect()
    };
    let (left, right) = (rest(left), rest(right));
    let pair = left.iter().zip(&right).find(|(left, right)| left != right);
    let kind = |line: &str| match line.split_once(" = ") {
        Some(("memory", _)) => " memory".to_owned(),
        Some((_, value)) => format!(" S {}", value.split(' ').next().unwrap_or_default()),
        None => String::new(),
    };
    pair.map_or_else(Default::default, |(left, right)| (kind(left), kind(right)))
}

/// An instruction's name and, for each value it reads, where that is and its type.
fn kinds_of(event: &[String]) -> String {
    let name = event
        .first()
        .and_then(|line| line.rsplit_once(": "))
        .and_then(|(_, operation)| operation.split(' ').next())
        .unwrap_or_default();
    let mut text = name.to_owned();
    for line in event.iter().skip(1).filter(|line| !is_rest(line)) {
        let line = line.trim_start();
        let Some((place, value)) = line.split_once(" = ") else {
            continue;
        };
        // Which local variables there are belongs to the program.
        if let Some(place) = place.chars().next().filter(|place| *place != 'L') {
            let kind = value.split([' ', '(']).next().unwrap_or_default();
            text.push_str(&format!(" {place} {kind}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::inside;
    use crate::program::Origin;

    fn traced(source: &str) -> Traced {
        let program = Program::from_source("p.lua", Origin::Text, source);
        inside::on_deep_stack(|| compare(&program, None, inside::UNBOUNDED, true)).unwrap()
    }

    #[test]
    fn both_take_the_same_steps() {
        for source in [
            "local s = 0 for i = 1, 100 do s = s + i % 7 end print(s)",
            "local t = setmetatable({}, { __index = function(t, k) return k .. '!' end })
             for _, k in ipairs({ 'a', 'b' }) do print(t[k], #k, -1, not k) end",
            "local co = coroutine.wrap(function(...) local x = ... while true do x = x + coroutine.yield(x) end end)
             print(co(1), co(2), co(3)) print(pcall(error, { 1 }))",
            "local function f(...) return select('#', ...), ... end print((f(1, nil, 3)), f())
             table.sort({ 3, 1, 2 }, function(a, b) return a > b end)
             print(string.gsub('hello', '.', function(c) return c:upper() end))",
            "local s = 0 for i = 1, 5 do s = s + i end debug.sethook() for i = 1, 5 do s = s + i end
             debug.sethook(function() end, 'l') print(debug.gethook()) for i = 1, 5 do s = s + i end",
        ] {
            let Traced::Same { instructions } = traced(source) else {
                panic!("{source}: {:#?}", traced(source));
            };
            assert!(instructions > 10);
        }
    }

    #[test]
    fn the_order_of_objects_is_nobodys_fault() {
        let source = "local t, n = {}, 0 for i = 1, 20 do t[{ i }], t[i] = i, i end
             for k, v in pairs(t) do n = n * 2 + v end return n";
        assert!(matches!(traced(source), Traced::Same { .. }));
    }

    #[test]
    fn what_differs_is_shown_with_what_came_before() {
        // No two runs have one address; the concatenation reads it.
        let source = "local a = 1 local b = a + a local s = tostring({}) return s .. 'x'";
        let program = Program::from_source("p.lua", Origin::Text, source);
        let concat = 7;
        let parting =
            inside::on_deep_stack(|| describe(&program, None, inside::UNBOUNDED, concat, false))
                .unwrap();
        let found = parting.divergence();
        assert!(parting.left.len() > 5, "{parting:#?}");
        assert!(
            found.signature.message.starts_with("lockstep/event: "),
            "{found:?}"
        );
        assert!(found.excerpt.iter().any(|line| line.starts_with("- ")));
        assert!(found.excerpt.iter().any(|line| line.starts_with("+ ")));
        assert!(found.excerpt.iter().any(|line| line.starts_with("  ")));
    }

    #[test]
    fn a_signature_has_instruction_and_kinds() {
        let event = [
            "7: function of line 0, pc 3, line 1: ADD 2 0 256",
            "    R0 = number 3ff0000000000000",
            "    K0 = string(1) x",
            "    L0 = nil",
        ]
        .map(str::to_owned);
        assert_eq!(kinds_of(&event), "ADD R number K string");
        assert!(last_event(&event, 7).is_some());
        assert!(last_event(&event, 8).is_none());
    }

    #[test]
    fn what_is_left_counts_where_it_is_asked_for() {
        let event = |left: &str, memory: u32| {
            [
                "7: function of line 0, pc 3, line 1: MOVE 0 1 0".to_owned(),
                "    R1 = nil".to_owned(),
                format!("    S4 = {left}"),
                format!("    memory = {memory}, threshold 9, phase 0"),
            ]
        };
        let parting = |left: [String; 4], right: [String; 4]| Parting {
            index: 7,
            left: left.into(),
            right: right.into(),
        };
        let message = |parting: Parting| parting.divergence().signature.message;
        assert_eq!(
            message(parting(event("nil", 5), event("table", 5))),
            "lockstep/event: MOVE R nil S nil | MOVE R nil S table"
        );
        assert_eq!(
            message(parting(event("nil", 5), event("nil", 6))),
            "lockstep/event: MOVE R nil memory | MOVE R nil memory"
        );
    }

    #[test]
    fn a_reader_in_the_middle_of_a_text_is_compared_without_the_memory() {
        let source = "pcall(load, function() local a = 0 end)
             local n = 0
             local f = load(function() n = n + 1 return ({ 'local a = ', '{ 1, 2 } return a' })[n] end)
             return #f()";
        assert!(matches!(traced(source), Traced::Same { instructions } if instructions > 20));
    }

    #[test]
    fn what_does_not_end_is_not_compared() {
        let program = Program::from_source("p.lua", Origin::Text, "while true do end");
        let budget = Budget {
            fuel: std::num::NonZeroU64::new(10_000),
            memory: None,
        };
        let traced = inside::on_deep_stack(|| compare(&program, None, budget, false)).unwrap();
        assert_eq!(
            traced,
            Traced::NotCompared {
                end: Termination::OutOfFuel
            }
        );
    }
}
