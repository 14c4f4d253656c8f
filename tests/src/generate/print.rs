//! Writes a tree as Lua text.
//!
//! Two layouts have the same tokens on the same lines, so that a program reformatted must do
//! exactly what the plain one does, messages with lines included; what lies between the tokens differs.

use super::ast::{BinaryOperator, Binder, Kind, Node, Quote, Slot, UnaryOperator};
use super::names::Names;
use crate::mutate::random::Random;

/// What stands between the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One statement a line, indented.
    Plain,
    /// Blanks, tabs, comments and semicolons as they follow from a seed.
    Reformatted {
        /// What they follow from.
        seed: u64,
    },
}

/// Reserved words, which can't be fields after a dot.
const RESERVED: [&[u8]; 21] = [
    b"and",
    b"break",
    b"do",
    b"else",
    b"elseif",
    b"end",
    b"false",
    b"for",
    b"function",
    b"if",
    b"in",
    b"local",
    b"nil",
    b"not",
    b"or",
    b"repeat",
    b"return",
    b"then",
    b"true",
    b"until",
    b"while",
];

/// What may stand between two tokens without changing anything.
const FILLINGS: [&str; 6] = [" ", "\t", "  ", "--[[ ]]", "--[==[]]x]==]", "\x0b"];

/// Can this be written after a dot or as the name of an item?
pub fn is_name(text: &[u8]) -> bool {
    let is_start = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    text.first().is_some_and(|&byte| is_start(byte))
        && text
            .iter()
            .all(|&byte| is_start(byte) || byte.is_ascii_digit())
        && !RESERVED.contains(&text)
}

/// The text of a tree: the statements of a block, each with its end of line, or whatever else the tree is.
pub fn print(root: &Node, layout: Layout) -> Vec<u8> {
    let mut printer = Printer {
        out: Vec::new(),
        names: Names::of(root),
        random: match layout {
            Layout::Plain => None,
            Layout::Reformatted { seed } => Some(Random::new(seed, 0)),
        },
        indent: 0,
        loops: 0,
        vararg: true,
        at_start: true,
        in_numeral: false,
    };
    match root.kind {
        Kind::Block => printer.statements(root),
        _ if root.fits(Slot::Statement) => printer.statement(root, true),
        _ if root.fits(Slot::Item) => printer.item(root),
        _ => printer.expression(root),
    }
    printer.out
}

struct Printer {
    out: Vec<u8>,
    names: Names,
    random: Option<Random>,
    indent: usize,
    loops: usize,
    vararg: bool,
    /// Is the next token the first of its line?
    at_start: bool,
    /// Was the last token a numeral?
    in_numeral: bool,
}

impl Printer {
    /// Writes a token, apart from the last one where they would be read as one.
    fn token(&mut self, text: &[u8]) {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if self.at_start {
            if self.random.is_none() {
                self.out.extend(std::iter::repeat_n(b' ', 2 * self.indent));
            }
            self.at_start = false;
        } else if let (Some(&last), Some(&first)) = (self.out.last(), text.first()) {
            let together = is_word(last) && is_word(first)
                || last == b'.' && (first == b'.' || first.is_ascii_digit())
                || self.in_numeral && (first == b'.' || is_word(first)) && last != b' '
                || last == b'-' && first == b'-'
                || last == b'[' && matches!(first, b'[' | b'=')
                || matches!(last, b'=' | b'<' | b'>' | b'~') && first == b'=';
            if together {
                self.out.push(b' ');
            }
        }
        if let Some(random) = &mut self.random
            && random.once_in(4)
        {
            // A comment after a minus would be another comment; a bracket after one a string.
            if matches!(self.out.last(), Some(b'-' | b'[')) {
                self.out.push(b' ');
            }
            let filling = random.text(&FILLINGS);
            self.out.extend_from_slice(filling.as_bytes());
        }
        self.out.extend_from_slice(text);
        self.in_numeral = false;
    }

    fn word(&mut self, text: &str) {
        self.token(text.as_bytes());
    }

    /// A blank for the eye.
    fn blank(&mut self) {
        if self.random.is_none() && !self.at_start {
            self.out.push(b' ');
        }
    }

    fn spaced(&mut self, text: &str) {
        self.blank();
        self.word(text);
        self.blank();
    }

    fn end_line(&mut self) {
        self.out.push(b'\n');
        self.at_start = true;
    }

    fn statements(&mut self, block: &Node) {
        for (position, statement) in block.children.iter().enumerate() {
            let next = block.children.get(position + 1);
            self.statement(statement, next.is_none());
            // Else the parenthesis would be taken for arguments.
            let before_parenthesis = next.is_some_and(starts_with_parenthesis);
            if before_parenthesis || self.random.as_mut().is_some_and(|r| r.once_in(4)) {
                self.word(";");
            }
            self.end_line();
        }
    }

    /// A block and the end of its line, with the words around it left to the caller.
    fn block(&mut self, block: &Node) {
        self.end_line();
        self.indent += 1;
        self.statements(block);
        self.indent -= 1;
    }

    fn looped(&mut self, block: &Node) {
        self.loops += 1;
        self.block(block);
        self.loops -= 1;
    }

    fn statement(&mut self, node: &Node, last: bool) {
        let children = node.children.as_slice();
        match (&node.kind, children) {
            (Kind::Local(binders), values) => {
                self.word("local");
                self.blank();
                self.binders(binders);
                if binders.is_empty() {
                    self.word("_");
                }
                if !values.is_empty() {
                    self.spaced("=");
                    self.expressions(values);
                }
            }
            (Kind::Assign(targets), _) => {
                let (targets, values) = children.split_at((*targets).min(children.len()));
                self.expressions(targets);
                self.spaced("=");
                self.expressions(values);
            }
            (Kind::CallStatement, [call]) => self.expression(call),
            (Kind::Do, [body]) => {
                self.word("do");
                self.block(body);
                self.word("end");
            }
            (Kind::While, [condition, body]) => {
                self.word("while");
                self.blank();
                self.expression(condition);
                self.blank();
                self.word("do");
                self.looped(body);
                self.word("end");
            }
            (Kind::Repeat, [body, condition]) => {
                self.word("repeat");
                self.looped(body);
                self.word("until");
                self.blank();
                self.expression(condition);
            }
            (Kind::If, _) => self.clauses(children),
            (Kind::NumericFor(binder), [range @ .., body]) => {
                self.word("for");
                self.blank();
                self.binders(std::slice::from_ref(binder));
                self.spaced("=");
                self.expressions(range);
                self.blank();
                self.word("do");
                self.looped(body);
                self.word("end");
            }
            (Kind::GenericFor(binders), [values @ .., body]) => {
                self.word("for");
                self.blank();
                self.binders(binders);
                self.spaced("in");
                self.expressions(values);
                self.blank();
                self.word("do");
                self.looped(body);
                self.word("end");
            }
            (Kind::LocalFunction(binder), [function]) => {
                self.word("local");
                self.blank();
                self.word("function");
                self.blank();
                self.binders(std::slice::from_ref(binder));
                self.function_rest(function, 0);
            }
            (Kind::FunctionStatement { fields, method }, [variable, function]) => {
                self.function_statement(variable, function, fields, *method);
            }
            (Kind::Return, values) => {
                self.wrapped(last, |printer| {
                    printer.word("return");
                    if !values.is_empty() {
                        printer.blank();
                        printer.expressions(values);
                    }
                });
            }
            (Kind::Break, _) if self.loops > 0 => {
                self.wrapped(last, |printer| printer.word("break"));
            }
            // Of an expression where a statement is wanted; no edit makes one.
            (_, [value, ..]) if node.category() != Slot::Statement => {
                self.word("local _");
                self.spaced("=");
                self.expression(value);
            }
            _ => {
                self.word("do");
                self.blank();
                self.word("end");
            }
        }
    }

    /// Something that must end its block.
    fn wrapped(&mut self, last: bool, inner: impl FnOnce(&mut Self)) {
        if last {
            inner(self);
        } else {
            self.word("do");
            self.blank();
            inner(self);
            self.blank();
            self.word("end");
        }
    }

    fn clauses(&mut self, children: &[Node]) {
        let pairs = children.chunks(2);
        for (position, pair) in pairs.enumerate() {
            match pair {
                [condition, body] => {
                    self.word(if position == 0 { "if" } else { "elseif" });
                    self.blank();
                    self.expression(condition);
                    self.blank();
                    self.word("then");
                    self.block(body);
                }
                [body] => {
                    self.word("else");
                    self.block(body);
                }
                _ => {}
            }
        }
        self.word("end");
    }

    fn function_statement(
        &mut self,
        variable: &Node,
        function: &Node,
        fields: &[String],
        method: bool,
    ) {
        let itself = function.binders().first();
        let method = method
            && !fields.is_empty()
            && itself
                .is_some_and(|binder| binder.name == "self" && self.names.is_as_wished(binder));
        self.word("function");
        self.blank();
        self.expression(variable);
        for (position, name) in fields.iter().enumerate() {
            let last = position + 1 == fields.len();
            self.word(if method && last { ":" } else { "." });
            self.word(name);
        }
        self.function_rest(function, usize::from(method));
    }

    /// Parameters, but for the first ones, body and end of a function.
    fn function_rest(&mut self, function: &Node, skipped: usize) {
        let (Kind::Function { parameters, vararg }, [body]) =
            (&function.kind, function.children.as_slice())
        else {
            self.word("()");
            self.word("end");
            return;
        };
        self.word("(");
        let shown = parameters.get(skipped..).unwrap_or_default();
        self.binders(shown);
        if *vararg {
            if !shown.is_empty() {
                self.word(",");
                self.blank();
            }
            self.word("...");
        }
        self.word(")");
        let outer = (self.loops, self.vararg);
        (self.loops, self.vararg) = (0, *vararg);
        self.block(body);
        (self.loops, self.vararg) = outer;
        self.word("end");
    }

    fn binders(&mut self, binders: &[Binder]) {
        for (position, binder) in binders.iter().enumerate() {
            if position > 0 {
                self.word(",");
                self.blank();
            }
            let name = self.names.name(binder.id);
            self.word(&name);
        }
    }

    fn expressions(&mut self, nodes: &[Node]) {
        for (position, node) in nodes.iter().enumerate() {
            if position > 0 {
                self.word(",");
                self.blank();
            }
            self.expression(node);
        }
    }

    /// An operand, in parentheses if it needs them.
    fn operand(&mut self, node: &Node, needs_parentheses: bool) {
        if needs_parentheses {
            self.word("(");
        }
        self.expression(node);
        if needs_parentheses {
            self.word(")");
        }
    }

    fn expression(&mut self, node: &Node) {
        match (&node.kind, node.children.as_slice()) {
            (Kind::True, _) => self.word("true"),
            (Kind::False, _) => self.word("false"),
            (Kind::Number(text), _) => {
                self.word(text);
                self.in_numeral = true;
            }
            (Kind::String(bytes, quote), _) => {
                let text = literal(bytes, *quote);
                self.token(&text);
            }
            (Kind::Vararg, _) if self.vararg => self.word("..."),
            (Kind::Function { .. }, _) => {
                self.word("function");
                self.function_rest(node, 0);
            }
            (Kind::Reference(id), _) => {
                let name = self.names.name(*id);
                self.word(&name);
            }
            (Kind::Global(name), _) => self.word(name),
            (Kind::Index, [object, key]) => {
                self.prefix(object);
                match &key.kind {
                    Kind::String(bytes, Quote::Double) if is_name(bytes) => {
                        self.word(".");
                        self.token(bytes);
                    }
                    _ => {
                        self.word("[");
                        self.expression(key);
                        self.word("]");
                    }
                }
            }
            (Kind::Call, [callee, arguments @ ..]) => {
                self.prefix(callee);
                self.arguments(arguments);
            }
            (Kind::Method(name), [object, arguments @ ..]) => {
                self.prefix(object);
                self.word(":");
                self.word(name);
                self.arguments(arguments);
            }
            (Kind::Binary(operator), [left, right]) => self.binary(*operator, left, right),
            (Kind::Unary(operator), [operand]) => {
                self.word(operator.text());
                if *operator == UnaryOperator::Not {
                    self.blank();
                }
                let would_be_left = matches!(operand.kind, Kind::Binary(inner)
                    if inner.priority().0 <= UnaryOperator::PRIORITY);
                self.operand(operand, would_be_left);
            }
            (Kind::Parenthesis, [inner]) => {
                self.word("(");
                self.expression(inner);
                self.word(")");
            }
            (Kind::Table, items) => {
                self.word("{");
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        self.word(",");
                        self.blank();
                    }
                    self.item(item);
                }
                self.word("}");
            }
            _ => self.word("nil"),
        }
    }

    fn binary(&mut self, operator: BinaryOperator, left: &Node, right: &Node) {
        // The parser goes on with an operator while that binds its left side more strongly than
        // the one before binds its right side.
        let (on_left, on_right) = operator.priority();
        let would_be_taken = match left.kind {
            Kind::Binary(inner) => inner.priority().1 < on_left,
            Kind::Unary(_) => UnaryOperator::PRIORITY < on_left,
            _ => false,
        };
        self.operand(left, would_be_taken);
        self.spaced(operator.text());
        let would_be_left =
            matches!(right.kind, Kind::Binary(inner) if inner.priority().0 <= on_right);
        self.operand(right, would_be_left);
    }

    /// What a call or an index is applied to.
    fn prefix(&mut self, node: &Node) {
        let is_prefix = matches!(
            node.kind,
            Kind::Reference(_)
                | Kind::Global(_)
                | Kind::Index
                | Kind::Call
                | Kind::Method(_)
                | Kind::Parenthesis
        );
        if is_prefix {
            self.expression(node);
        } else {
            self.word("(");
            self.expression(node);
            self.word(")");
        }
    }

    fn arguments(&mut self, arguments: &[Node]) {
        let sugared = match arguments {
            // The call gets the line on which the string ends: that of a parenthesis is another.
            [
                Node {
                    kind: Kind::String(bytes, Quote::Long),
                    ..
                },
            ] => self.random.is_none() || bytes.contains(&b'\n'),
            [
                Node {
                    kind: Kind::String(_, Quote::Single),
                    ..
                },
            ] => self.random.is_none(),
            _ => false,
        };
        if sugared {
            self.expressions(arguments);
        } else {
            self.word("(");
            self.expressions(arguments);
            self.word(")");
        }
    }

    fn item(&mut self, node: &Node) {
        match (&node.kind, node.children.as_slice()) {
            (Kind::Named(name), [value]) if is_name(name.as_bytes()) => {
                self.word(name);
                self.spaced("=");
                self.expression(value);
            }
            (Kind::Keyed, [key, value]) => {
                self.word("[");
                self.expression(key);
                self.word("]");
                self.spaced("=");
                self.expression(value);
            }
            (_, [value, ..]) => self.expression(value),
            _ => self.word("nil"),
        }
    }
}

/// Would the text of this statement begin with a parenthesis?
fn starts_with_parenthesis(statement: &Node) -> bool {
    let mut node = statement;
    loop {
        match (&node.kind, node.children.first()) {
            (
                Kind::CallStatement | Kind::Assign(_) | Kind::Index | Kind::Call | Kind::Method(_),
                Some(first),
            ) => node = first,
            (Kind::Reference(_) | Kind::Global(_), _) => return false,
            (kind, _) => {
                return node.category() != Slot::Statement || matches!(kind, Kind::Parenthesis);
            }
        }
    }
}

/// A literal string.
fn literal(bytes: &[u8], quote: Quote) -> Vec<u8> {
    // A long string begins with a line break that doesn't count, and keeps no carriage return.
    let can_be_long = !bytes.contains(&b'\r') && !bytes.contains(&0) && !bytes.contains(&b'[');
    match quote {
        Quote::Long if can_be_long => long(bytes),
        Quote::Escaped => {
            let mut text = vec![b'"'];
            for byte in bytes {
                text.extend_from_slice(format!("\\{byte:03}").as_bytes());
            }
            text.push(b'"');
            text
        }
        _ => {
            let mark = if quote == Quote::Single { b'\'' } else { b'"' };
            let mut text = vec![mark];
            for &byte in bytes {
                match byte {
                    b'\n' => text.extend_from_slice(b"\\n"),
                    b'\r' => text.extend_from_slice(b"\\r"),
                    b'\t' => text.extend_from_slice(b"\\t"),
                    0 => text.extend_from_slice(b"\\000"),
                    b'\\' => text.extend_from_slice(b"\\\\"),
                    _ if byte == mark => text.extend_from_slice(&[b'\\', byte]),
                    _ => text.push(byte),
                }
            }
            text.push(mark);
            text
        }
    }
}

fn long(bytes: &[u8]) -> Vec<u8> {
    let mut level = 0;
    let closes = |level: usize| {
        let mut close = vec![b']'];
        close.extend(std::iter::repeat_n(b'=', level));
        close
    };
    // Also at the end, where it would meet the closing bracket.
    while bytes
        .windows(level + 1)
        .any(|window| window == closes(level).as_slice())
    {
        level += 1;
    }
    let equals = std::iter::repeat_n(b'=', level);
    let mut text = vec![b'['];
    text.extend(equals.clone());
    text.push(b'[');
    if bytes.first() == Some(&b'\n') {
        text.push(b'\n');
    }
    text.extend_from_slice(bytes);
    text.push(b']');
    text.extend(equals);
    text.push(b']');
    text
}
