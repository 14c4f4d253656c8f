//! Every small program: all trees of a given size over a small alphabet, without any random
//! choice. How many there are is known before the first is made, and each is found by its
//! number, so that a run can be split and continued anywhere.
//!
//! The alphabet: two local variables, one global, `...`, nil, true, 1, "a"; all operators; calls,
//! methods, fields, constructors, functions; every form of statement. A node counts 1, a block as
//! much as its statements. Around each stands a frame that declares the variables and shows them.

use super::ast::{BinaryOperator, Binder, Kind, Node, UnaryOperator};
use super::build::*;
use super::{Generated, Mode};

/// What a production makes or wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Block,
    Statement,
    Expression,
}

/// One way to make a symbol out of others.
struct Production {
    makes: Symbol,
    /// Nodes that it adds itself.
    cost: usize,
    parts: Vec<Symbol>,
    build: Build,
}

type Build = Box<dyn Fn(Vec<Node>) -> Node + Send + Sync>;

/// The two local variables.
const FIRST: u32 = 1;
const SECOND: u32 = 2;
/// Names of the frame: variables and their wished names.
const NAMES: [(u32, &str); 2] = [(FIRST, "x"), (SECOND, "y")];

/// All programs of up to some nodes.
pub struct Exhaust {
    productions: Vec<Production>,
    /// By symbol and size: how many trees there are.
    counts: [Vec<u64>; 3],
    size: usize,
}

impl std::fmt::Debug for Exhaust {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Exhaust")
            .field("size", &self.size)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

/// All programs of up to `size` nodes, in order.
pub fn programs(size: usize) -> impl Iterator<Item = Generated> {
    let all = Exhaust::new(size);
    (0..all.count()).filter_map(move |number| all.program(number))
}

impl Exhaust {
    /// Counts all programs of up to `size` nodes.
    pub fn new(size: usize) -> Self {
        let mut all = Self {
            productions: productions(),
            counts: [vec![0], vec![0], vec![0]],
            size,
        };
        for nodes in 1..=size {
            // A block is made of statements of its own size, so those are counted first.
            for symbol in [Symbol::Expression, Symbol::Statement, Symbol::Block] {
                let own = all.productions.iter().filter(|way| way.makes == symbol);
                let count = own.map(|way| all.ways(way, nodes)).sum();
                if let Some(counts) = all.counts.get_mut(symbol as usize) {
                    counts.push(count);
                }
            }
        }
        all
    }

    /// How many programs there are.
    pub fn count(&self) -> u64 {
        (1..=self.size)
            .map(|nodes| self.trees(Symbol::Block, nodes))
            .sum()
    }

    fn trees(&self, symbol: Symbol, nodes: usize) -> u64 {
        let counts = self.counts.get(symbol as usize);
        counts
            .and_then(|counts| counts.get(nodes))
            .copied()
            .unwrap_or(0)
    }

    /// How many trees of a size a production makes.
    fn ways(&self, way: &Production, nodes: usize) -> u64 {
        match nodes.checked_sub(way.cost) {
            Some(rest) => self.arrangements(&way.parts, rest),
            None => 0,
        }
    }

    /// How many lists of trees there are for these symbols, of so many nodes in all.
    fn arrangements(&self, parts: &[Symbol], nodes: usize) -> u64 {
        match parts {
            [] => u64::from(nodes == 0),
            [only] => self.trees(*only, nodes),
            [first, rest @ ..] => (1..nodes)
                .map(|own| {
                    self.trees(*first, own)
                        .saturating_mul(self.arrangements(rest, nodes - own))
                })
                .fold(0, u64::saturating_add),
        }
    }

    /// The program with a number below [`Exhaust::count`], the smallest ones first.
    pub fn program(&self, number: u64) -> Option<Generated> {
        let mut left = number;
        for nodes in 1..=self.size {
            let count = self.trees(Symbol::Block, nodes);
            if left < count {
                let body = self.tree(Symbol::Block, nodes, left)?;
                return Some(Generated::new(framed(body), Mode::Erring, None));
            }
            left -= count;
        }
        None
    }

    fn tree(&self, symbol: Symbol, nodes: usize, mut number: u64) -> Option<Node> {
        for way in self.productions.iter().filter(|way| way.makes == symbol) {
            let count = self.ways(way, nodes);
            if number < count {
                let parts = self.parts(&way.parts, nodes - way.cost, number)?;
                return Some((way.build)(parts));
            }
            number -= count;
        }
        None
    }

    fn parts(&self, symbols: &[Symbol], nodes: usize, mut number: u64) -> Option<Vec<Node>> {
        let [first, rest @ ..] = symbols else {
            return Some(Vec::new());
        };
        if rest.is_empty() {
            return Some(vec![self.tree(*first, nodes, number)?]);
        }
        for own in 1..nodes {
            let others = self.arrangements(rest, nodes - own);
            let count = self.trees(*first, own).saturating_mul(others);
            if number < count {
                let mut parts = vec![self.tree(*first, own, number / others)?];
                parts.extend(self.parts(rest, nodes - own, number % others)?);
                return Some(parts);
            }
            number -= count;
        }
        None
    }
}

/// The variables declared and, afterwards, shown.
fn framed(body: Node) -> Node {
    let binders = NAMES.iter().map(|(id, name)| binder(*id, name)).collect();
    let mut statements = vec![local(binders, vec![integer(2), list(vec![integer(3)])])];
    // What it returns or raises is shown; what it does to the variables afterwards.
    let function = Node::new(
        Kind::Function {
            parameters: Vec::new(),
            vararg: true,
        },
        vec![body],
    );
    let run = library("pcall", vec![function, string("v")]);
    statements.push(call_statement(global("show"), vec![run]));
    let mut shown: Vec<Node> = NAMES.iter().map(|(id, _)| reference(*id)).collect();
    shown.push(global("g"));
    statements.push(call_statement(global("show"), shown));
    block(statements)
}

fn first() -> Binder {
    binder(FIRST, "x")
}

/// The one child of a node that has one.
fn node(kind: Kind) -> Build {
    Box::new(move |parts| Node::new(kind.clone(), parts))
}

/// The whole grammar.
fn productions() -> Vec<Production> {
    use Symbol::{Block as B, Expression as E, Statement as S};
    let mut all = Vec::new();
    let mut add = |makes, cost, parts: &[Symbol], build: Build| {
        all.push(Production {
            makes,
            cost,
            parts: parts.to_vec(),
            build,
        });
    };
    add(B, 0, &[S], node(Kind::Block));
    add(
        B,
        0,
        &[S, B],
        Box::new(|mut parts| {
            let rest = parts.pop().map(|block| block.children);
            parts.extend(rest.unwrap_or_default());
            block(parts)
        }),
    );
    for leaf in [
        reference(FIRST),
        reference(SECOND),
        global("g"),
        vararg(),
        nil(),
        truth(true),
        integer(1),
        string("a"),
    ] {
        add(E, 1, &[], Box::new(move |_| leaf.clone()));
    }
    add(E, 1, &[], node(Kind::Table));
    for operator in UnaryOperator::ALL {
        // Minus on a constant that is no number is not defined (DIFFERENCES.md, D06).
        add(
            E,
            1,
            &[E],
            Box::new(move |mut parts| match parts.pop() {
                Some(operand)
                    if operator == UnaryOperator::Minus
                        && matches!(operand.kind, Kind::Nil | Kind::True) =>
                {
                    unary(
                        operator,
                        Node::new(Kind::Parenthesis, vec![list(vec![operand])]),
                    )
                }
                operand => Node::new(Kind::Unary(operator), operand.into_iter().collect()),
            }),
        );
    }
    add(E, 1, &[E], node(Kind::Parenthesis));
    add(E, 1, &[E], node(Kind::Call));
    add(E, 1, &[E], node(Kind::Method("m".to_owned())));
    add(
        E,
        1,
        &[E],
        Box::new(|mut parts| field(parts.pop().unwrap_or_else(nil), "k")),
    );
    add(E, 1, &[E], Box::new(list));
    add(
        E,
        1,
        &[E],
        Box::new(|parts| {
            Node::new(
                Kind::Table,
                vec![Node::new(Kind::Named("k".to_owned()), parts)],
            )
        }),
    );
    add(
        E,
        1,
        &[E],
        Box::new(|parts| function(vec![first()], true, vec![give(parts)])),
    );
    for operator in BinaryOperator::ALL {
        add(E, 1, &[E, E], node(Kind::Binary(operator)));
    }
    add(E, 1, &[E, E], node(Kind::Index));
    add(E, 1, &[E, E], node(Kind::Call));
    add(S, 1, &[], node(Kind::Return));
    add(S, 1, &[], node(Kind::Break));
    add(S, 1, &[E], node(Kind::Local(vec![first()])));
    add(S, 1, &[E], node(Kind::Return));
    add(
        S,
        1,
        &[E],
        Box::new(|parts| statement(Node::new(Kind::Call, parts))),
    );
    for target in [reference(FIRST), reference(SECOND), global("g")] {
        let build: Build = Box::new(move |parts| {
            let mut children = vec![target.clone()];
            children.extend(parts);
            Node::new(Kind::Assign(1), children)
        });
        add(S, 1, &[E], build);
    }
    add(
        S,
        1,
        &[E, E],
        Box::new(|parts| Node::new(Kind::Return, parts)),
    );
    add(
        S,
        1,
        &[E, E],
        Box::new(|mut parts| {
            let value = parts.pop().unwrap_or_else(nil);
            let key = parts.pop().unwrap_or_else(nil);
            assign(index(reference(SECOND), key), value)
        }),
    );
    add(
        S,
        1,
        &[E, E],
        Box::new(|parts| {
            let mut children = vec![reference(FIRST), reference(SECOND)];
            children.extend(parts);
            Node::new(Kind::Assign(2), children)
        }),
    );
    add(S, 1, &[B], node(Kind::Do));
    add(S, 1, &[E, B], node(Kind::While));
    add(S, 1, &[B, E], node(Kind::Repeat));
    add(S, 1, &[E, B], node(Kind::If));
    add(S, 1, &[E, B, B], node(Kind::If));
    add(S, 1, &[E, E, B], node(Kind::NumericFor(first())));
    add(S, 1, &[E, B], node(Kind::GenericFor(vec![first()])));
    add(
        S,
        1,
        &[B],
        Box::new(|parts| {
            let body = Node::new(
                Kind::Function {
                    parameters: vec![binder(SECOND, "y")],
                    vararg: false,
                },
                parts,
            );
            Node::new(Kind::LocalFunction(first()), vec![body])
        }),
    );
    all
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_count_is_known_and_right() {
        let all = Exhaust::new(3);
        let mut seen = HashSet::new();
        for number in 0..all.count() {
            let program = all.program(number).unwrap();
            let text = String::from_utf8_lossy(&program.source).into_owned();
            assert!(seen.insert(format!("{:?}", program.tree)), "{text}");
        }
        assert_eq!(all.program(all.count()), None);
        assert_eq!(programs(3).count() as u64, all.count());
        // By hand: expressions of 1 and 2 nodes are 9 and 9 * 10; statements of 1, 2 and 3 are 2,
        // 6 * 9 + 2 * 2 and 6 * 90 + 3 * 81 + 2 * 62 + 3 * 9 * 2 + 2 * 9; blocks 2, 58 + 2 * 2 and
        // 979 + 2 * 62 + 58 * 2.
        let counts = [1, 2, 3].map(|size| Exhaust::new(size).count());
        assert_eq!(counts, [2, 2 + 62, 2 + 62 + 1_219]);
    }

    #[test]
    fn sizes_come_in_order() {
        let all = Exhaust::new(2);
        let smallest = all.program(0).unwrap();
        let text = String::from_utf8(smallest.source).unwrap();
        assert_eq!(
            text,
            "local x, y = 2, {3}\nshow(pcall(function(...)\n  return\nend, \"v\"))\nshow(x, y, g)\n"
        );
        assert!(Exhaust::new(5).count() > 50 * all.count());
    }
}
