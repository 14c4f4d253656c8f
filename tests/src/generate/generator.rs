//! The generator's state: what is in scope, what may still be spent, and how a body is put together.

use super::Mode;
use super::ast::{Binder, Node};
use super::build::*;
use super::choices::Choices;
use super::types::{Function, GLOBALS, Signature, Type, Variable};
use super::weights::{Feature, Weights};

/// Functions inside each other, at most.
const DEEPEST: usize = 4;
/// Upvalues that a function may come to have are all that is in scope around it, so there
/// are never as many as 60.
const MOST_VARIABLES: usize = 45;
/// How often loops may begin a round and functions may be entered. Each such step makes at most three
/// nested C calls, of which there may be 200.
const FUEL: (usize, usize) = (12, 50);

/// Names that variables wish for.
const NAMES: [&str; 12] = [
    "a", "b", "c", "d", "e", "f", "x", "y", "z", "left", "right", "value",
];

/// Builds one program.
pub(crate) struct Generator<'c, 'b> {
    pub(crate) choices: &'c mut Choices<'b>,
    pub(crate) weights: Weights,
    pub(crate) mode: Mode,
    pub(crate) variables: Vec<Variable>,
    pub(crate) functions: Vec<Function>,
    pub(crate) signatures: Vec<Signature>,
    /// Nodes that may still be made, roughly.
    pub(crate) budget: usize,
    /// Expressions around the current one.
    pub(crate) depth: usize,
    /// Blocks around the current one.
    pub(crate) nesting: usize,
    /// `pcall`s around the place, in whose inside operations may fail.
    pub(crate) protected: usize,
    /// Must tables be new ones, as what is done to them may break what others count on?
    pub(crate) fresh: bool,
    /// The variable that counts what is left.
    pub(crate) fuel: u32,
    pub(crate) next_id: u32,
}

impl<'c, 'b> Generator<'c, 'b> {
    pub(crate) fn new(choices: &'c mut Choices<'b>, weights: &Weights, mode: Mode) -> Self {
        let weights = weights.swarm(choices);
        let budget = if choices.is_exhausted() {
            8
        } else {
            choices.between(60, 260)
        };
        Self {
            choices,
            weights,
            mode,
            variables: Vec::new(),
            functions: vec![Function {
                vararg: true,
                may_yield: false,
                result: None,
                loops: 0,
            }],
            signatures: Vec::new(),
            budget,
            depth: 0,
            nesting: 0,
            protected: 0,
            fresh: false,
            fuel: 0,
            next_id: 1,
        }
    }

    /// The whole body of a program of mode Total or Erring.
    pub(crate) fn body(&mut self) -> Node {
        let fuel = self.binder("fuel");
        self.fuel = fuel.id;
        let amount = self.choices.between(FUEL.0, FUEL.1);
        let mut statements = vec![local(vec![fuel], vec![number(&amount.to_string())])];
        if self.mode == Mode::Limits && !self.choices.is_exhausted() {
            self.budget /= 3;
            for _ in 0..self.choices.between(1, 3) {
                statements.push(self.at_a_limit());
            }
        }
        while self.budget > 0 {
            self.section(&mut statements);
            if self.choices.is_exhausted() {
                break;
            }
        }
        statements.push(self.farewell());
        block(statements)
    }

    /// A few statements, which in mode Erring stand inside `pcall`, so that the program goes on.
    fn section(&mut self, statements: &mut Vec<Node>) {
        let erring = self.mode == Mode::Erring && self.choices.percent(75);
        if erring {
            statements.push(self.trial());
        } else {
            let count = self.choices.between(1, 4);
            self.statements_into(statements, count);
        }
    }

    /// Shows all that is in scope.
    fn farewell(&mut self) -> Node {
        let shown = self
            .variables
            .iter()
            .filter(|variable| variable.id != self.fuel)
            .map(|variable| reference(variable.id));
        let mut values: Vec<Node> = shown.collect();
        if self.weights.of(Feature::Global) > 0 {
            values.extend(GLOBALS.iter().map(|(name, _)| global(name)));
        }
        call_statement(global("show"), values)
    }

    /// May something of this feature be made here?
    pub(crate) fn uses(&self, feature: Feature) -> bool {
        self.weights.of(feature) > 0
    }

    /// Spends a node. False when nothing is left.
    pub(crate) fn spend(&mut self) -> bool {
        let some = self.budget > 0;
        self.budget = self.budget.saturating_sub(1);
        some
    }

    /// A new declaration with a name of its own wish.
    pub(crate) fn binder(&mut self, name: &str) -> Binder {
        let id = self.next_id;
        self.next_id += 1;
        binder(id, name)
    }

    /// A new declaration with any name, perhaps that of another variable.
    pub(crate) fn any_binder(&mut self) -> Binder {
        let name = self.choices.text(&NAMES);
        self.binder(name)
    }

    /// How many functions stand around the place.
    pub(crate) fn level(&self) -> usize {
        self.functions.len()
    }

    pub(crate) fn function(&mut self) -> Option<&mut Function> {
        self.functions.last_mut()
    }

    /// May one more function stand here?
    pub(crate) fn may_nest_function(&self) -> bool {
        self.functions.len() < DEEPEST
    }

    /// May one more variable be declared here?
    pub(crate) fn may_declare(&self) -> bool {
        self.variables.len() < MOST_VARIABLES
    }

    /// Puts a variable into scope.
    pub(crate) fn declare(&mut self, binder: &Binder, kind: Type, assignable: bool) {
        let level = self.level();
        self.variables.push(Variable {
            id: binder.id,
            kind,
            assignable,
            level,
        });
    }

    /// A new variable of a type, in scope from now on.
    pub(crate) fn new_variable(&mut self, kind: Type) -> Binder {
        let binder = self.any_binder();
        self.declare(&binder, kind, true);
        binder
    }

    /// Any variable for which this holds; the latest are likelier.
    pub(crate) fn variable(&mut self, wanted: impl Fn(&Variable) -> bool) -> Option<Variable> {
        let (fuel, fresh) = (self.fuel, self.fresh);
        let found: Vec<&Variable> = self
            .variables
            .iter()
            .rev()
            .filter(|variable| {
                variable.id != fuel && (!fresh || variable.kind.is_scalar()) && wanted(variable)
            })
            .collect();
        let position = self.choices.below(found.len());
        let position = self.choices.between(0, position);
        found.get(position).map(|variable| (*variable).clone())
    }

    /// Any variable of a type.
    pub(crate) fn variable_of(&mut self, kind: Type) -> Option<Variable> {
        self.variable(|variable| variable.kind == kind)
    }

    /// Something inside its own scope.
    pub(crate) fn scoped<R>(&mut self, inner: impl FnOnce(&mut Self) -> R) -> R {
        let mark = self.variables.len();
        self.nesting += 1;
        let result = inner(self);
        self.nesting -= 1;
        self.variables.truncate(mark);
        result
    }

    /// Something inside a function.
    pub(crate) fn in_function<R>(
        &mut self,
        function: Function,
        inner: impl FnOnce(&mut Self) -> R,
    ) -> R {
        self.functions.push(function);
        let depth = std::mem::take(&mut self.depth);
        let result = self.scoped(inner);
        self.depth = depth;
        self.functions.pop();
        result
    }

    /// A block of at most so many statements.
    pub(crate) fn block(&mut self, most: usize) -> Vec<Node> {
        self.scoped(|own| {
            let mut statements = Vec::new();
            let count = own.choices.between(1, most.max(1));
            own.statements_into(&mut statements, count);
            statements
        })
    }

    /// `fuel = fuel - 1`
    pub(crate) fn burn(&self) -> Node {
        assign(
            reference(self.fuel),
            binary(
                super::ast::BinaryOperator::Subtract,
                reference(self.fuel),
                number("1"),
            ),
        )
    }

    /// `fuel > 0`
    pub(crate) fn has_fuel(&self) -> Node {
        binary(
            super::ast::BinaryOperator::Greater,
            reference(self.fuel),
            number("0"),
        )
    }
}
