//! Reads Lua text as a tree: programs of the corpus for the reducer, templates of the generator.
//!
//! What a tree doesn't hold is lost: comments, layout, how strings and numerals were written.

use rilua::bytecode::strings::{StringId, StringTable};
use rilua::syntax::ast::{self as source, Ast, Id, List};
use rilua::syntax::parser::{Parser, SyntaxError};
use rilua::syntax::source::SliceSource;

use super::ast::{BinaryOperator, Binder, Kind, Node, Quote, UnaryOperator};
use super::build::*;

/// Expressions and blocks inside each other, at most: chains of operators of any length would
/// take a stack of any size.
const DEEPEST: usize = 400;

/// Why a text is no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not Lua; the message of the parser.
    Syntax(Vec<u8>),
    /// It nests more deeply than a tree may.
    TooDeep,
}

/// The tree of a text, with variables numbered from `first_id`.
///
/// # Errors
///
/// When the text is not a chunk of Lua 5.1, or nests too deeply.
pub fn parse(text: &[u8], first_id: u32) -> Result<Node, Unreadable> {
    let mut parser = Parser::new(SliceSource::new(text), b"=text", 0);
    let itself = parser.parts().1.intern(b"self");
    let mut reader = Names {
        itself,
        next_id: first_id,
        visible: Vec::new(),
        depth: 0,
        too_deep: false,
    };
    let mut statements = Vec::new();
    loop {
        let statement = parser.next_statement();
        if statement.is_none() {
            parser.finish();
        }
        if let Some(error) = parser.take_error() {
            return Err(match error {
                SyntaxError::Message(message) => Unreadable::Syntax(message),
                SyntaxError::Source(never) => match never {},
            });
        }
        let Some(statement) = statement else {
            return Ok(block(statements));
        };
        let (ast, strings) = parser.parts();
        let mut tree = Reader {
            ast,
            strings,
            names: &mut reader,
        };
        statements.push(tree.statement(statement));
        if reader.too_deep {
            return Err(Unreadable::TooDeep);
        }
    }
}

/// What is in scope.
struct Names {
    /// The name `self`.
    itself: StringId,
    next_id: u32,
    visible: Vec<(StringId, u32)>,
    depth: usize,
    too_deep: bool,
}

struct Reader<'a> {
    ast: &'a Ast,
    strings: &'a StringTable,
    names: &'a mut Names,
}

impl Reader<'_> {
    fn text(&self, id: StringId) -> String {
        String::from_utf8_lossy(self.strings.get(id)).into_owned()
    }

    fn declare(&mut self, name: StringId) -> Binder {
        let id = self.names.next_id;
        self.names.next_id += 1;
        self.names.visible.push((name, id));
        binder(id, &self.text(name))
    }

    fn declare_all(&mut self, names: List<source::NameAt>) -> Vec<Binder> {
        let ast = self.ast;
        names
            .ids()
            .filter_map(|id| ast.names.get(id))
            .map(|name| self.declare(name.name))
            .collect()
    }

    fn block(&mut self, body: source::Block) -> Node {
        let mark = self.names.visible.len();
        let node = self.open_block(body);
        self.names.visible.truncate(mark);
        node
    }

    /// A block whose variables stay in scope.
    fn open_block(&mut self, body: source::Block) -> Node {
        if self.names.depth >= DEEPEST {
            self.names.too_deep = true;
            return block(Vec::new());
        }
        self.names.depth += 1;
        let mut statements = Vec::new();
        for id in body.statements.ids() {
            if let Some(statement) = self.ast.statements.get(id) {
                statements.push(self.statement(statement));
            }
        }
        self.names.depth -= 1;
        block(statements)
    }

    fn values(&mut self, items: List<source::ListItem>) -> Vec<Node> {
        let ast = self.ast;
        items
            .ids()
            .filter_map(|id| ast.list_items.get(id))
            .map(|item| self.expression(item.value))
            .collect()
    }

    fn statement(&mut self, statement: source::Statement) -> Node {
        use source::Statement as S;
        match statement {
            S::Call(expression) => {
                Node::new(Kind::CallStatement, vec![self.expression(expression)])
            }
            S::Assignment {
                targets, values, ..
            } => {
                let mut children = Vec::new();
                for id in targets.ids() {
                    if let Some(target) = self.ast.targets.get(id) {
                        children.push(self.expression(target.variable));
                    }
                }
                let count = children.len();
                children.extend(self.values(values));
                Node::new(Kind::Assign(count), children)
            }
            S::Local { names, values, .. } => {
                let values = self.values(values);
                local(self.declare_all(names), values)
            }
            S::LocalFunction { name, function } => {
                let binder = self.declare(name.name);
                Node::new(Kind::LocalFunction(binder), vec![self.function(function)])
            }
            S::Function {
                target, function, ..
            } => self.function_statement(target, function),
            S::If { clauses, otherwise } => {
                let mut children = Vec::new();
                for id in clauses.ids() {
                    if let Some(clause) = self.ast.clauses.get(id) {
                        children.push(self.expression(clause.condition));
                        children.push(self.block(clause.body));
                    }
                }
                if let Some(body) = otherwise {
                    children.push(self.block(body));
                }
                Node::new(Kind::If, children)
            }
            S::While {
                condition, body, ..
            } => {
                let condition = self.expression(condition);
                Node::new(Kind::While, vec![condition, self.block(body)])
            }
            S::Do(body) => Node::new(Kind::Do, vec![self.block(body)]),
            S::NumericFor(id) => self.numeric_for(id),
            S::GenericFor(id) => self.generic_for(id),
            S::Repeat {
                body, condition, ..
            } => {
                let mark = self.names.visible.len();
                let body = self.open_block(body);
                let condition = self.expression(condition);
                self.names.visible.truncate(mark);
                Node::new(Kind::Repeat, vec![body, condition])
            }
            S::Return { values, .. } => give(self.values(values)),
            S::Break { .. } => Node::leaf(Kind::Break),
        }
    }

    fn numeric_for(&mut self, id: Id<source::NumericFor>) -> Node {
        let Some(range) = self.ast.numeric_fors.get(id) else {
            return block(Vec::new());
        };
        let mut children = vec![
            self.expression(range.initial.0),
            self.expression(range.limit.0),
        ];
        if let Some((step, _)) = range.step {
            children.push(self.expression(step));
        }
        let mark = self.names.visible.len();
        let variable = self.declare(range.variable.name);
        children.push(self.block(range.body));
        self.names.visible.truncate(mark);
        Node::new(Kind::NumericFor(variable), children)
    }

    fn generic_for(&mut self, id: Id<source::GenericFor>) -> Node {
        let Some(range) = self.ast.generic_fors.get(id) else {
            return block(Vec::new());
        };
        let mut children = self.values(range.values);
        let mark = self.names.visible.len();
        let binders = self.declare_all(range.names);
        children.push(self.block(range.body));
        self.names.visible.truncate(mark);
        Node::new(Kind::GenericFor(binders), children)
    }

    fn function_statement(
        &mut self,
        target: Id<source::Expression>,
        function: Id<source::Function>,
    ) -> Node {
        let mut fields = Vec::new();
        let mut variable = target;
        while let Some(source::Expression::Field { table, name, .. }) =
            self.ast.expressions.get(variable)
        {
            fields.push(self.text(name));
            variable = table;
        }
        fields.reverse();
        let method = self
            .ast
            .functions
            .get(function)
            .is_some_and(|function| function.has_self);
        let variable = self.expression(variable);
        let function = self.function(function);
        Node::new(
            Kind::FunctionStatement { fields, method },
            vec![variable, function],
        )
    }

    fn function(&mut self, id: Id<source::Function>) -> Node {
        let Some(function) = self.ast.functions.get(id) else {
            return nil();
        };
        let mark = self.names.visible.len();
        let mut parameters = Vec::new();
        if function.has_self {
            parameters.push(self.declare(self.names.itself));
        }
        parameters.extend(self.declare_all(function.parameters));
        let body = self.block(function.body);
        self.names.visible.truncate(mark);
        Node::new(
            Kind::Function {
                parameters,
                vararg: function.is_vararg,
            },
            vec![body],
        )
    }

    fn expression(&mut self, id: Id<source::Expression>) -> Node {
        if self.names.depth >= DEEPEST {
            self.names.too_deep = true;
            return nil();
        }
        self.names.depth += 1;
        let node = self.expression_inside(id);
        self.names.depth -= 1;
        node
    }

    fn expression_inside(&mut self, id: Id<source::Expression>) -> Node {
        use source::Expression as E;
        match self.ast.expressions.get(id) {
            None | Some(E::Nil) => nil(),
            Some(E::True) => truth(true),
            Some(E::False) => truth(false),
            Some(E::Number(value)) => Node::leaf(Kind::Number(numeral(value))),
            Some(E::String { value, .. }) => {
                let bytes = self.strings.get(value).to_vec();
                Node::leaf(Kind::String(bytes, Quote::Double))
            }
            Some(E::VarArg { .. }) => vararg(),
            Some(E::Name { name, .. }) => {
                let visible = self.names.visible.iter().rev();
                match visible.clone().find(|(known, _)| *known == name) {
                    Some(&(_, id)) => reference(id),
                    None => global(&self.text(name)),
                }
            }
            Some(E::Parenthesized { inner, .. }) => {
                Node::new(Kind::Parenthesis, vec![self.expression(inner)])
            }
            Some(E::Field { table, name, .. }) => {
                let object = self.expression(table);
                field(object, &self.text(name))
            }
            Some(E::Index { table, key, .. }) => {
                let object = self.expression(table);
                index(object, self.expression(key))
            }
            Some(E::Call { callee, call }) => {
                let mut children = vec![self.expression(callee)];
                let Some(call) = self.ast.calls.get(call) else {
                    return nil();
                };
                children.extend(self.values(call.arguments));
                let kind = match call.method {
                    Some(name) => Kind::Method(self.text(name)),
                    None => Kind::Call,
                };
                Node::new(kind, children)
            }
            Some(E::Function(function)) => self.function(function),
            Some(E::Table(id)) => self.table(id),
            Some(E::Unary {
                operator, operand, ..
            }) => {
                let operator = match operator {
                    source::UnaryOperator::Minus => UnaryOperator::Minus,
                    source::UnaryOperator::Not => UnaryOperator::Not,
                    source::UnaryOperator::Length => UnaryOperator::Length,
                };
                unary(operator, self.expression(operand))
            }
            Some(E::Binary {
                operator,
                left,
                right,
                ..
            }) => {
                let left = self.expression(left);
                binary(own(operator), left, self.expression(right))
            }
        }
    }

    fn table(&mut self, id: Id<source::TableConstructor>) -> Node {
        let ast = self.ast;
        let mut items = Vec::new();
        let constructor = ast.tables.get(id);
        for id in constructor.into_iter().flat_map(|table| table.items.ids()) {
            let Some(item) = ast.table_items.get(id) else {
                continue;
            };
            items.push(match item.key {
                source::ItemKey::Position => positional(self.expression(item.value)),
                source::ItemKey::Name(name) => {
                    let name = self.text(name);
                    named(&name, self.expression(item.value))
                }
                source::ItemKey::Expression { key, .. } => {
                    let key = self.expression(key);
                    Node::new(Kind::Keyed, vec![key, self.expression(item.value)])
                }
            });
        }
        Node::new(Kind::Table, items)
    }
}

/// A numeral that is read as exactly this number, which is none of those with a sign.
fn numeral(value: f64) -> String {
    if value.is_infinite() {
        return "1e999".to_owned();
    }
    format!("{value:?}")
        .strip_suffix(".0")
        .map_or_else(|| format!("{value:?}"), ToOwned::to_owned)
}

const fn own(operator: source::BinaryOperator) -> BinaryOperator {
    use source::BinaryOperator as S;
    match operator {
        S::Add => BinaryOperator::Add,
        S::Sub => BinaryOperator::Subtract,
        S::Mul => BinaryOperator::Multiply,
        S::Div => BinaryOperator::Divide,
        S::Mod => BinaryOperator::Modulo,
        S::Pow => BinaryOperator::Power,
        S::Concat => BinaryOperator::Concat,
        S::NotEqual => BinaryOperator::NotEqual,
        S::Equal => BinaryOperator::Equal,
        S::Less => BinaryOperator::Less,
        S::LessEqual => BinaryOperator::LessEqual,
        S::Greater => BinaryOperator::Greater,
        S::GreaterEqual => BinaryOperator::GreaterEqual,
        S::And => BinaryOperator::And,
        S::Or => BinaryOperator::Or,
    }
}

#[cfg(test)]
mod tests {
    use super::super::print::{Layout, print};
    use super::*;

    /// Prints what was read, which must be the same once more.
    fn settled(text: &str) -> String {
        let tree = parse(text.as_bytes(), 1).unwrap();
        let printed = print(&tree, Layout::Plain);
        assert_eq!(parse(&printed, 1), Ok(tree), "{text}");
        String::from_utf8(printed).unwrap()
    }

    #[test]
    fn every_statement_is_read_and_printed() {
        for text in [
            "local a, b = 1, \"x\"\n",
            "a.b.c, d[1] = f(), nil\n",
            "do\n  break_ = ...\nend\n",
            "while x do\n  break\nend\n",
            "repeat\n  local x = f()\nuntil x\n",
            "if a then\nelseif b then\n  f()\nelse\n  g()\nend\n",
            "for i = 1, 2, 3 do\n  print(i)\nend\n",
            "for k, v in pairs(t) do\n  print(k, v)\nend\n",
            "local function f(a, ...)\n  return f(a, ...)\nend\n",
            "function a.b:c(d)\n  return self, d\nend\n",
            "function f()\nend\n",
            "f();\n(g or h)()\n",
        ] {
            assert_eq!(settled(text), text);
        }
    }

    #[test]
    fn every_expression_is_read_and_printed() {
        for text in [
            "-2 ^ -3 ^ 4",
            "(-2) ^ 3",
            "(2 ^ 3) ^ 4",
            "a .. b .. c",
            "(a .. b) .. c",
            "a - b - c",
            "a - (b - c)",
            "(a + b) * c",
            "not (a == b)",
            "not a == b",
            "- -a",
            "#t.x + 1",
            "a and b or c",
            "a and (b or c)",
            "(a and b) + 1",
            "(f())",
            "(\"x\"):rep(3)",
            "({1, 2, n = 3, [4] = 5})[1]",
            "(function()\nend)()",
            "a.b[\"not a name\"][\"end\"]",
            "1 .. 2",
            "a:b(c).d(e)",
        ] {
            let text = format!("return {text}\n");
            assert_eq!(settled(&text), text);
        }
    }

    #[test]
    fn what_is_not_lua_says_why() {
        let refused = parse(b"x = = 1", 1);
        assert!(matches!(refused, Err(Unreadable::Syntax(_))), "{refused:?}");
        let deep = format!("return {}1", "1 + ".repeat(10_000));
        assert_eq!(parse(deep.as_bytes(), 1), Err(Unreadable::TooDeep));
    }
}
