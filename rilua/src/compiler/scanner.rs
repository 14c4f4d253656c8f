//! Sizes of the tables in which 5.1.1's compiler keeps, function by function, the
//! names and strings it reads and the constants it finds (`fs->h`; `luaX_newstring`
//! of `llex.c`, `addk` of `lcode.c`). They are garbage once a function is compiled,
//! but count as memory in use until they are collected, so that their sizes are
//! visible; what is in them is not.
//!
//! Keys are only ever added. So a table has to grow when a key comes that is not
//! there and all its nodes are taken, wherever in the nodes the keys are.

use crate::bytecode::proto::{Constant, TableSize};
use crate::limits::MAX_ARRAY_BITS;
use crate::number::exact_i32;
use crate::syntax::strings::StringId;

/// In [`Scanner::stamps`]: not read yet.
const UNREAD: u32 = 0;
/// In [`Scanner::stamps`]: read, but by no function that is still open.
const CLOSED: u32 = 1;

/// Names and strings that there is room for from the beginning.
const FEW: usize = 32;

/// Which names and strings the functions of a chunk have read.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// By string: the last open function that has read it, or one of the constants
    /// above. What a function writes here is taken back when it is closed.
    stamps: Vec<u32>,
    /// What stood in `stamps` before a function that is open read a string for the
    /// first time, in the order of time.
    before: Vec<(StringId, u32)>,
    /// The last function that was opened, by number.
    newest: u32,
    /// Functions that are open.
    depth: usize,
    /// What the last function of each depth that is closed has read.
    closed: Vec<Vec<StringId>>,
}

/// The table of one function.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct ScannerTable {
    /// Number of the function.
    function: u32,
    /// Length of [`Scanner::before`] when the function was opened.
    mark: usize,
    size: TableSize,
    /// Keys that are there, and those of them that are in nodes.
    keys: u32,
    in_nodes: u32,
}

impl Scanner {
    /// A function begins: its table.
    pub(super) fn open(&mut self) -> ScannerTable {
        self.newest = self.newest.max(CLOSED).wrapping_add(1);
        self.before.reserve(FEW);
        self.depth += 1;
        ScannerTable {
            function: self.newest,
            mark: self.before.len(),
            ..ScannerTable::default()
        }
    }

    /// The innermost function reads a string.
    #[inline]
    pub(super) fn read(
        &mut self,
        text: StringId,
        table: &mut ScannerTable,
        constants: &[Constant],
    ) {
        if self.stamps.len() <= text.index() {
            let size = (text.index() + 1).next_power_of_two();
            self.stamps.resize(size.max(FEW), UNREAD);
        }
        if let Some(stamp) = self.stamps.get_mut(text.index())
            && *stamp != table.function
        {
            self.before.push((text, *stamp));
            *stamp = table.function;
            table.add(None, constants);
        }
    }

    /// The innermost function ends, which is not the main one.
    pub(super) fn close(&mut self, table: &ScannerTable) {
        self.depth -= 1;
        if self.closed.len() <= self.depth {
            self.closed.resize_with(self.depth + 1, Vec::new);
        }
        let read = self.before.drain(table.mark..);
        if let Some(closed) = self.closed.get_mut(self.depth) {
            closed.clear();
            closed.extend(read.as_slice().iter().map(|&(text, _)| text));
        }
        for (text, before) in read.rev() {
            if let Some(stamp) = self.stamps.get_mut(text.index()) {
                *stamp = before.max(CLOSED);
            }
        }
    }

    /// What the last function of each depth has read, from the main one on; `open` are the
    /// tables of those that are still open, from the outside in.
    pub(super) fn last_read(&mut self, open: &[ScannerTable]) -> Vec<Vec<StringId>> {
        let mut last = std::mem::take(&mut self.closed);
        if last.len() < open.len() {
            last.resize_with(open.len(), Vec::new);
        }
        let ends = open.iter().skip(1).map(|table| table.mark);
        let ends = ends.chain([self.before.len()]);
        for ((last, table), end) in last.iter_mut().zip(open).zip(ends) {
            let read = self.before.get(table.mark..end).unwrap_or(&[]);
            *last = read.iter().map(|&(text, _)| text).collect();
        }
        last
    }

    /// Has any function read a string?
    pub(super) fn has_read(&self, text: StringId) -> bool {
        self.stamps
            .get(text.index())
            .is_some_and(|&stamp| stamp != UNREAD)
    }
}

impl ScannerTable {
    pub(super) const fn size(&self) -> TableSize {
        self.size
    }

    /// A constant that is no string was added as the last of `constants`.
    pub(super) fn add_constant(&mut self, constant: Constant, constants: &[Constant]) {
        self.add(array_key(&constant), constants);
    }

    /// A key that is not there, which is this integer if any. The integers among the
    /// keys are those among `constants`.
    #[inline]
    fn add(&mut self, integer: Option<u32>, constants: &[Constant]) {
        self.keys += 1;
        if integer.is_some_and(|integer| integer <= self.size.array) {
            return;
        }
        if self.in_nodes < self.size.nodes {
            self.in_nodes += 1;
        } else {
            self.grow(constants);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, constants: &[Constant]) {
        let mut slices = [0u32; MAX_ARRAY_BITS as usize + 1];
        let mut integers = 0;
        for integer in constants.iter().filter_map(array_key) {
            let slice = 32 - (integer - 1).leading_zeros();
            if let Some(count) = slices.get_mut(slice as usize) {
                *count += 1;
                integers += 1;
            }
        }
        let (array, in_array) = array_size(&slices, integers);
        self.in_nodes = self.keys - in_array;
        self.size = TableSize {
            array,
            nodes: match self.in_nodes {
                0 => 0,
                count => count.next_power_of_two(),
            },
        };
    }
}

/// The integer from 1 on that a key is, which may go to the array part.
fn array_key(key: &Constant) -> Option<u32> {
    match *key {
        Constant::Number(number) => exact_i32(number)
            .and_then(|integer| u32::try_from(integer).ok())
            .filter(|&integer| integer > 0),
        _ => None,
    }
}

/// Size of the array part of a table with so many integer keys, `slices[n]` of them
/// above 2^(n-1) and up to 2^n: the largest power of two such that more than half of
/// the slots up to it are in use; and how many keys go there (`computesizes` of
/// `ltable.c`).
pub(crate) fn array_size(slices: &[u32], integers: u32) -> (u32, u32) {
    let (mut below, mut chosen, mut in_array) = (0, 0, 0);
    let mut power: u32 = 1;
    for &n in slices {
        if power / 2 >= integers {
            break;
        }
        if n > 0 {
            below += n;
            if below + u32::from(fault!(ArrayHalfFull)) > power / 2 {
                chosen = power;
                in_array = below;
            }
        }
        if below == integers {
            break;
        }
        power *= 2;
    }
    (chosen, in_array)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::strings::StringTable;

    #[test]
    fn a_string_counts_once_for_each_function() {
        let mut strings = StringTable::new();
        let [a, b, c] = [b"a", b"b", b"c"].map(|text| strings.intern(text));
        let mut scanner = Scanner::default();
        let mut outer = scanner.open();
        scanner.read(a, &mut outer, &[]);
        let mut inner = scanner.open();
        for text in [a, b, a, b] {
            scanner.read(text, &mut inner, &[]);
        }
        assert_eq!(inner.keys, 2);
        scanner.close(&inner);
        for text in [a, b, a, b] {
            scanner.read(text, &mut outer, &[]);
        }
        assert_eq!(outer.keys, 2);
        assert!(scanner.has_read(b) && !scanner.has_read(c));
        scanner.close(&outer);
        assert!(scanner.has_read(a) && scanner.has_read(b) && !scanner.has_read(c));
    }
}
