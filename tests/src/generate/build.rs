//! Short ways to make nodes.

use super::ast::{BinaryOperator, Binder, Kind, Node, Quote, UnaryOperator};

/// A declaration.
pub fn binder(id: u32, name: &str) -> Binder {
    Binder {
        id,
        name: name.to_owned(),
    }
}

/// A block of statements.
pub const fn block(statements: Vec<Node>) -> Node {
    Node::new(Kind::Block, statements)
}

/// `local … = …`
pub const fn local(binders: Vec<Binder>, values: Vec<Node>) -> Node {
    Node::new(Kind::Local(binders), values)
}

/// `target = value`
pub fn assign(target: Node, value: Node) -> Node {
    Node::new(Kind::Assign(1), vec![target, value])
}

/// `if condition then … end`
pub fn if_then(condition: Node, then: Vec<Node>) -> Node {
    Node::new(Kind::If, vec![condition, block(then)])
}

/// A numeral as it is written.
pub fn number(text: &str) -> Node {
    Node::leaf(Kind::Number(text.to_owned()))
}

/// A small whole number, with a minus where needed.
pub fn integer(value: i64) -> Node {
    let digits = number(&value.unsigned_abs().to_string());
    if value < 0 {
        unary(UnaryOperator::Minus, digits)
    } else {
        digits
    }
}

/// A literal string in double quotes.
pub fn string(text: &str) -> Node {
    Node::leaf(Kind::String(text.as_bytes().to_vec(), Quote::Double))
}

/// `nil`
pub const fn nil() -> Node {
    Node::leaf(Kind::Nil)
}

/// `true` or `false`
pub const fn truth(value: bool) -> Node {
    Node::leaf(if value { Kind::True } else { Kind::False })
}

/// A local variable.
pub const fn reference(id: u32) -> Node {
    Node::leaf(Kind::Reference(id))
}

/// A global variable.
pub fn global(name: &str) -> Node {
    Node::leaf(Kind::Global(name.to_owned()))
}

/// `...`
pub const fn vararg() -> Node {
    Node::leaf(Kind::Vararg)
}

/// `object[key]`
pub fn index(object: Node, key: Node) -> Node {
    Node::new(Kind::Index, vec![object, key])
}

/// `object.name`
pub fn field(object: Node, name: &str) -> Node {
    index(object, string(name))
}

/// A variable or a field of one, as in `string.rep`.
pub fn path(text: &str) -> Node {
    let mut parts = text.split('.');
    let first = global(parts.next().unwrap_or_default());
    parts.fold(first, field)
}

/// `callee(…)`
pub fn call(callee: Node, arguments: Vec<Node>) -> Node {
    let mut children = vec![callee];
    children.extend(arguments);
    Node::new(Kind::Call, children)
}

/// A call of a library function by its path.
pub fn library(name: &str, arguments: Vec<Node>) -> Node {
    call(path(name), arguments)
}

/// `object:name(…)`
pub fn method(object: Node, name: &str, arguments: Vec<Node>) -> Node {
    let mut children = vec![object];
    children.extend(arguments);
    Node::new(Kind::Method(name.to_owned()), children)
}

/// A call as a statement.
pub fn call_statement(callee: Node, arguments: Vec<Node>) -> Node {
    statement(call(callee, arguments))
}

/// A statement of a call.
pub fn statement(call: Node) -> Node {
    Node::new(Kind::CallStatement, vec![call])
}

/// `left operator right`
pub fn binary(operator: BinaryOperator, left: Node, right: Node) -> Node {
    Node::new(Kind::Binary(operator), vec![left, right])
}

/// `operator operand`
pub fn unary(operator: UnaryOperator, operand: Node) -> Node {
    Node::new(Kind::Unary(operator), vec![operand])
}

/// `function(…) … end`
pub fn function(parameters: Vec<Binder>, vararg: bool, body: Vec<Node>) -> Node {
    Node::new(Kind::Function { parameters, vararg }, vec![block(body)])
}

/// `return …`
pub const fn give(values: Vec<Node>) -> Node {
    Node::new(Kind::Return, values)
}

/// `{…}` of values by position.
pub fn list(values: Vec<Node>) -> Node {
    let items = values.into_iter().map(positional).collect();
    Node::new(Kind::Table, items)
}

/// An item by position.
pub fn positional(value: Node) -> Node {
    Node::new(Kind::Positional, vec![value])
}

/// An item by name.
pub fn named(name: &str, value: Node) -> Node {
    Node::new(Kind::Named(name.to_owned()), vec![value])
}
