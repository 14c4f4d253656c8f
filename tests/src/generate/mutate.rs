//! Changes to programs: what a fuzzer's custom mutator and campaigns do to trees that were worth
//! keeping. What comes out is well-scoped, whatever is done; that it still runs to its end is
//! not promised.

use super::ast::{BinaryOperator, Kind, Node, Quote, Slot, UnaryOperator};
use super::build::*;
use super::choices::Choices;
use super::library::FUNCTIONS;
use super::literals;
use super::repair;

/// Larger programs are only made smaller.
const MOST_NODES: usize = 4_000;
/// A part that is copied has at most so many nodes.
const MOST_COPIED: usize = 150;

/// The tree with a few changes, at least one if any is possible.
pub fn mutate(mut tree: Node, choices: &mut Choices<'_>) -> Node {
    for _ in 0..choices.between(1, 4) {
        // Not every place allows every change.
        for _ in 0..8 {
            if change(&mut tree, choices) {
                break;
            }
        }
    }
    tree
}

/// The tree with parts of another one put into it.
pub fn cross(mut tree: Node, other: &Node, choices: &mut Choices<'_>) -> Node {
    for _ in 0..8 {
        let part = other.get(choices.below(other.size())).cloned();
        let place = choices.below(tree.size());
        let Some(part) = part.filter(|part| part.size() <= MOST_COPIED) else {
            continue;
        };
        if tree.size() < MOST_NODES && put(&mut tree, place, part, choices) {
            break;
        }
    }
    tree
}

/// Puts a part in the place of a node that it fits, or a statement into a block.
fn put(tree: &mut Node, place: usize, part: Node, choices: &mut Choices<'_>) -> bool {
    let statements = tree
        .get(place)
        .filter(|node| node.kind == Kind::Block)
        .map(|block| block.children.len());
    match statements {
        Some(count) if part.fits(Slot::Statement) => {
            tree.insert(place, choices.below(count + 1), part)
        }
        _ => tree.replace(place, part),
    }
}

fn change(tree: &mut Node, choices: &mut Choices<'_>) -> bool {
    let size = tree.size();
    let place = choices.below(size);
    let full = size >= MOST_NODES;
    match choices.below(8) {
        0 => tree.delete(place),
        1 if full => tree.delete(place),
        // Another part of the same program.
        1 => {
            let part = tree.get(choices.below(size)).cloned();
            match part.filter(|part| part.size() <= MOST_COPIED) {
                Some(part) => put(tree, place, part, choices),
                None => false,
            }
        }
        // A node by one of its own parts.
        2 => {
            let inner = tree
                .get(place)
                .and_then(|node| node.get(choices.below(node.size())));
            match inner.cloned() {
                Some(inner) => tree.replace(place, inner),
                None => false,
            }
        }
        3 => {
            let literal = literal(choices);
            tree.replace(place, literal)
        }
        4 => exchange(tree, place, choices),
        5 => wrap(tree, place, choices),
        _ => vary(tree, place, choices),
    }
}

fn literal(choices: &mut Choices<'_>) -> Node {
    match choices.below(8) {
        0 => nil(),
        1 => truth(choices.coin()),
        2 => literals::odd_string(choices),
        3 => string(choices.text(&literals::NUMERIC_STRINGS)),
        4 => list(Vec::new()),
        5 => vararg(),
        6 => integer(i64::try_from(choices.below(5)).unwrap_or(0)),
        _ => number(choices.text(&literals::NUMERALS)),
    }
}

/// Two neighbours change places.
fn exchange(tree: &mut Node, place: usize, choices: &mut Choices<'_>) -> bool {
    let Some(node) = tree.get(place) else {
        return false;
    };
    let count = node.children.len();
    let (left, right) = (choices.below(count), choices.below(count));
    let mut changed = node.clone();
    if left == right || count < 2 {
        return false;
    }
    changed.children.swap(left, right);
    let sound = changed
        .children
        .iter()
        .enumerate()
        .all(|(child, node)| node.fits(changed.slot(child)));
    if !sound {
        return false;
    }
    if place == 0 {
        *tree = changed;
        repair::repair(tree);
        return true;
    }
    tree.replace(place, changed)
}

/// Puts something around a node.
fn wrap(tree: &mut Node, place: usize, choices: &mut Choices<'_>) -> bool {
    let Some(node) = tree.get(place).cloned() else {
        return false;
    };
    let around = match node.category() {
        Slot::Block | Slot::Item => return false,
        Slot::Statement => match choices.below(4) {
            0 => Node::new(Kind::Do, vec![block(vec![node])]),
            1 => if_then(truth(choices.coin()), vec![node]),
            2 => Node::new(Kind::Repeat, vec![block(vec![node]), truth(true)]),
            _ => {
                let body = function(Vec::new(), true, vec![node]);
                call_statement(global("show"), vec![library("pcall", vec![body])])
            }
        },
        _ => match choices.below(6) {
            0 => Node::new(Kind::Parenthesis, vec![node]),
            1 => {
                let operator = choices.pick(&UnaryOperator::ALL).copied();
                unary(operator.unwrap_or(UnaryOperator::Not), node)
            }
            2 => {
                let operator = choices.pick(&BinaryOperator::ALL).copied();
                binary(
                    operator.unwrap_or(BinaryOperator::Or),
                    node,
                    literal(choices),
                )
            }
            3 => {
                let operator = choices.pick(&BinaryOperator::ALL).copied();
                binary(
                    operator.unwrap_or(BinaryOperator::And),
                    literal(choices),
                    node,
                )
            }
            4 => call(
                function(Vec::new(), true, vec![give(vec![node])]),
                Vec::new(),
            ),
            _ => index(list(vec![node]), integer(1)),
        },
    };
    tree.replace(place, around)
}

/// Changes a node itself and keeps its children.
fn vary(tree: &mut Node, place: usize, choices: &mut Choices<'_>) -> bool {
    let Some(mut node) = tree.get(place).cloned() else {
        return false;
    };
    let before = node.kind.clone();
    match &mut node.kind {
        Kind::Binary(operator) => {
            *operator = choices
                .pick(&BinaryOperator::ALL)
                .copied()
                .unwrap_or(*operator);
        }
        Kind::Unary(operator) => {
            *operator = choices
                .pick(&UnaryOperator::ALL)
                .copied()
                .unwrap_or(*operator);
        }
        Kind::Number(text) => *text = choices.text(&literals::NUMERALS).to_owned(),
        Kind::String(_, quote) => {
            let quotes = [Quote::Double, Quote::Single, Quote::Long, Quote::Escaped];
            *quote = choices.pick(&quotes).copied().unwrap_or(*quote);
        }
        // Out of scope it is bound anew.
        Kind::Reference(id) => {
            *id = id.wrapping_sub(1 + u32::try_from(choices.below(6)).unwrap_or(0))
        }
        Kind::Global(_) => {
            if let Some(function) = choices.pick(FUNCTIONS) {
                node = path(function.name);
            }
        }
        Kind::Function { vararg, .. } => *vararg = !*vararg,
        Kind::Nil | Kind::True | Kind::False | Kind::Vararg => node = literal(choices),
        _ => return false,
    }
    (node.kind != before) && tree.replace(place, node)
}

#[cfg(test)]
mod tests {
    use super::super::{Mode, Weights, from_seed};
    use super::*;

    #[test]
    fn most_mutants_are_other_programs() {
        let mut changed = 0;
        for seed in 0..50 {
            let tree = from_seed(seed, Mode::Total, &Weights::default()).tree;
            let other = from_seed(seed + 1, Mode::Total, &Weights::default()).tree;
            let mutant = mutate(tree.clone(), &mut Choices::from_seed(seed));
            assert_eq!(mutant, mutate(tree.clone(), &mut Choices::from_seed(seed)));
            let crossed = cross(tree.clone(), &other, &mut Choices::from_seed(seed));
            changed += usize::from(mutant != tree) + usize::from(crossed != tree);
        }
        assert!(changed > 80, "{changed} of 100");
    }
}
