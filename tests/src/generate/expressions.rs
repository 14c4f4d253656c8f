//! Expressions of a wanted type.
//!
//! In mode Erring (and wherever a `pcall` stands around) some are of another type than the one that is
//! wanted, so that the operation around them fails.

use super::Mode;
use super::ast::{BinaryOperator, Kind, Node, UnaryOperator};
use super::build::*;
use super::generator::Generator;
use super::literals;
use super::types::{EVENTS, FIELDS, GLOBALS, Type};
use super::weights::Feature;

/// Expressions inside each other, at most: far from the 200 levels that a chunk may have.
const DEEPEST: usize = 5;

impl Generator<'_, '_> {
    /// An expression of a type.
    pub(crate) fn expression(&mut self, kind: Type) -> Node {
        let may_err = self.mode == Mode::Erring && self.protected > 0;
        if may_err && self.choices.percent(3) {
            return self.wrong(kind);
        }
        if !self.spend() || self.depth >= DEEPEST {
            return self.simple(kind);
        }
        self.depth += 1;
        let node = match kind {
            Type::Number => self.number(),
            Type::String => self.string(),
            Type::Boolean => self.boolean(),
            Type::Numbers | Type::Strings | Type::Record => self.table(kind),
            Type::Any => self.anything(),
            Type::Object(_) | Type::Function(_) | Type::Coroutine => self.simple(kind),
        };
        self.depth -= 1;
        node
    }

    /// Several of them.
    pub(crate) fn expressions(&mut self, kinds: &[Type]) -> Vec<Node> {
        kinds.iter().map(|&kind| self.expression(kind)).collect()
    }

    /// Where an operation's operand of another type may stand: something that is not of it.
    fn wrong(&mut self, kind: Type) -> Node {
        match self.choices.below(7) {
            0 => nil(),
            1 => self
                .variable(|variable| variable.kind != kind)
                .map_or_else(nil, |variable| reference(variable.id)),
            2 => global(
                self.choices
                    .text(&["undefined", "G1", "GS", "string", "show"]),
            ),
            3 => truth(self.choices.coin()),
            4 => list(vec![]),
            5 => match self.variable_of(Type::Record) {
                Some(record) => field(
                    reference(record.id),
                    self.choices.text(&["missing", "name", "x", "other"]),
                ),
                None => string("word"),
            },
            _ => string(self.choices.text(&["word", "0x10", "", "12"])),
        }
    }

    /// One node or two: a variable or a literal.
    pub(crate) fn simple(&mut self, kind: Type) -> Node {
        if self.choices.percent(70)
            && let Some(variable) = self.variable_of(kind)
        {
            return reference(variable.id);
        }
        match kind {
            Type::Number => self.numeral(),
            Type::String => self.text(),
            Type::Boolean => truth(self.choices.coin()),
            Type::Numbers => list(vec![integer(3), integer(1), integer(2)]),
            Type::Strings => list(vec![string("b"), string("a")]),
            Type::Record => Node::new(Kind::Table, vec![named("x", integer(1))]),
            Type::Any => self.anything_simple(),
            Type::Object(_) | Type::Function(_) | Type::Coroutine => nil(),
        }
    }

    fn anything_simple(&mut self) -> Node {
        match self.choices.below(6) {
            0 => self.numeral(),
            1 => nil(),
            2 => self.text(),
            3 => truth(self.choices.coin()),
            4 => match self.variable(|_| true) {
                Some(variable) => reference(variable.id),
                None => nil(),
            },
            _ => path(
                self.choices
                    .text(&["print", "string.len", "math.huge", "GA", "_VERSION"]),
            ),
        }
    }

    /// A numeral.
    pub(crate) fn numeral(&mut self) -> Node {
        if self.uses(Feature::Numeral) && self.choices.percent(30) {
            number(self.choices.text(&literals::NUMERALS))
        } else {
            let value = self.choices.below(12);
            let negative = self.choices.percent(12);
            let node = number(&value.to_string());
            if negative {
                unary(UnaryOperator::Minus, node)
            } else {
                node
            }
        }
    }

    /// A literal string.
    pub(crate) fn text(&mut self) -> Node {
        if self.uses(Feature::Literal) && self.choices.percent(30) {
            literals::odd_string(self.choices)
        } else {
            string(self.choices.text(&literals::WORDS))
        }
    }

    fn number(&mut self) -> Node {
        let weights = [
            8,
            18,
            self.weights.of(Feature::Arithmetic),
            self.weights.of(Feature::Length),
            self.weights.of(Feature::Field),
            self.weights.of(Feature::Library) / 2,
            self.weights.of(Feature::Invoke),
            self.weights.of(Feature::Logic) / 2,
            self.weights.of(Feature::Object),
            self.weights.of(Feature::Global) / 2,
            self.weights.of(Feature::Coercion) / 2,
            self.weights.of(Feature::Vararg) / 2,
        ];
        let node = match self.choices.weighted(&weights).unwrap_or(0) {
            1 => self
                .variable_of(Type::Number)
                .map(|variable| reference(variable.id)),
            2 => Some(self.arithmetic()),
            3 => {
                let kind = [Type::String, Type::Numbers, Type::Strings];
                let kind = self.choices.pick(&kind).copied().unwrap_or(Type::String);
                Some(unary(UnaryOperator::Length, self.expression(kind)))
            }
            4 => Some(self.read(Type::Number)),
            5 => self.plausible(Type::Number),
            6 => self.invoke(Type::Number),
            7 => Some(self.choose(Type::Number)),
            8 => self.operate(),
            9 => self.global_of(Type::Number),
            10 => Some(self.coerced()),
            11 => Some(library("select", vec![string("#"), self.dots()])),
            _ => None,
        };
        node.unwrap_or_else(|| self.simple(Type::Number))
    }

    fn arithmetic(&mut self) -> Node {
        if self.choices.percent(12) {
            return unary(UnaryOperator::Minus, self.expression(Type::Number));
        }
        let operator = self.choices.pick(&BinaryOperator::ARITHMETIC).copied();
        let left = self.expression(Type::Number);
        let right = self.expression(Type::Number);
        binary(operator.unwrap_or(BinaryOperator::Add), left, right)
    }

    /// Arithmetic on a string that is a numeral.
    fn coerced(&mut self) -> Node {
        let operator = self.choices.pick(&BinaryOperator::ARITHMETIC).copied();
        let numeral = string(self.choices.text(&literals::NUMERIC_STRINGS));
        let other = self.expression(Type::Number);
        let (left, right) = if self.choices.coin() {
            (numeral, other)
        } else {
            (other, numeral)
        };
        binary(operator.unwrap_or(BinaryOperator::Add), left, right)
    }

    /// `a and b or c`, `a or b`, of one type.
    fn choose(&mut self, kind: Type) -> Node {
        let condition = self.expression(Type::Boolean);
        let first = self.expression(kind);
        let second = self.expression(kind);
        if kind == Type::Boolean {
            let operator = if self.choices.coin() {
                BinaryOperator::And
            } else {
                BinaryOperator::Or
            };
            return binary(operator, condition, first);
        }
        binary(
            BinaryOperator::Or,
            binary(BinaryOperator::And, condition, first),
            second,
        )
    }

    /// A field or an element that may be nil, or else something of the type.
    fn read(&mut self, kind: Type) -> Node {
        let read = match kind {
            Type::Number if self.choices.coin() => {
                let object = self.expression(Type::Numbers);
                index(object, self.position())
            }
            Type::String if self.choices.coin() => {
                let object = self.expression(Type::Strings);
                index(object, self.position())
            }
            _ => {
                let names: Vec<&str> = FIELDS
                    .iter()
                    .filter(|(_, held)| *held == kind)
                    .map(|(name, _)| *name)
                    .collect();
                let name = self.choices.pick(&names).copied().unwrap_or("other");
                field(self.expression(Type::Record), name)
            }
        };
        self.or_else(read, kind)
    }

    /// `value or default`, which mode Erring may leave away.
    pub(crate) fn or_else(&mut self, value: Node, kind: Type) -> Node {
        let bare = self.mode == Mode::Erring && self.protected > 0 && self.choices.percent(30);
        if bare || kind == Type::Any {
            return value;
        }
        let default = self.simple(kind);
        let node = binary(BinaryOperator::Or, value, default);
        // A boolean that is false and one that is missing give the same.
        if kind == Type::Boolean {
            Node::new(Kind::Parenthesis, vec![node])
        } else {
            node
        }
    }

    fn position(&mut self) -> Node {
        if self.choices.percent(60) {
            integer(i64::try_from(self.choices.between(1, 4)).unwrap_or(1))
        } else {
            self.expression(Type::Number)
        }
    }

    fn global_of(&mut self, kind: Type) -> Option<Node> {
        let names: Vec<&str> = GLOBALS
            .iter()
            .filter(|(_, held)| *held == kind)
            .map(|(name, _)| *name)
            .collect();
        let name = self.choices.pick(&names).copied()?;
        Some(self.or_else(global(name), kind))
    }

    /// `...` or, without it, a few values.
    pub(crate) fn dots(&mut self) -> Node {
        if self
            .functions
            .last()
            .is_some_and(|function| function.vararg)
        {
            vararg()
        } else {
            self.simple(Type::Any)
        }
    }

    /// An operator applied to an object that has an event for it.
    fn operate(&mut self) -> Option<Node> {
        let variable = self.variable(|variable| matches!(variable.kind, Type::Object(_)))?;
        let Type::Object(events) = variable.kind else {
            return None;
        };
        let known: Vec<usize> = (0..EVENTS.len())
            .filter(|event| events >> event & 1 == 1)
            .collect();
        let event = *self.choices.pick(&known)?;
        let object = reference(variable.id);
        let operator = match event {
            0..=5 => *BinaryOperator::ARITHMETIC.get(event)?,
            6 => BinaryOperator::Concat,
            7 => return Some(unary(UnaryOperator::Minus, object)),
            // Comparisons give booleans.
            8..=10 => {
                let operator = [
                    BinaryOperator::Less,
                    BinaryOperator::LessEqual,
                    BinaryOperator::Equal,
                ];
                let operator = *operator.get(event - 8)?;
                let other = reference(variable.id);
                let test = binary(operator, object, other);
                let both = binary(BinaryOperator::And, test, self.numeral());
                return Some(binary(BinaryOperator::Or, both, self.numeral()));
            }
            _ => return Some(call(object, vec![self.expression(Type::Any)])),
        };
        let other = if self.choices.coin() {
            reference(variable.id)
        } else {
            self.expression(Type::Number)
        };
        Some(if self.choices.coin() {
            binary(operator, object, other)
        } else {
            binary(operator, other, object)
        })
    }

    fn string(&mut self) -> Node {
        let weights = [
            8,
            14,
            self.weights.of(Feature::Concat),
            self.weights.of(Feature::Library),
            self.weights.of(Feature::Field),
            self.weights.of(Feature::Logic) / 2,
            self.weights.of(Feature::Invoke),
            self.weights.of(Feature::Global) / 2,
            self.weights.of(Feature::Library) / 2,
            self.weights.of(Feature::Method) / 2,
        ];
        let node = match self.choices.weighted(&weights).unwrap_or(0) {
            1 => self
                .variable_of(Type::String)
                .map(|variable| reference(variable.id)),
            2 => Some(self.concatenation()),
            3 => self.plausible(Type::String),
            4 => Some(self.read(Type::String)),
            5 => Some(self.choose(Type::String)),
            6 => self.invoke(Type::String),
            7 => self.global_of(Type::String),
            8 => Some(self.formatted()),
            9 => {
                let object = self.expression(Type::String);
                let name = self.choices.text(&["upper", "lower", "reverse"]);
                Some(method(object, name, vec![]))
            }
            _ => None,
        };
        node.unwrap_or_else(|| self.simple(Type::String))
    }

    fn concatenation(&mut self) -> Node {
        let count = self.choices.between(2, 4);
        let mut parts: Vec<Node> = (0..count)
            .map(|_| {
                let kind = if self.choices.percent(30) {
                    Type::Number
                } else {
                    Type::String
                };
                self.expression(kind)
            })
            .collect();
        let mut node = parts.pop().unwrap_or_else(nil);
        while let Some(part) = parts.pop() {
            node = binary(BinaryOperator::Concat, part, node);
        }
        node
    }

    /// `string.format` with what its directives want.
    fn formatted(&mut self) -> Node {
        let mut format = String::new();
        let mut arguments = Vec::new();
        for _ in 0..self.choices.between(1, 3) {
            let (directive, kind) = self
                .choices
                .pick(&literals::DIRECTIVES)
                .copied()
                .unwrap_or(("%s", Type::String));
            format.push_str(directive);
            format.push_str(self.choices.text(&["", " ", ",", "%%"]));
            arguments.push(self.expression(kind));
        }
        arguments.insert(0, string(&format));
        library("string.format", arguments)
    }

    /// A string cut so short that no loop makes it grow without end.
    pub(crate) fn bounded_string(&mut self) -> Node {
        let node = self.expression(Type::String);
        match node.kind {
            Kind::String(..) | Kind::Reference(_) | Kind::Nil => node,
            _ => library("string.sub", vec![node, integer(1), integer(40)]),
        }
    }

    /// An expression that a variable or field of the type may keep.
    pub(crate) fn kept(&mut self, kind: Type) -> Node {
        if kind == Type::String {
            self.bounded_string()
        } else {
            self.expression(kind)
        }
    }

    fn boolean(&mut self) -> Node {
        let weights = [
            6,
            8,
            self.weights.of(Feature::Comparison),
            self.weights.of(Feature::Comparison),
            self.weights.of(Feature::Logic),
            self.weights.of(Feature::Logic) / 2,
            self.weights.of(Feature::Field) / 3,
            self.weights.of(Feature::Invoke) / 2,
            self.weights.of(Feature::Library) / 4,
        ];
        let node = match self.choices.weighted(&weights).unwrap_or(0) {
            1 => self
                .variable_of(Type::Boolean)
                .map(|variable| reference(variable.id)),
            2 => {
                let kind = if self.choices.percent(75) {
                    Type::Number
                } else {
                    Type::String
                };
                Some(self.comparison(kind, &BinaryOperator::COMPARISONS))
            }
            3 => Some(self.comparison(
                Type::Any,
                &[BinaryOperator::Equal, BinaryOperator::NotEqual],
            )),
            4 => {
                let kind = if self.choices.coin() {
                    Type::Any
                } else {
                    Type::Boolean
                };
                Some(unary(UnaryOperator::Not, self.expression(kind)))
            }
            5 => Some(self.choose(Type::Boolean)),
            6 => Some(self.read(Type::Boolean)),
            7 => self.invoke(Type::Boolean),
            8 => self.plausible(Type::Boolean),
            _ => None,
        };
        node.unwrap_or_else(|| self.simple(Type::Boolean))
    }

    fn comparison(&mut self, kind: Type, operators: &[BinaryOperator]) -> Node {
        let operator = self
            .choices
            .pick(operators)
            .copied()
            .unwrap_or(BinaryOperator::Equal);
        let left = self.expression(kind);
        let right = self.expression(kind);
        binary(operator, left, right)
    }

    /// Any expression at all: no result of it is counted on.
    fn anything(&mut self) -> Node {
        let weights = [
            10,
            8,
            8,
            6,
            8,
            self.weights.of(Feature::Library) / 2,
            self.weights.of(Feature::Logic) / 2,
            self.weights.of(Feature::LocalFunction) / 4,
            self.weights.of(Feature::Vararg) / 2,
            self.weights.of(Feature::Field) / 3,
        ];
        let node = match self.choices.weighted(&weights).unwrap_or(0) {
            1 => Some(self.expression(Type::Number)),
            2 => Some(self.expression(Type::String)),
            3 => Some(self.expression(Type::Boolean)),
            4 => {
                let kind = [Type::Numbers, Type::Strings, Type::Record];
                let kind = self.choices.pick(&kind).copied().unwrap_or(Type::Record);
                Some(self.expression(kind))
            }
            5 => self.plausible(Type::Any),
            6 => {
                let operator = if self.choices.coin() {
                    BinaryOperator::And
                } else {
                    BinaryOperator::Or
                };
                let left = self.expression(Type::Any);
                let right = self.expression(Type::Any);
                Some(binary(operator, left, right))
            }
            7 if self.may_nest_function() => Some(self.function_value()),
            8 => Some(self.dots()),
            9 => Some(self.read(Type::Any)),
            _ => None,
        };
        node.unwrap_or_else(|| self.simple(Type::Any))
    }

    /// A table that is a list or a record.
    fn table(&mut self, kind: Type) -> Node {
        if self.choices.percent(50)
            && let Some(variable) = self.variable_of(kind)
        {
            return reference(variable.id);
        }
        let many = self.uses(Feature::Constructor) && self.choices.percent(6);
        if many && kind != Type::Record {
            return self.long_list(kind);
        }
        let count = self.choices.between(0, 4);
        let items = (0..count).map(|_| match kind {
            Type::Numbers => positional(self.expression(Type::Number)),
            Type::Strings => positional(self.kept(Type::String)),
            _ => self.entry(),
        });
        Node::new(Kind::Table, items.collect())
    }

    /// An entry of a record.
    fn entry(&mut self) -> Node {
        let (name, kind) = self
            .choices
            .pick(&FIELDS)
            .copied()
            .unwrap_or(("x", Type::Number));
        match self.choices.below(8) {
            0 => {
                let key = self.key();
                let value = self.kept(Type::Any);
                Node::new(Kind::Keyed, vec![key, value])
            }
            1 => positional(self.simple(Type::Any)),
            2 => Node::new(Kind::Keyed, vec![string(name), self.kept(kind)]),
            _ => named(name, self.kept(kind)),
        }
    }

    /// A key that is neither nil, nor NaN, nor an object, whose place would depend on addresses.
    pub(crate) fn key(&mut self) -> Node {
        match self.choices.below(6) {
            0 => integer(i64::try_from(self.choices.below(9)).unwrap_or(1)),
            1 => number(self.choices.text(&["0.5", "1e15", "-0", "2", "1e300"])),
            2 => truth(self.choices.coin()),
            3 => unary(UnaryOperator::Length, self.simple(Type::String)),
            _ => string(
                self.choices
                    .text(&["k", "key", "a longer key", "__index", "0"]),
            ),
        }
    }

    /// A list whose length is near what is stored at once.
    fn long_list(&mut self, kind: Type) -> Node {
        let lengths = [8, 9, 49, 50, 51, 100, 101];
        let length = self.choices.pick(&lengths).copied().unwrap_or(8);
        let items = (0..length).map(|position: usize| {
            positional(if kind == Type::Numbers {
                number(&position.to_string())
            } else {
                string("s")
            })
        });
        Node::new(Kind::Table, items.collect())
    }
}
