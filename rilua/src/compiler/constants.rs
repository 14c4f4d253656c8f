//! Finds constants of a function that is being compiled. Mirrors `addk` of
//! `lcode.c`: constants are keys of a Lua table there, so 0 and -0 are one (with
//! the sign of the first), while values of different types never are.

use crate::bytecode::proto::Constant;

/// Up to this number of constants a search from the first to the last is quicker.
const LINEAR: usize = 8;

/// Index of the constants of one function.
#[derive(Debug, Default)]
pub(super) struct ConstantIndex {
    /// Open addressing: position + 1, or 0 for a free slot; a power of two in
    /// length, at least half free. Empty while there are few constants.
    slots: Vec<u32>,
}

impl ConstantIndex {
    /// Forgets all constants.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }

    /// Position of an equal constant.
    pub(super) fn find(&self, constants: &[Constant], value: Constant) -> Option<usize> {
        if self.slots.is_empty() {
            return constants.iter().position(|&known| known == value);
        }
        let mask = self.slots.len() - 1;
        let mut slot = self.first_slot(value);
        loop {
            let position = match self.slots.get(slot).copied() {
                None | Some(0) => return None,
                Some(stored) => stored as usize - 1,
            };
            if constants.get(position) == Some(&value) {
                return Some(position);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// To be called after the last of `constants` was added.
    pub(super) fn added(&mut self, constants: &[Constant]) {
        if constants.len() * 2 > self.slots.len() {
            if constants.len() <= LINEAR {
                return;
            }
            let size = (constants.len() * 4).next_power_of_two();
            self.slots.clear();
            self.slots.resize(size, 0);
            for (position, &value) in (0..).zip(constants) {
                self.place(value, position);
            }
        } else if let (Some(&value), Ok(count)) = (constants.last(), u32::try_from(constants.len()))
        {
            self.place(value, count - 1);
        }
    }

    /// Where the search for a constant begins.
    fn first_slot(&self, value: Constant) -> usize {
        let bits = match value {
            Constant::Nil => 1,
            Constant::Boolean(value) => 2 + u64::from(value),
            // Adding zero makes -0 and 0 the same.
            Constant::Number(value) => (value + 0.0).to_bits(),
            Constant::String(id) => (id.index() as u64) << 2,
        };
        // The numbers of a program differ in their high bits mostly; only the high
        // bits of the product depend on all of them.
        let mixed = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bits = self.slots.len().trailing_zeros().clamp(1, 63);
        (mixed >> (64 - bits)) as usize
    }

    fn place(&mut self, value: Constant, position: u32) {
        let mask = self.slots.len() - 1;
        let mut slot = self.first_slot(value);
        while self.slots.get(slot).is_some_and(|&taken| taken != 0) {
            slot = (slot + 1) & mask;
        }
        if let Some(free) = self.slots.get_mut(slot) {
            *free = position + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_found_again() {
        let mut index = ConstantIndex::default();
        let mut constants = Vec::new();
        for n in 0..1000 {
            let value = Constant::Number(f64::from(n) / 4.0);
            assert_eq!(index.find(&constants, value), None);
            constants.push(value);
            index.added(&constants);
        }
        for n in 0..1000u32 {
            let value = Constant::Number(f64::from(n) / 4.0);
            assert_eq!(index.find(&constants, value), Some(n as usize));
        }
        assert_eq!(index.find(&constants, Constant::Number(-0.0)), Some(0));
        assert_eq!(index.find(&constants, Constant::Boolean(false)), None);
        assert_eq!(index.find(&constants, Constant::Number(f64::NAN)), None);
    }
}
