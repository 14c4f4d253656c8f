//! Calls: of the library's functions by table, plausible and hostile, and of the program's own.

use super::ast::{Kind, Node};
use super::build::*;
use super::generator::Generator;
use super::library::{Argument, FUNCTIONS, LibraryFunction};
use super::literals;
use super::types::{Function, Type};
use super::weights::Feature;

impl Generator<'_, '_> {
    /// A row of the library's table for which this holds.
    fn row(
        &mut self,
        wanted: impl Fn(&LibraryFunction) -> bool,
    ) -> Option<&'static LibraryFunction> {
        let weights: Vec<u32> = FUNCTIONS
            .iter()
            .zip(self.weights.library())
            .map(|(function, &weight)| if wanted(function) { weight } else { 0 })
            .collect();
        FUNCTIONS.get(self.choices.weighted(&weights)?)
    }

    /// A library call that certainly gives a value of the type and does no harm.
    pub(crate) fn plausible(&mut self, kind: Type) -> Option<Node> {
        let function = self.row(|function| function.total && function.result == kind)?;
        let arguments = self.sensible_arguments(function);
        Some(self.called(function, arguments))
    }

    /// Arguments that make sense.
    fn sensible_arguments(&mut self, function: &LibraryFunction) -> Vec<Node> {
        let count = self
            .choices
            .between(function.required, function.arguments.len());
        let wanted = function.arguments.iter().take(count);
        let mut arguments: Vec<Node> = wanted.map(|&argument| self.argument(argument)).collect();
        // It might give no value, or too many.
        if let Some(last) = arguments.last_mut()
            && last.gives_many()
        {
            *last = Node::new(Kind::Parenthesis, vec![std::mem::replace(last, nil())]);
        }
        arguments
    }

    /// A call, as a method of a string where that is possible.
    fn called(&mut self, function: &LibraryFunction, mut arguments: Vec<Node>) -> Node {
        let of_string = function.name.strip_prefix("string.");
        if let Some(name) = of_string
            && function.arguments.first() == Some(&Argument::String)
            && !arguments.is_empty()
            && self.choices.percent(30)
        {
            let object = arguments.remove(0);
            return method(object, name, arguments);
        }
        library(function.name, arguments)
    }

    fn argument(&mut self, argument: Argument) -> Node {
        let small = |low: i64, value: usize| integer(low + i64::try_from(value).unwrap_or(0));
        match argument {
            Argument::Number => self.expression(Type::Number),
            Argument::Integer => small(-3, self.choices.below(13)),
            Argument::Count => small(0, self.choices.below(7)),
            Argument::Byte => small(0, self.choices.below(256)),
            Argument::Base => small(2, self.choices.below(35)),
            Argument::String => self.expression(Type::String),
            Argument::Numeral => string(self.choices.text(&literals::NUMERIC_STRINGS)),
            Argument::Pattern => string(self.choices.text(&literals::PATTERNS)),
            Argument::Replacement => {
                string(self.choices.text(&["<%0>", "", "%1", "x", "%%", "%0%0"]))
            }
            Argument::Numbers => self.expression(Type::Numbers),
            Argument::Strings => self.expression(Type::Strings),
            Argument::Record => self.expression(Type::Record),
            Argument::Any => self.expression(Type::Any),
            Argument::Function if self.may_nest_function() => self.function_value(),
            Argument::Function => global("type"),
            Argument::Date => string(self.choices.text(&literals::DATES)),
        }
    }

    /// `function(…) … return … end` that may be called with anything.
    pub(crate) fn function_value(&mut self) -> Node {
        let context = Function {
            vararg: self.choices.percent(30),
            may_yield: false,
            result: Some(Type::Any),
            loops: 0,
        };
        let vararg = context.vararg;
        self.in_function(context, |own| {
            let count = own.choices.below(3);
            let parameters = (0..count).map(|_| own.new_variable(Type::Any)).collect();
            let mut statements = Vec::new();
            let count = own.choices.below(3);
            own.statements_into(&mut statements, count);
            if !ends(&statements) {
                let result = own.expression(Type::Any);
                statements.push(give(vec![result]));
            }
            function(parameters, vararg, statements)
        })
    }

    /// A call of a function of the program's own that gives the type.
    pub(crate) fn invoke(&mut self, kind: Type) -> Option<Node> {
        let may_yield = self
            .functions
            .last()
            .is_some_and(|function| function.may_yield);
        let fits: Vec<usize> = self
            .signatures
            .iter()
            .enumerate()
            .filter(|(_, signature)| signature.result == kind && (may_yield || !signature.yields))
            .map(|(position, _)| position)
            .collect();
        let variable = self.variable(|variable| {
            matches!(variable.kind, Type::Function(signature) if fits.contains(&signature))
        })?;
        let Type::Function(position) = variable.kind else {
            return None;
        };
        let signature = self.signatures.get(position)?.clone();
        let mut arguments = self.expressions(&signature.parameters);
        if signature.vararg && self.uses(Feature::Vararg) {
            for _ in 0..self.choices.below(3) {
                arguments.push(self.expression(Type::Any));
            }
            if self.choices.percent(30) {
                arguments.push(self.dots());
            }
        }
        Some(call(reference(variable.id), arguments))
    }

    /// A call of a library function with any arguments, whose results or error are shown.
    pub(crate) fn hostile(&mut self) -> Option<Node> {
        let function = self.row(|function| function.hostile)?;
        let fresh = std::mem::replace(&mut self.fresh, true);
        let node = self.hostile_call(function);
        self.fresh = fresh;
        Some(node)
    }

    fn hostile_call(&mut self, row: &LibraryFunction) -> Node {
        let most = row.arguments.len() + 1;
        let count = self.choices.below(most + 1);
        let mut arguments = Vec::new();
        for position in 0..count {
            let sensible = row.arguments.get(position);
            arguments.push(match sensible {
                Some(&argument) if self.choices.percent(55) => self.argument(argument),
                _ => self.hostile_argument(),
            });
        }
        // Of what is called directly, messages know no name.
        let protected = if self.choices.coin() {
            arguments.insert(0, path(row.name));
            library("pcall", arguments)
        } else {
            let call = self.called(row, arguments);
            library(
                "pcall",
                vec![function(vec![], false, vec![give(vec![call])])],
            )
        };
        call_statement(global("show"), vec![protected])
    }

    fn hostile_argument(&mut self) -> Node {
        match self.choices.below(12) {
            0 => nil(),
            1 => truth(self.choices.coin()),
            2 | 3 => match self
                .choices
                .text(&literals::HOSTILE_NUMBERS)
                .split_once('/')
            {
                Some((left, right)) => binary(
                    super::ast::BinaryOperator::Divide,
                    number(left),
                    number(right),
                ),
                None => literals::signed(self.choices.text(&literals::HOSTILE_NUMBERS)),
            },
            4 => string(self.choices.text(&literals::BAD_PATTERNS)),
            5 => string(self.choices.text(&literals::BAD_FORMATS)),
            6 => literals::odd_string(self.choices),
            7 => string(self.choices.text(&literals::REPLACEMENTS)),
            8 => list(vec![]),
            9 => path(self.choices.text(&["print", "next", "string.len", "type"])),
            10 => library("coroutine.create", vec![function(vec![], false, vec![])]),
            _ => string(self.choices.text(&literals::NUMERIC_STRINGS)),
        }
    }
}

/// Does control never leave these statements at their end?
pub(crate) fn ends(statements: &[Node]) -> bool {
    matches!(
        statements.last(),
        Some(Node {
            kind: Kind::Return | Kind::Break,
            ..
        })
    )
}
