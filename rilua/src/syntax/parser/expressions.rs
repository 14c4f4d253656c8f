//! Expressions, table constructors, calls, function bodies.

use super::super::ast::{
    BinaryOperator, Block, Call, Expression, Function, Id, ItemKey, List, ListItem, Moment, NameAt,
    TableConstructor, TableItem, UnaryOperator,
};
use super::super::source::Source;
use super::super::strings::StringId;
use super::super::token::Token;
use super::{FunctionContext, Parser};

/// Priority of unary operators.
const UNARY_PRIORITY: u8 = 8;

const fn unary_operator(token: Token) -> Option<UnaryOperator> {
    Some(match token {
        Token::Not => UnaryOperator::Not,
        Token::Char(b'-') => UnaryOperator::Minus,
        Token::Char(b'#') => UnaryOperator::Length,
        _ => return None,
    })
}

/// The operator and its priorities to the left and to the right.
const fn binary_operator(token: Token) -> Option<(BinaryOperator, u8, u8)> {
    Some(match token {
        Token::Char(b'+') => (BinaryOperator::Add, 6, 6),
        Token::Char(b'-') => (BinaryOperator::Sub, 6, 6),
        Token::Char(b'*') => (BinaryOperator::Mul, 7, 7),
        Token::Char(b'/') => (BinaryOperator::Div, 7, 7),
        Token::Char(b'%') => (BinaryOperator::Mod, 7, 7),
        // Right associative.
        Token::Char(b'^') => (BinaryOperator::Pow, 10, 9),
        Token::Concat => (BinaryOperator::Concat, 5, 4),
        Token::NotEqual => (BinaryOperator::NotEqual, 3, 3),
        Token::Equal => (BinaryOperator::Equal, 3, 3),
        Token::Char(b'<') => (BinaryOperator::Less, 3, 3),
        Token::LessEqual => (BinaryOperator::LessEqual, 3, 3),
        Token::Char(b'>') => (BinaryOperator::Greater, 3, 3),
        Token::GreaterEqual => (BinaryOperator::GreaterEqual, 3, 3),
        Token::And => (BinaryOperator::And, 2, 2),
        Token::Or => (BinaryOperator::Or, 1, 1),
        _ => return None,
    })
}

impl<S: Source> Parser<'_, S> {
    pub(super) fn expression(&mut self) -> Id<Expression> {
        self.subexpression(0)
    }

    // subexpression -> (simple | unary subexpression) { binary subexpression }
    // where the binary operators have a priority higher than `limit`
    fn subexpression(&mut self, limit: u8) -> Id<Expression> {
        self.enter_level();
        let mut left = match unary_operator(self.token) {
            Some(operator) => {
                self.next();
                let operand = self.subexpression(UNARY_PRIORITY);
                let after = self.now;
                self.add_expression(Expression::Unary {
                    operator,
                    operand,
                    after,
                })
            }
            None => self.simple_expression(),
        };
        while let Some((operator, left_priority, right_priority)) = binary_operator(self.token)
            && left_priority > limit
        {
            self.next();
            let infix = self.now;
            let right = self.subexpression(right_priority);
            let after = self.now;
            left = self.add_expression(Expression::Binary {
                operator,
                left,
                right,
                infix,
                after,
            });
        }
        self.leave_level();
        left
    }

    // simple -> NUMBER | STRING | nil | true | false | ... | constructor |
    //           function body | primary
    fn simple_expression(&mut self) -> Id<Expression> {
        let at = self.now;
        let expression = match self.token {
            Token::Number(value) => Expression::Number(value),
            Token::String(value) => Expression::String { value, at },
            Token::Nil => Expression::Nil,
            Token::True => Expression::True,
            Token::False => Expression::False,
            Token::Dots => {
                if !self.function.is_vararg {
                    self.syntax_error(b"cannot use '...' outside a vararg function");
                }
                Expression::VarArg { at: self.now }
            }
            Token::Char(b'{') => {
                let table = self.constructor();
                return self.add_expression(Expression::Table(table));
            }
            Token::Function => {
                self.next();
                let function = self.function_body(false, self.lexer.line());
                return self.add_expression(Expression::Function(function));
            }
            _ => return self.primary_expression(),
        };
        self.next();
        self.add_expression(expression)
    }

    // prefix -> NAME | `(' expression `)'
    fn prefix_expression(&mut self) -> Id<Expression> {
        let expression = match self.token {
            Token::Char(b'(') => {
                let line = self.lexer.line();
                self.next();
                let inner = self.expression();
                self.expect_closing(Token::Char(b')'), Token::Char(b'('), line);
                Expression::Parenthesized {
                    inner,
                    after: self.now,
                }
            }
            Token::Name(_) => {
                let NameAt { name, after } = self.name();
                Expression::Name { name, after }
            }
            _ => {
                self.syntax_error(b"unexpected symbol");
                Expression::Nil
            }
        };
        self.add_expression(expression)
    }

    // primary -> prefix { `.' NAME | `[' expression `]' | `:' NAME arguments | arguments }
    pub(super) fn primary_expression(&mut self) -> Id<Expression> {
        let mut expression = self.prefix_expression();
        loop {
            expression = match self.token {
                Token::Char(b'.') => self.field(expression),
                Token::Char(b'[') => {
                    let open = self.now;
                    let (key, close) = self.bracketed_key();
                    self.add_expression(Expression::Index {
                        table: expression,
                        key,
                        open,
                        close,
                    })
                }
                Token::Char(b':') => {
                    self.next();
                    let method = Some(self.name().name);
                    self.call(expression, method)
                }
                Token::Char(b'(' | b'{') | Token::String(_) => self.call(expression, None),
                _ => return expression,
            };
        }
    }

    // field -> (`.' | `:') NAME
    pub(super) fn field(&mut self, table: Id<Expression>) -> Id<Expression> {
        let dot = self.now;
        self.next();
        let name = self.name().name;
        self.add_expression(Expression::Field { table, name, dot })
    }

    // index -> `[' expression `]'
    fn bracketed_key(&mut self) -> (Id<Expression>, Moment) {
        self.next();
        let key = self.expression();
        let close = self.now;
        self.expect(Token::Char(b']'));
        (key, close)
    }

    // arguments -> `(' [ expressions ] `)' | constructor | STRING
    fn call(&mut self, callee: Id<Expression>, method: Option<StringId>) -> Id<Expression> {
        let open = self.now;
        let line = self.lexer.line();
        let mark = self.scratch.list_items.len();
        let mut close = open;
        match self.token {
            Token::Char(b'(') => {
                if self.ast.newest_line() != Some(line) {
                    let text = b"ambiguous syntax (function call x new statement)";
                    self.syntax_error(text);
                }
                self.next();
                if !self.is(b')') {
                    self.push_expressions();
                }
                close = self.now;
                self.expect_closing(Token::Char(b')'), Token::Char(b'('), line);
            }
            Token::Char(b'{') => {
                let table = self.constructor();
                let value = self.add_expression(Expression::Table(table));
                self.scratch
                    .list_items
                    .push(ListItem { value, start: open });
            }
            Token::String(value) => {
                let value = self.add_expression(Expression::String { value, at: open });
                self.next();
                self.scratch
                    .list_items
                    .push(ListItem { value, start: open });
            }
            _ => {
                self.syntax_error(b"function arguments expected");
            }
        }
        let arguments = self.end_expressions(mark);
        let call = self.ast.calls.add(Call {
            method,
            arguments,
            line,
            open,
            close,
            after: self.now,
        });
        self.add_expression(Expression::Call { callee, call })
    }

    // constructor -> `{' [ item { separator item } [ separator ] ] `}'
    // separator -> `,' | `;'
    fn constructor(&mut self) -> Id<TableConstructor> {
        let line = self.lexer.line();
        let open = self.now;
        self.expect(Token::Char(b'{'));
        let mark = self.scratch.table_items.len();
        let mut last = self.now;
        while !self.is(b'}') {
            let item = self.table_item();
            self.scratch.table_items.push(item);
            last = self.now;
            if !self.accept(b',') && !self.accept(b';') {
                break;
            }
        }
        self.expect_closing(Token::Char(b'}'), Token::Char(b'{'), line);
        let items = self.scratch.table_items.drain(mark..);
        let items = self.ast.table_items.add_list(items);
        self.ast.tables.add(TableConstructor {
            items,
            open,
            last,
            after: self.now,
        })
    }

    // item -> expression | NAME `=' expression | `[' expression `]' `=' expression
    fn table_item(&mut self) -> TableItem {
        let start = self.now;
        let key = if self.is(b'[') {
            let (key, close) = self.bracketed_key();
            ItemKey::Expression { key, close }
        } else if matches!(self.token, Token::Name(_)) && self.look_ahead() == Token::Char(b'=') {
            ItemKey::Name(self.name().name)
        } else {
            ItemKey::Position
        };
        if !matches!(key, ItemKey::Position) {
            self.expect(Token::Char(b'='));
        }
        let value = self.expression();
        TableItem { key, value, start }
    }

    // body -> `(' [ parameters ] `)' block end
    // parameters -> { NAME `,' } (NAME | `...')
    pub(super) fn function_body(&mut self, has_self: bool, line: u32) -> Id<Function> {
        self.enter_function();
        self.expect(Token::Char(b'('));
        let open = self.now;
        let mark = self.scratch.names.len();
        let mut is_vararg = false;
        if !self.is(b')') {
            loop {
                match self.token {
                    Token::Name(_) => {
                        let name = self.name();
                        self.scratch.names.push(name);
                    }
                    Token::Dots => {
                        self.next();
                        is_vararg = true;
                    }
                    _ => self.syntax_error(b"<name> or '...' expected"),
                }
                if is_vararg || !self.accept(b',') {
                    break;
                }
            }
        }
        let parameters = self.end_names(mark);
        let close = self.now;
        self.expect(Token::Char(b')'));
        let outer = std::mem::replace(
            &mut self.function,
            FunctionContext {
                is_vararg,
                loops: 0,
            },
        );
        let body: Block = self.block();
        let last_line = self.lexer.line();
        self.expect_closing(Token::End, Token::Function, line);
        self.leave_function();
        self.function = outer;
        self.ast.functions.add(Function {
            line,
            last_line,
            has_self,
            is_vararg,
            parameters,
            open,
            close,
            body,
            after: self.now,
        })
    }

    // expressions -> expression { `,' expression }
    pub(super) fn expressions(&mut self) -> List<ListItem> {
        let mark = self.scratch.list_items.len();
        self.push_expressions();
        self.end_expressions(mark)
    }

    fn push_expressions(&mut self) {
        loop {
            let start = self.now;
            let value = self.expression();
            self.scratch.list_items.push(ListItem { value, start });
            if !self.accept(b',') {
                break;
            }
        }
    }

    fn end_expressions(&mut self, mark: usize) -> List<ListItem> {
        let items = self.scratch.list_items.drain(mark..);
        self.ast.list_items.add_list(items)
    }
}
