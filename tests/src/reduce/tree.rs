//! The syntax tree that the reducer cuts parts from: owned nodes, without positions, so that
//! any part can be taken out, copied and put elsewhere.
//!
//! Trees are never deeper than [`MOST_LEVELS`]; the functions that walk them recurse.

use std::ops::Range;

pub use rilua::syntax::ast::{BinaryOperator, UnaryOperator};

/// Expressions and blocks inside each other; a text with more is reduced as text only.
pub const MOST_LEVELS: usize = 250;

/// An identifier.
pub type Name = Vec<u8>;

/// Statements with a scope of their own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    /// The statements.
    pub statements: Vec<Statement>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// A call whose results are dropped.
    Call(Expression),
    /// `targets = values`
    Assignment {
        /// What is assigned to.
        targets: Vec<Expression>,
        /// The values.
        values: Vec<Expression>,
    },
    /// `local names [= values]`
    Local {
        /// The variables.
        names: Vec<Name>,
        /// Their values.
        values: Vec<Expression>,
    },
    /// `local function name …`
    LocalFunction {
        /// The variable.
        name: Name,
        /// The function.
        function: Function,
    },
    /// `function a.b.c:name …`
    Function {
        /// The variable; the method's name is the last field.
        target: Expression,
        /// The function.
        function: Function,
    },
    /// `if … end`
    If {
        /// The `if` and all `elseif` clauses.
        clauses: Vec<Clause>,
        /// What stands after `else`.
        otherwise: Option<Block>,
    },
    /// `while condition do body end`
    While {
        /// The condition.
        condition: Expression,
        /// The loop's body.
        body: Block,
    },
    /// `do body end`
    Do(Block),
    /// `for variable = initial, limit, step do body end`
    NumericFor {
        /// The loop's variable.
        variable: Name,
        /// First value.
        initial: Expression,
        /// Last value.
        limit: Expression,
        /// Step.
        step: Option<Expression>,
        /// The loop's body.
        body: Block,
    },
    /// `for names in values do body end`
    GenericFor {
        /// The loop's variables.
        names: Vec<Name>,
        /// Iterator, state, initial value.
        values: Vec<Expression>,
        /// The loop's body.
        body: Block,
    },
    /// `repeat body until condition`
    Repeat {
        /// The loop's body.
        body: Block,
        /// The condition, in the scope of the body.
        condition: Expression,
    },
    /// `return values`
    Return(Vec<Expression>),
    /// `break`
    Break,
}

/// `if condition then body`
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// The condition.
    pub condition: Expression,
    /// What is done.
    pub body: Block,
}

/// A function.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Names of the parameters, without the hidden `self`.
    pub parameters: Vec<Name>,
    /// Takes `...`?
    pub is_vararg: bool,
    /// Has the hidden parameter `self`?
    pub has_self: bool,
    /// Its statements.
    pub body: Block,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// `nil`
    Nil,
    /// `true`
    True,
    /// `false`
    False,
    /// A numeral; neither negative nor a NaN.
    Number(f64),
    /// A literal string.
    String(Vec<u8>),
    /// `...`
    VarArg,
    /// A variable by name.
    Name(Name),
    /// `(inner)`
    Parenthesized(Box<Expression>),
    /// `table.name`
    Field {
        /// The table.
        table: Box<Expression>,
        /// The key.
        name: Name,
    },
    /// `table[key]`
    Index {
        /// The table.
        table: Box<Expression>,
        /// The key.
        key: Box<Expression>,
    },
    /// A call of a function or method.
    Call {
        /// What is called, or the object of the method.
        callee: Box<Expression>,
        /// Name of the method.
        method: Option<Name>,
        /// The arguments.
        arguments: Vec<Expression>,
    },
    /// `function … end`
    Function(Box<Function>),
    /// `{…}`
    Table(Vec<Item>),
    /// `operator operand`
    Unary {
        /// The operator.
        operator: UnaryOperator,
        /// Its operand.
        operand: Box<Expression>,
    },
    /// `left operator right`
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// Left operand.
        left: Box<Expression>,
        /// Right operand.
        right: Box<Expression>,
    },
}

/// An item of a table constructor.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its key.
    pub key: Key,
    /// Its value.
    pub value: Expression,
}

/// Key of an item of a table constructor.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    /// None: the next integer.
    Position,
    /// `name = `
    Name(Name),
    /// `[key] = `
    Expression(Expression),
}

/// Parts in a row, of which some can be left out.
pub trait List {
    /// How many there are.
    fn length(&self) -> usize;
    /// Leaves some out.
    fn leave_out(&mut self, parts: Range<usize>);
}

impl<T> List for Vec<T> {
    fn length(&self) -> usize {
        self.len()
    }

    fn leave_out(&mut self, parts: Range<usize>) {
        let end = parts.end.min(self.len());
        if parts.start < end {
            self.drain(parts.start..end);
        }
    }
}

/// What is told of the parts of a tree, in the order of the text, outer ones before inner ones.
/// A part that is changed is walked as it is afterwards.
pub trait Visitor {
    /// A block.
    fn block(&mut self, _block: &mut Block) {}
    /// An expression.
    fn expression(&mut self, _expression: &mut Expression) {}
    /// Statements, arguments, items, values, parameters, bytes of a string.
    fn list(&mut self, _list: &mut dyn List) {}
    /// A name of a variable or field.
    fn name(&mut self, _name: &mut Name) {}
}

impl Block {
    /// Shows the block and all that is in it.
    pub fn walk(&mut self, visitor: &mut dyn Visitor) {
        visitor.block(self);
        visitor.list(&mut self.statements);
        for statement in &mut self.statements {
            statement.walk(visitor);
        }
    }
}

impl Statement {
    /// Shows all that is in the statement.
    pub fn walk(&mut self, visitor: &mut dyn Visitor) {
        match self {
            Self::Call(call) => call.walk(visitor),
            Self::Assignment { targets, values } => {
                visitor.list(targets);
                walk_all(targets, visitor);
                visitor.list(values);
                walk_all(values, visitor);
            }
            Self::Local { names, values } => {
                visitor.list(names);
                names.iter_mut().for_each(|name| visitor.name(name));
                visitor.list(values);
                walk_all(values, visitor);
            }
            Self::LocalFunction { name, function } => {
                visitor.name(name);
                function.walk(visitor);
            }
            Self::Function { target, function } => {
                // Only its names: nothing else may stand here.
                target.walk_names(visitor);
                function.walk(visitor);
            }
            Self::If { clauses, otherwise } => {
                visitor.list(clauses);
                for clause in clauses {
                    clause.condition.walk(visitor);
                    clause.body.walk(visitor);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.walk(visitor);
                }
            }
            Self::While { condition, body } => {
                condition.walk(visitor);
                body.walk(visitor);
            }
            Self::Do(body) => body.walk(visitor),
            Self::NumericFor {
                variable,
                initial,
                limit,
                step,
                body,
            } => {
                visitor.name(variable);
                initial.walk(visitor);
                limit.walk(visitor);
                if let Some(step) = step {
                    step.walk(visitor);
                }
                body.walk(visitor);
            }
            Self::GenericFor {
                names,
                values,
                body,
            } => {
                visitor.list(names);
                names.iter_mut().for_each(|name| visitor.name(name));
                visitor.list(values);
                walk_all(values, visitor);
                body.walk(visitor);
            }
            Self::Repeat { body, condition } => {
                body.walk(visitor);
                condition.walk(visitor);
            }
            Self::Return(values) => {
                visitor.list(values);
                walk_all(values, visitor);
            }
            Self::Break => {}
        }
    }
}

impl Function {
    fn walk(&mut self, visitor: &mut dyn Visitor) {
        visitor.list(&mut self.parameters);
        self.parameters
            .iter_mut()
            .for_each(|name| visitor.name(name));
        self.body.walk(visitor);
    }
}

fn walk_all(expressions: &mut [Expression], visitor: &mut dyn Visitor) {
    for expression in expressions {
        expression.walk(visitor);
    }
}

impl Expression {
    /// Shows the expression and all that is in it.
    pub fn walk(&mut self, visitor: &mut dyn Visitor) {
        visitor.expression(self);
        match self {
            Self::Nil | Self::True | Self::False | Self::Number(_) | Self::VarArg => {}
            Self::String(text) => visitor.list(text),
            Self::Name(name) => visitor.name(name),
            Self::Parenthesized(inner) => inner.walk(visitor),
            Self::Field { table, name } => {
                table.walk(visitor);
                visitor.name(name);
            }
            Self::Index { table, key } => {
                table.walk(visitor);
                key.walk(visitor);
            }
            Self::Call {
                callee,
                method,
                arguments,
            } => {
                callee.walk(visitor);
                if let Some(method) = method {
                    visitor.name(method);
                }
                visitor.list(arguments);
                walk_all(arguments, visitor);
            }
            Self::Function(function) => function.walk(visitor),
            Self::Table(items) => {
                visitor.list(items);
                for item in items {
                    match &mut item.key {
                        Key::Position => {}
                        Key::Name(name) => visitor.name(name),
                        Key::Expression(key) => key.walk(visitor),
                    }
                    item.value.walk(visitor);
                }
            }
            Self::Unary { operand, .. } => operand.walk(visitor),
            Self::Binary { left, right, .. } => {
                left.walk(visitor);
                right.walk(visitor);
            }
        }
    }

    fn walk_names(&mut self, visitor: &mut dyn Visitor) {
        match self {
            Self::Name(name) => visitor.name(name),
            Self::Field { table, name } => {
                table.walk_names(visitor);
                visitor.name(name);
            }
            _ => {}
        }
    }

    /// The expressions that stand directly in this one, not those in a function's body.
    pub fn children(&self) -> Vec<&Self> {
        match self {
            Self::Nil
            | Self::True
            | Self::False
            | Self::Number(_)
            | Self::String(_)
            | Self::VarArg
            | Self::Name(_)
            | Self::Function(_) => Vec::new(),
            Self::Parenthesized(inner) => vec![inner],
            Self::Field { table, .. } => vec![table],
            Self::Index { table, key } => vec![table, key],
            Self::Call {
                callee, arguments, ..
            } => [&**callee].into_iter().chain(arguments).collect(),
            Self::Table(items) => {
                let parts = items.iter().flat_map(|item| {
                    let key = match &item.key {
                        Key::Expression(key) => Some(key),
                        Key::Position | Key::Name(_) => None,
                    };
                    key.into_iter().chain([&item.value])
                });
                parts.collect()
            }
            Self::Unary { operand, .. } => vec![operand],
            Self::Binary { left, right, .. } => vec![left, right],
        }
    }
}
