//! Code for statements.

use super::descriptor::{Descriptor, JumpList, Kind};
use super::failure::Failure;
use super::generator::Generator;
use crate::bytecode::instruction::{Instruction, OpCode};
use crate::bytecode::proto::Constant;
use crate::syntax::ast::{
    Block, Clause, Expression, Function, GenericFor, Id, List, ListItem, Moment, NameAt,
    NumericFor, Statement, Target,
};

/// Assignments to so many variables can't compile, so that for more of them only
/// errors have to be found.
const HOPELESS_TARGETS: usize = 1000;

impl Generator<'_> {
    pub(super) fn statements(&mut self, list: List<Statement>) -> Result<(), Failure> {
        for statement in list.ids().filter_map(|id| self.ast.statements.get(id)) {
            self.statement(&statement)?;
        }
        Ok(())
    }

    pub(super) fn statement(&mut self, statement: &Statement) -> Result<(), Failure> {
        match *statement {
            Statement::Call(call) => self.call_statement(call),
            Statement::Assignment {
                targets,
                values,
                after,
            } => self.assignment(targets, values, after),
            Statement::Local {
                names,
                values,
                after,
            } => self.local(names, values, after),
            Statement::LocalFunction { name, function } => self.local_function(name, function),
            Statement::Function {
                target,
                function,
                line,
            } => self.function_statement(target, function, line),
            Statement::If { clauses, otherwise } => self.if_statement(clauses, otherwise),
            Statement::While {
                condition,
                before_do,
                body,
                after,
            } => self.while_loop(condition, before_do, body, after),
            Statement::Do(body) => self.block(body),
            Statement::NumericFor(node) => match self.ast.numeric_fors.get(node) {
                Some(node) => self.numeric_for(&node),
                None => Ok(()),
            },
            Statement::GenericFor(node) => match self.ast.generic_fors.get(node) {
                Some(node) => self.generic_for(&node),
                None => Ok(()),
            },
            Statement::Repeat {
                body,
                condition,
                after,
            } => self.repeat_loop(body, condition, after),
            Statement::Return { values, after } => self.return_statement(values, after),
            Statement::Break { after } => {
                self.at(after)?;
                self.function.break_loop()
            }
        }?;
        self.function.free_register = self.function.active_count();
        Ok(())
    }

    fn call_statement(&mut self, call: Id<Expression>) -> Result<(), Failure> {
        let mut e = Descriptor::VOID;
        self.expression(call, &mut e)?;
        if let Kind::Call(pc) = e.kind {
            self.function.change(pc, |call| call.with_c(1));
        }
        Ok(())
    }

    // ----- variables -----

    fn local(
        &mut self,
        names: List<NameAt>,
        values: List<ListItem>,
        after: Moment,
    ) -> Result<(), Failure> {
        for name in names.ids().filter_map(|id| self.ast.names.get(id)) {
            self.at(name.after)?;
            self.function.declare(name.name)?;
        }
        let mut last = Descriptor::VOID;
        self.expressions(values, &mut last)?;
        self.at(after)?;
        self.adjust(names.len(), values.len(), &mut last)?;
        self.function.activate(names.len());
        Ok(())
    }

    fn local_function(&mut self, name: NameAt, function: Id<Function>) -> Result<(), Failure> {
        self.at(name.after)?;
        self.function.declare(name.name)?;
        let register = self.function.free_register;
        self.function.reserve(1)?;
        self.function.activate(1);
        let mut closure = Descriptor::new(self.closure(function)?);
        self.function.store(Kind::Local(register), &mut closure)?;
        // The function itself can see the variable, a debugger only from here on.
        self.function.restart_newest();
        Ok(())
    }

    fn function_statement(
        &mut self,
        target: Id<Expression>,
        function: Id<Function>,
        line: u32,
    ) -> Result<(), Failure> {
        let mut variable = Descriptor::VOID;
        self.expression(target, &mut variable)?;
        let mut closure = Descriptor::new(self.closure(function)?);
        self.function.store(variable.kind, &mut closure)?;
        self.function.fix_line(line);
        Ok(())
    }

    fn assignment(
        &mut self,
        targets: List<Target>,
        values: List<ListItem>,
        after: Moment,
    ) -> Result<(), Failure> {
        let mut variables: Vec<Kind> = Vec::new();
        for target in targets.ids().filter_map(|id| self.ast.targets.get(id)) {
            let mut e = Descriptor::VOID;
            self.expression(target.variable, &mut e)?;
            let kind = e.kind;
            if let (Kind::Local(register), false) = (kind, variables.is_empty()) {
                self.at(target.after)?;
                self.save_local(register, &mut variables)?;
            }
            if variables.len() < HOPELESS_TARGETS {
                variables.push(kind);
            }
        }
        let mut last = Descriptor::VOID;
        self.expressions(values, &mut last)?;
        self.at(after)?;
        if values.len() == targets.len() {
            self.function.set_one_result(&mut last);
            if let Some(variable) = variables.pop() {
                self.function.store(variable, &mut last)?;
            }
        } else {
            self.adjust(targets.len(), values.len(), &mut last)?;
            let excess = values.len().saturating_sub(targets.len());
            let excess = u32::try_from(excess).unwrap_or(u32::MAX);
            self.function.free_register = self.function.free_register.saturating_sub(excess);
        }
        while let Some(variable) = variables.pop() {
            let register = self.function.free_register.saturating_sub(1);
            let mut value = Descriptor::new(Kind::Register(register));
            self.function.store(variable, &mut value)?;
        }
        Ok(())
    }

    /// A local variable that is assigned to may also be the table or key of a
    /// target before it, which then uses a copy.
    fn save_local(&mut self, register: u32, variables: &mut [Kind]) -> Result<(), Failure> {
        let copy = self.function.free_register;
        let mut conflict = false;
        for variable in variables {
            if let Kind::Indexed { table, key } = variable {
                for part in [table, key] {
                    if *part == register && !fault!(AssignedTooEarly) {
                        *part = copy;
                        conflict = true;
                    }
                }
            }
        }
        if conflict {
            self.function.emit_abc(OpCode::Move, copy, register, 0)?;
            self.function.reserve(1)?;
        }
        Ok(())
    }

    /// Adjusts values, of which the last isn't in a register yet, to the number
    /// of variables.
    fn adjust(
        &mut self,
        variables: usize,
        values: usize,
        last: &mut Descriptor,
    ) -> Result<(), Failure> {
        let missing = u32::try_from(variables.saturating_sub(values)).unwrap_or(u32::MAX);
        let function = &mut self.function;
        if last.is_multiple() {
            // The expression itself gives one, unless even that is too much.
            let wanted = if values > variables {
                0
            } else {
                missing.saturating_add(1)
            };
            function.set_results(last, wanted.saturating_add(1))?;
            if wanted > 1 {
                function.reserve(wanted - 1)?;
            }
            return Ok(());
        }
        if last.kind != Kind::Void {
            function.put_in_next(last)?;
        }
        if missing > 0 {
            let first = function.free_register;
            function.reserve(missing)?;
            function.emit_nil(first, missing)?;
        }
        Ok(())
    }

    // ----- control -----

    /// Code that goes on if the condition is true; where it leaves otherwise.
    fn condition(&mut self, id: Id<Expression>, after: Moment) -> Result<JumpList, Failure> {
        let mut e = Descriptor::VOID;
        self.expression(id, &mut e)?;
        self.at(after)?;
        if e.kind == Kind::Nil {
            e.kind = Kind::False;
        }
        self.function.go_if_true(&mut e)?;
        Ok(e.exit_false)
    }

    fn if_statement(
        &mut self,
        clauses: List<Clause>,
        otherwise: Option<Block>,
    ) -> Result<(), Failure> {
        let mut escapes = JumpList::EMPTY;
        let mut clauses = clauses
            .ids()
            .filter_map(|id| self.ast.clauses.get(id))
            .peekable();
        while let Some(clause) = clauses.next() {
            let otherwise_here = self.condition(clause.condition, clause.before_then)?;
            self.block(clause.body)?;
            if clauses.peek().is_some() || otherwise.is_some() {
                let escape = self.function.jump()?;
                self.function.join(&mut escapes, escape)?;
                self.function.patch_to_here(otherwise_here)?;
            } else {
                self.function.join(&mut escapes, otherwise_here)?;
            }
        }
        if let Some(block) = otherwise {
            self.block(block)?;
        }
        self.function.patch_to_here(escapes)
    }

    fn while_loop(
        &mut self,
        condition: Id<Expression>,
        before_do: Moment,
        body: Block,
        after: Moment,
    ) -> Result<(), Failure> {
        let start = self.function.label();
        let exit = self.condition(condition, before_do)?;
        self.function.enter_block(true);
        self.block(body)?;
        let back = self.function.jump()?;
        self.function
            .patch_to(back, start + i32::from(fault!(LoopBackOneLate)))?;
        self.at(after)?;
        self.function.leave_block()?;
        self.function.patch_to_here(exit)
    }

    fn repeat_loop(
        &mut self,
        body: Block,
        condition: Id<Expression>,
        after: Moment,
    ) -> Result<(), Failure> {
        let start = self.function.label();
        self.function.enter_block(true);
        self.function.enter_block(false);
        self.statements(body.statements)?;
        let repeat = self.condition(condition, after)?;
        let has_upvalue = self
            .function
            .blocks
            .last()
            .is_some_and(|block| block.has_upvalue);
        if has_upvalue {
            // Upvalues have to be closed on both ways out.
            self.function.break_loop()?;
            self.function.patch_to_here(repeat)?;
            self.function.leave_block()?;
            let back = self.function.jump()?;
            self.function.patch_to(back, start)?;
        } else {
            self.function.leave_block()?;
            self.function.patch_to(repeat, start)?;
        }
        self.function.leave_block()
    }

    fn numeric_for(&mut self, node: &NumericFor) -> Result<(), Failure> {
        self.function.enter_block(true);
        self.at(node.variable.after)?;
        let base = self.function.free_register;
        for name in ["(for index)", "(for limit)", "(for step)"] {
            self.declare_hidden(name)?;
        }
        self.function.declare(node.variable.name)?;
        for (value, after) in [node.initial, node.limit].into_iter().chain(node.step) {
            let mut e = Descriptor::VOID;
            self.expression(value, &mut e)?;
            self.at(after)?;
            self.function.put_in_next(&mut e)?;
        }
        if node.step.is_none() {
            let one = self.function.constant(Constant::Number(1.0))?;
            let register = self.function.free_register;
            self.function.emit_abx(OpCode::LoadK, register, one)?;
            self.function.reserve(1)?;
        }
        self.function.activate(3);
        self.at(node.after_do)?;
        let prepare = Instruction::asbx(OpCode::ForPrep, base, -1);
        let prepare = JumpList::single(self.function.emit(prepare)?);
        self.for_body(1, node.body)?;
        self.function.patch_to_here(prepare)?;
        let step = Instruction::asbx(OpCode::ForLoop, base, -1);
        let step = JumpList::single(self.function.emit(step)?);
        self.function.fix_line(node.line);
        self.function.patch_to(step, prepare.head + 1)?;
        self.at(node.after)?;
        self.function.leave_block()
    }

    fn generic_for(&mut self, node: &GenericFor) -> Result<(), Failure> {
        self.function.enter_block(true);
        let base = self.function.free_register;
        for (index, name) in node
            .names
            .ids()
            .filter_map(|id| self.ast.names.get(id))
            .enumerate()
        {
            self.at(name.after)?;
            if index == 0 {
                for name in ["(for generator)", "(for state)", "(for control)"] {
                    self.declare_hidden(name)?;
                }
            }
            self.function.declare(name.name)?;
        }
        let mut last = Descriptor::VOID;
        self.expressions(node.values, &mut last)?;
        self.at(node.before_do)?;
        self.adjust(3, node.values.len(), &mut last)?;
        self.function.check_stack(3)?;
        self.function.activate(3);
        self.at(node.after_do)?;
        let prepare = self.function.jump()?;
        self.for_body(node.names.len(), node.body)?;
        self.function.patch_to_here(prepare)?;
        let results = u32::try_from(node.names.len()).unwrap_or(u32::MAX);
        self.function.emit_abc(OpCode::TForLoop, base, 0, results)?;
        self.function.fix_line(node.line);
        let back = self.function.jump()?;
        self.function.patch_to(back, prepare.head + 1)?;
        self.at(node.after)?;
        self.function.leave_block()
    }

    /// The body of a `for` loop in the scope of its variables.
    fn for_body(&mut self, variables: usize, body: Block) -> Result<(), Failure> {
        self.function.enter_block(false);
        self.function.activate(variables);
        self.function
            .reserve(u32::try_from(variables).unwrap_or(u32::MAX))?;
        self.block(body)?;
        self.function.leave_block()
    }

    fn return_statement(&mut self, values: List<ListItem>, after: Moment) -> Result<(), Failure> {
        let mut last = Descriptor::VOID;
        self.expressions(values, &mut last)?;
        self.at(after)?;
        let function = &mut self.function;
        let first = function.active_count();
        if values.is_empty() {
            return function.emit_return(0, 1);
        }
        if last.is_multiple() {
            function.set_results(&last, 0)?;
            if let (Kind::Call(pc), 1) = (last.kind, values.len())
                && !fault!(NoTailCall)
            {
                function.change(pc, |call| call.with_opcode(OpCode::TailCall));
            }
            return function.emit_return(first, 0);
        }
        if values.len() == 1 {
            let register = function.put_anywhere(&mut last)?;
            return function.emit_return(register, 2);
        }
        function.put_in_next(&mut last)?;
        let operand = u32::try_from(values.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        function.emit_return(first, operand)
    }
}
