//! Statements and blocks.

use super::super::ast::{
    Block, Clause, Expression, GenericFor, List, NameAt, NumericFor, Statement, Target,
};
use super::super::source::Source;
use super::super::token::Token;
use super::{Parser, is_last};

impl<S: Source> Parser<'_, S> {
    // block -> { statement [ `;' ] }
    pub(super) fn block(&mut self) -> Block {
        self.enter_level();
        let mark = self.scratch.statements.len();
        while !self.token.ends_block() {
            let statement = self.statement();
            self.scratch.statements.push(statement);
            self.accept(b';');
            if is_last(&statement) {
                break;
            }
        }
        self.leave_level();
        let statements = self.scratch.statements.drain(mark..);
        Block {
            statements: self.ast.statements.add_list(statements),
            end: self.now,
        }
    }

    fn loop_block(&mut self) -> Block {
        self.function.loops += 1;
        let body = self.block();
        self.function.loops -= 1;
        body
    }

    pub(super) fn statement(&mut self) -> Statement {
        let line = self.lexer.line();
        match self.token {
            Token::If => self.if_statement(line),
            Token::While => self.while_statement(line),
            Token::Do => {
                self.next();
                let body = self.block();
                self.expect_closing(Token::End, Token::Do, line);
                Statement::Do(body)
            }
            Token::For => self.for_statement(line),
            Token::Repeat => self.repeat_statement(line),
            Token::Function => self.function_statement(line),
            Token::Local => {
                self.next();
                if self.accept_token(Token::Function) {
                    self.local_function()
                } else {
                    self.local_statement()
                }
            }
            Token::Return => self.return_statement(),
            Token::Break => {
                self.next();
                if self.function.loops == 0 {
                    self.syntax_error(b"no loop to break");
                }
                Statement::Break { after: self.now }
            }
            _ => self.expression_statement(),
        }
    }

    // if -> if condition then block { elseif condition then block } [ else block ] end
    fn if_statement(&mut self, line: u32) -> Statement {
        let mark = self.scratch.clauses.len();
        loop {
            self.next();
            let condition = self.expression();
            let before_then = self.now;
            self.expect(Token::Then);
            let body = self.block();
            self.scratch.clauses.push(Clause {
                condition,
                before_then,
                body,
            });
            if self.token != Token::ElseIf {
                break;
            }
        }
        let otherwise = (self.token == Token::Else).then(|| {
            self.next();
            self.block()
        });
        self.expect_closing(Token::End, Token::If, line);
        let clauses = self.scratch.clauses.drain(mark..);
        Statement::If {
            clauses: self.ast.clauses.add_list(clauses),
            otherwise,
        }
    }

    // while -> while condition do block end
    fn while_statement(&mut self, line: u32) -> Statement {
        self.next();
        let condition = self.expression();
        let before_do = self.now;
        self.expect(Token::Do);
        let body = self.loop_block();
        self.expect_closing(Token::End, Token::While, line);
        Statement::While {
            condition,
            before_do,
            body,
            after: self.now,
        }
    }

    // repeat -> repeat block until condition
    fn repeat_statement(&mut self, line: u32) -> Statement {
        self.next();
        let body = self.loop_block();
        self.expect_closing(Token::Until, Token::Repeat, line);
        let condition = self.expression();
        Statement::Repeat {
            body,
            condition,
            after: self.now,
        }
    }

    // for -> for (numeric | generic) end
    fn for_statement(&mut self, line: u32) -> Statement {
        self.next();
        let first = self.name();
        match self.token {
            Token::Char(b'=') => self.numeric_for(first, line),
            Token::Char(b',') | Token::In => self.generic_for(first, line),
            _ => {
                self.syntax_error(b"'=' or 'in' expected");
                self.numeric_for(first, line)
            }
        }
    }

    // numeric -> NAME `=' expression `,' expression [ `,' expression ] do block
    fn numeric_for(&mut self, name: NameAt, line: u32) -> Statement {
        let variable = NameAt {
            after: self.now,
            ..name
        };
        self.expect(Token::Char(b'='));
        let initial = (self.expression(), self.now);
        self.expect(Token::Char(b','));
        let limit = (self.expression(), self.now);
        let step = self.accept(b',').then(|| (self.expression(), self.now));
        let before_do = self.now;
        self.expect(Token::Do);
        let after_do = self.now;
        let body = self.loop_block();
        self.expect_closing(Token::End, Token::For, line);
        Statement::NumericFor(self.ast.numeric_fors.add(NumericFor {
            line,
            variable,
            initial,
            limit,
            step,
            before_do,
            after_do,
            body,
            after: self.now,
        }))
    }

    // generic -> NAME { `,' NAME } in expressions do block
    fn generic_for(&mut self, first: NameAt, line: u32) -> Statement {
        let mark = self.scratch.names.len();
        self.scratch.names.push(first);
        while self.accept(b',') {
            let name = self.name();
            self.scratch.names.push(name);
        }
        let names = self.end_names(mark);
        self.expect(Token::In);
        let values_line = self.lexer.line();
        let values = self.expressions();
        let before_do = self.now;
        self.expect(Token::Do);
        let after_do = self.now;
        let body = self.loop_block();
        self.expect_closing(Token::End, Token::For, line);
        Statement::GenericFor(self.ast.generic_fors.add(GenericFor {
            line: values_line,
            names,
            values,
            before_do,
            after_do,
            body,
            after: self.now,
        }))
    }

    // function -> function NAME { `.' NAME } [ `:' NAME ] body
    fn function_statement(&mut self, line: u32) -> Statement {
        self.next();
        let NameAt { name, after } = self.name();
        let mut target = self.add_expression(Expression::Name { name, after });
        while self.is(b'.') {
            target = self.field(target);
        }
        let has_self = self.is(b':');
        if has_self {
            target = self.field(target);
        }
        let function = self.function_body(has_self, line);
        Statement::Function {
            target,
            function,
            line,
        }
    }

    // local -> local function NAME body
    fn local_function(&mut self) -> Statement {
        let name = self.name();
        let function = self.function_body(false, self.lexer.line());
        Statement::LocalFunction { name, function }
    }

    // local -> local NAME { `,' NAME } [ `=' expressions ]
    fn local_statement(&mut self) -> Statement {
        let mark = self.scratch.names.len();
        loop {
            let name = self.name();
            self.scratch.names.push(name);
            if !self.accept(b',') {
                break;
            }
        }
        let names = self.end_names(mark);
        let values = if self.accept(b'=') {
            self.expressions()
        } else {
            List::default()
        };
        Statement::Local {
            names,
            values,
            after: self.now,
        }
    }

    // return -> return [ expressions ]
    fn return_statement(&mut self) -> Statement {
        self.next();
        let values = if self.token.ends_block() || self.is(b';') {
            List::default()
        } else {
            self.expressions()
        };
        Statement::Return {
            values,
            after: self.now,
        }
    }

    // expression statement -> call | assignment
    // assignment -> primary { `,' primary } `=' expressions
    fn expression_statement(&mut self) -> Statement {
        let first = self.primary_expression();
        if matches!(
            self.ast.expressions.get(first),
            Some(Expression::Call { .. })
        ) {
            return Statement::Call(first);
        }
        let mark = self.scratch.targets.len();
        let mut variable = first;
        loop {
            let after = self.now;
            self.scratch.targets.push(Target { variable, after });
            let is_variable = matches!(
                self.ast.expressions.get(variable),
                Some(Expression::Name { .. } | Expression::Field { .. } | Expression::Index { .. })
            );
            if !is_variable {
                self.syntax_error(b"syntax error");
            }
            if !self.accept(b',') {
                break;
            }
            variable = self.primary_expression();
        }
        let targets = self.scratch.targets.drain(mark..);
        let targets = self.ast.targets.add_list(targets);
        self.expect(Token::Char(b'='));
        let values = self.expressions();
        Statement::Assignment {
            targets,
            values,
            after: self.now,
        }
    }

    pub(super) fn end_names(&mut self, mark: usize) -> List<NameAt> {
        let names = self.scratch.names.drain(mark..);
        self.ast.names.add_list(names)
    }
}
