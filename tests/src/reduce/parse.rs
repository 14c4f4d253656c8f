//! From text to the tree that the reducer works on, by way of rilua's parser.

use rilua::syntax::ast::{self, Ast, Id, List, ListItem, Moment, NameAt};
use rilua::syntax::{Parser, SliceSource, StringId, StringTable};

use super::tree::{Block, Clause, Expression, Function, Item, Key, MOST_LEVELS, Name, Statement};

/// C calls that the parser takes for used; what 5.1.1 has when a file is loaded.
const DEPTH: u32 = 2;

/// The tree of a text; `None` when the text doesn't parse or is nested too deeply.
///
/// A first line that begins with `#` is left out, as when a file is loaded.
pub fn parse(text: &[u8]) -> Option<Block> {
    let text = match text.strip_prefix(b"#") {
        Some(rest) => {
            let end = rest.iter().position(|&byte| byte == b'\n');
            rest.get(end?..)?
        }
        None => text,
    };
    let mut parser = Parser::new(SliceSource::new(text), b"=reduce", DEPTH);
    let mut statements = Vec::new();
    while let Some(statement) = parser.next_statement() {
        if parser.error_moment() != Moment(u32::MAX) {
            return None;
        }
        let (ast, strings) = parser.parts();
        let converter = Converter { ast, strings };
        statements.push(converter.statement(&statement, 0)?);
    }
    parser.finish();
    match parser.take_error() {
        Some(_) => None,
        None => Some(Block { statements }),
    }
}

/// Copies nodes out of rilua's tree.
struct Converter<'a> {
    ast: &'a Ast,
    strings: &'a StringTable,
}

impl Converter<'_> {
    fn name(&self, id: StringId) -> Name {
        self.strings.get(id).to_vec()
    }

    fn names(&self, names: List<NameAt>) -> Option<Vec<Name>> {
        let names = names.ids();
        names
            .map(|id| Some(self.name(self.ast.names.get(id)?.name)))
            .collect()
    }

    fn values(&self, values: List<ListItem>, level: usize) -> Option<Vec<Expression>> {
        let values = values.ids();
        values
            .map(|id| self.expression(self.ast.list_items.get(id)?.value, level))
            .collect()
    }

    fn block(&self, block: ast::Block, level: usize) -> Option<Block> {
        let statements = block.statements.ids();
        let statements = statements
            .map(|id| self.statement(&self.ast.statements.get(id)?, level + 1))
            .collect::<Option<_>>()?;
        Some(Block { statements })
    }

    fn statement(&self, statement: &ast::Statement, level: usize) -> Option<Statement> {
        if level > MOST_LEVELS {
            return None;
        }
        Some(match *statement {
            ast::Statement::Call(call) => Statement::Call(self.expression(call, level)?),
            ast::Statement::Assignment {
                targets, values, ..
            } => Statement::Assignment {
                targets: targets
                    .ids()
                    .map(|id| self.expression(self.ast.targets.get(id)?.variable, level))
                    .collect::<Option<_>>()?,
                values: self.values(values, level)?,
            },
            ast::Statement::Local { names, values, .. } => Statement::Local {
                names: self.names(names)?,
                values: self.values(values, level)?,
            },
            ast::Statement::LocalFunction { name, function } => Statement::LocalFunction {
                name: self.name(name.name),
                function: self.function(function, level)?,
            },
            ast::Statement::Function {
                target, function, ..
            } => Statement::Function {
                target: self.expression(target, level)?,
                function: self.function(function, level)?,
            },
            ast::Statement::If { clauses, otherwise } => Statement::If {
                clauses: clauses
                    .ids()
                    .map(|id| {
                        let clause = self.ast.clauses.get(id)?;
                        Some(Clause {
                            condition: self.expression(clause.condition, level)?,
                            body: self.block(clause.body, level)?,
                        })
                    })
                    .collect::<Option<_>>()?,
                otherwise: match otherwise {
                    Some(block) => Some(self.block(block, level)?),
                    None => None,
                },
            },
            ast::Statement::While {
                condition, body, ..
            } => Statement::While {
                condition: self.expression(condition, level)?,
                body: self.block(body, level)?,
            },
            ast::Statement::Do(body) => Statement::Do(self.block(body, level)?),
            ast::Statement::NumericFor(id) => {
                let loops = self.ast.numeric_fors.get(id)?;
                Statement::NumericFor {
                    variable: self.name(loops.variable.name),
                    initial: self.expression(loops.initial.0, level)?,
                    limit: self.expression(loops.limit.0, level)?,
                    step: match loops.step {
                        Some((step, _)) => Some(self.expression(step, level)?),
                        None => None,
                    },
                    body: self.block(loops.body, level)?,
                }
            }
            ast::Statement::GenericFor(id) => {
                let loops = self.ast.generic_fors.get(id)?;
                Statement::GenericFor {
                    names: self.names(loops.names)?,
                    values: self.values(loops.values, level)?,
                    body: self.block(loops.body, level)?,
                }
            }
            ast::Statement::Repeat {
                body, condition, ..
            } => Statement::Repeat {
                body: self.block(body, level)?,
                condition: self.expression(condition, level)?,
            },
            ast::Statement::Return { values, .. } => Statement::Return(self.values(values, level)?),
            ast::Statement::Break { .. } => Statement::Break,
        })
    }

    fn function(&self, id: Id<ast::Function>, level: usize) -> Option<Function> {
        let function = self.ast.functions.get(id)?;
        Some(Function {
            parameters: self.names(function.parameters)?,
            is_vararg: function.is_vararg,
            has_self: function.has_self,
            body: self.block(function.body, level)?,
        })
    }

    fn boxed(&self, id: Id<ast::Expression>, level: usize) -> Option<Box<Expression>> {
        self.expression(id, level).map(Box::new)
    }

    fn expression(&self, id: Id<ast::Expression>, level: usize) -> Option<Expression> {
        let level = level + 1;
        if level > MOST_LEVELS {
            return None;
        }
        Some(match self.ast.expressions.get(id)? {
            ast::Expression::Nil => Expression::Nil,
            ast::Expression::True => Expression::True,
            ast::Expression::False => Expression::False,
            ast::Expression::Number(value) => Expression::Number(value),
            ast::Expression::String { value, .. } => Expression::String(self.name(value)),
            ast::Expression::VarArg { .. } => Expression::VarArg,
            ast::Expression::Name { name, .. } => Expression::Name(self.name(name)),
            ast::Expression::Parenthesized { inner, .. } => {
                Expression::Parenthesized(self.boxed(inner, level)?)
            }
            ast::Expression::Field { table, name, .. } => Expression::Field {
                table: self.boxed(table, level)?,
                name: self.name(name),
            },
            ast::Expression::Index { table, key, .. } => Expression::Index {
                table: self.boxed(table, level)?,
                key: self.boxed(key, level)?,
            },
            ast::Expression::Call { callee, call } => {
                let call = self.ast.calls.get(call)?;
                Expression::Call {
                    callee: self.boxed(callee, level)?,
                    method: call.method.map(|name| self.name(name)),
                    arguments: self.values(call.arguments, level)?,
                }
            }
            ast::Expression::Function(function) => {
                Expression::Function(Box::new(self.function(function, level)?))
            }
            ast::Expression::Table(table) => {
                let items = self.ast.tables.get(table)?.items.ids();
                let items = items.map(|id| self.item(self.ast.table_items.get(id)?, level));
                Expression::Table(items.collect::<Option<_>>()?)
            }
            ast::Expression::Unary {
                operator, operand, ..
            } => Expression::Unary {
                operator,
                operand: self.boxed(operand, level)?,
            },
            ast::Expression::Binary {
                operator,
                left,
                right,
                ..
            } => Expression::Binary {
                operator,
                left: self.boxed(left, level)?,
                right: self.boxed(right, level)?,
            },
        })
    }

    fn item(&self, item: ast::TableItem, level: usize) -> Option<Item> {
        let key = match item.key {
            ast::ItemKey::Position => Key::Position,
            ast::ItemKey::Name(name) => Key::Name(self.name(name)),
            ast::ItemKey::Expression { key, .. } => Key::Expression(self.expression(key, level)?),
        };
        let value = self.expression(item.value, level)?;
        Some(Item { key, value })
    }
}
