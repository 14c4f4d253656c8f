//! What the generator knows about values: estimated types, variables in scope, functions.
//!
//! In mode Total the estimates are right, by discipline: a variable keeps its type, a field's
//! name tells the type of what it holds (or nil), a list is dense, and what may go wrong stands
//! inside `pcall`, from where only values of type [`Type::Any`] come out.

/// An estimated type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A number.
    Number,
    /// A string of some dozen bytes.
    String,
    /// A boolean.
    Boolean,
    /// A dense list of numbers.
    Numbers,
    /// A dense list of strings.
    Strings,
    /// A table whose fields are those of [`FIELDS`].
    Record,
    /// A table with a metatable in which these events give numbers (bits of [`EVENTS`]).
    Object(u32),
    /// A function with the signature of this number.
    Function(usize),
    /// A coroutine.
    Coroutine,
    /// Anything: can be shown, compared for equality, tested.
    Any,
}

impl Type {
    /// Types of variables and parameters that need nothing else.
    pub const PLAIN: [Self; 7] = [
        Self::Number,
        Self::String,
        Self::Boolean,
        Self::Numbers,
        Self::Strings,
        Self::Record,
        Self::Any,
    ];

    /// Are its values no objects?
    pub const fn is_scalar(self) -> bool {
        matches!(self, Self::Number | Self::String | Self::Boolean)
    }
}

/// Fields of records with their types; what is read may be nil.
pub const FIELDS: [(&str, Type); 7] = [
    ("x", Type::Number),
    ("y", Type::Number),
    ("count", Type::Number),
    ("name", Type::String),
    ("text", Type::String),
    ("flag", Type::Boolean),
    ("other", Type::Any),
];

/// Global variables with their types; what is read may be nil.
pub const GLOBALS: [(&str, Type); 5] = [
    ("G1", Type::Number),
    ("G2", Type::Number),
    ("GS", Type::String),
    ("GB", Type::Boolean),
    ("GA", Type::Any),
];

/// Events of objects that stand for operators, in the order of the bits of
/// [`Type::Object`].
pub const EVENTS: [&str; 12] = [
    "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__concat", "__unm", "__lt", "__le",
    "__eq", "__call",
];

/// A variable in scope.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its number in the tree.
    pub id: u32,
    /// What it holds.
    pub kind: Type,
    /// May it be assigned to?
    pub assignable: bool,
    /// Functions around its declaration.
    pub level: usize,
}

/// What is known about a function.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Its parameters.
    pub parameters: Vec<Type>,
    /// Its first result.
    pub result: Type,
    /// Does it take more arguments?
    pub vararg: bool,
    /// Does it yield, so that only coroutines may call it?
    pub yields: bool,
}

/// The function that is being generated.
#[derive(Debug, Clone)]
pub struct Function {
    /// Has it `...`?
    pub vararg: bool,
    /// May it yield right here?
    pub may_yield: bool,
    /// What it returns, if its callers count on it.
    pub result: Option<Type>,
    /// Loops around the place.
    pub loops: usize,
}
