//! Operators: constant folding, arithmetic, comparisons, `and`, `or`, `not`.
//! Mirrors the upper half of `lcode.c`.

use super::descriptor::{Descriptor, JumpList, Kind};
use super::failure::Failure;
use super::function::{FunctionState, NO_REGISTER};
use crate::bytecode::instruction::OpCode;
use crate::syntax::ast::{BinaryOperator, UnaryOperator};

impl FunctionState {
    /// A unary operator after its operand.
    pub(super) fn prefix(
        &mut self,
        operator: UnaryOperator,
        e: &mut Descriptor,
    ) -> Result<(), Failure> {
        match operator {
            UnaryOperator::Minus => {
                // Only a string is sure to get a register: `nil`, `true` and
                // `false` end up as operands that are constants.
                if matches!(e.kind, Kind::Constant(_)) {
                    self.put_anywhere(e)?;
                }
                match e.numeral() {
                    Some(value) => {
                        e.kind = Kind::Number(-value);
                        Ok(())
                    }
                    None => self.unary(OpCode::Unm, e),
                }
            }
            UnaryOperator::Not => self.not(e),
            UnaryOperator::Length => {
                self.put_anywhere(e)?;
                self.unary(OpCode::Len, e)
            }
        }
    }

    fn unary(&mut self, op: OpCode, e: &mut Descriptor) -> Result<(), Failure> {
        let operand = self.make_operand(e)?;
        self.free_expression(e);
        let pc = self.emit_abc(op, 0, operand, 0)?;
        e.kind = Kind::Relocatable(pc);
        Ok(())
    }

    /// A binary operator before its right operand is compiled.
    pub(super) fn infix(
        &mut self,
        operator: BinaryOperator,
        left: &mut Descriptor,
    ) -> Result<(), Failure> {
        match operator {
            BinaryOperator::And => self.go_if_true(left),
            BinaryOperator::Or => self.go_if_false(left),
            BinaryOperator::Concat => self.put_in_next(left),
            _ => {
                if left.numeral().is_none() {
                    self.make_operand(left)?;
                }
                Ok(())
            }
        }
    }

    /// A binary operator after its right operand; the result takes the place of
    /// the left one.
    pub(super) fn postfix(
        &mut self,
        operator: BinaryOperator,
        left: &mut Descriptor,
        right: &mut Descriptor,
    ) -> Result<(), Failure> {
        match operator {
            BinaryOperator::And => {
                self.discharge(right)?;
                self.join(&mut right.exit_false, left.exit_false)?;
                *left = *right;
                Ok(())
            }
            BinaryOperator::Or => {
                self.discharge(right)?;
                self.join(&mut right.exit_true, left.exit_true)?;
                *left = *right;
                Ok(())
            }
            BinaryOperator::Concat => self.concat(left, right),
            BinaryOperator::Add => self.arithmetic(OpCode::Add, left, right),
            BinaryOperator::Sub => self.arithmetic(OpCode::Sub, left, right),
            BinaryOperator::Mul => self.arithmetic(OpCode::Mul, left, right),
            BinaryOperator::Div => self.arithmetic(OpCode::Div, left, right),
            BinaryOperator::Mod => self.arithmetic(OpCode::Mod, left, right),
            BinaryOperator::Pow => self.arithmetic(OpCode::Pow, left, right),
            BinaryOperator::Equal => self.comparison(OpCode::Eq, true, left, right),
            BinaryOperator::NotEqual => self.comparison(OpCode::Eq, false, left, right),
            BinaryOperator::Less => self.comparison(OpCode::Lt, true, left, right),
            BinaryOperator::LessEqual => self.comparison(OpCode::Le, true, left, right),
            BinaryOperator::Greater => self.comparison(OpCode::Lt, false, left, right),
            BinaryOperator::GreaterEqual => self.comparison(OpCode::Le, false, left, right),
        }
    }

    /// `a..b..c` is one instruction over consecutive registers: the one for `b..c`
    /// is extended to the left.
    fn concat(&mut self, left: &mut Descriptor, right: &mut Descriptor) -> Result<(), Failure> {
        self.make_value(right)?;
        if let Kind::Relocatable(pc) = right.kind
            && self.instruction(pc).is(OpCode::Concat)
        {
            let first = self.register_of(left);
            self.free_expression(left);
            self.change(pc, |concat| concat.with_b(first));
            left.kind = Kind::Relocatable(pc);
            return Ok(());
        }
        self.put_in_next(right)?;
        self.arithmetic(OpCode::Concat, left, right)
    }

    /// The left operand becomes one before the right operand does, and gives its
    /// register back after it.
    fn arithmetic(
        &mut self,
        op: OpCode,
        left: &mut Descriptor,
        right: &mut Descriptor,
    ) -> Result<(), Failure> {
        if let (Some(a), Some(b)) = (left.numeral(), right.numeral())
            && let Some(value) = fold(op, a, b)
        {
            left.kind = Kind::Number(value);
            return Ok(());
        }
        let b = self.make_operand(left)?;
        let c = self.make_operand(right)?;
        self.free_expression(right);
        if !fault!(OperandNotFreed) {
            self.free_expression(left);
        }
        let pc = self.emit_abc(op, 0, b, c)?;
        left.kind = Kind::Relocatable(pc);
        Ok(())
    }

    /// `>` and `>=` are `<` and `<=` with the operands exchanged.
    fn comparison(
        &mut self,
        op: OpCode,
        condition: bool,
        left: &mut Descriptor,
        right: &mut Descriptor,
    ) -> Result<(), Failure> {
        let b = self.make_operand(left)?;
        let c = self.make_operand(right)?;
        self.free_expression(right);
        self.free_expression(left);
        let jump = if !condition && op != OpCode::Eq && !fault!(GreaterAsNotLess) {
            self.conditional_jump(op, 1, c, b)?
        } else {
            self.conditional_jump(op, u32::from(condition), b, c)?
        };
        left.kind = Kind::Jump(jump.head);
        Ok(())
    }

    /// Lets a comparison jump in the opposite case.
    fn invert(&mut self, pc: i32) {
        let control = self.control(pc);
        self.change(control, |test| test.with_a(u32::from(test.a() == 0)));
    }

    /// Jumps if the value is `condition`.
    fn jump_on(&mut self, e: &mut Descriptor, condition: bool) -> Result<JumpList, Failure> {
        if let Kind::Relocatable(pc) = e.kind {
            let not = self.instruction(pc);
            if not.is(OpCode::Not) {
                self.remove_last();
                let operand = u32::from(!condition);
                return self.conditional_jump(OpCode::Test, not.b(), 0, operand);
            }
        }
        let register = self.discharge_to_any(e)?;
        self.free_expression(e);
        self.conditional_jump(OpCode::TestSet, NO_REGISTER, register, u32::from(condition))
    }

    /// Goes on if the value is true, leaves by `exit_false` otherwise.
    pub(super) fn go_if_true(&mut self, e: &mut Descriptor) -> Result<(), Failure> {
        self.discharge(e)?;
        let exit = match e.kind {
            Kind::Constant(_) | Kind::Number(_) | Kind::True => JumpList::EMPTY,
            Kind::False => self.jump()?,
            Kind::Jump(pc) => {
                self.invert(pc);
                JumpList::single(pc)
            }
            _ => self.jump_on(e, false)?,
        };
        self.join(&mut e.exit_false, exit)?;
        self.patch_to_here(e.exit_true)?;
        e.exit_true = JumpList::EMPTY;
        Ok(())
    }

    /// Goes on if the value is false, leaves by `exit_true` otherwise.
    fn go_if_false(&mut self, e: &mut Descriptor) -> Result<(), Failure> {
        self.discharge(e)?;
        let exit = match e.kind {
            Kind::Nil | Kind::False => JumpList::EMPTY,
            Kind::True => self.jump()?,
            Kind::Jump(pc) => JumpList::single(pc),
            _ => self.jump_on(e, true)?,
        };
        self.join(&mut e.exit_true, exit)?;
        self.patch_to_here(e.exit_false)?;
        e.exit_false = JumpList::EMPTY;
        Ok(())
    }

    fn not(&mut self, e: &mut Descriptor) -> Result<(), Failure> {
        self.discharge(e)?;
        match e.kind {
            Kind::Nil | Kind::False => e.kind = Kind::True,
            Kind::Constant(_) | Kind::Number(_) | Kind::True => e.kind = Kind::False,
            Kind::Jump(pc) => self.invert(pc),
            _ => {
                let register = self.discharge_to_any(e)?;
                self.free_expression(e);
                let pc = self.emit_abc(OpCode::Not, 0, register, 0)?;
                e.kind = Kind::Relocatable(pc);
            }
        }
        std::mem::swap(&mut e.exit_true, &mut e.exit_false);
        self.drop_values(e.exit_false);
        if !fault!(NotKeepsValue) {
            self.drop_values(e.exit_true);
        }
        Ok(())
    }
}

/// Result of an operation on constants, as C computes it; nothing if it has to be
/// left to run time: division by zero, or a NaN.
fn fold(op: OpCode, a: f64, b: f64) -> Option<f64> {
    let value = match op {
        OpCode::Add => a + b,
        OpCode::Sub if fault!(FoldedOperands) => b - a,
        OpCode::Sub => a - b,
        OpCode::Mul => a * b,
        OpCode::Div if b != 0.0 => a / b,
        OpCode::Mod if b != 0.0 => a - (a / b).floor() * b,
        OpCode::Pow => a.powf(b),
        _ => return None,
    };
    (fault!(FoldedNan) || !value.is_nan()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_follows_c() {
        assert_eq!(fold(OpCode::Mod, -5.0, 3.0), Some(1.0));
        assert_eq!(fold(OpCode::Mod, 5.0, -3.0), Some(-1.0));
        assert_eq!(fold(OpCode::Mod, 5.0, f64::INFINITY), None);
        assert_eq!(fold(OpCode::Pow, 2.0, 0.5), Some(std::f64::consts::SQRT_2));
        assert_eq!(fold(OpCode::Div, 1.0, 0.0), None);
        assert_eq!(fold(OpCode::Div, 1.0, -0.0), None);
        assert_eq!(fold(OpCode::Concat, 1.0, 2.0), None);
    }
}
