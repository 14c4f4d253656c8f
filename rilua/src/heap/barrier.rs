//! The barriers that keep invariant 4: what must happen when an object that the
//! collector is done with is made to refer to one it has not seen.
//!
//! Tables go back to gray and are traversed once more at the end of marking
//! (backward barrier: they are written often). Everything else marks the new
//! referent at once (forward barrier); outside the marking phase the owner just
//! turns white, so that it meets no barrier again.

use super::Heap;
use super::collect::{BLACK, WHITES, color};
use super::object::{Object, ObjectKind};
use super::value::{TableRef, Unpacked, UpvalueRef, Value};

impl Heap {
    /// The colour bits of a value's object; 0 for what isn't collected.
    #[inline]
    pub(crate) fn mark_of(&self, v: Value) -> u8 {
        match v.unpack() {
            Unpacked::String(s) => self.strings.mark(s),
            Unpacked::Table(t) => self.table(t).mark,
            Unpacked::Closure(c) => self.closure(c).mark,
            Unpacked::Native(n) => self.native(n).mark,
            Unpacked::UserData(u) => self.userdata(u).mark,
            Unpacked::Thread(t) => self.threads.items[t.index()].mark,
            Unpacked::Proto(p) => self.protos.items[p.index()].mark,
            _ => 0,
        }
    }

    /// After `value` was stored in table `t`.
    #[inline(always)]
    pub(crate) fn barrier_table(&mut self, t: TableRef, value: Value) {
        if self.tables[t.index()].mark & BLACK != 0 {
            self.barrier_black_table(t, value);
        }
    }

    #[cold]
    #[inline(never)]
    fn barrier_black_table(&mut self, t: TableRef, value: Value) {
        if self.mark_of(value) & WHITES != 0 && !fault!(BackwardBarrier) {
            self.tables[t.index()].mark &= !BLACK;
            self.collector.gray_again.push(Object::table(t));
        }
    }

    /// After the metatable of a table was set.
    pub(crate) fn barrier_metatable(&mut self, t: TableRef, metatable: TableRef) {
        self.barrier_table(t, Value::table(metatable));
    }

    /// After the value of a closed upvalue was set.
    #[inline]
    pub(crate) fn barrier_upvalue(&mut self, u: UpvalueRef, value: Value) {
        if self.upvalues[u.index()].mark & BLACK != 0 {
            self.barrier_forward(Object::upvalue(u), value);
        }
    }

    /// After an object that isn't a table was made to refer to `value`: an
    /// environment, the metatable of a userdata, the upvalue of a native.
    pub(crate) fn barrier_object(&mut self, owner: Value, value: Value) {
        let object = match owner.unpack() {
            Unpacked::Closure(c) => Object::new(ObjectKind::Closure, c.0),
            Unpacked::Native(n) => Object::new(ObjectKind::Native, n.0),
            Unpacked::UserData(u) => Object::new(ObjectKind::UserData, u.0),
            // Threads are never black; tables have their own barrier.
            _ => return,
        };
        if self.mark_of(owner) & BLACK != 0 {
            self.barrier_forward(object, value);
        }
    }

    #[cold]
    #[inline(never)]
    fn barrier_forward(&mut self, owner: Object, value: Value) {
        if self.mark_of(value) & WHITES == 0 || fault!(ForwardBarrier) {
            return;
        }
        if self.collector.keeps_invariant() {
            self.mark_value(value);
        } else {
            let white = self.collector.white();
            let mark = self.object_mark_mut(owner);
            *mark = color(*mark, white);
        }
    }

    /// When an upvalue closes it may have been gray, as open ones are; a closed
    /// one can't be.
    pub(crate) fn barrier_closed_upvalue(&mut self, u: UpvalueRef) {
        let up = &mut self.upvalues[u.index()];
        if up.mark & (WHITES | BLACK) != 0 || fault!(ClosedUpvalueGray) {
            return;
        }
        if self.collector.keeps_invariant() {
            up.mark |= BLACK;
            let value = up.value;
            self.barrier_upvalue(u, value);
        } else {
            up.mark = color(up.mark, self.collector.white());
        }
    }
}
