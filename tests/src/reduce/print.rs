//! From a tree back to text: one statement per line, two spaces for each level, parentheses
//! where the tree needs them although the text it came from had none.

use std::io::Write as _;

use super::tree::{
    BinaryOperator, Block, Expression, Function, Item, Key, Name, Statement, UnaryOperator,
};

/// Priority of the operand of a unary operator.
const UNARY_PRIORITY: u8 = 8;
/// What binds more strongly than a unary operator does, to its right.
const LEFT_OF_POWER: u8 = 10;

/// The text of a program.
pub fn print(block: &Block) -> Vec<u8> {
    let mut printer = Printer {
        text: Vec::new(),
        level: 0,
    };
    printer.block(block);
    printer.text
}

/// Spelling of an operator, and its priorities to the left and to the right.
const fn binary(operator: BinaryOperator) -> (&'static str, u8, u8) {
    match operator {
        BinaryOperator::Add => ("+", 6, 6),
        BinaryOperator::Sub => ("-", 6, 6),
        BinaryOperator::Mul => ("*", 7, 7),
        BinaryOperator::Div => ("/", 7, 7),
        BinaryOperator::Mod => ("%", 7, 7),
        BinaryOperator::Pow => ("^", 10, 9),
        BinaryOperator::Concat => ("..", 5, 4),
        BinaryOperator::NotEqual => ("~=", 3, 3),
        BinaryOperator::Equal => ("==", 3, 3),
        BinaryOperator::Less => ("<", 3, 3),
        BinaryOperator::LessEqual => ("<=", 3, 3),
        BinaryOperator::Greater => (">", 3, 3),
        BinaryOperator::GreaterEqual => (">=", 3, 3),
        BinaryOperator::And => ("and", 2, 2),
        BinaryOperator::Or => ("or", 1, 1),
    }
}

struct Printer {
    text: Vec<u8>,
    level: usize,
}

impl Printer {
    fn put(&mut self, text: impl AsRef<[u8]>) {
        self.text.extend_from_slice(text.as_ref());
    }

    fn line(&mut self) {
        for _ in 0..self.level {
            self.put("  ");
        }
    }

    fn block(&mut self, block: &Block) {
        let mut statements = block.statements.iter().peekable();
        while let Some(statement) = statements.next() {
            self.line();
            self.statement(statement);
            // Else the parenthesis would be taken for arguments.
            if statements.peek().is_some_and(|next| opens(next)) {
                self.put(";");
            }
            self.put("\n");
        }
    }

    fn body(&mut self, block: &Block) {
        self.put("\n");
        self.level += 1;
        self.block(block);
        self.level -= 1;
        self.line();
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Call(call) => self.expression(call),
            Statement::Assignment { targets, values } => {
                self.expressions(targets);
                self.put(" = ");
                self.expressions(values);
            }
            Statement::Local { names, values } => {
                self.put("local ");
                self.names(names);
                if !values.is_empty() {
                    self.put(" = ");
                    self.expressions(values);
                }
            }
            Statement::LocalFunction { name, function } => {
                self.put("local function ");
                self.put(name);
                self.function(function);
            }
            Statement::Function { target, function } => {
                self.put("function ");
                match target {
                    Expression::Field { table, name } if function.has_self => {
                        self.expression(table);
                        self.put(":");
                        self.put(name);
                    }
                    target => self.expression(target),
                }
                self.function(function);
            }
            Statement::If { clauses, otherwise } => {
                let mut word = "if ";
                for clause in clauses {
                    self.put(word);
                    self.expression(&clause.condition);
                    self.put(" then");
                    self.body(&clause.body);
                    word = "elseif ";
                }
                if let Some(otherwise) = otherwise {
                    self.put("else");
                    self.body(otherwise);
                }
                self.put("end");
            }
            Statement::While { condition, body } => {
                self.put("while ");
                self.expression(condition);
                self.loop_body(body);
            }
            Statement::Do(body) => {
                self.put("do");
                self.body(body);
                self.put("end");
            }
            Statement::NumericFor {
                variable,
                initial,
                limit,
                step,
                body,
            } => {
                self.put("for ");
                self.put(variable);
                self.put(" = ");
                self.expression(initial);
                self.put(", ");
                self.expression(limit);
                if let Some(step) = step {
                    self.put(", ");
                    self.expression(step);
                }
                self.loop_body(body);
            }
            Statement::GenericFor {
                names,
                values,
                body,
            } => {
                self.put("for ");
                self.names(names);
                self.put(" in ");
                self.expressions(values);
                self.loop_body(body);
            }
            Statement::Repeat { body, condition } => {
                self.put("repeat");
                self.body(body);
                self.put("until ");
                self.expression(condition);
            }
            Statement::Return(values) => {
                self.put("return");
                if !values.is_empty() {
                    self.put(" ");
                    self.expressions(values);
                }
            }
            Statement::Break => self.put("break"),
        }
    }

    fn loop_body(&mut self, body: &Block) {
        self.put(" do");
        self.body(body);
        self.put("end");
    }

    fn names(&mut self, names: &[Name]) {
        self.put(names.join(b", ".as_slice()));
    }

    fn function(&mut self, function: &Function) {
        self.put("(");
        self.names(&function.parameters);
        if function.is_vararg {
            self.put(if function.parameters.is_empty() {
                "..."
            } else {
                ", ..."
            });
        }
        self.put(")");
        if function.body.statements.is_empty() {
            self.put(" ");
        } else {
            self.body(&function.body);
        }
        self.put("end");
    }

    fn expressions(&mut self, expressions: &[Expression]) {
        for (index, expression) in expressions.iter().enumerate() {
            if index > 0 {
                self.put(", ");
            }
            self.expression(expression);
        }
    }

    fn expression(&mut self, expression: &Expression) {
        self.operand(expression, 0);
    }

    fn parenthesized(&mut self, expression: &Expression) {
        self.put("(");
        self.expression(expression);
        self.put(")");
    }

    /// What can be indexed and called without parentheses around it.
    fn prefix(&mut self, expression: &Expression) {
        match expression {
            Expression::Name(_)
            | Expression::Parenthesized(_)
            | Expression::Field { .. }
            | Expression::Index { .. }
            | Expression::Call { .. } => self.expression(expression),
            _ => self.parenthesized(expression),
        }
    }

    /// An expression as an operand, where only operators of a priority above `limit` may stand.
    fn operand(&mut self, expression: &Expression, limit: u8) {
        match expression {
            Expression::Nil => self.put("nil"),
            Expression::True => self.put("true"),
            Expression::False => self.put("false"),
            Expression::Number(value) => self.put(number(*value)),
            Expression::String(value) => self.put(quoted(value)),
            Expression::VarArg => self.put("..."),
            Expression::Name(name) => self.put(name),
            Expression::Parenthesized(inner) => self.parenthesized(inner),
            Expression::Field { table, name } => {
                self.prefix(table);
                self.put(".");
                self.put(name);
            }
            Expression::Index { table, key } => {
                self.prefix(table);
                self.put("[");
                self.expression(key);
                self.put("]");
            }
            Expression::Call {
                callee,
                method,
                arguments,
            } => {
                self.prefix(callee);
                if let Some(method) = method {
                    self.put(":");
                    self.put(method);
                }
                self.put("(");
                self.expressions(arguments);
                self.put(")");
            }
            Expression::Function(function) => {
                self.put("function");
                self.function(function);
            }
            Expression::Table(items) => {
                self.put("{");
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.put(", ");
                    }
                    self.item(item);
                }
                self.put("}");
            }
            Expression::Unary { operator, operand } => {
                // To the right of an operator it is read before any priority is looked at.
                if limit >= LEFT_OF_POWER {
                    return self.parenthesized(expression);
                }
                self.put(match operator {
                    UnaryOperator::Minus => "-",
                    UnaryOperator::Not => "not ",
                    UnaryOperator::Length => "#",
                });
                // `--` would begin a comment.
                if *operator == UnaryOperator::Minus && begins_with_minus(operand) {
                    self.put(" ");
                }
                self.operand(operand, UNARY_PRIORITY);
            }
            Expression::Binary {
                operator,
                left,
                right,
            } => {
                let (spelling, left_priority, right_priority) = binary(*operator);
                if left_priority <= limit {
                    return self.parenthesized(expression);
                }
                // To the left stands what binds at least as strongly.
                let is_right_associative = left_priority > right_priority;
                let left_limit = if is_right_associative {
                    left_priority
                } else {
                    left_priority - 1
                };
                self.operand(left, left_limit);
                self.put(" ");
                self.put(spelling);
                self.put(" ");
                self.operand(right, right_priority);
            }
        }
    }

    fn item(&mut self, item: &Item) {
        match &item.key {
            Key::Position => {}
            Key::Name(name) => {
                self.put(name);
                self.put(" = ");
            }
            Key::Expression(key) => {
                self.put("[");
                self.expression(key);
                self.put("] = ");
            }
        }
        self.expression(&item.value);
    }
}

/// Whether a statement begins with a parenthesis.
fn opens(statement: &Statement) -> bool {
    let mut first = match statement {
        Statement::Call(call) => call,
        Statement::Assignment { targets, .. } => match targets.first() {
            Some(target) => target,
            None => return false,
        },
        _ => return false,
    };
    loop {
        first = match first {
            Expression::Field { table, .. } | Expression::Index { table, .. } => table,
            Expression::Call { callee, .. } => callee,
            Expression::Name(_) => return false,
            _ => return true,
        }
    }
}

fn begins_with_minus(mut expression: &Expression) -> bool {
    loop {
        expression = match expression {
            Expression::Unary { operator, .. } => return *operator == UnaryOperator::Minus,
            Expression::Binary { left, .. } => left,
            Expression::Number(value) => return value.is_sign_negative(),
            _ => return false,
        }
    }
}

/// The shortest numeral with a value.
pub fn number(value: f64) -> String {
    if value.is_infinite() {
        return "1e999".to_owned();
    }
    let (plain, exponent) = (format!("{value}"), format!("{value:e}"));
    if plain.len() <= exponent.len() {
        plain
    } else {
        exponent
    }
}

/// A string in quotes.
pub fn quoted(text: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for &byte in text {
        match byte {
            b'"' | b'\\' => quoted.extend([b'\\', byte]),
            b'\n' => quoted.extend(b"\\n"),
            b' '..=b'~' => quoted.push(byte),
            _ => {
                // Into a vector, which takes all.
                let _ = write!(quoted, "\\{byte:03}");
            }
        }
    }
    quoted.push(b'"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;
    use crate::{corpus, workspace};

    fn again(text: &str) -> String {
        String::from_utf8(print(&parse(text.as_bytes()).unwrap())).unwrap()
    }

    #[test]
    fn what_is_printed_is_the_same_tree() {
        let (entries, _) = corpus::whole(&workspace::built_root()).unwrap();
        let (all, mut parsed) = (entries.len(), 0);
        for entry in entries {
            let Some(tree) = parse(&std::fs::read(entry.path).unwrap()) else {
                continue;
            };
            parsed += 1;
            let text = print(&tree);
            let same = parse(&text) == Some(tree);
            assert!(same, "{}: {}", entry.id, String::from_utf8_lossy(&text));
        }
        assert!(
            parsed * 10 > all * 9,
            "only {parsed} of {all} programs parse"
        );
    }

    #[test]
    fn parentheses_stand_where_they_must() {
        for text in [
            "x = (-2) ^ 2 - -(-3) ^ (-4)\n",
            "x = a - (b - c) - d .. (e .. f) .. g\n",
            "x = not (a == b) == #(c .. d)\n",
            "f();\n(g or h)()\n",
            "x = (f())\nx = ({}).y[1]:z(\"\\000\\\"\", 1e+300)\n",
        ] {
            let first = again(text);
            assert_eq!(again(&first), first);
        }
        let minus = |operand| Expression::Unary {
            operator: UnaryOperator::Minus,
            operand: Box::new(operand),
        };
        let name = |name: &str| Box::new(Expression::Name(name.into()));
        let tree = Block {
            statements: vec![Statement::Call(Expression::Call {
                callee: Box::new(minus(minus(*name("x")))),
                method: None,
                arguments: vec![Expression::Binary {
                    operator: BinaryOperator::Pow,
                    left: Box::new(Expression::Binary {
                        operator: BinaryOperator::Pow,
                        left: name("a"),
                        right: name("b"),
                    }),
                    right: Box::new(minus(*name("c"))),
                }],
            })],
        };
        assert_eq!(print(&tree), b"(- -x)((a ^ b) ^ -c)\n");
    }

    #[test]
    fn what_does_not_parse_has_no_tree() {
        assert_eq!(parse(b"x = "), None);
        assert_eq!(parse(b"x = = 1"), None);
        assert_eq!(parse(b"return 1; x = 2"), None);
        assert_eq!(parse(b"end"), None);
        let deep = format!("x = {}1", "a..".repeat(100_000));
        assert_eq!(parse(deep.as_bytes()), None);
        assert_eq!(again("#!lua\nx = 1"), "x = 1\n");
        assert_eq!(again("x = 1e999 y = 0x10"), "x = 1e999\ny = 16\n");
    }
}
