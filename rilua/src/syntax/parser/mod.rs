//! From tokens to the syntax tree: the state of the parser, its errors, and the
//! outermost block. Mirrors the parsing half of `lparser.c`.
//!
//! # The first error
//!
//! 5.1.1 emits code while it parses, so an error of a limit (too many locals, a
//! jump that is too long) may come before one of syntax. Therefore nothing is
//! thrown away at a syntax error. The parser notes the error and the [`Moment`] at
//! which it happened, behaves from then on as if it had arrived at the end of the
//! text, and completes the tree with dummies. Every check of 5.1.1's parser is
//! followed by the use of a token, so in a text without the error all that comes
//! after it would have a later moment. Hence the rule: what has a moment up to that
//! of the error happened before it, and what has a later one must not happen. The
//! generator compiles the tree up to that moment, and an error it meets on the way
//! is the first one.

mod expressions;
mod statements;

use super::ast::{
    Ast, Clause, Expression, Id, ListItem, Moment, NameAt, Statement, TableItem, Target, TextAt,
};
use super::chunk_id::chunk_id;
use super::lexer::{LexError, Lexer, c_string};
use super::source::{COMPILED_SLOTS, Source};
use super::strings::{StringId, StringTable};
use super::token::{RESERVED_WORDS, Token};
use crate::limits::{MAX_C_CALLS, SYNTAX_ID_SIZE};

/// Why a text could not be parsed to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyntaxError<E> {
    /// The whole message, with position and `near` text.
    Message(Vec<u8>),
    /// The reader failed.
    Source(E),
}

/// What the parser has to know of the function it is in.
#[derive(Debug, Clone, Copy)]
struct FunctionContext {
    is_vararg: bool,
    /// Loops around the current position.
    loops: u32,
}

/// Lists under construction; inner lists stand above outer ones.
#[derive(Debug, Default)]
struct Scratch {
    statements: Vec<Statement>,
    list_items: Vec<ListItem>,
    table_items: Vec<TableItem>,
    names: Vec<NameAt>,
    targets: Vec<Target>,
    clauses: Vec<Clause>,
}

/// Parses a chunk, one statement of its outermost block after the other.
#[derive(Debug)]
pub struct Parser<'a, S: Source> {
    lexer: Lexer<S>,
    strings: StringTable,
    ast: Ast,
    scratch: Scratch,
    /// The current token, read but not used yet.
    token: Token,
    /// Reserved words that the text has, as strings.
    reserved: [Option<StringId>; RESERVED_WORDS],
    /// The token after it, if that had to be read already.
    lookahead: Option<Token>,
    /// Index of the current token.
    now: Moment,
    /// Syntax levels in use, those of the caller included.
    level: u32,
    function: FunctionContext,
    chunk_name: &'a [u8],
    /// The first error and the last moment before it.
    error: Option<(SyntaxError<S::Error>, Moment)>,
    /// The outermost block has come to its last statement.
    finished: bool,
}

impl<'a, S: Source> Parser<'a, S> {
    /// Reads the first token. `c_depth` syntax levels count as used.
    pub fn new(source: S, chunk_name: &'a [u8], c_depth: u32) -> Self {
        let mut parser = Self {
            lexer: Lexer::new(source),
            strings: StringTable::new(),
            ast: Ast::with_room(),
            scratch: Scratch::default(),
            token: Token::Eof,
            reserved: [None; RESERVED_WORDS],
            lookahead: None,
            now: Moment(0),
            level: c_depth,
            function: FunctionContext {
                is_vararg: true,
                loops: 0,
            },
            chunk_name,
            error: None,
            finished: false,
        };
        parser.enter_function();
        parser.next();
        parser.enter_level();
        parser
    }

    /// Parses the next statement of the outermost block into an empty tree;
    /// nothing at the end of the chunk or at an error. The tree may be cut off at
    /// an error, see [`error_moment`](Self::error_moment).
    // chunk -> { statement [ `;' ] }
    pub fn next_statement(&mut self) -> Option<Statement> {
        self.restart();
        if self.finished || self.token.ends_block() {
            return None;
        }
        let statement = self.statement();
        self.finished = is_last(&statement);
        self.accept(b';');
        Some(statement)
    }

    /// To be called after the last statement: nothing may follow. The moment at
    /// which the main function ends is returned.
    pub fn finish(&mut self) -> Moment {
        self.check(Token::Eof);
        self.leave_function();
        self.now
    }

    /// The last moment before the first error; everything until then is in the
    /// tree. Without an error the end of time.
    #[must_use]
    pub fn error_moment(&self) -> Moment {
        self.error
            .as_ref()
            .map_or(Moment(u32::MAX), |(_, moment)| *moment)
    }

    /// The first error.
    pub fn take_error(&mut self) -> Option<SyntaxError<S::Error>> {
        self.error.take().map(|(error, _)| error)
    }

    /// The tree, and the strings it refers to.
    pub fn parts(&mut self) -> (&Ast, &mut StringTable) {
        (&self.ast, &mut self.strings)
    }

    /// The strings of the whole chunk.
    #[must_use]
    pub fn into_strings(self) -> StringTable {
        self.strings
    }

    /// An error message about the moment: position, `text`, and if `near` the
    /// token that is current then.
    #[must_use]
    pub fn message_at(&mut self, moment: Moment, text: &[u8], near: bool) -> Vec<u8> {
        match self.lexer.reread(moment.0, &mut self.strings) {
            Some((token, line, token_text)) => {
                let nameless = token.description().is_none();
                self.message(line, text, (near && !nameless).then_some(&token_text))
            }
            None => self.message(self.lexer.line(), text, None),
        }
    }

    /// Begins a new tree at the current token.
    fn restart(&mut self) {
        let last_line = self.ast.newest_line().unwrap_or(1);
        let is_first = self.now == Moment(0);
        // At a level too many the first token has been read, but is not current any more.
        let first = self.ast.text(0).filter(|_| self.error.is_some());
        self.ast.clear();
        self.now = self.ast.begin_moment(last_line);
        // A reserved word belongs to the function in which it was read, which may have been
        // one that ended just before it; it is in the tree before, too.
        if is_first || self.token.reserved_index().is_none() {
            self.note_text();
        }
        if let Some(text) = first {
            self.ast.note_text(text);
        }
        self.lexer.set_restart();
    }

    // ----- tokens -----

    /// Uses the current token and reads the next one.
    fn next(&mut self) {
        let last_line = self.lexer.line();
        match self.lookahead.take() {
            Some(token) => self.token = token,
            None => {
                if !self.read() {
                    return;
                }
            }
        }
        self.now = self.ast.begin_moment(last_line);
        self.note_text();
    }

    /// Notes the text of a name, string or reserved word that has become current.
    #[inline]
    fn note_text(&mut self) {
        let (text, is_reserved) = match self.token {
            Token::Name(text) | Token::String(text) => (text, false),
            token => match token.reserved_index() {
                Some(index) => (self.reserved_text(index), true),
                None => return,
            },
        };
        let at = self.now;
        self.ast.note_text(TextAt {
            text,
            at,
            is_reserved,
        });
    }

    /// The current token, which is this reserved word, as a string.
    #[inline]
    fn reserved_text(&mut self, index: usize) -> StringId {
        match self.reserved.get(index) {
            Some(&Some(text)) => text,
            _ => self.new_reserved_text(index),
        }
    }

    #[cold]
    fn new_reserved_text(&mut self, index: usize) -> StringId {
        let word = self.token.reserved_word().unwrap_or_default();
        let text = self.strings.intern(word.as_bytes());
        if let Some(slot) = self.reserved.get_mut(index) {
            *slot = Some(text);
        }
        text
    }

    /// Reads the token after the current one.
    fn look_ahead(&mut self) -> Token {
        if self.error.is_some() {
            return Token::Eof;
        }
        let current = self.token;
        let token = if self.read() {
            std::mem::replace(&mut self.token, current)
        } else {
            Token::Eof
        };
        self.lookahead = Some(token);
        token
    }

    /// Makes the next token of the text the current one, unless there was an error, or is one.
    #[inline]
    fn read(&mut self) -> bool {
        if self.error.is_some() {
            return false;
        }
        match self.lexer.read_token(&mut self.strings, &mut self.token) {
            Ok(()) => return true,
            Err(LexError::Syntax { message, near }) => {
                let message = self.message(self.lexer.line(), message.as_bytes(), near.as_deref());
                self.fail(SyntaxError::Message(message));
            }
            Err(LexError::Source(error)) => self.fail(SyntaxError::Source(error)),
        }
        false
    }

    #[inline]
    const fn is(&self, byte: u8) -> bool {
        matches!(self.token, Token::Char(found) if found == byte)
    }

    /// Uses the current token if it is this character.
    #[inline]
    fn accept(&mut self, byte: u8) -> bool {
        let found = self.is(byte);
        if found {
            self.next();
        }
        found
    }

    fn accept_token(&mut self, token: Token) -> bool {
        let found = self.token == token;
        if found {
            self.next();
        }
        found
    }

    /// The current token must be this one.
    fn check(&mut self, token: Token) {
        if self.token != token {
            self.error_expected(token);
        }
    }

    /// The current token must be this one and is used.
    fn expect(&mut self, token: Token) {
        self.check(token);
        self.next();
    }

    /// The current token must be `closing`, which belongs to an `opening` on `line`.
    fn expect_closing(&mut self, closing: Token, opening: Token, line: u32) {
        if self.accept_token(closing) {
            return;
        }
        if line == self.lexer.line() {
            self.error_expected(closing);
        } else {
            let closing = closing.description().unwrap_or_default();
            let opening = opening.description().unwrap_or_default();
            let text = [
                b"'",
                closing.as_slice(),
                b"' expected (to close '",
                &opening,
                b"' at line ",
                line.to_string().as_bytes(),
                b")",
            ]
            .concat();
            self.syntax_error(&text);
        }
    }

    /// The current token must be a name and is used.
    fn name(&mut self) -> NameAt {
        let name = match self.token {
            Token::Name(name) => name,
            _ => {
                let text = b"'<name>' expected";
                self.syntax_error(text);
                self.dummy_name()
            }
        };
        self.next();
        NameAt {
            name,
            after: self.now,
        }
    }

    fn dummy_name(&mut self) -> StringId {
        self.strings.intern(b"")
    }

    // ----- levels and errors -----

    fn enter_level(&mut self) {
        self.level += 1;
        self.lexer.set_levels(self.level);
        if self.level > MAX_C_CALLS && self.error.is_none() {
            let text = b"chunk has too many syntax levels";
            let message = self.message(self.lexer.line(), text, None);
            self.fail(SyntaxError::Message(message));
        }
    }

    fn leave_level(&mut self) {
        self.level -= 1;
        self.lexer.set_levels(self.level);
    }

    fn enter_function(&mut self) {
        if self.error.is_none() {
            self.lexer.hold(COMPILED_SLOTS);
        }
    }

    fn leave_function(&mut self) {
        if self.error.is_none() {
            self.lexer.give_back(COMPILED_SLOTS);
        }
    }

    #[cold]
    fn error_expected(&mut self, token: Token) {
        let token = token.description().unwrap_or_default();
        self.syntax_error(&[b"'", token.as_slice(), b"' expected"].concat());
    }

    /// An error that names the current token.
    #[cold]
    fn syntax_error(&mut self, text: &[u8]) {
        if self.error.is_some() {
            return;
        }
        let near = match self.token {
            Token::Char(0) => None,
            token => Some(self.lexer.token_text(token, &self.strings)),
        };
        let message = self.message(self.lexer.line(), text, near.as_deref());
        self.fail(SyntaxError::Message(message));
    }

    /// Notes an error, if it is the first, and arrives at the end of the text.
    #[cold]
    fn fail(&mut self, error: SyntaxError<S::Error>) {
        if self.error.is_none() {
            self.error = Some((error, self.now));
            self.now = self.now.later(1);
        }
        self.token = Token::Eof;
        self.lookahead = None;
    }

    fn message(&self, line: u32, text: &[u8], near: Option<&[u8]>) -> Vec<u8> {
        let mut message = chunk_id(self.chunk_name, SYNTAX_ID_SIZE);
        message.extend_from_slice(format!(":{line}: ").as_bytes());
        message.extend_from_slice(text);
        if let Some(near) = near {
            message.extend_from_slice(b" near '");
            message.extend_from_slice(c_string(near));
            message.push(b'\'');
        }
        message
    }

    fn add_expression(&mut self, node: Expression) -> Id<Expression> {
        self.ast.expressions.add(node)
    }
}

/// Must the statement be the last one of its block?
const fn is_last(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Return { .. } | Statement::Break { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::source::SliceSource;

    fn error(text: &str) -> String {
        let mut parser = Parser::new(SliceSource::new(text.as_bytes()), b"=c", 2);
        while parser.next_statement().is_some() && parser.error.is_none() {}
        parser.finish();
        match parser.take_error() {
            Some(SyntaxError::Message(message)) => String::from_utf8(message).unwrap(),
            _ => "ok".to_owned(),
        }
    }

    #[test]
    fn messages_are_those_of_5_1_1() {
        let cases = [
            ("x = 'a\\300'", "c:1: escape sequence too large near ''a'"),
            ("x = 'abc\n'", "c:1: unfinished string near ''abc'"),
            ("x = 'abc", "c:1: unfinished string near '<eof>'"),
            ("x = [[abc", "c:1: unfinished long string near '<eof>'"),
            ("--[[abc", "c:1: unfinished long comment near '<eof>'"),
            ("x = [=a", "c:1: invalid long string delimiter near '[='"),
            ("x = 1..2", "c:1: malformed number near '1..2'"),
            (
                "x = [[ [[ ]]",
                "c:1: nesting of [[...]] is deprecated near '['",
            ),
            ("x = a \0 b", "c:1: unexpected symbol"),
            ("x = a \x01 b", "c:1: unexpected symbol near 'char(1)'"),
            ("x = = 1", "c:1: unexpected symbol near '='"),
            (
                "f\n()",
                "c:2: ambiguous syntax (function call x new statement) near '('",
            ),
            ("for x do", "c:1: '=' or 'in' expected near 'do'"),
            ("a.b:c = 1", "c:1: function arguments expected near '='"),
            ("f() = 1", "c:1: unexpected symbol near '='"),
            ("break", "c:1: no loop to break near '<eof>'"),
            (
                "return function() return ... end",
                "c:1: cannot use '...' outside a vararg function near '...'",
            ),
            (
                "local function f(1)",
                "c:1: <name> or '...' expected near '1'",
            ),
            (
                "if x then\n\n",
                "c:3: 'end' expected (to close 'if' at line 1) near '<eof>'",
            ),
            (
                "x = {a\n\nb}",
                "c:3: '}' expected (to close '{' at line 1) near 'b'",
            ),
            (
                "x = {'abc' [==[\ndef]==]}",
                "c:2: '}' expected (to close '{' at line 1) near '[==[def]==]'",
            ),
            ("local 1", "c:1: '<name>' expected near '1'"),
            ("x = }", "c:1: unexpected symbol near '}'"),
            ("x:y", "c:1: function arguments expected near '<eof>'"),
            ("a, f() = 1", "c:1: syntax error near '='"),
            ("x = 1 y", "c:1: '=' expected near '<eof>'"),
        ];
        for (text, message) in cases {
            assert_eq!(error(text), message, "{text}");
        }
    }

    #[test]
    fn levels_are_counted_as_in_5_1_1() {
        let nested = |open: &str, middle: &str, close: &str, count| {
            error(&[&open.repeat(count), middle, &close.repeat(count)].concat())
        };
        let too_many = "c:1: chunk has too many syntax levels";
        assert_eq!(nested("do ", "", "end ", 197), "ok");
        assert_eq!(nested("do ", "", "end ", 198), too_many);
        let parentheses =
            |count: usize| error(&["x = ", &"(".repeat(count), "1", &")".repeat(count)].concat());
        assert_eq!(parentheses(196), "ok");
        assert_eq!(parentheses(197), too_many);
        // Right associative operators nest, left associative ones don't.
        assert_eq!(error(&["x = a", &"..a".repeat(196)].concat()), "ok");
        assert_eq!(error(&["x = a", &"..a".repeat(197)].concat()), too_many);
        assert_eq!(error(&["x = 1", &"+1".repeat(100_000)].concat()), "ok");
    }
}
