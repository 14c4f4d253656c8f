//! Code for expressions, calls and table constructors.

use super::descriptor::{Descriptor, Kind};
use super::failure::{Counted, Failure};
use super::generator::Generator;
use crate::bytecode::instruction::{Instruction, OpCode};
use crate::bytecode::proto::{Constant, VarargFlags};
use crate::limits::{FIELDS_PER_FLUSH, MAX_BX};
use crate::syntax::ast::{Call, Expression, Id, ItemKey, List, ListItem, TableConstructor};

impl Generator<'_> {
    fn node(&self, id: Id<Expression>) -> Expression {
        self.ast.expressions.get(id).unwrap_or(Expression::Nil)
    }

    /// Code for an expression. Chains such as `a.b(c).d + e + f` are as deep as
    /// they are long, so they are followed to their first operand without
    /// recursion and completed on the way back.
    ///
    /// What is known of it is written to `e`, piece by piece. It isn't returned: a copy would
    /// be read in larger pieces than those just written, and the processor would wait for it.
    pub(super) fn expression(
        &mut self,
        id: Id<Expression>,
        e: &mut Descriptor,
    ) -> Result<(), Failure> {
        let mark = self.workspace.waiting.len();
        let mut id = id;
        let first = loop {
            let node = self.node(id);
            let operand = match node {
                Expression::Field { table, .. } | Expression::Index { table, .. } => table,
                Expression::Call { callee, .. } => callee,
                Expression::Binary { left, .. } => left,
                _ => break node,
            };
            self.workspace.waiting.push(id);
            id = operand;
        };
        self.operand(first, e)?;
        while self.workspace.waiting.len() > mark {
            if let Some(id) = self.workspace.waiting.pop() {
                let node = self.node(id);
                self.complete(node, e)?;
            }
        }
        Ok(())
    }

    /// An expression that doesn't begin with another one.
    fn operand(&mut self, node: Expression, e: &mut Descriptor) -> Result<(), Failure> {
        *e = Descriptor::new(match node {
            Expression::True => Kind::True,
            Expression::False => Kind::False,
            Expression::Number(value) => Kind::Number(value),
            Expression::String { value, at } => {
                self.at(at)?;
                Kind::Constant(self.function.constant(Constant::String(value))?)
            }
            Expression::VarArg { at } => {
                self.at(at)?;
                if !fault!(VarargKeepsArg) {
                    self.function.proto.vararg.0 &= !VarargFlags::NEEDS_ARG;
                }
                Kind::VarArg(self.function.emit_abc(OpCode::VarArg, 0, 1, 0)?)
            }
            Expression::Name { name, after } => {
                self.at(after)?;
                self.variable(name)?
            }
            Expression::Parenthesized { inner, after } => {
                self.expression(inner, e)?;
                self.at(after)?;
                return self.function.discharge(e);
            }
            Expression::Function(function) => self.closure(function)?,
            Expression::Table(table) => match self.ast.tables.get(table) {
                Some(table) => self.constructor(&table)?,
                None => Kind::Nil,
            },
            Expression::Unary {
                operator,
                operand,
                after,
            } => {
                self.expression(operand, e)?;
                self.at(after)?;
                return self.function.prefix(operator, e);
            }
            _ => Kind::Nil,
        });
        Ok(())
    }

    /// The rest of an expression whose first operand is known.
    fn complete(&mut self, node: Expression, e: &mut Descriptor) -> Result<(), Failure> {
        match node {
            Expression::Field { name, dot, .. } => {
                self.at(dot)?;
                self.function.put_anywhere(e)?;
                self.at(dot.later(2))?;
                let name = self.function.constant(Constant::String(name))?;
                self.function
                    .index(e, &mut Descriptor::new(Kind::Constant(name)))
            }
            Expression::Index {
                key: key_node,
                open,
                close,
                ..
            } => {
                self.at(open)?;
                self.function.put_anywhere(e)?;
                let mut key = Descriptor::VOID;
                self.expression(key_node, &mut key)?;
                self.at(close)?;
                self.function.make_value(&mut key)?;
                self.at(close.later(1))?;
                self.function.index(e, &mut key)
            }
            Expression::Call { call, .. } => match self.ast.calls.get(call) {
                Some(call) => self.call(&call, e),
                None => Ok(()),
            },
            Expression::Binary {
                operator,
                right,
                infix,
                after,
                ..
            } => {
                self.at(infix)?;
                self.function.infix(operator, e)?;
                let mut second = Descriptor::VOID;
                self.expression(right, &mut second)?;
                self.at(after)?;
                self.function.postfix(operator, e, &mut second)
            }
            _ => Ok(()),
        }
    }

    fn call(&mut self, call: &Call, e: &mut Descriptor) -> Result<(), Failure> {
        self.at(call.open)?;
        match call.method {
            Some(name) => {
                let name = self.function.constant(Constant::String(name))?;
                self.function
                    .method(e, &mut Descriptor::new(Kind::Constant(name)))?;
            }
            None => self.function.put_in_next(e)?,
        }
        let base = self.function.register_of(e);
        let mut last = Descriptor::VOID;
        self.expressions(call.arguments, &mut last)?;
        let operand = if last.is_multiple() {
            self.at(call.close)?;
            self.function.set_results(&last, 0)?;
            self.at(call.after)?;
            0
        } else {
            self.at(call.after)?;
            if last.kind != Kind::Void {
                self.function.put_in_next(&mut last)?;
            }
            self.function.free_register - base
        };
        let pc = self.function.emit_abc(OpCode::Call, base, operand, 2)?;
        self.function
            .fix_line(call.line + u32::from(fault!(CallLine)));
        self.function.free_register = base + 1;
        *e = Descriptor::new(Kind::Call(pc));
        Ok(())
    }

    /// Several expressions: all but the last, which is written to `last`, go to consecutive
    /// registers.
    pub(super) fn expressions(
        &mut self,
        list: List<ListItem>,
        last: &mut Descriptor,
    ) -> Result<(), Failure> {
        *last = Descriptor::VOID;
        for item in list.ids().filter_map(|id| self.ast.list_items.get(id)) {
            if last.kind != Kind::Void {
                self.at(item.start)?;
                self.function.put_in_next(last)?;
            }
            self.expression(item.value, last)?;
        }
        Ok(())
    }

    fn constructor(&mut self, node: &TableConstructor) -> Result<Kind, Failure> {
        self.at(node.open)?;
        let pc = self.function.emit_abc(OpCode::NewTable, 0, 0, 0)?;
        let mut table = Descriptor::new(Kind::Relocatable(pc));
        self.function.put_in_next(&mut table)?;
        let table = self.function.register_of(&table);
        let mut positions = Positions::new(table);
        let mut fields = 0usize;
        let mut items = node
            .items
            .ids()
            .filter_map(|id| self.ast.table_items.get(id))
            .peekable();
        while let Some(item) = items.next() {
            let after = items.peek().map_or(node.last, |next| next.start.earlier(1));
            self.at(item.start)?;
            positions.close(self)?;
            let free_register = self.function.free_register;
            let mut key = Descriptor::VOID;
            let value_start = match item.key {
                ItemKey::Position => {
                    self.expression(item.value, &mut positions.last)?;
                    if positions.count > MAX_BX {
                        self.at(after)?;
                        let line = self.function.proto.line_defined;
                        return Err(Failure::Function(Counted::ConstructorItems, line));
                    }
                    positions.count += 1;
                    positions.pending += 1;
                    continue;
                }
                ItemKey::Name(name) => {
                    self.at(item.start.later(1))?;
                    let name = self.function.constant(Constant::String(name))?;
                    key.kind = Kind::Constant(name);
                    item.start.later(2)
                }
                ItemKey::Expression { key: node, close } => {
                    self.expression(node, &mut key)?;
                    self.at(close)?;
                    self.function.make_value(&mut key)?;
                    close.later(2)
                }
            };
            fields += 1;
            self.at(value_start)?;
            let key = self.function.make_operand(&mut key)?;
            let mut value = Descriptor::VOID;
            self.expression(item.value, &mut value)?;
            self.at(after)?;
            let value = self.function.make_operand(&mut value)?;
            self.function
                .emit_abc(OpCode::SetTable, table, key, value)?;
            self.function.free_register = free_register;
        }
        self.at(node.after)?;
        positions.close_last(self)?;
        self.function.change(pc, |new| {
            new.with_b(float_byte(positions.count))
                .with_c(float_byte(fields))
        });
        Ok(Kind::Register(table))
    }
}

/// The items of a constructor that have no key.
struct Positions {
    /// Register of the table.
    table: u32,
    /// The last one, which isn't in a register yet.
    last: Descriptor,
    count: usize,
    /// Those that aren't in the table yet.
    pending: usize,
}

impl Positions {
    const fn new(table: u32) -> Self {
        Self {
            table,
            last: Descriptor::VOID,
            count: 0,
            pending: 0,
        }
    }

    /// Puts the last one in its register; stores a full batch in the table.
    fn close(&mut self, generator: &mut Generator<'_>) -> Result<(), Failure> {
        if self.last.kind == Kind::Void {
            return Ok(());
        }
        generator.function.put_in_next(&mut self.last)?;
        self.last.kind = Kind::Void;
        if self.pending == FIELDS_PER_FLUSH - usize::from(fault!(FlushOneEarly)) {
            self.store(generator, self.pending)?;
            self.pending = 0;
        }
        Ok(())
    }

    /// Stores what is left, all results of the last expression included.
    fn close_last(&mut self, generator: &mut Generator<'_>) -> Result<(), Failure> {
        if self.pending == 0 {
            return Ok(());
        }
        if self.last.is_multiple() {
            generator.function.set_results(&self.last, 0)?;
            self.store(generator, 0)?;
            self.count -= 1;
            return Ok(());
        }
        if self.last.kind != Kind::Void {
            generator.function.put_in_next(&mut self.last)?;
        }
        self.store(generator, self.pending)
    }

    /// Emits `SETLIST`; the number of the batch follows when it doesn't fit.
    fn store(&self, generator: &mut Generator<'_>, count: usize) -> Result<(), Failure> {
        let function = &mut generator.function;
        // Both numbers are bounded by the number of items.
        let count = u32::try_from(count).unwrap_or(0);
        let batch = u32::try_from((self.count - 1) / FIELDS_PER_FLUSH + 1).unwrap_or(u32::MAX);
        if batch <= 0x1ff {
            function.emit_abc(OpCode::SetList, self.table, count, batch)?;
        } else {
            function.emit_abc(OpCode::SetList, self.table, count, 0)?;
            function.emit(Instruction(batch))?;
        }
        function.free_register = self.table + 1;
        Ok(())
    }
}

/// A size as `NEWTABLE` carries it: three bits of mantissa, five of exponent,
/// rounded up.
fn float_byte(size: usize) -> u32 {
    let mut mantissa = u32::try_from(size).unwrap_or(u32::MAX);
    let mut exponent = 0;
    while mantissa >= 16 {
        mantissa = mantissa.div_ceil(2);
        exponent += 1;
    }
    if mantissa < 8 {
        mantissa
    } else {
        (exponent + 1) << 3 | (mantissa - 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up() {
        let bytes: Vec<u32> = [0, 7, 8, 15, 16, 17, 100, 262_143].map(float_byte).into();
        assert_eq!(bytes, [0, 7, 8, 15, 16, 17, 37, 128]);
    }
}
