//! Statements and functions.

use super::ast::{BinaryOperator, Kind, Node};
use super::build::*;
use super::calls::ends;
use super::generator::Generator;
use super::literals;
use super::types::{FIELDS, Function, GLOBALS, Signature, Type};
use super::weights::Feature;
use super::{Mode, scenes};

/// Blocks inside each other, at most.
const DEEPEST: usize = 6;

impl Generator<'_, '_> {
    /// So many statements, fewer if the last one ends the block.
    pub(crate) fn statements_into(&mut self, statements: &mut Vec<Node>, count: usize) {
        for _ in 0..count {
            self.statement(statements);
            if ends(statements) {
                return;
            }
        }
    }

    /// One statement, or a few that belong together.
    fn statement(&mut self, out: &mut Vec<Node>) {
        self.spend();
        let deep = self.nesting >= DEEPEST || self.budget == 0;
        let weights: Vec<u32> = Feature::ALL
            .iter()
            .map(|&feature| {
                let possible = match feature {
                    Feature::Show
                    | Feature::Assign
                    | Feature::Store
                    | Feature::Call
                    | Feature::Print => true,
                    Feature::Local | Feature::AssignMany | Feature::Hostile | Feature::Raw => {
                        self.budget > 0
                    }
                    Feature::Break => self
                        .functions
                        .last()
                        .is_some_and(|function| function.loops > 0),
                    Feature::Return => {
                        self.functions.len() > 1 && self.nesting > self.functions.len()
                    }
                    Feature::If
                    | Feature::While
                    | Feature::Repeat
                    | Feature::NumericFor
                    | Feature::GenericFor
                    | Feature::Do => !deep,
                    Feature::LocalFunction
                    | Feature::Method
                    | Feature::Protect
                    | Feature::Handler
                    | Feature::Coroutine
                    | Feature::Closures
                    | Feature::Object
                    | Feature::Proxy
                    | Feature::Weak
                    | Feature::Environment
                    | Feature::Load
                    | Feature::Dump
                    | Feature::Sort
                    | Feature::Substitute
                    | Feature::Debug => !deep && self.may_nest_function(),
                    Feature::Collect => !deep,
                    Feature::Raise => self.protected > 0 && self.functions.len() > 1,
                    _ => false,
                };
                if possible {
                    self.weights.of(feature)
                } else {
                    0
                }
            })
            .collect();
        let feature = self
            .choices
            .weighted(&weights)
            .and_then(|position| Feature::ALL.get(position))
            .copied()
            .unwrap_or(Feature::Show);
        match feature {
            Feature::Local => self.local(out),
            Feature::Assign => out.push(self.assign_one()),
            Feature::Store => out.push(self.store()),
            Feature::AssignMany => out.push(self.assign_many()),
            Feature::If => out.push(self.branch()),
            Feature::While => out.push(self.while_loop()),
            Feature::Repeat => out.push(self.repeat_loop()),
            Feature::NumericFor => out.push(self.numeric_for()),
            Feature::GenericFor => out.push(self.generic_for()),
            Feature::Do => {
                let statements = self.block(4);
                out.push(Node::new(Kind::Do, vec![block(statements)]));
            }
            Feature::LocalFunction => out.push(self.local_function(false)),
            Feature::Break => {
                let condition = self.expression(Type::Boolean);
                out.push(if_then(condition, vec![Node::leaf(Kind::Break)]));
            }
            Feature::Return => {
                let condition = self.expression(Type::Boolean);
                let statement = self.give_result();
                out.push(if_then(condition, vec![statement]));
            }
            Feature::Call => out.push(self.call_for_nothing()),
            Feature::Hostile => out.extend(self.hostile()),
            Feature::Protect => out.push(self.trial()),
            Feature::Raise => out.push(self.raise()),
            Feature::Print => out.push(self.print()),
            Feature::Show => out.push(self.show()),
            other => scenes::play(self, other, out),
        }
    }

    fn show(&mut self) -> Node {
        let count = self.choices.between(1, 3);
        let values = (0..count).map(|_| self.expression(Type::Any)).collect();
        call_statement(global("show"), values)
    }

    fn print(&mut self) -> Node {
        let kinds = [Type::Number, Type::String];
        let count = self.choices.between(1, 3);
        let mut values = Vec::new();
        for _ in 0..count {
            let kind = self.choices.pick(&kinds).copied().unwrap_or(Type::Number);
            values.push(self.expression(kind));
        }
        let name = self.choices.text(&["print", "io.write", "io.stdout:write"]);
        match name.split_once(':') {
            Some((object, name)) => statement(method(path(object), name, values)),
            None => call_statement(path(name), values),
        }
    }

    /// A type that variables are often of.
    pub(crate) fn plain_type(&mut self) -> Type {
        let weights = [30, 20, 10, 10, 8, 14, 8];
        let position = self.choices.weighted(&weights).unwrap_or(0);
        Type::PLAIN.get(position).copied().unwrap_or(Type::Any)
    }

    fn local(&mut self, out: &mut Vec<Node>) {
        if !self.may_declare() {
            out.push(self.show());
            return;
        }
        if self.uses(Feature::AssignMany) && self.choices.percent(25) {
            out.push(self.local_many());
            return;
        }
        let kind = self.plain_type();
        let value = self.kept(kind);
        let binder = self.new_variable(kind);
        out.push(local(vec![binder], vec![value]));
    }

    /// Several variables, perhaps with more or fewer values.
    fn local_many(&mut self) -> Node {
        let count = self.choices.between(2, 4);
        let given = self.choices.below(count + 2);
        let mut kinds = Vec::new();
        let mut values = Vec::new();
        for position in 0..count.max(given) {
            // Without a value of its own it gets nil, or what a call gives.
            let kind = if position < given {
                self.plain_type()
            } else {
                Type::Any
            };
            if position < given {
                values.push(self.kept(kind));
            }
            kinds.push(kind);
        }
        if given < count && self.choices.coin() {
            values.push(self.dots());
        }
        let binders = kinds
            .iter()
            .take(count)
            .map(|&kind| self.new_variable(kind))
            .collect();
        local(binders, values)
    }

    /// Something that can be assigned to, and the type it must keep.
    fn target(&mut self) -> (Node, Type) {
        if self.uses(Feature::Global) && self.choices.percent(20) {
            let (name, kind) = self
                .choices
                .pick(&GLOBALS)
                .copied()
                .unwrap_or(("GA", Type::Any));
            return (global(name), kind);
        }
        match self.variable(|variable| {
            variable.assignable
                && !matches!(
                    variable.kind,
                    Type::Function(_) | Type::Object(_) | Type::Coroutine
                )
        }) {
            Some(variable) => (reference(variable.id), variable.kind),
            None => (global("GA"), Type::Any),
        }
    }

    fn assign_one(&mut self) -> Node {
        let (target, kind) = self.target();
        assign(target, self.kept(kind))
    }

    fn assign_many(&mut self) -> Node {
        let count = self.choices.between(2, 3);
        let mut targets = Vec::new();
        let mut values = Vec::new();
        for _ in 0..count {
            let (target, kind) = if self.choices.percent(30) {
                self.place()
            } else {
                self.target()
            };
            targets.push(target);
            values.push(self.kept(kind));
        }
        targets.extend(values);
        Node::new(Kind::Assign(count), targets)
    }

    /// A field or an element, and the type it must keep.
    fn place(&mut self) -> (Node, Type) {
        let record = self.variable_of(Type::Record);
        match record {
            Some(record) if self.choices.percent(70) => {
                let (name, kind) = self
                    .choices
                    .pick(&FIELDS)
                    .copied()
                    .unwrap_or(("x", Type::Number));
                (field(reference(record.id), name), kind)
            }
            Some(record) => (index(reference(record.id), self.key()), Type::Any),
            None => self.target(),
        }
    }

    fn store(&mut self) -> Node {
        let list = self.variable(|variable| matches!(variable.kind, Type::Numbers | Type::Strings));
        if let Some(list) = list
            && self.choices.coin()
        {
            let kind = if list.kind == Type::Numbers {
                Type::Number
            } else {
                Type::String
            };
            let value = self.kept(kind);
            let last = unary(super::ast::UnaryOperator::Length, reference(list.id));
            let next = binary(BinaryOperator::Add, last, number("1"));
            return match self.choices.below(3) {
                0 => {
                    // A call might give no value, or too many.
                    let value = Node::new(Kind::Parenthesis, vec![value]);
                    call_statement(path("table.insert"), vec![reference(list.id), value])
                }
                1 => call_statement(path("table.remove"), vec![reference(list.id)]),
                _ => assign(index(reference(list.id), next), value),
            };
        }
        let (target, kind) = self.place();
        // Not where a loop may just be at the entry: taken out, it could not be left (manual,
        // `next`).
        let may_clear =
            self.level() == 1 && self.nesting == 0 && matches!(target.kind, Kind::Index);
        let value = if may_clear && self.choices.percent(15) {
            nil()
        } else {
            self.kept(kind)
        };
        assign(target, value)
    }

    fn branch(&mut self) -> Node {
        let mut children = Vec::new();
        for _ in 0..self.choices.between(1, 3) {
            let kind = if self.choices.percent(80) {
                Type::Boolean
            } else {
                Type::Any
            };
            children.push(self.expression(kind));
            children.push(block(self.block(3)));
        }
        if self.choices.coin() {
            children.push(block(self.block(3)));
        }
        Node::new(Kind::If, children)
    }

    /// The statements of a loop's body.
    fn loop_body(&mut self, first: Vec<Node>) -> Vec<Node> {
        if let Some(function) = self.function() {
            function.loops += 1;
        }
        let mut statements = first;
        let count = self.choices.between(1, 3);
        self.statements_into(&mut statements, count);
        if let Some(function) = self.function() {
            function.loops -= 1;
        }
        statements
    }

    fn while_loop(&mut self) -> Node {
        let condition = if self.choices.percent(70) {
            binary(
                BinaryOperator::And,
                self.has_fuel(),
                self.expression(Type::Boolean),
            )
        } else {
            self.has_fuel()
        };
        let burn = self.burn();
        let body = self.scoped(|own| own.loop_body(vec![burn]));
        Node::new(Kind::While, vec![condition, block(body)])
    }

    fn repeat_loop(&mut self) -> Node {
        let burn = self.burn();
        self.scoped(|own| {
            let body = own.loop_body(vec![burn]);
            let spent = binary(BinaryOperator::LessEqual, reference(own.fuel), number("0"));
            // After a break or return in the middle, what follows isn't declared.
            let condition = binary(BinaryOperator::Or, spent, own.expression(Type::Boolean));
            Node::new(Kind::Repeat, vec![block(body), condition])
        })
    }

    /// `if fuel <= 0 then break end fuel = fuel - 1`
    fn round(&self) -> Vec<Node> {
        let spent = binary(BinaryOperator::LessEqual, reference(self.fuel), number("0"));
        vec![if_then(spent, vec![Node::leaf(Kind::Break)]), self.burn()]
    }

    fn numeric_for(&mut self) -> Node {
        let starts = ["1", "1", "0", "3", "-2", "0.5"];
        let start = literals::signed(self.choices.text(&starts));
        let inside = self
            .functions
            .last()
            .is_some_and(|function| function.loops > 0);
        let any_limit = self.choices.percent(30);
        let limit = if any_limit {
            self.expression(Type::Number)
        } else {
            integer(i64::try_from(self.choices.below(5)).unwrap_or(2))
        };
        let mut children = vec![start, limit];
        if self.choices.percent(30) {
            children.push(literals::signed(
                self.choices.text(&["1", "2", "-1", "0.5", "-3"]),
            ));
        }
        // A step away from the limit ends at once; one toward it never takes more rounds than
        // there is fuel, except with small numbers in all three.
        let first = if any_limit || inside || self.choices.coin() {
            self.round()
        } else {
            Vec::new()
        };
        let name = self.choices.text(&["i", "j", "k", "n"]);
        let variable = self.binder(name);
        let body = self.scoped(|own| {
            own.declare(&variable, Type::Number, true);
            own.loop_body(first)
        });
        children.push(block(body));
        Node::new(Kind::NumericFor(variable), children)
    }

    fn generic_for(&mut self) -> Node {
        let (values, kinds): (Vec<Node>, [Type; 2]) = match self.choices.below(6) {
            0 | 1 => {
                let kind = self
                    .choices
                    .pick(&[Type::Record, Type::Numbers, Type::Strings])
                    .copied();
                let object = self.expression(kind.unwrap_or(Type::Record));
                (vec![library("pairs", vec![object])], [Type::Any; 2])
            }
            2 => {
                let object = self.expression(Type::Numbers);
                (vec![library("ipairs", vec![object])], [Type::Number; 2])
            }
            3 => {
                let object = self.expression(Type::Strings);
                (
                    vec![library("ipairs", vec![object])],
                    [Type::Number, Type::String],
                )
            }
            4 => {
                let object = self.expression(Type::Record);
                (vec![global("next"), object], [Type::Any; 2])
            }
            _ => {
                let text = self.expression(Type::String);
                let pattern = string(self.choices.text(&["%a+", "%w", ".", "[^,]+", "%d"]));
                (
                    vec![library("string.gmatch", vec![text, pattern])],
                    [Type::String, Type::Any],
                )
            }
        };
        let first = self.round();
        let names = if self.choices.coin() {
            ["k", "v"]
        } else {
            ["key", "value"]
        };
        let count = self.choices.between(1, 2);
        let mut binders = Vec::new();
        let body = self.scoped(|own| {
            for (name, kind) in names.into_iter().zip(kinds).take(count) {
                let binder = own.binder(name);
                own.declare(&binder, kind, kind != Type::Any);
                binders.push(binder);
            }
            own.loop_body(first)
        });
        let mut children = values;
        children.push(block(body));
        Node::new(Kind::GenericFor(binders), children)
    }

    /// `return` of what the function's callers count on.
    fn give_result(&mut self) -> Node {
        let kind = self.functions.last().and_then(|function| function.result);
        give(match kind {
            Some(kind) => {
                let mut values = vec![self.kept(kind)];
                for _ in 0..self.choices.below(3) {
                    values.push(self.simple(Type::Any));
                }
                values
            }
            None => Vec::new(),
        })
    }

    /// `local function`, whose calls burn fuel.
    pub(crate) fn local_function(&mut self, yields: bool) -> Node {
        let result = self.plain_type();
        let count = self.choices.below(4);
        let parameters: Vec<Type> = (0..count).map(|_| self.plain_type()).collect();
        let vararg = self.uses(Feature::Vararg) && self.choices.percent(25);
        let signature = self.signatures.len();
        self.signatures.push(Signature {
            parameters: parameters.clone(),
            result,
            vararg,
            yields,
        });
        let name = self.choices.text(&["f", "g", "h", "step", "make"]);
        let name = self.binder(name);
        self.declare(&name, Type::Function(signature), false);
        let body = Function {
            vararg,
            may_yield: yields,
            result: Some(result),
            loops: 0,
        };
        let function = self.in_function(body, |own| {
            let parameters = parameters
                .iter()
                .map(|&kind| own.new_variable(kind))
                .collect();
            let spent = binary(BinaryOperator::LessEqual, reference(own.fuel), number("0"));
            let fallback = own.fallback(result);
            let mut statements = vec![if_then(spent, vec![give(vec![fallback])]), own.burn()];
            let count = own.choices.between(1, 4);
            own.statements_into(&mut statements, count);
            if !ends(&statements) {
                let last = own.give_result();
                statements.push(last);
            }
            function(parameters, vararg, statements)
        });
        Node::new(Kind::LocalFunction(name), vec![function])
    }

    /// A value of a type that calls nothing.
    fn fallback(&mut self, kind: Type) -> Node {
        match kind {
            Type::Number => number("0"),
            Type::String => string("spent"),
            Type::Boolean => truth(false),
            Type::Numbers | Type::Strings | Type::Record => list(vec![]),
            _ => nil(),
        }
    }

    fn call_for_nothing(&mut self) -> Node {
        let kind = self.plain_type();
        match self.invoke(kind) {
            Some(call) => statement(call),
            None => match self.plausible(kind) {
                Some(call) => statement(call),
                None => self.show(),
            },
        }
    }

    /// `show(pcall(function() … end))`, in whose inside mode Erring lets operations fail.
    pub(crate) fn trial(&mut self) -> Node {
        if !self.may_nest_function() {
            return self.show();
        }
        let context = Function {
            vararg: self.choices.percent(20),
            may_yield: false,
            result: Some(Type::Any),
            loops: 0,
        };
        let vararg = context.vararg;
        self.protected += 1;
        let body = self.in_function(context, |own| {
            let mut statements = Vec::new();
            let count = own.choices.between(1, 4);
            own.statements_into(&mut statements, count);
            if !ends(&statements) && own.choices.coin() {
                let last = own.give_result();
                statements.push(last);
            }
            function(vec![], vararg, statements)
        });
        self.protected -= 1;
        let handled = self.uses(Feature::Handler) && self.choices.percent(25);
        let protected = if handled {
            library("xpcall", vec![body, path("debug.traceback")])
        } else {
            let mut arguments = vec![body];
            if vararg {
                arguments.push(self.simple(Type::Any));
            }
            library("pcall", arguments)
        };
        call_statement(global("show"), vec![protected])
    }

    /// `error` with any value and level, on a condition.
    fn raise(&mut self) -> Node {
        let value = match self.choices.below(4) {
            0 => self.expression(Type::Record),
            1 => self.simple(Type::Any),
            _ => self.expression(Type::String),
        };
        let mut arguments = vec![value];
        if self.choices.percent(40) {
            arguments.push(integer(i64::try_from(self.choices.below(4)).unwrap_or(1)));
        }
        let raised = if self.mode == Mode::Erring && self.choices.percent(20) {
            let condition = self.expression(Type::Boolean);
            return call_statement(global("assert"), vec![condition, self.simple(Type::Any)]);
        } else {
            call_statement(global("error"), arguments)
        };
        let condition = self.expression(Type::Boolean);
        if_then(condition, vec![raised])
    }
}
