//! Walks the tree in the order in which 5.1.1 parses, and keeps time: before every
//! step it says at which [`Moment`] the one-pass compiler would take it. That
//! decides the line of the instructions and which error comes first.

use std::ops::Range;

use super::descriptor::Kind;
use super::failure::Failure;
use super::function::{FunctionState, line_number};
use super::scanner::Scanner;
use super::scope::UpvalueSource;
use crate::bytecode::instruction::OpCode;
use crate::bytecode::proto::VarargFlags;
use crate::limits::MAX_BX;
use crate::syntax::ast::{Ast, Block, Expression, Function, Id, Moment};
use crate::syntax::source::Watch;
use crate::syntax::strings::{StringId, StringTable};

/// Generates code for one tree.
pub(super) struct Generator<'a> {
    pub(super) ast: &'a Ast,
    strings: &'a mut StringTable,
    pub(super) workspace: &'a mut Workspace,
    /// The function at hand.
    pub(super) function: Box<FunctionState>,
    /// The functions around it, from the outside in.
    #[expect(clippy::vec_box, reason = "they change places with the one at hand")]
    pub(super) outer: Vec<Box<FunctionState>>,
    now: Moment,
    /// Line of the last token used, and the moments of which that is true.
    line: i32,
    line_range: Range<Moment>,
    /// How many of the tree's names and strings have been read.
    texts_read: usize,
    /// When the next one is current.
    next_text: Moment,
    /// After this moment comes a syntax error.
    stop: Moment,
    /// After this one, at the latest that, the watch is asked.
    look: Moment,
    /// Moments at which nothing of this changes.
    calm: Range<Moment>,
}

/// Tokens that are compiled without asking whether to stop: well under a millisecond.
const STRETCH: u32 = 1 << 13;

impl<'a> Generator<'a> {
    /// Continues the main function with a new tree.
    pub(super) fn new(
        ast: &'a Ast,
        strings: &'a mut StringTable,
        workspace: &'a mut Workspace,
        main: Box<FunctionState>,
        stop: Moment,
    ) -> Self {
        Self {
            ast,
            strings,
            workspace,
            function: main,
            outer: Vec::new(),
            now: Moment(0),
            line: 0,
            line_range: Moment(0)..Moment(0),
            texts_read: 0,
            next_text: Moment(0),
            stop,
            look: stop.min(Moment(STRETCH)),
            calm: Moment(0)..Moment(0),
        }
    }

    /// The moment that has been reached.
    pub(super) const fn now(&self) -> Moment {
        self.now
    }

    /// What follows happens at this moment.
    #[inline(always)]
    pub(super) fn at(&mut self, moment: Moment) -> Result<(), Failure> {
        if self.calm.contains(&moment) {
            self.now = moment;
            self.function.line = self.line;
            return Ok(());
        }
        self.pass_to(moment)
    }

    /// The same, where a line, a text or a stretch ends.
    #[inline(never)]
    fn pass_to(&mut self, moment: Moment) -> Result<(), Failure> {
        if moment > self.look {
            self.look_around(moment)?;
        }
        self.now = moment;
        if !self.line_range.contains(&moment) {
            self.find_line(moment);
        }
        self.function.line = self.line;
        self.read_texts(moment);
        let end = self.line_range.end.min(self.next_text).min(self.look);
        self.calm = self.line_range.start..end;
        Ok(())
    }

    #[cold]
    fn look_around(&mut self, moment: Moment) -> Result<(), Failure> {
        if moment > self.stop {
            return Err(Failure::SyntaxError);
        }
        if self.workspace.is_stopped() {
            return Err(Failure::Stopped);
        }
        self.look = self.stop.min(moment.later(STRETCH));
        Ok(())
    }

    fn find_line(&mut self, moment: Moment) {
        let (line, range) = self.ast.last_line(moment);
        self.line = line_number(line);
        self.line_range = range;
    }

    /// The names and strings up to a moment have been read in the function at hand.
    #[inline]
    pub(super) fn read_texts(&mut self, until: Moment) {
        if until >= self.next_text {
            self.read_next_texts(until);
        }
    }

    fn read_next_texts(&mut self, until: Moment) {
        while let Some(text) = self.ast.text(self.texts_read) {
            if text.at > until {
                self.next_text = text.at;
                return;
            }
            self.texts_read += 1;
            self.read_text(text.text);
        }
        self.next_text = Moment(u32::MAX);
    }

    /// A name or string is read in the function at hand.
    #[inline]
    fn read_text(&mut self, text: StringId) {
        let table = &mut self.function.scanner_table;
        self.workspace
            .scanner
            .read(text, table, &self.function.proto.constants);
    }

    /// After a function was closed: a name or string that is current then was read
    /// in it, and is kept by the function around it as well.
    fn reread_text(&mut self, at: Moment) {
        let last = self
            .texts_read
            .checked_sub(1)
            .and_then(|n| self.ast.text(n));
        if let Some(text) = last
            && text.at == at
            && !text.is_reserved
        {
            self.read_text(text.text);
        }
    }

    /// Declares a variable that the text doesn't name.
    pub(super) fn declare_hidden(&mut self, name: &str) -> Result<(), Failure> {
        let name = self.strings.intern(name.as_bytes());
        self.read_text(name);
        self.function.declare(name)
    }

    /// A block with its own scope.
    pub(super) fn block(&mut self, block: Block) -> Result<(), Failure> {
        self.function.enter_block(false);
        self.statements(block.statements)?;
        self.at(block.end)?;
        self.function.leave_block()
    }

    /// A function and the instruction that makes a closure of it.
    pub(super) fn closure(&mut self, function: Id<Function>) -> Result<Kind, Failure> {
        let Some(node) = self.ast.functions.get(function) else {
            return Ok(Kind::Nil);
        };
        // The function begins when its `(` is current.
        self.read_texts(node.open.earlier(1));
        self.open_function(line_number(node.line));
        self.function_body(&node)?;
        let mut inner = self.close_function();
        self.reread_text(node.after);
        let protos = &mut self.function.proto.protos;
        if protos.len() >= MAX_BX {
            return Err(Failure::Overflow("constant table overflow"));
        }
        let index = u32::try_from(protos.len()).unwrap_or(u32::MAX);
        protos.push(inner.take_proto());
        self.at(node.after)?;
        let pc = self.function.emit_abx(OpCode::Closure, 0, index)?;
        for &source in &inner.upvalues {
            let (op, from) = match source {
                UpvalueSource::Local(register) => (OpCode::Move, register),
                UpvalueSource::Upvalue(index) => (OpCode::GetUpvalue, index),
            };
            self.function.emit_abc(op, 0, from, 0)?;
        }
        self.workspace.keep(inner);
        Ok(Kind::Relocatable(pc))
    }

    fn function_body(&mut self, node: &Function) -> Result<(), Failure> {
        self.at(node.open)?;
        if node.has_self {
            self.declare_hidden("self")?;
            self.function.activate(1);
        }
        for parameter in node
            .parameters
            .ids()
            .filter_map(|id| self.ast.names.get(id))
        {
            self.at(parameter.after)?;
            self.function.declare(parameter.name)?;
        }
        self.at(node.close)?;
        let mut fixed = node.parameters.len();
        if node.is_vararg {
            self.declare_hidden("arg")?;
            self.function.activate(fixed + 1);
            fixed = self.function.active - 1;
            self.function.proto.vararg =
                VarargFlags(VarargFlags::HAS_ARG | VarargFlags::NEEDS_ARG | VarargFlags::IS_VARARG);
        } else {
            self.function.activate(fixed);
            fixed = self.function.active;
        }
        self.function.proto.parameter_count = u8::try_from(fixed).unwrap_or(u8::MAX);
        self.function.reserve(self.function.active_count())?;
        self.statements(node.body.statements)?;
        self.function.proto.last_line_defined = line_number(node.last_line);
        self.at(node.after)?;
        self.function.finish()
    }

    fn open_function(&mut self, line: i32) {
        let source = self.function.proto.source;
        let inner = self.workspace.open(source, line);
        self.outer
            .push(std::mem::replace(&mut self.function, inner));
    }

    fn close_function(&mut self) -> Box<FunctionState> {
        self.workspace.scanner.close(&self.function.scanner_table);
        match self.outer.pop() {
            Some(outer) => std::mem::replace(&mut self.function, outer),
            // Not reached: only inner functions are closed.
            None => Box::default(),
        }
    }

    /// Ends the main function.
    pub(super) fn finish_main(&mut self, end: Moment) -> Result<(), Failure> {
        self.at(end)?;
        self.function.finish()
    }
}

impl FunctionState {
    /// Ends all scopes and adds the final `RETURN`.
    fn finish(&mut self) -> Result<(), Failure> {
        self.deactivate(0);
        self.emit_return(0, 1)
    }
}

/// What the compilation of a chunk uses all the time.
pub(super) struct Workspace {
    /// Asked from time to time whether to stop.
    watch: Option<Watch>,
    pub(super) scanner: Scanner,
    /// Expressions that wait for their first operand.
    pub(super) waiting: Vec<Id<Expression>>,
    /// Functions that are done, for the room they have.
    #[expect(clippy::vec_box, reason = "they change places with the one at hand")]
    spare: Vec<Box<FunctionState>>,
}

impl Workspace {
    pub(super) fn watched(watch: Option<Watch>) -> Self {
        Self {
            watch,
            scanner: Scanner::default(),
            waiting: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Is the compilation to end here?
    pub(super) fn is_stopped(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch())
    }

    /// State of the main function of a chunk.
    pub(super) fn open_main(&mut self, source: StringId) -> Box<FunctionState> {
        let mut main = self.open(Some(source), 0);
        main.proto.vararg = VarargFlags(VarargFlags::IS_VARARG);
        main
    }

    fn open(&mut self, source: Option<StringId>, line: i32) -> Box<FunctionState> {
        let mut function = self.spare.pop().unwrap_or_default();
        function.begin(source, line, self.scanner.open());
        function
    }

    fn keep(&mut self, function: Box<FunctionState>) {
        self.spare.push(function);
    }
}
